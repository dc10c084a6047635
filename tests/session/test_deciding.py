"""An adjudicator at the disputed tasks: what comes up, what a decision leaves behind, and the way back to raters."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.session.cases import Case, Tally, read_cases
from reviewer.session.deciding import NO_REASON, Deciding
from reviewer.session.disputes import rules_of
from reviewer.session.sitting import Sitting
from reviewer.session.work import LABEL
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.golden import TAKEN_BACK
from tests.store.comparing import faults, pairs_queue, systems_of
from tests.store.filling import fill, put_rubric, rate, record, sit

SCORES = {"ana": (2, 4, 5), "ben": (4, 4, 1), "chi": (3, 4, 5)}
"""By item: a range of 2, none, and a range of 4."""


@pytest.fixture
def disputed(store: Store) -> Store:
    fill(store, items=3, shuffle=False)
    for name, scores in SCORES.items():
        sitting = sit(store, name)
        rate(sitting, *scores)
        assert sitting.close()
    return store


def decide(store: Store, rater: str = "lead", queue: str = "kyc", **options: Any) -> Deciding:
    return Deciding.decide(store, queue, rater, **options)


def answer(sitting: Sitting, score: int, why: str = "so says the note") -> None:
    sitting.work.values["score"] = score
    sitting.work.write_rationale(LABEL, why)
    sitting.touch()


def give(sitting: Sitting, score: int, why: str = "so says the note") -> str:
    answer(sitting, score, why)
    step = sitting.submit()
    assert step.moved, step
    sitting.drain(10)
    assert not sitting.saving.trouble
    return step.message


def golden(store: Store) -> list[tuple[str, str | None, bool]]:
    """Value, why it is retired, and whether it is superseded, of all golden values in the order of their making."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT g.value, g.retired, EXISTS (SELECT 1 FROM golden l WHERE l.supersedes = g.id) FROM golden g "
            "ORDER BY g.id"
        ).fetchall()
    return [(value, retired, bool(superseded)) for value, retired, superseded in rows]


def cases(store: Store, rater: str = "", queue: str = "kyc", rule: str | None = None) -> list[Case]:
    with store.reading() as connection:
        found = queues.find(connection, queue)
        assert found is not None
        me = queues.rater_called(connection, rater) or rater
        return read_cases(connection, found, rules_of(None, rule), me)


def positions(sitting: Deciding) -> list[int]:
    return [case.panel.position for case in sitting.walk.cases]


def test_the_most_disputed_comes_first_with_raters_unnamed_and_nothing_filled_in(disputed: Store) -> None:
    sitting = decide(disputed)
    assert positions(sitting) == [2, 0]
    assert sitting.view is not None
    assert sitting.panel is not None
    assert (sitting.work.values, sitting.phase, sitting.exposure) == ({}, "adjudication", "peers")
    assert [label.rater for label in sitting.panel.labels] == ["rater A", "rater B", "rater C"]
    assert sorted(label.values["score"] for label in sitting.panel.labels) == [1, 5, 5]
    assert (sitting.standing.size, sitting.standing.left) == (2, 2)
    assert sitting.close()


def test_a_decision_needs_a_reason_and_becomes_golden(disputed: Store) -> None:
    sitting = decide(disputed)
    sitting.work.values["score"] = 5
    step = sitting.submit()
    assert (step.moved, step.message, step.missing[0].key) == (False, NO_REASON, LABEL)
    assert not sitting.submit(anyway=True).moved
    sitting.work.write_rationale("score", "it is carried by the note")
    assert sitting.submit().moved
    give(sitting, 3)
    assert (sitting.view, sitting.standing.left, sitting.standing.done) == (None, 0, 2)
    assert sitting.close()
    assert golden(disputed) == [("5", None, False), ("3", None, False)]
    assert faults(disputed) == []
    assert Tally.of(cases(disputed)) == Tally(2, 0, 2, 0, 0, 0, 0, 0)


def test_what_one_rated_is_not_for_them_to_decide(disputed: Store) -> None:
    sitting = decide(disputed, "ana")
    assert (positions(sitting), sitting.view) == ([], None)
    assert sitting.close()
    assert Tally.of(cases(disputed, "ana")).mine == 2


def test_undo_opens_the_decision_and_the_later_one_supersedes(disputed: Store) -> None:
    sitting = decide(disputed)
    give(sitting, 5)
    assert sitting.undo().moved
    assert sitting.work.values == {"score": 5}
    give(sitting, 4)
    assert sitting.close()
    assert golden(disputed) == [("5", None, True), ("4", None, False)]
    assert faults(disputed) == []


def test_a_decision_that_is_left_to_others_after_all_is_golden_no_more(disputed: Store) -> None:
    sitting = decide(disputed)
    give(sitting, 5)
    sitting.undo()
    assert sitting.skip("I come back to it later").moved
    assert sitting.close()
    assert [retired is not None for _, retired, _ in golden(disputed)] == [True]
    assert faults(disputed) == []
    other = decide(disputed, "dora")
    assert positions(other) == [2, 0]
    assert other.close()
    assert Tally.of(cases(disputed, "lead")) == Tally(2, 1, 0, 0, 0, 0, 0, 1)


def test_who_decides_first_sees_the_panel_afterwards(disputed: Store) -> None:
    sitting = decide(disputed, rule="on,decide_first")
    assert (sitting.panel, sitting.exposure) == (None, "none")
    assert sitting.case is not None
    step = sitting.submit()
    assert not step.moved
    first = sitting.view
    give(sitting, 2)
    assert (sitting.view and sitting.view.task) == (first and first.task)
    assert sitting.panel is not None
    give(sitting, 4, "the panel is right")
    assert sitting.view is not None
    assert first is not None
    assert sitting.view.task != first.task
    assert sitting.panel is None
    give(sitting, 3)
    assert sitting.submit().moved, "enter again goes on"
    assert sitting.view is None
    assert sitting.close()
    with disputed.reading() as connection:
        said = connection.execute(
            "SELECT \"values\", exposure, revision FROM label WHERE phase = 'adjudication' ORDER BY id"
        ).fetchall()
    assert [(orjson.loads(values)["score"], exposure, revision) for values, exposure, revision in said] == [
        (2, "none", 1),
        (4, "peers", 2),
        (3, "none", 1),
    ]
    assert faults(disputed) == []


def test_the_panel_is_hidden_until_the_first_decision_is_made_whatever_is_typed(disputed: Store) -> None:
    sitting = decide(disputed, rule="on,decide_first")
    answer(sitting, 4)
    sitting.move(1)
    sitting.move(-1)
    assert (sitting.panel, sitting.work.values) == (None, {"score": 4})
    assert sitting.close()
    again = decide(disputed, rule="on,decide_first")
    assert (again.panel, again.work.values) == (None, {"score": 4})
    assert again.close()


def test_who_was_shown_the_panel_is_no_independent_judge_of_the_item(disputed: Store) -> None:
    sitting = decide(disputed)
    assert sitting.close()
    with disputed.reading() as connection:
        assert connection.execute("SELECT exposure FROM exposure").fetchall() == [("peers",)]


def test_a_task_goes_back_to_its_raters_and_comes_again(disputed: Store) -> None:
    sitting = decide(disputed)
    assert sitting.view is not None
    task = sitting.view.task
    assert not sitting.send_back(" ").moved
    assert sitting.send_back("Look at the date.").moved
    sitting.drain(10)
    give(sitting, 3)
    assert sitting.view is None
    assert sitting.standing.left == 0
    assert Tally.of(cases(disputed)) == Tally(2, 0, 1, 1, 1, 0, 0, 0)
    assert faults(disputed) == []
    for name, score in (("ana", 4), ("ben", 4), ("chi", 5)):
        rater = sit(disputed, name)
        assert rater.view is not None
        assert rater.view.task == task
        assert (rater.phase, rater.notice) == ("rework", "Sent back: Look at the date.")
        assert rater.work.values["score"] == SCORES[name][2]
        rate(rater, score)
        assert rater.close()
        assert faults(disputed) == []
    assert sitting.refresh()
    assert sitting.next_open().moved
    assert sitting.view is not None
    assert sitting.view.task == task
    assert sitting.case is not None
    assert sitting.case.again
    assert not sitting.case.disputes
    assert "Look at the date." in sitting.notice
    assert (sitting.work.values, sitting.work.rationale) == ({}, {})
    assert sorted(value for _, value in sitting.case.spreads[0].values) == [4, 4, 5]
    give(sitting, 4)
    assert sitting.close()
    assert golden(disputed)[-1] == ("4", None, False)
    assert faults(disputed) == []


def test_rework_comes_first_among_what_is_left(store: Store) -> None:
    fill(store, items=4, shuffle=False)
    for name, scores in (("ana", (1, 3)), ("ben", (5, 3))):
        sitting = sit(store, name)
        rate(sitting, *scores)
        assert sitting.close()
    judge = decide(store)
    assert judge.send_back("Look again.").moved
    assert judge.close()
    sitting = sit(store)
    assert sitting.view is not None
    assert (sitting.view.seq, sitting.state) == (0, "sent_back")
    assert (sitting.standing.done, sitting.standing.left) == (1, 3)
    rate(sitting, 4)
    assert sitting.view is not None
    assert sitting.view.seq == 2
    assert sitting.close()


def test_who_is_one_too_many_for_the_task_is_asked_again_too(store: Store) -> None:
    queue = fill(store, items=1, shuffle=False)
    for name, score in (("ana", 1), ("ben", 5), ("chi", 4)):
        sitting = sit(store, name)
        rate(sitting, score)
        assert sitting.close()
    with store.writing() as connection:
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.changed", overlap=1)
    judge = decide(store)
    assert judge.send_back("Look again.").moved
    assert judge.close()
    for name in ("ana", "ben", "chi"):
        sitting = sit(store, name)
        assert sitting.phase == "rework"
        rate(sitting, 3)
        assert sitting.close()
    assert faults(store) == []
    assert cases(store)[0].again


def test_a_decision_ends_what_raters_were_asked_for(disputed: Store) -> None:
    sitting = decide(disputed)
    assert sitting.send_back("Look again.").moved
    sitting.drain(10)
    assert sitting.undo().moved
    assert "waits for its raters" in sitting.notice
    sitting.work.values["score"] = 5
    assert sitting.submit().message == NO_REASON, "why it went back is no reason for the decision"
    give(sitting, 5)
    assert sitting.close()
    assert faults(disputed) == []
    rater = sit(disputed)
    assert rater.view is None
    assert rater.close()


def test_a_closed_queue_takes_decisions_and_sends_nothing_back(disputed: Store) -> None:
    queue = record(disputed)
    with disputed.writing() as connection:
        queues.change(connection, queue, stream=disputed.device, actor="lead", action="queue.closed", state="closed")
    sitting = decide(disputed)
    assert "cannot answer" in sitting.send_back("Look again.").message
    give(sitting, 5)
    assert sitting.close()


def test_two_adjudicators_at_once_are_told(disputed: Store) -> None:
    one, other = decide(disputed, "dora"), decide(disputed, "emil")
    give(one, 5)
    assert give(other, 4) == "dora had decided this too: your decision stands now, theirs is kept."
    one.move(-1)
    assert "emil decided this already" in one.notice
    assert one.close()
    assert other.close()
    assert golden(disputed) == [("5", None, True), ("4", None, False)]
    assert faults(disputed) == []


def test_who_withdraws_a_decision_over_anothers_leaves_that_one_golden(disputed: Store) -> None:
    one, other = decide(disputed, "dora"), decide(disputed, "emil")
    give(one, 5)
    give(other, 4)
    assert one.close()
    assert other.undo().moved
    assert other.skip("I know the author").moved
    other.drain(10)
    assert golden(disputed) == [("5", None, True), ("4", TAKEN_BACK, True), ("5", None, False)]
    (case,) = (case for case in cases(disputed) if case.state == "decided")
    assert case.decision is not None
    assert case.decision.name == "dora"
    assert faults(disputed) == []
    assert other.undo().moved
    give(other, 3)
    assert other.close()
    assert golden(disputed)[2:] == [("5", None, True), ("3", None, False)]
    assert faults(disputed) == []


def test_a_decision_that_became_a_return_leaves_nothing_golden_until_that_is_withdrawn(disputed: Store) -> None:
    one, other = decide(disputed, "dora"), decide(disputed, "emil")
    give(one, 5)
    give(other, 4)
    assert one.close()
    assert other.undo().moved
    assert other.send_back("Look at the date.").moved
    other.drain(10)
    assert golden(disputed) == [("5", None, True), ("4", TAKEN_BACK, False)]
    assert other.undo().moved
    assert other.skip("I know the author").moved
    assert other.close()
    assert golden(disputed) == [("5", None, True), ("4", TAKEN_BACK, True), ("5", None, False)]
    assert faults(disputed) == []


def test_who_withdraws_a_return_ends_none_that_another_made(disputed: Store) -> None:
    one, other = decide(disputed, "dora"), decide(disputed, "emil")
    assert one.send_back("Look at the date.").moved
    one.drain(10)
    assert other.send_back("Look at the sum.").moved
    other.drain(10)
    assert other.undo().moved
    assert other.skip("I know the author").moved
    other.drain(10)
    rater = sit(disputed)
    assert (rater.phase, rater.view is not None) == ("rework", True)
    assert rater.close()
    assert one.undo().moved
    assert one.skip("I know the author too").moved
    assert one.close()
    assert other.close()
    rater = sit(disputed)
    assert rater.view is None
    assert rater.close()
    assert faults(disputed) == []


def test_a_return_that_was_answered_asks_nobody_again_when_a_later_one_is_withdrawn(disputed: Store) -> None:
    one = decide(disputed, "dora")
    assert one.send_back("Look at the date.").moved
    assert one.close()
    for name in SCORES:
        rater = sit(disputed, name)
        rate(rater, 2 if name == "ana" else 5)
        assert rater.close()
    other = decide(disputed, "emil")
    (place,) = (at for at, case in enumerate(other.walk.cases) if case.again)
    other.go_to(place)
    assert other.send_back("Look at the sum.").moved
    other.drain(10)
    other.go_to(place)
    assert other.skip("I know the author").moved
    assert other.close()
    rater = sit(disputed)
    assert rater.view is None
    assert rater.close()
    assert faults(disputed) == []


def test_a_label_withdrawn_meanwhile_disputes_nothing(disputed: Store) -> None:
    sitting = decide(disputed)
    rater = sit(disputed, "ben")
    rater.go_to(2)
    assert rater.skip("I have a conflict of interest").moved
    assert rater.close()
    assert sitting.refresh()
    sitting.next_open()
    assert sitting.view is not None
    assert sitting.walk.cases[sitting.view.seq].panel.position == 0
    assert sitting.close()
    assert [case.panel.position for case in cases(disputed)] == [0]


def test_labels_under_another_scale_do_not_count(disputed: Store) -> None:
    put_rubric(
        disputed,
        record(disputed),
        {"name": "score", "criteria": [{"id": "score", "type": "scale", "min": 0, "max": 9}]},
    )
    assert cases(disputed) == []


def test_what_is_disputed_since_comes_last(disputed: Store) -> None:
    sitting = decide(disputed)
    rater = sit(disputed, "ana")
    rater.go_to(1)
    rater.work.values["score"] = 1
    assert rater.submit().moved
    assert rater.close()
    assert sitting.refresh()
    assert positions(sitting) == [2, 0, 1]
    assert sitting.close()


def test_a_draft_comes_back_and_a_kill_loses_nothing(disputed: Store) -> None:
    sitting = decide(disputed)
    give(sitting, 5)
    answer(sitting, 4, "not done ye")
    sitting.flush_draft()
    sitting.drain(10)
    again = decide(disputed)
    assert again.view is not None
    assert again.walk.cases[again.view.seq].panel.position == 0
    assert (again.work.values, again.work.rationale_text(LABEL)) == ({"score": 4}, "not done ye")
    assert golden(disputed) == [("5", None, False)]
    assert again.close()
    assert sitting.close()


def test_comparisons_are_shown_to_the_adjudicator_in_an_order_of_their_own(store: Store) -> None:
    queue = pairs_queue(store, items=16, systems=("alpha", "beta"))
    names = systems_of(store, queue)
    for rater, favourite in (("ana", "alpha"), ("ben", "beta")):
        sitting = sit(store, rater, "pairs")
        while sitting.view is not None:
            left = names[sitting.view.outputs[0].public_id]
            sitting.work.values["preference"] = -2 if left == favourite else 2
            assert sitting.submit().moved
            sitting.drain(10)
        assert sitting.close()
    judge = decide(store, queue="pairs")
    orders = set()
    while judge.view is not None:
        assert judge.panel is not None
        left = names[judge.view.outputs[0].public_id]
        orders.add(left)
        judge.work.values["preference"] = -1 if left == "alpha" else 1
        judge.work.write_rationale("preference", "closer to the note")
        assert judge.submit().moved
        judge.drain(10)
    assert judge.close()
    assert orders == {"alpha", "beta"}
    with store.reading() as connection:
        values = connection.execute(
            "SELECT g.value, group_concat(o.content_hash || ' ' || s.name) FROM golden g JOIN label l "
            "ON l.id = g.source_label JOIN task_output t ON t.task = l.task JOIN output o ON o.id = t.output "
            "JOIN system s ON s.id = o.system GROUP BY g.id"
        ).fetchall()
    for value, named in values:
        first = min(named.split(",")).split(" ")[1]
        assert int(value) == (-1 if first == "alpha" else 1)
    assert faults(store) == []


def test_the_queue_says_by_which_rules(store: Store) -> None:
    queue = fill(store, items=2, shuffle=False, adjudicate=["range:score>=1", "decide_first"])
    for name, scores in (("ana", (1, 3)), ("ben", (2, 3))):
        sitting = sit(store, name)
        rate(sitting, *scores)
        assert sitting.close()
    sitting = decide(store)
    assert (positions(sitting), sitting.panel) == ([0], None)
    assert sitting.close()
    sitting = decide(store, rule="range>=3")
    assert positions(sitting) == []
    assert sitting.close()
    assert queue.name == "kyc"


def test_what_cannot_be_adjudicated_is_refused(disputed: Store) -> None:
    for name, rule, said in (("nobody", None, "no queue"), ("kyc", "disagree:tone", "tone")):
        with pytest.raises(BadInput, match=said):
            decide(disputed, queue=name, rule=rule)
    with pytest.raises(WrongUsage, match="often"):
        decide(disputed, rule="often")
    with disputed.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration'")
    with pytest.raises(BadInput, match="nobody sees another's labels yet"):
        decide(disputed)
