"""Figures in one row of characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.text.sparkline import interval, sparkline


def test_the_lowest_and_the_highest_stand_at_the_ends() -> None:
    assert sparkline([0, 1, 2]) == "▁▅█"
    assert sparkline([3.0, 3.0]) == "▄▄"
    assert sparkline([]) == ""


def test_a_value_stands_between_its_limits() -> None:
    assert interval(0.0, -0.5, 0.5, (-1.0, 1.0), 9) == "  ├─●─┤  "
    assert interval(1.0, None, None, (0.0, 1.0), 5) == "    ●"
    assert interval(1.0, None, None, (1.0, 1.0), 5) == ""


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), st.integers(1, 60))
def test_a_line_is_as_wide_as_it_is_asked_for(ends: list[float], columns: int) -> None:
    low, value, high = sorted(ends)
    assert len(interval(value, low, high, (low, high), columns)) in (0, columns)


@given(st.lists(st.floats(-1e6, 1e6), max_size=50))
def test_one_character_a_figure(values: list[float]) -> None:
    assert len(sparkline(values)) == len(values)
