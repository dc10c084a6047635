"""Several judges fused into one answer, what each of them adds, and how many of them there are in effect.

By mean, median or vote; ties are named and never broken, and a judge who gave no answer has no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.consensus import majority, mean, median
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.compared import compared_scores
from reviewer.measure.judges.resampling import How, OfSums, by_unit, figures_of, mean_of, places_of
from reviewer.measure.judges.voting import voted
from reviewer.measure.judges.weights import learned_weights
from reviewer.measure.verdicts import Consensus, Point, leading

METHODS: Final = ("majority", "mean", "median")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a judge adds: the jury's accuracy with it less the one without it, or the error without less with."""

    judge: str
    alone: Figure
    change: Figure
    p_value: float | None

    def to_json(self) -> dict[str, Any]:
        """The contribution for a program."""
        return {
            "judge": self.judge,
            "alone": self.alone.to_json(),
            "change": self.change.to_json(),
            "p_value": self.p_value,
        }


@dataclass(frozen=True, slots=True)
class Effective:
    """How many judges of errors that are not correlated a jury is worth, and the mean correlation that says so."""

    correlation: Figure
    number: Figure
    pairs_left_out: int = 0

    def to_json(self) -> dict[str, Any]:
        """The number for a program."""
        return {
            "correlation": self.correlation.to_json(),
            "effective_judges": self.number.to_json(),
            "pairs_left_out": self.pairs_left_out,
        }


def fused(
    answers: Ints,
    items: Sequence[str],
    points: Sequence[Point],
    method: str = "majority",
    *,
    weights: Floats | None = None,
    spots: Floats | None = None,
) -> Consensus:
    """What a jury says on each item: `answers` (items, judges) are places in `points`, −1 for none.

    `spots` are the numbers of the points, which mean and median need. Raises WrongUsage for no such method, and for
    weights with a median, a mean, or that are not one a judge and from 0 up.
    """
    if method not in METHODS:
        raise WrongUsage(f"there is no jury by {method[:40]!r}.", mend=f"Name one of {', '.join(METHODS)}.")
    item, judge = np.nonzero(answers >= 0)
    said, item = answers[item, judge], item.astype(np.int64)
    if method == "majority" and weights is None:
        return majority(item, said, items=items, points=points)
    if method == "majority" and weights is not None:
        votes = voted(answers, len(points), weights)
        of, which = np.nonzero(votes.leaders)
        n = (answers >= 0).sum(axis=1).astype(np.int64)
        verdicts = leading(items, points, n, of.astype(np.int64), which.astype(np.int64), np.nan_to_num(votes.share))
        words = "the point of most weight, by what gold has taught of each judge; ties are named, not broken"
        return Consensus("weighted", words, tuple(points), verdicts, support="share")
    if weights is not None:
        raise WrongUsage("weights are for a jury that votes.", mend="Leave the weights out, or take the majority.")
    if spots is None:
        raise WrongUsage(f"a {method} needs points that are numbers.", mend="Take the majority.")
    fuse = mean if method == "mean" else median
    return fuse(item, spots[said].astype(np.float64), items=items)


def effective_judges(lost: Floats, *, clusters: Ints | None = None, how: How | None = None) -> Effective:
    """How many independent judges these are worth by their errors (items, judges), NaN where one gave no answer.

    J / (1 + (J − 1) r), r being the mean correlation of errors over pairs of judges (Kish 1965; wrong or not, or how
    far off), and not below 0. Pairs whose errors do not vary are left out.
    """
    how = how or How()
    items, judges = lost.shape
    if judges < 2:
        none = undefined("one judge alone has no one to be correlated with", n=items)
        return Effective(none, none)
    place, units = places_of(clusters, items)
    pairs = list(combinations(range(judges), 2))
    columns = []
    for one, other in pairs:
        both = ~np.isnan(lost[:, one]) & ~np.isnan(lost[:, other])
        x, y = (np.where(both, lost[:, at], 0.0) for at in (one, other))
        columns += [both.astype(np.float64), x, y, x * x, y * y, x * y]
    features = by_unit(np.column_stack(columns), place, units)
    counted = ~np.isnan(_correlations(features.sum(axis=0)[None], len(pairs))[0])
    left_out = int((~counted).sum())
    if not counted.any():
        none = undefined("no two judges have errors that vary on the same items", n=items)
        return Effective(none, none, left_out)

    def figures(sums: Floats) -> Floats:
        r = _correlations(sums, len(pairs))[:, counted].mean(axis=1)
        return np.column_stack([r, judges / (1 + (judges - 1) * np.maximum(r, 0.0))])

    statistic = OfSums(features, ["correlation", "number"], figures, ["correlation", "number"])
    told = figures_of(statistic, how, items)
    return Effective(told["correlation"], told["number"], left_out)


def _correlations(sums: Floats, pairs: int) -> Floats:
    n, x, y, xx, yy, xy = (sums.reshape(len(sums), pairs, 6)[:, :, at] for at in range(6))
    own, other = n * xx - x * x, n * yy - y * y
    # What rounding leaves of nothing is no variance.
    varies = (own > 1e-12 * n * xx) & (other > 1e-12 * n * yy)
    across = np.sqrt(np.where(varies, own * other, 1.0))
    found: Floats = np.where(varies, (n * xy - x * y) / across, np.nan)
    return found


def contributions(
    answers: Ints,
    gold: Ints,
    points: int,
    names: Sequence[str],
    *,
    learned: bool = False,
    clusters: Ints | None = None,
    how: How | None = None,
) -> list[Contribution]:
    """What each judge adds to the accuracy of a vote on gold items, those where points tie being right in part.

    `learned` weights are learned again without each judge, and voted with on items that did not teach them.
    """
    how = how or How()
    rows = np.flatnonzero(gold >= 0)
    told, meant = answers[rows], gold[rows]
    group = None if clusters is None else clusters[rows]

    def credit(chosen: Ints) -> Floats:
        if not learned:
            return voted(chosen, points).credit(meant)
        # The votes held out are those on items that somebody answered; the others are not right.
        found = np.zeros(len(meant))
        answered = (chosen >= 0).any(axis=1)
        held_out = learned_weights(chosen, meant, points, clusters=group, how=How(0, how.seed, how.alpha)).held_out
        found[answered] = held_out.credit(meant[answered])
        return found

    whole = credit(told)
    found = []
    for at, name in enumerate(names):
        given = np.flatnonzero(told[:, at] >= 0)
        own = (told[given, at] == meant[given]).astype(np.float64)
        alone = mean_of(own, None if group is None else group[given], how, why="the judge answered no item with gold")
        others = credit(np.delete(told, at, axis=1)) if len(names) > 1 else None
        found.append(_contribution(name, alone, others, whole, group, how))
    return found


def contributions_of_scores(
    values: Floats,
    gold: Floats,
    names: Sequence[str],
    method: str = "mean",
    *,
    clusters: Ints | None = None,
    how: How | None = None,
) -> list[Contribution]:
    """What each judge takes off the mean absolute error of a mean or median of numbers, NaN where there is none.

    Raises WrongUsage for another method.
    """
    how = how or How()
    if method not in ("mean", "median"):
        raise WrongUsage(f"numbers are not fused by {method[:40]!r}.", mend="Name mean or median.")
    rows = np.flatnonzero(~np.isnan(gold) & ~np.isnan(values).all(axis=1))
    told, meant = values[rows], gold[rows]
    group = None if clusters is None else clusters[rows]

    def error(chosen: Floats) -> Floats:
        left = np.full(len(chosen), np.nan)
        some = ~np.isnan(chosen).all(axis=1)
        fuse = np.nanmean if method == "mean" else np.nanmedian
        left[some] = np.abs(fuse(chosen[some], axis=1) - meant[some])
        return left

    whole = error(told)
    found = []
    for at, name in enumerate(names):
        given = np.flatnonzero(~np.isnan(told[:, at]))
        own = np.abs(told[given, at] - meant[given])
        alone = mean_of(own, None if group is None else group[given], how, why="the judge answered no item with gold")
        others = error(np.delete(told, at, axis=1)) if len(names) > 1 else None
        found.append(_contribution(name, alone, whole, others, group, how))
    return found


def _contribution(
    name: str, alone: Figure, less: Floats | None, more: Floats | None, clusters: Ints | None, how: How
) -> Contribution:
    """A contribution from what is subtracted and what it is subtracted from, item by item."""
    if less is None or more is None:
        return Contribution(name, alone, undefined("without the only judge there is no jury"), None)
    told = compared_scores(less, more, clusters=clusters, how=how)
    return Contribution(name, alone, told.difference, told.p_value)
