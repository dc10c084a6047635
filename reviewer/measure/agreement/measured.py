"""The measures of one panel, each with its interval over the items that it goes by, or with the reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from reviewer.measure.agreement import reasons
from reviewer.measure.agreement.alpha import alpha_on
from reviewer.measure.agreement.bootstrap import Interval, intervals
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.concordance import Concordance, complete
from reviewer.measure.agreement.icc import NAMES as ICCS
from reviewer.measure.agreement.icc import Correlation, one_way, two_way
from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.pairs import Pair, tau
from reviewer.measure.agreement.report import MEASURES, Settings
from reviewer.measure.agreement.scale import MOST_POINTS, Scale
from reviewer.measure.agreement.statistic import Statistic
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined

RATED_ONCE: Final = "rated once"
NOT_BY_ALL: Final = "not rated by all raters"
NOT_BY_BOTH: Final = "not rated by both"


class Measured:
    """All measures of a panel; `named` kinds of items tell the raters apart, `alike` ones do not."""

    def __init__(
        self, scale: Scale, named: Kinds, alike: Kinds, weighting: str, settings: Settings, rng: np.random.Generator
    ) -> None:
        self.scale, self.named, self.alike = scale, named, alike
        self.weighting, self.settings, self.rng = weighting, settings, rng
        self.intervals: dict[str, Interval] = {}
        self._why = reasons.beforehand(named, scale)
        self._values: dict[str, float] = {}
        self._correlations: dict[str, Correlation] = {}
        self._n: dict[str, tuple[int, Mapping[str, int]]] = {}
        if set(self._why) == set(MEASURES):
            return
        self._of_counts()
        if scale.ordered:
            self._of_complete_items()
        if named.raters == 2:
            self._of_two()

    @property
    def figures(self) -> dict[str, Figure]:
        """Every measure, in the order in which they are told."""
        return {name: self._figure(name) for name in MEASURES}

    @property
    def methods(self) -> dict[str, str]:
        """How the limits of each measure were found: bca, percentile, or f."""
        resampled = {name: one.method for name, one in self.intervals.items() if one.method}
        return resampled | {name: "f" for name, one in self._correlations.items() if one.low is not None}

    def _of_counts(self) -> None:
        alike = self.alike
        paired = int(alike.repeats[alike.sizes > 1].sum())
        n = paired, _left_out(RATED_ONCE, alike.items - paired)
        weights = self.scale.weights(self.weighting) if len(self.scale) <= MOST_POINTS else None
        statistics: list[Statistic] = [Chance(alike, self.scale, weights)]
        if "krippendorff_alpha" not in self._why:
            statistics.append(alpha_on(alike, self.scale))
        self._take(statistics, alike, n)
        if "conger_kappa" not in self._why:
            self._take([Conger(self.named, self.scale)], self.named, n)

    def _of_complete_items(self) -> None:
        whole, points = complete(self.named)
        n = whole.items, _left_out(NOT_BY_ALL, self.named.items - whole.items)
        if whole.items < 2:
            said = "there is one item" if self.named.items == 1 else "no two items were rated by all raters"
            self._why = dict.fromkeys((*ICCS, "kendall_w"), said) | self._why
        else:
            self._take([Concordance(points, whole.repeats)], whole, n)
        if self.scale.numbers is not None:
            self._icc(self.scale.numbers, whole, points, n)

    def _icc(self, numbers: Floats, whole: Kinds, points: Ints, n: tuple[int, Mapping[str, int]]) -> None:
        alpha = self.settings.alpha
        if whole.items > 1:
            table = numbers[points]
            self._correlations |= one_way(table, whole.repeats, alpha) | two_way(table, whole.repeats, alpha)
            self._n |= dict.fromkeys(ICCS, n)
        several = self.named.chosen(self.named.sizes > 1)
        size = int(several.sizes[0])
        # Where every item has as many raters, whoever they are, the one-way model wants no more.
        if size < self.named.raters and several.items > 1 and (several.sizes == size).all():
            found = one_way(numbers[several.point].reshape(len(several), size), several.repeats, alpha)
            self._correlations |= found
            self._n |= dict.fromkeys(found, (several.items, _left_out(RATED_ONCE, self.named.items - several.items)))
            self._why = {name: why for name, why in self._why.items() if name not in found}

    def _of_two(self) -> None:
        pair = Pair(self.named, self.scale, self.weighting)
        n = pair.kinds.items, _left_out(NOT_BY_BOTH, self.named.items - pair.kinds.items)
        self._take([pair], pair.kinds, n, reasons.OF_TWO)
        if self.scale.ordered and "kendall_tau" not in pair.names:
            self._values["kendall_tau"] = tau(pair.first, pair.second, pair.repeats)
            self._n["kendall_tau"] = n
            self.intervals["kendall_tau"] = Interval(None, None, "so many different values are not resampled for it")

    def _take(
        self,
        statistics: Sequence[Statistic],
        kinds: Kinds,
        n: tuple[int, Mapping[str, int]],
        kept: Sequence[str] = MEASURES,
    ) -> None:
        settings = self.settings
        found = intervals(statistics, kinds, settings.rounds, self.rng, settings.alpha)
        for one in statistics:
            for name, value in zip(one.names, one.of(kinds.repeats[None])[0].tolist(), strict=True):
                if name in kept:
                    self._values[name], self._n[name], self.intervals[name] = value, n, found[name]

    def _figure(self, name: str) -> Figure:
        n, dropped = self._n.get(name, (0, {}))
        if why := self._why.get(name):
            return undefined(why, n=n, dropped=dropped)
        if (one := self._correlations.get(name)) is not None:
            return Figure(one.value, one.low, one.high, n, dropped, one.why)
        value = self._values.get(name, float("nan"))
        if np.isnan(value):
            return undefined(reasons.afterwards(name, self.named, self.scale), n=n, dropped=dropped)
        limits = self.intervals[name]
        return Figure(value, limits.low, limits.high, n, dropped, f"no interval: {limits.why}" if limits.why else "")


def _left_out(why: str, number: int) -> dict[str, int]:
    return {why: number} if number else {}
