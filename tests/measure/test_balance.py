"""Balance of orders: counts by place, and the greatest difference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.measure.balance import Orders, balance


def test_counts_by_place_overall_and_by_rater() -> None:
    orders = Orders()
    for rater, systems in ((0, [0, 1]), (0, [0, 1]), (1, [1, 0]), (1, [1, 0])):
        orders.add(rater, systems)
    orders.unknown += 1
    found = balance(orders, ("a", "b", "never"), ("ana", "ben", "idle"))
    assert found.systems == ("a", "b")
    assert found.places.tolist() == [[2, 2], [2, 2]]
    assert (found.orders, found.unknown, found.greatest) == (4, 1, 0)
    assert found.of_raters == {"ana": 2, "ben": 2}
    assert found.to_json()["systems"][0] == {"system": "a", "left": 2, "right": 2}


def test_without_an_order_there_is_nothing_to_tell() -> None:
    found = balance(Orders(), ("a",), ("ana",))
    assert (found.systems, found.orders, found.greatest, found.of_raters) == ((), 0, 0, {})
    assert found.to_json()["systems"] == []
    assert balance(Orders(), (), ()).greatest == 0


@given(st.lists(st.permutations(range(4)), max_size=30))
def test_every_order_is_counted_once(drawn: list[list[int]]) -> None:
    orders = Orders()
    for order in drawn:
        orders.add(0, order)
    found = balance(orders, "abcd", ("ana",))
    assert found.places.sum() == 4 * len(drawn)
    assert all(row.sum() == len(drawn) for row in found.places)
    if drawn:
        assert found.greatest == max(row.max() - row.min() for row in found.places)
        assert list(found.to_json()["systems"][0]) == ["system", "places"]
