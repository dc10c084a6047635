"""A pull goes page by page, and from wherever it was stopped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer.store import remotes
from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteRecord
from reviewer.sync.client import Client
from reviewer.sync.pulling import Pulled, give_back, pull, their_queue
from reviewer.sync.syncing import sync
from reviewer.sync.trouble import RemoteTrouble
from tests.store.filling import ask, rate, sit
from tests.sync.scripted import Asked, Said, Scripted, serving
from tests.sync.wired import LATER, QUEUE_ID, join, queue, task

PATH = f"/v1/queues/{QUEUE_ID}/leases"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        scripted.answers[PATH] = leasing(1000)
        yield scripted


def leasing(size: int, code: str = "done") -> Callable[[Asked], Any]:
    """A queue of so many tasks that are all this device's."""

    def answer(asked: Asked) -> Any:
        after, wanted = asked.json["after"], asked.json["wanted"]
        numbers = range(after + 1, min(after + wanted, size) + 1)
        why = {"code": code, "what": "There are no more."} if len(numbers) < wanted else None
        tasks = [task(number).model_dump(mode="json") for number in numbers]
        return {"queue": queue().model_dump(mode="json"), "tasks": tasks, "until": LATER, "why": why}

    return answer


def got(store: Store, server: Scripted, remote: RemoteRecord, wanted: int | None = None, **options: Any) -> Pulled:
    with Client(server.url, "t", attempts=1) as client:
        return pull(store, client, remote, queue(), wanted, **options)


def tasks_in(store: Store) -> list[tuple[str, int]]:
    with store.reading() as connection:
        return [tuple(row) for row in ask(connection, "SELECT id, position FROM task ORDER BY position")]


def requests(server: Scripted) -> list[tuple[int, int]]:
    return [(asked.json["wanted"], asked.json["after"]) for asked in server.asked if asked.path == PATH]


def test_so_many_are_fetched_that_so_many_wait(store: Store, server: Scripted) -> None:
    remote = join(store)
    assert (got(store, server, remote, 450).new, requests(server)) == (450, [(200, 0), (200, 200), (50, 400)])
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 1, 2, 3)
    finally:
        sitting.close()
    server.asked.clear()
    again = got(store, server, remote)
    assert (again.new, again.left, requests(server)) == (3, 450, [(3, 450)])
    assert len(tasks_in(store)) == 453


def test_it_says_why_there_are_no_more(store: Store, server: Scripted) -> None:
    server.answers[PATH] = leasing(7)
    found = got(store, server, join(store), 50)
    assert (found.new, found.left, found.why, found.why_code) == (7, 7, "There are no more.", "done")
    assert found.until == LATER


def test_it_asks_again_where_others_held_the_rest_for_a_moment(store: Store, server: Scripted) -> None:
    whole, few = leasing(9, "leased"), iter((2, 0, 3))

    def answer(asked: Asked) -> Any:
        """Few at first, as others are at the same tasks at this moment; then all that there are."""
        limit = next(few, None)
        if limit is None:
            return whole(asked)
        given = leasing(asked.json["after"] + limit, "limit")(asked)
        assert given["why"]["code"] == "limit"
        return given

    server.answers[PATH] = answer
    found = got(store, server, join(store), 50)
    assert (found.new, found.left, found.why_code) == (9, 9, "leased")
    assert requests(server) == [(50, 0), (48, 2), (48, 2), (45, 5)]


def test_it_does_not_ask_for_ever_where_others_hold_the_rest(store: Store, server: Scripted) -> None:
    server.answers[PATH] = leasing(4, "limit")
    found = got(store, server, join(store), 50)
    assert (found.new, found.why_code) == (4, "limit")
    assert len(server.asked) < 10


def test_leases_are_renewed_where_nothing_more_is_wanted(store: Store, server: Scripted) -> None:
    remote = join(store)
    got(store, server, remote, 5)
    server.asked.clear()
    assert got(store, server, remote, 5).new == 0
    assert requests(server) == [(0, 5)]


def test_a_pull_that_broke_off_goes_on_where_it_was(store: Store, server: Scripted) -> None:
    remote = join(store)
    whole = leasing(1000)

    def breaking(asked: Asked) -> Any:
        return whole(asked) if asked.json["after"] < 400 else Said(b'{"queue"', length=10_000)

    server.answers[PATH] = breaking
    with pytest.raises(RemoteTrouble):
        got(store, server, remote, 600)
    assert len(tasks_in(store)) == 400
    server.answers[PATH] = whole
    assert got(store, server, remote, 600).new == 200
    found = tasks_in(store)
    assert [position for _, position in found] == list(range(600))
    assert len({identifier for identifier, _ in found}) == 600


KILLED = """
import os, sys
from pathlib import Path
from reviewer.store.connection import Store
from reviewer.store import remotes
from reviewer.sync.client import Client
from reviewer.sync.pulling import pull
from tests.sync.wired import queue
store = Store.open(Path(sys.argv[1]))
with store.reading() as connection:
    (remote,) = remotes.every(connection)
def progress(done, of):
    if done >= 400:
        os.kill(os.getpid(), 9)
with Client(sys.argv[2], "t") as client:
    pull(store, client, remote, queue(id=sys.argv[3]), 1000, progress=progress)
"""


def test_a_pull_that_is_killed_goes_on_where_it_was(store: Store, server: Scripted) -> None:
    remote = join(store)
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.path), server.url, QUEUE_ID],
        cwd=root,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr.decode()
    assert len(tasks_in(store)) == 400
    assert got(store, server, remote, 1000).new == 600
    assert [position for _, position in tasks_in(store)] == list(range(1000))


def test_pages_shrink_where_an_answer_is_too_large(store: Store, server: Scripted) -> None:
    remote = join(store)
    with Client(server.url, "t", attempts=1, most_bytes=40_000) as client:
        found = pull(store, client, remote, queue(), 300)
    assert found.new == 300
    assert [position for _, position in tasks_in(store)] == list(range(300))


def test_a_server_that_gives_the_same_again_and_again_ends_the_pull(store: Store, server: Scripted) -> None:
    page = leasing(5)

    def stuck(asked: Asked) -> Any:
        said = page(asked)
        return said | {"tasks": [task(1).model_dump(mode="json")], "why": None}

    server.answers[PATH] = stuck
    assert got(store, server, join(store), 50).new == 1


def test_what_is_given_back_leaves_the_order(store: Store, server: Scripted) -> None:
    remote = join(store)
    got(store, server, remote, 3)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 4)
    finally:
        sitting.close()
    path = f"/v1/queues/{QUEUE_ID}/returns"
    server.answers[path] = {"returned": 2}
    with store.reading() as connection:
        (kept,) = remotes.queues_of(connection, "team")
    with Client(server.url, "t", attempts=1) as client:
        assert give_back(store, client, remote, kept) == 2
    assert server.asked[-1].json["tasks"] == ["lease-00002", "lease-00003"]
    with store.reading() as connection:
        assert remotes.left(connection, QUEUE_ID, remote.rater) == 0
    # It is fetched again only when somebody asks for it.
    server.answers["/v1"] = {"server": remote.server, "name": "lab", "program": "1"}
    server.answers[f"/v1/queues/{QUEUE_ID}/changes"] = {"queue": queue().model_dump(mode="json"), "changes": []}
    server.answers["/v1/labels"] = Said(b"", 500)
    with store.writing() as connection:
        ask(connection, "UPDATE outbox SET state = 'sent'")
        ask(connection, "UPDATE remote SET stream_sent = 1")
    server.asked.clear()
    sync(store, remote, client=Client(server.url, "t", attempts=1))
    assert requests(server) == [(0, 3)]
    assert got(store, server, remote).left == 50


def test_a_queue_is_found_by_its_name(store: Store) -> None:
    remote = join(store)
    offered = [queue(), queue(id="other", name="a/b")]
    assert their_queue(remote, offered, "team/kyc").id == QUEUE_ID
    assert their_queue(remote, offered, "a/b").id == "other"
    with pytest.raises(Exception, match="There are kyc, a/b"):
        their_queue(remote, offered, "nothing")
