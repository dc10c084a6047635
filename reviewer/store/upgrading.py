"""Making a store in a PostgreSQL database, and bringing one there up to date: only ever when it is asked for.

Other programs may be at work on the same database, so that none of them changes its tables by opening it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine, insert, select, update
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DBAPIError

from reviewer.ids import new_id, now
from reviewer.store import postgres
from reviewer.store.migrate import STEPS, take_steps
from reviewer.store.tables import METADATA, Meta, core
from reviewer.store.troubles import StoreTrouble
from reviewer.store.version import SCHEMA_VERSION

registry.register("postgresql.reviewer", "reviewer.store.dialects", "SchemaDialect")
_M = core(Meta)


def upgrade(url: str, *, to: int = SCHEMA_VERSION, steps: Path = STEPS) -> int | None:
    """Brings the store in the database at `url` to schema `to`, or makes it; returns the schema that it had, None
    where there was no store.

    All is one transaction: what fails leaves the database as it was. Raises StoreTrouble where the database cannot be
    reached or refuses it, holds tables of another program, or a store that a newer program made.
    """
    with closing(postgres.connect(url)) as connection:
        facts = postgres.facts_of(connection)
        if facts is None:
            _refuse_other_encodings(connection, postgres.told(url))
    if facts is None:
        with _changing(url) as changing:
            METADATA.create_all(changing)
            facts = {"store": new_id(), "device": new_id(), "created_at": now(), "schema": str(to), "import": ""}
            changing.execute(insert(_M), [{"key": key, "value": value} for key, value in facts.items()])
        return None
    postgres.refuse_newer(facts, postgres.told(url))
    if int(facts["schema"]) < to:
        with _changing(url) as changing:
            # Whoever upgrades at the same time waits here, and then finds nothing to do.
            schema = select(_M.c.value).where(_M.c.key == "schema").with_for_update()
            before = int(changing.execute(schema).scalar_one())
            if before < to:
                take_steps(changing, before, to, steps)
                changing.execute(update(_M).where(_M.c.key == "schema").values(value=str(to)))
    return int(facts["schema"])


@contextmanager
def _changing(url: str) -> Iterator[Connection]:
    """A transaction in which tables are made and changed."""
    engine = create_engine("postgresql+reviewer://", creator=lambda: _connected(url), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        if isinstance(error.orig, postgres.DriversError):
            raise postgres.trouble(error.orig, postgres.told(url)) from error
        raise
    finally:
        engine.dispose()


def _connected(url: str) -> postgres.PostgresConnection:
    connection = postgres.connect(url)
    connection.autocommit = False  # SQLAlchemy begins and commits
    return connection


def _refuse_other_encodings(connection: postgres.PostgresConnection, where: str) -> None:
    encoding = str(connection.execute("SHOW server_encoding").fetchone()[0])
    if encoding != "UTF8":
        raise StoreTrouble(
            f"the database keeps texts as {encoding}, and not every text can be kept so.",
            where=where,
            mend="Make one with: createdb --encoding=UTF8 --template=template0 NAME",
        )
