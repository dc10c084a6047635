"""How far each rating of one rater lies from where the others, or gold, put the same item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints

ALONE: Final = "no other rater"
NO_GOLD: Final = "no gold value"
_FEWEST_AT_LEVEL = 5
_MOST_SWEEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """Signed deviations in the order of the ratings, and the place of each among the ratings that were given.

    `dropped` counts the rater's ratings that have nothing to deviate from.
    """

    values: Floats
    rows: Ints
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)


def from_panel(item: Ints, rater: Ints, value: Floats, of: int) -> Deviations:
    """The deviations of the rater `of` from the mean of the others on each item, these freed of their own severity.

    The others' levels are the additive fit of items and raters without `of`, so that neither a hard item nor who else
    rated it counts as a deviation. Where m others rated the item it is taken times √(m / (m + 1)), so that all
    deviations spread alike. With one other rater it says that two came apart, and not who moved.
    """
    own = rater == of
    freed = value - _severities(item[~own], rater[~own], value[~own], int(rater.max(initial=-1)) + 1)[rater]
    items = int(item.max(initial=-1)) + 1
    others = np.bincount(item[~own], minlength=items)
    sums = np.bincount(item[~own], freed[~own], minlength=items)
    rows = np.flatnonzero(own)
    met = rows[others[item[rows]] > 0]
    m = others[item[met]]
    values = (value[met] - sums[item[met]] / np.maximum(m, 1)) * np.sqrt(m / (m + 1))
    return Deviations(values, met, _missing(ALONE, len(rows) - len(met)))


def from_gold(rater: Ints, value: Floats, gold: Floats, of: int) -> Deviations:
    """The deviations of the rater `of` from gold, which is NaN where there is none.

    What the others deviate from the same gold value on average is taken off, if five ratings or more tell it: a gold
    value at the end of the scale can be missed on one side alone.
    """
    known = ~np.isnan(gold)
    own: Flags = rater == of
    gap = value - gold
    levels, level = np.unique(gold[known], return_inverse=True)
    others = ~own[known]
    often = np.bincount(level.reshape(-1)[others], minlength=len(levels))
    sums = np.bincount(level.reshape(-1)[others], gap[known][others], minlength=len(levels))
    usual = np.where(often >= _FEWEST_AT_LEVEL, sums / np.maximum(often, 1), 0.0)
    rows = np.flatnonzero(own & known)
    values = gap[rows] - usual[np.searchsorted(levels, gold[rows])]
    return Deviations(values, rows, _missing(NO_GOLD, int(own.sum()) - len(rows)))


def _severities(item: Ints, rater: Ints, value: Floats, raters: int) -> Floats:
    """The severities of an additive fit by least squares, item and rater means in turn; 0 for who rated nothing."""
    found = np.zeros(raters)
    if not len(item):
        return found
    items = int(item.max()) + 1
    per_item = np.maximum(np.bincount(item, minlength=items), 1)
    per_rater = np.maximum(np.bincount(rater, minlength=raters), 1)
    scale = float(np.ptp(value)) or 1.0
    for _ in range(_MOST_SWEEPS):
        levels = np.bincount(item, value - found[rater], minlength=items) / per_item
        last, found = found, np.bincount(rater, value - levels[item], minlength=raters) / per_rater
        if float(np.abs(found - last).max()) < 1e-9 * scale:
            break
    return found


def _missing(why: str, number: int) -> dict[str, int]:
    return {why: number} if number else {}
