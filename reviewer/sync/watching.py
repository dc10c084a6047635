"""The progress of a team in a queue of a server, told again as soon as the server says that it changed."""

from __future__ import annotations

import threading

from reviewer.store.connection import Store
from reviewer.store.team_progress import QueueProgress, RaterProgress
from reviewer.sync import wire
from reviewer.sync.client import Client
from reviewer.sync.live import Ear
from reviewer.sync.pulling import their_queue
from reviewer.sync.remotes import connect, find
from reviewer.sync.trouble import RemoteTrouble


class Watching:
    """What `session.progress_source.ProgressSource` asks for, of the queue `name` of a remote; for leads. `attempts` is
    how often the server is tried before it counts as out of reach."""

    def __init__(self, store: Store, remote: str, name: str, *, attempts: int = 1) -> None:
        self._attempts = attempts
        self._store = store
        self._remote = remote
        self._name = name
        self._queue = ""
        self._client: Client | None = None
        self._ear: Ear | None = None
        self._changed = threading.Event()
        self._closed = False

    def ask(self) -> QueueProgress:
        """Where the queue stands now. Raises RemoteTrouble where the server cannot be asked, or tells it to others
        alone; the next time it is asked anew."""
        try:
            told = self._ask()
        except RemoteTrouble:
            self._hang_up()
            raise
        return _read(told)

    def _ask(self) -> wire.Progress:
        if self._client is None:
            remote = find(self._store, self._remote)
            self._client = connect(self._store, remote, attempts=self._attempts)
            self._queue = their_queue(remote, self._client.queues(), self._name).id
        return self._client.progress(self._queue)

    def wait(self, timeout: float) -> None:
        """Returns when the server says that something changed, or after `timeout` seconds."""
        if self._ear is None and self._queue and not self._closed:
            self._ear = Ear(self._store, self._remote, self._changed.set, progress=self._queue)
            self._ear.start()
        self._changed.wait(timeout)
        if not self._closed:
            self._changed.clear()

    def close(self) -> None:
        """Listens no more, and lets go of whoever waits."""
        self._closed = True
        self._changed.set()
        if self._ear is not None:
            self._ear.stop()
        self._hang_up()

    def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _read(told: wire.Progress) -> QueueProgress:
    raters = tuple(RaterProgress(**one.model_dump()) for one in told.raters)
    return QueueProgress(**told.model_dump(exclude={"raters"}), raters=raters)
