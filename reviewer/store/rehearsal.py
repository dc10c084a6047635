"""An import that is only tried: what it would do is found out beside the store, and nothing is written into it."""

from __future__ import annotations

import sqlite3
from typing import Any

from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.queues import QueueRecord
from reviewer.store.rows import Rows, note
from reviewer.store.taking import Taking


class Rehearsal(Taking):
    """Takes items in as `Intake` does, against the store as it is, and forgets them. Use as a context manager.

    What the file itself brings is noted in a temporary database without the texts, so that memory stays small. There
    need not be a store.
    """

    def __init__(self, store: Store | None, queue: QueueRecord, *, revise: bool = False) -> None:
        super().__init__(queue, revise=revise)
        self._store = store
        self._real: Connection | None = None

    def __enter__(self) -> Rehearsal:
        self._notes = _empty_store()
        # Never committed: what does not fit into memory spills, and all of it goes with the connection.
        self._notes.execute("BEGIN")
        if self._store is not None:
            self._real = self._store.reader()
            self.sources.append(self._real)
            with self._store.translated():
                self.begin()
        self.sources.append(self._notes)
        return self

    def __exit__(self, *_: object) -> None:
        self._notes.close()
        if self._real is not None:
            self._real.close()

    def write(self, rows: Rows) -> None:
        """Notes what the slice would add."""
        note(self._notes, rows)

    def keep_rubric(self, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        """An identifier for the rubric with this content."""
        return self._remember_rubric(self._notes, document, content_hash=content_hash, scale_hash=scale_hash)


def _empty_store() -> sqlite3.Connection:
    """A private database that spills to a temporary file and is gone when it is closed."""
    from sqlalchemy import StaticPool, create_engine
    from sqlmodel import SQLModel

    connection = sqlite3.connect("", isolation_level=None)
    for setting in ("synchronous=OFF", "journal_mode=OFF", "locking_mode=EXCLUSIVE", "cache_size=-32768"):
        connection.execute(f"PRAGMA {setting}")
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    SQLModel.metadata.create_all(engine)
    return connection
