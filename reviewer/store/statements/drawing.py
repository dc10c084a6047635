"""The statements of drawing the batch of a calibration round from the tasks of a queue."""

from __future__ import annotations

from sqlalchemy import bindparam, select, union

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared
from reviewer.store.tables import (
    DatasetItem,
    Exposure,
    Label,
    Output,
    Queue,
    Rater,
    Round,
    RoundMember,
    Task,
    TaskOutput,
    core,
)

_K, _X, _L, _O, _Q, _RA, _R, _RM, _T, _TO = (
    core(table).c
    for table in (DatasetItem, Exposure, Label, Output, Queue, Rater, Round, RoundMember, Task, TaskOutput)
)
_met_task, _earlier_task = core(Task).alias("met_task"), core(Task).alias("earlier_task")
_wanted = json_values(bindparam("members"), "wanted")
_members = select(_RA.id).where(_RA.kind == "human", _RA.name.in_(select(_wanted.c.value)))
_shown = select(_X.item).where(_X.rater.in_(_members))
_labelled = (
    select(_met_task.c.item)
    .select_from(core(Label).join(_met_task, _L.task == _met_task.c.id))
    .where(_L.rater.in_(_members))
)
_earlier = (
    select(_earlier_task.c.item)
    .select_from(
        core(Round)
        .join(core(RoundMember), _RM.round == _R.id)
        .join(core(Queue), _R.child == _Q.id)
        .join(_earlier_task, _earlier_task.c.queue == _R.child)
    )
    .where(_R.parent == bindparam("queue"), _Q.state != "cancelled", _RM.rater.in_(_members))
)
_own = (
    _T.queue == bindparam("queue"),
    _T.position < bindparam("size"),
    _T.state == "open",
    _T.repeat_of.is_(None),
    ~_T.gold,
)
candidates = Prepared(
    select(
        _T.id,
        _T.item,
        _T.item.in_(_earlier),
        _T.item.in_(union(_labelled, _shown)),
        _T.item.in_(_shown),
    )
    .where(*_own)
    .order_by(_T.position)
)
meta = Prepared(
    select(_T.id, _K.meta)
    .select_from(core(Task).join(core(DatasetItem), (_K.dataset == bindparam("dataset")) & (_K.key == _T.key)))
    .where(*_own)
)
texts = Prepared(
    select(_O.text)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
copied = Prepared(select(_T.key, _T.item, _T.priority, _T.rubric).where(_T.id == bindparam("task")))
slots = Prepared(select(_TO.slot, _TO.output).where(_TO.task == bindparam("task")).order_by(_TO.slot))
