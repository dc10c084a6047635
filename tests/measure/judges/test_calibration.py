"""Calibration: against the reference figures, and how often it calls an honest judge miscalibrated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from reviewer.measure.arrays import Floats
from reviewer.measure.judges.calibration import bin_ends, binned, calibration, calibration_error
from reviewer.measure.judges.resampling import How
from tests.measure.material import shared_json


def published() -> tuple[Floats, Floats, dict[str, float]]:
    told = shared_json("methods", "judge.json")["calibration"]
    return np.array(told["confidence"]), np.array(told["correct"], dtype=float), told["expected"]


@pytest.mark.parametrize(("by", "bins"), [("width", 5), ("width", 10), ("width", 15), ("mass", 10)])
def test_the_error_is_that_of_the_reference(by: str, bins: int) -> None:
    sure, right, expected = published()
    ends = bin_ends(sure, bins, by)
    assert calibration_error(sure, right, ends) == pytest.approx(expected[f"equal_{by}_{bins}"], abs=1e-12)
    if bins <= 10:
        told = calibration(sure, right, bins=bins, by=by)
        assert told.ece.value == pytest.approx(expected[f"equal_{by}_{bins}"], abs=1e-12)
        assert sum(one.accuracy.n for one in told.bins) == len(sure)


def test_brier_score_and_log_loss_are_those_of_the_reference_and_of_scikit_learn() -> None:
    sure, right, expected = published()
    told = calibration(sure, right)
    assert told.brier.value == pytest.approx(expected["brier"], abs=1e-12)
    assert told.log_loss.value == pytest.approx(expected["log_loss"], abs=1e-12)
    assert told.brier.value == pytest.approx(brier_score_loss(right, sure), abs=1e-12)
    assert told.log_loss.value == pytest.approx(log_loss(right, sure), abs=1e-12)
    assert told.brier.low is not None
    assert told.brier.high is not None
    assert told.brier.low < expected["brier"] < told.brier.high
    assert told.overconfidence.value == pytest.approx(sure.mean() - right.mean())


def test_few_answers_get_fewer_bins_and_that_is_said() -> None:
    told = calibration(np.linspace(0.5, 0.99, 35), np.arange(35) % 2)
    assert len(told.bins) == 3
    assert "3 bins for 10" in told.note
    assert len(calibration([0.7, 0.8], [1, 0]).bins) == 1
    assert calibration([0.7, 0.8], [1, 0]).ece.low is None


def test_equal_confidences_are_never_parted_whatever_the_order_of_the_items() -> None:
    sure = np.repeat([0.9, 0.8, 0.95], [70, 20, 10])
    right = np.concatenate([np.ones(50), np.zeros(50)])
    shuffled = np.random.default_rng(3).permutation(100)
    one, other = calibration(sure, right), calibration(sure[shuffled], right[shuffled])
    assert one.ece.value == pytest.approx(other.ece.value)
    assert [bin_.accuracy.n for bin_ in one.bins] == [20, 70, 10]
    assert "many confidences are equal" in one.note


def test_bins_are_closed_above_and_0_belongs_to_the_first() -> None:
    ends = bin_ends(np.array([0.0]), 10, "width")
    assert binned(np.array([0.0, 0.1, 0.100001, 0.3, 1.0]), ends).tolist() == [0, 0, 1, 2, 9]
    assert bin_ends(np.zeros(20), 4, "mass").tolist() == [0.0, 1.0]


def test_what_is_not_known_is_dropped_and_counted() -> None:
    told = calibration([0.9, math.nan, 0.8], [1, 1, math.nan])
    assert told.ece.n == 1
    assert told.ece.dropped == {"no confidence": 1, "not known whether right": 1}
    nothing = calibration([math.nan], [1])
    assert nothing.ece.value is None
    assert nothing.p_value is None
    assert nothing.to_json()["bins"] == []


def test_full_confidence_that_is_wrong_has_no_finite_loss_and_that_is_said() -> None:
    told = calibration([1.0] * 20, [1] * 18 + [0] * 2)
    assert told.log_loss.value is None
    assert "2 answers of full confidence are wrong" in told.log_loss.why
    assert told.brier.value == pytest.approx(0.1)
    assert told.by_chance.value == 0
    assert told.p_value is not None
    assert told.p_value < 0.01


@pytest.mark.parametrize(
    ("sure", "right", "said"),
    [([1.2], [1], "0 to 1"), ([0.5], [0.5], "right is 1"), ([0.5], [1, 0], "length")],
)
def test_what_is_no_confidence_is_refused(sure: list[float], right: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        calibration(sure, right)


def test_there_are_two_kinds_of_bins() -> None:
    with pytest.raises(ValueError, match="equal luck"):
        calibration([0.5], [1], by="luck")
    with pytest.raises(ValueError, match="a bin"):
        calibration([0.5], [1], bins=0)


def test_items_of_one_cluster_stay_together() -> None:
    rng = np.random.default_rng(8)
    sure, right = np.repeat(rng.uniform(0.5, 1, 40), 5), np.repeat(rng.random(40) < 0.6, 5)
    alone = calibration(sure, right).brier
    together = calibration(sure, right, clusters=np.repeat(np.arange(40), 5)).brier
    assert alone.low is not None
    assert alone.high is not None
    assert together.low is not None
    assert together.high is not None
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_every_answer_is_in_one_bin_and_the_error_is_a_share(answers: list[tuple[float, bool]], bins: int) -> None:
    sure, right = np.array([one for one, _ in answers]), np.array([float(won) for _, won in answers])
    for by in ("mass", "width"):
        ends = bin_ends(sure, bins, by)
        at = binned(sure, ends)
        assert (sure <= ends[at + 1] + 1e-9).all()
        assert ((sure > ends[at] - 1e-9) | (at == 0)).all()
        assert -1e-12 <= calibration_error(sure, right, ends) <= 1 + 1e-12


def test_an_honest_judge_is_called_miscalibrated_at_the_nominal_rate_and_a_boaster_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(21)
    honest = boasting = 0
    for at in range(150):
        sure = rng.uniform(0.5, 1, 200)
        how = How(rounds=0, seed=at)
        honest += (calibration(sure, rng.random(200) < sure, how=how).p_value or 0) < 0.05
        boasting += (calibration(sure, rng.random(200) < sure - 0.15, how=how).p_value or 0) < 0.05
    with capsys.disabled():
        print(f"\ncalibration: honest judges flagged {honest / 150:.1%} (nominal 5 %), boasters {boasting / 150:.0%}")
    assert honest / 150 <= 0.11
    assert boasting / 150 >= 0.8
