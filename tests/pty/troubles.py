"""A home that a program opens at a terminal or imports into, and a small disk to put it on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from reviewer.store import queues
from reviewer.store.connection import Store
from tests.pty.terminal import Rows, Terminal
from tests.soak.amount import compiled_once
from tests.soak.playing import COLUMNS, ROWS, is_open, place_on

QUEUE, RATER = "kyc", "ana"
RUBRIC: dict[str, Any] = {
    "name": "score",
    "criteria": [{"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 9}],
}
START = "from reviewer.cli import main; main()"


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-c", START, *arguments, "--home", str(home)]


def rating(home: Path, *, before: Sequence[str] = (), rater: str = RATER, **environment: str) -> Terminal:
    """The program, rating the queue; `before` stands before its command line."""
    argv = [*before, *command(home, "rate", QUEUE, "--rater", rater)]
    return Terminal(argv, COLUMNS, ROWS, env={"PYTHONDONTWRITEBYTECODE": None, **environment})


def opened(terminal: Terminal) -> Terminal:
    terminal.wait_for(is_open, 30)
    return terminal


def at_place(number: int) -> Callable[[Rows], bool]:
    return lambda rows: place_on(rows) == number - 1


def said(text: str) -> Callable[[Rows], bool]:
    """Holds when the notice line says it."""
    return lambda rows: text in rows[-2]


def ended_with(terminal: Terminal, *sentences: str) -> None:
    """The program has ended with one of the sentences, and says nothing of its inside."""
    assert terminal.wait_exit(30) == 3, terminal.text()
    shown = " ".join(terminal.text().split())
    assert any(sentence in shown for sentence in sentences), terminal.text()
    assert "Traceback" not in shown


def imported(home: Path, file: Path, *, before: Sequence[str] = (), **environment: str) -> tuple[int, str]:
    """The exit code of `reviewer import`, and what it said."""
    ended = subprocess.run(
        [*before, *command(home, "import", str(file), "-q", "more")],
        env={**compiled_once(), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, " ".join(ended.stderr.split())


def visible(store: Store, queue: str) -> int:
    with store.reading() as connection:
        found = queues.find(connection, queue)
    return found.size if found else 0


class Disk:
    """A small disk in a mount namespace of its own, which lives as long as the process that holds it."""

    def __init__(self, point: Path, megabytes: int) -> None:
        alone = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-r", "-m"]
        mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "$1" && echo ready && exec cat'
        self._holder = subprocess.Popen(
            [*alone, "sh", "-c", mount, "sh", str(point)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            self.close()
            pytest.skip("this system lets no test mount a disk of its own")
        as_user = [] if os.getuid() == 0 else ["-U", "--preserve-credentials"]
        self.inside = ["nsenter", "-t", str(self._holder.pid), *as_user, "-m"]
        self.home = point / "home"
        self._point = point
        self._seen = Path(f"/proc/{self._holder.pid}/root{point}")

    def take(self, store: Store) -> None:
        """Copies a store that nobody uses onto the disk, as its home."""
        (self._seen / "home").mkdir(mode=0o700)
        shutil.copy(store.path, self._seen / "home")

    def look(self, where: Path) -> Path:
        """A copy of the store as it is now. SQLite itself would not stay inside the disk: it follows every link."""
        where.mkdir()
        for file in (self._seen / "home").glob("reviewer.db*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, where)
        return where / "reviewer.db"

    def fill(self, but: int = 0) -> None:
        """Takes every byte that is left, `but` so many."""
        with closing(os.fdopen(os.open(self._seen / "filler", os.O_CREAT | os.O_WRONLY), "wb", buffering=0)) as filler:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue
            filler.truncate(filler.tell() - but)

    def make_room(self) -> None:
        (self._seen / "filler").unlink()

    def forbid_writing(self) -> None:
        subprocess.run([*self.inside, "mount", "-o", "remount,ro", str(self._point)], check=True)

    def close(self) -> None:
        self._holder.communicate()


@contextmanager
def disk(point: Path, megabytes: int = 8) -> Iterator[Disk]:
    point.mkdir(mode=0o700)
    made = Disk(point, megabytes)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def held(store: Store) -> Iterator[None]:
    """Another process than the program holds the store for itself."""
    with closing(store.connect()) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
