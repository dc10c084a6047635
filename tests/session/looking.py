"""What a sitting left in the store, read beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import orjson

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store

_JSON = ("values", "rationale", "correction", "flags", "shown_order", "supersedes")


def kept_labels(store: Store) -> list[dict[str, Any]]:
    """Every label in the order of its making, with the rater's place of its task as `seq`."""
    with closing(sqlite3.connect(store.path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(
            "SELECT label.*, assignment.seq FROM label JOIN assignment USING (task, rater) ORDER BY label.committed_at"
        ).fetchall()
    return [{name: orjson.loads(row[name]) if name in _JSON else row[name] for name in row.keys()} for row in rows]  # noqa: SIM118 -- a row iterates over values


def drafted(store: Store) -> list[tuple[int, dict[str, Any]]]:
    """The drafts, by their task's position in the queue."""
    with closing(sqlite3.connect(store.path)) as connection:
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
