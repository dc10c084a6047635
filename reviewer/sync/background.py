"""Syncing while somebody rates: every remote on a thread of its own, so that nothing waits for a network.

`Background` is what the port `session.synchroniser.Synchroniser` asks for, in shape; neither room knows the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from time import monotonic

from reviewer.store.connection import Store
from reviewer.sync.line import RemoteLine
from reviewer.sync.live import Ear
from reviewer.sync.worker import Line, Offer, State, Worker

_SOON = 0.2
_WORST_FIRST = ("refused", "offline", "syncing", "waiting", "synced", "")


class Background:
    """The workers of all remotes of a store. `on_change` is called on their threads."""

    @classmethod
    def over(cls, store: Store, remotes: Iterable[str]) -> Background:
        """The workers that sync a store with these remotes, and hear at once what happens there."""
        made = cls(remotes, lambda name: RemoteLine(store, name))
        made._ears = [Ear(store, name, worker.heard) for name, worker in made._workers.items()]
        for ear in made._ears:
            ear.start()
        return made

    def __init__(self, remotes: Iterable[str], connect: Callable[[str], Line]) -> None:
        self.on_change: Callable[[], None] = _unheard
        self._ears: list[Ear] = []
        self._workers = {name: Worker(name, _calling(connect, name), self._told) for name in remotes}
        for worker in self._workers.values():
            worker.start()

    @property
    def state(self) -> State:
        """All queues together: the mark that matters most, and the sums."""
        states = [worker.known.state() for worker in self._workers.values()]
        worst = min(states, key=lambda state: _WORST_FIRST.index(state.mark), default=State())
        waiting, refused = sum(state.waiting for state in states), sum(state.refused for state in states)
        return replace(worst, waiting=waiting, refused=refused)

    def state_of(self, queue: str) -> State | None:
        """How the queue of that name stands; None for one of this device alone."""
        worker = self._of(queue)
        return worker.known.state_of(queue) if worker else None

    def remote_queues(self) -> list[Offer]:
        """What can be fetched, as the servers said last."""
        return [offer for worker in self._workers.values() for offer in worker.known.offers]

    def news(self, queue: str | None = None) -> list[str]:
        """What was not told yet of the queue of that name, or of any."""
        if queue is None:
            return [sentence for worker in self._workers.values() for sentence in worker.news(None)]
        worker = self._of(queue)
        return worker.news(queue) if worker else []

    def wake(self, queue: str, labels: int = 1) -> None:
        """So many labels of that queue were saved: they are sent soon."""
        if worker := self._of(queue):
            worker.wake(queue, labels)

    def pull(self, queue: str, wanted: int = 0) -> None:
        """Fetches items until so many are here and not labelled; without a number, as many as were wanted last."""
        if worker := self._of(queue):
            worker.pull(queue, wanted)

    def sync_now(self) -> None:
        """Sends and fetches at once, and tells the outcome as news."""
        for worker in self._workers.values():
            worker.at_once()

    def close(self, timeout: float) -> bool:
        """Sends what waits if that can be done within `timeout` seconds; whether nothing is left to send."""
        until = monotonic() + timeout
        # What merely listens to a server has nothing to finish.
        soon = min(until, monotonic() + _SOON)
        for ear in self._ears:
            ear.stop()
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join(max(0.0, (until if worker.known.state().waiting else soon) - monotonic()))
        return not self.state.waiting

    def _of(self, queue: str) -> Worker | None:
        remote, slash, _ = queue.partition("/")
        return self._workers.get(remote) if slash else None

    def _told(self) -> None:
        self.on_change()


def _calling(connect: Callable[[str], Line], name: str) -> Callable[[], Line]:
    return lambda: connect(name)


def _unheard() -> None:
    """Nobody listens yet."""
