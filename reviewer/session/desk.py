"""What lies on a rater's desk: the queues, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.store import dealing, queues, reading, rounds
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord


@dataclass(frozen=True, slots=True)
class QueueCard:
    """A queue as the home screen lists it, for one rater."""

    name: str
    kind: str
    state: str
    size: int
    done: int
    left: int
    flagged: int
    drafts: int
    active_ms: int
    blind: bool
    instructions: str
    rubric: str
    overlap: int
    created_at: str
    waiting_for: tuple[tuple[str, int], ...] | None = None
    """Of a calibration round that is blind yet, the members who are not done and how much each has left; else None."""


def cards(store: Store, rater: str) -> list[QueueCard]:
    """Every queue with the progress of the rater of that name."""
    with store.reading() as connection:
        known = queues.rater_called(connection, rater)
        found = []
        for queue in queues.all_queues(connection):
            counters = reading.read_counters(connection, queue.id, known) if known else None
            counters = counters or reading.Counters()
            drafts = len(reading.drafted_positions(connection, queue.id, known)) if known else 0
            size = dealing.expected(connection, queue, known or "")
            done = counters.done
            documents = queues.rubrics_of(connection, queue.id)
            rubric = documents[-1][1] if documents else {}
            found.append(
                QueueCard(
                    name=queue.name,
                    kind=queue.kind,
                    state=queue.state,
                    size=size,
                    done=done,
                    left=max(0, size - counters.passed - done),
                    flagged=counters.flagged,
                    drafts=drafts,
                    active_ms=counters.active_ms,
                    blind=queue.sealed,
                    instructions=rubric.get("instructions") or "",
                    rubric=rubric.get("name", ""),
                    overlap=queue.overlap,
                    created_at=queue.created_at,
                    waiting_for=_waiting_for(connection, queue) if queue.is_blind_round else None,
                )
            )
    return found


def _waiting_for(driver: Driver, queue: QueueRecord) -> tuple[tuple[str, int], ...]:
    standings = rounds.standings(driver, queue.id)
    return tuple((one.name, queue.size - one.done) for one in standings if one.done < queue.size)
