"""A disk that fails, a lock that lasts, two terminals of one rater: nothing that was typed is lost."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from reviewer.ids import new_id
from reviewer.session.sitting import MOST_UNSAVED, Sitting
from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.writer import Writer
from tests.session.looking import drafted, kept_labels, said, seq_of
from tests.store.child import ended
from tests.store.filling import fill, rate, sit
from tests.store.test_commit import consistent

LONG = "x" * 40_000  # more than the pages that lie free in the file


class SmallDisk(Store):
    """A store whose connections may be given no further page: what SQLite says then is what a full disk says."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.path, device=store.device, identity=store.identity)
        self.opened: list[Connection] = []

    def connect(self, *, durable: bool = True, wait: float = 5.0) -> Connection:
        connection = super().connect(durable=durable, wait=wait)
        self.opened.append(connection)
        if self.is_full:
            connection.execute("PRAGMA max_page_count=1")
        return connection

    is_full = False

    def fills(self, full: bool = True) -> None:
        self.is_full = full
        for connection in self.opened:
            try:
                connection.execute(f"PRAGMA max_page_count={1 if full else 1_000_000}")
            except sqlite3.ProgrammingError:  # closed meanwhile
                self.opened = [each for each in self.opened if each is not connection]


@pytest.fixture
def disk(store: Store) -> SmallDisk:
    fill(store, items=8, shuffle=False)
    return SmallDisk(store)


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another program that holds the store."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def give(sitting: Sitting, score: int, notes: str = LONG) -> None:
    sitting.work.values["score"] = score
    sitting.work.notes = notes
    sitting.touch()
    assert sitting.submit().moved


def waited(sitting: Sitting) -> None:
    """Until the writer has answered all that it was given."""
    sitting.keeping._writer.close(30)
    sitting.keeping._writer = Writer(sitting.store)


def test_a_commit_that_fails_comes_back_with_everything_typed(disk: SmallDisk) -> None:
    sitting = sit(disk)
    rate(sitting, 1)
    disk.fills()
    sitting.work.write_rationale("score", "Because.")
    sitting.toggle_flag()
    give(sitting, 3)
    typed = (3, LONG, "Because.", ["flagged"])
    assert seq_of(sitting) == 2
    waited(sitting)
    step = sitting.settle()
    assert step.moved
    assert "the disk is full" in step.message
    assert seq_of(sitting) == 1
    work = sitting.work
    assert (work.values["score"], work.notes, work.rationale_text("score"), work.flags) == typed
    assert sitting.saving.trouble
    assert sitting.standing.done == 1
    disk.fills(False)
    assert sitting.submit().moved
    sitting.drain(10)
    assert not sitting.saving.trouble
    assert sitting.close()
    assert [said(label) for label in kept_labels(disk)] == [
        (0, "submitted", {"score": 1}),
        (1, "submitted", {"score": 3}),
    ]
    assert consistent(disk.path) == []


def test_all_that_failed_come_back_one_after_the_other(disk: SmallDisk) -> None:
    sitting = sit(disk)
    disk.fills()
    for score in (1, 2, 3):
        give(sitting, score)
    waited(sitting)
    sitting.settle()
    assert (seq_of(sitting), sitting.work.values["score"]) == (0, 1)
    disk.fills(False)
    assert sitting.submit().moved
    assert (seq_of(sitting), sitting.work.values["score"]) == (1, 2)
    assert sitting.submit().moved
    assert (seq_of(sitting), sitting.work.values["score"]) == (2, 3)
    assert sitting.submit().moved
    assert seq_of(sitting) == 3
    assert sitting.close()
    assert [said(label)[2]["score"] for label in kept_labels(disk)] == [1, 2, 3]


def test_a_change_that_failed_comes_back_too(disk: SmallDisk) -> None:
    sitting = sit(disk)
    rate(sitting, 1, 2)
    disk.fills()
    sitting.undo()
    sitting.undo()
    give(sitting, 5)
    give(sitting, 4)
    waited(sitting)
    sitting.settle()
    assert (seq_of(sitting), sitting.work.values["score"]) == (0, 5)
    disk.fills(False)
    sitting.submit()
    assert seq_of(sitting) == 2
    assert sitting.work.values["score"] == 4
    assert sitting.work.base is None
    sitting.submit()
    assert sitting.close()
    assert [said(label) for label in kept_labels(disk)] == [
        (0, "submitted", {"score": 1}),
        (1, "submitted", {"score": 2}),
        (0, "submitted", {"score": 5}),
        (2, "submitted", {"score": 4}),
    ]
    assert consistent(disk.path) == []


def test_what_could_not_be_saved_is_a_draft_after_closing(disk: SmallDisk) -> None:
    sitting = sit(disk)
    disk.fills()
    give(sitting, 1)
    give(sitting, 2)
    waited(sitting)
    sitting.settle()
    disk.fills(False)
    assert not sitting.close()  # the labels are not submitted, and it says so
    assert [(position, document["values"]) for position, document in drafted(disk)] == [
        (0, {"score": 1}),
        (1, {"score": 2}),
    ]
    again = sit(disk)
    assert (seq_of(again), again.work.values, again.work.notes) == (0, {"score": 1}, LONG)
    assert again.close()


def test_undo_of_what_failed_goes_back_to_it(disk: SmallDisk) -> None:
    sitting = sit(disk)
    rate(sitting, 1, 2)
    disk.fills()
    give(sitting, 3)
    step = sitting.undo()
    assert "the disk is full" in step.message
    assert (seq_of(sitting), sitting.work.values["score"]) == (2, 3)
    assert sitting.undo().moved
    assert seq_of(sitting) == 1
    disk.fills(False)
    sitting.close()


def test_at_most_three_labels_are_unsaved(disk: SmallDisk) -> None:
    sitting = sit(disk)
    with locked(disk):
        for score in range(1, MOST_UNSAVED + 1):
            give(sitting, score, "short")
        assert sitting.saving.waiting == MOST_UNSAVED == 3
        assert sitting.standing.done == 3
        sitting.work.values["score"] = 5
        sitting.work.write_rationale("label", "kept")
        for step in (sitting.submit(), sitting.skip("a reason")):
            assert not step.moved
            assert "3 labels are not saved yet" in step.message
        assert seq_of(sitting) == 3
        assert sitting.work.rationale_text("label") == "kept"
    sitting.drain(10)
    assert sitting.saving.saved == 3
    assert sitting.submit().moved
    assert sitting.close()
    assert len(kept_labels(disk)) == 4


def test_what_is_on_its_way_can_be_looked_at(disk: SmallDisk) -> None:
    sitting = sit(disk)
    with locked(disk):
        give(sitting, 4, "short")
        assert sitting.move(-1).moved
        assert (seq_of(sitting), sitting.work.values["score"], sitting.state) == (0, 4, "submitted")
        assert not sitting.dirty
    sitting.drain(10)
    assert sitting.close()
    assert len(kept_labels(disk)) == 1


def test_drafts_are_kept_and_dropped(disk: SmallDisk) -> None:
    sitting = sit(disk)
    sitting.work.values["score"] = 2
    sitting.touch()
    sitting.flush_draft()
    sitting.move(1)
    sitting.work.notes = "hm"
    sitting.touch()
    sitting.move(1)
    waited(sitting)
    assert drafted(disk) == [(0, {"values": {"score": 2}}), (1, {"notes": "hm"})]
    sitting.go_to(1)
    assert sitting.work.notes == "hm"
    sitting.work.notes = ""
    sitting.touch()
    sitting.flush_draft()
    sitting.go_to(0)
    assert sitting.work.values == {"score": 2}
    rate(sitting, 3)
    waited(sitting)
    assert drafted(disk) == []
    assert sitting.close()


def test_a_draft_of_a_change_is_dropped_when_all_is_as_it_was(disk: SmallDisk) -> None:
    sitting = sit(disk)
    rate(sitting, 1)
    sitting.undo()
    sitting.work.values["score"] = 2
    sitting.touch()
    sitting.flush_draft()
    waited(sitting)
    assert drafted(disk) == [(0, {"values": {"score": 2}})]
    sitting.work.values["score"] = 1
    sitting.touch()
    sitting.flush_draft()
    waited(sitting)
    assert drafted(disk) == []
    assert sitting.close()


def test_a_label_emptied_in_a_draft_stays_empty(disk: SmallDisk) -> None:
    sitting = sit(disk)
    rate(sitting, 1)
    sitting.undo()
    sitting.work.values.clear()
    sitting.touch()
    assert sitting.close()
    again = sit(disk)
    assert (seq_of(again), again.work.values) == (0, {})
    assert again.work.base is not None
    assert again.close()


def test_the_newer_terminal_takes_the_draft_and_both_say_so(disk: SmallDisk) -> None:
    older = sit(disk)
    older.work.values["score"] = 2
    older.touch()
    older.flush_draft()
    waited(older)
    newer = sit(disk)
    assert (seq_of(newer), newer.work.values) == (0, {"score": 2})
    assert "another terminal" in newer.notice
    newer.flush_draft()
    waited(newer)

    older.work.values["score"] = 5
    older.touch()
    older.flush_draft()
    waited(older)
    older.settle()
    assert older.held_elsewhere
    step = older.submit()
    assert not step.moved
    assert "newer terminal" in step.message

    rate(newer, 3)
    assert newer.close()
    assert [said(label)[2] for label in kept_labels(disk)] == [{"score": 3}]
    older.leave()
    assert seq_of(older) == 1
    assert not older.held_elsewhere
    assert older.close()


def test_the_older_terminal_may_take_the_draft_back(disk: SmallDisk) -> None:
    older, newer = sit(disk), sit(disk)
    newer.work.values["score"] = 2
    newer.touch()
    newer.flush_draft()
    waited(newer)
    older.go_to(0)
    assert older.held_elsewhere
    assert "newer terminal" in older.notice
    older.work.values["score"] = 4
    older.take_back()
    waited(older)
    older.settle()
    assert not older.held_elsewhere
    assert drafted(disk) == [(0, {"values": {"score": 4}})]
    newer.work.values["score"] = 1
    newer.touch()
    newer.flush_draft()
    waited(newer)
    newer.settle()
    assert newer.held_elsewhere
    assert newer.close()
    rate(older, 4)
    assert older.close()
    assert drafted(disk) == []


def test_a_terminal_that_died_holds_nothing(disk: SmallDisk) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    sitting = sit(disk)
    sitting.sitting = f"{new_id()}/{gone.pid}"  # its terminal, opened later than the next
    sitting.work.values["score"] = 2
    sitting.touch()
    assert sitting.close()
    again = sit(disk)
    again.sitting = f"0{again.sitting[1:]}"
    again.go_to(0)
    assert (again.notice, again.held_elsewhere, again.work.values) == ("", False, {"score": 2})
    assert again.close()


def test_two_terminals_of_one_rater_make_revisions_of_one_label(disk: SmallDisk) -> None:
    left, right = sit(disk), sit(disk)
    rate(left, 1)
    rate(right, 2)
    assert left.close()
    assert right.close()
    assert [(said(label), label["revision"]) for label in kept_labels(disk)] == [
        ((0, "submitted", {"score": 1}), 1),
        ((0, "submitted", {"score": 2}), 2),
    ]
    assert consistent(disk.path) == []


def test_a_kill_keeps_the_draft_that_was_flushed(disk: SmallDisk) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from reviewer.store.connection import Store
from tests.session.test_trouble import waited
from tests.store.filling import rate, sit
sitting = sit(Store.open(Path(sys.argv[1])))
rate(sitting, 1)
sitting.work.values["score"] = 3
sitting.touch()
sitting.flush_draft()
waited(sitting)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert ended(code, str(disk.path)) == -signal.SIGKILL
    again = sit(disk)
    assert (seq_of(again), again.work.values, again.notice) == (1, {"score": 3}, "")
    assert again.close()
    assert len(kept_labels(disk)) == 1
    assert consistent(disk.path) == []
