"""Sittings where places are dealt: what the rater sees of it, and what others see."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from reviewer.errors import BadInput
from reviewer.session.desk import cards
from reviewer.session.listing import places, rows, search_places
from reviewer.session.sitting import Sitting
from reviewer.store import connection as connections
from reviewer.store.connection import Store
from tests.session.looking import kept_labels, seq_of
from tests.session.test_balance import choose, look_ahead, shown_to, uneven
from tests.store.comparing import add_pairs, faults, pairs_queue, set_up, systems_of, views
from tests.store.filling import fill, rate, record, sit

pytestmark = pytest.mark.both_databases


def pairs(store: Store, rater: str = "ana") -> Sitting:
    return sit(store, rater, "pairs")


def finish(sitting: Sitting) -> list[tuple[str, ...]]:
    """Judges all that is left; returns what was shown."""
    seen = []
    while sitting.view is not None:
        seen.append(shown_to(sitting))
        choose(sitting)
    return seen


def test_places_are_dealt_as_the_rater_goes_on(store: Store) -> None:
    queue = pairs_queue(store, items=4)
    sitting = pairs(store)
    assert (sitting.reach, sitting.size, sitting.standing.left) == (1, 12, 12)
    choose(sitting)
    assert (seq_of(sitting), sitting.reach) == (1, 2)
    assert sitting.move(1).moved
    assert (seq_of(sitting), sitting.reach) == (2, 3)
    assert sitting.go_to(9).moved
    assert (seq_of(sitting), sitting.reach) == (3, 4)
    assert sitting.go_to(1).moved
    assert not sitting.move(-5).moved
    finish(sitting)
    assert (sitting.size, sitting.standing.done, sitting.standing.left) == (12, 12, 0)
    assert sitting.next_open().message == "Nothing is left to rate here."
    assert sitting.close()
    assert len(views(store, queue)) == 12
    assert faults(store) == []


def test_the_last_place_is_the_last(store: Store) -> None:
    pairs_queue(store, items=1, systems=("alpha", "beta"))
    sitting = pairs(store)
    assert sitting.move(1).message == "This is the last item."
    assert sitting.go_to(40).message == "This is the last item."
    assert seq_of(sitting) == 0
    assert sitting.close()


def test_where_picking_is_forbidden_nothing_is_dealt_past_the_cursor(store: Store) -> None:
    pairs_queue(store, items=4, settings={"pick": False})
    sitting = pairs(store)
    look_ahead(sitting)
    assert not sitting.move(1).moved
    assert not sitting.go_to(7).moved
    choose(sitting)
    assert seq_of(sitting) == 1
    assert sitting.close()


def test_two_open_places_lie_ahead_where_nobody_waits(store: Store) -> None:
    queue = pairs_queue(store, items=4)
    sitting = pairs(store)
    for done in range(3):
        look_ahead(sitting)
        look_ahead(sitting)
        sitting.keeping.hand_over()
        assert sitting._giving is not None
        while sitting._giving._under_way:
            sitting._giving._hear(*sitting._giving._heard.get(timeout=10))
        assert sitting.reach == done + 3
        assert [view.seq for view in sitting.ahead()][:2] == [done + 1, done + 2]
        choose(sitting)
    assert sitting.close()
    assert len(views(store, queue)) == 5


def test_what_is_read_ahead_stands_as_it_will_be_shown(store: Store) -> None:
    pairs_queue(store, items=6)
    sitting = pairs(store)
    for _ in range(8):
        choose(sitting)
    for _ in range(3):
        look_ahead(sitting)
        sitting.drain(10)
    ahead = {view.seq: [output.public_id for output in view.outputs] for view in sitting.ahead()}
    for seq, shown in ahead.items():
        assert sitting.go_to(seq).moved
        assert list(shown_to(sitting)) == shown
    assert sitting.close()


def test_undo_and_reopening_show_the_sides_as_they_were(store: Store) -> None:
    pairs_queue(store, items=4)
    sitting = pairs(store)
    shown = []
    for _ in range(5):
        shown.append(shown_to(sitting))
        choose(sitting)
    for seq in reversed(range(5)):
        assert sitting.undo().moved
        assert (seq_of(sitting), shown_to(sitting)) == (seq, shown[seq])
    sitting.work.values["preference"] = -2
    assert sitting.submit().moved
    assert sitting.close()
    again = pairs(store)
    for seq in range(5):
        assert again.go_to(seq).moved
        assert shown_to(again) == shown[seq]
    assert again.close()
    labels = kept_labels(store)
    assert all(tuple(label["shown_order"]) == shown[label["seq"]] for label in labels)
    assert [label["values"] for label in labels if label["revision"] == 2] == [{"preference": -2}]


def test_a_place_that_was_never_labelled_stays_the_raters(store: Store) -> None:
    queue = pairs_queue(store, items=4)
    sitting = pairs(store)
    shown = shown_to(sitting)
    assert sitting.close()
    again = pairs(store)
    assert (seq_of(again), shown_to(again)) == (0, shown)
    again.move(1)
    choose(again)
    assert again.close()
    last = pairs(store)
    finish(last)
    assert last.close()
    assert [view.state for view in views(store, queue)] == ["submitted"] * 12


def test_the_list_and_the_search_hold_what_is_dealt_alone(store: Store) -> None:
    pairs_queue(store, items=4)
    sitting = pairs(store)
    for _ in range(3):
        choose(sitting)
    sitting.work.notes = "later"
    sitting.touch()
    sitting.move(-1)
    sitting.drain(10)
    assert places(sitting, "all", 0, 50) == [0, 1, 2, 3]
    assert places(sitting, "open", 0, 50) == [3]
    assert places(sitting, "draft", 0, 50) == [3]
    assert places(sitting, "submitted", 1, 50) == [1, 2]
    listed = rows(sitting, [0, 1, 2, 3])
    assert [row.state for row in listed] == ["submitted"] * 3 + ["open"]
    assert all(row.name == "" and row.opening.startswith("What does note") for row in listed)
    assert [seq for found in search_places(sitting, "what does note") for seq in found] == [0, 1, 2, 3]
    number = listed[1].opening.rpartition("note ")[2]
    found = [seq for found in search_places(sitting, f"note {number}") for seq in found]
    assert found == [row.seq for row in listed if row.opening == listed[1].opening]
    assert sitting.close()


def test_a_dealt_place_that_others_filled_meanwhile_is_passed_over(store: Store) -> None:
    queue = pairs_queue(store, items=1, systems=("alpha", "beta"), overlap=1)
    ana, bob = pairs(store), pairs(store, "bob")
    assert ana.view is not None
    assert bob.view is not None
    assert shown_to(bob) == shown_to(ana)[::-1]
    choose(bob)
    for _ in range(2):  # the second waits for the writer, who has noted then what was passed over
        assert ana.next_open().message == "Nothing is left to rate here."
    assert ana.standing.left == 0
    assert bob.undo().moved
    bob.skip("too long")
    bob.drain(10)
    ana.drain(10)
    assert ana.next_open().moved
    assert ana.view is not None
    choose(ana)
    assert (ana.standing.done, ana.standing.left, ana.standing.counters.passed) == (1, 0, 0)
    assert ana.close()
    assert bob.close()
    assert faults(store) == []
    assert [label["surplus"] for label in kept_labels(store)] == [0, 0, 0]
    assert len(views(store, queue)) == 2


def test_raters_share_what_is_left(store: Store) -> None:
    queue = pairs_queue(store, items=6, overlap=2)
    sittings = [pairs(store, rater) for rater in ("ana", "bob", "cem")]
    while any(sitting.view for sitting in sittings):
        for sitting in sittings:
            if sitting.view is not None:
                choose(sitting)
    assert all(sitting.close() for sitting in sittings)
    counted = Counter(label["task"] for label in kept_labels(store) if not label["surplus"])
    assert list(counted.values()) == [2] * 18
    # What two still had in hand when the third had nothing left may have been shown once more.
    assert sum(uneven(store, queue).values()) <= 3


def test_skips_of_one_rater_go_to_another_mirrored(store: Store) -> None:
    queue = pairs_queue(store, items=3, overlap=1)
    ana = pairs(store)
    while ana.view is not None:
        choose(ana, skip=True)
    assert ana.close()
    bob = pairs(store, "bob")
    finish(bob)
    assert bob.close()
    by_task = {view.task: view.shown for view in views(store, queue, "ana")}
    mirrored = [view.shown == by_task[view.task][::-1] for view in views(store, queue, "bob")]
    assert mirrored == [True] * 9


def test_a_planned_queue_refuses_whom_it_does_not_know(store: Store) -> None:
    queue = pairs_queue(store, items=2)
    set_up(store, queue, order="planned", raters=["ana", "bob"])
    with pytest.raises(BadInput, match="planned for ana, bob") as refused:
        pairs(store, "cem")
    assert "--rater" in refused.value.mend


def test_a_planned_queue_is_planned_on_as_it_grows(store: Store) -> None:
    queue = pairs_queue(store, items=2)
    set_up(store, queue, order="planned", raters=["ana", "bob"], overlap=1, repeats=0.34)
    sitting = pairs(store)
    before = views(store, queue, "ana")
    finish(sitting)
    add_pairs(store, record(store, "pairs"), range(2, 6), ("alpha", "beta", "gamma"))
    assert sitting.refresh()
    assert views(store, queue, "ana")[: len(before)] == [view._replace(state="submitted") for view in before]
    sitting.next_open()
    finish(sitting)
    assert sitting.close()
    bob = pairs(store, "bob")
    finish(bob)
    assert bob.close()
    given = views(store, queue)
    assert len({view.task for view in given if view.repeat_of is None}) == 18
    assert any(view.repeat_of for view in given)
    assert faults(store) == []


def test_an_open_queue_grows_while_raters_sit(store: Store) -> None:
    queue = pairs_queue(store, items=1, settings={"repeats": 0.5})
    sitting = pairs(store)
    finish(sitting)
    add_pairs(store, record(store, "pairs"), range(1, 4), ("alpha", "beta", "gamma"))
    assert sitting.refresh()
    assert sitting.next_open().moved
    finish(sitting)
    assert sitting.close()
    given = views(store, queue)
    assert sum(view.repeat_of is None for view in given) == 12
    assert sum(view.repeat_of is not None for view in given) in (6, 7)
    assert faults(store) == []


def test_who_was_done_sees_at_once_that_more_came(store: Store) -> None:
    queue = pairs_queue(store, items=1)
    sitting = pairs(store)
    finish(sitting)
    assert (sitting.size, sitting.standing.left) == (3, 0)
    add_pairs(store, record(store, queue.name), range(1, 3), ("alpha", "beta", "gamma"))
    assert sitting.refresh()
    assert (sitting.size, sitting.standing.left) == (9, 6)
    assert sitting.close()


def test_nothing_tells_a_rater_that_a_repeat_was_dealt(store: Store) -> None:
    queue = pairs_queue(store, items=6, systems=("alpha", "beta"), settings={"repeats": 0.5})
    ana, bob = pairs(store), pairs(store, "bob")
    sizes = set()
    while ana.view is not None:
        sizes.add((ana.size, bob.size))
        assert not bob.refresh()
        choose(ana)
        assert not ana.refresh()
    assert sizes == {(9, 9)}
    assert ana.close()
    assert bob.close()
    (card,) = cards(store, "bob")
    assert (card.size, card.left) == (9, 9)
    first, *_ = [view for view in views(store, queue, "ana") if view.repeat_of]
    assert first.task[:13] == (first.repeat_of or "")[:13]


def test_repeats_in_a_rating_queue_follow_the_raters_own_order(store: Store) -> None:
    fill(store, items=12, repeats=0.25)
    sitting = sit(store)
    assert sitting.size == 15
    while sitting.view is not None:
        rate(sitting, 3)
    assert (sitting.size, sitting.standing.left) == (15, 0)
    assert sitting.close()
    given = views(store, record(store))
    repeats = [view for view in given if view.repeat_of]
    assert len(repeats) == 3
    for repeat in repeats:
        (original,) = (view for view in given if view.task == repeat.repeat_of)
        assert repeat.seq - original.seq > 4
    others = sit(store, "bob")
    assert others.size == 15
    assert others.close()
    assert faults(store) == []


def test_skipped_tasks_are_not_repeated(store: Store) -> None:
    fill(store, items=8, repeats=0.5)
    sitting = sit(store)
    while sitting.view is not None:
        assert sitting.skip("too long").moved
        sitting.drain(10)
    assert (sitting.size, sitting.standing.done) == (8, 8)
    assert sitting.close()


@contextmanager
def locked(store: Store) -> Iterator[None]:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.only_a_file
def test_where_nothing_can_be_dealt_it_is_said_and_goes_on_later(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(Store.connect, "__kwdefaults__", {"durable": True, "wait": 0.05})
    pairs_queue(store, items=2)
    sitting = pairs(store)
    shown = shown_to(sitting)
    with locked(store):
        step = sitting.move(1)
        assert not step.moved
        assert "cannot be given out" in step.message
    assert sitting.move(1).moved
    assert seq_of(sitting) == 1
    assert shown_to(sitting) != shown
    assert sitting.close()


def test_the_sealed_view_names_no_system(store: Store) -> None:
    queue = pairs_queue(store, items=2)
    sitting = pairs(store)
    said = repr(sitting.view)
    assert not any(name in said for name in systems_of(store, queue).values())
    assert sitting.close()
