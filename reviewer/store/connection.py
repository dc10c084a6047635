"""Opening a store: its file, its connections, its transactions and its version."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, TypeVar

from reviewer.config import ensure_private
from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.store.file_systems import file_system_of, is_network_file_system
from reviewer.store.prepared import SQLITE, Connection, Driver, dialect_of
from reviewer.store.troubles import DRIVERS_ERRORS, StoreTrouble, damaged, no_store, translated, trouble
from reviewer.store.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from reviewer.store.loading import Loading

APPLICATION_ID = 0x52565752  # "RVWR", so that `file` and doctor know a store when they see one
BUSY_SECONDS = 5.0
_C = TypeVar("_C", bound=sqlite3.Connection)
_R = TypeVar("_R")


class Store:
    """One SQLite file; `PostgresStore` is the same in a database on a server.

    Connections are opened for the thread that uses them and closed by whom opened them.
    """

    def __init__(self, path: Path | None, *, device: str, identity: str, copy: Path | None = None) -> None:
        self._path = path
        self.copy = copy  # as the store was before it was brought up to date, where that was needed
        self.device = device
        self.identity = identity
        self._file = _file_at(path) if path else None

    @property
    def path(self) -> Path:
        """The file. Raises BadInput where the store is none."""
        if self._path is None:
            raise BadInput("the store is a database on a server and has no file.", where=self.where)
        return self._path

    @property
    def is_file(self) -> bool:
        """Whether the store is a file of its own."""
        return self._path is not None

    @property
    def where(self) -> str:
        """The place as people are told it."""
        return str(self.path)

    def connect(self, *, durable: bool = True, wait: float = BUSY_SECONDS) -> Connection:
        """A connection in autocommit; `durable` commits reach the disk before they return (synchronous=FULL)."""
        self.check_place()
        connection = _connect(self.path, wait)
        with translated(self.path):
            connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        return connection

    @property
    def remark(self) -> str:
        """What whoever opens the store should know; mostly nothing."""
        if not is_network_file_system(self.path):
            return ""
        kind = file_system_of(self.path)
        return f"The store lies on a network file system ({kind}): use it from one machine at a time, and back it up."

    def check_place(self) -> None:
        """Raises StoreTrouble where the file is no longer the one that was opened.

        SQLite would go on writing into a file that was deleted, and all of it would be lost.
        """
        if self._file is None or _file_at(self.path) != self._file:
            raise StoreTrouble(
                "the store's file was deleted, moved or replaced.",
                where=str(self.path),
                mend="Put it back, then try again; what you typed is kept meanwhile.",
            )

    def reader(self) -> Connection:
        """A connection that cannot write, for the length of a sitting; the driver's errors come out as StoreTrouble."""
        with translated(self.path):
            connection = _open_existing(self.path, BUSY_SECONDS, _Telling)
            connection.path = self.path
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA query_only=1")
        return connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write, for the length of the block."""
        with closing(self.connect()) as connection:
            connection.execute("PRAGMA query_only=1")
            with translated(self.path):
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back by an exception.

        No two of these are under way at once, on whatever database.
        """
        with closing(self.connect()) as connection, self.transaction(connection):
            yield connection

    def transact(self, job: Callable[[Connection], _R]) -> _R:
        """What `job` returns, run in a durable transaction; on PostgreSQL others run beside it, and what it reads in
        order to write it holds by `holding`. There it may be called again where the database took it back."""
        with closing(self.connect()) as connection:
            return self.perform(connection, job)

    def perform(self, connection: Connection, job: Callable[[Connection], _R]) -> _R:
        """As `transact`, on a connection of one's own."""
        with self.transaction(connection):
            return job(connection)

    def transaction(self, connection: Connection) -> AbstractContextManager[None]:
        """A writing transaction on `connection`; a driver's error comes out as StoreTrouble, rolled back."""
        return transaction(connection, self.path)

    def translated(self) -> AbstractContextManager[None]:
        """Turns the driver's errors into sentences."""
        return translated(self.path)

    def usable(self, connection: Connection) -> bool:
        """Whether `connection` leads anywhere still; one to a file does."""
        return connection is not None

    def loading(self) -> Loading:
        """What an import writes through. Raises BadInput where another one is under way."""
        from reviewer.store.loading import Loading

        return Loading(self)

    def close(self) -> None:
        """Lets go of what is kept open between uses; a file keeps nothing."""

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Store:
        """Opens the store at `path`, makes it where it is missing, and brings an older one up to date.

        Raises StoreTrouble where the file is missing (with `create` off), is no store, is damaged, was written by a
        newer program, or cannot be read or written.
        """
        with translated(path):
            there = path.exists()
        if not there:
            if not create:
                raise no_store(path)
            ensure_private(path.parent)
            _create(path)
        with translated(path), closing(_connect(path, BUSY_SECONDS)) as connection:
            _check_identity(connection, path)
            copy: Path | None = None
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise StoreTrouble(
                    f"the store was written by a newer Reviewer (its schema is {version}, this program knows up to "
                    f"{SCHEMA_VERSION}).",
                    where=str(path),
                    mend="Update this program; the store is untouched.",
                )
            if version < 1:
                raise damaged(path)
            if version < SCHEMA_VERSION:
                from reviewer.store.migrate import bring_up_to_date

                copy = bring_up_to_date(path, version)
            facts = dict(connection.execute("SELECT key, value FROM meta"))
            if not {"device", "store"} <= facts.keys():
                raise damaged(path)
            if is_network_file_system(path):
                # A store that was moved here: without shared memory two machines would not see each other's log.
                connection.execute("PRAGMA journal_mode=DELETE")
        return cls(path, device=facts["device"], identity=facts["store"], copy=copy)


class _Telling(sqlite3.Connection):
    """A connection whose failures are sentences already where they are met: a screen reads at any time."""

    path = Path()

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            cursor = self.cursor(_TellingCursor)
            cursor.path = self.path
            return cursor.execute(*arguments)
        except DRIVERS_ERRORS as error:
            raise trouble(error, self.path) from error


class _TellingCursor(sqlite3.Cursor):
    path = Path()

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except DRIVERS_ERRORS as error:
            raise trouble(error, self.path) from error

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except DRIVERS_ERRORS as error:
            raise trouble(error, self.path) from error


@contextmanager
def at_one_moment(driver: Driver) -> Iterator[None]:
    """Lets everything that is read in the block be of one moment, while raters go on."""
    driver.execute("BEGIN" if dialect_of(driver) == SQLITE else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        yield
    finally:
        driver.execute("ROLLBACK")


def version_of_data(driver: Driver) -> int:
    """A number that is another one where another connection has written since; PostgreSQL keeps none, and there it is
    another one each time."""
    if dialect_of(driver) != SQLITE:
        return monotonic_ns()
    return int(driver.execute("PRAGMA data_version").fetchone()[0])


def begin(connection: Connection) -> None:
    """Begins a writing transaction, on SQLite as the only one."""
    connection.execute("BEGIN IMMEDIATE" if dialect_of(connection) == SQLITE else "BEGIN")


@contextmanager
def transaction(connection: Connection, path: Path) -> Iterator[None]:
    """An immediate transaction on `connection`; a driver's error comes out as StoreTrouble, rolled back."""
    with translated(path):
        begin(connection)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def schema_of(path: Path) -> int:
    """The schema version of the store at `path`. Raises StoreTrouble where it is missing, damaged or no store."""
    with translated(path):
        there = path.exists()
    if not there:
        raise no_store(path)
    with translated(path), closing(_connect(path, BUSY_SECONDS)) as connection:
        _check_identity(connection, path)
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _connect(path: Path, wait: float) -> sqlite3.Connection:
    with translated(path):
        connection = _open_existing(path, wait, sqlite3.Connection)
        connection.execute("PRAGMA foreign_keys=1")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection


def _open_existing(path: Path, wait: float, factory: type[_C]) -> _C:
    # A plain path would make an empty file where the store was deleted.
    where = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(
        where, uri=True, timeout=wait, isolation_level=None, check_same_thread=False, factory=factory
    )


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreTrouble("the file is no Reviewer store.", where=str(path), mend="Name another home with --home.")


def _create(path: Path) -> None:
    """Makes the store beside its place and renames it in, so that a kill half-way leaves nothing behind."""
    from sqlalchemy import URL, create_engine

    from reviewer.store.tables import METADATA

    made = path.with_name(f".{path.name}.{os.getpid()}.new")
    with translated(path):
        try:
            os.close(os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR))
            engine = create_engine(URL.create("sqlite", database=str(made)))
            METADATA.create_all(engine)
            engine.dispose()
            with closing(sqlite3.connect(made, isolation_level=None)) as connection:
                # A network file system has no shared memory for the write-ahead log between two machines.
                mode = "DELETE" if is_network_file_system(path) else "WAL"
                connection.execute(f"PRAGMA journal_mode={mode}")
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
                connection.executemany(
                    "INSERT INTO meta (key, value) VALUES (?, ?)",
                    [("store", new_id()), ("device", new_id()), ("created_at", now())],
                )
            _put_in_place(made, path)
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                made.with_name(made.name + suffix).unlink(missing_ok=True)


def _put_in_place(made: Path, path: Path) -> None:
    try:
        os.link(made, path)  # unlike a rename, fails where another process was first
    except FileExistsError:
        return
    except OSError as error:
        if isinstance(error, PermissionError) and path.parent.exists() and not os.access(path.parent, os.W_OK):
            raise
        made.rename(path)
