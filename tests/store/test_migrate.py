from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.store import queues
from reviewer.store.connection import Store, schema_of
from reviewer.store.migrate import STEPS, bring_up_to_date
from reviewer.store.order import RaterOrder
from reviewer.store.troubles import StoreTrouble
from reviewer.store.version import SCHEMA_VERSION
from tests.store.comparing import faults
from tests.store.filling import fill, rate, record, sit

NEXT = SCHEMA_VERSION + 1
STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{revision:04d}"
down_revision = "{down:04d}"


def upgrade():
    with op.batch_alter_table("rater") as rater:
        rater.add_column(sa.Column("mood{revision}", sa.String(), nullable=False, server_default="calm"))
    op.create_table("bench{revision}", sa.Column("id", sa.String(), primary_key=True))
    op.execute("INSERT INTO bench{revision} VALUES ('first')")
    {more}
"""


def steps(folder: Path, *more: str) -> Path:
    """A folder with the program's own steps and one further step for each of `more`, a line of Python."""
    versions = folder / "steps" / "versions"
    shutil.copytree(STEPS / "versions", versions, ignore=shutil.ignore_patterns("__pycache__"))
    for number, line in enumerate(more, NEXT):
        text = STEP.format(revision=number, down=number - 1, more=line)
        (versions / f"{number:04d}_more.py").write_text(text, encoding="utf-8")
    return versions.parent


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


def without_alembic(lines: list[str]) -> list[str]:
    return [line for line in lines if "alembic_version" not in line]


@pytest.fixture
def used(store: Store) -> Path:
    fill(store)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert sitting.close()
    return store.path


def test_a_step_is_taken_and_nothing_is_lost(used: Path, tmp_path: Path) -> None:
    before = dump(used)
    bring_up_to_date(used, SCHEMA_VERSION, to=NEXT, steps=steps(tmp_path, "pass"))
    assert schema_of(used) == NEXT
    with closing(sqlite3.connect(used)) as connection:
        assert connection.execute(f"SELECT name, mood{NEXT} FROM rater").fetchall() == [("ana", "calm")]
        assert connection.execute(f"SELECT id FROM bench{NEXT}").fetchall() == [("first",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    after = set(dump(used))
    assert {line for line in before if line.startswith('INSERT INTO "label"')} <= after
    assert {line for line in before if line.startswith('INSERT INTO "event"')} <= after


def test_a_copy_of_the_store_as_it_was_is_kept(used: Path, tmp_path: Path) -> None:
    before = dump(used)
    copy = bring_up_to_date(used, SCHEMA_VERSION, to=NEXT, steps=steps(tmp_path, "pass"))
    assert copy.parent == used.parent
    assert f"before-schema-{NEXT}" in copy.name
    assert copy.stat().st_mode & 0o777 == 0o600
    assert dump(copy) == before


def test_several_steps_are_taken_at_once(used: Path, tmp_path: Path) -> None:
    bring_up_to_date(used, SCHEMA_VERSION, to=NEXT + 1, steps=steps(tmp_path, "pass", "pass"))
    assert schema_of(used) == NEXT + 1
    with closing(sqlite3.connect(used)) as connection:
        assert connection.execute(f"SELECT count(*) FROM bench{NEXT}, bench{NEXT + 1}").fetchone() == (1,)


@pytest.mark.parametrize(
    ("line", "raised"),
    [
        ("raise ZeroDivisionError", ZeroDivisionError),
        ('op.execute("INSERT INTO nowhere VALUES (1)")', StoreTrouble),
        ("op.execute(\"INSERT INTO meta (key, value) VALUES ('store', '')\")", StoreTrouble),
    ],
)
@pytest.mark.parametrize("good", [0, 1])
def test_a_step_that_fails_leaves_the_store_as_it_was(
    used: Path, tmp_path: Path, line: str, raised: type[Exception], good: int
) -> None:
    before = dump(used)
    lines = ["pass"] * good + [line]
    with pytest.raises(raised):
        bring_up_to_date(used, SCHEMA_VERSION, to=SCHEMA_VERSION + len(lines), steps=steps(tmp_path, *lines))
    assert dump(used) == before
    sitting = sit(Store.open(used))
    rate(sitting, 3)
    assert sitting.close()


def test_what_another_program_did_meanwhile_is_not_done_twice(used: Path, tmp_path: Path) -> None:
    further = steps(tmp_path, "pass")
    bring_up_to_date(used, SCHEMA_VERSION, to=NEXT, steps=further)
    after = dump(used)
    bring_up_to_date(used, SCHEMA_VERSION, to=NEXT, steps=further)
    assert dump(used) == after


def test_a_store_in_use_is_not_migrated_under_its_users(used: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(used, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreTrouble, match="another program holds the store"):
            bring_up_to_date(used, SCHEMA_VERSION, to=NEXT, steps=steps(tmp_path, "pass"), wait=0.05)
    assert schema_of(used) == SCHEMA_VERSION


def as_of_schema_3(path: Path) -> None:
    """Takes away what the fourth schema brought."""
    with closing(sqlite3.connect(path)) as connection:
        for table in ("outbox", "remote_queue", "remote", "device", "lease", "token", "account"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version=3")


def as_of_schema_2(path: Path) -> None:
    """Takes away what the third schema brought, and what came after."""
    as_of_schema_3(path)
    with closing(sqlite3.connect(path)) as connection:
        for table in ("golden", "certificate", "note", "exposure", "round_member", "round"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE task DROP COLUMN gold")
        connection.execute("PRAGMA user_version=2")


def as_of_schema_1(path: Path) -> None:
    """Takes away what the second schema brought, and the third."""
    as_of_schema_2(path)
    with closing(sqlite3.connect(path)) as connection:
        for index in ("dataset_output_by_seq", "waiting_by_rater", "assignment_by_seq", "task_of_original"):
            connection.execute(f"DROP INDEX {index}")
        for table in ("dataset_output", "waiting"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE dataset DROP COLUMN outputs")
        connection.execute("ALTER TABLE output DROP COLUMN masked")
        connection.execute("PRAGMA user_version=1")


def shape(path: Path) -> dict[str, set[str]]:
    """The columns and indexes of each table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            | {row[1] for row in connection.execute(f"PRAGMA index_list({table})")}
            for table in tables
            if table != "alembic_version"
        }


@pytest.mark.parametrize("back", [as_of_schema_1, as_of_schema_2, as_of_schema_3])
def test_a_store_of_an_older_schema_becomes_as_a_new_one(used: Path, back: Callable[[Path], None]) -> None:
    new = shape(used)
    back(used)
    assert shape(used) != new
    Store.open(used)
    assert shape(used) == new
    assert schema_of(used) == SCHEMA_VERSION
    assert faults(Store.open(used)) == []


def test_who_had_begun_keeps_the_drawn_order_whatever_was_set_of_repeats(store: Store) -> None:
    fill(store, queue="begun", items=12, repeats=0.5, order="planned")
    fill(store, queue="fresh", items=12, repeats=0.9)
    with store.writing() as connection:  # as the program before, for which the setting had no effect
        queues.change(
            connection, record(store, "begun"), stream="s", actor="a", action="queue.changed", settings={"goal": 4}
        )
    sitting = sit(store, queue="begun")
    sitting.move(5)
    rate(sitting, 1, 2)
    before = sitting.walk.order
    assert isinstance(before, RaterOrder)
    assert sitting.close()
    with closing(sqlite3.connect(store.path)) as connection:
        told = '{"goal":4,"repeats":0.5,"order":"planned"}'
        connection.execute("UPDATE queue SET settings = ? WHERE name = 'begun'", (told,))
        connection.commit()
    as_of_schema_1(store.path)
    opened = Store.open(store.path)
    assert record(opened, "begun").settings == {"goal": 4, "order": "planned"}
    assert record(opened, "fresh").settings == {"repeats": 0.5}
    again = sit(opened, queue="begun")
    assert isinstance(again.walk.order, RaterOrder)
    assert [again.order.position(seq) for seq in range(12)] == [before.position(seq) for seq in range(12)]
    rate(again, 3, 3)
    assert again.close()
    dealt = sit(opened, queue="fresh")
    while dealt.view is not None:
        rate(dealt, 3)
    assert dealt.standing.done == 18
    assert dealt.close()
    assert faults(opened) == []
