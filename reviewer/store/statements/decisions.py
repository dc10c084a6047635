"""The statements of adjudicators' decisions."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Assignment, Label, LabelHead, Rater, Task, core

_A, _H, _L, _RA, _T = (core(table).c for table in (Assignment, LabelHead, Label, Rater, Task))
_heads = (
    select(_L.task, _T.position, _L.rater, _RA.name, _L.id, _L.outcome, _L.rationale, _L.committed_at)
    .select_from(
        core(Label)
        .join(
            core(LabelHead),
            (_H.task == _L.task)
            & (_H.rater == _L.rater)
            & (_H.phase == _L.phase)
            & (_H.sample == _L.sample)
            & (_H.label == _L.id),
        )
        .join(core(Task), _L.task == _T.id)
        .join(core(Rater), _L.rater == _RA.id)
    )
    .where(_L.phase == "adjudication", _L.sample == 0)
)
of_queue = Prepared(_heads.where(_L.queue == bindparam("queue")).order_by(_L.committed_at, _L.id))
of_task = Prepared(_heads.where(_L.task == bindparam("task")).order_by(_L.committed_at, _L.id))
by_rater = Prepared(
    _heads.where(
        _L.queue == bindparam("queue"), _L.rater == bindparam("rater"), _L.committed_at < bindparam("before")
    ).order_by(_L.committed_at.desc())
)
waiting = Prepared(
    select(_A.task).where(_A.queue == bindparam("queue"), _A.state == "sent_back").distinct().order_by(_A.task)
)
is_waiting = Prepared(select(_A.rater).where(_A.task == bindparam("task"), _A.state == "sent_back").limit(1))
is_given = Prepared(select(_A.state).where(_A.task == bindparam("task"), _A.rater == bindparam("rater")))
newest = Prepared(select(_L.id).where(_L.queue == bindparam("queue")).order_by(_L.id.desc()).limit(1))
rated = Prepared(
    select(func.max(_L.id), func.count()).where(
        _L.queue == bindparam("queue"), _L.phase != "adjudication", _L.phase != "consensus"
    )
)
since = Prepared(
    select(_L.id, _L.task).where(_L.queue == bindparam("queue"), _L.id > bindparam("after")).order_by(_L.id)
)
