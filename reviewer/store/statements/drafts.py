"""The statements of drafts and places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ClauseElement, bindparam, delete, select, update

from reviewer.store.prepared import Prepared
from reviewer.store.tables import Draft, Progress, core

_D, _P = core(Draft).c, core(Progress).c


def _save(insert: Callable[..., Any]) -> ClauseElement:
    new = insert(core(Draft))
    kept: ClauseElement = new.on_conflict_do_update(
        index_elements=["task", "rater"],
        set_={
            column.name: new.excluded[column.name]
            for column in core(Draft).columns
            if column.name not in ("task", "rater", "queue")
        },
        where=_D.sitting <= new.excluded.sitting,
    )
    return kept


save = Prepared(_save)
drop = Prepared(
    delete(core(Draft)).where(
        _D.task == bindparam("task"), _D.rater == bindparam("rater"), _D.sitting <= bindparam("sitting")
    )
)
holder = Prepared(select(_D.sitting).where(_D.task == bindparam("task"), _D.rater == bindparam("rater")))
step = Prepared(
    update(core(Progress))
    .where(_P.queue == bindparam("of_queue"), _P.rater == bindparam("of_rater"))
    .values(here=bindparam("at_seq"), updated_at=bindparam("at"))
)
