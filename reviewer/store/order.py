"""A rater's own order over a queue: computed from the queue's seed, or dealt and kept place by place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal, Protocol

from reviewer.blinding import Permutation, order_key
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("order")
_dealt = statements("dealing")

Way = Literal["drawn", "turn", "open", "planned"]
"""How a queue gives its tasks out. `drawn`: places are computed. `planned`: places are written for all raters ahead.
`open`: dealt one by one as raters come. `turn`: dealt one by one too, in the drawn order, with hidden tasks in it."""


def way_of(kind: str, settings: Mapping[str, Any]) -> Way:
    """How a queue of that kind and with these settings gives its tasks out."""
    if settings.get("order") == "planned" and settings.get("raters"):
        return "planned"
    if kind != "rating":
        return "open"
    return "turn" if settings.get("repeats") or settings.get("gold") else "drawn"


class Order(Protocol):
    """Places in a rater's order against positions in the queue."""

    def position(self, seq: int) -> int:
        """The task's position at place `seq`. Raises IndexError outside the order."""

    def seq(self, position: int) -> int:
        """The place at which the rater meets the task at `position`. Raises IndexError where they do not."""


class RaterOrder:
    """Places 0 … size-1 in a rater's order, against the positions of the queue's published batches.

    Each batch is permuted within itself under a key of its own, so that what is imported later comes after. Positions
    between batches belong to hidden repeats, which have no place here.
    """

    def __init__(self, batches: Sequence[tuple[int, int]], seed: str, rater: str, *, shuffle: bool) -> None:
        self.batches = tuple(batches)
        self._firsts = [first for first, _ in batches]
        self._starts = [0, *accumulate(size for _, size in batches)]
        self._drawn = (
            [Permutation(order_key(seed, rater, str(first)), size) for first, size in batches] if shuffle else None
        )
        self.size = self._starts[-1]

    @classmethod
    def load(cls, driver: Driver, queue: str, seed: str, rater: str, *, shuffle: bool) -> RaterOrder:
        """The order as the published batches make it now."""
        return cls(batches_of(driver, queue), seed, rater, shuffle=shuffle)

    def position(self, seq: int) -> int:
        """The task's position at place `seq`. Raises IndexError outside the order."""
        if not 0 <= seq < self.size:
            raise IndexError(seq)
        batch = bisect_right(self._starts, seq) - 1
        within = seq - self._starts[batch]
        return self._firsts[batch] + (self._drawn[batch].at(within) if self._drawn else within)

    def seq(self, position: int) -> int:
        """The place at which the rater meets the task at `position`. Raises IndexError outside the batches."""
        batch = bisect_right(self._firsts, position) - 1
        within = position - self._firsts[batch] if batch >= 0 else -1
        if batch < 0 or within >= self.batches[batch][1]:
            raise IndexError(position)
        return self._starts[batch] + (self._drawn[batch].index(within) if self._drawn else within)


class DealtOrder:
    """Places 0 … reach-1 that were dealt to a rater, read from the store as they are asked for."""

    def __init__(self, driver: Driver, queue: str, rater: str) -> None:
        self._driver = driver
        self._of = {"queue": queue, "rater": rater}

    @property
    def reach(self) -> int:
        """How many places were dealt so far."""
        return next_place(self._driver, **self._of)

    def position(self, seq: int) -> int:
        """The task's position at place `seq`. Raises IndexError where none was dealt."""
        found = _dealt.at_place.first(self._driver, **self._of, seq=seq)
        if found is None:
            raise IndexError(seq)
        return int(found[0])

    def seq(self, position: int) -> int:
        """The place at which the task at `position` was dealt. Raises IndexError where it was not."""
        found = _dealt.place_of.first(self._driver, **self._of, position=position)
        if found is None:
            raise IndexError(position)
        return int(found[0])


def batches_of(driver: Driver, queue: str) -> list[tuple[int, int]]:
    """First position and size of each published batch of a queue, in order."""
    return [(first, size) for first, size in _sql.batches.rows(driver, queue=queue)]


def tasks_in(driver: Driver, queue: str) -> int:
    """How many tasks are published in a queue, without hidden repeats."""
    return sum(size for _, size in batches_of(driver, queue))


def next_place(driver: Driver, queue: str, rater: str) -> int:
    """The place that is dealt to the rater next."""
    found = _dealt.last_place.first(driver, queue=queue, rater=rater)
    return found[0] + 1 if found else 0
