"""A store that was recorded before there was a server: it opens, and works for one.

`wire_1/before.sql` was written by the program of the third schema: a queue of five items, three of them labelled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.store import events
from reviewer.store.connection import Store, schema_of
from reviewer.store.health import examine
from reviewer.store.version import SCHEMA_VERSION
from tests.store.filling import fill, fresh, rate, sit
from tests.sync.served import Team, Worker, team_on

RECORDED = Path(__file__).parent / "wire_1" / "before.sql"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    store = fresh(tmp_path / "server")
    fill(store, items=6)
    with team_on(store) as team:
        yield team
    assert team.is_sound()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    home = tmp_path / "laptop"
    home.mkdir(mode=0o700)
    path = home / "reviewer.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(RECORDED.read_text(encoding="utf-8"))
    path.chmod(0o600)
    assert schema_of(path) == 3
    return path


def test_a_store_of_before_opens_and_works_for_a_server(team: Team, path: Path) -> None:
    store = Store.open(path)
    assert schema_of(path) == SCHEMA_VERSION
    ana = Worker.of(team, store)
    assert ana.pull(4).new == 4
    ana.rate(5, 4)
    synced = ana.sync()
    assert (synced.pushed.sent, synced.waiting, synced.refused) == (2, 0, 0)
    assert team.rows("SELECT count(*) FROM label") == [(2,)]
    # What was labelled before is as it was, goes to nobody, and goes on.
    assert ana.rows("SELECT count(*) FROM outbox") == [(2,)]
    sitting = sit(store, "ana", "kyc")
    assert sitting.walk.size == 5
    rate(sitting, 4, 5)
    assert sitting.close()
    said = "SELECT count(*) FROM label WHERE queue = (SELECT id FROM queue WHERE name = 'kyc')"
    assert ana.rows(said) == [(5,)]
    assert ana.sync().pushed.sent == 0
    with store.reading() as connection:
        assert not events.verify(connection).faults
    assert [finding for finding in examine(store) if finding.status == "fail"] == []
