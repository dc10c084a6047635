from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.blinding import Permutation, drawn_order, order_key

keys = st.binary(min_size=1, max_size=40)


@given(keys, st.integers(0, 700))
def test_a_permutation_is_a_bijection_with_its_inverse(key: bytes, size: int) -> None:
    order = Permutation(key, size)
    drawn = [order.at(place) for place in range(size)]
    assert sorted(drawn) == list(range(size))
    assert [order.index(element) for element in drawn] == list(range(size))


@given(keys, st.integers(1, 2**40), st.data())
def test_the_inverse_holds_at_any_size(key: bytes, size: int, data: st.DataObject) -> None:
    order = Permutation(key, size)
    place = data.draw(st.integers(0, size - 1))
    assert 0 <= order.at(place) < size
    assert order.index(order.at(place)) == place
    assert order.at(order.index(place)) == place


@given(keys, st.integers(0, 50), st.integers(-60, 120))
def test_a_permutation_ends_where_it_ends(key: bytes, size: int, place: int) -> None:
    order = Permutation(key, size)
    if 0 <= place < size:
        assert 0 <= order.at(place) < size
        return
    with pytest.raises(IndexError):
        order.at(place)
    with pytest.raises(IndexError):
        order.index(place)


def test_no_permutation_of_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="negative"):
        Permutation(b"key", -1)


def test_the_key_decides_the_order() -> None:
    of = {key: tuple(Permutation(key, 200).at(place) for place in range(200)) for key in (b"a", b"b", b"c")}
    assert len(set(of.values())) == 3
    assert tuple(Permutation(b"a", 200).at(place) for place in range(200)) == of[b"a"]


def test_an_order_is_mixed_and_not_shifted() -> None:
    drawn = [Permutation(order_key("seed", "ana"), 2000).at(place) for place in range(2000)]
    neighbours = sum(abs(second - first) == 1 for first, second in pairwise(drawn))
    assert neighbours < 20  # two of 1,999 are expected by chance


@pytest.mark.parametrize("element", [0, 1])
def test_a_first_place_is_as_likely_for_each(element: int) -> None:
    first = sum(Permutation(order_key("seed", f"rater {rater}"), 2).at(0) == element for rater in range(1000))
    assert 400 < first < 600


def test_names_in_a_key_do_not_run_together() -> None:
    assert order_key("seed", "ab", "c") != order_key("seed", "a", "bc")
    assert order_key("seed", "ana") != order_key("seed2", "ana")


@given(keys, st.lists(st.text(), max_size=8))
def test_a_drawn_order_keeps_the_elements_and_comes_again(key: bytes, elements: list[str]) -> None:
    drawn = drawn_order(key, elements)
    assert sorted(drawn) == sorted(elements)
    assert drawn_order(key, elements) == drawn


def test_each_side_comes_first_about_as_often() -> None:
    left = sum(drawn_order(order_key("seed", f"task {task}"), ["a", "b"])[0] == "a" for task in range(1000))
    assert 400 < left < 600


def test_a_drawn_order_is_the_same_on_every_machine() -> None:
    assert drawn_order(order_key("seed", "ana", "task"), list("abcdef")) == list("fbadce")


def test_a_permutation_is_the_same_on_every_machine() -> None:
    order = Permutation(order_key("seed", "ana", "0"), 10)
    assert [order.at(place) for place in range(10)] == [9, 3, 8, 2, 7, 0, 4, 5, 1, 6]
