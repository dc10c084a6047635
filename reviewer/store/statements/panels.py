"""The statements of a panel's labels, task by task."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, or_, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Assignment, Label, LabelHead, Rater, Task, TaskOutput, core

_A, _H, _L, _RA, _T, _TO = (core(table).c for table in (Assignment, LabelHead, Label, Rater, Task, TaskOutput))
_asked = (_T.id, _T.key, _T.position, _T.rubric)
_own = and_(_T.state != "recalled", _T.repeat_of.is_(None), ~_T.gold)
_labels = (
    select(
        *_asked,
        _L.rater,
        _RA.name,
        _L.id,
        _L.phase,
        _L.outcome,
        _L.surplus,
        _L.exposure,
        core(Label).c["values"],
        _L.rationale,
        _L.correction,
        _L.notes,
        _L.flags,
        _L.shown_order,
        _L.rubric,
        _L.committed_at,
        _L.revision,
        _L.device,
    )
    .select_from(
        core(Label)
        .join(
            core(LabelHead),
            and_(
                _H.task == _L.task,
                _H.rater == _L.rater,
                _H.phase == _L.phase,
                _H.sample == _L.sample,
                _H.label == _L.id,
            ),
        )
        .join(core(Task), _L.task == _T.id)
        .join(core(Rater), _L.rater == _RA.id)
    )
    .where(
        _L.queue == bindparam("queue"),
        _L.sample == 0,
        _RA.kind == "human",
        or_(_L.phase == "independent", _L.phase == "revote", _L.phase == "rework"),
        _own,
    )
)
labels = Prepared(_labels.order_by(_T.position, _L.rater, _L.id))
labels_of_task = Prepared(_labels.where(_L.task == bindparam("task")).order_by(_T.position, _L.rater, _L.id))
tasks = Prepared(select(*_asked).where(_T.queue == bindparam("queue"), _own).order_by(_T.position))
task = Prepared(select(*_asked).where(_T.queue == bindparam("queue"), _T.id == bindparam("task"), _own))
outputs = Prepared(select(_TO.public_id).where(_TO.task == bindparam("task")).order_by(_TO.slot))
order_given = Prepared(select(_A.shown_order).where(_A.task == bindparam("task"), _A.rater == bindparam("rater")))
revoted = Prepared(
    select(_T.position, _L.committed_at)
    .select_from(
        core(LabelHead).join(core(Label), _H.label == _L.id).join(core(Task), _L.task == _T.id),
    )
    .where(
        _L.queue == bindparam("queue"),
        _L.rater == bindparam("rater"),
        _L.phase == "revote",
        _L.committed_at < bindparam("before"),
    )
    .order_by(_L.committed_at.desc())
)
seq_given = Prepared(select(_A.seq).where(_A.task == bindparam("task"), _A.rater == bindparam("rater")))
