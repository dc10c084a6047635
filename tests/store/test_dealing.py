"""Dealing as the store sees it: who waits, where a rater's order is taken up, and what stands beside the batches."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput
from reviewer.ids import new_id, now
from reviewer.store import dealing, labels, passing, planning, queues, repeating
from reviewer.store.connection import Store, begin
from reviewer.store.dealing import Deal, Dealer, expected
from reviewer.store.intake import Intake
from reviewer.store.label_intake import GivenLabel, GivenRater, LabelIntake
from reviewer.store.order import DealtOrder, RaterOrder, batches_of, way_of
from reviewer.store.queues import QueueRecord
from tests.store.comparing import add_pairs, faults, pairs_queue, set_up, systems_of, views
from tests.store.filling import add_items, ask, fill, new_item, record

pytestmark = pytest.mark.both_databases


@dataclass
class Panel:
    """Raters of one queue, each with a dealer of their own."""

    store: Store
    queue: QueueRecord
    dealers: dict[str, Dealer] = field(default_factory=dict)

    def dealer(self, rater: str, *, anew: bool = False) -> Dealer:
        if anew or rater not in self.dealers:
            with self.store.writing() as connection:
                identifier = queues.ensure_rater(connection, rater)
                labels.ensure_progress(connection, self.queue.id, identifier, now())
                self.dealers[rater] = Dealer(self.queue, identifier)
                self.dealers[rater].load(connection)
        return self.dealers[rater]

    def deal(self, rater: str) -> Deal:
        dealer = self.dealer(rater)
        with self.store.writing() as connection:
            return dealer.deal(connection)

    def label(self, rater: str, task: str, outcome: str = "submitted") -> None:
        """Commits a label of the rater on a task that was dealt to them."""
        (view,) = (view for view in views(self.store, self.queue, rater) if view.task == task)
        with self.store.writing() as connection:
            identifier = queues.ensure_rater(connection, rater)
            (rubric, _), *_ = queues.rubrics_of(connection, self.queue.id)
            columns = label_columns(self.queue.id, task, rubric, outcome, list(view.shown)) | {"rater": identifier}
            labels.commit(connection, labels.NewLabel(columns, view.seq, "s", False), stream=self.store.device)

    def waiting(self) -> set[str]:
        with self.store.reading() as connection:
            return {task for (task,) in connection.execute("SELECT task FROM waiting")}


def label_columns(queue: str, task: str, rubric: str, outcome: str, shown: list[str]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "queue": queue,
        "task": task,
        "phase": "independent",
        "sample": 0,
        "outcome": outcome,
        "rubric": rubric,
        "values": orjson.dumps({"preference": 1}).decode() if outcome == "submitted" else "{}",
        "rationale": "{}",
        "correction": "{}",
        "notes": None,
        "flags": "[]",
        "exposure": "none",
        "shown_order": orjson.dumps(shown).decode(),
        "evidence": "{}",
        "confidence": None,
        "cost": None,
        "inputs": None,
        "active_ms": 1,
        "idle_ms": 0,
        "device": "d",
        "client_version": "0",
        "committed_at": now(),
        "source": "tui",
        "external_ref": None,
    }


@pytest.fixture
def panel(store: Store) -> Panel:
    return Panel(store, pairs_queue(store, items=4))


@pytest.mark.parametrize(
    ("kind", "settings", "way"),
    [
        ("rating", {}, "drawn"),
        ("rating", {"order": "open"}, "drawn"),
        ("rating", {"repeats": 0.0}, "drawn"),
        ("rating", {"repeats": 0.1}, "turn"),
        ("rating", {"order": "planned", "raters": ["ana"]}, "planned"),
        ("rating", {"order": "planned"}, "drawn"),
        ("pairwise", {}, "open"),
        ("ranking", {"repeats": 0.1}, "open"),
        ("pairwise", {"order": "planned", "raters": ["ana"]}, "planned"),
    ],
)
def test_the_way_of_a_queue(kind: str, settings: dict[str, Any], way: str) -> None:
    assert way_of(kind, settings) == way


def test_a_task_waits_until_its_mirror_was_shown(panel: Panel) -> None:
    assert panel.deal("ana") == "dealt"
    (first,) = views(panel.store, panel.queue)
    assert panel.waiting() == {first.task}
    panel.deal("bob")
    one, other = views(panel.store, panel.queue)
    assert one.task == other.task
    assert one.shown == other.shown[::-1]
    assert panel.waiting() == set()


def test_who_waits_is_forgotten_where_a_single_label_is_asked_for_and_found_where_more_are(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=4, overlap=1))
    panel.deal("ana")
    panel.deal("ana")
    assert panel.waiting() == set()
    panel.deal("bob")
    assert len({view.task for view in views(store, panel.queue)}) == 3
    panel.queue = set_up(store, panel.queue, overlap=2)
    assert panel.waiting() == {view.task for view in views(store, panel.queue)}
    while panel.deal("bob") == "dealt":
        pass
    bobs = {view.task: view.shown for view in views(store, panel.queue, "bob")}
    for view in views(store, panel.queue, "ana"):
        assert bobs[view.task] == view.shown[::-1]
    assert faults(store) == []


def test_a_filled_task_waits_no_more_and_waits_again_when_it_is_given_back(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=2, systems=("alpha", "beta"), overlap=3))
    for rater in ("ana", "bob", "cem"):
        while panel.deal(rater) == "dealt":
            pass
    task = views(store, panel.queue, "ana")[0].task
    for rater in ("ana", "bob", "cem"):
        panel.label(rater, task)
    assert task in panel.waiting()
    panel.deal("dua")
    assert task not in panel.waiting()
    assert task not in {view.task for view in views(store, panel.queue, "dua")}
    panel.label("bob", task, "skipped")
    assert task in panel.waiting()
    panel.deal("dua")
    dealt = views(store, panel.queue, "dua")[-1]
    assert dealt.task == task
    assert faults(store) == []


def test_recalled_tasks_are_never_offered(panel: Panel) -> None:
    panel.deal("ana")
    panel.deal("ana")
    recalled = views(panel.store, panel.queue)[0].task
    with panel.store.writing() as connection:
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id = ?", recalled)
    while panel.deal("bob") == "dealt":
        pass
    bobs = {view.task for view in views(panel.store, panel.queue, "bob")}
    assert recalled not in bobs
    assert len(bobs) == 11


def test_a_later_sitting_takes_the_order_up_where_it_was_left(panel: Panel) -> None:
    add_pairs(panel.store, record(panel.store, "pairs"), range(4, 40), ("alpha", "beta", "gamma"))
    for _ in range(60):
        assert panel.deal("ana") == "dealt"
    known = panel.dealer("ana")
    again = panel.dealer("ana", anew=True)
    assert 52 <= again._cursor <= known._cursor
    assert again._shown == known._shown
    for _ in range(60):
        assert panel.deal("ana") == "dealt"
    assert panel.deal("ana") == "nothing"


def test_places_dealt_elsewhere_are_learned_before_the_next(panel: Panel) -> None:
    other = Panel(panel.store, panel.queue)
    for turn in range(12):
        assert (panel if turn % 2 else other).deal("ana") == "dealt"
    assert panel.deal("ana") == "nothing"
    assert [view.seq for view in views(panel.store, panel.queue)] == list(range(12))
    other.deal("ana")
    assert other.dealer("ana")._shown == panel.dealer("ana")._shown


def test_a_place_that_was_rolled_back_is_unlearned(panel: Panel) -> None:
    panel.deal("ana")
    dealer = panel.dealer("ana")
    with closing(panel.store.connect()) as connection:
        begin(connection)
        assert dealer.deal(connection) == "dealt"
        connection.execute("ROLLBACK")
    while panel.deal("ana") == "dealt":
        pass
    assert [view.seq for view in views(panel.store, panel.queue)] == list(range(12))
    assert dealer._shown == panel.dealer("ana", anew=True)._shown


def test_much_is_looked_through_in_slices(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealing, "_LOOKED_AT", 5)
    panel = Panel(store, pairs_queue(store, items=20, systems=("alpha", "beta"), overlap=1))
    while (dealt := panel.deal("ana")) != "nothing":
        if dealt == "dealt":
            panel.label("ana", views(store, panel.queue, "ana")[-1].task)
    came = [panel.deal("bob") for _ in range(10)]
    assert came[0] == "looking"
    assert came[-1] == "nothing"
    assert views(store, panel.queue, "bob") == []


def test_a_lone_rater_does_not_look_through_what_waits_for_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "_LOOKED_AT", 12)
    panel = Panel(store, pairs_queue(store, items=40, systems=("alpha", "beta")))
    assert [panel.deal("ana") for _ in range(40)] == ["dealt"] * 40
    assert len(panel.waiting()) == 40


def test_two_raters_look_past_what_both_have_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealing, "_LOOKED_AT", 9)
    panel = Panel(store, pairs_queue(store, items=40, systems=("alpha", "beta")))
    for rater in ("ana", "bob", "cem"):
        came = [panel.deal(rater) for _ in range(90)]
        assert came.count("dealt") == 40
        assert came[-1] == "nothing"
    assert len(panel.waiting()) == 40
    # Each of the forty waits since cem saw it, and ana saw them all: she gets past them, and then to what is new.
    add_pairs(store, record(store, "pairs"), range(40, 42), ("alpha", "beta"))
    came = [panel.deal("ana") for _ in range(20)]
    assert came.count("dealt") == 2
    assert faults(store) == []


def test_what_a_rater_can_expect(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=4, overlap=1, settings={"repeats": 0.25}))
    panel.deal("ana")
    task = views(store, panel.queue)[0].task
    panel.label("ana", task)
    with store.reading() as connection:
        ana, bob = queues.rater_called(connection, "ana"), queues.rater_called(connection, "bob")
        assert expected(connection, panel.queue, ana or "") == 15
        assert expected(connection, panel.queue, bob or "") == 14


def test_a_dealt_order_knows_what_is_dealt_alone(panel: Panel) -> None:
    for _ in range(3):
        panel.deal("ana")
    with panel.store.reading() as connection:
        order = DealtOrder(connection, panel.queue.id, queues.rater_called(connection, "ana") or "")
        assert order.reach == 3
        assert [order.seq(order.position(seq)) for seq in range(3)] == [0, 1, 2]
        dealt = {order.position(seq) for seq in range(3)}
        with pytest.raises(IndexError):
            order.position(3)
        with pytest.raises(IndexError):
            order.seq(min(set(range(12)) - dealt))


def test_positions_of_repeats_lie_between_the_batches() -> None:
    order = RaterOrder([(0, 4), (6, 3), (10, 2)], "seed", "ana", shuffle=True)
    assert order.size == 9
    positions = [order.position(seq) for seq in range(9)]
    assert [sorted(part) for part in (positions[:4], positions[4:7], positions[7:])] == [
        [0, 1, 2, 3],
        [6, 7, 8],
        [10, 11],
    ]
    assert [order.seq(position) for position in positions] == list(range(9))
    for between in (-1, 4, 5, 9, 12):
        with pytest.raises(IndexError):
            order.seq(between)


def test_an_import_stands_behind_the_repeats_that_were_dealt_beside_it(store: Store) -> None:
    queue = fill(store, items=8, repeats=0.5)
    panel = Panel(store, queue)
    with Intake(store, queue, actor="lead") as intake:
        while panel.deal("ana") == "dealt":
            panel.label("ana", views(store, queue, "ana")[-1].task)
        intake.add([new_item(number) for number in range(20, 24)])
        panel.deal("bob")
        intake.publish()
    assert sum(view.repeat_of is not None for view in views(store, queue)) == 4
    with store.reading() as connection:
        assert batches_of(connection, queue.id) == [(0, 8), (12, 4)]
    assert record(store).size == 16
    while panel.deal("ana") == "dealt":
        panel.label("ana", views(store, queue, "ana")[-1].task)
    mine = views(store, queue, "ana")
    assert sum(view.repeat_of is None for view in mine) == 12
    assert sum(view.repeat_of is not None for view in mine) == 6
    assert faults(store) == []


def test_no_repeat_is_dealt_while_an_import_writes_its_tasks(store: Store) -> None:
    queue = fill(store, items=6, repeats=0.5)
    panel = Panel(store, queue)
    with Intake(store, queue, actor="lead") as intake:
        intake.add([new_item(number) for number in range(20, 24)])
        intake._settle()
        while panel.deal("ana") == "dealt":
            panel.label("ana", views(store, queue, "ana")[-1].task)
        assert not any(view.repeat_of for view in views(store, queue))
    while panel.deal("ana") == "dealt":
        panel.label("ana", views(store, queue, "ana")[-1].task)
    assert sum(view.repeat_of is not None for view in views(store, queue)) == 3
    assert faults(store) == []


def test_a_plan_can_be_made_anew_until_somebody_begins(store: Store) -> None:
    queue = pairs_queue(store, items=3, settings={"repeats": 0.34})
    queue = set_up(store, queue, order="planned", raters=["ana", "bob"])
    add_pairs(store, record(store, "pairs"), range(3, 5), ("alpha", "beta", "gamma"))
    with store.reading() as connection:
        assert batches_of(connection, queue.id) == [(0, 9), (15, 6)]
    assert record(store, "pairs").size == 25
    assert faults(store) == []
    queue = set_up(store, record(store, "pairs"), raters=["cem"], repeats=0.0)
    with store.reading() as connection:
        assert batches_of(connection, queue.id) == [(0, 9), (9, 6)]
    assert {view.rater for view in views(store, queue)} == {"cem"}
    assert len(views(store, queue)) == record(store, "pairs").size == 15
    assert faults(store) == []


def test_no_plan_is_made_while_an_import_writes_its_tasks(store: Store) -> None:
    queue = fill(store, items=3)
    with Intake(store, queue, actor="lead") as intake:
        intake.add([new_item(20)])
        intake._settle()
        with pytest.raises(BadInput, match="under way") as refused:
            set_up(store, queue, order="planned", raters=["ana"])
    assert "import the file again" in refused.value.mend
    assert record(store).settings == {}


def test_a_rating_queue_can_be_planned(store: Store) -> None:
    queue = set_up(store, fill(store, items=6), order="planned", raters=["ana", "bob", "cem"], overlap=1)
    add_items(store, queue, [new_item(number) for number in range(20, 23)])
    given = views(store, queue)
    assert sorted(len([view for view in given if view.rater == rater]) for rater in ("ana", "bob", "cem")) == [3, 3, 3]
    assert len({view.task for view in given}) == 9


def given_label(panel: Panel, task: str, rater: str, shown: list[str]) -> GivenLabel:
    with panel.store.reading() as connection:
        (rubric, _), *_ = queues.rubrics_of(connection, panel.queue.id)
        position = ask(connection, "SELECT position FROM task WHERE id = ?", task).fetchone()[0]
    columns = label_columns(panel.queue.id, task, rubric, "submitted", shown)
    columns |= {"id": "", "revision": None, "supersedes": None, "surplus": None}
    return GivenLabel(columns, GivenRater(rater), position)


def test_an_imported_label_takes_the_next_place_and_counts_as_a_view(panel: Panel) -> None:
    panel.deal("ana")
    panel.deal("ana")
    seen, other = views(panel.store, panel.queue)
    canonical = sorted(other.shown, key=list(systems_of(panel.store, panel.queue)).index)
    given = [
        given_label(panel, seen.task, "ana", list(seen.shown)),
        given_label(panel, seen.task, "bob", list(seen.shown[::-1])),
        given_label(panel, other.task, "bob", []),
    ]
    with panel.store.writing() as connection:
        LabelIntake(panel.queue, stream=panel.store.device, actor="lead").take(connection, given)
    assert [(view.seq, view.state) for view in views(panel.store, panel.queue, "ana")] == [
        (0, "submitted"),
        (1, "open"),
    ]
    bobs = views(panel.store, panel.queue, "bob")
    assert [(view.seq, view.task) for view in bobs] == [(0, seen.task), (1, other.task)]
    assert list(bobs[1].shown) == canonical
    assert seen.task not in panel.waiting()
    assert (other.task in panel.waiting()) == (bobs[1].shown == other.shown)
    panel.deal("bob")
    assert views(panel.store, panel.queue, "bob")[2].seq == 2
    assert faults(panel.store) == []


def test_doctor_sees_what_was_changed_by_hand(panel: Panel) -> None:
    for _ in range(3):
        panel.deal("ana")
    assert faults(panel.store) == []
    with panel.store.writing() as connection:
        connection.execute("UPDATE assignment SET seq = 7 WHERE seq = 1")
        connection.execute("UPDATE assignment SET shown_order = '[]' WHERE seq = 2")
        connection.execute(
            "INSERT INTO waiting SELECT queue, id, (SELECT id FROM rater WHERE name = 'ana'), '' FROM task"
            " WHERE true ON CONFLICT DO NOTHING"
        )
    (said,) = faults(panel.store)
    assert "place 1" in said
    assert "does not name the task's outputs" in said


def test_passing_gives_back_to_who_holds_the_place(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=1, systems=("alpha", "beta"), overlap=1))
    panel.deal("ana")
    panel.deal("bob")
    task = views(store, panel.queue, "ana")[0].task
    panel.label("ana", task)
    with store.writing() as connection:
        bob = queues.rater_called(connection, "bob") or ""
        passing.pass_over(connection, panel.queue.id, bob, [(0, task)])
    assert faults(store) == []
    panel.label("ana", task, "abstained")
    with store.reading() as connection:
        rows = connection.execute("SELECT passed FROM progress ORDER BY passed").fetchall()
        assert rows == [(0,), (0,)]
    assert faults(store) == []


def test_planning_leaves_other_queues_alone(store: Store) -> None:
    queue = fill(store, items=3)
    with store.writing() as connection:
        planning.plan_batch(connection, queue.name)
        planning.plan_batch(connection, "nobody's")
    assert views(store, queue) == []


def test_what_others_give_back_reaches_who_was_done(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=3, systems=("alpha", "beta"), overlap=1))
    while panel.deal("ana") == "dealt":
        panel.label("ana", views(store, panel.queue, "ana")[-1].task)
    assert [panel.deal("bob") for _ in range(2)] == ["nothing", "nothing"]
    given_back = views(store, panel.queue, "ana")[1]
    panel.label("ana", given_back.task, "skipped")
    assert [panel.deal("bob") for _ in range(2)] == ["dealt", "nothing"]
    (bobs,) = views(store, panel.queue, "bob")
    assert (bobs.task, bobs.shown) == (given_back.task, given_back.shown[::-1])
    assert faults(store) == []


def test_more_raters_a_task_reach_who_was_done(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=3, systems=("alpha", "beta"), overlap=2))
    for rater in ("ana", "bob"):
        while panel.deal(rater) == "dealt":
            panel.label(rater, views(store, panel.queue, rater)[-1].task)
    assert panel.deal("cem") == "nothing"
    panel.queue = set_up(store, panel.queue, overlap=4)
    assert [panel.deal("cem") for _ in range(4)] == ["dealt", "dealt", "dealt", "nothing"]
    assert faults(store) == []


def test_nobody_waits_for_a_mirror_where_a_single_rater_is_asked_for_now(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=2, systems=("alpha", "beta")))
    panel.deal("ana")
    panel.deal("ana")
    panel.queue = set_up(store, panel.queue, overlap=1)
    assert panel.waiting() == set()
    panel.deal("bob")
    assert views(store, panel.queue, "bob")[0].task in {view.task for view in views(store, panel.queue, "ana")}
    assert faults(store) == []
    panel.queue = set_up(store, panel.queue, overlap=2)
    assert len(panel.waiting()) == 1
    assert faults(store) == []


def test_what_was_given_back_meanwhile_is_not_passed_over(store: Store) -> None:
    panel = Panel(store, pairs_queue(store, items=1, systems=("alpha", "beta"), overlap=1))
    panel.deal("ana")
    panel.deal("bob")
    task = views(store, panel.queue, "ana")[0].task
    panel.label("ana", task)
    panel.label("ana", task, "skipped")
    with store.writing() as connection:
        bob = queues.rater_called(connection, "bob") or ""
        passing.pass_over(connection, panel.queue.id, bob, [(0, task)])
        assert connection.execute("SELECT sum(passed) FROM progress").fetchone() == (0,)
    assert faults(store) == []


def test_a_plan_that_takes_too_long_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST_PLANNED", 24)
    queue = pairs_queue(store, items=4)
    with pytest.raises(BadInput, match="too large to be planned at once: 36 places") as refused:
        set_up(store, queue, order="planned", raters=["ana", "bob", "cem"])
    assert "order=open" in refused.value.mend
    assert views(store, queue) == []
    queue = set_up(store, queue, order="planned", raters=["ana", "bob", "cem"], overlap=2)
    assert len(views(store, queue)) == 24
    with pytest.raises(BadInput, match="too large"):
        set_up(store, queue, repeats=0.1)
    with pytest.raises(BadInput, match="too large"):
        add_pairs(store, queue, range(4, 9), ("alpha", "beta", "gamma"))
    assert len(views(store, record(store, "pairs"))) == 24
    assert faults(store) == []


def test_repeats_keep_what_stands_on_their_originals(store: Store) -> None:
    queue = pairs_queue(store, items=3, systems=("alpha", "beta"))
    first, second, _ = tasks_of(store, queue)
    with store.writing() as connection:
        made = repeating.make(connection, [first, second, first])
        assert repeating.make(connection, []) == []
    assert len({repeat for repeat, _ in made}) == 3
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT position, repeat_of, key, (SELECT count(*) FROM task_output WHERE task = task.id) FROM task"
            " WHERE repeat_of IS NOT NULL ORDER BY position"
        ).fetchall()
        keys = dict(connection.execute("SELECT id, key FROM task").fetchall())
    assert rows == [(3, first, keys[first], 2), (4, second, keys[second], 2), (5, first, keys[first], 2)]
    assert record(store, "pairs").size == 6


def tasks_of(store: Store, queue: QueueRecord) -> list[str]:
    with store.reading() as connection:
        rows = ask(connection, "SELECT id FROM task WHERE queue = ? ORDER BY position", queue.id).fetchall()
    return [task for (task,) in rows]
