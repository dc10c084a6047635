"""What all tables share: JSON columns, clustered keys, and the Core view of a model."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Column, Table, Text, text
from sqlmodel import Field, SQLModel

# A table that is read by its own key needs no second index beside it on SQLite.
CLUSTERED = {"sqlite_with_rowid": False}


def json_column(default: str) -> Any:
    """A column that holds a JSON text."""
    return Field(default=default, sa_column=Column(Text, nullable=False, server_default=text(f"'{default}'")))


def core(model: type[SQLModel]) -> Table:
    """The Core table of a model: its columns (`.c`) build statements without the ORM."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]  # set by the metaclass, unseen by the types


def columns(model: type[SQLModel]) -> list[str]:
    """The names of a model's columns, in the order in which a row of the whole table comes."""
    return [column.name for column in core(model).columns]
