"""The statements of leases: what a device holds, what may be leased to it, and what others hold."""

from __future__ import annotations

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    update,
)

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.primary import IS_PRIMARY
from reviewer.store.tables import Assignment, Label, LabelHead, Lease, Progress, Queue, Task, core

_A, _E, _H, _L, _P, _Q, _T = (core(table).c for table in (Assignment, Lease, LabelHead, Label, Progress, Queue, Task))
_theirs, _given = core(Lease).alias("theirs"), core(Assignment).alias("given")
_me: BindParameter[str] = bindparam("rater")
_mine = (_E.queue == bindparam("queue")) & (_E.rater == _me)
_live = _E.until >= bindparam("moment")
_on_this_device = _E.device == bindparam("device")
_leased = (
    core(Lease).join(core(Assignment), (_A.task == _E.task) & (_A.rater == _E.rater)).join(core(Task), _E.task == _T.id)
)
_wanted = json_values(bindparam("wanted"), "wanted")
_needed = or_(_A.state == "open", _A.state == "sent_back")

_primary = (
    select(func.count())
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_H.task == _T.id, IS_PRIMARY)
)
# Who holds what they have labelled, because it was sent back, is counted by the label.
_held = (
    select(func.count())
    .select_from(_theirs.join(_given, (_given.c.task == _theirs.c.task) & (_given.c.rater == _theirs.c.rater)))
    .where(_theirs.c.task == _T.id, _theirs.c.until >= bindparam("moment"), _given.c.state == "open")
)


def _of_others(count: object, rater: ColumnElement[str]) -> ColumnElement[int]:
    found: ColumnElement[int] = count.where(rater != _me).scalar_subquery()  # type: ignore[attr-defined]
    return found


queue_now = Prepared(select(_Q.overlap, _Q.state, _Q.size).where(_Q.id == bindparam("queue")))
asked_again = Prepared(select(_P.sent_back).where(_P.queue == bindparam("queue"), _P.rater == _me))

_record = select(
    _E.id,
    _E.task,
    _E.rater,
    _E.queue,
    _E.device,
    _E.number,
    _E.until,
    _A.seq,
    _T.position,
    _A.shown_order,
    _A.state,
    _Q.seed,
).select_from(_leased.join(core(Queue), _E.queue == _Q.id))
known = Prepared(_record.where(_E.id == bindparam("lease")))
again = Prepared(
    _record.where(
        _mine,
        _on_this_device,
        _E.number > bindparam("after"),
        _live,
        _T.state == "open",
        _needed,
    )
    .order_by(_E.number)
    .limit(bindparam("most"))
)
renew = Prepared(
    update(core(Lease))
    .where(
        _E.queue == bindparam("of_queue"),
        _E.rater == bindparam("of_rater"),
        _E.device == bindparam("of_device"),
        _E.until >= bindparam("moment"),
        _E.until < bindparam("soon"),
        exists(select(_T.id).where(_T.id == _E.task, _T.state == "open")),
    )
    .values(until=bindparam("to"))
)
first_over = Prepared(select(_E.until).where(_mine, _live, _on_this_device).order_by(_E.until).limit(1))
elsewhere = Prepared(
    select(_E.task, _E.until)
    .select_from(_leased)
    .where(_mine, _live, _E.device != bindparam("device"), _T.state == "open", _needed)
    .order_by(_E.until, _E.task)
)
last_number = Prepared(select(_E.number).where(_mine, _on_this_device).order_by(_E.number.desc()).limit(1))

_place = (
    select(
        _T.id,
        _T.position,
        _T.state,
        _T.gold,
        _of_others(_primary, _H.rater).label("primary"),
        _of_others(_held, _theirs.c.rater).label("held"),
        _A.state.label("given"),
        _A.seq,
        _A.shown_order,
        _E.id.label("lease"),
        _E.device,
        _E.until,
    )
    .select_from(
        core(Task)
        .outerjoin(core(Assignment), (_A.task == _T.id) & (_A.rater == _me))
        .outerjoin(core(Lease), (_E.task == _T.id) & (_E.rater == _me))
    )
    .where(_T.queue == bindparam("queue"))
)
at = Prepared(_place.where(_T.position == bindparam("position")))
at_positions = Prepared(_place.where(_T.position.in_(select(cast(_wanted.c.value, Integer)))))
at_place = Prepared(_place.where(_A.queue == bindparam("queue"), _A.seq == bindparam("seq")))

sent_back = Prepared(
    select(_T.position)
    .select_from(
        core(Assignment)
        .join(core(Task), _A.task == _T.id)
        .outerjoin(core(Lease), (_E.task == _A.task) & (_E.rater == _A.rater))
    )
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == _me,
        _A.state == "sent_back",
        _T.state == "open",
        or_(_E.until.is_(None), _E.until < bindparam("moment")),
    )
    .order_by(_A.seq)
    .limit(bindparam("most"))
)
ran_out = Prepared(
    select(_T.position)
    .select_from(_leased)
    .where(_mine, _E.until < bindparam("moment"), _A.state == "open", _T.state == "open")
    .order_by(_A.seq)
    .limit(bindparam("most"))
)
dealt = Prepared(
    select(_T.position, _A.seq)
    .select_from(
        core(Assignment)
        .join(core(Task), _A.task == _T.id)
        .outerjoin(core(Lease), (_E.task == _A.task) & (_E.rater == _A.rater))
    )
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == _me,
        _A.state == "open",
        _A.seq >= bindparam("start"),
        or_(_E.until.is_(None), _E.until < bindparam("moment")),
    )
    .order_by(_A.seq)
    .limit(bindparam("most"))
)

with_room = Prepared(
    select(_T.position).where(
        _T.queue == bindparam("queue"),
        _T.state == "open",
        _T.repeat_of.is_(None),
        _primary.scalar_subquery() + _held.scalar_subquery() < bindparam("overlap"),
    )
)
passed_on = Prepared(select(_P.rater, _P.skipped + _P.abstained + _P.sent_back).where(_P.queue == bindparam("queue")))
passed_on_by = Prepared(
    select(_T.position)
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == _me,
        or_(_A.state == "skipped", _A.state == "abstained", _A.state == "sent_back"),
    )
)
over = Prepared(
    select(_E.id, _E.number, _T.position)
    .select_from(core(Lease).join(core(Task), _E.task == _T.id))
    .where(_E.queue == bindparam("queue"), _E.until < bindparam("moment"))
)

# Of what this rater holds nowhere: what is new to them, or was given to them before.
_own = core(Lease).alias("own")
blocking = Prepared(
    select(_E.until)
    .select_from(
        core(Lease)
        .join(core(Task), _E.task == _T.id)
        .outerjoin(core(Assignment), (_A.task == _T.id) & (_A.rater == _me))
        .outerjoin(_own, (_own.c.task == _T.id) & (_own.c.rater == _me) & (_own.c.until >= bindparam("moment")))
    )
    .where(
        _E.queue == bindparam("queue"),
        _live,
        _E.rater != _me,
        _own.c.id.is_(None),
        _T.state == "open",
        or_(
            _A.state == "open",
            and_(_A.task.is_(None), _T.repeat_of.is_(None), bindparam("may_be_new", type_=Integer) == 1),
        ),
        _of_others(_primary, _H.rater) < bindparam("overlap"),
    )
    .order_by(_E.until)
    .limit(1)
)

insert = insert_into(Lease)
give = Prepared(
    update(core(Lease))
    .where(_E.id == bindparam("lease"))
    .values(
        device=bindparam("to_device"), number=bindparam("to_number"), given_at=bindparam("at"), until=bindparam("to")
    )
)
take_over = Prepared(
    update(core(Lease))
    .where(_E.task == bindparam("of_task"), _E.rater == bindparam("of_rater"))
    .values(device=bindparam("to_device"), number=bindparam("to_number"), until=bindparam("to"))
)
end = Prepared(
    update(core(Lease)).where(_E.task == bindparam("of_task"), _E.rater == bindparam("of_rater")).values(until=null())
)
all_mine = Prepared(select(_E.id, _E.task).where(_mine).order_by(_E.number, _E.id))
held = Prepared(select(_E.id, _E.task).where(_mine, _on_this_device, _live).order_by(_E.task))
give_back = Prepared(update(core(Lease)).where(_E.id == bindparam("lease")).values(until=bindparam("to")))

# Every label of the rater's is from another device: this one has nothing more to do there.
_done_elsewhere = and_(
    _A.state != "open",
    _A.state != "sent_back",
    ~exists(select(_L.id).where(_L.task == _E.task, _L.rater == _E.rater, _L.device == bindparam("device"))),
)
changes = Prepared(
    select(
        _E.id,
        _E.task,
        _E.device,
        _E.until,
        _T.state,
        _A.state,
        _H.conflict,
        case((_done_elsewhere, 1), else_=0).label("done_elsewhere"),
    )
    .select_from(
        _leased.outerjoin(core(LabelHead), (_H.task == _E.task) & (_H.rater == _E.rater) & (_H.conflict != "[]"))
    )
    .where(
        _mine,
        or_(
            _T.state != "open",
            _A.state == "sent_back",
            and_(_A.state == "open", _E.until.is_(None)),
            and_(_E.device != bindparam("device"), _live),
            _done_elsewhere,
            _H.conflict.is_not(None),
        ),
    )
    .order_by(_E.number, _E.id)
)
counts = Prepared(
    select(_E.rater, func.count(), func.min(_E.until))
    .where(_E.queue == bindparam("queue"), _live)
    .group_by(_E.rater)
    .order_by(_E.rater)
)
live_count = Prepared(select(func.count()).where(_mine, _live))
