"""Which places of a rater's order need nothing more, kept as unbroken runs."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("stretches")


def next_uncovered(driver: Driver, queue: str, rater: str, seq: int) -> int:
    """The first place at or after `seq` that no stretch covers; it may lie beyond the end of the order."""
    found = _sql.at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    return found[1] + 1 if found and found[1] >= seq else seq


def cover(driver: Driver, queue: str, rater: str, seq: int) -> bool:
    """Marks `seq` as needing nothing more, and joins what now touches. False where it was so already."""
    first = last = seq
    before = _sql.at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    if before:
        if before[1] >= seq:
            return False
        if before[1] == seq - 1:
            first = before[0]
    for after_first, after_last in list(_sql.within.rows(driver, queue=queue, rater=rater, low=seq, high=seq + 1)):
        last = after_last
        _sql.remove.run(driver, queue=queue, rater=rater, first=after_first)
    _sql.put.run(driver, queue=queue, rater=rater, first=first, last=last)
    return True


def uncover(driver: Driver, queue: str, rater: str, seq: int) -> bool:
    """Marks `seq` as open again, and parts the run that held it. False where it was open."""
    before = _sql.at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    if before is None or before[1] < seq:
        return False
    first, last = before
    _sql.remove.run(driver, queue=queue, rater=rater, first=first)
    if first < seq:
        _sql.put.run(driver, queue=queue, rater=rater, first=first, last=seq - 1)
    if seq < last:
        _sql.put.run(driver, queue=queue, rater=rater, first=seq + 1, last=last)
    return True


def uncovered(driver: Driver, queue: str, rater: str, start: int, size: int) -> Iterator[int]:
    """The open places from `start` up to `size`, in order, each by one look-up or less."""
    seq = next_uncovered(driver, queue, rater, start)
    while seq < size:
        following = next(iter(_sql.within.rows(driver, queue=queue, rater=rater, low=seq, high=size)), None)
        end = following[0] if following else size
        yield from range(seq, end)
        seq = following[1] + 1 if following else size
