"""NO_COLOR means none: no colour is ever sent, and everything is still told apart."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.homes import filled
from tests.pty.rater import rating
from tests.pty.test_rating import press

_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
WITHOUT_COLOUR = {0, 1, 2, 3, 4, 5, 7, 8, 9, 21, 22, 23, 24, 25, 27, 28, 29, 39, 49, 53, 55}


def colours(output: bytes) -> set[str]:
    """The parameters of every sequence that asks for a colour."""
    found = {match[1].decode() for match in _SGR.finditer(output)}
    return {one for one in found if any(int(part or 0) not in WITHOUT_COLOUR for part in re.split("[;:]", one))}


@pytest.mark.parametrize("how", ["NO_COLOR", "plain"])
def test_no_colour_is_sent_on_any_screen(tmp_path: Path, how: str) -> None:
    filled(tmp_path / "home")
    if how == "plain":
        (tmp_path / "home" / "config.toml").write_text('theme = "plain"\n', encoding="utf-8")
    with rating(tmp_path / "home", NO_COLOR="1" if how == "NO_COLOR" else "") as terminal:
        for keys, wanted in (
            ("2k", "[2]"),
            ("e", "adds a fact"),
            ("1", "[1 adds a fact]"),
            (" x\r", "✎ why"),
            ("x", "Levels"),
            ("1", "enter gives it"),
            ("\x1b", "Question 0"),
            ("s", "skip: why?"),
            ("\x1b", "0–9 score"),
            ("?", "keys · keymap"),
            ("\x1b", "0–9 score"),
            (":", "commands"),
            ("\x1b", "0–9 score"),
            ("/file", "find in this pane"),
            ("\r", "not in this pane"),
            ("o", "items of"),
            ("q", "0–9 score"),
            ("]", " 2/8"),
            ("q", "Reviewer  ·"),
        ):
            press(terminal, keys)
            terminal.wait_for(wanted)
        press(terminal, "q")
        assert terminal.wait_exit() == 0
        assert colours(terminal.output) == set()
        assert re.search(rb"\x1b\[([0-9;]*;)?7[;m]", terminal.output), "what is chosen is reversed"


def test_with_colour_colour_is_sent(tmp_path: Path) -> None:
    filled(tmp_path / "home")
    with rating(tmp_path / "home") as terminal:
        assert colours(terminal.output)
