"""Majority, mean and median: what they say, and the ties that they name."""

from __future__ import annotations

import json
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.consensus import METHODS, consensus, majority, mean, median, median_point
from reviewer.measure.verdicts import NO_RATING, Verdict
from tests.measure.material import shared_json

POINTS = (1, 2, 3, 4, 5)
SOME = settings(max_examples=100, deadline=None)
rated = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=40)


def columns(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1], [f"i{at}" for at in range(7)]


@SOME
@given(rated)
def test_the_majority_is_what_counting_gives(rows: list[tuple[int, int]]) -> None:
    item, point, items = columns(rows)
    for at, one in enumerate(majority(item, point, items=items, points=POINTS).verdicts):
        counts = Counter(POINTS[said] for of, said in rows if of == at)
        assert (one.item, one.n) == (items[at], counts.total())
        if not counts:
            assert (one.value, one.support, one.why) == (None, None, NO_RATING)
            continue
        most = max(counts.values())
        leaders = sorted(point for point, votes in counts.items() if votes == most)
        assert one.support == most / counts.total()
        if len(leaders) == 1:
            assert (one.value, one.tied, one.why) == (leaders[0], (), "")
        else:
            assert (one.value, one.tied, one.why) == (None, tuple(leaders), f"{len(leaders)} points are tied")


@SOME
@given(rated)
def test_mean_and_median_are_those_of_the_standard_library(rows: list[tuple[int, int]]) -> None:
    item, point, items = columns(rows)
    value = np.array(POINTS, dtype=np.float64)[point]
    means = mean(item, value, items=items).verdicts
    medians = median(item, value, items=items).verdicts
    middles = median_point(item, point, items=items, points=POINTS).verdicts
    for at in range(7):
        said = [POINTS[one] for of, one in rows if of == at]
        if not said:
            assert means[at] == medians[at] == middles[at] == Verdict(items[at], None, 0, why=NO_RATING)
            continue
        assert means[at].value == pytest.approx(statistics.mean(said))
        assert means[at].spread == (pytest.approx(statistics.stdev(said)) if len(said) > 1 else None)
        assert bool(means[at].why) == (len(said) == 1)
        assert (medians[at].value, medians[at].spread) == (statistics.median(said), max(said) - min(said))
        low, high = statistics.median_low(said), statistics.median_high(said)
        assert middles[at].value == (low if low == high else None)
        assert middles[at].tied == (() if low == high else (low, high))
        assert middles[at].spread == max(said) - min(said)


def test_tied_tasks_of_a_published_aggregation_are_named() -> None:
    told = shared_json("methods", "aggregation.json")
    panel = Panel.of(Ratings.of(*zip(*((item, rater, str(said)) for item, rater, said in told["labels"]), strict=True)))
    found = consensus(panel, "majority")
    assert [one.item for one in found.verdicts if one.tied] == told["expected"]["tied_tasks"]
    assert found.tied == found.undecided == len(told["expected"]["tied_tasks"])
    for one in found.verdicts:
        counts = told["expected"]["majority_counts"][one.item]
        assert one.n == sum(counts)
        assert one.support == max(counts) / sum(counts)


def test_equal_ratings_have_exactly_their_value_for_a_mean() -> None:
    (one,) = mean(np.zeros(3, dtype=np.int64), np.full(3, 0.1), items=["a"]).verdicts
    assert (one.value, one.spread, one.n) == (0.1, 0.0, 3)


def test_a_scale_without_order_or_numbers_has_no_such_middle() -> None:
    nominal = Panel.of(Ratings.of("aab", "xyx", ["yes", "no", "yes"]))
    for method in ("mean", "median"):
        with pytest.raises(WrongUsage, match=f"nominal points have no {method}"):
            consensus(nominal, method)
    assert consensus(nominal, "majority").verdicts[0].tied == ("no", "yes")
    words = Panel.of(Ratings.of("aaa", "xyz", ["low", "mid", "high"]), "ordinal", ("low", "mid", "high"))
    with pytest.raises(WrongUsage, match="no numbers"):
        consensus(words, "mean")
    assert consensus(words, "median").verdicts[0].value == "mid"
    with pytest.raises(WrongUsage, match="no consensus by 'dice'"):
        consensus(nominal, "dice")


def test_the_level_says_whether_a_median_may_lie_between_points() -> None:
    ratings = Ratings.of("aaaa", "wxyz", ["2", "3", "4", "5"])
    ordinal = consensus(Panel.of(ratings, "ordinal"), "median")
    assert (ordinal.verdicts[0].value, ordinal.verdicts[0].tied) == (None, (3, 4))
    assert ordinal.verdicts[0].why == "the middle lies between 3 and 4"
    assert consensus(Panel.of(ratings, "interval"), "median").verdicts[0].value == 3.5


@pytest.mark.parametrize("method", METHODS)
def test_a_program_is_told_what_is_undefined_and_why(method: str) -> None:
    panel = Panel.of(Ratings.of("aaabbcddd", "xyzxyxxyz", list("122121122")), points=("1", "2", "3"))
    told = json.loads(json.dumps(consensus(panel, method).to_json(), allow_nan=False))
    assert told["method"] == method
    assert [one["item"] for one in told["items"]] == list("abcd")
    for one in told["items"]:
        assert one["value"] is not None or one["why"]
    if method != "dawid_skene":
        assert told["warnings"] == ["1 item has one rating, which stands alone"]


def test_columns_that_do_not_fit_are_refused() -> None:
    one, two = np.zeros(1, dtype=np.int64), np.zeros(2, dtype=np.int64)
    with pytest.raises(ValueError, match="differ in length"):
        majority(one, two, items=["a"], points=POINTS)
    with pytest.raises(ValueError, match="names nothing"):
        majority(one + 1, one, items=["a"], points=POINTS)
    with pytest.raises(ValueError, match="names nothing"):
        median_point(one, one + 5, items=["a"], points=POINTS)
    with pytest.raises(ValueError, match="no number"):
        mean(one, np.array([np.nan]), items=["a"])
    assert majority(one[:0], one[:0], items=[], points=()).verdicts == ()
