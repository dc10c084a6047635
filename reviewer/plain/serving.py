"""What plain mode tells of the server that a queue comes from, between one line and the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from reviewer.errors import BadInput
from reviewer.plain.voice import Voice
from reviewer.session.sitting import Sitting
from reviewer.session.synchroniser import Plug, SyncState, end_words, labels_wait

# Somebody asked and waits: so long, and no longer, for a server's answer.
_ANSWER_SECONDS = 15.0
_T = TypeVar("_T")
_TOLD = ("synced", "offline", "refused")


class Serving:
    """Hears the synchroniser while the conversation waits for lines."""

    def __init__(self, sitting: Sitting, voice: Voice, syncing: Plug) -> None:
        self._sitting = sitting
        self._voice = voice
        self._syncing = syncing
        self._changed = threading.Event()
        self._saved = 0
        self._mark = ""
        syncing.on_change = self._changed.set

    @property
    def state(self) -> SyncState | None:
        """How the queue stands with its server; None for one of this device alone."""
        at_work = self._syncing.at_work
        return at_work.state_of(self._sitting.queue.name) if at_work else None

    def begin(self) -> None:
        """The first item is read out: from now on there is time for servers."""
        self._syncing.begin()

    def label_saved(self) -> None:
        """Lets what has reached the disk since be sent."""
        saved, at_work = self._sitting.saving.saved, self._syncing.at_work
        if saved > self._saved and at_work is not None and self.state is not None:
            at_work.wake(self._sitting.queue.name, saved - self._saved)
        self._saved = saved

    def tell(self) -> None:
        """Says what has happened since the last line: news, and whether labels arrive."""
        at_work, state = self._syncing.at_work, self.state
        if at_work is None or state is None:
            return
        self._voice.say(*at_work.news(self._sitting.queue.name))
        if state.mark in _TOLD and state.mark != self._mark:
            self._mark = state.mark
            self._voice.say(_words(state))

    def sync(self) -> None:
        """Syncs now and says what came of it. Raises BadInput where the queue is on no server."""
        at_work = self._syncing.wait(_ANSWER_SECONDS)
        if at_work is None or self.state is None:
            raise BadInput(self._syncing.trouble or "this queue is on this device alone: there is nothing to sync.")
        self.tell()
        self._voice.say("Syncing…")
        at_work.sync_now()
        queue = self._sitting.queue.name
        news = self._wait_for(lambda: at_work.news(queue))
        self._voice.say(*(news or ["The server has not answered yet; it goes on by itself."]))
        self._mark = at_work.state.mark

    def fetch_more(self) -> bool:
        """Where nothing is left, asks the server for more and says what came of it; whether there is more."""
        at_work = self._syncing.wait(_ANSWER_SECONDS)
        state = self.state
        if at_work is None or state is None:
            return False
        at_work.pull(self._sitting.queue.name)
        state = self.state or state
        if state.fetch == "under way":
            self._voice.say(end_words(state))
            state = self._wait_for(self._fetched) or state
        if self._sitting.refresh():
            return True
        self._voice.say(end_words(state))
        return False

    def _fetched(self) -> SyncState | None:
        state = self.state
        return state if state is None or state.fetch != "under way" else None

    def _wait_for(self, found: Callable[[], _T]) -> _T:
        """What is `found` once that is something, or when the time is over."""
        for _ in range(int(_ANSWER_SECONDS * 10)):
            self._changed.clear()
            if there := found():
                return there
            self._changed.wait(0.1)
        return found()


def _words(state: SyncState) -> str:
    if state.mark == "synced":
        return "Synced."
    if state.mark == "refused":
        return state.message or f"The server refused {state.refused} labels: they are kept here."
    waiting = f" {labels_wait(state.waiting)}" if state.waiting else ""
    return f"Offline.{waiting}"
