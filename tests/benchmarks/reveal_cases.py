"""The reveal screen's figures on thirty items and twelve raters, held to the bounds of the rating screen."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path
from typing import Final

from tests.benchmarks.bench import Bench, Case
from tests.benchmarks.corpus import CRITERIA, OTHER, PANES, Corpus, key, mark, write_rubric
from tests.benchmarks.reviewer_cases import FRAME, TWO_FRAMES
from tests.benchmarks.sitting import QUEUE, RATER, Prepared, Sitting, run, times
from tests.benchmarks.table import Figure, spread
from tests.pty.timing import Shown

ITEMS: Final = 30
RATERS: Final = (RATER, *(f"rater-{number:02d}" for number in range(2, 13)))
ROUND: Final = "bench-round"
SAID: Final = (OTHER,)
RATIO: Final = 1.25
_REASON: Final = (
    "The second figure is not the one of the source, and the term that it names was withdrawn before the date; the "
    "rest follows it closely. I would send it back with one remark."
)


def reveal(bench: Bench) -> list[Figure]:
    """From item to item of a revealed round: the labels alone at 120x40, both side by side at 240x67."""
    presses = bench.count(200)
    prepared = prepare_round(bench)
    rating = Prepared(prepared.home, QUEUE, ITEMS, CRITERIA)
    alone = Prepared(prepared.home, ROUND, ITEMS, CRITERIA, SAID)
    beside = Prepared(prepared.home, ROUND, ITEMS, CRITERIA, (*PANES, OTHER))
    found = []
    for name, size, shown, bounds in (
        ("120x40", (120, 40), alone, FRAME),
        ("beside its texts, 240x67", (240, 67), beside, TWO_FRAMES),
    ):
        rated, revealed = times(_steps(rating, presses, size)), times(_steps(shown, presses, size))
        ratio = statistics.median(revealed) / statistics.median(rated)
        found += [
            spread(f"next item of the rating screen just before, {size[0]}x{size[1]}", rated),
            spread(f"next item of a reveal: 30 items, 12 raters, {name}", revealed, bounds),
            Figure("  its ratio to the rating screen", "times", {"n": presses, "p50": ratio}, {"p50": RATIO}),
        ]
    return found


def prepare_round(bench: Bench) -> Prepared:
    """Makes a home with a round that twelve raters have rated and that is revealed, by the program's own commands."""
    corpus = Corpus(ITEMS)
    home = bench.work / f"home-{corpus.name}-round-{time.monotonic_ns()}"
    home.mkdir(parents=True)
    rubric = write_rubric(home / "bench.yaml")
    run(home, "import", str(bench.items(corpus)), "-q", QUEUE, "--rubric", str(rubric))
    named = ",".join(RATERS)
    run(home, "round", "start", QUEUE, "--items", str(ITEMS), "--raters", named, "--name", ROUND, "--seed", "1")
    run(home, "labels", "import", str(_write_labels(home / "labels.csv")), "-q", ROUND)
    run(home, "round", "reveal", ROUND)
    return Prepared(home, ROUND, ITEMS, CRITERIA, SAID)


def _write_labels(path: Path) -> Path:
    """Everybody's labels with a rationale for each criterion, which name the item that they are about."""
    dice = random.Random(ITEMS)
    lines = ["item,rater,criterion,value,criterion_rationale"]
    for number in range(1, ITEMS + 1):
        for rater in RATERS:
            for criterion in CRITERIA:
                value = dice.randint(1, 5) if criterion != CRITERIA[-1] else dice.choice(["true", "false"])
                why = f"{mark(OTHER, number)} {_REASON}"
                lines.append(f'{key(number)},{rater},{criterion.lower()},{value},"{why}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _steps(prepared: Prepared, presses: int, size: tuple[int, int] = (120, 40)) -> list[Shown]:
    """To the last item and back again, as often as it takes."""
    with Sitting(prepared, *size) as sitting:
        sitting.opened()
        for _ in range(ITEMS):  # to the first item: the rating screen opens where it was left
            sitting.terminal.send("[")
            sitting.terminal.wait_idle(0.03)
        turns = ITEMS - 1
        return [sitting.step("]" if turn // turns % 2 == 0 else "[") for turn in range(presses)]


CASES: Final = [Case("reveal", reveal, needs_reviewer=True)]
