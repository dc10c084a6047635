"""Reading labels with the names by which other machines know what they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, bindparam, select

from reviewer.store.prepared import Driver, Prepared
from reviewer.store.rounds import refuse_blind_labels
from reviewer.store.tables import (
    Label,
    LabelHead,
    Output,
    Queue,
    Rater,
    Rubric,
    System,
    Task,
    TaskOutput,
    columns,
    core,
)

_L, _H, _T, _TO, _O, _S, _R, _RA, _Q = (
    core(table).c for table in (Label, LabelHead, Task, TaskOutput, Output, System, Rubric, Rater, Queue)
)
_joined = (
    core(Label)
    .join(core(Task), _L.task == _T.id)
    .join(core(Rater), _L.rater == _RA.id)
    .join(core(Rubric), _L.rubric == _R.id)
)
_named = select(core(Label), _T.key, _RA.name, _RA.kind, _R.name, _R.content_hash, _T.repeat_of).select_from(_joined)
_of_queue: list[ColumnElement[bool]] = [_L.queue == bindparam("queue")]
_by_rater: list[ColumnElement[bool]] = [_RA.name == bindparam("rater")]
_by_key: list[ColumnElement[bool]] = [_T.key == bindparam("key")]
_counting: list[ColumnElement[bool]] = [
    _L.id.in_(
        select(_H.label).where(_H.task == _L.task, _H.rater == _L.rater, _H.phase == _L.phase, _H.sample == _L.sample)
    )
]
_statements: dict[tuple[bool, bool, bool], Prepared] = {}
_disputed = Prepared(
    select(_H.label, _H.conflict)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_L.queue == bindparam("queue"), _H.conflict != "[]")
)
_label = Prepared(select(core(Label)).where(_L.id == bindparam("label")))
_head = Prepared(
    select(core(Label))
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(
        _H.task == bindparam("task"),
        _H.rater == bindparam("rater"),
        _H.phase == bindparam("phase"),
        _H.sample == bindparam("sample"),
    )
)
_outputs = Prepared(
    select(_TO.public_id, _TO.slot, _S.name, _S.version, _O.sample, _O.content_hash)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id).join(core(System), _O.system == _S.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
# Ordered by Python: asked for an order, SQLite walks the queue by position instead of looking the key up.
_tasks_of_key = Prepared(
    select(_T.id, _T.queue, _T.position, _T.rubric, _T.state, _T.repeat_of).where(
        _T.queue == bindparam("queue"), _T.key == bindparam("key")
    )
)
_task = Prepared(select(_T.id, _T.queue, _T.position, _T.rubric, _T.state, _T.key).where(_T.id == bindparam("task")))
_rater = Prepared(select(_RA.id, _RA.name, _RA.kind).where(_RA.id == bindparam("rater")))
_rubric_named = Prepared(select(_R.id).where(_R.content_hash == bindparam("content_hash")))


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """An output of a task, and by what it is known elsewhere."""

    public_id: str
    slot: int
    system: str
    version: str
    sample: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label as stored, with the item's key and the names of its rater and rubric; `repeat_of` where its task is a
    hidden repeat."""

    columns: dict[str, Any]
    key: str
    rater_name: str
    rater_kind: str
    rubric_name: str
    rubric_hash: str
    repeat_of: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a label finds it."""

    id: str
    queue: str
    position: int
    rubric: str | None
    state: str
    repeat_of: str | None = None


def labels_of(
    driver: Driver, queue: str, *, rater: str | None = None, key: str | None = None, every: bool = True
) -> Iterator[LabelRow]:
    """The labels of a queue in the order of their making, streamed.

    Of the raters called `rater` and the item `key` where given; without `every`, the revisions that count alone.
    Raises BadInput for all raters of a calibration round that is blind yet.
    """
    if rater is None:
        refuse_blind_labels(driver, queue)
    shape = (rater is not None, key is not None, every)
    if shape not in _statements:
        conditions = [*_of_queue, *(_by_rater * shape[0]), *(_by_key * shape[1]), *(_counting * (not every))]
        _statements[shape] = Prepared(_named.where(*conditions).order_by(_L.id))
    given = {"queue": queue, "rater": rater, "key": key}
    names = columns(Label)
    for row in _statements[shape].rows(driver, **given):
        stored, named = row[: len(names)], row[len(names) :]
        yield LabelRow(dict(zip(names, stored, strict=True)), *named)


def disputed(driver: Driver, queue: str) -> set[str]:
    """The labels of a queue beside which another of the same rater stands, given on another device."""
    found = _disputed.rows(driver, queue=queue)
    return {label for head, beside in found for label in (head, *orjson.loads(beside))}


def label(driver: Driver, identifier: str) -> dict[str, Any] | None:
    """The columns of one label as stored."""
    row = _label.first(driver, label=identifier)
    return dict(zip(columns(Label), row, strict=True)) if row else None


def head(driver: Driver, *, task: str, rater: str, phase: str, sample: int) -> dict[str, Any] | None:
    """The columns of the label that counts for a rater on a task."""
    row = _head.first(driver, task=task, rater=rater, phase=phase, sample=sample)
    return dict(zip(columns(Label), row, strict=True)) if row else None


def outputs_of(driver: Driver, task: str) -> list[NamedOutput]:
    """The outputs of a task in canonical order."""
    return [NamedOutput(*row) for row in _outputs.rows(driver, task=task)]


def tasks_of_key(driver: Driver, queue: str, key: str) -> list[TaskRow]:
    """All tasks of the item `key` in a queue, the recalled ones too."""
    found = (TaskRow(*row) for row in _tasks_of_key.rows(driver, queue=queue, key=key))
    return sorted(found, key=attrgetter("position"))


def task(driver: Driver, identifier: str) -> tuple[TaskRow, str] | None:
    """A task and its item's key."""
    row = _task.first(driver, task=identifier)
    return (TaskRow(*row[:5]), row[5]) if row else None


def rater(driver: Driver, identifier: str) -> tuple[str, str, str] | None:
    """Identifier, name and kind of a rater."""
    row = _rater.first(driver, rater=identifier)
    return (row[0], row[1], row[2]) if row else None


def rubric_with_hash(driver: Driver, content_hash: str) -> str | None:
    """The identifier of the rubric with this content."""
    row = _rubric_named.first(driver, content_hash=content_hash)
    return str(row[0]) if row else None
