"""The thread that listens to a remote, so that news are here at once rather than when the server is asked next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from random import Random

from reviewer.errors import ReviewerError
from reviewer.store.connection import Store
from reviewer.sync.events import Event
from reviewer.sync.remotes import connect, find
from reviewer.sync.trouble import RemoteTrouble

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 20.0
_DEAF = frozenset({401, 403, 404, 426})
"""An older server has no such route, and who is shut out stays so: then news come as often as the server is asked."""


class Ear:
    """A thread that listens to a remote, and comes back whenever it is cut off. `heard` is called there whenever the
    server is to be asked what happened, `progress` the identifier of a queue whose progress is told, too."""

    def __init__(self, store: Store, remote: str, heard: Callable[[], None], *, progress: str | None = None) -> None:
        self._store = store
        self._remote = remote
        self._heard = heard
        self._progress = progress
        self._stopped = threading.Event()
        self._place = ""
        self._random = Random()
        self._thread = threading.Thread(target=self._run, name=f"reviewer-live-{remote}", daemon=True)

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listens no more, from the next sign of life on; nothing waits for that."""
        self._stopped.set()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopped.is_set():
            try:
                for event in self._events():
                    pause = _FIRST_PAUSE
                    # Also where it begins: what happened since the server was asked last is told to nobody.
                    self._heard()
                    self._place = event.place
            except RemoteTrouble as trouble:
                if trouble.status in _DEAF or trouble.code == "packs":
                    return
            except ReviewerError:
                pass  # the worker meets the same, and says so
            self._stopped.wait(pause * (0.5 + self._random.random() / 2))
            pause = min(_LONGEST_PAUSE, pause * 2)

    def _events(self) -> Iterator[Event]:
        with closing(connect(self._store, find(self._store, self._remote), attempts=1)) as client:
            for event in client.live(last=self._place, progress=self._progress):
                if self._stopped.is_set():
                    return
                if event is not None:
                    yield event
