"""Which places of a rater's order need nothing more, kept as unbroken runs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import bindparam, delete, select

from reviewer.store.prepared import Driver, Prepared, upsert
from reviewer.store.tables import Stretch, core

_S = core(Stretch).c
_mine = (_S.queue == bindparam("queue")) & (_S.rater == bindparam("rater"))
_at_or_before = Prepared(
    select(_S.first, _S.last).where(_mine, _S.first <= bindparam("seq")).order_by(_S.first.desc()).limit(1)
)
_within = Prepared(
    select(_S.first, _S.last)
    .where(_mine, _S.first > bindparam("low"), _S.first <= bindparam("high"))
    .order_by(_S.first)
)
_remove = Prepared(delete(core(Stretch)).where(_mine, _S.first == bindparam("first")))
_put = upsert(Stretch)


def next_uncovered(driver: Driver, queue: str, rater: str, seq: int) -> int:
    """The first place at or after `seq` that no stretch covers; it may lie beyond the end of the order."""
    found = _at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    return found[1] + 1 if found and found[1] >= seq else seq


def cover(driver: Driver, queue: str, rater: str, seq: int) -> bool:
    """Marks `seq` as needing nothing more, and joins what now touches. False where it was so already."""
    first = last = seq
    before = _at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    if before:
        if before[1] >= seq:
            return False
        if before[1] == seq - 1:
            first = before[0]
    for after_first, after_last in list(_within.rows(driver, queue=queue, rater=rater, low=seq, high=seq + 1)):
        last = after_last
        _remove.run(driver, queue=queue, rater=rater, first=after_first)
    _put.run(driver, queue=queue, rater=rater, first=first, last=last)
    return True


def uncover(driver: Driver, queue: str, rater: str, seq: int) -> bool:
    """Marks `seq` as open again, and parts the run that held it. False where it was open."""
    before = _at_or_before.first(driver, queue=queue, rater=rater, seq=seq)
    if before is None or before[1] < seq:
        return False
    first, last = before
    _remove.run(driver, queue=queue, rater=rater, first=first)
    if first < seq:
        _put.run(driver, queue=queue, rater=rater, first=first, last=seq - 1)
    if seq < last:
        _put.run(driver, queue=queue, rater=rater, first=seq + 1, last=last)
    return True


def uncovered(driver: Driver, queue: str, rater: str, start: int, size: int) -> Iterator[int]:
    """The open places from `start` up to `size`, in order, each by one look-up or less."""
    seq = next_uncovered(driver, queue, rater, start)
    while seq < size:
        following = next(iter(_within.rows(driver, queue=queue, rater=rater, low=seq, high=size)), None)
        end = following[0] if following else size
        yield from range(seq, end)
        seq = following[1] + 1 if following else size
