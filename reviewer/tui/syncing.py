"""How the synchroniser's threads reach the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable

from textual.message import Message


class Synced(Message):
    """The synchroniser has something to say."""


class Bell:
    """Called on any thread. However often it rings, one message is on its way."""

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._rung = threading.Event()

    def __call__(self) -> None:
        """Rings."""
        if not self._rung.is_set():
            self._rung.set()
            self._post(Synced())

    def heard(self) -> None:
        """The message has arrived: what changes from here on sends another one."""
        self._rung.clear()
