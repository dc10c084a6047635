"""What is said of agreement, criterion by criterion: the measures, the pairs, who and what costs most, and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.large_sample import LargeSample
from reviewer.measure.agreement.scale import LEVELS, WEIGHTINGS, Scale
from reviewer.measure.figure import Figure
from reviewer.measure.reported import Reported, check_resampling

MEASURES: Final = (
    "percent_agreement",
    "cohen_kappa",
    "cohen_kappa_linear",
    "cohen_kappa_quadratic",
    "fleiss_kappa",
    "scott_pi",
    "conger_kappa",
    "brennan_prediger",
    "gwet_ac1",
    "gwet_ac2",
    "krippendorff_alpha",
    "icc_1_1",
    "icc_2_1",
    "icc_3_1",
    "icc_1_k",
    "icc_2_k",
    "icc_3_k",
    "kendall_w",
    "spearman",
    "pearson",
    "kendall_tau",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure agreement; raises WrongUsage for what makes no sense.

    Without `level` numbers are ordinal and texts nominal; without `points` the scale is what was seen. `weights` are
    those of AC2, by the level where they are left out. `width` is the interval that is wanted.
    """

    level: str | None = None
    points: tuple[str, ...] | None = None
    weights: str | None = None
    rounds: int = 1000
    seed: int = 0
    alpha: float = 0.05
    width: float | None = None
    criteria: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.level is not None and self.level not in LEVELS:
            raise WrongUsage(f"there is no level {self.level!r}.", mend=f"Name one of {', '.join(LEVELS)}.")
        if self.weights is not None and self.weights not in WEIGHTINGS:
            raise WrongUsage(f"there are no weights {self.weights!r}.", mend=f"Name one of {', '.join(WEIGHTINGS)}.")
        check_resampling(self.rounds, self.seed, self.alpha)
        if self.width is not None and not 0 < self.width < 2:
            raise WrongUsage("the width of an interval must lie between 0 and 2.", mend="Say --width 0.1.")
        if self.width is not None and not self.rounds:
            raise WrongUsage("without rounds there is no interval to narrow.", mend="Leave --rounds 0 out.")

    def to_json(self) -> dict[str, Any]:
        """The settings for a program."""
        return {
            "level": self.level,
            "points": None if self.points is None else list(self.points),
            "weights": self.weights,
            "rounds": self.rounds,
            "seed": self.seed,
            "alpha": self.alpha,
            "width": self.width,
        }


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two raters on the items that both rated; a figure that is None has its reason in `why`."""

    raters: tuple[str, str]
    items: int
    figures: Mapping[str, float | None]
    why: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        told: dict[str, Any] = {"raters": list(self.raters), "items": self.items, **self.figures}
        return told | {"why": dict(self.why)} if self.why else told


@dataclass(frozen=True, slots=True)
class WithoutRater:
    """The measures of the panel without one rater; None where they are undefined then."""

    rater: str
    figures: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        return {"rater": self.rater, **self.figures}


@dataclass(frozen=True, slots=True)
class CostlyItem:
    """An item, its ratings, its share of all disagreement, and alpha without it."""

    item: str
    ratings: Mapping[str, str]
    share: float
    alpha_without: float | None

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        return {
            "item": self.item,
            "ratings": dict(self.ratings),
            "share": self.share,
            "alpha_without": self.alpha_without,
        }


@dataclass(frozen=True, slots=True)
class Contingency:
    """How often two raters gave which two points; rows are those of the first rater."""

    raters: tuple[str, str]
    points: tuple[str, ...]
    counts: list[list[int]]

    def to_json(self) -> dict[str, Any]:
        """The table for a program."""
        return {"raters": list(self.raters), "points": list(self.points), "counts": self.counts}


@dataclass(frozen=True, slots=True)
class Prevalence:
    """How the ratings fall on the points: shares over the rated items, each with as much to say.

    `split` is the number of items whose ratings are not all the same.
    """

    shares: Mapping[str, float]
    unused: tuple[str, ...]
    split: int

    @property
    def modal(self) -> tuple[str, float]:
        """The commonest point and its share."""
        return max(self.shares.items(), key=lambda one: one[1])

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {"shares": dict(self.shares), "unused": list(self.unused), "split_items": self.split}


@dataclass(frozen=True, slots=True)
class Plan:
    """How many items, fixed beforehand, would make an interval as narrow as wanted, panel and spread as they are."""

    width: float
    now: float
    items: int
    needed: int

    def to_json(self) -> dict[str, Any]:
        """The plan for a program."""
        more = max(0, self.needed - self.items)
        return {"wanted": self.width, "now": self.now, "items": self.items, "needed": self.needed, "more": more}


@dataclass(slots=True)
class Report:
    """The agreement under one criterion."""

    scale: Scale
    items: int
    raters: tuple[str, ...]
    ratings: int
    missing: int
    weights: str
    measures: dict[str, Figure]
    prevalence: Prevalence
    pairs: list[PairRow] = field(default_factory=list)
    raters_out: list[WithoutRater] = field(default_factory=list)
    contingency: Contingency | None = None
    costly_items: list[CostlyItem] = field(default_factory=list)
    costly_rater: str | None = None
    plans: dict[str, Plan] = field(default_factory=dict)
    large_sample: dict[str, LargeSample] = field(default_factory=dict)
    weighted: dict[str, dict[str, float | None]] = field(default_factory=dict)
    methods: dict[str, str] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "level": self.scale.level,
            "scale": "seen" if self.scale.seen else self.scale.values,
            "points": self.scale.values,
            "items": self.items,
            "raters": len(self.raters),
            "ratings": self.ratings,
            "missing": self.missing,
            "measures": {name: self.measures[name].to_json() for name in MEASURES},
            "pairs": [one.to_json() for one in self.pairs],
            "raters_out": [one.to_json() for one in self.raters_out],
            "explain": {
                "contingency": None if self.contingency is None else self.contingency.to_json(),
                "items": [one.to_json() for one in self.costly_items],
                "rater": self.costly_rater,
                "prevalence": self.prevalence.to_json(),
                "width": {name: plan.to_json() for name, plan in self.plans.items()},
                "gwet_ac2_weights": self.weights,
                "weighted": self.weighted,
                "large_sample": {name: one.to_json() for name, one in self.large_sample.items()},
                "intervals": self.methods,
            },
            "dropped": dict(self.dropped),
            "notes": list(self.notes),
        }


class Agreement(Reported[Report, Settings]):
    """The reports by criterion, the settings, and the rows that were no ratings, by reason."""

    __slots__ = ()
