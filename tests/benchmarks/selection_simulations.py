"""Prints how many planted failures a selection finds, and how often estimates from it cover the truth:
`python -m tests.benchmarks.selection_simulations [--runs N]`."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.measure.arrays import Floats
from reviewer.measure.estimates import Powered, Sampled, active_mean, hajek, horvitz_thompson, powered_mean
from reviewer.measure.figure import Figure
from reviewer.triage.selection import Signals, select

FAILURES = 0.05
THRESHOLD = 3.0


@dataclass(frozen=True, slots=True)
class Found:
    """Over all runs: failures found by those a random draw would find, how often each interval holds the truth, its
    mean width, and its mean distance from the truth."""

    times_random: float
    covers: dict[str, float]
    widths: dict[str, float]
    bias: dict[str, float]
    without_interval: dict[str, int]


def pool(random: np.random.Generator, items: int, *, noise: float = 1.0) -> tuple[Signals, Floats, Floats]:
    """Signals of so many items, whether each fails (1 or 0), and how probable a failure the judge thinks it.

    One in twenty fails. A check sees 60 % of the failures, and 5 % of the rest; judges give 1 to 5, differ more on what
    fails, and let a third of the failures pass.
    """
    fails = random.random(items) < FAILURES
    caught = np.where(fails, random.random(items) < 0.6, random.random(items) < 0.05 * noise)
    centre = np.where(fails, np.where(random.random(items) < 0.33, 4.2, 2.4), 4.4)
    judges = np.clip(centre[:, None] + random.normal(0, np.where(fails, 0.9, 0.5 * noise)[:, None], (items, 3)), 1, 5)
    signals = Signals(
        keys=tuple(f"item {at}" for at in range(items)),
        hashes=tuple(f"{at:x}" for at in range(items)),
        failed={"negation": caught},
        score=judges[:, 0],
        jury=judges.mean(axis=1),
        threshold=THRESHOLD,
        spread=judges.var(axis=1, ddof=1),
        abstained=np.where(random.random(items) < 0.02, 0.5, 0.0),
    )
    thinks = 1 / (1 + np.exp(2 * (judges.mean(axis=1) - THRESHOLD)))
    return signals, fails.astype(np.float64), thinks


def naive(labels: Floats) -> Figure:
    """The mean of what was selected, as if it had been drawn evenly."""
    value, reach = float(labels.mean()), 1.96 * float(labels.std(ddof=1)) / len(labels) ** 0.5
    return Figure(value, value - reach, value + reach, len(labels))


def coverages(*, runs: int, items: int, n: int, seed: int, floor: float = 0.2, noise: float = 1.0) -> Found:
    """So many draws of n from as many pools, each held against the share of failures in its own pool."""
    random = np.random.default_rng(seed)
    hits: dict[str, list[bool]] = defaultdict(list)
    widths: dict[str, list[float]] = defaultdict(list)
    bias: dict[str, list[float]] = defaultdict(list)
    without: dict[str, int] = defaultdict(int)
    times = []
    for run in range(runs):
        signals, fails, thinks = pool(random, items, noise=noise)
        truth = float(fails.mean())
        plan = select(signals, n, seed=run, floor=floor)
        labels, chances = fails[plan.chosen], plan.chances
        times.append(float(labels.mean()) / truth)
        even = random.permutation(items)
        told: dict[str, Figure | Sampled | Powered] = {
            "naive mean": naive(labels),
            "Horvitz-Thompson": horvitz_thompson(labels, chances, items, rate=True, draw="fixed"),
            "Horvitz-Thompson, normal": horvitz_thompson(labels, chances, items, draw="fixed"),
            "Hajek": hajek(labels, chances, rate=True, draw="fixed"),
            "Hajek, normal": hajek(labels, chances, draw="fixed"),
            "active": active_mean(thinks, labels, plan.chosen, chances, rate=True, of="frame", draw="fixed"),
            "active, tuned": active_mean(
                thinks, labels, plan.chosen, chances, weight=None, rate=True, of="frame", draw="fixed"
            ),
            "PPI++ (random sample)": powered_mean(fails[even[:n]], thinks[even[:n]], thinks[even[n:]], rate=True),
            "PPI++, normal (random sample)": powered_mean(fails[even[:n]], thinks[even[:n]], thinks[even[n:]]),
        }
        for name, estimate in told.items():
            figure = estimate if isinstance(estimate, Figure) else estimate.figure
            assert figure.value is not None
            bias[name].append(figure.value - truth)
            if figure.low is None or figure.high is None:
                without[name] += 1
                continue
            # Those that speak of the population behind the pool are held against its rate.
            of = FAILURES if name.endswith("(random sample)") else truth
            hits[name].append(figure.low <= of <= figure.high)
            widths[name].append(figure.high - figure.low)
    return Found(
        float(np.mean(times)),
        {name: float(np.mean(found)) for name, found in hits.items()},
        {name: float(np.mean(found)) for name, found in widths.items()},
        {name: float(np.mean(found)) for name, found in bias.items()},
        dict(without),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs all simulations and prints them."""
    parser = argparse.ArgumentParser(prog="selection_simulations", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000, help="draws of each kind, each from a pool of its own")
    parser.add_argument("--items", type=int, default=10_000, help="items in a pool")
    chosen = parser.parse_args(arguments)
    print(
        f"Pools of {chosen.items:,} items, {100 * FAILURES:g} % of them failures; {chosen.runs:,} draws of each kind."
    )
    for n, floor, noise in product((200, 1000), (0.2, 0.5), (1.0, 1.5)):
        found = coverages(runs=chosen.runs, items=chosen.items, n=n, seed=1, floor=floor, noise=noise)
        print(f"\n{n} drawn, floor {floor:g}, noise {noise:g}: failures found {found.times_random:.1f} × at random")
        print("estimate                       covers (95 %)     width      bias  without interval")
        for name, share in found.covers.items():
            print(
                f"{name:30s} {100 * share:11.1f} %  {found.widths[name]:9.4f} {found.bias[name]:+9.4f}  "
                f"{found.without_interval.get(name, 0):16d}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
