"""The statements of dealing: what stands where in a rater's dealt order, and what could be dealt next."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, exists, func, select, update

from reviewer.store.dialects import json_places
from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.primary import IS_PRIMARY
from reviewer.store.tables import (
    Assignment,
    Batch,
    Label,
    LabelHead,
    Output,
    Progress,
    Queue,
    System,
    Task,
    TaskOutput,
    Waiting,
    core,
)

_A, _B, _H, _L, _O, _P, _Q, _S, _T, _TO, _W = (
    core(table).c
    for table in (
        Assignment,
        Batch,
        LabelHead,
        Label,
        Output,
        Progress,
        Queue,
        System,
        Task,
        TaskOutput,
        Waiting,
    )
)
_mine = (_A.queue == bindparam("queue")) & (_A.rater == bindparam("rater"))
_given = core(Assignment).join(core(Task), _A.task == _T.id)
_seen_by_me = exists(select(_A.task).where(_A.task == _T.id, _A.rater == bindparam("rater")))
_seen = exists(select(_A.task).where(_A.task == _T.id))

last_place = Prepared(select(_A.seq).where(_mine).order_by(_A.seq.desc()).limit(1))
at_place = Prepared(select(_T.position).select_from(_given).where(_mine, _A.seq == bindparam("seq")))
place_of = Prepared(
    select(_A.seq)
    .select_from(_given)
    .where(_T.queue == bindparam("queue"), _T.position == bindparam("position"), _A.rater == bindparam("rater"))
)
place_of_task = Prepared(select(_A.seq).where(_A.task == bindparam("task"), _A.rater == bindparam("rater")))
repeats = Prepared(
    select(func.count(), func.max(_A.seq))
    .select_from(_given)
    .where(_mine, _A.seq >= bindparam("start"), _T.repeat_of.is_not(None), ~_T.gold)
)
gold = Prepared(
    select(func.count(), func.max(_A.seq)).select_from(_given).where(_mine, _A.seq >= bindparam("start"), _T.gold)
)
queue_now = Prepared(select(_Q.overlap, _Q.size).where(_Q.id == bindparam("queue")))
raters = Prepared(select(_P.rater).where(_P.queue == bindparam("queue")).order_by(_P.rater))

look = Prepared(
    select(_T.id, _T.state, _seen.label("seen"), _seen_by_me.label("mine")).where(
        _T.queue == bindparam("queue"), _T.position == bindparam("position")
    )
)
state = Prepared(select(_T.state).where(_T.id == bindparam("task")))
slots = Prepared(
    select(_TO.public_id, _S.name, _S.version)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id).join(core(System), _O.system == _S.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
orders = Prepared(select(_A.shown_order).where(_A.task == bindparam("task")))
waiting = Prepared(
    select(_W.task, _W.since, exists(select(_A.task).where(_A.task == _W.task, _A.rater == bindparam("me"))))
    .where(_W.queue == bindparam("queue"), _W.rater == bindparam("rater"), _W.since >= bindparam("since"))
    .order_by(_W.since)
    .limit(bindparam("most"))
)
all_waiting = Prepared(
    select(_W.task, _W.since, _W.rater, exists(select(_A.task).where(_A.task == _W.task, _A.rater == bindparam("me"))))
    .where(_W.queue == bindparam("queue"))
    .limit(bindparam("most"))
)
_place = json_places(_A.shown_order, "place")
shown = Prepared(
    select(_S.name, _S.version, _place.c.key, func.count())
    .select_from(_given.join(_place, _A.seq >= 0))
    .join(core(TaskOutput), (_TO.task == _A.task) & (_TO.public_id == _place.c.value))
    .join(core(Output), _TO.output == _O.id)
    .join(core(System), _O.system == _S.id)
    .where(_mine, _A.seq >= bindparam("start"), _T.repeat_of.is_(None))
    .group_by(_S.name, _S.version, _place.c.key)
)
_others = core(Assignment).alias("others")
lately = Prepared(
    select(
        _T.position,
        exists(select(_others.c.task).where(_others.c.task == _A.task, _others.c.rater != bindparam("rater"))),
    )
    .select_from(_given)
    .where(_mine, _T.repeat_of.is_(None))
    .order_by(_A.seq.desc())
    .limit(bindparam("most"))
)
_again, _given_again = core(Task).alias("again"), core(Assignment).alias("given_again")
repeatable = Prepared(
    select(_A.task, _A.shown_order)
    .select_from(_given)
    .where(
        _mine,
        _A.state == "submitted",
        _A.seq >= bindparam("start"),
        _A.seq < bindparam("end"),
        _T.repeat_of.is_(None),
        _T.state == "open",
        ~exists(
            select(_again.c.id)
            .select_from(_again.join(_given_again, _given_again.c.task == _again.c.id))
            .where(_again.c.repeat_of == _A.task, _given_again.c.rater == bindparam("rater"))
        ),
    )
    .order_by(_A.seq)
    .limit(1)
)
beyond = Prepared(select(_T.id).where(_T.queue == bindparam("queue"), _T.position >= bindparam("size")).limit(1))
original = Prepared(select(_T.queue, _T.key, _T.item, _T.priority, _T.rubric).where(_T.id == bindparam("task")))
outputs = Prepared(select(_TO.slot, _TO.output, _TO.public_id).where(_TO.task == bindparam("task")).order_by(_TO.slot))
set_size = Prepared(update(core(Queue)).where(_Q.id == bindparam("of")).values(size=bindparam("to")))
unseen = Prepared(
    select(func.count()).where(
        _T.queue == bindparam("queue"),
        _T.position < bindparam("size"),
        _T.repeat_of.is_(None),
        _T.state == "open",
        ~_seen_by_me,
        select(func.count())
        .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
        .where(
            _H.task == _T.id,
            IS_PRIMARY,
        )
        .scalar_subquery()
        < bindparam("overlap"),
    )
)

in_batch = Prepared(
    select(_T.id, _TO.public_id, _S.name, _S.version)
    .select_from(
        core(Task)
        .join(core(TaskOutput), _TO.task == _T.id)
        .join(core(Output), _TO.output == _O.id)
        .join(core(System), _O.system == _S.id)
    )
    .where(
        _T.queue == bindparam("queue"),
        _T.position >= bindparam("first"),
        _T.position < bindparam("end"),
        _T.state == "open",
    )
    .order_by(_T.position, _TO.slot)
)
forget_outputs = Prepared(
    delete(core(TaskOutput)).where(
        _TO.task.in_(select(_T.id).where(_T.queue == bindparam("queue"), _T.repeat_of.is_not(None)))
    )
)
forget_repeats = Prepared(delete(core(Task)).where(_T.queue == bindparam("queue"), _T.repeat_of.is_not(None)))
forget_places = Prepared(delete(core(Assignment)).where(_A.queue == bindparam("queue")))
# By way of the negative numbers: on its way down a position may not meet one that has not moved yet.
lift_tasks = Prepared(
    update(core(Task))
    .where(_T.queue == bindparam("of"), _T.position >= bindparam("first"), _T.position < bindparam("end"))
    .values(position=bindparam("down") - _T.position - 1)
)
set_tasks = Prepared(
    update(core(Task)).where(_T.queue == bindparam("of"), _T.position < 0).values(position=-1 - _T.position)
)
move_batch = Prepared(
    update(core(Batch)).where(_B.queue == bindparam("of"), _B.first == bindparam("was")).values(first=bindparam("to"))
)
insert_assignment = insert_into(Assignment)
insert_task = insert_into(Task)
insert_task_output = insert_into(TaskOutput)
