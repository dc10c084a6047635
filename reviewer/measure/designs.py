"""Which items a sample takes: the chance of each, a draw that keeps these chances, and what is left of it unanswered.

Shapes: every array is one-dimensional, one entry an item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reviewer.measure.arrays import Flags, Floats, Ints

_SURE = 1 - 1e-9
"""From here on a chance is one: what is less is rounding."""

Allocation = Literal["proportional", "equal"]
"""Whether strata share a sample by their sizes, or each gets as much as the others."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answered part of a sample: the chances of the answered, made smaller so that they speak for the silent of
    their stratum, and the counts. `silent_strata` had no answer at all: others speak for them."""

    chances: Floats
    selected: int
    labelled: int
    silent_strata: int

    @property
    def unanswered(self) -> int:
        return self.selected - self.labelled

    @property
    def share(self) -> float:
        """The share that has a label; NaN where nothing was selected."""
        return self.labelled / self.selected if self.selected else float("nan")


def inclusion_probabilities(
    suspicion: Floats,
    n: float,
    *,
    floor: float = 0.2,
    certain: Flags | None = None,
    strata: Ints | None = None,
    allocation: Allocation = "proportional",
) -> Floats:
    """The chance of each item to be among n: in part by suspicion, in part (`floor`, tau) the same for all.

    (1 − tau) u n / sum u + tau n / N (Zrnic and Candes 2024), none above 1, what is cut off there given to the rest in
    proportion, so that the sum is n. `certain` items have 1, and the rest share what is left. With `strata` (0 … S − 1)
    each of them has its part of n, which need not be whole, and the rule holds within it. Every chance is above 0, and
    all are 1 where n is not below the number of items. Raises ValueError for suspicion that is negative or not finite,
    a floor outside 0 … 1 or 0, an n not above 0, and an n that the certain items leave nothing of.
    """
    items = len(suspicion)
    if not 0 < floor <= 1 or not n > 0:
        raise ValueError("the floor is a share above 0, and so is the number")
    if not np.isfinite(suspicion).all() or (items and float(suspicion.min()) < 0):
        raise ValueError("suspicion is finite, and 0 at least")
    if n >= items:
        return np.ones(items)
    chances = np.ones(items)
    open_items = np.arange(items) if certain is None else np.flatnonzero(~certain)
    left = n - (items - len(open_items))
    if left <= 0:
        raise ValueError("the certain items leave nothing for the rest")
    if strata is None:
        chances[open_items] = _chances(suspicion[open_items], left, floor)
        return chances
    group = strata[open_items]
    sizes = np.bincount(group)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(sizes)
    for size, end, part in zip(sizes, ends, allocate(sizes, left, allocation), strict=True):
        if size:
            places = open_items[order[end - size : end]]
            chances[places] = _chances(suspicion[places], float(part), floor)
    return chances


def allocate(sizes: Ints, n: float, allocation: Allocation = "proportional") -> Floats:
    """How much of n each stratum gets, as a real number: none more than it has items, and none with items nothing."""
    total = float(sizes.sum())
    if n >= total:
        return sizes.astype(np.float64)
    if allocation == "proportional":
        return sizes.astype(np.float64) * (n / total)
    filled = np.sort(sizes[sizes > 0]).astype(np.float64)
    # The level up to which strata are filled, as water is: the small ones are full, the rest are equal.
    before = np.concatenate([[0.0], np.cumsum(filled)[:-1]])
    levels = (n - before) / np.arange(len(filled), 0, -1)
    return np.minimum(sizes.astype(np.float64), float(levels[np.argmax(levels <= filled)]))


def _chances(suspicion: Floats, n: float, floor: float) -> Floats:
    items = len(suspicion)
    if n >= items:
        return np.ones(items)
    whole = float(suspicion.sum())
    wanted = np.full(items, n / items)
    if whole > 0 and np.isfinite(whole):
        wanted = (1 - floor) * n * (suspicion / whole) + floor * n / items
    order = np.argsort(-wanted, kind="stable")
    falling = wanted[order]
    # tails[k] is what all but the k largest wish for; k of these are sure as soon as no other is above 1.
    tails = np.cumsum(falling[::-1])[::-1]
    counts = np.arange(items)
    fits = (n - counts) * falling <= tails
    sure = int(np.argmax(fits))
    chances = np.empty(items)
    chances[order[:sure]] = 1.0
    chances[order[sure:]] = np.minimum(1.0, falling[sure:] * ((n - sure) / float(tails[sure])))
    return chances


def draw(chances: Floats, seed: int, *, strata: Ints | None = None) -> Ints:
    """The places of a sample in rising order, in which each item is with just its chance, and of a fixed size.

    Systematic sampling in random order (Madow 1949, Ann. Math. Statist. 20; Hartley and Rao 1962, Ann. Math. Statist.
    33): items are laid end to end, each as long as its chance, and every whole step from a random start takes one. With
    `strata` the items of each lie together, so that the number from it is within one of its expected number. The size
    is the sum of the chances. Raises ValueError where that is no whole number, or a chance is outside 0 … 1.
    """
    if len(chances) and not (float(chances.min()) > 0 and float(chances.max()) <= 1):
        raise ValueError("a chance lies above 0, and is 1 at most")
    sure = np.flatnonzero(chances >= _SURE)
    free = np.flatnonzero(chances < _SURE)
    size = float(chances[free].sum())
    steps = round(size)
    if abs(size - steps) > 1e-6 * max(1.0, size):
        raise ValueError("the chances add up to a whole number")
    if not steps:
        return sure
    # Raw doubles of PCG64 and not `permutation`, whose stream numpy may change (NEP 19).
    random = np.random.Generator(np.random.PCG64(seed))
    lots = random.random(len(free))
    if strata is None:
        order = np.argsort(lots, kind="stable")
    else:
        group = strata[free]
        of_groups = random.random(int(group.max()) + 1)
        order = np.lexsort((lots, of_groups[group]))
    ends = np.cumsum(chances[free][order])
    ends *= steps / ends[-1]
    while True:
        points = random.random() + np.arange(steps)
        taken = np.minimum(np.searchsorted(ends, points, side="right"), len(free) - 1)
        # Rounding may stretch a chance of almost 1 over two points: then another start is drawn.
        if (np.diff(taken) > 0).all():
            return np.sort(np.concatenate([sure, free[order[taken]]]))


def answered(chances: Floats, labelled: Flags, strata: Ints | None = None) -> Answered:
    """The chances of the labelled of a sample, less by the share (by weight) of their stratum that has no label.

    `chances`, `labelled` and `strata` are of the selected items. This holds where within a stratum those without a
    label are as the others (weighting classes: Särndal, Swensson and Wretman 1992, chapter 15). A stratum without any
    label is spoken for by all the others.
    """
    if not len(chances) == len(labelled) or (strata is not None and len(strata) != len(chances)):
        raise ValueError("each selected item has a chance, and is labelled or not")
    selected, count = len(chances), int(labelled.sum())
    if not count:
        return Answered(
            np.zeros(0), selected, 0, 0 if not selected else 1 if strata is None else len(np.unique(strata))
        )
    group = np.zeros(selected, dtype=np.int64) if strata is None else np.unique(strata, return_inverse=True)[1]
    weights = 1 / chances
    all_weight = np.bincount(group, weights)
    told_weight = np.bincount(group, weights * labelled)
    silent = told_weight == 0
    share = np.divide(told_weight, all_weight, out=np.zeros_like(all_weight), where=~silent)
    heard = float(all_weight[~silent].sum())
    share *= heard / float(all_weight.sum())
    adjusted = chances[labelled] * share[group[labelled]]
    return Answered(np.minimum(1.0, adjusted), selected, count, int(silent.sum()))
