"""The workstation as a benchmark plays it: commands on a home folder, and a sitting at a pty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.benchmarks.bench import Bench
from tests.benchmarks.corpus import CRITERIA, OTHER, PANES, Corpus, write_labels, write_rubric
from tests.benchmarks.screens import item_saved, item_shown
from tests.pty.terminal import Predicate, Rows, Terminal
from tests.pty.timing import Shown, measure, measure_start

RATER: Final = "bench"
QUEUE: Final = "bench"
SCORES: Final = "441"  # one digit a criterion of the bench rubric
DEFAULT_CRITERIA: Final = ("score",)
COMPARED: Final = ("Overall preference",)
_SAMPLE_EVERY: Final = 0.02


def command(*arguments: str) -> list[str]:
    """The command line of the program beside this Python, else of the checkout in the working folder."""
    script = Path(sys.executable).with_name("reviewer")
    if script.exists():
        return [str(script), *arguments]
    return [sys.executable, "-c", "from reviewer.cli import main; raise SystemExit(main())", *arguments]


def can_run() -> bool:
    """Whether there is a program to measure."""
    return subprocess.run(command("--help"), check=False, capture_output=True).returncode == 0


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended well: its standard output, its wall time, and its peak memory if that was asked."""

    output: str
    seconds: float
    peak_mb: float


def run(home: Path, *arguments: str) -> Finished:
    """Runs a command on `home` to its end; raises `RuntimeError` with its complaint when it fails."""
    environment = {**os.environ, "REVIEWER_HOME": str(home)}
    began = time.perf_counter()
    with subprocess.Popen(
        command(*arguments), env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        peak = 0.0
        while True:
            try:
                output, complaint = process.communicate(timeout=_SAMPLE_EVERY)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, peak_memory_mb(process.pid))
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"`reviewer {' '.join(arguments)}` ended with {process.returncode}: {complaint.strip()}")
    return Finished(output, seconds, peak)


def run_json(home: Path, *arguments: str) -> dict[str, Any]:
    """The object that a command with `--json` prints."""
    answer: dict[str, Any] = json.loads(run(home, *arguments, "--json").output)
    return answer


def peak_memory_mb(pid: int) -> float:
    """The highest resident size of a running process so far, in MB of 1,000,000 bytes; 0 where it is not told."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    sizes = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    return int(sizes.get("VmHWM", "0").split()[0]) * 1024 / 1e6


@dataclass(frozen=True, slots=True)
class Prepared:
    """A home folder with one queue in it, as a measurement wants it."""

    home: Path
    queue: str
    total: int
    criteria: tuple[str, ...]
    panes: tuple[str, ...] = tuple(PANES)
    digits: str = SCORES


def prepare_pairs(bench: Bench, corpus: Corpus) -> Prepared:
    """Makes a home with the pairs of `corpus` imported into a blind pairwise queue, by the program's own commands."""
    home = bench.work / f"home-{corpus.name}-pairs-{time.monotonic_ns()}"
    home.mkdir(parents=True)
    run(home, "import", str(bench.pairs(corpus)), "-q", QUEUE, "--kind", "pairwise")
    return Prepared(home, QUEUE, corpus.items, COMPARED, (*PANES, OTHER), "4")


def prepare(bench: Bench, corpus: Corpus, *, within: Path | None = None, labelled: float = 0.0) -> Prepared:
    """Makes a home with `corpus` imported, and the first share `labelled` by the rater, by the program's own commands.

    A queue to be labelled has the program's default rubric (`score`), others the bench rubric of three criteria.
    """
    place = within or bench.work
    home = place / f"home-{corpus.name}-{labelled:g}-{time.monotonic_ns()}"
    home.mkdir(parents=True)
    items = str(bench.items(corpus))
    if labelled:
        run(home, "import", items, "-q", QUEUE)
        labels = write_labels(home / "labels.csv", corpus, labelled, RATER)
        run(home, "labels", "import", str(labels), "-q", QUEUE)
        return Prepared(home, QUEUE, corpus.items, DEFAULT_CRITERIA)
    rubric = write_rubric(home / "bench.yaml")
    run(home, "import", items, "-q", QUEUE, "--rubric", str(rubric))
    return Prepared(home, QUEUE, corpus.items, CRITERIA)


class Sitting:
    """`reviewer rate QUEUE` at a pty of the given size, known only by what its screen shows."""

    def __init__(self, prepared: Prepared, columns: int = 120, rows: int = 40) -> None:
        self.prepared = prepared
        self.terminal = Terminal(
            command("rate", prepared.queue, "--rater", RATER), columns, rows, {"REVIEWER_HOME": str(prepared.home)}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.terminal.close()

    def opened(self) -> Shown:
        """Waits for the first item and says when it was readable, counted from the start of the process."""
        (shown,) = measure_start(self.terminal, self._another(None), timeout=60)
        return shown

    def score(self) -> None:
        """Gives every criterion its digit, and waits until the program rests."""
        for digit in self.prepared.digits[: len(self.prepared.criteria)]:
            self.terminal.send(digit)
            self.terminal.wait_idle(0.03)

    def submit(self) -> tuple[Shown, Shown]:
        """Submits what is scored: when the next item was shown, and when the saved mark stood."""
        before = self.terminal.screen()
        shown, saved = measure(
            self.terminal,
            "\r",
            self._another(before),
            item_saved(self.prepared.total, before, self.prepared.criteria, self.prepared.panes),
        )
        return shown, saved

    def step(self, keys: str, wanted: Predicate | None = None) -> Shown:
        """Presses `keys` and says when the wanted state stood; without one, when another item was shown."""
        (shown,) = measure(self.terminal, keys, wanted or self._another(self.terminal.screen()))
        return shown

    def screen(self) -> Rows:
        """The screen as it stands."""
        return self.terminal.screen()

    def peak_memory_mb(self) -> float:
        """The program's highest resident size so far."""
        return peak_memory_mb(self.terminal.pid)

    def _another(self, than: Rows | None) -> Predicate:
        return item_shown(self.prepared.total, than, self.prepared.criteria, self.prepared.panes)


def times(shown: Sequence[Shown]) -> list[float]:
    """The milliseconds alone."""
    return [one.ms for one in shown]
