"""What lies on a rater's desk: the queues, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.store import dealing, queues, reading
from reviewer.store.connection import Store


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
                )
            )
    return found
