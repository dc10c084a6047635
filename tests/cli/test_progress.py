"""`reviewer progress`: how far a team is, in a store and over the wire."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import null

from reviewer.store.connection import Store
from reviewer.sync.remotes import add
from tests.cli.running import Command, commands
from tests.server.serving import ROOT, RUN, Server, served
from tests.store.filling import fill, fresh, rate, sit
from tests.sync.served import device

TASKS, OVERLAP, LEASED = 5, 2, 2


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A queue of which ana has rated three of five tasks."""
    store = fresh(tmp_path / "home")
    fill(store, items=TASKS, overlap=OVERLAP)
    sitting = sit(store, "ana")
    rate(sitting, 1, 2, 3)
    sitting.close()
    return store


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)


def without_pace(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(one["name"], one["submitted"], one["leased"], one["last_at"] is not None) for one in told["raters"]]


def test_labels_and_leases_are_counted_by_rater(reviewer: Command, store: Store, tmp_path: Path) -> None:
    with served(store, tmp_path / "logs") as server:
        ben = server.device("ben")
        ben.lease(ben.queues()[0].id, LEASED)
    told = reviewer("progress", "kyc", "--json").json
    assert without_pace(told) == [("ana", 3, 0, True), ("ben", 0, LEASED, False)]
    counted = {name: told[name] for name in ("name", "state", "tasks", "overlap", "wanted", "submitted", "leased")}
    assert counted == {
        "name": "kyc",
        "state": "open",
        "tasks": TASKS,
        "overlap": OVERLAP,
        "wanted": TASKS * OVERLAP,
        "submitted": 3,
        "leased": LEASED,
    }
    said = reviewer("progress", "kyc").out
    assert "kyc: open, 5 tasks, 2 raters each." in said
    assert "3 of 10 labels are there (30%), 2 more are leased." in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.usefixtures("store")
def test_of_a_queue_that_is_not_there_it_says_so(reviewer: Command) -> None:
    for name in ("nope", "team/kyc", ""):
        ran = reviewer("progress", name)
        assert (ran.code, ran.out) == (3, "")
        assert f"there is no queue '{name}'" in ran.err
    assert reviewer("progress", "kyc", "--watch").code == 2


def test_each_change_is_a_line_for_a_program(store: Store, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, "--home", str(tmp_path / "home"), "progress", "kyc", "--watch", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        sitting = sit(store, "ana")
        rate(sitting, 4)
        sitting.close()
        second = json.loads(watching.stdout.readline())
        watching.kill()
    assert (first["submitted"], second["submitted"]) == (3, 4)


@pytest.mark.usefixtures("no_keyring")
def test_a_lead_asks_the_server_and_a_rater_is_refused(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(store, tmp_path / "logs") as server:
        lead = commands(joined(server, tmp_path / "lead", "lea", "lead"), capsys)
        assert without_pace(lead("progress", "team/kyc", "--json").json) == [("ana", 3, 0, True)]
        ran = lead("progress", "team/nope")
        assert (ran.code, "no queue 'nope'" in ran.err) == (3, True)
        rater = commands(joined(server, tmp_path / "rater", "ben", "rater"), capsys)("progress", "team/kyc")
        assert (rater.code, rater.out) == (4, "")
        assert "your role on the server is rater" in rater.err


def joined(server: Server, home: Path, name: str, role: str) -> Path:
    """A device's home whose remote `team` is the server."""
    home.mkdir(mode=0o700)
    add(device(home), "team", server.url, server.token(name, role))
    return home
