"""A figure with its interval, its n and what was left out: the only shape in which a statistic leaves this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A value that is None where it is undefined, and then `why` says so; `dropped` counts what `n` leaves out.

    A value without limits is one whose interval is undefined; `why` then speaks of the interval.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """The figure for a program."""
        told: dict[str, Any] = {"value": self.value, "low": self.low, "high": self.high, "n": self.n}
        if self.dropped:
            told["dropped"] = dict(self.dropped)
        if self.why:
            told["why"] = self.why
        return told


def undefined(why: str, *, n: int = 0, dropped: Mapping[str, int] | None = None) -> Figure:
    """A figure that has no value, and the reason."""
    return Figure(None, n=n, dropped=dropped or {}, why=why)
