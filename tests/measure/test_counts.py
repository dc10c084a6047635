"""Counts by item: nothing is lost on the way, and a resample is what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.measure.counts import count
from reviewer.measure.votes import Votes

ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(1, 3),
        st.sampled_from(["left", "right", "tie", "both_bad"]),
        st.sampled_from(["left", "right"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=40,
)


def of_rows(rows: list[tuple[int, int, str, str, int]]) -> Votes:
    return Votes.of(
        [str(a) for a, *_ in rows],
        [str((a + step) % 4) for a, step, *_ in rows],
        [row[2] for row in rows],
        shown_first=[row[3] for row in rows],
        item=[str(row[4]) for row in rows],
    )


@given(ROWS, st.booleans())
@settings(deadline=None)
def test_counts_are_what_counting_by_hand_gives(rows: list[tuple[int, int, str, str, int]], as_shown: bool) -> None:
    votes = of_rows(rows)
    counts = count(votes, as_shown=as_shown)
    expected: dict[tuple[str, str, str], int] = {}
    for a, step, winner, first, _ in rows:
        if winner == "both_bad":
            continue
        sides = {"left": str(a), "right": str((a + step) % 4)}
        order = (sides[first], sides["left" if first == "right" else "right"])
        if not as_shown:
            order = (min(order, key=votes.systems.index), max(order, key=votes.systems.index))
        key = (*order, "tie" if winner == "tie" else sides[winner])
        expected[key] = expected.get(key, 0) + 1
    found: dict[tuple[str, str, str], int] = {}
    for edge in range(len(counts.edges)):
        pair = (votes.systems[counts.edges.first[edge]], votes.systems[counts.edges.second[edge]])
        for outcome, number in zip((*pair, "tie"), counts.total[edge].tolist(), strict=True):
            if number:
                found[(*pair, outcome)] = int(number)
    assert found == expected


@given(ROWS)
@settings(deadline=None)
def test_items_drawn_once_each_are_the_whole(rows: list[tuple[int, int, str, str, int]]) -> None:
    votes = of_rows(rows)
    counts = count(votes, as_shown=True, grouped=False)
    assert counts.items == len({row[4] for row in rows if row[2] != "both_bad"})
    assert (counts.weighted(np.ones((1, counts.items)))[0] == counts.total).all()


@pytest.mark.parametrize("with_items", [True, False])
def test_resamples_draw_as_many_items_as_there_are(with_items: bool) -> None:
    rng = np.random.default_rng(3)
    number = 400
    left = rng.integers(0, 3, number)
    votes = Votes.of(
        [str(a) for a in left],
        [str((a + 1) % 3) for a in left],
        [("left", "right", "tie")[a] for a in rng.integers(0, 3, number)],
        item=[str(a // 2) for a in range(number)] if with_items else None,
    )
    counts = count(votes, as_shown=False)
    drawn = np.concatenate(list(counts.resamples(rng, 300)))
    assert drawn.shape == (300, len(counts.edges), 3)
    # Two votes an item, or one each: every resample holds as many votes as there are.
    assert (drawn.sum(axis=(1, 2)) == number).all()
    error = drawn.std(axis=0) / np.sqrt(300)
    assert (np.abs(drawn.mean(axis=0) - counts.total) < 5 * error + 1e-9).all()


def test_equal_items_share_a_row_and_resample_alike() -> None:
    votes = Votes.of(["a", "b"] * 200, ["b", "a"] * 200, ["left"] * 400, item=[str(a // 2) for a in range(400)])
    grouped, apart = count(votes, as_shown=False), count(votes, as_shown=False, grouped=False)
    assert len(grouped.repeats) == 1
    assert len(apart.repeats) == grouped.items == apart.items == 200
    rng = np.random.default_rng(0)
    assert (next(grouped.resamples(rng, 5)) == 1.0 * grouped.total).all()
