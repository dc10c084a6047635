"""Votes as counts: by the pair as it was shown and the outcome, item by item, and resamples of the items.

An edge is a pair of systems with a first and a second place; its three outcomes are that the first won, the second
won, or a tie. Both-bad votes say nothing of the two against each other and are not counted here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviewer.measure.arrays import Floats, Ints, compacted
from reviewer.measure.votes import BOTH_BAD, TIE, Votes

_WON_FIRST, _WON_SECOND, _TIED = 0, 1, 2
_WEIGHTS_AT_ONCE = 8_000_000
_EXACT_IN_SINGLE = 2**24


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The ordered pairs of systems that were compared."""

    systems: int
    first: Ints
    second: Ints

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True, slots=True, eq=False)
class ItemCounts:
    """Counts of the outcomes on each edge: their total, and a sparse row for each kind of item.

    `units` holds a row an item, or a row for each distinct row, which then stands for `repeats` items.
    """

    edges: Edges
    total: Floats
    units: Any
    repeats: Ints
    items: int

    def resamples(self, rng: np.random.Generator, rounds: int) -> Iterator[Floats]:
        """Counts (rounds at once, edges, 3) of as many items drawn with replacement (Efron & Tibshirani 1993)."""
        longest = max(len(self.repeats), 3 * len(self.edges))
        at_once = int(max(1, min(rounds, 128, _WEIGHTS_AT_ONCE // longest)))
        kind = np.float32 if self.total.sum() < _EXACT_IN_SINGLE else np.float64
        by_cell = self.units.astype(kind).T
        for begin in range(0, rounds, at_once):
            weights = self._drawn(rng, min(at_once, rounds - begin), kind)
            counts = by_cell @ weights
            yield np.ascontiguousarray(counts.T, dtype=np.float64).reshape(counts.shape[1], len(self.edges), 3)

    def weighted(self, weights: Floats) -> Floats:
        """Counts (rounds, edges, 3) of given resamples; `weights` (rounds, units) says how often each was drawn."""
        counts: Floats = np.asarray((self.units.T @ weights.T).T, dtype=np.float64)
        return counts.reshape(len(weights), len(self.edges), 3)

    def _drawn(self, rng: np.random.Generator, rounds: int, kind: type[np.floating[Any]]) -> NDArray[Any]:
        if len(self.repeats) < self.items:
            drawn = rng.multinomial(self.items, self.repeats / self.items, size=rounds)
            return np.ascontiguousarray(drawn.T, dtype=kind)
        weights = np.empty((rounds, self.items), dtype=kind)
        for row in weights:
            row[:] = np.bincount(rng.integers(0, self.items, self.items), minlength=self.items)
        return np.ascontiguousarray(weights.T)


def count(votes: Votes, *, as_shown: bool, grouped: bool = True) -> ItemCounts:
    """The counts of the votes; `as_shown` keeps the two orders of a pair apart. Without items each vote is one.

    `grouped` lets equal items share a row, where that makes resampling cheaper.
    """
    from scipy.sparse import coo_array

    counted = votes.winner != BOTH_BAD
    first = votes.first[counted].astype(np.int64)
    second = votes.second[counted].astype(np.int64)
    tied = votes.winner[counted] == TIE
    outcome = np.where(tied, _TIED, np.where(votes.first_won[counted], _WON_FIRST, _WON_SECOND))
    if not as_shown:
        turned = first > second
        first, second = np.where(turned, second, first), np.where(turned, first, second)
        outcome = np.where(turned & ~tied, 1 - outcome, outcome)
    systems = len(votes.systems)
    pairs, edge = compacted(first * systems + second, systems * systems)
    edges = Edges(systems, pairs // systems, pairs % systems)
    cell = edge * 3 + outcome
    cells = 3 * len(edges)
    total = np.bincount(cell, minlength=cells).astype(np.float64).reshape(len(edges), 3)
    if votes.item is None:
        units, repeats = _of_single_votes(total)
        items = len(cell)
        if not grouped:
            units = coo_array((np.ones(items), (np.arange(items), cell)), shape=(items, cells)).tocsr()
            repeats = np.ones(items, dtype=np.int64)
        return ItemCounts(edges, total, units, repeats, items)
    present, item = compacted(votes.item.codes[counted].astype(np.int64), len(votes.item.names))
    items = len(present)
    units = coo_array((np.ones(len(cell)), (item, cell)), shape=(items, cells)).tocsr()
    repeats = np.ones(items, dtype=np.int64)
    if grouped and items:
        kinds, often = _kinds(units)
        # Below that, drawing the items one by one costs less than drawing so many multinomial cells.
        if len(kinds) * 16 <= items:
            units, repeats = units[kinds], often
    return ItemCounts(edges, total, units, repeats, items)


def _of_single_votes(total: Floats) -> tuple[Any, Ints]:
    from scipy.sparse import coo_array

    flat = total.reshape(-1)
    cells = np.flatnonzero(flat)
    ones = coo_array((np.ones(len(cells)), (np.arange(len(cells)), cells)), shape=(len(cells), len(flat)))
    return ones.tocsr(), flat[cells].astype(np.int64)


def _kinds(units: Any) -> tuple[Ints, Ints]:
    """One row for each distinct row, and how often it stands there; told apart by a sum of random 64-bit numbers."""
    marks = np.random.default_rng(1).integers(0, 2**64, units.shape[1], dtype=np.uint64)
    signature = units.astype(np.uint64) @ marks
    _, kinds, often = np.unique(signature, return_index=True, return_counts=True)
    return kinds.astype(np.int64), often.astype(np.int64)
