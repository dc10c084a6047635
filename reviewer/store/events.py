"""The event log: append-only, one hash chain a writer, digests and never texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from reviewer.ids import canonical_json, digest, now
from reviewer.store import holding
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

GENESIS = "0" * 64
_ALL = 1 << 62
GOLDEN = frozenset({"golden.decided", "golden.imported", "golden.approved"})
"""The events that vouch for golden values: decisions, those that came with an import, consensus that was approved."""
RETIRED = "golden.retired"
"""The event that vouches for golden values that count no more."""

CANCELLED = "round.cancelled"
"""The event by which a calibration round ends before its reveal."""

RECEIVED = "labels.received"
"""The event by which a server vouches for labels that devices sent, as they stand with it."""

_BATCHES = frozenset({"labels.imported", RECEIVED})

_sql = statements("events")

# What a receiving machine adds to a label is no part of what its author said.
_NOT_SAID = frozenset({"received_at", "surplus"})


def append(
    driver: Driver,
    *,
    stream: str,
    actor: str,
    action: str,
    subject: str,
    content: Any,
    data: dict[str, Any],
    attested: str = "local",
) -> str:
    """Adds one event to `stream` and returns its hash. To be called inside the transaction of what it tells.

    `content` is what the event vouches for: only its digest is kept. `data` holds identifiers and counts. `attested` is
    "server" where a server has seen to it that `actor` is who they say.
    """
    holding.stream(driver, stream)
    last = _sql.head.first(driver, stream=stream)
    seq, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
    event = {
        "stream": stream,
        "seq": seq,
        "at": now(),
        "actor": actor,
        "attested": attested,
        "action": action,
        "subject": subject,
        "digest": content if isinstance(content, str) else digest(content),
        "data": canonical_json(data).decode(),
        "previous_hash": previous,
    }
    event["hash"] = digest(event)
    _sql.insert_event.run(driver, **event)
    return str(event["hash"])


def label_digest(row: dict[str, Any]) -> str:
    """The digest of a label as its author committed it, over the columns' stored values."""
    return digest({name: _plain(value) for name, value in row.items() if name not in _NOT_SAID})


def device_digests(row: dict[str, Any], lease: str) -> frozenset[str]:
    """What a device's event may vouch for a label that stands here as `row`: there a lease is all that a task is known
    by, and of what others' judgment the rater was shown here it knew nothing."""
    there = row | {"task": lease}
    return frozenset(label_digest(there | {"exposure": exposure}) for exposure in {row["exposure"], "none"})


def lease_of(driver: Driver, row: dict[str, Any]) -> str | None:
    """The lease by which a device knew the task of a label; None where it was never leased."""
    found = _sql.lease_of.first(driver, task=row["task"], rater=row["rater"])
    return str(found[0]) if found else None


def label_columns() -> list[str]:
    """The columns of a label, in their order."""
    return _columns("label")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the log, or what it vouches for, does not hold."""

    stream: str
    seq: int
    what: str


@dataclass(slots=True)
class Verification:
    """What `verify` saw: how many events and labels, in which streams with which heads, and every fault."""

    events: int
    labels: int
    heads: dict[str, str]
    faults: list[Fault]

    def to_json(self) -> dict[str, Any]:
        return {
            "events": self.events,
            "labels": self.labels,
            "heads": self.heads,
            "faults": [asdict(f) for f in self.faults],
        }


def verify(connection: Driver) -> Verification:
    """Follows every chain from its first event and holds every label against the event that vouches for it.

    What a device told of its labels stands in streams of its own; here a batch's event of this store vouches for them.
    What a chain cannot show is that its last events were cut off together with what they tell; keep a head that
    `reviewer audit verify` printed, or a backup, to hold against that.
    """
    seen = Verification(0, 0, {}, [])
    vouched = certified = noted = 0
    from reviewer.store import people as persons

    golden, cancelled, people = _Golden(), set[str](), persons.People()
    names = _columns("label")
    device, disputed = _sql.device.first(connection), set[str]()
    disagreeing: list[tuple[str, Fault]] = []
    stream, previous, expected = "", GENESIS, 1
    is_followed = False
    for event in _events(connection):
        if event["stream"] != stream:
            stream, previous, expected = event["stream"], GENESIS, 1
            is_followed = device is not None and stream.partition("/")[0] != device[0]
        fault = _link_fault(event, previous, expected)
        action = event["action"]
        if is_followed:
            action = ""  # what a device tells vouches for nothing here
            if not fault and not _agrees(connection, event, names):
                told = Fault(stream, event["seq"], f"the label {event['subject']} is not what its device committed")
                disagreeing.append((event["subject"], told))
        if action.startswith("label."):
            vouched += 1
        if not fault and action.startswith("label."):
            row = _sql.label.first(connection, label=event["subject"])
            if row is None:
                fault = f"the label {event['subject']} is gone"
            elif label_digest(dict(zip(names, row, strict=True))) != event["digest"]:
                fault = f"the label {event['subject']} is not what was committed"
        if not fault and action in _BATCHES:
            count, fault = _import_fault(connection, event, names)
            vouched += count
            disputed.update(event_data(event).get("disputed", ()))
        if not fault and action in (*GOLDEN, RETIRED):
            golden.learn(event)
            fault = _golden_fault(connection, event)
        if not fault and action in persons.ACTIONS:
            people.learn(event)
        if action == CANCELLED:
            cancelled.add(event["subject"])
        if not fault and action in ("round.started", "round.noted"):
            noted += action == "round.noted"
            fault = _round_fault(connection, event)
        if not fault and action == "certificate.issued":
            certified += 1
            fault = _certificate_fault(connection, event)
        if fault:
            seen.faults.append(Fault(stream, event["seq"], fault))
        seq = event["seq"]
        previous, expected = event["hash"], (seq if isinstance(seq, int) else expected) + 1
        seen.events += 1
        seen.heads[stream] = event["hash"]
    seen.faults += [fault for label, fault in disagreeing if label not in disputed]
    seen.labels = _sql.count_labels.first(connection)[0]
    if seen.labels > vouched:
        seen.faults.append(Fault("", 0, f"{seen.labels - vouched} labels stand in the store that no event tells of"))
    if (more := _sql.count_golden.first(connection)[0] - len(golden.filed)) > 0:
        seen.faults.append(Fault("", 0, f"{more} golden values stand in the store that no event tells of"))
    if (more := len(golden.silenced(connection))) > 0:
        seen.faults.append(Fault("", 0, f"{more} golden values count no more, and no event tells of it"))
    if (more := _sql.count_notes.first(connection)[0] - noted) > 0:
        seen.faults.append(Fault("", 0, f"{more} notes stand in the store that no event tells of"))
    seen.faults += [Fault("", 0, what) for what in people.faults(connection)]
    for name, is_told in _cancelled(connection, cancelled):
        what = (
            "is not cancelled, and an event says that it was" if is_told else "is cancelled, and no event tells of it"
        )
        seen.faults.append(Fault("", 0, f"the calibration round '{name}' {what}"))
    if (more := _sql.count_certificates.first(connection)[0] - certified) > 0:
        seen.faults.append(Fault("", 0, f"{more} certificates stand in the store that no event tells of"))
    return seen


def _cancelled(connection: Driver, told: set[str]) -> Iterator[tuple[str, bool]]:
    """The rounds of which the events say otherwise than the store whether they were cancelled."""
    for queue, name, state in _sql.rounds.rows(connection):
        if (state == "cancelled") != (queue in told):
            yield name, queue in told


class _Golden:
    """What the events say of golden values: which were `filed`, `retired`, and are `held` in use but for such an
    event. Before these events were written, what was retired was told by none."""

    def __init__(self) -> None:
        self.filed: set[str] = set()
        self.held: set[str] = set()
        self.retired: set[str] = set()

    def learn(self, event: dict[str, Any]) -> None:
        data = event_data(event)
        if event["action"] == RETIRED:
            self.retired.update(data["golden"])
            return
        self.filed.update(data["golden"])
        if "retired" in data:
            self.held.update(data["golden"])

    def silenced(self, connection: Driver) -> set[str]:
        """Those that count no more without any event."""
        found = {identifier for (identifier,) in _sql.retired_golden.rows(connection)}
        return (found & self.held) - self.retired


def imported_digest(digests: list[str]) -> str:
    """What the event of an import vouches for: all its labels, whatever their order."""
    return digest(sorted(digests))


def _import_fault(connection: Driver, event: dict[str, Any], names: list[str]) -> tuple[int, str]:
    found = [
        label_digest(dict(zip(names, row, strict=True)))
        for row in _sql.labels_of_import.rows(connection, batch=event["subject"])
    ]
    if imported_digest(found) == event["digest"]:
        return len(found), ""
    if event["action"] == RECEIVED:
        return len(found), f"the labels of the batch {event['subject']} are not what was received"
    return len(found), f"the labels of the import {event['subject']} are not what was imported"


def _agrees(connection: Driver, event: dict[str, Any], names: list[str]) -> bool:
    """Whether what a device told of a label is what stands here. It may tell of one that was not taken."""
    row = _sql.label.first(connection, label=event["subject"])
    label = dict(zip(names, row, strict=True)) if row else {}
    if not label or label["rater"] != event["actor"]:
        return True
    lease = lease_of(connection, label)
    return lease is not None and event["digest"] in device_digests(label, lease)


def _golden_fault(connection: Driver, event: dict[str, Any]) -> str:
    from reviewer.store.golden import decided_digest, retired_digest

    retired = event["action"] == RETIRED
    found = (retired_digest if retired else decided_digest)(connection, event_data(event)["golden"])
    told = "out of use as was told" if retired else "what was decided"
    return "" if found == event["digest"] else f"the golden values of {event['subject']} are not {told}"


def _round_fault(connection: Driver, event: dict[str, Any]) -> str:
    from reviewer.store.rounds import note_digest, started_digest

    data = event_data(event)
    if event["action"] == "round.noted":
        same = note_digest(connection, data["note"]) == event["digest"]
        return "" if same else f"the note {data['note']} is not what was noted"
    # Of rounds that were started before events said this, nothing that is stored can be held against the event.
    if data.get("vouches") != "round" or started_digest(connection, data["round"]) == event["digest"]:
        return ""
    return f"the round {data['round']} is not what was started"


def _certificate_fault(connection: Driver, event: dict[str, Any]) -> str:
    from reviewer.store.rounds import certificate_digest

    same = certificate_digest(connection, event["subject"]) == event["digest"]
    return "" if same else f"the certificate {event['subject']} is not what was issued"


def events(connection: Driver, *, subject: str | None = None, last: int | None = None) -> Iterator[dict[str, Any]]:
    """Events in the order of their time; of one subject, or the last so many, on request."""
    parameters = {"of_subject": subject} if subject is not None else {}
    latest = _sql.events_of_subject if subject is not None else _sql.latest_events
    newest_first = latest.rows(connection, most=_ALL if last is None else last, **parameters)
    names = _columns("event")
    for row in reversed(list(newest_first)):
        yield dict(zip(names, row, strict=True))


def _events(connection: Driver) -> Iterator[dict[str, Any]]:
    names = _columns("event")
    for row in _sql.all_events.rows(connection):
        yield dict(zip(names, row, strict=True))


def _columns(table: str) -> list[str]:
    from reviewer.store import tables

    return tables.columns(tables.Label if table == "label" else tables.Event)


def _link_fault(event: dict[str, Any], previous: str, expected: int) -> str:
    if event["seq"] != expected:
        return f"event {expected} is missing"
    if event["previous_hash"] != previous:
        return "it does not follow from the event before it"
    if digest({name: value for name, value in event.items() if name != "hash"}) != event["hash"]:
        return "it was changed after it was written"
    return ""


def event_data(event: dict[str, Any]) -> dict[str, Any]:
    """The identifiers and counts of an event."""
    data: dict[str, Any] = orjson.loads(event["data"])
    return data
