"""Dealers between the calls of devices: what spares a process look-ups, and can be lost."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from reviewer.store.dealing import Dealer
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

_KEPT = 512


class Known:
    """What spares a process look-ups from call to call: the dealers, and up to where dealt places are leased."""

    def __init__(self) -> None:
        self._dealers: OrderedDict[tuple[str, str], tuple[QueueRecord, Dealer]] = OrderedDict()
        self._dealt_until: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = Lock()

    def dealer(self, driver: Driver, queue: QueueRecord, rater: str) -> Dealer:
        """The rater's dealer, which nobody else has meanwhile; one that is not brought back is forgotten."""
        with self._lock:
            kept = self._dealers.pop((queue.id, rater), None)
        if kept and (kept[0].seed, kept[0].settings) == (queue.seed, queue.settings):
            return kept[1]
        dealer = Dealer(queue, rater)
        dealer.load(driver)
        return dealer

    def keep(self, queue: QueueRecord, rater: str, dealer: Dealer) -> None:
        """Keeps a dealer for the next call."""
        with self._lock:
            self._dealers[queue.id, rater] = (queue, dealer)
            while len(self._dealers) > _KEPT:
                self._dealers.popitem(last=False)

    def dealt_until(self, queue: QueueRecord, rater: str) -> int:
        """The place up to which every one was leased, or filled, when it was looked at."""
        return self._dealt_until.get((queue.id, rater), 0)

    def remember(self, queue: QueueRecord, rater: str, place: int) -> None:
        """Remembers that place."""
        with self._lock:
            self._dealt_until[queue.id, rater] = place
            while len(self._dealt_until) > _KEPT:
                self._dealt_until.popitem(last=False)

    def forget(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._dealers.clear()
            self._dealt_until.clear()


KNOWN = Known()
