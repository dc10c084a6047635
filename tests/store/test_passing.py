"""What a rater is led past because others did it comes back to them when it is theirs to do after all."""

from __future__ import annotations

import pytest

from reviewer.session.sitting import Sitting
from reviewer.store import queues, reading
from reviewer.store.connection import Store
from tests.store.filling import add_items, fill, new_item, rate, record, sit
from tests.store.test_commit import commit, consistent, label, rater_of

pytestmark = pytest.mark.both_databases


def left_for(store: Store, rater: str) -> list[int]:
    """The places that the rater is still asked for, as a sitting meets them."""
    sitting = sit(store, rater)
    try:
        met: list[int] = []
        while sitting.view is not None and sitting.view.seq not in met:
            met.append(sitting.view.seq)
            sitting.next_open()
        return sorted(met)
    finally:
        assert sitting.close()


def passed(store: Store, rater: str) -> int:
    queue = record(store)
    with store.reading() as connection:
        known = queues.rater_called(connection, rater)
        counters = reading.read_counters(connection, queue.id, known) if known else None
    return counters.passed if counters else 0


@pytest.fixture
def rated(store: Store) -> Store:
    """Five tasks, one rater a task; ana has rated the first three, and bob was led past them."""
    fill(store, overlap=1, shuffle=False)
    ana = sit(store, "ana")
    rate(ana, 1, 2, 3)
    assert ana.close()
    assert left_for(store, "bob") == [3, 4]
    assert passed(store, "bob") == 3
    return store


def undone(store: Store, *, steps: int) -> Sitting:
    sitting = sit(store, "ana")
    for _ in range(steps):
        sitting.undo()
    return sitting


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_label_that_becomes_a_skip_gives_the_task_back(rated: Store, steps: int) -> None:
    ana = undone(rated, steps=steps)
    assert ana.skip("I cannot read this").moved
    ana.drain(10)
    assert ana.close()
    assert passed(rated, "bob") == 2
    assert consistent(rated) == []
    assert left_for(rated, "bob") == [3 - steps, 3, 4]


def test_a_label_that_is_only_changed_gives_nothing_back(rated: Store) -> None:
    ana = undone(rated, steps=2)
    rate(ana, 5)
    assert ana.close()
    assert passed(rated, "bob") == 3
    assert left_for(rated, "bob") == [3, 4]


@pytest.mark.parametrize("overlap", [2, 0])
def test_a_larger_overlap_gives_everything_back(rated: Store, overlap: int) -> None:
    queue = record(rated)
    with rated.writing() as connection:
        queues.change(connection, queue, stream=rated.device, actor="lead", action="queue.changed", overlap=overlap)
    assert passed(rated, "bob") == 0
    assert consistent(rated) == []
    assert left_for(rated, "bob") == [0, 1, 2, 3, 4]
    assert left_for(rated, "ana") == [3, 4]


def test_a_smaller_overlap_gives_nothing_back(store: Store) -> None:
    queue = fill(store, overlap=2, shuffle=False)
    for rater in ("ana", "bob"):
        sitting = sit(store, rater)
        rate(sitting, 1)
        assert sitting.close()
    assert left_for(store, "cem") == [1, 2, 3, 4]
    with store.writing() as connection:
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.changed", overlap=1)
    assert left_for(store, "cem") == [1, 2, 3, 4]
    assert consistent(store) == []


def test_who_rates_what_they_were_led_past_is_counted_once(rated: Store) -> None:
    bob = sit(rated, "bob")
    assert bob.go_to(0).moved
    bob.work.values["score"] = 4
    bob.submit()
    bob.drain(10)
    assert bob.standing.left == 2
    assert bob.close()
    assert passed(rated, "bob") == 2
    assert consistent(rated) == []


def test_a_recalled_task_is_asked_of_nobody_and_comes_back_to_nobody(rated: Store) -> None:
    queue = record(rated)
    add_items(rated, queue, [new_item(4, text="A better answer.")], revise=True)
    assert left_for(rated, "bob") == [3, 5]
    with rated.writing() as connection:
        queues.change(connection, record(rated), stream=rated.device, actor="lead", action="queue.changed", overlap=0)
    assert left_for(rated, "bob") == [0, 1, 2, 3, 5]
    with rated.reading() as connection:
        states = [state for (state,) in connection.execute("SELECT state FROM task ORDER BY position")]
    assert states == ["open"] * 4 + ["recalled", "open"]
    assert consistent(rated) == []


def test_a_task_is_asked_of_others_whose_labels_were_given_after_seeing_others_judgment(store: Store) -> None:
    queue = fill(store, overlap=1, shuffle=False)
    for name in ("ana", "cem"):
        commit(store, label(store, queue, rater_of(store, name), 0, exposure="peers"))
    assert left_for(store, "bob") == [0, 1, 2, 3, 4]
    commit(store, label(store, queue, rater_of(store, "dan"), 0))
    assert left_for(store, "bob") == [1, 2, 3, 4]
    assert consistent(store) == []
