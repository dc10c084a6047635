"""Pairs compared and outputs ranked by keys alone at 80 columns, and the program left and opened again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from reviewer.store.connection import Store
from tests.pty.rater import at, command, saved, shown
from tests.pty.terminal import Terminal
from tests.tui.comparisons import SYSTEMS, pairs, rankings

OVERALL: dict[str, Any] = {"name": "overall", "preference": {"scale": 5}}


def opened(home: Path, columns: int = 80, rows: int = 24) -> Terminal:
    """The workstation on the queue, with an item on its screen."""
    arguments = command(home, "rate", "pairs", "--rater", "ana")
    return shown(Terminal(arguments, columns, rows, env={"PYTHONDONTWRITEBYTECODE": None}), "submit")


def press(terminal: Terminal, *keys: str) -> None:
    """Sends key by key; a closing Esc is heard before the next letter, which would make Alt of it."""
    for key in keys:
        terminal.send(key)
        if key == "\x1b":
            terminal.wait_idle(0.15)


def kept(home: Path) -> list[tuple[dict[str, Any], list[str], dict[str, str]]]:
    """Values, order shown and corrections of the labels that count, in the order of their submission."""
    with Store.open(home / "reviewer.db").reading() as connection:
        found = connection.execute(
            'SELECT l."values", l.shown_order, l.correction FROM label l JOIN label_head h ON h.label = l.id '
            "ORDER BY l.committed_at"
        ).fetchall()
    return [(orjson.loads(row[0]), orjson.loads(row[1]), orjson.loads(row[2])) for row in found]


def test_five_pairs_by_keys_alone_and_resumed_with_the_sides_as_they_were(tmp_path: Path) -> None:
    home = tmp_path / "home"
    pairs(home, 7, rubric=OVERALL)
    with opened(home) as terminal:
        assert not any("Right 0." in row for row in terminal.screen())
        press(terminal, "v")
        terminal.wait_for("Right 0.")
        press(terminal, "w")
        terminal.wait_for("4 differences marked")
        press(terminal, "4", "\r")
        terminal.wait_for(at(2))
        terminal.wait_for("Left 1.")
        press(terminal, "v", "c", "!", "\x1b", "a", "\r")
        terminal.wait_for(at(3))
        press(terminal, "R", "both wrong", "\x1b", "0", "\r")
        terminal.wait_for(at(4))
        press(terminal, "v", "5", "\r")
        terminal.wait_for(at(5))
        terminal.wait_for("Left 4.")
        press(terminal, "t", "\r")
        terminal.wait_for(at(6))
        terminal.wait_for(saved(5))
        press(terminal, "u")
        terminal.wait_for(at(5))
        terminal.wait_for("[3 tie]")
        press(terminal, "u")
        terminal.wait_for(at(4))
        terminal.wait_for("Left 3.")
        terminal.wait_for("[5 right+]")
        press(terminal, "1", "\r")
        terminal.wait_for(at(6))
        press(terminal, "d", "Q")
        assert terminal.wait_exit() == 0
        assert not terminal.emulator.strange
        assert not any(system.encode() in terminal.output for system in SYSTEMS)
    with opened(home) as again:
        assert at(6)(again.screen())
        again.wait_for("[4 right]")
        again.wait_for("Left 5.")
        press(again, "v")
        again.wait_for("Right 5.")
        assert "5 done · 2 left" in again.screen()[0]
        press(again, "Q")
        assert again.wait_exit() == 0
    labels = kept(home)
    assert [values["preference"] for values, _, _ in labels] == [1, -1, "both_bad", 0, -2]
    assert [set(correction) for _, _, correction in labels] == [set(), {"@output:2"}, set(), set(), set()]
    assert all(len(order) == 2 for _, order, _ in labels)


def test_outputs_are_ranked_with_a_tie_and_a_step_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    rankings(home, 3, rubric=OVERALL)
    with opened(home) as terminal:
        press(terminal, "l", "l")
        terminal.wait_for("Output 3 of place 0.")
        press(terminal, "3", "1", "\x7f", "2", "=", "4")
        terminal.wait_for("3 > 2 = 4 > …   left: 1")
        press(terminal, "\r")
        terminal.wait_for(at(2))
        terminal.wait_for("Output 1 of place 1.")
        press(terminal, "2", "Q")
        assert terminal.wait_exit() == 0
    with opened(home) as again:
        again.wait_for("2 > …   left: 1 3 4")
        press(again, "Q")
        assert again.wait_exit() == 0
    assert [values for values, _, _ in kept(home)] == [{"ranking": [[3], [2, 4], [1]]}]
