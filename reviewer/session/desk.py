"""What lies on a rater's desk: the queues, and how far they are."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.store import dealing, queues, reading, remotes, rounds
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import CANCELLED, QueueRecord

__all__ = ["CANCELLED", "OFFERED", "QueueCard", "cards", "offered_card", "waiting_for"]

OFFERED = "offered"
"""The state of a queue that a server offers and of which nothing is here."""


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
        here = queues.rater_called(connection, rater)
        found = []
        for queue in queues.all_queues(connection):
            # In a server's queue everybody works as whom the server knows.
            theirs = remotes.rater_of(connection, queue.id)
            known = theirs[0] if theirs else here
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
                    waiting_for=waiting_for(connection, queue)
                    if queue.is_blind_round and queue.state != CANCELLED
                    else None,
                )
            )
    return found


def offered_card(name: str, kind: str) -> QueueCard:
    """The card of a server's queue of which nothing is here yet."""
    return QueueCard(
        name=name,
        kind=kind,
        state=OFFERED,
        size=0,
        done=0,
        left=0,
        flagged=0,
        drafts=0,
        active_ms=0,
        blind=True,
        instructions="",
        rubric="",
        overlap=0,
        created_at="",
    )


def waiting_for(driver: Driver, queue: QueueRecord) -> tuple[tuple[str, int], ...]:
    """The members of a calibration round who are not done with it, each with how many items are left."""
    standings = rounds.standings(driver, queue.id)
    return tuple((one.name, queue.size - one.done) for one in standings if one.done < queue.size)
