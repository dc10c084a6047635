"""A server takes labels of devices: accepted, known or refused each, in whatever order and however often they come."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import ReviewerError
from reviewer.ids import new_id, now
from reviewer.session.sitting import Sitting
from reviewer.store import accepting, golden, labels, leases, planning, queues, receiving
from reviewer.store.admission import MOST_BYTES
from reviewer.store.connection import Store
from reviewer.store.leases import LeaseRecord
from reviewer.store.queues import QueueRecord
from reviewer.sync import wire
from tests.store.comparing import pairs_queue
from tests.store.devices import Device, cell, counters, holds, log, rows, send_back, write
from tests.store.filling import SCORE, fill, put_rubric, record, sit
from tests.store.test_commit import rater_of
from tests.store.test_rounds import advance, draw, opened

pytestmark = pytest.mark.both_databases

STEPS: dict[str, Any] = {
    "name": "steps",
    "criteria": [
        {"id": "score", "type": "scale", "min": 1, "max": 5},
        {"id": "turn", "type": "boolean", "per": "turn"},
        {"id": "used", "type": "boolean", "per": "context", "required": False},
    ],
}


@pytest.fixture
def ana(store: Store) -> Device:
    return Device(store)


def leased(store: Store, device: Device, wanted: int = 1, **queue: Any) -> tuple[QueueRecord, list[LeaseRecord]]:
    """A queue, and tasks of it that are leased to the device."""
    made = fill(store, **{"items": max(3, wanted), **queue})
    return made, device.lease(made, wanted)


def dump(value: Any) -> str:
    return orjson.dumps(value).decode()


def head(store: Store, lease: LeaseRecord, phase: str = "independent") -> tuple[str, list[str]]:
    """The label that counts, and what stands beside it."""
    sql = "SELECT label, conflict FROM label_head WHERE task = ? AND rater = ? AND phase = ?"
    ((label, conflict),) = rows(store, sql, lease.task, lease.rater, phase)
    return label, orjson.loads(conflict)


def kept(store: Store) -> int:
    """How many labels there are."""
    return int(cell(store, "SELECT count(*) FROM label"))


def test_a_label_is_taken_with_all_that_follows_from_it(store: Store, ana: Device) -> None:
    queue, (lease, *_) = leased(store, ana, 2)
    said = ana.label(lease, 4, flags='["flagged"]')
    (answer,) = ana.send(said)
    assert answer == receiving.Answered(said["id"], "accepted")
    with store.reading() as connection:
        stored = accepting.stored(connection, [said["id"]])[said["id"]]
    differing = {name for name in said if said[name] != stored[name]}
    assert differing == {"task"}
    assert stored["task"] == lease.task
    assert stored["received_at"] > said["committed_at"]
    assert head(store, lease) == (said["id"], [])
    assert (ana.state(lease), ana.until(lease)) == ("submitted", None)
    assert counters(store, queue) == (1, 0, 0, 0)
    assert rows(store, "SELECT flagged, active_ms, idle_ms, here FROM progress") == [(1, 1000, 10, 0)]
    assert log(store, "labels.received") == [
        {"labels": 1, "queues": {queue.id: 1}, "device": ana.id, "stream": ana.stream}
    ]
    assert holds(store)


def test_what_was_taken_is_known_and_nothing_is_added(store: Store, ana: Device) -> None:
    queue, (one, two) = leased(store, ana, 2)
    said = [ana.label(one), ana.label(two)]
    told = [ana.event(label) for label in said]
    first = ana.push(said, told)
    again = ana.push(said, told)
    assert [answer.answer for answer in first.answers] == ["accepted", "accepted"]
    assert [answer.answer for answer in again.answers] == ["known", "known"]
    assert again.head == first.head
    assert kept(store) == 2
    assert len(log(store, "labels.received")) == 1
    assert counters(store, queue) == (2, 0, 0, 0)
    assert cell(store, "SELECT active_ms FROM progress") == 2000
    assert holds(store)


def test_the_same_label_twice_in_a_batch_is_taken_once(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana)
    said = ana.label(lease)
    received = ana.push([said, said], [ana.event(said)])
    assert [answer.answer for answer in received.answers] == ["accepted", "known"]
    assert kept(store) == 1
    assert holds(store)


@pytest.mark.parametrize(
    "other",
    [
        {"values": '{"score":5}'},
        {"values": '{"score": 3}'},
        {"notes": "another"},
        {"committed_at": "2020-01-01T00:00:00.000000Z"},
        {"revision": 2},
    ],
)
def test_another_content_under_a_known_identifier_is_refused(store: Store, ana: Device, other: dict[str, Any]) -> None:
    _, (lease,) = leased(store, ana)
    said = ana.label(lease)
    ana.accepted(said)
    (answer,) = ana.push([said | other], []).answers
    assert answer.answer == "refused"
    assert "another label is known by its identifier" in answer.reason
    assert cell(store, 'SELECT "values" FROM label') == '{"score":3}'
    assert holds(store)


def test_another_raters_label_is_known_to_nobody_else(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    said = ana.label(lease)
    ana.accepted(said)
    ben = Device(store, "ben")
    (his, *_) = ben.lease(queue)
    for tried in (said, said | {"rater": ben.rater}, ben.label(his, id=said["id"]), ben.label(his, task=lease.id)):
        (answer,) = ben.push([tried], []).answers
        assert answer.answer == "refused"
        assert "score" not in answer.reason + answer.mend
    assert kept(store) == 1
    assert holds(store)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"id": "label-1"}, "id must be a UUID"),
    ({"id": "ffffffff-ffff-ffff-ffff-ffffffffffff\n"}, "id must be a UUID"),
    ({"rater": "somebody"}, "another rater's"),
    ({"task": "no-such-lease"}, "leased no such task"),
    ({"task": "\u00e9"}, "task must be"),
    ({"queue": "no-such-queue"}, "another queue"),
    ({"rubric": "no-such-rubric"}, "no such rubric"),
    ({"rubric": "\0"}, "without NUL"),
    ({"sample": 1}, "sample must be 0"),
    ({"phase": "adjudication"}, "phase must be one of"),
    ({"outcome": "sent_back"}, "outcome must be one of"),
    ({"exposure": "all"}, "exposure must be one of"),
    ({"revision": 2**40}, "revision must be"),
    ({"active_ms": 2**70}, "active_ms must be"),
    ({"confidence": float("inf")}, "confidence must be"),
    ({"committed_at": "yesterday"}, "committed_at must be a moment"),
    ({"committed_at": "2026-13-01T00:00:00.000000Z"}, "committed_at must be a moment"),
    ({"committed_at": "2026-05-01T00:00:00Z"}, "committed_at must be a moment"),
    ({"values": "{"}, "values must be JSON"),
    ({"values": "[]"}, "values must be a JSON object"),
    ({"values": "[" * 100_000}, "values must be JSON"),
    ({"values": '{"score":"\\ud800"}'}, "values must be JSON"),
    ({"notes": "\ud800"}, "notes must be text"),
    ({"notes": "a\0b"}, "without NUL"),
    ({"flags": '{"a":1}'}, "flags must be a JSON list"),
    ({"flags": "[1]"}, "flags must be a JSON list"),
    ({"supersedes": "x"}, "supersedes must be JSON"),
    ({"supersedes": dump([str(n) for n in range(1001)])}, "at most 1000"),
    ({"rationale": '{"score":"because"}'}, "rationale must be"),
    ({"rationale": '{"score":{"text":1}}'}, "rationale must be"),
    ({"rationale": '{"score":{"reasons":[1]}}'}, "rationale must be"),
    ({"correction": '{"@output:1":[]}'}, "correction must be"),
    ({"evidence": "null"}, "evidence must be a JSON object"),
    ({"shown_order": "[]"}, "order of outputs"),
    ({"shown_order": '["x"]'}, "order of outputs"),
    ({"values": '{"score":9}'}, "must be 1 to 5"),
    ({"values": '{"score":"3"}'}, "must be a number"),
    ({"values": '{"score":true}'}, "must be a number"),
    ({"values": '{"score":[3]}'}, "must be a number"),
    ({"values": '{"score":null}'}, "not applicable is not allowed"),
    ({"values": '{"score":3,"unheard":1}'}, "asks no such thing"),
    ({"values": '{"score":3,"preference":1}'}, "asks no such thing"),
    ({"values": '{"score@output:2":3}'}, "asks no such thing"),
    ({"notes": "x" * MOST_BYTES}, "bytes"),
    ({"rationale": dump({"score": {"text": "\u00e9" * (MOST_BYTES // 2)}})}, "bytes"),
]


def test_what_can_never_be_right_is_refused_by_itself(store: Store, ana: Device) -> None:
    queue, leases_ = leased(store, ana, 2)
    good = [ana.label(lease) for lease in leases_]
    bad = [good[0] | {"id": new_id()} | changed for changed, _ in REFUSED]
    received = ana.push([good[0], *bad, good[1]], [ana.event(label) for label in good])
    assert received.head.fault == ""
    first, *between, last = received.answers
    assert (first.answer, last.answer) == ("accepted", "accepted")
    for (changed, reason), label, answer in zip(REFUSED, bad, between, strict=True):
        assert (answer.answer, answer.id) == ("refused", label["id"]), changed
        assert reason in answer.reason, (changed, answer)
        assert answer.reason.endswith("."), answer
        assert len(answer.reason) < 600
    assert sum(bool(answer.mend) for answer in between) == len(between)
    assert kept(store) == 2
    assert counters(store, queue) == (2, 0, 0, 0)
    assert holds(store)


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)
asked = st.sampled_from(["score", "safe", "preference", "ranking", "score@output:1", "score@turn:9", "@", ""])
texts = st.sampled_from(["notes", "flags", "rationale", "correction", "evidence", "supersedes", "source", "device"])


def test_no_content_whatever_brings_the_server_down(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana)

    @settings(max_examples=40, deadline=None)
    @given(values=st.dictionaries(asked, anything, max_size=3), changed=st.dictionaries(texts, st.text(), max_size=2))
    def admit(values: dict[str, Any], changed: dict[str, str]) -> None:
        content = json.dumps(values)  # with NaN, infinities and lone surrogates, as no server should take them
        (answer,) = ana.push([ana.label(lease) | changed | {"values": content}], []).answers
        assert answer.answer in ("accepted", "refused")
        assert "cannot keep it" not in answer.reason

    admit()
    assert holds(store)


def test_missing_answers_the_rater_may_insist_on(store: Store, ana: Device) -> None:
    document = SCORE | {
        "criteria": [SCORE["criteria"][0] | {"rationale": "required"}, SCORE["criteria"][1] | {"required": True}]
    }
    _, (one, two, three) = leased(store, ana, 3, rubric=document)
    ana.accepted(
        ana.label(one),
        ana.label(two, values="{}"),
        ana.label(three, outcome="skipped", values="{}", rationale=dump({"label": {"text": "Not mine."}})),
    )
    assert holds(store)


def test_parts_of_an_output_are_counted_where_they_are_spoken_of(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana, rubric=STEPS)
    answers = []
    for values in (
        {"score": 3, "turn@turn:1": True, "used@context:1": False},
        {"score": 3, "turn@turn:2": True},
        {"score": 3, "used@context:2": True},
        {"score": 3, "turn@step:1": True},
    ):
        received = ana.push([ana.label(lease, values=dump(values))], [])
        answers += [answer.answer for answer in received.answers]
    assert answers == ["accepted", "refused", "refused", "refused"]


def test_one_that_cannot_be_written_is_refused_by_itself(store: Store, ana: Device) -> None:
    """The database itself says no to one of three."""
    _, leased_ = leased(store, ana, 3)
    said = [ana.label(lease) for lease in leased_]
    if store.is_file:
        write(
            store,
            f"CREATE TRIGGER no BEFORE INSERT ON label WHEN NEW.id = '{said[1]['id']}'"
            " BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
    else:
        write(store, f"ALTER TABLE label ADD CONSTRAINT no CHECK (id <> '{said[1]['id']}')")
    try:
        received = ana.push(said, [ana.event(label) for label in said])
    finally:
        write(store, "DROP TRIGGER no" if store.is_file else "ALTER TABLE label DROP CONSTRAINT no")
    assert [answer.answer for answer in received.answers] == ["accepted", "refused", "accepted"]
    assert "cannot keep it" in received.answers[1].reason
    assert kept(store) == 2
    assert holds(store)
    (again,) = ana.push([said[1]], []).answers
    assert again.answer == "accepted"
    assert holds(store)


def test_a_token_is_good_for_its_queues_alone(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    said = ana.label(lease)
    (answer,) = ana.push([said], [ana.event(said)], queues=frozenset({"another"})).answers
    assert (answer.answer, answer.reason) == ("refused", "your token is not good for its queue.")
    (answer,) = ana.push([said], [], queues=frozenset({queue.id})).answers
    assert answer.answer == "accepted"
    assert holds(store)


# -- lines of revisions ----------------------------------------------------------------------------------


def test_a_change_follows_and_moves_the_counters(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    skip = ana.label(lease, outcome="skipped", values="{}")
    ana.accepted(skip)
    assert (ana.state(lease), counters(store, queue)) == ("skipped", (0, 1, 0, 0))
    given = ana.change(skip, outcome="submitted", values='{"score":2}')
    ana.accepted(given)
    assert (ana.state(lease), counters(store, queue)) == ("submitted", (1, 0, 0, 0))
    ana.accepted(ana.change(given, outcome="abstained", values="{}"))
    assert (ana.state(lease), counters(store, queue)) == ("abstained", (0, 0, 1, 0))
    assert holds(store)


def test_revisions_may_come_in_any_order_and_number_of_batches(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    first = ana.label(lease, 1)
    second = ana.change(first, values='{"score":2}')
    third = ana.change(second, values='{"score":3}')
    told = [ana.event(label) for label in (first, second, third)]
    (late,) = ana.push([third], told).answers
    assert (late.answer, late.conflict) == ("accepted", [])
    answers = ana.push([second, first], []).answers
    assert [(answer.answer, answer.conflict) for answer in answers] == [("accepted", []), ("accepted", [])]
    assert head(store, lease) == (third["id"], [])
    assert counters(store, queue) == (1, 0, 0, 0)
    assert holds(store)


def test_a_clock_that_goes_wrong_orders_nothing(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana)
    ana.clock = "2031-01-01T00:00:00.000000Z"
    first = ana.label(lease, 1)
    ana.accepted(first)
    ana.clock = "1999-01-01T00:00:00.000000Z"
    second = ana.change(first, values='{"score":2}', committed_at=ana.clock)
    ana.accepted(second)
    assert head(store, lease) == (second["id"], [])
    said = rows(store, "SELECT committed_at FROM label ORDER BY revision")
    assert said == [("2031-01-01T00:00:00.000000Z",), ("1999-01-01T00:00:00.000000Z",)]
    (at,) = rows(store, "SELECT committed_at FROM assignment WHERE state <> 'open'")[0]
    assert "2031" > at > "2020"
    assert holds(store)


def test_two_devices_leave_a_conflict_that_a_label_over_both_settles(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    other = Device(store)
    one, two = ana.label(lease, 1), other.label(lease, 5)
    (first,), (second,) = ana.send(one), other.send(two)
    assert (first.conflict, second.conflict) == ([], [one["id"]])
    later = other.change(two, values='{"score":4}')
    latest = other.change(later, values='{"score":4}', flags='["flagged"]')
    assert [answer.conflict for answer in other.accepted(later, latest)] == [[one["id"]]] * 2
    assert head(store, lease) == (one["id"], [latest["id"]])
    with store.reading() as connection:
        both = receiving.mine(connection, lease.task, lease.rater)
        assert receiving.conflicts(connection, queue.id, lease.rater) == [
            receiving.Conflicting(lease.id, lease.task, "independent", [one["id"], latest["id"]])
        ]
        (change,) = leases.changes(connection, queue.id, lease.rater, ana.id)
    assert (change.lease, change.what) == (lease.id, "conflict")
    assert [(label["id"], label["values"]) for label in both] == [
        (one["id"], {"score": 1}),
        (latest["id"], {"score": 4}),
    ]
    assert ana.push([one], []).answers[0].conflict == [latest["id"]]
    assert other.push([latest], []).answers[0].conflict == [one["id"]]
    assert other.push([two], []).answers[0].conflict == []
    settled = ana.change(one, latest, values='{"score":3}')
    assert ana.accepted(settled)[0].conflict == []
    assert head(store, lease) == (settled["id"], [])
    with store.reading() as connection:
        assert receiving.conflicts(connection, queue.id, lease.rater) == []
        assert [label["id"] for label in receiving.mine(connection, lease.task, lease.rater)] == [settled["id"]]
    assert counters(store, queue) == (1, 0, 0, 0)
    assert holds(store)


def test_a_sitting_that_settles_a_conflict_is_above_both(store: Store) -> None:
    """A later revision beside the one that counts is no newer than the label that settles."""
    queue, (lease,) = leased(store, Device(store), items=1)
    ana, other = Device(store), Device(store)
    two = other.label(lease, 5)
    ana.accepted(ana.label(lease, 1))
    later = other.change(two)
    other.accepted(two, later, other.change(later))
    assert head(store, lease)[1]
    sitting: Sitting = sit(store, "ana")
    sitting.go_to(0)
    sitting.work.values["score"] = 2
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(10)
    assert sitting.close()
    assert rows(store, "SELECT revision, conflict FROM label_head JOIN label ON label = id") == [(4, "[]")]
    assert counters(store, queue) == (1, 0, 0, 0)
    assert holds(store)


def test_a_graph_that_goes_in_circles_or_nowhere_is_taken_as_it_is(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana)
    one, two, three = (ana.label(lease, score) for score in (1, 2, 3))
    one["supersedes"], two["supersedes"] = dump([two["id"]]), dump([one["id"], one["id"]])
    three["supersedes"] = dump([three["id"], "nowhere", new_id()])
    answers = ana.accepted(one, two, three)
    assert all(answer.answer == "accepted" for answer in answers)
    assert ana.state(lease) == "submitted"
    assert holds(store)


def test_mine_is_what_the_wire_tells(store: Store, ana: Device) -> None:
    _, (lease,) = leased(store, ana)
    ana.accepted(ana.label(lease, flags='["flagged"]', notes="To the lead.", correction='{"@output:1":"So."}'))
    with store.reading() as connection:
        (told,) = receiving.mine(connection, lease.task, lease.rater)
        assert receiving.mine(connection, lease.task, "somebody") == []
    assert wire.Mine(**told).model_dump() == told
    assert told["device"] == ana.id
    assert not {"task", "queue", "rater", "surplus", "exposure"} & told.keys()


# -- late ------------------------------------------------------------------------------------------------


def test_what_comes_beyond_the_overlap_is_surplus_and_told_so_again(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana, items=1, overlap=1)
    ben = Device(store, "ben")
    write(store, "UPDATE lease SET until = '2020-01-01T00:00:00.000000Z'")
    (his,) = ben.lease(queue)
    assert his.task == lease.task
    assert [answer.surplus for answer in ben.accepted(ben.label(his))] == [False]
    said = ana.label(lease)
    assert [answer.surplus for answer in ana.accepted(said)] == [True]
    (again,) = ana.push([said], []).answers
    assert (again.answer, again.surplus) == ("known", True)
    assert rows(store, "SELECT surplus FROM label ORDER BY surplus") == [(0,), (1,)]
    assert holds(store)


def test_a_late_label_that_nobody_was_before_takes_its_place(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana, items=1, overlap=1)
    write(store, "UPDATE lease SET until = '2020-01-01T00:00:00.000000Z'")
    assert [answer.surplus for answer in ana.accepted(ana.label(lease))] == [False]
    assert Device(store, "ben").lease(queue) == []
    assert holds(store)


def test_a_skip_leaves_the_place_to_others_and_a_label_may_follow(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana, items=1, overlap=1)
    skip = ana.label(lease, outcome="skipped", values="{}")
    ana.accepted(skip)
    ben = Device(store, "ben")
    (his,) = ben.lease(queue)
    ben.accepted(ben.label(his))
    (answer,) = ana.accepted(ana.change(skip, outcome="submitted", values='{"score":1}'))
    assert answer.surplus
    assert holds(store)


@pytest.mark.parametrize(
    "happened",
    [
        "UPDATE queue SET state = 'closed'",
        "UPDATE task SET state = 'recalled'",
        "UPDATE lease SET until = '1970-01-01T00:00:00.000000Z'",
        "UPDATE lease SET device = 'another', until = '2999-01-01T00:00:00.000000Z'",
    ],
)
def test_late_labels_are_taken(store: Store, ana: Device, happened: str) -> None:
    queue, (lease,) = leased(store, ana)
    write(store, happened)
    ana.accepted(ana.label(lease))
    assert (ana.state(lease), ana.until(lease), counters(store, queue)) == ("submitted", None, (1, 0, 0, 0))
    assert holds(store)


def test_a_rubric_that_was_in_force_is_as_good_as_the_one_that_is(store: Store, ana: Device) -> None:
    queue, (one, two) = leased(store, ana, 2)
    before = ana.label(one)
    put_rubric(store, queue, SCORE | {"name": "stricter", "criteria": [SCORE["criteria"][0] | {"max": 3}]})
    other = fill(store, queue="other", rubric=SCORE | {"name": "elsewhere"}, items=1)
    with store.reading() as connection:
        ((foreign, _),) = queues.rubrics_of(connection, other.id)
    ana.accepted(before | {"values": '{"score":5}'}, ana.label(two))
    (answer, _) = ana.push([ana.label(two, rubric=foreign), ana.label(two, 5)], []).answers
    assert (answer.answer, answer.reason) == ("refused", "its queue has no such rubric.")


def test_a_task_that_was_sent_back_waits_for_its_rework(store: Store, ana: Device) -> None:
    queue, (lease, *_) = leased(store, ana, 2)
    first = ana.label(lease)
    ana.accepted(first)
    send_back(store, queue, lease.task)
    assert counters(store, queue) == (0, 0, 0, 1)
    (again,) = [one for one in ana.lease(queue, 5) if one.task == lease.task]
    assert (again.id, again.state) == (lease.id, "sent_back")
    late = ana.change(first, values='{"score":1}')
    ana.accepted(late)
    assert (ana.state(lease), counters(store, queue)) == ("sent_back", (0, 0, 0, 1))
    assert ana.until(lease) is not None
    ana.accepted(ana.label(lease, 2, phase="rework"))
    assert (ana.state(lease), counters(store, queue), ana.until(lease)) == ("submitted", (1, 0, 0, 0), None)
    ana.accepted(ana.change(late, outcome="skipped", values="{}"))
    assert (ana.state(lease), counters(store, queue)) == ("submitted", (1, 0, 0, 0))
    with store.reading() as connection:
        assert [one["phase"] for one in receiving.mine(connection, lease.task, lease.rater)].count("rework") == 1
    assert holds(store)


def test_whoever_was_shown_others_judgment_is_no_independent_judge(store: Store, ana: Device) -> None:
    queue, (one, two) = leased(store, ana, 2, overlap=1)
    with store.writing() as connection:
        golden.expose(connection, one.rater, one.task, exposure="peers", queue=queue.id)
    said = ana.label(one)
    ana.accepted(said, ana.label(two), ana.change(said, exposure="gold"))
    found = rows(store, "SELECT exposure, surplus FROM label WHERE task = ? ORDER BY revision", one.task)
    assert found == [("peers", 0), ("gold", 0)]
    assert ana.push([said], []).answers[0].answer == "known"
    assert holds(store)


def test_a_round_takes_each_phase_in_its_time(store: Store) -> None:
    fill(store, items=4, shuffle=False)
    batch = opened(store, draw(store, 2).tasks)
    ana, ben = Device(store, "ana"), Device(store, "ben")
    first, second = ana.lease(batch, 2)
    given = ana.label(first)
    ana.accepted(given)
    his = ben.lease(batch, 2)
    ben.accepted(*(ben.label(lease) for lease in his))
    for state, phases in (
        ("locked", []),
        ("revealed", ["revote", "rework"]),
        ("finished", []),
    ):
        advance(store, state)
        for phase in ("independent", "revote", "rework"):
            said = ana.label(second, phase=phase)
            (answer,) = ana.push([said], []).answers
            assert answer.answer == ("accepted" if phase in phases else "refused"), (state, phase)
            if answer.answer == "refused":
                assert f"the calibration round is {state}" in answer.reason
            else:
                assert cell(store, "SELECT exposure FROM label WHERE id = ?", said["id"]) == "peers"
        assert ana.push([given], []).answers[0].answer == "known"
    assert record(store, batch.name).state == "finished"
    assert holds(store)


# -- ways of giving tasks out ----------------------------------------------------------------------------


def test_comparisons_keep_the_order_in_which_they_were_shown(store: Store, ana: Device) -> None:
    queue = pairs_queue(store, items=3, overlap=2)
    devices = [ana, Device(store, "ben")]
    shown: Counter[tuple[str, ...]] = Counter()
    for device in devices:
        for lease in device.lease(queue, 9):
            device.accepted(device.label(lease, 5))
            shown[tuple(lease.shown_order)] += 1
    assert sum(shown.values()) == 18
    assert all(shown[order] == shown[order[::-1]] for order in shown)
    assert rows(store, "SELECT task FROM waiting") == []
    assert holds(store)


def test_an_order_that_is_the_mirror_of_the_one_given_counts_as_seen(store: Store, ana: Device) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"), overlap=2)
    (lease,) = ana.lease(queue)
    ana.accepted(ana.label(lease, shown_order=dump(lease.shown_order[::-1])))
    assert cell(store, "SELECT shown_order FROM assignment") == dump(lease.shown_order[::-1])
    ben = Device(store, "ben")
    (his,) = ben.lease(queue)
    assert his.shown_order == lease.shown_order
    ben.accepted(ben.label(his))
    assert rows(store, "SELECT task FROM waiting") == []
    assert holds(store)


def test_rankings_and_planned_queues(store: Store, ana: Device) -> None:
    ranking = pairs_queue(store, items=2, kind="ranking", name="ranks")
    for lease in ana.lease(ranking, 2):
        three = len(lease.shown_order)
        ana.accepted(ana.label(lease, values=dump({"ranking": [[n] for n in range(three, 0, -1)]})))
        (answer,) = ana.push([ana.label(lease, values='{"ranking":[[1],[1]]}')], []).answers
        assert answer.answer == "refused"
    planned = fill(store, queue="planned", items=6, overlap=1, order="planned", raters=["ana", "ben"])
    with store.writing() as connection:
        planning.plan_anew(connection, planned)
    ana.after = 0
    given = ana.lease(planned, 6)
    assert len(given) == 3
    ana.accepted(*(ana.label(lease) for lease in given))
    assert counters(store, planned) == (3, 0, 0, 0)
    assert holds(store)


def test_hidden_repeats_are_labelled_like_anything_else(store: Store, ana: Device) -> None:
    queue = fill(store, items=12, repeats=0.5)
    done = []
    while lease := ana.lease(queue, 1):
        ana.accepted(ana.label(lease[0]))
        done.append(lease[0].task)
    assert len(done) > 12
    assert counters(store, queue) == (len(done), 0, 0, 0)
    assert holds(store)


# -- many ------------------------------------------------------------------------------------------------


def test_batches_of_a_week_come_in_any_order_twice_and_by_halves(store: Store, ana: Device) -> None:
    """However labels and their revisions are dealt into batches, in the end the same stands."""
    queue, given_leases = leased(store, ana, 30, items=30)
    random = Random(5)
    said, last = [], {}
    for lease in given_leases:
        label = ana.label(lease, random.randint(1, 5))
        said.append(label)
        for _ in range(random.randint(0, 2)):
            label = ana.change(label, values=dump({"score": random.randint(1, 5)}))
            said.append(label)
        last[lease.task] = label["id"]
    told = [ana.event(label) for label in said]
    sent = said * 2
    random.shuffle(sent)
    answers: Counter[str] = Counter()
    ana.push([], told)
    while sent:
        batch, sent = sent[: random.randint(1, 9)], sent[9:]
        answers.update(answer.answer for answer in ana.push(batch, []).answers)
    answers.update(answer.answer for answer in ana.push(said, told).answers)
    assert answers["refused"] == 0
    assert answers["accepted"] == kept(store) == len(said)
    assert dict(rows(store, "SELECT task, label FROM label_head WHERE conflict = '[]'")) == last
    assert counters(store, queue) == (30, 0, 0, 0)
    assert holds(store)


def test_duplicates_that_arrive_at_the_same_time_are_taken_once(store: Store, ana: Device) -> None:
    _, given_leases = leased(store, ana, 8, items=8)
    said = [ana.label(lease) for lease in given_leases]
    told = [ana.event(label) for label in said]
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(ana.push, said, told) for _ in range(4)]
        answers = Counter(answer.answer for one in done for answer in one.result(60).answers)
    assert answers == {"accepted": 8, "known": 24}
    assert kept(store) == 8
    assert holds(store)


def test_no_task_gets_more_primary_labels_than_its_overlap(store: Store) -> None:
    """Everybody holds everything, and pushes all of it at once in an order of their own."""
    queue = fill(store, items=10, overlap=2)
    devices = [Device(store, f"rater {number}") for number in range(5)]
    said = {}
    for device in devices:
        write(store, "UPDATE lease SET until = '2020-01-01T00:00:00.000000Z'")
        said[device.id] = [device.label(lease) for lease in device.lease(queue, 10)]
        assert len(said[device.id]) == 10

    def push(device: Device) -> list[bool]:
        mine = said[device.id]
        Random(device.name).shuffle(mine)
        return [answer.surplus for at in range(0, 10, 3) for answer in device.accepted(*mine[at : at + 3])]

    with ThreadPoolExecutor(5) as pool:
        surplus = [flag for flags in pool.map(push, devices) for flag in flags]
    assert Counter(surplus) == {False: 20, True: 30}
    primary = rows(store, "SELECT task, count(*) FROM label WHERE surplus = 0 GROUP BY task")
    assert [count for _, count in primary] == [2] * 10
    assert holds(store)


def test_a_batch_is_all_or_nothing_where_the_store_fails(store: Store, ana: Device) -> None:
    """What is no fault of a label goes up, and then nothing of the batch is kept."""
    _, given_leases = leased(store, ana, 2)
    said = [ana.label(lease) for lease in given_leases]
    told = [ana.event(label) for label in said]
    write(store, "ALTER TABLE imported_label RENAME TO elsewhere")
    try:
        with pytest.raises(ReviewerError):
            ana.push(said, told)
    finally:
        write(store, "ALTER TABLE elsewhere RENAME TO imported_label")
    assert kept(store) == 0
    assert holds(store)
    assert [answer.answer for answer in ana.push(said, told).answers] == ["accepted", "accepted"]
    assert holds(store)


@pytest.mark.only_a_file
def test_the_reading_side_writes_nothing(store: Store, ana: Device) -> None:
    queue, (lease,) = leased(store, ana)
    ana.accepted(ana.label(lease))
    with store.reading() as connection:
        receiving.mine(connection, lease.task, lease.rater)
        receiving.conflicts(connection, queue.id, lease.rater)
        with pytest.raises((sqlite3.Error, ReviewerError)):
            labels.ensure_progress(connection, queue.id, rater_of(store, "new"), now())
