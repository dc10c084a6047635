from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

import pytest

from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.troubles import StoreTrouble
from reviewer.store.writer import Job, Writer
from tests.store.child import said_by, start
from tests.store.filling import ask

pytestmark = pytest.mark.both_databases
MADE = "'store', 'device', 'created_at', 'schema', 'import'"


def put(value: str) -> Job:
    def job(connection: Connection) -> str:
        ask(connection, "INSERT INTO meta (key, value) VALUES (?, '')", value)
        return value

    return job


def keys(store: Store) -> list[str]:
    with store.reading() as connection:
        return [key for (key,) in connection.execute(f"SELECT key FROM meta WHERE key NOT IN ({MADE}) ORDER BY key")]


class Reports(list[tuple[Any, StoreTrouble | None]]):
    def __call__(self, result: Any, trouble: StoreTrouble | None) -> None:
        self.append((result, trouble))


def test_jobs_are_done_in_the_order_in_which_they_were_given(store: Store) -> None:
    writer, reports = Writer(store), Reports()
    names = [f"job {number:02d}" for number in range(60)]
    for number, name in enumerate(names):
        writer.give(put(name), reports, durable=number % 3 == 0)
    assert writer.close(30)
    assert reports == [(name, None) for name in names]
    assert keys(store) == names


def test_each_job_is_on_the_disk_when_it_is_reported(store: Store) -> None:
    writer, seen = Writer(store), []
    heard = threading.Event()

    def report(result: Any, _trouble: StoreTrouble | None) -> None:
        seen.append(result in keys(store))
        heard.set()

    writer.give(put("a label"), report)
    assert heard.wait(30)
    assert seen == [True]
    assert writer.close(30)


def test_reports_come_on_the_writers_own_thread(store: Store) -> None:
    writer, names = Writer(store), []
    writer.give(put("a"), lambda *_: names.append(threading.current_thread().name))
    assert writer.close(30)
    assert names == ["reviewer-writer"]


def test_a_job_that_fails_takes_only_itself_back(store: Store) -> None:
    def half(connection: Connection) -> None:
        put("half")(connection)
        connection.execute("INSERT INTO nowhere VALUES (1)")

    def defect(connection: Connection) -> None:
        put("defect")(connection)
        raise ZeroDivisionError

    writer, reports = Writer(store), Reports()
    for job in (put("before"), half, defect, put("after")):
        writer.give(job, reports)
    assert writer.close(30)
    assert [result for result, _ in reports] == ["before", None, None, "after"]
    troubles = [trouble for _, trouble in reports]
    assert troubles[0] is troubles[3] is None
    assert isinstance(troubles[1], StoreTrouble)
    assert "failed while saving" in str(troubles[2])
    assert keys(store) == ["after", "before"]


@pytest.mark.only_a_file
def test_closing_waits_no_longer_than_it_is_told(store: Store) -> None:
    writer, go = Writer(store), threading.Event()
    writer.give(lambda _connection: go.wait(30), Reports())
    assert not writer.close(0.01)
    go.set()
    writer._thread.join(30)
    assert not writer._thread.is_alive()


@pytest.mark.only_a_file
def test_a_locked_store_is_reported_and_the_next_job_goes_on(store: Store) -> None:
    class Impatient(Store):
        def connect(self, *, durable: bool = True, wait: float = 0.05) -> Connection:
            return super().connect(durable=durable, wait=wait)

    writer = Writer(Impatient(store.path, device=store.device, identity=store.identity))
    first: list[StoreTrouble | None] = []
    heard = threading.Event()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def report(_result: Any, trouble: StoreTrouble | None) -> None:
            first.append(trouble)
            heard.set()

        writer.give(put("early"), report)
        assert heard.wait(30)
    reports = Reports()
    writer.give(put("later"), reports)
    assert writer.close(30)
    assert "another program holds the store" in str(first[0])
    assert reports == [("later", None)]


WRITES = """
import sys
from pathlib import Path
from reviewer.store.connection import Store
from reviewer.store.writer import Writer
store = Store.open(Path(sys.argv[1]))
writer, name = Writer(store), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
troubles = []
def put(number):
    return lambda c: c.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (f"{name} {number:03d}", name))
for number in range(80):
    writer.give(put(number), lambda result, trouble: trouble and troubles.append(str(trouble)))
assert writer.close(60)
print(troubles)
"""


@pytest.mark.only_a_file
def test_two_programs_write_one_file_at_once(store: Store) -> None:
    children = [start(WRITES, str(store.path), name) for name in ("left", "right")]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:  # both are told before either is waited for
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    assert [said_by(child).strip() for child in children] == ["[]", "[]"]
    written = keys(store)
    for name in ("left", "right"):
        assert [key for key in written if key.startswith(name)] == [f"{name} {number:03d}" for number in range(80)]
