"""What raters said in a queue: the tasks that were dealt or labelled, the labels that count, the orders."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count, groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, case, func, select, union

from reviewer.store.connection import at_one_moment
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import refuse_blind_labels
from reviewer.store.tables import (
    Assignment,
    DatasetItem,
    Label,
    LabelHead,
    Output,
    Rater,
    System,
    Task,
    TaskOutput,
    core,
)

__all__ = [
    "DealtOrder",
    "JudgedLabel",
    "JudgedOutput",
    "JudgedTask",
    "KnownMachine",
    "KnownRater",
    "NamedSystem",
    "at_one_moment",
    "known_raters",
    "labels",
    "machines",
    "metadata",
    "orders",
    "raters",
    "systems",
    "tasks",
    "times",
]

_A, _K, _L, _H, _O, _RA, _S, _T, _TO = (
    core(table).c for table in (Assignment, DatasetItem, Label, LabelHead, Output, Rater, System, Task, TaskOutput)
)
_of_queue = _L.queue == bindparam("queue")
_independent = _L.phase == "independent"
_touched = union(select(_A.task).where(_A.queue == bindparam("queue")), select(_L.task).where(_of_queue))
_sides = Prepared(
    select(
        _T.id,
        _T.key,
        _T.repeat_of,
        _T.item,
        _T.state,
        _T.rubric,
        _T.gold,
        _TO.public_id,
        _O.system,
        func.length(_O.text),
    )
    .select_from(core(Task).join(core(TaskOutput), _TO.task == _T.id).join(core(Output), _TO.output == _O.id))
    .where(_T.id.in_(_touched))
    .order_by(_TO.task, _TO.slot)
)
_systems = Prepared(select(_S.id, _S.name, _S.version, _S.family))
_raters = Prepared(select(_RA.id, _RA.name, _RA.kind))
_machines = Prepared(select(_RA.id, _RA.spec_hash, _RA.family, _RA.spec).where(_RA.kind == bindparam("kind")))
_counting = and_(_H.task == _L.task, _H.rater == _L.rater, _H.phase == _L.phase, _H.sample == _L.sample)
_labels = Prepared(
    select(
        _L.task,
        _L.rater,
        _L.sample,
        _L.outcome,
        _L.surplus,
        _L.exposure,
        core(Label).c["values"],
        _L.shown_order,
        _L.rubric,
        _L.confidence,
    )
    .select_from(core(Label).join(core(LabelHead), and_(_counting, _H.label == _L.id)))
    .where(_of_queue, _L.phase == bindparam("phase"))
    .order_by(_L.id)
)
# Reopening a label starts its clock anew: what a label took is the sum over its revisions.
_times = Prepared(
    select(_L.rater, func.sum(_L.active_ms))
    .select_from(core(Label).join(core(LabelHead), _counting))
    .where(_of_queue, _independent, _L.sample == 0)
    .group_by(_L.task, _L.rater)
    .having(func.max(case((and_(_H.label == _L.id, _L.outcome == "submitted"), 1), else_=0)) == 1)
)
_orders = Prepared(select(_A.task, _A.rater, _A.shown_order).where(_A.queue == bindparam("queue")))
_meta = Prepared(
    select(_T.id, _K.meta)
    .select_from(
        core(Task).join(core(DatasetItem), and_(_K.dataset == bindparam("dataset"), _K.key == _T.key)),
    )
    .where(_T.id.in_(_touched))
)


class JudgedLabel(NamedTuple):
    """A label that counts. `values` and `shown_order` are JSON texts; `rubric` is the one under which it was given.

    `confidence` is a judge's, from 0 to 1.
    """

    task: str
    rater: str
    sample: int
    outcome: str
    surplus: int
    exposure: str
    values: str
    shown_order: str
    rubric: str
    confidence: float | None = None


class DealtOrder(NamedTuple):
    """In which order a rater was shown a task; `shown_order` is a JSON text."""

    task: str
    rater: str
    shown_order: str


class JudgedOutput(NamedTuple):
    """One output of a task; `length` is in characters."""

    public_id: str
    system: str
    length: int


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task that was dealt or labelled, with its outputs in canonical order. `rubric` is one of its own.

    `repeat_of` and `gold` say that it is none of the queue's own: it asks another one again, or its answer is known.
    """

    id: str
    key: str
    repeat_of: str | None
    item: str
    recalled: bool
    rubric: str | None
    gold: bool
    outputs: tuple[JudgedOutput, ...]


class KnownRater(NamedTuple):
    """A rater as reports tell them, by a name that no other has, and as they are called."""

    told: str
    name: str
    kind: str


class KnownMachine(NamedTuple):
    """A judge or a check: the digest of what makes it this version, its model's family, its specification as JSON."""

    id: str
    version: str
    family: str | None
    spec: str


class NamedSystem(NamedTuple):
    """A system as it is known."""

    id: str
    name: str
    version: str
    family: str | None


def tasks(driver: Driver, queue: str) -> Iterator[JudgedTask]:
    """The tasks that were dealt to somebody or carry a label."""
    for _, rows in groupby(_sides.rows(driver, queue=queue), key=itemgetter(0)):
        sides = list(rows)
        identifier, key, repeat_of, item, state, rubric, gold = sides[0][:7]
        outputs = tuple(JudgedOutput(*row[7:]) for row in sides)
        yield JudgedTask(identifier, key, repeat_of, item, state == "recalled", rubric, bool(gold), outputs)


def labels(
    driver: Driver, queue: str, *, phase: str = "independent", kinds: Collection[str] = ()
) -> Iterator[JudgedLabel]:
    """The labels of a phase that count, skips among them, in the order of their making; of raters of some kinds alone,
    where these are named.

    Raises BadInput for a calibration round that is blind yet.
    """
    refuse_blind_labels(driver, queue)
    found = map(JudgedLabel._make, _labels.rows(driver, queue=queue, phase=phase))
    if not kinds:
        return found
    chosen = {rater for rater, _, kind in _raters.rows(driver) if kind in kinds}
    return (label for label in found if label.rater in chosen)


def orders(driver: Driver, queue: str) -> Iterator[DealtOrder]:
    """The order of every assignment."""
    return map(DealtOrder._make, _orders.rows(driver, queue=queue))


def times(driver: Driver, queue: str) -> Iterator[tuple[str, int]]:
    """Rater and active milliseconds of each submitted label, over all its revisions."""
    yield from _times.rows(driver, queue=queue)


def systems(driver: Driver) -> Iterator[NamedSystem]:
    """Every system of the store."""
    return map(NamedSystem._make, _systems.rows(driver))


def known_raters(driver: Driver) -> dict[str, KnownRater]:
    """Every rater by identifier; those who are no people are told with their kind, and no two alike."""
    found: dict[str, KnownRater] = {}
    taken: set[str] = set()
    for identifier, name, kind in sorted(_raters.rows(driver)):
        told = plain = name if kind == "human" else f"{name} ({kind})"
        for number in count(2):
            if told not in taken:
                break
            told = f"{plain} {number}"
        taken.add(told)
        found[identifier] = KnownRater(told, name, kind)
    return found


def machines(driver: Driver, kind: str) -> dict[str, KnownMachine]:
    """Every judge (kind `judge`) or check (`code`) by its identifier."""
    return {row[0]: KnownMachine._make(row) for row in _machines.rows(driver, kind=kind)}


def raters(driver: Driver) -> dict[str, str]:
    """How every rater is told, by identifier."""
    return {identifier: one.told for identifier, one in known_raters(driver).items()}


def metadata(driver: Driver, queue: QueueRecord) -> Iterator[tuple[str, dict[str, Any]]]:
    """Task, and `{"metadata": {…}, "tags": […]}` of its item, of the tasks that were dealt or labelled."""
    for task, meta in _meta.rows(driver, queue=queue.id, dataset=queue.dataset):
        yield task, orjson.loads(meta)
