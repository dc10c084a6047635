"""Run lengths against published figures, against simulated runs, and the limits that are solved for them."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.measure import run_length
from tests.measure.material import shared_json


def test_cusum_run_lengths_are_the_published_ones() -> None:
    for one in shared_json("methods", "sequential.json")["cusum"]:
        k, h = one["k"], one["h"]
        assert run_length.cusum(k, h) == pytest.approx(one["arl0_one_sided"], rel=1e-10)
        assert run_length.cusum_both(k, h) == pytest.approx(one["arl0_two_sided"], rel=1e-10)
        assert run_length.cusum(k, h, 1.0) == pytest.approx(one["arl_shift1_one_sided"], rel=1e-10)


def test_ewma_run_lengths_are_the_published_ones() -> None:
    for one in shared_json("methods", "sequential.json")["ewma"]:
        assert run_length.ewma(one["lam"], one["L"]) == pytest.approx(one["arl0"], rel=1e-10)
        assert run_length.ewma(one["lam"], one["L"], 1.0) == pytest.approx(one["arl_shift1"], rel=1e-10)


def test_bernoulli_run_lengths_scores_and_limits_are_the_published_ones() -> None:
    for one in shared_json("methods", "sequential.json")["bernoulli_cusum"]:
        usual, worse, step, limit = one["p0"], one["p1"], one["m"], one["h"]
        assert run_length.bernoulli_step(usual, worse) == step
        assert run_length.bernoulli(usual, step, limit) == pytest.approx(one["arl0"], rel=1e-10)
        assert run_length.bernoulli(worse, step, limit) == pytest.approx(one["arl1"], rel=1e-10)
        assert run_length.bernoulli_limit(one["arl0"] - 1e-6, usual, step) == limit
        assert run_length.bernoulli_limit(one["arl0"] + 1e-6, usual, step) > limit


@settings(max_examples=8, deadline=None)
@given(st.floats(60, 20_000), st.sampled_from([0.25, 0.5, 1.0]))
def test_a_solved_cusum_limit_has_the_run_length(every: float, k: float) -> None:
    assert run_length.cusum_both(k, run_length.cusum_limit(every, k)) == pytest.approx(every, rel=1e-6)


@settings(max_examples=6, deadline=None)
@given(st.floats(60, 20_000), st.sampled_from([0.05, 0.1, 0.2, 1.0]))
def test_a_solved_ewma_width_has_the_run_length(every: float, weight: float) -> None:
    assert run_length.ewma(weight, run_length.ewma_width(every, weight)) == pytest.approx(every, rel=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.floats(20, 3000), st.floats(0.02, 0.3), st.floats(1.5, 3.0))
def test_a_solved_bernoulli_limit_is_the_least(every: float, usual: float, times: float) -> None:
    step = run_length.bernoulli_step(usual, usual * times)
    limit = run_length.bernoulli_limit(every, usual, step)
    assert run_length.bernoulli(usual, step, limit) >= every
    assert limit == 1 or run_length.bernoulli(usual, step, limit - 1) < every


def test_an_ewma_of_weight_one_is_a_control_chart_of_single_ratings() -> None:
    # Shewhart's limits at three standard deviations: one false alarm in 370.4.
    assert run_length.ewma(1.0, 3.0) == pytest.approx(370.398, abs=0.01)


def test_what_has_no_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="no limit"):
        run_length.cusum_limit(1.0)
    with pytest.raises(ValueError, match="no limit"):
        run_length.bernoulli_limit(1e12, 0.5, 2)
    for usual, worse in ((0.0, 0.2), (0.3, 0.2), (0.2, 1.0)):
        with pytest.raises(ValueError, match="must rise"):
            run_length.bernoulli_step(usual, worse)


def test_the_chance_of_a_false_alarm_within_so_many() -> None:
    assert run_length.within(500, 500) == pytest.approx(1 - exp(-1))
    limit = run_length.cusum_limit(200)
    z = np.random.default_rng(3).normal(size=(4000, 100))
    up = down = np.zeros(4000)
    alarmed = np.zeros(4000, dtype=bool)
    for column in z.T:
        up, down = np.maximum(0, up + column - 0.5), np.maximum(0, down - column - 0.5)
        alarmed |= (up >= limit) | (down >= limit)
    # A chart that starts at 0 cannot alarm at once, so that the stated chance is a little high.
    assert run_length.within(200, 100) - 0.05 < alarmed.mean() < run_length.within(200, 100) + 0.02
