"""Receiving labels from devices: each accepted, known already or refused, with all that follows from it in the same
transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.ids import new_id
from reviewer.store import accepting, following, labels
from reviewer.store import events as log
from reviewer.store.accepting import Accepting, Answered
from reviewer.store.following import Device, Head
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

__all__ = ["Answered", "Conflicting", "Head", "Received", "conflicts", "mine", "receive"]

_sql = statements("receiving")


@dataclass(frozen=True, slots=True)
class Received:
    """The answers in the order of the labels, and how far the device's stream was followed."""

    answers: list[Answered]
    head: Head


@dataclass(frozen=True, slots=True)
class Conflicting:
    """A task on which labels of one rater stand beside each other, by its lease; the one that counts comes first."""

    lease: str
    task: str
    phase: str
    labels: list[str]


def receive(
    driver: Driver,
    *,
    rater: str,
    device: str,
    stream: str,
    events: list[dict[str, Any]],
    labels: list[dict[str, Any]],
    server_stream: str,
    queues: frozenset[str] | None = None,
) -> Received:
    """Takes labels of a rater as their device committed them, and follows its event stream.

    Labels know a task by its lease. One that cannot be right is refused by itself; one that is late is taken. `queues`
    are those that the rater's token is good for, None for all. To be called by `store.transact`.
    """
    who = Device(device, rater)
    batch = Accepting(driver, rater, queues)
    answers = batch.take(labels)
    return Received(answers, _follow(driver, who, stream, events, batch, server_stream))


def mine(driver: Driver, task: str, rater: str) -> list[dict[str, Any]]:
    """The rater's own labels of a task that count, or stand beside one that does, as the wire tells them."""
    found = [
        label
        for phase, head, conflict in _sql.heads.rows(driver, task=task, rater=rater)
        if phase in labels.OF_RATERS
        for label in (head, *orjson.loads(conflict))
    ]
    rows = accepting.stored(driver, found)
    return [_told(rows[label]) for label in found if label in rows]


def conflicts(driver: Driver, queue: str, rater: str) -> list[Conflicting]:
    """The tasks of a queue on which two devices of the rater labelled, neither label following from the other."""
    return [
        Conflicting(lease, task, phase, [head, *orjson.loads(conflict)])
        for lease, task, phase, head, conflict in _sql.conflicts.rows(driver, queue=queue, rater=rater)
        if phase in labels.OF_RATERS
    ]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("id", "phase", "outcome", "revision", "rubric", "notes")}
    read = {name: orjson.loads(row[name]) for name in ("values", "rationale", "correction", "flags")}
    return said | read | {name: row[name] for name in ("device", "committed_at")}


def _follow(
    driver: Driver, device: Device, stream: str, sent: Sequence[dict[str, Any]], batch: Accepting, server_stream: str
) -> Head:
    """Follows the device's stream, and vouches for the labels that were taken as they stand here."""
    head, told = following.follow(driver, device, stream, sent, said=batch.said, server_stream=server_stream)
    taken = batch.taken
    told |= following.vouched(driver, device, [label for label in taken if label not in told])
    unvouched = [label for label in taken if label not in told]
    disputed = [label for label in taken if label in told and told[label] != batch.said[label]]
    if not head.fault and (disputed or unvouched):
        head = Head(stream, head.seq, head.hash, _doubt(disputed, unvouched))
    if head.fault and device.owns(stream, server_stream=server_stream):
        following.note_fault(driver, device, head, server_stream=server_stream)
    if not taken:
        return head
    received = new_id()
    _sql.insert_batch.run_all(driver, [{"batch": received, "label": label} for label in taken])
    doubts = {name: doubt for name, doubt in (("unvouched", len(unvouched)), ("disputed", disputed)) if doubt}
    log.append(
        driver,
        # Who appends to a stream waits until the last who did is on the disk: one for all raters would be a queue.
        stream=f"{server_stream}/{device.rater}",
        actor=device.rater,
        action=log.RECEIVED,
        subject=received,
        content=log.imported_digest(list(taken.values())),
        data={"labels": len(taken), "queues": batch.queues, "device": device.id, "stream": stream, **doubts},
        attested="server",
    )
    return head


def _doubt(disputed: Sequence[str], unvouched: Sequence[str]) -> str:
    if disputed:
        return f"the label {disputed[0]} is not what the stream vouches for."
    more = f" and {len(unvouched) - 1} more" if len(unvouched) > 1 else ""
    return f"no event vouches for the label {unvouched[0]}{more}."
