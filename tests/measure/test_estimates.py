"""Means of a whole set from few human labels, held against published figures and by simulated coverage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.measure.arrays import Floats
from reviewer.measure.estimates import (
    active_mean,
    hajek,
    horvitz_thompson,
    powered_difference,
    powered_mean,
    stratified,
)

FIXTURE = Path(__file__).parents[3] / "shared" / "data" / "methods" / "estimates.json"
RUNS = 600


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    if not FIXTURE.exists():
        pytest.skip("the published figures are not here")
    return dict(json.loads(FIXTURE.read_text(encoding="utf-8")))


def test_powered_means_are_those_of_the_reference_implementation(published: dict[str, Any]) -> None:
    for case in published["ppi_mean"]:
        labels, judged, rest = (np.array(case[name]) for name in ("Y", "Yhat", "Yhat_unlabeled"))
        expected = case["expected"]
        for name, weight in (("classical_lam0", 0.0), ("ppi_lam1", 1.0), ("ppi_plus_plus", None)):
            found = powered_mean(labels, judged, rest, weight=weight).figure
            assert found.value == pytest.approx(expected[name]["estimate"], abs=1e-12)
            assert [found.low, found.high] == pytest.approx(expected[name]["ci95"], abs=1e-9)
        tuned = powered_mean(labels, judged, rest)
        assert tuned.weight == pytest.approx(expected["lambda_clipped"], abs=1e-12)
        assert tuned.saved >= -1e-9
        assert tuned.classical.value == pytest.approx(expected["classical_lam0"]["estimate"], abs=1e-12)


def test_designed_samples_are_as_by_their_definitions(published: dict[str, Any]) -> None:
    case = published["active"]
    judged, chances = np.array(case["f"]), np.array(case["pi"])
    drawn = np.flatnonzero(np.array(case["sampled"]))
    labels = np.array([case["y_of_sampled"][place] for place in drawn], dtype=float)
    expected = case["expected"]

    def se(low: float | None, high: float | None) -> float:
        assert low is not None
        assert high is not None
        return (high - low) / 2 / 1.959963984540054

    for name, found in (
        ("horvitz_thompson", horvitz_thompson(labels, chances[drawn], len(judged))),
        ("hajek", hajek(labels, chances[drawn])),
    ):
        assert found.figure.value == pytest.approx(expected[name]["estimate"], abs=1e-12)
        assert se(found.figure.low, found.figure.high) == pytest.approx(expected[name]["se"], rel=1e-9)
        assert found.error == pytest.approx(expected[name]["se"], rel=1e-9)
    active = active_mean(judged, labels, drawn, chances[drawn])
    assert active.figure.value == pytest.approx(expected["active_inference"]["estimate"], abs=1e-12)
    assert [active.figure.low, active.figure.high] == pytest.approx(expected["active_inference"]["ci95"], abs=1e-9)
    frame = active_mean(judged, labels, drawn, chances[drawn], of="frame").figure
    assert se(frame.low, frame.high) == pytest.approx(expected["active_inference"]["se_finite_population"], rel=1e-9)
    assert labels.mean() == pytest.approx(expected["naive_mean_of_sampled"])
    assert 1 < active.effective <= len(drawn)

    strata = case["stratified"]
    sizes = np.bincount(np.array(strata["strata"]))
    said = [(number, value) for number, values in enumerate(strata["y_selected"]) for value in values]
    of_strata = stratified(np.array([value for _, value in said]), np.array([number for number, _ in said]), sizes)
    assert of_strata.value == pytest.approx(strata["estimate"], abs=1e-12)
    assert of_strata.low is not None
    assert of_strata.value is not None
    from scipy.special import stdtrit

    reach = float(stdtrit(len(said) - len(sizes), 0.975))
    assert (of_strata.value - of_strata.low) / reach == pytest.approx(strata["se"], rel=1e-9)


def covered(figures: list[tuple[float | None, float | None]], truth: float) -> float:
    return float(np.mean([low is not None and high is not None and low <= truth <= high for low, high in figures]))


@pytest.mark.parametrize("n", [15, 60, 300])
def test_powered_intervals_cover_as_they_say_and_are_shorter(n: int) -> None:
    random = np.random.default_rng(n)
    found, alone, widths = [], [], []
    for _ in range(RUNS):
        truth = random.random(n + 2000) < 0.4
        judged = np.where(random.random(len(truth)) < 0.85, truth, ~truth).astype(float)
        told = powered_mean(truth[:n].astype(float), judged[:n], judged[n:])
        found.append((told.figure.low, told.figure.high))
        alone.append((told.classical.low, told.classical.high))
        widths.append(
            (told.figure.high or 0) - (told.figure.low or 0) < (told.classical.high or 0) - (told.classical.low or 0)
        )
    print(f"n {n}: covers {covered(found, 0.4):.3f}, without the judge {covered(alone, 0.4):.3f}")
    assert 0.92 <= covered(found, 0.4) <= 0.98
    assert np.mean(widths) > 0.9


def test_a_sample_that_looked_for_failures_covers_the_rate_and_its_naive_mean_does_not() -> None:
    random = np.random.default_rng(5)
    items, budget = 2000, 200
    rates: dict[str, list[tuple[float | None, float | None]]] = {"active": [], "hajek": [], "naive": []}
    naive_means = []
    truth = random.random(items) < 0.05
    suspicion = np.clip(np.where(truth, random.beta(4, 3, items), random.beta(1, 6, items)), 0.01, 0.99)
    chances = 0.3 * budget / items + 0.7 * budget * suspicion / suspicion.sum()
    rate = float(truth.mean())
    for _ in range(RUNS):
        drawn = np.flatnonzero(random.random(items) < chances)
        labels = truth[drawn].astype(float)
        active = active_mean(suspicion, labels, drawn, chances[drawn], of="frame").figure
        weighted = hajek(labels, chances[drawn]).figure
        rates["active"].append((active.low, active.high))
        rates["hajek"].append((weighted.low, weighted.high))
        reach = 1.96 * float(np.sqrt(labels.var() / len(labels)))
        rates["naive"].append((float(labels.mean()) - reach, float(labels.mean()) + reach))
        naive_means.append(float(labels.mean()))
    told = {name: covered(found, rate) for name, found in rates.items()}
    print(f"of {rate:.3f}: coverage {told}, naive mean {np.mean(naive_means):.3f}")
    assert told["active"] >= 0.9
    assert told["hajek"] >= 0.9
    assert told["naive"] < 0.2
    assert np.mean(naive_means) > 2.5 * rate


def test_a_difference_of_two_systems_is_that_of_their_differences() -> None:
    random = np.random.default_rng(1)

    def pair(n: int) -> tuple[Floats, Floats]:
        return random.normal(0.3, 1, n), random.normal(0, 1, n)

    labels, judged, rest = pair(50), pair(50), pair(400)
    both = powered_difference(labels, judged, rest).figure
    assert both == powered_mean(labels[0] - labels[1], judged[0] - judged[1], rest[0] - rest[1]).figure


def test_what_cannot_be_estimated_says_why() -> None:
    none = np.array([])
    assert powered_mean(none, none, none).figure.why
    assert powered_mean(np.array([1.0]), np.array([1.0]), none).figure.value is None
    assert horvitz_thompson(none, none, 10).figure.value is None
    assert hajek(none, none).figure.why
    assert active_mean(np.array([0.5, 0.5]), none, np.array([], dtype=int), none).figure.value is None
    assert stratified(none, np.array([], dtype=int), np.array([5])).value is None
    constant = powered_mean(np.array([1.0, 2.0, 3.0]), np.ones(3), np.ones(50))
    assert (constant.weight, constant.figure.value) == (0.0, 2.0)
    without = powered_mean(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]), none)
    assert without.weight == 0.0


def test_what_is_no_sample_is_refused() -> None:
    one, two = np.array([1.0]), np.array([1.0, 0.0])
    for wrong in (
        lambda: powered_mean(one, two, two),
        lambda: powered_mean(two, two, two, weight=2),
        lambda: hajek(two, np.array([0.0, 0.5])),
        lambda: horvitz_thompson(two, np.array([1.5, 0.5]), 3),
        lambda: hajek(one, two),
        lambda: active_mean(two, two, np.array([0]), np.array([0.5, 0.5])),
        lambda: active_mean(two, two, np.array([0, 0]), np.array([0.5, 0.5])),
        lambda: active_mean(two, two, np.array([0, 2]), np.array([0.5, 0.5])),
        lambda: active_mean(two, two, np.array([0, 1]), np.array([0.5, 0.5]), weight=2),
        lambda: active_mean(np.array([np.nan, 1.0]), one, np.array([1]), np.array([0.5])),
        lambda: stratified(two, np.array([0, 3]), np.array([5, 5])),
        lambda: stratified(two, np.array([0, 0]), np.array([1, 5])),
    ):
        with pytest.raises(ValueError, match=" "):
            wrong()


def test_strata_with_one_label_are_joined_and_counted() -> None:
    labels, strata = np.array([1.0, 0.0, 1.0, 1.0, 0.0]), np.array([0, 0, 1, 2, 2])
    found = stratified(labels, strata, np.array([10, 10, 10]))
    assert found.dropped == {"strata joined": 1}
    assert found.value is not None
    assert 0 <= found.value <= 1
    whole = stratified(np.array([1.0, 0.0]), np.array([0, 0]), np.array([2]))
    assert (whole.low, whole.high) == (0.5, 0.5)


def test_labels_without_spread_give_no_limits_unless_all_items_have_one() -> None:
    zeros, half = np.zeros(40), np.full(40, 0.5)
    for figure in (
        powered_mean(zeros, zeros, np.zeros(100)).figure,
        powered_mean(zeros, zeros, np.zeros(100)).classical,
        hajek(zeros, half).figure,
        horvitz_thompson(zeros, half, 80).figure,
        stratified(zeros, np.zeros(40, dtype=int), np.array([80])),
    ):
        assert (figure.value, figure.low, figure.high) == (0.0, None, None)
        assert figure.why
    census = hajek(np.array([0.0, 0.0, 1.0]), np.ones(3)).figure
    assert census.low == census.value == census.high == pytest.approx(1 / 3)


def test_a_rate_has_limits_within_its_bounds_also_without_spread() -> None:
    from scipy.stats import binomtest

    for hits, n in ((0, 40), (2, 40), (40, 40)):
        labels = (np.arange(n) < hits).astype(float)
        by_scipy = binomtest(hits, n).proportion_ci(method="wilson")
        for figure in (
            powered_mean(labels, np.zeros(n), np.zeros(100), rate=True).classical,
            powered_mean(labels, np.zeros(n), np.zeros(100), rate=True).figure,
        ):
            assert [figure.low, figure.high] == pytest.approx([by_scipy.low, by_scipy.high])
    # Of weights that differ, no more labels than there are.
    labels, chances = np.array([1.0] * 20 + [0.0] * 40), np.array([0.5] * 20 + [0.05] * 40)
    figure = hajek(labels, chances, rate=True).figure
    at_best = binomtest(20, 60).proportion_ci(method="wilson")
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low >= 0
    assert figure.high - figure.low > (at_best.high - at_best.low) / 3
    far = horvitz_thompson(np.ones(50), np.full(50, 0.01), 100, rate=True).figure
    assert far.high == 1.0


def test_a_judge_that_was_never_wrong_on_the_labelled_is_not_taken_to_be_never_wrong() -> None:
    labels = np.tile([1.0, 0.0], 30)
    told = powered_mean(labels, labels, np.tile([1.0, 0.0], 5000)).figure
    assert told.low is not None
    assert told.high is not None
    # A judge wrong in 5 % is right on all of 60 in one run of twenty.
    assert told.high - told.low > 0.05


def test_a_fixed_number_has_the_variance_of_a_simple_sample_where_all_chances_are_one() -> None:
    labels, items = np.array([1.0, 4.0, 2.0, 7.0, 3.0]), 20
    by_hand = (1 - 5 / 20) * labels.var(ddof=1) / 5
    chances = np.full(5, 5 / 20)
    from scipy.special import stdtrit

    for told in (horvitz_thompson(labels, chances, items, draw="fixed"), hajek(labels, chances, draw="fixed")):
        figure = told.figure
        assert figure.value == pytest.approx(labels.mean())
        assert figure.high is not None
        assert figure.high - labels.mean() == pytest.approx(float(stdtrit(4, 0.975)) * np.sqrt(by_hand))
        assert told.effective == pytest.approx(5)
        assert told.largest_weight == pytest.approx(4)
        assert told.saved == pytest.approx(0, abs=1e-9)


def test_what_was_selected_and_not_labelled_is_told() -> None:
    labels, chances = np.array([1.0, 0.0, 1.0]), np.full(3, 0.3)
    for figure in (
        hajek(labels, chances, unanswered=4).figure,
        horvitz_thompson(labels, chances, 10, unanswered=4).figure,
        active_mean(np.full(10, 0.5), labels, np.arange(3), chances, unanswered=4).figure,
        stratified(labels, np.zeros(3, dtype=int), np.array([10]), unanswered=4),
        hajek(labels[:0], chances[:0], unanswered=4).figure,
    ):
        assert figure.dropped == {"selected without a label": 4}


def test_a_useless_judge_is_tuned_away_and_a_good_one_is_kept() -> None:
    random = np.random.default_rng(8)
    truth = random.normal(size=4000)
    drawn, chances = np.arange(0, 4000, 20), np.full(200, 0.05)
    good, noise = truth + random.normal(scale=0.3, size=4000), random.normal(scale=3, size=4000)
    kept = active_mean(good, truth[drawn], drawn, chances, weight=None)
    left = active_mean(noise, truth[drawn], drawn, chances, weight=None)
    assert kept.weight > 0.7
    assert left.weight < 0.15
    assert kept.saved > 400
    assert left.saved > active_mean(noise, truth[drawn], drawn, chances).saved


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=40),
    st.lists(st.floats(0, 1), max_size=60),
)
def test_the_judge_never_makes_it_worse_than_it_says(pairs: list[tuple[float, float]], rest: list[float]) -> None:
    labels, judged = (np.array(column) for column in zip(*pairs, strict=True))
    told = powered_mean(labels, judged, np.array(rest))
    assert 0 <= told.weight <= 1
    figure = told.figure
    assert figure.value is not None
    if figure.low is None or figure.high is None:
        assert figure.why
    else:
        assert figure.low <= figure.value <= figure.high
    alone = powered_mean(labels, judged, np.array(rest), weight=0.0).figure
    assert alone.value == pytest.approx(float(labels.mean()), abs=1e-12)
