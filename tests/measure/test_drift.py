"""Drift alarms: at the stated rate for steady raters, soon after a shift, and none where too little is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.measure.drift import LESS_ACCURATE, MORE_LENIENT, MORE_SEVERE, Watch, watch, watch_agreement
from tests.simulations.drift import SHAPES, gold_seen, seen

KNOWN = (0.0, 1.0)


@pytest.mark.parametrize(("chart", "alarms"), [("cusum", 10.5), ("ewma", 10.3)])
def test_false_alarms_of_known_raters_come_at_the_stated_rate(chart: str, alarms: float) -> None:
    z = np.random.default_rng(11).normal(size=300_000)
    found = watch(z, Watch(chart=chart), KNOWN)
    assert found.one_in == pytest.approx(500)
    # 600 are stated, and about their root is chance.
    assert abs(len(found.alarms) - 600) < 3 * np.sqrt(600)
    assert found.delay == pytest.approx(alarms, abs=0.2)


@pytest.mark.parametrize(
    ("shape", "chart", "baseline"),
    [
        ("normal", "cusum", 50),
        ("normal", "ewma", 100),
        ("five_points", "cusum", 50),
        ("panel", "cusum", 100),
        ("panel", "ewma", 50),
        ("skewed", "cusum", 100),
    ],
)
def test_false_alarms_on_an_estimated_baseline_come_at_the_stated_rate(shape: str, chart: str, baseline: int) -> None:
    one = seen(SHAPES[shape], Watch(chart=chart, baseline=baseline, draws=40), runs=24, ratings=1500, seed=5)
    assert one.error < 0.5
    assert abs(one.false_alarms - 1) < 3 * one.error
    assert one.without == 0
    assert 7 < one.delay < 18
    assert 10 < one.stated_delay < 18


def test_a_long_baseline_costs_little_delay() -> None:
    how = Watch(baseline=400, draws=40)
    one = seen(SHAPES["five_points"], how, runs=24, ratings=3000, seed=3)
    assert one.error < 0.2
    assert abs(one.false_alarms - 1) < 3 * one.error
    assert one.delay == pytest.approx(one.stated_delay, abs=3)
    assert one.stated_delay == pytest.approx(10.5, abs=1)


def test_an_estimate_taken_for_known_alarms_too_often() -> None:
    rng = np.random.default_rng(8)
    alarms = 0
    for _ in range(40):
        first, later = rng.normal(size=50), rng.normal(size=2000)
        alarms += len(watch(later, Watch(), (float(first.mean()), float(first.std(ddof=1)))).alarms)
    assert alarms > 1.3 * 40 * 2000 / 500


def test_agreement_with_gold_alarms_at_the_stated_rate() -> None:
    one = gold_seen(0.1, 0.3, Watch(), ratings=200_000, seed=4)
    assert abs(one.false_alarms - 1) < 3 * one.error
    assert one.delay == pytest.approx(one.stated_delay, rel=0.15)


def test_the_direction_and_the_place_of_a_shift() -> None:
    z = np.random.default_rng(2).normal(size=120)
    z[90:] -= 2.0
    found = watch(z, Watch(draws=60))
    assert found.verdict is True
    assert found.alarm is not None
    assert found.alarm.direction == MORE_SEVERE
    assert 85 <= found.alarm.since <= found.alarm.rating <= 105
    assert found.limit is not None
    assert found.path[found.alarm.rating - 51] <= -found.limit
    assert len(found.path) == 70
    turned = watch(z, Watch(draws=60, higher="severe"))
    assert turned.alarm is not None
    assert turned.alarm.direction == MORE_LENIENT
    assert json.loads(json.dumps(found.to_json()))["alarms"][0]["direction"] == MORE_SEVERE


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 10), st.floats(-100, 100), st.integers(0, 50))
def test_unit_and_origin_of_the_deviations_do_not_matter(scale: float, origin: float, seed: int) -> None:
    z = np.random.default_rng(seed).integers(-2, 3, 80).astype(np.float64)
    how = Watch(draws=20)
    plain, moved = watch(z, how), watch(z * scale + origin, how)
    assert plain.limit is not None
    assert moved.limit == pytest.approx(plain.limit, rel=0.02)
    assert moved.verdict == plain.verdict


def test_the_mirror_image_drifts_the_other_way() -> None:
    z = np.random.default_rng(4).normal(size=400)
    z[200:] += 1.5
    here, there = watch(z, None, KNOWN), watch(-z, None, KNOWN)
    assert [one.rating for one in here.alarms] == [one.rating for one in there.alarms]
    assert {one.direction for one in here.alarms} == {MORE_LENIENT}
    assert {one.direction for one in there.alarms} == {MORE_SEVERE}
    assert here.path == pytest.approx([-one for one in there.path])


def test_several_raters_at_once_raise_the_limit_and_say_so() -> None:
    z = np.random.default_rng(6).normal(size=100)
    one, many = watch(z, Watch(), KNOWN), watch(z, Watch(raters=12), KNOWN)
    assert one.limit is not None
    assert many.limit is not None
    assert many.limit > one.limit
    assert many.one_in == pytest.approx(6000)
    assert one.rate == "one false alarm in 500 ratings on average for a steady rater"
    assert many.rate == (
        "one false alarm in 6,000 ratings on average for a steady rater, so that 12 steady raters together have one "
        "while each gives 500"
    )


def test_too_little_gives_no_verdict_with_a_reason() -> None:
    z = np.random.default_rng(6).normal(size=59)
    short = watch(z)
    assert (short.verdict, short.limit, short.alarms, short.rate) == (None, None, (), "")
    assert short.why == "59 ratings are too few: 50 say what is steady, and 10 more are the least"
    still = watch(np.zeros(200))
    assert "0 deviate" in still.why
    assert still.to_json()["verdict"] is None
    assert watch(z[:5], None, KNOWN).why == "5 ratings are too few to watch; 10 are the least"
    assert watch_agreement([True], 0.1, 0.2).why == "1 rating on gold are too few; 10 are the least"


def test_ratings_that_hang_together_are_noted() -> None:
    rng = np.random.default_rng(9)
    z = rng.normal(size=200)
    assert len(watch(z, Watch(draws=20)).notes) == 1
    hanging = np.convolve(z, np.ones(5), "valid")
    assert "false alarms come more often" in watch(hanging, Watch(draws=20)).notes[1]


def test_misses_of_gold_raise_an_alarm() -> None:
    agreed = [True] * 40 + [False] * 12
    found = watch_agreement(agreed, 0.1, 0.3)
    assert found.alarm is not None
    assert found.alarm.direction == LESS_ACCURATE
    assert found.alarm.since == 41
    assert found.one_in is not None
    assert found.one_in >= 500
    assert watch_agreement([True] * 40, 0.1, 0.3).verdict is False


def test_the_same_seed_gives_the_same() -> None:
    z = np.random.default_rng(1).normal(size=150)
    assert watch(z, Watch(draws=30, seed=3)) == watch(z, Watch(draws=30, seed=3))


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 10},
        {"raters": 0},
        {"chart": "shewhart"},
        {"k": 0},
        {"weight": 2},
        {"baseline": 20},
        {"draws": 1},
        {"seed": -1},
        {"higher": "kind"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongUsage):
        Watch(**wrong)  # type: ignore[arg-type]


def test_deviations_must_be_numbers() -> None:
    with pytest.raises(ValueError, match="no number"):
        watch(np.array([1.0, np.nan] * 50))
    with pytest.raises(ValueError, match="above 0"):
        watch(np.zeros(50), None, (0.0, 0.0))
