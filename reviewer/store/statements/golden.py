"""The statements of golden values and of what raters were shown of others' judgment."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known
from reviewer.store.tables import Exposure, Golden, Output, Task, TaskOutput, core

_G, _O, _T, _TO = (core(table).c for table in (Golden, Output, Task, TaskOutput))
_later = core(Golden).alias("later")
item = Prepared(select(_T.item).where(_T.id == bindparam("task")))
outputs = Prepared(
    select(_TO.public_id, _O.content_hash)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
current = Prepared(
    select(_G.id).where(
        _G.item == bindparam("item"),
        _G.output_hash == bindparam("output_hash"),
        _G.scale_hash == bindparam("scale_hash"),
        _G.criterion == bindparam("criterion"),
        ~exists(select(_later.c.id).where(_later.c.supersedes == _G.id, _later.c.item == _G.item)),
    )
)
of_label = Prepared(
    select(*(column for column in core(Golden).columns if column.name != "retired"))
    .where(_G.source_label == bindparam("label"))
    .order_by(_G.id)
)
retire = Prepared(
    update(core(Golden))
    .where(_G.item == bindparam("of_item"), _G.retired.is_(None))
    .values(retired=bindparam("to_retired"))
)
insert_golden = insert_into(Golden)
# The first exposure stands: from then on the rater was no independent judge.
expose = insert_unless_known(Exposure)
