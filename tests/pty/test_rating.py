"""Twenty items rated by keys alone at 80 columns, and the program left and opened again."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.store.connection import Store
from tests.homes import QUEUE, SHORT, filled, item
from tests.pty.rater import at, command, rating, saved
from tests.pty.terminal import Terminal

BY_MISTAKE = "drops the “not” of the second line"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    filled(tmp_path / "home", [item(number) for number in range(24)], rubric=SHORT, blind=False)
    return tmp_path / "home"


def press(terminal: Terminal, *keys: str) -> None:
    """Sends key by key; a closing Esc is heard before the next letter, which would make Alt of it."""
    for key in keys:
        terminal.send(key)
        if key == "\x1b":
            terminal.wait_idle(0.15)


def exported(home: Path, *more: str) -> dict[str, dict[str, Any]]:
    """What the labels that count say, by item."""
    file = home / "labels.jsonl"
    subprocess.run([*command(home, "labels", "export", QUEUE, "-o", str(file), *more)], check=True, capture_output=True)
    labels = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert len({label["item"] for label in labels}) == len(labels)
    return {label["item"]: label for label in labels}


def drafts(home: Path) -> list[dict[str, Any]]:
    """What the drafts in the store say."""
    with Store.open(home / "reviewer.db").reading() as connection:
        return [orjson.loads(row[0]) for row in connection.execute("SELECT document FROM draft")]


def test_twenty_items_by_keys_alone_and_resumed_at_the_right_one(home: Path) -> None:
    with rating(home) as terminal:
        press(terminal, "4", "1", "\r")
        terminal.wait_for(at(2))
        press(terminal, "2", "1", "R", BY_MISTAKE, "\r", "\r")
        terminal.wait_for(at(3))
        press(terminal, "c", " Corrected.", "\x1b", "3", "0", "\r")
        terminal.wait_for(at(4))
        press(terminal, "s", "1")
        terminal.wait_for(at(5))
        press(terminal, "f", "5", "1", "\r")
        for number in range(6, 18):
            terminal.wait_for(at(number))
            press(terminal, "4", "1", "\r")
        terminal.wait_for(at(18))
        terminal.wait_for(saved(17))
        for number in (17, 16, 15):
            press(terminal, "u")
            terminal.wait_for(at(number))
            terminal.wait_for("[4]")
        press(terminal, "1", "\r")
        for number in (18, 19):
            terminal.wait_for(at(number))
            press(terminal, "4", "1", "\r")
        terminal.wait_for(at(20))
        press(terminal, "/", "that", "\r")
        terminal.wait_for("1 found")
        press(terminal, "o", "/", "note 20", "\r")
        terminal.wait_for(lambda rows: "note 20" in rows[0] and "1 found." in rows[-2])
        press(terminal, "\r")
        terminal.wait_for(at(21))
        press(terminal, "5", "1", "\r")
        terminal.wait_for(at(22))
        terminal.wait_for(saved(21))
        press(terminal, "3", "Q")
        assert terminal.wait_exit() == 0
        assert not terminal.emulator.strange
        assert not terminal.emulator.alternate
    with rating(home) as again:
        assert at(22)(again.screen())
        again.wait_for("[3]")
        assert "20 done · 4 left" in again.screen()[0]
        press(again, "Q")
        assert again.wait_exit() == 0

    labels = exported(home, "--heads")
    assert len(labels) == 20
    plain = {f"case-{number:03d}": (4, True) for number in (0, *range(5, 14), 15, 16, 17, 18)}
    scores = {**plain, "case-001": (2, True), "case-002": (3, False), "case-004": (5, True), "case-014": (1, True)}
    scores["case-020"] = (5, True)
    done = {key: label for key, label in labels.items() if label["outcome"] == "submitted"}
    assert {key: (label["values"]["score"], label["values"]["safe"]) for key, label in done.items()} == scores
    assert [key for key, label in labels.items() if label["outcome"] == "skipped"] == ["case-003"]
    assert labels["case-003"]["rationale"]["label"]["text"].startswith("The item is broken")
    assert labels["case-001"]["rationale"] == {"label": {"text": BY_MISTAKE, "reasons": []}}
    assert labels["case-002"]["correction"]["@output:1"].endswith("no more than that. Corrected.")
    assert [key for key, label in labels.items() if label["flags"]] == ["case-004"]
    assert {key for key, label in labels.items() if label["revision"] > 1} == {"case-014"}
    assert drafts(home) == [{"values": {"score": 3}}]


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_keeps_the_draft_and_the_place(home: Path, number: signal.Signals) -> None:
    with rating(home) as terminal:
        press(terminal, "]", "e", "half a sentence")
        terminal.wait_for("half a sentence")
        terminal.kill(number)
        assert terminal.wait_exit() in (128 + number, -number)
    assert drafts(home) == [{"rationale": {"score": {"text": "half a sentence", "reasons": []}}}]
    with rating(home) as again:
        assert at(2)(again.screen())
        again.wait_for("✎ why")


def test_a_dropped_line_keeps_the_draft(home: Path) -> None:
    with rating(home) as terminal:
        press(terminal, "4", "m", "for the lead")
        terminal.wait_for("for the lead")
        terminal.hang_up()
        terminal.wait_exit()
    assert drafts(home) == [{"values": {"score": 4}, "notes": "for the lead"}]


def test_ctrl_c_leaves_with_130_and_keeps_the_draft(home: Path) -> None:
    with rating(home) as terminal:
        press(terminal, "4", "e", "so")
        terminal.wait_for(" so")
        press(terminal, "\x03")
        assert terminal.wait_exit() == 130
        assert not terminal.emulator.alternate
    assert drafts(home) == [{"values": {"score": 4}, "rationale": {"safe": {"text": "so", "reasons": []}}}]


def test_the_smallest_terminal_says_so_rates_and_grows(home: Path) -> None:
    arguments = command(home, "rate", QUEUE, "--rater", "ana")
    with Terminal(arguments, 40, 10, env={"PYTHONDONTWRITEBYTECODE": None}) as terminal:
        terminal.wait_for("40×10", 30)
        press(terminal, "4", "1", "\r")
        terminal.resize(80, 24)
        terminal.wait_for(at(2))
        terminal.wait_for("Question 1")
        press(terminal, "e", "grow")
        terminal.wait_for(" grow")
        for size in ((120, 40), (60, 16), (20, 5), (100, 30)):
            terminal.resize(*size)
            press(terminal, "n")
        terminal.wait_for(" grownnnn")
        press(terminal, "\r", "Q")
        assert terminal.wait_exit() == 0
        assert not terminal.emulator.strange
