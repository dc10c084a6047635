"""The statements of golden values and of what raters were shown of others' judgment."""

from __future__ import annotations

from sqlalchemy import bindparam, case, exists, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known
from reviewer.store.tables import (
    Exposure,
    Golden,
    Label,
    LabelHead,
    Output,
    Rater,
    Rubric,
    Task,
    TaskOutput,
    core,
)

_G, _H, _L, _O, _RA, _RB, _T, _TO = (
    core(table).c for table in (Golden, LabelHead, Label, Output, Rater, Rubric, Task, TaskOutput)
)
_later = core(Golden).alias("later")
_row = (
    _G.id,
    _G.item,
    _G.output_hash,
    _G.scale_hash,
    _G.criterion,
    _G.value,
    _G.source_label,
    _G.approved_by,
    _G.supersedes,
    _G.retired,
    _G.at,
)
_of_labels = core(Golden).join(core(Label), _G.source_label == _L.id)
_last = ~exists(select(_later.c.id).where(_later.c.supersedes == _G.id, _later.c.item == _G.item))
_of_value = (
    _G.item == bindparam("item"),
    _G.output_hash == bindparam("output_hash"),
    _G.scale_hash == bindparam("scale_hash"),
    _G.criterion == bindparam("criterion"),
)
item = Prepared(select(_T.item).where(_T.id == bindparam("task")))
outputs = Prepared(
    select(_TO.public_id, _O.content_hash)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
current = Prepared(select(*_row, _L.phase).select_from(_of_labels).where(*_of_value, _last))
taken_back = Prepared(
    select(*_row)
    .select_from(_of_labels)
    .where(_L.task == bindparam("task"), _G.retired == bindparam("reason"), _last)
    .order_by(_G.id)
)
# A decision counts as long as its author has not changed it.
behind = Prepared(
    select(*_row)
    .select_from(
        _of_labels.join(
            core(LabelHead),
            (_H.task == _L.task)
            & (_H.rater == _L.rater)
            & (_H.phase == _L.phase)
            & (_H.sample == _L.sample)
            & (_H.label == _L.id),
        )
    )
    .where(*_of_value, _G.retired.is_(None), _L.outcome == "submitted", _G.source_label != bindparam("label"))
    .order_by(case((_L.phase == "adjudication", 0), else_=1), _G.at.desc(), _G.id.desc())
    .limit(1)
)
own_rubric = Prepared(
    select(_RB.document)
    .select_from(core(Task).join(core(Rubric), _T.rubric == _RB.id))
    .where(_T.id == bindparam("task"))
)
vouched = Prepared(
    select(*(column for column in core(Golden).columns if column.name != "retired")).where(_G.id == bindparam("golden"))
)
retired = Prepared(select(_G.id, _G.retired).where(_G.id == bindparam("golden")))
in_use_of_label = Prepared(
    select(_G.id).where(_G.source_label == bindparam("label"), _G.retired.is_(None), _last).order_by(_G.id)
)
in_use_of_item = Prepared(select(_G.id).where(_G.item == bindparam("item"), _G.retired.is_(None)).order_by(_G.id))
of_label = Prepared(
    select(
        _G.id,
        _G.criterion,
        _G.value,
        _G.scale_hash,
        _G.output_hash,
        _RA.name,
        _G.at,
        _G.supersedes,
        _later.c.id,
        _G.retired,
    )
    .select_from(
        core(Golden)
        .join(core(Rater), _G.approved_by == _RA.id)
        .outerjoin(_later, (_later.c.supersedes == _G.id) & (_later.c.item == _G.item))
    )
    .where(_G.source_label == bindparam("label"))
    .order_by(_G.id)
)
tasks = Prepared(
    select(_L.task)
    .select_from(core(Golden).join(core(Label), _G.source_label == _L.id))
    .where(_L.queue == bindparam("queue"))
    .distinct()
)
retire = Prepared(
    update(core(Golden))
    .where(_G.id == bindparam("golden"), _G.retired.is_(None))
    .values(retired=bindparam("to_retired"))
)
insert_golden = insert_into(Golden)
# The first exposure stands: from then on the rater was no independent judge.
expose = insert_unless_known(Exposure)
