"""How disputed tasks and a consensus look in a terminal, and what of them programs get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from reviewer.cli.shown import cut, flat, many, say, standard_output
from reviewer.session.approving import Kept, rater_of
from reviewer.session.cases import Case, Tally, hides
from reviewer.session.disputes import Rules, standing_labels
from reviewer.session.spreads import value_told
from reviewer.store import panels, reading
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

_MOST_TIES = 20
_OPENING = 60


@dataclass(frozen=True, slots=True)
class Listed:
    """The disputed tasks of a queue as one adjudicator may see them; `me` is who looks, as `read_cases` was told."""

    driver: Driver
    queue: QueueRecord
    rules: Rules
    adjudicator: str
    cases: list[Case]
    me: str

    @property
    def tally(self) -> Tally:
        """How many there are, and what became of them."""
        return Tally.of(self.cases)

    def name(self, case: Case) -> str:
        """By what a task is told: its item, or while the queue is sealed its place and first words."""
        if not self.queue.sealed:
            return case.panel.key
        brief = reading.read_brief(self.driver, self.queue.id, case.panel.position)
        return f"#{case.panel.position + 1} {cut(flat(brief.opening), _OPENING) if brief else ''}".rstrip()

    def outputs(self, case: Case) -> list[str]:
        """The outputs in the order in which the values count them."""
        from reviewer.blinding import drawn_order, order_key

        ids = panels.output_ids(self.driver, case.panel.task)
        if len(ids) < 2:
            return ids
        kept = panels.order_given(self.driver, case.panel.task, self.me)
        return kept or drawn_order(order_key(self.queue.seed, self.me, case.panel.task), ids)

    def hides(self, case: Case) -> bool:
        """Whether what was said is kept from the adjudicator, who decides first."""
        return hides(self.rules, case, self.me)

    def to_json(self) -> dict[str, Any]:
        """The list for a program."""
        return {
            "queue": self.queue.name,
            "kind": self.queue.kind,
            "sealed": self.queue.sealed,
            "adjudicator": self.adjudicator,
            "rules": [str(rule) for rule in self.rules.rules],
            "decide_first": self.rules.decide_first,
            **asdict(self.tally),
            "tasks": [self._case(case) for case in self.cases],
        }

    def _case(self, case: Case) -> dict[str, Any]:
        decision = case.decision
        told: dict[str, Any] = {
            "task": case.panel.task,
            "position": case.panel.position,
            "item": None if self.queue.sealed else case.panel.key,
            "outputs": self.outputs(case),
            "state": case.state,
            "again": case.again,
            "not_for_you": case.mine,
            "skipped": case.skipped,
            "flagged": case.panel.flagged,
            "decision": None
            if decision is None
            else {"by": decision.name, "outcome": decision.outcome, "at": decision.at, "reason": decision.reason},
        }
        if self.hides(case):
            disputes = [{"rule": one.rule, "criterion": one.key} for one in case.disputes]
            return told | {"hidden": True, "disputes": disputes}
        return told | {
            "dispute": case.dispute,
            "disputes": [{"rule": one.rule, "criterion": one.key, "told": one.told} for one in case.disputes],
            "criteria": {
                spread.key: {
                    "title": spread.title,
                    "low": spread.low,
                    "high": spread.high,
                    "reach": spread.reach,
                    "values": dict(spread.values),
                }
                for spread in case.spreads
            },
            "labels": [
                {
                    "rater": label.rater,
                    "phase": label.phase,
                    "values": label.values,
                    "rationale": label.rationale,
                    "correction": label.correction,
                    "notes": label.notes or None,
                    "flags": list(label.flags),
                }
                for label in standing_labels(case.panel)
            ],
        }


def show(listed: Listed) -> None:
    """Prints the list."""
    console = standard_output()
    tally = listed.tally
    if not tally.disputed:
        say(console, nothing_to_decide(listed.queue.name, listed.adjudicator, tally))
        return
    say(console, told(listed.queue.name, listed.adjudicator, tally), bold=True)
    first = ", you decide before you see what the raters said" if listed.rules.decide_first else ""
    say(console, f"Rules: {', '.join(map(str, listed.rules.rules))}{first}.")
    for number, case in enumerate(listed.cases, 1):
        console.print()
        say(console, f"{number:>3}  {listed.name(case)}  {_state(case, listed.adjudicator)}".rstrip(), bold=True)
        for line in _lines(listed, case):
            say(console, f"     {line}")


def told(queue: str, adjudicator: str, tally: Tally) -> str:
    """The counts in a sentence."""
    parts = [f"{tally.open} for {adjudicator} to decide", f"{tally.decided} decided"]
    if tally.sent_back:
        parts.append(f"{tally.sent_back} sent back, of which {tally.waiting} {_wait(tally.waiting)} for raters")
    if tally.skipped:
        parts.append(f"{tally.skipped} left to others")
    if tally.mine:
        parts.append(f"{tally.mine} not for {adjudicator}, who rated them")
    return f"{many(tally.disputed, 'task')} of '{queue}' disputed: {', '.join(parts)}."


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"


def nothing_to_decide(queue: str, adjudicator: str, tally: Tally) -> str:
    """Why there is nothing to decide."""
    if not tally.disputed:
        return f"Nothing is disputed in '{queue}': no task with two labels or more differs by its rules."
    if tally.mine == tally.disputed:
        return (
            f"Every disputed task of '{queue}' is one that {adjudicator} rated: another must decide. "
            f"`reviewer adjudicate {queue} --rater NAME` lets them."
        )
    return told(queue, adjudicator, tally)


def _state(case: Case, adjudicator: str) -> str:
    if case.mine and case.state == "open":
        return f"not for {adjudicator}"
    if case.state == "decided" and case.decision is not None:
        return f"decided by {case.decision.name}"
    if case.state == "waiting":
        return "sent back, waits for rework"
    if case.again:
        return "back from rework"
    return "left to others" if case.skipped else ""


def _lines(listed: Listed, case: Case) -> Iterator[str]:
    hidden = listed.hides(case)
    for dispute in case.disputes:
        title = dispute.told if not hidden else dispute.told.partition(":")[0]
        yield f"{title}  ({dispute.rule})"
    if case.again and not case.disputes:
        yield "the raters agree now"
    if case.decision is not None and case.decision.outcome == "sent_back":
        yield f"asked: {case.decision.reason}"
    if hidden:
        return
    if listed.queue.kind != "rating":
        sides = [f"{number} {public_id}" for number, public_id in enumerate(listed.outputs(case), 1)]
        yield f"outputs, left first: {', '.join(sides)}" if len(sides) == 2 else f"outputs: {', '.join(sides)}"
    width = max((len(flat(spread.title)) for spread in case.spreads), default=0)
    for spread in case.spreads:
        question = case.panel.questions[spread.key]
        said = "  ".join(
            f"{rater.removeprefix('rater ')} {value_told(question, value)}" for rater, value in spread.values
        )
        yield f"{flat(spread.title).ljust(width)}  {said}"


def consensus_json(kept: Kept, queue: str, approver: str | None, *, dry_run: bool) -> dict[str, Any]:
    """A consensus for a program."""
    reached = kept.reached
    return {
        "queue": queue,
        "method": reached.method,
        "rater": rater_of(reached.method),
        "dry_run": dry_run,
        "labels": kept.labels,
        "known": kept.known,
        "tasks": len(reached.tasks),
        "criteria": {
            title: {"method": words, "warnings": list(reached.warnings.get(title, ()))}
            for title, words in reached.words.items()
        },
        "unasked": reached.unasked,
        "left_out": dict(reached.left_out),
        "tied": [
            {"task": tie.task, "criterion": tie.key, "tied": list(tie.tied), "why": tie.why} for tie in reached.ties
        ],
        "golden": kept.golden,
        "approved_by": approver,
        "decided_by_a_person": kept.decided,
        "between_points": kept.between,
        "retired": kept.retired,
    }


def show_consensus(kept: Kept, queue: str, approver: str | None, *, dry_run: bool) -> None:
    """Prints what came of a consensus."""
    console = standard_output()
    reached = kept.reached
    would = "would be " if dry_run else ""
    known = f", {kept.known:,} known already" if kept.known else ""
    say(
        console,
        f"{many(kept.labels, 'label')} {would}given by '{rater_of(reached.method)}' "
        f"on {many(len(reached.tasks), 'task')} of '{queue}'{known}.",
        bold=True,
    )
    for title, words in reached.words.items():
        say(console, f"{title}: {words}.")
        for warning in reached.warnings.get(title, ()):
            say(console, f"  Warning: {warning}.")
    for title, why in reached.unasked.items():
        say(console, f"{title}: none, {why}.")
    for reason, number in reached.left_out.items():
        say(console, f"Left out: {reason}, {number:,}.")
    for tie in reached.ties[:_MOST_TIES]:
        between = " and ".join(tie.tied) if tie.tied else tie.why
        say(console, f"Tied: #{tie.position + 1} {tie.title}: {between}.")
    if len(reached.ties) > _MOST_TIES:
        say(console, f"… and {len(reached.ties) - _MOST_TIES:,} more ties; --json names them all.")
    if approver is None:
        say(console, "Nothing is golden by it: --approve NAME makes it so in the name of a person.")
        return
    say(console, f"{many(kept.golden, 'value')} {would}golden in the name of {approver}.")
    for number, why in (
        (kept.decided, "a person has decided"),
        (kept.between, "lie between the points of their scale"),
        (kept.retired, "were taken out of use, or are examples of the rubric"),
    ):
        if number:
            say(console, f"  {number:,} are not: {why}.")
