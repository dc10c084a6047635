from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.store.connection import Store
from reviewer.store.order import RaterOrder
from tests.store.filling import add_items, fill, new_item

pytestmark = pytest.mark.both_databases

sizes = st.lists(st.integers(1, 60), max_size=6)
raters = st.sampled_from(["ana", "bob"])


def batches_of(lengths: list[int]) -> list[tuple[int, int]]:
    firsts = [0, *accumulate(lengths)]
    return list(zip(firsts, lengths, strict=False))


@given(sizes, raters, st.booleans())
def test_an_order_is_a_bijection_with_its_inverse(lengths: list[int], rater: str, shuffle: bool) -> None:
    order = RaterOrder(batches_of(lengths), "seed", rater, shuffle=shuffle)
    assert order.size == sum(lengths)
    drawn = [order.position(seq) for seq in range(order.size)]
    assert sorted(drawn) == list(range(order.size))
    assert [order.seq(position) for position in drawn] == list(range(order.size))
    if not shuffle:
        assert drawn == list(range(order.size))


@given(sizes, raters, st.integers(1, 60))
def test_what_comes_later_moves_nothing(lengths: list[int], rater: str, more: int) -> None:
    before = RaterOrder(batches_of(lengths), "seed", rater, shuffle=True)
    after = RaterOrder(batches_of([*lengths, more]), "seed", rater, shuffle=True)
    assert [after.position(seq) for seq in range(before.size)] == [before.position(seq) for seq in range(before.size)]
    assert {after.position(seq) for seq in range(before.size, after.size)} == set(range(before.size, after.size))


@given(sizes, st.integers(-5, 400))
def test_an_order_ends_where_it_ends(lengths: list[int], seq: int) -> None:
    order = RaterOrder(batches_of(lengths), "seed", "ana", shuffle=True)
    if 0 <= seq < order.size:
        assert order.seq(order.position(seq)) == seq
        return
    with pytest.raises(IndexError):
        order.position(seq)
    with pytest.raises(IndexError):
        order.seq(seq)


def test_raters_queues_and_batches_have_orders_of_their_own() -> None:
    def drawn(seed: str, rater: str, first: int = 0) -> list[int]:
        order = RaterOrder([(first, 50)], seed, rater, shuffle=True)
        return [order._drawn[0].at(place) if order._drawn else 0 for place in range(50)]

    orders = [drawn("s", "ana"), drawn("s", "bob"), drawn("t", "ana"), drawn("s", "ana", 50)]
    assert len({tuple(order) for order in orders}) == 4
    assert drawn("s", "ana") == orders[0]


def test_the_order_of_a_stored_queue_grows_with_its_batches(store: Store) -> None:
    queue = fill(store, items=8)
    with store.reading() as connection:
        before = RaterOrder.load(connection, queue.id, queue.seed, "ana", shuffle=True)
    add_items(store, queue, [new_item(number) for number in range(100, 105)])
    with store.reading() as connection:
        after = RaterOrder.load(connection, queue.id, queue.seed, "ana", shuffle=True)
    assert (before.size, after.size) == (8, 13)
    assert [after.position(seq) for seq in range(8)] == [before.position(seq) for seq in range(8)]
