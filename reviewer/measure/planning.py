"""How many more votes would settle the pair that is closest: planned once, for a fixed number, without peeking."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, sqrt
from typing import Any

from reviewer.measure.differences import Difference
from reviewer.measure.proportions import normal_quantile


@dataclass(frozen=True, slots=True)
class Plan:
    """New votes on the pair alone, each on another item, and new votes spread as those so far, were the truth as seen.

    `most` is None where the interval of the difference holds 0: then no stated number surely settles it.
    """

    pair: tuple[int, int]
    settled: bool
    win_probability: float | None
    alpha: float
    power: float
    decisive: int | None
    votes: int | None
    least: int | None
    most: int | None
    more_of_the_same: int | None
    why: str

    def to_json(self, systems: tuple[str, ...]) -> dict[str, Any]:
        """The plan for a program."""
        return {
            "systems": [systems[one] for one in self.pair],
            "settled": self.settled,
            "win_probability": self.win_probability,
            "alpha": self.alpha,
            "power": self.power,
            "decisive_votes": self.decisive,
            "votes": self.votes,
            "votes_low": self.least,
            "votes_high": self.most,
            "votes_same_mix": self.more_of_the_same,
            "why": self.why,
        }


def sign_test_votes(win_rate: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Decisive votes that a two-sided sign test needs (normal approximation; Noether 1987 JASA 82).

    Raises ValueError for a win rate of one half, which no number of votes tells from one half.
    """
    if win_rate == 0.5:
        raise ValueError("a win rate of one half is never settled")
    reach = normal_quantile(1 - alpha / 2) * 0.5 + normal_quantile(power) * sqrt(win_rate * (1 - win_rate))
    return (reach / (win_rate - 0.5)) ** 2


def plan(pairs: list[Difference], votes: int, tie_rate: float, alpha: float, power: float) -> Plan | None:
    """The plan for the closest pair that is not settled, or a plan of nothing where all are; None without a pair.

    `tie_rate` is the share of ties among the votes that count; `votes` is how many there are.
    """
    if not pairs:
        return None
    open_pairs = [one for one in pairs if not one.holds]
    closest = min(open_pairs or pairs, key=lambda one: abs(one.strength.value or 0.0))
    pair = (closest.above, closest.below)
    d = closest.strength.value or 0.0
    if not open_pairs:
        settled = "every difference holds already"
        return Plan(pair, True, closest.win_probability, alpha, power, 0, 0, 0, 0, 0, settled)
    if abs(d) < 1e-9:
        equal = "the two are as strong as each other, as far as seen: no number of votes tells them apart"
        return Plan(pair, False, 0.5, alpha, power, None, None, None, None, None, equal)
    if tie_rate >= 1:
        tied = "every vote is a tie, and a sign test needs votes that decide"
        return Plan(pair, False, closest.win_probability, alpha, power, None, None, None, None, None, tied)

    def votes_for(difference: float) -> int:
        win_rate = 1 / (1 + exp(-difference))
        return ceil(sign_test_votes(win_rate, alpha=alpha, power=power) / (1 - tie_rate))

    low, high = closest.strength.low, closest.strength.high
    least = votes_for(high) if high is not None and high > 0 else None
    most = votes_for(low) if low is not None and low > 0 else None
    same = None
    if closest.error:
        wanted = normal_quantile(1 - alpha / 2) + normal_quantile(power)
        same = max(0, ceil(votes * ((closest.error * wanted / d) ** 2 - 1)))
    why = "planned as if the true difference were the one seen; fix the number beforehand and look once"
    if low is None:
        why += "; without an interval the number has no range"
    elif most is None:
        why += "; the difference may also be none, so that no stated number is sure to settle it"
    decisive = ceil(sign_test_votes(closest.win_probability, alpha=alpha, power=power))
    return Plan(pair, False, closest.win_probability, alpha, power, decisive, votes_for(d), least, most, same, why)
