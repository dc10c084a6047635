"""Prints how often raters are flagged and intervals cover: `python -m tests.benchmarks.rank_simulations [--runs N]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.measure.simulations import coverage, flagged

PANELS = {
    "even": np.zeros(5),
    "spread": np.array([1.0, 0.5, 0.0, -0.5, -1.0]),
    "two close": np.array([1.5, 1.4, 0.0, -1.0, -1.9]),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs all simulations and prints them, with the n of each."""
    parser = argparse.ArgumentParser(prog="rank_simulations", description=__doc__)
    parser.add_argument("--runs", type=int, default=2000, help="runs of each simulated rater; a fifth for coverage")
    runs = parser.parse_args(arguments).runs
    print("A rater flagged for a side at 0.05, alone in the panel (no lean: at most 5 %; else the power)")
    print("lean  gap  votes  systems  sides    flagged")
    for side, gap, votes, systems in product((0.0, 0.5, 1.0, 50.0), (0.0, 1.0, 3.0), (40, 150), (2, 6)):
        for balanced in (False, True):
            found = flagged(runs, votes=votes, systems=systems, gap=gap, side=side, balanced=balanced, seed=1)
            drawn = "planned" if balanced else "tossed "
            print(f"{side:4g} {gap:4g} {votes:6d} {systems:8d}  {drawn} {found}", flush=True)
    print("\nIntervals at 95 %: the share that holds the truth; ranks: all of a run at once, at least 95 %")
    print("panel      items  votes/item  spread   strengths            differences          ranks")
    for (name, strengths), items in product(PANELS.items(), (50, 100, 400)):
        for votes_per_item, spread in ((1, 0.0), (3, 0.0), (3, 1.0)):
            held = coverage(
                runs // 5, strengths, items=items, votes_per_item=votes_per_item, item_spread=spread, seed=2
            )
            print(
                f"{name:10s} {items:5d} {votes_per_item:11d} {spread:7g}   {held.strengths}   {held.differences}   "
                f"{held.ranks}{f'   without interval: {held.without_interval}' if held.without_interval else ''}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
