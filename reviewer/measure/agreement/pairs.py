"""Two raters: Cohen's kappas, Scott's pi, alpha, correlations, from how often each pair of points was given.

Many pairs of raters, or many resamples of one pair, are done at once: each is a row of weights of the pairs of points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from reviewer.measure.agreement.alpha import MOST_RATIO_POINTS, alpha_of, midpoints
from reviewer.measure.agreement.chance import beyond
from reviewer.measure.agreement.kinds import CELLS_AT_ONCE, Kinds, matrix, weighed
from reviewer.measure.agreement.scale import MOST_POINTS, Scale
from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Floats, Ints

MOST_CELLS_OF_TAU: Final = 2000
MOST_TABLES: Final = 20_000_000
KAPPAS: Final = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")
CORRELATIONS: Final = ("spearman", "pearson", "kendall_tau")
_AT_ONCE = 2_000_000


class Cells:
    """Pairs of points (first rater's, second rater's), and all that two raters' agreement is made of.

    `weighting` is that of AC2. Figures of order are there on an ordered scale, Pearson's where points are numbers,
    and those of categories where the points are few enough to be some.
    """

    def __init__(self, first: Ints, second: Ints, scale: Scale, weighting: str) -> None:
        self.first, self.second, self.scale = first, second, scale
        self.widest = max(len(first), len(scale))
        weights = {"percent_agreement": "identity", "cohen_kappa": "identity"}
        self.categories = len(scale) <= MOST_POINTS
        if scale.ordered:
            weights |= {"cohen_kappa_linear": "linear", "cohen_kappa_quadratic": "quadratic", "gwet_ac2": weighting}
        self._tables = {kind: scale.weights(kind) for kind in set(weights.values())} if self.categories else {}
        self._weights = weights
        ordered = ("spearman", "kendall_tau") if scale.ordered else ()
        self.names: tuple[str, ...] = ("percent_agreement",)
        if self.categories:
            kappas = KAPPAS if scale.ordered else KAPPAS[:1]
            gwet = ("gwet_ac1", "gwet_ac2") if scale.ordered else ("gwet_ac1",)
            self.names += (*kappas, "scott_pi", "brennan_prediger", *gwet)
        if scale.level != "ratio" or len(scale) <= MOST_RATIO_POINTS:
            self.names += ("krippendorff_alpha",)
        self.names += ordered + (("pearson",) if scale.ordered and scale.numbers is not None else ())
        if len(first) > MOST_CELLS_OF_TAU:
            self.names = tuple(name for name in self.names if name != "kendall_tau")

    @cached_property
    def _margins(self) -> tuple[object, object]:
        ones, shape = np.ones(len(self.first)), (len(self.first), len(self.scale))
        rows = np.arange(len(self.first))
        return matrix(rows, self.first, ones, shape), matrix(rows, self.second, ones, shape)

    @cached_property
    def _signs(self) -> Floats:
        """Whether two pairs of points are in the same order with both raters (1), in contrary ones (-1), or tied."""
        x, y = self.first, self.second
        signs: Floats = (np.sign(x[:, None] - x) * np.sign(y[:, None] - y)).astype(np.float64)
        return signs

    def of(self, weights: Floats) -> Floats:
        """The figures (rows, names) of rows of weights (rows, cells)."""
        n = weights.sum(axis=1)
        given = weighed(weights, self._margins[0]), weighed(weights, self._margins[1])
        found = {"percent_agreement": ratio(weights @ (self.first == self.second).astype(np.float64), n)}
        if self.categories:
            self._chance(found, weights, n, *given)
        if "krippendorff_alpha" in self.names:
            found["krippendorff_alpha"] = self._alpha(weights, given[0] + given[1])
        if "spearman" in self.names:
            ranks = (
                ratio(midpoints(one)[:, at], n[:, None])
                for one, at in zip(given, (self.first, self.second), strict=True)
            )
            found["spearman"] = correlation(weights, *ranks)
        if "kendall_tau" in self.names:
            concordant = ((weights @ self._signs) * weights).sum(axis=1)
            untied = [np.square(n) - np.square(one).sum(axis=1) for one in given]
            found["kendall_tau"] = ratio(concordant, np.sqrt(untied[0] * untied[1]))
        if "pearson" in self.names and self.scale.numbers is not None:
            numbers = self.scale.numbers
            unit = (numbers - numbers.mean()) / (float(np.ptp(numbers)) or 1.0)
            found["pearson"] = correlation(weights, unit[None, self.first], unit[None, self.second])
        return np.column_stack([found[name] for name in self.names])

    def _chance(self, found: dict[str, Floats], weights: Floats, n: Floats, one: Floats, other: Floats) -> None:
        a, b = ratio(one, n[:, None]), ratio(other, n[:, None])
        pi = (a + b) / 2
        q = len(self.scale)
        same = found["percent_agreement"]
        spread = (pi * (1 - pi)).sum(axis=1) / (q * (q - 1)) if q > 1 else np.full(len(n), np.nan)
        observed = {kind: ratio(weights @ table[self.first, self.second], n) for kind, table in self._tables.items()}
        for name, kind in self._weights.items():
            table = self._tables[kind]
            if name in KAPPAS:
                found[name] = beyond(observed[kind], ((a @ table) * b).sum(axis=1))
            elif name == "gwet_ac2":
                found[name] = beyond(observed[kind], table.sum() * spread)
        found["scott_pi"] = beyond(same, np.square(pi).sum(axis=1))
        found["brennan_prediger"] = beyond(same, np.full(len(n), 1 / q))
        found["gwet_ac1"] = beyond(same, q * spread)

    def _alpha(self, weights: Floats, given: Floats) -> Floats:
        if self.scale.level == "ordinal":
            at = midpoints(given)
            observed = (weights * np.square(at[:, self.first] - at[:, self.second])).sum(axis=1)
        else:
            spots = self.scale.spots
            observed = weights @ self.scale.between(spots[self.first], spots[self.second])
        return alpha_of(observed, given, self.scale)


def correlation(weights: Floats, x: Floats, y: Floats) -> Floats:
    """Pearson's correlation of rows of numbers near 1 in size, under rows of weights."""
    n = weights.sum(axis=1)
    x = x - ratio((weights * x).sum(axis=1), n)[:, None]
    y = y - ratio((weights * y).sum(axis=1), n)[:, None]
    products = [ratio((weights * one * two).sum(axis=1), n) for one, two in ((x, y), (x, x), (y, y))]
    return np.clip(ratio(products[0], np.sqrt(np.maximum(products[1], 0) * np.maximum(products[2], 0))), -1, 1)


class Pair(Cells):
    """Two raters on the items that both rated, as a statistic for the bootstrap."""

    by_percentiles: tuple[str, ...] = CORRELATIONS

    def __init__(self, kinds: Kinds, scale: Scale, weighting: str) -> None:
        self.kinds = kinds.chosen(kinds.sizes == 2)
        self.repeats = self.kinds.repeats
        order = np.lexsort((self.kinds.rater, self.kinds.unit))
        points = self.kinds.point[order].reshape(-1, 2)
        super().__init__(points[:, 0], points[:, 1], scale, weighting)

    def without_each(self) -> Floats | None:
        """The figures with one item of each kind left out."""
        kinds = len(self.repeats)
        if kinds > MOST_CELLS_OF_TAU:
            return None
        at_once = max(1, CELLS_AT_ONCE // self.widest)
        parts = []
        for begin in range(0, kinds, at_once):
            weights = np.repeat(self.repeats[None], min(at_once, kinds - begin), axis=0)
            rows = np.arange(len(weights))
            weights[rows, begin + rows] -= 1
            parts.append(self.of(weights))
        return np.concatenate(parts)


def tau(first: Ints, second: Ints, repeats: Floats) -> float:
    """Kendall's tau-b of many different pairs of points, by sorting."""
    from scipy.stats import kendalltau

    often = repeats.astype(np.int64)
    return float(kendalltau(np.repeat(first, often), np.repeat(second, often)).statistic)


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Pairs of raters that share items: how often (pairs, cells) each pair of points was given."""

    raters: list[tuple[int, int]]
    first: Ints
    second: Ints
    often: Floats
    left_out: int

    def figures(self, scale: Scale, weighting: str) -> tuple[tuple[str, ...], Floats]:
        """The names of the figures, and the figures (pairs, names)."""
        cells = Cells(self.first, self.second, scale, weighting)
        at_once = max(1, CELLS_AT_ONCE // cells.widest)
        parts = [cells.of(self.often[begin : begin + at_once]) for begin in range(0, len(self.often), at_once)]
        figures = np.concatenate(parts) if parts else np.zeros((0, len(cells.names)))
        names = cells.names
        if "spearman" in names and "kendall_tau" not in names:
            by_sorting = [tau(self.first[row > 0], self.second[row > 0], row[row > 0]) for row in self.often]
            names, figures = (*names, "kendall_tau"), np.column_stack([figures, by_sorting])
        return names, figures


def meetings(kinds: Kinds, points: int, most: int) -> Met:
    """All pairs of the raters with most ratings, `most` raters at most, that share an item."""
    given = np.bincount(kinds.rater, kinds.repeats[kinds.unit], minlength=kinds.raters)
    busiest = np.sort(np.argsort(-given, kind="stable")[:most])
    among = np.full(kinds.raters, -1, dtype=np.int64)
    among[busiest] = np.arange(len(busiest))
    here = among[kinds.rater] >= 0
    size, cells = len(busiest), points * points
    rater, point = among[kinds.rater[here]], kinds.point[here]
    keys: Ints = np.zeros(0, dtype=np.int64)
    often: Floats = np.zeros(0)
    for unit, one, other in _together(kinds.unit[here], rater):
        key = (rater[one] * size + rater[other]) * cells + point[one] * points + point[other]
        keys, place = np.unique(np.concatenate([keys, key]), return_inverse=True)
        both = np.concatenate([often, kinds.repeats[unit]])
        often = np.bincount(place.reshape(-1), both, minlength=len(keys)).astype(np.float64)
    pair, cell = np.divmod(keys, cells)
    pairs, row = np.unique(pair, return_inverse=True)
    seen, column = np.unique(cell, return_inverse=True)
    if len(pairs) * len(seen) > MOST_TABLES and most > 2:
        return meetings(kinds, points, max(2, most // 2))
    table = np.zeros((len(pairs), len(seen)))
    table[row.reshape(-1), column.reshape(-1)] = often
    raters = [(int(busiest[at // size]), int(busiest[at % size])) for at in pairs.tolist()]
    return Met(raters, seen // points, seen % points, table, kinds.raters - size)


def _together(unit: Ints, rater: Ints) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Every two ratings of one item, the lower rater first: the items and the places of both, so many at a time."""
    order = np.lexsort((rater, unit))
    units, size = np.unique(unit, return_counts=True)
    starts = np.cumsum(size) - size
    for many in np.unique(size[size > 1]).tolist():
        of = np.flatnonzero(size == many)
        first, second = np.triu_indices(many, 1)
        at_once = max(1, _AT_ONCE // len(first))
        for begin in range(0, len(of), at_once):
            some = of[begin : begin + at_once]
            one = order[(starts[some][:, None] + first).ravel()]
            other = order[(starts[some][:, None] + second).ravel()]
            yield np.repeat(units[some], len(first)), one, other
