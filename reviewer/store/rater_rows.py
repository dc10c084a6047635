"""What the raters of a queue did over time: their labels in order, what was decided of them, their training."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import and_, bindparam, exists, func, or_, select

from reviewer.store.judged import JudgedLabel
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.rounds import refuse_blind_labels
from reviewer.store.tables import (
    Certificate,
    Golden,
    Label,
    LabelHead,
    Output,
    Queue,
    Rater,
    Round,
    RoundMember,
    Task,
    TaskOutput,
    core,
)

_C, _G, _L, _H, _M, _O, _Q, _R, _RA, _T, _TO = (
    core(table).c
    for table in (Certificate, Golden, Label, LabelHead, RoundMember, Output, Queue, Round, Rater, Task, TaskOutput)
)
_of_queue = _L.queue == bindparam("queue")
_counting = and_(_H.task == _L.task, _H.rater == _L.rater, _H.phase == _L.phase, _H.sample == _L.sample)
_by_people = core(Label).join(core(Rater), and_(_L.rater == _RA.id, _RA.kind == "human"))
# Reopening a label starts its clock anew: what a label took is the sum over its revisions.
_revision = core(Label).alias("revision")
_spent = (
    select(func.sum(_revision.c.active_ms))
    .where(
        _revision.c.task == _L.task,
        _revision.c.rater == _L.rater,
        _revision.c.phase == "independent",
        _revision.c.sample == 0,
    )
    .scalar_subquery()
)
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
        _L.committed_at,
        _spent,
    )
    .select_from(_by_people.join(core(LabelHead), and_(_counting, _H.label == _L.id)))
    .where(_of_queue, _L.phase == "independent", _L.sample == 0)
    .order_by(_L.committed_at, _L.id)
)
_decisions = Prepared(
    select(_L.task, _L.outcome, core(Label).c["values"], _L.shown_order, _L.rubric)
    .select_from(core(Label).join(core(LabelHead), and_(_counting, _H.label == _L.id)))
    .where(_of_queue, _L.phase == "adjudication")
    .order_by(_L.id)
)
_sent_back = Prepared(
    select(_L.task).distinct().where(_of_queue, _L.phase == "adjudication", _L.outcome == "sent_back")
)
_later, _source = core(Golden).alias("later"), core(Label).alias("source")
# Golden values that were decided on the task itself rest on the labels that people are held against.
_golden = Prepared(
    select(_T.id, _G.output_hash, _G.scale_hash, _G.criterion, _G.value)
    .select_from(core(Task).join(core(Golden), _G.item == _T.item).join(_source, _G.source_label == _source.c.id))
    .where(
        _T.queue == bindparam("queue"),
        _G.retired.is_(None),
        or_(_source.c.task != _T.id, bindparam("own") == 1),
        ~exists(select(_later.c.id).where(_later.c.supersedes == _G.id, _later.c.item == _G.item)),
    )
    .order_by(_T.position, _G.id)
)
_hashes = Prepared(
    select(_O.content_hash)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
_parent = core(Queue).alias("parent")
_rounds = Prepared(
    select(_RA.id, _Q.name, _parent.c.name, _Q.state, _R.started_at, _C.passed, _C.issued_at, _C.expires_at)
    .select_from(
        core(RoundMember)
        .join(core(Rater), _M.rater == _RA.id)
        .join(core(Round), _M.round == _R.id)
        .join(core(Queue), _R.child == _Q.id)
        .join(_parent, _R.parent == _parent.c.id)
        .outerjoin(core(Certificate), and_(_C.round == _R.id, _C.rater == _RA.id))
    )
    .order_by(_R.started_at, _R.id, _C.issued_at)
)


class RaterLabel(NamedTuple):
    """A person's independent label that counts, when it was given, and the active milliseconds that it took."""

    label: JudgedLabel
    at: str
    active_ms: int


class Decision(NamedTuple):
    """What an adjudicator said of a task; `values` and `shown_order` are JSON texts."""

    task: str
    outcome: str
    values: str
    shown_order: str
    rubric: str


class GoldenRow(NamedTuple):
    """A golden value that was decided elsewhere than on this task; several outputs count by their sorted hashes."""

    task: str
    output_hash: str
    scale_hash: str
    criterion: str
    value: Any


class Training(NamedTuple):
    """A round that a rater took part in, and the certificate that it issued them, if it did."""

    round: str
    queue: str
    state: str
    started_at: str
    passed: bool | None
    issued_at: str | None
    expires_at: str | None


def labels(driver: Driver, queue: str) -> Iterator[RaterLabel]:
    """The independent labels of people that count, skips among them, in the order in which they were given.

    Raises BadInput for a calibration round that is blind yet.
    """
    refuse_blind_labels(driver, queue)
    for row in _labels.rows(driver, queue=queue):
        yield RaterLabel(JudgedLabel(*row[:9]), row[9], row[10])


def decisions(driver: Driver, queue: str) -> Iterator[Decision]:
    """The adjudicators' labels that count, the oldest first."""
    return map(Decision._make, _decisions.rows(driver, queue=queue))


def sent_back(driver: Driver, queue: str) -> set[str]:
    """The tasks that an adjudicator sent back to their raters, also where that is settled."""
    return {task for (task,) in _sent_back.rows(driver, queue=queue)}


def golden(driver: Driver, queue: str, *, own: bool = False) -> Iterator[tuple[str, list[GoldenRow], list[str]]]:
    """Each task whose item has golden values from elsewhere, with these and its outputs' hashes by their slots; with
    `own` those that were decided on the task itself, too."""
    for task, rows in groupby(_golden.rows(driver, queue=queue, own=int(own)), key=itemgetter(0)):
        found = [GoldenRow(row[0], row[1], row[2], row[3], orjson.loads(row[4])) for row in rows]
        yield task, found, [content for (content,) in _hashes.rows(driver, task=task)]


def training(driver: Driver) -> dict[str, list[Training]]:
    """The rounds of every rater, by their identifier, oldest first."""
    found: dict[str, list[Training]] = {}
    for rater, round_, queue, state, started, passed, issued, expires in _rounds.rows(driver):
        said = None if passed is None else bool(passed)
        found.setdefault(rater, []).append(Training(round_, queue, state, started, said, issued, expires))
    return found
