"""Hidden repeats: a task of its own for the second time that a rater meets another one."""

from __future__ import annotations

from reviewer.ids import new_id, new_public_id
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("dealing")
_TIME_OF_MAKING = 13
"""The characters of an identifier that say when it was made."""


def can_be_made(driver: Driver, queue: str) -> bool:
    """Whether a repeat finds a position: while an import writes its tasks, those behind the last one are taken."""
    size = _sql.queue_now.first(driver, queue=queue)[1]
    return _sql.beyond.first(driver, queue=queue, size=size) is None


def make(driver: Driver, task: str) -> tuple[str, dict[str, str]]:
    """Makes a repeat of a task; returns it, and its public identifiers by those of the original.

    Its own identifier is as old as the original's, so that no export tells by it which came later. To be called in a
    transaction, where `can_be_made`.
    """
    queue, key, item, priority, rubric = _sql.original.first(driver, task=task)
    position = _sql.queue_now.first(driver, queue=queue)[1]
    repeat = task[:_TIME_OF_MAKING] + new_id()[_TIME_OF_MAKING:]
    _sql.insert_task.run(
        driver,
        id=repeat,
        queue=queue,
        key=key,
        item=item,
        position=position,
        priority=priority,
        rubric=rubric,
        repeat_of=task,
        selection=None,
        probability=None,
        state="open",
    )
    renamed: dict[str, str] = {}
    for slot, output, public_id in list(_sql.outputs.rows(driver, task=task)):
        renamed[public_id] = new_public_id()
        _sql.insert_task_output.run(driver, task=repeat, slot=slot, output=output, public_id=renamed[public_id])
    _sql.set_size.run(driver, of=queue, to=position + 1)
    return repeat, renamed
