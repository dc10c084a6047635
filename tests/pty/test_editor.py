"""Writing in $EDITOR, a real program, and what is taken over from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.homes import SHORT, filled, item
from tests.pty.rater import rating
from tests.pty.test_rating import drafts, press

EDITOR = """#!/bin/sh
printf 'EDITOR HAS '; cat "$1"; printf ' MODE '; stat -c %a "$(dirname "$1")"
read -r answer
case "$answer" in
fail) exit 3;;
*) printf '%s\\nand \\033[31m%s\\n' "$(cat "$1")" "$answer" > "$1";;
esac
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    filled(tmp_path / "home", [item(number) for number in range(3)], rubric=SHORT)
    script = tmp_path / "home" / "my editor"
    script.write_text(EDITOR, encoding="utf-8")
    script.chmod(0o700)
    return tmp_path / "home"


def editor(home: Path) -> str:
    return f"'{home / 'my editor'}'"


def test_e_and_f4_go_to_the_editor_and_back(home: Path) -> None:
    with rating(home, EDITOR=editor(home)) as terminal:
        press(terminal, "e", "begun")
        terminal.wait_for(" begun")
        press(terminal, "\x1bOS")
        terminal.wait_for("EDITOR HAS begun MODE 700")
        press(terminal, "ended\r")
        terminal.wait_for("and ␛[31mended")
        press(terminal, " here", "\r")
        terminal.wait_for("✎ why")
        press(terminal, "j", "E")
        terminal.wait_for("EDITOR HAS  MODE 700")
        press(terminal, "safe\r")
        terminal.wait_for(lambda rows: sum("✎ why" in row for row in rows) == 2)
        press(terminal, "4", "Q")
        assert terminal.wait_exit() == 0
        assert not terminal.emulator.strange
    (draft,) = drafts(home)
    assert draft["rationale"]["score"]["text"] == "begun\nand ␛[31mended here"
    assert draft["rationale"]["safe"]["text"] == "\nand ␛[31msafe"


def test_an_editor_that_fails_or_is_not_there_changes_nothing(home: Path) -> None:
    with rating(home, EDITOR=editor(home)) as terminal:
        press(terminal, "E")
        terminal.wait_for("EDITOR HAS")
        press(terminal, "fail\r")
        terminal.wait_for("The editor ended with 3")
        press(terminal, "Q")
        assert terminal.wait_exit() == 0
    for command, said in (("/no/such/editor", "No such file"), ("'unclosed", "No closing quotation")):
        with rating(home, EDITOR=command) as terminal:
            press(terminal, "E")
            terminal.wait_for(said)
            press(terminal, "4")
            terminal.wait_for("[4]")
            press(terminal, "Q")
            assert terminal.wait_exit() == 0
