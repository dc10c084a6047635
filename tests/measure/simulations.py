"""Simulated panels and rankings of known truth: how often a rater is flagged, how often an interval covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reviewer.measure.arrays import Floats
from reviewer.measure.ranked import Settings
from reviewer.measure.ranking import rank_votes
from reviewer.measure.raters import report_raters
from reviewer.measure.votes import Column, Votes
from tests.measure.material import simulated


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    of: int
    hits: int

    @property
    def value(self) -> float:
        return self.hits / self.of if self.of else float("nan")

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} % of {self.of:,}"


def one_rater(rng: np.random.Generator, *, votes: int, systems: int, gap: float, side: float, balanced: bool) -> Votes:
    """Votes of one rater on systems `gap` apart, who leans to the first side by `side` on the log scale.

    Sides are tossed, or as a plan draws them: turned in each second vote on a pair.
    """
    strengths = gap * np.arange(systems, dtype=float)
    left = rng.integers(0, systems, votes)
    right = (left + rng.integers(1, systems, votes)) % systems
    lower, upper = np.minimum(left, right), np.maximum(left, right)
    turned = rng.random(votes) < 0.5
    if balanced:
        for pair in np.unique(lower * systems + upper):
            rows = np.flatnonzero(lower * systems + upper == pair)
            turned[rows] = (np.arange(len(rows)) + rng.integers(0, 2)) % 2 == 0
    first, second = np.where(turned, upper, lower), np.where(turned, lower, upper)
    d = strengths[first] - strengths[second] + side
    won = rng.random(votes) < 1 / (1 + np.exp(-d))
    return Votes(
        systems=tuple(f"s{at}" for at in range(systems)),
        left=first.astype(np.int32),
        right=second.astype(np.int32),
        winner=np.where(won, 0, 1).astype(np.int8),
        right_first=np.zeros(votes, dtype=np.bool_),
        item=Column(tuple(map(str, range(votes))), np.arange(votes, dtype=np.int32)),
        rater=Column(("r",), np.zeros(votes, dtype=np.int32)),
    )


def flagged(
    runs: int,
    *,
    votes: int = 60,
    systems: int = 4,
    gap: float = 0.0,
    side: float = 0.0,
    balanced: bool = False,
    seed: int = 0,
) -> Share:
    """How often the side test flags a rater at 0.05."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(runs):
        told = one_rater(rng, votes=votes, systems=systems, gap=gap, side=side, balanced=balanced)
        (report,) = report_raters(told, None, 0.05)
        hits += bool(report.flagged)
    return Share(runs, hits)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the truth lay inside, interval by interval, and all ranks of a run at once."""

    strengths: Share
    differences: Share
    ranks: Share
    without_interval: int


def coverage(
    runs: int,
    strengths: Floats,
    *,
    items: int,
    votes_per_item: int = 1,
    item_spread: float = 0.0,
    rounds: int = 400,
    seed: int = 0,
) -> Coverage:
    """Intervals at 95 % against the truth; with an item spread, against the strengths that a huge sample shows."""
    rng = np.random.default_rng(seed)
    truth = strengths - strengths.mean()
    if item_spread:
        huge = simulated(rng, strengths, items=400_000, item_spread=item_spread)
        truth = _estimated(huge)
    inside = of = inside_differences = of_differences = ranks_held = ranked = missing = 0
    place = 1 + (strengths[None, :] > strengths[:, None]).sum(axis=1)
    for run in range(runs):
        votes = simulated(rng, strengths, items=items, votes_per_item=votes_per_item, item_spread=item_spread)
        table = rank_votes(votes, Settings(rounds=rounds, seed=run)).criteria["preference"]
        rows = {row.system: row for row in table.systems}
        if any(row.log_strength.low is None for row in table.systems):
            missing += 1
            continue
        for at, value in enumerate(truth.tolist()):
            limits = rows[f"s{at}"].log_strength
            assert limits.low is not None
            assert limits.high is not None
            of, inside = of + 1, inside + (limits.low <= value <= limits.high)
        for one in table.differences:
            above, below = int(table.names[one.above][1:]), int(table.names[one.below][1:])
            assert one.strength.low is not None
            assert one.strength.high is not None
            of_differences += 1
            inside_differences += one.strength.low <= truth[above] - truth[below] <= one.strength.high
        ranked += 1
        ranks_held += all(
            (row.rank_low or 0) <= place[int(name[1:])] <= (row.rank_high or 0) for name, row in rows.items()
        )
    return Coverage(Share(of, inside), Share(of_differences, inside_differences), Share(ranked, ranks_held), missing)


def _estimated(votes: Votes) -> Floats:
    table = rank_votes(votes, Settings(rounds=0)).criteria["preference"]
    found = {row.system: row.log_strength.value or 0.0 for row in table.systems}
    return np.array([found[f"s{at}"] for at in range(len(found))])
