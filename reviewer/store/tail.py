"""The end of the event log, for those who follow what happens to queues.

It is read again and again, by key alone, rather than told by the database: what not every database can tell is not
relied on.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("tail")
_events = statements("events")


class News(NamedTuple):
    """Something happened to a queue: `seq` is the event's place in its stream, `action` its action."""

    seq: int
    action: str
    queue: str


def head(driver: Driver, stream: str) -> int:
    """How many events the stream has."""
    found = _events.head.first(driver, stream=stream)
    return int(found[0]) if found else 0


def news(driver: Driver, stream: str, after: int, to: int) -> list[News]:
    """What happened to queues in the events after `after` up to `to`, oldest first."""
    return [News(*row) for row in _sql.news.rows(driver, stream=stream, after=after, to=to)]


def counted(driver: Driver, queue: str) -> tuple[Any, ...]:
    """Something that is another once somebody has labelled in the queue."""
    return tuple(_sql.counted.first(driver, queue=queue))
