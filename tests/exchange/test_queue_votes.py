"""A queue's labels as votes: what counts, what is left out and told, slices, aliases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_votes import QueueVotes, read_queue_votes
from reviewer.measure.ranked import Settings
from reviewer.measure.ranking import rank_votes
from reviewer.measure.raters import report_raters
from reviewer.measure.votes import WINNERS, Tags
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.exchange.judging import add_repeat, judge, label
from tests.store.comparing import pairs_queue
from tests.store.filling import ask, fresh, record

pytestmark = pytest.mark.both_databases

NAMES = ("alpha", "beta", "gamma")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


def read(store: Store, queue: str = "pairs", **options: Any) -> QueueVotes:
    with store.reading() as connection:
        return read_queue_votes(connection, record(store, queue), **options)


def reveal(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")


def told(found: QueueVotes) -> list[tuple[str, str, str]]:
    """Left, right and winner of each vote that counts."""
    votes = found.votes
    rows = zip(votes.left.tolist(), votes.right.tolist(), votes.winner.tolist(), votes.counted.tolist(), strict=True)
    return [
        (votes.systems[left], votes.systems[right], WINNERS[winner]) for left, right, winner, counts in rows if counts
    ]


def tasks_of(store: Store, queue: QueueRecord) -> list[tuple[str, list[str]]]:
    """Each task, with its public ids in canonical order."""
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT t.id, o.public_id FROM task t JOIN task_output o ON o.task = t.id WHERE t.queue = ?"
            " ORDER BY t.position, o.slot",
            queue.id,
        ).fetchall()
    found: dict[str, list[str]] = {}
    for task, public_id in rows:
        found.setdefault(task, []).append(public_id)
    return list(found.items())


def test_left_is_what_was_shown_first_and_two_steps_count_as_one(store: Store) -> None:
    queue = pairs_queue(store, items=5, systems=("alpha", "beta"))
    reveal(store)
    said = [-2, -1, 0, 1, "both_bad"]
    for (task, (a, b)), value in zip(tasks_of(store, queue), said, strict=True):
        label(store, queue, task, "ana", {"preference": value}, [b, a])
    found = read(store)
    assert told(found) == [("beta", "alpha", word) for word in ("left", "left", "tie", "right", "both_bad")]
    assert found.votes.first_won.tolist()[:2] == [True, True]
    assert found.labels == 5
    assert found.votes.item is not None
    assert len(found.votes.item.names) == 5
    assert found.labelled.places.sum() == 10
    assert found.labelled.greatest == 5


def test_each_criterion_in_the_same_shape_is_one_of_its_own(store: Store) -> None:
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"))
    reveal(store)
    (one, ids), (other, others) = tasks_of(store, queue)
    label(store, queue, one, "ana", {"clear": 1, "preference": -1, "safe@output:1": 2, "why": "so", "ok": True}, ids)
    label(store, queue, other, "ana", {"clear": None, "preference": 1, "deep": 4}, others)
    found = read(store)
    assert found.votes.criterion is not None
    assert sorted(found.votes.criterion.names) == ["clear", "preference"]
    assert found.labels == 2
    assert list(rank_votes(found.votes, Settings(rounds=0)).criteria) == ["preference", "clear"]


def test_what_does_not_count_is_told(store: Store) -> None:
    queue = pairs_queue(store, items=9, systems=("alpha", "beta"))
    tasks = tasks_of(store, queue)
    yes = {"preference": 1}
    shapes: list[tuple[dict[str, Any], dict[str, Any], list[str] | None]] = [
        (yes, {}, None),
        (yes, {"outcome": "skipped"}, None),
        (yes, {"outcome": "abstained"}, None),
        (yes, {"outcome": "sent_back"}, None),
        (yes, {"surplus": 1}, None),
        (yes, {"exposure": "judge"}, None),
        ({}, {}, None),
        (yes, {}, ["nobody", "knows"]),
        (yes, {}, None),
    ]
    for (task, ids), (values, columns, shown) in zip(tasks, shapes, strict=True):
        label(store, queue, task, "ana", values, shown or ids, **columns)
    with store.writing() as connection:
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id = ?", tasks[-1][0])
    left_out = {
        "skipped": 1,
        "abstained": 1,
        "sent back": 1,
        "surplus": 1,
        "seen others' judgment before": 1,
        "no preference given": 1,
        "its order names other outputs": 1,
        "recalled task": 1,
    }
    assert read(store).votes.dropped == left_out
    assert read(store).labels == 1
    with_surplus = read(store, surplus=True)
    assert (with_surplus.labels, with_surplus.votes.dropped.get("surplus")) == (2, None)


def test_a_label_without_an_order_stays_out_of_what_is_said_of_sides(store: Store) -> None:
    queue = pairs_queue(store, items=6, systems=("alpha", "beta"))
    reveal(store)
    for number, (task, ids) in enumerate(tasks_of(store, queue)):
        label(store, queue, task, "ana", {"preference": -1}, ids[:: 1 if number % 2 else -1] if number < 4 else [])
    found = read(store)
    assert (found.labels, found.unordered) == (6, 2)
    assert told(found)[-1] == ("alpha", "beta", "left")
    assert (found.labelled.orders, found.labelled.unknown) == (4, 2)
    table = rank_votes(found.votes, Settings(rounds=0)).criteria["preference"]
    assert (table.votes, table.position.share.n, table.position.share.dropped) == (6, 4, {"order unknown": 2})
    assert (table.raters[0].first_share.n, table.raters[0].first_share.dropped) == (4, {"order unknown": 2})
    assert any("nobody knows what was shown first" in note for note in table.notes)
    in_model = rank_votes(found.votes, Settings(rounds=0, position=True))
    assert in_model.criteria["preference"].votes == 4
    assert in_model.dropped == {"order unknown": 2}


def test_where_no_order_is_known_no_position_is_estimated(store: Store) -> None:
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"))
    for value, (task, _ids) in zip((-1, 1), tasks_of(store, queue), strict=True):
        label(store, queue, task, "ana", {"preference": value}, [])
    table = rank_votes(read(store).votes, Settings(rounds=0, position=True)).criteria["preference"]
    assert table.votes == 2
    assert table.position.effect is not None
    assert table.position.effect.why == "nobody knows what was shown first"
    assert table.raters[0].p_value is None


def test_a_repeat_tells_consistency_alone(store: Store) -> None:
    queue = pairs_queue(store, items=4, systems=("alpha", "beta"))
    tasks = tasks_of(store, queue)
    for rater in ("ana", "ben"):
        for task, ids in tasks:
            label(store, queue, task, rater, {"preference": -1}, ids)
    for number, (task, ids) in enumerate(tasks):
        own = add_repeat(store, queue, task)
        again = {"preference": 1 if number < 3 else -1}
        label(store, queue, own["task"], "ana", again, [own[one] for one in ids[::-1]])
    found = read(store)
    assert (found.labels, found.repeats) == (8, 4)
    ana, ben = report_raters(found.votes, None, 0.05)
    assert (ana.votes, ana.consistency.value, ana.consistency.n) == (4, 0.75, 4)
    assert (ana.both_first, ana.both_second) == (1, 0)
    assert (ana.agreement.value, ana.agreement.n, ben.agreement.n) == (1.0, 4, 4)
    assert ben.consistency.value is None
    assert rank_votes(found.votes, Settings(rounds=0)).criteria["preference"].votes == 8
    assert found.labelled.orders == found.shown.orders == 8


def test_a_repeat_whose_original_does_not_count_is_told(store: Store) -> None:
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"))
    (one, ids), (other, others) = tasks_of(store, queue)
    label(store, queue, one, "ana", {"preference": 1}, ids)
    label(store, queue, other, "ana", {"preference": 1}, others, outcome="skipped")
    own = add_repeat(store, queue, other)
    label(store, queue, own["task"], "ana", {"preference": 1}, [own[name] for name in others])
    found = read(store)
    assert (found.labels, found.repeats) == (1, 0)
    assert found.votes.dropped == {"skipped": 1, "repeat without its original": 1}


def test_further_samples_of_a_judge_are_repeats(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    ((task, ids),) = tasks_of(store, queue)
    label(store, queue, task, "judge-1", {"preference": 1}, ids)
    label(store, queue, task, "judge-1", {"preference": -1}, ids[::-1], sample=1)
    found = read(store)
    assert (found.labels, found.repeats) == (1, 1)
    assert report_raters(found.votes, None, 0.05)[0].consistency.value == 1.0


def test_slices_by_metadata_and_by_tags(store: Store) -> None:
    queue = pairs_queue(store, items=4, systems=("alpha", "beta"))
    metas = [
        {"metadata": {"language": "de", "turns": 2}, "tags": ["kyc", "cash"]},
        {"metadata": {"language": "en", "turns": 2}, "tags": ["kyc"]},
        {"metadata": {"language": "en"}, "tags": []},
        {"metadata": {}},
    ]
    with store.writing() as connection:
        for number, meta in enumerate(metas):
            ask(
                connection,
                "UPDATE dataset_item SET meta = ? WHERE key = ?",
                orjson.dumps(meta).decode(),
                f"item-{number:04d}",
            )
    for task, ids in tasks_of(store, queue):
        label(store, queue, task, "ana", {"preference": 1}, ids)
    found = read(store, slices=("language", "turns", "tags", "rater"))
    tables = rank_votes(found.votes, Settings(rounds=0, slices=("language", "turns", "tags", "rater"))).criteria
    slices = tables["preference"].slices
    assert {value: table.votes for value, table in slices["language"].items()} == {"de": 1, "en": 2, "": 1}
    assert {value: table.votes for value, table in slices["turns"].items()} == {"2": 2, "": 2}
    assert {value: table.votes for value, table in slices["tags"].items()} == {"kyc": 2, "cash": 1, "": 2}
    assert {value: table.votes for value, table in slices["rater"].items()} == {"ana": 4}
    with pytest.raises(WrongUsage, match="to slice by") as caught:
        read(store, slices=("prompt",))
    assert "language, rater, tags, turns" in str(caught.value)


@pytest.mark.parametrize("value", ["Alpha", "by ALPHA-2", ["x", "beta"]])
def test_a_sealed_queue_is_not_sliced_by_what_names_a_system(store: Store, value: str | list[str]) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    meta = orjson.dumps({"metadata": {"made": value, "alpha score": 3, "fine": "yes"}}).decode()
    with store.writing() as connection:
        ask(connection, "UPDATE dataset_item SET meta = ?", meta)
    for task, ids in tasks_of(store, queue):
        label(store, queue, task, "ana", {"preference": 1}, ids)
    for asked in ("made", "alpha score", "other"):
        with pytest.raises(WrongUsage) as caught:
            read(store, slices=(asked,))
        assert "alpha" not in str(caught.value).casefold()
        assert "beta" not in str(caught.value)
    assert "fine" in read(store, slices=("fine",)).votes.others
    reveal(store)
    assert set(read(store, slices=("made", "alpha score")).votes.others) == {"made", "alpha score"}


def test_aliases_are_drawn_by_the_seed_and_stay(store: Store) -> None:
    seen = set()
    for number in range(12):
        name = f"pairs-{number}"
        queue = pairs_queue(store, items=1, systems=NAMES, name=name)
        for task, ids in tasks_of(store, queue):
            label(store, queue, task, "ana", {"preference": -1}, ids)
        aliases = [row[:2] for row in told(read(store, name))]
        assert aliases == [row[:2] for row in told(read(store, name))]
        assert {one for pair in aliases for one in pair} == {"system A", "system B", "system C"}
        seen.add(tuple(aliases))
    assert len(seen) > 1


def test_systems_that_read_alike_are_told_apart(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    with store.writing() as connection:
        connection.execute("UPDATE system SET name = 'm 1' WHERE name = 'alpha'")
        connection.execute("UPDATE system SET name = 'm', version = '1' WHERE name = 'beta'")
    reveal(store)
    ((task, ids),) = tasks_of(store, queue)
    label(store, queue, task, "ana", {"preference": 1}, ids)
    assert sorted(read(store).votes.systems) == ["m 1", "m 1 (2)"]


def test_nothing_to_rank_by_is_said(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"))
    with pytest.raises(BadInput, match="holds no vote to rank by yet"):
        read(store)
    ((task, ids),) = tasks_of(store, queue)
    label(store, queue, task, "ana", {}, ids, outcome="skipped")
    with pytest.raises(BadInput, match="skipped in 1"):
        read(store)


@pytest.mark.only_a_file
def test_lengths_go_with_their_texts(store: Store) -> None:
    queue = pairs_queue(store, items=30, systems=("alpha", "beta"))
    with store.writing() as connection:
        connection.execute(
            "UPDATE output SET text = substr(replace(hex(zeroblob(200)), '0', 'é'), 1, 10 + abs(random() % 100))"
        )
        lengths = dict(
            connection.execute(
                "SELECT o.public_id, length(u.text) FROM task_output o JOIN output u ON o.output = u.id"
            ).fetchall()
        )
    expected = []
    for number, (task, ids) in enumerate(tasks_of(store, queue)):
        shown = ids[:: 1 if number % 2 else -1]
        expected.append((float(lengths[shown[0]]), float(lengths[shown[1]])))
        label(store, queue, task, "ana", {"preference": -1 if lengths[shown[0]] > lengths[shown[1]] else 1}, shown)
    found = read(store)
    assert found.votes.lengths is not None
    assert list(zip(*(one.tolist() for one in found.votes.lengths), strict=True)) == expected
    (ana,) = report_raters(found.votes, None, 0.05)
    assert ana.length is not None
    assert ana.length.longer_share.value is not None
    assert ana.length.longer_share.value > 0.9


def test_pace_and_balance_are_those_of_the_raters(store: Store) -> None:
    pairs_queue(store, items=4, systems=NAMES)
    judge(store, "ana", lambda _shown: {"preference": 1})
    judge(store, "ben", lambda _shown: {"preference": 1}, most=5)
    with store.writing() as connection:
        connection.execute("UPDATE label SET active_ms = 4000")
        connection.execute("UPDATE label SET active_ms = 0 WHERE rater = (SELECT id FROM rater WHERE name = 'ben')")
    found = read(store)
    ana, ben = found.pace
    assert (ana.rater, ana.labels, ana.median, ana.low, ana.high) == ("ana", 12, 4.0, 4.0, 4.0)
    assert (ben.labels, ben.median, ben.untimed) == (0, None, 5)
    assert found.labelled.orders == 17
    assert found.shown.orders >= 17
    assert set(found.labelled.of_raters) == {"ana", "ben"}


def partition(draw: Any, outputs: int) -> list[list[int]]:
    groups: dict[int, list[int]] = {}
    for one in range(1, outputs + 1):
        groups.setdefault(draw(st.integers(0, outputs)), []).append(one)
    return [groups[key] for key in sorted(groups)]


@st.composite
def rankings(draw: Any) -> tuple[list[int], list[list[int]]]:
    outputs = draw(st.integers(2, 6))
    return draw(st.permutations(range(outputs))), partition(draw, outputs)


@pytest.mark.only_a_file
@settings(max_examples=25, deadline=None)
@given(said=rankings())
def test_a_ranking_says_its_pairs_whatever_the_order_shown(said: tuple[Sequence[int], list[list[int]]]) -> None:
    order, ranking = said
    names = [f"system-{one}" for one in range(len(order))]
    with TemporaryDirectory() as folder:
        store = fresh(Path(folder) / "home")
        queue = pairs_queue(store, items=1, systems=names, kind="ranking", name="order")
        reveal(store)
        ((task, ids),) = tasks_of(store, queue)
        label(store, queue, task, "ana", {"ranking": ranking}, [ids[slot] for slot in order])
        found = read(store, "order")
    place = {names[order[one - 1]]: at for at, group in enumerate(ranking) for one in group}
    shown = [names[slot] for slot in order]
    expected = {
        (a, b): "tie" if place[a] == place[b] else "left" if place[a] < place[b] else "right"
        for a, b in combinations(shown, 2)
    }
    assert {(left, right): winner for left, right, winner in told(found)} == expected
    assert found.votes.ballot is not None
    assert len(set(found.votes.ballot.tolist())) == 1


def test_a_vote_may_stand_under_several_tags() -> None:
    import numpy as np

    tags = Tags((("a", "b"), (), ("b", "b")), np.array([0, 1, 2, 0], dtype=np.int32))
    assert {name: mask.tolist() for name, mask in tags.masks()} == {
        "a": [True, False, False, True],
        "b": [True, False, True, True],
        "": [False, True, False, False],
    }
    cut = tags.chosen(np.array([False, True, True, False]))
    assert [name for name, _ in cut.masks()] == ["", "b"]
