"""A team whose devices lease tasks, and what could be leased by the plainest reckoning."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from reviewer.ids import now
from reviewer.store import labels, leases, queues
from reviewer.store.connection import Store
from reviewer.store.leases import Granted, LeaseRecord
from reviewer.store.prepared import Connection
from reviewer.store.queues import QueueRecord
from tests.store.filling import ask, record
from tests.store.test_dealing import label_columns

HOUR = 3600
WEEK = 7 * 24 * HOUR


def moment(hours: float = 0) -> str:
    """So many hours from now."""
    later = datetime.now(UTC) + timedelta(hours=hours)
    return later.isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass
class Team:
    """Raters of one queue by their names, each with a device of that name unless it is said otherwise."""

    store: Store
    queue: QueueRecord
    raters: dict[str, str] = field(default_factory=dict)

    def rater(self, name: str) -> str:
        if name not in self.raters:
            self.raters[name] = self.store.transact(lambda driver: queues.ensure_rater(driver, name))
        return self.raters[name]

    def ask(self, name: str, wanted: int = 1, *, device: str = "", at: str = "", **options: Any) -> Granted:
        rater, queue = self.rater(name), record(self.store, self.queue.name)
        options.setdefault("seconds", WEEK)
        options.setdefault("moment", at or now())

        def job(driver: Connection) -> Granted:
            return leases.grant(driver, queue, rater, device or name, wanted, **options)

        return self.store.transact(job)

    def get(self, name: str, wanted: int = 1, **options: Any) -> list[LeaseRecord]:
        return self.ask(name, wanted, **options).leases

    def why(self, name: str, wanted: int = 1, **options: Any) -> str:
        """The code of the reason why there is nothing."""
        granted = self.ask(name, wanted, **options)
        assert granted.leases == []
        assert granted.why is not None
        assert granted.why.what
        return granted.why.code

    def label(self, lease: LeaseRecord, outcome: str = "submitted", **said: Any) -> bool:
        """Labels what is leased; whether the label was surplus."""

        def job(driver: Connection) -> bool:
            (rubric, _), *_ = queues.rubrics_of(driver, self.queue.id)
            columns = label_columns(self.queue.id, lease.task, rubric, outcome, lease.shown_order)
            columns |= {"rater": lease.rater, "device": lease.device, **said}
            done = labels.commit(
                driver, labels.NewLabel(columns, lease.seq, "s", flagged=False), stream=self.store.device
            )
            leases.end(driver, lease.task, lease.rater)
            return done.surplus

        return self.store.transact(job)

    def give_back(self, name: str, *given: LeaseRecord, device: str = "") -> int:
        rater, which = self.rater(name), [lease.id for lease in given] or None
        return self.store.transact(lambda driver: leases.give_back(driver, self.queue.id, rater, device or name, which))

    def changes(self, name: str, *, device: str = "", at: str = "") -> set[tuple[str, str, str]]:
        with self.store.reading() as connection:
            found = leases.changes(connection, self.queue.id, self.rater(name), device or name, moment=at or None)
        return {(change.lease, change.what, change.reason) for change in found}

    def primary(self) -> dict[str, set[str]]:
        """Who has a primary label on each task."""
        with self.store.reading() as connection:
            return primary(connection, self.queue.id)


def primary(driver: Connection, queue: str) -> dict[str, set[str]]:
    """Who has a primary label on each task of a queue."""
    found: dict[str, set[str]] = {}
    rows = ask(
        driver,
        "SELECT h.task, h.rater FROM label_head h JOIN label l ON h.label = l.id"
        " WHERE l.queue = ? AND h.phase = 'independent' AND l.outcome = 'submitted' AND l.surplus = 0",
        queue,
    )
    for task, rater in rows.fetchall():
        found.setdefault(task, set()).add(rater)
    return found


def filling(driver: Connection, queue: str, at: str) -> dict[str, set[str]]:
    """Who has a primary label on each task, or holds it."""
    found = primary(driver, queue)
    rows = ask(
        driver,
        "SELECT lease.task, lease.rater FROM lease JOIN assignment a ON a.task = lease.task AND a.rater = lease.rater"
        " WHERE lease.queue = ? AND until >= ? AND a.state = 'open'",
        queue,
        at,
    )
    for task, rater in rows.fetchall():
        found.setdefault(task, set()).add(rater)
    return found


def leasable(driver: Connection, queue: str, rater: str, at: str) -> tuple[set[str], set[str]]:
    """The tasks that may be leased to a rater, and those that others alone, or other devices of theirs, keep away."""
    ((overlap,),) = ask(driver, "SELECT overlap FROM queue WHERE id = ?", queue).fetchall()
    labelled, full = primary(driver, queue), filling(driver, queue, at)
    rows = ask(
        driver,
        "SELECT task.id, task.repeat_of, a.state, lease.until FROM task"
        " LEFT JOIN assignment a ON a.task = task.id AND a.rater = ?"
        " LEFT JOIN lease ON lease.task = task.id AND lease.rater = ? WHERE task.queue = ? AND task.state = 'open'",
        rater,
        rater,
        queue,
    ).fetchall()
    free, kept = set(), set()
    for task, repeat_of, state, until in rows:
        if state not in (None, "open", "sent_back") or (state is None and repeat_of):
            continue
        if until is not None and until >= at:
            continue
        if state == "sent_back" or not overlap or len(full.get(task, set()) - {rater}) < overlap:
            free.add(task)
        elif len(labelled.get(task, set()) - {rater}) < overlap:
            kept.add(task)
    return free, kept
