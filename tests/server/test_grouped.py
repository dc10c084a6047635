"""Writing together: each job stands or falls by itself, and what stands is on the disk when it is answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from reviewer.errors import BadInput
from reviewer.server.grouped import GroupedFile
from reviewer.store.connection import Store
from reviewer.store.troubles import StoreTrouble
from tests.store.filling import fresh

ADD = "INSERT INTO meta (key, value) VALUES (?, ?)"


def put(key: object) -> Any:
    """A job that keeps a key."""

    def job(connection: Any) -> str:
        connection.execute(ADD, (str(key), ""))
        return f"put {key}"

    return job


def kept(store: Store) -> set[str]:
    with store.reading() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM meta").fetchall()}


def together(work: GroupedFile, jobs: list[Any]) -> list[Any]:
    """What comes of jobs that all wait for the first, which goes on once all of them do."""
    first, others = Event(), Barrier(len(jobs) + 1)

    def leading(connection: Any) -> None:
        connection.execute(ADD, ("first", ""))
        first.set()
        others.wait(30)
        while len(work._waiting) < len(jobs):
            Event().wait(0.001)

    def outcome(job: Any) -> Any:
        try:
            return work.transact(job)
        except Exception as error:
            return error

    def following(job: Any) -> Any:
        first.wait(30)
        others.wait(30)
        return outcome(job)

    with ThreadPoolExecutor(len(jobs) + 1) as threads:
        waiting = [threads.submit(following, job) for job in jobs]
        lead = threads.submit(outcome, leading)
        found = [one.result(60) for one in waiting]
        assert lead.result(60) is None
    return found


@pytest.fixture
def work(tmp_path: Path) -> Any:
    store = fresh(tmp_path / "home")
    grouped = GroupedFile(store)
    yield grouped
    grouped.close()


def test_those_who_wait_are_written_together(work: GroupedFile) -> None:
    commits: list[str] = []
    work.transact(lambda connection: connection.set_trace_callback(commits.append))  # type: ignore[attr-defined]
    commits.clear()
    assert together(work, [put(number) for number in range(20)]) == [f"put {number}" for number in range(20)]
    assert commits.count("COMMIT") == 2
    assert kept(work._store) >= {"first", *map(str, range(20))}


def test_one_that_fails_is_undone_alone(work: GroupedFile) -> None:
    def refused(connection: Any) -> None:
        connection.execute(ADD, ("refused", ""))
        raise BadInput("not so.")

    def twice(connection: Any) -> None:
        connection.execute(ADD, ("twice", ""))
        connection.execute(ADD, ("twice", ""))

    found = together(work, [put("a"), refused, twice, put("b")])
    assert found[0] == "put a"
    assert isinstance(found[1], BadInput)
    assert isinstance(found[2], StoreTrouble)
    assert found[3] == "put b"
    assert {"a", "b"} <= kept(work._store)
    assert not {"refused", "twice"} & kept(work._store)
    assert work.transact(put("after")) == "put after"


def test_where_the_transaction_is_lost_nobody_is_told_otherwise(work: GroupedFile) -> None:
    def lost(connection: Any) -> None:
        connection.execute("ROLLBACK")
        raise BadInput("the disk was full.")

    found = together(work, [put("a"), lost, put("b")])
    assert all(isinstance(one, BadInput) for one in found)
    assert not {"a", "b"} & kept(work._store)
    assert work.transact(put("after")) == "put after"
    assert "after" in kept(work._store)


def test_a_store_that_another_program_holds_is_told_as_such(work: GroupedFile) -> None:
    store = work._store
    work.transact(lambda connection: connection.execute("PRAGMA busy_timeout=50"))
    with store.writing(), pytest.raises(StoreTrouble, match="holds the store"):
        work.transact(put("a"))
    assert work.transact(put("a")) == "put a"


def test_a_file_that_was_moved_away_takes_nothing(work: GroupedFile) -> None:
    store = work._store
    work.transact(put("a"))
    store.path.rename(store.path.with_name("moved.db"))
    with pytest.raises(StoreTrouble):
        work.transact(put("b"))


def test_a_reader_sees_what_was_answered(work: GroupedFile) -> None:
    for number in range(5):
        work.transact(put(number))
        with work.reading() as connection:
            assert connection.execute("SELECT count(*) FROM meta WHERE key = ?", (str(number),)).fetchone()[0] == 1
    with pytest.raises(StoreTrouble), work.reading() as connection:
        connection.execute(ADD, ("never", ""))
