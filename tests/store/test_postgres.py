"""A store in a PostgreSQL database: made and changed only when asked, opened by address, its troubles told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.store.health import examine
from reviewer.store.intake import Intake
from reviewer.store.postgres import PostgresStore, connect, open_database, told
from reviewer.store.statements import statements
from reviewer.store.tables import METADATA
from reviewer.store.troubles import StoreTrouble
from reviewer.store.upgrading import upgrade
from reviewer.store.version import SCHEMA_VERSION
from reviewer.store.writer import Writer
from tests.databases import Databases
from tests.postgres import at, database
from tests.store.filling import fill, new_item, record
from tests.store.test_migrate import NEXT, steps


@pytest.fixture
def store(databases: Databases) -> Iterator[PostgresStore]:
    with databases.in_use():
        yield databases.fresh()


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    """The address of a database in which nothing is."""
    with database(databases.server) as url:
        yield url


def put(url: str, *changes: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        for change in changes:
            connection.execute(change)


def test_a_database_gets_a_store_only_when_it_is_asked_for(empty: str) -> None:
    with pytest.raises(StoreTrouble, match="no store in this database yet") as caught:
        open_database(empty)
    assert "reviewer store upgrade --database" in caught.value.mend
    assert upgrade(empty) is None
    first = open_database(empty)
    assert upgrade(empty) == SCHEMA_VERSION
    assert open_database(empty).identity == first.identity
    assert {finding.name: finding.status for finding in examine(first)} == {
        "server": "warn",  # the tests' server keeps nothing
        "event log": "ok",
        "counts": "ok",
        "imports": "ok",
    }
    first.close()


def test_texts_are_compared_byte_by_byte_and_truth_is_a_number(store: PostgresStore) -> None:
    asked = "SELECT data_type, collation_name, count(*) FROM information_schema.columns WHERE table_schema = 'public'"
    with store.reading() as connection:
        kinds = connection.execute(f"{asked} GROUP BY data_type, collation_name").fetchall()
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = connection.execute("SELECT true, 2 < 1, sum(x) FROM (VALUES (1::bigint), (2)) AS t (x)").fetchone()
    assert {name for (name,) in tables} == set(METADATA.tables)
    assert {kind: collation for kind, collation, _ in kinds if "char" in kind or kind == "text"} == {
        "character varying": "C",
        "text": "C",
    }
    assert "boolean" not in {kind for kind, *_ in kinds}
    assert [(value, type(value)) for value in rows] == [(1, int), (0, int), (3, int)]


def test_every_statement_is_understood(store: PostgresStore) -> None:
    """Each is planned by the server, with nothing for its parameters."""
    from reviewer.store.statements import COMPILED

    names = [name for name in _catalogue(COMPILED) if not name.startswith("holding.")]
    with store.writing() as connection:
        for name in names:
            module, _, statement = name.partition(".")
            sql, fixed = getattr(statements(module), statement).text("postgresql")
            parameters = dict.fromkeys(_parameters(sql))
            connection.execute(f"EXPLAIN {sql}", parameters | fixed)
    assert len(names) > 100


def _catalogue(path: Path) -> list[str]:
    import orjson

    return list(orjson.loads(path.read_bytes())["statements"])


def _parameters(sql: str) -> list[str]:
    import re

    return re.findall(r"%\((\w+)\)s", sql)


@pytest.mark.parametrize("url", ["", "reviewer.db", "sqlite:///reviewer.db", "postgresql://host/x?colour=red"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(WrongUsage, match="no address of a PostgreSQL database"):
        open_database(url)


def test_a_password_is_never_told(tmp_path: Path) -> None:
    url = f"postgresql://ana:s3cret@/labels?host={tmp_path}"
    assert "s3cret" not in told(url)
    with pytest.raises(StoreTrouble, match="cannot be reached") as caught:
        open_database(url)
    assert "s3cret" not in str(caught.value) + repr(caught.value.__cause__)


def test_another_programs_tables_are_left_alone(empty: str) -> None:
    put(empty, "CREATE TABLE meta (name text)")
    for opened in (open_database, upgrade):
        with pytest.raises(StoreTrouble, match="holds no Reviewer store"):
            opened(empty)


def test_a_newer_store_is_refused_with_the_version_that_it_needs(empty: str) -> None:
    upgrade(empty)
    put(empty, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    for opened in (open_database, upgrade):
        with pytest.raises(StoreTrouble, match=f"its schema is 99, this program knows up to {SCHEMA_VERSION}"):
            opened(empty)


def test_an_older_store_is_changed_by_the_upgrade_alone(empty: str, tmp_path: Path) -> None:
    upgrade(empty)
    put(empty, "INSERT INTO rater (id, name, kind, spec_hash, spec) VALUES ('r', 'ana', 'human', '', '{}')")
    put(empty, f"UPDATE meta SET value = '{SCHEMA_VERSION - 1}' WHERE key = 'schema'")
    with pytest.raises(StoreTrouble, match=f"has schema {SCHEMA_VERSION - 1}, and this program needs") as caught:
        open_database(empty)
    assert "reviewer store upgrade --database" in caught.value.mend
    put(empty, f"UPDATE meta SET value = '{SCHEMA_VERSION}' WHERE key = 'schema'")
    further = steps(tmp_path, "pass", "raise ValueError('half-way')")
    with pytest.raises(ValueError, match="half-way"):
        upgrade(empty, to=NEXT + 1, steps=further)
    assert open_database(empty).identity  # as it was
    assert upgrade_with(empty, further) == SCHEMA_VERSION
    with closing(connect(empty)) as connection:
        assert connection.execute(f"SELECT mood{NEXT} FROM rater").fetchone() == ("calm",)
        assert connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (str(NEXT),)
        collation = "SELECT collation_name FROM information_schema.columns WHERE column_name = %s"
        assert connection.execute(collation, (f"mood{NEXT}",)).fetchone() == ("C",)


def upgrade_with(url: str, further: Path) -> int | None:
    """By two programs at once: one does it, the other finds it done."""
    heard: list[int | None] = []
    threads = [threading.Thread(target=lambda: heard.append(upgrade(url, to=NEXT, steps=further))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(heard) == 2
    return heard[0]


def test_a_database_of_another_encoding_is_refused(databases: Databases) -> None:
    with closing(psycopg.connect(databases.server, autocommit=True)) as connection:
        connection.execute("CREATE DATABASE rv_latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            with pytest.raises(StoreTrouble, match="keeps texts as LATIN1"):
                upgrade(at(databases.server, "rv_latin"))
        finally:
            connection.execute("DROP DATABASE rv_latin WITH (FORCE)")


def test_what_only_reads_cannot_write(store: PostgresStore) -> None:
    with pytest.raises(StoreTrouble, match="cannot be written"), store.reading() as connection:
        connection.execute("UPDATE meta SET value = ''")


def test_a_store_without_a_file_says_so(store: PostgresStore) -> None:
    with pytest.raises(BadInput, match="has no file"):
        _ = store.path


def test_one_import_at_a_time_and_a_dead_one_lets_go(store: PostgresStore) -> None:
    queue = fill(store, items=2)
    with Intake(store, queue, actor="lead") as first:
        with pytest.raises(BadInput, match="another import into this store is under way"):
            Intake(store, queue, actor="lead").__enter__()
        first.add([new_item(7)])
        cut_off(store)  # as when its program is killed
        with Intake(store, queue, actor="lead") as second:
            second.add([new_item(8)])
            second.publish()
    assert record(store).size == 3
    assert [finding.status for finding in examine(store)][1:] == ["ok", "ok", "ok"]


def cut_off(store: PostgresStore) -> None:
    """Ends what the server has to do with all others, and waits until it has."""
    end = "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity WHERE datname = current_database()"
    put(store.url, f"{end} AND pid <> pg_backend_pid()")


def test_a_server_that_went_away_and_came_back_is_spoken_to_again(store: PostgresStore) -> None:
    said: list[object] = []
    writer = Writer(store)
    for cut in (False, True, False):
        heard = threading.Event()

        def report(result: object, trouble: StoreTrouble | None, heard: threading.Event = heard) -> None:
            said.append(trouble.what if trouble else result)
            heard.set()

        if cut:
            cut_off(store)
        writer.give(lambda connection: connection.execute("SELECT 1").fetchone()[0], report)
        assert heard.wait(30)
    assert writer.close(30)
    assert said[::2] == [1, 1]
    assert "cannot be reached" in str(said[1])
    for _ in range(2):
        with store.reading() as reader, store.writing() as other:
            assert reader.execute("SELECT 1").fetchone() == other.execute("SELECT 1").fetchone() == (1,)
        cut_off(store)


def test_a_job_that_fails_is_told_and_the_next_one_goes_on(store: PostgresStore) -> None:
    said: list[str] = []
    writer = Writer(store)
    writer.give(lambda connection: connection.execute("SELECT nothing"), lambda _, trouble: said.append(str(trouble)))
    writer.give(lambda connection: connection.execute("SELECT 1").fetchone()[0], lambda one, _: said.append(str(one)))
    assert writer.close(30)
    assert "holds no store of this program" in said[0]
    assert said[1] == "1"
