"""Intervals by resampling the items, the raters being these (Efron & Tibshirani 1993, ch. 13–14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.statistic import Statistic
from reviewer.measure.arrays import Floats

FEWEST_ITEMS: Final = 10
MOST_LOST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """The limits of a figure, or `why` there are none; `lost` resamples had no value of it."""

    low: float | None
    high: float | None
    why: str = ""
    method: str = ""
    lost: int = 0


def intervals(
    statistics: Sequence[Statistic], kinds: Kinds, rounds: int, rng: np.random.Generator, alpha: float
) -> dict[str, Interval]:
    """The interval of each figure of the statistics, all of them from the same resamples."""
    names = [name for one in statistics for name in one.names]
    if why := too_few(kinds.items, rounds):
        return {name: Interval(None, None, why) for name in names}
    widest = max(one.widest for one in statistics)
    drawn: list[list[Floats]] = [[] for _ in statistics]
    for weights in kinds.resamples(rng, rounds, widest):
        for held, one in zip(drawn, statistics, strict=True):
            held.append(one.of(weights))
    found: dict[str, Interval] = {}
    for held, one in zip(drawn, statistics, strict=True):
        values, resampled, without = one.of(kinds.repeats[None])[0], np.concatenate(held), one.without_each()
        for at, name in enumerate(one.names):
            left_out = None if without is None else without[:, at]
            bca = name not in one.by_percentiles
            found[name] = interval(float(values[at]), resampled[:, at], left_out, kinds.repeats, alpha, bca=bca)
    return found


def too_few(items: int, rounds: int) -> str:
    """Why there is no interval at all; nothing where there may be one."""
    if not rounds:
        return "no interval was asked for"
    if items < FEWEST_ITEMS:
        return f"{items} item{'' if items == 1 else 's'} are too few for an interval; {FEWEST_ITEMS} are the least"
    return ""


def interval(
    value: float, resampled: Floats, without: Floats | None, repeats: Floats, alpha: float, *, bca: bool = True
) -> Interval:
    """The interval of one figure from its resampled values: bias-corrected and accelerated, else by percentiles.

    `without` holds the figure with one item of each kind left out; without it the acceleration is taken to be 0.
    """
    if np.isnan(value):
        return Interval(None, None)
    kept = resampled[~np.isnan(resampled)]
    lost = len(resampled) - len(kept)
    if lost > MOST_LOST * len(resampled):
        return Interval(None, None, f"{lost} of {len(resampled)} resamples have no value", lost=lost)
    if np.ptp(kept) < 1e-12:
        return Interval(None, None, "every resample gives the same", lost=lost)
    levels, method = np.array([alpha / 2, 1 - alpha / 2]), "percentile"
    if bca and (corrected := bca_levels(value, kept, without, repeats, alpha)) is not None:
        levels, method = corrected, "bca"
    low, high = np.quantile(kept, levels)
    return Interval(float(low), float(high), method=method, lost=lost)


def bca_levels(value: float, resampled: Floats, without: Floats | None, repeats: Floats, alpha: float) -> Floats | None:
    """The levels of the quantiles that are the limits (Efron 1987 JASA 82); None where they are undefined."""
    from scipy.special import ndtr, ndtri

    near = 1e-12 * max(1.0, abs(value))
    below = float((resampled < value - near).mean() + (np.abs(resampled - value) <= near).mean() / 2)
    if not 0 < below < 1:
        return None
    bias = float(ndtri(below))
    acceleration = 0.0
    if without is not None and (there := ~np.isnan(without)).any():
        weights, left = repeats[there], without[there]
        gaps = float(weights @ left) / float(weights.sum()) - left
        spread = float(weights @ np.square(gaps))
        if spread > 0:
            acceleration = float(weights @ gaps**3) / (6 * spread**1.5)
    z = bias + ndtri(np.array([alpha / 2, 1 - alpha / 2]))
    stretched = 1 - acceleration * z
    if (stretched <= 0).any():
        return None
    levels: Floats = ndtr(bias + z / stretched)
    return levels
