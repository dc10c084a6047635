"""Consensus without a person, by majority, mean, median or Dawid-Skene: ties are named, and nothing breaks them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.arrays import Flags, Floats, Ints, compacted
from reviewer.measure.dawid_skene import dawid_skene
from reviewer.measure.verdicts import NO_RATING, Consensus, Point, Verdict, check_codes, leading

METHODS: Final = ("majority", "mean", "median", "dawid_skene")
_ONE_RATING = "one rating has no spread"


def consensus(panel: Panel, method: str) -> Consensus:
    """The consensus of a panel under one criterion, by one of METHODS.

    The median of an ordinal scale is one of its points, or lies between two and is tied. Raises WrongUsage for no
    such method, and where the scale has no numbers or no order for it.
    """
    if method not in METHODS:
        raise WrongUsage(f"there is no consensus by {method!r}.", mend=f"Name one of {', '.join(METHODS)}.")
    scale, points = panel.scale, tuple(panel.scale.values)
    if method == "majority":
        return majority(panel.item, panel.point, items=panel.items, points=points)
    if method == "dawid_skene":
        raters = panel.raters
        return dawid_skene(panel.item, panel.rater, panel.point, items=panel.items, raters=raters, points=points)
    if not scale.ordered:
        raise WrongUsage(f"nominal points have no {method}.", mend="Take majority or dawid_skene.")
    if method == "median" and (scale.level == "ordinal" or scale.numbers is None):
        return median_point(panel.item, panel.point, items=panel.items, points=points)
    if scale.numbers is None:
        raise WrongUsage(f"the points are no numbers, and have no {method}.", mend="Take median, or majority.")
    return (mean if method == "mean" else median)(panel.item, scale.numbers[panel.point], items=panel.items)


def majority(item: Ints, point: Ints, *, items: Sequence[str], points: Sequence[Point]) -> Consensus:
    """The point that most ratings of an item give, with their share (a plurality; half is not asked for).

    `item` and `point` are places in `items` and `points`, one pair a rating. Raises ValueError for columns that do
    not fit.
    """
    n = _counted(item, len(point), items)
    check_codes(point, points)
    keys, place = compacted(item.astype(np.int64) * len(points) + point, len(items) * len(points))
    votes = np.bincount(place, minlength=len(keys))
    of, which = np.divmod(keys, max(len(points), 1))
    most = np.zeros(len(items), dtype=np.int64)
    np.maximum.at(most, of, votes)
    leads = votes == most[of]
    share = np.divide(most, n, out=np.zeros(len(items)), where=n > 0)
    return Consensus(
        method="majority",
        words="the point that most ratings give (plurality); ties are named, not broken",
        points=tuple(points),
        verdicts=leading(items, points, n, of[leads], which[leads], share),
        support="share",
        warnings=_warnings(n),
    )


def mean(item: Ints, value: Floats, *, items: Sequence[str]) -> Consensus:
    """The mean of each item's ratings; its spread is their standard deviation. Raises ValueError as `majority` does."""
    n = _counted(item, len(value), items)
    _finite(value)
    rated = np.maximum(n, 1)
    # Taken from the first of its ratings, equal ratings have exactly their own value for a mean, and no spread.
    base = np.zeros(len(items))
    base[item[::-1]] = value[::-1]
    off = value - base[item]
    middle = np.bincount(item, weights=off, minlength=len(items)) / rated
    squares = np.bincount(item, weights=np.square(off - middle[item]), minlength=len(items))
    spread = np.sqrt(squares / np.maximum(n - 1, 1))
    return Consensus(
        method="mean",
        words="the mean of the ratings, not adjusted for the severity of the raters",
        points=(),
        verdicts=_measured(items, n, middle + base, spread, n > 1),
        spread="standard deviation (n - 1)",
        warnings=_warnings(n),
    )


def median(item: Ints, value: Floats, *, items: Sequence[str]) -> Consensus:
    """The median of each item's ratings, halfway between the middle two where their number is even.

    Its spread is their range. Raises ValueError as `majority` does.
    """
    n = _counted(item, len(value), items)
    _finite(value)
    lower, upper, span = _middle(item, value, n)
    return Consensus(
        method="median",
        words="the median of the ratings; of an even number, halfway between the middle two",
        points=(),
        verdicts=_measured(items, n, lower + (upper - lower) / 2, span, n > 0),
        spread="range",
        warnings=_warnings(n),
    )


def median_point(item: Ints, point: Ints, *, items: Sequence[str], points: Sequence[Point]) -> Consensus:
    """The median on an ordinal scale: the middle point, or the middle two named as tied where they differ.

    Its spread is the range in steps of the scale. Raises ValueError as `majority` does.
    """
    n = _counted(item, len(point), items)
    check_codes(point, points)
    lower, upper, span = _middle(item, point.astype(np.float64), n)
    found = []
    for name, number, one, other, steps in zip(
        items, n.tolist(), lower.astype(np.int64).tolist(), upper.astype(np.int64).tolist(), span.tolist(), strict=True
    ):
        if not number:
            found.append(Verdict(name, None, 0, why=NO_RATING))
        elif one == other:
            found.append(Verdict(name, points[one], number, spread=steps))
        else:
            tied = points[one], points[other]
            why = f"the middle lies between {tied[0]} and {tied[1]}"
            found.append(Verdict(name, None, number, spread=steps, tied=tied, why=why))
    return Consensus(
        method="median",
        words="the middle point of the ratings; where two points share the middle they are named as tied",
        points=tuple(points),
        verdicts=tuple(found),
        spread="range in steps of the scale",
        warnings=_warnings(n),
    )


def _middle(item: Ints, value: Floats, n: Ints) -> tuple[Floats, Floats, Floats]:
    """The two middle values of each item, and the range; zeros where it has no rating."""
    lower, upper, span = np.zeros((3, len(n)))
    if not len(value):
        return lower, upper, span
    ordered = value[np.lexsort((value, item))]
    rated = n > 0
    start = (np.cumsum(n) - n)[rated]
    size = n[rated]
    lower[rated] = ordered[start + (size - 1) // 2]
    upper[rated] = ordered[start + size // 2]
    span[rated] = ordered[start + size - 1] - ordered[start]
    return lower, upper, span


def _measured(items: Sequence[str], n: Ints, value: Floats, spread: Floats, spreads: Flags) -> tuple[Verdict, ...]:
    columns = zip(items, n.tolist(), value.tolist(), spread.tolist(), spreads.tolist(), strict=True)
    return tuple(
        Verdict(name, None, 0, why=NO_RATING)
        if not number
        else Verdict(name, said, number, spread=wide if has else None, why="" if has else _ONE_RATING)
        for name, number, said, wide, has in columns
    )


def _counted(item: Ints, ratings: int, items: Sequence[str]) -> Ints:
    """How many ratings each item has."""
    if len(item) != ratings:
        raise ValueError("the columns differ in length")
    check_codes(item, items)
    return np.bincount(item, minlength=len(items)).astype(np.int64)


def _finite(value: Floats) -> None:
    if not np.isfinite(value).all():
        raise ValueError("a rating is no number")


def _warnings(n: Ints) -> tuple[str, ...]:
    alone = int((n == 1).sum())
    if not alone:
        return ()
    return ("1 item has one rating, which stands alone" if alone == 1 else f"{alone:,} items have one rating each",)
