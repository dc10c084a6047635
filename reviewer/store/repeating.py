"""Hidden repeats: a task of its own for the second time that a rater meets another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reviewer.ids import new_id, new_public_id
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("dealing")
_TIME_OF_MAKING = 13
"""The characters of an identifier that say when it was made."""
_UNSELECTED = {"selection": None, "probability": None, "state": "open", "gold": 0}


def can_be_made(driver: Driver, queue: str) -> bool:
    """Whether a repeat finds a position: while an import writes its tasks, those behind the last one are taken."""
    size = _sql.queue_now.first(driver, queue=queue)[1]
    return _sql.beyond.first(driver, queue=queue, size=size) is None


def as_old_as(task: str) -> str:
    """A new identifier that says of its making what that of `task` says."""
    return task[:_TIME_OF_MAKING] + new_id()[_TIME_OF_MAKING:]


def make(driver: Driver, tasks: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Makes a repeat of each of these tasks of one queue; returns each with its public identifiers by the original's.

    Its own identifier is as old as the original's, so that no export tells by it which came later. To be called in a
    transaction, where `can_be_made`.
    """
    made: list[tuple[str, dict[str, str]]] = []
    rows: list[dict[str, Any]] = []
    slots: list[dict[str, Any]] = []
    queue, position = "", 0
    for task in tasks:
        queue, key, item, priority, rubric = _sql.original.first(driver, task=task)
        position = position + 1 if rows else int(_sql.queue_now.first(driver, queue=queue)[1])
        repeat = as_old_as(task)
        own = {"id": repeat, "queue": queue, "key": key, "item": item, "position": position, "priority": priority}
        rows.append({**own, "rubric": rubric, "repeat_of": task, **_UNSELECTED})
        renamed: dict[str, str] = {}
        for slot, output, public_id in _sql.outputs.rows(driver, task=task):
            renamed[public_id] = new_public_id()
            slots.append({"task": repeat, "slot": slot, "output": output, "public_id": renamed[public_id]})
        made.append((repeat, renamed))
    if rows:
        _sql.insert_task.run_all(driver, rows)
        _sql.insert_task_output.run_all(driver, slots)
        _sql.set_size.run(driver, of=queue, to=position + 1)
    return made
