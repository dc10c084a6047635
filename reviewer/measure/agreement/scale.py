"""Scales: the points that a value may have, how far apart two of them are, and how much agreement that leaves.

The level says what the points mean: names (nominal), an order (ordinal), or numbers (interval, ratio).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.arrays import Floats, Ints

LEVELS: Final = ("nominal", "ordinal", "interval", "ratio")
WEIGHTINGS: Final = ("identity", "linear", "quadratic", "ordinal", "ratio")
# What Gwet (2014, Handbook, ch. 3) calls the weights of each level.
OF_LEVEL: Final = dict(zip(LEVELS, ("identity", "ordinal", "quadratic", "ratio"), strict=True))
MOST_POINTS: Final = 1000

_SHOWING = 5000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_RANGE = re.compile(r"\s*([+-]?\d+)\s*(?:-|\.\.|–)\s*([+-]?\d+)\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """The points from the lowest up; `numbers` are their values where all of them have one.

    `seen` says that the points are the values that were given, and not those that could have been.
    """

    level: str
    points: tuple[str, ...]
    numbers: Floats | None
    seen: bool

    def __len__(self) -> int:
        return len(self.points)

    @property
    def ordered(self) -> bool:
        """Whether one point is above another."""
        return self.level != "nominal"

    @property
    def spots(self) -> Floats:
        """Where the points lie: their numbers, or on an ordinal scale their places in the order."""
        if self.level in ("interval", "ratio") and self.numbers is not None:
            return self.numbers
        return np.arange(len(self.points), dtype=np.float64)

    @property
    def values(self) -> list[str | int | float]:
        """The points for a program: numbers where they are numbers."""
        if self.numbers is None:
            return list(self.points)
        return [int(one) if one.is_integer() else one for one in self.numbers.tolist()]

    def between(self, a: Floats, b: Floats) -> Floats:
        """The distances of two points by their spots (Krippendorff 2019, ch. 12), at every level but the ordinal."""
        if self.level == "nominal":
            differ: Floats = (a != b).astype(np.float64)
            return differ
        gap = a - b
        if self.level == "ratio":
            both = a + b
            gap = np.divide(gap, both, out=np.zeros_like(gap), where=both > 0)
        squares: Floats = np.square(gap)
        return squares

    def weights(self, kind: str) -> Floats:
        """How much two points agree, from 0 to 1 (Cohen 1968; Gwet 2014, ch. 3). Raises ValueError for no such kind."""
        points = len(self.points)
        if kind == "identity" or points == 1:
            return np.eye(points)
        spots = self.spots
        if kind == "ordinal":
            spots = np.arange(points, dtype=np.float64)
        apart = np.abs(spots[:, None] - spots[None, :])
        if kind == "linear":
            lost = apart
        elif kind == "quadratic":
            lost = np.square(apart)
        elif kind == "ordinal":
            lost = apart * (apart + 1)
        elif kind == "ratio":
            sums = spots[:, None] + spots[None, :]
            lost = np.square(np.divide(apart, sums, out=np.zeros_like(apart), where=sums > 0))
        else:
            raise ValueError(f"no weights are called {kind}")
        most = lost[0, -1]
        weights: Floats = 1 - lost / most if most > 0 else np.eye(points)
        return weights


def number(text: str) -> float | None:
    """The number that a cell holds, None if it holds none."""
    return float(text) if _NUMBER.fullmatch(text) and abs(float(text)) < float("inf") else None


def canonical(text: str) -> str:
    """The cell as it is compared: a number in one way of writing, anything else as it stands."""
    value = number(text)
    if value is None:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def parse_scale(text: str) -> tuple[str, ...]:
    """The points of `1-6` or `low,mid,high`. Raises WrongUsage for what is neither."""
    if (ends := _RANGE.fullmatch(text)) is not None:
        low, high = int(ends[1]), int(ends[2])
        if not 0 < high - low < MOST_POINTS:
            said = f"the scale {text!r} does not rise" if high <= low else f"the scale {text!r} has too many points"
            raise WrongUsage(f"{said}.", mend=f"Name the lowest and the highest of at most {MOST_POINTS:,}: 1-6.")
        return tuple(str(one) for one in range(low, high + 1))
    points = tuple(canonical(one.strip()) for one in text.split(","))
    if len(points) < 2 or not all(points) or len(set(points)) < len(points) or len(points) > MOST_POINTS:
        raise WrongUsage(
            f"the scale {text[:60]!r} does not name two or more different points.",
            mend="Write it as 1-6, or name the points from the lowest up: low,mid,high.",
        )
    return points


def distinct(values: Floats) -> tuple[Floats, Ints]:
    """The distinct numbers in order, and each number's place among them; fast where the first ones show them all."""
    found = np.unique(values[:_SHOWING])
    place = np.searchsorted(found, values)
    if len(found) and (found[np.minimum(place, len(found) - 1)] == values).all():
        return found, place.astype(np.int64, copy=False)
    found, place = np.unique(values, return_inverse=True)
    return found, place.reshape(-1).astype(np.int64, copy=False)


def scale_of(seen: Iterable[str], level: str | None, points: Sequence[str] | None) -> Scale:
    """The scale for values as given, in canonical writing; without `points` it has the values that were seen.

    Raises WrongUsage where the level asks for an order, for numbers or for no negative ones, and they are not there.
    """
    values = list(dict.fromkeys(seen))
    numbers = {value: number(value) for value in values}
    texts = [value for value, is_number in numbers.items() if is_number is None]
    chosen = level or ("nominal" if texts else "ordinal")
    if chosen not in LEVELS:
        raise WrongUsage(f"there is no level {chosen!r}.", mend=f"Name one of {', '.join(LEVELS)}.")
    only_seen = points is None
    if points is None:
        points = sorted(values) if texts else sorted(values, key=float)
        if texts and chosen == "ordinal":
            raise WrongUsage(
                f"the ordinal level needs an order, and {texts[0][:60]!r} is no number.",
                mend="Name the points from the lowest up, --scale low,mid,high, or take --level nominal.",
            )
    known = [number(point) for point in points]
    found = np.array([one for one in known if one is not None]) if None not in known else None
    if chosen in ("interval", "ratio") and found is None:
        stray = next(point for point in points if number(point) is None)
        raise WrongUsage(
            f"the {chosen} level needs numbers, and {stray[:60]!r} is none.",
            mend="Take --level nominal, or name the numbers that count: --scale 1-6.",
        )
    if found is not None and chosen != "nominal" and (np.diff(found) <= 0).any():
        raise WrongUsage("the points of the scale do not rise.", mend="Name them from the lowest up: 1,2,3.")
    if chosen == "ratio" and found is not None and found.min() < 0:
        raise WrongUsage(
            f"the ratio level needs numbers from 0 up, and {found.min():g} is below.", mend="Take --level interval."
        )
    return Scale(chosen, tuple(points), found, only_seen)
