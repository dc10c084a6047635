"""Gold woven in: who is given what, how often, and that nothing tells."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import orjson
import pytest

from reviewer.exchange.labels.out import export
from reviewer.exchange.queue_ratings import read_queue_ratings
from reviewer.exchange.queue_votes import read_queue_votes
from reviewer.ids import new_id, now
from reviewer.rubric.questions import scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.store import dealing, golden, labels, passing, queues, reading, weaving
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue
from reviewer.store.intake import Intake
from reviewer.store.queues import QueueRecord
from tests.store.comparing import add_pairs, faults, pairs_queue, seeded, views
from tests.store.filling import SCORE, add_items, ask, fill, new_item, put_rubric, rate, record, sit
from tests.store.test_dealing import Panel, label_columns
from tests.store.test_migrate import as_of_schema_2

pytestmark = pytest.mark.both_databases

DECIDED = "decided"


def decide(store: Store, queue: QueueRecord, tasks: Sequence[str], *, by: str = "judy", value: Any = 4) -> None:
    """Gives golden values on tasks of a queue, as an adjudicator's labels do."""
    with store.writing() as connection:
        rater = queues.ensure_rater(connection, by)
        rubric_id, document = queues.rubrics_of(connection, queue.id)[-1]
        key = "score" if queue.kind == "rating" else "preference"
        kind: Any = queue.kind
        scale = scale_of_answer(stored_rubric(document), kind, key) or ""
        for task in tasks:
            columns = label_columns(queue.id, task, rubric_id, "submitted", shown_of(connection, task))
            columns |= {"id": new_id(), "rater": rater, "phase": "adjudication", "exposure": "peers"}
            columns["values"] = orjson.dumps({key: value}).decode()
            decided = (GoldenValue(key, scale, value),)
            labels.commit(connection, labels.NewLabel(columns, 0, "s", False, decided), stream=store.device)


def shown_of(connection: Any, task: str) -> list[str]:
    rows = ask(connection, "SELECT public_id FROM task_output WHERE task = ? ORDER BY slot", task)
    return [public_id for (public_id,) in rows]


def own_tasks(store: Store, queue: QueueRecord) -> list[str]:
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT id FROM task WHERE queue = ? AND repeat_of IS NULL ORDER BY position",
            queue.id,
        ).fetchall()
    return [task for (task,) in rows]


def source(store: Store, numbers: Sequence[int], *, queue: str = DECIDED) -> QueueRecord:
    """A queue of other items than those of `fill`, all of them decided."""
    with store.writing() as connection:
        made = queues.create(connection, queue, stream=store.device, actor="lead")
    put_rubric(store, made, SCORE)
    add_items(store, made, [new_item(number, text=f"A decided answer, {number}.") for number in numbers])
    made = record(store, queue)
    decide(store, made, own_tasks(store, made))
    return made


def weave(store: Store, *, items: int = 60, **settings: Any) -> Panel:
    queue = fill(store, items=items, **({"gold": 0.1} | settings))
    return Panel(store, seeded(store, queue, "a seed"))


def play(panel: Panel, rater: str, most: int = 10_000) -> None:
    """Has all dealt to a rater, each place labelled before the next."""
    while most and (came := panel.deal(rater)) != "nothing":
        if came == "dealt":
            most -= 1
            last = views(panel.store, panel.queue, rater)[-1]
            with panel.store.reading() as connection:
                state = ask(connection, "SELECT state FROM task WHERE id = ?", last.task).fetchone()[0]
            assert state == "open"
            panel.label(rater, last.task)


def gold_of(panel: Panel, rater: str) -> list[tuple[int, str, str]]:
    """Place, task and item of each gold task that was given to a rater."""
    with panel.store.reading() as connection:
        rows = ask(
            connection,
            "SELECT seq, task.id, task.item FROM assignment JOIN task ON task = task.id JOIN rater ON rater = rater.id"
            " WHERE assignment.queue = ? AND gold = 1 AND rater.name = ? ORDER BY seq",
            panel.queue.id,
            rater,
        ).fetchall()
    return list(rows)


def test_gold_takes_its_share_of_the_places_spread_evenly(store: Store) -> None:
    source(store, range(1000, 1030))
    panel = weave(store, items=90)
    play(panel, "ana")
    mine = views(store, panel.queue, "ana")
    places = [seq for seq, _, _ in gold_of(panel, "ana")]
    # Where the last stretch would have its gold as the very last place, it ends before.
    assert len(mine) == 90 + len(places)
    assert [place // 10 for place in places] in (list(range(9)), list(range(10)))
    assert len({place % 10 for place in places}) > 3
    assert Counter(view.repeat_of is None for view in mine)[True] == 90
    assert faults(store) == []


def test_each_rater_has_their_own_places_and_shares_the_tasks(store: Store) -> None:
    source(store, range(1000, 1008))
    panel = weave(store, items=60)
    for rater in ("ana", "bob", "cem"):
        play(panel, rater)
    given = {rater: gold_of(panel, rater) for rater in ("ana", "bob", "cem")}
    assert all(len({item for *_, item in rows}) == len(rows) in (6, 7) for rows in given.values())
    assert len({tuple(place for place, *_ in rows) for rows in given.values()}) == 3
    with store.reading() as connection:
        made = connection.execute("SELECT item, count(*) FROM task WHERE gold = 1 GROUP BY item").fetchall()
    assert 6 <= len(made) <= 8
    assert {count for _, count in made} == {1}
    assert faults(store) == []


def test_both_shares_hold_with_repeats_and_gold(store: Store) -> None:
    source(store, range(1000, 1040))
    panel = weave(store, items=100, repeats=0.2, gold=0.1)
    play(panel, "ana")
    mine = views(store, panel.queue, "ana")
    gold = len(gold_of(panel, "ana"))
    repeats = sum(view.repeat_of is not None for view in mine) - gold
    assert repeats == 20
    assert gold == pytest.approx(len(mine) * 0.1, abs=1)
    seqs = [
        view.seq for view in mine if view.repeat_of and view.task not in {task for _, task, _ in gold_of(panel, "ana")}
    ]
    originals = {view.task: view.seq for view in mine}
    asked_again = {view.repeat_of: view.seq for view in mine if view.seq in seqs}
    assert all(again - originals[task or ""] >= 33 for task, again in asked_again.items())
    assert faults(store) == []


def test_nothing_is_given_where_nothing_is_left(store: Store) -> None:
    panel = weave(store, items=30)
    play(panel, "ana")
    assert len(views(store, panel.queue, "ana")) == 30
    source(store, range(1000, 1002))
    play(panel, "bob")
    assert len(gold_of(panel, "bob")) == 2
    assert len(views(store, panel.queue, "bob")) == 32
    assert faults(store) == []


def test_what_is_decided_later_is_not_given_in_a_burst(store: Store) -> None:
    panel = weave(store, items=90)
    play(panel, "ana", 50)
    source(store, range(1000, 1040))
    play(panel, "ana")
    places = [seq for seq, _, _ in gold_of(panel, "ana")]
    assert all(place >= 50 for place in places)
    assert len({place // 10 for place in places}) == len(places) in (4, 5)


def test_nobody_is_given_what_they_met_decided_or_saw_others_judge(store: Store) -> None:
    other = source(store, range(1000, 1005))
    met, decided_by_ana, seen, _, _ = own_tasks(store, other)
    panel = weave(store, items=90)
    assign(store, other, "ana", met)
    decide(store, other, [decided_by_ana], by="ana", value=2)
    with store.writing() as connection:
        golden.expose(connection, queues.ensure_rater(connection, "ana"), seen, exposure="peers", queue=other.id)
    play(panel, "ana")
    play(panel, "bob")
    play(panel, "judy")
    items = dict(zip(own_tasks(store, other), items_of(store, other), strict=True))
    assert {item for *_, item in gold_of(panel, "ana")} == {*items.values()} - {
        items[met],
        items[decided_by_ana],
        items[seen],
    }
    assert len(gold_of(panel, "bob")) == 5
    # Whoever decides has seen what the others said.
    assert gold_of(panel, "judy") == []
    assert faults(store) == []


def assign(store: Store, queue: QueueRecord, rater: str, task: str) -> None:
    with store.writing() as connection:
        identifier = queues.ensure_rater(connection, rater)
        labels.ensure_progress(connection, queue.id, identifier, now())
        ask(
            connection,
            "INSERT INTO assignment (task, rater, queue, seq, shown_order, state, flagged)"
            " VALUES (?, ?, ?, ?, '[]', 'open', 0)",
            task,
            identifier,
            queue.id,
            place_of(connection, queue, identifier, task),
        )


def place_of(connection: Any, queue: QueueRecord, rater: str, task: str) -> int:
    from reviewer.store.order import RaterOrder

    position = reading.position_of(connection, task)
    assert position is not None
    return RaterOrder.load(connection, queue.id, queue.seed, rater, shuffle=True).seq(position)


def items_of(store: Store, queue: QueueRecord) -> list[str]:
    with store.reading() as connection:
        rows = ask(connection, "SELECT item FROM task WHERE queue = ? ORDER BY position", queue.id).fetchall()
    return [item for (item,) in rows]


def test_what_the_queue_asks_by_itself_is_no_gold(store: Store) -> None:
    panel = weave(store, items=40)
    with store.writing() as connection:
        made = queues.create(connection, DECIDED, stream=store.device, actor="lead")
    put_rubric(store, made, SCORE)
    add_items(store, made, [new_item(number) for number in range(30)])
    made = record(store, DECIDED)
    decide(store, made, own_tasks(store, made))
    decide(store, panel.queue, own_tasks(store, panel.queue)[30:40])
    play(panel, "ana")
    assert gold_of(panel, "ana") == []
    assert len(views(store, panel.queue, "ana")) == 40


def test_other_scales_retired_values_and_those_of_other_kinds_are_no_gold(store: Store) -> None:
    made = source(store, range(1000, 1006))
    kept, *_ = items_of(store, made)
    with store.writing() as connection:
        for item in items_of(store, made)[1:]:
            golden.retire(connection, item, "an example of the rubric now", stream=store.device, actor="lead")
    panel = weave(store, items=40)
    play(panel, "ana")
    assert [item for *_, item in gold_of(panel, "ana")] == [kept]
    put_rubric(store, panel.queue, SCORE | {"criteria": [SCORE["criteria"][0] | {"max": 7}]})
    play(panel, "bob")
    assert gold_of(panel, "bob") == []
    assert faults(store) == []


def test_what_the_rubric_shows_as_an_example_is_no_gold(store: Store) -> None:
    made = source(store, range(1000, 1003))
    known, *others = items_of(store, made)
    panel = weave(store, items=40)
    example = {"output": "A decided answer, 1000.\n", "why": "as agreed"}
    score = SCORE["criteria"][0] | {"levels": {"4": {"examples": [example]}}}
    put_rubric(store, panel.queue, SCORE | {"criteria": [score, *SCORE["criteria"][1:]]})
    with store.reading() as connection:
        assert sorted(one.item for one in weaving.decided(connection, panel.queue)) == sorted(others)
        assert weaving.left_for(connection, panel.queue, "nobody") == 2
    play(panel, "ana")
    assert sorted(item for *_, item in gold_of(panel, "ana")) == sorted(others)
    assert known not in others


def test_a_later_decision_makes_no_second_task(store: Store) -> None:
    made = source(store, range(1000, 1001))
    panel = weave(store, items=20)
    play(panel, "ana")
    again = source(store, range(1000, 1001), queue="again")
    assert items_of(store, made) == items_of(store, again)
    play(panel, "bob")
    ((_, one, _),), ((_, other, _),) = gold_of(panel, "ana"), gold_of(panel, "bob")
    assert one == other


def test_gold_is_asked_of_every_rater_whatever_the_overlap(store: Store) -> None:
    source(store, range(1000, 1003))
    panel = weave(store, items=40, overlap=1)
    for rater in ("ana", "bob", "cem"):
        play(panel, rater, 10)
    with store.reading() as connection:
        told = connection.execute(
            "SELECT surplus, exposure, phase, outcome FROM label JOIN task ON task = task.id WHERE gold = 1"
        ).fetchall()
        assert passing.is_filled(connection, gold_of(panel, "ana")[0][1], "", 1) is False
    assert set(told) == {(0, "none", "independent", "submitted")}
    assert len(told) == 3
    assert faults(store) == []


def test_a_large_queue_is_looked_through_in_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaving, "LOOKED_AT", 7)
    source(store, range(1000, 1030))
    panel = weave(store, items=90)
    play(panel, "ana")
    places = [seq for seq, _, _ in gold_of(panel, "ana")]
    assert places[0] >= 10
    assert [place // 10 for place in places][:-1] == list(range(places[0] // 10, 9))[: len(places) - 1]
    later = Panel(store, panel.queue)
    play(later, "bob", 30)
    assert len({item for *_, item in gold_of(later, "bob")}) == len(gold_of(later, "bob"))


def test_no_gold_is_made_while_an_import_writes_its_tasks(store: Store) -> None:
    source(store, range(1000, 1030))
    panel = weave(store, items=30)
    with Intake(store, panel.queue, actor="lead") as intake:
        intake.add([new_item(number) for number in range(40, 60)])
        intake._settle()
        play(panel, "ana", 20)
        assert gold_of(panel, "ana") == []
        intake.publish()
    play(panel, "ana")
    assert len(gold_of(panel, "ana")) >= 3
    assert faults(store) == []


def test_an_import_brings_the_key_of_a_gold_task(store: Store) -> None:
    source(store, range(1000, 1004))
    panel = weave(store, items=30)
    play(panel, "ana")
    with store.reading() as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM task WHERE gold = 1")]
    numbers = sorted(int(key.rpartition("-")[2]) for key in keys)
    add_items(store, panel.queue, [new_item(number) for number in numbers])
    add_items(store, record(store), [new_item(number, outputs=2) for number in numbers])
    play(panel, "ana")
    assert len([view for view in views(store, panel.queue, "ana") if view.repeat_of is None]) == 30 + 2 * len(numbers)
    assert faults(store) == []


def test_nothing_tells_gold_from_the_queues_own(store: Store) -> None:
    source(store, range(5000, 5030))
    panel = weave(store, items=60, show=["risk", "tags"], reference=True)
    play(panel, "ana")
    gold = {task for _, task, _ in gold_of(panel, "ana")}
    queue = record(store)
    with store.reading() as connection:
        found = [
            reading.read_task(connection, queue.id, queue.dataset, position) for position in range(record(store).size)
        ]
        written: list[bytes] = []
        export(connection, queue, written.append, form="csv")
        rows = list(csv.DictReader(io.StringIO(b"".join(written).decode())))
        lines: list[bytes] = []
        export(connection, queue, lines.append, form="jsonl")
    assert {one.task for one in found if one} >= gold
    assert len({orjson.dumps(one.meta, option=orjson.OPT_SORT_KEYS) for one in found if one}) == 1
    assert all(one and one.reference and one.key.startswith("item-") and len(one.key) == 9 for one in found)
    times = {one.task[:13] for one in found if one and one.task not in gold}
    assert {task[:13] for task in gold} <= times
    assert len({one.key for one in found if one}) == len(found)
    tasks = {orjson.loads(line)["task"] for line in lines}
    assert gold < tasks
    assert len({frozenset(orjson.loads(line)) for line in lines}) == 1
    assert len({tuple(sorted(name for name, cell in row.items() if cell)) for row in rows}) == 1


def test_what_would_look_otherwise_is_not_woven_in(store: Store) -> None:
    with store.writing() as connection:
        made = queues.create(connection, DECIDED, stream=store.device, actor="lead")
    put_rubric(store, made, SCORE)
    plain = [new_item(number, text=f"Decided {number}.") for number in range(1000, 1004)]
    for one in plain[:3]:
        one.meta = '{"metadata": {"secret": "s"}, "tags": []}'
    add_items(store, made, plain)
    decide(store, made := record(store, DECIDED), own_tasks(store, made))
    panel = weave(store, items=60, show=["risk"])
    play(panel, "ana")
    assert [item for *_, item in gold_of(panel, "ana")] == items_of(store, made)[3:]


@pytest.mark.parametrize(
    ("key", "alike"),
    [
        ("item-0007", r"item-0\d{3}"),
        ("7", r"\d"),
        ("kyc/2026-05", r"kyc/[1-9]\d{3}-0\d"),
        ("0f8e3c51-aa", r"[0-9a-f]{8}-aa"),
        ("tokyo", "tokyo"),
        ("", ""),
    ],
)
def test_a_key_is_made_in_the_likeness_of_another(key: str, alike: str) -> None:
    import re

    assert re.fullmatch(alike, weaving._redrawn(key))


def test_keys_without_a_number_stand_beside_those_of_the_source(store: Store) -> None:
    made = source(store, range(1000, 1001))
    panel = weave(store, items=1)
    with store.writing() as connection:
        ask(connection, "UPDATE task SET key = 'tokyo' WHERE queue = ?", panel.queue.id)
        first = weaving.make(connection, record(store), own_tasks(store, made)[0])
        second = weaving.make(connection, record(store), own_tasks(store, made)[0])
        keys = [reading.key_of(connection, task) or "" for task in (first, second)]
    assert keys[0] == "item-1000"
    assert keys[1].startswith("item-1000-")


def test_what_a_rater_can_expect_counts_the_gold_that_is_left(store: Store) -> None:
    source(store, range(1000, 1003))
    panel = weave(store, items=60)
    with store.reading() as connection:
        assert dealing.expected(connection, panel.queue, "nobody") == 63
    play(panel, "ana")
    with store.reading() as connection:
        ana = queues.rater_called(connection, "ana") or ""
        assert dealing.expected(connection, record(store), ana) == 63
    source(store, range(2000, 2040), queue="more")
    with store.reading() as connection:
        assert dealing.expected(connection, record(store), "nobody") == 67
    assert len(views(store, panel.queue, "ana")) == 63


def test_comparisons_are_given_gold_too(store: Store) -> None:
    made = pairs_queue(store, items=0, name=DECIDED)
    add_pairs(store, made, range(1000, 1010), ("alpha", "beta"))
    made = record(store, DECIDED)
    decide(store, made, own_tasks(store, made), value=1)
    panel = Panel(store, pairs_queue(store, items=20, settings={"gold": 0.1}))
    for rater in ("ana", "bob"):
        play(panel, rater)
    assert {len(gold_of(panel, rater)) for rater in ("ana", "bob")} <= {6, 7}
    assert panel.waiting() == set()
    ana, bob = (
        {view.task: view.shown for view in views(store, panel.queue, rater) if view.repeat_of is None}
        for rater in ("ana", "bob")
    )
    assert all(ana[task] == bob[task][::-1] for task in ana)
    assert faults(store) == []
    with store.reading() as connection:
        votes = read_queue_votes(connection, record(store, "pairs"))
    assert votes.labels == 2 * len(ana)
    assert votes.votes.dropped == {"gold task": len(gold_of(panel, "ana")) + len(gold_of(panel, "bob"))}
    assert votes.shown.orders == 2 * len(ana)


def test_gold_stands_outside_agreement(store: Store) -> None:
    source(store, range(1000, 1010))
    panel = weave(store, items=30)
    for rater in ("ana", "bob"):
        play(panel, rater)
    with store.writing() as connection:
        connection.execute("""UPDATE label SET "values" = '{"score": 3}' WHERE phase = 'independent'""")
    with store.reading() as connection:
        read = read_queue_ratings(connection, record(store))
    gold = len(gold_of(panel, "ana")) + len(gold_of(panel, "bob"))
    assert read.labels == 60
    assert read.ratings.dropped == {"gold task": gold}


@pytest.mark.only_a_file
def test_who_had_begun_keeps_the_drawn_order_whatever_was_set_of_gold(store: Store) -> None:
    begun, fresh_ = fill(store, queue="begun", items=12), fill(store, queue="fresh", items=12)
    sitting = sit(store, queue="begun")
    rate(sitting, 1, 2)
    assert sitting.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("UPDATE queue SET settings = json_set(settings, '$.gold', 0.9)")
        connection.commit()
    as_of_schema_2(store.path)
    opened = Store.open(store.path)
    assert record(opened, begun.name).settings == {}
    assert record(opened, fresh_.name).settings == {"gold": 0.5}
    assert faults(opened) == []
