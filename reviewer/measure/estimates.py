"""Means over a whole set from few human labels: with the help of a judge's labels of all, or by a designed sample.

Shapes: every array is one-dimensional, one entry an item. Intervals are at 1 − alpha, two-sided. Where the labels have
no spread although not all items were labelled, a value has no limits, and the figure says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import normal_quantile, wilson

_SMALL = 30
"""Below so many labels the normal interval is too short, and Student's t takes its place."""
_FOR_SAFETY = 2.0
"""So many labels' worth of the human labels' own variance, put to that of the differences where these may mislead."""
_FOLDS = 5
_NO_SPREAD = "the labels have no spread, so that they say nothing of the interval."

Of = Literal["population", "frame"]
"""Whether an interval speaks of the population that the items are drawn from, or of these very items."""
Draw = Literal["fixed", "poisson"]
"""Whether the number of items was fixed beforehand, or each item was drawn for itself."""


@dataclass(frozen=True, slots=True)
class Powered:
    """A mean that a judge helped with. `weight` is what its labels counted (lambda, 0 to 1), `classical` the mean of
    the human labels alone, `saved` how many more human labels that would have needed for the same interval."""

    figure: Figure
    weight: float
    classical: Figure
    saved: float


@dataclass(frozen=True, slots=True)
class Sampled:
    """An estimate from a sample with known probabilities: `effective` labels (Kish 1965: the square of the sum of the
    weights by the sum of their squares), the largest weight, and how many more labels a simple random sample would
    have needed for the same standard error (below 0: how many fewer). `weight` is what a judge's labels counted, and
    `error` the standard error, NaN where it is unknown."""

    figure: Figure
    error: float
    effective: float
    largest_weight: float
    saved: float
    weight: float = 0.0


def powered_mean(
    labels: Floats,
    judged: Floats,
    judged_rest: Floats,
    *,
    weight: float | None = None,
    rate: bool = False,
    alpha: float = 0.05,
) -> Powered:
    """The mean of the human labels over all items, those without one included.

    `labels` and `judged` are the human and the judge's labels of the same n items, `judged_rest` the judge's of the
    N others (prediction-powered inference: Angelopoulos et al. 2023, Science 382; with the weight tuned, PPI++:
    Angelopoulos, Duchi and Zrnic 2023). `weight` 1 is plain, 0 leaves the judge out, None is tuned and clipped to
    0 … 1; a judge that says the same of all gets 0. The labelled items are to be a simple random sample, and the judge
    is not to have learnt from their labels. Below 30 labels, or where the judge was never wrong on them, the interval
    is Student's, and the variance of the differences counts the human labels' own as if by two labels more: a judge
    that erred in none of 15 may still err. With `rate`, for labels of 0 and 1, the interval is Wilson's on the number
    of labels that has this variance: of rare failures the plain one falls short. Raises ValueError for arrays of
    different lengths and a weight outside 0 … 1.
    """
    if len(labels) != len(judged):
        raise ValueError("each human label has the judge's beside it")
    if weight is not None and not 0 <= weight <= 1:
        raise ValueError("the judge's weight lies from 0 to 1")
    n, rest = len(labels), len(judged_rest)
    if n < 2:
        nothing = undefined("fewer than two human labels.", n=n)
        return Powered(nothing, 0.0, nothing, 0.0)
    chosen = _tuned(labels, judged, judged_rest) if weight is None else weight
    chosen = chosen if rest else 0.0
    value, variance, degrees = _mean_with(labels, judged, judged_rest, chosen)
    alone, alone_variance, alone_degrees = _mean_with(labels, judged, judged_rest, 0.0)
    saved = n * (alone_variance / variance - 1) if variance > 0 and chosen else 0.0
    return Powered(
        _figure(value, variance, n, alpha, degrees=degrees, rate=rate),
        chosen,
        _figure(alone, alone_variance, n, alpha, degrees=alone_degrees, rate=rate),
        saved,
    )


def _mean_with(labels: Floats, judged: Floats, judged_rest: Floats, weight: float) -> tuple[float, float, int | None]:
    """The mean, its variance, and the degrees of freedom, None for the normal interval."""
    n, rest = len(labels), len(judged_rest)
    left = labels - weight * judged
    careful = n < _SMALL or bool(weight and (labels == judged).all())
    degrees = max(1, n - (2 if weight else 1)) if careful else None
    value = float(left.mean())
    squares, by = float(np.square(left - value).sum()), float(n)
    if careful:
        by = n - 1.0
        if weight:
            squares += _FOR_SAFETY * float(labels.var(ddof=1))
            by = max(1.0, n - 2.0) + _FOR_SAFETY
    variance = squares / by / n
    if weight and rest:
        value += weight * float(judged_rest.mean())
        variance += weight**2 * float(judged_rest.var(ddof=1 if careful and rest > 1 else 0)) / rest
    return value, variance, degrees


def _tuned(labels: Floats, judged: Floats, judged_rest: Floats) -> float:
    """The weight of the smallest variance: cov(Y, F) / ((1 + n / N) var(F)), the variance over all items.

    The divisors are those of ppi-python 0.2.3, with which figures can so be compared: n for the covariance, one less
    than all for the variance.
    """
    n, rest = len(labels), len(judged_rest)
    if not rest:
        return 0.0
    spread = float(np.concatenate([judged, judged_rest]).var(ddof=1))
    if spread <= 0:
        return 0.0
    together = float(((labels - labels.mean()) * (judged - judged.mean())).mean())
    return min(1.0, max(0.0, together / ((1 + n / rest) * spread)))


def powered_difference(
    labels: tuple[Floats, Floats],
    judged: tuple[Floats, Floats],
    judged_rest: tuple[Floats, Floats],
    *,
    weight: float | None = None,
    alpha: float = 0.05,
) -> Powered:
    """The mean difference of two systems on the same items, the first less the second: `powered_mean` of the
    differences, which is never to be read off two intervals."""
    return powered_mean(
        labels[0] - labels[1], judged[0] - judged[1], judged_rest[0] - judged_rest[1], weight=weight, alpha=alpha
    )


def horvitz_thompson(
    labels: Floats,
    chances: Floats,
    items: int,
    *,
    rate: bool = False,
    draw: Draw = "poisson",
    unanswered: int = 0,
    alpha: float = 0.05,
) -> Sampled:
    """The mean over a frame of so many items that were drawn with known chances (Horvitz and Thompson 1952, JASA 47):
    the sum of label by chance, by the number of items.

    `labels` and `chances` are of the items that were drawn and labelled; `unanswered` is told as dropped. The variance
    is exact for `poisson`; for `fixed` it is Hajek's approximation (1964, Ann. Math. Statist. 35; Deville 1999), which
    holds for randomised systematic draws. With `rate`, for labels of 0 and 1, the interval is Wilson's on the number of
    labels that has this variance, the true number at most (as Korn and Graubard 1998, Survey Methodology 24): where
    failures were missed by what drew the sample, the estimated variance is too small more often than not. Raises
    ValueError for a chance outside 0 … 1.
    """
    _refuse_chances(labels, chances)
    if not len(labels) or items < 1:
        return _no_sample(unanswered)
    value = float((labels / chances).sum()) / items
    variance = _variance(labels, chances, draw) / items**2
    return _sampled(value, variance, labels, chances, items, unanswered, alpha, rate=rate)


def hajek(
    labels: Floats,
    chances: Floats,
    *,
    rate: bool = False,
    draw: Draw = "poisson",
    unanswered: int = 0,
    alpha: float = 0.05,
) -> Sampled:
    """As `horvitz_thompson`, by the sum of the weights in place of the number of items (Hajek 1971): a smaller
    variance, and a bias that goes as 1 / n."""
    _refuse_chances(labels, chances)
    if not len(labels):
        return _no_sample(unanswered)
    weights = 1 / chances
    whole = float(weights.sum())
    value = float((labels * weights).sum()) / whole
    variance = _variance(labels - value, chances, draw) / whole**2
    return _sampled(value, variance, labels, chances, whole, unanswered, alpha, rate=rate)


def active_mean(
    judged: Floats,
    labels: Floats,
    drawn: Ints,
    chances: Floats,
    *,
    weight: float | None = 1.0,
    rate: bool = False,
    of: Of = "population",
    draw: Draw = "poisson",
    unanswered: int = 0,
    alpha: float = 0.05,
) -> Sampled:
    """The mean by the difference estimator (Zrnic and Candes 2024, active statistical inference): the judge's label of
    every item of the frame, with what the labelled ones were off by, weighted by chance.

    `judged` is of every item; `drawn` has the places of those with a human label, each once, `labels` and `chances`
    are theirs. `weight` is what the judge counts; None tunes it, from other folds than it is used in, so that the
    estimate stays unbiased. `rate` is as in `powered_mean`. `of` says whom the interval speaks of: the population
    behind the items, or these very items. Raises ValueError for a chance outside 0 … 1, a place outside the frame or
    named twice, a missing label of the judge, and a weight outside 0 … 1.
    """
    _refuse_chances(labels, chances)
    n = len(judged)
    if len(labels) != len(drawn) or len(np.unique(drawn)) != len(drawn):
        raise ValueError("each drawn item has one label")
    if len(drawn) and not (int(drawn.min()) >= 0 and int(drawn.max()) < n):
        raise ValueError("each drawn item is one of the frame")
    if weight is not None and not 0 <= weight <= 1:
        raise ValueError("the judge's weight lies from 0 to 1")
    if n < 2 or not len(drawn):
        return _no_sample(unanswered)
    if not np.isfinite(judged).all():
        raise ValueError("each item has the judge's label")
    weights = np.full(n, weight) if weight is not None else _of_other_folds(judged, labels, drawn, chances)
    of_each = weights * judged
    off = labels - of_each[drawn]
    of_each[drawn] += off / chances
    value = float(of_each.mean())
    if of == "frame":
        variance = _variance(off, chances, draw) / n**2
    elif draw == "poisson":
        variance = float(of_each.var(ddof=1)) / n
    else:
        variance = _variance(off, chances, draw) / n**2 + _spread(labels, chances) / n
    counted = float(weights.mean())
    return _sampled(
        value, variance, labels, chances, n, unanswered, alpha, rate=rate, capped=False, weight=counted, of=of
    )


def _of_other_folds(judged: Floats, labels: Floats, drawn: Ints, chances: Floats) -> Floats:
    """For each item the weight that made the variance smallest on the drawn items of the other folds."""
    fold = np.random.Generator(np.random.PCG64(0)).integers(0, _FOLDS, len(judged))
    found, of_drawn = np.zeros(len(judged)), judged[drawn]
    importance = (1 - chances) / chances**2
    for one in range(_FOLDS):
        used = np.where(fold[drawn] != one, importance, 0.0)
        whole = float(used.sum())
        # What rounding makes of a judge that says the same of all is no spread.
        if whole <= 0 or float(np.ptp(of_drawn[used > 0])) <= 1e-9 * float(np.abs(of_drawn).max()):
            continue
        said, guess = labels - (used * labels).sum() / whole, of_drawn - (used * of_drawn).sum() / whole
        spread = float((used * guess**2).sum())
        if spread > 0:
            found[fold == one] = min(1.0, max(0.0, float((used * said * guess).sum()) / spread))
    return found


def stratified(labels: Floats, strata: Ints, sizes: Ints, *, unanswered: int = 0, alpha: float = 0.05) -> Figure:
    """The mean over a frame whose strata have so many items each, from simple samples within them (Cochran 1977,
    chapter 5).

    `strata` is the stratum of each label, `sizes` how many items each has. A stratum with fewer than two labels is
    joined with the next, and `dropped` counts such joints under "strata joined". Items without an answer weigh as the
    others of their stratum do. Raises ValueError for a label in a stratum that there is not, and for more labels than
    items.
    """
    if len(labels) != len(strata) or (len(strata) and int(strata.max()) >= len(sizes)):
        raise ValueError("each label lies in a stratum that has a size")
    counts = np.bincount(strata, minlength=len(sizes)) if len(strata) else np.zeros(len(sizes), dtype=np.int64)
    if (counts > sizes).any():
        raise ValueError("a stratum has no more labels than items")
    groups = _joined(counts, sizes)
    joined = int((sizes > 0).sum()) - len(groups)
    if not groups:
        return undefined("no stratum has two labels.", n=len(labels), dropped=_unanswered(unanswered))
    whole = float(sizes.sum())
    value = variance = 0.0
    for group in groups:
        said = labels[np.isin(strata, group)]
        items, n = float(sizes[group].sum()), len(said)
        value += items / whole * float(said.mean())
        variance += (items / whole) ** 2 * (1 - n / items) * float(said.var(ddof=1)) / n
    dropped = _unanswered(unanswered) | ({"strata joined": joined} if joined else {})
    degrees, census = len(labels) - len(groups), len(labels) == int(whole)
    return _figure(value, variance, len(labels), alpha, degrees=degrees, dropped=dropped, known=census)


def _joined(counts: Ints, sizes: Ints) -> list[list[int]]:
    """The strata in groups that have two labels each."""
    groups: list[list[int]] = []
    waiting: list[int] = []
    for stratum in range(len(sizes)):
        if not sizes[stratum]:
            continue
        waiting.append(stratum)
        if counts[waiting].sum() >= 2:
            groups.append(waiting)
            waiting = []
    if waiting and groups:
        groups[-1] += waiting
    return groups


def _refuse_chances(labels: Floats, chances: Floats) -> None:
    if len(labels) != len(chances):
        raise ValueError("each label has its chance")
    if len(chances) and not (float(chances.min()) > 0 and float(chances.max()) <= 1):
        raise ValueError("a chance lies above 0, and is 1 at most")


def _variance(of_drawn: Floats, chances: Floats, draw: Draw) -> float:
    """The variance of the sum of values by chance; NaN where a fixed draw left fewer than two to chance."""
    by_chance, left = of_drawn / chances, 1 - chances
    if draw == "poisson":
        return float((left * by_chance**2).sum())
    free, room = int((left > 0).sum()), float(left.sum())
    if not free:
        return 0.0
    if free < 2:
        return float("nan")
    centre = float((left * by_chance).sum()) / room
    return free / (free - 1) * float((left * (by_chance - centre) ** 2).sum())


def _spread(labels: Floats, chances: Floats) -> float:
    """The variance of the labels over the frame, by the weights of the drawn; 0 for one alone."""
    if len(labels) < 2:
        return 0.0
    weights = 1 / chances
    mean = float((labels * weights).sum() / weights.sum())
    return float((weights * (labels - mean) ** 2).sum() / weights.sum()) * len(labels) / (len(labels) - 1)


def _unanswered(number: int) -> dict[str, int]:
    return {"selected without a label": number} if number else {}


def _no_sample(unanswered: int) -> Sampled:
    return Sampled(
        undefined("nothing was drawn and labelled.", dropped=_unanswered(unanswered)), float("nan"), 0.0, 0.0, 0.0
    )


def _sampled(
    value: float,
    variance: float,
    labels: Floats,
    chances: Floats,
    items: float,
    unanswered: int,
    alpha: float,
    *,
    rate: bool,
    capped: bool = True,
    weight: float = 0.0,
    of: Of = "frame",
) -> Sampled:
    weights, n = 1 / chances, len(chances)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    simple = _spread(labels, chances) / n * (max(0.0, 1 - n / items) if of == "frame" else 1.0)
    saved = n * (simple / variance - 1) if variance > 0 else 0.0
    known = bool((chances == 1).all())
    figure = _figure(value, variance, n, alpha, dropped=_unanswered(unanswered), known=known, rate=rate, capped=capped)
    error = sqrt(variance) if variance > 0 or known else float("nan")
    return Sampled(figure, error, effective, float(weights.max()), saved, weight)


def _figure(
    value: float,
    variance: float,
    n: int,
    alpha: float,
    *,
    degrees: int | None = None,
    dropped: dict[str, int] | None = None,
    known: bool = False,
    rate: bool = False,
    capped: bool = False,
) -> Figure:
    """`known` says that every item has a label, so that no spread is as it should be; `capped` that a rate's interval
    is on no more than n labels."""
    if rate and not known:
        low, high = _limits_of_rate(value, variance, n, _quantile(n, alpha, degrees), capped=capped)
        return Figure(value, low, high, n, dropped or {})
    if not variance > 0 and not known:
        return Figure(value, n=n, dropped=dropped or {}, why=_NO_SPREAD)
    reach = _quantile(n, alpha, degrees) * sqrt(max(0.0, variance))
    return Figure(value, value - reach, value + reach, n, dropped or {})


def _limits_of_rate(value: float, variance: float, n: int, quantile: float, *, capped: bool) -> tuple[float, float]:
    share = min(1.0, max(0.0, value))
    inner = share * (1 - share) > 0 and variance > 0
    worth = share * (1 - share) / variance if inner else float(n)
    low, high = wilson(
        share * min(n, worth) if capped else share * worth, min(n, worth) if capped else worth, z=quantile
    )
    # At 0 and at 1, and beyond, where weights may take an estimate, its own spread may reach farther.
    reach = 0.0 if inner or not variance > 0 else quantile * sqrt(variance)
    return max(0.0, min(low, value - reach)), min(1.0, max(high, value + reach))


def _quantile(n: int, alpha: float, degrees: int | None) -> float:
    if n >= _SMALL and degrees is None:
        return normal_quantile(1 - alpha / 2)
    from scipy.special import stdtrit

    return float(stdtrit(max(1, n - 1 if degrees is None else degrees), 1 - alpha / 2))
