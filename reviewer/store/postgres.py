"""A store in a PostgreSQL database, for a team: any number of programs on one database.

Nothing is used that a database which only speaks PostgreSQL's language may lack: no advisory locks, no notifications,
no triggers. Loaded only where an address is given, with psycopg, which the extra `server` brings.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from select import POLLIN, poll
from typing import Any, TypeVar, cast

from reviewer.errors import BadInput, WrongUsage
from reviewer.store import holding
from reviewer.store.connection import BUSY_SECONDS, Store, begin
from reviewer.store.loading import Loading, LoadingElsewhere
from reviewer.store.prepared import POSTGRESQL, Connection
from reviewer.store.troubles import StoreTrouble
from reviewer.store.version import SCHEMA_VERSION

try:
    import psycopg
    from psycopg import errors
    from psycopg.adapt import AdaptersMap, Dumper, Loader
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.pq import TransactionStatus
except ImportError as error:
    raise BadInput(
        "PostgreSQL needs a driver that is not installed.", mend="Install it with: pip install 'reviewer[server]'"
    ) from error

DriversError = psycopg.Error
"""What every error of the driver is."""

_R = TypeVar("_R")
_CONNECT_SECONDS = 10
_KEPT_OPEN = 16
_TRIES = 5
_BEGUN_AGAIN = (errors.DeadlockDetected, errors.SerializationFailure, errors.UniqueViolation)
"""What another transaction brought about: tried again, this one sees what that one wrote."""


class PostgresConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection in autocommit, as the store's statements need it.

    Where `told` names the place, failures are sentences already where they are met: a screen reads at any time.
    """

    dialect = POSTGRESQL
    told = ""

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """As psycopg's, but for the sentences."""
        if not self.told:
            return super().execute(*arguments, **options)
        with _translated(self.told):
            return super().execute(*arguments, **options)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open, be it one that failed."""
        return self.info.transaction_status != TransactionStatus.IDLE

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        """Executes once for each of `parameters`, without waiting for the answer to each."""
        cursor = self.cursor()
        cursor.executemany(cast("Any", sql), parameters)
        return cursor


class PostgresStore(Store):
    """A database that `upgrade` made. Between uses some connections are kept open; `close` lets go of them."""

    def __init__(self, url: str, *, device: str, identity: str) -> None:
        super().__init__(None, device=device, identity=identity)
        self.url = url
        self._told = told(url)
        self._idle: dict[bool, deque[PostgresConnection]] = {True: deque(), False: deque()}

    @property
    def where(self) -> str:
        """The address without the password."""
        return self._told

    @property
    def remark(self) -> str:
        """Nothing."""
        return ""

    def check_place(self) -> None:
        """Nothing: whether the database is there shows when it is spoken to."""

    def connect(self, *, durable: bool = True, wait: float = BUSY_SECONDS) -> PostgresConnection:
        """A connection in autocommit; `durable` commits are on the server's disk before they return."""
        return connect(self.url, durable=durable, wait=wait)

    def reader(self) -> PostgresConnection:
        """A connection that cannot write, for the length of a sitting; the driver's errors come out as StoreTrouble."""
        reader = connect(self.url, read_only=True)
        reader.told = self._told
        return reader

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that cannot write, for the length of the block."""
        with self._lent(read_only=True) as connection, self.translated():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection inside one transaction: committed at the end, rolled back by an exception.

        No two of these are under way at once, in whatever program.
        """
        with self._lent() as connection, self.transaction(connection):
            holding.store(connection)
            yield connection

    def transact(self, job: Callable[[Connection], _R]) -> _R:
        """What `job` returns, run in a durable transaction beside others; what it reads in order to write it holds by
        `holding`. It is called again where the database took it back for another's sake."""
        with self._lent() as connection:
            return self.perform(connection, job)

    def perform(self, connection: Connection, job: Callable[[Connection], _R]) -> _R:
        """As `transact`, on a connection of one's own."""
        with self.translated():
            for _ in range(_TRIES - 1):
                with suppress(*_BEGUN_AGAIN):
                    return _performed(connection, job)
            return _performed(connection, job)

    def transaction(self, connection: Connection) -> AbstractContextManager[None]:
        """A writing transaction on `connection`; a driver's error comes out as StoreTrouble, rolled back."""
        return _transaction(connection, self._told)

    def translated(self) -> AbstractContextManager[None]:
        """Turns the driver's errors into sentences."""
        return _translated(self._told)

    def usable(self, connection: Connection) -> bool:
        """Whether the server still hears what is said on `connection`."""
        return not getattr(connection, "closed", False)

    def loading(self) -> Loading:
        """What an import writes through. Raises BadInput where another one is under way, in whatever program."""
        return LoadingElsewhere(self)

    def close(self) -> None:
        """Closes the connections that are kept open."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    @contextmanager
    def _lent(self, *, read_only: bool = False) -> Iterator[PostgresConnection]:
        """A durable connection that was used before, where there is one that still works."""
        idle = self._idle[read_only]
        connection = _still_working(idle) or connect(self.url, read_only=read_only)
        try:
            yield connection
        finally:
            if connection.closed or connection.in_transaction or len(idle) >= _KEPT_OPEN:
                connection.close()
            else:
                idle.append(connection)


def _still_working(idle: deque[PostgresConnection]) -> PostgresConnection | None:
    """The connection that was used last of those that still lead anywhere; the others are closed."""
    with suppress(IndexError):  # another thread may take the last one
        while True:
            connection = idle.pop()
            if not _was_told_something(connection):
                return connection
            try:
                connection.execute("SELECT 1")
            except psycopg.Error:
                connection.close()
            else:
                return connection
    return None


def _was_told_something(connection: PostgresConnection) -> bool:
    """Whether anything came in while nothing was asked, as where the server ended it. Asks the machine alone."""
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN)
    return bool(waiting.poll(0))


def open_database(url: str) -> PostgresStore:
    """Opens the store in the database at `url` (postgresql://…); changes nothing.

    Raises StoreTrouble where it cannot be reached, holds no store, or has another schema than this program.
    """
    with closing(connect(url)) as connection, _translated(told(url)):
        facts = facts_of(connection)
    if facts is None:
        raise StoreTrouble(
            "there is no store in this database yet.",
            where=told(url),
            mend="`reviewer store upgrade --database URL` makes it.",
        )
    refuse_newer(facts, told(url))
    if int(facts["schema"]) < SCHEMA_VERSION:
        raise StoreTrouble(
            f"the store has schema {facts['schema']}, and this program needs {SCHEMA_VERSION}.",
            where=told(url),
            mend="Make a copy with pg_dump, then run `reviewer store upgrade --database URL`.",
        )
    return PostgresStore(url, device=facts["device"], identity=facts["store"])


def facts_of(connection: PostgresConnection) -> dict[str, str] | None:
    """What the store says about itself; None where the database holds none. Raises StoreTrouble for tables of another
    program."""
    where = told_of(connection)
    try:
        facts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    except errors.UndefinedTable:
        return None
    except (errors.UndefinedColumn, errors.InsufficientPrivilege) as error:
        raise _foreign(where) from error
    if not {"device", "store", "schema"} <= facts.keys() or not facts["schema"].isdecimal():
        raise _foreign(where)
    return facts


def refuse_newer(facts: dict[str, str], where: str) -> None:
    """Raises StoreTrouble where a newer program made or upgraded the store."""
    if int(facts["schema"]) > SCHEMA_VERSION:
        raise StoreTrouble(
            f"the store was written by a newer Reviewer (its schema is {facts['schema']}, this program knows up to "
            f"{SCHEMA_VERSION}).",
            where=where,
            mend="Update this program; the store is untouched.",
        )


def connect(
    url: str, *, durable: bool = True, read_only: bool = False, wait: float = BUSY_SECONDS
) -> PostgresConnection:
    """A connection in autocommit, which waits so many seconds for rows that others hold.

    Raises WrongUsage for what is no address, StoreTrouble where nobody answers or lets us in.
    """
    given = _parsed(url)
    with _translated(told(url)):
        connection = PostgresConnection.connect(
            url, autocommit=True, context=_Values(), connect_timeout=int(given.get("connect_timeout", _CONNECT_SECONDS))
        )
        connection.execute(
            f"SET lock_timeout = {int(1000 * wait)};"
            f"SET synchronous_commit = {'on' if durable else 'off'};"
            f"SET default_transaction_read_only = {'on' if read_only else 'off'};"
            "SET client_encoding = 'UTF8'"
        )
    return connection


def told(url: str) -> str:
    """The address as people are told it: without the password."""
    given = _parsed(url)
    user, host, port = given.get("user"), given.get("host"), given.get("port")
    at = f"{user}@" if user else ""
    return f"postgresql://{at}{host or ''}{f':{port}' if port else ''}/{given.get('dbname') or user or ''}"


def told_of(connection: PostgresConnection) -> str:
    """As `told`, of the server that a connection leads to."""
    info = connection.info
    return f"postgresql://{info.user}@{info.host}:{info.port}/{info.dbname}"


def _parsed(url: str) -> dict[str, Any]:
    try:
        if not url.startswith(("postgresql://", "postgres://")) or _is_torn(url):
            raise psycopg.ProgrammingError
        given = dict(conninfo_to_dict(url))
        if not str(given.get("connect_timeout", _CONNECT_SECONDS)).isdecimal():
            raise psycopg.ProgrammingError
    except psycopg.ProgrammingError as error:
        raise WrongUsage(
            "this is no address of a PostgreSQL database.",
            mend="Write it as postgresql://USER@HOST:PORT/DATABASE; PGPASSWORD or ~/.pgpass may hold the password. "
            "In the address @ and / of a password are written as %40 and %2F.",
        ) from error
    return given


def _is_torn(url: str) -> bool:
    """Whether a password with an @ or / that is not escaped would be read, and told, as host, port or database."""
    whole = url.partition("://")[2].partition("?")[0]
    authority, _, database = whole.partition("/")
    return authority.count("@") > 1 or "@" in database


def _performed(connection: Connection, job: Callable[[Connection], _R]) -> _R:
    with _undone(connection):
        return job(connection)


@contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    begin(connection)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(psycopg.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


@contextmanager
def _transaction(connection: Connection, where: str) -> Iterator[None]:
    with _translated(where), _undone(connection):
        yield


@contextmanager
def _translated(where: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise trouble(error, where) from error


def trouble(error: psycopg.Error, where: str) -> StoreTrouble:
    """What an error of the database means to a person, and what to do about it."""
    match error:
        case errors.DiskFull():
            what, mend = "the database's disk is full.", "Make room there; what you typed is kept, then submit again."
        case errors.LockNotAvailable() | errors.QueryCanceled() | errors.DeadlockDetected():
            what, mend = "another program holds the store.", "Wait for it, or end it, then try again."
        case errors.SerializationFailure() | errors.UniqueViolation():
            what, mend = "another program wrote the same at the same time.", "Try again."
        case errors.ReadOnlySqlTransaction() | errors.InsufficientPrivilege():
            what, mend = "the store cannot be written.", "Give this user the right to write into the database."
        case errors.DataCorrupted() | errors.IndexCorrupted():
            what, mend = "the database is damaged.", "Put a copy of it in its place."
        case errors.UndefinedTable() | errors.UndefinedColumn():
            what, mend = "the database holds no store of this program.", "Run `reviewer store upgrade --database URL`."
        case psycopg.OperationalError() | psycopg.InterfaceError():
            what = f"the database cannot be reached ({_first_line(error)})."
            mend = "Check the address, the server and the network; what you typed is kept."
        case _:
            what, mend = f"the store failed: {_first_line(error)}.", "Run `reviewer doctor --database URL`."
    return StoreTrouble(what, where=where, mend=mend)


def _first_line(error: psycopg.Error) -> str:
    """What the driver says, without what it quotes of a statement or of texts."""
    return (error.diag.message_primary or str(error) or type(error).__name__).strip().split("\n")[0].rstrip(".")


def _foreign(where: str) -> StoreTrouble:
    return StoreTrouble("the database holds no Reviewer store.", where=where, mend="Name another database.")


@cache
def _adapters() -> AdaptersMap:
    """Truth values are small numbers, and sums are numbers: rows read as they do from SQLite."""
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(bool, _TruthDumper)
    adapters.register_loader("bool", _TruthLoader)
    adapters.register_loader("numeric", _SumLoader)
    return adapters


class _Values:
    """Where psycopg asks how values are written and read."""

    connection = None

    @property
    def adapters(self) -> AdaptersMap:
        return _adapters()


class _TruthDumper(Dumper):
    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


class _TruthLoader(Loader):
    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


class _SumLoader(Loader):
    def load(self, data: Any) -> int | float:
        text = bytes(data).decode("ascii")
        return int(text) if text.lstrip("-").isdecimal() else float(text)
