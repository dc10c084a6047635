"""Juries: votes, ties, weights learned from gold, what each judge adds, and when to abstain; by hand and by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, pearsonr

from reviewer.errors import WrongUsage
from reviewer.measure.arrays import Ints
from reviewer.measure.judges.juries import contributions, contributions_of_scores, effective_judges, fused
from reviewer.measure.judges.resampling import How
from reviewer.measure.judges.risk import at_threshold, chosen_threshold, clopper_pearson, risk_coverage
from reviewer.measure.judges.voting import voted
from reviewer.measure.judges.weights import learned_weights
from tests.measure.judges.panels import answers

FEW = How(rounds=200)


def test_votes_are_counted_ties_are_named_and_silence_is_no_vote() -> None:
    said: Ints = np.array([[0, 0, 1], [0, 1, -1], [-1, -1, -1], [2, 1, 1]])
    votes = voted(said, 3)
    assert votes.value.tolist() == [0, -1, -1, 1]
    assert votes.share[:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert np.isnan(votes.share[2])
    assert votes.credit(np.array([0, 1, 0, 2])).tolist() == pytest.approx([1, 0.5, 0, 0])
    weighted = voted(said, 3, np.array([3.0, 1.0, 1.0]))
    assert weighted.value.tolist() == [0, 0, -1, 2]
    for wrong in ([1.0, 1.0], [1.0, -1.0, 1.0], [np.nan, 1.0, 1.0]):
        with pytest.raises(WrongUsage, match="one weight"):
            voted(said, 3, np.array(wrong))


def test_mean_and_median_are_those_of_the_numbers() -> None:
    said: Ints = np.array([[0, 4, 4], [1, -1, 2], [3, 3, 3]])
    spots = np.arange(1.0, 6.0)
    names = ["a", "b", "c"]
    means = fused(said, names, tuple(range(5)), "mean", spots=spots).verdicts
    medians = fused(said, names, tuple(range(5)), "median", spots=spots).verdicts
    assert [float(one.value or 0) for one in means] == pytest.approx([11 / 3, 2.5, 4])
    assert [float(one.value or 0) for one in medians] == pytest.approx([5, 2.5, 4])
    with pytest.raises(WrongUsage, match="needs points that are numbers"):
        fused(said, names, tuple(range(5)), "mean")
    with pytest.raises(WrongUsage, match="no jury by"):
        fused(said, names, tuple(range(5)), "loudest")


@given(st.integers(0, 10_000))
def test_the_order_of_judges_and_of_items_changes_no_vote(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = rng.integers(-1, 3, (12, 4))
    judges, items = rng.permutation(4), rng.permutation(12)
    plain, turned = voted(said, 3), voted(said[items][:, judges], 3)
    assert turned.value.tolist() == plain.value[items].tolist()


def test_weights_follow_accuracy_and_only_where_gold_says_so() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 3, 600)
    said = np.column_stack([answers(rng, truth, right, 3) for right in (0.9, 0.6, 0.6)])
    told = learned_weights(said, truth, 3, how=FEW)
    assert told.kept > 0
    assert told.weights[0] > told.weights[1]
    assert told.weights.mean() == pytest.approx(1)
    assert (told.gain.difference.value or 0) > 0
    accuracy = [float(one.value or 0) for one in told.accuracies]
    assert accuracy == pytest.approx([(said[:, at] == truth).mean() for at in range(3)])
    few = learned_weights(said[:40], truth[:40], 3, how=FEW)
    assert few.weights.tolist() == [1, 1, 1]
    assert "too few to learn from" in few.why


def test_equal_judges_keep_equal_weights_and_gain_nothing() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 400)
    said = np.column_stack([answers(rng, truth, 0.75, 2) for _ in range(3)])
    told = learned_weights(said, truth, 2, how=FEW)
    assert abs(told.gain.difference.value or 0) < 0.05
    assert told.weights.max() / told.weights.min() < 1.3


def test_what_a_judge_adds_is_the_accuracy_with_it_less_without() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 300)
    said = np.column_stack([answers(rng, truth, right, 2) for right in (0.8, 0.8, 0.8, 0.5)])
    told = contributions(said, truth, 2, ("a", "b", "c", "d"), how=FEW)
    whole = voted(said, 2).credit(truth).mean()
    for at, one in enumerate(told):
        without = voted(np.delete(said, at, axis=1), 2).credit(truth).mean()
        assert one.change.value == pytest.approx(whole - without)
        assert one.alone.value == pytest.approx((said[:, at] == truth).mean())
    assert (told[0].change.value or 0) > (told[3].change.value or 0)
    alone = contributions(said[:, :1], truth, 2, ("a",), how=FEW)[0]
    assert alone.change.value is None


def test_what_a_judge_takes_off_the_error_of_a_mean() -> None:
    rng = np.random.default_rng(6)
    truth = rng.normal(size=200)
    said = truth[:, None] + rng.normal(size=(200, 3)) * np.array([0.2, 1.0, 1.0])
    told = contributions_of_scores(said, truth, ("a", "b", "c"), how=FEW)
    error = np.abs(said.mean(axis=1) - truth).mean()
    without = np.abs(said[:, 1:].mean(axis=1) - truth).mean()
    assert told[0].change.value == pytest.approx(without - error)
    assert (told[0].change.value or 0) > 0


def test_judges_that_err_together_are_fewer_than_they_look() -> None:
    rng = np.random.default_rng(7)
    errors = rng.random((2000, 3)) < 0.3
    free = effective_judges(errors.astype(float), how=FEW)
    assert free.number.value == pytest.approx(3, abs=0.3)
    same = effective_judges(np.repeat(errors[:, :1], 3, axis=1).astype(float), how=FEW)
    assert same.number.value == pytest.approx(1)
    both = np.column_stack([errors[:, 0], errors[:, 0] ^ (rng.random(2000) < 0.1)]).astype(float)
    r = float(pearsonr(both[:, 0], both[:, 1]).statistic)
    told = effective_judges(both, how=FEW)
    assert told.correlation.value == pytest.approx(r)
    assert told.number.value == pytest.approx(2 / (1 + r))
    assert effective_judges(both[:, :1], how=FEW).number.value is None


def test_risk_falls_with_coverage_where_sureness_knows_something() -> None:
    sure = np.array([0.9, 0.9, 0.8, 0.7, 0.6, 0.5])
    wrong = np.array([0, 0, 0, 1, 0, 1.0])
    told = risk_coverage(sure, wrong, how=FEW)
    assert [(one.coverage, one.risk) for one in told.steps] == pytest.approx(
        [(2 / 6, 0), (3 / 6, 0), (4 / 6, 1 / 4), (5 / 6, 1 / 5), (1, 2 / 6)]
    )
    # By hand: the mean of 0, 0, 0, 1/4, 1/5, 2/6.
    assert told.aurc.value == pytest.approx((1 / 4 + 1 / 5 + 2 / 6) / 6)
    assert told.unsorted == pytest.approx(2 / 6)


def test_equally_sure_items_count_by_the_mean_of_their_orders() -> None:
    wrong = np.array([1.0, 0.0])
    told = risk_coverage(np.array([0.5, 0.5]), wrong, how=FEW)
    # Either order: (1, 1/2) or (0, 1/2).
    assert told.aurc.value == pytest.approx((0.75 + 0.25) / 2)


@pytest.mark.parametrize(("won", "n"), [(0, 10), (3, 20), (10, 10), (49, 100)])
def test_the_exact_interval_is_that_of_the_beta_distribution(won: int, n: int) -> None:
    low, high = clopper_pearson(won, n)
    assert low == pytest.approx(beta.ppf(0.025, won, n - won + 1) if won else 0)
    assert high == pytest.approx(beta.ppf(0.975, won + 1, n - won) if won < n else 1)


def test_a_threshold_is_told_of_other_items_than_it_was_chosen_on() -> None:
    rng = np.random.default_rng(9)
    sure = rng.random(2000)
    wrong = (rng.random(2000) < 0.4 * (1 - sure)).astype(float)
    told = chosen_threshold(sure, wrong, 0.1, how=FEW)
    assert told.threshold is not None
    assert told.tuned_on == 1000
    assert told.risk.n <= 1000
    assert (told.risk.value or 1) == pytest.approx(0.1, abs=0.05)
    assert told.bound >= (told.risk.value or 0)
    none = chosen_threshold(sure, np.ones(2000), 0.1, how=FEW)
    assert none.threshold is None
    fixed = at_threshold(0.5, sure, wrong)
    assert fixed.coverage.value == pytest.approx((sure >= 0.5).mean())
    assert fixed.risk.value == pytest.approx(wrong[sure >= 0.5].mean())
