"""Bringing an older store up to date: a copy first, then Alembic's steps, then the new version number.

Loaded only when there is work.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from reviewer.ids import now
from reviewer.store.backup import back_up
from reviewer.store.connection import BUSY_SECONDS
from reviewer.store.troubles import translated, trouble
from reviewer.store.version import SCHEMA_VERSION

STEPS = Path(__file__).parent / "migrations"


def bring_up_to_date(
    path: Path, version: int, *, to: int = SCHEMA_VERSION, steps: Path = STEPS, wait: float = BUSY_SECONDS
) -> Path:
    """Migrates the store at `path` from schema `version` to schema `to`; returns the copy that was made before.

    Each schema version is the number of an Alembic revision, so that `PRAGMA user_version` alone tells whether there
    is work. All steps are one transaction: one that fails leaves the store as it was, and raises StoreTrouble where
    the database refused it. Where another program has done the work meanwhile, nothing happens.
    """
    stamp = now().translate({ord(mark): None for mark in ":.-"})
    copy = path.with_name(f"{path.stem}.before-schema-{to}.{stamp}{path.suffix}")
    back_up(path, copy)
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"isolation_level": None, "timeout": wait}
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with translated(path), engine.begin() as connection:
            if connection.exec_driver_sql("PRAGMA user_version").scalar_one() < to:
                take_steps(connection, version, to, steps)
                connection.exec_driver_sql(f"PRAGMA user_version={to}")
    except DBAPIError as error:
        raise trouble(error.orig if isinstance(error.orig, Exception) else error, path) from error
    finally:
        engine.dispose()
    return copy


def take_steps(connection: Connection, version: int, to: int, steps: Path = STEPS) -> None:
    """Changes the tables from schema `version` to schema `to`. To be called in a transaction."""
    config = Config()
    config.set_main_option("script_location", _escaped(STEPS))
    config.set_main_option("version_locations", _escaped(steps / "versions"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.stamp(config, f"{version:04d}")
    command.upgrade(config, f"{to:04d}")


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
