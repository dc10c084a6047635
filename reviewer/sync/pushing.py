"""Pushing: labels to the server with the events that vouch for them, and its answer to each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from reviewer.store import remotes
from reviewer.store.connection import Store, at_one_moment
from reviewer.store.prepared import Driver
from reviewer.store.remotes import RemoteRecord, Told
from reviewer.sync import wire
from reviewer.sync.client import Client, Progress, unheard
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

BATCH = 200


@dataclass(slots=True)
class Pushed:
    """What came of a push: how many labels the server has now, and of these were known there or came beyond what the
    queue asked for; and what it did not take."""

    sent: int = 0
    known: int = 0
    surplus: int = 0
    conflicts: int = 0
    refused: list[Told] = field(default_factory=list)
    requests: int = 0
    faults: list[str] = field(default_factory=list)
    """Why the server follows a stream of this device no more; its labels count nevertheless."""


def push(
    store: Store,
    client: Client,
    remote: RemoteRecord,
    *,
    refused_too: bool = False,
    progress: Progress = unheard,
) -> Pushed:
    """Sends what waits, in the order in which it was said, and keeps each answer. Raises RemoteTrouble.

    What was sent before and whose answer was lost is sent again, and the server knows it.
    """
    if refused_too:
        store.transact(lambda driver: remotes.try_again(driver, remote.name))
    with store.reading() as connection:
        of = remotes.waiting(connection, remote.name)
    pushed, most = Pushed(), BATCH
    while True:
        # At one moment: a label that is saved meanwhile would go without the event that vouches for it.
        with store.reading() as connection, at_one_moment(connection):
            now_ = remotes.find(connection, remote.name)
            if now_ is None:
                return pushed
            events, rows = remotes.batch(connection, now_, most)
            last = remotes.last_event(connection, now_.stream)
        if not rows and not events:
            return pushed
        labels, unfit = _labels(rows)
        if unfit:
            _refuse_here(store, pushed, unfit)
            continue
        request = wire.LabelsRequest(
            device=store.device, stream=now_.stream, events=[_event(event) for event in events], labels=labels
        )
        ids = [label.id for label in labels]
        try:
            answer = client.send(request)
        except RemoteTrouble as error:
            _tried(store, ids)
            if error.status != 413 and error.code != "too_large":
                raise
            if most == 1:
                _refuse_here(store, pushed, [Told(label, "refused", reason=error.sentence) for label in ids])
                if not ids:
                    raise
                continue
            most = max(1, min(most, len(rows) or most) // 2)
            continue
        pushed.requests += 1
        told = _told(answer, ids)
        moved = _record(store, now_, answer.head, told, told_of=bool(events), last=last)
        _count(pushed, told, answer)
        progress(min(of, pushed.sent + len(pushed.refused)), of)
        if not told and not moved:
            return pushed  # the server takes the events of this stream no further, and says nothing of why


def _labels(rows: Sequence[dict[str, Any]]) -> tuple[list[wire.Label], list[Told]]:
    """The labels as they are sent, and those that no server takes."""
    fit, unfit = [], []
    for row in rows:
        try:
            fit.append(wire.Label.model_validate(row))
        except ValidationError:
            reason = (
                "decisions on a server's queue are made at the server."
                if row["phase"] not in ("independent", "revote", "rework")
                else "it is no label that a server takes."
            )
            unfit.append(Told(row["id"], "refused", reason=reason))
    return fit, unfit


def _event(event: dict[str, Any]) -> wire.Event:
    return wire.Event.model_validate(event)


def _told(answer: wire.LabelsAnswer, ids: list[str]) -> list[Told]:
    """The answers to the labels that were sent; to others none is kept."""
    found = {each.id: each for each in answer.answers}
    if missing := [label for label in ids if label not in found]:
        raise RemoteTrouble(
            f"the server did not answer to {len(missing)} of {len(ids)} labels.",
            mend="They are kept and sent again; have the server examined.",
            code="not_ours",
        )
    return [
        Told(each.id, each.answer, each.surplus, visible(" ".join(filter(None, (each.reason, each.mend)))))
        for each in (found[label] for label in ids)
    ]


def _record(
    store: Store, remote: RemoteRecord, head: wire.StreamHead, told: list[Told], *, told_of: bool, last: int
) -> bool:
    """Keeps the answers and how far the stream was followed, in one transaction; whether that is further than before.

    `told_of` says that events were sent, `last` is the stream's last event here. Where the server has more of it, this
    store is an older copy of itself; where it has less than it had, the server is: then what it lost is sent again.
    """
    heard = told_of and head.stream == remote.stream
    followed = head.seq if heard else remote.stream_sent
    broken = last > 0 and (bool(head.fault) or followed > last)

    def job(driver: Driver) -> None:
        remotes.record(driver, told)
        if followed < remote.stream_sent:
            remotes.send_again(driver, remote, head.seq)
        if broken:
            remotes.begin_stream(driver, remote, store.device)
        else:
            remotes.followed(driver, remote, followed)
        remotes.note_synced(driver, remote.name)

    store.transact(job)
    return broken or followed > remote.stream_sent


def _count(pushed: Pushed, told: list[Told], answer: wire.LabelsAnswer) -> None:
    for each in told:
        if each.answer == "refused":
            pushed.refused.append(each)
            continue
        pushed.sent += 1
        pushed.known += each.answer == "known"
        pushed.surplus += each.surplus
    pushed.conflicts += sum(bool(each.conflict) for each in answer.answers)
    if answer.head.fault:
        pushed.faults.append(visible(answer.head.fault))


def _refuse_here(store: Store, pushed: Pushed, unfit: list[Told]) -> None:
    store.transact(lambda driver: remotes.record(driver, unfit))
    pushed.refused += unfit


def _tried(store: Store, labels: list[str]) -> None:
    store.transact(lambda driver: remotes.note_tried(driver, labels))
