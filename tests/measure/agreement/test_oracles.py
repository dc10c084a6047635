"""The same figures as other people's programs, on many tables, those with gaps among them."""

from __future__ import annotations

import warnings
from math import isnan

import krippendorff
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from reviewer.measure.agreement.alpha import Alpha, alpha_of_table
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.concordance import Concordance, complete
from reviewer.measure.agreement.icc import anova, one_way, two_way
from reviewer.measure.agreement.kinds import kinds_of
from reviewer.measure.agreement.large_sample import cohen, large_sample
from reviewer.measure.agreement.pairs import Pair, meetings
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.scale import LEVELS
from tests.measure.agreement.panels import Table, matrix, tables

POINTS = [1.0, 2.0, 3.0, 4.0, 5.0]
QUICKLY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(QUICKLY, max_examples=80)
EXACT = 1e-9


def theirs(table: Table, level: str) -> float | None:
    """Alpha by the krippendorff package; None where it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = krippendorff.alpha(matrix(table).T, level_of_measurement=level)  # type: ignore[arg-type]
        except ValueError:
            return None
    return None if isnan(value) else float(value)


@QUICKLY
@given(tables(), st.sampled_from(LEVELS), st.booleans())
def test_alpha_is_that_of_the_krippendorff_package(table: Table, level: str, by_rater: bool) -> None:
    panel = Panel.of_matrix(table, level)
    kinds = kinds_of(panel, by_rater=by_rater)
    expected = theirs(table, level)
    if not (kinds.sizes > 1).any():
        assert expected is None
        return
    found = float(Alpha(kinds, panel.scale).total()[0])
    assert (expected is None and isnan(found)) or found == pytest.approx(expected, abs=EXACT)
    at_once = alpha_of_table(matrix(table), level)
    assert (expected is None and isnan(at_once)) or at_once == pytest.approx(expected, abs=EXACT)


@QUICKLY
@given(tables(gaps=False))
def test_fleiss_and_brennan_prediger_are_those_of_statsmodels(table: Table) -> None:
    panel = Panel.of_matrix(table, "nominal", POINTS)
    counts = np.stack([(matrix(table) == point).sum(axis=1) for point in POINTS], axis=1)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fleiss, even = fleiss_kappa(counts), fleiss_kappa(counts, method="rand")
    chance = Chance(kinds_of(panel, by_rater=False), panel.scale, np.eye(5))
    found = dict(zip(chance.names, chance.total().tolist(), strict=True))
    assert found["fleiss_kappa"] == pytest.approx(fleiss, abs=EXACT, nan_ok=True)
    assert found["brennan_prediger"] == pytest.approx(even, abs=EXACT)


@QUICKLY
@given(tables(raters=2, least=3))
def test_two_raters_are_as_in_scikit_learn_and_scipy(table: Table) -> None:
    both = [row for row in table if None not in row]
    if not both:
        return
    panel = Panel.of_matrix(table, "ordinal", POINTS)
    pair = Pair(kinds_of(panel, by_rater=True), panel.scale, "quadratic")
    found = dict(zip(pair.names, pair.of(pair.repeats[None])[0].tolist(), strict=True))
    one, other = (matrix(both)[:, at] for at in (0, 1))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for name, weights in (("", None), ("_linear", "linear"), ("_quadratic", "quadratic")):
            expected = cohen_kappa_score(one, other, labels=POINTS, weights=weights)
            assert found[f"cohen_kappa{name}"] == pytest.approx(expected, abs=EXACT, nan_ok=True)
        if len(both) > 1:
            for name, of in (("spearman", stats.spearmanr), ("kendall_tau", stats.kendalltau)):
                assert found[name] == pytest.approx(of(one, other).statistic, abs=EXACT, nan_ok=True)
            expected = stats.pearsonr(one, other).statistic
            assert found["pearson"] == pytest.approx(expected, abs=EXACT, nan_ok=True)
    alpha = theirs(both, "ordinal")
    assert found["krippendorff_alpha"] == pytest.approx(
        float("nan") if alpha is None else alpha, abs=EXACT, nan_ok=True
    )


@QUICKLY
@given(tables(raters=2, gaps=False, least=5), st.sampled_from(["identity", "linear", "quadratic"]))
def test_errors_of_weighted_kappa_are_those_of_statsmodels(table: Table, kind: str) -> None:
    counts = np.zeros((5, 5))
    np.add.at(counts, tuple((matrix(table) - 1).astype(int).T), 1)
    panel = Panel.of_matrix(table, "interval", POINTS)
    found, null = cohen(counts, panel.scale.weights(kind))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        expected = cohens_kappa(counts, wt=None if kind == "identity" else kind)
    if found.value is None:
        assert isnan(expected.kappa)
        return
    assert found.value == pytest.approx(expected.kappa, abs=EXACT)
    if found.se and found.se > 1e-6:
        assert found.se == pytest.approx(expected.std_kappa, abs=1e-7)
    if null is not None and null > 1e-6:
        assert null == pytest.approx(expected.std_kappa0, abs=1e-7)


@FEWER
@given(tables())
def test_every_pair_among_many_is_as_that_pair_alone(table: Table) -> None:
    panel = Panel.of_matrix(table, "ordinal", POINTS)
    met = meetings(kinds_of(panel, by_rater=True), len(panel.scale), 10)
    names, figures = met.figures(panel.scale, "ordinal")
    for (one, other), row in zip(met.raters, figures, strict=True):
        places = [int(panel.raters[at][1:]) - 1 for at in (one, other)]
        alone = [[cells[places[0]], cells[places[1]]] for cells in table]
        whole = Panel.of_matrix([cells for cells in alone if None not in cells], "ordinal", POINTS)
        pair = Pair(kinds_of(whole, by_rater=True), whole.scale, "ordinal")
        expected = dict(zip(pair.names, pair.of(pair.repeats[None])[0].tolist(), strict=True))
        for name, value in zip(names, row.tolist(), strict=True):
            assert value == pytest.approx(expected[name], abs=EXACT, nan_ok=True)


@QUICKLY
@given(tables(gaps=False, least=3))
def test_concordance_is_that_of_friedmans_test(table: Table) -> None:
    if len(table[0]) < 3:
        return
    panel = Panel.of_matrix(table)
    whole, points = complete(kinds_of(panel, by_rater=True))
    found = float(Concordance(points, whole.repeats).of(whole.repeats[None])[0, 0])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        friedman = stats.friedmanchisquare(*matrix(table)).statistic
    expected = friedman / (len(table[0]) * (len(table) - 1))
    assert found == pytest.approx(expected, abs=EXACT, nan_ok=True)


@QUICKLY
@given(tables(gaps=False, points=4, least=3))
def test_mean_squares_are_those_of_the_definition(table: Table) -> None:
    x = matrix(table)
    n, k = x.shape
    rows, columns, mean = x.mean(axis=1, keepdims=True), x.mean(axis=0, keepdims=True), x.mean()
    found = anova(x, np.ones(n))
    assert found.rows == pytest.approx(k * np.square(rows - mean).sum() / (n - 1), abs=EXACT)
    assert found.columns == pytest.approx(n * np.square(columns - mean).sum() / (k - 1), abs=EXACT)
    assert found.rest == pytest.approx(np.square(x - rows - columns + mean).sum() / ((n - 1) * (k - 1)), abs=EXACT)
    assert found.within == pytest.approx(np.square(x - rows).sum() / (n * (k - 1)), abs=EXACT)


@settings(QUICKLY, max_examples=8)
@given(tables(gaps=False, points=9, least=4))
def test_intraclass_correlations_are_those_of_pingouin(table: Table) -> None:
    x = matrix(table)
    found = one_way(x, np.ones(len(x)), 0.05) | two_way(x, np.ones(len(x)), 0.05)
    if any(one.value is None or not one.p_value for one in found.values()):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        import pingouin

        long = pd.DataFrame(
            [(item, rater, value) for item, row in enumerate(table) for rater, value in enumerate(row)],
            columns=["item", "rater", "value"],
        )
        expected = pingouin.intraclass_corr(long, targets="item", raters="rater", ratings="value").set_index("Type")
    names = {"1": "1", "A": "2", "C": "3"}
    for name, row in expected.iterrows():
        kind, many = str(name)[4], str(name)[6]
        one = found[f"icc_{names[kind]}_{many}"]
        assert one.value == pytest.approx(row["ICC"], abs=1e-7)
        assert one.f == pytest.approx(row["F"], rel=1e-7)
        assert one.p_value == pytest.approx(row["pval"], abs=1e-9)


@QUICKLY
@given(tables(), st.sampled_from(["identity", "linear", "quadratic", "ordinal"]))
def test_large_samples_have_the_same_values_as_the_coefficients(table: Table, kind: str) -> None:
    panel = Panel.of_matrix(table, "interval", POINTS)
    kinds = kinds_of(panel, by_rater=True)
    if not (kinds.sizes > 1).any():
        return
    weights = panel.scale.weights(kind)
    chance = Chance(kinds, panel.scale, weights, all_weighted=True)
    expected = dict(zip(chance.names, chance.total().tolist(), strict=True))
    expected["conger_kappa"] = float(Conger(kinds, panel.scale, weights).total()[0])
    for name, one in large_sample(kinds, panel.scale, weights).items():
        if name in expected:
            value = float("nan") if one.value is None else one.value
            assert value == pytest.approx(expected[name], abs=EXACT, nan_ok=True)
