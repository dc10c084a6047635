"""Making packs: a server's tasks for a rater, and the labels of a rater for their server."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from pydantic import ValidationError

from reviewer import __version__
from reviewer.errors import BadInput, CheckFailed
from reviewer.ids import now
from reviewer.store import events, leases, packs, remotes
from reviewer.store.connection import Store, at_one_moment
from reviewer.store.leases import Certificate, Granted, LeaseRecord
from reviewer.store.prepared import Connection, Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
from reviewer.sync import signing, wire
from reviewer.sync.client import Progress, unheard
from reviewer.sync.packs import Header, Writer, writing
from reviewer.sync.remotes import alone

PAGE = 200
DAYS = 30
"""For so many days a pack's tasks are kept for its rater."""

_LOOKS = 20


class Teller(Protocol):
    """What may be told of a queue and its tasks to their rater: the server's allow-list."""

    def queue(self, driver: Driver) -> wire.Queue:
        """The queue with the rubrics that are in force, or were."""

    def tasks(self, driver: Driver, leased: Sequence[LeaseRecord]) -> tuple[list[wire.Rubric], list[wire.Task]]:
        """The tasks, and the rubrics that single ones have of their own."""

    def changes(self, driver: Driver) -> list[wire.Change]:
        """What has happened to tasks that the rater was given before."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A pack of tasks that was written: which, how many, until when they are the rater's, the key that signed, and
    why there are not as many as were wanted."""

    device: str
    tasks: int
    until: str
    key: str
    why: str = ""


def lend(
    store: Store,
    queue: QueueRecord,
    rater: tuple[str, str],
    path: Path,
    teller: Teller,
    *,
    wanted: int,
    days: int = DAYS,
    take_over: bool = False,
    certificate: Certificate | None = None,
    actor: str,
    progress: Progress = unheard,
) -> Lent:
    """Leases tasks of a queue to a rater (identifier and name), and writes them into a pack for their machine.

    `take_over` includes what other devices and earlier packs of the rater hold. Raises CheckFailed where there is
    nothing to lease, BadInput where the file cannot be written: then nothing stays leased.
    """
    if path.exists():
        raise BadInput(
            "it is there already.",
            where=str(path),
            mend=f"Name another file with -o: what is in this one stays {rater[1]}'s until its days are over.",
        )
    lender = _Lender(store, queue, rater[0], f"{leases.PACK}{secrets.token_hex(8)}", days, certificate)
    key = signing.key_of(store, "server")
    about = Header(
        kind="tasks",
        server=store.identity,
        queue=queue.id,
        queue_name=queue.name,
        rater=rater[0],
        rater_name=rater[1],
        device=lender.device,
        made_at=now(),
        program=__version__,
    )
    try:
        with writing(path, key, about) as writer:
            why = _write_tasks(writer, lender, teller, wanted, take_over, progress)
            if not lender.lent:
                raise CheckFailed(f"no pack was written for {rater[1]}: {why or 'none was asked for.'}")
            _write_known(writer, store, queue.id, rater[0], teller)
            writer.until = lender.until
            store.transact(lambda driver: _tell(driver, lender, about, actor))
    except BaseException:
        lender.take_back()
        raise
    return Lent(lender.device, lender.lent, lender.until, signing.public(key), why)


class _Lender:
    """Leases to one pack, page by page."""

    def __init__(
        self, store: Store, queue: QueueRecord, rater: str, device: str, days: int, certificate: Certificate | None
    ) -> None:
        self.store = store
        self.queue = queue
        self.rater = rater
        self.device = device
        self.lent = 0
        self._after = 0
        self._moment = now()
        self._seconds = days * 86400
        later = datetime.fromisoformat(self._moment) + timedelta(days=days)
        self.until = later.isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._certificate = certificate

    def next(self, most: int, *, take_over: bool) -> Granted:
        """The next page."""

        def job(driver: Connection) -> Granted:
            return leases.grant(
                driver,
                self.queue,
                self.rater,
                self.device,
                most,
                after=self._after,
                take_over=take_over,
                moment=self._moment,
                seconds=self._seconds,
                certificate=self._certificate,
            )

        try:
            granted = self.store.transact(job)
        except BaseException:
            leases.forget()
            raise
        if granted.leases:
            self._after = granted.leases[-1].number
            self.lent += len(granted.leases)
        return granted

    def take_back(self) -> None:
        """Gives all of it back."""
        self.store.transact(lambda driver: leases.give_back(driver, self.queue.id, self.rater, self.device, None))


def _write_tasks(
    writer: Writer, lender: _Lender, teller: Teller, wanted: int, take_over: bool, progress: Progress
) -> str:
    """Writes the queue and its tasks; returns why there are not as many as were wanted."""
    with lender.store.reading() as connection:
        told = teller.queue(connection)
    writer.put("queue", told)
    known = {rubric.id for rubric in told.rubrics}
    looks = 0
    while lender.lent < wanted:
        granted = lender.next(min(PAGE, wanted - lender.lent), take_over=take_over and not lender.lent)
        with lender.store.reading() as connection:
            own, tasks = teller.tasks(connection, granted.leases)
        for rubric in own:
            if rubric.id not in known:
                writer.put("rubric", rubric)
                known.add(rubric.id)
        for task in tasks:
            writer.put("task", task)
        progress(lender.lent, wanted)
        looks = 0 if granted.leases else looks + 1
        if granted.why is not None and (granted.why.code != "limit" or looks >= _LOOKS):
            return granted.why.what
    return ""


def _write_known(writer: Writer, store: Store, queue: str, rater: str, teller: Teller) -> None:
    """Tells what happened to earlier tasks, and which labels of the rater are here: the answer to those that came
    before, should none have gone back."""
    with store.reading() as connection:
        for change in teller.changes(connection):
            writer.put("change", change)
        for label, surplus in packs.has_arrived(connection, queue, rater):
            writer.put("answer", wire.Answer.model_construct(id=label, answer="known", surplus=surplus))


def _tell(driver: Driver, lender: _Lender, about: Header, actor: str) -> None:
    events.append(
        driver,
        stream=lender.store.device,
        actor=actor,
        action="pack.lent",
        subject=lender.device,
        content={"rater": lender.rater, "queue": lender.queue.id, "tasks": lender.lent, "until": lender.until},
        data={"rater": lender.rater, "queue": lender.queue.id, "tasks": lender.lent, "made_at": about.made_at},
    )


# -- the way back ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A pack of labels that was written: how many, those that no server takes and that stay, and the device's key."""

    labels: int
    unfit: int
    key: str


def hand_in(
    store: Store, remote: RemoteRecord, path: Path, *, queue: RemoteQueueRecord | None = None, refused_too: bool = False
) -> HandedIn | None:
    """Writes the labels that wait for a server, of all its queues or of one, with the events that vouch for them.

    They wait until an answer comes. Returns None, and writes nothing, where none waits. Raises BadInput where the file
    cannot be written.
    """
    with alone(store, remote.name):
        if refused_too:
            store.transact(lambda driver: remotes.try_again(driver, remote.name))
        with store.reading() as connection, at_one_moment(connection):
            now_ = remotes.find(connection, remote.name) or remote
            counts = remotes.counts(connection, remote.name)
            if not sum(waits for name, (waits, _) in counts.items() if queue is None or name == queue.name):
                return None
            key = signing.key_of(store, "device")
            about = Header(
                kind="labels",
                server=now_.server,
                queue=queue.their_queue if queue else "",
                queue_name=queue.name.partition("/")[2] if queue else "",
                rater=now_.rater,
                rater_name=now_.rater_name,
                device=store.device,
                stream=now_.stream,
                made_at=now(),
                program=__version__,
            )
            with writing(path, key, about) as writer:
                unfit = _write_labels(writer, connection, now_, queue)
            return HandedIn(writer.counts["label"], unfit, signing.public(key))


def _write_labels(writer: Writer, driver: Driver, remote: RemoteRecord, queue: RemoteQueueRecord | None) -> int:
    unfit = 0
    for name, row in packs.waiting(driver, remote):
        if name == "event":
            writer.put("event", wire.Event.model_validate(row))
        elif queue is None or row["queue"] == queue.queue:
            try:
                writer.put("label", wire.Label.model_validate(row))
            except ValidationError:
                unfit += 1
    return unfit
