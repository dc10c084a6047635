"""The statements of gold woven in: what is decided elsewhere, who met it, and the tasks that are made of it."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, func, or_, select

from reviewer.store.dialects import json_values
from reviewer.store.prepared import Prepared
from reviewer.store.tables import (
    Assignment,
    DatasetItem,
    Exposure,
    Golden,
    Item,
    Label,
    Queue,
    QueueRubric,
    Round,
    Rubric,
    Task,
    TaskOutput,
    core,
)

_A, _K, _X, _G, _I, _L, _Q, _QR, _R, _RB, _T, _TO = (
    core(table).c
    for table in (
        Assignment,
        DatasetItem,
        Exposure,
        Golden,
        Item,
        Label,
        Queue,
        QueueRubric,
        Round,
        Rubric,
        Task,
        TaskOutput,
    )
)
_later = core(Golden).alias("later")
_scales = json_values(bindparam("scales"), "scales")
_items = json_values(bindparam("items"), "items")

in_force = Prepared(
    select(_RB.id, _RB.document)
    .select_from(core(QueueRubric).join(core(Rubric), _QR.rubric == _RB.id))
    .where(_QR.queue == bindparam("queue"))
    .order_by(_QR.from_seq.desc())
    .limit(1)
)
# What was decided in a round of this queue is asked in the queue itself.
decided = Prepared(
    select(_G.item, _G.output_hash, _L.task)
    .select_from(
        core(Golden)
        .join(core(Label), _G.source_label == _L.id)
        .join(core(Task), _L.task == _T.id)
        .join(core(Queue), _T.queue == _Q.id)
    )
    .where(
        _G.scale_hash.in_(select(_scales.c.value)),
        _G.retired.is_(None),
        ~exists(select(_later.c.id).where(_later.c.item == _G.item, _later.c.supersedes == _G.id)),
        _T.rubric.is_(None),
        _T.queue != bindparam("queue"),
        _Q.kind == bindparam("kind"),
        ~exists(select(_R.id).where(_R.parent == bindparam("queue"), _R.child == _T.queue)),
    )
    .order_by(_G.item, _G.output_hash, _G.id.desc())
)
outdated = Prepared(
    select(func.count())
    .select_from(core(Golden).join(core(Label), _G.source_label == _L.id).join(core(Task), _L.task == _T.id))
    .where(
        _L.queue == bindparam("queue"),
        _T.rubric.is_(None),
        _G.retired.is_(None),
        ~exists(select(_later.c.id).where(_later.c.item == _G.item, _later.c.supersedes == _G.id)),
        _G.scale_hash.not_in(select(_scales.c.value)),
    )
)
ordinary = Prepared(
    select(_T.item)
    .distinct()
    .where(
        _T.queue == bindparam("queue"),
        _T.position >= bindparam("first"),
        _T.position < bindparam("end"),
        _T.repeat_of.is_(None),
        _T.item.in_(select(_items.c.value)),
    )
)
queues = Prepared(select(_Q.id).order_by(_Q.id))
place_after = Prepared(
    select(_A.seq)
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.seq >= bindparam("start"))
    .order_by(_A.seq)
    .limit(1)
    .offset(bindparam("many"))
)
met = Prepared(
    select(_T.item)
    .distinct()
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == bindparam("rater"),
        _A.seq >= bindparam("start"),
        _A.seq < bindparam("end"),
        _T.item.in_(select(_items.c.value)),
    )
)
exposed = Prepared(select(_X.item).where(_X.rater == bindparam("rater"), _X.item.in_(select(_items.c.value))))
# Whoever decided it, or was given it here or where it was decided, while all else was looked through.
known_to = Prepared(
    select(_G.id)
    .select_from(core(Golden).join(core(Label), _G.source_label == _L.id))
    .where(
        _G.item == bindparam("item"),
        _G.output_hash == bindparam("output_hash"),
        or_(
            _G.approved_by == bindparam("rater"),
            _L.rater == bindparam("rater"),
            exists(
                select(_A.task)
                .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
                .where(_A.rater == bindparam("rater"), or_(_T.id == _L.task, _T.repeat_of == _L.task))
            ),
        ),
    )
    .limit(1)
)
woven = Prepared(
    select(_T.id)
    .select_from(core(Golden).join(core(Label), _G.source_label == _L.id).join(core(Task), _T.repeat_of == _L.task))
    .where(
        _G.item == bindparam("item"),
        _G.output_hash == bindparam("output_hash"),
        _T.queue == bindparam("queue"),
        _T.gold,
        _T.state == "open",
    )
    .order_by(_T.id)
    .limit(1)
)
_with_meta = (
    core(Task)
    .join(core(Item), _T.item == _I.id)
    .join(core(Queue), _T.queue == _Q.id)
    .outerjoin(core(DatasetItem), (_K.dataset == _Q.dataset) & (_K.key == _T.key))
)
_told = (_T.id, _T.key, _T.item, _T.priority, _K.meta, _I.reference.is_not(None))
at_position = Prepared(
    select(*_told).select_from(_with_meta).where(_T.queue == bindparam("queue"), _T.position == bindparam("position"))
)
of_task = Prepared(select(*_told).select_from(_with_meta).where(_T.id == bindparam("task")))
key_taken = Prepared(
    select(_Q.id).where(
        _Q.id == bindparam("queue"),
        or_(
            exists(select(_T.id).where(_T.queue == bindparam("queue"), _T.key == bindparam("key"))),
            exists(select(_K.key).where(_K.dataset == _Q.dataset, _K.key == bindparam("key"))),
        ),
    )
)
