"""Having a rater's next places dealt, where nobody waits for it."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from reviewer.session.keeping import Keeping
from reviewer.store.connection import Store, at_one_moment
from reviewer.store.dealing import Deal, Dealer
from reviewer.store.troubles import StoreTrouble

AHEAD = 2
"""How many open places lie ahead of the rater: the next item is drawn while they read the one before it."""
_PATIENCE = 30.0


class Giving:
    """Lets the writer deal, in its turn among the labels. `ended` says that nothing was left when it last looked.

    The dealer takes up where the last sitting left while the rater looks at what was dealt then.
    """

    def __init__(self, store: Store, keeping: Keeping, dealer: Dealer) -> None:
        self.ended = False
        self.trouble = ""
        self._keeping = keeping
        self._dealer = dealer
        self._under_way = 0
        self._heard: SimpleQueue[tuple[Deal | None, StoreTrouble | None]] = SimpleQueue()
        self._loading = Thread(target=self._load, args=(store,), name="reviewer-dealer", daemon=True)
        self._loading.start()

    def ahead(self, missing: int) -> None:
        """Asks for so many places more, without waiting for them."""
        self._take_over()
        if not self.ended and not self._loading.is_alive():
            for _ in range(missing - self._under_way):
                self._ask()

    def wait(self) -> bool:
        """Waits until another place is dealt, perhaps one that was asked for ahead; False where nothing is left, or
        where `trouble` stands in the way."""
        self._take_over()
        self.get_ready()
        until = monotonic() + _PATIENCE
        while True:
            if not self._under_way:
                self._ask()
            self._keeping.hand_over()
            try:
                came = self._hear(*self._heard.get(timeout=max(0.0, until - monotonic())))
            except Empty:
                self.trouble = "The next item is long in coming: try again in a moment."
                return False
            if came != "looking":
                return came == "dealt"

    def get_ready(self) -> None:
        """Waits until the dealer has taken up where the last sitting left."""
        self._loading.join()

    def _load(self, store: Store) -> None:
        # What cannot be read now is read, or complained of, when a place is dealt.
        with suppress(StoreTrouble), store.reading() as connection, at_one_moment(connection):
            self._dealer.load(connection)

    def _ask(self) -> None:
        self._under_way += 1
        self._keeping.give(self._dealer.deal, lambda deal, trouble: self._heard.put((deal, trouble)))

    def _take_over(self) -> None:
        while not self._heard.empty():
            self._hear(*self._heard.get())

    def _hear(self, deal: Deal | None, trouble: StoreTrouble | None) -> Deal | None:
        self._under_way -= 1
        self.trouble = trouble.sentence if trouble else ""
        if deal is not None:
            self.ended = deal == "nothing"
        return deal
