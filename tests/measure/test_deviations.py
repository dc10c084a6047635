"""Deviations from the others, freed of item and severity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.measure.deviations import ALONE, from_panel


def test_an_additive_panel_leaves_the_severity_alone() -> None:
    rng = np.random.default_rng(2)
    level, severity = rng.normal(size=30), np.array([0.7, -1.0, 0.0, 2.0])
    cells = [(i, w) for i in range(30) for w in range(4) if w == 0 or (i + w) % 3]
    item, rater = (np.array(column) for column in zip(*cells, strict=True))
    found = from_panel(item, rater, level[item] + severity[rater], 0)
    others = np.bincount(item[rater != 0], minlength=30)[item[found.rows]]
    freed = found.values / np.sqrt(others / (others + 1))
    # Whoever else rated the item, the deviation is one number.
    assert np.ptp(freed) == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 2**32), st.floats(-5, 5))
def test_a_shift_of_the_rater_moves_every_deviation_alike(seed: int, shift: float) -> None:
    rng = np.random.default_rng(seed)
    item, rater = rng.integers(0, 8, 60), rng.integers(0, 3, 60)
    value = rng.normal(size=60)
    before = from_panel(item, rater, value, 1)
    after = from_panel(item, rater, value + shift * (rater == 1), 1)
    others = np.bincount(item[rater != 1], minlength=8)[item[before.rows]]
    assert after.values - before.values == pytest.approx(shift * np.sqrt(others / (others + 1)), abs=1e-9)
    assert after.rows.tolist() == before.rows.tolist()


def test_deviations_keep_the_order_of_the_ratings_and_count_what_has_none() -> None:
    item, rater = np.array([3, 0, 3, 1, 0]), np.array([0, 1, 1, 0, 0])
    found = from_panel(item, rater, np.array([4.0, 2.0, 2.0, 9.0, 1.0]), 0)
    assert found.rows.tolist() == [0, 4]
    assert found.values == pytest.approx(np.array([2.0, -1.0]) / np.sqrt(2))
    assert found.dropped == {ALONE: 1}
    assert len(from_panel(item, rater, np.zeros(5), 7)) == 0
