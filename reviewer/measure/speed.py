"""Labels that took far less or far more time than the rater's others, and raters far off the panel's usual time.

Each of these has innocent reasons, short texts above all: they are where to look, and prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp
from typing import Any, Final

import numpy as np

from reviewer.measure.arrays import Codes, Flags, Floats, Ints
from reviewer.measure.figure import Figure, undefined

FEWEST_LABELS: Final = 20
FAR_Z: Final = 3.5
FAR_RATIO: Final = 2.0
RARE: Final = 0.001
UNTIMED: Final = "no time is known"
ALONE: Final = "nobody else's time is known"

# Makes the median absolute deviation of normal numbers their standard deviation.
_TO_SD = 1.4826
_QUICK_QUARTER = 0.25


@dataclass(frozen=True, slots=True)
class Run:
    """So many labels in a row in the rater's quickest quarter, from `first` on, where 1 is the first with a time.

    `p_value` bounds how often a run as long comes up somewhere if the same times fall in any order.
    """

    first: int
    labels: int
    median: float
    p_value: float

    def to_json(self) -> dict[str, Any]:
        """The run for a program."""
        return {"first": self.first, "labels": self.labels, "median_seconds": self.median, "p_value": self.p_value}


@dataclass(frozen=True, slots=True)
class Speed:
    """The times of one rater's labels; `why` says why there is no verdict.

    `quick` and `slow` are the places of labels, among all that were given, whose robust z of the logarithm of the time
    is beyond ± 3.5, those of fewer seconds than `quick_below` and of more than `slow_above`. `against_panel` is the
    median ratio to the others' median time on the same items; beside one or two others it cannot say who is off.
    """

    rater: str
    labels: int
    untimed: int
    median: float | None
    quick_below: float | None
    slow_above: float | None
    quick: tuple[int, ...]
    slow: tuple[int, ...]
    runs: tuple[Run, ...]
    against_panel: Figure
    why: str = ""

    @property
    def far_off(self) -> bool | None:
        """Whether the rater takes less than half or more than double the panel's time; None where not known."""
        ratio = self.against_panel
        if ratio.value is None or ratio.low is None or ratio.high is None:
            return None
        return (ratio.value < 1 / FAR_RATIO and ratio.high < 1) or (ratio.value > FAR_RATIO and ratio.low > 1)

    @property
    def notes(self) -> list[str]:
        """What is out of the ordinary, in words."""
        said = []
        of = f"of {self.labels:,} labels took far"
        if self.quick and self.quick_below is not None:
            said.append(
                f"{len(self.quick):,} {of} less time than this rater's others (under {self.quick_below:.1f} s)."
            )
        if self.slow and self.slow_above is not None:
            said.append(f"{len(self.slow):,} {of} more time than this rater's others (over {self.slow_above:.1f} s).")
        said += [
            f"{run.labels} labels in a row, from the {_ordinal(run.first)} on, are among this rater's quickest quarter "
            f"(median {run.median:.1f} s)."
            for run in self.runs
        ]
        ratio = self.against_panel
        if self.far_off and ratio.value is not None:
            said.append(f"On {ratio.n:,} shared items the time is {ratio.value:.2f} times the others' median.")
        if said:
            said.append("Short texts, a pause or a rater's experience do that too.")
        return said

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        told: dict[str, Any] = {
            "rater": self.rater,
            "labels": self.labels,
            "untimed": self.untimed,
            "median_seconds": self.median,
            "quick": {"below_seconds": self.quick_below, "labels": len(self.quick)},
            "slow": {"above_seconds": self.slow_above, "labels": len(self.slow)},
            "runs": [run.to_json() for run in self.runs],
            "against_panel": {**self.against_panel.to_json(), "far_off": self.far_off},
            "notes": self.notes,
        }
        return told | {"why": self.why} if self.why else told


def speeds(
    names: Mapping[int, str], item: Ints | Codes, rater: Ints | Codes, milliseconds: Ints, alpha: float = 0.05
) -> list[Speed]:
    """The speed of each rater in `names`, by one active time a label, in the order in which the labels were given.

    A time of 0 is one that nobody took. Under 20 times there is no verdict.
    """
    timed = milliseconds > 0
    logs = np.log(np.maximum(milliseconds, 1) / 1000)
    found = []
    for code, name in names.items():
        mine = rater == code
        rows = np.flatnonzero(mine & timed)
        against = _against_panel(item, logs, mine & timed, ~mine & timed, alpha)
        found.append(_speed(name, rows, logs[rows], int((mine & ~timed).sum()), against))
    return found


def _speed(name: str, rows: Ints, logs: Floats, untimed: int, against: Figure) -> Speed:
    n = len(rows)
    median = float(np.median(logs)) if n else None
    why, spread = "", 0.0
    if median is None or n < FEWEST_LABELS:
        why = f"{n} label{'' if n == 1 else 's'} with a time are too few; {FEWEST_LABELS} are the least"
    else:
        spread = _TO_SD * float(np.median(np.abs(logs - median)))
        if not spread > 0:
            why = "half of the labels or more took the same time"
    seconds = None if median is None else exp(median)
    if median is None or why:
        return Speed(name, n, untimed, seconds, None, None, (), (), (), against, why)
    low, high = median - FAR_Z * spread, median + FAR_Z * spread
    quick, slow = (tuple(rows[those].tolist()) for those in (logs < low, logs > high))
    return Speed(name, n, untimed, seconds, exp(low), exp(high), quick, slow, _runs(logs), against)


def _runs(logs: Floats) -> tuple[Run, ...]:
    """The runs of labels in the quickest quarter that would be rare, were the order of the times by chance.

    Among g others the quick ones fall into g + 1 gaps, each alike; a gap holds a run of r or more with the chance that
    r labels drawn in turn are all quick. The sum over the gaps bounds the chance of any such run (Bonferroni).
    """
    n = len(logs)
    quick: Flags = logs < float(np.quantile(logs, _QUICK_QUARTER))
    fast = int(quick.sum())
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quick.astype(np.int64), [0]])))
    found = []
    for first, end in edges.reshape(-1, 2).tolist():
        drawn = np.arange(end - first)
        p = min(1.0, (n - fast + 1) * float(np.prod((fast - drawn) / (n - drawn))))
        if p < RARE:
            found.append(Run(first + 1, end - first, exp(float(np.median(logs[first:end]))), p))
    return tuple(found)


def _against_panel(item: Ints | Codes, logs: Floats, mine: Flags, others: Flags, alpha: float) -> Figure:
    """The median ratio of the rater's time to the others' median on the same item, with its interval over items."""
    shared, usual = _medians(item[others], logs[others])
    own_items, own = _medians(item[mine], logs[mine])
    place = np.searchsorted(shared, own_items)
    met = np.zeros(len(own_items), dtype=np.bool_)
    if len(shared):
        met = shared[np.minimum(place, len(shared) - 1)] == own_items
    n = int(met.sum())
    dropped = {ALONE: len(met) - n} if n < len(met) else {}
    if n < FEWEST_LABELS:
        return undefined(
            f"{n} item{'' if n == 1 else 's'} shared with others are too few; {FEWEST_LABELS} are the least",
            n=n,
            dropped=dropped,
        )
    ratios = own[met] - usual[place[met]]
    low, high = median_limits(ratios, alpha)
    return Figure(exp(float(np.median(ratios))), exp(low), exp(high), n, dropped)


def median_limits(values: Floats, alpha: float = 0.05) -> tuple[float, float]:
    """Limits of the median by order statistics, whatever the distribution (David & Nagaraja 2003, section 7.1).

    Raises ValueError where there are too few values for any.
    """
    from scipy.special import bdtr

    n = len(values)
    below = np.flatnonzero(bdtr(np.arange(n), n, 0.5) <= alpha / 2)
    if not len(below):
        raise ValueError(f"{n} values are too few for limits of their median")
    ordered = np.sort(values)
    at = int(below[-1])
    return float(ordered[at]), float(ordered[n - 1 - at])


def _medians(item: Ints | Codes, values: Floats) -> tuple[Ints, Floats]:
    """The items in order, and the median of the values of each."""
    order = np.lexsort((values, item))
    items, starts, often = np.unique(item[order], return_index=True, return_counts=True)
    ordered = values[order]
    medians: Floats = (ordered[starts + (often - 1) // 2] + ordered[starts + often // 2]) / 2 if len(items) else values
    return items.astype(np.int64), medians


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
