"""Active and idle time, from keys and the terminal's focus."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class ActivityClock:
    """Splits the time on an item into active and idle milliseconds.

    Between two keys at most `idle_after` seconds count as active, the rest as idle. While the terminal has lost the
    focus all is idle. A pause counts as neither, and the next key ends it.
    """

    def __init__(self, idle_after: float, now: Callable[[], float] = monotonic) -> None:
        self._limit = idle_after
        self._now = now
        self._active = 0.0
        self._idle = 0.0
        self._last = self._key_at = now()
        self._focused = True
        self.paused = False

    @property
    def active_ms(self) -> int:
        """Active milliseconds up to this moment."""
        self._settle()
        return round(self._active * 1000)

    @property
    def idle_ms(self) -> int:
        """Idle milliseconds up to this moment."""
        self._settle()
        return round(self._idle * 1000)

    def restart(self, active_ms: int = 0, idle_ms: int = 0) -> None:
        """Begins an item anew, or where a draft had left it."""
        self._active, self._idle = active_ms / 1000, idle_ms / 1000
        self._last = self._key_at = self._now()

    def key(self) -> None:
        """A key was pressed: the person is here."""
        self._settle()
        self.paused = False
        self._focused = True
        self._key_at = self._last

    def focus(self, has: bool) -> None:
        """The terminal got or lost the focus."""
        self._settle()
        self._focused = has
        if has:
            self._key_at = self._last

    def pause(self) -> None:
        """Stops the clock until the next key."""
        self._settle()
        self.paused = True

    def _settle(self) -> None:
        now = self._now()
        if not self.paused:
            until = self._key_at + self._limit if self._focused else self._last
            active = max(0.0, min(now, until) - self._last)
            self._active += active
            self._idle += now - self._last - active
        self._last = now
