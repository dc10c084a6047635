"""Items that are alike: those with the same ratings are interchangeable, and resampling needs one row for all.

A bootstrap over items then draws how often each kind of item comes, once for each round (Efron & Tibshirani 1993).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.arrays import Flags, Floats, Ints

CELLS_AT_ONCE: Final = 4_000_000
_DENSE = 8_000_000


@dataclass(frozen=True, eq=False)
class Kinds:
    """The ratings of one item of each kind, sorted by kind; a kind stands for `repeats` items, `place` says which."""

    unit: Ints
    rater: Ints
    point: Ints
    repeats: Floats
    place: Ints
    raters: int

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def items(self) -> int:
        """How many items all kinds stand for."""
        return len(self.place)

    @cached_property
    def sizes(self) -> Floats:
        """How many ratings an item of each kind has."""
        return np.bincount(self.unit, minlength=len(self)).astype(np.float64)

    @cached_property
    def starts(self) -> Ints:
        """Where the ratings of each kind begin."""
        return np.concatenate([[0], np.cumsum(self.sizes[:-1])]).astype(np.int64)

    def counts(self, points: int) -> Any:
        """How often each point was given, a row a kind."""
        return matrix(self.unit, self.point, np.ones(len(self.unit)), (len(self), points))

    def chosen(self, mask: Flags) -> Kinds:
        """The chosen kinds, and the items that they stand for."""
        return self._of(mask, mask[self.unit], self.rater, self.raters)

    def without(self, rater: int) -> Kinds:
        """The kinds without a rater; those after him move up, and items that nobody else rated are gone."""
        others = self.rater != rater
        left = np.bincount(self.unit[others], minlength=len(self)) > 0
        return self._of(left, others, self.rater - (self.rater > rater), self.raters - 1)

    def _of(self, units: Flags, ratings: Flags, rater: Ints, raters: int) -> Kinds:
        again = np.cumsum(units) - 1
        place = again[self.place[units[self.place]]]
        return Kinds(
            again[self.unit[ratings]],
            rater[ratings],
            self.point[ratings],
            self.repeats[units],
            place,
            raters,
        )

    def resamples(self, rng: np.random.Generator, rounds: int, widest: int = 1) -> Iterator[Floats]:
        """Weights (rounds at once, kinds) of as many items drawn with replacement.

        `widest` is the longest row that a row of weights turns into.
        """
        at_once = max(1, min(rounds, CELLS_AT_ONCE // max(len(self), widest)))
        # Below that, drawing the items one by one costs less than drawing so many multinomial cells.
        alike = len(self) * 16 <= self.items
        for begin in range(0, rounds, at_once):
            size = min(at_once, rounds - begin)
            if alike:
                yield rng.multinomial(self.items, self.repeats / self.items, size=size).astype(np.float64)
                continue
            weights = np.empty((size, len(self)))
            for row in weights:
                row[:] = np.bincount(self.place[rng.integers(0, self.items, self.items)], minlength=len(self))
            yield weights


def kinds_of(panel: Panel, *, by_rater: bool) -> Kinds:
    """The kinds of items of a panel; `by_rater` tells apart who gave which rating."""
    said = panel.rater * len(panel.scale) + panel.point if by_rater else panel.point
    starts = np.flatnonzero(np.diff(panel.item, prepend=-1))
    # Told apart by a sum of 64-bit numbers that look random: two kinds share one about never.
    signature = np.add.reduceat(_mixed(said), starts)
    _, first, place, often = np.unique(signature, return_index=True, return_inverse=True, return_counts=True)
    ends = np.append(starts[1:], len(panel))
    size = (ends - starts)[first]
    unit = np.repeat(np.arange(len(first)), size)
    within = np.arange(len(unit)) - np.repeat(np.cumsum(size) - size, size)
    rows = np.repeat(starts[first], size) + within
    return Kinds(
        unit, panel.rater[rows], panel.point[rows], often.astype(np.float64), place.reshape(-1), len(panel.raters)
    )


def _mixed(keys: Ints) -> NDArray[np.uint64]:
    """Each number stirred (Steele, Lea & Flood 2014, the finaliser of SplitMix)."""
    stirred = (keys.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        stirred = (stirred ^ (stirred >> np.uint64(shift))) * np.uint64(factor)
    mixed: NDArray[np.uint64] = stirred ^ (stirred >> np.uint64(31))
    return mixed


def matrix(rows: Ints, columns: Ints, values: Floats, shape: tuple[int, int]) -> Any:
    """A matrix of sums of `values`: dense where that is small, else sparse."""
    if shape[0] * shape[1] <= _DENSE:
        return np.bincount(rows * shape[1] + columns, values, minlength=shape[0] * shape[1]).reshape(shape)
    from scipy.sparse import coo_array

    return coo_array((values, (rows, columns)), shape=shape).tocsr()


def beside(*parts: Any) -> Any:
    """Matrices side by side."""
    if all(isinstance(part, np.ndarray) for part in parts):
        return np.hstack(parts)
    from scipy.sparse import hstack

    return hstack(parts, format="csr")


def weighed(weights: Floats, features: Any) -> Floats:
    """The sums of the features under each row of weights."""
    if isinstance(features, np.ndarray):
        dense: Floats = weights @ features
        return dense
    sums: Floats = np.ascontiguousarray((features.T @ weights.T).T)
    return sums
