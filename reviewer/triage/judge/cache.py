"""Answers that judges gave, by what they were asked: what arrived whole is never paid for twice.

Every call is booked before it is sent, so that one which nobody heard the end of is known and counts as cost unknown.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reviewer.config import ensure_private
from reviewer.errors import BadInput
from reviewer.ids import digest, now

FILE = "judge-answers.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, most REAL NOT NULL,
    tokens_in INTEGER, tokens_out INTEGER, cost REAL, content BLOB, at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS call_of_job ON call (job, state);
CREATE INDEX IF NOT EXISTS answer ON call (request) WHERE content IS NOT NULL;
"""
End = Literal["refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Booked:
    """What the calls of a job came to: `cost` of those whose cost is known, `unknown` the number of the others, and
    `spent` at the most, with what was set aside for each of those."""

    calls: int
    cost: float
    unknown: int
    spent: float


class AnswerCache:
    """The answers in one file, which its owner alone can read. Raises BadInput where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        ensure_private(path.parent)
        with self._told():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A killed program loses nothing by this; a machine that loses power may have to ask again.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def find(self, request: str) -> bytes | None:
        """The response that once came to a request."""
        with self._told():
            row = self._connection.execute(
                "SELECT content FROM call WHERE request = ? AND content IS NOT NULL", (request,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def begin(self, job: str, request: str, most: float) -> int:
        """Books a call that is about to be sent and may cost so much; returns its number."""
        with self._told():
            row = (job, request, most, now())
            made = self._connection.execute(
                "INSERT INTO call (job, request, state, most, at) VALUES (?, ?, 'sent', ?, ?)", row
            ).lastrowid
        assert made is not None
        return made

    def keep(self, call: int, content: bytes, tokens: tuple[int | None, int | None], cost: float | None) -> None:
        """Keeps a response that came whole."""
        with self._told():
            self._connection.execute(
                "UPDATE call SET state = 'whole', content = ?, tokens_in = ?, tokens_out = ?, cost = ? WHERE id = ?",
                (content, *tokens, cost, call),
            )

    def end(self, call: int, state: End) -> None:
        """Books that a call brought no answer: it was refused and costs nothing, or its cost is unknown."""
        with self._told():
            cost = 0.0 if state == "refused" else None
            self._connection.execute("UPDATE call SET state = ?, cost = ? WHERE id = ?", (state, cost, call))

    def break_off(self, job: str) -> int:
        """Books the calls of a job that were never heard of again as cost unknown; returns their number.

        To be called while no other program works at the job.
        """
        with self._told():
            return self._connection.execute(
                "UPDATE call SET state = 'unknown' WHERE job = ? AND state = 'sent'", (job,)
            ).rowcount

    def booked(self, job: str) -> Booked:
        """What the calls of a job came to so far, in all runs."""
        with self._told():
            calls, cost, unknown, spent = self._connection.execute(
                "SELECT count(*), coalesce(sum(cost), 0), coalesce(sum(cost IS NULL), 0),"
                " coalesce(sum(coalesce(cost, most)), 0) FROM call WHERE job = ?",
                (job,),
            ).fetchone()
        return Booked(int(calls), float(cost), int(unknown), float(spent))

    @contextmanager
    def alone(self, job: str) -> Iterator[None]:
        """Keeps other programs from the same job meanwhile. Raises BadInput where one works at it."""
        path = self._path.with_name(f"judge-{digest(job)[:16]}.lock")
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise BadInput(
                "another program has this judge at work in this queue.", mend="Wait for it, or end it, then try again."
            ) from error
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(lock)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise BadInput(
                f"the answers of judges cannot be kept ({error}).",
                where=str(self._path),
                mend="Make room and mend the permissions there; what was kept is safe.",
            ) from error
