"""The statements of a label's commit."""

from __future__ import annotations

from sqlalchemy import bindparam, case, delete, exists, func, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known, upsert
from reviewer.store.tables import (
    Assignment,
    Draft,
    Label,
    LabelHead,
    Outbox,
    Progress,
    Queue,
    Remote,
    RemoteQueue,
    core,
)

COUNTED = ("submitted", "skipped", "abstained", "sent_back")
_A, _D, _H, _L, _P, _Q, _R, _RQ = (
    core(table).c for table in (Assignment, Draft, LabelHead, Label, Progress, Queue, Remote, RemoteQueue)
)
_mine = (_A.task == bindparam("task")) & (_A.rater == bindparam("rater"))
assignment = Prepared(select(_A.state, _A.flagged, _A.shown_order).where(_mine))
head = Prepared(
    select(_H.label, _L.revision, _L.outcome, _H.conflict)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(
        _H.task == bindparam("task"),
        _H.rater == bindparam("rater"),
        _H.phase == bindparam("phase"),
        _H.sample == bindparam("sample"),
    )
)
revision = Prepared(select(_L.revision).where(_L.id == bindparam("label")))
queue_now = Prepared(
    select(_Q.overlap, _Q.state, _Q.purpose, _R.name, _R.stream)
    .select_from(
        core(Queue).outerjoin(core(RemoteQueue), _RQ.queue == _Q.id).outerjoin(core(Remote), _RQ.remote == _R.name)
    )
    .where(_Q.id == bindparam("queue"))
)
put_in_outbox = insert_into(Outbox)
put_head = upsert(LabelHead)
put_assignment = upsert(Assignment, skip=["seq", "queue"])
end_draft = Prepared(
    delete(core(Draft)).where(
        _D.task == bindparam("task"), _D.rater == bindparam("rater"), _D.sitting <= bindparam("sitting")
    )
)
count = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(
        **{
            name: core(Progress).c[name]
            + case((bindparam("became") == name, 1), else_=0)
            - case((bindparam("was") == name, 1), else_=0)
            for name in COUNTED
        },
        flagged=_P.flagged + bindparam("more_flagged"),
        passed=_P.passed - bindparam("less_passed"),
        active_ms=_P.active_ms + bindparam("more_active"),
        idle_ms=_P.idle_ms + bindparam("more_idle"),
        here=bindparam("at_seq"),
        updated_at=bindparam("at"),
    )
)
count_many = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(
        **{name: core(Progress).c[name] + bindparam(f"more_{name}") for name in (*COUNTED, "flagged", "passed")},
        active_ms=_P.active_ms + bindparam("more_active"),
        idle_ms=_P.idle_ms + bindparam("more_idle"),
        updated_at=bindparam("at"),
    )
)
put_progress = insert_unless_known(Progress)
here = Prepared(select(_P.here).where(_P.queue == bindparam("queue"), _P.rater == bindparam("rater")))
insert_label = insert_into(Label)
labelled = Prepared(
    select(_A.rater, _A.seq).where(_A.task == bindparam("task"), _A.state == "submitted").order_by(_A.rater)
)
reopen = Prepared(
    update(core(Assignment))
    .where(_A.task == bindparam("of_task"), _A.rater == bindparam("of_rater"))
    .values(state="sent_back")
)
count_sent_back = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(submitted=_P.submitted - 1, sent_back=_P.sent_back + 1, updated_at=bindparam("at"))
)
asked_since = Prepared(
    select(func.max(_L.committed_at))
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_H.task == bindparam("task"), _H.phase == "adjudication", _L.outcome == "sent_back")
)
asked_again = Prepared(
    select(_A.rater, _A.seq, func.coalesce(_A.committed_at, ""))
    .where(
        _A.task == bindparam("task"),
        _A.state == "sent_back",
        # A file may say that a rater's own label was sent back, which no decision undoes.
        ~exists(
            select(_H.label)
            .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
            .where(_H.task == _A.task, _H.rater == _A.rater, _H.phase != "adjudication", _L.outcome == "sent_back")
        ),
    )
    .order_by(_A.rater)
)
close_again = Prepared(
    update(core(Assignment))
    .where(_A.task == bindparam("of_task"), _A.rater == bindparam("of_rater"))
    .values(state="submitted")
)
count_closed = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(submitted=_P.submitted + 1, sent_back=_P.sent_back - 1, updated_at=bindparam("at"))
)
