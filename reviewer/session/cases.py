"""The disputed tasks of a queue, with what became of each: decided, sent back, or open for an adjudicator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from reviewer.errors import BadInput
from reviewer.rubric.stored import stored_rubric
from reviewer.session.disputes import (
    Dispute,
    Rules,
    check_rules,
    disputes_of,
    rules_of,
    standing_labels,
    standing_spreads,
)
from reviewer.session.panel import TaskPanel, panels_by_task
from reviewer.session.spreads import Spread
from reviewer.store import decisions, queues, rounds
from reviewer.store.connection import Store
from reviewer.store.decisions import DecisionRecord
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

State = Literal["open", "decided", "waiting", "settled"]


@dataclass(frozen=True, slots=True)
class Case:
    """A task that is disputed, or was sent back or decided.

    `state` is open, decided, waiting (sent back, and not answered by all), or settled (nobody disputes it any more);
    `again` that it was sent back and all have answered. `decision` is the newest one. `mine` says that the adjudicator
    is one of its raters, and may not decide it; `skipped` that they left it to another one.
    """

    panel: TaskPanel
    spreads: tuple[Spread, ...]
    disputes: tuple[Dispute, ...]
    state: State
    again: bool = False
    decision: DecisionRecord | None = None
    mine: bool = False
    skipped: bool = False

    @property
    def dispute(self) -> float:
        """The largest reach over the criteria, of what everybody said last."""
        return max((spread.reach for spread in self.spreads), default=0.0)

    @property
    def told(self) -> str:
        """What is disputed, in words."""
        if self.disputes:
            return ", ".join(dict.fromkeys(one.told for one in self.disputes))
        return "the raters agree now" if self.again else ""

    @property
    def rank(self) -> tuple[float, float, int]:
        """Sorts the most disputed first: by the largest reach, then the mean, then the position."""
        mean = sum(spread.reach for spread in self.spreads) / len(self.spreads) if self.spreads else 0.0
        return -self.dispute, -mean, self.panel.position


@dataclass(frozen=True, slots=True)
class Tally:
    """How many tasks are disputed, and what became of them.

    `open` are those that this adjudicator can decide, `again` those among them that came back from rework; `sent_back`
    counts these and those that wait; `mine` are the open ones that the adjudicator rated.
    """

    disputed: int
    open: int
    decided: int
    sent_back: int
    waiting: int
    again: int
    mine: int
    skipped: int

    @classmethod
    def of(cls, cases: Iterable[Case]) -> Tally:
        """The tally of these cases."""
        known = [case for case in cases if case.state != "settled"]
        states = Counter(case.state for case in known)
        left = [case for case in known if case.state == "open"]
        again = sum(case.again for case in left)
        return cls(
            disputed=len(known),
            open=sum(not (case.mine or case.skipped) for case in left),
            decided=states["decided"],
            sent_back=states["waiting"] + again,
            waiting=states["waiting"],
            again=again,
            mine=sum(case.mine for case in left),
            skipped=sum(case.skipped and not case.mine for case in left),
        )


def hides(rules: Rules, case: Case, me: str) -> bool:
    """Whether what the raters said of a case is kept from the adjudicator `me`, who decides first."""
    decided = case.decision is not None and case.decision.rater == me
    return rules.decide_first and not decided


def enter_to_decide(store: Store, name: str, option: str | None = None) -> tuple[QueueRecord, Rules]:
    """The queue of that name, and by which rules its tasks are disputed: those of `option`, else its own.

    Raises BadInput where there is no such queue, it has no rubric or is a calibration round that is blind yet, or a
    rule asks for a criterion that there is not; WrongUsage for a rule of another form.
    """
    with store.reading() as connection:
        found = queues.find(connection, name)
        if found is None:
            raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those that there are.")
        rounds.refuse_while_blind(found)
        rules = rules_of(found.settings.get("adjudicate"), option)
        check_queue_rules(connection, found, rules)
    return found, rules


def check_queue_rules(driver: Driver, queue: QueueRecord, rules: Rules) -> None:
    """Raises BadInput where the rubric in force has no criterion that a rule names."""
    in_force = queues.rubrics_of(driver, queue.id)
    if in_force:
        check_rules(rules, stored_rubric(in_force[-1][1]), queue.kind)


def read_cases(
    driver: Driver, queue: QueueRecord, rules: Rules, me: str, tasks: Collection[str] | None = None
) -> list[Case]:
    """The cases of a queue, or those among `tasks`, the most disputed first; raters are not named.

    A task takes two labels that count and stand under the rubric in force. `me` is the adjudicator's identifier.
    Raises BadInput for a calibration round that is blind yet.
    """
    said: dict[str, list[DecisionRecord]] = {}
    if tasks is None:
        waiting = decisions.waiting(driver, queue.id)
        for one in decisions.decisions(driver, queue.id):
            said.setdefault(one.task, []).append(one)
    else:
        waiting = {task for task in tasks if decisions.is_waiting(driver, task)}
        said = {task: decisions.of_task(driver, task) for task in tasks}
    cases = []
    for panel in panels_by_task(driver, queue, named=False, me=me, tasks=tasks):
        case = _case(driver, panel, rules, me, said.get(panel.task, []), waiting=panel.task in waiting)
        if case is not None:
            cases.append(case)
    return sorted(cases, key=lambda case: case.rank)


def _case(
    driver: Driver, panel: TaskPanel, rules: Rules, me: str, said: list[DecisionRecord], *, waiting: bool
) -> Case | None:
    labels = standing_labels(panel)
    spreads = standing_spreads(panel, labels)
    disputes = disputes_of(panel, labels, spreads, rules)
    decision = next((one for one in reversed(said) if one.outcome in ("submitted", "sent_back")), None)
    if not disputes and decision is None:
        return None
    state: State = "open"
    if decision is not None and decision.outcome == "submitted":
        state = "decided"
    elif waiting:
        state = "waiting"
    again = state == "open" and decision is not None
    own = next((one for one in said if one.rater == me), None)
    return Case(
        panel=panel,
        spreads=spreads,
        disputes=disputes,
        state=state,
        again=again,
        decision=decision,
        mine=decisions.is_given(driver, panel.task, me),
        skipped=own is not None and own.outcome in ("skipped", "abstained"),
    )
