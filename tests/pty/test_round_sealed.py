"""A whole calibration round of three raters at one machine: blind, locked, revealed, discussed, certified."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from reviewer.store.connection import Store
from tests.pty.rater import command, saved, shown
from tests.pty.terminal import Terminal
from tests.store.comparing import faults
from tests.store.filling import fill, fresh

ROUND = "kyc-round-1"
ITEMS = 2
SCORES = {"ana": (2, 3), "ben": (5, 4), "chi": (3, 3)}


def run(home: Path, *arguments: str, code: int = 0) -> str:
    ended = subprocess.run(command(home, *arguments), capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr
    return ended.stdout + ended.stderr


def word_of(name: str, at: int) -> str:
    return f"zebra{name}{at}"


def sit_down(home: Path, name: str) -> Terminal:
    return Terminal(command(home, "rate", ROUND, "--rater", name), 200, 60)


def rate_blind(home: Path, name: str) -> str:
    """Rates every item with a rationale, looks round, and returns all that was sent to the terminal."""
    with shown(sit_down(home, name), "submit") as terminal:
        for at, score in enumerate(SCORES[name]):
            terminal.send("R")
            terminal.wait_idle(0.3)
            terminal.send(word_of(name, at))
            terminal.wait_for(word_of(name, at), 20)
            terminal.send("\r")
            terminal.wait_idle(0.3)
            terminal.send(f"{score}\r")
            terminal.wait_for(saved(at + 1), 20)
        terminal.send("o")
        terminal.wait_for("items of", 20)
        terminal.send("\x1b")
        terminal.wait_idle(0.2)
        terminal.send("Q")
        terminal.wait_exit(10)
        return terminal.output.decode("utf-8", "replace")


def test_a_round_from_the_draw_to_the_certificates(tmp_path: Path) -> None:
    home = tmp_path / "home"
    store = fresh(home)
    fill(store, items=ITEMS + 1)
    run(home, "round", "start", "kyc", "--items", str(ITEMS), "--raters", ",".join(SCORES))
    words = {name: {word_of(name, at) for at in range(ITEMS)} for name in SCORES}
    for name in SCORES:
        told = rate_blind(home, name)
        assert all(word in told for word in words[name])
        others = set().union(*(words[other] for other in SCORES if other != name))
        assert not [word for word in others if word in told]
    assert "nobody sees another's labels yet" in run(home, "labels", "export", ROUND, code=3)
    run(home, "round", "lock", ROUND)
    assert "is locked" in run(home, "rate", ROUND, "--rater", "ana", "--plain", code=3)
    run(home, "round", "reveal", ROUND)
    discuss(home, words)
    check_what_is_kept(store, home)


def discuss(home: Path, words: dict[str, set[str]]) -> None:
    """Ana sees what all said, notes what they agree on, votes again, and takes the item into the rubric."""
    with shown(sit_down(home, "ana"), "What everybody said") as terminal:
        screen = "\n".join(terminal.screen())
        assert all(any(word in screen for word in words[name]) for name in SCORES)
        terminal.send("C")
        terminal.wait_idle(0.3)
        terminal.send("We count the date.\r")
        terminal.wait_for("Noted", 20)
        terminal.send("5\r")
        terminal.wait_for(saved(1), 20)
        terminal.send("[")
        terminal.wait_for("We count the date.", 20)
        terminal.send("X")
        terminal.wait_for("which level?", 20)
        terminal.send("\r")
        terminal.wait_idle(0.3)
        terminal.send("It says what the note says.\r")
        terminal.wait_for("why: It says what the note says.", 20)
        terminal.send("\r")
        terminal.wait_for("Now an example", 20)
        terminal.send("Q")
        terminal.wait_exit(10)


def check_what_is_kept(store: Store, home: Path) -> None:
    told = json.loads(run(home, "round", "finish", ROUND, "--json"))
    assert [(one["rater"], one["votes"], one["passed"]) for one in told["certificates"]] == [
        (name, ITEMS, False) for name in SCORES
    ]
    assert told["consensus_after_discussion"]["revotes"] == 1
    shown_ = json.loads(run(home, "round", "show", ROUND, "--json"))
    first = shown_["disputes"][0]
    assert [note["text"] for note in first["notes"]] == ["We count the date."]
    (voted,) = [label for label in first["labels"] if label["after"]]
    assert (voted["rater"], voted["after"]["values"]["score"]) == ("ana", 5)
    assert voted["values"]["score"] in SCORES["ana"], "which item is disputed most hangs on each rater's drawn order"
    assert "Everything holds." in run(home, "audit", "verify")
    told_of = run(home, "audit", "show")
    steps = ("started", "locked", "revealed", "noted", "promoted", "finished")
    assert [step for step in steps if f"round.{step}" not in told_of] == []
    assert faults(store) == []
