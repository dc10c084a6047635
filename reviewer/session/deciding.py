"""The disputed tasks of a queue as an adjudicator goes through them, the most disputed first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from copy import deepcopy
from dataclasses import replace
from typing import Any, ClassVar, Final

from reviewer.ids import canonical_json
from reviewer.rubric import Criterion, Missing
from reviewer.session.cases import Case, enter_to_decide, hides, read_cases
from reviewer.session.disputes import FEWEST, Rules, standing_labels
from reviewer.session.panel import TaskPanel
from reviewer.session.revealing import PanelOrder
from reviewer.session.sitting import Sitting
from reviewer.session.spreads import is_spread
from reviewer.session.steps import Standing, Step
from reviewer.session.walk import Walk
from reviewer.session.work import LABEL
from reviewer.store import decisions, golden, queues, reading
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from reviewer.store.reading import Counters, Mine

NO_REASON: Final = "A decision needs a reason: of the label, or of one criterion."
NOW_YOU_SEE: Final = "Decided, and kept. Now you see the panel: a change is kept beside it, enter goes on."
_SHUT: Final = {"closed": "closed", "finished": "finished"}
_NUMBERS: Final = {3: "three", 4: "four", 5: "five", 6: "six"}
_LISTED: Final = {"open": "open", "decided": "submitted", "skipped": "skipped", "waiting": "sent_back"}
"""The states of cases in the words of the item list."""


class DecidingWalk(Walk):
    """The tasks that one adjudicator can decide, or has decided or sent back. They keep their places while the sitting
    lasts; what is disputed since comes last.

    Labels that an import brings with older identifiers than the newest one come at the next opening.
    """

    keeps_place: ClassVar[bool] = False

    def __init__(self, store: Store, queue: QueueRecord, rater: str, rules: Rules) -> None:
        self.rules = rules
        self.cases: list[Case] = []
        """By place."""
        self._newest: str | None = None
        self._counters: Counters | None = None
        self._here = 0
        super().__init__(store, queue, rater)
        self._here = next(iter(self.drafted()), 0)

    def _load_order(self) -> None:
        before, self._newest = self._newest, decisions.newest_label(self.reader, self.queue.id)
        if before is None:
            found = read_cases(self.reader, self.queue, self.rules, self.rater)
            self.cases = [case for case in found if self._is_place(case)]
        elif before != self._newest:
            touched = {task for _, task in decisions.labelled_since(self.reader, self.queue.id, before)}
            self._take_over(touched)
        self._place()

    def _place(self) -> None:
        self._places = {case.panel.task: place for place, case in enumerate(self.cases)}
        self.order = PanelOrder([case.panel.position for case in self.cases])
        self._expected = len(self.cases)
        self._published = tuple((case.state, case.skipped, case.panel.task) for case in self.cases)
        self._counters = None

    @staticmethod
    def _state(case: Case) -> str:
        return "skipped" if case.state == "open" and case.skipped else case.state

    def _is_place(self, case: Case) -> bool:
        decided_by_me = case.decision is not None and case.decision.rater == self.rater
        return not case.mine and (case.state == "open" or decided_by_me)

    def _take_over(self, tasks: Collection[str]) -> None:
        found = {case.panel.task: case for case in read_cases(self.reader, self.queue, self.rules, self.rater, tasks)}
        for place, case in enumerate(self.cases):
            if case.panel.task in tasks:
                self._put(place, found.pop(case.panel.task, None))
        self.cases += sorted((case for case in found.values() if self._is_place(case)), key=lambda case: case.rank)

    def _put(self, place: int, case: Case | None) -> None:
        """Takes over what a case is now; None where nobody disputes it any more."""
        gone = case is None or case.mine
        self.cases[place] = replace(self.cases[place], state="settled") if case is None or gone else case

    def dealer(self) -> None:
        """Nothing is dealt."""

    def renew(self, seq: int) -> None:
        """Reads the case at place `seq` anew."""
        found = read_cases(self.reader, self.queue, self.rules, self.rater, {self.cases[seq].panel.task})
        self._put(seq, found[0] if found else None)
        self._counters = None

    @property
    def counters(self) -> Counters:
        """What the adjudicator has decided, left to others and sent back, of the places of this walk."""
        if self._counters is None:
            states = Counter(self._state(case) for case in self.cases)
            self._counters = Counters(
                submitted=states["decided"],
                skipped=states["skipped"],
                sent_back=states["waiting"],
                passed=states["settled"],
                here=self._here,
            )
        return self._counters

    @property
    def waiting_here(self) -> int:
        """How many places need nothing now: they wait for raters."""
        return self.counters.sent_back

    def mine(self, seq: int) -> Mine:
        """What the adjudicator has decided of the task at place `seq`; once it comes back from rework, nothing."""
        found = reading.read_decision(self.reader, self.record(seq).task, self.rater)
        if found.state == "sent_back" and self.cases[seq].state == "open":
            return replace(found, state="open", head=None)
        return found

    def place_of_task(self, task: str) -> int | None:
        """The place of a task in this walk."""
        return self._places.get(task)

    def done_before(self, before: str | None) -> tuple[int, str] | None:
        """Place and time of the decision that was committed last before the moment `before`, or last of all."""
        for one in decisions.by_rater(self.reader, self.queue.id, self.rater, before):
            if (place := self.place_of_task(one.task)) is not None:
                return place, one.at
        return None

    def uncovered(self, seq: int) -> int:
        """The first place from `seq` on that waits for a decision; it may lie beyond the end."""
        while seq < len(self.cases) and self._state(self.cases[seq]) != "open":
            seq += 1
        return seq

    def frontier(self, on_the_way: Collection[int]) -> int:
        """Nothing is held back."""
        del on_the_way
        return self.reach

    def sent_back(self, besides: Collection[int]) -> None:
        """Nothing is sent back to an adjudicator."""

    def _look(self, seq: int) -> tuple[str, bool]:
        return self.cases[seq].panel.task, True

    def in_state(self, state: str) -> list[int]:
        """The places of cases in a state of the item list."""
        if state == "draft":
            return self.drafted()
        return [
            place
            for place, case in enumerate(self.cases)
            if (case.panel.flagged if state == "flagged" else _LISTED.get(self._state(case)) == state)
        ]

    def state_at(self, seq: int, task: str) -> tuple[str, bool]:
        """What became of a case, in the words of the item list, and whether one of its raters flagged it."""
        del task
        case = self.cases[seq]
        return _LISTED.get(self._state(case), "abstained"), case.panel.flagged

    def told_at(self, seq: int) -> str:
        """What is disputed of a case, unless that is kept from the adjudicator yet."""
        case = self.cases[seq]
        return "" if self.hides(case) else case.told

    def hides(self, case: Case) -> bool:
        """Whether what the raters said is kept from the adjudicator, who decides first."""
        return hides(self.rules, case, self.rater)

    def drafted(self) -> list[int]:
        """The places with a draft of the adjudicator's, in order."""
        positions = set(reading.drafted_positions(self.reader, self.queue.id, self.rater))
        return [place for place, case in enumerate(self.cases) if case.panel.position in positions]


class Deciding(Sitting):
    """An adjudicator at the disputed tasks of a queue. What they decide becomes golden."""

    walk: DecidingWalk
    hidden = False
    """Whether the panel is not shown yet: the queue wants a decision first."""
    _stays = False

    @classmethod
    def decide(
        cls,
        store: Store,
        queue: str,
        rater: str,
        *,
        rule: str | None = None,
        idle_after: float = 60,
        source: str = "tui",
    ) -> Deciding:
        """Opens the disputed tasks of `queue` for the adjudicator of that name; raises as `enter_to_decide` does."""
        found, rules = enter_to_decide(store, queue, rule)
        with store.writing() as connection:
            known = queues.ensure_rater(connection, rater)
        return cls.begin(store, DecidingWalk(store, found, known, rules), known, idle_after=idle_after, source=source)

    @property
    def case(self) -> Case | None:
        """The open task as a case."""
        return self.walk.cases[self.view.seq] if self.view is not None else None

    @property
    def panel(self) -> TaskPanel | None:
        """What the raters said of the open task; None while that is hidden."""
        case = self.case
        return None if case is None or self.hidden else case.panel

    @property
    def standing(self) -> Standing:
        """As of any sitting; what waits for raters is not left to do."""
        standing = super().standing
        return replace(standing, left=max(0, standing.left - self.walk.waiting_here), goal=0)

    def take_agreed(self) -> tuple[str, list[tuple[str, Criterion]]]:
        """Answers what is not answered yet as all raters did, where they agree.

        Returns by how many labels, as words, and what was taken over; nothing while the panel is hidden.
        """
        panel, view = self.panel, self.view
        if panel is None or view is None:
            return "", []
        labels = standing_labels(panel)
        taken = []
        for key, question in view.asked():
            answers = [label.values[key] for label in labels if key in label.comparable]
            asked = panel.questions.get(key)
            same_scale = asked is not None and asked.scale_hash == question.scale_hash
            free = key not in self.work.values and same_scale and is_spread(question)
            if free and _is_agreed(answers, len(labels)):
                self.work.values[key] = deepcopy(answers[0])
                taken.append((key, question))
        return "both" if len(labels) == FEWEST else f"all {_NUMBERS.get(len(labels), len(labels))}", taken

    def submit(self, *, anyway: bool = False) -> Step:
        """Commits the decision. Where it was made before the panel was seen, the task stays open, with the panel."""
        del anyway
        others = self._decided_by_others()
        self._stays = self.hidden
        try:
            step = super().submit()
        finally:
            self._stays = False
        if step.moved and others and not step.message:
            return replace(step, message=f"{others} had decided this too: your decision stands now, theirs is kept.")
        return step

    def send_back(self, reason: str) -> Step:
        """Sends the task back to its raters, who are told the reason."""
        if (state := _SHUT.get(self.queue.state)) is not None:
            return Step(False, f"'{self.queue.name}' is {state}: its raters cannot answer. Decide it yourself.")
        return super().send_back(reason)

    def settle(self, *, return_to_failed: bool = True) -> Step:
        """Hears what the writer has reported, and reads anew what was saved."""
        under_way = self.keeping.on_the_way
        step = super().settle(return_to_failed=return_to_failed)
        for seq in under_way - self.keeping.on_the_way:
            self.walk.renew(seq)
        return step

    def _missing(self) -> list[Missing]:
        missing = super()._missing()
        if missing or self.work.content().get("rationale"):
            return missing
        return [Missing(LABEL, "rationale", NO_REASON)]

    def _open(self, seq: int) -> None:
        self.walk.renew(seq)
        super()._open(seq)
        base = self.work.base
        if base is not None and base.outcome != "submitted":
            self._forget_reason(base)
        self.hidden = self.walk.rules.decide_first and self.work.base is None and self.exposure == "none"
        if not self.hidden:
            self._show_panel()
        self.remark = self._asked_before()
        self.notice = self.notice or self._told()

    def _show_panel(self) -> None:
        """From now on the adjudicator is no independent judge of the item."""
        assert self.view is not None
        if self.exposure != "none":
            return
        self.exposure = "peers"
        rater, task, queue = self.rater, self.view.task, self.queue.id
        self.keeping.give(lambda connection: golden.expose(connection, rater, task, exposure="peers", queue=queue))

    def _advance(self, start: int) -> Step:
        if self._stays:
            self._open(self._at)
            return Step(True, NOW_YOU_SEE)
        step = super()._advance(start)
        if self.view is None:
            self.hidden = False
            waiting = self.walk.waiting_here
            more = f" {waiting} wait{'s' * (waiting == 1)} for their raters." if waiting else ""
            return Step(True, f"Nothing is left to decide here.{more}")
        return step

    def _decided_by_others(self) -> str:
        """The names of those who decided the open task too."""
        if self.view is None:
            return ""
        found = decisions.of_task(self.reader, self.view.task)
        return " and ".join(one.name for one in found if one.outcome == "submitted" and one.rater != self.rater)

    def _told(self) -> str:
        case = self.case
        assert case is not None
        if others := self._decided_by_others():
            return f"{others} decided this already; a decision of yours would come over theirs."
        if case.state == "waiting":
            return "Sent back: it waits for its raters. A decision ends that."
        return self.remark if case.state != "settled" else "Nobody disputes this any more."

    def _asked_before(self) -> str:
        """What the raters were asked when the open task was sent back to them, once they have answered."""
        case = self.case
        if case is None or not case.again or case.decision is None:
            return ""
        return f"Back from its raters. You asked: {case.decision.reason}"


def _is_agreed(answers: list[Any], raters: int) -> bool:
    """Whether all of at least two raters gave the same answer."""
    return len(answers) == raters >= FEWEST and len({canonical_json(answer) for answer in answers}) == 1
