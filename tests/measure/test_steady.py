"""Limits from a baseline: the chain of runs against the integral equation, and what estimation costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reviewer.measure import run_length
from reviewer.measure.arrays import Floats
from reviewer.measure.steady import FARTHEST, Chart, Steady, run_lengths


def quantiles(n: int) -> Floats:
    """Normal numbers without any chance in them."""
    from scipy.special import ndtri

    spread: Floats = ndtri((np.arange(n) + 0.5) / n)
    return spread


def certain(deviations: Floats) -> Steady:
    """A baseline that is taken for known."""
    steady = Steady.of(deviations, 1, np.random.default_rng(0))
    return replace(steady, means=np.array([steady.mean]), sds=np.array([steady.sd]))


def test_the_chain_agrees_with_the_integral_equation() -> None:
    steady = certain(quantiles(4000))
    chart, limit = Chart(), 4.5
    assert steady.every(chart, limit) == pytest.approx(run_length.cusum_both(0.5, limit), rel=0.06)
    assert steady.delay(chart, limit) == pytest.approx(run_length.cusum(0.5, limit, 1.0), rel=0.01)
    smooth, held = Chart(weight=0.1), run_length.ewma_limit(0.1, 2.814)
    assert steady.every(smooth, held) == pytest.approx(run_length.ewma(0.1, 2.814), rel=0.06)
    assert steady.delay(smooth, held) == pytest.approx(run_length.ewma(0.1, 2.814, 1.0), rel=0.01)


def test_runs_of_a_coin_are_those_of_its_chain() -> None:
    # Steps of ± 1 with a floor at 0: an alarm at 4 takes 4 · 5 steps of a fair coin on average.
    z, shares = np.array([[1.0, -1.0]]), np.array([0.5, 0.5])
    assert run_lengths(Chart(k=0.0), 4.0, z, shares)[0] == pytest.approx(20.0)


def test_many_values_are_held_by_a_grid_with_the_same_mean() -> None:
    deviations = np.random.default_rng(5).gamma(2.0, size=500)
    steady = Steady.of(deviations, 50, np.random.default_rng(0))
    assert len(steady.atoms) <= 41
    assert float(steady.shares.sum()) == pytest.approx(1.0)
    assert float(steady.atoms @ steady.shares) == pytest.approx(float(deviations.mean()))
    variance = float(np.square(steady.atoms - steady.mean) @ steady.shares)
    assert variance == pytest.approx(float(deviations.var(ddof=1)), rel=0.01)


def test_a_shorter_baseline_has_a_higher_limit_and_a_longer_delay() -> None:
    chart = Chart()
    limits, delays = [], []
    for ratings in (30, 60, 200):
        steady = Steady.of(quantiles(ratings), 150, np.random.default_rng(1))
        limits.append(steady.limit(chart, 500, 5, 40))
        delays.append(steady.delay(chart, limits[-1]))
        assert steady.every(chart, limits[-1]) == pytest.approx(500, rel=0.01)
    assert limits[0] > limits[1] > limits[2] > run_length.cusum_limit(500) - 0.15
    assert delays[0] > delays[1] > delays[2]


def test_one_far_deviation_counts_as_three_standard_deviations() -> None:
    steady = certain(quantiles(100))
    assert steady.standardised(np.array([1000.0, -1000.0])).tolist() == [FARTHEST, -FARTHEST]


def test_deviations_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="the same"):
        Steady.of(np.zeros(50), 100, np.random.default_rng(0))


def test_a_limit_is_found_from_anywhere_or_refused() -> None:
    steady, chart = Steady.of(quantiles(80), 40, np.random.default_rng(1)), Chart()
    from_below, from_above = steady.limit(chart, 300, 1, 40), steady.limit(chart, 300, 20, 40)
    assert from_below == pytest.approx(from_above, rel=0.01)
    with pytest.raises(ValueError, match="no limit"):
        steady.limit(chart, 1e9, 5, 6)
