from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.rubric import Preference, format_ranking, parse_preference, parse_ranking, preference_fault

FIVE = Preference()
STRICT = Preference(scale=5, allow_tie=False, allow_both_bad=False)


@pytest.mark.parametrize(("raw", "value"), [("-2", -2), ("0", 0), (2, 2), ("both_bad", "both_bad"), ("1.0", 1)])
def test_preferences_that_are_read(raw: object, value: object) -> None:
    assert parse_preference(FIVE, raw) == value


@pytest.mark.parametrize(
    ("preference", "raw", "said"),
    [
        (STRICT, "0", "a tie is not allowed by this rubric"),
        (STRICT, "both_bad", "both bad is not allowed by this rubric"),
        (FIVE, "3", "must be one of -2, -1, 0, 1, 2"),
        (Preference(scale=2), 0, "must be one of -1, 1"),
        (Preference(scale=3), 2, "must be one of -1, 0, 1"),
        (FIVE, "left", "must be a step or both_bad"),
        (FIVE, True, "must be a step or both_bad"),
        (FIVE, 10**40, "must be one of"),
        (FIVE, None, "must be a step or both_bad"),
    ],
)
def test_preferences_that_are_refused(preference: Preference, raw: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_preference(preference, raw)


def test_every_step_is_right() -> None:
    assert [preference_fault(FIVE, step) for step in FIVE.steps] == [""] * 5


def test_rankings() -> None:
    assert parse_ranking("2>1=3", 3) == [[2], [1, 3]]
    assert parse_ranking(" 2 > 3 = 1 ", 3) == [[2], [1, 3]]
    assert format_ranking([[2], [1, 3]]) == "2>1=3"


@pytest.mark.parametrize(
    "raw", ["", "2>1", "2>1=4", "1>1>2", "3>2>1>", "a>b>c", [[1], []], [1, 2, 3], [[True], [2], [3]], None]
)
def test_rankings_that_are_refused(raw: object) -> None:
    with pytest.raises(BadInput, match=r"ranking: it must hold|ranking: it must be a list of groups"):
        parse_ranking(raw, 3)


@given(st.permutations(range(1, 7)), st.sets(st.integers(1, 5)))
def test_a_ranking_comes_back(order: list[int], cuts: set[int]) -> None:
    edges = [0, *sorted(cuts), 6]
    ranking = [sorted(order[low:high]) for low, high in pairwise(edges)]
    assert parse_ranking(format_ranking(ranking), 6) == ranking
