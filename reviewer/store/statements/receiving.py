"""The statements of receiving labels, and of following the event streams of the devices that gave them."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, func, null, select, update

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared, insert_into, upsert
from reviewer.store.primary import IS_PRIMARY
from reviewer.store.tables import (
    Assignment,
    Event,
    Exposure,
    ImportedLabel,
    Item,
    Label,
    LabelHead,
    Lease,
    Output,
    Queue,
    QueueRubric,
    Rubric,
    Task,
    TaskOutput,
    core,
)

_A, _E, _EV, _H, _I, _L, _O, _Q, _QR, _R, _T, _TO, _X = (
    core(table).c
    for table in (
        Assignment,
        Lease,
        Event,
        LabelHead,
        Item,
        Label,
        Output,
        Queue,
        QueueRubric,
        Rubric,
        Task,
        TaskOutput,
        Exposure,
    )
)
_wanted = json_values(bindparam("wanted"), "wanted")
_among_wanted = select(_wanted.c.value)

tasks = Prepared(select(_E.task, _E.queue).where(_E.id.in_(_among_wanted), _E.rater == bindparam("rater")))
leases = Prepared(
    select(_E.id, _E.task, _E.queue, _E.until, _A.seq, _A.state, _A.shown_order, _T.rubric, _X.exposure)
    .select_from(
        core(Lease)
        .join(core(Assignment), (_A.task == _E.task) & (_A.rater == _E.rater))
        .join(core(Task), _E.task == _T.id)
        .outerjoin(core(Exposure), (_X.item == _T.item) & (_X.rater == _E.rater))
    )
    .where(_E.id.in_(_among_wanted), _E.rater == bindparam("rater"))
)
public_ids = Prepared(select(_TO.task, _TO.public_id).where(_TO.task.in_(_among_wanted)).order_by(_TO.task, _TO.slot))
labels = Prepared(select(core(Label)).where(_L.id.in_(_among_wanted)))
revisions = Prepared(
    select(_L.task, _L.phase, _L.id, _L.revision, _L.supersedes, _L.received_at, _L.outcome, _L.flags != "[]").where(
        _L.task.in_(_among_wanted), _L.rater == bindparam("rater"), _L.sample == 0
    )
)
# As `passing.primary_of_others`, of many tasks at once.
primary = Prepared(
    select(_H.task, func.count())
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id).join(core(Task), _H.task == _T.id))
    .where(
        _H.task.in_(_among_wanted),
        ~_T.gold,
        _H.rater != bindparam("rater"),
        IS_PRIMARY,
    )
    .group_by(_H.task)
)
queue = Prepared(select(_Q.overlap, _Q.state, _Q.purpose).where(_Q.id == bindparam("queue")))
rubric = Prepared(
    select(
        _R.document,
        exists(select(_QR.rubric).where(_QR.queue == bindparam("queue"), _QR.rubric == _R.id)).label("in_queue"),
    ).where(_R.id == bindparam("rubric"))
)
context = Prepared(
    select(_I.context).select_from(core(Task).join(core(Item), _T.item == _I.id)).where(_T.id == bindparam("task"))
)
parts = Prepared(
    select(_O.parts)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id))
    .where(_TO.task == bindparam("task"), _TO.public_id == bindparam("public_id"))
)

insert_label = insert_into(Label)
insert_batch = insert_into(ImportedLabel)
put_head = upsert(LabelHead)
end_lease = Prepared(update(core(Lease)).where(_E.id == bindparam("lease")).values(until=null()))
heads = Prepared(
    select(_H.phase, _H.label, _H.conflict).where(
        _H.task == bindparam("task"), _H.rater == bindparam("rater"), _H.sample == 0
    )
)
conflicts = Prepared(
    select(_E.id, _H.task, _H.phase, _H.label, _H.conflict)
    .select_from(
        core(LabelHead)
        .join(core(Assignment), (_A.task == _H.task) & (_A.rater == _H.rater))
        .join(core(Lease), (_E.task == _H.task) & (_E.rater == _H.rater))
    )
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _H.sample == 0, _H.conflict != "[]")
    .order_by(_A.seq)
)

followed = Prepared(
    select(_EV.seq, _EV.hash, _EV.actor).where(_EV.stream == bindparam("stream")).order_by(_EV.seq.desc()).limit(1)
)
hashes = Prepared(
    select(_EV.seq, _EV.hash).where(
        _EV.stream == bindparam("stream"), _EV.seq >= bindparam("low"), _EV.seq <= bindparam("high")
    )
)
insert_event = insert_into(Event)
told = Prepared(
    select(_EV.subject, _EV.digest).where(
        _EV.stream >= bindparam("low"),
        _EV.stream < bindparam("high"),
        _EV.actor == bindparam("rater"),
        _EV.subject.in_(_among_wanted),
    )
)
last_fault = Prepared(
    select(_EV.data)
    .where(_EV.stream == bindparam("stream"), _EV.subject == bindparam("of_stream"), _EV.action == "stream.fault")
    .order_by(_EV.seq.desc())
    .limit(1)
)
