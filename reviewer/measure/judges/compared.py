"""Two versions of a judge on the same items: tests and intervals of their difference, never two intervals side by side.

A version is right or wrong (McNemar; Tango 1998 Stat. Med. 17), gives scores, or agrees with people so far (kappa and
its like); the pairs stay together in every resample, and so do the items of one cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure
from reviewer.measure.judges.resampling import How, OfSums, by_unit, figures_of, known, mean_of, places_of
from reviewer.measure.proportions import fair_coin_p, normal_quantile, wilson
from reviewer.measure.side import mirrored_p

_FLIPS = 9999
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class McNemar:
    """Items that the first version alone got right, those that the second alone did, and the tests of a fair coin."""

    first_only: int
    second_only: int
    p_value: float
    mid_p: float

    def to_json(self) -> dict[str, Any]:
        """The test for a program."""
        return {
            "first_only": self.first_only,
            "second_only": self.second_only,
            "p_value": self.p_value,
            "mid_p": self.mid_p,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of the first version, of the second, the second less the first, and the p-value of no difference.

    `test` names the test. `mcnemar` is there where items are right or wrong and stand for themselves.
    """

    first: Figure
    second: Figure
    difference: Figure
    p_value: float | None
    test: str
    mcnemar: McNemar | None = None

    def to_json(self) -> dict[str, Any]:
        """The comparison for a program."""
        told: dict[str, Any] = {
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "difference": self.difference.to_json(),
            "p_value": self.p_value,
            "test": self.test,
        }
        return told | {"mcnemar": self.mcnemar.to_json()} if self.mcnemar else told


@dataclass(frozen=True, slots=True)
class Correctness:
    """Both readings of what a version did not answer: left out, and counted as wrong."""

    answered: Compared
    abstentions_wrong: Compared
    abstained: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Both readings for a program."""
        return {
            "answered": self.answered.to_json(),
            "abstentions_wrong": self.abstentions_wrong.to_json(),
            "abstained": dict(self.abstained),
        }


def mcnemar(first_only: int, second_only: int) -> McNemar:
    """McNemar's exact test and its mid-p (Fagerland, Lydersen & Laake 2013 BMC Med. Res. Methodol. 13)."""
    from scipy.special import gammaln

    n = first_only + second_only
    exact = fair_coin_p(first_only, n)
    if exact is None:
        return McNemar(first_only, second_only, 1.0, 1.0)
    log_chance = gammaln(n + 1) - gammaln(first_only + 1) - gammaln(second_only + 1) - n * np.log(2)
    return McNemar(first_only, second_only, exact, min(1.0, max(0.0, exact - float(np.exp(log_chance)))))


def tango_z(first_only: int, second_only: int, n: int, difference: float) -> float:
    """The score statistic of a difference of paired shares, second less first (Tango 1998)."""
    b, c = first_only, second_only
    away = c - b - n * difference
    linear = -b - c + (2 * n - c + b) * difference
    constant = -b * difference * (1 - difference)
    q = (sqrt(max(0.0, linear * linear - 8 * n * constant)) - linear) / (4 * n)
    variance = n * (2 * q + difference * (1 - difference))
    if variance <= 0:
        return 0.0 if away == 0 else float(np.copysign(np.inf, away))
    return away / sqrt(variance)


def tango(first_only: int, second_only: int, n: int, alpha: float = 0.05) -> tuple[float, float]:
    """The score interval of the difference of paired shares, which holds where no pair differs, too.

    Raises ValueError for no item, and for more that differ than there are.
    """
    if n <= 0 or min(first_only, second_only) < 0 or first_only + second_only > n:
        raise ValueError("the counts make no sense")
    z = normal_quantile(1 - alpha / 2)
    seen = (second_only - first_only) / n

    def limit(end: float, sign: float) -> float:
        inside, outside = seen, end
        for _ in range(80):
            middle = (inside + outside) / 2
            if sign * tango_z(first_only, second_only, n, middle) < z:
                inside = middle
            else:
                outside = middle
        return (inside + outside) / 2

    return limit(-1.0, 1.0), limit(1.0, -1.0)


def compared_correctness(
    first: ArrayLike, second: ArrayLike, *, clusters: Ints | None = None, how: How | None = None
) -> Correctness:
    """Whether each version was right, item by item: 1, 0, or NaN where it gave no answer.

    Raises ValueError for other numbers, and for columns that differ in length.
    """
    how = how or How()
    one, other = _paired(first, second)
    for column in (one, other):
        if not np.isin(column[~np.isnan(column)], (0.0, 1.0)).all():
            raise ValueError("right is 1 and wrong is 0")
    place, _ = places_of(clusters, len(one))
    answered = ~np.isnan(one) & ~np.isnan(other)
    dropped = known(not_answered_by_both_versions=int((~answered).sum()))
    group = None if clusters is None else place
    both = _correctness(one[answered], other[answered], None if group is None else group[answered], how, dropped)
    strict = _correctness(np.nan_to_num(one), np.nan_to_num(other), group, how, {})
    abstained = known(first=int(np.isnan(one).sum()), second=int(np.isnan(other).sum()))
    return Correctness(both, strict, abstained)


def _correctness(one: Floats, other: Floats, clusters: Ints | None, how: How, dropped: dict[str, int]) -> Compared:
    n = len(one)
    told = compared_scores(one, other, clusters=clusters, how=how, dropped=dropped)
    if not n or (clusters is not None and len(np.unique(clusters)) < n):
        return told
    first_only, second_only = int(((one == 1) & (other == 0)).sum()), int(((one == 0) & (other == 1)).sum())
    tested = mcnemar(first_only, second_only)
    difference = Figure((second_only - first_only) / n, *tango(first_only, second_only, n, how.alpha), n, dropped)
    shares = [
        Figure(float(column.mean()), *wilson(float(column.sum()), n, how.alpha), n, dropped) for column in (one, other)
    ]
    return Compared(shares[0], shares[1], difference, tested.p_value, "exact McNemar", tested)


def compared_scores(
    first: ArrayLike,
    second: ArrayLike,
    *,
    clusters: Ints | None = None,
    how: How | None = None,
    dropped: dict[str, int] | None = None,
) -> Compared:
    """The mean scores of both versions, NaN where one gave none, and their difference within the resample.

    The p-value is that of turning the sign of each item's, or cluster's, difference (Fisher 1935).
    Raises ValueError for columns that differ in length.
    """
    how = how or How()
    one, other = _paired(first, second)
    both = ~np.isnan(one) & ~np.isnan(other)
    dropped = {**(dropped or {}), **known(not_answered_by_both_versions=int((~both).sum()))}
    group = None if clusters is None else places_of(clusters, len(one))[0][both]
    one, other = one[both], other[both]
    told = [
        mean_of(column, group, how, dropped=dropped, why="no item was answered by both versions")
        for column in (one, other, other - one)
    ]
    p_value, test = sign_flip_p(other - one, group, how) if len(one) else (None, "")
    return Compared(told[0], told[1], told[2], p_value, test)


def sign_flip_p(gaps: Floats, clusters: Ints | None, how: How) -> tuple[float, str]:
    """The two-sided p-value of a mean of 0, the sign of each cluster's sum of gaps being turned; and the test's name.

    Exact where the sums are whole numbers of halves and few; else from turns that are drawn, 1 being added to both.
    """
    place, units = places_of(clusters, len(gaps))
    sums = np.bincount(place, weights=gaps, minlength=units)
    halves = np.rint(2 * sums)
    few = np.abs(halves).sum() <= 20_000 and np.count_nonzero(halves) <= 300
    if few and np.allclose(2 * sums, halves, atol=1e-9):
        p_value = mirrored_p(halves.astype(np.int64))
        return 1.0 if p_value is None else p_value, "sign flips, exact"
    rng = how.generator(2)
    seen, reached = abs(float(sums.sum())), 0
    near = 1e-9 * max(1.0, float(np.abs(sums).sum()))
    at_once = max(1, _AT_ONCE // units)
    for begin in range(0, _FLIPS, at_once):
        signs = rng.integers(0, 2, (min(at_once, _FLIPS - begin), units)) * 2.0 - 1
        reached += int((np.abs(signs @ sums) >= seen - near).sum())
    return (1 + reached) / (1 + _FLIPS), f"sign flips, {_FLIPS:,} drawn"


def compared_statistic(
    first: Floats,
    second: Floats,
    figures: Callable[[Floats], Floats],
    names: tuple[str, ...],
    *,
    clusters: Ints | None = None,
    how: How | None = None,
    dropped: dict[str, int] | None = None,
    why: str = "",
) -> dict[str, Compared]:
    """Figures (rounds, names) that are functions of sums of features, for both versions (items, features) at once.

    The p-value is that of exchanging what the two versions said on each item, or cluster.
    """
    how = how or How()
    place, units = places_of(clusters, len(first))
    one, other = by_unit(first, place, units), by_unit(second, place, units)
    width, number = first.shape[1], len(names)

    def three(sums: Floats) -> Floats:
        mine, its = figures(sums[:, :width]), figures(sums[:, width:])
        return np.hstack([mine, its, its - mine])

    labels = [f"{part} {name}" for part in ("first", "second", "difference") for name in names]
    statistic = OfSums(np.hstack([one, other]), labels, three)
    told = figures_of(statistic, how, len(first), dropped=dropped, why=why or "it is undefined for a version")
    p_values = _exchanged(one, other, figures, number, how) if units and how.rounds else [None] * number
    return {
        name: Compared(
            told[f"first {name}"],
            told[f"second {name}"],
            told[f"difference {name}"],
            p_values[at],
            f"exchanges, {_FLIPS:,} drawn" if p_values[at] is not None else "",
        )
        for at, name in enumerate(names)
    }


def _exchanged(
    one: Floats, other: Floats, figures: Callable[[Floats], Floats], number: int, how: How
) -> list[float | None]:
    rng = how.generator(3)
    gap = other - one
    gap = gap[np.flatnonzero(np.abs(gap).sum(axis=1))]
    mine, its = one.sum(axis=0)[None], other.sum(axis=0)[None]
    seen = np.abs(figures(its) - figures(mine))[0]
    reached, drawn = np.zeros(number), np.zeros(number)
    at_once = max(1, _AT_ONCE // max(one.shape[1], len(gap), 1))
    for begin in range(0, _FLIPS, at_once):
        turned = rng.integers(0, 2, (min(at_once, _FLIPS - begin), len(gap))).astype(np.float64)
        moved = turned @ gap
        apart = np.abs(figures(its - moved) - figures(mine + moved))
        reached += (apart >= seen - 1e-9).sum(axis=0)
        drawn += (~np.isnan(apart)).sum(axis=0)
    return [
        None if np.isnan(value) or not of else float((1 + hits) / (1 + of))
        for value, hits, of in zip(seen.tolist(), reached.tolist(), drawn.tolist(), strict=True)
    ]


def _paired(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError("the columns differ in length")
    return one, other
