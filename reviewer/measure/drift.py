"""A rater who grows more severe or more lenient: an alarm whose rate of false alarms is stated, whoever is watched.

A two-sided CUSUM of standardised deviations from the panel or from gold, or an EWMA of them; for agreement with gold
that is either there or not, a Bernoulli CUSUM. The limits are those of `run_length` and of `steady`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure import run_length
from reviewer.measure.arrays import Flags, Floats
from reviewer.measure.steady import FARTHEST, Chart, Steady

FEWEST_BASELINE: Final = 30
FEWEST_WATCHED: Final = 10
# A baseline of fewer departures from its commonest value says too little of their spread.
FEWEST_APART: Final = 10
MORE_LENIENT: Final = "more lenient"
MORE_SEVERE: Final = "more severe"
LESS_ACCURATE: Final = "less accurate"

_HIGHEST_LIMIT = 40.0
_ONE_IN_A_HUNDRED = 2.326


@dataclass(frozen=True, slots=True)
class Watch:
    """How raters are watched; raises WrongUsage for what makes no sense.

    A steady rater has one false alarm in `every` ratings times the `raters` who are watched at once, so that all of
    them together have one while each gives `every`. The first `baseline` ratings of a rater say what steady is.
    `higher` says what higher values mean: a "lenient" or a "severe" rater.
    """

    every: int = 500
    raters: int = 1
    chart: str = "cusum"
    k: float = 0.5
    weight: float = 0.1
    baseline: int = 50
    draws: int = 200
    seed: int = 0
    higher: str = "lenient"

    def __post_init__(self) -> None:
        if not 50 <= self.every <= 1_000_000 or not 1 <= self.raters <= 10_000:
            raise WrongUsage("one false alarm in 50 to 1,000,000 ratings can be asked for.", mend="500 is usual.")
        if self.chart not in ("cusum", "ewma"):
            raise WrongUsage(f"there is no chart {self.chart!r}.", mend="Name cusum or ewma.")
        if not 0 < self.k <= 2 or not 0 < self.weight <= 1:
            raise WrongUsage("k lies between 0 and 2, the weight between 0 and 1.", mend="0.5 and 0.1 are usual.")
        if self.baseline < FEWEST_BASELINE:
            raise WrongUsage(
                f"a baseline of {self.baseline} ratings is too short.", mend=f"Take {FEWEST_BASELINE} or more."
            )
        if not 20 <= self.draws <= 10_000 or self.seed < 0:
            raise WrongUsage("20 to 10,000 resamples are drawn, from a seed of 0 or more.", mend="200 are usual.")
        if self.higher not in ("lenient", "severe"):
            raise WrongUsage(f"higher values mean lenient or severe, not {self.higher!r}.", mend="Name one of the two.")

    @property
    def one_in(self) -> int:
        """The ratings of one steady rater in which there is one false alarm."""
        return self.every * self.raters


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm at a rating, where 1 is the rater's first, and since which rating the chart had risen."""

    rating: int
    since: int
    direction: str

    def to_json(self) -> dict[str, Any]:
        """The alarm for a program."""
        return {"rating": self.rating, "since": self.since, "direction": self.direction}


@dataclass(frozen=True, slots=True)
class Drift:
    """What a chart says of one rater; without a verdict `why` has the reason.

    `path` holds the chart after each rating that was watched, upwards for higher values, with an alarm at ± `limit`,
    after which it starts at 0 again. `one_in` is the mean number of ratings to a false alarm, `delay` the one to the
    alarm after a shift of one standard deviation, or to the worse share of misses.
    """

    ratings: int
    baseline: int = 0
    chart: str = "cusum"
    limit: float | None = None
    path: tuple[float, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    one_in: float | None = None
    raters: int = 1
    delay: float | None = None
    mean: float | None = None
    sd: float | None = None
    method: str = ""
    notes: tuple[str, ...] = ()
    why: str = ""

    @property
    def alarm(self) -> Alarm | None:
        """The first alarm, if there was one."""
        return self.alarms[0] if self.alarms else None

    @property
    def verdict(self) -> bool | None:
        """Whether there was an alarm; None where too little is known to say."""
        return None if self.limit is None else bool(self.alarms)

    @property
    def rate(self) -> str:
        """The rate of false alarms in words; empty without a verdict."""
        if self.one_in is None:
            return ""
        said = f"one false alarm in {_rounded(self.one_in):,} ratings on average for a steady rater"
        if self.raters == 1:
            return said
        each = _rounded(self.one_in / self.raters)
        return f"{said}, so that {self.raters:,} steady raters together have one while each gives {each:,}"

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        told: dict[str, Any] = {
            "ratings": self.ratings,
            "baseline": self.baseline,
            "chart": self.chart,
            "verdict": {None: None, True: "alarm", False: "none"}[self.verdict],
            "alarms": [one.to_json() for one in self.alarms],
            "limit": self.limit,
            "path": list(self.path),
            "false_alarms": {"one_in": self.one_in, "raters": self.raters, "words": self.rate},
            "delay": self.delay,
            "mean": self.mean,
            "sd": self.sd,
            "method": self.method,
            "notes": list(self.notes),
        }
        return told | {"why": self.why} if self.why else told


def watch(deviations: Floats, how: Watch | None = None, known: tuple[float, float] | None = None) -> Drift:
    """The drift of a rater by signed deviations from panel or gold, in the order in which the ratings were given.

    With a `known` mean and standard deviation every rating is watched and the deviations are taken for normal;
    else the first ratings are a baseline, by which the limit is set. Raises ValueError for a deviation that is no
    number, and for a standard deviation that is not above 0.
    """
    how = how or Watch()
    deviations = np.asarray(deviations, dtype=np.float64)
    if not np.isfinite(deviations).all():
        raise ValueError("a deviation is no number")
    if known is not None:
        return _by_known(deviations, how, *known)
    if why := _too_little(deviations, how):
        return Drift(len(deviations), min(how.baseline, len(deviations)), how.chart, raters=how.raters, why=why)
    first, later = deviations[: how.baseline], deviations[how.baseline :]
    steady = Steady.of(first, how.draws, np.random.default_rng(how.seed))
    chart = Chart(how.k, how.weight if how.chart == "ewma" else None)
    try:
        limit = steady.limit(chart, how.one_in, *_for_normal(chart, how.one_in))
    except ValueError:
        why = f"a baseline of {len(first)} ratings is too short for one false alarm in {how.one_in:,} ratings"
        return Drift(len(deviations), len(first), how.chart, raters=how.raters, why=why)
    path, alarms = _followed(steady.standardised(later), chart, limit, len(first), how.higher)
    notes = [
        f"What is steady is estimated from {len(first)} ratings; the limit allows for that, by {how.draws} "
        f"resamples of them (seed {how.seed})."
    ]
    if (r := _neighbours(first)) > _ONE_IN_A_HUNDRED / sqrt(len(first)):
        notes.append(f"Neighbouring ratings are alike (r = {r:.2f}): false alarms come more often than stated.")
    return Drift(
        ratings=len(deviations),
        baseline=len(first),
        chart=how.chart,
        limit=limit,
        path=path,
        alarms=alarms,
        one_in=steady.every(chart, limit),
        raters=how.raters,
        delay=steady.delay(chart, limit),
        mean=steady.mean,
        sd=steady.sd,
        method="resampled baseline",
        notes=tuple(notes),
    )


def watch_agreement(agreed: Flags | Sequence[bool], usual: float, worse: float, how: Watch | None = None) -> Drift:
    """Whether a rater who misses gold with the share `usual` comes to miss it with the share `worse`.

    `agreed` says of each rating on gold, in order, whether it was right. No share is estimated: the rate is that of
    a rater who misses as often as `usual`. Raises ValueError unless 0 < usual < worse < 1, or where the rate cannot
    be met.
    """
    how = how or Watch()
    step = run_length.bernoulli_step(usual, worse)
    missed = ~np.asarray(agreed, dtype=np.bool_)
    if len(missed) < FEWEST_WATCHED:
        why = f"{_counted(len(missed), 'rating')} on gold are too few; {FEWEST_WATCHED} are the least"
        return Drift(len(missed), chart="bernoulli", raters=how.raters, why=why)
    limit = run_length.bernoulli_limit(how.one_in, usual, step)
    held, since = 0, 1
    path, alarms = [], []
    for at, miss in enumerate(missed.tolist(), start=1):
        if held == 0:
            since = at
        held = max(0, held + (step - 1 if miss else -1))
        path.append(float(held))
        if held >= limit:
            alarms.append(Alarm(at, since, LESS_ACCURATE))
            held = 0
    return Drift(
        ratings=len(missed),
        chart="bernoulli",
        limit=float(limit),
        path=tuple(path),
        alarms=tuple(alarms),
        one_in=run_length.bernoulli(usual, step, limit),
        raters=how.raters,
        delay=run_length.bernoulli(worse, step, limit),
        mean=usual,
        method="markov chain",
        notes=(f"A steady rater misses gold in {usual:.0%} of the ratings; the chart looks for {worse:.0%}.",),
    )


def _by_known(deviations: Floats, how: Watch, mean: float, sd: float) -> Drift:
    if not sd > 0:
        raise ValueError("the standard deviation must be above 0")
    if len(deviations) < FEWEST_WATCHED:
        return Drift(len(deviations), chart=how.chart, raters=how.raters, why=_too_few(len(deviations)))
    chart = Chart(how.k, how.weight if how.chart == "ewma" else None)
    limit, _ = _for_normal(chart, how.one_in)
    if chart.weight is None:
        one_in, delay = run_length.cusum_both(how.k, limit), run_length.cusum_both(how.k, limit, 1.0)
    else:
        width = limit / run_length.ewma_limit(chart.weight, 1.0)
        one_in, delay = run_length.ewma(chart.weight, width), run_length.ewma(chart.weight, width, 1.0)
    path, alarms = _followed((deviations - mean) / sd, chart, limit, 0, how.higher)
    return Drift(
        ratings=len(deviations),
        chart=how.chart,
        limit=limit,
        path=path,
        alarms=alarms,
        one_in=one_in,
        raters=how.raters,
        delay=delay,
        mean=mean,
        sd=sd,
        method="integral equation",
        notes=("The deviations of a steady rater are taken for normal, with the mean and the spread that were given.",),
    )


def _for_normal(chart: Chart, one_in: int) -> tuple[float, float]:
    """The limit for normal deviations of known mean and spread, and the highest one that is looked for."""
    if chart.weight is None:
        return run_length.cusum_limit(one_in, chart.k), _HIGHEST_LIMIT
    return run_length.ewma_limit(chart.weight, run_length.ewma_width(one_in, chart.weight)), 0.99 * FARTHEST


def _followed(
    z: Floats, chart: Chart, limit: float, before: int, higher: str
) -> tuple[tuple[float, ...], tuple[Alarm, ...]]:
    """The chart after each deviation, and its alarms; of the two sides of a CUSUM the path shows the farther one."""
    words = (MORE_LENIENT, MORE_SEVERE) if higher == "lenient" else (MORE_SEVERE, MORE_LENIENT)
    up = down = 0.0
    since = {1: before + 1, -1: before + 1}
    path, alarms = [], []
    for at, one in enumerate(z.tolist(), start=before + 1):
        if chart.weight is None:
            since = {1: at if up == 0 else since[1], -1: at if down == 0 else since[-1]}
            up, down = max(0.0, up + one - chart.k), max(0.0, down - one - chart.k)
            farther = up if up >= down else -down
        else:
            was, up = up, (1 - chart.weight) * up + chart.weight * one
            if was * up <= 0:
                since = {1: at, -1: at}
            farther = up
        path.append(farther)
        if abs(farther) >= limit:
            rising = farther > 0
            alarms.append(Alarm(at, since[1 if rising else -1], words[0 if rising else 1]))
            up = down = 0.0
    return tuple(path), tuple(alarms)


def _too_little(deviations: Floats, how: Watch) -> str:
    """Why there is no verdict; nothing where there may be one."""
    least = how.baseline + FEWEST_WATCHED
    if len(deviations) < least:
        said = _counted(len(deviations), "rating")
        return f"{said} are too few: {how.baseline} say what is steady, and {FEWEST_WATCHED} more are the least"
    _, often = np.unique(deviations[: how.baseline], return_counts=True)
    apart = how.baseline - int(often.max())
    if apart < FEWEST_APART:
        return (
            f"in the first {how.baseline} ratings {apart} deviate from the commonest deviation, and {FEWEST_APART} are "
            "the least: watch the agreement itself"
        )
    return ""


def _too_few(ratings: int) -> str:
    return f"{_counted(ratings, 'rating')} are too few to watch; {FEWEST_WATCHED} are the least"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _neighbours(deviations: Floats) -> float:
    """The correlation of each deviation with the next."""
    centred = deviations - deviations.mean()
    return float(centred[1:] @ centred[:-1] / (centred @ centred))


def _rounded(number: float) -> int:
    """To three digits, as a rate is told."""
    return int(float(f"{number:.3g}"))
