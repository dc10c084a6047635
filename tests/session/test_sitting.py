from __future__ import annotations

import copy
from typing import Any

import pytest

from reviewer.errors import BadInput
from reviewer.session.desk import cards
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.session.looking import drafted, kept_labels, said, seq_of
from tests.store.filling import SCORE, add_items, fill, new_item, put_rubric, rate, record, sit
from tests.store.test_commit import consistent

pytestmark = pytest.mark.both_databases


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store, items=6, shuffle=False)
    return store


def test_a_queue_must_be_there_open_filled_and_have_a_rubric(store: Store) -> None:
    with pytest.raises(BadInput, match="no queue 'kyc'") as none:
        sit(store)
    assert "reviewer demo" in none.value.mend
    queue = fill(store, items=0)
    with pytest.raises(BadInput, match="no queue 'kcy'") as other:
        sit(store, queue="kcy")
    assert "There are kyc." in other.value.mend
    with pytest.raises(BadInput, match="holds no task yet"):
        sit(store)
    add_items(store, queue, [new_item(1)])
    with store.writing() as connection:
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.closed", state="closed")
    with pytest.raises(BadInput, match="is closed") as closed:
        sit(store)
    assert "queue reopen" in closed.value.mend
    with store.writing() as connection:
        bare = queues.create(connection, "bare", stream=store.device, actor="lead")
    add_items(store, bare, [new_item(1)])
    with pytest.raises(BadInput, match="has no rubric"):
        sit(store, queue="bare")


def test_submitting_opens_the_next_item_at_once(filled: Store) -> None:
    sitting = sit(filled)
    assert sitting.view is not None
    assert sitting.view.seq == 0
    sitting.work.values["score"] = 4
    assert sitting.submit().moved
    assert seq_of(sitting) == 1
    assert sitting.work.values == {}
    sitting.drain(10)
    assert (sitting.saving.saved, sitting.saving.waiting) == (1, 0)
    assert sitting.close()
    assert [said(label) for label in kept_labels(filled)] == [(0, "submitted", {"score": 4})]


def test_what_is_missing_is_named_instead(filled: Store) -> None:
    sitting = sit(filled)
    step = sitting.submit()
    assert not step.moved
    assert [missing.key for missing in step.missing] == ["score"]
    assert step.message
    assert sitting.submit_if_complete() is None
    sitting.work.values["score"] = 2
    done = sitting.submit_if_complete()
    assert done is not None
    assert done.moved
    assert sitting.close()


def test_to_the_end_and_back(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1, 2, 3, 4, 5)
    sitting.work.values["score"] = 1
    step = sitting.submit()
    assert (step.moved, step.message, sitting.view) == (True, "Nothing is left to rate here.", None)
    assert not sitting.submit().moved
    assert not sitting.skip("no").moved
    sitting.drain(10)
    assert sitting.standing.left == 0
    assert sitting.move(-1).moved
    assert seq_of(sitting) == 5
    assert sitting.work.values == {"score": 1}
    assert not sitting.move(1).moved
    assert not sitting.go_to(-1).moved
    assert sitting.close()
    again = sit(filled)
    assert again.view is None
    assert again.close()


def test_undo_goes_back_without_limit_and_across_sittings(filled: Store) -> None:
    first = sit(filled)
    rate(first, 1, 2, 3)
    assert first.close()
    sitting = sit(filled)
    rate(sitting, 4)
    seen = []
    while (step := sitting.undo()).moved:
        assert "stands as it was" in step.message
        seen.append((seq_of(sitting), sitting.work.values["score"]))
    assert seen == [(3, 4), (2, 3), (1, 2), (0, 1)]
    assert "nothing further back" in step.message
    assert len(kept_labels(filled)) == 4
    assert sitting.close()


def test_an_undone_label_stands_until_a_new_one_is_submitted(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1, 2, 3)
    for _ in range(2):
        sitting.undo()
    assert seq_of(sitting) == 1
    sitting.work.values["score"] = 5
    sitting.touch()
    sitting.flush_draft()
    assert len(kept_labels(filled)) == 3
    rate(sitting, 5)
    assert seq_of(sitting) == 3
    old, new = (label for label in kept_labels(filled) if label["seq"] == 1)
    assert said(old) == (1, "submitted", {"score": 2})
    assert said(new) == (1, "submitted", {"score": 5})
    assert (new["revision"], new["supersedes"]) == (2, [old["id"]])
    sitting.undo()
    assert seq_of(sitting) == 1  # the change is what was submitted last
    assert sitting.close()
    assert consistent(filled) == []


def test_an_identical_label_writes_nothing(filled: Store) -> None:
    sitting = sit(filled)
    sitting.work.write_rationale("score", "As it says.")
    sitting.work.toggle_flag()
    rate(sitting, 1, 2)
    before = kept_labels(filled)
    sitting.undo()
    sitting.undo()
    sitting.work.values["score"] = 3
    sitting.touch()
    sitting.flush_draft()
    sitting.work.values["score"] = 1
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(10)
    assert seq_of(sitting) == 2
    assert kept_labels(filled) == before
    assert drafted(filled) == []
    assert sitting.close()


def test_another_outcome_is_another_label(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1)
    sitting.undo()
    assert sitting.skip("too long").moved
    sitting.drain(10)
    assert [label["outcome"] for label in kept_labels(filled)] == ["submitted", "skipped"]
    assert sitting.close()


@pytest.mark.parametrize(("act", "outcome"), [("skip", "skipped"), ("abstain", "abstained")])
def test_a_skip_and_an_abstention_need_a_reason(filled: Store, act: str, outcome: str) -> None:
    sitting = sit(filled)
    conclude = getattr(sitting, act)
    assert not conclude("  ").moved
    assert seq_of(sitting) == 0
    assert conclude("I do not read Finnish").moved
    sitting.drain(10)
    (label,) = kept_labels(filled)
    assert label["outcome"] == outcome
    assert label["rationale"]["label"]["text"] == "I do not read Finnish"
    counters = sitting.standing.counters
    assert (counters.skipped, counters.abstained) == ((1, 0) if act == "skip" else (0, 1))
    assert sitting.standing.done == 1
    assert sitting.close()


def test_who_skipped_may_rate_it_later(filled: Store) -> None:
    sitting = sit(filled)
    sitting.skip("later")
    sitting.drain(10)
    sitting.go_to(0)
    rate(sitting, 4)
    assert [label["outcome"] for label in kept_labels(filled)] == ["skipped", "submitted"]
    assert sitting.standing.counters.skipped == 0
    assert sitting.close()


def test_all_that_is_said_is_kept(filled: Store) -> None:
    sitting = sit(filled)
    assert sitting.view is not None
    work = sitting.work
    work.values |= {"score": 1, "safe": None}
    work.write_rationale("score", "It adds\na fact.")
    work.toggle_reason("score", "adds a fact")
    work.toggle_reason("score", "wrong figure")
    work.toggle_reason("score", "adds a fact")
    work.write_rationale("label", "On the whole.")
    work.correction["@output:1"] = "As it should be."
    work.notes = "Ask legal."
    assert sitting.toggle_flag()
    shown = [output.public_id for output in sitting.view.outputs]
    assert sitting.submit().moved
    sitting.drain(10)
    (label,) = kept_labels(filled)
    assert label["values"] == {"score": 1, "safe": None}
    assert label["rationale"] == {
        "score": {"text": "It adds\na fact.", "reasons": ["wrong figure"]},
        "label": {"text": "On the whole.", "reasons": []},
    }
    assert label["correction"] == {"@output:1": "As it should be."}
    assert (label["notes"], label["flags"], label["shown_order"]) == ("Ask legal.", ["flagged"], shown)
    assert sitting.standing.counters.flagged == 1
    sitting.go_to(0)
    assert sitting.work.content() == work.content()
    assert not sitting.toggle_flag()
    rate(sitting, 1)
    assert sitting.standing.counters.flagged == 0
    assert sitting.close()
    assert consistent(filled) == []


def test_a_sitting_resumes_where_it_stood(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1, 2)
    sitting.go_to(4)
    assert sitting.close()
    again = sit(filled)
    assert seq_of(again) == 4
    again.go_to(0)
    assert again.close()
    third = sit(filled)
    assert seq_of(third) == 2  # item 0 is done, and nothing was begun there
    assert third.close()


def test_a_sitting_resumes_in_a_draft_even_of_what_is_done(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1, 2)
    sitting.go_to(0)
    sitting.work.notes = "wait"
    sitting.touch()
    assert sitting.close()
    again = sit(filled)
    assert seq_of(again) == 0
    assert again.work.notes == "wait"
    assert again.work.base is not None
    assert again.close()


def test_what_is_passed_over_by_hand_is_asked_for_in_the_end(filled: Store) -> None:
    sitting = sit(filled)
    sitting.go_to(4)
    rate(sitting, 1, 2)
    assert seq_of(sitting) == 0
    rate(sitting, 1)
    assert seq_of(sitting) == 1
    assert sitting.next_open().moved
    assert seq_of(sitting) == 2
    assert sitting.close()


def test_in_a_queue_in_order_nothing_opens_ahead_of_its_turn(store: Store) -> None:
    fill(store, items=6, shuffle=False, pick=False)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert not sitting.go_to(3).moved
    assert not sitting.move(1).moved
    assert "in order" in sitting.go_to(5).message
    assert sitting.go_to(0).moved
    assert sitting.go_to(2).moved
    sitting.work.values["score"] = 3
    assert sitting.submit().moved
    assert seq_of(sitting) == 3  # also while the label is on its way
    assert not sitting.go_to(4).moved
    assert sitting.go_to(3).moved
    assert sitting.close()


def test_raters_have_orders_of_their_own(store: Store) -> None:
    fill(store, items=30)
    orders = []
    for rater in ("ana", "bob"):
        sitting = sit(store, rater)
        orders.append([sitting.order.position(seq) for seq in range(30)])
        assert sitting.close()
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(30))


def test_an_item_that_others_filled_is_passed_over(store: Store) -> None:
    fill(store, items=5, shuffle=False, overlap=1)
    ana, bob = sit(store, "ana"), sit(store, "bob")
    rate(ana, 1, 2, 3)
    assert seq_of(bob) == 0  # it was open when bob came
    bob.work.values["score"] = 1
    bob.submit()
    assert seq_of(bob) == 3
    bob.drain(10)
    bob.close()
    ana.close()
    assert [bool(label["surplus"]) for label in kept_labels(store)] == [False, False, False, True]
    assert consistent(store) == []


def test_an_import_in_mid_sitting_is_noticed(filled: Store) -> None:
    sitting = sit(filled)
    assert not sitting.refresh()
    assert not sitting.refresh()
    add_items(filled, record(filled), [new_item(number) for number in range(50, 53)])
    assert sitting.refresh()
    assert sitting.size == 9
    assert not sitting.refresh()
    assert seq_of(sitting) == 0
    rate(sitting, 1)
    assert not sitting.refresh()  # its own labels change nothing of the queue
    assert sitting.close()


CHANGED: dict[str, Any] = copy.deepcopy(SCORE)
CHANGED["criteria"][0]["max"] = 7
CHANGED["criteria"].append({"id": "clear", "label": "Clear", "type": "boolean"})


def test_a_rubric_changed_in_mid_queue(filled: Store) -> None:
    sitting = sit(filled)
    rate(sitting, 1)
    assert sitting.view is not None
    old = sitting.view.rubric_id
    sitting.work.values |= {"score": 4, "safe": True}
    sitting.work.write_rationale("safe", "Nothing dangerous.")
    sitting.touch()
    new = put_rubric(filled, record(filled), CHANGED)
    assert sitting.refresh()
    assert sitting.rubric_outdated
    assert sitting.work.rubric_id == old
    assert sitting.close()

    again = sit(filled)
    assert (again.work.rubric_id, again.work.values) == (old, {"score": 4, "safe": True})  # the draft keeps its own
    assert again.rubric_outdated
    dropped = again.move_to_current_rubric()
    assert dropped == ("score",)
    assert again.work.values == {"safe": True}
    assert again.work.rationale_text("safe") == "Nothing dangerous."
    assert again.view is not None
    assert again.view.rubric_id == again.work.rubric_id == new
    assert not again.rubric_outdated
    assert again.move_to_current_rubric() == ()
    again.work.values["clear"] = False
    rate(again, 7)
    assert again.work.rubric_id == new
    again.go_to(0)
    assert again.work.rubric_id == old  # what is done keeps its rubric
    assert again.close()
    assert [label["rubric"] for label in kept_labels(filled)] == [old, new]


def test_a_draft_may_also_be_submitted_under_its_own_rubric(filled: Store) -> None:
    sitting = sit(filled)
    old = sitting.work.rubric_id
    sitting.work.values["score"] = 2
    sitting.touch()
    put_rubric(filled, record(filled), CHANGED)
    sitting.refresh()
    assert sitting.submit().moved
    sitting.drain(10)
    assert sitting.close()
    assert [label["rubric"] for label in kept_labels(filled)] == [old]


def test_times_are_kept_with_the_label_and_go_on_after_a_draft(filled: Store) -> None:
    at = [0.0]
    sitting = sit(filled)
    sitting.clock._now = lambda: at[0]
    sitting.clock.restart()
    at[0] += 12
    sitting.clock.key()
    sitting.touch()
    sitting.work.notes = "wait"
    sitting.flush_draft()
    sitting.go_to(1)
    at[0] += 500
    sitting.clock.key()
    sitting.go_to(0)
    at[0] += 90
    sitting.work.values["score"] = 1
    sitting.submit()
    sitting.drain(10)
    (label,) = kept_labels(filled)
    assert (label["active_ms"], label["idle_ms"]) == (72_000, 30_000)
    assert sitting.standing.pace == 72.0
    assert sitting.close()


def test_the_desk_shows_what_there_is(filled: Store) -> None:
    (before,) = cards(filled, "ana")
    assert (before.size, before.done, before.left, before.rubric) == (6, 0, 6, "score")
    assert before.instructions == "Read the source first."
    sitting = sit(filled)
    sitting.toggle_flag()
    rate(sitting, 1)
    sitting.skip("too long")
    sitting.work.notes = "later"
    sitting.touch()
    assert sitting.close()
    (after,) = cards(filled, "ana")
    assert (after.done, after.left, after.flagged, after.drafts) == (2, 4, 1, 1)
    assert cards(filled, "bob") == [before]
