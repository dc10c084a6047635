from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.ids import digest
from reviewer.store import events
from reviewer.store.connection import Store
from reviewer.store.tables import Event, Label, columns
from tests.store.filling import fill, fresh, rate, sit

UNSAID = {"received_at", "surplus"}  # what a receiving machine adds to a label
said_columns = [name for name in columns(Label) if name not in UNSAID]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a chain: a queue, an import, seven labels of two raters, one of them a change."""
    store = fresh(tmp_path_factory.mktemp("told") / "home")
    fill(store, items=6)
    for rater in ("ana", "bob"):
        sitting = sit(store, rater)
        rate(sitting, 1, 2, 3)
        if rater == "bob":
            sitting.undo()
            rate(sitting, 5)
        assert sitting.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.path


@pytest.fixture
def copy(told: Path) -> sqlite3.Connection:
    """A copy in memory that may be changed by hand; references are not held there."""
    return loaded(told)


def loaded(told: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    with closing(sqlite3.connect(told)) as source:
        source.backup(memory)
    return memory


def faults(connection: sqlite3.Connection) -> list[str]:
    return [fault.what for fault in events.verify(connection).faults]


def test_a_chain_that_nobody_touched_holds(told: Path) -> None:
    with closing(sqlite3.connect(told)) as connection:
        seen = events.verify(connection)
    assert seen.faults == []
    assert seen.labels == 7
    assert seen.events == 10  # the queue, its rubric, its items
    assert list(seen.heads) == [Store.open(told).device]


def test_an_empty_store_holds(store: Store) -> None:
    with store.reading() as connection:
        assert events.verify(connection).to_json() == {"events": 0, "labels": 0, "heads": {}, "faults": []}


other_values = st.integers(0, 10**6) | st.text(max_size=10) | st.none()


def changes(connection: sqlite3.Connection, table: str, column: str, key: tuple[Any, ...], value: Any) -> bool:
    """Sets one cell by hand; whether it is another value than before."""
    where = {"event": "stream=? AND seq=?", "label": "id=?"}[table]
    before = connection.execute(f'SELECT "{column}" FROM {table} WHERE {where}', key).fetchone()
    try:
        connection.execute(f'UPDATE {table} SET "{column}"=? WHERE {where}', (value, *key))
    except sqlite3.IntegrityError:
        return False
    if connection.execute(f"SELECT 1 FROM {table} WHERE {where}", key).fetchone() is None:
        return True  # the key itself was changed
    return bool(connection.execute(f'SELECT "{column}" FROM {table} WHERE {where}', key).fetchone() != before)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), column=st.sampled_from(columns(Event)), value=other_values)
def test_any_change_to_any_event_is_found(told: Path, data: st.DataObject, column: str, value: Any) -> None:
    with closing(loaded(told)) as copy:
        keys = copy.execute("SELECT stream, seq FROM event ORDER BY seq").fetchall()
        if changes(copy, "event", column, data.draw(st.sampled_from(keys)), value):
            assert faults(copy)
        else:
            assert not faults(copy)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), column=st.sampled_from(said_columns), value=other_values)
def test_any_change_to_any_label_is_found(told: Path, data: st.DataObject, column: str, value: Any) -> None:
    with closing(loaded(told)) as copy:
        keys = copy.execute("SELECT id FROM label ORDER BY id").fetchall()
        if changes(copy, "label", column, data.draw(st.sampled_from(keys)), value):
            assert faults(copy)
        else:
            assert not faults(copy)


@settings(deadline=None)
@given(data=st.data(), size=st.integers(1, 10))
def test_any_event_that_is_taken_out_is_found(told: Path, data: st.DataObject, size: int) -> None:
    with closing(loaded(told)) as copy:
        keys = copy.execute("SELECT stream, seq FROM event ORDER BY seq").fetchall()
        taken = data.draw(st.sets(st.sampled_from(keys), min_size=size, max_size=size))
        for key in taken:
            copy.execute("DELETE FROM event WHERE stream=? AND seq=?", key)
        assert faults(copy)


def resealed(connection: sqlite3.Connection, alter: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites the whole chain with right hashes, as somebody would who knows how."""
    names, previous = columns(Event), events.GENESIS
    for row in connection.execute("SELECT * FROM event ORDER BY stream, seq").fetchall():
        event = dict(zip(names, row, strict=True))
        alter(event)
        event["previous_hash"] = previous
        event["hash"] = previous = digest({name: value for name, value in event.items() if name != "hash"})
        assigned = ", ".join(f"{name}=:{name}" for name in names)
        connection.execute(f"UPDATE event SET {assigned} WHERE stream=:stream AND seq=:seq", event)


def test_a_chain_that_was_sealed_anew_has_another_head(copy: sqlite3.Connection) -> None:
    before = events.verify(copy).heads
    resealed(copy, lambda event: event.update(actor="nobody") if event["seq"] == 2 else None)
    seen = events.verify(copy)
    assert not seen.faults
    assert seen.heads != before


def test_a_chain_sealed_anew_does_not_hide_a_changed_label(copy: sqlite3.Connection) -> None:
    copy.execute("""UPDATE label SET "values"='{"score":5}' WHERE rowid=1""")
    resealed(copy, lambda _event: None)
    assert ["is not what was committed" in fault for fault in faults(copy)] == [True]


def test_a_label_that_is_gone_is_named(copy: sqlite3.Connection) -> None:
    (label,) = copy.execute("SELECT id FROM label LIMIT 1").fetchone()
    copy.execute("DELETE FROM label WHERE id=?", (label,))
    assert faults(copy) == [f"the label {label} is gone"]


def test_a_label_that_nobody_gave_is_found(copy: sqlite3.Connection) -> None:
    names = ", ".join(f'"{name}"' for name in columns(Label)[1:])
    copy.execute(f"INSERT INTO label (id, {names}) SELECT 'forged', {names} FROM label LIMIT 1")
    assert faults(copy) == ["1 labels stand in the store that no event tells of"]


def test_a_broken_link_is_one_fault(copy: sqlite3.Connection) -> None:
    copy.execute("UPDATE event SET at='2020' WHERE seq=6")
    assert faults(copy) == ["it was changed after it was written"]


def test_where_a_label_arrived_is_not_what_its_author_said(copy: sqlite3.Connection) -> None:
    copy.execute("UPDATE label SET received_at='later', surplus=1")
    assert faults(copy) == []


def test_events_are_found_by_subject_and_from_the_end(told: Path) -> None:
    with closing(sqlite3.connect(told)) as connection:
        everything = list(events.events(connection))
        assert [event["seq"] for event in everything] == list(range(1, 11))
        assert list(events.events(connection, last=3)) == everything[-3:]
        subject = everything[-1]["subject"]
        assert list(events.events(connection, subject=subject)) == [everything[-1]]
        queue = everything[0]["subject"]
        assert [event["action"] for event in events.events(connection, subject=queue, last=1)] == ["items.imported"]
        assert list(events.events(connection, subject="nobody")) == []


def test_events_hold_no_texts(told: Path) -> None:
    with closing(sqlite3.connect(told)) as connection:
        written = repr(connection.execute("SELECT * FROM event").fetchall())
    for text in ("What does note", "Answer", "model-0", "score", "ana", "item-0"):
        assert text not in written


def test_a_change_names_what_it_supersedes(told: Path) -> None:
    with closing(sqlite3.connect(told)) as connection:
        rows = connection.execute("SELECT id, revision, supersedes FROM label ORDER BY committed_at").fetchall()
    assert [revision for _, revision, _ in rows] == [1, 1, 1, 1, 1, 1, 2]
    assert rows[-1][2] == f'["{rows[-2][0]}"]'
