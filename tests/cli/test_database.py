"""The commands that are given a store in a database by its address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.store.postgres import open_database
from reviewer.store.version import SCHEMA_VERSION
from tests.cli.running import Command, commands
from tests.databases import Databases
from tests.postgres import database
from tests.store.filling import fill, rate, sit


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    with database(databases.server) as url:
        yield url


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


def test_a_database_is_made_filled_and_examined(url: str, tmp_path: Path, reviewer: Command) -> None:
    made = reviewer("store", "upgrade", "--database", url)
    assert made.out == f"The database holds a store now, of schema {SCHEMA_VERSION}.\n"
    again = reviewer("store", "upgrade", "--database", url, "--json")
    assert again.json == {"from": SCHEMA_VERSION, "to": SCHEMA_VERSION, "copy": None}
    store = open_database(url)
    fill(store, items=3)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert sitting.close()
    store.close()

    verified = reviewer("audit", "verify", "--database", url, "--json").json
    assert (verified["labels"], verified["holds"]) == (2, True)
    examined = reviewer("doctor", "--database", url, "--json").json
    findings = {finding["name"]: finding["status"] for finding in examined["findings"]}
    assert findings["store"] == findings["event log"] == findings["counts"] == "ok"
    assert not (tmp_path / "home" / "reviewer.db").exists()


def test_an_empty_database_is_told_with_its_mend(url: str, reviewer: Command) -> None:
    verified = reviewer("audit", "verify", "--database", url)
    assert verified.code == 3
    assert "there is no store in this database yet" in verified.err
    assert "reviewer store upgrade --database" in verified.err
    assert reviewer("doctor", "--database", url).code == 3
    assert reviewer("store", "upgrade", "--database", "labels.db").code == 2
