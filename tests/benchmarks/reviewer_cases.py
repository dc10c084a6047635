"""The workstation's own figures, each with the bound that it is held to."""

from __future__ import annotations

import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import Bench, Case
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.peer_cases import start_empty
from tests.benchmarks.screens import changed_beside_status, list_shown
from tests.benchmarks.sitting import Prepared, Sitting, command, prepare, run, run_json, times
from tests.benchmarks.table import Figure, spread
from tests.pty.terminal import Predicate, Rows
from tests.pty.timing import Shown

FRAME: Final = {"p95": 16.0, "p99": 33.0, "max": 100.0}
TWO_FRAMES: Final = {"p95": 33.0}
SMALL: Final = {"p95": 12.0}
SAVED: Final = {"p95": 50.0}
START_RATIO: Final = 3.25
HELP_MS: Final = 150.0
SCALE_RATIO: Final = 1.5
MEMORY_MB: Final = 150.0
IMPORT_PER_SECOND: Final = 20_000
IMPORT_MEMORY_RATIO: Final = 1.15
RAM_DISK: Final = Path("/dev/shm")

ENOUGH: Final = 520  # items of a queue in which 500 are submitted
DOWN, UP = "\x1b[B", "\x1b[A"


def submissions(
    prepared: Prepared, presses: int, columns: int = 120, rows: int = 40
) -> tuple[list[float], list[float]]:
    """Scores and submits `presses` items one after the other: times to the next item, times to the saved mark."""
    shown, saved = [], []
    with Sitting(prepared, columns, rows) as sitting:
        sitting.opened()
        for _ in range(presses):
            sitting.score()
            next_item, mark = sitting.submit()
            shown.append(next_item.ms)
            saved.append(mark.ms)
    return shown, saved


def submit_figures(
    what: str, prepared: Prepared, presses: int, bounds: Mapping[str, float], size: tuple[int, int] = (120, 40)
) -> list[Figure]:
    """Both figures of a row of submissions."""
    shown, saved = submissions(prepared, presses, *size)
    return [
        spread(f"submit to next item: {what}", shown, bounds),
        spread(f"submit to saved mark: {what}", saved, SAVED),
    ]


def start(bench: Bench) -> list[Figure]:
    """Cold start to the first item, with an empty app started in turn with it."""
    prepared = prepare(bench, Corpus(ENOUGH))
    empty, ours = [], []
    for _ in range(bench.count(20)):
        empty.append(start_empty())
        with Sitting(prepared) as sitting:
            ours.append(sitting.opened().ms)
    ratio = statistics.median(ours) / statistics.median(empty)
    return [
        spread("empty app started in turn with it", empty),
        spread("reviewer rate QUEUE: start to first item", ours),
        Figure("  its ratio to the empty app", "times", {"n": len(ours), "p50": ratio}, {"p50": START_RATIO}),
    ]


def help_text(bench: Bench) -> list[Figure]:
    """`reviewer --help`, from the start of the process to its end."""
    spent = []
    for _ in range(bench.count(20)):
        began = time.perf_counter_ns()
        subprocess.run(command("--help"), check=True, stdout=subprocess.DEVNULL)
        spent.append((time.perf_counter_ns() - began) / 1e6)
    return [spread("reviewer --help", spent, {"p95": HELP_MS})]


def submit(bench: Bench) -> list[Figure]:
    """The figure that counts: 4 KB texts, 120x40, commits fsynced."""
    presses = bench.count(500)
    return submit_figures("4 KB, 120x40", prepare(bench, Corpus(max(ENOUGH, presses + 1))), presses, FRAME)


def submit_unsynced(bench: Bench) -> list[Figure]:
    """The same with the home on a RAM disk, where an fsync costs nothing."""
    if not RAM_DISK.is_dir():
        return [Figure("submit to next item: no fsync", note=f"there is no RAM disk at {RAM_DISK}")]
    presses = bench.count(500)
    with tempfile.TemporaryDirectory(dir=RAM_DISK) as place:
        prepared = prepare(bench, Corpus(max(ENOUGH, presses + 1)), within=Path(place))
        return submit_figures("4 KB, 120x40, home on a RAM disk", prepared, presses, FRAME)


def submit_large(bench: Bench) -> list[Figure]:
    """Outputs of 200 KB."""
    presses = bench.count(100)
    return submit_figures(
        "200 KB outputs, 120x40", prepare(bench, Corpus(presses + 20, output_kb=200)), presses, TWO_FRAMES
    )


def submit_wide(bench: Bench) -> list[Figure]:
    """A terminal of 240x67."""
    presses = bench.count(200)
    return submit_figures("4 KB, 240x67", prepare(bench, Corpus(presses + 20)), presses, TWO_FRAMES, (240, 67))


def small_steps(bench: Bench) -> list[Figure]:
    """A scroll, a score, a typed letter."""
    prepared = prepare(bench, Corpus(ENOUGH))
    count = bench.count(100)
    with Sitting(prepared) as sitting:
        sitting.opened()
        return [
            spread("scroll by a line", times(_scrolls(sitting, count)), SMALL),
            spread("score", times(_scores(sitting, count)), SMALL),
            spread("typed letter of a rationale", times(_letters(sitting, count)), SMALL),
        ]


def _change(sitting: Sitting) -> Predicate:
    return changed_beside_status(sitting.screen(), sitting.prepared.total)


def _scrolls(sitting: Sitting, count: int) -> list[Shown]:
    """Ten lines down, ten up: never against an end."""
    return [sitting.step(DOWN if turn // 10 % 2 == 0 else UP, _change(sitting)) for turn in range(count)]


def _scores(sitting: Sitting, count: int) -> list[Shown]:
    """Digits in turn, so that each says something new; after the last criterion the first is gone back to."""
    shown = []
    for turn in range(count):
        place = turn % len(sitting.prepared.criteria)
        if turn and place == 0:
            sitting.submit()
        digit = "1" if place == 2 else str(2 + turn % 3)
        shown.append(sitting.step(digit, _change(sitting)))
    return shown


def _letters(sitting: Sitting, count: int) -> list[Shown]:
    """Words of consonants, which stand nowhere in the texts; the space between them is not timed."""
    dice = random.Random(count)
    shown: list[Shown] = []
    sitting.terminal.send("e")
    sitting.terminal.wait_idle(0.1)
    while len(shown) < count:
        word = ""
        for letter in ["z", "q", *dice.choices("bcdfghjkmnpqrtvwxz", k=4)][: count - len(shown)]:
            word += letter
            shown.append(sitting.step(letter, _once_more(word, sitting.screen())))
        sitting.terminal.send(" ")
        sitting.terminal.wait_idle(0.05)
    sitting.terminal.send("\x1b")
    sitting.terminal.wait_idle(0.3)
    return shown


def _once_more(word: str, before: Rows) -> Predicate:
    """Holds when `word` stands on the screen more often than it did."""
    stood = sum(row.count(word) for row in before)
    return lambda rows: sum(row.count(word) for row in rows) > stood


def scale(bench: Bench) -> list[Figure]:
    """A queue of a million tasks, half of them done, against one of a thousand."""
    small = _scale_times(bench, prepare(bench, Corpus(1_000, 0.1, 0.1, 0.1), labelled=0.5))
    large_home = prepare(bench, Corpus(bench.million, 0.1, 0.1, 0.1), labelled=0.5)
    large = _scale_times(bench, large_home)
    figures = []
    for what, values in large.items():
        if what == "memory":
            continue
        figures += [spread(f"{what}, 1,000 tasks", small[what]), spread(f"{what}, {bench.million:,} tasks", values)]
        ratio = statistics.median(values) / statistics.median(small[what])
        figures.append(Figure("  its ratio", "times", {"n": len(values), "p50": ratio}, {"p50": SCALE_RATIO}))
    figures.append(spread(f"peak memory, {bench.million:,} tasks", large["memory"], {"max": MEMORY_MB}, unit="MB"))
    return figures


def _scale_times(bench: Bench, prepared: Prepared) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in ("open", "submit", "back", "list", "jump", "memory")}
    for _ in range(bench.count(5)):
        with Sitting(prepared) as sitting:
            found["open"].append(sitting.opened().ms)
            for _ in range(10):
                sitting.score()
                found["submit"].append(sitting.submit()[0].ms)
            for _ in range(10):
                found["back"].append(sitting.step("[").ms)
            found["list"].append(sitting.step("o", list_shown).ms)
            sitting.step("G", _change(sitting))
            found["jump"].append(sitting.step("\r").ms)
            found["memory"].append(sitting.peak_memory_mb())
    return found


def imports(bench: Bench) -> list[Figure]:
    """Rows a second of an import, and whether its memory grows with the file."""
    sizes = (50_000, 200_000)
    costs, rates, peaks = [], [], []
    for size in sizes:
        corpus = Corpus(size, 0.3, 0.3, 0.3)
        items = str(bench.items(corpus))
        for number in range(bench.count(3)):
            home = bench.work / f"home-import-{size}-{number}-{time.monotonic_ns()}"
            home.mkdir()
            finished = run(home, "import", items, "-q", "bench", "--json")
            if size == sizes[-1]:
                costs.append(finished.seconds * 1e6 / size)
                rates.append(size / finished.seconds)
            if number == 0:
                peaks.append(finished.peak_mb)
                if run_json(home, "import", items, "-q", "bench")["tasks"]:
                    raise RuntimeError("the same file twice made tasks")
    note = f"{statistics.median(rates):,.0f} items/s, duplicates checked"
    return [
        spread(
            f"import of {sizes[-1]:,} items of 1 KB, an item", costs, {"p50": 1e6 / IMPORT_PER_SECOND}, note, unit="µs"
        ),
        Figure(
            f"import's peak memory, {sizes[-1]:,} to {sizes[0]:,} items",
            "times",
            {"n": 1, "p50": peaks[1] / peaks[0]},
            {"p50": IMPORT_MEMORY_RATIO},
            f"{peaks[0]:.0f} and {peaks[1]:.0f} MB",
        ),
    ]


CASES: Final = [
    Case("start", start, needs_reviewer=True),
    Case("help", help_text, needs_reviewer=True),
    Case("submit", submit, needs_reviewer=True),
    Case("submit-unsynced", submit_unsynced, needs_reviewer=True),
    Case("submit-200kb", submit_large, needs_reviewer=True),
    Case("submit-240x67", submit_wide, needs_reviewer=True),
    Case("small-steps", small_steps, needs_reviewer=True),
    Case("million", scale, needs_reviewer=True),
    Case("import", imports, needs_reviewer=True),
]
