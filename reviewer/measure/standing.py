"""How far one rater agrees with each other member of a panel, or with gold: what a certificate goes by.

The coefficients are those of two raters on the items that both rated, and their mean over the other members. The
items are resampled with all that was said of them, the raters being these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.agreement import reasons
from reviewer.measure.agreement.bootstrap import Interval, intervals, too_few
from reviewer.measure.agreement.kinds import CELLS_AT_ONCE, Kinds, kinds_of
from reviewer.measure.agreement.pairs import MOST_CELLS_OF_TAU, Cells
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.report import Settings
from reviewer.measure.agreement.scale import OF_LEVEL, Scale, canonical
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.figure import Figure, undefined

MEASURES: Final = (
    "gwet_ac1",
    "gwet_ac2",
    "krippendorff_alpha",
    "percent_agreement",
    "cohen_kappa_quadratic",
)
NOT_SHARED: Final = "rated by nobody else"
NO_GOLD: Final = "no gold value"
_NO_PAIR: Final = "no item was rated by both"


@dataclass(frozen=True, slots=True)
class Beside:
    """One rater and one other: the coefficient on the items that both rated; None with the reason in `why`."""

    other: str
    items: int
    value: float | None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        told: dict[str, Any] = {"rater": self.other, "items": self.items, "value": self.value}
        return told | {"why": self.why} if self.why else told


@dataclass(frozen=True, slots=True)
class Standing:
    """The mean coefficient of one rater with the others that have one, its interval and how that was found.

    `weights` are those of AC2, empty for the other measures. `method` is bca, percentile, or exact where nothing
    differs: then at most a share of the items, by the exact binomial limit (Clopper & Pearson 1934 Biometrika 26), is
    such that the rater and the others agree on it as by chance and no more, and one less that share is the lower limit.
    """

    rater: str
    measure: str
    weights: str
    figure: Figure
    beside: tuple[Beside, ...]
    method: str = ""

    def reaches(self, threshold: float) -> bool | None:
        """Whether the lower limit reaches the threshold; None where there is none."""
        return None if self.figure.low is None else self.figure.low >= threshold

    def to_json(self) -> dict[str, Any]:
        """The standing for a program."""
        return {
            "rater": self.rater,
            "measure": self.measure,
            "weights": self.weights,
            **self.figure.to_json(),
            "interval": self.method,
            "beside": [one.to_json() for one in self.beside],
        }


def measure_for(level: str) -> str:
    """The measure of a standing where none is named: AC1 for nominal points, AC2 for others."""
    return "gwet_ac1" if level == "nominal" else "gwet_ac2"


def standing(panel: Panel, rater: str, settings: Settings | None = None, measure: str | None = None) -> Standing:
    """The standing of a rater on a panel under one criterion; settings as of agreement, level and points apart.

    Raises WrongUsage for a rater who is not on the panel, and for a measure that is none of MEASURES.
    """
    settings = settings or Settings()
    measure = measure or measure_for(panel.scale.level)
    if measure not in MEASURES:
        raise WrongUsage(f"there is no measure {measure[:60]!r}.", mend=f"Name one of {', '.join(MEASURES)}.")
    if rater not in panel.raters:
        known = ", ".join(panel.raters[:40])
        raise WrongUsage(f"{rater[:60]!r} rated nothing here.", mend=f"There are: {known}.")
    return _Standing(panel, panel.raters.index(rater), settings, measure).told()


def standings(panel: Panel, settings: Settings | None = None, measure: str | None = None) -> list[Standing]:
    """The standing of every rater of a panel. Raises WrongUsage as `standing` does."""
    return [standing(panel, rater, settings, measure) for rater in panel.raters]


def standing_with_gold(
    panel: Panel,
    gold: Mapping[str, str],
    rater: str,
    settings: Settings | None = None,
    measure: str | None = None,
) -> Standing:
    """The standing of a rater beside gold values by item, as if gold were a second coder.

    A gold value that is not on the panel's scale does not count. Raises WrongUsage as `standing` does.
    """
    if rater not in panel.raters:
        return standing(panel, rater, settings, measure)
    told = standing(_with_gold(panel, gold, panel.raters.index(rater)), rater, settings, measure)
    figure = told.figure
    if NOT_SHARED in figure.dropped:
        why = f"no item of theirs has a {NO_GOLD[3:]}" if not figure.n else figure.why
        figure = replace(figure, dropped={NO_GOLD: figure.dropped[NOT_SHARED]}, why=why)
    return replace(told, figure=figure)


def _with_gold(panel: Panel, gold: Mapping[str, str], rater: int) -> Panel:
    place = {point: at for at, point in enumerate(panel.scale.points)}
    own = np.flatnonzero(panel.rater == rater)
    items = panel.item[own]
    said = [place.get(canonical(gold[name]), -1) if (name := panel.items[at]) in gold else -1 for at in items.tolist()]
    value = np.array(said, dtype=np.int64)
    known = value >= 0
    item = np.concatenate([items, items[known]])
    coder = np.concatenate([np.zeros(len(items), dtype=np.int64), np.ones(int(known.sum()), dtype=np.int64)])
    point = np.concatenate([panel.point[own], value[known]])
    order = np.lexsort((coder, item))
    name = panel.raters[rater]
    coders = (name, "gold" if name != "gold" else "gold values")
    return Panel(panel.items, coders, panel.scale, item[order], coder[order], point[order])


class _Standing:
    """One rater beside each of the others, on the items of this rater that somebody else rated too."""

    def __init__(self, panel: Panel, rater: int, settings: Settings, measure: str) -> None:
        self.panel, self.rater, self.settings = panel, rater, settings
        self.measure = measure
        self.weighting = settings.weights or OF_LEVEL[panel.scale.level]
        own = np.zeros(len(panel.items), dtype=np.bool_)
        own[panel.item[panel.rater == rater]] = True
        often = np.bincount(panel.item, minlength=len(panel.items))
        shared = own & (often > 1)
        self.items, self.alone = int(shared.sum()), int((own & ~shared).sum())
        self.kinds = kinds_of(_on(panel, shared[panel.item]), by_rater=True)

    def told(self) -> Standing:
        """The figure with its interval, and the pairs behind it."""
        beside, pairs = [], []
        for other in range(len(self.panel.raters)):
            if other == self.rater:
                continue
            pair = _Pair(self.kinds, self.rater, other, self.panel.scale, self.measure, self.weighting)
            row = self._beside(pair, other)
            beside.append(row)
            if row.value is not None:
                pairs.append(pair)
        figure, method = self._figure(pairs, beside)
        name = self.panel.raters[self.rater]
        weights = self.weighting if self.measure == "gwet_ac2" else ""
        return Standing(name, self.measure, weights, figure, tuple(beside), method)

    def _beside(self, pair: _Pair, other: int) -> Beside:
        name, items = self.panel.raters[other], int(self.kinds.repeats @ pair.both)
        if not items:
            return Beside(name, 0, None, _NO_PAIR)
        if not pair.cells.names:
            return Beside(name, items, None, self._never())
        value = float(pair.of(self.kinds.repeats[None])[0])
        if np.isnan(value):
            return Beside(name, items, None, self._why(other))
        return Beside(name, items, value)

    def _never(self) -> str:
        found = reasons.beforehand(self.kinds, self.panel.scale).get(self.measure)
        return found if found and not found.startswith("for two raters") else "nominal points have no order"

    def _why(self, other: int) -> str:
        two = np.isin(self.panel.rater, (self.rater, other))
        both = np.bincount(self.panel.item[two], minlength=len(self.panel.items)) == 2
        kinds = kinds_of(_on(self.panel, two & both[self.panel.item]), by_rater=True)
        return reasons.afterwards(self.measure, kinds, self.panel.scale)

    def _figure(self, pairs: Sequence[_Pair], beside: Sequence[Beside]) -> tuple[Figure, str]:
        dropped = {NOT_SHARED: self.alone} if self.alone else {}
        if not pairs:
            return undefined(self._none(beside), n=self.items, dropped=dropped), ""
        mean = _Mean(self.measure, pairs, self.kinds)
        value = float(mean.of(self.kinds.repeats[None])[0, 0])
        limits = self._limits(mean)
        why = f"no interval: {limits.why}" if limits.why else ""
        return Figure(value, limits.low, limits.high, self.items, dropped, why), limits.method

    def _limits(self, mean: _Mean) -> Interval:
        settings = self.settings
        if all(pair.same for pair in mean.pairs):
            if why := too_few(self.items, settings.rounds):
                return Interval(None, None, why)
            return Interval(all_of(self.items, settings.alpha), 1.0, method="exact")
        rng = np.random.default_rng(settings.seed)
        return intervals([mean], self.kinds, settings.rounds, rng, settings.alpha)[self.measure]

    def _none(self, beside: Sequence[Beside]) -> str:
        if len(self.panel.raters) < 2:
            return reasons.ONE_RATER
        if not self.items:
            return NOT_SHARED
        why = {one.why for one in beside if one.items}
        if len(why) == 1:
            return why.pop()
        return "; ".join(f"with {one.other[:40]}: {one.why}" for one in beside[:8] if one.items)


class _Pair:
    """One measure of two raters under weights of the kinds of items."""

    def __init__(self, kinds: Kinds, one: int, other: int, scale: Scale, measure: str, weighting: str) -> None:
        self.kinds, self.scale = kinds, scale
        first, second = _points(kinds, one), _points(kinds, other)
        self.both = (first >= 0) & (second >= 0)
        keys = first[self.both] * len(scale) + second[self.both]
        found, place = np.unique(keys, return_inverse=True)
        self.same = bool((first[self.both] == second[self.both]).all())
        self.cells = Cells(*np.divmod(found, len(scale)), scale, weighting)
        self.cells.names = tuple(name for name in self.cells.names if name == measure)
        self._measure, self._weighting = measure, weighting
        self._into = np.zeros((len(kinds), len(found)))
        self._into[np.flatnonzero(self.both), place.reshape(-1)] = 1.0

    def of(self, weights: Floats) -> Floats:
        """The figure under rows of weights of the kinds."""
        return self.cells.of(weights @ self._into)[:, 0]


class _Mean:
    """The mean of a measure over pairs, as a statistic for the bootstrap; NaN where a pair has no value."""

    by_percentiles: tuple[str, ...] = ()

    def __init__(self, measure: str, pairs: Sequence[_Pair], kinds: Kinds) -> None:
        self.names: tuple[str, ...] = (measure,)
        self.pairs, self.kinds = pairs, kinds
        self.widest = max(pair.cells.widest for pair in pairs)

    def of(self, weights: Floats) -> Floats:
        """The mean (rounds, 1) under weights (rounds, kinds)."""
        mean: Floats = np.mean([pair.of(weights) for pair in self.pairs], axis=0)
        return mean[:, None]

    def without_each(self) -> Floats | None:
        """The mean with one item of each kind left out; None where there are too many kinds."""
        kinds = len(self.kinds)
        if kinds > MOST_CELLS_OF_TAU:
            return None
        at_once = max(1, CELLS_AT_ONCE // max(self.widest, kinds))
        parts = []
        for begin in range(0, kinds, at_once):
            rows = np.arange(begin, min(kinds, begin + at_once))
            weights = np.repeat(self.kinds.repeats[None], len(rows), axis=0)
            weights[rows - begin, rows] -= 1
            parts.append(self.of(weights))
        return np.concatenate(parts)


def all_of(n: int, alpha: float = 0.05) -> float:
    """The exact lower limit of a share that was n of n (Clopper & Pearson 1934)."""
    return float((alpha / 2) ** (1 / n))


def _points(kinds: Kinds, rater: int) -> Ints:
    """The point that a rater gave to each kind of item; -1 for none."""
    found = np.full(len(kinds), -1, dtype=np.int64)
    own = kinds.rater == rater
    found[kinds.unit[own]] = kinds.point[own]
    return found


def _on(panel: Panel, chosen: Flags) -> Panel:
    return replace(panel, item=panel.item[chosen], rater=panel.rater[chosen], point=panel.point[chosen])
