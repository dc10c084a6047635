"""The items of a calibration round as the command line names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.errors import BadInput

if TYPE_CHECKING:
    from reviewer.session.panel import TaskPanel
    from reviewer.store.connection import Store

_NAMED = 8


def panels_of(store: Store, name: str, viewer: str) -> list[TaskPanel]:
    """What the members said, the outputs counted as `viewer` sees them: in canonical order they would tell whose
    they are."""
    from reviewer.session.panel import read_panels
    from reviewer.store import queues, rounds

    with store.reading() as connection:
        found = rounds.get(connection, name)
        queue = queues.find(connection, found.name)
        assert queue is not None
        known = queues.rater_called(connection, viewer)
        return read_panels(connection, queue, named=True, me=known or viewer)


def task_in(store: Store, name: str, key: str) -> str:
    """The task of the item of that key in a round. Raises BadInput where there is none."""
    from reviewer.store import rounds

    with store.reading() as connection:
        found = rounds.get(connection, name)
        tasks = {one.key: one.id for one in rounds.batch(connection, found.child)}
    if key not in tasks:
        raise _no_item(key, list(tasks))
    return tasks[key]


def task_among(panels: list[TaskPanel], key: str) -> str:
    """The task of the item of that key. Raises BadInput where there is none."""
    tasks = {panel.key: panel.task for panel in panels}
    if key not in tasks:
        raise _no_item(key, list(tasks))
    return tasks[key]


def _no_item(key: str, known: list[str]) -> BadInput:
    from reviewer.keys.names import closest

    there = f"There are {', '.join(known[:_NAMED])}{' and more' if len(known) > _NAMED else ''}."
    return BadInput(f"the round has no item '{key}'.", mend=closest(key, known) or there)
