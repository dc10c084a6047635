"""The statements of stretches."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from reviewer.store.prepared import Prepared, upsert
from reviewer.store.tables import Stretch, core

_S = core(Stretch).c
_mine = (_S.queue == bindparam("queue")) & (_S.rater == bindparam("rater"))
at_or_before = Prepared(
    select(_S.first, _S.last).where(_mine, _S.first <= bindparam("seq")).order_by(_S.first.desc()).limit(1)
)
within = Prepared(
    select(_S.first, _S.last)
    .where(_mine, _S.first > bindparam("low"), _S.first <= bindparam("high"))
    .order_by(_S.first)
)
remove = Prepared(delete(core(Stretch)).where(_mine, _S.first == bindparam("first")))
put = upsert(Stretch)
