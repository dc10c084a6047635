"""Items from files into comparison queues: pairs and rankings, whatever way their outputs come."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange import intake
from reviewer.exchange.intake import Imported, ImportOptions, import_items
from reviewer.exchange.registry import read
from reviewer.exchange.rejects import Rejected
from reviewer.rubric import rubric_from_data
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.intake import Intake, leftovers
from reviewer.store.pairing import pair
from reviewer.store.pairs import Pairs
from reviewer.store.queues import QueueRecord
from tests.exchange.test_intake import counts, rows_in, sound, written
from tests.exchange.test_intake_any import FILES
from tests.store.filling import ask, fresh, new_item

pytestmark = pytest.mark.both_databases

DUEL = {"name": "duel", "preference": {"scale": 3}}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


def take(store: Store | None, path: Path, queue: str = "q", *, kind: str | None = "pairwise", **more: Any) -> Imported:
    with read([path], format="jsonl") as reader:
        return import_items(store, queue, reader, rater="lead", options=ImportOptions(kind=kind, **more))


def row(key: str, *systems: str, **more: Any) -> dict[str, Any]:
    """An item with an output of each system, each saying its name twice."""
    return {"id": key, "prompt": f"prompt of {key}", "outputs": [said(system) for system in systems], **more}


def said(system: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"system": system, "text": text or system * 2, **more}


def asked(store: Store, queue: str = "q", state: str = "open") -> list[tuple[str, ...]]:
    """The key and the outputs of every published task, by slot, in the order of positions."""
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT t.position, t.key, o.text FROM task t JOIN queue q ON q.id = t.queue "
            "JOIN task_output x ON x.task = t.id JOIN output o ON o.id = x.output "
            "WHERE q.name = ? AND t.state = ? AND t.position < q.size ORDER BY t.position, x.slot",
            queue,
            state,
        ).fetchall()
    tasks: dict[int, tuple[str, ...]] = {}
    for position, key, text in rows:
        tasks[position] = (*tasks.get(position, (key,)), text)
    return list(tasks.values())


def found(store: Store, queue: str = "q") -> QueueRecord:
    with store.reading() as connection:
        record = queues.find(connection, queue)
    assert record is not None
    return record


def test_the_outputs_of_a_row_make_all_pairs(store: Store, tmp_path: Path) -> None:
    done = take(store, written(tmp_path, row("x", "a", "b", "c"), row("y", "b", "a"), row("z", "a"), row("e")))
    assert counts(done) == (4, 4, 6, 4, 0, 0)
    assert asked(store) == [("x", "aa", "bb"), ("x", "aa", "cc"), ("x", "bb", "cc"), ("y", "bb", "aa")]
    assert done.paired is not None
    assert (done.paired.groups, done.paired.single, done.without_output) == ([["a", "b", "c"]], 1, 1)
    queue = found(store)
    assert (queue.kind, queue.size, queue.settings) == ("pairwise", 4, {})
    with store.reading() as connection:
        [(_, document)] = queues.rubrics_of(connection, queue.id)
        sizes = connection.execute("SELECT size, outputs FROM dataset").fetchone()
    assert document == {"name": "preference", "preference": {}} or document["preference"]
    assert sizes == (4, 6)
    sound(store)


def test_outputs_meet_over_rows_and_over_imports(store: Store, tmp_path: Path) -> None:
    rows = [{"id": "x", "prompt": "p", "output": f"of {name}", "system": name} for name in "abc"]
    done = take(store, written(tmp_path, rows[0]))
    assert (done.tasks, done.paired and done.paired.single) == (0, 1)
    assert take(store, written(tmp_path, *rows), slice_rows=1, kind=None).tasks == 3
    assert asked(store) == [("x", "of a", "of b"), ("x", "of a", "of c"), ("x", "of b", "of c")]
    before = {table: rows_in(store, table) for table in ("item", "output", "task", "event", "batch", "dataset_output")}
    assert counts(take(store, written(tmp_path, *rows), kind=None)) == (3, 0, 0, 0, 3, 0)
    assert {table: rows_in(store, table) for table in before} == before
    sound(store)


def test_two_columns_of_a_table_are_a_pair(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("id,prompt,output_a,output_b\n1,p,left,right\n", encoding="utf-8")
    with read([path]) as reader:
        import_items(store, "q", reader, rater="lead", options=ImportOptions(kind="pairwise"))
    assert asked(store) == [("1", "left", "right")]


def test_pairs_with_a_baseline_are_kept_for_later_imports(store: Store, tmp_path: Path) -> None:
    pairs = Pairs("baseline", baseline="a")
    done = take(store, written(tmp_path, row("x", "b", "c", "a"), row("y", "b", "c")), pairs=pairs)
    assert done.paired is not None
    assert done.paired.without_baseline == 1
    assert asked(store) == [("x", "bb", "aa"), ("x", "cc", "aa")]
    assert found(store).settings == {"pairs": "baseline=a"}
    take(store, written(tmp_path, row("z", "a", "b", "c")), kind=None)
    assert asked(store)[2:] == [("z", "aa", "bb"), ("z", "aa", "cc")]
    sound(store)


def test_a_baseline_is_one_version_or_all_of_them(store: Store, tmp_path: Path) -> None:
    answers = [said("a", "a1", version="1"), said("b"), said("a", "a2", version="2")]
    path = written(tmp_path, {"id": "x", "prompt": "p", "outputs": answers})
    take(store, path, pairs=Pairs("baseline", baseline="a"))
    assert asked(store) == [("x", "a1", "bb"), ("x", "bb", "a2")]
    take(store, path, "one", pairs=Pairs("baseline", baseline="a 1"))
    assert asked(store, "one") == [("x", "a1", "bb"), ("x", "a1", "a2")]
    more = written(tmp_path, {"id": "y", "prompt": "q", "outputs": answers})
    take(store, more, "one", pairs=Pairs())
    assert len(asked(store, "one")) == 5
    assert found(store, "one").settings == {"pairs": "all"}


def test_a_baseline_that_is_no_system_takes_nothing(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x", "a", "b"))
    for dry_run in (True, False):
        with pytest.raises(BadInput, match="'z' is none of the systems") as error:
            take(store, path, pairs=Pairs("baseline", baseline="z"), dry_run=dry_run)
        assert "a, b" in error.value.mend
    assert [rows_in(store, table) for table in ("queue", "item", "output", "task", "dataset_output")] == [0] * 5


def test_systems_that_never_meet_are_told(store: Store, tmp_path: Path) -> None:
    done = take(store, written(tmp_path, row("x", "a", "b"), row("y", "c", "d"), row("z", "a", "b"), row("s", "e")))
    assert done.paired is not None
    assert sorted(done.paired.groups) == [["a", "b"], ["c", "d"], ["e"]]
    assert done.to_json()["connected"] is False
    again = take(store, written(tmp_path, row("w", "b", "c"), row("s", "e", "d")), kind=None)
    assert again.to_json() | {"rejects_file": None} == {
        "rows": 2,
        "items": 1,
        "outputs": 3,
        "tasks": 2,
        "duplicates": 0,
        "rejected": 0,
        "rejects_file": None,
        "systems": ["a", "b", "c", "d", "e"],
        "connected": True,
        "groups": [["a", "b", "c", "d", "e"]],
        "single": 0,
        "self_naming": 0,
    }


def test_an_item_of_three_to_eight_outputs_is_ranked(store: Store, tmp_path: Path) -> None:
    twice = {"id": "t", "prompt": "p", "outputs": [said("a"), said("a", "more", sample=1), said("b"), said("c")]}
    sizes = [row(f"n{size}", *"abcdefghi"[:size]) for size in (1, 2, 3, 8, 9)]
    done = take(store, written(tmp_path, *sizes, twice), kind="ranking")
    assert asked(store) == [
        ("n3", "aa", "bb", "cc"),
        ("n8", *(name * 2 for name in "abcdefgh")),
        ("t", "aa", "bb", "cc"),
    ]
    paired = done.paired
    assert paired is not None
    assert (paired.single, paired.few, paired.many, paired.further) == (1, 1, 1, 1)
    with store.reading() as connection:
        assert queues.rubrics_of(connection, found(store).id)[0][1]["name"] == "ranking"
    sound(store)


def test_a_larger_ranking_takes_the_place_of_one_that_nobody_was_given(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, row("x", "a", "b", "c"), row("y", "a", "b", "c")), kind="ranking")
    with store.writing() as connection:
        rater = queues.ensure_rater(connection, "ana")
        ask(
            connection,
            "INSERT INTO assignment (task, rater, queue, seq, shown_order, state) "
            "SELECT t.id, ?, t.queue, 0, '[]', 'open' FROM task t WHERE t.key = 'y'",
            rater,
        )
    done = take(store, written(tmp_path, row("x", "d"), row("y", "d")), kind=None)
    assert done.tasks == 2
    grown = ("aa", "bb", "cc", "dd")
    assert asked(store) == [("y", "aa", "bb", "cc"), ("x", *grown), ("y", *grown)]
    assert asked(store, state="recalled") == [("x", "aa", "bb", "cc")]
    assert take(store, written(tmp_path, row("x", "d")), kind=None).tasks == 0


def test_revise_recalls_what_holds_a_changed_output(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, row("x", "a", "b", "c"), row("y", "a", "b")))
    changed = {"id": "x", "prompt": "prompt of x", "outputs": [said("b", "new")]}
    told: list[Rejected] = []
    assert take(store, written(tmp_path, changed), kind=None, on_reject=told.append).rejected == 1
    assert "another output of 'b'" in told[0].reason
    done = take(store, written(tmp_path, changed), kind=None, revise=True)
    assert (done.outputs, done.tasks, done.recalled) == (1, 2, 2)
    assert asked(store) == [("x", "aa", "cc"), ("y", "aa", "bb"), ("x", "aa", "new"), ("x", "cc", "new")]
    back = take(store, written(tmp_path, row("x", "b")), kind=None, revise=True)
    assert (back.tasks, back.recalled) == (2, 2)
    assert asked(store)[2:] == [("x", "aa", "bb"), ("x", "cc", "bb")]
    sound(store)


def test_revise_recalls_all_tasks_of_a_changed_item(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, row("x", "a", "b"), row("y", "a", "b")))
    done = take(store, written(tmp_path, row("x", prompt="changed")), kind=None, revise=True)
    assert (done.items, done.tasks, done.recalled) == (1, 0, 1)
    assert asked(store) == [("y", "aa", "bb")]
    take(store, written(tmp_path, row("x", "a", "b", prompt="changed")), kind=None)
    assert asked(store) == [("y", "aa", "bb"), ("x", "aa", "bb")]
    back = take(store, written(tmp_path, row("x", "a", "b"), row("x", "c")), kind=None, revise=True, slice_rows=1)
    assert (back.tasks, back.recalled) == (3, 1)
    sound(store)


def test_a_text_that_changes_and_changes_back_within_a_file_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x", "a", "b"))
    take(store, path)
    other = {"id": "x", "prompt": "prompt of x", "outputs": [said("b", "new")]}
    forth = written(tmp_path, other, row("x", "b"), name="forth.jsonl")
    done = take(store, forth, kind=None, revise=True, slice_rows=1)
    assert (done.tasks, done.recalled) == (0, 0)
    assert asked(store) == [("x", "aa", "bb")]
    assert take(store, path, kind=None).duplicates == 1
    sound(store)


def test_an_items_own_rubric_stands_on_its_tasks(store: Store, tmp_path: Path) -> None:
    own = row("x", "a", "b", rubric=DUEL, metadata={"risk": "high"})
    unfit = row("y", "a", "b", rubric={"name": "score", "criteria": [{"id": "ok", "type": "boolean"}]})
    told: list[Rejected] = []
    done = take(store, written(tmp_path, own, unfit, row("z", "a", "b")), on_reject=told.append)
    assert (done.tasks, done.rejected) == (2, 1)
    assert "preference: {scale: 5}" in told[0].reason
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT t.key, r.name FROM task t LEFT JOIN rubric r ON r.id = t.rubric ORDER BY t.position"
        ).fetchall()
    assert rows == [("x", "duel"), ("z", None)]


def test_what_does_not_suit_a_comparison_queue_is_refused(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x", "a", "b"))
    score = rubric_from_data({"name": "score", "criteria": [{"id": "ok", "type": "boolean"}]})
    with pytest.raises(BadInput, match="how two outputs are compared") as error:
        take(store, path, rubric=score)
    assert error.value.mend == "Add preference: {scale: 5}."
    for kind in ("rating", "ranking"):
        with pytest.raises(WrongUsage, match="--pairs is for pairwise"):
            take(store, path, kind=kind, pairs=Pairs())
    take(store, path, rubric=rubric_from_data(DUEL))
    with pytest.raises(WrongUsage, match="pairwise queue, not a rating queue"):
        take(store, path, kind="rating")
    assert take(store, path, "ranked", kind="ranking", rubric=score).published


def test_the_outputs_of_one_item_may_serve_two_queues(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x", "a", "b", "c"))
    for queue, kind in (("pairs", "pairwise"), ("ranks", "ranking"), ("rates", "rating")):
        take(store, path, queue, kind=kind)
    assert [len(asked(store, queue)) for queue in ("pairs", "ranks", "rates")] == [3, 1, 3]
    assert rows_in(store, "output") == 3
    sound(store)


def begin(store: Store, name: str, kind: str) -> Intake:
    with store.writing() as connection:
        queue = queues.find(connection, name) or queues.prepare(connection, name, kind=kind)
    return Intake(store, queue, actor="lead")


def test_an_import_that_ends_early_leaves_nothing(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, row("x", "a", "b")))
    tables = ("queue", "dataset", "item", "dataset_item", "output", "dataset_output", "task", "task_output")
    before = {table: rows_in(store, table) for table in tables}
    for name in ("q", "other"):
        with begin(store, name, "pairwise") as intake:
            intake.add([new_item(number, outputs=3) for number in range(4)])
            intake.add([new_item(9)])
            assert rows_in(store, "dataset_output") >= 14
            assert asked(store) == [("x", "aa", "bb")]
        assert {table: rows_in(store, table) for table in tables} == before
    sound(store)


@pytest.mark.only_a_file
@pytest.mark.parametrize("paired", [False, True])
def test_what_a_killed_import_left_is_cleared_by_the_next(store: Store, tmp_path: Path, paired: bool) -> None:
    path = written(tmp_path, row("x", "a", "b", "c"))
    take(store, path, "kept")
    killed = tmp_path / "killed.db"
    with begin(store, "q", "pairwise") as intake:
        intake.add([new_item(number, outputs=3) for number in range(4)])
        intake.add([new_item(5, outputs=2)])
        if paired:
            pair(intake, None)
            intake.add([new_item(6)])
        with closing(sqlite3.connect(store.path)) as alive, closing(sqlite3.connect(killed)) as copy:
            alive.backup(copy)
    torn = Store.open(killed)
    with torn.reading() as connection:
        assert leftovers(connection) >= (14 + 13 if paired else 12)
    # What was begun as a pairwise queue was never seen, and may become another.
    done = take(torn, path, kind="ranking")
    assert (done.tasks, found(torn).kind, rows_in(torn, "output"), rows_in(torn, "item")) == (1, "ranking", 3, 1)
    assert [len(asked(torn, queue)) for queue in ("kept", "q")] == [3, 1]
    sound(torn)


def test_a_queue_that_another_import_opened_meanwhile_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    with store.writing() as connection:
        prepared = queues.prepare(connection, "q")
    take(store, written(tmp_path, row("a", "x", "y")))
    with Intake(store, replace(prepared, kind="ranking", settings={"goal": 3}), actor="lead"):
        pass
    assert (found(store).kind, found(store).settings) == ("pairwise", {})
    with pytest.raises(BadInput, match="another program made the queue 'q'"):
        intake._prepared(store, None, "q", "lead", kind="pairwise", settings={})


def test_hidden_repeats_that_were_dealt_while_a_file_was_read_keep_their_places(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, row("x", "a", "b")))
    with begin(store, "q", "pairwise") as intake:
        intake.add([new_item(0, outputs=2)])
        with store.writing() as connection:
            connection.execute(
                "INSERT INTO task (id, queue, key, item, position, priority, repeat_of, state) "
                "SELECT 'again', queue, key, item, 1, 0, id, 'open' FROM task"
            )
            connection.execute(
                "INSERT INTO task_output (task, slot, output, public_id) SELECT 'again', slot, output, 'p' || slot "
                "FROM task_output"
            )
            connection.execute("UPDATE queue SET size = 2")
        pair(intake, None)
        intake.publish()
    with store.reading() as connection:
        places = connection.execute("SELECT position, repeat_of IS NULL FROM task ORDER BY position").fetchall()
        batches = connection.execute("SELECT first, size FROM batch ORDER BY first").fetchall()
    assert places == [(0, 1), (1, 0), (2, 1)]
    assert batches == [(0, 1), (2, 1)]
    assert found(store).size == 3
    done = take(store, written(tmp_path, row("x", "b", "c", prompt="new")), kind=None, revise=True)
    assert done.recalled == 1
    assert len(asked(store, state="recalled")) == 2


@pytest.mark.only_a_file
@settings(max_examples=25, deadline=None)
@given(
    files=FILES,
    kind=st.sampled_from(["pairwise", "ranking"]),
    revise=st.booleans(),
    slice_rows=st.integers(1, 4),
    mask=st.booleans(),
)
def test_a_dry_run_foretells_what_happens(
    files: list[list[dict[str, Any]]], kind: str, revise: bool, slice_rows: int, mask: bool
) -> None:
    with TemporaryDirectory() as folder:
        store = fresh(Path(folder) / "home")
        for number, rows in enumerate(files):
            path = written(Path(folder), *rows, name=f"{number}.jsonl")
            more: dict[str, Any] = {"kind": kind, "revise": revise, "slice_rows": slice_rows, "mask": mask}
            foretold = take(store, path, dry_run=True, **more)
            done = take(store, path, **more)
            assert foretold.to_json() | {"rejects_file": done.rejects_file} == done.to_json()
            assert (foretold.recalled, foretold.paired) == (done.recalled, done.paired)
        sound(store)
        if kind == "pairwise":
            live: dict[str, list[tuple[str, str]]] = {}
            with store.reading() as connection:
                for key, text, system in connection.execute(
                    "SELECT d.key, o.id, o.system FROM dataset_output d JOIN output o ON o.id = d.output ORDER BY d.seq"
                ):
                    live.setdefault(key, []).append((text, system))
                there = connection.execute(
                    "SELECT t.key, a.output, b.output FROM task t JOIN task_output a ON a.task = t.id AND a.slot = 0 "
                    "JOIN task_output b ON b.task = t.id AND b.slot = 1 WHERE t.state = 'open'"
                ).fetchall()
            expected = [
                (key, one, other)
                for key, answers in live.items()
                for (one, system), (other, of_other) in combinations(answers, 2)
                if system != of_other
            ]
            assert sorted(there) == sorted(expected)


def test_an_output_that_is_masked_is_known_by_what_the_file_said(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x") | {"outputs": [said("alpha", "As alpha, I agree."), said("beta", "No.")]})
    assert counts(take(store, path, mask=True)) == (1, 1, 2, 1, 0, 0)
    assert asked(store) == [("x", "As […], I agree.", "No.")]
    with store.reading() as connection:
        masked = [row[0] for row in connection.execute("SELECT masked FROM output ORDER BY text")]
    assert [orjson.loads(entry or "null") for entry in masked] == [[[None, 3, "alpha"]], None]
    for mask in (False, True):
        assert take(store, path, mask=mask, kind=None).duplicates == 1
    revised = take(store, path, kind=None, revise=True)
    assert (revised.duplicates, revised.recalled) == (1, 0), "a queue that masks goes on masking"
    assert asked(store) == [("x", "As […], I agree.", "No.")]


def test_an_output_that_was_not_masked_is_masked_when_it_is_revised(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, row("x") | {"outputs": [said("alpha", "As alpha, I agree."), said("beta", "No.")]})
    take(store, path)
    assert take(store, path, mask=True, kind=None).duplicates == 1
    revised = take(store, path, mask=True, kind=None, revise=True)
    assert (revised.recalled, asked(store)) == (1, [("x", "No.", "As […], I agree.")])
