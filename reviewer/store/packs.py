"""What the store knows for packs: keys of devices, what waits to be taken along, and what has arrived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reviewer.ids import now
from reviewer.store import events, remotes
from reviewer.store.prepared import Driver
from reviewer.store.remotes import RemoteRecord, Told
from reviewer.store.statements import statements

PACK_URL = "pack:"
"""The address of a server that is reached by packs alone."""

_sql = statements("packs")
_remotes = statements("remotes")
_AT_ONCE = 1000


def fact(driver: Driver, name: str) -> str | None:
    """A fact about the store itself; None where it is not known."""
    row = _sql.fact.first(driver, key=name)
    return None if row is None else str(row[0])


def put_fact(driver: Driver, name: str, value: str) -> str:
    """Keeps a fact that is not known yet, and returns it as it is known now. To be called in a transaction."""
    _sql.put_fact.run(driver, key=name, value=value)
    return str(_sql.fact.first(driver, key=name)[0])


# -- at the server -----------------------------------------------------------------------------------------


def key_of(driver: Driver, device: str, rater: str) -> str | None:
    """The public key of a device of a rater; None where it never brought labels in a pack."""
    row = _sql.public_key.first(driver, device=device, rater=rater)
    return row[0] if row else None


def pin_key(driver: Driver, device: str, rater: str, key: str, *, stream: str, actor: str) -> None:
    """Keeps the public key of a device of a rater, with an event. To be called in a transaction."""
    at = now()
    _sql.put_device.run(driver, device=device, rater=rater, public_key=key, first_seen=at, last_seen=at)
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="device.pinned",
        subject=device,
        content={"device": device, "rater": rater, "public_key": key},
        data={"rater": rater, "public_key": key},
    )


def has_arrived(driver: Driver, queue: str, rater: str) -> Iterator[tuple[str, bool]]:
    """The labels of a rater in a queue, and whether they were surplus."""
    after = ""
    while found := list(_sql.labels_of.rows(driver, queue=queue, rater=rater, after=after, most=_AT_ONCE)):
        for label, surplus in found:
            yield label, bool(surplus)
        after = found[-1][0]


# -- on the rater's machine --------------------------------------------------------------------------------


def is_here(driver: Driver, queue: str, task: str) -> bool:
    """Whether the queue has that task."""
    row = _sql.queue_of_task.first(driver, task=task)
    return row is not None and row[0] == queue


def waiting(driver: Driver, remote: RemoteRecord) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of the remote's stream that it has not followed, each label that waits behind the event that vouches
    for it, and last what has no such event: `event` or `label`, and its columns.

    To be read at one moment.
    """
    from reviewer.store import tables

    of_event, of_label = tables.columns(tables.Event), tables.columns(tables.Label)
    after = remote.stream_sent
    while rows := list(_remotes.events.rows(driver, stream=remote.stream, after=after, most=_AT_ONCE)):
        for row in rows:
            event = dict(zip(of_event, row, strict=True))
            yield "event", event
            after = event["seq"]
            if event["action"].startswith("label."):
                label = _remotes.waiting_label.first(driver, label=event["subject"], remote=remote.name)
                if label is not None:
                    yield "label", dict(zip(of_label, label, strict=True))
    of_stream = {"stream": remote.stream, "after": remote.stream_sent}
    for row in _sql.waiting_without_event.rows(driver, remote=remote.name, **of_stream):
        yield "label", dict(zip(of_label, row, strict=True))


def record(driver: Driver, remote: RemoteRecord, told: list[Told]) -> list[Told]:
    """Keeps the server's answers to labels that wait, or were refused before; returns those that were news.

    To be called in a transaction.
    """
    news = [each for each in told if _is_news(driver, remote, each)]
    remotes.record(driver, news)
    return news


def _is_news(driver: Driver, remote: RemoteRecord, told: Told) -> bool:
    row = _sql.state_of_label.first(driver, label=told.label, remote=remote.name)
    return row is not None and (row[0] == "waiting" or (row[0] == "refused" and told.answer != "refused"))
