"""The statements of what the screen reads."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import (
    Assignment,
    DatasetItem,
    Draft,
    Exposure,
    Item,
    Label,
    LabelHead,
    Output,
    Progress,
    Queue,
    System,
    Task,
    TaskOutput,
    core,
)

_T, _I, _K, _TO, _O, _S, _A, _D, _L, _H, _P, _Q, _X = (
    core(table).c
    for table in (
        Task,
        Item,
        DatasetItem,
        TaskOutput,
        Output,
        System,
        Assignment,
        Draft,
        Label,
        LabelHead,
        Progress,
        Queue,
        Exposure,
    )
)
_at_position = (_T.queue == bindparam("queue")) & (_T.position == bindparam("position"))
task = Prepared(
    select(_T.id, _T.key, _T.rubric, _T.state, _I.prompt, _I.context, _I.reference, _K.meta, _T.gold)
    .select_from(
        core(Task)
        .join(core(Item), _T.item == _I.id)
        .outerjoin(core(DatasetItem), (_K.dataset == bindparam("dataset")) & (_K.key == _T.key))
    )
    .where(_at_position)
)
# What is shown of gold is what its item has where it was decided.
_source = core(Task).alias("source")
meta_of_gold = Prepared(
    select(_K.meta)
    .select_from(
        core(Task)
        .join(_source, _source.c.id == _T.repeat_of)
        .join(core(Queue), _source.c.queue == _Q.id)
        .join(core(DatasetItem), (_K.dataset == _Q.dataset) & (_K.key == _source.c.key))
    )
    .where(_T.id == bindparam("task"))
)
outputs = Prepared(
    select(_TO.public_id, _TO.slot, _O.id, _O.parts, _O.text, _O.sample, _O.content_hash, _S.name, _S.version)
    .select_from(core(TaskOutput).join(core(Output), _TO.output == _O.id).join(core(System), _O.system == _S.id))
    .where(_TO.task == bindparam("task"))
    .order_by(_TO.slot)
)
assignment = Prepared(
    select(_A.state, _A.shown_order, _A.flagged).where(_A.task == bindparam("task"), _A.rater == bindparam("rater"))
)
draft = Prepared(
    select(_D.sitting, _D.rubric, _D.base_label, _D.document, _D.cursor, _D.active_ms, _D.idle_ms, _D.updated_at).where(
        _D.task == bindparam("task"), _D.rater == bindparam("rater")
    )
)
heads = Prepared(
    select(
        _H.phase,
        _L.exposure,
        _L.id,
        _L.outcome,
        _L.rubric,
        core(Label).c["values"],
        _L.rationale,
        _L.correction,
        _L.notes,
        _L.flags,
        _L.revision,
        _L.committed_at,
        _H.conflict,
    )
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(
        _H.task == bindparam("task"),
        _H.rater == bindparam("rater"),
        _H.sample == 0,
    )
)
exposure = Prepared(
    select(_X.exposure, _Q.state)
    .select_from(core(Task).join(core(Exposure), _X.item == _T.item).join(core(Queue), _T.queue == _Q.id))
    .where(_T.id == bindparam("task"), _X.rater == bindparam("rater"))
)
task_state = Prepared(select(_T.id, _T.state).where(_at_position))
brief = Prepared(
    select(_T.id, _T.key, _T.state, func.substr(_I.prompt, 1, 600))
    .select_from(core(Task).join(core(Item), _T.item == _I.id))
    .where(_at_position)
)
key_of = Prepared(select(_T.key).where(_T.id == bindparam("task")))
position_of = Prepared(select(_T.position).where(_T.id == bindparam("task")))
seqs_in_state = Prepared(
    select(_A.seq)
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == bindparam("rater"),
        _A.state == bindparam("state"),
        _A.seq >= bindparam("start"),
    )
    .order_by(_A.seq)
    .limit(bindparam("most"))
)
flagged_seqs = Prepared(
    select(_A.seq)
    .where(
        _A.queue == bindparam("queue"),
        _A.rater == bindparam("rater"),
        _A.flagged,
        _A.seq >= bindparam("start"),
    )
    .order_by(_A.seq)
    .limit(bindparam("most"))
)
drafted_positions = Prepared(
    select(_T.position)
    .select_from(core(Draft).join(core(Task), _D.task == _T.id))
    .where(_D.queue == bindparam("queue"), _D.rater == bindparam("rater"))
)
done_before = Prepared(
    select(_A.seq, _A.committed_at)
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.committed_at < bindparam("before"))
    .order_by(_A.committed_at.desc())
    .limit(1)
)
progress = Prepared(
    select(
        _P.submitted,
        _P.skipped,
        _P.abstained,
        _P.sent_back,
        _P.flagged,
        _P.passed,
        _P.active_ms,
        _P.idle_ms,
        _P.here,
    ).where(_P.queue == bindparam("queue"), _P.rater == bindparam("rater"))
)
