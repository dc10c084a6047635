"""Prints how often drift alarms are false, and how soon they come after a shift.

    python -m tests.simulations.drift [--runs N] [--ratings N] [--every N] [--draws N] [--baseline N …] [--shape NAME …]

Each run is a rater: a baseline, then ratings like it for the false alarms, then again with all ratings one standard
deviation higher for the delay. The error is that over the raters, whose baselines differ.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.measure.arrays import Floats
from reviewer.measure.deviations import from_panel
from reviewer.measure.drift import Watch, watch, watch_agreement
from reviewer.measure.run_length import bernoulli, bernoulli_limit, bernoulli_step

Shape = Callable[[np.random.Generator, int], Floats]
_MOST_DELAYED = 600


def normal(rng: np.random.Generator, n: int) -> Floats:
    """Deviations that are normal."""
    return rng.normal(size=n)


def five_points(rng: np.random.Generator, n: int) -> Floats:
    """Whole deviations from gold values 1 to 5, of ratings 1 to 5."""
    gold = rng.integers(1, 6, n)
    given: Floats = np.clip(np.rint(gold + rng.normal(0.0, 0.8, n)), 1, 5)
    return given - gold


def panel(rng: np.random.Generator, n: int) -> Floats:
    """Deviations of a rating 1 to 5 from three others of other severities, on items of all levels."""
    severity = np.array([0.0, -0.4, 0.1, 0.5])
    level = rng.normal(3.0, 1.0, n)
    table = np.clip(np.rint(level[:, None] + severity + rng.normal(0.0, 0.6, (n, 4))), 1, 5)
    item, rater = np.divmod(np.arange(4 * n), 4)
    return from_panel(item, rater, table.ravel(), 0).values


def mostly_equal(rng: np.random.Generator, n: int) -> Floats:
    """Deviations that are 0 seven times in ten."""
    return rng.choice(np.arange(-2.0, 3.0), p=[0.02, 0.13, 0.7, 0.13, 0.02], size=n)


def skewed(rng: np.random.Generator, n: int) -> Floats:
    """Deviations that go far down, and never far up."""
    return rng.choice(np.arange(-3.0, 2.0), p=[0.03, 0.07, 0.2, 0.6, 0.1], size=n)


SHAPES: dict[str, Shape] = {
    "normal": normal,
    "five_points": five_points,
    "panel": panel,
    "mostly_equal": mostly_equal,
    "skewed": skewed,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """False alarms in `every` ratings with the error of that, mean delays seen and stated, raters without a verdict."""

    false_alarms: float
    error: float
    delay: float
    stated_delay: float
    without: int


def seen(shape: Shape, how: Watch, *, runs: int, ratings: int, seed: int = 0) -> Seen:
    """So many raters of a shape, each watched for so many ratings after the baseline."""
    rates, delays, stated = [], [], []
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        first = shape(rng, how.baseline)
        found = watch(np.concatenate([first, shape(rng, ratings)]), how)
        if found.delay is None:
            continue
        rates.append(len(found.alarms) * how.one_in / ratings)
        moved = shape(rng, _MOST_DELAYED)
        later = watch(np.concatenate([first, moved + moved.std()]), how)
        delays.append(later.alarm.rating - how.baseline if later.alarm else _MOST_DELAYED)
        stated.append(found.delay)
    error = float(np.std(rates, ddof=1)) / sqrt(len(rates))
    return Seen(float(np.mean(rates)), error, float(np.mean(delays)), float(np.mean(stated)), runs - len(rates))


def gold_seen(usual: float, worse: float, how: Watch, *, ratings: int, seed: int = 0) -> Seen:
    """One rater who misses gold at the usual share for so many ratings, and others who miss it at the worse one."""
    rng = np.random.default_rng(seed)
    found = watch_agreement(rng.random(ratings) >= usual, usual, worse, how)
    delays = []
    for _ in range(300):
        later = watch_agreement(rng.random(_MOST_DELAYED) >= worse, usual, worse, how)
        delays.append(later.alarm.rating if later.alarm else _MOST_DELAYED)
    alarms = len(found.alarms)
    stated = found.one_in or 0.0
    share = stated / ratings
    return Seen(alarms * share, sqrt(alarms) * share, float(np.mean(delays)), found.delay or 0.0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="drift", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--ratings", type=int, default=4000)
    parser.add_argument("--every", type=int, default=500)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--baseline", type=int, nargs="+", default=[30, 50, 100, 200])
    parser.add_argument("--shape", choices=SHAPES, nargs="+", default=list(SHAPES))
    parser.add_argument("--chart", choices=("cusum", "ewma"), nargs="+", default=["cusum", "ewma"])
    chosen = parser.parse_args(arguments)
    print(f"{chosen.runs:,} raters of {chosen.ratings:,} ratings each; stated: one false alarm in {chosen.every:,}.\n")
    print("baseline  chart  shape           false alarms    delay   stated   no verdict")
    print("                                 of one stated   of a shift of 1 sd")
    for baseline in chosen.baseline:
        for chart in chosen.chart:
            for name in chosen.shape:
                how = Watch(every=chosen.every, chart=chart, baseline=baseline, draws=chosen.draws, seed=chosen.seed)
                one = seen(SHAPES[name], how, runs=chosen.runs, ratings=chosen.ratings, seed=chosen.seed)
                print(
                    f"{baseline:8d}  {chart:5s}  {name:14s}  {one.false_alarms:5.2f} ± {one.error:4.2f}  "
                    f"{one.delay:7.1f}  {one.stated_delay:7.1f}  {one.without:11d}",
                    flush=True,
                )
    print("\nagreement with gold, misses usual → worse")
    for usual, worse in ((0.1, 0.2), (0.1, 0.3), (0.05, 0.15)):
        one = gold_seen(usual, worse, Watch(every=chosen.every), ratings=400_000, seed=chosen.seed)
        step = bernoulli_step(usual, worse)
        every = bernoulli(usual, step, bernoulli_limit(chosen.every, usual, step))
        print(
            f"{usual:g} → {worse:g}: one in {every:.0f}; {one.false_alarms:5.2f} ± {one.error:4.2f} of one stated, "
            f"delay {one.delay:.1f}, stated {one.stated_delay:.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
