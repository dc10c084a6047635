"""The variances of items and raters against the rest, where the restricted likelihood is highest, 0 among the answers.

The likelihood is profiled: mean and scale are at their best for any two ratios of variances (`Crossed.deviance`).
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np

from reviewer.measure.arrays import Floats
from reviewer.measure.crossed import LARGEST_RATIO, SMALLEST_RATIO, Crossed

_LOW, _HIGH = log(SMALLEST_RATIO), log(LARGEST_RATIO)
# A variance is 0 where that costs the likelihood no more than the search may miss.
_AS_GOOD = 1e-7
_EXACTLY = 1e-9
# A limit is read to a few digits, a ratio on the border of the likelihood too.
_NEARLY = 1e-5
_FAR = 8.0


def best_ratios(crossed: Crossed) -> tuple[float, float]:
    """The ratios of the variances of items and of raters to that of the rest, by REML; 0 is a legal one."""
    from scipy.optimize import minimize

    def at(logs: Floats) -> float:
        of_item, of_rater = np.exp(np.clip(logs, _LOW, _HIGH)).tolist()
        return crossed.deviance(of_item, of_rater)

    start = min(_starts(crossed), key=at)
    simplex = start + np.array([[0, 0], [1, 0], [0, 1]])
    options = {"initial_simplex": simplex, "xatol": _EXACTLY, "fatol": _EXACTLY, "maxiter": 400}
    found = minimize(at, start, method="Nelder-Mead", options=options)
    inner: tuple[float, float] = tuple(np.exp(np.clip(found.x, _LOW, _HIGH)).tolist())
    of_item, _ = _lowest(lambda ratio: crossed.deviance(ratio, 0.0))
    of_rater, _ = _lowest(lambda ratio: crossed.deviance(0.0, ratio))
    ways = [(0.0, 0.0), (of_item, 0.0), (0.0, of_rater), inner]
    costs = [crossed.deviance(*way) for way in ways]
    best = min(costs)
    return next(way for way, cost in zip(ways, costs, strict=True) if cost <= best + _AS_GOOD)


def icc_limits(crossed: Crossed, ratios: tuple[float, float], alpha: float) -> tuple[float, float]:
    """Limits for the items' share of all variance: what the profile likelihood does not rule out.

    Twice the fall of the logarithm is held against chi-square with one degree of freedom; raters are taken as drawn
    from many, as the agreement of single ratings, ICC(A,1), asks for.
    """
    from scipy.optimize import brentq, minimize_scalar
    from scipy.special import chdtri

    most = crossed.deviance(*ratios) + float(chdtri(1, alpha))
    value = ratios[0] / (1 + ratios[0] + ratios[1])
    middle = log(max(ratios[1], 1e-3))
    near = middle - _FAR, middle + _FAR

    def beyond(share: float) -> float:
        def cost(of_rater: float) -> float:
            of_item = share * (1 + of_rater) / (1 - share)
            return crossed.deviance(of_item, of_rater) if of_item <= LARGEST_RATIO else 1e300

        found = minimize_scalar(lambda one: cost(exp(one)), bounds=near, method="bounded", options={"xatol": 0.01})
        return min(float(found.fun), cost(0.0), 1e300) - most

    top = LARGEST_RATIO / (1 + LARGEST_RATIO)
    low = 0.0 if value <= 0 or beyond(0.0) <= 0 else float(brentq(beyond, 0.0, value, xtol=_NEARLY))
    high = 1.0 if value >= top or beyond(top) <= 0 else float(brentq(beyond, value, top, xtol=_NEARLY))
    return low, high


def _lowest(cost: Callable[[float], float]) -> tuple[float, float]:
    """The ratio of the lowest cost, and that cost."""
    from scipy.optimize import minimize_scalar

    steps = np.linspace(_LOW, _HIGH, 13)
    costs = [cost(exp(one)) for one in steps.tolist()]
    at = int(np.argmin(costs))
    bounds = steps[max(at - 1, 0)], steps[min(at + 1, len(steps) - 1)]
    found = minimize_scalar(lambda one: cost(exp(one)), bounds=bounds, method="bounded", options={"xatol": _NEARLY})
    ratio, best = exp(float(found.x)), float(found.fun)
    nothing = cost(0.0)
    return (0.0, nothing) if nothing <= best else (ratio, best)


def _starts(crossed: Crossed) -> list[Floats]:
    rest = crossed.left / crossed.free
    seen = [
        max(float(one.var()) / rest, 0.01) if rest > 0 else 1.0 for one in (crossed.fixed.score, crossed.fixed.rater)
    ]
    return [np.clip(np.log(ratios), _LOW, _HIGH) for ratios in (seen, [1.0, 1.0], [1.0, 0.05], [0.05, 0.05])]
