"""Core statements compiled once and handed to the driver.

The screen waits for reads and for commits, and SQLAlchemy's own execution costs more than SQLite's. A `Prepared` keeps
the portability of Core (names, dialects) and pays for the compilation once for each database; SQLAlchemy is loaded for
that alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ClauseElement
    from sqlmodel import SQLModel

SQLITE, POSTGRESQL = "sqlite", "postgresql"


class Driver(Protocol):
    """The part of a DBAPI connection that prepared statements need. One whose `dialect` is not SQLite's says so."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...

    def executemany(self, sql: str, parameters: Any, /) -> Any: ...


class Connection(Driver, Protocol):
    """A driver that whoever opened it closes."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def close(self) -> None: ...


def dialect_of(driver: Driver) -> str:
    """The name of the database that `driver` speaks to: sqlite, unless it says otherwise."""
    return getattr(driver, "dialect", SQLITE)


Statement: TypeAlias = "ClauseElement | Callable[[Callable[..., Any]], ClauseElement]"
"""A Core statement; one with ON CONFLICT is made by a function that is given the dialect's own `insert`."""

_Text: TypeAlias = tuple[str, dict[str, Any]]


class Prepared:
    """One statement with named parameters. `fixed` holds the values that the statement itself brought."""

    __slots__ = ("_define", "_elsewhere", "_fixed", "_source", "_sql")

    def __init__(self, statement: Statement | None) -> None:
        self._source = statement
        self._define: Callable[[], Prepared] | None = None
        self._sql = ""
        self._fixed: dict[str, Any] = {}
        self._elsewhere: dict[str, _Text] = {}

    @classmethod
    def compiled(cls, sql: str, fixed: dict[str, Any], define: Callable[[], Prepared] | None = None) -> Self:
        """A statement that was compiled for SQLite before; `define` gives the one with its source, for others."""
        prepared = cls(None)
        prepared._sql, prepared._fixed, prepared._define = sql, fixed, define
        return prepared

    def text(self, dialect: str = SQLITE) -> _Text:
        """The SQL, and the parameters that the statement itself brings."""
        if dialect != SQLITE:
            found = self._elsewhere.get(dialect)
            if found is None:
                found = self._elsewhere[dialect] = self._compile(dialect)
            return found
        if not self._sql:
            self._sql, self._fixed = self._compile(SQLITE)
        return self._sql, self._fixed

    def run(self, driver: Driver, /, **parameters: Any) -> Any:
        """Executes with `parameters` and returns the driver's cursor."""
        sql, fixed = self.text(getattr(driver, "dialect", SQLITE))
        return driver.execute(sql, {**fixed, **parameters} if fixed else parameters)

    def run_all(self, driver: Driver, rows: Sequence[Mapping[str, Any]], /) -> Any:
        """Executes once for each of `rows`."""
        sql, fixed = self.text(getattr(driver, "dialect", SQLITE))
        if fixed:
            rows = [{**fixed, **row} for row in rows]
        return driver.executemany(sql, rows)

    def first(self, driver: Driver, /, **parameters: Any) -> Any:
        """The first row, or None."""
        return self.run(driver, **parameters).fetchone()

    def rows(self, driver: Driver, /, **parameters: Any) -> Iterator[Any]:
        """All rows; SQLite streams them."""
        return iter(self.run(driver, **parameters))

    def _compile(self, dialect: str) -> _Text:
        from sqlalchemy.sql.elements import ClauseElement

        from reviewer.store.dialects import insert_of, statement_dialect

        source = self._source
        if source is None:
            assert self._define is not None, "a statement is compiled ahead, or has a source"
            return self._define().text(dialect)
        statement = source if isinstance(source, ClauseElement) else source(insert_of(dialect))
        compiled = statement.compile(dialect=statement_dialect(dialect))
        return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


class Bulk:
    """INSERT of every column of a table from tuples, which cost less than dicts where rows are many.

    With `known="ignored"` a row that is there already is passed over.
    """

    __slots__ = ("_known", "_names", "_sql", "_table")

    def __init__(self, table: type[SQLModel], *names: str, known: Literal["refused", "ignored"] = "refused") -> None:
        from reviewer.store.tables import columns

        assert sorted(names) == sorted(columns(table)), "a bulk insert names every column"
        self._known = known
        self._table = table
        self._names = names
        self._sql: dict[str, str] = {}

    def run(self, driver: Driver, rows: Sequence[tuple[Any, ...]], /) -> None:
        """Inserts `rows`, whose values stand in the order of the names."""
        if not rows:
            return
        dialect = dialect_of(driver)
        if dialect not in self._sql:
            self._sql[dialect] = self._compile(dialect)
        driver.executemany(self._sql[dialect], rows)

    def _compile(self, dialect: str) -> str:
        from sqlalchemy import bindparam, column, table

        from reviewer.store.dialects import insert_of, statement_dialect
        from reviewer.store.tables import core

        # In the order of the names, for drivers whose parameters stand in the order of the text.
        plain = table(core(self._table).name, *(column(name) for name in self._names))
        statement = insert_of(dialect)(plain).values({name: bindparam(name) for name in self._names})
        if self._known == "ignored":
            statement = statement.on_conflict_do_nothing()
        text = str(statement.compile(dialect=statement_dialect(dialect)))
        if dialect == POSTGRESQL:
            return re.sub(r"%\(\w+\)s", "%s", text)
        numbers = {name: f"?{place}" for place, name in enumerate(self._names, start=1)}
        return re.sub(r":(\w+)", lambda found: numbers[found[1]], text)


@cache
def insert_into(table: type[SQLModel]) -> Prepared:
    """INSERT of every column of `table`, each a named parameter."""
    from reviewer.store.tables import core

    return Prepared(lambda insert: insert(core(table)))


def insert_unless_known(table: type[SQLModel]) -> Prepared:
    """INSERT of every column of `table`, which passes over a row that is there already."""
    from reviewer.store.tables import core

    return Prepared(lambda insert: insert(core(table)).on_conflict_do_nothing())


def upsert(table: type[SQLModel], *, skip: Sequence[str] = ()) -> Prepared:
    """INSERT of every column, which replaces all but the key (and `skip`) of a row that is there."""
    from reviewer.store.tables import core

    key = [column.name for column in core(table).primary_key]

    def statement(insert: Callable[..., Any]) -> ClauseElement:
        new = insert(core(table))
        changed = {
            column.name: new.excluded[column.name]
            for column in core(table).columns
            if column.name not in key and column.name not in skip
        }
        put: ClauseElement = new.on_conflict_do_update(index_elements=key, set_=changed)
        return put

    return Prepared(statement)
