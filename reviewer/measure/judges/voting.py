"""A vote among judges, each with a weight: ties are named and never broken, and no answer is no vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Flags, Floats, Ints

_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """How a jury voted: `tally` (items, points) of weights; `value` is −1 where points tie or nobody answered.

    `share` is what the leading point has of all weight that was given, NaN where there was none.
    """

    tally: Floats
    leaders: Flags
    value: Ints
    share: Floats

    def credit(self, gold: Ints) -> Floats:
        """How right each item is: 1, 0, or a k-th where the right point is one of k that tie; none is 0."""
        hit = self.leaders[np.arange(len(gold)), gold]
        return np.where(hit, 1 / np.maximum(self.leaders.sum(axis=1), 1), 0.0)

    def sureness(self, fewest: int = 1, given: Ints | None = None) -> Floats:
        """The share by which a jury abstains: NaN where points tie, or fewer judges answered than `fewest`."""
        few = np.zeros(len(self.value), dtype=np.bool_) if given is None else given < fewest
        return np.where((self.value < 0) | few, np.nan, self.share)


def voted(answers: Ints, points: int, weights: Floats | None = None) -> Votes:
    """The vote of a jury (items, judges), −1 for no answer. Raises WrongUsage for weights that are not one a judge, or
    below 0."""
    items, judges = answers.shape
    weight = np.ones(judges) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (judges,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise WrongUsage("there must be one weight from 0 up for each judge.", mend="Leave the weights out.")
    tally = np.zeros((items, points))
    row, judge = np.nonzero(answers >= 0)
    np.add.at(tally, (row, answers[row, judge]), weight[judge])
    return of_tally(tally)


def of_tally(tally: Floats) -> Votes:
    """The vote that a tally (items, points) comes to."""
    total, most = tally.sum(axis=1), tally.max(axis=1, initial=0.0)
    leaders = (tally >= most[:, None] - _NEAR) & (total > 0)[:, None]
    value = np.where(leaders.sum(axis=1) == 1, leaders.argmax(axis=1), -1).astype(np.int64)
    return Votes(tally, leaders, value, ratio(most, total))
