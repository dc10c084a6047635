"""Two versions on the same items: tests and intervals as in the references, and their rates by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test
from statsmodels.stats.contingency_tables import mcnemar as of_statsmodels

from reviewer.measure.arrays import Floats
from reviewer.measure.judges.compared import (
    compared_correctness,
    compared_scores,
    compared_statistic,
    mcnemar,
    sign_flip_p,
    tango,
    tango_z,
)
from reviewer.measure.judges.resampling import How
from tests.measure.material import shared_json

QUICK = How(rounds=200)


@pytest.mark.parametrize("which", range(4))
def test_mcnemar_is_that_of_the_reference(which: int) -> None:
    row = shared_json("methods", "judge.json")["mcnemar"][which]
    told = mcnemar(row["b"], row["c"])
    assert told.p_value == pytest.approx(row["exact_p"], rel=1e-9)
    assert told.mid_p == pytest.approx(row["mid_p"], rel=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_mcnemar_is_that_of_statsmodels(b: int, c: int) -> None:
    told = mcnemar(b, c)
    expected = 1.0 if b + c == 0 else of_statsmodels([[0, b], [c, 0]], exact=True).pvalue
    assert told.p_value == pytest.approx(expected)
    assert 0 <= told.mid_p <= told.p_value <= 1


@pytest.mark.parametrize("which", range(3))
def test_tangos_interval_is_that_of_the_reference(which: int) -> None:
    row = shared_json("methods", "sequential.json")["paired_noninferiority"][which]
    b, c, n = row["base_only_correct"], row["new_only_correct"], row["n"]
    assert tango(b, c, n) == pytest.approx(row["tango_ci95"], abs=1e-9)
    assert tango_z(b, c, n, -0.05) == pytest.approx(row["tango_z_margin_0_05"], rel=1e-9)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 100))
@settings(max_examples=100, deadline=None)
def test_tangos_interval_holds_the_difference_and_turns_with_the_versions(b: int, c: int, same: int) -> None:
    n = b + c + same
    if not n:
        with pytest.raises(ValueError, match="no sense"):
            tango(b, c, n)
        return
    low, high = tango(b, c, n)
    assert -1 <= low <= (c - b) / n <= high <= 1
    assert low < high
    turned = tango(c, b, n)
    assert (-high, -low) == pytest.approx(turned, abs=1e-9)


def test_versions_that_never_differ_have_an_interval_and_p_1() -> None:
    right = np.tile([1.0, 1.0, 0.0], 40)
    told = compared_correctness(right, right, how=QUICK).answered
    assert told.p_value == 1
    assert told.difference.value == 0
    assert told.difference.low == pytest.approx(-0.03102, abs=1e-4)
    assert told.mcnemar is not None
    assert told.to_json()["mcnemar"]["mid_p"] == 1


def test_both_readings_of_abstentions_are_told() -> None:
    one = np.array([1.0, 1, 0, 1, math.nan] * 10)
    other = np.array([1.0, math.nan, 1, 1, 1] * 10)
    told = compared_correctness(one, other, how=QUICK)
    assert told.abstained == {"first": 10, "second": 10}
    assert told.answered.difference.n == 30
    assert told.answered.difference.dropped == {"not answered by both versions": 20}
    assert told.answered.mcnemar is not None
    assert (told.answered.mcnemar.first_only, told.answered.mcnemar.second_only) == (0, 10)
    assert told.abstentions_wrong.mcnemar is not None
    assert (told.abstentions_wrong.mcnemar.first_only, told.abstentions_wrong.mcnemar.second_only) == (10, 20)


def test_clusters_stay_together() -> None:
    rng = np.random.default_rng(4)
    one = np.repeat(rng.random(30) < 0.6, 6).astype(float)
    other = np.repeat(rng.random(30) < 0.7, 6).astype(float)
    alone = compared_correctness(one, other, how=QUICK).answered
    together = compared_correctness(one, other, clusters=np.repeat(np.arange(30), 6), how=QUICK).answered
    assert together.mcnemar is None
    assert together.test == "sign flips, exact"
    assert together.p_value is not None
    assert alone.p_value is not None
    assert together.p_value > alone.p_value
    assert together.difference.value == pytest.approx(alone.difference.value)


def test_sign_flips_are_mcnemars_test_where_items_are_right_or_wrong() -> None:
    gaps = np.array([1.0] * 14 + [-1.0] * 5 + [0.0] * 30)
    assert sign_flip_p(gaps, None, How())[0] == pytest.approx(mcnemar(5, 14).p_value)


def test_drawn_sign_flips_are_near_those_of_scipy() -> None:
    gaps = np.random.default_rng(6).normal(0.25, 1, 60)
    told, test = sign_flip_p(gaps, None, How())
    expected = permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=9999, rng=1).pvalue
    assert told == pytest.approx(expected, abs=0.02)
    assert "drawn" in test


def test_scores_are_compared_within_the_resample() -> None:
    rng = np.random.default_rng(9)
    base = rng.normal(3, 2, 120)
    told = compared_scores(base, base + rng.normal(0.2, 0.3, 120), how=How())
    assert told.difference.low is not None
    assert told.difference.high is not None
    assert told.first.low is not None
    assert told.first.high is not None
    # Two separate intervals would never have shown it.
    assert told.difference.low > 0
    assert told.difference.high - told.difference.low < 0.3 * (told.first.high - told.first.low)
    assert told.p_value is not None
    assert told.p_value < 0.001


def test_nothing_to_compare_is_undefined() -> None:
    told = compared_scores([math.nan, 1.0], [1.0, math.nan])
    assert told.difference.value is None
    assert told.p_value is None
    assert told.difference.dropped == {"not answered by both versions": 2}


def test_wrong_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        compared_scores([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="right is 1"):
        compared_correctness([0.5], [1.0])


def test_any_figure_of_sums_is_compared_with_an_exchange_test() -> None:
    rng = np.random.default_rng(13)
    one, other = rng.random((80, 1)), rng.random((80, 1)) + 0.2

    def root(sums: Floats) -> Floats:
        return np.sqrt(sums)

    told = compared_statistic(one, other, root, ("root",), how=QUICK)["root"]
    assert told.difference.value == pytest.approx(math.sqrt(other.sum()) - math.sqrt(one.sum()))
    assert told.p_value is not None
    plain, _ = sign_flip_p((other - one)[:, 0], None, QUICK)
    assert told.p_value == pytest.approx(plain, abs=0.01)


def test_the_interval_covers_and_the_test_errs_at_their_rates(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(31)
    covered = rejected = mid = 0
    rounds = 1500
    for _ in range(rounds):
        b, c, _rest = rng.multinomial(120, [0.1, 0.1, 0.8]).tolist()
        low, high = tango(b, c, 120)
        covered += low <= 0 <= high
        rejected += mcnemar(b, c).p_value < 0.05
        mid += mcnemar(b, c).mid_p < 0.05
    with capsys.disabled():
        print(
            f"\ncompared: Tango covers {covered / rounds:.1%} (nominal 95 %); McNemar rejects equal versions "
            f"{rejected / rounds:.1%} exact, {mid / rounds:.1%} mid-p (nominal 5 %)"
        )
    assert 0.93 <= covered / rounds <= 0.97
    assert rejected / rounds <= 0.055
    assert mid / rounds <= 0.07
