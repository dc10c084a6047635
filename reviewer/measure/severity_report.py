"""What is said of the severity of raters: each rater, each item's adjusted score, the variances, and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Final

from reviewer.measure.arrays import Floats
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.range_use import Use

MODEL: Final = "additive mixed model, REML"


@dataclass(frozen=True, slots=True)
class Rater:
    """A rater's level against the panel: `severity` is shrunk, `fixed` is not; above 0 the values are higher.

    Both are deviations from the mean of the raters of `component`, the place of the rater's group among those that
    shared items join, and their errors are so too.
    `few` marks a rater of fewer than 5 items.
    """

    rater: str
    n: int
    component: int | None
    severity: Figure
    error: float | None
    fixed: Figure
    fixed_error: float | None
    use: Use
    few: bool

    def to_json(self) -> dict[str, Any]:
        """The rater for a program."""
        return {
            "rater": self.rater,
            "n": self.n,
            "few": self.few,
            "component": self.component,
            "severity": {**self.severity.to_json(), "se": self.error},
            "fixed": {**self.fixed.to_json(), "se": self.fixed_error},
            "range_use": self.use.slope.to_json(),
            "range_use_shrunk": self.use.shrunk.to_json(),
            "inconsistency": self.use.scatter.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Score:
    """An item's score with severity taken out: `adjusted` is the model's and shrunk, `fixed` that of least squares."""

    item: str
    n: int
    adjusted: Figure
    fixed: Figure

    def to_json(self) -> dict[str, Any]:
        """The score for a program."""
        return {"item": self.item, "n": self.n, "adjusted": self.adjusted.to_json(), "fixed": self.fixed.to_json()}


@dataclass(frozen=True, slots=True, eq=False)
class Severity:
    """What the model says of a panel; where it cannot be fitted, `why` says so and only contrasts may be there.

    `components` names the raters of each group that shared items join, `means` has a mean for each. The variances are
    those of items, of raters and of the rest, and `icc` is ICC(A,1), the items' share of their sum.
    """

    ratings: int
    items: int
    raters: tuple[Rater, ...]
    components: tuple[tuple[str, ...], ...] = ()
    means: tuple[float, ...] = ()
    variances: tuple[float, float, float] | None = None
    icc: Figure = field(default_factory=lambda: undefined("nothing was fitted"))
    scores: tuple[Score, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    why: str = ""
    alpha: float = 0.05
    free: int = 0
    contrasts: Floats | None = field(default=None, repr=False)

    def contrast(self, one: str, other: str) -> Figure:
        """How much higher `one` rates than `other` by least squares. Raises ValueError for a rater who is not there."""
        names = [rater.rater for rater in self.raters]
        at, to = names.index(one), names.index(other)
        first, second = self.raters[at], self.raters[to]
        n = min(first.n, second.n)
        if first.fixed.value is None or second.fixed.value is None or self.contrasts is None:
            return undefined(first.fixed.why or second.fixed.why or self.why, n=n)
        if first.component != second.component:
            return undefined("no chain of shared items joins the two raters", n=n)
        value = first.fixed.value - second.fixed.value
        if self.free <= 0 or first.fixed_error is None:
            return Figure(value, n=n, why=first.fixed.why)
        c = self.contrasts
        return by_t(value, sqrt(max(c[at, at] + c[to, to] - 2 * c[at, to], 0.0)), n, self.free, self.alpha)

    def to_json(self) -> dict[str, Any]:
        """The model for a program; what is undefined is null and has its `why`."""
        kinds = ("item", "rater", "residual")
        told: dict[str, Any] = {
            "model": MODEL,
            "direction": "above 0: higher values than the panel gives",
            "ratings": self.ratings,
            "items": self.items,
            "components": [list(names) for names in self.components],
            "means": list(self.means) if self.variances is not None else None,
            "variances": None if self.variances is None else dict(zip(kinds, self.variances, strict=True)),
            "icc_a_1": self.icc.to_json(),
            "raters": [one.to_json() for one in self.raters],
            "dropped": dict(self.dropped),
            "notes": list(self.notes),
        }
        if self.scores:
            told["scores"] = [one.to_json() for one in self.scores]
        return told | {"why": self.why} if self.why else told


def t_quantile(free: int, alpha: float) -> float:
    """How many standard errors an interval reaches to each side, by the t distribution."""
    from scipy.special import stdtrit

    return float(stdtrit(free, 1 - alpha / 2))


def by_t(value: float, error: float, n: int, free: int, alpha: float) -> Figure:
    """A figure with the interval of a standard error that `free` degrees of freedom tell."""
    reach = t_quantile(free, alpha) * error
    return Figure(value, value - reach, value + reach, n)
