"""Following a device's own event stream: every link and every label's digest, as it arrives.

What is kept of a stream is always an unbroken chain from its first event, which tells of no label other than it is
here. What does not follow is told to the device, which then begins another stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.store import events, holding
from reviewer.store.admission import is_moment, is_plain
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("receiving")
_COLUMNS = (
    "stream",
    "seq",
    "at",
    "actor",
    "attested",
    "action",
    "subject",
    "digest",
    "data",
    "previous_hash",
    "hash",
)
_ACTION = re.compile(r"label\.[a-z_]{1,40}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST_DATA = 10_000


@dataclass(frozen=True, slots=True)
class Head:
    """How far a device's stream was followed; `fault` says why it is followed no further."""

    stream: str
    seq: int
    hash: str
    fault: str


@dataclass(frozen=True, slots=True)
class Device:
    """Who speaks: a device, and the rater who works at it."""

    id: str
    rater: str

    def owns(self, stream: str, *, server_stream: str) -> bool:
        """Whether the stream can be one of this device's, and none of the server's own."""
        return is_plain(stream) and stream.startswith(f"{self.id}/") and self.id != server_stream.partition("/")[0]


def follow(
    driver: Driver,
    device: Device,
    stream: str,
    sent: Sequence[dict[str, Any]],
    *,
    said: Mapping[str, str],
    server_stream: str,
) -> tuple[Head, dict[str, str]]:
    """Keeps the events that follow on what is kept of the stream. `said` has the digests of labels that came with them.

    Returns how far it was followed, and the digest of each label that what is new tells of. To be called in the
    transaction of these labels, after they were written.
    """
    if not device.owns(stream, server_stream=server_stream):
        return Head(stream, 0, events.GENESIS, "the stream is none of the device's own."), {}
    holding.stream(driver, stream)
    last = _sql.followed.first(driver, stream=stream)
    if last is not None and last[2] != device.rater:
        return Head(stream, 0, events.GENESIS, "the stream is another rater's."), {}
    seq, head = (int(last[0]), str(last[1])) if last else (0, events.GENESIS)
    known = [event for event in sent if event["seq"] <= seq]
    fault = _fork(driver, stream, known)
    new: list[dict[str, Any]] = []
    if not fault:
        told = _Told(driver, device, said)
        given = sorted((event for event in sent if event["seq"] > seq), key=lambda event: int(event["seq"]))
        told.look_up(event["subject"] for event in given)
        for event in given:
            if event["seq"] == seq and event["hash"] == head:
                continue
            fault = _link_fault(event, stream, seq + 1, head, device) or told.fault(event)
            if fault:
                fault = f"event {event['seq']}: {fault}"
                break
            seq, head = event["seq"], event["hash"]
            new.append({name: event[name] for name in _COLUMNS})
    if new:
        _sql.insert_event.run_all(driver, new)
    return Head(stream, seq, head, fault), {event["subject"]: event["digest"] for event in new}


def note_fault(driver: Driver, device: Device, head: Head, *, server_stream: str) -> None:
    """Records a fault of a stream, once for as long as it stays the same. To be called in the same transaction."""
    stream = f"{server_stream}/faults"
    last = _sql.last_fault.first(driver, stream=stream, of_stream=head.stream)
    if last is not None and orjson.loads(last[0])["fault"] == head.fault:
        return
    events.append(
        driver,
        stream=stream,
        actor=device.rater,
        action="stream.fault",
        subject=head.stream,
        content={"seq": head.seq, "hash": head.hash},
        data={"device": device.id, "seq": head.seq, "fault": head.fault},
        attested="server",
    )


def vouched(driver: Driver, device: Device, labels: Iterable[str]) -> dict[str, str]:
    """What the kept streams of the device say of these labels: the digest of each that they tell of."""
    if not (wanted := sorted(labels)):
        return {}
    low, high = f"{device.id}/", f"{device.id}0"  # the sign after the slash
    rows = _sql.told.rows(driver, low=low, high=high, rater=device.rater, wanted=orjson.dumps(wanted).decode())
    return {str(label): str(content) for label, content in rows}


class _Told:
    """Labels as events tell of them, against those that stand here or came along."""

    def __init__(self, driver: Driver, device: Device, said: Mapping[str, str]) -> None:
        self._driver = driver
        self._device = device
        self._said = said
        self._here: dict[str, frozenset[str]] = {}

    def look_up(self, subjects: Iterable[str]) -> None:
        wanted = sorted({subject for subject in subjects if subject not in self._said and is_plain(subject)})
        if wanted:
            names = events.label_columns()
            for row in list(_sql.labels.rows(self._driver, wanted=orjson.dumps(wanted).decode())):
                label = dict(zip(names, row, strict=True))
                if label["rater"] == self._device.rater:
                    lease = events.lease_of(self._driver, label)
                    self._here[label["id"]] = events.device_digests(label, lease) if lease else frozenset()

    def fault(self, event: Mapping[str, Any]) -> str:
        subject = event["subject"]
        known = {self._said[subject]} if subject in self._said else self._here.get(subject)
        return "" if known is None or event["digest"] in known else f"the label {subject} is not what it vouches for."


def _fork(driver: Driver, stream: str, known: Sequence[dict[str, Any]]) -> str:
    """What is wrong with events that were sent before: nothing, where they are the same again."""
    if not known:
        return ""
    low, high = min(event["seq"] for event in known), max(event["seq"] for event in known)
    hashes = dict(_sql.hashes.rows(driver, stream=stream, low=low, high=high))
    changed = next((event["seq"] for event in known if hashes.get(event["seq"]) != event["hash"]), None)
    return "" if changed is None else f"event {changed}: another one is known by this number."


def _link_fault(event: Mapping[str, Any], stream: str, expected: int, previous: str, device: Device) -> str:
    if event["seq"] != expected:
        return f"event {expected} is missing." if event["seq"] > expected else "another one has this number."
    if event["stream"] != stream:
        return "it is one of another stream."
    if event["actor"] != device.rater:
        return "it tells of what another rater did."
    if event["attested"] != "local":
        return "a device attests for itself alone."
    if not _ACTION.fullmatch(event["action"]) or not is_plain(event["subject"]):
        return "a device tells of labels alone."
    if not is_moment(event["at"]) or not _is_data(event["data"]):
        return "it is malformed."
    if not _HASH.fullmatch(event["digest"]):
        return "it is malformed."
    if event["previous_hash"] != previous:
        return "it does not follow from the event before it."
    if digest({name: event[name] for name in _COLUMNS if name != "hash"}) != event["hash"]:
        return "it was changed after it was written."
    return ""


def _is_data(text: str) -> bool:
    if len(text) > _MOST_DATA or "\0" in text:
        return False
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False
