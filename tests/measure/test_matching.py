"""Shares of equal answers and mean gaps, with answers on one task hanging together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.measure.matching import in_parts, mean_gap, share_alike
from reviewer.measure.proportions import wilson


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_one_answer_a_task_has_wilsons_interval(alike: list[bool]) -> None:
    found = share_alike([int(one) for one in alike], [1] * len(alike), "none")
    assert found.n == len(alike)
    assert found.value == pytest.approx(sum(alike) / len(alike))
    assert (found.low, found.high) == pytest.approx(wilson(sum(alike), len(alike)))


def test_answers_on_one_task_hang_together() -> None:
    apart = share_alike([1, 1, 0, 0] * 10, [1] * 40, "none")
    together = share_alike([4, 0] * 5, [4] * 10, "none")
    assert apart.value == together.value == 0.5
    assert apart.n == together.n == 40
    assert together.low is not None
    assert apart.low is not None
    assert together.low < apart.low


def test_nothing_says_why() -> None:
    assert share_alike([], [], "nobody").why == "nobody"
    assert mean_gap([], [], "nobody").why == "nobody"


def test_a_mean_gap_has_students_interval_over_tasks() -> None:
    found = mean_gap([1.0, -1.0, 2.0, 0.0, 1.0], [0, 1, 2, 3, 4], "none")
    assert found.value == pytest.approx(0.6)
    assert found.n == 5
    # R: t.test(c(1, -1, 2, 0, 1))$conf.int
    assert (found.low, found.high) == pytest.approx((-0.8157, 2.0157), abs=1e-4)
    assert mean_gap([1.0, 2.0], [3, 3], "none").why == "no interval: one task"


@given(st.lists(st.floats(-10, 10), max_size=100), st.integers(1, 40))
def test_parts_are_in_order_and_lie_within_the_values(values: list[float], most: int) -> None:
    parts = in_parts(np.array(values, dtype=np.float64), most)
    assert len(parts) == min(most, len(values))
    assert all(min(values) - 1e-9 <= one <= max(values) + 1e-9 for one in parts)
    if len(values) <= most:
        assert parts == pytest.approx(values)
