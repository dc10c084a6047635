"""Small simulations with fixed seeds; `python -m tests.benchmarks.rank_simulations` prints larger ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.measure.simulations import coverage, flagged

# Of 400 runs at 5 %, 32 or more come about once in a hundred; the seeds are fixed besides.
MOST_OF_400 = 32


@pytest.mark.parametrize("gap", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("balanced", [False, True])
def test_a_fair_rater_is_rarely_flagged_at_any_gap(gap: float, balanced: bool) -> None:
    assert flagged(400, votes=40, gap=gap, balanced=balanced).hits <= MOST_OF_400


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("systems", [2, 6])
def test_a_rater_who_always_takes_the_first_is_always_flagged(systems: int, balanced: bool) -> None:
    assert flagged(100, votes=30, systems=systems, gap=1.0, side=50.0, balanced=balanced).value == 1


def test_power_grows_with_the_lean_and_with_the_votes() -> None:
    little, more, much = (flagged(150, votes=60, side=side).hits for side in (0.4, 0.8, 1.6))
    assert little < more < much
    assert flagged(150, votes=240, side=0.4).hits > little


@pytest.mark.parametrize(("votes_per_item", "item_spread"), [(1, 0.0), (4, 1.5)])
def test_intervals_cover_also_where_votes_hang_together(votes_per_item: int, item_spread: float) -> None:
    found = coverage(
        60,
        np.array([0.8, 0.3, 0.0, -1.1]),
        items=250,
        votes_per_item=votes_per_item,
        item_spread=item_spread,
        rounds=200,
    )
    assert found.without_interval == 0
    assert 0.88 <= found.strengths.value <= 0.99
    assert 0.88 <= found.differences.value <= 0.99
    assert found.ranks.value >= 0.93
