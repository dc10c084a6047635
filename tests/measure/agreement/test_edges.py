"""Where figures are undefined they say why; and the same ratings give the same figures however they come."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from reviewer.errors import BadInput, WrongUsage
from reviewer.measure.agreement.agree import measure_agreement
from reviewer.measure.agreement.alpha import Alpha, ScatteredAlpha
from reviewer.measure.agreement.bootstrap import intervals
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.kinds import kinds_of
from reviewer.measure.agreement.ratings import AGAIN, OFF_SCALE, Panel, Ratings
from reviewer.measure.agreement.report import MEASURES, Settings
from reviewer.measure.agreement.scale import LEVELS, canonical, parse_scale
from tests.measure.agreement.panels import QUICK, Table, ratings_of, report_of, tables, values_of

SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CHANCE = ("fleiss_kappa", "conger_kappa", "krippendorff_alpha")


def test_a_unanimous_panel_is_undefined_and_says_so() -> None:
    report = report_of([[3, 3, 3]] * 12, points=tuple("12345"))
    for name in CHANCE:
        figure = report.measures[name]
        assert figure.value is None
        assert figure.why == "all 36 ratings are 3: agreement is 100 %, and chance would give no less"
    for name in ("percent_agreement", "brennan_prediger", "gwet_ac1", "gwet_ac2"):
        assert report.measures[name].value == 1
    assert report.measures["icc_2_1"].why == "all values are the same"
    assert report.prevalence.modal == ("3", 1.0)
    assert any("kappa cannot judge" in note for note in report.notes)
    assert report.costly_items == []


def test_a_unanimous_panel_on_the_one_value_seen_has_no_scale_to_judge_by() -> None:
    report = report_of([[3, 3]] * 12)
    assert report.measures["percent_agreement"].value == 1
    assert report.measures["gwet_ac1"].value is None
    assert report.measures["cohen_kappa"].why.startswith("all 24 ratings are 3")
    assert report.measures["spearman"].why == "all 24 ratings are 3"


def test_resamples_that_are_all_the_same_make_no_interval() -> None:
    figure = report_of([[3, 3, 3]] * 12, points=tuple("12345"), rounds=100).measures["percent_agreement"]
    assert (figure.value, figure.low, figure.high) == (1, None, None)
    assert figure.why == "no interval: every resample gives the same"


def test_one_rater_alone() -> None:
    report = report_of([[1], [2], [3]], rounds=100)
    assert all(figure.value is None for figure in report.measures.values())
    assert {figure.why for figure in report.measures.values()} == {"one rater alone agrees with nobody"}
    assert report.pairs == []
    assert report.raters_out == []


def test_raters_that_never_met() -> None:
    report = report_of([[1, None], [2, None], [None, 1], [None, 2]], rounds=100)
    assert {figure.why for figure in report.measures.values()} == {"no item has two ratings"}
    assert (report.items, report.missing) == (4, 4)
    assert report.pairs == []


def test_figures_of_two_raters_are_not_made_up_for_more() -> None:
    report = report_of([[1, 2, 1], [2, 2, 2], [3, 3, 1]])
    assert report.measures["cohen_kappa"].value is None
    assert report.measures["cohen_kappa"].why == "for two raters, and there are 3: see the pairs"
    assert [row.raters for row in report.pairs] == [("r0", "r1"), ("r0", "r2"), ("r1", "r2")]
    assert [row.items for row in report.pairs] == [3, 3, 3]


def test_nominal_points_have_no_order_and_texts_are_no_numbers() -> None:
    nominal = report_of([[1, 2], [2, 2], [3, 3]], level="nominal")
    assert nominal.measures["cohen_kappa_linear"].why == "nominal points have no order"
    assert nominal.measures["pearson"].value is None
    texts = Ratings.of(list("112233"), list("ababab"), ["low", "mid", "mid", "mid", "high", "high"])
    ordinal = measure_agreement(texts, Settings(level="ordinal", points=("low", "mid", "high"), rounds=0))
    found = ordinal.criteria["score"].measures
    assert found["icc_1_1"].why == "the points are no numbers"
    assert found["cohen_kappa_quadratic"].value is not None
    assert found["kendall_tau"].value is not None
    assert measure_agreement(texts, QUICK).criteria["score"].scale.level == "nominal"


def test_a_scale_seen_is_said_and_its_gaps_too() -> None:
    report = report_of([[1, 1], [2, 2], [4, 2]])
    assert report.to_json()["scale"] == "seen"
    assert "3 between them was never given" in report.notes[0]
    named = report_of([[1, 1], [2, 2], [4, 2]], points=parse_scale("1-5"))
    assert named.to_json()["scale"] == [1, 2, 3, 4, 5]
    assert named.prevalence.unused == ("3", "5")
    assert named.measures["cohen_kappa_linear"].value != report.measures["cohen_kappa_linear"].value
    assert named.measures["krippendorff_alpha"].value == report.measures["krippendorff_alpha"].value


def test_a_rare_finding_is_warned_of() -> None:
    table = [[1, 1]] * 94 + [[1, 2]] * 3 + [[2, 1]] * 3
    report = report_of(table, rounds=200)
    assert any("Read raw agreement and AC1 (0.94) beside kappa" in note for note in report.notes)
    assert any("fewer than 15" in note and "fewer than 8" in note for note in report.notes)


def test_what_is_off_the_scale_and_what_was_rated_twice_is_counted() -> None:
    ratings = Ratings.of(list("11122"), list("abaab"), ["1", "2", "5", "9", "3"])
    panel = Panel.of(ratings, None, parse_scale("1-5"))
    assert panel.dropped == {OFF_SCALE: 1, AGAIN: 1}
    assert panel.faults == {OFF_SCALE: "'9', say", AGAIN: "a on 1, say"}
    assert len(panel) == 3
    assert [panel.scale.points[point] for point in panel.point.tolist()] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("level", "points", "values", "said"),
    [
        ("ordinal", None, ("low", "mid"), "needs an order"),
        ("interval", None, ("1", "garbage"), "needs numbers"),
        ("ratio", None, ("-1", "2"), "from 0 up"),
        ("ordinal", ("3", "1", "2"), ("1", "2"), "do not rise"),
        ("cardinal", None, ("1", "2"), "no level"),
    ],
)
def test_levels_that_do_not_fit_are_refused(
    level: str, points: tuple[str, ...] | None, values: tuple[str, str], said: str
) -> None:
    with pytest.raises(WrongUsage, match=said) as error:
        Panel.of(Ratings.of("11", "ab", values), level, points)
    assert error.value.mend


def test_nothing_to_measure_is_refused() -> None:
    with pytest.raises(BadInput, match="no rating"):
        measure_agreement(Ratings.of([], [], []))
    with pytest.raises(BadInput, match="no value is on the scale"):
        measure_agreement(Ratings.of("11", "ab", ("7", "8")), Settings(points=parse_scale("1-5")))
    with pytest.raises(WrongUsage, match="no criterion 'tone'"):
        measure_agreement(Ratings.of("11", "ab", "12"), Settings(criteria=("tone",)))


@pytest.mark.parametrize("text", ["", "5", "1,1", "5-1", "1-1", "a,,b", "0-5000"])
def test_scales_that_are_none(text: str) -> None:
    with pytest.raises(WrongUsage):
        parse_scale(text)


def test_scales_as_they_are_written() -> None:
    assert parse_scale("1-6") == tuple("123456")
    assert parse_scale("-2..2") == ("-2", "-1", "0", "1", "2")
    assert parse_scale("0, 0.50,1.0") == ("0", "0.5", "1")
    assert parse_scale("low, mid ,high") == ("low", "mid", "high")
    assert [canonical(one) for one in ("3.0", "+3", "03", "1e2", "nan", "1_0", "x")] == [
        "3", "3", "3", "100", "nan", "1_0", "x",
    ]  # fmt: skip


def test_more_items_narrow_the_interval_by_the_root() -> None:
    rng = np.random.default_rng(3)
    table = [[float(one), float(one if rng.random() < 0.7 else rng.integers(1, 4))] for one in rng.integers(1, 4, 120)]
    report = report_of(table, rounds=300, width=0.1)
    plan = report.plans["krippendorff_alpha"]
    figure = report.measures["krippendorff_alpha"]
    assert figure.high is not None
    assert figure.low is not None
    assert plan.now == pytest.approx(figure.high - figure.low)
    assert plan.needed == pytest.approx(120 * (plan.now / 0.1) ** 2, abs=1)
    assert plan.to_json()["more"] == plan.needed - 120


def test_who_and_what_costs_most() -> None:
    table: Table = [[one, one, 6 - one] for one in (1.0, 2.0, 4.0, 5.0) for _ in range(4)]
    report = report_of(table, level="interval")
    assert report.costly_rater == "r2"
    assert [row.rater for row in report.raters_out] == ["r0", "r1", "r2"]
    assert report.raters_out[2].figures["krippendorff_alpha"] == 1
    assert len(report.costly_items) == 10
    worst = report.costly_items[0]
    assert worst.ratings in ({"r0": "1", "r1": "1", "r2": "5"}, {"r0": "5", "r1": "5", "r2": "1"})
    alpha = report.measures["krippendorff_alpha"].value
    assert alpha is not None
    assert worst.alpha_without is not None
    assert worst.alpha_without > alpha
    assert report.contingency is not None
    assert report.contingency.raters == ("r0", "r2")


@SOME
@given(tables(), st.sampled_from(LEVELS))
def test_leaving_a_rater_out_is_measuring_the_others(table: Table, level: str) -> None:
    report = report_of(table, level=level, points=tuple("12345"))
    for row in report.raters_out:
        at = int(row.rater[1:])
        others = [cells[:at] + cells[at + 1 :] for cells in table]
        expected = values_of(report_of(others, level=level, points=tuple("12345")))
        for name, value in row.figures.items():
            assert value == pytest.approx(expected[name], abs=1e-9)


@SOME
@given(tables(), st.sampled_from(LEVELS), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_raters_is_nothing(table: Table, level: str, random: Any) -> None:
    expected = values_of(report_of(table, level=level))
    raters = list(range(len(table[0])))
    random.shuffle(raters)
    turned = [[cells[at] for at in raters] for cells in table]
    random.shuffle(turned)
    found = values_of(report_of(turned, level=level))
    for name in MEASURES:
        assert found[name] == pytest.approx(expected[name], abs=1e-9)


@SOME
@given(tables(), st.sampled_from(LEVELS))
@example([[1.0, 1.0, 2.0], [1.0, 3.0, 1.0]], "ordinal")
def test_every_figure_is_finite_or_says_why_not(table: Table, level: str) -> None:
    report = report_of(table, level=level, rounds=100, width=0.2)
    told = json.loads(json.dumps(report.to_json()))
    assert set(told["measures"]) == set(MEASURES)
    for name, figure in told["measures"].items():
        if figure["value"] is None:
            assert figure["why"], name
            assert figure["low"] is None
        else:
            assert isfinite(figure["value"])
        if figure["low"] is None:
            assert figure["why"], name
        else:
            assert figure["low"] <= figure["high"], name
    assert told["missing"] == told["items"] * told["raters"] - told["ratings"]


@SOME
@given(tables(least=6), st.sampled_from(LEVELS))
def test_resampling_kinds_is_resampling_items(table: Table, level: str) -> None:
    panel = Panel.of(ratings_of(table), level, tuple("12345"))
    rng = np.random.default_rng(1)
    for by_rater in (True, False):
        kinds = kinds_of(panel, by_rater=by_rater)
        drawn = rng.integers(0, len(panel.items), len(panel.items))
        weights = np.bincount(kinds.place[drawn], minlength=len(kinds)).astype(float)[None]
        cells = [np.flatnonzero(panel.item == item) for item in drawn.tolist()]
        rows = np.concatenate(cells)
        item = np.repeat(np.arange(len(cells)), [len(one) for one in cells])
        again = Panel(
            list(map(str, range(len(cells)))), panel.raters, panel.scale, item, panel.rater[rows], panel.point[rows]
        )
        other = kinds_of(again, by_rater=by_rater)
        ours = [Chance(kinds, panel.scale, np.eye(5)), Alpha(kinds, panel.scale)]
        theirs = [Chance(other, panel.scale, np.eye(5)), Alpha(other, panel.scale)]
        if by_rater:
            pair = Conger(kinds, panel.scale), Conger(other, panel.scale)
            assert pair[0].of(weights)[0] == pytest.approx(pair[1].total(), abs=1e-9, nan_ok=True)
        for one, two in zip(ours, theirs, strict=True):
            assert one.of(weights)[0] == pytest.approx(two.total(), abs=1e-9, nan_ok=True)


@SOME
@given(tables(least=6), st.sampled_from(LEVELS))
def test_leaving_an_item_out_is_measuring_the_others(table: Table, level: str) -> None:
    panel = Panel.of(ratings_of(table), level, tuple("12345"))
    kinds = kinds_of(panel, by_rater=True)
    for statistic in (Chance(kinds, panel.scale, np.eye(5)), Conger(kinds, panel.scale), Alpha(kinds, panel.scale)):
        without = statistic.without_each()
        assert without is not None
        for kind in range(len(kinds)):
            weights = kinds.repeats.copy()
            weights[kind] -= 1
            assert without[kind] == pytest.approx(statistic.of(weights[None])[0], abs=1e-9, nan_ok=True)


def test_intervals_are_the_same_for_the_same_seed_and_hold_the_value() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 5, 300)
    table = [[float(one if rng.random() < 0.7 else rng.integers(1, 5)) for _ in range(3)] for one in truth]
    one, two = (report_of(table, rounds=300, seed=4) for _ in range(2))
    assert one.to_json() == two.to_json()
    for name, figure in one.measures.items():
        if figure.value is None:
            continue
        assert figure.low is not None, name
        assert figure.high is not None
        assert figure.low < figure.value < figure.high
    assert report_of(table, rounds=300, seed=5).measures["gwet_ac1"].low != one.measures["gwet_ac1"].low


def test_drawing_kinds_and_drawing_items_give_like_intervals() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 3, 400)
    table = [[float(one if rng.random() < 0.8 else rng.integers(1, 3)) for _ in range(2)] for one in truth]
    panel = Panel.of_matrix(table, "nominal")
    kinds = kinds_of(panel, by_rater=False)
    assert len(kinds) * 16 <= kinds.items
    single = type(kinds)(
        panel.item, panel.rater, panel.point, np.ones(len(panel.items)), np.arange(len(panel.items)), kinds.raters
    )
    found = [
        intervals([Alpha(one, panel.scale)], one, 4000, np.random.default_rng(7), 0.05)["krippendorff_alpha"]
        for one in (kinds, single)
    ]
    assert found[0].low == pytest.approx(found[1].low, abs=0.01)
    assert found[0].high == pytest.approx(found[1].high, abs=0.01)


def test_many_different_values_are_no_categories_but_can_be_ordered() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=700)
    table = np.column_stack([x, x + rng.normal(size=700)])
    report = report_of(table.tolist(), rounds=100)
    assert report.measures["cohen_kappa"].why == "1,400 different values are no scale of categories"
    assert report.measures["percent_agreement"].value == 0
    assert report.measures["kendall_tau"].value == pytest.approx(kendalltau(*table.T).statistic, abs=1e-12)
    assert report.measures["spearman"].value == pytest.approx(spearmanr(*table.T).statistic, abs=1e-9)
    assert report.pairs[0].figures["kendall_tau"] == report.measures["kendall_tau"].value
    figure = report.measures["krippendorff_alpha"]
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < figure.value < figure.high


@SOME
@given(tables(), st.booleans())
def test_alpha_of_scattered_values_is_that_of_any(table: Table, by_rater: bool) -> None:
    panel = Panel.of(ratings_of(table), "ordinal", tuple("12345"))
    kinds = kinds_of(panel, by_rater=by_rater)
    one, other = Alpha(kinds, panel.scale), ScatteredAlpha(kinds, panel.scale)
    assert other.total() == pytest.approx(one.total(), abs=1e-9, nan_ok=True)
    paired = kinds.sizes > 1
    assert other.disagreement()[paired] == pytest.approx(one.disagreement()[paired], abs=1e-9)
    weights = np.random.default_rng(1).integers(0, 4, (3, len(kinds))).astype(float)
    assert other.of(weights) == pytest.approx(one.of(weights), abs=1e-9, nan_ok=True)


def test_raters_that_change_from_item_to_item_have_a_one_way_correlation() -> None:
    rng = np.random.default_rng(5)
    table: list[list[float | None]] = []
    for _ in range(60):
        row: list[float | None] = [None] * 6
        truth = rng.integers(2, 5)
        for rater in rng.choice(6, 3, replace=False).tolist():
            row[rater] = float(truth + rng.integers(-1, 2))
        table.append(row)
    report = report_of(table)
    figure = report.measures["icc_1_1"]
    assert figure.value is not None
    assert figure.n == 60
    assert report.measures["icc_2_1"].why == "no two items were rated by all raters"
    packed = [[value for value in row if value is not None] for row in table]
    assert figure.value == pytest.approx(report_of(packed).measures["icc_1_1"].value or 0, abs=1e-12)
