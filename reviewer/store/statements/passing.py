"""The statements of passing over and giving back."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, func, select, update

from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.primary import IS_PRIMARY
from reviewer.store.tables import Assignment, Label, LabelHead, Lease, Progress, Queue, Stretch, Task, core

_A, _E, _H, _L, _P, _Q, _S, _T = (
    core(table).c for table in (Assignment, Lease, LabelHead, Label, Progress, Queue, Stretch, Task)
)
_mine = (_P.queue == bindparam("of_queue")) & (_P.rater == bindparam("of_rater"))
add_passed = Prepared(update(core(Progress)).where(_mine).values(passed=_P.passed + bindparam("more")))
reset_passed = Prepared(update(core(Progress)).where(_mine).values(passed=0))
where = Prepared(
    select(_T.position, _Q.overlap, _Q.seed, _Q.settings, _Q.kind)
    .select_from(core(Task).join(core(Queue), _T.queue == _Q.id))
    .where(_T.id == bindparam("task"), _T.state == "open")
)
# Whom a task is sent back to is asked again, however many others have done it.
_asked_again = exists(
    select(_A.task).where(_A.task == bindparam("task"), _A.rater == bindparam("rater"), _A.state == "sent_back")
)
_primary_of_others = (
    select(func.count())
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id).join(core(Task), _H.task == _T.id))
    .where(
        _H.task == bindparam("task"),
        ~_T.gold,
        _H.rater != bindparam("rater"),
        IS_PRIMARY,
        ~_asked_again,
    )
)
primary_of_others = Prepared(_primary_of_others)
# A lease on what was labelled before and sent back fills nothing more.
_held_by_others = (
    select(func.count())
    .select_from(
        core(Lease)
        .join(core(Assignment), (_A.task == _E.task) & (_A.rater == _E.rater))
        .join(core(Task), _E.task == _T.id)
    )
    .where(
        _E.task == bindparam("task"),
        ~_T.gold,
        _E.rater != bindparam("rater"),
        _E.until >= bindparam("moment"),
        _A.state == "open",
    )
)
# In one statement: between two, a lease could become a label, and be counted by neither.
taken_by_others = Prepared(select(_primary_of_others.scalar_subquery() + _held_by_others.scalar_subquery()))
who_passed = Prepared(select(_P.rater).where(_P.queue == bindparam("queue"), _P.passed > 0))
has_assignment = Prepared(
    select(_A.state).where(_A.task == bindparam("task"), _A.rater == bindparam("rater"), _A.state != "open")
)
open_places = Prepared(select(_A.rater, _A.seq).where(_A.task == bindparam("task"), _A.state == "open"))
done = Prepared(
    select(_A.seq)
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.state != "open", _A.state != "sent_back")
    .order_by(_A.seq)
)
forget = Prepared(delete(core(Stretch)).where(_S.queue == bindparam("queue"), _S.rater == bindparam("rater")))
insert_stretch = insert_into(Stretch)
