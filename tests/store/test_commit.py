"""A commit writes the label, head, assignment, counters and event, and ends the draft: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reviewer.ids import new_id, now
from reviewer.store import drafts, events, labels, queues, reading, stretches
from reviewer.store.connection import Store, transaction
from reviewer.store.figures import FIGURES
from reviewer.store.labels import NewLabel
from reviewer.store.queues import QueueRecord
from tests.store.child import ROOT, run
from tests.store.filling import ask, fill, fresh

__all__ = ["fresh", "labels", "transaction"]  # the children take them from here
pytestmark = pytest.mark.both_databases
TABLES = ("label", "label_head", "assignment", "draft", "progress", "stretch", "event")


def rater_of(store: Store, name: str) -> str:
    with store.writing() as connection:
        return queues.ensure_rater(connection, name)


def label(store: Store, queue: QueueRecord, rater: str, seq: int, **said: Any) -> NewLabel:
    with store.reading() as connection:
        task, rubric = ask(
            connection,
            "SELECT task.id, queue_rubric.rubric FROM task, queue_rubric WHERE position=? AND task.queue=?",
            seq,
            queue.id,
        ).fetchone()
    columns = {
        "id": new_id(),
        "queue": queue.id,
        "task": task,
        "rater": rater,
        "phase": "independent",
        "sample": 0,
        "outcome": "submitted",
        "rubric": rubric,
        "values": '{"score":3}',
        "rationale": "{}",
        "correction": "{}",
        "notes": None,
        "flags": "[]",
        "exposure": "none",
        "shown_order": "[]",
        "evidence": "{}",
        "confidence": None,
        "cost": None,
        "inputs": None,
        "active_ms": 1000,
        "idle_ms": 10,
        "device": store.device,
        "client_version": "0",
        "committed_at": now(),
        "source": "tui",
        "external_ref": None,
    }
    return NewLabel(columns | said, seq, new_id(), bool(said.get("flags", "[]") != "[]"))


def commit(store: Store, new: NewLabel) -> labels.Committed:
    with store.writing() as connection:
        return labels.commit(connection, new, stream=store.device)


def snapshot(path: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}


def consistent(store: Store | Path) -> list[str]:
    """Whatever does not hold in the store, which may be given by its file."""
    with closing(sqlite3.connect(store)) if isinstance(store, Path) else store.reading() as connection:
        faults = [fault.what for fault in events.verify(connection).faults]
        return faults + [fault for figure in FIGURES for fault in figure(connection)]


def test_a_commit_writes_all_that_belongs_together(store: Store) -> None:
    queue = fill(store, shuffle=False)
    ana = rater_of(store, "ana")
    new = label(store, queue, ana, 0, flags='["flagged"]')
    with store.writing() as connection:
        draft = drafts.NewDraft(
            new.columns["task"], ana, queue.id, store.device, "0", new.columns["rubric"], None, {"values": {"score": 2}}
        )
        assert drafts.save(connection, draft)
    assert commit(store, new) == labels.Committed(new.columns["id"], 1, False)
    with store.reading() as connection:
        mine = reading.read_mine(connection, new.columns["task"], ana)
        counters = reading.read_counters(connection, queue.id, ana)
        assert stretches.next_uncovered(connection, queue.id, ana, 0) == 1
    assert (mine.state, mine.flagged, mine.draft) == ("submitted", True, None)
    assert mine.head is not None
    assert (mine.head.label, mine.head.values, mine.head.revision) == (new.columns["id"], {"score": 3}, 1)
    assert counters == reading.Counters(submitted=1, flagged=1, active_ms=1000, idle_ms=10, here=0)
    assert consistent(store) == []


def test_a_change_is_a_revision_and_moves_the_counters(store: Store) -> None:
    queue = fill(store, shuffle=False)
    ana = rater_of(store, "ana")
    first, second = label(store, queue, ana, 0, flags='["flagged"]'), label(store, queue, ana, 0, outcome="skipped")
    commit(store, first)
    assert commit(store, second).revision == 2
    with store.reading() as connection:
        counters = reading.read_counters(connection, queue.id, ana)
        kept = connection.execute('SELECT revision, supersedes, "values" FROM label ORDER BY revision').fetchall()
    assert counters == reading.Counters(submitted=0, skipped=1, flagged=0, active_ms=2000, idle_ms=20)
    assert kept[0] == (1, "[]", '{"score":3}')
    assert kept[1][:2] == (2, f'["{first.columns["id"]}"]')
    assert consistent(store) == []


def test_phases_and_samples_have_heads_of_their_own(store: Store) -> None:
    queue = fill(store)
    ana = rater_of(store, "ana")
    assert commit(store, label(store, queue, ana, 0)).revision == 1
    assert commit(store, label(store, queue, ana, 0, phase="revote")).revision == 1
    assert commit(store, label(store, queue, ana, 0, sample=1)).revision == 1
    assert commit(store, label(store, queue, ana, 0, phase="revote")).revision == 2
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM label_head").fetchone()[0] == 3


def test_what_is_beyond_the_overlap_is_surplus(store: Store) -> None:
    queue = fill(store, overlap=2)
    raters = [rater_of(store, name) for name in ("ana", "bob", "cem", "dan")]
    assert [commit(store, label(store, queue, rater, 0)).surplus for rater in raters] == [False, False, True, True]
    # Who was in time stays so with a change, whoever came after them; who was late stays late.
    assert [commit(store, label(store, queue, rater, 0)).surplus for rater in raters] == [False, False, True, True]


def test_what_was_given_after_seeing_others_judgment_takes_no_place_and_is_beyond_none(store: Store) -> None:
    queue = fill(store, overlap=1, shuffle=False)
    ana, bob, cem, dan = (rater_of(store, name) for name in ("ana", "bob", "cem", "dan"))
    given = [(ana, "peers"), (bob, "none"), (cem, "judge"), (dan, "none")]
    surplus = [commit(store, label(store, queue, rater, 0, exposure=seen)).surplus for rater, seen in given]
    assert surplus == [False, False, False, True]
    assert consistent(store) == []


def test_a_skip_does_not_fill_a_task(store: Store) -> None:
    queue = fill(store, overlap=1)
    ana, bob, cem = (rater_of(store, name) for name in ("ana", "bob", "cem"))
    commit(store, label(store, queue, ana, 0, outcome="skipped"))
    assert not commit(store, label(store, queue, bob, 0)).surplus
    assert commit(store, label(store, queue, cem, 0, outcome="abstained")).surplus
    assert commit(store, label(store, queue, ana, 0)).surplus


def test_a_commit_ends_no_draft_of_a_newer_terminal(store: Store) -> None:
    queue = fill(store)
    ana = rater_of(store, "ana")
    new = label(store, queue, ana, 0)
    with store.writing() as connection:
        drafts.save(
            connection,
            drafts.NewDraft(
                new.columns["task"], ana, queue.id, store.device, "9", new.columns["rubric"], None, {"notes": "mine"}
            ),
        )
    commit(store, new)
    with store.reading() as connection:
        mine = reading.read_mine(connection, new.columns["task"], ana)
    assert mine.draft is not None
    assert mine.draft.document == {"notes": "mine"}


DIE_AT_EACH_STEP = """
import os, shutil, signal, sqlite3, sys
from pathlib import Path
import tests.store.test_commit as made
begun, folder = Path(sys.argv[1]), Path(sys.argv[2])

class Mortal(sqlite3.Connection):
    steps = 0
    last = 0
    def execute(self, *arguments):
        Mortal.steps += 1
        if Mortal.steps == Mortal.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments)

def commit_until(path, last):
    store = made.Store.open(path)
    new = made.label(store, made.the_queue(store), made.rater_of(store, "ana"), 1)
    Mortal.last = last
    driver = sqlite3.connect(store.path, isolation_level=None, factory=Mortal)
    driver.execute("BEGIN IMMEDIATE")
    made.labels.commit(driver, new, stream=store.device)
    driver.execute("COMMIT")
    driver.execute("SELECT 1")
    os._exit(0)

for step in range(1, 1000):
    path = folder / f"{step}.db"
    shutil.copy(begun, path)
    child = os.fork()
    if not child:
        commit_until(path, step)
    status = os.waitpid(child, 0)[1]
    print(step, os.waitstatus_to_exitcode(status))
    if status == 0:
        break
"""


def the_queue(store: Store) -> QueueRecord:
    with store.reading() as connection:
        return queues.all_queues(connection)[0]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = fresh(tmp_path_factory.mktemp("begun") / "home")
    queue = fill(store, shuffle=False)
    commit(store, label(store, queue, rater_of(store, "ana"), 0))
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.path


@pytest.mark.only_a_file
def test_a_kill_at_any_step_of_a_commit_leaves_all_of_it_or_nothing(begun: Path, tmp_path: Path) -> None:
    deaths = [line.split() for line in run(DIE_AT_EACH_STEP, str(begun), str(tmp_path)).splitlines()]
    *killed, (alive, code) = deaths
    assert code == "0"
    assert {code for _, code in killed} == {str(-signal.SIGKILL)}
    assert len(killed) > 12
    before = snapshot(begun)
    for step, _ in killed[:-1]:  # the last death comes after the commit
        path = tmp_path / f"{step}.db"
        Store.open(path)
        assert snapshot(path) == before
        assert consistent(path) == []
    for step in (killed[-1][0], alive):
        path = tmp_path / f"{step}.db"
        assert len(snapshot(path)["label"]) == len(before["label"]) + 1
        assert consistent(path) == []


FILL_THE_DISK = """
import sys, subprocess, os, shutil
from pathlib import Path
import tests.store.test_commit as made
from reviewer.store.troubles import StoreTrouble
path, bound = Path(sys.argv[1]), sys.argv[2] == "tmpfs"
if bound:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)], check=True)
store = made.fresh(path / "home")
queue = made.fill(store, items=40, shuffle=False)
ana = made.rater_of(store, "ana")
connection = store.connect()
if bound:
    (path / "ballast").write_bytes(b"x" * (os.statvfs(path).f_bavail * os.statvfs(path).f_frsize - 200_000))
else:
    connection.execute("PRAGMA max_page_count=%d" % (connection.execute("PRAGMA page_count").fetchone()[0] + 4))
saved, said = 0, ""
for seq in range(40):
    new = made.label(store, queue, ana, seq, notes="x" * 12_000)
    try:
        with made.transaction(connection, store.path):
            made.labels.commit(connection, new, stream=store.device)
        saved += 1
    except StoreTrouble as error:
        said = str(error)
        break
if bound:
    (path / "ballast").unlink()
else:
    connection.execute("PRAGMA max_page_count=100000")
faults = made.consistent(store.path)
kept = len(made.snapshot(store.path)["label"])
with made.transaction(connection, store.path):
    made.labels.commit(connection, new, stream=store.device)
print("\\n".join([said, str(faults), str(kept == saved), str(len(made.snapshot(store.path)["label"]) == saved + 1)]))
"""


def can_mount() -> bool:
    if os.getuid() or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.only_a_file
def test_a_full_disk_costs_nothing_that_was_saved(tmp_path: Path) -> None:
    said = filled_disk(tmp_path)
    assert "the disk is full. Make room; what you typed is kept, then submit again." in said[0]
    assert said[1:] == ["[]", "True", "True"]


def filled_disk(folder: Path) -> list[str]:
    """What the child says of a disk that fills: a real one where this process may mount one."""
    real = can_mount()
    before = ["unshare", "-m"] if real else []
    child = subprocess.run(
        [*before, sys.executable, "-c", FILL_THE_DISK, str(folder), "tmpfs" if real else "pages"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return child.stdout.splitlines()
