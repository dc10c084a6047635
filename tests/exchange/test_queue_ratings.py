"""A queue's labels as ratings: scales of the rubric, units, samples, what is left out, what a sealed queue tells."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_ratings import QueueRatings, Wanted, read_queue_ratings
from reviewer.measure.agreement.agree import measure_agreement
from reviewer.measure.agreement.ratings import Ratings
from reviewer.measure.agreement.report import Report, Settings
from reviewer.rubric import composite, rubric_from_data
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.exchange.judging import add_repeat, label
from tests.homes import RUBRIC, add_queue, item, own_rubric
from tests.store.comparing import pairs_queue
from tests.store.filling import ask, fill, fresh, put_rubric, record

pytestmark = pytest.mark.both_databases

QUICK = Settings(rounds=0)
CHOICES: dict[str, Any] = {
    "name": "choices",
    "criteria": [
        {
            "id": "tone",
            "type": "choice",
            "options": [{"value": "good", "score": 3}, {"value": "bad", "score": -1}, {"value": "fair", "score": 0}],
        },
        {
            "id": "grade",
            "type": "choice",
            "options": [{"value": "1", "score": 2}, {"value": "2", "score": 1}, {"value": "01", "score": 0}],
        },
        {"id": "clear", "type": "scale", "min": 1, "max": 5, "per": "turn", "required": False},
    ],
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


def read(store: Store, queue: str = "kyc", **wanted: Any) -> QueueRatings:
    with store.reading() as connection:
        return read_queue_ratings(connection, record(store, queue), Wanted(**wanted))


def tasks_of(store: Store, queue: QueueRecord) -> list[str]:
    with store.reading() as connection:
        rows = ask(connection, "SELECT id FROM task WHERE queue = ? ORDER BY position", queue.id).fetchall()
    return [row[0] for row in rows]


def sides_of(store: Store, task: str) -> list[str]:
    with store.reading() as connection:
        rows = ask(connection, "SELECT public_id FROM task_output WHERE task = ? ORDER BY slot", task).fetchall()
    return [row[0] for row in rows]


def change(store: Store, statement: str, *values: object) -> None:
    with store.writing() as connection:
        ask(connection, statement, *values)


def rows_of(found: QueueRatings, name: str) -> set[tuple[str, str, str]]:
    """Item, rater and value of each rating under a criterion."""
    told = found.ratings.by_criterion()[name]
    columns = (told.item, told.rater, told.value)
    return set(zip(*([column.names[code] for code in column.codes] for column in columns), strict=True))


def reports(found: QueueRatings) -> dict[str, Report]:
    return found.concealed(measure_agreement(found.ratings, QUICK)).criteria


def test_every_type_has_the_level_and_the_whole_scale_of_the_rubric(store: Store) -> None:
    rubric = {**RUBRIC, "composite": "weighted_mean"}
    queue = fill(store, items=3, rubric=rubric)
    said: dict[str, Any] = {
        "grounded": 4,
        "safe": True,
        "risk": "under",
        "faults": ["vague"],
        "minutes": 2.5,
        "words": "so",
    }
    given_by: dict[str, list[dict[str, Any]]] = {
        "ana": [said, said, {**said, "safe": None, "faults": []}],
        "ben": [{**said, "grounded": 2, "minutes": -3}, {"grounded": 5, "safe": False}, said],
    }
    for rater, labels in given_by.items():
        for task, values in zip(tasks_of(store, queue), labels, strict=True):
            label(store, queue, task, rater, values, [])
    found = read(store)
    asked = found.ratings.asked
    assert list(asked) == ["grounded", "safe", "risk", "faults", "minutes", "composite"]
    assert [(one.level, one.points) for one in asked.values()] == [
        ("ordinal", tuple("12345")),
        ("nominal", ("false", "true")),
        ("nominal", ("as_file", "under", "over")),
        ("nominal", None),
        ("interval", None),
        ("interval", None),
    ]
    assert rows_of(found, "safe") == {
        ("item-0000", "ana", "true"),
        ("item-0000", "ben", "true"),
        ("item-0001", "ana", "true"),
        ("item-0001", "ben", "false"),
        ("item-0002", "ben", "true"),
    }
    assert {value for _, _, value in rows_of(found, "faults")} == {"vague", "(none)"}
    assert {value for _, _, value in rows_of(found, "minutes")} == {"2.5", "-3"}
    assert asked["safe"].dropped == {"not applicable": 1}
    assert found.unmeasured == {"words": "texts have no agreement 5"}
    assert (found.labels, found.ratings.dropped) == (6, {})
    whole = rubric_from_data(rubric)
    known = {
        (f"item-{at:04d}", rater): composite(whole, values)
        for rater, labels in given_by.items()
        for at, values in enumerate(labels)
    }
    assert {(one, rater): float(value) for one, rater, value in rows_of(found, "composite")} == pytest.approx(known)
    report = reports(found)["grounded"]
    assert report.scale.values == [1, 2, 3, 4, 5]
    assert not report.scale.seen
    assert any("Never given: 1, 3" in note for note in report.notes)


def test_a_choice_has_an_order_where_its_options_have_scores(store: Store) -> None:
    queue = fill(store, items=2, rubric=CHOICES)
    for rater, tone, grade in (("ana", "good", "1"), ("ben", "bad", "01")):
        for task in tasks_of(store, queue):
            label(store, queue, task, rater, {"tone": tone, "grade": grade}, [])
    found = read(store)
    assert found.ratings.asked["tone"].level == "ordinal"
    assert found.ratings.asked["tone"].points == ("bad", "fair", "good")
    # The highest numeral has the lowest score, and 01 is not 1.
    assert found.ratings.asked["grade"].points == ("'01'", "'2'", "'1'")
    assert reports(found)["grade"].measures["percent_agreement"].value == 0


def test_parts_of_an_item_are_units_of_their_own(store: Store) -> None:
    queue = fill(store, items=2, rubric=CHOICES)
    for rater, more in (("ana", 0), ("ben", 1)):
        for task in tasks_of(store, queue):
            values = {"tone": "fair", "grade": "2", "clear@turn:1": 3, "clear@turn:2": 3 + more}
            label(store, queue, task, rater, values, [])
    found = read(store)
    assert {(one, value) for one, rater, value in rows_of(found, "clear") if rater == "ben"} == {
        ("item-0000 · turn 1", "3"),
        ("item-0000 · turn 2", "4"),
        ("item-0001 · turn 1", "3"),
        ("item-0001 · turn 2", "4"),
    }
    report = reports(found)["clear"]
    assert (report.items, report.measures["percent_agreement"].value) == (4, 0.5)
    assert any("4 units of 2 tasks" in note for note in report.notes)


def test_own_rubrics_of_items_are_reported_as_met_beside_the_composite(store: Store) -> None:
    names = ("names the dose", "invents a drug", "so")
    documents = [
        {
            "name": f"own-{number}",
            "criteria": [
                {"id": f"c{number}a", "label": names[0], "type": "boolean", "points": 5},
                {"id": f"c{number}b", "label": names[1], "type": "boolean", "points": -3},
                {"id": f"c{number}c", "label": names[2], "type": "scale", "min": 1, "max": 3, "required": False},
            ],
            "composite": "points",
        }
        for number in range(2)
    ]
    items = [item(number, rubric=own_rubric(store, document)) for number, document in enumerate(documents)]
    queue = add_queue(store, items, queue="health")
    for number, task in enumerate(tasks_of(store, queue)):
        with store.reading() as connection:
            own = ask(connection, "SELECT rubric FROM task WHERE id = ?", task).fetchone()[0]
        for rater, second in (("ana", False), ("ben", True)):
            values = {f"c{number}a": True, f"c{number}b": second, f"c{number}c": 2}
            label(store, queue, task, rater, values, [], rubric=own)
    found = read(store, "health")
    assert list(found.ratings.asked) == ["met", "composite"]
    assert rows_of(found, "met") == {
        (f"case-{number:03d} · c{number}{which}", rater, value)
        for number in range(2)
        for which, rater, value in (
            ("a", "ana", "true"),
            ("a", "ben", "true"),
            ("b", "ana", "false"),
            ("b", "ben", "true"),
        )
    }
    assert found.ratings.asked["met"].dropped == {"an item's own criterion that is no yes or no": 4}
    assert {(rater, value) for _, rater, value in rows_of(found, "composite")} == {("ana", "1"), ("ben", "0.4")}


def test_what_was_given_on_another_scale_does_not_count(store: Store) -> None:
    before = {
        "name": "first",
        "composite": "weighted_mean",
        "criteria": [
            {"id": "score", "type": "scale", "min": 1, "max": 3},
            {"id": "safe", "type": "boolean"},
            {"id": "gone", "type": "boolean", "required": False},
        ],
    }
    after = {
        "name": "first",
        "composite": "weighted_mean",
        "criteria": [
            {"id": "score", "type": "scale", "min": 1, "max": 5},
            {"id": "safe", "type": "boolean", "help": "Would you send it?"},
        ],
    }
    queue = fill(store, items=2, rubric=before)
    first, second = tasks_of(store, queue)
    for rater in ("ana", "ben"):
        label(store, queue, first, rater, {"score": 3, "safe": True, "gone": True}, [])
    put_rubric(store, queue, after)
    for rater, score in (("ana", 5), ("ben", 4)):
        label(store, queue, second, rater, {"score": score, "safe": False}, [])
    found = read(store)
    changed = {"given on another scale than that of the rubric in force": 2}
    assert {name: one.dropped for name, one in found.ratings.asked.items()} == {
        "score": changed,
        "safe": {},
        "composite": changed,
    }
    assert found.unmeasured == {"gone": "the rubric in force does not ask it 2"}
    report = reports(found)["safe"]
    assert (report.items, report.ratings) == (2, 4)
    assert {rater for _, rater, _ in rows_of(found, "score")} == {"ana", "ben"}


def test_what_does_not_count_is_counted_by_reason(store: Store) -> None:
    queue = fill(store, items=10)
    tasks = tasks_of(store, queue)
    shapes: list[dict[str, Any]] = [
        {},
        {"outcome": "skipped"},
        {"outcome": "abstained"},
        {"outcome": "sent_back"},
        {"surplus": 1},
        {"exposure": "judge"},
        {"exposure": "peers", "surplus": 1},
        {},
        {},
        {},
    ]
    for task, columns in zip(tasks, shapes, strict=True):
        label(store, queue, task, "ana", {"score": 3}, [], **columns)
        label(store, queue, task, "ben", {"score": 4}, [])
    label(store, queue, tasks[0], "gpt", {"score": 5}, [])
    change(store, "UPDATE rater SET kind = 'judge' WHERE name = 'gpt'")
    change(store, "UPDATE task SET state = 'recalled' WHERE id = ?", tasks[7])
    change(store, "UPDATE task SET gold = 1 WHERE id = ?", tasks[8])
    again = add_repeat(store, queue, tasks[0])["task"]
    label(store, queue, again, "ana", {"score": 1}, [])
    label(store, queue, tasks[0], "eva", {"score": 1}, [], phase="adjudication")
    found = read(store)
    assert found.ratings.dropped == {
        "skipped": 1,
        "abstained": 1,
        "sent back": 1,
        "surplus": 1,
        "seen others' judgment before": 2,
        "recalled task": 2,
        "gold task": 2,
        "by a judge": 1,
        "hidden repeat": 1,
    }
    assert found.labels == 10
    assert reports(found)["score"].measures["percent_agreement"].n == 2
    assert read(store, surplus=True).ratings.dropped["seen others' judgment before"] == 2
    everything = read(store, surplus=True, exposed=True, kinds=("human", "judge"))
    assert everything.labels == 14
    assert {rater for _, rater, _ in rows_of(everything, "score")} == {"ana", "ben", "gpt (judge)"}
    chosen = read(store, raters=("ana", "gpt"), kinds=("human", "judge"))
    assert chosen.ratings.dropped["by a rater not chosen"] == 10
    assert {rater for _, rater, _ in rows_of(chosen, "score")} == {"ana", "gpt (judge)"}
    assert read(store, raters=("gpt (judge)", "ben"), kinds=("human", "judge")).labels == 9


def test_several_samples_are_one_value(store: Store) -> None:
    queue = fill(store, items=4)
    said: list[list[tuple[int, bool | None]]] = [
        [(3, True), (4, True)],
        [(2, True), (2, False)],
        [(1, None), (5, False)],
        [(5, True)],
    ]
    for task, samples in zip(tasks_of(store, queue), said, strict=True):
        label(store, queue, task, "ana", {"score": 3, "safe": True}, [])
        for sample, (score, safe) in enumerate(samples):
            label(store, queue, task, "gpt", {"score": score, "safe": safe}, [], sample=sample)
    change(store, "UPDATE rater SET kind = 'judge' WHERE name = 'gpt'")
    found = read(store, kinds=("human", "judge"))
    assert {value for _, rater, value in rows_of(found, "score") if "gpt" in rater} == {"3.5", "2", "3", "5"}
    assert sorted(one for one, rater, _ in rows_of(found, "safe") if "gpt" in rater) == [
        "item-0000",
        "item-0002",
        "item-0003",
    ]
    assert found.ratings.asked["safe"].dropped == {"not applicable": 1, "the samples of its rater are tied": 1}
    assert found.ratings.asked["score"].points == ("1", "2", "3", "3.5", "4", "5")
    assert any("Means of several samples" in note for note in found.ratings.asked["score"].notes)
    assert reports(found)["score"].ratings == 8


def test_mirrored_sides_are_read_of_the_same_outputs(store: Store) -> None:
    queue = pairs_queue(store, items=4, systems=("alpha", "beta"))
    for at, task in enumerate(tasks_of(store, queue)):
        a, b = sides_of(store, task)
        label(store, queue, task, "ana", {"preference": 2 - at}, [a, b])
        label(store, queue, task, "ben", {"preference": at - 2}, [b, a])
    change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
    found = read(store, "pairs")
    assert {(one, value) for one, rater, value in rows_of(found, "preference") if rater == "ben"} == {
        (f"item-{at:04d} · alpha / beta", str(2 - at)) for at in range(4)
    }
    report = reports(found)["preference"]
    assert report.scale.values == [-2, -1, 0, 1, 2]
    assert report.scale.level == "ordinal"
    assert report.measures["percent_agreement"].value == 1
    assert report.measures["krippendorff_alpha"].value == 1
    label(store, queue, tasks_of(store, queue)[0], "chi", {"preference": "both_bad"}, [])
    apart = reports(read(store, "pairs"))["preference"]
    assert apart.scale.level == "nominal"
    assert apart.scale.points == ("-2", "-1", "0", "1", "2", "both_bad")
    assert any("both_bad was given" in note for note in apart.notes)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1)), min_size=2, max_size=6), st.randoms())
def test_agreement_is_that_of_the_preferences_behind_the_sides(told: list[tuple[int, int]], random: Random) -> None:
    with TemporaryDirectory() as folder:
        store = fresh(Path(folder) / "home")
        queue = pairs_queue(store, items=len(told), systems=("alpha", "beta"))
        for task, values in zip(tasks_of(store, queue), told, strict=True):
            sides = sides_of(store, task)
            for rater, value in zip(("ana", "ben"), values, strict=True):
                shown = sides if random.random() < 0.5 else sides[::-1]
                label(store, queue, task, rater, {"preference": value if shown == sides else -value}, shown)
        sealed = reports(read(store, "pairs"))["preference"]
        change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
        revealed = reports(read(store, "pairs"))["preference"]
    cells = [(str(at), "ab"[rater], str(pair[rater])) for at, pair in enumerate(told) for rater in (0, 1)]
    items, raters, values_of = zip(*cells, strict=True)
    plain = measure_agreement(
        Ratings.of(items, raters, values_of), Settings(rounds=0, points=("-2", "-1", "0", "1", "2"))
    ).criteria["score"]
    for name, figure in plain.measures.items():
        for one in (sealed, revealed):
            assert (one.measures[name].value is None) == (figure.value is None)
            assert one.measures[name].value == pytest.approx(figure.value, abs=1e-12)


def test_a_sealed_queue_tells_neither_systems_nor_who_favoured_what(store: Store) -> None:
    queue = pairs_queue(store, items=12, systems=("alpha", "beta", "gamma"))
    for at, task in enumerate(tasks_of(store, queue)):
        sides = sides_of(store, task)
        label(store, queue, task, "ana", {"preference": -2}, sides)
        label(store, queue, task, "ben", {"preference": 2 if at % 3 else -2}, sides)
    sealed = read(store, "pairs")
    for one in reports(sealed)["preference"].costly_items:
        assert one.ratings == {}
        assert one.item.startswith("item-")
        assert not {"alpha", "beta", "gamma"} & set(one.item.split())
        ids = one.item.partition(" · ")[2].split(" / ")
        assert ids == sorted(ids)
        assert len(ids) == 2
    text = str([report.to_json() for report in reports(sealed).values()])
    assert not any(name in text for name in ("alpha /", "beta", "gamma"))
    assert "not told while the queue is sealed" in text
    leans = {reports(read(store, "pairs"))["preference"].prevalence.modal[0]}
    for seed in range(8):
        change(store, "UPDATE queue SET seed = ?", str(seed))
        leans.add(reports(read(store, "pairs"))["preference"].prevalence.modal[0])
    assert leans == {"-2", "2"}
    change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
    assert reports(read(store, "pairs"))["preference"].costly_items[0].ratings == {"ana": "-2", "ben": "2"}


def test_a_ranking_is_read_as_places_and_as_pairs(store: Store) -> None:
    systems = ("alpha", "beta", "gamma", "delta")
    queue = pairs_queue(store, items=1, systems=systems, kind="ranking")
    change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
    (task,) = tasks_of(store, queue)
    sides = sides_of(store, task)
    orders = {"ana": [0, 1, 2, 3], "ben": [3, 1, 0, 2], "chi": [2, 3, 1, 0]}
    best_first = {"ana": [[0], [1], [2], [3]], "ben": [[1], [0], [3], [2]], "chi": [[0], [1, 2], [3]]}
    for rater, order in orders.items():
        shown = [sides[slot] for slot in order]
        ranking = [[order.index(slot) + 1 for slot in tier] for tier in best_first[rater]]
        label(store, queue, task, rater, {"ranking": ranking}, shown)
    found = read(store, "pairs")
    assert list(found.ratings.asked) == ["ranking", "ranking by pairs"]
    assert {(one, value) for one, rater, value in rows_of(found, "ranking") if rater == "chi"} == {
        ("item-0000 · alpha", "1"),
        ("item-0000 · beta", "2.5"),
        ("item-0000 · gamma", "2.5"),
        ("item-0000 · delta", "4"),
    }
    measures = reports(found)["ranking"].measures
    # Rank sums 4, 5.5, 9.5, 11 of 3 raters, one pair of ties with one of them (Siegel & Castellan 1988, 9.3).
    spread = sum((total - 7.5) ** 2 for total in (4, 5.5, 9.5, 11))
    assert measures["kendall_w"].value == pytest.approx(12 * spread / (9 * 60 - 3 * 6))
    pairs = rows_of(found, "ranking by pairs")
    assert len(pairs) == 3 * len(list(combinations(systems, 2)))
    assert ("item-0000 · alpha / beta", "ben", "the second") in pairs
    assert ("item-0000 · beta / gamma", "chi", "level") in pairs
    same = sum(len({value for one, _, value in pairs if one == unit}) == 1 for unit in {one for one, _, _ in pairs})
    assert same == 3
    assert reports(found)["ranking by pairs"].scale.level == "nominal"


def test_criteria_beside_a_comparison_and_of_single_outputs_stand_apart(store: Store) -> None:
    rubric = {
        "name": "both",
        "preference": {"scale": 3},
        "criteria": [{"id": "clear", "type": "scale", "min": 1, "max": 4, "required": False}],
        "composite": "weighted_mean",
    }
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"), rubric=rubric)
    change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
    for task in tasks_of(store, queue):
        a, b = sides_of(store, task)
        values = {"preference": 1, "clear": -1, "clear@output:1": 2, "clear@output:2": 4}
        label(store, queue, task, "ana", values, [a, b])
        label(store, queue, task, "ben", {**values, "preference": 2}, [b, a])
    found = read(store, "pairs")
    assert list(found.ratings.asked) == ["preference", "clear", "clear@output", "composite"]
    assert found.ratings.asked["preference"].dropped == {"the value is not on the scale": 2}
    assert ("item-0000 · alpha", "ben", "4") in rows_of(found, "clear@output")
    assert ("item-0000 · alpha", "ana", "2") in rows_of(found, "clear@output")
    assert {value for _, rater, value in rows_of(found, "clear") if rater == "ben"} == {"1"}
    assert ("item-0001 · beta", "ana", "1") in rows_of(found, "composite")


def test_a_re_vote_stands_in_place_of_the_first_vote(store: Store) -> None:
    queue = fill(store, items=3)
    tasks = tasks_of(store, queue)
    for task in tasks:
        label(store, queue, task, "ana", {"score": 2}, [])
        label(store, queue, task, "ben", {"score": 4}, [])
    with pytest.raises(BadInput, match="nobody has voted again"):
        read(store, phase="revote")
    label(store, queue, tasks[0], "ben", {"score": 2}, [], phase="revote", exposure="peers")
    label(store, queue, tasks[1], "ben", {"score": 2}, [], phase="revote", exposure="peers", outcome="abstained")
    first, after = read(store), read(store, phase="revote")
    assert reports(first)["score"].measures["percent_agreement"].value == 0
    assert reports(after)["score"].measures["percent_agreement"].value == 0.5
    assert (after.revotes, after.labels, after.ratings.dropped) == (2, 5, {"abstained": 1})
    assert "Consensus after discussion" in after.to_json()["note"]
    assert "note" not in first.to_json()


@pytest.mark.parametrize("state", ["open", "locked"])
def test_a_round_that_is_blind_yet_is_refused(store: Store, state: str) -> None:
    queue = fill(store, items=1)
    for rater in ("ana", "ben"):
        label(store, queue, tasks_of(store, queue)[0], rater, {"score": 2}, [])
    change(store, "UPDATE queue SET purpose = ?, state = ?", queues.CALIBRATION, state)
    with pytest.raises(BadInput, match="nobody sees another's labels yet"):
        read(store)
    change(store, "UPDATE queue SET state = 'revealed'")
    assert read(store).labels == 2


def test_too_little_to_compare_is_refused_with_the_mend(store: Store) -> None:
    queue = fill(store, items=2)
    tasks = tasks_of(store, queue)
    with pytest.raises(BadInput, match="holds no rating that counts") as nothing:
        read(store)
    assert "reviewer rate kyc" in nothing.value.mend
    label(store, queue, tasks[0], "ana", {"score": 2}, [])
    with pytest.raises(BadInput, match="ana alone has rated 'kyc'") as alone:
        read(store)
    assert "--rater NAME" in alone.value.mend
    label(store, queue, tasks[0], "gpt", {"score": 2}, [])
    change(store, "UPDATE rater SET kind = 'judge' WHERE name = 'gpt'")
    with pytest.raises(BadInput, match="ana alone") as judged:
        read(store)
    assert "--raters all" in judged.value.mend
    with pytest.raises(WrongUsage, match="no label of 'kyc' is by a rater 'eve'") as stranger:
        read(store, raters=("eve",))
    assert "ana, gpt (judge)" in stranger.value.mend


def test_outputs_of_one_key_are_told_apart_without_their_systems(store: Store) -> None:
    queue = fill(store, items=2, outputs=2)
    ids: dict[str, Sequence[str]] = {}
    for task in tasks_of(store, queue):
        ids[task] = sides_of(store, task)
        for rater in ("ana", "ben"):
            label(store, queue, task, rater, {"score": 3}, [])
    names = {one for one, _, _ in rows_of(read(store), "score")}
    assert {name.partition(" · ")[2] for name in names} == {one for sides in ids.values() for one in sides}
    change(store, "UPDATE queue SET revealed_at = '2026-11-22T00:00:00Z'")
    names = {one for one, _, _ in rows_of(read(store), "score")}
    assert names == {f"item-{number:04d} · model-{system} 1" for number in range(2) for system in range(2)}
