"""What a bootstrap needs of a statistic: its figures under given weights of the kinds of items."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np

from reviewer.measure.agreement.kinds import CELLS_AT_ONCE, weighed
from reviewer.measure.arrays import Floats

# Beyond so many cells leaving out each kind in turn costs too much, and matters too little.
_MOST_CELLS: Final = 100_000_000


class Statistic(Protocol):
    """Figures, by name, of weighted kinds of items; NaN where one is undefined.

    Those that go by ranks have their intervals `by_percentiles`. `widest` is the longest row that weights turn into.
    """

    names: tuple[str, ...]
    by_percentiles: tuple[str, ...]
    widest: int

    def of(self, weights: Floats) -> Floats:
        """The figures (rounds, names) under weights (rounds, kinds)."""
        ...

    def without_each(self) -> Floats | None:
        """The figures (kinds, names) with one item of each kind left out; None where that is not done."""
        ...


class Sums:
    """A statistic that is a function of sums over the items: `features` has a row a kind.

    Leaving out one item of a kind then takes one subtraction.
    """

    names: tuple[str, ...]
    by_percentiles: tuple[str, ...] = ()

    def __init__(self, features: Any, repeats: Floats) -> None:
        self.features = features
        self.repeats = repeats
        self.widest = int(features.shape[1])

    def figures(self, sums: Floats) -> Floats:
        """The figures (rounds, names) from sums (rounds, features)."""
        raise NotImplementedError

    def of(self, weights: Floats) -> Floats:
        """The figures under weights."""
        return self.figures(weighed(weights, self.features))

    def total(self) -> Floats:
        """The figures of the items as they are."""
        first: Floats = self.of(self.repeats[None])[0]
        return first

    def without_each(self) -> Floats | None:
        """The figures with one item of each kind left out."""
        kinds = len(self.repeats)
        if kinds * self.widest > _MOST_CELLS:
            return None
        whole = weighed(self.repeats[None], self.features)
        at_once = max(1, CELLS_AT_ONCE // self.widest)
        parts = []
        for begin in range(0, kinds, at_once):
            rows = self.features[begin : begin + at_once]
            parts.append(self.figures(whole - (rows if isinstance(rows, np.ndarray) else rows.toarray())))
        return np.concatenate(parts)


def ratio(over: Floats, under: Floats) -> Floats:
    """The quotient, NaN where rounding may be all that the divisor is."""
    quotient: Floats = np.divide(over, under, out=np.full(np.shape(over), np.nan), where=np.abs(under) > 1e-12)
    return quotient
