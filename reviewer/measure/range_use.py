"""How much of the scale a rater uses against the others, and how far they scatter about their own line.

A rater's ratings are laid on what the others say of the same items: their mean without the rater, severity taken out,
drawn towards the mean of all as far as so few ratings are unreliable. A rater like the others has slope 1 on that; on
the bare mean everybody's slope would be below 1 (regression calibration; Carroll et al. 2006, ch. 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.crossed import Mixed
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import normal_quantile

FEWEST_ITEMS: Final = 5
_NO_SPREAD = "no variance between items was seen"
_LEVEL = "the others put all items of theirs level"
_TOO_FEW = f"fewer than {FEWEST_ITEMS} items that others rated too"


@dataclass(frozen=True, slots=True)
class Use:
    """A rater's slope on the panel, the same shrunk towards 1, and the standard deviation about their own line."""

    slope: Figure
    shrunk: Figure
    scatter: Figure


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """A line a rater, by weighted least squares: `rest` is the weighted sum of squares about it."""

    n: Ints
    weight: Floats
    unknown: Floats
    slope: Floats
    error: Floats
    rest: Floats
    drawn: Flags


def uses(mixed: Mixed, alpha: float) -> list[Use]:
    """The use of the scale by each rater of the model."""
    crossed = mixed.crossed
    if not mixed.of_item:
        met = np.bincount(crossed.rater[crossed.n[crossed.item] > 1], minlength=crossed.raters).tolist()
        none = [undefined(_NO_SPREAD, n=n) for n in met]
        return [Use(one, one, one) for one in none]
    lines = _lines(mixed)
    shrunk = _shrunk(lines, alpha)
    return [
        Use(_slope(lines, at, alpha), shrunk[at], _scatter(lines, at, mixed.rest, alpha))
        for at in range(crossed.raters)
    ]


def _lines(mixed: Mixed) -> _Lines:
    crossed, raters = mixed.crossed, mixed.crossed.raters
    met = crossed.n[crossed.item] > 1
    item, rater, y = crossed.item[met], crossed.rater[met], crossed.y[met]
    others = crossed.n[item] - 1
    mean = mixed.centred[crossed.part_of_item[item]]
    eased = crossed.total - crossed.by_item @ mixed.rater
    off = (eased[item] - (y - mixed.rater[rater])) / others - mean
    x = mean + off * others * mixed.of_item / (1 + others * mixed.of_item)
    # What so few others leave open of the item, in variances of the rest.
    unknown = mixed.of_item / (1 + others * mixed.of_item)
    w = 1 / (1 + unknown)

    def summed(what: Floats) -> Floats:
        return np.bincount(rater, weights=what, minlength=raters).astype(np.float64)

    n, weight = np.bincount(rater, minlength=raters), summed(w)
    some = np.maximum(weight, 1e-300)
    dx, dy = x - (summed(w * x) / some)[rater], y - (summed(w * y) / some)[rater]
    across = summed(w * np.square(dx))
    drawn = (n >= FEWEST_ITEMS) & (across > 1e-12 * np.maximum(summed(w * np.square(x)), 1e-300))
    slope = np.divide(summed(w * dx * dy), across, out=np.ones(raters), where=drawn)
    rest = summed(w * np.square(dy - slope[rater] * dx))
    error = np.sqrt(np.divide(rest / np.maximum(n - 2, 1), across, out=np.zeros(raters), where=drawn))
    return _Lines(n, weight, summed(w * unknown), slope, error, rest, drawn)


def _missing(lines: _Lines, at: int) -> Figure:
    n = int(lines.n[at])
    return undefined(_TOO_FEW if n < FEWEST_ITEMS else _LEVEL, n=n)


def _slope(lines: _Lines, at: int, alpha: float) -> Figure:
    from scipy.special import stdtrit

    if not lines.drawn[at]:
        return _missing(lines, at)
    n, slope = int(lines.n[at]), float(lines.slope[at])
    reach = float(stdtrit(n - 2, 1 - alpha / 2)) * float(lines.error[at])
    return Figure(slope, slope - reach, slope + reach, n)


def _shrunk(lines: _Lines, alpha: float) -> list[Figure]:
    """Slopes drawn towards 1 by how much they truly differ, the moment estimate of DerSimonian & Laird (1986)."""
    drawn = lines.drawn
    weight = 1 / np.maximum(np.square(lines.error[drawn]), 1e-12)
    beyond = float(weight @ np.square(lines.slope[drawn] - 1)) - len(weight)
    between = max(beyond / float(weight.sum()), 0.0) if len(weight) else 0.0
    found = []
    for at in range(len(drawn)):
        n = int(lines.n[at])
        if not drawn[at]:
            found.append(_missing(lines, at))
        elif not between:
            found.append(Figure(1.0, n=n, why="no interval: no difference between the raters was seen"))
        else:
            own = max(float(lines.error[at]) ** 2, 1e-12)
            value = 1 + (float(lines.slope[at]) - 1) * between / (between + own)
            reach = normal_quantile(1 - alpha / 2) * sqrt(between * own / (between + own))
            found.append(Figure(value, value - reach, value + reach, n))
    return found


def _scatter(lines: _Lines, at: int, rest: float, alpha: float) -> Figure:
    """The standard deviation of a rater's own errors: what is left about the line, less what the others leave open.

    The others are taken to err as the panel does on average.
    """
    from scipy.special import chdtri

    if not lines.drawn[at]:
        return _missing(lines, at)
    n = int(lines.n[at])
    # A rater follows what is left open of an item by their own slope.
    open_still = rest * float(lines.unknown[at]) * float(lines.slope[at]) ** 2

    def deviation(free: float) -> float:
        own = float(lines.rest[at]) * n / free - open_still
        return sqrt(max(own / float(lines.weight[at]), 0.0))

    low, high = (deviation(float(chdtri(n - 2, level))) for level in (alpha / 2, 1 - alpha / 2))
    return Figure(deviation(n - 2), low, high, n)
