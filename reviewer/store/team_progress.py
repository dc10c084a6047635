"""How far a team is in a queue: for whoever leads it."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.ids import now
from reviewer.store import leases, queues, rounds
from reviewer.store.order import tasks_in
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord

_MS_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class RaterProgress:
    """Where one rater stands. `leased` tasks are with their devices until `until` at the earliest; `an_hour` is the
    number of submissions in an hour of active work, None before the first; `last_at` is when a label came last. `left`
    is what waits for a member of a calibration round, None elsewhere."""

    name: str
    submitted: int
    skipped: int
    abstained: int
    sent_back: int
    leased: int
    until: str | None
    an_hour: float | None
    last_at: str | None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """Where a queue stands. `wanted` is the number of submissions that all its tasks ask for together, None where every
    rater rates everything, as nobody knows how many come."""

    queue: str
    name: str
    state: str
    tasks: int
    overlap: int
    wanted: int | None
    submitted: int
    leased: int
    raters: tuple[RaterProgress, ...]


def progress(driver: Driver, queue: QueueRecord, moment: str | None = None) -> QueueProgress:
    """How far all are in a queue at a moment, or now: by name, who has begun and who holds tasks of it."""
    live = {
        queues.rater_name(driver, one.rater): one
        for one in list(leases.counts(driver, queue.id, moment=moment or now()))
    }
    counted = {str(row["rater"]): row for row in queues.progress_of_team(driver, queue.id)}
    members = set(rounds.members(driver, queue.id)) if queue.purpose == CALIBRATION else set()
    tasks = tasks_in(driver, queue.id)
    raters = []
    for name in sorted({*live, *counted, *members}):
        row, lease = counted.get(name, {}), live.get(name)
        submitted, active = int(row.get("submitted", 0)), int(row.get("active_ms", 0))
        done = submitted + int(row.get("skipped", 0)) + int(row.get("abstained", 0))
        begun = bool(row) and any(row[column] for column in ("submitted", "skipped", "abstained", "sent_back"))
        raters.append(
            RaterProgress(
                name=name,
                submitted=submitted,
                skipped=int(row.get("skipped", 0)),
                abstained=int(row.get("abstained", 0)),
                sent_back=int(row.get("sent_back", 0)),
                leased=lease.count if lease else 0,
                until=lease.until if lease else None,
                an_hour=submitted * _MS_AN_HOUR / active if submitted and active else None,
                last_at=str(row["updated_at"]) if begun else None,
                left=max(0, tasks - done) if name in members else None,
            )
        )
    return QueueProgress(
        queue=queue.id,
        name=queue.name,
        state=queue.state,
        tasks=tasks,
        overlap=queue.overlap,
        wanted=tasks * queue.overlap if queue.overlap else None,
        submitted=sum(one.submitted for one in raters),
        leased=sum(one.leased for one in raters),
        raters=tuple(raters),
    )
