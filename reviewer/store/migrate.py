"""Bringing an older store up to date: a copy first, then Alembic's steps, then the new version number.

Loaded only when there is work.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event

from reviewer.ids import now
from reviewer.store.tables import SCHEMA_VERSION

STEPS = Path(__file__).parent / "migrations"


def bring_up_to_date(path: Path, version: int, *, to: int = SCHEMA_VERSION, steps: Path = STEPS) -> Path:
    """Migrates the store at `path` from schema `version` to schema `to`; returns the copy that was made before.

    Each schema version is the number of an Alembic revision, so that `PRAGMA user_version` alone tells whether there
    is work. All steps are one transaction: one that fails leaves the store as it was.
    """
    copy = path.with_name(f"{path.stem}.before-schema-{to}.{now()[:19].replace(':', '')}{path.suffix}")
    back_up(path, copy)
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    config.set_main_option("version_locations", str(steps / "versions"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.stamp(config, f"{version:04d}")
            command.upgrade(config, f"{to:04d}")
            connection.exec_driver_sql(f"PRAGMA user_version={to}")
    finally:
        engine.dispose()
    return copy


def back_up(source: Path, target: Path) -> None:
    """Copies a store that may be in use, whole and consistent, by SQLite's backup API; the owner alone may read it."""
    target.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=4096)
        new.execute("PRAGMA journal_mode=DELETE")
