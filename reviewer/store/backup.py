"""A whole and consistent copy of a store that may be in use."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from reviewer.errors import BadInput
from reviewer.store.troubles import StoreTrouble, translated

_PAGES_AT_ONCE = 4096


def back_up(source: Path, target: Path, progress: Callable[[int, int], object] | None = None) -> None:
    """Copies the store by SQLite's backup API; raters may be at work. The owner alone may read the copy.

    `progress(done, total)` counts pages. The copy appears under its name when it is whole. Raises BadInput where
    `target` exists, StoreTrouble where the source cannot be read or the target not be written.
    """
    made = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        if not target.parent.is_dir():
            raise BadInput("there is no such folder.", where=str(target.parent), mend="Make it, or name another one.")
        with translated(target):
            if target.exists() or target.is_symlink():
                raise _exists(target)
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        _copy(source, made, target, progress)
        try:
            os.link(made, target)  # unlike a rename, fails where another program was first
        except FileExistsError:
            raise _exists(target) from None
        except OSError:
            with translated(target):
                made.rename(target)
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            made.with_name(made.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, made: Path, target: Path, progress: Callable[[int, int], object] | None) -> None:
    def tell(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with translated(source), closing(sqlite3.connect(source, isolation_level=None)) as old:
        # One snapshot for the whole copy: what is written meanwhile would else begin it anew.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with closing(sqlite3.connect(made, isolation_level=None)) as new:
            try:
                old.backup(new, pages=_PAGES_AT_ONCE, progress=tell)
                new.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.Error as error:
                if "full" in str(error):
                    said = "the disk is full, and no copy was made."
                    raise StoreTrouble(said, where=str(target), mend="Make room, or name another place.") from error
                raise


def _exists(target: Path) -> BadInput:
    return BadInput(
        "there is a file of that name; nothing was written.", where=str(target), mend="Name another one, or remove it."
    )
