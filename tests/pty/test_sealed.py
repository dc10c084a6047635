"""A blind queue, played with everything that could tell too much looked through afterwards."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from reviewer.session.listing import search_places
from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from tests.pty.rater import command
from tests.pty.terminal import Rows, Terminal

SYSTEMS = (("Zyxomma", "v77.3"), ("Quovarn", "v88.1"), ("Brelmox", "v99.4"))
ITEMS = 6
HIDDEN_KEY = "hiddenkey"
HIDDEN_TAG = "hiddentag"
TABLES_OF_RATERS = ("draft", "label", "label_head", "progress", "stretch", "event", "assignment")
CRASH = """
import reviewer.session.sitting as sitting

def toggle_flag(self):
    view, record, order = self.view, self.walk.record(self.view.seq), self.view.outputs
    raise ZeroDivisionError("a planted defect")

sitting.Sitting.toggle_flag = toggle_flag
from reviewer.cli import main
main()
"""


def write_items(path: Path) -> Path:
    rows = []
    for number in range(ITEMS):
        outputs = [
            {
                "system": system,
                "version": version,
                "text": f"Answer {letter}{number}: the fee is {number + place} euros.",
            }
            for place, (letter, (system, version)) in enumerate(zip("abc", SYSTEMS, strict=True))
        ]
        rows.append(
            {
                "id": f"{HIDDEN_KEY}-{number}",
                "prompt": f"What is fee number {number}?",
                "context": f"Fee number {number} is {number} euros.",
                "outputs": outputs,
                "metadata": {"owner": HIDDEN_TAG, "risk": "high"},
                "tags": [HIDDEN_TAG],
            }
        )
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def run(home: Path, *arguments: str) -> str:
    ended = subprocess.run(command(home, *arguments), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture(params=["pairwise", "ranking"])
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    home = tmp_path / "home"
    items = write_items(tmp_path / "items.jsonl")
    run(home, "import", str(items), "-q", "blind", "--kind", request.param)
    run(home, "queue", "set", "blind", "show=risk")
    return home, request.param


def secrets(home: Path) -> dict[str, str]:
    """What must not get out, each with what it is."""
    with closing(sqlite3.connect(home / "reviewer.db")) as connection:
        found = {str(seed): "the seed" for (seed,) in connection.execute("SELECT seed FROM queue")}
        for identifier, content in connection.execute("SELECT id, content_hash FROM output"):
            found |= {identifier: "an output's identifier", content: "an output's hash"}
        for (identifier,) in connection.execute("SELECT id FROM system"):
            found[identifier] = "a system's identifier"
    for name, version in SYSTEMS:
        found |= {name: "a system", version: "a version"}
    return found | {HIDDEN_KEY: "an item's key", HIDDEN_TAG: "an undeclared tag"}


def leaks(where: str, told: str, hidden: dict[str, str]) -> list[str]:
    return [f"{what} in {where}: {secret}" for secret, what in hidden.items() if secret.lower() in told.lower()]


def play(home: Path, kind: str) -> str:
    """Opens everything that a rater can open, and answers; returns all that was sent to the terminal."""
    answer = "4" if kind == "pairwise" else "213"
    with Terminal(command(home, "rate", "blind", "--rater", "ana"), 100, 40) as terminal:

        def then(keys: str, wanted: str | Callable[[Rows], bool]) -> None:
            terminal.send(keys)
            terminal.wait_for(wanted, 20)

        def ended(keys: str) -> None:
            terminal.send(keys)
            terminal.wait_idle(0.3)

        terminal.wait_for("submit", 30)
        then("R", "why, overall")
        ended("the first is clearer\r")
        then(f"{answer}\r", "saved 1")
        then("?", "Submits the label")
        then("\x1b", "submit")
        then("i", "instructions ·")
        then("\x1b", "submit")
        then("o", "items of blind")
        then("/", "done")
        then("fee", "fee")
        then("\r", "“fee”")
        then("q", "submit")
        then("]", "submit")
        then("u", "stands as it was")
        then("c", "corrected")
        ended(" better\r")
        then("s", "reason")
        ended("\x1b")
        then("q", "drafts")
        terminal.send("Q")
        terminal.wait_exit(10)
        return terminal.output.decode("utf-8", "replace")


def test_a_blind_queue_tells_nothing_but_the_allow_list(sealed: tuple[Path, str]) -> None:
    home, kind = sealed
    hidden = secrets(home)
    told = play(home, kind)
    found = leaks("the terminal", told, hidden)
    with closing(sqlite3.connect(home / "reviewer.db")) as connection:
        for table in TABLES_OF_RATERS:
            rows = connection.execute(f"SELECT * FROM {table}").fetchall()
            assert rows or table in ("draft", "stretch"), table
            found += leaks(f"the table {table}", repr(rows), hidden)
    for name in ("jsonl", "csv"):
        exported = run(home, "labels", "export", "blind", "-f", name)
        # The owner of the queue exports by the item's key; what stays sealed is which output is whose.
        found += leaks(f"the {name} export", exported, {key: what for key, what in hidden.items() if key != HIDDEN_KEY})
    found += leaks(
        "the log of labels", run(home, "labels", "log", "blind"), {s: w for s, w in hidden.items() if s != HIDDEN_KEY}
    )
    found += leaks("the audit", run(home, "audit", "show"), hidden)
    assert not found


def test_a_search_finds_no_name_and_no_key(sealed: tuple[Path, str]) -> None:
    home, _ = sealed
    sitting = Sitting.open(Store.open(home / "reviewer.db"), "blind", "ana")
    found = {
        word: [*chain.from_iterable(search_places(sitting, word))] for word in (*SYSTEMS[0], HIDDEN_KEY, HIDDEN_TAG)
    }
    assert not any(found.values())
    assert [*chain.from_iterable(search_places(sitting, "the fee is"))]
    assert sitting.close()


def test_the_order_that_was_shown_is_not_the_canonical_one(sealed: tuple[Path, str]) -> None:
    home, kind = sealed
    play(home, kind)
    with closing(sqlite3.connect(home / "reviewer.db")) as connection:
        slots = dict(connection.execute("SELECT public_id, slot FROM task_output"))
        drawn = [json.loads(order) for (order,) in connection.execute("SELECT shown_order FROM assignment")]
    rows = csv.DictReader(io.StringIO(run(home, "labels", "export", "blind", "-f", "csv")))
    assert all(set(row["shown_order"].split("|")) <= slots.keys() for row in rows)
    assert all(sorted(slots[public] for public in order) == list(range(len(order))) for order in drawn)


def test_a_crash_report_tells_no_text_and_no_name(sealed: tuple[Path, str]) -> None:
    home, _ = sealed
    hidden = secrets(home)
    argv = command(home, "rate", "blind", "--rater", "ana")
    argv[2] = CRASH
    with Terminal(argv, 100, 40) as terminal:
        terminal.wait_for("submit", 30)
        terminal.send("f")
        assert terminal.wait_exit(10) == 70
        told = terminal.output.decode("utf-8", "replace")
    logs = [path.read_text(encoding="utf-8") for path in (home / "logs").iterdir()]
    assert any("ZeroDivisionError" in log for log in logs)
    found = leaks("the terminal", told, hidden)
    for log in logs:
        found += leaks("the log", log, hidden | {"the fee is": "an output's text", "What is fee": "a prompt"})
    assert not found


def test_after_the_reveal_the_names_are_shown(sealed: tuple[Path, str]) -> None:
    home, _ = sealed
    run(home, "queue", "reveal", "blind", "--reason", "the study is closed")
    with Terminal(command(home, "rate", "blind", "--rater", "ana"), 140, 40) as terminal:
        terminal.wait_for("submit", 30)
        screen = "\n".join(terminal.screen())
    assert any(name in screen for name, _ in SYSTEMS)
