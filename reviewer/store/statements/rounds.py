"""The statements of calibration rounds: who takes part, how far they are, and what they leave behind."""

from __future__ import annotations

from sqlalchemy import bindparam, func, literal, or_, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known, upsert
from reviewer.store.tables import (
    Batch,
    Certificate,
    Exposure,
    Note,
    Progress,
    Queue,
    Rater,
    Round,
    RoundMember,
    Task,
    core,
)

_C, _N, _P, _Q, _R, _M, _RA, _T = (
    core(table).c
    for table in (
        Certificate,
        Note,
        Progress,
        Queue,
        Round,
        RoundMember,
        Rater,
        Task,
    )
)
_parent, _starter = core(Queue).alias("parent"), core(Rater).alias("starter")
_members = core(RoundMember).join(core(Round), _M.round == _R.id)
_of_child = _R.child == bindparam("child")

blind = Prepared(
    select(_Q.name, _Q.state).where(
        _Q.id == bindparam("queue"),
        _Q.purpose == "calibration",
        or_(_Q.state == "open", _Q.state == "locked", _Q.state == "cancelled"),
    )
)
members = Prepared(
    select(_RA.name)
    .select_from(_members.join(core(Rater), _M.rater == _RA.id))
    .where(_of_child)
    .order_by(_RA.name, _RA.id)
)
standings = Prepared(
    select(_RA.name, func.coalesce(_P.submitted + _P.skipped + _P.abstained, 0), _P.updated_at)
    .select_from(
        _members.join(core(Rater), _M.rater == _RA.id).outerjoin(
            core(Progress), (_P.queue == _R.child) & (_P.rater == _M.rater)
        )
    )
    .where(_of_child)
    .order_by(_RA.name, _RA.id)
)
_round = (
    select(
        _R.id,
        _Q.name,
        _parent.c.name,
        _R.parent,
        _R.child,
        _R.number,
        _Q.state,
        _Q.size,
        _R.settings,
        _starter.c.name,
        _R.started_at,
        _R.locked_at,
        _R.revealed_at,
        _R.finished_at,
        _R.started_by,
    )
    .select_from(
        core(Round)
        .join(core(Queue), _R.child == _Q.id)
        .join(_parent, _R.parent == _parent.c.id)
        .join(_starter, _R.started_by == _starter.c.id)
    )
    .order_by(_R.started_at, _R.id)
)
by_name = Prepared(_round.where(_Q.name == bindparam("name")))
every = Prepared(_round)
of_parent = Prepared(_round.where(_R.parent == bindparam("parent")))
last_number = Prepared(select(func.coalesce(func.max(_R.number), 0)).where(_R.parent == bindparam("parent")))
set_times = Prepared(
    update(core(Round))
    .where(_R.id == bindparam("of_round"))
    .values(
        locked_at=bindparam("to_locked_at"),
        revealed_at=bindparam("to_revealed_at"),
        finished_at=bindparam("to_finished_at"),
    )
)
# The first exposure stands: from then on the rater was no independent judge.
expose_members = Prepared(
    lambda insert: (
        insert(core(Exposure))
        .from_select(
            ["rater", "item", "exposure", "queue", "at"],
            select(_M.rater, _T.item, literal("peers"), _R.child, bindparam("at"))
            .select_from(_members.join(core(Task), _T.queue == _R.child))
            .where(_of_child)
            .distinct(),
        )
        .on_conflict_do_nothing()
    )
)
tasks = Prepared(
    select(_T.id, _T.key, _T.item, _T.rubric, _T.state, _T.position)
    .where(_T.queue == bindparam("queue"))
    .order_by(_T.position)
)
notes = Prepared(
    select(_N.task, _RA.name, _N.text, _N.at)
    .select_from(core(Note).join(core(Rater), _N.author == _RA.id))
    .where(_N.round == bindparam("round"))
    .order_by(_N.at, _N.id)
)
certificates = Prepared(
    select(_C.id, _RA.name, _C.passed, _C.document, _C.issued_at, _C.expires_at)
    .select_from(core(Certificate).join(core(Rater), _C.rater == _RA.id))
    .where(_C.round == bindparam("round"))
    .order_by(_RA.name, _C.id)
)
certificates_of = Prepared(
    select(_C.id, _RA.name, _C.passed, _C.document, _C.issued_at, _C.expires_at)
    .select_from(core(Certificate).join(core(Rater), _C.rater == _RA.id))
    .where(_RA.name == bindparam("rater"), _RA.kind == "human")
    .order_by(_C.issued_at.desc(), _C.id)
)
note = Prepared(select(_N.id, _N.round, _N.task, _N.author, _N.text, _N.at).where(_N.id == bindparam("note")))
started = Prepared(
    select(_R.id, _R.parent, _R.child, _R.number, _R.settings, _R.started_by, _R.started_at).where(
        _R.id == bindparam("round")
    )
)
# A batch is drawn once: nothing is added to it.
in_batch = Prepared(
    select(_T.id, _T.key, _T.item, _T.rubric).where(_T.queue == bindparam("queue"), _T.repeat_of.is_(None))
)
taking_part = Prepared(select(_M.rater).where(_M.round == bindparam("round")))
certificate = Prepared(select(core(Certificate)).where(_C.id == bindparam("certificate")))

of_queue = Prepared(select(core(Round)).where(_of_child))
kept_notes = Prepared(
    select(_N.id, _N.task, _N.author, _N.text, _N.at).where(_N.round == bindparam("round")).order_by(_N.at, _N.id)
)

put_round = upsert(Round)
put_member = insert_unless_known(RoundMember)
insert_batch = insert_into(Batch)
insert_queue = insert_into(Queue)
insert_round = insert_into(Round)
insert_member = insert_into(RoundMember)
insert_note = insert_into(Note)
insert_certificate = insert_into(Certificate)
