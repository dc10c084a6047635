"""What a sitting left in the store, read beside it."""

from __future__ import annotations

from typing import Any

import orjson

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from reviewer.store.tables import Label, columns

_JSON = ("values", "rationale", "correction", "flags", "shown_order", "supersedes")


def kept_labels(store: Store) -> list[dict[str, Any]]:
    """Every label in the order of its making, with the rater's place of its task as `seq`."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT label.*, assignment.seq FROM label JOIN assignment ON label.task = assignment.task"
            " AND label.rater = assignment.rater ORDER BY label.committed_at"
        ).fetchall()
    named = ({**dict(zip(columns(Label), row, strict=False)), "seq": row[-1]} for row in rows)
    return [{name: orjson.loads(value) if name in _JSON else value for name, value in row.items()} for row in named]


def drafted(store: Store) -> list[tuple[int, dict[str, Any]]]:
    """The drafts, by their task's position in the queue."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT task.position, draft.document FROM draft JOIN task ON draft.task = task.id ORDER BY task.position"
        ).fetchall()
    return [(position, orjson.loads(document)) for position, document in rows]


def said(label: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """Place, outcome and values of a label."""
    return label["seq"], label["outcome"], label["values"]


def seq_of(sitting: Sitting) -> int:
    """The place at which the sitting stands."""
    assert sitting.view is not None
    return sitting.view.seq
