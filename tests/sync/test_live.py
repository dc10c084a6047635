"""News of a real server at a device that is at work: at once, and again after the server was gone."""

from __future__ import annotations

from pathlib import Path

from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.sync.background import Background
from tests.store.filling import fill, fresh, record
from tests.sync.lines import until
from tests.sync.served import Worker, device, team_on


def set_state(store: Store, state: str) -> None:
    """Closes or opens the queue, as whoever leads it does."""
    store.transact(
        lambda driver: queues.change(
            driver, record(store), stream=store.device, actor="lead", action="queue.changed", state=state
        )
    )


def test_what_happens_is_known_at_once_and_a_server_that_is_back_is_noticed(tmp_path: Path) -> None:
    store = fresh(tmp_path / "server")
    fill(store, items=4)
    with team_on(store) as team:
        ana = Worker.of(team, device(tmp_path / "laptop"))
        ana.pull(2)
        state = "SELECT state FROM queue"
        background = Background.over(ana.store, ["team"])
        try:
            until(lambda: background.state.mark == "synced")
            set_state(team.store, "closed")
            until(lambda: ana.rows(state) == [("closed",)])
            port = team.stop(kill=True)
            background.sync_now()
            until(lambda: background.state.mark == "offline")
            set_state(team.store, "open")
            team.start(port)
            until(lambda: ana.rows(state) == [("open",)])
            until(lambda: background.state.mark == "synced")
        finally:
            background.close(5)
