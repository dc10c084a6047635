"""Whether what an output is like draws a judge's scores more than people's on the same outputs."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.agreement.bootstrap import FEWEST_ITEMS
from reviewer.measure.arrays import Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.biases import NOT_IDENTIFIED, Finding, worded
from reviewer.measure.judges.resampling import places_of

MARGIN = 0.05
"""A share of the scale's width for a standard deviation of the trait: so much is let pass."""


def score_bias(
    judge: ArrayLike,
    people: ArrayLike,
    trait: ArrayLike,
    *,
    span: float,
    bias: str,
    towards: tuple[str, str],
    items: Ints | None = None,
    margin: float = MARGIN,
    alpha: float = 0.05,
) -> Finding:
    """The slope of the judge's score less the people's on the standardised trait, in points for a standard deviation.

    Least squares with errors clustered by item, and the small-sample factor of Cameron & Miller (2015, Journal of Human
    Resources 50, section VI.A); the limits are of Student's t with one less degrees than items. People's own leaning is
    in neither: the gap is taken on each output. NaN is no score. Raises ValueError for columns that differ in length.
    """
    from scipy.special import stdtr, stdtrit

    own, theirs, like = (np.asarray(one, dtype=np.float64) for one in (judge, people, trait))
    if not own.shape == theirs.shape == like.shape:
        raise ValueError("the columns differ in length")
    place, _ = places_of(items, len(own))
    scored = ~np.isnan(own) & ~np.isnan(theirs)
    both = scored & np.isfinite(like)
    counts = {"not scored by both": int((~scored).sum()), "trait not known": int((scored & ~both).sum())}
    dropped = {why: number for why, number in counts.items() if number}
    gap, x, place = own[both] - theirs[both], like[both], place[both]
    n, units = len(gap), len(np.unique(place))
    spread = float(x.std()) if n else 0.0

    def without(why: str) -> Finding:
        return Finding(bias, NOT_IDENTIFIED, why, undefined(why, n=n, dropped=dropped), margin * span)

    if units < FEWEST_ITEMS:
        return without(f"{units} item{'' if units == 1 else 's'}, and {FEWEST_ITEMS} are the least")
    if spread <= 1e-12:
        return without("all outputs are alike in it")
    z = (x - x.mean()) / spread
    slope = float((z * gap).sum() / (z * z).sum())
    left = gap - gap.mean() - slope * z
    by_item = np.bincount(np.unique(place, return_inverse=True)[1].reshape(-1), weights=z * left)
    factor = units / (units - 1) * (n - 1) / max(n - 2, 1)
    error = sqrt(factor * float((by_item**2).sum())) / float((z * z).sum())
    reach = float(stdtrit(units - 1, 1 - alpha / 2)) * error
    figure = Figure(slope, slope - reach, slope + reach, n, dropped)
    verdict, why = worded(figure, margin * span, towards)
    p_value = 2 * float(stdtr(units - 1, -abs(slope) / error)) if error > 0 else None
    notes = () if units >= 30 else (f"{units} items: errors by cluster are too small below some 30",)
    return Finding(bias, verdict, why, figure, margin * span, p_value, {}, notes)
