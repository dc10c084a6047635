"""Plain mode at a real terminal: what is typed is kept through an interrupt, a dropped line and a kill."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.plain_script import QUEUE, RATER, item, labels_of, make_queue, sit
from tests.pty.terminal import Terminal

ROOT = Path(__file__).parents[2]
QUESTION_1, QUESTION_2, QUESTION_3 = "1 Contradicts … 5", "1 yes, 0 no", "several of"

Open = Callable[[], Terminal]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_queue(tmp_path, [item(number) for number in range(1, 4)])


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens the queue in a terminal that is closed at the end."""
    terminals: list[Terminal] = []

    def opener() -> Terminal:
        program = "from reviewer.cli import main; main()"
        terminals.append(
            Terminal(
                [sys.executable, "-c", program, "rate", QUEUE, "--plain", "--rater", RATER, "--home", str(tmp_path)],
                columns=80,
                rows=60,
                env={"TERM": "dumb", "PYTHONPATH": str(ROOT)},
                cwd=tmp_path,
            )
        )
        return terminals[-1]

    yield opener
    for terminal in terminals:
        terminal.close()


def test_a_person_rates_and_leaves_and_no_byte_steers_the_terminal(store: Store, opened: Open) -> None:
    terminal = opened()
    for wanted, typed in [(QUESTION_1, "4\n"), (QUESTION_2, "y\n"), (QUESTION_3, "1\n"), ("Submit?", "\n")]:
        terminal.wait_for(wanted)
        terminal.send(typed)
    terminal.wait_for("Item 2 of 3, 1 done, 2 left.")
    terminal.send("\x04")
    assert terminal.wait_exit() == 0
    assert "You leave at item 2 of 3; 1 done in this sitting." in terminal.text()
    assert b"\x1b" not in terminal.output
    assert labels_of(store)[0]["values"] == {"grounded": 4, "polite": True, "tone": ["warm"]}


def test_ctrl_c_keeps_the_draft(store: Store, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION_1)
    terminal.send("2\n")
    terminal.wait_for("Why?")
    terminal.send("it adds ")
    terminal.send("\x03")
    assert terminal.wait_exit() == 130
    assert "Interrupted. What you had begun is kept." in terminal.text()
    assert labels_of(store) == []
    assert "Now: 2." in sit(store, [])[1]


def test_what_was_saved_outlives_a_kill(store: Store, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION_1)
    terminal.send("5\n1\n\n\n")
    terminal.wait_for("Saved.")
    terminal.kill()
    assert terminal.wait_exit() == -signal.SIGKILL
    assert labels_of(store)[0]["values"] == {"grounded": 5, "polite": True}


def test_a_dropped_line_keeps_the_draft(store: Store, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for(QUESTION_1)
    terminal.send("5\n")
    terminal.wait_for(QUESTION_2)
    terminal.send("y\n")
    terminal.wait_for(QUESTION_3)
    terminal.hang_up()
    terminal.wait_exit()
    assert labels_of(store) == []
    assert "Grounded: 5 Fully supported.\nPolite: yes.\n" in sit(store, [":read answers"])[1]
