"""Shares: their exact test, and intervals that hold at 0 and at 1, also where votes come in clusters."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np

from reviewer.measure.arrays import Floats, Ints


def normal_quantile(level: float) -> float:
    """The quantile of the standard normal distribution."""
    return NormalDist().inv_cdf(level)


def wilson(won: float, n: float, alpha: float = 0.05, *, z: float | None = None) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927 JASA 22); n may be an effective one. Raises ValueError for n ≤ 0."""
    if n <= 0:
        raise ValueError("a share of nothing has no interval")
    z = normal_quantile(1 - alpha / 2) if z is None else z
    share = won / n
    centre = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At 0 and at 1 a limit is the share itself, which rounding may miss by a digit.
    return min(max(0.0, (centre - reach) / scale), share), max(min(1.0, (centre + reach) / scale), share)


def fair_coin_p(won: int, n: int) -> float | None:
    """The exact two-sided binomial test of a fair coin; None for no toss at all."""
    if n == 0:
        return None
    from scipy.special import bdtr

    return min(1.0, 2.0 * float(bdtr(min(won, n - won), n, 0.5)))


def clustered_share(won: Floats | Ints, votes: Floats | Ints, alpha: float = 0.05) -> tuple[float, float, float, float]:
    """Share, low, high and design effect, where each cluster gives `won` of `votes`. Raises ValueError for none.

    The ratio's linearised variance over clusters (Cochran 1977, section 6.3) gives an effective n, never above the
    number of votes, on which Wilson's interval is set with Student's t; without any spread it is the
    number of clusters.
    """
    from scipy.special import stdtrit

    counted = votes > 0
    won, votes = won[counted], votes[counted]
    clusters, total = len(votes), float(votes.sum())
    if not clusters:
        raise ValueError("a share of nothing has no interval")
    share = float(won.sum()) / total
    variance = 0.0
    if clusters > 1:
        variance = clusters / (clusters - 1) * float(np.square(won - share * votes).sum()) / total**2
    plain = share * (1 - share)
    effective = min(plain / variance, total) if variance > 1e-15 and plain > 1e-15 else float(clusters)
    z = float(stdtrit(max(clusters - 1, 1), 1 - alpha / 2))
    low, high = wilson(share * effective, effective, z=z)
    return share, low, high, variance * total / plain if plain > 1e-15 else 1.0
