"""Where SQLite and PostgreSQL differ in what a statement or a table is written as. Loads SQLAlchemy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, TableValuedAlias, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDDLCompiler, PGDialect, PGTypeCompiler
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import Column
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from reviewer.store.prepared import POSTGRESQL


@cache
def statement_dialect(name: str) -> Any:
    """What statements are compiled by that are handed to the driver itself."""
    if name == POSTGRESQL:
        return _Statements(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    return sqlite.dialect(paramstyle="named")


def insert_of(name: str) -> Callable[..., Any]:
    """The INSERT of that database, which knows ON CONFLICT; both are written alike."""
    return postgresql.insert if name == POSTGRESQL else sqlite.insert


class _Types(PGTypeCompiler):
    """Booleans are small numbers, as they are on SQLite: a row reads the same from both, and counts can be summed."""

    def visit_BOOLEAN(self, *_: Any, **__: Any) -> str:  # noqa: N802  # SQLAlchemy's name
        return "SMALLINT"


class _Definitions(PGDDLCompiler):
    """Texts are compared byte by byte, as they are on SQLite: identifiers and moments are ordered by it."""

    def get_column_specification(self, column: Column[Any], **options: Any) -> str:
        said: str = super().get_column_specification(column, **options)  # type: ignore[no-untyped-call]
        kind = self.dialect.type_compiler_instance.process(column.type)
        return f'{said} COLLATE "C"' if kind in ("VARCHAR", "TEXT") else said


class _Writing(PGCompiler):
    """LIKE takes no notice of the case of ASCII letters, as on SQLite; texts compared byte by byte fold no others."""

    def visit_like_op_binary(self, binary: Any, operator: Any, **kw: Any) -> str:  # noqa: ARG002
        left, right = (self.process(side, **kw) for side in (binary.left, binary.right))
        assert binary.modifiers.get("escape") in (None, "\\"), "the escape of PostgreSQL itself"
        return f"{left} ILIKE {right}"


class _Statements(PGDialect):
    """PostgreSQL, for statements that the driver gets as text: it tells types by the values alone."""

    supports_native_boolean = False
    supports_statement_cache = False
    statement_compiler = _Writing


class SchemaDialect(PGDialect_psycopg):
    """PostgreSQL by psycopg, for making and changing tables."""

    supports_native_boolean = False
    supports_statement_cache = False
    ddl_compiler = _Definitions
    type_compiler_cls = _Types


class _JsonValues(FunctionElement[Any]):
    """The values of a JSON list as rows (value)."""

    name = "json_values"
    inherit_cache = True


class _JsonPlaces(FunctionElement[Any]):
    """The values of a JSON list as rows (key, value), the keys counted from 0."""

    name = "json_places"
    inherit_cache = True


class _JsonLength(FunctionElement[int]):
    name = "json_length"
    type = Integer()
    inherit_cache = True


class _JsonMember(FunctionElement[str]):
    name = "json_member"
    type = String()
    inherit_cache = True


def json_values(text: ColumnElement[str], name: str) -> TableValuedAlias:
    """The texts in a JSON list as a table of that name with the column `value`."""
    return _JsonValues(text).table_valued("value", name=name)


def json_places(text: ColumnElement[str], name: str) -> TableValuedAlias:
    """As `json_values`, with each text's place in the list, from 0, as the column `key`."""
    return _JsonPlaces(text).table_valued("key", "value", name=name)


def json_length(text: ColumnElement[str]) -> ColumnElement[int]:
    """How many values a JSON list has."""
    return _JsonLength(text)


def json_member(text: ColumnElement[str], member: str) -> ColumnElement[str]:
    """The member of a JSON object, as text; null where there is none. `member` is a plain word."""
    assert member.isidentifier(), "the name stands in the statement"
    return _JsonMember(text, literal_column(member))


def _written(element: type[FunctionElement[Any]], *, sqlite: str, postgresql: str) -> None:
    """Says how a function is written in both; {0} and {1} stand for what it is given."""

    def written_as(form: str) -> Callable[..., str]:
        def write(function: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
            return form.format(*(compiler.process(clause, **options) for clause in function.clauses))

        return write

    compiles(element, "sqlite")(written_as(sqlite))
    compiles(element, "postgresql")(written_as(postgresql))


_written(
    _JsonValues,
    sqlite="json_each({0})",
    postgresql="json_array_elements_text(CAST({0} AS JSON))",
)
_written(
    _JsonPlaces,
    sqlite="json_each({0})",
    postgresql=(
        "LATERAL (SELECT number - 1 AS key, value"
        " FROM json_array_elements_text(CAST({0} AS JSON)) WITH ORDINALITY AS listed (value, number))"
    ),
)
_written(_JsonLength, sqlite="json_array_length({0})", postgresql="json_array_length(CAST({0} AS JSON))")
_written(_JsonMember, sqlite="json_extract({0}, '$.{1}')", postgresql="(CAST({0} AS JSON) ->> '{1}')")
