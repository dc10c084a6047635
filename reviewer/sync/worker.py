"""The thread that works for one remote: sends, fetches and hears, and keeps what is known for whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from random import Random
from time import monotonic
from typing import Any, Literal, Protocol

from reviewer.errors import ReviewerError
from reviewer.ids import now
from reviewer.sync.agenda import Agenda, Task

Mark = Literal["", "synced", "waiting", "syncing", "offline", "refused"]
Fetch = Literal["", "under way", "offline", "failed", "ended"]


@dataclass(frozen=True, slots=True)
class State:
    """How a queue stands with its server (`session.synchroniser.SyncState`)."""

    mark: Mark = ""
    waiting: int = 0
    refused: int = 0
    message: str = ""
    at: str | None = None
    fetch: Fetch = ""
    fetch_message: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A queue that the server offers (`session.synchroniser.OfferedQueue`)."""

    name: str
    kind: str
    state: str
    here: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one remote. It is replaced and never changed, so that any thread may read it."""

    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Labels that wait and that were refused, by the name of their queue."""
    fetches: dict[str, tuple[Fetch, str]] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    trouble: str = ""
    offline: bool = False
    shut_out: bool = False
    busy: bool = False
    at: str | None = None

    def state_of(self, queue: str) -> State:
        """How one queue stands."""
        waiting, refused = self.counts.get(queue, (0, 0))
        fetch, why = self.fetches.get(queue, ("", ""))
        return State(self._mark(waiting, refused), waiting, refused, self.trouble, self.at, fetch, why)

    def state(self) -> State:
        """All its queues together."""
        waiting, refused = (sum(count[which] for count in self.counts.values()) for which in (0, 1))
        return State(self._mark(waiting, refused), waiting, refused, self.trouble, self.at)

    def _mark(self, waiting: int, refused: int) -> Mark:
        if refused or self.shut_out:
            return "refused"
        if self.offline:
            return "offline"
        if self.busy:
            return "syncing"
        if waiting:
            return "waiting"
        return "synced" if self.at else ""


@dataclass(frozen=True, slots=True)
class News:
    """A sentence about a queue, or about all of the remote where `queue` is empty."""

    queue: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a task: how many labels were sent, what is to be told, why there are not more items, and what the
    server offers where it was asked."""

    sent: int = 0
    news: tuple[News, ...] = ()
    why: str = ""
    offers: tuple[Offer, ...] | None = None


class Line(Protocol):
    """The way to one remote; used from one thread. What goes wrong is a ReviewerError."""

    def counts(self) -> dict[str, tuple[int, int]]:
        """Labels that wait and that were refused, for every queue of the remote that is here."""

    def running_out(self) -> list[News]:
        """What is to be told, each sentence once, while the server cannot be reached."""

    def work(self, task: Task) -> Heard:
        """Does one task, and what goes before it. Waits for the server."""

    def close(self) -> None:
        """Closes what is open."""


class Unreachable(ReviewerError):
    """The server cannot be reached now: what was to be done is tried again by itself."""

    exit_code = 4


class Busy(Unreachable):
    """Another program of this home is at it just now."""


class ShutOut(ReviewerError):
    """The server does not let this token in: somebody has to do something about it."""

    exit_code = 4


class Worker:
    """One remote's thread. Every method but `stop` returns at once."""

    def __init__(self, remote: str, connect: Callable[[], Line], told: Callable[[], None]) -> None:
        self.remote = remote
        self.known = Known()
        self._connect = connect
        self._told = told
        self._agenda = Agenda()
        self._random = Random()
        self._news: list[News] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._ended = False
        self._warned: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=f"reviewer-sync-{remote}", daemon=True)

    def start(self) -> None:
        """Begins with asking the server for its news."""
        self._thread.start()

    def wake(self, queue: str, labels: int) -> None:
        """So many labels of that queue were saved."""
        with self._changed:
            waiting, refused = self.known.counts.get(queue, (0, 0))
            self.known = replace(self.known, counts=self.known.counts | {queue: (waiting + labels, refused)})
            self._agenda.wake(monotonic())
            self._changed.notify()
        self._told()

    def pull(self, queue: str, wanted: int) -> None:
        """Items of a queue are wanted."""
        with self._changed:
            self._agenda.pull(queue, wanted)
            self._fetch(queue, "offline" if self.known.offline else "under way")
            self._changed.notify()
        self._told()

    def at_once(self) -> None:
        """Somebody asks, and is told what comes of it."""
        with self._changed:
            self._agenda.at_once(monotonic())
            self.known = replace(self.known, busy=True)
            self._changed.notify()
        self._told()

    def heard(self) -> None:
        """The server told that something happened."""
        with self._changed:
            self._agenda.heard(monotonic())
            self._changed.notify()

    def news(self, queue: str | None) -> list[str]:
        """What was not told yet of that queue and of the remote; of everything for None."""
        with self._changed:
            found = [each for each in self._news if queue is None or each.queue in (queue, "")]
            self._news = [each for each in self._news if each not in found]
        return list(dict.fromkeys(each.sentence for each in found))

    def stop(self) -> None:
        """Lets the thread end once it has sent what waits."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Whether the thread has ended within `timeout` seconds; one that waits for a server ends with the program."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- on the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        line: Line | None = None
        while (task := self._next()) is not None:
            try:
                if line is None:
                    line = self._connect()
                    self._look(line)
                heard = line.work(task)
            except ReviewerError as trouble:
                self._failed(task, trouble)
            except Exception as defect:  # one that is silent would leave labels waiting for good
                name = type(defect).__name__
                self._failed(
                    task, Unreachable(f"the program failed while syncing ({name}).", mend="Run `reviewer sync`.")
                )
            else:
                self._succeeded(task, heard)
            with suppress(ReviewerError):
                self._look(line)
            self._learn(busy=False)
        if line is not None:
            line.close()

    def _next(self) -> Task | None:
        with self._changed:
            while not self._stopping:
                task, pause = self._agenda.take(monotonic())
                if task is not None:
                    self._begin(task)
                    break
                self._changed.wait(pause)
            else:
                waits = any(waiting for waiting, _ in self.known.counts.values())
                task = Task("push") if waits and not (self.known.offline or self._ended) else None
                self._ended = True
        self._told()
        return task

    def _begin(self, task: Task) -> None:
        self.known = replace(self.known, busy=True)
        if task.what == "pull":
            self._fetch(task.queue, "under way")

    def _succeeded(self, task: Task, heard: Heard) -> None:
        with self._changed:
            self._agenda.done()
            self._news += heard.news
            if task.asked and (heard.sent or not heard.news):
                self._news.append(News("", _summary(heard)))
            if task.what == "pull":
                self._fetch(task.queue, "ended" if heard.why else "", heard.why)
            offers = self.known.offers if heard.offers is None else heard.offers
            self.known = replace(self.known, offers=offers, trouble="", offline=False, shut_out=False, at=now())

    def _failed(self, task: Task, trouble: ReviewerError) -> None:
        offline, shut_out = isinstance(trouble, Unreachable), isinstance(trouble, ShutOut)
        with self._changed:
            if offline:
                self._agenda.failed(task, monotonic(), self._random.random())
            else:
                self._agenda.done()
            if task.asked or (shut_out and not self.known.shut_out):
                self._news.append(News("", trouble.sentence))
            if task.what == "pull" and not offline:
                self._fetch(task.queue, "failed", trouble.sentence)
            for queue in self._agenda.pulls if offline and not isinstance(trouble, Busy) else ():
                self._fetch(queue, "offline", trouble.sentence)
            if not isinstance(trouble, Busy):
                self.known = replace(self.known, trouble=trouble.sentence, offline=offline, shut_out=shut_out)

    def _fetch(self, queue: str, fetch: Fetch, why: str = "") -> None:
        self.known = replace(self.known, fetches=self.known.fetches | {queue: (fetch, why)})

    def _look(self, line: Line | None) -> None:
        """Learns from the store what waits and, while nobody is reached, what runs out."""
        if line is None:
            return
        self._learn(counts=line.counts())
        if self.known.offline:
            with self._changed:
                fresh = [each for each in line.running_out() if each.sentence not in self._warned]
                self._warned |= {each.sentence for each in fresh}
                self._news += fresh

    def _learn(self, **learnt: Any) -> None:
        with self._changed:
            self.known = replace(self.known, **learnt)
        self._told()


def _summary(heard: Heard) -> str:
    if not heard.sent:
        return "Synced: nothing was waiting to be sent."
    return f"Synced: {heard.sent:,} label{'' if heard.sent == 1 else 's'} sent."
