"""Prints how often 95 % intervals of agreement hold the truth.

    python -m tests.simulations.agreement_coverage [--runs N] [--items N …] [--share X …]

A rater says of an item what it is, or else draws from the shares of the points, so that kappa is the square of how
often the item speaks. The truth is computed from the exact shares of all patterns of ratings.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.measure.agreement.alpha import Alpha
from reviewer.measure.agreement.bootstrap import intervals
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.kinds import Kinds, kinds_of
from reviewer.measure.agreement.notes import FEWEST_ITEMS, FEWEST_OF_OTHERS, FEWEST_SPLIT
from reviewer.measure.agreement.pairs import Pair
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.scale import Scale, scale_of
from reviewer.measure.agreement.statistic import Statistic
from reviewer.measure.arrays import Floats, Ints

SHOWN = ("percent_agreement", "fleiss_kappa", "conger_kappa", "gwet_ac1", "krippendorff_alpha", "cohen_kappa")
LOWEST, HIGHEST = 0.93, 0.97


@dataclass(frozen=True, slots=True)
class Design:
    """So many items, raters, the share of each point, the kappa of the population, and the share of missing ratings."""

    items: int
    raters: int
    shares: tuple[float, ...]
    kappa: float
    missing: float = 0.0

    @property
    def inside(self) -> bool:
        """Whether the command would print the intervals without a warning, if the sample is like the population."""
        enough = self.items >= FEWEST_ITEMS and self.items * (1 - max(self.shares)) >= FEWEST_OF_OTHERS - 1e-9
        return enough and self.items * truth(self)["split"] >= FEWEST_SPLIT

    @property
    def scale(self) -> Scale:
        """The points of the design: two are names, more have an order."""
        points = [str(one + 1) for one in range(len(self.shares))]
        return scale_of(points, "nominal" if len(points) == 2 else "ordinal", points)


def statistics(kinds: Kinds, scale: Scale) -> list[Statistic]:
    """What the intervals are of."""
    chance = Chance(kinds, scale, scale.weights("identity"))
    found: list[Statistic] = [chance, Conger(kinds, scale), Alpha(kinds, scale)]
    if kinds.raters == 2:
        found.append(Pair(kinds, scale, "identity"))
    return found


def panel_of(table: Ints, scale: Scale) -> Panel:
    """The panel of a table of points, a row an item; negative is missing."""
    rated = table[(table >= 0).any(axis=1)]
    item, rater = np.nonzero(rated >= 0)
    names = tuple(f"r{one}" for one in range(table.shape[1]))
    return Panel(tuple(map(str, range(len(rated)))), names, scale, item, rater, rated[item, rater])


def truth(design: Design) -> dict[str, float]:
    """The figures of the population: every pattern of ratings with its probability."""
    shares, q = np.array(design.shares), len(design.shares)
    spoken = sqrt(design.kappa)
    of_class = spoken * np.eye(q) + (1 - spoken) * shares
    if design.missing:
        of_class = np.column_stack([of_class * (1 - design.missing), np.full(q, design.missing)])
    patterns = np.array(list(product(range(of_class.shape[1]), repeat=design.raters)), dtype=np.int64)
    chances: Floats = (shares[:, None] * np.prod(of_class[:, patterns], axis=2)).sum(axis=0)
    patterns = np.where(patterns == q, -1, patterns)
    rated = (patterns >= 0).any(axis=1)
    panel = panel_of(patterns, design.scale)
    kinds = kinds_of(panel, by_rater=True)
    # Each pattern is a kind of its own.
    often: Floats = np.bincount(kinds.place, chances[rated] * 1e9, minlength=len(kinds)).astype(np.float64)
    apart = np.maximum.reduceat(kinds.point, kinds.starts) > np.minimum.reduceat(kinds.point, kinds.starts)
    told: dict[str, float] = {"split": float(often[apart].sum() / often.sum())}
    for one in statistics(kinds, design.scale):
        weights = often[kinds.sizes == 2] if isinstance(one, Pair) else often
        for name, value in zip(one.names, one.of(weights[None])[0].tolist(), strict=True):
            told.setdefault(name, value)
    return told


def drawn(design: Design, rng: np.random.Generator) -> Panel:
    """Ratings of so many items of the population."""
    shares, size = np.array(design.shares), (design.items, design.raters)
    item = rng.choice(len(shares), design.items, p=shares)
    heard = rng.random(size) < sqrt(design.kappa)
    table = np.where(heard, item[:, None], rng.choice(len(shares), size, p=shares))
    return panel_of(np.where(rng.random(size) < design.missing, -1, table), design.scale)


def coverage(design: Design, runs: int, rounds: int, seed: int) -> dict[str, tuple[int, int]]:
    """For each figure how many intervals held the truth, and how many runs had one."""
    true = truth(design)
    held = {name: 0 for name in SHOWN if name in true}
    made = dict.fromkeys(held, 0)
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        kinds = kinds_of(drawn(design, rng), by_rater=True)
        if kinds.raters < 2:
            continue
        of_all = statistics(kinds, design.scale)
        for group, of in ((of_all[:3], kinds), *(((one,), one.kinds) for one in of_all if isinstance(one, Pair))):
            found = intervals(group, of, rounds, rng, 0.05)
            for name in held:
                if isinstance(group, tuple) != (name == "cohen_kappa") or name not in found:
                    continue
                low, high = found[name].low, found[name].high
                if low is not None and high is not None:
                    made[name] += 1
                    held[name] += low - 1e-12 <= true[name] <= high + 1e-12
    return {name: (held[name], made[name]) for name in held}


def designs() -> list[Design]:
    """Two points of prevalence 0.3, 0.5, 0.7 and rarer ones, few and many items; five points; gaps."""
    found = [
        Design(items, raters, (share, 1 - share), kappa)
        for share, items, raters, kappa in product(
            (0.3, 0.5, 0.7, 0.85, 0.95), (20, 50, 100, 300), (2, 3, 5), (0.3, 0.6, 0.8)
        )
    ]
    five = ((0.2,) * 5, (0.05, 0.1, 0.2, 0.3, 0.35), (0.02, 0.03, 0.05, 0.1, 0.8))
    found += [Design(items, 3, shares, kappa) for shares in five for items in (50, 100) for kappa in (0.3, 0.7)]
    found += [Design(items, 5, (0.4, 0.6), 0.6, 0.4) for items in (50, 100, 300)]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the grid, and gives 1 where a design without a warning is out of 93 to 97 % by more than chance."""
    parser = argparse.ArgumentParser(prog="agreement_coverage", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, nargs="+", help="these numbers of items alone")
    parser.add_argument("--share", type=float, nargs="+", help="these shares of the first point alone")
    chosen = parser.parse_args(arguments)
    error = 1.96 * sqrt(0.95 * 0.05 / chosen.runs)
    print(f"Share of 95 % intervals that hold the truth, of {chosen.runs:,} runs with {chosen.rounds:,} rounds each;")
    print(f"plus or minus {100 * error:.1f} points by the number of runs alone; ! is outside 93 to 97 %.\n")
    heads = "  ".join(f"{name.split('_')[0][:8]:>8s}" for name in SHOWN)
    print(f"items raters  shares of points         kappa gaps  warned  {heads}  none")
    missed = 0
    for design in designs():
        if design.items not in (chosen.items or [design.items]):
            continue
        if design.shares[0] not in (chosen.share or [design.shares[0]]):
            continue
        found = coverage(design, chosen.runs, chosen.rounds, chosen.seed)
        cells, least = [], chosen.runs
        for name in SHOWN:
            held, made = found.get(name, (0, 0))
            share = held / made if made else float("nan")
            out = not LOWEST <= share <= HIGHEST
            far = not LOWEST - error <= share <= HIGHEST + error
            missed += design.inside and name in found and far
            cells.append(f"{100 * share:7.1f}{'!' if out else ' '}" if name in found else " " * 8)
            least = min(least, made) if name in found else least
        shares = " ".join(f"{one:g}" for one in design.shares)
        print(
            f"{design.items:5d} {design.raters:6d}  {shares:24s} {design.kappa:5g} {design.missing:4g}  "
            f"{'      ' if design.inside else 'warned'}  {'  '.join(cells)}  {chosen.runs - least:4d}",
            flush=True,
        )
    print(f"\nFigures out of 93 to 97 % by more than the runs explain, where the command does not warn: {missed}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
