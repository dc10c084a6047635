"""The statements that hold rows until a transaction ends; SQLite has no need of them and leaves the holding out."""

from __future__ import annotations

from sqlalchemy import Integer, Select, bindparam, cast, select

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared
from reviewer.store.tables import Assignment, Event, Item, Meta, Progress, Queue, Rater, Task, core

_A, _E, _I, _M, _P, _Q, _RA, _T = (
    core(table).c for table in (Assignment, Event, Item, Meta, Progress, Queue, Rater, Task)
)
_wanted = json_values(bindparam("wanted"), "wanted")


def _held(rows: Select[tuple[str]]) -> Prepared:
    """Rows that may be referred to meanwhile, but neither changed nor held by others."""
    return Prepared(rows.with_for_update(key_share=True))


store = _held(select(_M.key).where(_M.key == "store"))
imports = Prepared(select(_M.key).where(_M.key == "import").with_for_update(skip_locked=True))
queue = _held(select(_Q.id).where(_Q.id == bindparam("queue")))
queue_as_it_is = Prepared(select(_Q.id).where(_Q.id == bindparam("queue")).with_for_update(read=True))
rater = _held(select(_RA.id).where(_RA.id == bindparam("rater")))
tasks = _held(select(_T.id).where(_T.id.in_(select(_wanted.c.value))).order_by(_T.id))
_at_positions = (
    select(_T.position)
    .where(_T.queue == bindparam("queue"), _T.position.in_(select(cast(_wanted.c.value, Integer))))
    .order_by(_T.id)
)
tasks_at = Prepared(_at_positions.with_for_update(key_share=True))
free_tasks_at = Prepared(_at_positions.with_for_update(key_share=True, skip_locked=True))
place = _held(select(_P.rater).where(_P.queue == bindparam("queue"), _P.rater == bindparam("rater")))
places = _held(
    select(_P.rater)
    .where(
        _P.queue == bindparam("queue"),
        _P.rater.in_(select(_A.rater).where(_A.task.in_(select(_wanted.c.value)))),
    )
    .order_by(_P.rater)
)
items_of = _held(
    select(_I.id).where(_I.id.in_(select(_T.item).where(_T.id.in_(select(_wanted.c.value))))).order_by(_I.id)
)
stream = _held(select(_E.stream).where(_E.stream == bindparam("stream"), _E.seq == 1))
