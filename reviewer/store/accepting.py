"""Accepting a batch of a rater's labels on tasks that were leased to them: what each is, and what follows from it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import orjson

from reviewer.ids import digest, now
from reviewer.store import admission, events, holding, labels, lines
from reviewer.store.admission import Read, Unfit
from reviewer.store.lines import Line, Revision
from reviewer.store.prepared import SQLITE, Driver, dialect_of
from reviewer.store.queues import CALIBRATION
from reviewer.store.statements import statements

_sql = statements("receiving")

_ADDED = frozenset({"received_at", "surplus"})
_LAST_WORD = ("rework", "revote", "independent")
"""The phases of raters, by whose label it is told how a task stands with them."""

_OF_A_VALUE = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    ArithmeticError,
    LookupError,
    TypeError,
    ValueError,
)
_NO_DATA = ("22", "23")
"""The classes of SQLSTATE by which PostgreSQL refuses a value."""

_TAKEN_MEANWHILE = "23505"
"""Another has written a row of the same key: then the whole transaction is tried again."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a label. `conflict` lists the labels of the rater's that stand beside it."""

    id: str
    answer: Literal["accepted", "known", "refused"]
    surplus: bool = False
    conflict: list[str] = field(default_factory=list)
    reason: str = ""
    mend: str = ""


def stored(driver: Driver, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The columns of these labels, by identifier."""
    if not (among := set(wanted)):
        return {}
    names = events.label_columns()
    rows = _sql.labels.rows(driver, wanted=_listed(among))
    return {row["id"]: row for row in (dict(zip(names, values, strict=True)) for values in rows)}


class _Queue(NamedTuple):
    overlap: int
    state: str
    purpose: str


class _Said(NamedTuple):
    """What a label says of its task's state."""

    outcome: str
    flagged: bool
    received_at: str


@dataclass(slots=True)
class _Leased:
    """A lease with its task, and how the task stands with the rater, which follows the labels that are taken."""

    id: str
    task: str
    queue: str
    until: str | None
    seq: int
    state: str
    shown: str
    rubric: str | None
    exposure: str | None
    public_ids: list[str] = field(default_factory=list)
    lines: dict[str, list[Revision]] = field(default_factory=dict)
    says: dict[str, _Said] = field(default_factory=dict)

    def line(self, phase: str) -> Line:
        """What counts of the rater's labels of that phase."""
        return lines.line_of(self.lines[phase])


@dataclass(slots=True)
class _Pending:
    """Rows of labels that are taken, written in one go: each statement costs more than its row."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    ended: list[dict[str, str]] = field(default_factory=list)
    tally: labels.Tally = field(default_factory=labels.Tally)

    def write(self, driver: Driver) -> None:
        if self.rows:
            _sql.insert_label.run_all(driver, self.rows)
            _sql.put_head.run_all(driver, list(self.heads.values()))
        if self.ended:
            _sql.end_lease.run_all(driver, self.ended)
        self.tally.write(driver)


class Accepting:
    """One batch of labels of a rater; `scope` are the queues that their token is good for, None for all.

    `said` has the digests of labels as their device says them, of those too that are known; `taken` of new ones as they
    stand here; `queues` counts these by queue. To be used in one transaction.
    """

    def __init__(self, driver: Driver, rater: str, scope: frozenset[str] | None) -> None:
        self.said: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self._driver = driver
        self._rater = rater
        self._scope = scope
        self._names = [name for name in events.label_columns() if name not in _ADDED]
        self._leased: dict[str, _Leased] = {}
        self._queues: dict[str, _Queue] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self._rubrics: dict[tuple[str, str], tuple[str, bool] | None] = {}
        self._filled: dict[str, int] = {}
        self._counted: Counter[str] = Counter()
        self._pending = _Pending()

    @property
    def queues(self) -> dict[str, int]:
        """How many labels were taken of each queue."""
        return dict(sorted(self._counted.items()))

    def take(self, sent: Sequence[Mapping[str, Any]]) -> list[Answered]:
        """The answer to each label, in their order."""
        read: dict[int, Read] = {}
        refused: dict[int, Answered] = {}
        for place, label in enumerate(sent):
            try:
                read[place] = admission.read_label(label, self._names)
            except Unfit as fault:
                refused[place] = _refused(label, fault)
        fit = [sent[place] for place in read]

        def answer(place: int) -> Answered:
            return refused[place] if place in refused else self._answer(sent[place], read[place])

        try:
            with self._undone("labels"):
                self._load(fit)
                answers = [answer(place) for place in range(len(sent))]
                self._pending.write(self._driver)
                return answers
        except Exception as error:
            if not _is_of_a_value(error):
                raise
        # One of them cannot be written: each by itself then, so that it alone is not.
        return [self._alone(label, partial(answer, place)) for place, label in enumerate(sent)]

    def _alone(self, label: Mapping[str, Any], answer: Callable[[], Answered]) -> Answered:
        kept = (dict(self.said), dict(self.taken), self._counted.copy())
        try:
            with self._undone("label"):
                self._load([label] if admission.is_plain(label["task"]) and admission.is_plain(label["id"]) else [])
                self._pending = _Pending()
                answered = answer()
                self._pending.write(self._driver)
                return answered
        except Exception as error:
            if not _is_of_a_value(error):
                raise
            self.said, self.taken, self._counted = kept
            fault = f"the server cannot keep it ({type(error).__name__})."
            return _refused(label, Unfit(fault, "Tell whoever runs it, and send it again."))

    # -- what the labels are about -----------------------------------------------------------------------

    def _load(self, fit: Sequence[Mapping[str, Any]]) -> None:
        """Reads it in bulk, and on PostgreSQL holds it."""
        driver, of = self._driver, {"wanted": _listed({label["task"] for label in fit}), "rater": self._rater}
        if dialect_of(driver) != SQLITE:
            found = list(_sql.tasks.rows(driver, **of))
            for queue in sorted({queue for _, queue in found}):
                if self._queue(queue).purpose == CALIBRATION:
                    holding.queue_as_it_is(driver, queue)
            holding.rater(driver, self._rater)
            holding.tasks(driver, [task for task, _ in found])
            self._queues.clear()
        self._leased = {row[0]: _Leased(*row) for row in _sql.leases.rows(driver, **of)}
        by_task = {leased.task: leased for leased in self._leased.values()}
        for task, public_id in _sql.public_ids.rows(driver, wanted=_listed(by_task)):
            by_task[task].public_ids.append(public_id)
        self._filled = {}
        if counted := {task for task, leased in by_task.items() if self._queue(leased.queue).overlap}:
            self._filled = dict(_sql.primary.rows(driver, wanted=_listed(counted), rater=self._rater))
        # Of a task that is open there is no label of the rater's.
        if begun := {task for task, leased in by_task.items() if leased.state != "open"}:
            rows = _sql.revisions.rows(driver, wanted=_listed(begun), rater=self._rater)
            for task, phase, *revision, outcome, flagged in rows:
                one = Revision._make(revision)
                by_task[task].lines.setdefault(phase, []).append(one)
                by_task[task].says[one.id] = _Said(outcome, bool(flagged), one.received_at)
        self._known = stored(driver, (label["id"] for label in fit))

    def _queue(self, queue: str) -> _Queue:
        if queue not in self._queues:
            self._queues[queue] = _Queue(*_sql.queue.first(self._driver, queue=queue))
        return self._queues[queue]

    # -- what it is ----------------------------------------------------------------------------------------

    def _answer(self, label: Mapping[str, Any], read: Read) -> Answered:
        try:
            leased = self._lease_of(label)
            said = {name: label[name] for name in self._names}
            content = digest(said)
            if known := self._known.get(label["id"]):
                return self._known_already(known, leased, content)
            self._check(said, read, leased)
        except Unfit as fault:
            return _refused(label, fault)
        return self._accept(said, read, leased, content)

    def _lease_of(self, label: Mapping[str, Any]) -> _Leased:
        if label["rater"] != self._rater:
            raise Unfit("it is another rater's.", "Send it with the token of who gave it.")
        leased = self._leased.get(label["task"])
        if leased is None:
            raise Unfit("the server has leased no such task to you.", "Pull the queue, and label the item there.")
        if label["queue"] != leased.queue:
            raise Unfit("it names another queue than its task's.", admission.UPDATE)
        if self._scope is not None and leased.queue not in self._scope:
            raise Unfit("your token is not good for its queue.", "Ask for a token that is, then push again.")
        return leased

    def _known_already(self, known: dict[str, Any], leased: _Leased, content: str) -> Answered:
        here = known["rater"] == self._rater and known["task"] == leased.task
        if not here or content not in events.device_digests(known, leased.id):
            raise Unfit(
                "another label is known by its identifier.",
                "A label is never changed: open the item and submit it again, which makes a new one.",
            )
        self.said[known["id"]] = content
        return Answered(known["id"], "known", bool(known["surplus"]), leased.line(known["phase"]).beside(known["id"]))

    def _check(self, said: Mapping[str, Any], read: Read, leased: _Leased) -> None:
        queue = self._queue(leased.queue)
        if labels.is_shut(queue.state, said["phase"]):
            again = "Sync and open the round: what you say there is a second vote."
            mend = (
                again
                if queue.state == "revealed"
                else "It stays on your device; `reviewer push --let-go` asks for it no more."
            )
            raise Unfit(f"the calibration round is {queue.state}, and takes no such label any more.", mend)
        document = self._rubric(said["rubric"], leased)
        admission.check_answers(
            read, admission.rubric_of(document), leased.public_ids, partial(self._counts, leased.task)
        )

    def _rubric(self, rubric: str, leased: _Leased) -> str:
        of = (leased.queue, rubric)
        if of not in self._rubrics:
            plain = admission.is_plain(rubric)
            self._rubrics[of] = _sql.rubric.first(self._driver, queue=of[0], rubric=of[1]) if plain else None
        found = self._rubrics[of]
        if found is None or not (found[1] or rubric == leased.rubric):
            raise Unfit("its queue has no such rubric.", "Sync, open the item and submit it under the rubric in force.")
        return found[0]

    def _counts(self, task: str, public_id: str) -> dict[str, int]:
        """How much there is to answer of the output that was shown first, as a screen counts it."""
        (context,) = _sql.context.first(self._driver, task=task)
        (kept,) = _sql.parts.first(self._driver, task=task, public_id=public_id)
        parts = orjson.loads(kept) or [{"role": "assistant"}]
        turns = sum(part.get("role", "user") == "assistant" for part in parts)
        return {"turns": turns, "contexts": len(orjson.loads(context)), "steps": len(parts)}

    # -- what follows from it --------------------------------------------------------------------------------

    def _accept(self, said: dict[str, Any], read: Read, leased: _Leased, content: str) -> Answered:
        row = said | {"task": leased.task}
        if row["exposure"] == "none" and leased.exposure is not None:
            row["exposure"] = leased.exposure
        here, label, phase = digest(row), row["id"], row["phase"]
        row["received_at"] = now()
        row["surplus"] = int(self._is_surplus(row, leased))
        leased.lines.setdefault(phase, []).append(
            Revision(label, row["revision"], row["supersedes"], row["received_at"])
        )
        leased.says[label] = _Said(row["outcome"], row["flags"] != "[]", row["received_at"])
        line = leased.line(phase)
        of = {name: row[name] for name in lines.LINE}
        self._pending.rows.append(row)
        self._pending.heads[leased.task, phase] = lines.head_row(of, line)
        self._settle(row, read, leased)
        self._known[label] = row
        self.said[label], self.taken[label] = content, here
        self._counted[leased.queue] += 1
        return Answered(label, "accepted", bool(row["surplus"]), line.beside(label))

    def _is_surplus(self, row: Mapping[str, Any], leased: _Leased) -> bool:
        """Whether others fill the task's overlap; whom it was sent back to is asked all the same."""
        overlap = self._queue(leased.queue).overlap
        return (
            0 < overlap <= self._filled.get(leased.task, 0)
            and leased.state != "sent_back"
            and row["outcome"] == "submitted"
            and labels.counts_for_overlap(row)
        )

    def _settle(self, row: dict[str, Any], read: Read, leased: _Leased) -> None:
        """Assignment, order and counters follow the label that has the last word; the lease ends."""
        last = next(leased.line(phase).head for phase in _LAST_WORD if phase in leased.lines)
        says = leased.says[last]
        # Who gave it did not know yet that the task was sent back: that still waits for an answer.
        waits = leased.state == "sent_back" and row["phase"] != "rework"
        leased.state = "sent_back" if waits else says.outcome
        if last == row["id"]:
            leased.shown = orjson.dumps(read.shown).decode()
        labels.settle(
            self._driver,
            labels.Standing(
                queue=leased.queue,
                task=leased.task,
                rater=self._rater,
                seq=leased.seq,
                shown_order=leased.shown,
                state=leased.state,
                flagged=says.flagged,
                committed_at=says.received_at,
            ),
            active_ms=row["active_ms"],
            idle_ms=row["idle_ms"],
            tally=self._pending.tally,
        )
        if leased.until is not None and not waits:
            leased.until = None
            self._pending.ended.append({"lease": leased.id})

    @contextmanager
    def _undone(self, name: str) -> Iterator[None]:
        """Takes back what the block has written, where it fails."""
        self._driver.execute(f"SAVEPOINT {name}")
        try:
            yield
        except Exception as error:
            if _is_of_a_value(error):
                self._driver.execute(f"ROLLBACK TO {name}")
                self._driver.execute(f"RELEASE {name}")
                self.said, self.taken, self._counted = {}, {}, Counter()
            raise
        self._driver.execute(f"RELEASE {name}")


def _listed(wanted: Iterable[str]) -> str:
    return orjson.dumps(sorted(wanted)).decode()


def _refused(label: Mapping[str, Any], fault: Unfit) -> Answered:
    return Answered(str(label["id"]), "refused", reason=fault.what, mend=fault.mend)


def _is_of_a_value(error: Exception) -> bool:
    """Whether it is what is written that the database, or the program, cannot keep, and not the database itself."""
    if isinstance(error, _OF_A_VALUE):
        return True
    state = str(getattr(error, "sqlstate", None) or "")
    return state[:2] in _NO_DATA and state != _TAKEN_MEANWHILE
