from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.store.filling import fill, fresh, rate, sit


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    fill(store)
    sitting = sit(store, "ana")
    rate(sitting, 1, 2)
    sitting.skip("too long")
    assert sitting.close()
    return store


def by_hand(store: Store, statement: str) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_a_log_that_holds(reviewer: Command, store: Store) -> None:
    ran = reviewer("audit", "verify")
    assert ran.code == 0
    assert "6 events, 3 labels" in ran.out
    assert f"head   {store.device}" in ran.out
    assert ran.out.endswith("Everything holds.\n")
    told = reviewer("audit", "verify", "--json").json
    assert (told["events"], told["labels"], told["faults"], told["holds"]) == (6, 3, [], True)
    assert told["heads"][store.device] in ran.out


def test_every_fault_is_named(reviewer: Command, store: Store) -> None:
    by_hand(store, "UPDATE label SET notes='changed' WHERE revision=1 AND outcome='submitted'")
    by_hand(store, "UPDATE event SET at='2020' WHERE seq=1")
    ran = reviewer("audit", "verify")
    assert ran.code == 1
    assert ran.out.count("fault") == 3
    assert ran.out.count("is not what was committed") == 2
    assert "event 1: it was changed after it was written" in ran.out
    assert "Everything holds" not in ran.out
    assert "3 faults" in ran.err
    told = reviewer("audit", "verify", "--json")
    assert (told.code, told.json["holds"], len(told.json["faults"])) == (1, False, 3)
    assert {fault["seq"] for fault in told.json["faults"]} == {1, 4, 5}


def test_what_cannot_be_read(reviewer: Command, store: Store) -> None:
    store.path.write_bytes(b"no database")
    for name in ("verify", "show"):
        ran = reviewer("audit", name)
        assert ran.code == 3
        assert "no Reviewer store" in ran.err


@pytest.mark.usefixtures("store")
def test_show_names_who_what_and_where(reviewer: Command) -> None:
    lines = reviewer("audit", "show").out.splitlines()
    assert [line.split()[3] for line in lines] == [
        "queue.created",
        "queue.rubric",
        "items.imported",
        "label.submitted",
        "label.submitted",
        "label.skipped",
    ]
    assert "lead" in lines[0]
    assert "queue kyc" in lines[0]
    assert "tasks 5" in lines[2]
    assert "  ana  " in lines[3]
    assert "queue kyc, task " in lines[3]
    assert "revision 1" in lines[3]


@pytest.mark.usefixtures("store")
def test_show_of_one_subject_and_of_the_last(reviewer: Command) -> None:
    events = reviewer("audit", "show", "--json").json["events"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[-1]["actor_name"] == "ana"
    assert events[-1]["data"]["revision"] == 1
    last = reviewer("audit", "show", "--last", "2", "--json").json["events"]
    assert last == events[-2:]
    label = events[3]["subject"]
    assert reviewer("audit", "show", "--subject", label, "--json").json["events"] == [events[3]]
    assert "No event of this subject" in reviewer("audit", "show", "--subject", "nobody").out
    assert reviewer("audit", "show", "--last", "0").code == 2


def test_an_empty_log(reviewer: Command, tmp_path: Path) -> None:
    fresh(tmp_path / "home")
    assert reviewer("audit", "show").out == "Nothing has happened yet.\n"
    assert reviewer("audit", "verify").code == 0


@pytest.mark.usefixtures("store")
def test_items_are_named_only_where_nobody_is_blind(reviewer: Command) -> None:
    for as_json in ([], ["--json"]):
        out = reviewer("audit", "show", *as_json).out
        assert "item-0" not in out
        assert "model-0" not in out
    reviewer("queue", "reveal", "kyc", "--reason", "done")
    lines = reviewer("audit", "show").out.splitlines()
    assert "item item-000" in lines[3]
    assert "reason done" in lines[-1]
    assert not any("model-0" in line for line in lines)


@pytest.mark.usefixtures("store")
def test_hostile_reasons_are_made_visible(reviewer: Command) -> None:
    reviewer("queue", "reveal", "kyc", "--reason", "be\x1b[2Jware")
    ran = reviewer("audit", "show")
    assert "ware" in ran.out
    assert "\x1b" not in ran.out
