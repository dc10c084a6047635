from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.errors import BadInput
from reviewer.store import events
from reviewer.store.backup import back_up
from reviewer.store.connection import Store
from reviewer.store.troubles import StoreTrouble
from tests.store.child import start
from tests.store.filling import fill, rate, sit

WRITES_ON = """
import sys
from pathlib import Path
from reviewer.store.connection import Store, transaction
store = Store.open(Path(sys.argv[1]))
connection = store.connect()
number = 0
while True:
    with transaction(connection, store.path):
        connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (f"left {number}", "x" * 3000))
        connection.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (f"right {number}", "x" * 3000))
    number += 1
    print(number, flush=True)
"""


def test_a_copy_holds_what_the_store_holds(store: Store, tmp_path: Path) -> None:
    fill(store)
    sitting = sit(store)
    rate(sitting, 1, 2, 3)
    target = tmp_path / "copy.db"
    back_up(store.path, target)
    assert sitting.close()
    assert target.stat().st_mode & 0o777 == 0o600
    copy = Store.open(target, create=False)
    assert (copy.identity, copy.device) == (store.identity, store.device)
    with copy.reading() as connection:
        seen = events.verify(connection)
    assert (seen.labels, seen.faults) == (3, [])
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["copy.db"]


def test_a_copy_is_one_moment_while_others_write(store: Store, tmp_path: Path) -> None:
    child = start(WRITES_ON, str(store.path))
    try:
        assert child.stdout is not None
        for _ in range(20):
            child.stdout.readline()
        for number in range(3):
            back_up(store.path, tmp_path / f"{number}.db")
            child.stdout.readline()
    finally:
        child.kill()
        child.communicate()
    for number in range(3):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            keys = [key for (key,) in connection.execute("SELECT key FROM meta")]
        left, right = ({key.split()[1] for key in keys if key.startswith(side)} for side in ("left", "right"))
        assert left == right
        assert len(left) >= 20


def test_progress_is_told_to_the_end(store: Store, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    back_up(store.path, tmp_path / "copy.db", lambda done, total: told.append((done, total)))
    assert told
    assert told[-1][0] == told[-1][1] > 0


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_nothing_is_overwritten(store: Store, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "copy.db"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="nothing was written"):
        back_up(store.path, target)
    assert kind != "file" or target.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"copy.db", "home"}


def test_a_copy_needs_a_folder_that_is_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        back_up(store.path, tmp_path / "none" / "copy.db")


def test_what_cannot_be_read_makes_no_copy(tmp_path: Path) -> None:
    source = tmp_path / "reviewer.db"
    source.write_bytes(b"no database at all " * 100)
    with pytest.raises(StoreTrouble, match="no Reviewer store"):
        back_up(source, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir()] == ["reviewer.db"]
