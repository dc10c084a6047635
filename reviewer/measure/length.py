"""Whether the longer text wins, beyond what its system's strength explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.logistic import logistic
from reviewer.measure.proportions import clustered_share, normal_quantile

_FEWEST = 10


@dataclass(frozen=True, slots=True)
class LengthPreference:
    """The share of votes for the longer text, and the effect of length on the log odds of a win.

    `effect` is for one standard deviation of log(first length / second length), with quality held where it was given.
    """

    longer_share: Figure
    effect: Figure

    def without(self, reason: str, number: int) -> LengthPreference:
        """The same preference, telling that so many votes more were left out of it."""
        share, effect = (
            replace(figure, dropped={**figure.dropped, reason: number}) for figure in (self.longer_share, self.effect)
        )
        return LengthPreference(share, effect)

    def to_json(self) -> dict[str, Any]:
        """The preference for a program."""
        return {"longer_share": self.longer_share.to_json(), "effect": self.effect.to_json()}


def length_preference(
    first_won: Flags,
    lengths: tuple[Floats, Floats],
    clusters: Ints,
    quality: Floats | None = None,
    alpha: float = 0.05,
) -> LengthPreference:
    """The preference in decisive votes; `lengths` are of the text shown first and second, `quality` a difference.

    logit P(first wins) = beta + gamma · z(log ratio) + theta · quality, with errors clustered by item: longer texts
    may be the better ones, and only with a quality given (a human score, a strength) is gamma more than that.
    Votes on texts of length 0 or of equal length are dropped from the share and counted.
    """
    known = (lengths[0] > 0) & (lengths[1] > 0)
    dropped = {"length not known": int((~known).sum())} if not known.all() else {}
    ratio = np.zeros(len(first_won))
    np.log(np.divide(lengths[0], lengths[1], out=np.ones_like(ratio), where=known), out=ratio)
    unequal = known & (ratio != 0)
    if equal := int((known & ~unequal).sum()):
        dropped["equal length"] = equal
    n = int(unequal.sum())
    if not n:
        nothing = undefined("no vote was between texts of different length", dropped=dropped)
        return LengthPreference(nothing, nothing)
    longer_won = first_won[unequal] == (ratio[unequal] > 0)
    _, place = np.unique(clusters[unequal], return_inverse=True)
    by_cluster = np.bincount(place.reshape(-1)).astype(float)
    share, low, high, _ = clustered_share(np.bincount(place.reshape(-1), weights=longer_won), by_cluster, alpha)
    longer = Figure(share, low, high, n, dropped)
    return LengthPreference(longer, _effect(first_won, ratio, known, clusters, quality, alpha))


def _effect(
    first_won: Flags, ratio: Floats, known: Flags, clusters: Ints, quality: Floats | None, alpha: float
) -> Figure:
    n = int(known.sum())
    dropped = {"length not known": int((~known).sum())} if not known.all() else {}
    spread = float(ratio[known].std())
    if n < _FEWEST or spread <= 0:
        why = f"fewer than {_FEWEST} votes" if n < _FEWEST else "all log ratios of length are equal"
        return undefined(why, n=n, dropped=dropped)
    columns = [np.ones(n), ratio[known] / spread] + ([] if quality is None else [quality[known]])
    fitted = logistic(first_won[known].astype(float), np.column_stack(columns), clusters[known])
    if fitted is None:
        why = "the votes leave no finite estimate: one side or the longer text always wins"
        return undefined(why, n=n, dropped=dropped)
    value, reach = float(fitted.coefficients[1]), normal_quantile(1 - alpha / 2) * float(fitted.clustered_errors[1])
    return Figure(value, value - reach, value + reach, n, dropped)
