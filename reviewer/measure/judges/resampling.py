"""Intervals for statistics that are functions of sums over items, or over clusters of items, by one bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewer.measure.agreement.bootstrap import intervals
from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.statistic import Sums, ratio
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.reported import check_resampling


@dataclass(frozen=True, slots=True)
class How:
    """How intervals are found; raises WrongUsage for rounds, a seed or an alpha that make no sense."""

    rounds: int = 1000
    seed: int = 0
    alpha: float = 0.05

    def __post_init__(self) -> None:
        check_resampling(self.rounds, self.seed, self.alpha)

    def generator(self, *of: int) -> np.random.Generator:
        """The generator of one purpose, the same each time."""
        return np.random.default_rng([self.seed, *of])

    def to_json(self) -> dict[str, Any]:
        """The settings for a program."""
        return {"rounds": self.rounds, "seed": self.seed, "alpha": self.alpha}


class OfSums(Sums):
    """Figures by name from sums of `features`, a row a unit that is resampled as a whole."""

    def __init__(
        self,
        features: Any,
        names: Sequence[str],
        figures: Callable[[Floats], Floats],
        by_percentiles: Sequence[str] = (),
    ) -> None:
        super().__init__(features, np.ones(features.shape[0]))
        self.names = tuple(names)
        self.by_percentiles = tuple(by_percentiles)
        self._figures = figures

    def figures(self, sums: Floats) -> Floats:
        """The figures (rounds, names) from sums (rounds, features)."""
        return self._figures(sums)


def units_of(number: int) -> Kinds:
    """So many units, each of a kind of its own."""
    places = np.arange(number)
    none = np.zeros(number, dtype=np.int64)
    return Kinds(places, none, none, np.ones(number), places, 1)


def places_of(clusters: Ints | None, number: int) -> tuple[Ints, int]:
    """The place of each item's cluster and how many there are; without clusters each item is one.

    Raises ValueError where the clusters are not as many as the items.
    """
    if clusters is None:
        return np.arange(number), number
    if len(clusters) != number:
        raise ValueError("the columns differ in length")
    found, place = np.unique(clusters, return_inverse=True)
    return place.reshape(-1).astype(np.int64), len(found)


def by_unit(features: Floats, place: Ints, units: int) -> Floats:
    """The features of items summed by unit."""
    if units == len(features):
        return features[np.argsort(place)] if len(place) else features
    summed = np.zeros((units, features.shape[1]))
    np.add.at(summed, place, features)
    return summed


def figures_of(
    statistic: OfSums,
    how: How,
    n: int,
    *,
    dropped: Mapping[str, int] | None = None,
    why: str = "it is undefined here",
    purpose: int = 0,
) -> dict[str, Figure]:
    """Every figure of a statistic with its interval; `why` is said of one that has no value."""
    dropped = dropped or {}
    units = len(statistic.repeats)
    if not units:
        return {name: undefined(why, n=n, dropped=dropped) for name in statistic.names}
    kinds = units_of(units)
    found = intervals([statistic], kinds, how.rounds, how.generator(purpose), how.alpha)
    told = {}
    for name, value in zip(statistic.names, statistic.total().tolist(), strict=True):
        limits = found[name]
        if np.isnan(value):
            told[name] = undefined(why, n=n, dropped=dropped)
            continue
        said = f"no interval: {limits.why}" if limits.why else ""
        told[name] = Figure(value, limits.low, limits.high, n, dropped, said)
    return told


def mean_of(
    values: Floats,
    clusters: Ints | None,
    how: How,
    *,
    dropped: Mapping[str, int] | None = None,
    why: str = "there is no item",
    purpose: int = 0,
) -> Figure:
    """The mean of values with its interval over items, or over clusters of them."""
    place, units = places_of(clusters, len(values))
    features = by_unit(np.column_stack([values, np.ones(len(values))]), place, units)

    def mean(sums: Floats) -> Floats:
        return ratio(sums[:, :1], sums[:, 1:])

    statistic = OfSums(features, ["mean"], mean)
    return figures_of(statistic, how, len(values), dropped=dropped, why=why, purpose=purpose)["mean"]


def known(**counts: int) -> dict[str, int]:
    """The counts that are not 0, underscores in their names being blanks."""
    return {name.replace("_", " "): count for name, count in counts.items() if count}
