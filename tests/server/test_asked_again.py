"""A store that others hold for too long: the server says to ask again, the client does, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import keyring
import pytest
from keyring.backends import null

from reviewer.store import holding
from reviewer.store.postgres import PostgresStore
from reviewer.sync.pulling import pull, their_queue
from reviewer.sync.pushing import push
from reviewer.sync.remotes import add, connect
from tests.databases import Databases
from tests.server.serving import Server, served
from tests.store.filling import fill
from tests.sync.lines import until
from tests.sync.served import Worker, device

_WAITS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND pid != pg_backend_pid()"
)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)


def give_up_waiting(store: PostgresStore) -> None:
    """Ends the wait of who waits for a row, as the time that it may last does."""
    with closing(store.connect()) as connection:
        until(lambda: connection.execute(_WAITS).fetchone() is not None)
        for (process,) in connection.execute(_WAITS).fetchall():
            connection.execute("SELECT pg_cancel_backend(%s)", (process,))


@pytest.fixture
def store(databases: Databases) -> Iterator[PostgresStore]:
    with databases.in_use():
        store = databases.fresh()
        fill(store, items=6)
        yield store


@pytest.mark.parametrize("what", ["push", "pull"])
def test_what_waited_too_long_for_a_row_is_asked_again(store: PostgresStore, tmp_path: Path, what: str) -> None:
    with served(store, tmp_path / "logs") as server, ThreadPoolExecutor(1) as pool:
        laptop = device(tmp_path / "laptop")
        ana = Worker(laptop, add(laptop, "team", server.url, server.token("ana")))
        ana.pull(3)
        ana.rate(1, 2, 3)

        def work() -> int:
            with connect(laptop, ana.now()) as client:
                if what == "push":
                    return push(laptop, client, ana.now()).sent
                return pull(laptop, client, ana.now(), their_queue(ana.remote, client.queues(), "kyc"), 3).new

        with store.writing() as connection:
            holding.rater(connection, ana.remote.rater)
            asked = pool.submit(work)
            give_up_waiting(store)
            until(lambda: 503 in statuses(server))
            assert not asked.done()
        assert asked.result() == 3
        assert [status for status in statuses(server) if status != 200] == [503]
        (trouble,) = (line for line in server.logged() if line["level"] == "error")
        assert (trouble["event"], trouble["what"]) == ("store", "another program holds the store.")
    assert ana.rows("SELECT count(*) FROM outbox WHERE state = 'refused'") == [(0,)]


def statuses(server: Server) -> list[int]:
    """How the server has answered so far."""
    return [line["status"] for line in server.logged() if line["event"] == "request"]
