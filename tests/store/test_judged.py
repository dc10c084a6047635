"""What raters said in a comparison queue, read from a store."""

from __future__ import annotations

import orjson
import pytest

from reviewer.store import judged
from reviewer.store.connection import Store
from reviewer.store.prepared import insert_into
from reviewer.store.tables import Rater
from tests.exchange.judging import judge, label
from tests.store.comparing import pairs_queue
from tests.store.filling import sit

pytestmark = pytest.mark.both_databases


def test_tasks_come_with_their_outputs_once_somebody_has_to_do_with_them(store: Store) -> None:
    queue = pairs_queue(store, items=3, systems=("alpha", "beta", "gamma"))
    pairs_queue(store, items=3, name="other")
    judge(store, "ana", lambda _shown: {"preference": 1}, most=2)
    judge(store, "ana", lambda _shown: {"preference": 1}, queue="other", most=2)
    with store.reading() as connection:
        found = list(judged.tasks(connection, queue.id))
        mine = list(judged.labels(connection, queue.id))
        dealt = {one.task for one in judged.orders(connection, queue.id)}
        in_table = dict(connection.execute("SELECT public_id, slot FROM task_output").fetchall())
        lengths = {row[0] for row in connection.execute("SELECT length(text) FROM output")}
    assert {one.id for one in found} == dealt
    assert {one.task for one in mine} <= dealt
    assert len(mine) == 2
    for task in found:
        assert [in_table[output.public_id] for output in task.outputs] == [0, 1]
        assert {output.length for output in task.outputs} <= lengths
        assert (task.repeat_of, task.recalled, task.rubric, task.gold) == (None, False, None, False)
        assert task.key in {f"item-{number:04d}" for number in range(3)}


def test_the_last_revision_counts_and_the_time_of_all(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    judge(store, "ana", lambda _shown: {"preference": 1})
    sitting = sit(store, "ana", "pairs")
    assert sitting.undo().moved
    sitting.work.values["preference"] = -1
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(10)
    assert sitting.close()
    with store.writing() as connection:
        connection.execute("UPDATE label SET active_ms = 1000 * revision")
    with store.reading() as connection:
        (last,) = judged.labels(connection, queue.id)
        assert orjson.loads(last.values) == {"preference": -1}
        assert list(judged.times(connection, queue.id)) == [(last.rater, 3000)]


def test_a_skip_has_no_time_of_a_label(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    sitting = sit(store, "ana", "pairs")
    assert sitting.skip("cannot tell").moved
    sitting.drain(10)
    assert sitting.close()
    with store.reading() as connection:
        assert [one.outcome for one in judged.labels(connection, queue.id)] == ["skipped"]
        assert list(judged.times(connection, queue.id)) == []


def test_other_phases_stay_out(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    with store.reading() as connection:
        task = connection.execute("SELECT id FROM task").fetchone()[0]
    label(store, queue, task, "eva", {"preference": 1}, [], phase="adjudication")
    with store.reading() as connection:
        assert list(judged.labels(connection, queue.id)) == []
        assert list(judged.times(connection, queue.id)) == []
        assert [one.task for one in judged.labels(connection, queue.id, phase="adjudication")] == [task]


def test_no_two_raters_share_a_name(store: Store) -> None:
    rows = [("1", "ana", "human"), ("2", "ana", "judge"), ("3", "ana (judge)", "human"), ("4", "x 2", "human")]
    with store.writing() as connection:
        for identifier, name, kind in rows:
            insert_into(Rater).run(
                connection, id=identifier, name=name, kind=kind, family=None, spec_hash=identifier, spec="{}"
            )
        for identifier in ("5", "6"):
            insert_into(Rater).run(
                connection, id=identifier, name="x", kind="human", family=None, spec_hash=identifier, spec="{}"
            )
    with store.reading() as connection:
        found = judged.raters(connection)
        known = judged.known_raters(connection)
    assert (known["2"].name, known["2"].kind) == ("ana", "judge")
    assert found["1"] == "ana"
    assert found["2"] == "ana (judge)"
    assert sorted(found) == ["1", "2", "3", "4", "5", "6"]
    assert len(set(found.values())) == 6


def test_what_is_read_at_one_moment_does_not_change_under_the_reader(store: Store) -> None:
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"))
    judge(store, "ana", lambda _shown: {"preference": 1}, most=1)
    with store.reading() as connection, judged.at_one_moment(connection):
        before = list(judged.labels(connection, queue.id))
        judge(store, "ben", lambda _shown: {"preference": 1})
        assert list(judged.labels(connection, queue.id)) == before
    with store.reading() as connection:
        assert len(list(judged.labels(connection, queue.id))) == 3
