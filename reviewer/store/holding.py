"""Rows that a transaction holds, so that what it read stays true until it has written.

On SQLite a writing transaction is alone in the store, and nothing is done here. On PostgreSQL others write beside it,
and whoever reads to write holds first what the decision rests on. Rows are held in one order, in which no two wait for
each other: the store, a queue, a rater, tasks, raters' places, tasks' items, the event stream. Where the database finds
that two do so nevertheless, one of them is begun again (`Store.perform`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import orjson

from reviewer.store.prepared import SQLITE, Driver, dialect_of
from reviewer.store.statements import statements

_sql = statements("holding")


def store(driver: Driver) -> None:
    """Waits until no other transaction that asked for this is under way in the store."""
    if dialect_of(driver) != SQLITE:
        _sql.store.run(driver)


def imports(driver: Driver) -> bool:
    """Holds the right to import into a database on a server; False where somebody has it."""
    return _sql.imports.first(driver) is not None


def queue(driver: Driver, queue: str) -> None:
    """Holds a queue: its size, its settings, and what is dealt of it."""
    if dialect_of(driver) != SQLITE:
        _sql.queue.run(driver, queue=queue)


def queue_as_it_is(driver: Driver, queue: str) -> None:
    """Lets nobody change a queue; others may ask for the same at the same time."""
    if dialect_of(driver) != SQLITE:
        _sql.queue_as_it_is.run(driver, queue=queue)


def rater(driver: Driver, rater: str) -> None:
    """Holds a rater: what is given to them unannounced, in whatever queue."""
    if dialect_of(driver) != SQLITE:
        _sql.rater.run(driver, rater=rater)


def tasks(driver: Driver, tasks: Collection[str]) -> None:
    """Holds tasks: which labels they have, and whether these fill their overlap."""
    if dialect_of(driver) != SQLITE:
        _sql.tasks.run(driver, wanted=_listed(tasks))


def tasks_at(driver: Driver, queue: str, positions: Collection[int], *, wait: bool) -> set[int]:
    """Holds tasks by their positions, and says which: without `wait` those alone that nobody else holds just now."""
    if dialect_of(driver) == SQLITE or not positions:
        return set(positions)
    statement = _sql.tasks_at if wait else _sql.free_tasks_at
    return {position for (position,) in statement.rows(driver, queue=queue, wanted=_listed(map(str, positions)))}


def place(driver: Driver, queue: str, rater: str) -> None:
    """Holds what is kept of a rater in a queue: their counters, and which of their places are closed."""
    if dialect_of(driver) != SQLITE:
        _sql.place.run(driver, queue=queue, rater=rater)


def places(driver: Driver, queue: str, tasks: Collection[str]) -> None:
    """Holds what is kept in a queue of all to whom these tasks were given; to be called where the tasks are held."""
    if dialect_of(driver) != SQLITE:
        _sql.places.run(driver, queue=queue, wanted=_listed(tasks))


def items_of(driver: Driver, tasks: Collection[str]) -> None:
    """Holds the items of tasks: what was decided of their outputs."""
    if dialect_of(driver) != SQLITE:
        _sql.items_of.run(driver, wanted=_listed(tasks))


def stream(driver: Driver, stream: str) -> None:
    """Holds an event stream by its first event; the head is to be read after, by a statement of its own."""
    if dialect_of(driver) != SQLITE:
        _sql.stream.run(driver, stream=stream)


def _listed(tasks: Iterable[str]) -> str:
    return orjson.dumps(sorted(set(tasks))).decode()
