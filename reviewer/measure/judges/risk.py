"""What a jury gains by leaving out what it is not sure of: risk against coverage, and a threshold chosen elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.resampling import How, OfSums, by_unit, figures_of, places_of
from reviewer.measure.proportions import wilson

_NEAR: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Step:
    """What is kept from this threshold up: the share of all items, and the share of these that is wrong."""

    threshold: float
    coverage: float
    risk: float

    def to_json(self) -> dict[str, float]:
        """The step for a program."""
        return {"threshold": self.threshold, "coverage": self.coverage, "risk": self.risk}


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The curve from the strictest threshold down, and the area under it.

    The area (AURC; Geifman, Uziel & El-Yaniv 2019 ICLR) is the mean risk over all coverages; where items are equally
    sure it is the mean over their orders. `unsorted` is the area if sureness told nothing, `best` if it told all.
    """

    steps: tuple[Step, ...]
    aurc: Figure
    unsorted: float | None
    best: float | None

    def to_json(self) -> dict[str, Any]:
        """The curve for a program."""
        return {
            "steps": [one.to_json() for one in self.steps],
            "aurc": self.aurc.to_json(),
            "aurc_unsorted": self.unsorted,
            "aurc_best": self.best,
        }


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold and what it leaves: its coverage, its risk by the exact interval, and the one-sided upper bound.

    `tuned_on` is the number of other items on which it was chosen, 0 where it was fixed beforehand.
    """

    threshold: float | None
    coverage: Figure
    risk: Figure
    bound: float
    tuned_on: int = 0

    def to_json(self) -> dict[str, Any]:
        """The threshold for a program."""
        return {
            "threshold": self.threshold,
            "coverage": self.coverage.to_json(),
            "risk": self.risk.to_json(),
            "upper_bound": self.bound,
            "tuned_on": self.tuned_on,
        }


def clopper_pearson(won: int, n: int, alpha: float = 0.05) -> tuple[float, float]:
    """The exact interval of a share (Clopper & Pearson 1934 Biometrika 26). Raises ValueError for n ≤ 0."""
    from scipy.special import betaincinv

    if n <= 0:
        raise ValueError("a share of nothing has no interval")
    low = float(betaincinv(won, n - won + 1, alpha / 2)) if won else 0.0
    high = float(betaincinv(won + 1, n - won, 1 - alpha / 2)) if won < n else 1.0
    return low, high


def risk_coverage(
    sureness: Floats, wrong: Floats, *, clusters: Ints | None = None, how: How | None = None
) -> RiskCoverage:
    """The curve of items with a sureness (NaN: no answer at all) and whether they are wrong (0 to 1).

    Raises ValueError for columns that differ in length.
    """
    how = how or How()
    if sureness.shape != wrong.shape:
        raise ValueError("the columns differ in length")
    place, _ = places_of(clusters, len(sureness))
    answered = ~np.isnan(sureness)
    n, missing = int(answered.sum()), int((~answered).sum())
    dropped = {"no answer": missing} if missing else {}
    if not n:
        return RiskCoverage((), undefined("no item has an answer", dropped=dropped), None, None)
    # Shares that are the same but for rounding are one threshold.
    levels, level = np.unique(-np.round(sureness[answered], 12), return_inverse=True)
    level = level.reshape(-1)
    number = np.bincount(level, minlength=len(levels)).astype(np.float64)
    failed = np.bincount(level, weights=wrong[answered], minlength=len(levels))
    kept, lost = np.cumsum(number), np.cumsum(failed)
    steps = tuple(
        Step(-float(one), float(of / len(sureness)), float(bad / of))
        for one, of, bad in zip(levels.tolist(), kept.tolist(), lost.tolist(), strict=True)
    )
    features = np.zeros((n, 2 * len(levels)))
    features[np.arange(n), level] = 1.0
    features[np.arange(n), len(levels) + level] = wrong[answered]
    group, units = places_of(place[answered], n)
    statistic = OfSums(by_unit(features, group, units), ["aurc"], _areas)
    area = figures_of(statistic, how, n, dropped=dropped)["aurc"]
    ideal = np.sort(wrong[answered])
    best = float((np.cumsum(ideal) / np.arange(1, n + 1)).mean())
    return RiskCoverage(steps, area, float(wrong[answered].mean()), best)


def at_threshold(
    threshold: float, sureness: Floats, wrong: Floats, alpha: float = 0.05, *, tuned_on: int = 0
) -> Chosen:
    """What a threshold that was fixed on other items, or beforehand, leaves of these; items are wrong (1) or not (0).

    Raises ValueError for an item that is wrong in part.
    """
    if not np.isin(wrong[~np.isnan(sureness)], (0.0, 1.0)).all():
        raise ValueError("an item is wrong or it is not")
    kept = np.nan_to_num(sureness, nan=-np.inf) >= threshold - _NEAR
    n, of = int(kept.sum()), len(sureness)
    if not of:
        none = undefined("there is no item")
        return Chosen(threshold, none, none, 1.0, tuned_on)
    coverage = Figure(n / of, *wilson(n, of, alpha), of)
    left = {"below the threshold": of - n} if n < of else {}
    if not n:
        return Chosen(threshold, coverage, undefined("no item is as sure", dropped=left), 1.0, tuned_on)
    lost = int(wrong[kept].sum())
    risk = Figure(lost / n, *clopper_pearson(lost, n, alpha), n, left)
    return Chosen(threshold, coverage, risk, clopper_pearson(lost, n, 2 * alpha)[1], tuned_on)


def chosen_threshold(
    sureness: Floats, wrong: Floats, target: float, *, clusters: Ints | None = None, how: How | None = None
) -> Chosen:
    """The lowest threshold whose risk on one half of the items, drawn by lot, is at most the target; told of the other.

    The bound on the other half holds whatever was tried on the first, but it may lie above the target
    (Geifman & El-Yaniv 2017 NeurIPS). Items of one cluster are in one half.
    """
    how = how or How()
    place, units = places_of(clusters, len(sureness))
    half = np.zeros(units, dtype=np.bool_)
    half[how.generator(4).permutation(units)[: units // 2]] = True
    tuning = half[place]
    curve = risk_coverage(sureness[tuning], wrong[tuning], how=How(0, how.seed, how.alpha))
    fit = [step.threshold for step in curve.steps if step.risk <= target + _NEAR]
    number = int(tuning.sum())
    if not fit:
        none = undefined(f"no threshold keeps the risk at {target:g} on the {number} items that were tried")
        return Chosen(None, none, none, 1.0, number)
    return at_threshold(fit[-1], sureness[~tuning], wrong[~tuning], how.alpha, tuned_on=number)


def _areas(sums: Floats) -> Floats:
    """The mean over the orders of equally sure items of the mean risk over coverages 1/n … n/n.

    Within a level of g items of which e are wrong, after k items of which E are: Σ (E + t e/g) / (k + t), t = 1 … g.
    """
    from scipy.special import digamma

    number, failed = np.split(sums, 2, axis=1)
    kept, lost = np.cumsum(number, axis=1) - number, np.cumsum(failed, axis=1) - failed
    rate = np.divide(failed, number, out=np.zeros_like(failed), where=number > 0)
    inverse = digamma(kept + number + 1) - digamma(kept + 1)
    return ratio((rate * number + (lost - rate * kept) * inverse).sum(axis=1), number.sum(axis=1))[:, None]
