"""What a panel's ratings come to without a person who decides: one verdict an item, ties named and never broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure

Point = str | int | float
NO_RATING: Final = "nobody rated it"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands for the ratings of an item; where it has no value, `tied` names the points that tie, or `why` says.

    `support` is the share of the ratings, or the posterior, of the value or of each tied point; `spread` says how far
    apart the ratings lie. With a value, `why` speaks of the spread.
    """

    item: str
    value: Point | None
    n: int
    support: float | None = None
    spread: float | None = None
    tied: tuple[Point, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """How often a rater gives what was found to be true: accuracy, and a row a true point, a column a given one."""

    rater: str
    n: int
    accuracy: Figure
    confusion: tuple[tuple[float, ...], ...] | None = None
    worse_than_chance: bool = False

    def to_json(self) -> dict[str, Any]:
        """The skill for a program."""
        told: dict[str, Any] = {
            "rater": self.rater,
            "n": self.n,
            "accuracy": self.accuracy.to_json(),
            "confusion": None if self.confusion is None else [list(row) for row in self.confusion],
            "worse_than_chance": self.worse_than_chance,
        }
        return told if self.confusion is not None else told | {"why": self.accuracy.why}


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """The verdicts by one method, told in `words`; refused as a whole where `why` says so.

    `support` and `spread` say what these two are of each verdict, empty where the method has none. Dawid-Skene has
    `skills`, the share of each point in `prevalence`, and `posterior`: a row an item, a column a point.
    """

    method: str
    words: str
    points: tuple[Point, ...]
    verdicts: tuple[Verdict, ...]
    support: str = ""
    spread: str = ""
    warnings: tuple[str, ...] = ()
    why: str = ""
    skills: tuple[Skill, ...] = ()
    prevalence: tuple[float, ...] = ()
    posterior: Floats | None = field(default=None, repr=False)
    rounds: int = 0
    log_likelihood: float | None = None

    @property
    def tied(self) -> int:
        """How many items are tied."""
        return sum(1 for one in self.verdicts if one.tied)

    @property
    def undecided(self) -> int:
        """How many items have no value, the tied ones among them."""
        return sum(1 for one in self.verdicts if one.value is None)

    def to_json(self) -> dict[str, Any]:
        """The consensus for a program; what is undefined is null and has its `why`."""
        told: dict[str, Any] = {
            "method": self.method,
            "words": self.words,
            "points": list(self.points),
            "items": [self._told(one) for one in self.verdicts],
            "tied": self.tied,
            "undecided": self.undecided,
            "warnings": list(self.warnings),
        }
        if self.spread:
            told["spread"] = self.spread
        if self.skills:
            told["prevalence"] = list(self.prevalence)
            told["raters"] = [one.to_json() for one in self.skills]
            told["rounds"] = self.rounds
            told["log_likelihood"] = self.log_likelihood
        return told | {"why": self.why} if self.why else told

    def _told(self, one: Verdict) -> dict[str, Any]:
        told: dict[str, Any] = {"item": one.item, "value": one.value, "n": one.n, "tied": list(one.tied)}
        if self.support:
            told[self.support] = one.support
        if self.spread:
            told["spread"] = one.spread
        return told | {"why": one.why} if one.why else told


def leading(
    items: Sequence[str], points: Sequence[Point], n: Ints, of: Ints, which: Ints, support: Floats
) -> tuple[Verdict, ...]:
    """Verdicts from the items `of` which the points `which` lead, in the order of the items; more than one are tied."""
    bounds = np.searchsorted(of, np.arange(len(items) + 1)).tolist()
    leaders = which.tolist()
    found = []
    for at, (name, number, held) in enumerate(zip(items, n.tolist(), support.tolist(), strict=True)):
        ahead = tuple(points[one] for one in leaders[bounds[at] : bounds[at + 1]])
        if not number:
            found.append(Verdict(name, None, 0, why=NO_RATING))
        elif len(ahead) == 1:
            found.append(Verdict(name, ahead[0], number, held))
        else:
            found.append(Verdict(name, None, number, held, tied=ahead, why=f"{len(ahead)} points are tied"))
    return tuple(found)


def check_codes(code: Ints, names: Sequence[Any]) -> None:
    """Raises ValueError where a code is no place in `names`."""
    if len(code) and not 0 <= int(code.min()) <= int(code.max()) < len(names):
        raise ValueError("a code names nothing")
