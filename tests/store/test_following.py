"""A server follows the chain of each device, and what it keeps of it and of the labels can be verified."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.ids import digest, new_id
from reviewer.store import events, golden
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.leases import LeaseRecord
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import Event, Label, columns
from tests.store.devices import Device, cell, holds, log, rows, write
from tests.store.filling import fill, fresh, rate, sit
from tests.store.test_events import UNSAID, changes, faults, loaded

both = pytest.mark.both_databases


@pytest.fixture
def ana(store: Store) -> Device:
    return Device(store)


def working(store: Store, device: Device, wanted: int) -> tuple[QueueRecord, list[LeaseRecord]]:
    queue = fill(store, items=wanted)
    return queue, device.lease(queue, wanted)


def stream(store: Store, of: str) -> list[int]:
    """The numbers of the events that are kept of a stream."""
    return [seq for (seq,) in rows(store, "SELECT seq FROM event WHERE stream = ? ORDER BY seq", of)]


def resealed(event: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An event that says something else, with a hash that fits."""
    event = {**event, **changed}
    return event | {"hash": digest({name: value for name, value in event.items() if name != "hash"})}


@both
def test_a_chain_is_kept_as_the_device_wrote_it(store: Store, ana: Device) -> None:
    _, leased = working(store, ana, 3)
    said = [ana.label(lease) for lease in leased]
    told = [ana.event(label, data='{"queue":"q","revision":1}') for label in said]
    ana.push(said[:2], told[:2])
    ana.push(said[2:], told[2:])
    with store.reading() as connection:
        there = [event for event in events.events(connection) if event["stream"] == ana.stream]
        seen = events.verify(connection)
    assert there == told
    assert seen.heads[ana.stream] == told[-1]["hash"]
    assert seen.labels == 3
    assert holds(store)


@both
def test_what_was_sent_before_is_passed_over(store: Store, ana: Device) -> None:
    _, leased = working(store, ana, 3)
    said = [ana.label(lease) for lease in leased]
    told = [ana.event(label) for label in said]
    ana.push(said[:2], told[:2])
    received = ana.push(said, told)
    assert (received.head.seq, received.head.hash, received.head.fault) == (3, told[-1]["hash"], "")
    assert ana.push([], []).head == received.head
    assert ana.push(said, told[::-1]).head == received.head
    assert stream(store, ana.stream) == [1, 2, 3]
    assert log(store, "stream.fault") == []
    assert holds(store)


@both
def test_events_may_come_before_their_labels_and_labels_after(store: Store, ana: Device) -> None:
    _, leased = working(store, ana, 2)
    said = [ana.label(lease) for lease in leased]
    told = [ana.event(label) for label in said]
    assert ana.push([], told).head.seq == 2
    assert holds(store)
    for label in said:
        assert ana.push([label], []).head.fault == ""
    assert [entry.get("unvouched") for entry in log(store, "labels.received")] == [None, None]
    assert holds(store)


SPOILT: list[tuple[Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    (lambda event: resealed(event, seq=event["seq"] + 1), "is missing"),
    (lambda event: resealed(event, seq=2**40), "is missing"),
    (lambda event: event | {"at": "2020-01-01T00:00:00.000000Z"}, "changed after it was written"),
    (lambda event: event | {"hash": "0" * 64}, "changed after it was written"),
    (lambda event: resealed(event, previous_hash="1" * 64), "does not follow"),
    (lambda event: resealed(event, stream="another"), "another stream"),
    (lambda event: resealed(event, actor="another"), "another rater did"),
    (lambda event: resealed(event, attested="server"), "attests for itself"),
    (lambda event: resealed(event, action="round.revealed"), "tells of labels alone"),
    (lambda event: resealed(event, action="golden.decided", data='{"golden":["x"]}'), "tells of labels alone"),
    (lambda event: resealed(event, action="labels.received"), "tells of labels alone"),
    (lambda event: resealed(event, subject="a\0b"), "tells of labels alone"),
    (lambda event: resealed(event, at="9"), "malformed"),
    (lambda event: resealed(event, data="["), "malformed"),
    (lambda event: resealed(event, data="[]"), "malformed"),
    (lambda event: resealed(event, data='{"a":"' + "x" * 20_000 + '"}'), "malformed"),
    (lambda event: resealed(event, digest="x"), "malformed"),
    (lambda event: resealed(event, digest="0" * 64), "not what it vouches for"),
]


@both
@pytest.mark.parametrize(("spoil", "fault"), SPOILT, ids=[fault.replace(" ", "-") for _, fault in SPOILT])
def test_a_fault_refuses_no_label_and_is_told_and_recorded_once(
    store: Store, ana: Device, spoil: Callable[[dict[str, Any]], dict[str, Any]], fault: str
) -> None:
    _, leased = working(store, ana, 4)
    said = [ana.label(lease) for lease in leased]
    told = [ana.event(label) for label in said]
    broken = spoil(told[2])
    for _ in range(2):
        received = ana.push(said, [*told[:2], broken, told[3]])
        assert [answer.answer for answer in received.answers] in (["accepted"] * 4, ["known"] * 4)
        assert received.head.seq == 2
        assert fault in received.head.fault
        assert received.head.hash == told[1]["hash"]
    assert stream(store, ana.stream) == [1, 2]
    (recorded,) = log(store, "stream.fault")
    assert (recorded["device"], recorded["seq"], recorded["fault"]) == (ana.id, 2, received.head.fault)
    assert [entry.get("unvouched") for entry in log(store, "labels.received")] == [2]
    assert holds(store)
    assert ana.push([], told).head == ana.push([], []).head  # what was missing may come yet
    assert stream(store, ana.stream) == [1, 2, 3, 4]
    assert holds(store)


@both
def test_a_fork_is_found_and_the_first_branch_stays(store: Store, ana: Device) -> None:
    _, leased = working(store, ana, 3)
    said = [ana.label(lease) for lease in leased]
    ana.push(said[:2], [ana.event(label) for label in said[:2]])
    copy = Device(store, "ana", ana.id, ana.word)  # restored from a copy of its first moment
    forked = [copy.event(label, data='{"again":1}') for label in said]
    received = copy.push(said, forked)
    assert [answer.answer for answer in received.answers] == ["known", "known", "accepted"]
    assert received.head.fault == "event 1: another one is known by this number."
    assert (received.head.seq, received.head.hash) == (2, ana.head)
    copy.begin_stream()
    change = copy.change(said[0], values='{"score":1}')
    copy.accepted(change)
    assert stream(store, copy.stream) == [1]
    assert holds(store)


@both
def test_a_label_that_is_not_what_its_event_vouched_for_is_told(store: Store, ana: Device) -> None:
    """The event came first, and the label is another one then: it is taken, and the doubt is on record."""
    _, (lease, *_) = working(store, ana, 2)
    said = ana.label(lease)
    ana.push([], [ana.event(said)])
    received = ana.push([said | {"values": '{"score":5}'}], [])
    assert [answer.answer for answer in received.answers] == ["accepted"]
    assert "is not what the stream vouches for" in received.head.fault
    assert [entry["disputed"] for entry in log(store, "labels.received")] == [[said["id"]]]
    assert len(log(store, "stream.fault")) == 1
    assert holds(store)


@both
def test_a_label_without_an_event_is_told(store: Store, ana: Device) -> None:
    _, (one, two, three) = working(store, ana, 3)
    said = [ana.label(one), ana.label(two)]
    received = ana.push(said, [])
    assert [answer.answer for answer in received.answers] == ["accepted", "accepted"]
    assert received.head.fault == f"no event vouches for the label {said[0]['id']} and 1 more."
    assert (received.head.seq, received.head.hash) == (0, events.GENESIS)
    ana.accepted(ana.label(three))
    assert holds(store)


@both
def test_nobody_writes_in_anothers_stream(store: Store, ana: Device) -> None:
    queue, (lease, *_) = working(store, ana, 2)
    ana.accepted(ana.label(lease))
    ben = Device(store, "ben", ana.id, ana.word, ana.seq, ana.head)
    (his, *_) = ben.lease(queue)
    said = ben.label(his)
    received = ben.push([said], [ben.event(said)])
    assert [answer.answer for answer in received.answers] == ["accepted"]
    assert (received.head.seq, received.head.hash) == (0, events.GENESIS)
    assert received.head.fault == "the stream is another rater's."
    assert stream(store, ana.stream) == [1]
    assert holds(store)


@both
@pytest.mark.parametrize("name", ["server", "server/faults", "elsewhere", "elsewhere/a", "", "\0", "é/a", "x" * 200])
def test_a_stream_that_is_not_the_devices_own_is_not_followed(store: Store, ana: Device, name: str) -> None:
    _, (lease, *_) = working(store, ana, 1)
    said = ana.label(lease)
    before = cell(store, "SELECT count(*) FROM event")
    named = name.replace("server", store.device)
    device = store.device if "server" in name else ana.id
    told = resealed(ana.event(said), stream=named)
    received = ana.push([said], [told], stream=named, device=device)
    assert [answer.answer for answer in received.answers] == ["accepted"]
    assert received.head.fault == "the stream is none of the device's own."
    assert cell(store, "SELECT count(*) FROM event") == before + 1
    assert holds(store)


@both
def test_an_event_of_a_label_that_stands_already_must_fit_it(store: Store, ana: Device) -> None:
    _, (one, *_) = working(store, ana, 2)
    other = Device(store)
    said = other.label(one)
    other.accepted(said)
    ana.push([], [ana.event(said)])
    assert stream(store, ana.stream) == [1]
    received = ana.push([], [ana.event(said | {"values": '{"score":5}'})])
    assert received.head.fault == f"event 2: the label {said['id']} is not what it vouches for."
    assert stream(store, ana.stream) == [1]
    ben = Device(store, "ben")  # of another's labels he may say what he likes: it vouches for nothing
    assert ben.push([], [ben.event(said | {"rater": ben.rater})]).head.fault == ""
    assert holds(store)


@both
def test_what_was_refused_may_be_told_of_and_come_later(store: Store, ana: Device) -> None:
    _, (lease, *_) = working(store, ana, 2)
    said = ana.label(lease)
    received = ana.push([said], [ana.event(said)], queues=frozenset())
    assert [answer.answer for answer in received.answers] == ["refused"]
    assert received.head.seq == 1
    assert holds(store)
    received = ana.push([said], [])
    assert ([answer.answer for answer in received.answers], received.head.fault) == (["accepted"], "")
    assert holds(store)


# -- verifying -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's store: labels of two devices and of a sitting at the server, one after others' judgment was shown."""
    store = fresh(tmp_path_factory.mktemp("told") / "home")
    ana, ben = Device(store), Device(store, "ben")
    queue, leased = working(store, ana, 4)
    said = [ana.label(lease) for lease in leased]
    with store.writing() as connection:
        golden.expose(connection, leased[0].rater, leased[0].task, exposure="peers", queue=queue.id)
    ana.accepted(*said[:2])
    ana.accepted(*said[2:], ana.change(said[3], values='{"score":1}'))
    ben.accepted(*(ben.label(lease) for lease in ben.lease(queue, 2)))
    sitting = sit(store, "eve")
    rate(sitting, 1, 2)
    assert sitting.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.path


def test_the_audit_and_doctor_hold(told: Path) -> None:
    store = Store.open(told)
    assert [finding for finding in examine(store) if finding.status == "fail"] == []
    with closing(loaded(told)) as copy:
        seen = events.verify(copy)
        assert seen.faults == []
        assert (seen.labels, len(seen.heads)) == (9, 5)
        assert copy.execute("SELECT exposure FROM label WHERE exposure <> 'none'").fetchall() == [("peers",)]


@settings(max_examples=200, deadline=None)
@given(
    data=st.data(),
    column=st.sampled_from([name for name in columns(Label) if name not in UNSAID]),
    value=st.integers(0, 10**6) | st.text(max_size=10) | st.none(),
)
def test_any_change_to_any_received_label_is_found(told: Path, data: st.DataObject, column: str, value: Any) -> None:
    with closing(loaded(told)) as copy:
        keys = copy.execute("SELECT label FROM imported_label ORDER BY label").fetchall()
        changed = changes(copy, "label", column, data.draw(st.sampled_from(keys)), value)
        assert bool(faults(copy)) == changed


@settings(max_examples=150, deadline=None)
@given(
    data=st.data(),
    column=st.sampled_from(columns(Event)),
    value=st.integers(0, 10**6) | st.text(max_size=10) | st.none(),
)
def test_any_change_to_any_event_is_found(told: Path, data: st.DataObject, column: str, value: Any) -> None:
    with closing(loaded(told)) as copy:
        keys = copy.execute("SELECT stream, seq FROM event ORDER BY stream, seq").fetchall()
        changed = changes(copy, "event", column, data.draw(st.sampled_from(keys)), value)
        assert bool(faults(copy)) == changed


@pytest.mark.parametrize("exposure", ["none", "gold"])
def test_what_the_server_knew_better_is_vouched_for_too(told: Path, exposure: str) -> None:
    with closing(loaded(told)) as copy:
        copy.execute("UPDATE label SET exposure = ? WHERE exposure = 'peers'", (exposure,))
        assert any("are not what was received" in fault for fault in faults(copy))


def test_a_received_label_that_is_gone_is_found(told: Path) -> None:
    with closing(loaded(told)) as copy:
        copy.execute("DELETE FROM label WHERE id = (SELECT min(label) FROM imported_label)")
        assert any("are not what was received" in fault for fault in faults(copy))


def test_a_label_that_was_slipped_in_is_found_though_a_device_tells_of_it(told: Path) -> None:
    with closing(loaded(told)) as copy:
        names = [name for name in columns(Label) if name != "id"]
        listed = ", ".join(f'"{name}"' for name in names)
        copy.execute(
            f"INSERT INTO label (id, {listed}) SELECT ?, {listed} FROM label JOIN imported_label ON id = label LIMIT 1",
            (new_id(),),
        )
        assert faults(copy) == ["1 labels stand in the store that no event tells of"]


def test_a_batch_that_says_nothing_of_its_labels_leaves_them_without(told: Path) -> None:
    with closing(loaded(told)) as copy:
        copy.execute("DELETE FROM imported_label WHERE batch = (SELECT min(batch) FROM imported_label)")
        found = faults(copy)
        assert any("are not what was received" in fault for fault in found)
        assert any("that no event tells of" in fault for fault in found)


@both
def test_a_lease_that_was_put_elsewhere_by_hand_is_found(store: Store, ana: Device) -> None:
    _, (lease, *_) = working(store, ana, 1)
    ana.accepted(ana.label(lease))
    write(store, "UPDATE lease SET id = 'another'")
    with store.reading() as connection:
        found = [fault.what for fault in events.verify(connection).faults]
    assert ["is not what its device committed" in fault for fault in found] == [True]
