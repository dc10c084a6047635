"""The worker's way to its server where that cannot be gone: out of reach, shut out, or another program is at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from reviewer.session.sitting import Sitting
from reviewer.session.synchroniser import mark_words
from reviewer.store import remotes
from reviewer.store.connection import Store
from reviewer.sync import line, tokens, wire
from reviewer.sync.agenda import Task
from reviewer.sync.background import Background
from reviewer.sync.line import RemoteLine
from reviewer.sync.pulling import store_page
from reviewer.sync.remotes import alone
from reviewer.sync.worker import Busy, Unreachable
from tests.store.filling import fresh, rate
from tests.sync.lines import nobody_there, until
from tests.sync.scripted import Asked, Said, serving
from tests.tui.pulled import LAB, THEIRS, come_in, known_remote, page


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A home with three items of a server where nothing listens any more, and a token for it."""
    made = fresh(tmp_path)
    host, port = nobody_there()
    come_in(made, known_remote(made, url=f"http://{host}:{port}"), 1, 3)
    tokens.keep(made, "lab", "rvw_0123456789ab_" + "s" * 43)
    return made


def heard(background: Background) -> list[str]:
    """The next news."""
    found: list[str] = []

    def came() -> bool:
        found.extend(background.news(LAB))
        return bool(found)

    until(came)
    return found


def test_labels_of_a_server_that_is_gone_are_counted(store: Store) -> None:
    sitting = Sitting.open(store, LAB, "ana")
    for score in (1, 2):
        sitting.work.values |= {"safe": True}
        rate(sitting, score)
    sitting.close()
    background = Background.over(store, ["lab"])
    until(lambda: background.state.mark == "offline")
    state = background.state_of(LAB)
    assert state is not None
    assert mark_words(state) == "offline, 2 to send"
    assert "nothing answers at" in state.message
    assert background.close(0.2) is False


def test_items_that_are_kept_not_much_longer_are_told_of_once(store: Store) -> None:
    way = RemoteLine(store, "lab")
    assert way.running_out() == []
    soon = page(4, 1).model_copy(update={"until": "2026-01-01T00:00:00.000000Z"})
    with store.reading() as connection:
        remote = remotes.every(connection)[0]
    store_page(store, remote, soon, wanted=50)
    (told,) = way.running_out()
    assert told.queue == LAB
    assert told.sentence.startswith(f"The server keeps 4 items of {LAB} for you until ")
    background = Background.over(store, ["lab"])
    until(lambda: background.state.mark == "offline")
    assert heard(background) == [told.sentence]
    background.sync_now()
    assert told.sentence not in heard(background)
    background.close(0)


def test_without_a_token_nobody_is_let_in_and_it_is_said(store: Store) -> None:
    tokens.forget(store, "lab")
    background = Background.over(store, ["lab"])
    until(lambda: background.state.mark == "refused")
    assert mark_words(background.state) == "✗ no access"
    assert "token" in background.news()[0]
    background.close(0)


def test_another_program_that_syncs_is_left_in_peace(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_WAIT", 0.05)
    way = RemoteLine(store, "lab")
    with alone(store, "lab"):
        with pytest.raises(Busy):
            way.work(Task("sync"))
        background = Background.over(store, ["lab"])
        background.pull(LAB, 20)
        until(lambda: any(worker._agenda.failures for worker in background._workers.values()))
        assert background.state.mark != "offline"
        assert getattr(background.state_of(LAB), "fetch", "") == "under way"
        background.close(0)
    with pytest.raises(Unreachable, match="nothing answers"):
        way.work(Task("sync"))


class Little:
    """What a server with one queue answers: two items, all labels taken, and later on that the queue was closed."""

    def __init__(self) -> None:
        self.state = "open"
        self.labels: list[str] = []
        self.given = 0
        self.refuses = False
        self.cuts = False

    def __call__(self, asked: Asked) -> Any:
        """The answer by path."""
        queue = page(1, 0).queue.model_copy(update={"state": self.state})
        match asked.path.partition("?")[0].split("/")[2:]:
            case ["queues"]:
                return {"queues": [queue.model_dump()]}
            case ["queues", _, "changes"]:
                return wire.Changes(queue=queue, changes=[]).model_dump()
            case ["queues", _, "leases"]:
                count = min(asked.json["wanted"], 2 - self.given)
                answer = page(self.given + 1, count).model_copy(
                    update={"queue": queue, "why": None if count else wire.Why(code="done", what="You have done all.")}
                )
                self.given += count
                return answer.model_dump()
            case ["labels"]:
                answers = [self._taken(label["id"]) for label in asked.json["labels"]]
                head = {"stream": asked.json["stream"], "seq": 0, "hash": ""}
                if asked.json["events"]:
                    head |= {"seq": asked.json["events"][-1]["seq"], "hash": asked.json["events"][-1]["hash"]}
                told = {"answers": answers, "head": head}
                return Said(b"{", length=100) if self.cuts else told
        return Said(b"nothing here", 404)

    def _taken(self, label: str) -> dict[str, str]:
        if self.refuses:
            return {"id": label, "answer": "refused", "reason": "it is not yours."}
        self.labels.append(label)
        return {"id": label, "answer": "accepted"}


@contextmanager
def little(store: Store) -> Iterator[Little]:
    """The little server, for which `store` works."""
    with serving() as scripted:
        answers = Little()
        for path in ("queues", f"queues/{THEIRS}/changes", f"queues/{THEIRS}/leases", "labels"):
            scripted.answers[f"/v1/{path}"] = answers
        known_remote(store, url=scripted.url, server=scripted.server)
        tokens.keep(store, "lab", "rvw_0123456789ab_" + "s" * 43)
        yield answers


def labelled(store: Store, *scores: int) -> None:
    """Gives the next items these scores."""
    sitting = Sitting.open(store, LAB, "whoever sits here")
    for score in scores:
        sitting.work.values |= {"safe": True}
        rate(sitting, score)
    sitting.close()


def test_the_whole_way_and_what_happens_when_it_ends_half_way(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    with little(store) as server:
        background = Background.over(store, ["lab"])
        until(lambda: background.state.mark == "synced")
        (offer,) = background.remote_queues()
        assert (offer.name, offer.here) == (LAB, False)
        background.pull(LAB, 2)
        assert heard(background) == ["2 items of lab/answers came in."]
        assert background.remote_queues()[0].here
        labelled(store, 4)
        background.wake(LAB)
        until(lambda: len(server.labels) == 1)
        until(lambda: background.state.mark == "synced")
        background.pull(LAB)
        until(lambda: getattr(background.state_of(LAB), "fetch", "") == "ended")
        assert getattr(background.state_of(LAB), "fetch_message", "") == "You have done all."
        server.cuts = True
        labelled(store, 5)
        background.wake(LAB)
        until(lambda: background.state.mark == "offline")
        assert len(set(server.labels)) == 2
        assert background.state.waiting == 1
        with store.reading() as connection:
            assert remotes.waiting(connection) == 1
        server.cuts = False
        background.sync_now()
        until(lambda: background.state.mark == "synced")
        assert background.state.waiting == 0
        assert len(set(server.labels)) == 2
        assert background.close(5)


def test_leaving_sends_what_waits_where_that_can_be_done(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    with little(store) as server:
        background = Background.over(store, ["lab"])
        background.pull(LAB, 2)
        until(lambda: getattr(background.state_of(LAB), "waiting", 1) == 0 and bool(background.news()))
        labelled(store, 4, 5)
        background.wake(LAB, 2)
        assert background.close(10)
        assert len(server.labels) == 2


def test_a_closed_queue_and_a_refused_label_are_told(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    with little(store) as server:
        background = Background.over(store, ["lab"])
        background.pull(LAB, 2)
        until(lambda: bool(background.news()))
        labelled(store, 4)
        server.refuses, server.state = True, "closed"
        background.sync_now()
        told = " ".join(heard(background))
        assert "A label was not taken by the server, and kept here: it is not yours." in told
        assert "'lab/answers' was closed: what you have labelled still counts" in told
        until(lambda: mark_words(background.state) == "✗ 1 refused")
        assert background.news() == []
        background.close(1)
