"""Severity: published figures, a dense model by hand, and what must hold of any panel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.crossed import Crossed
from reviewer.measure.figure import Figure
from reviewer.measure.severity import ALONE, severity, severity_of
from reviewer.measure.severity_report import MODEL, Severity
from reviewer.measure.variances import best_ratios
from tests.measure.material import shared_json

SOME = settings(max_examples=25, deadline=None)
FEWER = settings(SOME, max_examples=6)
RATIOS = (0.0, 0.03, 0.3, 1.0, 4.0, 40.0)


@dataclass(slots=True)
class Table:
    """Ratings to fit, and what they were made from."""

    item: Ints
    rater: Ints
    y: Floats
    severity: Floats
    score: Floats

    def fit(self, *, scores: bool = False) -> Severity:
        items, raters = int(self.item.max()) + 1, int(self.rater.max()) + 1
        names = [f"i{at}" for at in range(items)], [f"r{at}" for at in range(raters)]
        return severity(self.item, self.rater, self.y, items=names[0], raters=names[1], scores=scores)

    def laid_out(self) -> Crossed:
        return Crossed(self.item, self.rater, self.y, np.zeros(int(self.rater.max()) + 1, dtype=np.int64))


def drawn(
    seed: int, items: int = 12, raters: int = 4, *, between: float = 0.5, rest: float = 0.5, gaps: float = 0.35
) -> Table:
    """A panel by the model, with gaps; the first item is rated by everybody, so that all are joined."""
    rng = np.random.default_rng(seed)
    rated = rng.random((items, raters)) >= gaps
    rated[0] = True
    rated[np.arange(items), rng.integers(0, raters, items)] = True
    item, rater = np.nonzero(rated)
    levels, scores = rng.normal(0, between, raters), rng.normal(3, 1, items)
    return Table(item, rater, scores[item] + levels[rater] + rng.normal(0, rest, len(item)), levels, scores)


class Dense:
    """The same model with every matrix written out (Searle, Casella & McCulloch 1992, ch. 6 and 7)."""

    def __init__(self, table: Table, of_item: float, of_rater: float) -> None:
        z, s = np.eye(table.item.max() + 1)[table.item], np.eye(table.rater.max() + 1)[table.rater]
        n, ones = len(table.y), np.ones((len(table.y), 1))
        v = np.eye(n) + of_item * z @ z.T + of_rater * s @ s.T
        inverse = np.linalg.inv(v)
        information = ones.T @ inverse @ ones
        p = inverse - inverse @ ones @ np.linalg.inv(information) @ ones.T @ inverse
        self.rest = float(table.y @ p @ table.y) / (n - 1)
        logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        self.deviance = (n - 1) * np.log(self.rest) + logs
        self.mean = float((np.linalg.inv(information) @ ones.T @ inverse @ table.y)[0])
        self.item, self.rater = of_item * z.T @ p @ table.y, of_rater * s.T @ p @ table.y
        if of_item and of_rater:
            design = np.hstack([ones, s, z])
            ridge = np.diag([0.0] + [1 / of_rater] * s.shape[1] + [1 / of_item] * z.shape[1])
            errors = self.rest * np.linalg.inv(design.T @ design + ridge)
            centre = np.eye(s.shape[1]) - 1 / s.shape[1]
            width = 1 + s.shape[1]
            self.rater_errors = centre @ errors[1:width, 1:width] @ centre
            # The score of an item is that by the mean rater of the panel.
            to_score = np.zeros((z.shape[1], len(errors)))
            to_score[:, 0], to_score[:, 1:width] = 1, 1 / s.shape[1]
            to_score[:, width:] = np.eye(z.shape[1])
            self.score_errors = np.sqrt(np.diagonal(to_score @ errors @ to_score.T))


def limits(figure: Figure) -> list[float]:
    """A figure that has a value and an interval, as the three numbers."""
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    return [figure.low, figure.value, figure.high]


def published() -> tuple[Table, Any]:
    told = shared_json("methods", "severity.json")
    item, rater, y = np.array(told["ratings"]).T
    truth = np.array(told["truth"]["rater"]), np.array(told["truth"]["item"])
    return Table(item.astype(np.int64), rater.astype(np.int64), y, *truth), told["expected"]


def test_least_squares_and_reml_of_published_ratings() -> None:
    table, expected = published()
    found, crossed = table.fit(scores=True), table.laid_out()
    least, mixed = expected["ols_sum_to_zero"], expected["reml_crossed"]
    assert [one.fixed.value for one in found.raters] == pytest.approx(least["rater"], abs=1e-12)
    assert [one.fixed_error for one in found.raters[:5]] == pytest.approx(least["rater_se_first5"], abs=1e-12)
    fixed = np.array(least["item"]) + least["intercept"]
    assert [one.fixed.value for one in found.scores] == pytest.approx(fixed, abs=1e-12)
    assert crossed.fixed.score == pytest.approx(fixed, abs=1e-12)
    assert crossed.left / crossed.free == pytest.approx(least["sigma2"], abs=1e-12)
    variances = [mixed["var_item"], mixed["var_rater"], mixed["var_residual"]]
    assert found.variances == pytest.approx(variances, abs=5e-8)
    assert found.means == pytest.approx([mixed["mu"]], abs=1e-9)
    assert [one.severity.value for one in found.raters] == pytest.approx(mixed["rater_blup"], abs=1e-8)
    adjusted = [one.adjusted.value for one in found.scores]
    assert adjusted == pytest.approx(np.array(mixed["item_blup"]) + mixed["mu"], abs=1e-8)
    assert found.icc.value == pytest.approx(variances[0] / sum(variances), abs=1e-8)
    other = mixed["statsmodels_mixedlm"]
    assert found.variances == pytest.approx([*other["vcomp"].values(), other["scale"]], abs=1e-4)


@SOME
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(3, 12))
def test_the_likelihood_and_the_predictions_are_those_of_the_dense_model(seed: int, raters: int, items: int) -> None:
    table = drawn(seed, items, raters)
    crossed = table.laid_out()
    off = Dense(table, 1, 1).deviance - crossed.deviance(1, 1)
    for of_item in RATIOS:
        for of_rater in RATIOS:
            dense, mixed = Dense(table, of_item, of_rater), crossed.mixed(of_item, of_rater)
            assert crossed.deviance(of_item, of_rater) + off == pytest.approx(dense.deviance, abs=1e-7)
            assert mixed.rest == pytest.approx(dense.rest, rel=1e-8)
            assert mixed.means[0] == pytest.approx(dense.mean, abs=1e-8)
            assert mixed.rater == pytest.approx(dense.rater, abs=1e-8)
            assert mixed.effects.score == pytest.approx(dense.item + dense.mean, abs=1e-8)
            if of_item and of_rater:
                assert mixed.effects.covariance == pytest.approx(dense.rater_errors, abs=1e-8)
                assert mixed.effects.score_error == pytest.approx(dense.score_errors, abs=1e-8)


@FEWER
@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0.1, 1))
def test_no_other_variances_are_more_likely(seed: int, between: float, rest: float) -> None:
    crossed = drawn(seed, between=between, rest=rest).laid_out()
    best = crossed.deviance(*best_ratios(crossed))
    for of_item in (0.0, *np.exp(np.arange(-5, 6, 0.5))):
        for of_rater in (0.0, *np.exp(np.arange(-5, 6, 0.5))):
            assert best <= crossed.deviance(of_item, of_rater) + 1e-6


@FEWER
@given(st.integers(0, 10_000), st.floats(-3, 3))
def test_a_shift_of_one_rater_moves_their_contrasts_by_as_much(seed: int, shift: float) -> None:
    table = drawn(seed)
    before = table.fit()
    moved = Table(table.item, table.rater, table.y + shift * (table.rater == 2), table.severity, table.score).fit()
    for other in ("r0", "r1", "r3"):
        one, two = limits(before.contrast("r2", other)), limits(moved.contrast("r2", other))
        assert two == pytest.approx([each + shift for each in one], abs=1e-9)
    assert before.contrast("r0", "r1").value == pytest.approx(moved.contrast("r0", "r1").value, abs=1e-9)
    assert sum(one.fixed.value or 0 for one in moved.raters) == pytest.approx(0, abs=1e-9)
    assert sum(one.severity.value or 0 for one in moved.raters) == pytest.approx(0, abs=1e-6)


@FEWER
@given(st.integers(0, 10_000), st.permutations(range(4)), st.permutations(range(12)))
def test_the_order_of_raters_and_items_is_nothing_to_it(seed: int, raters: list[int], items: list[int]) -> None:
    table = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(table.y))
    turned = Table(
        np.array(items)[table.item][order], np.array(raters)[table.rater][order], table.y[order], *([table.y] * 2)
    )
    found, other = table.fit(scores=True), turned.fit(scores=True)
    assert found.variances == pytest.approx(other.variances, rel=1e-4, abs=1e-7)
    for at, to in enumerate(raters):
        one, two = found.raters[at], other.raters[to]
        assert (one.n, one.few) == (two.n, two.few)
        assert one.severity.value == pytest.approx(two.severity.value, abs=1e-4)
        assert one.fixed.value == pytest.approx(two.fixed.value, abs=1e-9)
        assert (one.use.slope.value is None) == (two.use.slope.value is None)
    for at, to in enumerate(items):
        assert found.scores[at].fixed.value == pytest.approx(other.scores[to].fixed.value, abs=1e-9)


def test_values_on_another_scale_give_the_same_on_that_scale() -> None:
    table = drawn(5)
    found = table.fit()
    other = Table(table.item, table.rater, 1e4 + 100 * table.y, table.severity, table.score).fit()
    assert other.variances == pytest.approx([1e4 * one for one in found.variances or ()], rel=1e-5)
    assert other.icc.value == pytest.approx(found.icc.value, abs=1e-6)
    for one, two in zip(found.raters, other.raters, strict=True):
        assert two.severity.value == pytest.approx(100 * (one.severity.value or 0), rel=1e-4)
        assert two.use.shrunk.value == pytest.approx(one.use.shrunk.value, abs=1e-6)


def test_the_mean_of_a_rater_is_not_their_severity_where_items_differ() -> None:
    table, expected = published()
    raw = np.array(expected["raw_rater_mean_minus_grand"])
    truth = table.severity - table.severity.mean()
    found = np.array([one.severity.value for one in table.fit().raters])
    assert np.abs(found - truth).mean() < np.abs(raw - truth).mean()


def test_intervals_cover_what_the_ratings_were_made_from() -> None:
    inside = {"severity": 0, "fixed": 0, "score": 0}
    for seed in range(36):
        table = drawn(seed, 25, 6)
        crossed = table.laid_out()
        mixed = crossed.mixed(*best_ratios(crossed))
        levels = table.severity - table.severity.mean()
        error = np.sqrt(np.diagonal(mixed.effects.covariance))
        inside["severity"] += int((np.abs(mixed.rater - levels) < 1.96 * error).sum())
        error = np.sqrt(np.diagonal(crossed.fixed.covariance))
        inside["fixed"] += int((np.abs(crossed.fixed.rater - levels) < 1.98 * error).sum())
        off = np.abs(mixed.effects.score - table.score - table.severity.mean())
        inside["score"] += int((off < 1.96 * mixed.effects.score_error).sum())
    assert inside["severity"] / 216 == pytest.approx(0.95, abs=0.04)
    assert inside["fixed"] / 216 == pytest.approx(0.95, abs=0.04)
    assert inside["score"] / 900 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_the_icc_covers_it() -> None:
    true = 1 / (1 + 0.25 + 0.25)
    inside = 0
    for seed in range(24):
        icc = drawn(seed, 30, 6).fit().icc
        low, value, high = limits(icc)
        assert 0 <= low <= value <= high <= 1
        inside += low <= true <= high
    assert inside >= 20


def test_raters_whom_no_shared_item_joins_are_not_compared() -> None:
    one, two = drawn(1, 10, 3), drawn(2, 8, 2)
    item = np.concatenate([one.item, two.item + 10, [18, 18 + 1]])
    rater = np.concatenate([one.rater, two.rater + 3, [5, 5]])
    y = np.concatenate([one.y, two.y + 50, [1.0, 2.0]])
    found = severity(item, rater, y, items=[str(at) for at in range(21)], raters=list("abcdefg"), scores=True)
    assert found.components == (("a", "b", "c"), ("d", "e"))
    assert [rater.component for rater in found.raters] == [0, 0, 0, 1, 1, None, None]
    assert found.dropped == {ALONE: 2}
    assert found.ratings == len(one.y) + len(two.y)
    assert found.means[1] - found.means[0] == pytest.approx(50, abs=3)
    assert found.variances is not None
    assert found.variances[1] < 10
    assert found.raters[5].severity.why == ALONE
    assert (found.raters[6].severity.why, found.raters[6].n) == ("the rater rated nothing", 0)
    assert found.contrast("a", "d").why == "no chain of shared items joins the two raters"
    assert found.contrast("a", "f").why == ALONE
    alone = severity(one.item, one.rater, one.y, items=[str(at) for at in range(10)], raters=list("abc"))
    for name in "bc":
        assert found.contrast("a", name).value == pytest.approx(alone.contrast("a", name).value, abs=1e-9)
    assert found.raters[0].fixed.value == pytest.approx(alone.raters[0].fixed.value, abs=1e-9)
    assert (found.scores[18].adjusted.why, found.scores[20].adjusted.why) == (ALONE, "nobody rated it")
    assert any("2 groups without a shared item" in note for note in found.notes)
    with pytest.raises(ValueError, match="not in"):
        found.contrast("a", "zoe")


def test_raters_of_few_items_are_marked_and_drawn_further_in() -> None:
    rng = np.random.default_rng(0)
    item = np.concatenate([np.tile(np.arange(40), 4), [0, 1]])
    rater = np.concatenate([np.repeat(np.arange(4), 40), [4, 4]])
    levels = np.array([0.5, -0.5, 0.2, -0.2, 1.5])
    y = rng.normal(3, 1, 40)[item] + levels[rater] + rng.normal(0, 0.7, len(item))
    found = Table(item, rater, y, levels, levels).fit()
    assert [one.few for one in found.raters] == [False] * 4 + [True]
    assert "fewer than 5 items: r4" in found.notes
    drawn_in = [abs((one.severity.value or 0) / (one.fixed.value or 1)) for one in found.raters]
    assert drawn_in[4] < min(drawn_in[0], drawn_in[1]) < 1
    assert found.raters[4].use.slope.why == "fewer than 5 items that others rated too"
    assert (found.raters[4].error or 0) > 2 * (found.raters[0].error or 0)


def test_no_variance_between_raters_is_a_legal_answer() -> None:
    table = next(
        one for one in (drawn(seed, 20, between=0) for seed in range(20)) if not best_ratios(one.laid_out())[1]
    )
    found = table.fit()
    assert found.variances is not None
    assert found.variances[1] == 0
    for one in found.raters:
        assert (one.severity.value, one.severity.low, one.error) == (0.0, None, None)
        assert one.severity.why == "no interval: no variance between raters was seen"
        assert one.fixed.low is not None
    assert "no variance between raters was seen: every severity is 0" in found.notes


def test_no_variance_between_items_leaves_no_slope() -> None:
    rng = np.random.default_rng(1)
    item, rater = np.repeat(np.arange(30), 3), np.tile(np.arange(3), 30)
    y = np.array([-1.0, 0, 1])[rater] + rng.normal(0, 1, 90)
    y -= (np.bincount(item, y) / 3)[item] * 0.8
    found = Table(item, rater, y, y, y).fit(scores=True)
    assert found.variances is not None
    assert found.variances[0] == 0
    assert found.icc.value == found.icc.low == 0
    assert {one.use.slope.why for one in found.raters} == {"no variance between items was seen"}
    assert {one.adjusted.value for one in found.scores} == {found.means[0]}


def of_table(rows: list[list[float]]) -> Severity:
    table = np.array(rows)
    item, rater = np.nonzero(~np.isnan(table))
    return Table(item, rater, table[item, rater], table, table).fit(scores=True)


def test_what_cannot_be_fitted_says_why() -> None:
    unanimous = of_table([[3, 3, 3]] * 6)
    assert unanimous.why == "all 18 ratings are 3"
    assert (unanimous.variances, unanimous.icc.why) == (None, unanimous.why)
    exact = of_table([[1, 2], [3, 4], [5, 6], [2, 3]])
    assert exact.why.startswith("items and raters give every rating as good as exactly")
    assert [one.fixed.value for one in exact.raters] == pytest.approx([-0.5, 0.5])
    assert exact.raters[0].fixed.why == f"no interval: {exact.why}"
    assert exact.contrast("r1", "r0").value == pytest.approx(1)
    assert exact.contrast("r1", "r0").low is None
    assert [one.fixed.value for one in exact.scores] == pytest.approx([1.5, 3.5, 5.5, 2.5])
    assert exact.scores[0].adjusted.why == exact.why
    few = of_table([[1, 2], [np.nan, 3], [5, np.nan]])
    assert few.why == "too few items have several ratings to part the raters from the items"
    apart = of_table([[1, np.nan], [np.nan, 3], [5, np.nan]])
    assert apart.why == "no two raters share an item"
    assert apart.dropped == {ALONE: 3}
    assert {one.severity.why for one in apart.raters} == {ALONE}
    none = np.zeros(0, dtype=np.int64)
    nothing = severity(none, none, np.zeros(0), items=["a"], raters=["x"], scores=True)
    assert (nothing.why, nothing.ratings) == ("no two raters share an item", 0)
    assert nothing.scores[0].adjusted.why == "nobody rated it"
    for one in (unanimous, exact, few, apart, nothing):
        assert_told(json.loads(json.dumps(one.to_json(), allow_nan=False)))


def assert_told(told: Any, why: bool = False) -> None:
    """Whatever is null has a reason, beside it or above."""
    if isinstance(told, dict):
        why = why or "why" in told
        for one in told.values():
            assert one is not None or why, told
            assert_told(one, why)
    elif isinstance(told, list):
        for one in told:
            assert_told(one, why)


def test_a_program_is_told_the_model_and_every_figure() -> None:
    told = json.loads(json.dumps(drawn(3).fit(scores=True).to_json(), allow_nan=False))
    assert told["model"] == MODEL == "additive mixed model, REML"
    assert list(told["variances"]) == ["item", "rater", "residual"]
    assert [one["rater"] for one in told["raters"]] == ["r0", "r1", "r2", "r3"]
    assert len(told["scores"]) == told["items"] == 12
    assert "the intervals take the variances for known" in told["notes"]
    assert "the variance of raters rests on 4 raters" in told["notes"]
    assert told["raters"][0]["severity"]["n"] == told["raters"][0]["n"]
    assert_told({key: one for key, one in told.items() if key != "raters"})
    assert "scores" not in drawn(3).fit().to_json()


def test_columns_that_do_not_fit_are_refused() -> None:
    code = np.array([0, 0, 1, 1])
    for item, rater, y, match in (
        (code, code[:3], np.ones(4), "differ in length"),
        (code, 1 - code, np.array([1, 2, np.inf, 3]), "no number"),
        (code, code, np.ones(4), "rated an item twice"),
        (code + 1, 1 - code, np.ones(4), "names nothing"),
    ):
        with pytest.raises(ValueError, match=match):
            severity(item, rater, y, items=["a", "b"], raters=["x", "y"])


def test_a_panel_is_fitted_by_the_numbers_of_its_scale() -> None:
    cells = [
        (f"i{item}", f"r{rater}", str(1 + (item + (item * rater) % 3 % 2) % 5))
        for item in range(9)
        for rater in range(3)
    ]
    panel = Panel.of(Ratings.of(*zip(*cells, strict=True)), "ordinal")
    assert severity_of(panel).ratings == 27
    words = Panel.of(
        Ratings.of("aabbcc", "xyxyxy", ["lo", "hi", "lo", "hi", "mid", "hi"]), "ordinal", ("lo", "mid", "hi")
    )
    contrast = severity_of(words).contrast("y", "x")
    assert contrast.value == pytest.approx((2 + 2 + 1) / 3)
    with pytest.raises(ValueError, match="no level"):
        severity_of(Panel.of(Ratings.of("ab", "xx", ["yes", "no"])))


def used(seed: int, slopes: list[float], rest: list[float], items: int) -> Severity:
    rng = np.random.default_rng(seed)
    item, rater = np.repeat(np.arange(items), len(slopes)), np.tile(np.arange(len(slopes)), items)
    truth = rng.normal(0, 1, items)
    y = 3 + np.array(slopes)[rater] * truth[item] + rng.normal(0, 1, len(item)) * np.array(rest)[rater]
    return Table(item, rater, y, truth, truth).fit()


def test_the_use_of_the_range_and_inconsistency_are_found() -> None:
    found = used(0, [0.5, 1.0, 1.0, 1.0, 1.5], [0.3, 0.3, 1.0, 0.6, 0.5], 800)
    slopes = [one.use.slope.value or 0 for one in found.raters]
    # The others of the first use more of the range on average, the others of the last less.
    assert slopes == pytest.approx([0.5 / 1.125, 1, 1, 1, 1.5 / 0.875], abs=0.1)
    scatter = [one.use.scatter.value or 0 for one in found.raters]
    assert scatter == pytest.approx([0.3, 0.3, 1.0, 0.6, 0.5], abs=0.12)
    for one in found.raters:
        slope, shrunk, spread = one.use.slope, one.use.shrunk, one.use.scatter
        low, value, high = limits(spread)
        assert low <= value <= high
        assert abs(limits(shrunk)[1] - 1) <= abs(limits(slope)[1] - 1)


def test_raters_who_use_the_range_alike_have_slope_1_and_are_drawn_to_it() -> None:
    slopes, shrunk = [], []
    for seed in range(12):
        found = used(seed, [1.0] * 4, [0.8] * 4, 40)
        slopes += [one.use.slope.value or 0 for one in found.raters]
        shrunk += [one.use.shrunk.value or 0 for one in found.raters]
    assert np.mean(slopes) == pytest.approx(1, abs=0.06)
    assert np.abs(np.array(shrunk) - 1).mean() < np.abs(np.array(slopes) - 1).mean() / 2


def test_a_rater_without_errors_of_their_own_is_told_from_the_others() -> None:
    rng = np.random.default_rng(4)
    item, rater = np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200)
    truth = rng.normal(0, 1, 200)
    y = truth[item] + rng.normal(0, 1, 1000) * np.array([0.0, 1, 1, 1, 1])[rater]
    scatter = [limits(one.use.scatter) for one in Table(item, rater, y, truth, truth).fit().raters]
    assert scatter[0][1] < 0.4
    assert all(scatter[0][2] < 0.7 < low for low, _, _ in scatter[1:])


def test_two_hundred_thousand_items_are_fitted() -> None:
    rng = np.random.default_rng(0)
    items, raters = 200_000, 50
    item = np.repeat(np.arange(items), 3)
    rater = (rng.integers(0, raters, items)[:, None] + np.array([0, 7, 18])).ravel() % raters
    levels = rng.normal(0, 0.5, raters)
    y = rng.normal(0, 1, items)[item] + levels[rater] + rng.normal(0, 0.7, len(item))
    found = Table(item, rater, y, levels, levels).fit()
    assert found.variances == pytest.approx([1, levels.var(ddof=1), 0.49], rel=0.02)
    values = np.array([one.severity.value for one in found.raters])
    assert values == pytest.approx(levels - levels.mean(), abs=0.05)
