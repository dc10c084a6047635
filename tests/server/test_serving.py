"""Tasks out and labels in, over a real process and a real database."""

from __future__ import annotations

import pytest

from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from reviewer.store.version import SCHEMA_VERSION
from reviewer.sync import wire
from tests.homes import PARTS, item
from tests.server.serving import Server, read, trouble
from tests.store.filling import SCORE, add_items, fill, new_item, put_rubric, record

pytestmark = pytest.mark.both_databases


def close(store: Store, queue: QueueRecord) -> None:
    with store.writing() as connection:
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.closed", state="closed")


def test_it_says_who_it_is_to_everybody(server: Server) -> None:
    client = server.client(None)
    hello = read(wire.Hello, client.get("/v1"))
    assert (hello.server, hello.oldest, hello.newest) == (server.store.identity, wire.OLDEST, wire.VERSION)
    health = client.get("/health").json()
    assert (health["status"], health["schema_version"]) == ("ok", SCHEMA_VERSION)
    assert health["store"] == ("file" if server.store.is_file else "postgresql")


def test_it_says_whom_a_token_belongs_to(server: Server) -> None:
    queue = fill(server.store)
    me = read(
        wire.Me, server.client("ben", "lead", queues=[queue.id], expires_at="2999-01-01T00:00:00.000000Z").get("/v1/me")
    )
    assert (me.name, me.role, me.queues, me.expires_at) == ("ben", "lead", [queue.id], "2999-01-01T00:00:00.000000Z")


def test_a_task_is_leased_labelled_and_done(server: Server) -> None:
    fill(server.store, items=3, overlap=1, goal=5, gold=0.0, show=["risk"])
    ana, ben = server.device("ana"), server.device("ben")
    (queue,) = ana.queues()
    assert (queue.name, queue.state, queue.sealed, queue.mine) == ("kyc", "open", True, wire.Share())
    assert queue.settings == {"goal": 5, "show": ["risk"]}
    assert [rubric.name for rubric in queue.rubrics] == ["score"]

    leased = ana.lease(queue.id, 2)
    assert [task.number for task in leased.tasks] == [1, 2]
    assert leased.queue.mine.leased == 2
    assert leased.why is None
    assert {task.until for task in leased.tasks} == {leased.until}
    first = leased.tasks[0]
    assert (first.key, first.sent_back, first.mine, first.reference) == ("", None, [], None)
    assert first.shown == [("risk", "severe")]
    assert first.outputs[0].name == ""

    others = ben.lease(queue.id, 5)
    assert len(others.tasks) == 1
    assert others.why is not None
    assert (others.why.code, others.why.until) == ("leased", leased.until)

    answer = ana.send(*(ana.label(leased, task) for task in leased.tasks))
    assert [one.answer for one in answer.answers] == ["accepted", "accepted"]
    assert (answer.head.seq, answer.head.hash, answer.head.fault) == (2, ana.head, "")
    ben.send(ben.label(others, others.tasks[0]))
    done = ana.lease(queue.id, 5)
    assert (done.tasks, done.why and done.why.code) == ([], "done")
    assert (done.queue.mine.submitted, done.queue.mine.leased) == (2, 0)


def test_leases_are_given_back_and_taken_over(server: Server) -> None:
    queue = fill(server.store, items=2, overlap=1)
    laptop, desktop = server.device("ana"), server.device("ana")
    held = laptop.lease(queue.id, 2)
    assert desktop.lease(queue.id, 2).tasks == []
    path = f"/v1/queues/{queue.id}/returns"
    returned = laptop.client.post(path, json={"device": laptop.id, "tasks": [held.tasks[0].id, "unheard-of"]})
    assert read(wire.Returned, returned).returned == 1
    assert [task.id for task in desktop.lease(queue.id, 1).tasks] == [held.tasks[0].id]
    assert [task.id for task in desktop.lease(queue.id, 2, take_over=True).tasks] == [held.tasks[1].id]
    changes = read(
        wire.Changes, laptop.client.get(f"/v1/queues/{queue.id}/changes", params={"device": laptop.id})
    ).changes
    assert {(change.task, change.what) for change in changes} == {(task.id, "taken_over") for task in held.tasks}


def test_an_answer_that_was_cut_off_comes_again(server: Server) -> None:
    queue = fill(server.store, items=4)
    device = server.device()
    lost = device.lease(queue.id, 2)
    device.after = 0
    again = device.lease(queue.id, 2)
    assert [task.id for task in again.tasks] == [task.id for task in lost.tasks]


def test_a_queue_is_seen_by_those_for_whom_it_is(server: Server) -> None:
    store = server.store
    shut = fill(store, queue="shut")
    fill(store, queue="planned", order="planned", raters=["ben"])
    fill(store, queue="elsewhere", server="another")
    fill(store, queue="theirs")
    ana = server.device("ana")
    began = next(queue for queue in ana.queues() if queue.name == "shut")
    ana.lease(began.id)
    close(store, shut)
    close(store, record(store, "theirs"))
    fill(store, queue="open")
    assert [queue.name for queue in ana.queues()] == ["shut", "open"]
    assert [queue.name for queue in server.device("ben").queues()] == ["planned", "open"]
    over = ana.lease(began.id, 5)
    assert (over.queue.state, over.why and over.why.code) == ("closed", "closed")
    for name in ("planned", "elsewhere", "theirs"):
        response = ana.client.post(f"/v1/queues/{record(store, name).id}/leases", json={"device": ana.id, "wanted": 1})
        assert trouble(response, 404).code == "no_queue"


def test_a_token_for_one_queue_opens_no_other(server: Server) -> None:
    store = server.store
    mine, other = fill(store, queue="mine"), fill(store, queue="other")
    device = server.device("ana", queues=[mine.id])
    assert [queue.name for queue in device.queues()] == ["mine"]
    response = device.client.post(f"/v1/queues/{other.id}/leases", json={"device": device.id, "wanted": 1})
    assert trouble(response, 404).code == "no_queue"
    everywhere = server.device("ana")
    leased = everywhere.lease(other.id)
    answer = device.send(device.label(leased, leased.tasks[0]))
    assert [one.answer for one in answer.answers] == ["refused"]


def test_steps_documents_and_a_rubric_of_its_own_come_along(server: Server) -> None:
    store = server.store
    own = {**SCORE, "name": "own", "instructions": "For this one alone."}
    queue = fill(store, items=0, blind=False, reference=True)
    rubric = put_rubric(store, fill(store, queue="kept", items=0), own)
    add_items(store, queue, [item(0, parts=PARTS, rubric=rubric)])
    leased = server.device().lease(queue.id)
    (task,) = leased.tasks
    assert [turn.kind for turn in task.outputs[0].turns] == ["tool_call", "tool_result", ""]
    assert [document.title for document in task.context] == ["Note 0", "Annex 0"]
    assert (task.key, task.outputs[0].name, task.reference) == ("case-000", "model-a 2026-05", "Reference 0: 0.")
    assert task.rubric == rubric
    assert [one.name for one in leased.queue.rubrics] == ["own", "score"]


def test_of_a_sealed_queue_no_more_goes_out_than_a_rater_may_see(server: Server) -> None:
    store = server.store
    queue = fill(store, items=0, repeats=0.3, show=["risk"])
    items = [new_item(number) for number in range(12)]
    add_items(store, queue, items)
    device = server.device()
    wires = [device.client.get("/v1/queues").content]
    while True:
        response = device.client.post(
            f"/v1/queues/{queue.id}/leases", json={"device": device.id, "wanted": 3, "after": device.after}
        )
        wires.append(response.content)
        leased = read(wire.Leased, response)
        device.after = max([device.after, *(task.number for task in leased.tasks)])
        if not leased.tasks:
            break
        message = device.message([device.label(leased, task) for task in leased.tasks])
        wires.append(device.client.post("/v1/labels", json=message).content)
    wires.append(device.client.get(f"/v1/queues/{queue.id}/changes", params={"device": device.id}).content)
    whole = b"".join(wires)
    with store.reading() as connection:
        (tasks,) = connection.execute("SELECT count(*) FROM task WHERE repeat_of IS NOT NULL").fetchone()
        hidden = [row[0] for row in connection.execute("SELECT id FROM task").fetchall()]
    assert tasks
    hashes = [output.content_hash for one in items for output in one.outputs]
    for secret in (
        "model-0",
        "item-0",
        "off the list",
        "repeat",
        "gold",
        "seed",
        "position",
        queue.seed,
        *hidden,
        *hashes,
    ):
        assert secret.encode() not in whole, secret
