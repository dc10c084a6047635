"""The statements of whoever follows what happens to queues."""

from __future__ import annotations

from sqlalchemy import bindparam, func, or_, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Event, Progress, core

_E, _P = (core(table).c for table in (Event, Progress))

news = Prepared(
    select(_E.seq, _E.action, _E.subject)
    .where(
        _E.stream == bindparam("stream"),
        _E.seq > bindparam("after"),
        _E.seq <= bindparam("to"),
        or_(_E.action.like("queue.%"), _E.action.like("round.%")),
    )
    .order_by(_E.seq)
)
counted = Prepared(
    select(
        func.count(),
        func.sum(_P.submitted),
        func.sum(_P.skipped),
        func.sum(_P.abstained),
        func.sum(_P.sent_back),
    ).where(_P.queue == bindparam("queue"))
)
