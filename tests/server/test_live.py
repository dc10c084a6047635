"""What is told as it happens: to whom, how soon, and after a stream was cut off; on real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest

from reviewer.session import rounds
from reviewer.session.starting import Plan, start
from reviewer.store import accounts, queues
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from reviewer.sync import wire
from reviewer.sync.events import Event, events_in
from tests.server.serving import Server, served, trouble
from tests.store.filling import SCORE, fill, fresh, put_rubric


@contextmanager
def listening(client: httpx.Client, last: str = "", **asked: str | int) -> Iterator[Iterator[Event]]:
    """The events of a stream, without signs of life."""
    headers = {"Last-Event-ID": last} if last else {}
    with client.stream("GET", "/v1/live", params=asked, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _told(events_in(response.iter_raw()))


def _told(events: Iterator[Event | None]) -> Iterator[Event]:
    signs_of_life = 0
    for event in events:
        signs_of_life += event is None
        assert signs_of_life < 3, "what is waited for never comes"
        if event is not None:
            yield event


def heard(client: httpx.Client, last: str = "", **asked: str | int) -> list[Event]:
    """What there is to be told now."""
    with listening(client, last, seconds=0, **asked) as events:
        return list(events)


def first_of(events: Iterator[Event]) -> tuple[str, bool]:
    """The place, and whether something may have been missed."""
    event = next(events)
    assert event.name == "listening"
    return event.place, wire.Listening.model_validate_json(event.data).missed


def news(event: Event) -> wire.QueueNews:
    """What an event tells of a queue."""
    assert event.name == "queue"
    return wire.QueueNews.model_validate_json(event.data)


def set_state(store: Store, queue: QueueRecord, state: str, action: str) -> None:
    """Closes or opens a queue, as `reviewer queue` does."""
    store.transact(
        lambda driver: queues.change(driver, queue, stream=store.device, actor="lead", action=action, state=state)
    )


@pytest.mark.both_databases
def test_a_reveal_reaches_all_members_at_every_server(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    fill(store, items=4)
    started = start(store, "kyc", Plan(("ana", "ben"), 2, seed=1), "lead")
    name = started.card.name
    with served(store, tmp_path / "one") as one, served(store, tmp_path / "two") as two, ExitStack() as stack:
        streams = {}
        for who, server in (("ana", one), ("ben", two), ("eve", two)):
            streams[who] = stack.enter_context(listening(server.client(who)))
            assert first_of(streams[who])[1]
        asked = monotonic()
        rounds.reveal(store, name, "lead", incomplete=True)
        for who in ("ana", "ben"):
            told = [news(next(streams[who])) for _ in range(2)]
            assert [(one_.name, one_.what, one_.state) for one_ in told] == [
                (name, "round.locked", "revealed"),
                (name, "round.revealed", "revealed"),
            ]
        print(f"a reveal reached two members at two servers after {monotonic() - asked:.2f} s")
        # Who is no member hears of the next thing that is theirs, and of nothing before.
        found = queues_of(store)["kyc"]
        set_state(store, found, "closed", "queue.closed")
        set_state(store, found, "open", "queue.reopened")
        assert news(next(streams["eve"])).name == "kyc"


def queues_of(store: Store) -> dict[str, QueueRecord]:
    with store.reading() as connection:
        return {queue.name: queue for queue in queues.all_queues(connection)}


def test_who_comes_back_misses_nothing(server: Server, store: Store) -> None:
    queue = fill(store)
    client = server.client()
    client.get("/v1/queues")
    with listening(client) as events:
        place, missed = first_of(events)
        assert missed
        put_rubric(store, queue, {**SCORE, "instructions": "Read it twice."})
        seen = next(events)
        assert news(seen).what == "queue.rubric"
    set_state(store, queue, "open", "queue.changed")
    found = heard(client, seen.place)
    assert [event.name for event in found] == ["listening", "queue"]
    assert not wire.Listening.model_validate_json(found[0].data).missed
    assert news(found[1]).what == "queue.changed"
    assert len(heard(client, place)) == 3
    assert [event.name for event in heard(client, found[1].place)] == ["listening"]
    # A place that the server cannot know is as good as none.
    for strange in ("99999999", "-1", "x", "9" * 99, ""):
        (only,) = heard(client, strange)
        assert wire.Listening.model_validate_json(only.data).missed


def test_progress_is_told_to_leads_alone(server: Server, store: Store) -> None:
    queue = fill(store, items=3)
    rater, lead = server.device("ana"), server.client("lea", "lead")
    assert trouble(server.client("ben").get("/v1/live", params={"progress": queue.id}), 403).code == "role"
    assert trouble(lead.get("/v1/live", params={"progress": "nothing"}), 404).code == "no_queue"
    scoped = server.client("sue", "lead", queues=[fill(store, queue="other").id])
    assert trouble(scoped.get("/v1/live", params={"progress": queue.id}), 404).code == "no_queue"
    leased = rater.lease(queue.id, 2)
    with listening(lead, progress=queue.id) as events:
        first_of(events)
        assert wire.Progress.model_validate_json(next(events).data).submitted == 0
        rater.send(rater.label(leased, leased.tasks[0]))
        while not (told := wire.Progress.model_validate_json(next(events).data)).submitted:
            pass
        assert [(one.name, one.submitted, one.leased) for one in told.raters] == [("ana", 1, 1)]


def test_a_token_that_is_revoked_ends_its_stream(server: Server, store: Store) -> None:
    queue = fill(store)
    with listening(server.client("ana")) as events, listening(server.client("ben")) as others:
        first_of(events)
        first_of(others)
        store.transact(lambda driver: accounts.revoke(driver, "ana", stream=store.device, actor="admin"))
        set_state(store, queue, "open", "queue.changed")
        assert list(events) == []
        assert news(next(others)).what == "queue.changed"


def test_a_stop_ends_streams_and_takes_no_time(store: Store, tmp_path: Path) -> None:
    fill(store)
    with served(store, tmp_path / "logs", "--workers", "2") as server, ExitStack() as stack:
        streams = [stack.enter_context(listening(server.client(f"rater {number}"))) for number in range(6)]
        for events in streams:
            first_of(events)
        begun = monotonic()
        assert server.stop() == 0
        print(f"stopped after {monotonic() - begun:.2f} s")
        for events in streams:
            assert list(events) == []
        assert {line["route"] for line in server.logged() if line["event"] == "request"} == {"/v1/live"}
        assert [line for line in server.logged() if line["level"] == "error"] == []


def test_nobody_listens_too_often(server: Server, store: Store) -> None:
    fill(store)
    client = server.client()
    with ExitStack() as stack:
        streams = [stack.enter_context(listening(client)) for _ in range(10)]
        for events in streams:
            first_of(events)
        assert trouble(client.get("/v1/live"), 429).code == "listeners"
        assert heard(server.client("ben"))


def test_fifty_listeners(server: Server, store: Store) -> None:
    queue = fill(store)
    with ExitStack() as stack:
        streams = [stack.enter_context(listening(server.client(f"rater {number}"))) for number in range(50)]
        for events in streams:
            first_of(events)
        begun = monotonic()
        set_state(store, queue, "open", "queue.changed")
        after: list[float] = []

        def hear(events: Iterator[Event]) -> None:
            next(events)
            after.append(monotonic() - begun)

        threads = [threading.Thread(target=hear, args=[events]) for events in streams]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(after) == 50
        print(f"50 listeners were told after {min(after):.2f} to {max(after):.2f} s")
