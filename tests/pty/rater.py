"""A rater at a real terminal: the program started on a home, and what is waited for on its screen."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.homes import QUEUE
from tests.pty.terminal import Rows, Terminal

START = "from reviewer.cli import main; main()"


def command(home: Path, *arguments: str) -> list[str]:
    """The command line of the program on `home`."""
    return [sys.executable, "-c", START, *arguments, "--home", str(home)]


def rating(home: Path, columns: int = 80, rows: int = 24, **environment: str) -> Terminal:
    """The workstation on the queue, with an item on its screen."""
    return shown(
        Terminal(
            command(home, "rate", QUEUE, "--rater", "ana"),
            columns,
            rows,
            env={"PYTHONDONTWRITEBYTECODE": None, **environment},
        ),
        "submit",
    )


def shown(terminal: Terminal, wanted: str | Callable[[Rows], bool]) -> Terminal:
    """The terminal once its screen holds `wanted`; closed where that never comes."""
    try:
        terminal.wait_for(wanted, 30)
    except BaseException:
        terminal.close()
        raise
    return terminal


def at(number: int) -> Callable[[Rows], bool]:
    """Holds while the status line says that this place of the queue is open."""
    return lambda rows: f" {number}/" in rows[0]


def saved(count: int) -> Callable[[Rows], bool]:
    """Holds once the saved mark counts so many."""
    return lambda rows: rows[0].rstrip().endswith(f"✓ saved {count}")
