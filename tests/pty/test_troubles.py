"""What can go wrong under a sitting and under an import: a clear sentence each, and nothing is lost."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from reviewer.store.connection import Store
from reviewer.store.file_systems import file_system_of
from tests.pty.troubles import (
    QUEUE,
    RATER,
    RUBRIC,
    at_place,
    command,
    disk,
    ended_with,
    held,
    imported,
    opened,
    rating,
    said,
    visible,
)
from tests.soak.amount import compiled_once
from tests.soak.playing import place_on
from tests.soak.recount import Said, check_store, label_count, said_on
from tests.store.filling import fill, fresh


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = fresh(tmp_path / "home")
    fill(made, queue=QUEUE, items=30, rubric=RUBRIC)
    return made


@pytest.fixture
def home(store: Store) -> Path:
    return store.path.parent


@pytest.fixture
def items(tmp_path: Path) -> Path:
    file = tmp_path / "items.jsonl"
    with file.open("wb") as lines:
        for number in range(2000):
            text = f"What is {number}? " * 60
            lines.write(
                orjson.dumps({"id": f"i{number}", "prompt": text, "output": str(number), "system": "m"}) + b"\n"
            )
    return file


# -- a full disk ---------------------------------------------------------------------------------------


def test_a_full_disk_brings_the_item_back_with_everything_typed(tmp_path: Path, store: Store) -> None:
    with disk(tmp_path / "small") as small:
        small.take(store)
        with opened(rating(small.home, before=small.inside)) as terminal:
            small.fill()
            terminal.send("7eit drops a no\r")
            terminal.wait_for("✗ draft not saved")
            terminal.send("\r")
            rows = terminal.wait_for(said("Not saved: the disk is full."))
            assert place_on(rows) == 0
            assert "[7]" in terminal.text()
            assert "✎ why" in terminal.text()
            terminal.send("Q")
            terminal.wait_for(said("Not everything is saved: the disk is full."))
            assert label_count(small.look(tmp_path / "full")) == 0
            small.make_room()
            terminal.send("\r")
            terminal.wait_for("✓ saved 1")
            terminal.wait_for(at_place(2))
            terminal.send("Q")
            assert terminal.wait_exit() == 0
        after = small.look(tmp_path / "after")
    assert list(said_on(after, RATER, QUEUE).values()) == [Said(7, "it drops a no")]
    check_store(after)


def test_a_draft_that_found_no_room_is_kept_until_there_is_some(tmp_path: Path, store: Store) -> None:
    with disk(tmp_path / "small") as small:
        small.take(store)
        with opened(rating(small.home, before=small.inside)) as terminal:
            small.fill()
            terminal.send("4ewords\r]")
            terminal.wait_for(at_place(2))
            terminal.wait_for("✗ draft not saved")
            terminal.send("[")
            terminal.wait_for(at_place(1))
            assert "[4]" in terminal.text()
            terminal.send("]")
            terminal.wait_for(at_place(2))
            small.make_room()
            terminal.send("]")
            terminal.wait_for(lambda rows: place_on(rows) == 2 and "✗" not in rows[0])
            terminal.kill()
            terminal.wait_exit()
        after = small.look(tmp_path / "after")
    assert list(said_on(after, RATER, QUEUE).values()) == [Said(4, "words")]
    check_store(after)


def test_an_import_onto_a_full_disk_shows_nothing_and_works_when_there_is_room(
    tmp_path: Path, store: Store, items: Path
) -> None:
    with disk(tmp_path / "small", 16) as small:
        small.take(store)
        small.fill(but=1 << 20)
        code, told = imported(small.home, items, before=small.inside)
        assert (code, "the disk is full" in told) == (3, True), told
        full = small.look(tmp_path / "full")
        small.make_room()
        assert imported(small.home, items, before=small.inside)[0] == 0
        after = small.look(tmp_path / "after")
    assert visible(Store.open(full), "more") == 0
    check_store(full)
    assert visible(Store.open(after), "more") == 2000
    check_store(after)


# -- a home that cannot be written ---------------------------------------------------------------------


def test_a_read_only_home_is_told(tmp_path: Path, store: Store, items: Path) -> None:
    with disk(tmp_path / "small") as small:
        small.take(store)
        small.forbid_writing()
        with rating(small.home, before=small.inside) as terminal:
            ended_with(terminal, "the store cannot be written", "the store cannot be opened")
        code, told = imported(small.home, items, before=small.inside)
        assert code == 3
        assert "the store cannot be" in told
        assert small.look(tmp_path / "after").read_bytes() == store.path.read_bytes()


# -- a file that is held -------------------------------------------------------------------------------


def test_a_held_file_lets_three_labels_wait_and_saves_them_when_it_is_free(store: Store, home: Path) -> None:
    with opened(rating(home)) as terminal:
        with held(store):
            for number in (1, 2, 3):
                terminal.send(f"{number}\r")
                terminal.wait_for(at_place(number + 1))
            terminal.wait_for("… saving 3")
            terminal.send("4\r")
            terminal.wait_for("3 labels are not saved yet: wait for the disk.")
            terminal.send("p")
            assert place_on(terminal.wait_for("‖ pau")) == 3
            assert label_count(store.path) == 0
        terminal.wait_for("✓ saved 3", 30)
        terminal.send("\r")
        terminal.wait_for("✓ saved 4")
        terminal.send("Q")
        assert terminal.wait_exit() == 0
    assert sorted(said.score or 0 for said in said_on(store.path, RATER, QUEUE).values()) == [1, 2, 3, 4]
    check_store(store.path)


def test_a_file_that_stays_held_brings_the_items_back(store: Store, home: Path) -> None:
    with opened(rating(home)) as terminal:
        with held(store):
            terminal.send("5efirst\r\r")
            terminal.wait_for(at_place(2))
            terminal.wait_for("another program holds the store", 30)
            assert place_on(terminal.screen()) == 0
        terminal.send("\r")
        terminal.wait_for("✓ saved 1", 30)
        terminal.send("Q")
        assert terminal.wait_exit(30) == 0
    assert list(said_on(store.path, RATER, QUEUE).values()) == [Said(5, "first")]
    check_store(store.path)


def test_an_import_into_a_held_file_says_so(store: Store, home: Path, items: Path) -> None:
    with held(store):
        code, told = imported(home, items)
    assert code == 3
    assert "another program holds the store" in told
    assert imported(home, items)[0] == 0
    assert visible(store, "more") == 2000
    check_store(store.path)


# -- a file that is not what it was --------------------------------------------------------------------


def test_a_corrupt_file_is_told(store: Store, home: Path, items: Path) -> None:
    store.path.write_bytes(b"no store at all " * 4096)
    with rating(home) as terminal:
        ended_with(terminal, "the file is damaged or is no Reviewer store")
    code, told = imported(home, items)
    assert code == 3
    assert "the file is damaged or is no Reviewer store" in told


def test_a_file_damaged_inside_is_told(store: Store, home: Path) -> None:
    damage(store)
    with rating(home) as terminal:
        ended_with(terminal, "the file is damaged or is no Reviewer store", "reviewer doctor")


def test_a_file_damaged_under_a_sitting_is_told(tmp_path: Path) -> None:
    made = fresh(tmp_path / "large")
    fill(made, queue=QUEUE, items=3000, rubric=RUBRIC)
    with closing(made.connect()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with opened(rating(made.path.parent)) as terminal:
        damage(made)
        terminal.send("]" * 20)
        terminal.wait_for(said("the file is damaged or is no Reviewer store"))
        terminal.send("3\r")
        terminal.wait_for("not saved")
        assert "[3]" in terminal.text()
        terminal.send("Q")
        terminal.wait_for(said("Not everything is saved: the file is damaged"))
        terminal.send("\x03")
        assert terminal.wait_exit(30) == 130
        assert "Traceback" not in terminal.output.decode(errors="replace")


def damage(store: Store) -> None:
    """Overwrites everything after the page of the schema."""
    with closing(store.connect()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(page)
        file.write(b"\xa5" * (size - page))


def test_a_newer_store_is_refused_and_untouched(store: Store, home: Path, items: Path) -> None:
    with closing(store.connect()) as connection:
        connection.execute("PRAGMA user_version=99")
    with rating(home) as terminal:
        ended_with(terminal, "the store was written by a newer Reviewer")
    code, told = imported(home, items)
    assert code == 3
    assert "the store was written by a newer Reviewer" in told
    with closing(store.connect()) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)


# -- a store elsewhere, or gone ------------------------------------------------------------------------


def test_on_a_network_file_system_it_says_so_and_saves(store: Store, home: Path, items: Path) -> None:
    network = {"REVIEWER_NETWORK_FILE_SYSTEMS": file_system_of(store.path)}
    with opened(rating(home, **network)) as terminal:
        terminal.wait_for("network file system")
        terminal.send("6\r")
        terminal.wait_for("✓ saved 1")
        terminal.send("Q")
        assert terminal.wait_exit() == 0
    code, told = imported(home, items, **network)
    assert code == 0
    assert "network file system" in told
    assert store.path.read_bytes()[18] == 1, "the write-ahead log is still in use"
    check_store(store.path)


def test_a_store_that_is_moved_away_under_a_sitting_takes_the_label_when_it_is_back(store: Store, home: Path) -> None:
    away = home / "away.db"
    with opened(rating(home)) as terminal:
        terminal.send("2\r")
        terminal.wait_for("✓ saved 1")
        store.path.rename(away)
        terminal.send("8enot lost\r\r")
        terminal.wait_for("the store's file was deleted, moved or replaced")
        assert place_on(terminal.screen()) == 1
        assert not store.path.exists()
        away.rename(store.path)
        terminal.send("\r")
        terminal.wait_for("✓ saved 2")
        terminal.send("Q")
        assert terminal.wait_exit() == 0
    assert sorted(said_on(store.path, RATER, QUEUE).values(), key=str) == [Said(2), Said(8, "not lost")]
    check_store(store.path)


@pytest.mark.usefixtures("store")
def test_a_store_deleted_under_a_sitting_is_told_and_not_made_anew(home: Path) -> None:
    with opened(rating(home)) as terminal:
        for file in home.glob("reviewer.db*"):
            file.unlink()
        terminal.send("2\r")
        terminal.wait_for("the store's file was deleted, moved or replaced")
        terminal.send("Q")
        terminal.wait_for(said("Not everything is saved"))
        terminal.send("\x03")
        assert terminal.wait_exit(30) == 130
    assert not list(home.glob("reviewer.db*"))


def test_an_import_whose_store_is_deleted_under_it_says_so(home: Path, store: Store, items: Path) -> None:
    rows = items.read_bytes()
    with subprocess.Popen(
        command(home, "import", "-", "-q", "more"),
        env=compiled_once(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(rows)
        process.stdin.flush()  # more than a pipe holds: what has gone through was read
        away = store.path.rename(home / "away.db")
        _, told = process.communicate(timeout=60)
    assert process.returncode == 3, told
    assert b"the store's file was deleted, moved or replaced" in told
    away.rename(store.path)
    assert visible(store, "more") == 0
    assert imported(home, items)[0] == 0
    assert visible(store, "more") == 2000
    check_store(store.path)
