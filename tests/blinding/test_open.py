from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.blinding import Offer, Order, hand_out, open_order
from tests.simulations.open_orders import Arrivals, at_once, in_turn, measured, stated_bound

line_ups = st.lists(st.sampled_from("abcdefgh"), min_size=2, max_size=8, unique=True).map(tuple)
standings = st.dictionaries(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 7)), st.integers(0, 9))


@settings(max_examples=200, deadline=None)
@given(line_ups, standings, st.lists(st.sampled_from(["ana", "bob", "cy", "dan", "eve"]), unique=True))
def test_the_second_view_mirrors_the_first_and_the_fourth_the_third(
    systems: tuple[str, ...], shown: dict[tuple[str, int], int], raters: list[str]
) -> None:
    orders: list[Order] = []
    for rater in raters:
        orders.append(open_order(Offer("task", systems, orders), shown, "seed", rater))
        assert sorted(orders[-1]) == list(range(len(systems)))
    for first, second in zip(orders[::2], orders[1::2], strict=False):
        assert second == first[::-1]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.text(max_size=3))
def test_a_first_view_evens_out_what_the_rater_saw(
    a_left: int, a_right: int, b_left: int, b_right: int, task: str
) -> None:
    shown = {("a", 0): a_left, ("a", 1): a_right, ("b", 0): b_left, ("b", 1): b_right}
    order = open_order(Offer(task, ("a", "b")), shown, "seed", "ana")
    lead = (a_left - a_right) - (b_left - b_right)
    if lead:
        assert order == ((1, 0) if lead > 0 else (0, 1))


def test_a_tie_is_drawn_by_lot() -> None:
    orders = [open_order(Offer(str(task), ("a", "b")), {}, "seed", "ana") for task in range(1000)]
    assert 430 < orders.count((0, 1)) < 570
    assert orders == [open_order(Offer(str(task), ("a", "b")), {}, "seed", "ana") for task in range(1000)]


def test_the_offer_that_evens_out_most_is_handed_out_and_the_first_of_equals() -> None:
    shown = {("a", 0): 1, ("b", 1): 1, ("c", 0): 1, ("d", 1): 1}
    offers = [
        Offer("more of the same", ("a", "b"), [(1, 0)]),
        Offer("does not matter", ("e", "f")),
        Offer("back to even", ("b", "a"), [(1, 0)]),
        Offer("as good", ("c", "d")),
    ]
    assert hand_out(offers, shown, "seed", "ana") == (2, (0, 1))
    assert hand_out(offers[:1], shown, "seed", "ana") == (0, (0, 1))
    with pytest.raises(ValueError, match="nothing"):
        hand_out([], shown, "seed", "ana")


@pytest.mark.parametrize("size", [3, 4, 5, 8])
def test_rankings_stand_evenly_after_every_round(size: int) -> None:
    systems = tuple("abcdefgh"[:size])
    shown: Counter[tuple[str, int]] = Counter()
    for task in range(4 * size):
        order = open_order(Offer(str(task), systems), shown, "seed", "ana")
        shown += Counter((systems[slot], place) for place, slot in enumerate(order))
        if (task + 1) % size == 0:
            assert set(shown.values()) == {(task + 1) // size}


@pytest.mark.parametrize("arrivals", [at_once, in_turn])
@pytest.mark.parametrize("views", [1, 2, 3])
def test_an_open_queue_keeps_its_stated_bound_also_when_raters_skip_or_leave(arrivals: Arrivals, views: int) -> None:
    found = measured(100, views, arrivals, 1, "another seed")
    assert found.unmirrored == 0
    assert found.worst <= stated_bound(arrivals, 100)
    assert found.within(0.95) <= 2
