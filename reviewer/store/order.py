"""A rater's own order over a queue: computed from the queue's seed, stable while the queue grows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from reviewer.blinding import Permutation, order_key
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("order")


class RaterOrder:
    """Places 0 … size-1 in a rater's order, against dense positions in the queue.

    Each published batch is permuted within itself under a key of its own, so that what is imported later comes after.
    """

    def __init__(self, batches: Sequence[tuple[int, int]], seed: str, rater: str, *, shuffle: bool) -> None:
        self._firsts = [first for first, _ in batches]
        self._sizes = [size for _, size in batches]
        self._drawn = (
            [Permutation(order_key(seed, rater, str(first)), size) for first, size in batches] if shuffle else None
        )
        self.size = sum(self._sizes)

    @classmethod
    def load(cls, driver: Driver, queue: str, seed: str, rater: str, *, shuffle: bool) -> RaterOrder:
        """The order as the published batches make it now."""
        return cls(list(_sql.batches.rows(driver, queue=queue)), seed, rater, shuffle=shuffle)

    def position(self, seq: int) -> int:
        """The task's position at place `seq`. Raises IndexError outside the order."""
        batch, within = self._locate(seq)
        return self._firsts[batch] + (self._drawn[batch].at(within) if self._drawn else within)

    def seq(self, position: int) -> int:
        """The place at which the rater meets the task at `position`. Raises IndexError outside the order."""
        batch, within = self._locate(position)
        return self._firsts[batch] + (self._drawn[batch].index(within) if self._drawn else within)

    def _locate(self, value: int) -> tuple[int, int]:
        if not 0 <= value < self.size:
            raise IndexError(value)
        batch = bisect_right(self._firsts, value) - 1
        return batch, value - self._firsts[batch]
