"""Many threads at one file: what waits to be written is written together, and reaches the disk by one commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Lock
from typing import Any, Protocol, TypeVar

from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.troubles import StoreTrouble

_R = TypeVar("_R")
_MOST_IN_A_GROUP = 64
_MOST_READERS = 64


class Work(Protocol):
    """How requests reach the store: what `PostgresStore` does by itself, and `GroupedFile` for a file."""

    def transact(self, job: Callable[[Connection], _R], /) -> _R:
        """What `job` returns, once it is safe on the disk; it may be called again."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that cannot write, for the length of the block."""

    def close(self) -> None:
        """Lets go of the connections."""


def work_on(store: Store) -> Work:
    """The way to the store that costs the least."""
    return GroupedFile(store) if store.is_file else store


class _Waiting:
    """A job, and what came of it."""

    __slots__ = ("error", "job", "leads", "result", "turn")

    def __init__(self, job: Callable[[Connection], Any]) -> None:
        self.job = job
        self.result: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.turn = Event()

    def outcome(self) -> Any:
        """What the job returned; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.result


class GroupedFile:
    """A store in a file, whose connections are kept.

    SQLite writes one transaction at a time, and a commit waits for the disk. Whoever comes while one is under way
    waits; the first of those who wait then does the work of all of them, each job by itself so far that it alone is
    undone if it fails, and answers go out after the one commit.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gate = Lock()
        self._waiting: deque[_Waiting] = deque()
        self._led = False
        self._writer: Connection | None = None
        self._readers: deque[Connection] = deque()

    def transact(self, job: Callable[[Connection], _R]) -> _R:
        """What `job` returns, once it is safe on the disk."""
        mine = _Waiting(job)
        with self._gate:
            self._waiting.append(mine)
            mine.leads = not self._led
            self._led = True
        if not mine.leads:
            mine.turn.wait()
        if mine.leads:
            self._lead()
        result: _R = mine.outcome()
        return result

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write, for the length of the block."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._store.connect()
            connection.execute("PRAGMA query_only=1")
        sound = True
        try:
            with self._store.translated():
                yield connection
        except StoreTrouble:
            sound = False
            raise
        finally:
            if sound and len(self._readers) < _MOST_READERS:
                self._readers.append(connection)
            else:
                connection.close()

    def close(self) -> None:
        """Lets go of the connections; to be called when no job is under way."""
        while self._readers:
            self._readers.pop().close()
        self._drop_writer()

    def _lead(self) -> None:
        """Does the work of those who wait, and lets the next of those who came meanwhile lead."""
        with self._gate:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_IN_A_GROUP))]
        try:
            self._perform(group)
        except BaseException as error:
            self._drop_writer()
            for one in group:
                one.error = error
        finally:
            with self._gate:
                following = self._waiting[0] if self._waiting else None
                self._led = following is not None
            if following is not None:
                following.leads = True
                following.turn.set()
            for one in group:
                one.turn.set()

    def _perform(self, group: list[_Waiting]) -> None:
        self._store.check_place()
        if self._writer is None:
            self._writer = self._store.connect()
        connection = self._writer
        with self._store.transaction(connection):
            for one in group:
                self._perform_one(connection, one)

    def _perform_one(self, connection: Connection, one: _Waiting) -> None:
        connection.execute("SAVEPOINT job")
        try:
            with self._store.translated():
                one.result = one.job(connection)
        except Exception as error:
            # A full disk takes the whole transaction back, and then there is nothing to go on with.
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO job")
            one.error = error
        connection.execute("RELEASE job")

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with suppress(Exception):
                self._writer.close()
        self._writer = None
