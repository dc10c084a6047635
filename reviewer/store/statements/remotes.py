"""The statements of the servers that a device works for: what is pulled from them, and what is sent to them."""

from __future__ import annotations

from sqlalchemy import bindparam, case, delete, func, literal_column, select, update

from reviewer.store.prepared import Prepared, insert_into, insert_unless_known, upsert
from reviewer.store.tables import (
    Assignment,
    Batch,
    Dataset,
    DatasetItem,
    Event,
    Item,
    Label,
    LabelHead,
    Outbox,
    Output,
    Queue,
    QueueRubric,
    Rater,
    Remote,
    RemoteQueue,
    Rubric,
    System,
    Task,
    TaskOutput,
    core,
)

_A, _D, _E, _H, _K, _L, _O, _Q, _QR, _R, _RA, _RQ, _RU, _S, _T = (
    core(table).c
    for table in (
        Assignment,
        Dataset,
        Event,
        LabelHead,
        DatasetItem,
        Label,
        Outbox,
        Queue,
        QueueRubric,
        Remote,
        Rater,
        RemoteQueue,
        Rubric,
        System,
        Task,
    )
)
_of_remote = _O.remote == bindparam("remote")

# Remotes
every = Prepared(select(core(Remote)).order_by(_R.added_at))
remote = Prepared(select(core(Remote)).where(_R.name == bindparam("name")))
put_remote = upsert(Remote)
forget_remote = Prepared(delete(core(Remote)).where(_R.name == bindparam("of_remote")))
forget_queues = Prepared(delete(core(RemoteQueue)).where(_RQ.remote == bindparam("of_remote")))
forget_outbox = Prepared(delete(core(Outbox)).where(_O.remote == bindparam("of_remote")))
synced = Prepared(update(core(Remote)).where(_R.name == bindparam("of_remote")).values(synced_at=bindparam("at")))
followed = Prepared(
    update(core(Remote))
    .where(_R.name == bindparam("of_remote"), _R.stream == bindparam("of_stream"))
    .values(stream_sent=bindparam("to_seq"))
)
begin_stream = Prepared(
    update(core(Remote))
    .where(_R.name == bindparam("of_remote"), _R.stream == bindparam("of_stream"))
    .values(stream=bindparam("to_stream"), stream_sent=0)
)
rater_by_id = Prepared(select(_RA.name, _RA.kind, _RA.spec_hash).where(_RA.id == bindparam("rater")))
insert_rater = insert_unless_known(Rater)

# Their queues
_queue_here = core(RemoteQueue).join(core(Queue), _RQ.queue == _Q.id)
queues_of = Prepared(
    select(core(RemoteQueue), _Q.name, _Q.state)
    .select_from(_queue_here)
    .where(_RQ.remote == bindparam("remote"))
    .order_by(_Q.name)
)
queue_of = Prepared(
    select(core(RemoteQueue), _Q.name, _Q.state).select_from(_queue_here).where(_RQ.queue == bindparam("queue"))
)
whose = Prepared(
    select(_R.rater, _R.rater_name, _R.name)
    .select_from(core(RemoteQueue).join(core(Remote), _RQ.remote == _R.name))
    .where(_RQ.queue == bindparam("queue"))
)
put_queue = upsert(RemoteQueue)
any_queue = Prepared(select(core(Queue)).where(_Q.id == bindparam("queue")))
queue_named = Prepared(select(_Q.id).where(_Q.name == bindparam("name")))
insert_queue = insert_into(Queue)
insert_dataset = insert_into(Dataset)
set_queue = Prepared(
    update(core(Queue))
    .where(_Q.id == bindparam("of_queue"))
    .values(
        state=bindparam("to_state"),
        blind=bindparam("to_blind"),
        revealed_at=bindparam("to_revealed_at"),
        settings=bindparam("to_settings"),
    )
)
set_purpose = Prepared(
    update(core(Queue)).where(_Q.id == bindparam("of_queue")).values(purpose=bindparam("to_purpose"))
)
set_state = Prepared(update(core(Queue)).where(_Q.id == bindparam("of_queue")).values(state=bindparam("to_state")))
grow_queue = Prepared(update(core(Queue)).where(_Q.id == bindparam("of_queue")).values(size=bindparam("to_size")))
dataset_size = Prepared(select(_D.size).where(_D.id == bindparam("dataset")))
grow_dataset = Prepared(
    update(core(Dataset)).where(_D.id == bindparam("of_dataset")).values(size=_D.size + bindparam("more"))
)
key = Prepared(select(_K.item).where(_K.dataset == bindparam("dataset"), _K.key == bindparam("key")))
put_batch = upsert(Batch)
rubric = Prepared(select(_RU.content_hash).where(_RU.id == bindparam("rubric")))
rubric_by_hash = Prepared(select(_RU.id).where(_RU.content_hash == bindparam("content_hash")))
insert_rubric = insert_into(Rubric)
rubric_ids = Prepared(select(_QR.rubric).where(_QR.queue == bindparam("queue")).order_by(_QR.from_seq))

# Tasks
task = Prepared(select(_T.queue, _T.state, _T.position, _T.key).where(_T.id == bindparam("task")))
in_state = Prepared(
    select(_T.id).where(_T.queue == bindparam("queue"), _T.state == bindparam("state")).order_by(_T.position)
)
end_of_tasks = Prepared(select(func.coalesce(func.max(_T.position) + 1, 0)).where(_T.queue == bindparam("queue")))
set_task = Prepared(update(core(Task)).where(_T.id == bindparam("of_task")).values(state=bindparam("to_state")))
system = Prepared(select(_S.id).where(_S.name == bindparam("name"), _S.version == ""))
insert_system = insert_unless_known(System)
insert_item = insert_into(Item)
insert_key = insert_unless_known(DatasetItem)
insert_output = insert_into(Output)
insert_task = insert_into(Task)
insert_task_output = insert_into(TaskOutput)
insert_place = insert_into(Assignment)
place = Prepared(select(_A.seq, _A.state).where(_A.task == bindparam("task"), _A.rater == bindparam("rater")))
_asks = (_A.state == "open") | (_A.state == "sent_back")
left = Prepared(
    select(func.count())
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _asks, _T.state == "open")
)
unlabelled = Prepared(
    select(_A.task)
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.state == "open", _T.state == "open")
    .order_by(_A.seq)
)
asked_again = Prepared(
    select(_A.task).where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.state == "sent_back")
)
unsent_of_task = Prepared(
    select(_O.label)
    .select_from(core(Label).join(core(Outbox), _O.label == _L.id))
    .where(_L.task == bindparam("task"), (_O.state == "waiting") | (_O.state == "refused"))
    .limit(1)
)
unsent_of_rater = Prepared(
    select(_O.label)
    .select_from(core(Label).join(core(Outbox), _O.label == _L.id))
    .where(
        _L.task == bindparam("task"),
        _L.rater == bindparam("rater"),
        (_O.state == "waiting") | (_O.state == "refused"),
    )
    .limit(1)
)
heads = Prepared(
    select(_H.phase, _H.sample, _H.label, _H.conflict).where(
        _H.task == bindparam("task"), _H.rater == bindparam("rater")
    )
)
agree = Prepared(
    update(core(LabelHead))
    .where(_H.task == bindparam("of_task"), _H.rater == bindparam("of_rater"))
    .values(conflict="[]")
)
conflicts = Prepared(
    select(_T.id, _T.key, _T.position, _H.phase, _H.label, _H.conflict)
    .select_from(core(LabelHead).join(core(Task), _H.task == _T.id))
    .where(_T.queue == bindparam("queue"), _H.rater == bindparam("rater"), _H.conflict != "[]")
    .order_by(_T.position)
)
queue_of_task = Prepared(
    select(_RQ.document)
    .select_from(core(Task).join(core(RemoteQueue), _T.queue == _RQ.queue))
    .where(_T.id == bindparam("task"))
)

# Labels on their way
count_by_state = Prepared(
    select(func.count()).select_from(core(Outbox)).where(_of_remote, _O.state == bindparam("state"))
)
count_all_by_state = Prepared(select(func.count()).select_from(core(Outbox)).where(_O.state == bindparam("state")))
counts = Prepared(
    select(
        _Q.name,
        func.sum(case((_O.state == "waiting", 1), else_=0)),
        func.sum(case((_O.state == "refused", 1), else_=0)),
    )
    .select_from(core(Outbox).join(core(Label), _O.label == _L.id).join(core(Queue), _L.queue == _Q.id))
    .where(_of_remote, (_O.state == "waiting") | (_O.state == "refused"))
    .group_by(_Q.name)
)
waiting = Prepared(
    select(core(Label))
    .select_from(core(Outbox).join(core(Label), _O.label == _L.id))
    .where(_of_remote, _O.state == "waiting")
    .order_by(_O.label)
    .limit(bindparam("most"))
)
waiting_label = Prepared(
    select(core(Label))
    .select_from(core(Outbox).join(core(Label), _O.label == _L.id))
    .where(_O.label == bindparam("label"), _O.state == "waiting", _of_remote)
)
refused = Prepared(
    select(_O.label, _Q.name, _T.key, _T.position, _O.error, _O.at, _T.id)
    .select_from(
        core(Outbox)
        .join(core(Label), _O.label == _L.id)
        .join(core(Queue), _L.queue == _Q.id)
        .join(core(Task), _L.task == _T.id)
    )
    .where(_of_remote, _O.state == "refused")
    .order_by(_O.label)
)
events = Prepared(
    select(core(Event))
    .where(_E.stream == bindparam("stream"), _E.seq > bindparam("after"))
    .order_by(_E.seq)
    .limit(bindparam("most"))
)
subjects = Prepared(
    select(_E.seq, _E.subject)
    .where(_E.stream == bindparam("stream"), _E.seq > bindparam("after"), _E.seq <= bindparam("until"))
    .order_by(_E.seq)
    .limit(bindparam("most"))
)
send_again = Prepared(
    update(core(Outbox)).where(_O.label == bindparam("of_label"), _O.state == "sent").values(state="waiting")
)
last_event = Prepared(select(func.coalesce(func.max(_E.seq), 0)).where(_E.stream == bindparam("stream")))
answered = Prepared(
    update(core(Outbox))
    .where(_O.label == bindparam("of_label"), (_O.state == "waiting") | (_O.state == "refused"))
    .values(state=bindparam("to_state"), error=bindparam("to_error"), at=bindparam("to_at"), attempts=_O.attempts + 1)
)
_taken, _earlier = core(Label).alias("taken"), core(Label).alias("earlier")
overtaken = Prepared(
    update(core(Outbox))
    .where(
        _O.state == "refused",
        _O.label.in_(
            select(_earlier.c.id)
            .select_from(
                _taken.join(_earlier, (_taken.c.task == _earlier.c.task) & (_taken.c.rater == _earlier.c.rater))
            )
            .where(_taken.c.id == bindparam("by_label"), _earlier.c.id < _taken.c.id)
        ),
    )
    .values(state="superseded")
)
let_go = Prepared(
    update(core(Outbox)).where(_O.remote == bindparam("of_remote"), _O.state == "refused").values(state="superseded")
)
tried = Prepared(
    update(core(Outbox))
    .where(_O.label == bindparam("of_label"), _O.state == "waiting")
    .values(attempts=_O.attempts + 1)
)
try_again = Prepared(
    update(core(Outbox)).where(_O.remote == bindparam("of_remote"), _O.state == "refused").values(state="waiting")
)
is_surplus = Prepared(update(core(Label)).where(_L.id == bindparam("of_label")).values(surplus=bindparam("to_surplus")))
put_all_in_outbox = Prepared(
    lambda insert: (
        insert(core(Outbox))
        .from_select(
            ["label", "remote", "state", "attempts", "error", "at"],
            select(
                _L.id,
                bindparam("to_remote"),
                literal_column("'waiting'"),
                literal_column("0"),
                literal_column("NULL"),
                _L.committed_at,
            ).where(
                _L.queue == bindparam("of_queue"),
                _L.rater == bindparam("of_rater"),
                _L.device == bindparam("of_device"),
                (_L.phase == "independent") | (_L.phase == "revote") | (_L.phase == "rework"),
            ),
        )
        .on_conflict_do_nothing()
    )
)
