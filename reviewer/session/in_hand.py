"""The item in hand: what is shown of it, what is said of it so far, the draft that keeps it, and the time it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reviewer.rubric import Missing, Rubric, carry, problems
from reviewer.session import terminals
from reviewer.session.clock import ActivityClock
from reviewer.session.keeping import Keeping, Saving
from reviewer.session.view import TaskView, shown_order, view_of
from reviewer.session.walk import Walk
from reviewer.session.work import Work
from reviewer.store import decisions, drafts
from reviewer.store.connection import Store
from reviewer.store.order import Order
from reviewer.store.prepared import Connection
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import Mine


class InHand:
    """One item of a walk at a time, opened at its place. Used from one thread, but for `on_report`."""

    def __init__(self, store: Store, walk: Walk, rater: str, *, idle_after: float) -> None:
        queue = walk.queue
        self.store = store
        self.rater = rater
        self.walk = walk
        self.keeping = Keeping(store, queue.id, rater, keeps_place=walk.keeps_place, place_of=walk.place_of)
        self.sitting = terminals.begin()
        self.clock = ActivityClock(float(queue.settings.get("idle_after", idle_after)))
        self.view: TaskView | None = None
        self.work = Work("")
        self.flagged = False
        self.state = "open"
        self.phase = "independent"
        self.exposure = "none"
        self.notice = ""
        self.remark = ""
        """What is to be read while the item is open: why it was sent back."""
        self.held_elsewhere = False
        self.dirty = False
        self._at = 0

    @property
    def on_report(self) -> Callable[[], None]:
        """Called on the writer's thread whenever there is something to `settle()`."""
        return self.keeping.on_report

    @on_report.setter
    def on_report(self, call: Callable[[], None]) -> None:
        self.keeping.on_report = call

    @property
    def queue(self) -> QueueRecord:
        """The queue, as it was when it was looked at last."""
        return self.walk.queue

    @property
    def order(self) -> Order:
        """The rater's own order."""
        return self.walk.order

    @property
    def reader(self) -> Connection:
        """The sitting's connection to read by."""
        return self.walk.reader

    @property
    def saving(self) -> Saving:
        """What the saved mark shows."""
        return self.keeping.saving

    @property
    def rubric_outdated(self) -> bool:
        """Whether a newer rubric is in force than the one under which the open label stands."""
        return self.view is not None and self.work.rubric_id != self.walk.rubric_in_force(self.view.seq)

    @property
    def scales_changed(self) -> bool:
        """Whether the rubric in force asks for anything else than the one under which the open label stands."""
        if self.view is None:
            return False
        ids = self.work.rubric_id, self.walk.rubric_in_force(self.view.seq)
        ours, theirs = ([criterion.scale_hash for criterion in self.rubric(one).criteria] for one in ids)
        return ours != theirs

    def rubric(self, rubric_id: str) -> Rubric:
        """The rubric of that identifier."""
        return self.walk.rubric(rubric_id)

    # -- what is said of it ---------------------------------------------------------------------------

    def touch(self) -> None:
        """Something was said or unsaid: the draft is out of date."""
        self.dirty = True

    def flush_draft(self) -> None:
        """Hands the draft, as it stands, to the writer, and the drafts of other items that did not get to the disk."""
        if self.dirty and self.view is not None:
            self.dirty = False
            self._give_draft(self._at, self.view.task, self.work, (self.clock.active_ms, self.clock.idle_ms))
        self.keeping.give_again(self._at)

    def keep_draft(self) -> None:
        """As `flush_draft`, but while the writer has a draft of the open item in hand the next one waits for it."""
        kept = self.keeping.drafts.get(self._at)
        if kept is None or kept.state != "under way":
            self.flush_draft()

    def toggle_flag(self) -> bool:
        """Flags the label in hand, or takes the flag back; returns whether it is flagged now."""
        self.work.toggle_flag()
        self.touch()
        return bool(self.work.flags)

    def move_to_current_rubric(self) -> tuple[str, ...]:
        """Moves the label in hand under the rubric in force; returns the keys whose answers could not come along."""
        if self.view is None or not self.rubric_outdated:
            return ()
        target = self.walk.rubric_in_force(self.view.seq)
        old, new = self.rubric(self.work.rubric_id), self.rubric(target)
        values, rationale, dropped = carry(self.work.values, self.work.rationale, old, new)
        self.work.values, self.work.rationale, self.work.rubric_id = values, rationale, target
        self.work.focus = ""
        self.view = replace(self.view, rubric_id=target, rubric=new)
        self.touch()
        return tuple(dropped)

    def take_back(self) -> None:
        """Takes the draft from the newer terminal that holds it."""
        terminals.end(self.sitting)
        self.sitting = terminals.begin()
        self.held_elsewhere = False
        self.dirty = True
        self.flush_draft()

    def be_patient(self, on_given: Callable[[], None]) -> None:
        """From now on what is to be saved waits for `hand_over`, which a screen calls as soon as it has drawn;
        `on_given` tells it that something waits."""
        self.keeping.on_given = on_given

    def hand_over(self) -> None:
        """Lets the writer begin with what has waited."""
        self.keeping.hand_over()

    # -- inside ----------------------------------------------------------------------------------------

    def _missing(self) -> list[Missing]:
        assert self.view is not None
        return problems(self.view.rubric, self.work.values, self.work.rationale, **self.view.counts)

    def _open(self, seq: int) -> None:
        on_its_way = self.keeping.pending_at(seq)
        mine = on_its_way.as_mine() if on_its_way else self.walk.mine(seq)
        unsaved = self.keeping.unsaved.get(seq)
        unkept = None if unsaved else self.keeping.drafts.get(seq)
        in_hand = unsaved or unkept
        in_force = self.walk.rubric_in_force(seq)
        work = in_hand.work if in_hand else Work.opened(in_force, mine.head, mine.draft, mine.before)
        self.view = self._view(seq, work.rubric_id, mine.shown_order)
        self.work = work
        self.state = mine.state
        self.flagged = mine.flagged
        self.phase = mine.phase
        self.exposure = mine.exposure
        self.held_elsewhere = bool(unkept and unkept.state == "refused")
        self.dirty = unsaved is not None or bool(unkept and unkept.state == "failed")
        self.remark = self._say_sent_back(mine)
        self.notice = self._say_taken(mine) or self.remark
        self._at = seq
        if in_hand:
            self.clock.restart(*in_hand.spent)
        elif draft := mine.draft:
            self.clock.restart(draft.active_ms, draft.idle_ms)
        else:
            self.clock.restart()
        if self.dirty:
            self.flush_draft()  # so that a take-over, or what could not be committed, is on the disk

    def _view(self, seq: int, rubric_id: str, kept_order: list[str]) -> TaskView:
        record = self.walk.record(seq)
        order = shown_order(self.queue, record, self.rater, kept_order)
        return view_of(self.queue, record, seq, order, rubric_id, self.rubric(rubric_id))

    def _say_taken(self, mine: Mine) -> str:
        if mine.draft is None or mine.draft.sitting == self.sitting or not terminals.is_alive(mine.draft.sitting):
            return ""
        if mine.draft.sitting > self.sitting:
            self.held_elsewhere = True
            return "This draft is open in a newer terminal of yours."
        self.dirty = True
        return "This draft was open in another terminal of yours; it is here now."

    def _say_sent_back(self, mine: Mine) -> str:
        if mine.state != "sent_back" or self.phase != "rework" or self.view is None:
            return ""
        return f"Sent back: {decisions.sent_back_for(self.reader, self.view.task)}"

    def _keep_unsaved(self) -> None:
        """Keeps as drafts what could not be committed and is not open."""
        for seq, kept in self.keeping.unsaved.items():
            if seq != self._at:
                self._give_draft(seq, kept.columns["task"], kept.work, kept.spent)

    def _give_draft(self, seq: int, task: str, work: Work, spent: tuple[int, int]) -> None:
        draft = drafts.NewDraft(
            task=task,
            rater=self.rater,
            queue=self.queue.id,
            device=self.store.device,
            sitting=self.sitting,
            rubric=work.rubric_id,
            base_label=work.base.label if work.base else None,
            document=work.draft(),
            cursor={"focus": work.focus},
            active_ms=spent[0],
            idle_ms=spent[1],
        )
        self.keeping.give_draft(seq, draft, work, self._at)
