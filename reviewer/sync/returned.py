"""The way back of packs: a rater's labels at the server, and its answers on the rater's machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer import __version__
from reviewer.ids import now
from reviewer.store import accounts, packs, receiving, remotes
from reviewer.store.connection import Store
from reviewer.store.prepared import Connection, Driver
from reviewer.store.receiving import Received
from reviewer.store.remotes import RemoteRecord, Told
from reviewer.sync import signing, wire
from reviewer.sync.client import Progress, unheard
from reviewer.sync.packs import Header, Pack, Writer, writing
from reviewer.sync.remotes import alone
from reviewer.sync.unpacking import NOT_READ, PAGE, UPDATE, read, refuse_strangers, told
from reviewer.text.sanitise import visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_EVENTS = 1000
_LABELS: dict[str, type[wire.Message]] = {"event": wire.Event, "label": wire.Label}
_ANSWERS: dict[str, type[wire.Message]] = {"answer": wire.Answer, "head": wire.StreamHead}

# -- labels, at the server ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Arrived:
    """What came of a pack of labels. `pinned` is the device's key where it was not known before, `refused` the labels
    that were not taken with the reasons, `fault` why the device's events are followed no further."""

    rater: str
    accepted: int = 0
    known: int = 0
    surplus: int = 0
    conflicts: int = 0
    refused: list[Told] = field(default_factory=list)
    fault: str = ""
    pinned: str = ""


def take_labels(
    store: Store,
    pack: Pack,
    *,
    actor: str,
    trust: bool = False,
    answers: Path | None = None,
    progress: Progress = unheard,
) -> Arrived:
    """Takes the labels of a rater, each as the server takes one over the network, and writes what became of them into
    a pack at `answers`. A device is known by its key from the first of its labels on; `trust` lets it have another.

    Raises BadInput where the pack is for another server, of nobody known, or signed by somebody else.
    """
    header = pack.header
    if header.server != store.identity:
        raise pack.refusal(
            "the pack holds labels for another server than this store is.",
            "Import it there; --home or --database names the store.",
        )
    device, stream = header.device, header.stream
    if not _is_device(device, store) or not stream.startswith(f"{device}/") or not stream.isprintable():
        raise pack.refusal(f"{NOT_READ}: it does not say of which device it is.", UPDATE)
    with store.reading() as connection:
        account = next((one for one in accounts.every(connection) if one.rater == header.rater), None)
        pinned = packs.key_of(connection, device, header.rater)
    if account is None:
        raise pack.refusal(
            f"nobody here is {visible(header.rater_name)} as the pack knows them.", "`reviewer user list` lists who is."
        )
    if pinned not in (None, header.key) and not trust:
        raise pack.refusal(
            f"the pack is signed by another key ({header.key}) than {account.name}'s device had before ({pinned}).",
            f"Ask {account.name}: if their home was made anew, --trust-key takes the new key.",
        )
    for _ in read(pack, _LABELS):
        """Every line is read before the first is taken."""
    arrived = Arrived(account.name)
    with ExitStack() as stack:
        writer = stack.enter_context(writing(answers, *_answering(store, header))) if answers else None
        _take(store, pack, arrived, writer, actor, None if pinned == header.key else header.key, progress)
    return arrived


def _take(
    store: Store, pack: Pack, arrived: Arrived, writer: Writer | None, actor: str, key: str | None, progress: Progress
) -> None:
    header, head = pack.header, None
    done, total = 0, pack.header.counts.get("label", 0)
    for events, labels in _batches(pack):

        def job(
            driver: Connection,
            events: list[dict[str, Any]] = events,
            labels: list[dict[str, Any]] = labels,
            key: str | None = key,
        ) -> tuple[Received, bool]:
            received = receiving.receive(
                driver,
                rater=header.rater,
                device=header.device,
                stream=header.stream,
                events=events,
                labels=labels,
                server_stream=store.device,
            )
            # A lease's identifier is known to nobody but whom the pack was made for.
            proven = key is not None and any(one.answer != "refused" for one in received.answers)
            if proven and key is not None:
                packs.pin_key(driver, header.device, header.rater, key, stream=store.device, actor=actor)
            return received, proven

        received, proven = store.transact(job)
        if proven and key is not None:
            arrived.pinned, key = key, None
        for one in received.answers:
            _count(arrived, one)
            if writer is not None:
                writer.put("answer", _answer(one))
        head = received.head
        done += len(labels)
        progress(done, total)
        arrived.fault = arrived.fault or visible(head.fault)
    if head is not None and writer is not None:
        reached = wire.StreamHead(stream=head.stream, seq=head.seq, hash=head.hash, fault=arrived.fault)
        writer.put("head", reached)


def _batches(pack: Pack) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Events and labels as they came, as many at once as a device sends over the network."""
    events: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for name, message in read(pack, _LABELS):
        # A label stands behind the event that vouches for it: a batch begins with an event, or has none.
        if len(labels) >= PAGE or (len(events) >= _EVENTS and name == "event"):
            yield events, labels
            events, labels = [], []
        (events if name == "event" else labels).append(message.model_dump())
    if events or labels:
        yield events, labels


def _answering(store: Store, header: Header) -> tuple[Ed25519PrivateKey, Header]:
    about = Header(
        kind="answers",
        server=store.identity,
        queue=header.queue,
        queue_name=header.queue_name,
        rater=header.rater,
        rater_name=header.rater_name,
        device=header.device,
        stream=header.stream,
        made_at=now(),
        program=__version__,
    )
    return signing.key_of(store, "server"), about


def _answer(one: receiving.Answered) -> wire.Answer:
    return wire.Answer(
        id=one.id, answer=one.answer, surplus=one.surplus, conflict=one.conflict, reason=one.reason, mend=one.mend
    )


def _count(arrived: Arrived, one: receiving.Answered) -> None:
    if one.answer == "refused":
        arrived.refused.append(Told(one.id, one.answer, reason=visible(f"{one.reason} {one.mend}".strip())))
        return
    arrived.accepted += one.answer == "accepted"
    arrived.known += one.answer == "known"
    arrived.surplus += one.surplus
    arrived.conflicts += bool(one.conflict)


def _is_device(device: str, store: Store) -> bool:
    return device.isascii() and device.isprintable() and "/" not in device and device != store.device


# -- answers, on the rater's machine -----------------------------------------------------------------------


@dataclass(slots=True)
class Answered:
    """What came of a pack of answers: labels that are known to have arrived, that were not taken, or that were
    answered before; and why the server follows the events of this device no further."""

    remote: str
    sent: int = 0
    refused: int = 0
    before: int = 0
    fault: str = ""


def take_answers(store: Store, pack: Pack) -> Answered:
    """Keeps what became of the labels that were handed in.

    Raises BadInput where the answers are for another device, or not signed by the server.
    """
    header = pack.header
    with store.reading() as connection:
        record = next((one for one in remotes.every(connection) if one.server == header.server), None)
    if record is None:
        raise pack.refusal("the pack holds answers of a server that this device does not work for.")
    if header.device != store.device or header.rater != record.rater:
        raise pack.refusal(
            f"the pack holds answers for another machine or rater ({header.rater_name}).", "Import it there."
        )
    refuse_strangers(pack, record.server_key, None, trust=False)
    for _ in read(pack, _ANSWERS):
        """Every line is read before the first is kept."""
    answered = Answered(record.name)
    with alone(store, record.name):
        lines = read(pack, _ANSWERS)
        while some := list(islice(lines, _EVENTS)):
            heads = [message for name, message in some if name == "head"]
            said = [told(message) for name, message in some if name == "answer"]
            news = store.transact(_keeping(store, record, said, heads))
            answered.sent += sum(one.answer != "refused" for one in news)
            answered.refused += sum(one.answer == "refused" for one in news)
            answered.before += len(said) - len(news)
            answered.fault = next((visible(head.fault) for head in heads if head.fault), answered.fault)
    return answered


def _keeping(
    store: Store, record: RemoteRecord, said: list[Told], heads: list[wire.StreamHead]
) -> Callable[[Driver], list[Told]]:
    def job(driver: Driver) -> list[Told]:
        news = packs.record(driver, record, said)
        remote = remotes.find(driver, record.name) or record
        for head in heads:
            if head.stream != remote.stream:
                continue  # of a stream that was left since
            last = remotes.last_event(driver, remote.stream)
            if last and (head.fault or head.seq > last):
                remotes.begin_stream(driver, remote, store.device)
            elif head.seq > remote.stream_sent:
                remotes.followed(driver, remote, head.seq)
        remotes.note_synced(driver, remote.name)
        return news

    return job
