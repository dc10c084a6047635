"""Kendall's W: how far raters put the same items in the same order (Siegel & Castellan 1988, section 9.3, for ties)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reviewer.measure.agreement.alpha import midpoints
from reviewer.measure.agreement.kinds import Kinds, matrix, weighed
from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Floats, Ints


class Concordance:
    """W of items that all raters rated; `table` has a row a kind of item and a column a rater."""

    names: tuple[str, ...] = ("kendall_w",)
    by_percentiles: tuple[str, ...] = ("kendall_w",)

    def __init__(self, table: Ints, repeats: Floats) -> None:
        self.table, self.repeats = np.empty_like(table), repeats
        rows, ones = np.arange(len(table)), np.ones(len(table))
        self._given: list[Any] = []
        for at in range(table.shape[1]):
            # Points that a rater never gave have no rank with that rater.
            given, place = np.unique(table[:, at], return_inverse=True)
            self.table[:, at] = place.reshape(-1)
            self._given.append(matrix(rows, self.table[:, at], ones, (len(table), len(given))))
        self.widest = len(table)

    def of(self, weights: Floats) -> Floats:
        """W (rounds, 1) under weights of the kinds, corrected for ties."""
        n, m = weights.sum(axis=1), self.table.shape[1]
        ranks = np.zeros(weights.shape)
        ties = np.zeros(len(weights))
        for at, given in enumerate(self._given):
            often = weighed(weights, given)
            # As shares of n, so that the cubes of many items stay exact enough.
            share = ratio(often, n[:, None])
            ranks += midpoints(share)[:, self.table[:, at]]
            ties += (share**3 - ratio(share, np.square(n)[:, None])).sum(axis=1)
        gaps = ranks - ratio((weights * ranks).sum(axis=1), n)[:, None]
        spread = 12 * ratio((weights * np.square(gaps)).sum(axis=1), n)
        return ratio(spread, m**2 * (1 - ratio(np.ones(len(n)), np.square(n))) - m * ties)[:, None]

    def without_each(self) -> None:
        """Nothing: the interval of W is one of percentiles."""


def complete(kinds: Kinds) -> tuple[Kinds, Ints]:
    """The kinds of items that all raters rated, and their points, a row a kind and a column a rater."""
    whole = kinds.chosen(kinds.sizes == kinds.raters)
    order = np.lexsort((whole.rater, whole.unit))
    return whole, whole.point[order].reshape(len(whole), kinds.raters)
