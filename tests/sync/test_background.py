"""Syncing in the background: no call waits for a server, and what waits for it is kept and tried again."""

from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest

from reviewer.sync.background import Background
from reviewer.sync.worker import Heard, News, Offer, ShutOut
from tests.sync.lines import Ready, Wire, black_hole, nobody_there, until


def test_nothing_waits_for_a_server_that_never_answers() -> None:
    with black_hole() as address:
        wire = Wire(address)
        background = Background(["lab"], lambda _: wire)
        until(lambda: wire.begun == 1)
        background.wake("lab/a")
        background.pull("lab/a", 50)
        background.sync_now()
        state = background.state_of("lab/a")
        assert state is not None
        assert (state.mark, state.waiting, state.fetch) == ("syncing", 1, "under way")
        assert background.state_of("here") is None
        assert background.state_of("other/a") is None
        assert background.news() == []
        assert background.close(0.05) is False
        assert wire.begun == 1
    background.close(5)


def test_out_of_reach_is_told_and_tried_again_when_somebody_asks() -> None:
    address = nobody_there()
    wire = Wire(address)
    changes = threading.Event()
    background = Background(["lab"], lambda _: wire)
    background.on_change = changes.set
    until(lambda: background.state.mark == "offline")
    background.pull("lab/a", 50)
    state = background.state_of("lab/a")
    assert state is not None
    assert state.fetch == "offline"
    assert changes.is_set()
    begun = wire.begun
    background.sync_now()
    until(lambda: bool(background.news("lab/b")))
    assert wire.begun > begun
    with closing(socket.create_server(address)) as listening:
        background.sync_now()
        for _ in range(2):  # the sync, then the items that were wanted
            connection, _ = listening.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"!")
        until(lambda: background.state.mark == "synced")
        assert [task.what for task in wire.tasks[-2:]] == ["sync", "pull"]
        assert wire.tasks[-1].wanted == 50
        assert background.news() == ["Synced: nothing was waiting to be sent."]
        assert background.close(5)


def test_news_are_told_once_to_whom_they_concern() -> None:
    way = Ready()
    news = (News("lab/a", "2 items were recalled."), News("", "The server restarts at noon."))
    way.answers["sync"] = Heard(news=news, offers=(Offer("lab/c", "rating", "open", here=False),))
    background = Background(["lab"], lambda _: way)
    until(lambda: background.state.mark == "synced")
    assert background.news("lab/b") == ["The server restarts at noon."]
    assert background.news("lab/a") == ["2 items were recalled."]
    assert background.news() == []
    assert [offer.name for offer in background.remote_queues()] == ["lab/c"]
    assert background.close(5)


def test_why_there_is_no_more_is_kept() -> None:
    way = Ready()
    way.answers["pull"] = Heard(why="Others hold what is left until Monday.")
    background = Background(["lab"], lambda _: way)
    background.pull("lab/a")
    until(lambda: getattr(background.state_of("lab/a"), "fetch", "") == "ended")
    state = background.state_of("lab/a")
    assert state is not None
    assert state.fetch_message == "Others hold what is left until Monday."
    assert background.close(5)


def test_a_token_that_is_not_let_in_is_told_once_and_shown() -> None:
    way = Ready()
    way.answers["sync"] = ShutOut("the server does not know this token.", mend="Ask for another one.")
    background = Background(["lab"], lambda _: way)
    until(lambda: background.state.mark == "refused")
    assert background.state.message == "the server does not know this token. Ask for another one."
    assert background.news() == ["the server does not know this token. Ask for another one."]
    background.close(5)


def test_a_defect_silences_nothing() -> None:
    way = Ready()
    way.answers["sync"] = ZeroDivisionError("no")
    background = Background(["lab"], lambda _: way)
    until(lambda: background.state.mark == "offline")
    assert "ZeroDivisionError" in background.state.message
    way.answers.clear()
    background.sync_now()
    until(lambda: background.state.mark == "synced")
    assert background.close(5)


@pytest.mark.parametrize("saved", [0, 3])
def test_leaving_sends_what_waits(saved: int) -> None:
    way = Ready()
    background = Background(["lab"], lambda _: way)
    until(lambda: background.state.mark == "synced")
    way.waiting = {"lab/a": (saved, 0)}
    for _ in range(saved):
        background.wake("lab/a")
    assert background.close(5)
    assert [task.what for task in way.tasks].count("push") == bool(saved)


def test_all_remotes_together_show_the_worst() -> None:
    ways = {"lab": Ready(), "ward": Ready()}
    ways["ward"].waiting = {"ward/a": (0, 2)}
    background = Background(["lab", "ward"], ways.__getitem__)
    until(lambda: {task.what for way in ways.values() for task in way.tasks} == {"sync"})
    until(lambda: background.state.mark == "refused")
    assert background.state.refused == 2
    until(lambda: getattr(background.state_of("lab/a"), "mark", "") == "synced")
    assert background.close(5)
