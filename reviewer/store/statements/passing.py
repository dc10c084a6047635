"""The statements of passing over and giving back."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select, update

from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.tables import Assignment, Progress, Queue, Stretch, Task, core

_A, _P, _Q, _S, _T = (core(table).c for table in (Assignment, Progress, Queue, Stretch, Task))
_mine = (_P.queue == bindparam("of_queue")) & (_P.rater == bindparam("of_rater"))
add_passed = Prepared(update(core(Progress)).where(_mine).values(passed=_P.passed + bindparam("more")))
reset_passed = Prepared(update(core(Progress)).where(_mine).values(passed=0))
where = Prepared(
    select(_T.position, _Q.overlap, _Q.seed, _Q.settings, _Q.kind)
    .select_from(core(Task).join(core(Queue), _T.queue == _Q.id))
    .where(_T.id == bindparam("task"), _T.state == "open")
)
who_passed = Prepared(select(_P.rater).where(_P.queue == bindparam("queue"), _P.passed > 0))
has_assignment = Prepared(
    select(_A.state).where(_A.task == bindparam("task"), _A.rater == bindparam("rater"), _A.state != "open")
)
open_places = Prepared(select(_A.rater, _A.seq).where(_A.task == bindparam("task"), _A.state == "open"))
done = Prepared(
    select(_A.seq)
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.state != "open")
    .order_by(_A.seq)
)
forget = Prepared(delete(core(Stretch)).where(_S.queue == bindparam("queue"), _S.rater == bindparam("rater")))
insert_stretch = insert_into(Stretch)
