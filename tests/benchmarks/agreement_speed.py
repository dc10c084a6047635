"""Prints how fast agreement is measured: `python -m tests.benchmarks.agreement_speed [--items N] [--rounds N]`.

Alpha, kappas and AC1/AC2 with resampled items, against a loop of the krippendorff package over resamples of the same
items; the package is handed counts, its fastest way, and times of its loop are by the round. Then one alpha of a table
against one of the package's, and the whole command on a CSV with its memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.measure.agreement.alpha import Alpha, alpha_of_table
from reviewer.measure.agreement.bootstrap import Interval, intervals
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.kinds import kinds_of
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.arrays import Floats
from tests.benchmarks.table import Figure, render, surroundings

POINTS = 5
TIMES_FASTER = 100
MOST_MEMORY = 1024


def corpus(items: int, raters: int, of: int, seed: int = 0) -> Floats:
    """A table of 1 to 5, a row an item: `raters` of `of` raters say what the item is, or anything at all."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, POINTS + 1, items)
    said = np.where(rng.random((items, raters)) < 0.6, truth[:, None], rng.integers(1, POINTS + 1, (items, raters)))
    if raters == of:
        return said.astype(np.float64)
    table = np.full((items, of), np.nan)
    begin = rng.integers(0, of, items)
    steps = rng.integers(1, of // raters + 1, items)
    places = (begin[:, None] + steps[:, None] * np.arange(raters)) % of
    table[np.arange(items)[:, None], places] = said
    return table


def ours(panel: Panel, rounds: int) -> tuple[float, dict[str, Interval]]:
    """Seconds for the kinds of items, the estimates and all intervals of alpha, kappas, AC1 and AC2."""
    begin = perf_counter()
    scale = panel.scale
    alike, named = kinds_of(panel, by_rater=False), kinds_of(panel, by_rater=True)
    rng = np.random.default_rng(0)
    found = intervals([Chance(alike, scale, scale.weights("ordinal")), Alpha(alike, scale)], alike, rounds, rng, 0.05)
    found |= intervals([Conger(named, scale)], named, rounds, rng, 0.05)
    seconds = perf_counter() - begin
    assert all(one.low is not None for one in found.values())
    return seconds, found


def counts_of(table: Floats) -> Floats:
    """How often each point was given, a row an item."""
    return np.stack([(table == point).sum(axis=1) for point in range(1, POINTS + 1)], axis=1).astype(np.float64)


def theirs(table: Floats, loops: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds for each resample by the package, its alphas, and ours of the same resamples."""
    import krippendorff

    counts = counts_of(table)
    panel = Panel.of_matrix(table, "ordinal", range(1, POINTS + 1))
    kinds = kinds_of(panel, by_rater=False)
    alpha = Alpha(kinds, panel.scale)
    rng = np.random.default_rng(0)
    times, values, own = [], [], []
    for _ in range(loops):
        drawn = rng.integers(0, len(table), len(table))
        resample = counts[drawn].astype(int)
        begin = perf_counter()
        values.append(
            float(
                krippendorff.alpha(
                    value_counts=resample, value_domain=np.arange(1, POINTS + 1), level_of_measurement="ordinal"
                )
            )
        )
        times.append(perf_counter() - begin)
        weights = np.bincount(kinds.place[drawn], minlength=len(kinds)).astype(np.float64)
        own.append(float(alpha.of(weights[None])[0, 0]))
    return times, values, own


def one_alpha(table: Floats, level: str, loops: int) -> list[Figure]:
    """One alpha of a table, by both, in turns."""
    import krippendorff

    mine, other, distance = [], [], 0.0
    turned = np.ascontiguousarray(table.T)
    for _ in range(loops):
        begin = perf_counter()
        expected = float(krippendorff.alpha(turned, level_of_measurement=level))  # type: ignore[arg-type]  # a name
        other.append(perf_counter() - begin)
        begin = perf_counter()
        found = alpha_of_table(table, level)
        mine.append(perf_counter() - begin)
        distance = max(distance, abs(found - expected))
    ratio = median(other) / median(mine)
    return [
        Figure(f"one {level} alpha: ours", "ms", {"n": loops, "p50": 1000 * median(mine)}),
        Figure(f"one {level} alpha: the package", "ms", {"n": loops, "p50": 1000 * median(other)}),
        Figure(f"one {level} alpha: package / ours", "times", {"p50": ratio}, note=_held(ratio >= 1, 1)),
        Figure(f"one {level} alpha: difference", "1e-12", {"max": distance * 1e12}, {"max": 1000}),
    ]


def whole_command(table: Floats, rounds: int, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of `reviewer agreement --file` on the same ratings as CSV."""
    path = folder / "ratings.csv"
    item, rater = np.nonzero(~np.isnan(table))
    rows = zip(item.tolist(), rater.tolist(), table[item, rater].astype(int).tolist(), strict=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("item,rater,value\n")
        stream.writelines(f"item-{at},r{who},{value}\n" for at, who, value in rows)
    command = [sys.executable, "-m", "tests.benchmarks.agreement_speed", "--file", str(path), "--rounds", str(rounds)]
    begin = perf_counter()
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return perf_counter() - begin, float(told.stdout.splitlines()[-1])


def _measure_file(path: str, rounds: int) -> int:
    from reviewer.cli import run

    code = run(["agreement", "--file", path, "--rounds", str(rounds), "--scale", f"1-{POINTS}", "--json"])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and gives 1 when a bound was missed."""
    parser = argparse.ArgumentParser(prog="agreement_speed", description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--raters", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--loops", type=int, default=10, help="resamples that the package is timed on")
    parser.add_argument("--file", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.file:
        return _measure_file(chosen.file, chosen.rounds)
    print("Agreement  " + "  ".join(f"{name} {value}" for name, value in surroundings().items()))
    figures = []
    for of in (chosen.raters, 10 * chosen.raters):
        table = corpus(chosen.items, chosen.raters, of)
        figures += _compared(table, of, chosen.rounds, chosen.loops)
        if of == chosen.raters:
            for level in ("nominal", "ordinal", "interval"):
                figures += one_alpha(table, level, chosen.loops)
        with tempfile.TemporaryDirectory() as folder:
            seconds, memory = whole_command(table, chosen.rounds, Path(folder))
        figures.append(Figure(f"{of} raters: the whole command, from CSV", "s", {"n": 1, "p50": seconds}))
        figures.append(Figure(f"{of} raters: its memory", "MB", {"n": 1, "max": memory}, {"max": MOST_MEMORY}))
    print(render(figures))
    return int(any("MISSED" in (figure.verdict, figure.note[-6:]) for figure in figures))


def _compared(table: Floats, of: int, rounds: int, loops: int) -> list[Figure]:
    panel = Panel.of_matrix(table, "ordinal", range(1, POINTS + 1))
    alike, named = (len(kinds_of(panel, by_rater=by_rater)) for by_rater in (False, True))
    name = f"{len(panel):,} ratings of {of} raters"
    # In turns, so that whatever else the machine does falls on both.
    before, values, own = theirs(table, max(1, loops // 2))
    seconds, _ = ours(panel, rounds)
    after, more, again = theirs(table, max(1, loops - loops // 2))
    loop = median([*before, *after]) * rounds
    distance = max(abs(a - b) for a, b in zip([*values, *more], [*own, *again], strict=True))
    kinds = f"{alike:,} kinds of items, {named:,} by rater"
    return [
        Figure(f"{name}: ours, {rounds:,} rounds", "s", {"n": 1, "p50": seconds}, note=kinds),
        Figure(f"{name}: the package", "s", {"n": len(before) + len(after), "p50": loop}, note="by the round"),
        Figure(
            f"{name}: package / ours",
            "times",
            {"p50": loop / seconds},
            note=_held(loop / seconds >= TIMES_FASTER, TIMES_FASTER) if of == table.shape[1] and named < 10_000 else "",
        ),
        Figure(f"{name}: difference", "1e-12", {"max": distance * 1e12}, {"max": 1000}),
    ]


def _held(held: bool, least: int) -> str:
    return f"at least {least}: {'held' if held else 'MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
