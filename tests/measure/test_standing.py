"""A rater beside a panel and beside gold: the package's own two-rater figures, their mean, and the exact bound."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.agree import measure_agreement
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.report import Report, Settings
from reviewer.measure.standing import (
    MEASURES,
    NO_GOLD,
    NOT_SHARED,
    all_of,
    measure_for,
    standing,
    standing_with_gold,
    standings,
)
from tests.measure.agreement.panels import Table, ratings_of, tables

POINTS = ("1", "2", "3", "4", "5")
QUICK = Settings(rounds=0)


def panel_of(table: Table, level: str = "ordinal") -> Panel:
    return Panel.of(ratings_of(table), level, POINTS)


def report_of(table: Table, level: str = "ordinal", **told: Any) -> Report:
    return measure_agreement(ratings_of(table), Settings(level=level, points=POINTS, **told)).criteria["score"]


def drawn(n: int, raters: int, *, noise: float = 0.4, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    level = rng.integers(1, 6, (n, 1))
    table = np.where(rng.random((n, raters)) < noise, rng.integers(1, 6, (n, raters)), level)
    return [[float(cell) for cell in row] for row in table.tolist()]


@settings(deadline=None, max_examples=60)
@given(tables(raters=2, gaps=False), st.sampled_from(["nominal", "ordinal", "interval"]))
def test_two_raters_have_the_figures_of_agreement(table: Table, level: str) -> None:
    panel, report = panel_of(table, level), report_of(table, level, rounds=0)
    for measure in MEASURES:
        told, figure = standing(panel, "r0", QUICK, measure).figure, report.measures[measure]
        assert (told.value is None) == (figure.value is None)
        if figure.value is None:
            assert told.why == figure.why
        else:
            assert told.value == pytest.approx(figure.value, abs=1e-12)


@pytest.mark.parametrize("measure", ["gwet_ac1", "gwet_ac2", "krippendorff_alpha", "percent_agreement"])
def test_two_raters_have_the_intervals_of_agreement(measure: str) -> None:
    table = drawn(40, 2)
    told, figure = standing(panel_of(table), "r1", None, measure), report_of(table).measures[measure]
    assert told.figure.low == pytest.approx(figure.low)
    assert told.figure.high == pytest.approx(figure.high)
    assert told.method == "bca"


@settings(deadline=None, max_examples=40)
@given(tables(raters=4, gaps=True))
def test_the_value_is_the_mean_of_the_pairs_that_have_one(table: Table) -> None:
    panel, report = panel_of(table), report_of(table, rounds=0)
    for rater in panel.raters:
        told = standing(panel, rater, QUICK, "gwet_ac2")
        rows = [row for row in report.pairs if rater in row.raters]
        values = [value for row in rows if (value := row.figures["gwet_ac2"]) is not None]
        assert len(told.beside) == len(panel.raters) - 1
        assert sum(one.items > 0 for one in told.beside) == len(rows)
        assert all(bool(one.why) == (one.value is None) for one in told.beside)
        if values:
            assert told.figure.value == pytest.approx(np.mean(values), abs=1e-12)
        else:
            assert told.figure.value is None
            assert told.figure.why


def width(table: Table) -> float:
    figure = standing(panel_of(table), "r0").figure
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low < (figure.value or 0) < figure.high
    return figure.high - figure.low


def test_the_interval_of_a_mean_is_narrower_than_those_of_its_pairs() -> None:
    table = drawn(60, 6, seed=4)
    pairs: list[Table] = [[[row[0], row[other]] for row in table] for other in range(1, 6)]
    assert width(table) < np.mean([width(pair) for pair in pairs])


def test_the_interval_covers_the_truth() -> None:
    # Three who say what is there seven times in ten: two agree on 0.7² + (1 − 0.7²) / 5, AC1 is about 0.49.
    held = 0
    for seed in range(150):
        figure = standing(panel_of(drawn(60, 3, noise=0.3, seed=seed), "nominal"), "r0", Settings(rounds=200)).figure
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= 0.49 <= figure.high
    # 95 % of 150 are 142.5, give or take 2.7.
    assert 134 <= held <= 150


@pytest.mark.parametrize("n", [12, 30, 100])
@pytest.mark.parametrize(
    "measure", ["percent_agreement", "gwet_ac1", "gwet_ac2", "krippendorff_alpha", "cohen_kappa_quadratic"]
)
def test_where_nothing_differs_the_bound_is_the_exact_one(n: int, measure: str) -> None:
    level = "nominal" if measure == "gwet_ac1" else "ordinal"
    table: Table = [[float(1 + item % 5)] * 3 for item in range(n)]
    told = standing(panel_of(table, level), "r0", None, measure)
    assert (told.figure.value, told.figure.high, told.method) == (1.0, 1.0, "exact")
    assert told.figure.low == pytest.approx(0.025 ** (1 / n))
    assert told.reaches(0.025 ** (1 / n) - 0.01) is True
    assert told.reaches(0.99) is False


def test_who_agrees_always_needs_no_larger_batch_than_who_agrees_often() -> None:
    """A share of items on which raters agree by chance alone lowers the coefficient by that share."""
    rng = np.random.default_rng(4)
    n, guessed = 200_000, 0.265
    first = rng.integers(1, 6, n).astype(float)
    other = np.where(rng.random(n) < guessed, rng.integers(1, 6, n), first)
    figure = standing(panel_of(np.column_stack([first, other]).tolist()), "r0", QUICK).figure
    assert figure.value == pytest.approx(1 - guessed, abs=0.01)


def test_a_panel_of_one_mind_and_one_point() -> None:
    panel = panel_of([[3.0, 3.0]] * 30)
    ac2 = standing(panel, "r0").figure
    assert (ac2.value, ac2.high) == (1.0, 1.0)
    assert ac2.low == pytest.approx(all_of(30))
    alpha = standing(panel, "r0", None, "krippendorff_alpha")
    assert alpha.figure.value is None
    assert alpha.figure.why == "all 60 ratings are 3: agreement is 100 %, and chance would give no less"
    assert alpha.reaches(0.0) is None


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_fewer_than_ten_items_have_no_interval(noise: float) -> None:
    figure = standing(panel_of(drawn(9, 3, noise=noise)), "r0").figure
    assert figure.value is not None
    assert (figure.low, figure.high) == (None, None)
    assert figure.why == "no interval: 9 items are too few for an interval; 10 are the least"


def test_items_that_nobody_else_rated_are_counted() -> None:
    table: Table = [[1.0, 2.0, None]] * 6 + [[4.0, None, None]] * 3 + [[None, 3.0, 3.0]] * 2
    told = standing(panel_of(table), "r0", QUICK)
    assert told.figure.n == 6
    assert told.figure.dropped == {NOT_SHARED: 3}
    assert [(one.other, one.items) for one in told.beside] == [("r1", 6), ("r2", 0)]
    assert told.beside[1].why == "no item was rated by both"
    alone = standing(panel_of([[1.0], [2.0]]), "r0")
    assert alone.figure.why == "one rater alone agrees with nobody"


def test_gold_is_a_second_coder() -> None:
    table = drawn(50, 3, seed=9)
    gold = {str(item): str(row[1]) for item, row in enumerate(table)}
    two = standing(panel_of([row[:2] for row in table]), "r0", None, "krippendorff_alpha")
    told = standing_with_gold(panel_of(table), gold, "r0", None, "krippendorff_alpha")
    assert told.figure == two.figure
    assert [one.other for one in told.beside] == ["gold"]
    some = {item: value for item, value in gold.items() if int(item) < 20} | {"30": "7", "nowhere": "3"}
    part = standing_with_gold(panel_of(table), some, "r0")
    assert part.figure.n == 20
    assert part.figure.dropped == {NO_GOLD: 30}
    none = standing_with_gold(panel_of(table), {}, "r0")
    assert (none.figure.value, none.figure.why) == (None, "no item of theirs has a gold value")


def test_measures_go_by_the_level() -> None:
    assert (measure_for("nominal"), measure_for("ordinal"), measure_for("interval")) == (
        "gwet_ac1",
        "gwet_ac2",
        "gwet_ac2",
    )
    table = drawn(20, 3)
    assert [one.measure for one in standings(panel_of(table, "nominal"), QUICK)] == ["gwet_ac1"] * 3
    told = standing(panel_of(table), "r0", QUICK)
    assert (told.measure, told.weights) == ("gwet_ac2", "ordinal")
    assert standing(panel_of(table), "r0", Settings(rounds=0, weights="linear")).weights == "linear"
    kappa = standing(panel_of(table, "nominal"), "r0", QUICK, "cohen_kappa_quadratic").figure
    assert (kappa.value, kappa.why) == (None, "nominal points have no order")
    assert json.loads(json.dumps(told.to_json()))["value"] == told.figure.value


def test_unknown_raters_and_measures_are_refused() -> None:
    panel = panel_of(drawn(12, 2))
    with pytest.raises(WrongUsage, match="rated nothing here"):
        standing(panel, "eva")
    with pytest.raises(WrongUsage, match="rated nothing here"):
        standing_with_gold(panel, {}, "eva")
    with pytest.raises(WrongUsage, match="no measure"):
        standing(panel, "r0", None, "pearson")


def test_the_same_seed_gives_the_same() -> None:
    panel = panel_of(drawn(25, 4))
    assert standing(panel, "r2") == standing(panel, "r2")
    assert standing(panel, "r2") != standing(panel, "r2", Settings(seed=1))
