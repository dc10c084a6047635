"""Whatever is changed by hand beside the labels is found, and nothing is found where nobody did."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.store.connection import Store
from reviewer.store.file_systems import file_system_of
from reviewer.store.health import Finding, examine, examine_file, worst
from reviewer.store.intake import Intake
from reviewer.store.troubles import StoreTrouble
from tests.store.filling import add_items, fill, fresh, new_item, rate, record, sit

CHECKS = ["integrity", "references", "event log", "counts", "imports", "journal"]


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which all happened that may: two batches, changes, skips, flags, drafts, passing over, a recall."""
    store = fresh(tmp_path_factory.mktemp("worked") / "home")
    queue = fill(store, items=12, overlap=1)
    ana = sit(store, "ana")
    ana.toggle_flag()
    rate(ana, 1, 2, 3)
    ana.undo()
    rate(ana, 5)
    ana.skip("too long")
    ana.abstain("not my field")
    ana.work.notes = "later"
    ana.touch()
    assert ana.close()
    bob = sit(store, "bob")
    rate(bob, 3, 3)
    bob.go_to(0)
    rate(bob, 2)
    assert bob.close()
    add_items(store, queue, [new_item(5, text="Another answer."), new_item(40), new_item(41)], revise=True)
    cem = sit(store, "cem")
    rate(cem, 4)
    assert cem.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.path


@pytest.fixture
def store(worked: Path, tmp_path: Path) -> Store:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copy(worked, home / "reviewer.db")
    return Store.open(home / "reviewer.db")


def by_hand(store: Store, *statements: str) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0


def found(store: Store) -> dict[str, Finding]:
    findings = {finding.name: finding for finding in examine(store)}
    assert list(findings) == CHECKS
    return findings


def failing(store: Store) -> set[str]:
    return {finding.name for finding in found(store).values() if finding.status == "fail"}


def test_a_store_at_work_is_well(store: Store) -> None:
    findings = list(found(store).values())
    assert [finding for finding in findings if finding.status != "ok"] == []
    assert worst(findings) == "ok"
    assert "labels" in findings[2].what


def test_an_empty_store_is_well(tmp_path: Path) -> None:
    assert worst(list(examine(fresh(tmp_path / "home")))) == "ok"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE progress SET submitted = submitted + 1 WHERE submitted > 0", "are kept"),
        ("UPDATE progress SET flagged = flagged + 1", "flagged"),
        ("UPDATE progress SET passed = passed + 1", "passed over"),
        ("DELETE FROM progress WHERE submitted > 0", "no progress is kept"),
        ("DELETE FROM stretch", "would be asked again"),
        ("UPDATE stretch SET last = last + 1", "closed"),
        ("UPDATE stretch SET last = last + 100", "outside the queue"),
        ("INSERT INTO stretch SELECT queue, rater, last + 1, last + 1 FROM stretch LIMIT 1", "meet"),
        ("UPDATE assignment SET state = 'skipped' WHERE state = 'submitted'", "not what their label says"),
        ("UPDATE assignment SET state = 'open' WHERE state = 'submitted'", "not marked as done"),
        ("UPDATE assignment SET seq = seq + 1", "not the task's own"),
        ("DELETE FROM assignment", "not marked as done"),
        ("UPDATE assignment SET flagged = 1 - flagged", "flagged"),
        ("DELETE FROM label_head", "no head leads to"),
        (
            "UPDATE label_head SET label = (SELECT id FROM label l WHERE l.task = label_head.task AND l.rater ="
            " label_head.rater AND l.revision = 1) WHERE label IN (SELECT id FROM label WHERE revision = 2)",
            "not their last revision",
        ),
        ("UPDATE queue SET size = size + 1", "publishes"),
        ("UPDATE queue SET size = size - 1", "end at"),
        ("UPDATE queue SET seed = seed || 'x'", "not the task's own"),
        ("UPDATE batch SET size = size - 1 WHERE first = 0", "gap in its batches"),
        ("DELETE FROM batch WHERE first > 0", "end at"),
        ("UPDATE task SET position = position + 1000 WHERE position = 3", "publishes"),
        ("UPDATE dataset SET size = size + 1", "publishes"),
    ],
)
def test_what_does_not_follow_from_the_labels_is_told(store: Store, statement: str, said: str) -> None:
    by_hand(store, statement)
    finding = found(store)["counts"]
    assert finding.status == "fail"
    assert said in finding.what
    assert finding.mend


def test_a_changed_label_is_told(store: Store) -> None:
    by_hand(store, "UPDATE label SET notes = 'changed'")
    finding = found(store)["event log"]
    assert finding.status == "fail"
    assert "not what was committed" in finding.what
    assert "audit verify" in finding.mend


def test_a_row_that_refers_to_nothing_is_told(store: Store) -> None:
    by_hand(store, "DELETE FROM item WHERE id IN (SELECT item FROM task WHERE position = 0)")
    finding = found(store)["references"]
    assert finding.status == "fail"
    assert "item" in finding.what


def test_what_a_killed_import_left_is_told(store: Store) -> None:
    intake = Intake(store, record(store), actor="lead")
    with intake:
        intake.add([new_item(100), new_item(101)])
        intake._settle()
        finding = found(store)["imports"]
        assert finding.status == "warn"
        assert "2 tasks" in finding.what
    assert failing(store) == set()
    assert found(store)["imports"].status == "ok"


def test_a_journal_of_another_mode_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_NETWORK_FILE_SYSTEMS", file_system_of(store.path))
    assert found(store)["journal"].status == "fail"
    by_hand(store, "PRAGMA journal_mode=DELETE")
    assert found(store)["journal"].status == "ok"
    monkeypatch.delenv("REVIEWER_NETWORK_FILE_SYSTEMS")
    assert found(store)["journal"].status == "warn"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), noise=st.binary(min_size=8, max_size=300))
def test_damage_gives_findings_and_no_exception(worked: Path, tmp_path: Path, at: float, noise: bytes) -> None:
    path = tmp_path / "reviewer.db"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    content = bytearray(worked.read_bytes())
    begin = int(at * (len(content) - len(noise)))
    content[begin : begin + len(noise)] = noise
    path.write_bytes(content)
    try:
        damaged = Store.open(path)
    except StoreTrouble:
        return
    for finding in examine(damaged):
        assert finding.status == "ok" or finding.what


@pytest.mark.parametrize("page", [2, 3, 5, 9, 14])
def test_a_page_of_noise_is_found(store: Store, page: int) -> None:
    content = bytearray(store.path.read_bytes())
    content[4096 * page : 4096 * (page + 1)] = os.urandom(4096)
    store.path.write_bytes(content)
    assert "integrity" in failing(store)


def outside(store: Store) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_file(store.path.parent, store.path)}


def test_the_file_from_outside(store: Store) -> None:
    store.path.chmod(0o600)
    findings = outside(store)
    assert list(findings) == ["rights", "file system", "disk"]
    assert {finding.status for finding in findings.values()} == {"ok"}
    assert file_system_of(store.path) in findings["file system"].what
    assert "MB are free" in findings["disk"].what


@pytest.mark.parametrize(("name", "mode"), [(".", 0o755), ("reviewer.db", 0o640)])
def test_rights_of_others_are_told(store: Store, name: str, mode: int) -> None:
    store.path.chmod(0o600)
    (store.path.parent / name).chmod(mode)
    finding = outside(store)["rights"]
    assert finding.status == "warn"
    assert str(store.path.parent / name) in finding.what
    assert finding.mend.startswith("chmod go-rwx ")


def test_a_network_file_system_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_NETWORK_FILE_SYSTEMS", file_system_of(store.path))
    finding = outside(store)["file system"]
    assert finding.status == "warn"
    assert "network file system" in finding.what


def test_the_worst_decides() -> None:
    ok, warn, fail = (Finding("a", status, "…") for status in ("ok", "warn", "fail"))
    assert worst([]) == "ok"
    assert worst([ok, warn]) == "warn"
    assert worst([fail, warn, ok]) == "fail"
    assert fail.to_json() == {"name": "a", "status": "fail", "what": "…", "mend": ""}
