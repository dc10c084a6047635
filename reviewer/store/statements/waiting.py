"""The statements of comparisons that wait for a view that evens them."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from reviewer.store.prepared import Prepared, upsert
from reviewer.store.tables import Assignment, Queue, Task, Waiting, core

_A, _Q, _T, _W = (core(table).c for table in (Assignment, Queue, Task, Waiting))
queue = Prepared(select(_Q.kind, _Q.settings, _Q.overlap).where(_Q.id == bindparam("queue")))
orders = Prepared(
    select(_A.shown_order, _A.rater)
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(_A.task == bindparam("task"), _T.repeat_of.is_(None))
    .order_by(_A.rater)
)
all_orders = Prepared(
    select(_A.task, _A.shown_order, _A.rater)
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(_A.queue == bindparam("queue"), _T.repeat_of.is_(None))
    .order_by(_A.task, _A.rater)
)
put = upsert(Waiting)
forget = Prepared(delete(core(Waiting)).where(_W.queue == bindparam("queue"), _W.task == bindparam("task")))
forget_all = Prepared(delete(core(Waiting)).where(_W.queue == bindparam("queue")))
