"""Krippendorff's alpha (Krippendorff 2019, Content Analysis, 4th ed., ch. 12): 1 − observed / expected disagreement.

Every item with two ratings or more counts, with whatever ratings it has.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from reviewer.measure.agreement.kinds import Kinds, beside, kinds_of, matrix, weighed
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.scale import Scale, canonical, distinct, scale_of
from reviewer.measure.agreement.statistic import Sums, ratio
from reviewer.measure.arrays import Floats, Ints

# The ratio level needs all distances between all values at once.
MOST_RATIO_POINTS: Final = 3000

_MOST_COUNTS = 50_000_000
_MOST_PAIRS = 50_000


class Alpha(Sums):
    """Alpha under weights of the items.

    On an ordinal scale the distances go by how often each point is given, and so change with the weights.
    """

    names: tuple[str, ...] = ("krippendorff_alpha",)

    def __init__(self, kinds: Kinds, scale: Scale) -> None:
        self.scale = scale
        given = _given(kinds, scale)
        unit, low, high, amount = differing(kinds)
        if scale.level == "ordinal":
            self.cells, place = np.unique(low * len(scale) + high, return_inverse=True)
            disagreement = matrix(unit, place.reshape(-1), amount, (len(kinds), max(len(self.cells), 1)))
        else:
            spots = scale.spots
            lost = amount * scale.between(spots[low], spots[high])
            disagreement = np.bincount(unit, lost, minlength=len(kinds))[:, None]
        self.leading = disagreement.shape[1]
        super().__init__(beside(disagreement, given), kinds.repeats)

    def figures(self, sums: Floats) -> Floats:
        """Alpha from the sums."""
        lost, given = sums[:, : self.leading], sums[:, self.leading :]
        if self.scale.level == "ordinal":
            at = midpoints(given)
            low, high = np.divmod(self.cells, len(self.scale))
            observed = (lost[:, : len(low)] * np.square(at[:, low] - at[:, high])).sum(axis=1)
        else:
            observed = lost[:, 0]
        return alpha_of(observed, given, self.scale)[:, None]

    def disagreement(self) -> Floats:
        """What one item of each kind adds to the disagreement that is observed, the items being as they are."""
        lost = self.features[:, : self.leading]
        if self.scale.level != "ordinal":
            return np.asarray(lost if isinstance(lost, np.ndarray) else lost.toarray()).ravel()
        at = midpoints(weighed(self.repeats[None], self.features[:, self.leading :]))[0]
        low, high = np.divmod(self.cells, len(self.scale))
        apart = np.square(at[low] - at[high])
        return np.asarray(lost[:, : len(apart)] @ apart).ravel()


class ScatteredAlpha:
    """Alpha on an ordinal scale of so many values that pairs of them hardly come twice.

    The disagreement of an item is r Σ a² − (Σ a)² over r − 1, a being where its values stand under the weights.
    """

    names: tuple[str, ...] = ("krippendorff_alpha",)
    by_percentiles: tuple[str, ...] = ()

    def __init__(self, kinds: Kinds, scale: Scale) -> None:
        self.kinds, self.scale, self.repeats = kinds, scale, kinds.repeats
        self._points = _given(kinds, scale)
        self.widest = max(len(scale), len(kinds.unit))

    def of(self, weights: Floats) -> Floats:
        """Alpha under weights."""
        given = weighed(weights, self._points)
        lost = np.array([row @ self._lost(at) for row, at in zip(weights, midpoints(given), strict=True)])
        return alpha_of(lost, given, self.scale)[:, None]

    def total(self) -> Floats:
        """Alpha of the items as they are."""
        first: Floats = self.of(self.repeats[None])[0]
        return first

    def without_each(self) -> None:
        """Nothing: with so many values there are too many kinds of items."""

    def disagreement(self) -> Floats:
        """What one item of each kind adds to the disagreement that is observed, the items being as they are."""
        return self._lost(midpoints(weighed(self.repeats[None], self._points))[0])

    def _lost(self, at: Floats) -> Floats:
        kinds = self.kinds
        stand = at[kinds.point] - at[-1] / 2
        squares, sums = (np.add.reduceat(one, kinds.starts) for one in (np.square(stand), stand))
        lost: Floats = np.maximum(kinds.sizes * squares - np.square(sums), 0) / np.maximum(kinds.sizes - 1, 1)
        return lost


def alpha_on(kinds: Kinds, scale: Scale) -> Alpha | ScatteredAlpha:
    """Alpha, in the way that is faster for the kinds of items."""
    pairs = float((kinds.sizes * (kinds.sizes - 1)).sum()) / 2
    scattered = scale.level == "ordinal" and len(scale) ** 2 > pairs > _MOST_PAIRS
    return ScatteredAlpha(kinds, scale) if scattered else Alpha(kinds, scale)


def _given(kinds: Kinds, scale: Scale) -> Any:
    counted = kinds.sizes[kinds.unit] > 1
    ones = np.ones(int(counted.sum()))
    return matrix(kinds.unit[counted], kinds.point[counted], ones, (len(kinds), len(scale)))


def midpoints(given: Floats) -> Floats:
    """Where each point stands on an ordinal scale whose points were given so often: the middle of its ranks."""
    middles: Floats = given.cumsum(axis=1) - given / 2
    return middles


def alpha_of(observed: Floats, given: Floats, scale: Scale) -> Floats:
    """Alpha from the disagreement Σ r_c r_k d_ck / (r − 1) over c < k, and how often each point was given."""
    n = given.sum(axis=1)
    if scale.level == "nominal":
        expected = np.square(n) - np.square(given).sum(axis=1)
    elif scale.level == "ratio":
        spots = scale.spots
        expected = ((given @ scale.between(spots[:, None], spots[None, :])) * given).sum(axis=1)
    else:
        at = midpoints(given) if scale.level == "ordinal" else np.broadcast_to(scale.spots, given.shape)
        # From the mean, lest two large squares differ by rounding alone.
        at = at - ratio((given * at).sum(axis=1), n)[:, None]
        expected = 2 * n * (given * np.square(at)).sum(axis=1)
    # As a share of what a spread over the whole scale would give: rounding of nothing is no spread.
    largest = np.square(n) * _widest(given, scale)
    expected = np.where(expected > 1e-12 * largest, expected, 0.0)
    lost = np.divide(2 * (n - 1) * observed, expected, out=np.full(len(n), np.nan), where=expected > 0)
    alpha: Floats = 1 - lost
    return alpha


def _widest(given: Floats, scale: Scale) -> Floats:
    if scale.level == "ordinal":
        widest: Floats = np.square(given.sum(axis=1))
        return widest
    if scale.level == "interval":
        return np.full(len(given), float(np.ptp(scale.spots)) ** 2)
    return np.ones(len(given))


def differing(kinds: Kinds) -> tuple[Ints, Ints, Ints, Floats]:
    """For each kind the pairs of different points, lower first, and r_c r_k / (r − 1): units, low, high, amounts."""
    points = int(kinds.point.max(initial=0)) + 1
    keys, often = np.unique(kinds.unit * points + kinds.point, return_counts=True)
    unit, point = np.divmod(keys, points)
    size = np.bincount(unit, minlength=len(kinds))
    parts: list[tuple[Any, ...]] = []
    starts = np.cumsum(size) - size
    for different in np.unique(size[size > 1]).tolist():
        of = np.flatnonzero(size == different)
        first, second = np.triu_indices(different, 1)
        a = (starts[of][:, None] + first).ravel()
        b = (starts[of][:, None] + second).ravel()
        units = np.repeat(of, len(first))
        parts.append((units, point[a], point[b], often[a] * often[b] / (kinds.sizes[units] - 1)))
    if not parts:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing, nothing, np.zeros(0)
    units, low, high, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    return units, low, high, amount


def alpha_of_table(table: Floats, level: str) -> float:
    """Alpha of a table of numbers, a row an item and a column a rater, NaN where one is missing.

    NaN where alpha is undefined. Raises WrongUsage for a level that the numbers do not fit.
    """
    given = ~np.isnan(table)
    known, point = distinct(table[given])
    scale = scale_of([], level, [canonical(repr(one)) for one in known.tolist()])
    if len(table) * len(scale) > _MOST_COUNTS:
        panel = Panel.of_matrix(table, level)
        return float(alpha_on(kinds_of(panel, by_rater=False), panel.scale).total()[0])
    cells = np.nonzero(given)[0] * len(scale) + point
    counts = np.bincount(cells, minlength=len(table) * len(scale)).astype(np.float64)
    return alpha_of_counts(counts.reshape(len(table), -1), scale)


def alpha_of_counts(counts: Floats, scale: Scale) -> float:
    """Alpha of a table of counts, a row an item and a column a point; NaN where it is undefined."""
    size = counts.sum(axis=1)
    paired = size > 1
    counts, size = (counts, size) if paired.all() else (counts[paired], size[paired])
    given = counts.sum(axis=0, dtype=np.float64)[None]
    met = (counts / (size - 1)[:, None]).T @ counts
    spots = midpoints(given)[0] if scale.level == "ordinal" else scale.spots
    if scale.level == "ordinal":
        lost = np.square(spots[:, None] - spots[None, :])
    else:
        lost = scale.between(spots[:, None], spots[None, :])
    return float(alpha_of(np.array([(met * lost).sum() / 2]), given, scale)[0])
