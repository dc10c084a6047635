from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.store.connection import APPLICATION_ID, Store, schema_of
from reviewer.store.file_systems import file_system_of, is_network_file_system
from reviewer.store.prepared import Driver
from reviewer.store.troubles import StoreTrouble, trouble
from reviewer.store.version import SCHEMA_VERSION
from tests.store.child import ended, run, said_by, start
from tests.store.filling import fill, fresh, rate, sit


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def changed(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_new_store_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "deep" / "home" / "reviewer.db")
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in store.path.parent.iterdir()] == ["reviewer.db"]
    assert pragma(store.path, "application_id") == APPLICATION_ID
    assert pragma(store.path, "user_version") == SCHEMA_VERSION == schema_of(store.path)
    assert pragma(store.path, "journal_mode") == "wal"


def test_the_logs_beside_it_are_its_owners_alone_too(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE meta SET value = value")
        files = [path for path in store.path.parent.iterdir() if path.suffix.startswith(".db")]
        assert len(files) == 3
        assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_a_store_keeps_its_name_and_device(store: Store) -> None:
    again = Store.open(store.path)
    assert (again.identity, again.device) == (store.identity, store.device)
    assert store.identity != store.device


def test_labels_reach_the_disk_and_drafts_need_not(store: Store) -> None:
    with closing(store.connect()) as durable, closing(store.connect(durable=False)) as quick:
        assert durable.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert quick.execute("PRAGMA synchronous").fetchone()[0] == 1
        assert durable.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_what_only_reads_cannot_write(store: Store) -> None:
    with pytest.raises(StoreTrouble), store.reading() as connection:
        connection.execute("UPDATE meta SET value = ''")
    assert Store.open(store.path).identity == store.identity


def fail_after_writing(connection: Driver) -> None:
    connection.execute("UPDATE meta SET value = ''")
    raise ZeroDivisionError


def test_a_failing_block_takes_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        fail_after_writing(connection)
    assert Store.open(store.path).identity == store.identity


def test_a_missing_store_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreTrouble, match="no store here yet") as caught:
        Store.open(tmp_path / "none" / "reviewer.db", create=False)
    assert "reviewer demo" in caught.value.mend
    assert not (tmp_path / "none").exists()
    with pytest.raises(StoreTrouble, match="no store here yet"):
        schema_of(tmp_path / "none" / "reviewer.db")


def test_a_killed_creation_leaves_no_store(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
import reviewer.store.connection as connection
connection._put_in_place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
connection.Store.open(Path(sys.argv[1]))
"""
    path = tmp_path / "reviewer.db"
    assert ended(code, str(path)) == -9
    assert not path.exists()
    assert Store.open(path).identity


def test_two_programs_may_make_it_at_once(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
import sqlmodel
from reviewer.store.connection import Store
print("ready", flush=True)
sys.stdin.readline()
print(Store.open(Path(sys.argv[1])).identity)
"""
    children = [start(code, str(tmp_path / "reviewer.db")) for _ in range(3)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    seen = {said_by(child, said="go\n") for child in children}
    assert len(seen) == 1
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(("-wal", "-shm"))] == ["reviewer.db"]


def test_a_store_of_a_newer_program_is_refused_and_untouched(store: Store) -> None:
    changed(store.path, f"PRAGMA user_version={SCHEMA_VERSION + 1}", "PRAGMA wal_checkpoint(TRUNCATE)")
    before = store.path.read_bytes()
    with pytest.raises(StoreTrouble, match=f"its schema is {SCHEMA_VERSION + 1}, .* up to {SCHEMA_VERSION}") as caught:
        Store.open(store.path)
    assert "Update this program" in caught.value.mend
    assert store.path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"hello world, this is no database at all\n" * 100, b"SQLite format 3\0", os.urandom(9000)],
    ids=["empty", "short", "words", "head alone", "noise"],
)
def test_what_is_no_store_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reviewer.db"
    path.write_bytes(content)
    with pytest.raises(StoreTrouble, match="no Reviewer store"):
        Store.open(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_no_store(tmp_path: Path) -> None:
    path = tmp_path / "reviewer.db"
    changed(path, "CREATE TABLE meta (key TEXT, value TEXT)")
    with pytest.raises(StoreTrouble, match="is no Reviewer store"):
        Store.open(path)


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(StoreTrouble, match="cannot be opened"):
        Store.open(tmp_path)


def filled(folder: Path) -> Path:
    store = fresh(folder)
    fill(store, items=40)
    sitting = sit(store)
    rate(sitting, 1, 2, 3)
    assert sitting.close()
    changed(store.path, "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode=DELETE", "PRAGMA journal_mode=WAL")
    return store.path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("sound") / "home")


def used(path: Path) -> None:
    """Opens the store, reads all of a sitting and writes a label."""
    sitting = sit(Store.open(path))
    try:
        for _ in range(3):
            sitting.work.values["score"] = 3
            sitting.submit()
            sitting.drain(10)
            sitting.settle()
    finally:
        sitting.close()


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1, 0.02])
def test_a_truncated_store_is_told(tmp_path: Path, sound: Path, kept: float) -> None:
    path = tmp_path / "reviewer.db"
    content = sound.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(StoreTrouble, match="damaged") as caught:
        used(path)
    assert "reviewer store backup" in caught.value.mend


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=st.integers(0, 1000), noise=st.binary(min_size=50, max_size=400), at=st.integers(0, 3600))
def test_a_damaged_store_works_or_is_told(tmp_path: Path, sound: Path, page: int, noise: bytes, at: int) -> None:
    folder = tmp_path / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = folder / "reviewer.db"
    content = bytearray(sound.read_bytes())
    begin = (page % (len(content) // 4096)) * 4096 + at
    content[begin : begin + len(noise)] = noise
    path.write_bytes(content)
    with suppress(BadInput):  # anything else is a traceback to a person
        used(path)


def test_a_locked_store_is_told(store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(store.connect(wait=0.01)) as waiting, pytest.raises(sqlite3.OperationalError) as caught:
            waiting.execute("BEGIN IMMEDIATE")
    told = trouble(caught.value, store.path)
    assert "another program holds the store" in told.what
    assert told.mend


def test_readers_go_on_while_somebody_writes(store: Store) -> None:
    with store.writing() as writer:
        writer.execute("UPDATE meta SET value = value")
        with store.reading() as reader:
            assert reader.execute("SELECT count(*) FROM meta").fetchone()[0] == 3


AS_ANOTHER = """
import os, sys
from pathlib import Path
import platformdirs, sqlmodel
from reviewer.errors import ReviewerError
from reviewer.store.connection import Store
if os.getuid() == 0:
    os.setgid(54321)
    os.setuid(54321)
for path in sys.argv[1:]:
    try:
        store = Store.open(Path(path))
        with store.writing() as connection:
            connection.execute("UPDATE meta SET value = value")
        print("written")
    except ReviewerError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def for_all(tmp_path: Path) -> Path:
    """A folder that other people may enter."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    return tmp_path


def test_homes_that_are_closed_to_the_rater_are_told(for_all: Path) -> None:
    read_only = fresh(for_all / "read only")
    changed(read_only.path, "PRAGMA wal_checkpoint(TRUNCATE)")
    before = read_only.path.read_bytes()
    for path in read_only.path.parent.iterdir():
        path.chmod(0o444)
    read_only.path.parent.chmod(0o555)
    locked = fresh(for_all / "locked")
    locked.path.parent.chmod(0o700 if os.getuid() == 0 else 0o000)
    (for_all / "closed").mkdir(mode=0o555)
    new_home, new_store = for_all / "closed" / "home" / "reviewer.db", for_all / "closed" / "reviewer.db"

    said = run(AS_ANOTHER, *(str(path) for path in (read_only.path, locked.path, new_home, new_store))).splitlines()

    for folder in (read_only.path.parent, locked.path.parent):
        folder.chmod(0o700)
    assert len(said) == 4
    assert said[0].startswith(f"StoreTrouble {read_only.path}: the store cannot be ")
    assert "permission" in said[0] or "write access" in said[0]
    assert said[1].startswith(f"StoreTrouble {locked.path}: the store cannot be opened.")
    assert said[2].startswith(f"BadInput {new_home.parent}: the folder cannot be made")
    assert said[3].startswith(f"StoreTrouble {new_store}: the store cannot be opened.")
    assert read_only.path.read_bytes() == before
    assert Store.open(read_only.path).identity == read_only.identity


def test_the_file_system_is_the_kernels_word(tmp_path: Path) -> None:
    named = {line.split()[2] for line in Path("/proc/self/mounts").read_text().splitlines()}
    assert file_system_of(tmp_path) in named
    assert file_system_of(Path("/proc/self")) == "proc"
    assert file_system_of(tmp_path / "not" / "there") == file_system_of(tmp_path)


def test_a_network_file_system_gets_no_shared_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_network_file_system(tmp_path)
    monkeypatch.setenv("REVIEWER_NETWORK_FILE_SYSTEMS", f"other {file_system_of(tmp_path)}")
    assert is_network_file_system(tmp_path)
    store = fresh(tmp_path / "home")
    assert pragma(store.path, "journal_mode") == "delete"
    fill(store, items=3)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert sitting.close()
    assert not store.path.with_name("reviewer.db-shm").exists()


def test_a_store_that_was_moved_to_one_leaves_its_shared_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pragma(store.path, "journal_mode") == "wal"
    monkeypatch.setenv("REVIEWER_NETWORK_FILE_SYSTEMS", file_system_of(store.path))
    Store.open(store.path)
    assert pragma(store.path, "journal_mode") == "delete"


@pytest.mark.parametrize("name", ["a b", "50%", "what?", "a#b", "ä漢", "x'y;"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "reviewer.db"
    assert Store.open(path).identity == Store.open(path, create=False).identity
    assert path.is_file()
