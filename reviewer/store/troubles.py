"""What stands in the way of a store, said plainly: the driver's errors and what to do about them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.errors import BadInput

# Where the file is damaged, the driver's message may quote it and then be no text.
DRIVERS_ERRORS = (sqlite3.Error, UnicodeDecodeError)
_LEAST_ROOM = 65536  # the shared memory of the write-ahead log grows by 32 KiB


class StoreTrouble(BadInput):
    """The store cannot be opened, read or written; nothing that was saved is lost."""


class RoundShut(StoreTrouble):
    """A calibration round takes such a label no more, however often it is tried."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns the driver's errors into sentences."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read what is printed here has gone; the store has nothing to do with it
    except (*DRIVERS_ERRORS, OSError) as error:
        raise trouble(error, path) from error


def trouble(error: Exception, path: Path) -> StoreTrouble:
    """What a driver's error means to a person, and what to do about it."""
    # The words of the system alone: a path beside them may hold any word.
    said = str(getattr(error, "strerror", None) or error).lower()
    where = str(path)
    if isinstance(error, UnicodeDecodeError):
        return damaged(path)
    if "full" in said or "no space" in said:
        return StoreTrouble(
            "the disk is full.", where=where, mend="Make room; what you typed is kept, then submit again."
        )
    if "disk i/o" in said and _has_no_room(path):
        return trouble(OSError("no space"), path)
    if "locked" in said or "busy" in said:
        return StoreTrouble(
            "another program holds the store.", where=where, mend="Wait for it, or end it, then try again."
        )
    if "readonly" in said or "read-only" in said or "attempt to write" in said:
        return StoreTrouble(
            "the store cannot be written.",
            where=where,
            mend="Give yourself write access to it and to its folder.",
        )
    if any(word in said for word in ("malformed", "not a database", "corrupt", "could not decode")):
        return damaged(path)
    if "unable to open" in said or "permission" in said:
        return StoreTrouble(
            "the store cannot be opened.", where=where, mend="Check the path and your permissions there."
        )
    return StoreTrouble(f"the store failed: {error}.", where=where, mend="Run `reviewer doctor`.")


def damaged(path: Path) -> StoreTrouble:
    """What is told where the file does not hold what was written."""
    return StoreTrouble(
        "the file is damaged or is no Reviewer store.",
        where=str(path),
        mend="Run `reviewer doctor`; put a copy made by `reviewer store backup` in its place.",
    )


def no_store(path: Path) -> StoreTrouble:
    """What is told where there is nothing to open."""
    mend = "Try `reviewer demo` or `reviewer import`; for a team's server `reviewer remote add NAME URL`."
    return StoreTrouble("there is no store here yet.", where=str(path), mend=mend)


def _has_no_room(path: Path) -> bool:
    try:
        room = os.statvfs(path.parent)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < _LEAST_ROOM or not room.f_favail
