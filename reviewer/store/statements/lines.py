"""The statements of a rater's lines of revisions."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from reviewer.store.prepared import Prepared, upsert
from reviewer.store.tables import Label, LabelHead, core

_L = core(Label).c
line = Prepared(
    select(_L.id, _L.revision, _L.supersedes, _L.received_at).where(
        _L.task == bindparam("task"),
        _L.rater == bindparam("rater"),
        _L.phase == bindparam("phase"),
        _L.sample == bindparam("sample"),
    )
)
put_head = upsert(LabelHead)
