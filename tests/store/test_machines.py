"""Checks and judges as raters: what they are given, and how what they say is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from reviewer.errors import BadInput
from reviewer.session.starting import Plan, start
from reviewer.store import events, machines, queues
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.machines import MachineLabel, MachineTask
from tests.store.comparing import pairs_queue
from tests.store.filling import ask, fill, fresh, rate, record, sit

pytestmark = pytest.mark.both_databases

SPEC = {"model": "m-1", "prompt": "Judge."}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


def given(store: Store, queue: str = "kyc", **page: int) -> list[MachineTask]:
    with store.reading() as connection:
        return machines.tasks(connection, record(store, queue), **page)


def judged(store: Store, task: MachineTask, score: int, sample: int = 0) -> MachineLabel:
    """A judge's answer to a task."""
    with store.reading() as connection:
        rubric = queues.rubrics_of(connection, record(store).id)[-1][0]
    return MachineLabel(
        task=task.id,
        position=task.position,
        rubric=rubric,
        outcome="submitted",
        values={"score": score},
        shown_order=[output.public_id for output in task.outputs],
        sample=sample,
        rationale={"score": {"text": "It says so.", "reasons": []}},
        confidence=0.8,
        cost={"tokens": 120, "usd": 0.0003},
        inputs="a" * 64,
    )


def take(store: Store, *said: MachineLabel, name: str = "judge-a", hashed: str = "1") -> int:
    def job(driver: object) -> int:
        rater = machines.ensure(driver, "judge", name, SPEC, hashed, family="m")  # type: ignore[arg-type]
        return machines.take(driver, record(store), rater, "judge", said, stream=store.device, actor=rater)  # type: ignore[arg-type]

    return store.transact(job)


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in ask(connection, sql)]


def test_tasks_come_page_by_page_in_the_order_of_the_queue_without_systems(store: Store) -> None:
    fill(store, items=7, outputs=2)
    first = given(store, most=3)
    rest = given(store, after=first[-1].position)
    assert [task.position for task in first + rest] == list(range(len(first + rest)))
    assert [len(task.outputs) for task in first + rest] == [len(first[0].outputs)] * len(first + rest)
    assert first[0].prompt[0]["text"] == "What does note 0 say?"
    assert first[0].outputs[0].text.startswith("Answer 0 of system")
    told = orjson.dumps([[task.key, task.meta, [repr(output) for output in task.outputs]] for task in first])
    assert b"model-0" not in told
    with store.reading() as connection:
        assert machines.count(connection, record(store)) == len(first + rest)
    assert given(store, after=10_000) == []


def test_what_a_judge_says_is_a_label_without_an_assignment(store: Store) -> None:
    fill(store, items=3)
    tasks = given(store)
    assert take(store, *(judged(store, task, 4) for task in tasks)) == 3
    assert rows(store, "SELECT count(*) FROM assignment") == [(0,)]
    assert rows(store, "SELECT phase, sample, outcome, source, confidence FROM label LIMIT 1") == [
        ("independent", 0, "submitted", "judge", 0.8)
    ]
    # The same again is nothing new; another answer follows the one before, another sample stands beside it.
    assert take(store, *(judged(store, task, 4) for task in tasks)) == 0
    assert take(store, judged(store, tasks[0], 2), judged(store, tasks[0], 5, sample=1)) == 2
    assert rows(store, "SELECT sample, revision FROM label ORDER BY sample, revision") == [(0, 1)] * 3 + [
        (0, 2),
        (1, 1),
    ]
    with store.reading() as connection:
        (rater,) = (row[0] for row in ask(connection, "SELECT id FROM rater WHERE kind = 'judge'"))
        assert machines.done(connection, record(store).id, rater) == {
            (tasks[0].id, 0),
            (tasks[1].id, 0),
            (tasks[2].id, 0),
            (tasks[0].id, 1),
        }
        assert not events.verify(connection).faults
    assert [found for found in examine(store) if found.status == "fail"] == []


def test_another_specification_is_another_rater(store: Store) -> None:
    fill(store, items=1)
    (task,) = given(store)
    take(store, judged(store, task, 4))
    take(store, judged(store, task, 4), hashed="2")
    assert rows(store, "SELECT name, kind, family, spec_hash FROM rater WHERE kind = 'judge' ORDER BY spec_hash") == [
        ("judge-a", "judge", "m", "1"),
        ("judge-a", "judge", "m", "2"),
    ]


def test_a_judge_takes_nobodys_place_and_no_rater_sees_it(store: Store) -> None:
    fill(store, items=3, overlap=1)
    take(store, *(judged(store, task, 1) for task in given(store)))
    sitting = sit(store, "ana")
    assert sitting.standing.left == 3
    assert sitting.work.values == {}
    rate(sitting, 3, 4)
    sitting.close()
    assert rows(store, "SELECT count(*) FROM label WHERE surplus = 0") == [(5,)]


def test_an_abstention_is_kept_as_one(store: Store) -> None:
    fill(store, items=1)
    (task,) = given(store)
    none = replace(judged(store, task, 1), outcome="abstained", values={}, confidence=None)
    assert take(store, none) == 1
    assert rows(store, "SELECT outcome, confidence FROM label") == [("abstained", None)]


def test_comparisons_have_their_outputs_in_canonical_order(store: Store) -> None:
    pairs_queue(store, items=2, systems=("a", "b"))
    for task in given(store, "pairs"):
        assert len({output.public_id for output in task.outputs}) == 2


def test_a_round_that_is_blind_is_shown_to_no_machine(store: Store) -> None:
    fill(store, items=4)
    name = start(store, "kyc", Plan(("ana", "ben"), 2, seed=1), "lead").card.name
    with pytest.raises(BadInput, match="nobody sees another's labels yet"):
        given(store, name)
