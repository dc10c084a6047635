"""Keeping a consensus: labels of a rater that is no person, golden only in the name of somebody who approves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import orjson

from reviewer import __version__
from reviewer.blinding import drawn_order, order_key
from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.session.consensus import Answer, Reached, answers_by_task, reach
from reviewer.session.panel import Kind, TaskPanel
from reviewer.store import decisions, golden, holding, panels, queues, rounds
from reviewer.store.connection import Store
from reviewer.store.golden import Decision, GoldenValue
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

if TYPE_CHECKING:
    from reviewer.store.label_intake import GivenLabel
    from reviewer.store.label_rows import NamedOutput

PHASE = "consensus"


@dataclass(slots=True)
class Kept:
    """What was kept of a consensus: new labels, those that said the same already, and golden values.

    `decided` counts values that a person has decided, which stay; `between` means that lie between the points of
    their scale, and `retired` values that were taken out of use, or are examples of the rubric: these become golden by
    nobody's approval.
    """

    reached: Reached
    labels: int = 0
    known: int = 0
    golden: int = 0
    decided: int = 0
    between: int = 0
    retired: int = 0


def rater_of(method: str) -> str:
    """What the rater is called that gives the labels of a consensus."""
    return f"consensus ({method})"


def find_consensus(
    store: Store, name: str, method: str, *, actor: str, approve: str | None = None, dry_run: bool = False
) -> Kept:
    """Finds the consensus of the queue `name` by `method` and keeps it as labels; makes it golden in the name of
    `approve`, where somebody is named.

    A dry run counts what would be kept and writes nothing. Raises BadInput where there is no such queue, nothing was
    rated by two, the queue is a calibration round that is blind yet, or labels were added while the consensus was being
    found; WrongUsage for no such method.
    """
    with store.reading() as connection:
        queue = _queue(connection, name)
        me = queues.rater_called(connection, rater_of(method), kind="code") or new_id()
        rated = decisions.state_of_ratings(connection, queue.id)
        reached = reach(connection, queue, method, me)
        keeping = _Keeping(connection, store, queue, reached, me)
        given = list(keeping.labels())
        if dry_run:
            return keeping.rehearsed(given, approve=approve is not None)
    with store.writing() as connection:
        tasks = {one.columns["task"] for one in given}
        holding.queue(connection, queue.id)
        holding.tasks(connection, tasks)
        holding.items_of(connection, tasks)
        if decisions.state_of_ratings(connection, queue.id) != rated:
            raise BadInput(
                f"labels were added to '{name}' while the consensus was being found: nothing is kept.",
                mend="Begin again.",
            )
        keeping = _Keeping(connection, store, _queue(connection, name), reached, me)
        keeping.take(given, queues.ensure_rater(connection, actor))
        if approve is not None:
            keeping.approve(queues.ensure_rater(connection, approve))
    return keeping.kept


def _queue(driver: Driver, name: str) -> QueueRecord:
    found = queues.find(driver, name)
    if found is None:
        raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those that there are.")
    rounds.refuse_while_blind(found)
    return found


class _Keeping:
    """One consensus on its way into the store."""

    def __init__(self, driver: Driver, store: Store, queue: QueueRecord, reached: Reached, rater: str) -> None:
        self.kept = Kept(reached)
        self._driver, self._store, self._queue, self._rater = driver, store, queue, rater
        self._rubrics: dict[str, Rubric] = {}
        self._in_force = queues.rubrics_of(driver, queue.id)[-1][0]

    def labels(self) -> Iterator[GivenLabel]:
        """A label for each task that has an answer, or had one by this method before."""
        from reviewer.store.label_intake import GivenLabel, GivenRater

        rater = GivenRater(rater_of(self.kept.reached.method), "code", self._rater)
        for panel, answers in answers_by_task(self.kept.reached):
            head = self._head(panel.task)
            if answers or (head is not None and head["outcome"] == "submitted"):
                yield GivenLabel(self._columns(panel, answers), rater, panel.position)

    def rehearsed(self, given: list[GivenLabel], *, approve: bool) -> Kept:
        from reviewer.store.label_intake import is_known

        known = sum(is_known(self._driver, one) for one in given)
        self.kept.labels, self.kept.known = len(given) - known, known
        if approve:
            for panel, answers in answers_by_task(self.kept.reached):
                self.kept.golden += len(self._approvable(panel, answers, self._head(panel.task)))
        return self.kept

    def take(self, given: list[GivenLabel], actor: str) -> None:
        from reviewer.store.label_intake import LabelIntake

        taken = LabelIntake(self._queue, stream=self._store.device, actor=actor).take(self._driver, given)
        self.kept.labels, self.kept.known = len(taken.labels), taken.duplicates

    def approve(self, approver: str) -> None:
        """Makes golden what is on its scale and no person has decided."""
        made = golden.Changed()
        for panel, answers in answers_by_task(self.kept.reached):
            head = self._head(panel.task)
            if head is not None and answers:
                values = self._approvable(panel, answers, head)
                made.add(golden.file(self._driver, Decision(head, values, approver)))
        self.kept.golden = len(made.given)
        golden.vouch(
            self._driver,
            made,
            action="golden.approved",
            subject=self._queue.id,
            stream=self._store.device,
            actor=approver,
            consensus=self.kept.reached.method,
        )

    def _approvable(self, panel: TaskPanel, answers: list[Answer], head: dict[str, Any] | None) -> list[GoldenValue]:
        """What may become golden of a task's answers and is not yet; the rest is counted."""
        rubric = self._rubric(self._rubric_of(panel.task))
        values = []
        for answer in answers:
            scale = scale_of_answer(rubric, cast("Kind", self._queue.kind), answer.key)
            if not answer.on_scale:
                self.kept.between += 1
            elif scale is not None and answer.value is not None:
                values.append(GoldenValue(answer.key, scale, answer.value))
        if golden.is_example(self._driver, self._queue.id, panel.task):
            self.kept.retired += len(values)
            return []
        shown = self._order(panel.task)
        stands = golden.stands(self._driver, panel.task, values, shown)
        self.kept.decided += sum(phase == "adjudication" for phase in stands.values())
        self.kept.retired += sum(phase == "retired" for phase in stands.values())
        hashes = {one.public_id: one.content_hash for one in self._outputs(panel.task)}
        order = golden.canonical_order([hashes[one] for one in shown])
        there = {one.criterion for one in golden.of_label(self._driver, head["id"]) if one.stands} if head else set()
        return [
            one
            for one in values
            if stands.get(one.criterion) in (None, PHASE) and golden.canonical_key(one.criterion, order) not in there
        ]

    def _head(self, task: str) -> dict[str, Any] | None:
        from reviewer.store import label_rows

        return label_rows.head(self._driver, task=task, rater=self._rater, phase=PHASE, sample=0)

    def _outputs(self, task: str) -> list[NamedOutput]:
        from reviewer.store import label_rows

        return label_rows.outputs_of(self._driver, task)

    def _columns(self, panel: TaskPanel, answers: list[Answer]) -> dict[str, Any]:
        method = self.kept.reached.method
        evidence = {answer.key: answer.evidence for answer in answers}
        return {
            "id": "",
            "queue": self._queue.id,
            "task": panel.task,
            "phase": PHASE,
            "sample": 0,
            # Where all is tied now, what stood there before stands no more.
            "outcome": "submitted" if answers else "abstained",
            "revision": None,
            "supersedes": None,
            "rubric": self._rubric_of(panel.task),
            "values": _json({answer.key: answer.value for answer in answers}),
            "rationale": "{}",
            "correction": "{}",
            "notes": None,
            "flags": "[]",
            "exposure": "none",
            "shown_order": _json(self._order(panel.task)),
            "evidence": _json({"consensus": method, "by": evidence}),
            "confidence": None,
            "cost": None,
            "inputs": None,
            "active_ms": 0,
            "idle_ms": 0,
            "device": self._store.device,
            "client_version": __version__,
            "committed_at": now(),
            "source": PHASE,
            "external_ref": None,
            "surplus": 0,
        }

    def _order(self, task: str) -> list[str]:
        ids = panels.output_ids(self._driver, task)
        return drawn_order(order_key(self._queue.seed, self._rater, task), ids) if len(ids) > 1 else ids

    def _rubric_of(self, task: str) -> str:
        found = panels.task(self._driver, self._queue.id, task)
        return (found.rubric if found else None) or self._in_force

    def _rubric(self, identifier: str) -> Rubric:
        if identifier not in self._rubrics:
            document = queues.rubric_document(self._driver, identifier)
            assert document is not None
            self._rubrics[identifier] = stored_rubric(document)
        return self._rubrics[identifier]


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
