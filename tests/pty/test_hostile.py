"""Hostile texts at a real terminal: no control of theirs reaches it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.pty.rater import rating
from tests.pty.terminal import Terminal
from tests.pty.test_rating import press
from tests.tui.hostile import HOSTILE
from tests.tui.test_hostile import hostile_store

_BIDI = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(terminal: Terminal) -> None:
    emulator = terminal.emulator
    assert emulator.strange == []
    assert emulator.bells == 0
    assert not any(string.startswith("52;") or "owned" in string for string in emulator.strings)
    shown = terminal.output.decode("utf-8", "replace")
    assert not any(unicodedata.category(character) == "Cc" and ord(character) > 0x7E for character in shown)
    assert _BIDI.isdisjoint(shown)


@pytest.mark.parametrize("name", ["markup", "controls", "sequences", "bidi", "table"])
def test_no_control_of_a_text_reaches_the_terminal(tmp_path: Path, name: str) -> None:
    hostile_store(tmp_path / "home", HOSTILE[name])
    with rating(tmp_path / "home") as terminal:
        for keys, wanted in (
            ("r", "raw"),
            ("x", "Levels"),
            ("\x1b", "0–9 score"),
            ("e", "done"),
            ("\r", "0–9 score"),
            ("]", " 2/2"),
            ("i", "instructions"),
            ("\x1b", "0–9 score"),
            ("o", "items of"),
            ("q", "0–9 score"),
        ):
            press(terminal, keys)
            terminal.wait_for(wanted)
        harmless(terminal)
        # As a terminal that knows of no brackets would paste it, letter by letter, and as one that does.
        press(terminal, "R", "\x1b[200~" + HOSTILE["sequences"] + "\x1b[201~")
        terminal.wait_for("owned")
        press(terminal, "\r", "q")
        terminal.wait_for("Reviewer  ·")
        harmless(terminal)
        press(terminal, "q")
        assert terminal.wait_exit() == 0
