"""Whether a rater prefers a side: a randomisation test over the orders as they were recorded.

Had the rater not looked at the sides, the same choices would have been made in any other order that the lot could have
drawn. So the recorded orders are exchanged among the votes on the same pair of systems (among the repeats of an item
apart), and where all of them were alike they are turned together; the number of first sides chosen is compared with its
exact distribution over all these orders (Edgington & Onghena 2007). Strong systems cannot tip it: their strength is in
the choices, which stand still.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints

_EXACT_UP_TO = 300


def side_preference_p(stratum: Ints, lower_first: Flags, chose_lower: Flags) -> float | None:
    """Two-sided p-value; None where no other order was possible or no vote stands.

    For each decisive vote of one rater: the stratum within which orders may be exchanged, whether the system of the
    lower number was shown first, and whether it was chosen.
    """
    if not len(stratum):
        return None
    _, place = np.unique(stratum, return_inverse=True)
    strata = int(place.max()) + 1
    n = np.bincount(place, minlength=strata)
    shown = np.bincount(place, weights=lower_first, minlength=strata).astype(np.int64)
    chosen = np.bincount(place, weights=chose_lower, minlength=strata).astype(np.int64)
    won = int((lower_first == chose_lower).sum())
    alike = (shown == 0) | (shown == n)
    # Turned together, c of n chosen first become n − c.
    mean = np.where(alike, n / 2, 2 * shown * chosen / n + n - chosen - shown)
    turned = np.square(chosen - n / 2)
    exchanged = 4 * shown * (n - shown) * chosen * (n - chosen) / (np.square(n.astype(float)) * np.maximum(n - 1, 1))
    variance = float(np.where(alike, turned, exchanged).sum())
    if variance <= 0:
        return None
    expected = float(mean.sum())
    if len(stratum) > _EXACT_UP_TO:
        return _normal_p(won - expected, variance)
    return _exact_p(_distribution(n, shown, chosen, alike), won, expected)


def mirrored_p(leads: Ints) -> float | None:
    """Two-sided p-value where votes came in ballots whose order was drawn as a whole; None where no ballot leans.

    A ballot's lead is its votes for what was shown earlier, less those for what was shown later. Had the rater not
    looked at the order, its mirror would have turned the sign of the lead, and was as likely to be drawn; a panel whose
    orders were balanced makes this test err on the side of no preference.
    """
    leads = leads[leads != 0]
    if not len(leads):
        return None
    total = abs(int(leads.sum()))
    if len(leads) > _EXACT_UP_TO:
        return _normal_p(total, float(np.square(leads.astype(float)).sum()))
    chances = np.ones(1)
    for lead in np.abs(leads).tolist():
        turned = np.zeros(2 * lead + 1)
        turned[0] = turned[-1] = 0.5
        chances = np.convolve(chances, turned)
    sums = np.arange(len(chances)) - (len(chances) - 1) // 2
    return min(1.0, float(chances[np.abs(sums) >= total].sum()))


def _normal_p(distance: float, variance: float) -> float:
    from scipy.special import ndtr

    # Another order moves the sum by 2 or not at all: the correction is half of that step.
    return min(1.0, 2.0 * float(ndtr(-max(0.0, abs(distance) - 1) / sqrt(variance))))


def _exact_p(chances: Floats, won: int, expected: float) -> float:
    distance = np.abs(np.arange(len(chances)) - expected)
    return min(1.0, float(chances[distance >= abs(won - expected) - 1e-9].sum()))


def _distribution(n: Ints, shown: Ints, chosen: Ints, alike: Flags) -> Floats:
    single = alike & (n == 1)
    chances = _coins(int(single.sum()))
    for votes, first, picked, turns in zip(n.tolist(), shown.tolist(), chosen.tolist(), alike.tolist(), strict=True):
        if votes == 1:
            continue
        mine = np.zeros(votes + 1)
        if turns:
            mine[picked] += 0.5
            mine[votes - picked] += 0.5
        else:
            both, weights = _hypergeometric(votes, first, picked)
            mine[2 * both + votes - picked - first] = weights
        chances = np.convolve(chances, mine)
    return chances


def _coins(number: int) -> Floats:
    from scipy.special import gammaln

    heads = np.arange(number + 1)
    logs = gammaln(number + 1) - gammaln(heads + 1) - gammaln(number - heads + 1) - number * np.log(2)
    chances: Floats = np.exp(logs)
    return chances


def _hypergeometric(n: int, marked: int, drawn: int) -> tuple[Ints, Floats]:
    from scipy.special import gammaln

    hits = np.arange(max(0, marked + drawn - n), min(marked, drawn) + 1)

    def log_choose(of: int, take: Ints) -> Floats:
        logs: Floats = gammaln(of + 1) - gammaln(take + 1) - gammaln(of - take + 1)
        return logs

    logs = log_choose(marked, hits) + log_choose(n - marked, drawn - hits)
    weights = np.exp(logs - logs.max())
    return hits, weights / weights.sum()
