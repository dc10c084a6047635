"""The statements of golden values and of what raters were shown of others' judgment."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known
from reviewer.store.tables import Exposure, Golden, Label, Output, Rater, Task, TaskOutput, core

_G, _L, _O, _RA, _T, _TO = (core(table).c for table in (Golden, Label, Output, Rater, Task, TaskOutput))
_later = core(Golden).alias("later")
item = Prepared(select(_T.item).where(_T.id == bindparam("task")))
outputs = Prepared(
    select(_TO.public_id, _O.content_hash)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
current = Prepared(
    select(_G.id, _L.phase, _G.retired)
    .select_from(core(Golden).join(core(Label), _G.source_label == _L.id))
    .where(
        _G.item == bindparam("item"),
        _G.output_hash == bindparam("output_hash"),
        _G.scale_hash == bindparam("scale_hash"),
        _G.criterion == bindparam("criterion"),
        ~exists(select(_later.c.id).where(_later.c.supersedes == _G.id, _later.c.item == _G.item)),
    )
)
vouched = Prepared(
    select(*(column for column in core(Golden).columns if column.name != "retired")).where(_G.id == bindparam("golden"))
)
take_back = Prepared(
    update(core(Golden))
    .where(
        _G.source_label == bindparam("of_label"),
        _G.retired.is_(None),
        ~exists(select(_later.c.id).where(_later.c.supersedes == _G.id, _later.c.item == _G.item)),
    )
    .values(retired=bindparam("to_retired"))
)
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
    .where(_G.item == bindparam("of_item"), _G.retired.is_(None))
    .values(retired=bindparam("to_retired"))
)
insert_golden = insert_into(Golden)
# The first exposure stands: from then on the rater was no independent judge.
expose = insert_unless_known(Exposure)
