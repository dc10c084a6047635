"""What an import writes through: alone in the store, fast while nobody sees what it writes, durable at the end."""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import closing

from reviewer.errors import BadInput
from reviewer.store import holding
from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.rows import Rows

_PAGES_BEFORE_CHECKPOINT = 4000
_PAGES_WHEN_CLEARING = 200
_LEFT_TO_RATERS = 1 << 20


class Loading:
    """An import into a store file. Raises BadInput where another one is under way, in this program or another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = os.open(store.path.with_suffix(".import"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise under_way() from error
        try:
            # Nothing is shown before the last commit, which is durable and carries all that went before it.
            self.connection: Connection = store.connect(durable=False, wait=60)
        except BaseException:
            os.close(self._lock)
            raise

    def begin(self) -> None:
        """Makes ready to write much. The driver's errors come out as they are."""
        self.connection.execute("PRAGMA foreign_keys=0")
        self.connection.execute("PRAGMA cache_size=-32768")
        self.connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_BEFORE_CHECKPOINT}")

    def make_durable(self) -> None:
        """From here on a commit is on the disk when it returns."""
        self.connection.execute("PRAGMA synchronous=FULL")

    def stop(self) -> None:
        """Makes ready to take everything back, on a disk that may be full."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self.connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_WHEN_CLEARING}")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def make_sure_of_room(self, rows: Rows) -> None:
        """Stops before the disk is so full that neither this import could be taken back nor a label saved."""
        texts = sum(len(prompt) + len(context) + len(told or "") for _, _, prompt, context, told in rows.items)
        texts += sum(len(output[5]) + len(output[6]) for output in rows.outputs)
        # Everything is written twice: to the log beside the store, and from there into it.
        needed = 2 * (texts + 1000 * len(rows.tasks)) + _LEFT_TO_RATERS
        if self._room() < needed + self._log_size():
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._room() < needed + self._log_size():
                raise OSError(errno.ENOSPC, "no space is left for the import")

    def _room(self) -> int:
        disk = os.statvfs(self._store.path.parent)
        return disk.f_bavail * disk.f_frsize

    def _log_size(self) -> int:
        log = self._store.path.with_name(f"{self._store.path.name}-wal")
        try:
            return log.stat().st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        """Lets the next import begin."""
        self.connection.close()
        os.close(self._lock)


class LoadingElsewhere(Loading):
    """An import into a database on a server: a transaction of its own holds the right to import until it ends, and
    ends with the program."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._right = store.connect()
        try:
            with store.translated():
                self._right.execute("BEGIN")
                if not holding.imports(self._right):
                    raise under_way()
            self.connection = store.connect(durable=False, wait=60)
        except BaseException:
            self._right.close()
            raise

    def begin(self) -> None:
        """Nothing is to be made ready."""

    def make_durable(self) -> None:
        """From here on a commit is on the server's disk when it returns."""
        self._hold()
        self.connection.execute("SET synchronous_commit = on")

    def stop(self) -> None:
        """Takes back what is not committed."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def make_sure_of_room(self, _rows: Rows) -> None:
        """The server sees to its disk: what does not fit is refused, and taken back."""
        self._hold()

    def _hold(self) -> None:
        """Fails where the server let go of the right to import."""
        self._right.execute("SELECT 1")

    def close(self) -> None:
        """Lets the next import begin."""
        with closing(self._right):
            self.connection.close()


def under_way() -> BadInput:
    """What is told to a second import."""
    return BadInput("another import into this store is under way.", mend="Wait for it to end, then try again.")
