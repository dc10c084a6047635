"""A revealed calibration round as one of its members goes through it: the most disputed item first, voting anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import ClassVar

from reviewer.session import rounds as discussing
from reviewer.session.entering import enter
from reviewer.session.panel import TaskPanel, read_panels
from reviewer.session.promoting import Proposal
from reviewer.session.sitting import Sitting
from reviewer.session.steps import Standing, Step
from reviewer.session.walk import Walk
from reviewer.store import panels, queues, reading, rounds
from reviewer.store.connection import Store
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.store.rounds import KeptNote

FINISHED = "finished"

READ_ONLY = "The round is finished: what was said stands, and nothing is added."
ELSEWHERE = "Notes and examples are kept where the round lies: whoever leads it adds them there."
NO_BLIND_VOTE = "You did not rate this item blind, so there is no vote of yours to change."


def open_sitting(store: Store, queue: str, rater: str, *, idle_after: float = 60, source: str = "tui") -> Sitting:
    """Opens `queue` for the rater of that name: a round that is revealed as `Revealing`, any other to be rated.

    Raises BadInput as `Sitting.open` does.
    """
    found, known = enter(store, queue, rater)
    if not is_shown(found):
        return Sitting.begin(store, Walk(store, found, known), known, idle_after=idle_after, source=source)
    walk = RevealWalk(store, found, known)
    return Revealing.begin(store, walk, known, idle_after=idle_after, source=source)


def is_shown(queue: QueueRecord) -> bool:
    """Whether it is a calibration round whose labels its members may see."""
    return queue.purpose == CALIBRATION and queue.state in queues.REVEALED


class PanelOrder:
    """The most disputed task first. It stays as it is while the round is open on a screen."""

    def __init__(self, positions: Sequence[int]) -> None:
        self._positions = list(positions)
        self._places = {position: place for place, position in enumerate(positions)}

    def position(self, seq: int) -> int:
        """The task's position at place `seq`. Raises IndexError outside the order."""
        if seq < 0:
            raise IndexError(seq)
        return self._positions[seq]

    def seq(self, position: int) -> int:
        """The place of the task at `position`. Raises IndexError where it has none."""
        if position not in self._places:
            raise IndexError(position)
        return self._places[position]


class RevealWalk(Walk):
    """Goes along all items of a revealed round, with what everybody said of each."""

    keeps_place: ClassVar[bool] = False

    def __init__(self, store: Store, queue: QueueRecord, rater: str) -> None:
        self.panels: list[TaskPanel] = []
        """By place."""
        self.notes: list[KeptNote] = []
        """What the group noted, oldest first."""
        super().__init__(store, queue, rater)

    def _load_order(self) -> None:
        found = read_panels(self.reader, self.queue, named=True, me=self.rater)
        if not self.panels:
            self.order = PanelOrder([panel.position for panel in found])
        by_task = {panel.task: panel for panel in found}
        self.panels = [by_task.get(panel.task, panel) for panel in self.panels] or found
        self._expected = len(self.panels)
        self.read_notes()

    def read_notes(self) -> None:
        """Reads what the group has noted by now."""
        found = rounds.find(self.reader, self.queue.name)
        self.notes = rounds.notes(self.reader, found) if found else []

    def dealer(self) -> None:
        """Nothing is dealt any more."""

    def refresh(self) -> bool:
        """Looks whether anybody has written to the store; True where something said of the round has changed."""
        before = (self.queue.state, self.panels, self.notes)
        changed = super().refresh()
        return changed or before != (self.queue.state, self.panels, self.notes)

    def renew(self, seq: int) -> None:
        """Reads anew what was said of the task at place `seq`."""
        task = self.panels[seq].task
        found = read_panels(self.reader, self.queue, named=True, me=self.rater, tasks=[task])
        self.panels[seq] = found[0] if found else self.panels[seq]

    def place_of(self, seq: int) -> int:
        """Where the rater's own order has the task at place `seq`."""
        own = panels.seq_given(self.reader, self.panels[seq].task, self.rater)
        return seq if own is None else own

    def done_before(self, before: str | None) -> tuple[int, str] | None:
        """Place and time of the second vote that was committed last before the moment `before`, or last of all."""
        found = panels.revoted(self.reader, self.queue.id, self.rater, before)
        here = self._positions()
        return next(((self.order.seq(position), at) for position, at in found if position in here), None)

    def uncovered(self, seq: int) -> int:
        """Every place may be looked at: the next one."""
        return seq

    def frontier(self, on_the_way: Collection[int]) -> int:
        """Nothing is held back."""
        del on_the_way
        return self.reach

    def drafted(self) -> list[int]:
        """The places with a draft of the rater's, in order."""
        positions = reading.drafted_positions(self.reader, self.queue.id, self.rater)
        here = self._positions()
        return sorted(self.order.seq(position) for position in positions if position in here)

    def _positions(self) -> set[int]:
        """Where the queue has the tasks of this walk: those that were recalled have no place in it."""
        return {panel.position for panel in self.panels}


class Revealing(Sitting):
    """Goes through a revealed round; what is submitted is a second vote beside the blind one, which is kept."""

    walk: RevealWalk

    @property
    def panel(self) -> TaskPanel | None:
        """What everybody said of the open item."""
        return self.walk.panels[self.view.seq] if self.view is not None else None

    @property
    def panels(self) -> list[TaskPanel]:
        """What everybody said, the most disputed item first."""
        return self.walk.panels

    def opening(self, seq: int) -> str:
        """The first words of the prompt at place `seq`."""
        brief = reading.read_brief(self.reader, self.queue.id, self.order.position(seq))
        return brief.opening if brief else ""

    @property
    def notes(self) -> list[KeptNote]:
        """What the group noted of the open item and of the whole round, oldest first."""
        task = self.view.task if self.view is not None else None
        return self.notes_of(task)

    def notes_of(self, task: str | None) -> list[KeptNote]:
        """What the group noted of a task and of the whole round, oldest first."""
        return [note for note in self.walk.notes if note.task in (None, task)]

    def add_note(self, text: str) -> None:
        """Adds what the group noted of the open item. Raises BadInput where nothing is said or the round has ended."""
        assert self.view is not None
        discussing.add_note(self.store, self.queue.name, self.rater_name, text, task=self.view.task)
        self.walk.read_notes()

    def propose_example(self, criterion: str, level: object, why: str) -> Proposal:
        """What taking the open item into the rubric would change. Raises BadInput as `rounds.propose_example` does."""
        assert self.view is not None
        return discussing.propose_example(self.store, self.queue.name, self.view.task, criterion, level, why)

    def promote(self, proposal: Proposal) -> None:
        """Takes the example into the rubric. Raises BadInput where the rubric has changed meanwhile."""
        discussing.promote(self.store, proposal, self.rater_name)
        self.refresh()

    @property
    def finished(self) -> bool:
        """Whether the round takes nothing more."""
        return self.queue.state == FINISHED

    @property
    def read_only(self) -> str:
        """Why the rater can give no second vote on the open item, as a sentence; empty where they can."""
        if self.finished:
            return READ_ONLY
        return NO_BLIND_VOTE if self.phase == "independent" else ""

    @property
    def no_discussion(self) -> str:
        """Why nothing can be noted or taken into the rubric here, as a sentence; empty where it can."""
        if self.finished:
            return READ_ONLY
        return ELSEWHERE if self.is_remote else ""

    @property
    def is_remote(self) -> bool:
        """Whether the round is a server's."""
        return "server" in self.queue.settings

    @property
    def voted_again(self) -> int:
        """On how many items the rater has voted a second time."""
        return sum(label.mine and label.after is not None for panel in self.panels for label in panel.labels)

    @property
    def standing(self) -> Standing:
        """As of any sitting, but `done` counts second votes and nothing is left to do."""
        return replace(super().standing, done=self.voted_again, left=0, goal=0)

    def settle(self, *, return_to_failed: bool = True) -> Step:
        """Hears what the writer has reported, and reads anew what was saved."""
        under_way = self.keeping.on_the_way
        step = super().settle(return_to_failed=return_to_failed)
        for seq in under_way - self.keeping.on_the_way:
            self.walk.renew(seq)
        return step

    def _resume(self) -> None:
        self._open(next(iter(self.walk.drafted()), 0))

    def _open(self, seq: int) -> None:
        super()._open(seq)
        # Everybody has submitted once; what is told is whether they did so again.
        self.state = "voted again" if self.phase == "revote" and self.work.base is not None else "open"
        if not self.work.focus:
            self.work.focus = self.most_disputed(seq)

    def most_disputed(self, seq: int) -> str:
        """The key of the criterion on which the labels at place `seq` lie furthest apart; empty where none is."""
        spreads = self.panels[seq].spreads
        return max(spreads, key=lambda spread: spread.reach).key if spreads else ""

    def _advance(self, start: int) -> Step:
        if start < self.reach:
            self._open(start)
            return Step(True)
        self._open(self.reach - 1)
        return Step(True, self._why_no_more() or "That was the last item: it stays open.")

    def _why_no_more(self) -> str:
        if self.finished:
            return ""
        if self.is_remote:
            return "The last item. Your second votes are sent; whoever leads the round ends it."
        return f"The last item. `reviewer round finish {self.queue.name}` ends it."
