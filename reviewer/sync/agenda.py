"""What is to be done for one remote, and when: pure bookkeeping over moments that are given, so that nothing waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

GATHER = 1.0
"""So many seconds labels are gathered before they are sent: somebody who rates fast sends several at once."""

EVERY = 120.0
"""So many seconds after the server was heard last it is asked for its news."""

APART = 1.0
"""So many seconds lie between two looks at the server that its news ask for: where much happens, one look sees all."""

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do now. Before a queue is pulled, what waits is sent: the server counts what it knows."""

    what: Literal["push", "pull", "sync"]
    queue: str = ""
    wanted: int = 0
    asked: bool = False


@dataclass(slots=True)
class Agenda:
    """The wishes of one remote. Where the server is out of reach all of them wait, each time twice as long; what
    somebody asks for (`at_once`) does not. Not safe for several threads by itself."""

    push_at: float | None = None
    sync_at: float = 0.0
    synced_at: float = float("-inf")
    pulls: dict[str, int] = field(default_factory=dict)
    asked: bool = False
    failures: int = 0
    again_at: float = 0.0

    def wake(self, now: float) -> None:
        """A label was saved."""
        if self.push_at is None:
            self.push_at = now + GATHER

    def pull(self, queue: str, wanted: int) -> None:
        """Items of a queue are wanted."""
        self.pulls[queue] = wanted or self.pulls.get(queue, 0)

    def at_once(self, now: float) -> None:
        """Somebody asks: nothing waits any longer."""
        self.asked = True
        self.sync_at = self.again_at = now

    def heard(self, now: float) -> None:
        """The server told that something happened: it is there, and is asked what."""
        self.sync_at = min(self.sync_at, max(now, self.synced_at + APART))
        self.again_at = min(self.again_at, now)

    def take(self, now: float) -> tuple[Task | None, float]:
        """What is to be done now, which is off the agenda then; or in how many seconds something is."""
        if now < self.again_at:
            return None, self.again_at - now
        if self.asked or self.sync_at <= now:
            task = Task("sync", asked=self.asked)
            self.asked, self.sync_at, self.synced_at = False, now + EVERY, now
        elif self.pulls:
            queue = next(iter(self.pulls))
            task = Task("pull", queue, self.pulls.pop(queue))
        elif self.push_at is not None and self.push_at <= now:
            task = Task("push")
        else:
            return None, min(self.sync_at, self.push_at or self.sync_at) - now
        # Whatever is done begins with sending; a label that is saved meanwhile wakes again.
        self.push_at = None
        return task, 0.0

    def done(self) -> None:
        """The server has answered, be it that it said no."""
        self.failures = 0
        self.again_at = 0.0

    def failed(self, task: Task, now: float, luck: float) -> None:
        """The server could not be reached: the task stays. `luck` in 0 … 1 parts devices that lost it together."""
        if task.what == "pull":
            self.pulls.setdefault(task.queue, task.wanted)
        elif task.what == "sync":
            self.sync_at = now
        self.push_at = now
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 16))
        self.failures += 1
        if not self.asked:
            self.again_at = now + pause * (0.5 + luck / 2)
