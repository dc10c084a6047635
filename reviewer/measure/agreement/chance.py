"""Percent agreement, and what of it is left after chance: Fleiss, Scott, Brennan–Prediger, Gwet, Conger.

Each is (p_a − p_e) / (1 − p_e); they differ in p_e (Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed., ch. 4–5).
Observed agreement is of items with two ratings or more, the shares of the points are of all rated items.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reviewer.measure.agreement.kinds import Kinds, beside, matrix
from reviewer.measure.agreement.scale import Scale
from reviewer.measure.agreement.statistic import Sums, ratio
from reviewer.measure.arrays import Floats


def agreeing(kinds: Kinds, points: int, weights: Floats | None = None) -> Floats:
    """The share of the pairs of ratings of an item that agree, by kind; 0 where there is no pair.

    Without `weights` two ratings agree if they are the same.
    """
    counts = kinds.counts(points)
    if weights is None:
        met = (counts * counts if isinstance(counts, np.ndarray) else counts.multiply(counts)).sum(axis=1)
    else:
        shared = counts @ weights
        met = (counts * shared if isinstance(counts, np.ndarray) else counts.multiply(shared)).sum(axis=1)
    r = kinds.sizes
    pairs = r * (r - 1)
    return np.divide(np.asarray(met).ravel() - r, pairs, out=np.zeros(len(r)), where=pairs > 0)


def shares(kinds: Kinds, points: int) -> Any:
    """The share of each point among the ratings of an item, a row a kind."""
    return matrix(kinds.unit, kinds.point, 1 / kinds.sizes[kinds.unit], (len(kinds), points))


class Chance(Sums):
    """The coefficients that ask not who gave which rating; `weights` are those of AC2 alone unless `all_weighted`.

    Percent agreement alone where the scale has too many points to be one of categories.
    """

    def __init__(self, kinds: Kinds, scale: Scale, weights: Floats | None, *, all_weighted: bool = False) -> None:
        self.points = len(scale)
        self.weights = weights
        self.all_weighted = all_weighted
        self.names = ("percent_agreement",)
        paired = (kinds.sizes > 1).astype(np.float64)
        same = agreeing(kinds, self.points, weights if all_weighted else None)
        columns = [np.ones(len(kinds)), paired, same]
        if weights is None:
            super().__init__(np.column_stack(columns), kinds.repeats)
            return
        self.names = ("percent_agreement", "fleiss_kappa", "brennan_prediger", "gwet_ac1", "gwet_ac2")
        columns.append(agreeing(kinds, self.points, weights))
        super().__init__(beside(np.column_stack(columns), shares(kinds, self.points)), kinds.repeats)

    def figures(self, sums: Floats) -> Floats:
        """The coefficients from the sums."""
        n, paired = sums[:, 0], sums[:, 1]
        same = ratio(sums[:, 2], paired)
        if self.weights is None:
            return same[:, None]
        near = ratio(sums[:, 3], paired)
        pi = ratio(sums[:, 4:], n[:, None])
        q = self.points
        kept = self.weights if self.all_weighted else np.eye(q)
        by_share = ((pi @ kept) * pi).sum(axis=1) if self.all_weighted else np.square(pi).sum(axis=1)
        spread = (pi * (1 - pi)).sum(axis=1) / (q * (q - 1)) if q > 1 else np.full(len(pi), np.nan)
        even = np.full(len(pi), kept.sum() / q**2)
        return np.column_stack(
            [
                same,
                beyond(same, by_share),
                beyond(same, even),
                beyond(same, kept.sum() * spread),
                beyond(near, self.weights.sum() * spread),
            ]
        )


class Conger(Sums):
    """Conger's kappa (1980 Psych. Bull. 88), with each rater's own shares of the points; Cohen's for two raters."""

    names: tuple[str, ...] = ("conger_kappa",)

    def __init__(self, kinds: Kinds, scale: Scale, weights: Floats | None = None) -> None:
        self.raters, self.points = kinds.raters, len(scale)
        self.weights = weights
        paired = (kinds.sizes > 1).astype(np.float64)
        same = agreeing(kinds, self.points, weights)
        said = kinds.rater * self.points + kinds.point
        given = matrix(kinds.unit, said, np.ones(len(said)), (len(kinds), self.raters * self.points))
        super().__init__(beside(np.column_stack([paired, same]), given), kinds.repeats)

    def figures(self, sums: Floats) -> Floats:
        """The coefficient from the sums; raters who drop out of a resample are not counted in it."""
        same = ratio(sums[:, 1], sums[:, 0])
        given = sums[:, 2:].reshape(len(sums), self.raters, self.points)
        own = given.sum(axis=2)
        share = np.divide(given, own[:, :, None], out=np.zeros_like(given), where=own[:, :, None] > 0.5)
        here = (own > 0.5).sum(axis=1)
        every = share.sum(axis=1)
        if self.weights is None:
            both, alone = np.square(every).sum(axis=1), np.square(share).sum(axis=(1, 2))
        else:
            both = ((every @ self.weights) * every).sum(axis=1)
            alone = ((share @ self.weights) * share).sum(axis=(1, 2))
        return beyond(same, ratio(both - alone, (here * (here - 1)).astype(np.float64)))[:, None]


def beyond(observed: Floats, expected: Floats) -> Floats:
    """Agreement beyond chance as a share of what chance leaves."""
    return ratio(observed - expected, 1 - expected)
