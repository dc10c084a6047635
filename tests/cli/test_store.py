from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.store.connection import Store, schema_of
from reviewer.store.version import SCHEMA_VERSION
from tests.cli.running import Command, commands
from tests.store.child import run
from tests.store.filling import fill, fresh, rate, sit


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    fill(store)
    return store


def test_a_backup_can_take_the_stores_place(reviewer: Command, store: Store, tmp_path: Path) -> None:
    sitting = sit(store)
    rate(sitting, 1, 2)
    target = tmp_path / "copy.db"
    ran = reviewer("store", "backup", str(target))
    assert ran.code == 0
    assert str(target) in ran.out
    assert ran.err == ""  # no bar where nobody looks
    rate(sitting, 3)
    assert sitting.close()
    home = tmp_path / "other"
    home.mkdir(mode=0o700)
    target.rename(home / "reviewer.db")
    again = sit(Store.open(home / "reviewer.db"))
    assert again.standing.done == 2
    assert again.close()


def test_a_backup_overwrites_nothing(reviewer: Command, store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    told = reviewer("store", "backup", str(target), "--json").json
    assert told == {"file": str(target), "bytes": target.stat().st_size}
    before = target.read_bytes()
    ran = reviewer("store", "backup", str(target))
    assert ran.code == 3
    assert "nothing was written" in ran.err
    assert target.read_bytes() == before
    assert reviewer("store", "backup", str(store.path)).code == 3
    assert "no such folder" in reviewer("store", "backup", str(tmp_path / "none" / "copy.db")).err


def test_no_store_no_copy(reviewer: Command, tmp_path: Path) -> None:
    ran = reviewer("store", "backup", str(tmp_path / "copy.db"))
    assert ran.code == 3
    assert "no store here yet" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_backup_loads_no_alembic(store: Store, tmp_path: Path) -> None:
    code = """
import sys
from reviewer.cli import run
assert run(["--home", sys.argv[1], "store", "backup", sys.argv[2]]) == 0
print("alembic" in sys.modules)
"""
    said = run(code, str(store.path.parent), str(tmp_path / "copy.db"))
    assert said.splitlines()[-1] == "False"


def test_upgrade_has_nothing_to_do(reviewer: Command, store: Store) -> None:
    assert f"has schema {SCHEMA_VERSION} already" in reviewer("store", "upgrade").out
    told = reviewer("store", "upgrade", "--json").json
    assert told == {"from": SCHEMA_VERSION, "to": SCHEMA_VERSION, "copy": None}
    assert schema_of(store.path) == SCHEMA_VERSION
    assert not list(store.path.parent.glob("*before*"))


def test_upgrade_refuses_a_newer_store(reviewer: Command, store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    ran = reviewer("store", "upgrade")
    assert ran.code == 3
    assert "newer Reviewer" in ran.err


def test_upgrade_without_a_store(reviewer: Command) -> None:
    assert reviewer("store", "upgrade").code == 3
