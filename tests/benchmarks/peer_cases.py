"""What stands beside Reviewer: the harness itself, an empty app, the same panes of stock widgets, a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import Bench, Case
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.screens import item_shown
from tests.benchmarks.table import Figure, spread
from tests.pty.terminal import Predicate, Terminal
from tests.pty.timing import measure, measure_start

PEERS: Final = Path(__file__).parent / "peers"
PANE_ITEMS: Final = 60


def start_empty() -> float:
    """Milliseconds from the start of an empty Textual app until its line is on the screen."""
    with Terminal([sys.executable, str(PEERS / "empty.py")]) as terminal:
        (shown,) = measure_start(terminal, lambda rows: rows[0].startswith("ready 0"))
        return shown.ms


def harness(bench: Bench) -> list[Figure]:
    """The floor of the measurement: a letter that the kernel's terminal driver echoes."""
    times = []
    with Terminal(["cat"]) as terminal:
        for number in range(1, bench.count(100) + 1):
            wanted = _letters(number)
            (shown,) = measure(terminal, "x", wanted, quiet=0.02)
            times.append(shown.ms)
    return [spread("the player itself: kernel echo", times)]


def _letters(count: int) -> Predicate:
    return lambda rows: sum(row.count("x") for row in rows) == count


def empty_app(bench: Bench) -> list[Figure]:
    """The framework's floor: a key that changes one line, and the start."""
    starts = [start_empty() for _ in range(bench.count(20))]
    times = []
    with Terminal([sys.executable, str(PEERS / "empty.py")]) as terminal:
        terminal.wait_for("ready 0")
        for number in range(1, bench.count(200) + 1):
            (shown,) = measure(terminal, "j", _first_row(f"ready {number} "))
            times.append(shown.ms)
    return [
        spread("empty Textual app: key to changed line", times),
        spread("empty Textual app: start to first paint", starts),
    ]


def _first_row(start: str) -> Predicate:
    return lambda rows: rows[0].startswith(start)


def panes(kind: str, bench: Bench) -> list[Figure]:
    """Item switch and start of the three panes made of stock widgets."""
    items = bench.items(Corpus(PANE_ITEMS))
    argv = [sys.executable, str(PEERS / "panes.py"), kind, str(items)]
    times, starts = [], []
    for run in range(bench.count(3)):
        with Terminal(argv) as terminal:
            (shown,) = measure_start(terminal, item_shown(PANE_ITEMS))
            starts.append(shown.ms)
            if run:
                continue
            for _ in range(bench.count(120)):
                wanted = item_shown(PANE_ITEMS, terminal.screen())
                (shown,) = measure(terminal, "]", wanted, quiet=0.15)
                times.append(shown.ms)
    return [
        spread(f"three panes of {kind.capitalize()}: next item, 4 KB, 120x40", times),
        spread(f"three panes of {kind.capitalize()}: start to first item", starts),
    ]


def static_panes(bench: Bench) -> list[Figure]:
    """Plain text in `Static`."""
    return panes("static", bench)


def markdown_panes(bench: Bench) -> list[Figure]:
    """The framework's `Markdown`."""
    return panes("markdown", bench)


def browser(bench: Bench) -> list[Figure]:
    """The figure that a web tool is known to need; another machine's, not measured here."""
    del bench
    return [
        Figure(
            "Label Studio: submit key to painted next task, in a browser",
            values={"p50": 248.0, "p95": 282.0, "max": 308.0},
            note="given, not measured here",
        )
    ]


CASES: Final = [
    Case("harness", harness),
    Case("empty", empty_app),
    Case("static", static_panes),
    Case("markdown", markdown_panes),
    Case("browser", browser),
]
