"""The statements of what a server tells a rater of queues."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Lease, Progress, Queue, QueueRubric, Rubric, core

_E, _P, _Q, _QR, _R = (core(table).c for table in (Lease, Progress, Queue, QueueRubric, Rubric))
_mine = (_P.queue == bindparam("queue")) & (_P.rater == bindparam("rater"))

queue = Prepared(select(core(Queue)).where(_Q.id == bindparam("queue"), _Q.state != "importing"))
begun = Prepared(select(_P.queue).where(_P.rater == bindparam("rater")))
has_begun = Prepared(select(_P.queue).where(_mine))
_leased = (
    select(func.count())
    .select_from(core(Lease))
    .where(_E.queue == bindparam("queue"), _E.rater == bindparam("rater"), _E.until >= bindparam("moment"))
)
standing = Prepared(
    select(_P.submitted, _P.skipped, _P.abstained, _P.sent_back, _leased.scalar_subquery()).where(_mine)
)
rubrics = Prepared(select(_QR.rubric).where(_QR.queue == bindparam("queue")).order_by(_QR.from_seq))
rubric = Prepared(
    select(_R.id, _R.name, _R.content_hash, _R.scale_hash, _R.document).where(_R.id == bindparam("rubric"))
)
