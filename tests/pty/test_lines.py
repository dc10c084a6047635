"""Two terminals of one rater, a line that lags, and a line that drops: no label and no letter is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.pty.troubles import QUEUE, RATER, RUBRIC, at_place, opened, rating, said
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


def test_the_newer_of_two_terminals_takes_the_draft_and_the_older_is_told(store: Store, home: Path) -> None:
    with opened(rating(home)) as older:
        older.send("3eolder words\r")
        older.wait_for("✎ why")
        older.wait_idle(0.3)
        with opened(rating(home)) as newer:
            newer.wait_for("This draft was open in another terminal of yours; it is here now.")
            assert "[3]" in newer.text()
            older.send("4")
            older.wait_for("a newer terminal of yours has this item open")
            newer.send("5e and newer ones\r\r")
            newer.wait_for("✓ saved 1")
            older.send("2")
            older.wait_for(at_place(2))
            older.send("9\r")
            older.wait_for("✓ saved 1")
            older.send("Q")
            assert older.wait_exit() == 0
            newer.send("Q")
            assert newer.wait_exit() == 0
    found = sorted(said_on(store.path, RATER, QUEUE).values(), key=str)
    assert found == [Said(5, "older words and newer ones"), Said(9)]
    assert label_count(store.path) == 2
    check_store(store.path)


def test_the_older_terminal_may_take_the_item_back_with_what_it_shows(store: Store, home: Path) -> None:
    with opened(rating(home)) as older:
        older.send("3")
        older.wait_idle(0.3)
        with opened(rating(home)) as newer:
            newer.wait_for("it is here now")
            older.send("4")
            older.wait_for("a newer terminal of yours has this item open")
            older.send("1")
            older.wait_for(said("The item is here now."))
            newer.send("5")
            newer.wait_for("a newer terminal of yours has this item open")
            older.send("\r")
            older.wait_for("✓ saved 1")
            newer.send("2")
            newer.wait_for(at_place(2))
            newer.send("Q")
            assert newer.wait_exit() == 0
        older.send("Q")
        assert older.wait_exit() == 0
    assert list(said_on(store.path, RATER, QUEUE).values()) == [Said(4)]
    check_store(store.path)


def test_both_terminals_may_submit_the_same_item_and_no_label_is_lost(store: Store, home: Path) -> None:
    with opened(rating(home)) as older, opened(rating(home)) as newer:
        older.send("3\r")
        older.wait_for("✓ saved 1")
        newer.send("4\r")
        newer.wait_for("✓ saved 1")
        older.send("Q")
        newer.send("Q")
        assert (older.wait_exit(), newer.wait_exit()) == (0, 0)
    assert label_count(store.path) == 2
    assert list(said_on(store.path, RATER, QUEUE).values()) == [Said(4)]
    check_store(store.path)


def test_keys_that_arrive_in_one_burst_go_where_the_one_before_them_leads(store: Store, home: Path) -> None:
    with opened(rating(home)) as terminal:
        terminal.send("5eno, qualms: fine\r\rs3s1")
        terminal.wait_for("✓ saved 3")
        terminal.wait_for(at_place(4))
        terminal.send("Q")
        assert terminal.wait_exit() == 0
    found = sorted(said_on(store.path, RATER, QUEUE).values(), key=str)
    assert found == [Said(5, "no, qualms: fine"), Said(), Said()]
    check_store(store.path)


def test_a_dropped_line_keeps_what_was_typed_to_the_last_letter(store: Store, home: Path) -> None:
    with opened(rating(home)) as terminal:
        terminal.send("6e")
        terminal.wait_for("why · Score")
        terminal.send("half a sent")
        terminal.wait_for("half a sent")
        terminal.hang_up()
        terminal.wait_exit(30)
    assert list(said_on(store.path, RATER, QUEUE).values()) == [Said(6, "half a sent")]
    check_store(store.path)
    with opened(rating(home)) as terminal:
        assert place_on(terminal.screen()) == 0
        terminal.send("e")
        terminal.wait_for("half a sent")
