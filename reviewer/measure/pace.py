"""How long a rater takes over a label: the median, and the quartiles between which half of the labels lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewer.measure.arrays import Codes, Ints


@dataclass(frozen=True, slots=True)
class Pace:
    """Active seconds a label. `untimed` counts the labels that know no time; without another there is no figure."""

    rater: str
    labels: int
    median: float | None
    low: float | None
    high: float | None
    untimed: int

    def to_json(self) -> dict[str, Any]:
        """The pace for a program."""
        told: dict[str, Any] = {
            "rater": self.rater,
            "labels": self.labels,
            "median_seconds": self.median,
            "quartiles": [self.low, self.high],
            "untimed": self.untimed,
        }
        if self.median is None:
            told["why"] = "no label of theirs knows its time"
        return told


def paces(names: Mapping[int, str], rater: Codes, milliseconds: Ints) -> list[Pace]:
    """The pace of each rater in `names`, by one time a label; a time of 0 is one that nobody took."""
    found = []
    for code, name in names.items():
        mine = milliseconds[rater == code]
        timed = mine[mine > 0] / 1000
        low, median, high = np.quantile(timed, [0.25, 0.5, 0.75]).tolist() if len(timed) else (None, None, None)
        found.append(Pace(name, len(timed), median, low, high, len(mine) - len(timed)))
    return found
