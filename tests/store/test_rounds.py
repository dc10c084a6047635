"""Drawing a round's batch, opening it as a queue of its own, and moving it on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.session.sitting import Sitting
from reviewer.store import drawing, events, golden, judged, label_rows, panels, queues, repeating, rounds
from reviewer.store.connection import Store
from reviewer.store.drawing import EARLIER, EXAMPLE, MET, Candidate, Drawn, NewRound
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import RoundRecord
from tests.store.comparing import faults, pairs_queue, tampered
from tests.store.filling import add_items, ask, fill, new_item, rate, record, sit
from tests.store.test_commit import rater_of

pytestmark = pytest.mark.both_databases

MEMBERS = ("ana", "ben")
SETTINGS: dict[str, Any] = {"threshold": 0.6, "valid_days": 90}


def candidates(store: Store, queue: str = "kyc") -> list[Candidate]:
    with store.reading() as connection:
        return drawing.candidates(connection, record(store, queue), MEMBERS)


def draw(
    store: Store, items: int, *, queue: str = "kyc", strata: dict[str, str] | None = None, **options: Any
) -> Drawn:
    offered = candidates(store, queue)
    given = {"seed": 1, "seen": False, "examples": frozenset[str](), **options}
    with store.reading() as connection:
        return drawing.draw(connection, offered, strata or {one.task: "all" for one in offered}, items=items, **given)


def opened(store: Store, tasks: list[str], *, name: str = "batch", queue: str = "kyc") -> QueueRecord:
    with store.writing() as connection:
        actor = queues.ensure_rater(connection, "lead")
        drawing.open_round(
            connection, record(store, queue), NewRound(name, MEMBERS, SETTINGS), tasks, stream=store.device, actor=actor
        )
    return record(store, name)


def of(store: Store, name: str = "batch") -> RoundRecord:
    with store.reading() as connection:
        return rounds.get(connection, name)


def advance(store: Store, state: str, name: str = "batch") -> None:
    with store.writing() as connection:
        actor = queues.ensure_rater(connection, "lead")
        rounds.advance(connection, rounds.get(connection, name), state, stream=store.device, actor=actor)


def items_of(store: Store, tasks: list[str]) -> list[str]:
    with store.reading() as connection:
        return [ask(connection, "SELECT item FROM task WHERE id = ?", task).fetchone()[0] for task in tasks]


def test_a_batch_is_a_queue_of_its_own_with_new_names_for_everything(store: Store) -> None:
    parent = fill(store, items=6, outputs=2, show=["risk"], reference=True, overlap=3, goal=5, gold=0.1)
    drawn = draw(store, 4)
    batch = opened(store, drawn.tasks)
    assert (batch.purpose, batch.state, batch.overlap, batch.blind, batch.size) == ("calibration", "open", 0, True, 4)
    assert batch.settings == {"show": ["risk"], "reference": True}
    assert batch.dataset == parent.dataset
    assert batch.seed != parent.seed
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT t.id, t.item, t.position, o.output, o.public_id FROM task t JOIN task_output o ON o.task = t.id"
            " WHERE t.queue = ? ORDER BY t.position",
            batch.id,
        ).fetchall()
        old = ask(
            connection,
            "SELECT o.task, o.output, o.public_id FROM task_output o JOIN task t ON o.task = t.id WHERE t.queue = ?",
            parent.id,
        ).fetchall()
        assert rounds.members(connection, batch.id) == ["ana", "ben"]
        assert queues.rubrics_of(connection, batch.id) == queues.rubrics_of(connection, parent.id)
    assert [row[2] for row in rows] == [0, 1, 2, 3]
    assert [row[1] for row in rows] == items_of(store, drawn.tasks)
    outputs = {task: output for task, output, _ in old}
    assert [row[3] for row in rows] == [outputs[task] for task in drawn.tasks]
    assert not {row[0] for row in rows} & {task for task, *_ in old}
    assert not {row[4] for row in rows} & {public for *_, public in old}
    assert faults(store) == []


def test_the_same_seed_draws_the_same_and_another_something_else(store: Store) -> None:
    fill(store, items=40)
    assert draw(store, 10, seed=3).tasks == draw(store, 10, seed=3).tasks
    assert draw(store, 10, seed=3).tasks != draw(store, 10, seed=4).tasks


def test_an_item_comes_once_however_many_outputs_it_has(store: Store) -> None:
    fill(store, items=5, outputs=3)
    drawn = draw(store, 9)
    assert len(drawn.tasks) == len(set(items_of(store, drawn.tasks))) == 5


def test_what_was_drawn_before_or_is_known_is_not_drawn(store: Store) -> None:
    fill(store, items=8, shuffle=False)
    sitting = sit(store, "ana")
    rate(sitting, 3)
    assert sitting.close()
    first = draw(store, 3)
    assert first.left_out == {MET: 1}
    opened(store, first.tasks)
    second = draw(store, 8)
    assert len(second.tasks) == 4
    assert second.left_out == {EARLIER: 3, MET: 1}
    assert not set(items_of(store, first.tasks)) & set(items_of(store, second.tasks))
    seen = draw(store, 8, seen=True)
    assert len(seen.tasks) == 8
    assert not seen.left_out


def test_what_a_member_was_shown_elsewhere_is_known_to_them(store: Store) -> None:
    queue = fill(store, items=3)
    with store.writing() as connection:
        rater = queues.ensure_rater(connection, "ben")
        task = candidates(store)[0].task
        golden.expose(connection, rater, task, exposure="peers", queue=queue.id)
    assert draw(store, 3).left_out == {MET: 1}
    assert draw(store, 3, seen=True).exposed == 1


def test_what_others_than_the_members_said_does_not_matter(store: Store) -> None:
    fill(store, items=3)
    sitting = sit(store, "zoe")
    rate(sitting, 3, 3, 3)
    assert sitting.close()
    assert len(draw(store, 3).tasks) == 3


def test_hidden_repeats_gold_and_recalled_tasks_are_not_drawn(store: Store) -> None:
    queue = fill(store, items=4, shuffle=False)
    tasks = [one.task for one in candidates(store)]
    with store.writing() as connection:
        repeating.make(connection, [tasks[0]])
        ask(connection, "UPDATE task SET gold = 1 WHERE id = ?", tasks[1])
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id = ?", tasks[2])
    assert record(store).size == queue.size + 1
    assert [one.task for one in candidates(store)] == [tasks[0], tasks[3]]


def test_an_example_of_the_rubric_is_not_drawn(store: Store) -> None:
    fill(store, items=0)
    add_items(store, record(store), [new_item(number, text=f"Line {number}.\r\nEnd. \n") for number in range(3)])
    drawn = draw(store, 3, examples=frozenset({"Line 1.\nEnd."}))
    assert len(drawn.tasks) == 2
    assert drawn.left_out == {EXAMPLE: 1}


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    items=st.integers(1, 40),
    seed=st.integers(0, 1000),
)
def test_strata_have_equal_shares_as_far_as_they_hold(sizes: list[int], items: int, seed: int) -> None:
    offered, strata = [], {}
    for number, size in enumerate(sizes):
        for one in range(size):
            task = f"{number}-{one}"
            offered.append(Candidate(task, task, False, False, False))
            strata[task] = f"s{number}"
    # Without examples nothing is looked up in the store.
    drawn = drawing.draw(None, offered, strata, items=items, seed=seed, seen=False, examples=frozenset())  # type: ignore[arg-type]
    counts = Counter(strata[task] for task in drawn.tasks)
    assert len(drawn.tasks) == len(set(drawn.tasks)) == min(items, sum(sizes))
    assert {one.name: (one.drawn, one.of) for one in drawn.strata} == {
        f"s{number}": (counts[f"s{number}"], size) for number, size in enumerate(sizes)
    }
    # Nobody has more than one above a stratum that is not used up.
    left = [counts[f"s{number}"] for number, size in enumerate(sizes) if counts[f"s{number}"] < size]
    assert not left or max(counts.values()) <= min(left) + 1


@pytest.mark.parametrize("kind", ["pairwise", "ranking"])
def test_comparisons_are_drawn_with_all_their_sides(store: Store, kind: str) -> None:
    pairs_queue(store, items=6, kind=kind)
    drawn = draw(store, 4, queue="pairs")
    batch = opened(store, drawn.tasks, queue="pairs")
    assert batch.kind == kind
    sides = 2 if kind == "pairwise" else 3
    with store.reading() as connection:
        found = ask(
            connection,
            "SELECT count(*) FROM task_output o JOIN task t ON o.task = t.id WHERE t.queue = ?",
            batch.id,
        ).fetchone()
    assert found == (4 * sides,)
    for name in MEMBERS:
        sitting = Sitting.open(store, "batch", name)
        while sitting.view is not None:
            sitting.work.values["preference" if kind == "pairwise" else "ranking"] = (
                1 if kind == "pairwise" else [[2], [1, 3]]
            )
            sitting.touch()
            assert sitting.submit().moved
            sitting.drain(10)
        assert sitting.standing.done == 4
        assert sitting.close()
    assert faults(store) == []


def test_a_round_moves_on_and_every_step_is_an_event(store: Store) -> None:
    fill(store, items=3)
    batch = opened(store, draw(store, 2).tasks)
    for state in rounds.STATES[1:]:
        advance(store, state)
        assert (of(store).state, record(store, "batch").state) == (state, state)
    found = of(store)
    times = [found.started_at, found.locked_at or "", found.revealed_at or "", found.finished_at or ""]
    assert times == sorted(set(times))
    assert times[1]
    with store.reading() as connection:
        told = [event["action"] for event in events.events(connection, subject=batch.id)]
        assert not events.verify(connection).faults
    assert told == ["queue.rubric", "round.started", "round.locked", "round.revealed", "round.finished"]


def test_the_reveal_shows_every_member_every_item(store: Store) -> None:
    fill(store, items=3)
    drawn = draw(store, 2)
    opened(store, drawn.tasks)
    advance(store, "locked")
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM exposure").fetchone() == (0,)
    advance(store, "revealed")
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT r.name, e.item, e.exposure FROM exposure e JOIN rater r ON e.rater = r.id"
        ).fetchall()
    wanted = [(name, item, "peers") for name in MEMBERS for item in items_of(store, drawn.tasks)]
    assert sorted(rows) == sorted(wanted)


def test_after_the_reveal_a_first_label_elsewhere_is_no_independent_one(store: Store) -> None:
    fill(store, items=2, shuffle=False)
    opened(store, draw(store, 2).tasks)
    advance(store, "locked")
    advance(store, "revealed")
    sitting = sit(store, "ana")
    rate(sitting, 4, 4)
    assert sitting.close()
    with store.reading() as connection:
        assert set(ask(connection, "SELECT phase, exposure FROM label")) == {("independent", "peers")}


def test_no_query_gives_labels_of_a_blind_round(store: Store) -> None:
    fill(store, items=3)
    batch = opened(store, draw(store, 2).tasks)
    sitting = sit(store, "ana", "batch")
    rate(sitting, 3, 4)
    assert sitting.close()
    queries: dict[str, Callable[[Any], list[Any]]] = {
        "judged": lambda driver: list(judged.labels(driver, batch.id)),
        "label_rows": lambda driver: list(label_rows.labels_of(driver, batch.id)),
        "panels": lambda driver: list(panels.labels(driver, batch.id)),
    }
    for state in ("open", "locked"):
        for query in queries.values():
            with store.reading() as connection, pytest.raises(BadInput, match=f"is {state}: nobody sees"):
                query(connection)
        with store.reading() as connection:
            assert len(list(label_rows.labels_of(connection, batch.id, rater="ana"))) == 2
            assert not list(label_rows.labels_of(connection, batch.id, rater="ben"))
        if state == "open":
            advance(store, "locked")
    advance(store, "revealed")
    with store.reading() as connection:
        assert [len(query(connection)) for query in queries.values()] == [2, 2, 2]


def test_standings_count_skips_and_name_those_who_have_not_begun(store: Store) -> None:
    fill(store, items=3)
    batch = opened(store, draw(store, 3).tasks)
    sitting = sit(store, "ana", "batch")
    rate(sitting, 3)
    assert sitting.skip("no idea").moved
    assert sitting.close()
    with store.reading() as connection:
        found = rounds.standings(connection, batch.id)
    assert [(one.name, one.done, one.at is not None) for one in found] == [("ana", 2, True), ("ben", 0, False)]


def test_a_certificate_is_kept_whole_and_vouched_for(store: Store) -> None:
    fill(store, items=1)
    opened(store, draw(store, 1).tasks)
    for state in ("locked", "revealed"):
        advance(store, state)
    document = {"certificate": new_id(), "passed": True, "issued_at": now(), "expires_at": now(), "scales": {"a": "b"}}
    with store.writing() as connection:
        ana = queues.ensure_rater(connection, "ana")
        rounds.keep_certificate(connection, of(store), ana, document, stream=store.device, actor=ana)
    with store.reading() as connection:
        (kept,) = rounds.certificates_of(connection, "ana")
        assert (kept.rater, kept.passed, kept.document) == ("ana", True, document)
        assert rounds.certificates(connection, of(store)) == [kept]
        assert not events.verify(connection).faults
    with store.writing() as connection:
        ask(connection, "UPDATE certificate SET document = ?", orjson.dumps(document | {"scales": {}}).decode())
    with store.reading() as connection:
        (fault,) = events.verify(connection).faults
    assert "is not what was issued" in fault.what
    with store.writing() as connection:
        ask(connection, "UPDATE certificate SET document = ?, id = ?", orjson.dumps(document).decode(), new_id())
    with store.reading() as connection:
        assert events.verify(connection).faults


def test_a_label_on_its_way_while_the_round_is_locked_stays_a_draft(store: Store) -> None:
    fill(store, items=2)
    opened(store, draw(store, 2).tasks)
    sitting = sit(store, "ana", "batch")
    sitting.work.values["score"] = 2
    sitting.touch()
    advance(store, "locked")
    sitting.submit()
    sitting.drain(5)
    assert "locked" in sitting.saving.trouble
    sitting.close()
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM label").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM draft").fetchone() == (1,)
    assert faults(store) == []


def test_no_round_is_told_with_what_there_is(store: Store) -> None:
    fill(store, items=2)
    with store.reading() as connection, pytest.raises(BadInput) as told:
        rounds.get(connection, "batch")
    assert "round start" in told.value.mend
    opened(store, draw(store, 1).tasks)
    with store.reading() as connection, pytest.raises(BadInput) as told:
        rounds.get(connection, "bath")
    assert "There are batch." in told.value.mend


def test_a_batch_is_refused_what_would_change_it(store: Store) -> None:
    fill(store, items=2)
    batch = opened(store, draw(store, 1).tasks)
    with pytest.raises(BadInput, match="is the batch of a calibration round: no"):
        rounds.refuse_round(batch, "no", "Do not.")
    rounds.refuse_round(record(store), "no", "Do not.")
    advance(store, "locked")
    with pytest.raises(BadInput, match="takes no more labels"):
        rounds.refuse_labels(record(store, "batch"))
    with store.writing() as connection, pytest.raises(BadInput, match="was open and is locked now"):
        rounds.refuse_moved(connection, batch)


def test_a_round_and_its_notes_are_vouched_for(store: Store) -> None:
    fill(store, items=3)
    opened(store, draw(store, 2).tasks)
    for state in ("locked", "revealed"):
        advance(store, state)
    with store.writing() as connection:
        found, lead = rounds.get(connection, "batch"), queues.ensure_rater(connection, "lead")
        rounds.note(connection, found, "we agreed on 3", task=None, stream=store.device, author=lead)
    assert faults(store) == []
    with store.reading() as connection:
        (kept,) = connection.execute("SELECT id FROM note").fetchone()
        (stranger,) = connection.execute("SELECT id FROM task WHERE queue != (SELECT child FROM round)").fetchone()
        (child,) = connection.execute("SELECT child FROM round").fetchone()
    changed = f"the round {found.id} is not what was started"
    for sql, values, fault in (
        ("UPDATE note SET text = ?", ("we agreed on 5",), f"the note {kept} is not what was noted"),
        ("UPDATE note SET task = ?", (stranger,), f"the note {kept} is not what was noted"),
        ("DELETE FROM note WHERE id = ?", (kept,), f"the note {kept} is not what was noted"),
        ("UPDATE round SET settings = ?", ("{}",), changed),
        ("UPDATE round SET number = ?", (7,), changed),
        ("DELETE FROM round_member WHERE rater = ?", (rater_of(store, "ana"),), changed),
        ("UPDATE task SET queue = ?, position = 99 WHERE id = ?", (child, stranger), changed),
    ):
        assert [fault] == tampered(store, sql, *values), sql
    copy = "INSERT INTO note (id, round, author, text, at) SELECT ?, round, author, text, at FROM note"
    assert tampered(store, copy, "forged") == ["1 notes stand in the store that no event tells of"]
    assert faults(store) == []


def test_a_round_that_was_started_before_its_event_said_what_it_vouches_for_holds(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, items=3)
    append = events.append

    def as_before(driver: Any, **said: Any) -> str:
        if said["action"] == "round.started":
            said |= {"content": {"round": "whatever was told"}, "data": dict(said["data"])}
            del said["data"]["vouches"]
        return append(driver, **said)

    monkeypatch.setattr(events, "append", as_before)
    opened(store, draw(store, 2).tasks)
    monkeypatch.undo()
    assert faults(store) == []
