"""Standard errors for many items, the raters being these: what textbooks print beside the coefficients.

The items are a simple random sample of very many (Gwet 2014, Handbook, ch. 5; Gwet 2008 BJMSP 61). Limits are cut at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from reviewer.measure.agreement.chance import agreeing, shares
from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.scale import Scale
from reviewer.measure.arrays import Floats
from reviewer.measure.proportions import normal_quantile


@dataclass(frozen=True, slots=True)
class LargeSample:
    """A coefficient, its standard error, the limits and the p-value that it is 0; None where undefined."""

    value: float | None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The same for a program; the value stands among the measures."""
        return {"se": self.se, "low": self.low, "high": self.high, "p_value": self.p_value}


def large_sample(kinds: Kinds, scale: Scale, weights: Floats, alpha: float = 0.05) -> dict[str, LargeSample]:
    """Fleiss, Conger, Brennan–Prediger, Gwet and alpha under `weights` of agreement, each with its error.

    `kinds` must tell the raters apart. Gwet's coefficient is AC1 under identity weights, else AC2.
    """
    found = _Parts(kinds, scale, weights)
    if found.paired < 1 or len(scale) < 2:
        return {}
    q = len(scale)
    total = float(weights.sum()) / (q * (q - 1))
    near = (weights + weights.T) @ found.pi / 2
    gwet = "gwet_ac1" if np.array_equal(weights, np.eye(q)) else "gwet_ac2"
    told = {
        "fleiss_kappa": found.coefficient(float(found.pi @ weights @ found.pi), found.share @ near, alpha),
        "brennan_prediger": found.coefficient(float(weights.sum()) / q**2, None, alpha),
        gwet: found.coefficient(
            total * float(found.pi @ (1 - found.pi)), total * (found.share @ (1 - found.pi)), alpha
        ),
        "krippendorff_alpha": _alpha(found, alpha),
    }
    if (expected := _conger(found)) is not None:
        told["conger_kappa"] = found.coefficient(*expected, alpha)
    return told


class _Parts:
    """What the coefficients share: observed agreement by kind, and the shares of the points."""

    def __init__(self, kinds: Kinds, scale: Scale, weights: Floats) -> None:
        self.kinds, self.weights, self.points = kinds, weights, len(scale)
        self.repeats, self.n = kinds.repeats, float(kinds.repeats.sum())
        self.pairs = kinds.sizes > 1
        self.paired = float(self.repeats[self.pairs].sum())
        self.met = agreeing(kinds, self.points, weights)
        self.share = shares(kinds, self.points)
        self.pi = np.asarray(self.share.T @ self.repeats).ravel() / self.n
        self.observed = float(self.repeats[self.pairs] @ self.met[self.pairs]) / max(self.paired, 1.0)

    def coefficient(self, expected: float, by_kind: Floats | None, alpha: float) -> LargeSample:
        """(p_a − p_e) / (1 − p_e) with its error; `by_kind` is what an item of each kind adds to p_e."""
        if 1 - expected < 1e-12:
            return LargeSample(None)
        value = (self.observed - expected) / (1 - expected)
        terms = np.where(self.pairs, (self.n / self.paired) * (self.met - expected) / (1 - expected), 0.0)
        if by_kind is not None:
            terms = terms - 2 * (1 - value) * (np.asarray(by_kind).ravel() - expected) / (1 - expected)
        return tested(value, terms, value, self.repeats, alpha)


def tested(value: float, terms: Floats, centre: float, repeats: Floats, alpha: float) -> LargeSample:
    """The value with the error of the mean of `terms`, by Student's t over the items."""
    from scipy.special import stdtr, stdtrit

    n = float(repeats.sum())
    if n < 2:
        return LargeSample(value)
    se = sqrt(float(repeats @ np.square(terms - centre)) / (n * (n - 1)))
    reach = float(stdtrit(n - 1, 1 - alpha / 2)) * se
    p = 2 * float(stdtr(n - 1, -abs(value) / se)) if se > 0 else None
    return LargeSample(value, se, value - reach, min(1.0, value + reach), p)


def _conger(found: _Parts) -> tuple[float, Floats] | None:
    """Conger's chance agreement, and what an item of each kind adds to it: its linear part in the raters' shares."""
    kinds, q, n = found.kinds, found.points, found.n
    counts = kinds.repeats[kinds.unit]
    m = kinds.raters
    given = np.bincount(kinds.rater * q + kinds.point, counts, minlength=m * q).reshape(m, q)
    own = given.sum(axis=1)
    here = int((own > 0).sum())
    if here < 2:
        return None
    share = np.divide(given, own[:, None], out=np.zeros_like(given), where=own[:, None] > 0)
    others = (share.sum(axis=0) - share) @ found.weights
    expected = float((share * others).sum()) / (here * (here - 1))
    # A rater's share of a point is a ratio: an item moves it by what it says beyond it, per item of that rater.
    steady = (share * others).sum(axis=1)
    moved = (n / own[kinds.rater]) * (others[kinds.rater, kinds.point] - steady[kinds.rater])
    by_kind = np.bincount(kinds.unit, moved, minlength=len(kinds)) + steady.sum()
    return expected, by_kind / (here * (here - 1))


def _alpha(found: _Parts, alpha: float) -> LargeSample:
    """Alpha under weights of agreement, with Gwet's error for it (2014, Handbook, section 6.3)."""
    kinds, weights = found.kinds.chosen(found.pairs), found.weights
    sizes, repeats, n = kinds.sizes, kinds.repeats, found.paired
    mean = float(repeats @ sizes) / n
    met = found.met[found.pairs] * sizes / mean
    small = 1 / (n * mean)
    observed = float(repeats @ met) / n
    counts = kinds.counts(found.points) / mean
    pi = np.asarray(counts.T @ repeats).ravel() / n
    expected = float(pi @ weights @ pi)
    if 1 - expected < 1e-12:
        return LargeSample(None)
    plain = (observed - expected) / (1 - expected)
    value = ((1 - small) * observed + small - expected) / (1 - expected)
    apart = (sizes - mean) / mean
    # Gwet takes alpha's own observed agreement here, the small-sample term within.
    met_by_kind = met - ((1 - small) * observed + small) * apart
    expected_by_kind = np.asarray(counts @ ((weights + weights.T) @ pi / 2)).ravel() - expected * apart
    terms = (met_by_kind - expected) / (1 - expected)
    terms = terms - 2 * (1 - plain) * (expected_by_kind - expected) / (1 - expected)
    return tested(value, terms, plain, repeats, alpha)


def cohen(table: Floats, weights: Floats, alpha: float = 0.05) -> tuple[LargeSample, float | None]:
    """Weighted kappa of a table of counts with its error, the limits by it, and the error if kappa were 0.

    Fleiss, Cohen & Everitt (1969 Psych. Bull. 72): the p-value goes by the second error, the limits by the first.
    """
    from scipy.special import ndtr

    n = float(table.sum())
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((weights * p).sum()), float(rows @ weights @ columns)
    if 1 - expected < 1e-12:
        return LargeSample(None), None
    value = (observed - expected) / (1 - expected)
    chance = (weights @ columns)[:, None] + (rows @ weights)[None, :]
    spread = float((p * np.square(weights * (1 - expected) - chance * (1 - observed))).sum())
    se = sqrt(max(0.0, spread - (observed * expected - 2 * expected + observed) ** 2)) / (1 - expected) ** 2 / sqrt(n)
    by_chance = float((np.outer(rows, columns) * np.square(weights - chance)).sum()) - expected**2
    null = sqrt(max(0.0, by_chance)) / (1 - expected) / sqrt(n)
    reach = normal_quantile(1 - alpha / 2) * se
    p_value = 2 * float(ndtr(-abs(value) / null)) if null > 0 else None
    return LargeSample(value, se, value - reach, min(1.0, value + reach), p_value), null
