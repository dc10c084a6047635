"""The statements of a rater's order."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Batch, core

_B = core(Batch).c
batches = Prepared(select(_B.first, _B.size).where(_B.queue == bindparam("queue")).order_by(_B.first))
