"""The statements that hold rows until a transaction ends; SQLite has no need of them and leaves the holding out."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, select

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared
from reviewer.store.tables import Event, Item, Meta, Progress, Queue, Task, core

_E, _I, _M, _P, _Q, _T = (core(table).c for table in (Event, Item, Meta, Progress, Queue, Task))
_wanted = json_values(bindparam("wanted"), "wanted")


def _held(rows: Select[tuple[str]]) -> Prepared:
    """Rows that may be referred to meanwhile, but neither changed nor held by others."""
    return Prepared(rows.with_for_update(key_share=True))


store = _held(select(_M.key).where(_M.key == "store"))
imports = Prepared(select(_M.key).where(_M.key == "import").with_for_update(skip_locked=True))
queue = _held(select(_Q.id).where(_Q.id == bindparam("queue")))
queue_as_it_is = Prepared(select(_Q.id).where(_Q.id == bindparam("queue")).with_for_update(read=True))
tasks = _held(select(_T.id).where(_T.id.in_(select(_wanted.c.value))).order_by(_T.id))
place = _held(select(_P.rater).where(_P.queue == bindparam("queue"), _P.rater == bindparam("rater")))
item_of = _held(select(_I.id).where(_I.id.in_(select(_T.item).where(_T.id == bindparam("task")))))
stream = _held(select(_E.stream).where(_E.stream == bindparam("stream"), _E.seq == 1))
