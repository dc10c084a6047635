"""Whether a judge leans: to what is shown first, to the longer, to its own kin, to mercy; each with a plain word.

The word goes by the interval. *biased*: it leaves 0 out and reaches past the margin; *slight*: it leaves 0 out and
stays within; *fair*: it holds 0 and stays within; *unclear*: it holds 0 and reaches past, too few items to say; *not
identified*: the data cannot tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.agreement.bootstrap import FEWEST_ITEMS
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.compared import tango
from reviewer.measure.judges.resampling import places_of
from reviewer.measure.length import length_preference
from reviewer.measure.logistic import logistic
from reviewer.measure.matching import mean_gap
from reviewer.measure.proportions import clustered_share
from reviewer.measure.side import mirrored_p
from reviewer.measure.standing import all_of
from reviewer.measure.votes import LEFT, RIGHT

BIASED: Final = "biased"
SLIGHT: Final = "slight"
FAIR: Final = "fair"
UNCLEAR: Final = "unclear"
NOT_IDENTIFIED: Final = "not identified"
VERDICTS: Final = (BIASED, SLIGHT, FAIR, UNCLEAR, NOT_IDENTIFIED)
# A net shift of so many verdicts, of so much log odds a standard deviation, of so much of a scale, is let pass.
MARGINS: Final = {"position": 0.05, "length": 0.2, "self_enhancement": 0.05, "leniency": 0.05}


@dataclass(frozen=True, slots=True)
class Finding:
    """A bias: how large it is, the word for it, and why that word; `details` are the figures behind it."""

    bias: str
    verdict: str
    why: str
    figure: Figure
    margin: float
    p_value: float | None = None
    details: Mapping[str, Figure] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding for a program."""
        return {
            "bias": self.bias,
            "verdict": self.verdict,
            "why": self.why,
            "figure": self.figure.to_json(),
            "margin": self.margin,
            "p_value": self.p_value,
            "details": {name: one.to_json() for name, one in self.details.items()},
            "notes": list(self.notes),
        }


def worded(figure: Figure, margin: float, towards: tuple[str, str]) -> tuple[str, str]:
    """The word for a bias and the reason; `towards` says what a figure above and one below 0 mean."""
    if figure.value is None:
        return NOT_IDENTIFIED, figure.why
    if figure.low is None or figure.high is None:
        return UNCLEAR, figure.why or "it has no interval"
    limits = f"{figure.value:+.3f} ({figure.low:+.3f} to {figure.high:+.3f})"
    side = towards[0] if figure.value > 0 else towards[1]
    within = -margin < figure.low and figure.high < margin
    if figure.low > 0 or figure.high < 0:
        if within:
            return SLIGHT, f"{side}: {limits}, but surely less than {margin:g}"
        return BIASED, f"{side}: {limits}"
    if within:
        return FAIR, f"neither way: {limits}, surely less than {margin:g}"
    return UNCLEAR, f"{limits} holds both 0 and more than {margin:g}: too few items to say"


def position_bias(
    as_is: Ints,
    swapped: Ints,
    *,
    items: Ints | None = None,
    margin: float = MARGINS["position"],
    alpha: float = 0.05,
) -> Finding:
    """Whether a judge asked in both orders leans to the side shown first.

    Winners as in `votes`, by the outputs and not by the sides, the left one being shown first in `as_is`; below 0 is no
    answer, and a pair that lacks one is left out: two missing answers are never equal. The figure is the share of pairs
    that the order turns to the first side less those that it turns to the second. The p-value turns the sign of what
    the pairs of an item lean by (exact; McNemar's where each pair is an item). Raises ValueError for columns that
    differ.
    """
    if as_is.shape != swapped.shape:
        raise ValueError("the columns differ in length")
    place, _ = places_of(items, len(as_is))
    both = (as_is >= 0) & (swapped >= 0)
    missing = int((~both).sum())
    dropped = {"not answered in both orders": missing} if missing else {}
    one, other, place = as_is[both], swapped[both], places_of(place[both], int(both.sum()))[0]
    n = len(one)
    if not n:
        nothing = undefined("no pair was answered in both orders", dropped=dropped)
        return Finding("position", NOT_IDENTIFIED, nothing.why, nothing, margin)
    first = (one == LEFT).astype(np.int64) - (one == RIGHT)
    second = (other == RIGHT).astype(np.int64) - (other == LEFT)
    leads = first + second
    by_item = np.bincount(place, weights=leads).astype(np.int64)
    p_value = mirrored_p(by_item)
    figure = _shift(leads, place, len(by_item), dropped, alpha)
    same = one == other
    often = np.bincount(place).astype(np.float64)
    share, low, high, _ = clustered_share(np.bincount(place, weights=same), often, alpha)
    details = {"consistency": Figure(share, low, high, n, dropped)}
    turned = leads != 0
    if turned.any():
        mine = np.bincount(place[turned], weights=leads[turned] > 0, minlength=len(by_item))
        of = np.bincount(place[turned], minlength=len(by_item)).astype(np.float64)
        share, low, high, _ = clustered_share(mine, of, alpha)
        details["first_among_turned"] = Figure(share, low, high, int(turned.sum()))
    else:
        details["first_among_turned"] = undefined("no verdict was turned by the order")
    verdict, why = worded(figure, margin, ("leans to what is shown first", "leans to what is shown second"))
    notes = (f"{int((~same).sum()):,} of {n:,} pairs were judged otherwise when swapped",)
    return Finding("position", verdict, why, figure, margin, 1.0 if p_value is None else p_value, details, notes)


def _shift(leads: Ints, place: Ints, units: int, dropped: Mapping[str, int], alpha: float) -> Figure:
    n = len(leads)
    value = float(leads.mean()) / 2
    if units < FEWEST_ITEMS:
        return Figure(value, n=n, dropped=dropped, why=_few(units))
    if not leads.any() or (units == n and not (np.abs(leads) == 1).any()):
        # Without any spread among the items, their number alone bounds the shift.
        low, high = tango(int((leads < 0).sum()), int((leads > 0).sum()), units if not leads.any() else n, alpha)
        return Figure(value, low, high, n, dropped)
    gap = mean_gap((leads / 2).tolist(), place.tolist(), "", alpha)
    return Figure(value, gap.low, gap.high, n, dropped)


def length_bias(
    judge_first_won: ArrayLike,
    people_first_won: ArrayLike,
    lengths: tuple[Floats, Floats],
    *,
    items: Ints | None = None,
    margin: float = MARGINS["length"],
    alpha: float = 0.05,
) -> Finding:
    """Whether a judge prefers the longer text more than people do on the same pairs: gamma of the judge less theirs.

    1 where the first side won, 0 where the second did, NaN for a tie or no answer; `lengths` as in `length_preference`.
    """
    first, second = (np.asarray(one, dtype=np.float64) for one in lengths)
    known = (first > 0) & (second > 0)
    ratio = np.full(len(first), np.nan)
    ratio[known] = np.log(first[known] / second[known])
    found = preference_bias(
        judge_first_won, people_first_won, ratio, what="the longer", items=items, margin=margin, alpha=alpha
    )
    place, _ = places_of(items, len(first))
    details = dict(found.details)
    for who, column in (("judge", judge_first_won), ("people", people_first_won)):
        won = np.asarray(column, dtype=np.float64)
        told = ~np.isnan(won)
        own = length_preference(won[told] == 1, (first[told], second[told]), place[told], None, alpha)
        details[f"{who}_longer_share"] = own.longer_share
    return Finding("length", found.verdict, found.why, found.figure, margin, found.p_value, details, found.notes)


def preference_bias(
    judge_first_won: ArrayLike,
    people_first_won: ArrayLike,
    trait: ArrayLike,
    *,
    what: str,
    items: Ints | None = None,
    margin: float = MARGINS["length"],
    alpha: float = 0.05,
) -> Finding:
    """Whether a trait, first side less second, draws a judge more than it draws people on the same pairs.

    logit P(first wins) = beta + gamma · z(trait), for both at once with coefficients of their own, and errors clustered
    by item: the difference of the gammas is one coefficient of that model, and the pairing is in its error.
    """
    from scipy.special import stdtrit

    judge, people, gap = (np.asarray(one, dtype=np.float64) for one in (judge_first_won, people_first_won, trait))
    if not judge.shape == people.shape == gap.shape:
        raise ValueError("the columns differ in length")
    place, _ = places_of(items, len(judge))
    decided = ~np.isnan(judge) & ~np.isnan(people)
    known = decided & ~np.isnan(gap)
    counts = {"not decided by both": int((~decided).sum()), "trait not known": int((decided & ~known).sum())}
    dropped = {why: number for why, number in counts.items() if number}
    judge, people, gap, place = judge[known], people[known], gap[known], place[known]
    n, units = len(judge), len(np.unique(place))
    spread = float(gap.std()) if n else 0.0

    def without(why: str) -> Finding:
        figure = undefined(why, n=n, dropped=dropped)
        return Finding(what, NOT_IDENTIFIED, why, figure, margin)

    if units < FEWEST_ITEMS:
        return without(f"{_few(units)}, decided by both the judge and the people")
    if spread <= 1e-12:
        return without("all pairs are alike in it")
    z, one = gap / spread, np.ones(n)
    if any(logistic(won, np.column_stack([one, z]), place) is None for won in (judge, people)):
        return without("no finite estimate: one side, or one end of it, always wins with the judge or with the people")
    none = np.zeros(n)
    rows = [np.column_stack([one, z, none, none]), np.column_stack([one, z, one, z])]
    fitted = logistic(np.concatenate([people, judge]), np.vstack(rows), np.concatenate([place, place]))
    if fitted is None:
        return without("no finite estimate")
    reach = float(stdtrit(units - 1, 1 - alpha / 2))
    told = fitted.coefficients, fitted.clustered_errors
    figure = _with_error(float(told[0][3]), float(told[1][3]), reach, n, dropped)
    details = {"people_gamma": _with_error(float(told[0][1]), float(told[1][1]), reach, n, dropped)}
    own = logistic(judge, np.column_stack([one, z]), place)
    if own is not None:
        details["judge_gamma"] = _with_error(
            float(own.coefficients[1]), float(own.clustered_errors[1]), reach, n, dropped
        )
    verdict, why = worded(figure, margin, (f"drawn to {what} more than people", f"drawn to {what} less than people"))
    notes = () if units >= 30 else (f"{units} items: errors by cluster are too small below some 30",)
    return Finding(what, verdict, why, figure, margin, _two_sided(figure, reach, units), details, notes)


def leniency(
    judge: ArrayLike,
    people: ArrayLike,
    *,
    span: float,
    items: Ints | None = None,
    margin: float = MARGINS["leniency"],
    alpha: float = 0.05,
) -> Finding:
    """Whether a judge gives more than people on the same items: the mean of its scores less theirs, in points.

    `span` is the highest point less the lowest, and the margin a share of it; NaN is no score. Raises ValueError for a
    span that is not above 0 and for columns that differ in length.
    """
    own, theirs = np.asarray(judge, dtype=np.float64), np.asarray(people, dtype=np.float64)
    if own.shape != theirs.shape:
        raise ValueError("the columns differ in length")
    if not span > 0:
        raise ValueError("a scale has more than one point")
    place, _ = places_of(items, len(own))
    both = ~np.isnan(own) & ~np.isnan(theirs)
    missing = int((~both).sum())
    dropped = {"not scored by both": missing} if missing else {}
    gaps, place = own[both] - theirs[both], place[both]
    n, units = len(gaps), len(np.unique(place))
    limit = margin * span
    if not n:
        nothing = undefined("no item was scored by both the judge and the people", dropped=dropped)
        return Finding("leniency", NOT_IDENTIFIED, nothing.why, nothing, limit)
    gap = mean_gap(gaps.tolist(), place.tolist(), "", alpha)
    figure = Figure(gap.value, gap.low, gap.high, n, dropped, gap.why)
    if units < FEWEST_ITEMS:
        figure = Figure(gap.value, n=n, dropped=dropped, why=_few(units))
    elif float(np.ptp(gaps)) < 1e-12:
        # So many items that all lie as far off bound how many others there may be.
        reach = span * (1 - all_of(units, alpha))
        figure = Figure(gap.value, float(gaps[0]) - reach, float(gaps[0]) + reach, n, dropped)
    details = {}
    for name, sign in (("higher", 1.0), ("lower", -1.0)):
        above = np.bincount(places_of(place, n)[0], weights=sign * gaps > 1e-12)
        share, low, high, _ = clustered_share(above, np.bincount(places_of(place, n)[0]), alpha)
        details[name] = Figure(share, low, high, n)
    verdict, why = worded(figure, limit, ("more lenient than people", "stricter than people"))
    return Finding("leniency", verdict, why, figure, limit, None, details)


def _with_error(value: float, error: float, reach: float, n: int, dropped: Mapping[str, int]) -> Figure:
    return Figure(value, value - reach * error, value + reach * error, n, dropped)


def _two_sided(figure: Figure, reach: float, units: int) -> float | None:
    from scipy.special import stdtr

    if figure.value is None or figure.high is None or figure.high <= figure.value:
        return None
    return 2 * float(stdtr(units - 1, -abs(figure.value) * reach / (figure.high - figure.value)))


def _few(units: int) -> str:
    return f"{units} item{'' if units == 1 else 's'}, and {FEWEST_ITEMS} are the least"
