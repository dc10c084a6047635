"""The port through which a sitting hears of the server that its queue comes from, and never waits for it.

The command line plugs in what does the work (`reviewer.sync.background`); where nothing is plugged in, every queue
is one of this device alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from reviewer.errors import ReviewerError

Mark = Literal["", "synced", "waiting", "syncing", "offline", "refused"]
"""How labels stand with the server. `refused` also says that the server lets nobody in with this token."""

Fetch = Literal["", "under way", "offline", "failed", "ended"]
"""What became of asking for more items: `ended` says that there are no more, and `failed` that the answer was no."""


class SyncState(Protocol):
    """How a queue, or all of them, stand with the server. `message` says what is wrong, in a sentence with its mend;
    `fetch_message` why no more items come. `at` is when the server was heard last."""

    @property
    def mark(self) -> Mark: ...  # told by the class
    @property
    def waiting(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def at(self) -> str | None: ...
    @property
    def fetch(self) -> Fetch: ...
    @property
    def fetch_message(self) -> str: ...


class OfferedQueue(Protocol):
    """A queue that the server offers to this rater; `name` is REMOTE/QUEUE, `here` whether any of it was fetched."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def here(self) -> bool: ...


class Synchroniser(Protocol):
    """Sends and fetches on threads of its own. No method waits for a network or a disk, but for `close`.

    `on_change` is called on any thread when a state, an offer or a piece of news has changed.
    """

    on_change: Callable[[], None]

    @property
    def state(self) -> SyncState:
        """All queues together: the mark that matters most, and the sums."""

    def state_of(self, queue: str) -> SyncState | None:
        """How the queue of that name stands; None for one of this device alone."""

    def remote_queues(self) -> Sequence[OfferedQueue]:
        """What can be fetched, as the servers said last."""

    def news(self, queue: str | None = None) -> list[str]:
        """What has happened to the queue, or to any, and was not told yet: each sentence once."""

    def wake(self, queue: str, labels: int = 1) -> None:
        """So many labels of that queue were saved: they are sent soon."""

    def pull(self, queue: str, wanted: int = 0) -> None:
        """Fetches items until so many are here and not labelled; without a number, as many as were wanted last."""

    def sync_now(self) -> None:
        """Sends and fetches at once, also where the server was out of reach lately, and tells the outcome as news."""

    def close(self, timeout: float) -> bool:
        """Sends what waits if that can be done within `timeout` seconds; whether nothing is left to send."""


Build = Callable[[], Synchroniser | None]
"""Makes the synchroniser; gives None where this home works for no server."""


class Plug:
    """Where the synchroniser is plugged in: made once, on a thread, when somebody has something to look at already.

    `on_change` is called on any thread, also when it is there at last. `trouble` says why it cannot be made.
    """

    def __init__(self, build: Build | None = None) -> None:
        self.at_work: Synchroniser | None = None
        self.trouble = ""
        self.on_change: Callable[[], None] = lambda: None
        self._build = build
        self._begun = False
        self._asked = False
        self._made = threading.Event()

    def begin(self) -> None:
        """Lets it be made; the second time does nothing."""
        build, self._build = self._build, None
        if build is not None:
            self._begun = True
            threading.Thread(target=self._make, args=[build], name="reviewer-sync-start", daemon=True).start()

    def sync_now(self) -> bool:
        """Sends and fetches at once, or as soon as the synchroniser is there; False where there is none."""
        if self.at_work is not None:
            self.at_work.sync_now()
            return True
        self._asked = not self._made.is_set() and (self._begun or self._build is not None)
        return self._asked

    def wait(self, timeout: float) -> Synchroniser | None:
        """The synchroniser, once it is made; None where there is none, or not within `timeout` seconds."""
        if self._begun:
            self._made.wait(timeout)
        return self.at_work

    def _make(self, build: Build) -> None:
        try:
            made = build()
        except ReviewerError as trouble:
            self.trouble = trouble.sentence
        else:
            if made is not None:
                made.on_change = self.on_change
            self.at_work = made
        self._made.set()
        if self._asked and self.at_work is not None:
            self.at_work.sync_now()
        self.on_change()


def mark_words(state: SyncState) -> str:
    """The mark as it is shown, in words, so that it needs no colour."""
    if state.mark == "refused":
        return f"✗ {state.refused} refused" if state.refused else "✗ no access"
    if state.mark == "offline":
        return f"offline, {state.waiting} to send" if state.waiting else "offline"
    if state.mark in ("waiting", "syncing") and state.waiting:
        return f"↑ {state.waiting} to send"
    return str(state.mark)


def end_words(state: SyncState) -> str:
    """What is said where all items that were fetched are done."""
    done = "All pulled items are done."
    if state.fetch == "under way":
        return f"{done} Fetching more…"
    if state.fetch == "offline":
        kept = f" {labels_wait(state.waiting)}" if state.waiting else ""
        return f"{done} The server cannot be reached: more come once it answers.{kept}"
    return f"{done} {state.fetch_message}".rstrip()


def labels_wait(waiting: int) -> str:
    """Says that labels are safe here and were not sent."""
    if waiting == 1:
        return "1 label is saved here and not sent yet."
    return f"{waiting:,} labels are saved here and not sent yet."


def leave_words(waiting: int, how: str = "") -> str:
    """What is said to whom leaves while labels wait, with `how` they are sent; empty where none do."""
    if not waiting:
        return ""
    sentence = labels_wait(waiting).removesuffix(".")
    return f"{sentence}: {how or '`reviewer sync` sends'} {'it' if waiting == 1 else 'them'}."
