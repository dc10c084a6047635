"""Two versions of a judge held to the same people on the same items: what the difference is, and whether it is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reviewer.measure.arrays import Ints
from reviewer.measure.judges.beside import Beside
from reviewer.measure.judges.cells import Meeting
from reviewer.measure.judges.compared import Compared, Correctness, compared_correctness, compared_statistic
from reviewer.measure.judges.resampling import How, known


@dataclass(frozen=True, slots=True)
class Versions:
    """How often each version is right, in both readings of abstentions, and every other figure on what both answered.

    `changed` is the number of items that the versions answered differently.
    """

    correctness: Correctness
    figures: Mapping[str, Compared]
    changed: int

    def to_json(self) -> dict[str, Any]:
        """The comparison for a program."""
        return {
            "correctness": self.correctness.to_json(),
            "figures": {name: one.to_json() for name, one in self.figures.items()},
            "changed": self.changed,
        }


def compared_versions(
    first: Beside, second: Beside, by: str = "majority", *, clusters: Ints | None = None, how: How | None = None
) -> Versions:
    """The second version against the first, by one reference, that of the first.

    Raises ValueError where the two are not of the same items and the same scale, WrongUsage for no such reference.
    """
    how = how or How()
    if list(first.items) != list(second.items) or first.scale.points != second.scale.points:
        raise ValueError("the versions must be of the same items on the same scale")
    reference = first.reference(by)
    meant = np.flatnonzero(reference >= 0)
    group = None if clusters is None else clusters[meant]
    columns = [
        np.where(one.judge[meant] >= 0, (one.judge[meant] == reference[meant]).astype(np.float64), np.nan)
        for one in (first, second)
    ]
    told = compared_correctness(columns[0], columns[1], clusters=group, how=how)
    both = meant[(first.judge[meant] >= 0) & (second.judge[meant] >= 0)]
    changed = int((first.judge[both] != second.judge[both]).sum())
    if not len(both):
        return Versions(told, {}, changed)
    meeting = Meeting([(one.judge[both], reference[both]) for one in (first, second)], first.scale)
    features = [meeting.features(at, len(both), np.arange(len(both))) for at in (0, 1)]
    one, other = (part if isinstance(part, np.ndarray) else part.toarray() for part in features)
    found = compared_statistic(
        one,
        other,
        meeting.figures,
        meeting.names,
        clusters=None if clusters is None else clusters[both],
        how=how,
        dropped=known(not_answered_by_both_versions=len(meant) - len(both)),
    )
    # How often a version is right has tests of its own.
    found["accuracy"] = told.answered
    return Versions(told, found, changed)
