"""How far each rating of one rater lies from where the others put the same item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from reviewer.measure.arrays import Floats, Ints

ALONE: Final = "no other rater"
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
