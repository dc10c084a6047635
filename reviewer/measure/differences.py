"""Which systems differ: every pair of strengths, corrected for the number of pairs, and the ranks that follow."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure
from reviewer.measure.multiplicity import holm


@dataclass(slots=True)
class Difference:
    """The strength of `above` less that of `below`, natural-log scale; `p_holm` is corrected over the named family."""

    above: int
    below: int
    strength: Figure
    error: float | None
    p_value: float | None
    p_holm: float | None = None
    holds: bool | None = None

    @property
    def win_probability(self) -> float:
        """How often `above` wins against `below` where one of them wins, by the model."""
        return 1 / (1 + exp(-(self.strength.value or 0.0)))

    def to_json(self, systems: tuple[str, ...]) -> dict[str, Any]:
        """The difference for a program."""
        return {
            "systems": [systems[self.above], systems[self.below]],
            "difference": self.strength.to_json(),
            "win_probability": self.win_probability,
            "p_value": self.p_value,
            "p_holm": self.p_holm,
            "holds": self.holds,
        }


def differences(strengths: Floats, resampled: Floats | None, alpha: float, why: str, n: int) -> list[Difference]:
    """All pairs, the stronger first, from the strongest down.

    `resampled` (rounds, systems) gives percentile intervals and the standard error of the normal test; without it
    neither is defined, because of `why`.
    """
    order = np.argsort(-strengths, kind="stable")
    found: list[Difference] = []
    for place, above in enumerate(order[:-1].tolist()):
        rest = order[place + 1 :]
        values = strengths[above] - strengths[rest]
        if resampled is None:
            found += [
                Difference(above, below, Figure(value, n=n, why=why), None, None)
                for below, value in zip(rest.tolist(), values.tolist(), strict=True)
            ]
            continue
        spread = resampled[:, above, None] - resampled[:, rest]
        low, high = np.quantile(spread, [alpha / 2, 1 - alpha / 2], axis=0)
        error = spread.std(axis=0, ddof=1)
        for at, below in enumerate(rest.tolist()):
            interval = Figure(float(values[at]), float(low[at]), float(high[at]), n)
            p_value = _two_sided(float(values[at]), float(error[at]))
            found.append(Difference(above, below, interval, float(error[at]), p_value))
    return found


def corrected(families: list[list[Difference]], alpha: float) -> int:
    """Correct the p-values of all the lists together, as one family (Holm); gives the number of tests in it."""
    tested = [one for family in families for one in family if one.p_value is not None]
    for one, p in zip(tested, holm([one.p_value for one in tested if one.p_value is not None]).tolist(), strict=True):
        one.p_holm = p
        one.holds = p < alpha
    return len(tested)


def ranks(strengths: Floats) -> Ints:
    """Competition ranks: 1 for the strongest, equal strengths sharing the better one."""
    near = np.round(strengths, 9)
    placed: Ints = 1 + (near[None, :] > near[:, None]).sum(axis=1)
    return placed


def rank_limits(pairs: list[Difference], systems: int) -> list[tuple[int, int]] | None:
    """For each system the ranks that the differences which hold leave it; all at once at their family-wise level.

    Rank 1 + the number clearly above, to the number of systems less those clearly below (Mogstad, Romano, Shaikh &
    Wilhelm 2024 Rev. Econ. Stud. 91); None where the differences have no test.
    """
    if any(one.holds is None for one in pairs):
        return None
    limits = [[1, systems] for _ in range(systems)]
    for one in pairs:
        if one.holds:
            limits[one.below][0] += 1
            limits[one.above][1] -= 1
    return [(low, high) for low, high in limits]


def _two_sided(value: float, error: float) -> float:
    from scipy.special import ndtr

    if error <= 0:
        return 1.0 if value == 0 else 0.0
    return 2.0 * float(ndtr(-abs(value) / error))
