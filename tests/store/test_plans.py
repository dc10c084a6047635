"""Look-ups by key that must not walk a queue, however SQLite would rather go."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from reviewer.store import label_rows
from reviewer.store.connection import Store


def test_the_tasks_of_a_key_are_looked_up_by_it(store: Store) -> None:
    sql, fixed = label_rows._tasks_of_key.text()
    with closing(sqlite3.connect(store.path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", {**fixed, "queue": "q", "key": "k"}).fetchall()
    assert any("task_of_key" in row[-1] for row in plan), plan
