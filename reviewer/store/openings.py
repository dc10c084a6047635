"""Which tasks of a queue may have room still: what one process remembers, so that nobody looks through a queue.

All of it can be lost, and nothing rests on it alone: what it says is free is looked at before it is leased, and what
somebody gave back since is learnt before anybody is told that nothing is left.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from random import Random
from threading import Lock

from reviewer.store.order import RaterOrder
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("leases")

_QUEUES, _RATERS = 64, 512
_WALKED = 500
_SPARSE = 8


class Openings:
    """What is known of one queue at one overlap.

    Positions that are `shut` are filled for all who are new to them; what stands at those `seen` was given to somebody.
    """

    def __init__(self, queue: QueueRecord, overlap: int, batches: Sequence[tuple[int, int]]) -> None:
        self.overlap = overlap
        self.is_exact = False
        self.shut = bytearray()
        self.seen = bytearray()
        self._queue = queue
        self._batches: tuple[tuple[int, int], ...] = ()
        self._raters: OrderedDict[str, View] = OrderedDict()
        self._passed_on: dict[str, int] = {}
        self._over: frozenset[tuple[str, int]] = frozenset()
        self.publish(batches)

    def publish(self, batches: Sequence[tuple[int, int]]) -> None:
        """Takes up what was imported since. Positions outside the batches belong to nobody's own order."""
        if len(batches) == len(self._batches):
            return
        for first, size in batches[len(self._batches) :]:
            for flags in (self.shut, self.seen):
                flags.extend(b"\1" * (first - len(flags)))
                flags.extend(bytes(size))
        self._batches = tuple(batches)
        self._raters.clear()

    def view(self, rater: str) -> View:
        """What is known of one rater."""
        found = self._raters.get(rater)
        if found is None:
            shuffle = self._queue.settings.get("shuffle", True)
            order = RaterOrder(self._batches, self._queue.seed, rater, shuffle=shuffle)
            found = self._raters[rater] = View(self, order)
            while len(self._raters) > _RATERS:
                self._raters.popitem(last=False)
        return found

    def fits(self, overlap: int, batches: Sequence[tuple[int, int]]) -> bool:
        """Whether it is of a queue with that overlap and these batches, or with fewer of them."""
        return self.overlap == overlap and self._batches == tuple(batches[: len(self._batches)])

    def forget_rater(self, rater: str) -> None:
        """Forgets what is known of one rater."""
        self._raters.pop(rater, None)

    @property
    def is_sparse(self) -> bool:
        """Whether so little may be free that a rater's order would be walked along in vain mostly."""
        return self.shut.count(0) * _SPARSE < len(self.shut)

    @property
    def is_seen(self) -> bool:
        """Whether almost all was given to somebody."""
        return self.seen.count(0) * _SPARSE < len(self.seen)

    def unseen(self, most: int, besides: Collection[int]) -> list[int]:
        """What nobody may have been given, drawn by lot; fewer than so many only where these are all."""
        return _drawn(self.shut, self.seen, most, besides)

    def learn(self, driver: Driver, moment: str) -> bool:
        """Learns what may be free again since it was asked last: passed on by others, or leased until lately.

        False where nothing is. What a device held and a label filled is not free, and is not asked for.
        """
        freed: set[int] = set()
        for rater, passed_on in list(_sql.passed_on.rows(driver, queue=self._queue.id)):
            if passed_on != self._passed_on.get(rater, 0):
                self._passed_on[rater] = passed_on
                freed |= {at for (at,) in _sql.passed_on_by.rows(driver, queue=self._queue.id, rater=rater)}
        over = {
            (lease, number): at for lease, number, at in _sql.over.rows(driver, queue=self._queue.id, moment=moment)
        }
        freed |= {at for lease, at in over.items() if lease not in self._over}
        self._over = frozenset(over)
        return self._open(freed)

    def measure(self, driver: Driver, moment: str) -> None:
        """Finds all that is free by one look through the whole queue: once, where a process comes late to it."""
        rows = _sql.with_room.rows(driver, queue=self._queue.id, overlap=self.overlap, moment=moment)
        free = {at for (at,) in rows}
        self.is_exact = True
        for at in range(len(self.shut)):
            if at not in free:
                self.shut[at] = 1

    def _open(self, positions: Iterable[int]) -> bool:
        found = [at for at in positions if self._is_own(at) and self.shut[at]]
        for at in found:
            self.shut[at] = 0
        return bool(found)

    def _is_own(self, position: int) -> bool:
        return any(first <= position < first + size for first, size in self._batches)


class View:
    """How far one rater's order was looked through, and what of it they have met already."""

    def __init__(self, openings: Openings, order: RaterOrder) -> None:
        self._all = openings
        self._order = order
        self._met = bytearray(len(openings.shut))
        self._at = 0
        self._ahead: list[int] = []

    def seq(self, position: int) -> int:
        """The place of a position in the rater's order."""
        return self._order.seq(position)

    def meet(self, position: int) -> None:
        """Remembers that the rater was given what stands there."""
        self._met[position] = 1

    def take(self, position: int) -> None:
        """Leaves out what was just leased to them. Should that be undone, `scattered` has it still."""
        if position in self._ahead:
            self._ahead.remove(position)

    def ahead(self, most: int) -> list[int]:
        """The next positions of the rater's order that may be free, up to so many; far fewer where these are rare."""
        self._ahead = [at for at in self._ahead if self._may_be_free(at)]
        end = min(self._order.size, self._at + _WALKED)
        while len(self._ahead) < most and self._at < end:
            position = self._order.position(self._at)
            self._at += 1
            if self._may_be_free(position):
                self._ahead.append(position)
        return self._ahead[:most]

    def scattered(self, most: int, besides: Collection[int] = ()) -> list[int]:
        """What may be free wherever it stands, drawn by lot; fewer than so many only where these are all."""
        return _drawn(self._all.shut, self._met, most, besides)

    def _may_be_free(self, position: int) -> bool:
        return not self._all.shut[position] and not self._met[position]


def _drawn(one: bytearray, other: bytearray, most: int, besides: Collection[int]) -> list[int]:
    """So many positions that neither has a flag at, and that are not among those `besides`."""
    either = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    flags = bytearray(either.to_bytes(len(one), "little"))
    for position in besides:
        flags[position] = 1
    found: list[int] = []
    while flags and len(found) < most:
        begin = _lots.randrange(len(flags))  # nobody gains by guessing it
        at = flags.find(0, begin)
        at = flags.find(0, 0, begin) if at < 0 else at
        if at < 0:
            break
        flags[at] = 1
        found.append(at)
    return found


_lots = Random()
_known: OrderedDict[tuple[str, str], Openings] = OrderedDict()
_lock = Lock()


def of(queue: QueueRecord, overlap: int, batches: Sequence[tuple[int, int]]) -> Openings:
    """What this process knows of a queue; nothing where it asks for another number of raters now."""
    key = (queue.id, queue.seed)
    with _lock:
        found = _known.get(key)
        if found is None or not found.fits(overlap, batches):
            found = _known[key] = Openings(queue, overlap, batches)
        else:
            found.publish(batches)
        _known.move_to_end(key)
        while len(_known) > _QUEUES:
            _known.popitem(last=False)
    return found


def forget_rater(queue: QueueRecord, rater: str) -> None:
    """Forgets what a rater met, as where what was given to them was undone."""
    with _lock:
        if found := _known.get((queue.id, queue.seed)):
            found.forget_rater(rater)


def forget() -> None:
    """Forgets everything, as where a transaction was undone in which others had looked."""
    with _lock:
        _known.clear()
