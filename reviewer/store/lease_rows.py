"""Leases as they are read, each with its assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson

from reviewer.blinding import drawn_order, order_key
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("leases")
_dealt = statements("dealing")

What = Literal["recalled", "sent_back", "conflict", "taken_over", "reopened"]
Code = Literal["done", "leased", "closed", "certificate", "locked", "limit"]


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """A lease with its assignment. `seq` is the task's place in the rater's order, `shown_order` is never empty,
    `state` the assignment's."""

    id: str
    task: str
    rater: str
    queue: str
    device: str
    number: int
    until: str | None
    seq: int
    position: int
    shown_order: list[str]
    state: str


@dataclass(frozen=True, slots=True)
class WhyNone:
    """Why there are not as many as were wanted; `until` is when the first lease that stands in the way runs out."""

    code: Code
    what: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What was leased, by number; `until` is when the first of all that the device holds in the queue runs out."""

    leases: list[LeaseRecord]
    until: str | None
    why: WhyNone | None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """What happened to a task that a device of the rater holds, or that they labelled."""

    lease: str
    what: What
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LiveLeases:
    """How many leases of a rater have not run out, and when the first does."""

    rater: str
    count: int
    until: str


def all_of(driver: Driver, queue: str, rater: str) -> list[tuple[str, str]]:
    """Lease and task of all that the rater was ever leased in a queue."""
    return [(lease, task) for lease, task in _sql.all_mine.rows(driver, queue=queue, rater=rater)]


def known(driver: Driver, lease: str) -> LeaseRecord | None:
    """The lease with this identifier, whether or not it is over; None where there is none."""
    row = _sql.known.first(driver, lease=lease)
    return record(driver, row) if row else None


def record(driver: Driver, row: Any) -> LeaseRecord:
    """A lease from a row of the statements `known` and `again`."""
    lease, task, rater, queue, device, number, until, seq, position, stored, state, seed = row
    order = shown(driver, task, rater, stored, seed)
    return LeaseRecord(lease, task, rater, queue, device, number, until, seq, position, order, state)


def shown(driver: Driver, task: str, rater: str, stored: str, seed: str) -> list[str]:
    """The order that is stored with the assignment, else that in which a sitting of the rater shows the outputs."""
    if kept := orjson.loads(stored):
        return list(kept)
    ids = [public_id for public_id, _, _ in _dealt.slots.rows(driver, task=task)]
    return drawn_order(order_key(seed, rater, task), ids) if len(ids) > 1 else ids
