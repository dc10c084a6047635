"""Where the progress of a team is learnt from, whether the queue lies here or at a server."""

from __future__ import annotations

import threading
from typing import Protocol

from reviewer.errors import BadInput
from reviewer.store import queues, team_progress
from reviewer.store.connection import Store
from reviewer.store.team_progress import QueueProgress


class ProgressSource(Protocol):
    """Tells how far a team is in one queue, as often as it is asked; used from one thread, but for `close`."""

    def ask(self) -> QueueProgress:
        """Where the queue stands now. Raises a ReviewerError where that cannot be learnt, and may be asked again."""

    def wait(self, timeout: float) -> None:
        """Returns when something may have changed, or after `timeout` seconds."""

    def close(self) -> None:
        """Lets go of what is open, and of whoever waits."""


class Here:
    """The progress in a queue of this store."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._closed = threading.Event()

    def ask(self) -> QueueProgress:
        """Where the queue stands now. Raises BadInput where there is none of that name."""
        with self._store.reading() as connection:
            found = queues.find(connection, self._name)
            if found is None:
                raise BadInput(
                    f"there is no queue '{self._name}'.", mend="`reviewer queue list` names those that there are."
                )
            return team_progress.progress(connection, found)

    def wait(self, timeout: float) -> None:
        """Waits so long, as a store tells nobody when it changes."""
        self._closed.wait(timeout)

    def close(self) -> None:
        """Lets go of whoever waits."""
        self._closed.set()
