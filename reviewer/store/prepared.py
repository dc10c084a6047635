"""Core statements compiled once and handed to the driver.

The screen waits for reads and for commits, and SQLAlchemy's own execution costs more than SQLite's. A `Prepared` keeps
the portability of Core (names, dialects) and pays for the compilation once; SQLAlchemy is loaded for that alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ClauseElement
    from sqlmodel import SQLModel


class Driver(Protocol):
    """The part of a DBAPI connection that prepared statements need."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...

    def executemany(self, sql: str, parameters: Any, /) -> Any: ...


class Prepared:
    """One statement with named parameters. `fixed` holds the values that the statement itself brought."""

    __slots__ = ("_fixed", "_source", "_sql")

    def __init__(self, statement: ClauseElement | None) -> None:
        self._source = statement
        self._sql = ""
        self._fixed: dict[str, Any] = {}

    @classmethod
    def compiled(cls, sql: str, fixed: dict[str, Any]) -> Self:
        """A statement that was compiled before."""
        prepared = cls(None)
        prepared._sql, prepared._fixed = sql, fixed
        return prepared

    def text(self) -> tuple[str, dict[str, Any]]:
        """The SQL, and the parameters that the statement itself brings."""
        if not self._sql:
            self._compile()
        return self._sql, self._fixed

    def run(self, driver: Driver, /, **parameters: Any) -> Any:
        """Executes with `parameters` and returns the driver's cursor."""
        if not self._sql:
            self._compile()
        return driver.execute(self._sql, {**self._fixed, **parameters} if self._fixed else parameters)

    def run_all(self, driver: Driver, rows: Sequence[Mapping[str, Any]], /) -> Any:
        """Executes once for each of `rows`."""
        if not self._sql:
            self._compile()
        if self._fixed:
            rows = [{**self._fixed, **row} for row in rows]
        return driver.executemany(self._sql, rows)

    def first(self, driver: Driver, /, **parameters: Any) -> Any:
        """The first row, or None."""
        return self.run(driver, **parameters).fetchone()

    def rows(self, driver: Driver, /, **parameters: Any) -> Iterator[Any]:
        """All rows, streamed."""
        return iter(self.run(driver, **parameters))

    def _compile(self) -> None:
        assert self._source is not None
        compiled = self._source.compile(dialect=_dialect())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._sql = str(compiled)


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
        self._sql = ""

    def run(self, driver: Driver, rows: Sequence[tuple[Any, ...]], /) -> None:
        """Inserts `rows`, whose values stand in the order of the names."""
        if not rows:
            return
        if not self._sql:
            from sqlalchemy import bindparam
            from sqlalchemy.dialects.sqlite import insert

            from reviewer.store.tables import core

            statement = insert(core(self._table)).values({name: bindparam(name) for name in self._names})
            if self._known == "ignored":
                statement = statement.on_conflict_do_nothing()
            compiled = statement.compile(dialect=_dialect())
            numbers = {name: f"?{place}" for place, name in enumerate(self._names, start=1)}
            self._sql = _NAMED.sub(lambda found: numbers[found[1]], str(compiled))
        driver.executemany(self._sql, rows)


_NAMED = re.compile(r":(\w+)")


@cache
def _dialect() -> Any:
    from sqlalchemy.dialects import sqlite

    return sqlite.dialect(paramstyle="named")


@cache
def insert_into(table: type[SQLModel]) -> Prepared:
    """INSERT of every column of `table`, each a named parameter."""
    from sqlalchemy.dialects.sqlite import insert

    from reviewer.store.tables import core

    return Prepared(insert(core(table)))


def upsert(table: type[SQLModel], *, skip: Sequence[str] = ()) -> Prepared:
    """INSERT of every column, which replaces all but the key (and `skip`) of a row that is there."""
    from sqlalchemy.dialects.sqlite import insert

    from reviewer.store.tables import core

    key = [column.name for column in core(table).primary_key]
    statement = insert(core(table))
    changed = {
        column.name: statement.excluded[column.name]
        for column in core(table).columns
        if column.name not in key and column.name not in skip
    }
    return Prepared(statement.on_conflict_do_update(index_elements=key, set_=changed))
