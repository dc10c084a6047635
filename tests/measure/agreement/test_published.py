"""Published tables, and real ones: every figure that is known of them, at full precision where a library gives it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import replace
from math import fsum
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtrc

from reviewer.measure.agreement.agree import measure_agreement
from reviewer.measure.agreement.alpha import Alpha, alpha_of_counts
from reviewer.measure.agreement.bootstrap import bca_levels, interval
from reviewer.measure.agreement.chance import Chance, Conger
from reviewer.measure.agreement.concordance import Concordance, complete
from reviewer.measure.agreement.icc import NAMES, anova, one_way, two_way
from reviewer.measure.agreement.kinds import kinds_of
from reviewer.measure.agreement.large_sample import cohen, large_sample
from reviewer.measure.agreement.pairs import Pair
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.agreement.report import Report
from reviewer.measure.agreement.scale import LEVELS, scale_of
from reviewer.measure.arrays import Floats
from tests.measure.agreement.panels import QUICK, matrix, published, report_of, values_of
from tests.measure.material import shared, shared_json, shared_rows

WEIGHTS = ("identity", "linear", "quadratic", "ordinal")
ICC = dict(zip(("ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"), NAMES, strict=True))
IRRCAC = {
    "fleiss": "fleiss_kappa",
    "conger": "conger_kappa",
    "brennan_prediger": "brennan_prediger",
    "bp": "brennan_prediger",
    "krippendorff": "krippendorff_alpha",
}


def expected(name: str) -> dict[str, Any]:
    """What is known of a published table."""
    told: dict[str, Any] = shared_json("textbook", "expected.json")[name]
    return told


def square(name: str) -> Floats:
    """A published table of counts."""
    with shared("textbook", name).open(encoding="utf-8", newline="") as stream:
        return np.array([[float(cell) for cell in row[1:]] for row in list(csv.reader(stream))[1:]])


def check_irrcac(panel: Panel, kind: str, told: dict[str, Any]) -> None:
    """All that irrCAC prints; its p-value of Brennan-Prediger is one-sided, unlike its others."""
    kinds = kinds_of(panel, by_rater=True)
    weights = panel.scale.weights(kind)
    found = large_sample(kinds, panel.scale, weights)
    chance = Chance(kinds, panel.scale, weights, all_weighted=True)
    for name, figure in told.items():
        gwet = "gwet_ac1" if kind == "identity" else "gwet_ac2"
        one = found[gwet if name.startswith("gwet") else IRRCAC[name]]
        low, high = figure.get("ci95") or figure["confidence_interval"]
        p_value = figure["p"] if "p" in figure else figure["p_value"]
        assert one.value == pytest.approx(figure.get("value", figure.get("coefficient_value")), abs=1e-10)
        assert one.se == pytest.approx(figure["se"], abs=1e-10)
        assert (one.low, one.high) == pytest.approx((low, high), abs=1e-10)
        sides = 2 if IRRCAC.get(name) == "brennan_prediger" else 1
        assert one.p_value == pytest.approx(sides * p_value, abs=1e-8)
        if "pe" in figure:
            assert one.value == pytest.approx((figure["pa"] - figure["pe"]) / (1 - figure["pe"]), abs=1e-10)
        if name != "krippendorff":
            assert chance.total()[0] == pytest.approx(figure["pa"], abs=1e-10)


def check_friedman(w: float, items: int, raters: int, chi_square: float, df: int, p_value: float) -> None:
    """W as Friedman's test has it."""
    assert raters * (items - 1) * w == pytest.approx(chi_square, abs=1e-9)
    assert df == items - 1
    assert float(chdtrc(df, raters * df * w)) == pytest.approx(p_value, abs=1e-9)


def test_fleiss_1971() -> None:
    told = expected("fleiss1971_diagnoses.csv")
    found = report_of(published("fleiss1971_diagnoses.csv"), level="nominal").measures
    assert found["fleiss_kappa"].value == pytest.approx(told["published"]["fleiss_kappa"], abs=5e-4)
    computed = told["computed"]
    assert found["fleiss_kappa"].value == pytest.approx(computed["statsmodels_fleiss_kappa"], abs=1e-12)
    assert found["brennan_prediger"].value == pytest.approx(computed["statsmodels_randolph_kappa"], abs=1e-12)
    assert found["krippendorff_alpha"].value == pytest.approx(computed["krippendorff_nominal"], abs=1e-12)
    check_irrcac(Panel.of_matrix(published("fleiss1971_diagnoses.csv"), "nominal"), "identity", computed["irrCAC"])


def test_fleiss_of_counts_alone() -> None:
    told = expected("fleiss_wikipedia_counts.csv")
    counts = np.array([[float(cell or 0) for cell in row] for row in published("fleiss_wikipedia_counts.csv")])
    # Who said what does not matter: the raters of each item in the order of the points.
    table = [[float(point) for point, many in enumerate(row) for _ in range(int(many))] for row in counts.tolist()]
    found = report_of(table, level="nominal").measures
    assert found["fleiss_kappa"].value == pytest.approx(told["computed"]["statsmodels_fleiss_kappa"], abs=1e-12)
    assert found["brennan_prediger"].value == pytest.approx(told["computed"]["randolph"], abs=1e-12)
    assert found["fleiss_kappa"].value == pytest.approx(told["published"]["fleiss_kappa"], abs=5e-3)


@pytest.mark.parametrize("name", ["krippendorff_4x12.csv", "krippendorff_wikipedia_3x15.csv"])
@pytest.mark.parametrize("level", LEVELS)
def test_krippendorffs_examples(name: str, level: str) -> None:
    told = expected(name)
    value = report_of(published(name), level=level).measures["krippendorff_alpha"].value
    assert value == pytest.approx(told["computed"][level], abs=1e-12)
    if level in told["published"]:
        assert value == pytest.approx(told["published"][level], abs=5e-4)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize(
    ("name", "key"), [("krippendorff_4x12.csv", "computed_irrCAC"), ("gwet_5observers.csv", "computed")]
)
def test_gwets_examples(name: str, key: str, kind: str) -> None:
    check_irrcac(Panel.of_matrix(published(name), "interval"), kind, expected(name)[key][kind])


def test_gwets_four_raters_as_printed() -> None:
    told = expected("krippendorff_4x12.csv")["published_gwet2014_identity"]
    report = report_of(published("krippendorff_4x12.csv"), level="nominal")
    assert report.measures["gwet_ac1"].value == pytest.approx(told["gwet_ac1"], abs=5e-4)
    found = report.large_sample["gwet_ac1"]
    assert (found.se, found.low, found.high) == pytest.approx((told["se"], *told["ci95"]), abs=5e-4)
    raw = expected("krippendorff_4x12.csv")["raw_4raters_check"]
    check_irrcac(Panel.of_matrix(published("krippendorff_4x12.csv"), "nominal"), "identity", {"gwet_ac": raw})


@pytest.mark.parametrize("name", ["sas_3x3.csv", "cohen_2x2.csv"])
def test_cohens_kappa_of_tables(name: str) -> None:
    computed = expected(name)["computed"]
    table = square(name)
    scale = scale_of([], "interval", [str(one) for one in range(len(table))])
    for kind in ("identity", "linear", "quadratic"):
        key = "unweighted" if kind == "identity" else kind
        told = computed.get(key) or (computed if kind == "identity" and "kappa" in computed else None)
        if told is None:
            continue
        one, null = cohen(table, scale.weights(kind))
        assert one.value == pytest.approx(told["kappa"], abs=1e-12)
        assert one.se == pytest.approx(told["ase"], abs=1e-12)
        assert (one.low, one.high) == pytest.approx(told["ci95"], abs=1e-10)
        assert null == pytest.approx(told["ase0"], abs=1e-12)
        assert null is not None
        assert (one.value or 0) / null == pytest.approx(told["z"], abs=1e-8)
        assert one.p_value == pytest.approx(told["p_two_sided"], abs=1e-10)
        printed = expected(name)["published"]
        printed = printed if kind == "identity" else printed.get(f"{kind}_weighted", {})
        found = {"kappa": one.value, "ase": one.se, "p_two_sided": one.p_value, "z": (one.value or 0) / null}
        assert {key: found[key] for key in found if key in printed} == pytest.approx(
            {key: printed[key] for key in found if key in printed}, abs=5.1e-5
        )
        if "ci95" in printed:
            assert (one.low, one.high) == pytest.approx(printed["ci95"], abs=5.1e-5)


def test_the_report_on_a_table_of_two_raters_has_the_errors() -> None:
    counts = square("sas_3x3.csv")
    table: list[list[float | None]] = [
        [float(a), float(b)] for a in range(3) for b in range(3) for _ in range(int(counts[a, b]))
    ]
    report = report_of(table, points=("0", "1", "2"))
    told = expected("sas_3x3.csv")["computed"]
    assert report.measures["cohen_kappa"].value == pytest.approx(told["unweighted"]["kappa"], abs=1e-12)
    assert report.measures["cohen_kappa_linear"].value == pytest.approx(told["linear"]["kappa"], abs=1e-12)
    assert report.measures["cohen_kappa_quadratic"].value == pytest.approx(told["quadratic"]["kappa"], abs=1e-12)
    assert report.large_sample["cohen_kappa_linear"].se == pytest.approx(told["linear"]["ase"], abs=1e-12)
    assert report.contingency is not None
    assert report.contingency.counts == counts.astype(int).tolist()


def test_cohen_1968_with_weights_of_its_own() -> None:
    computed = expected("cohen1968_3x3.csv")["computed"]
    table = square("cohen1968_3x3.csv") * 2
    lost = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], dtype=float)
    assert cohen(table, np.eye(3))[0].value == pytest.approx(computed["kappa"], abs=1e-12)
    assert cohen(table, 1 - lost / 6)[0].value == pytest.approx(computed["weighted_kappa"], abs=1e-12)
    printed = expected("cohen1968_3x3.csv")["published"]
    assert computed == pytest.approx({name: printed[name] for name in computed}, abs=5.1e-4)


def test_shrout_and_fleiss() -> None:
    told = expected("shrout_fleiss1979.csv")["computed_pingouin"]
    x = matrix(published("shrout_fleiss1979.csv"))
    found = one_way(x, np.ones(len(x)), 0.05) | two_way(x, np.ones(len(x)), 0.05)
    for name, figure in told.items():
        one = found[ICC[name]]
        assert one.value == pytest.approx(figure["icc"], abs=1e-12)
        assert one.f == pytest.approx(figure["F"], abs=1e-9)
        assert one.df == (figure["df1"], figure["df2"])
        assert one.p_value == pytest.approx(figure["p"], abs=1e-12)
        assert (one.low, one.high) == pytest.approx(figure["ci95_rounded"], abs=0.0051)
    report = report_of(published("shrout_fleiss1979.csv"))
    assert report.measures["icc_2_1"].value == pytest.approx(told["ICC(A,1)"]["icc"], abs=1e-12)
    printed = expected("shrout_fleiss1979.csv")["published"]
    assert len(printed) == 6
    for name, value in printed.items():
        measure = f"icc_{name[4]}_{'k' if name[6] == '4' else '1'}"
        assert report.measures[measure].value == pytest.approx(value, abs=5.1e-3)


def test_the_anxiety_ratings_on_the_full_scale_and_on_the_points_seen() -> None:
    told = expected("irr_anxiety.csv")["computed"]
    table = published("irr_anxiety.csv")
    full = report_of(table, points=tuple("123456"))
    pairs = {row.raters: row.figures for row in full.pairs}
    assert pairs["r0", "r1"]["cohen_kappa"] == pytest.approx(told["kappa_raters12"], abs=1e-12)
    assert pairs["r0", "r1"]["cohen_kappa_linear"] == pytest.approx(told["kappa_linear_raters12"], abs=1e-12)
    assert pairs["r0", "r1"]["cohen_kappa_quadratic"] == pytest.approx(told["kappa_quadratic_raters12"], abs=1e-12)
    assert pairs["r0", "r1"]["spearman"] == pytest.approx(told["spearman_12"], abs=1e-12)
    assert pairs["r0", "r1"]["kendall_tau"] == pytest.approx(told["kendall_tau_b_12"], abs=1e-12)
    seen = {name: report_of([row[1:] for row in table]).measures[name].value for name in full.measures}
    named = {name: report_of([row[1:] for row in table], points=tuple("123456")).measures[name].value for name in seen}
    for name, key in (("cohen_kappa_linear", "linear"), ("cohen_kappa_quadratic", "quadratic")):
        assert seen[name] == pytest.approx(told[f"kappa_{key}_raters23_observed_categories"], abs=1e-12)
        assert named[name] == pytest.approx(told[f"kappa_{key}_raters23_full_scale"], abs=1e-12)
    assert seen["cohen_kappa"] == pytest.approx(told["kappa_raters23"], abs=1e-12)
    for level, value in told["krippendorff"].items():
        assert report_of(table, level=level).measures["krippendorff_alpha"].value == pytest.approx(value, abs=1e-12)
    for name, figure in told["icc_pingouin"].items():
        assert full.measures[ICC[name]].value == pytest.approx(figure["icc"], abs=1e-12)
        assert (full.measures[ICC[name]].low, full.measures[ICC[name]].high) == pytest.approx(
            figure["ci95_rounded"], abs=0.0051
        )
    kendall = told["kendall"]
    w = full.measures["kendall_w"].value
    assert w == pytest.approx(kendall["W_tie_corrected"], abs=1e-12)
    check_friedman(w or 0, 20, 3, kendall["chisq"], kendall["df"], kendall["p"])
    printed = expected("irr_anxiety.csv")["published"]
    assert w == pytest.approx(printed["kendall_W_corrected"], abs=5e-3)
    assert full.measures["icc_2_1"].value == pytest.approx(printed["icc_A1"], abs=5e-4)
    for name, key in (("", "unweighted"), ("_linear", "equal"), ("_quadratic", "squared")):
        assert seen[f"cohen_kappa{name}"] == pytest.approx(printed[f"irr_kappa2_raters23_{key}"], abs=5.1e-8)
    x = matrix(table)
    found = one_way(x, np.ones(len(x)), 0.05) | two_way(x, np.ones(len(x)), 0.05)
    for name, figure in told["icc_pingouin"].items():
        one = found[ICC[name]]
        assert one.f == pytest.approx(figure["F"], abs=1e-9)
        assert one.df == (figure["df1"], figure["df2"])
        assert one.p_value == pytest.approx(figure["p"], abs=1e-12)
    # W without the correction for ties lacks what each rater's ties take from the denominator.
    panel = Panel.of_matrix(table)
    ties = sum(
        int(many**3 - many)
        for rater in range(3)
        for many in np.unique(panel.point[panel.rater == rater], return_counts=True)[1].tolist()
    )
    whole = 9 * (20**3 - 20)
    assert (w or 0) * (whole - 3 * ties) / whole == pytest.approx(kendall["W_uncorrected"], abs=1e-12)


def test_alpha_and_its_resamples_are_those_of_the_fixture() -> None:
    told = shared_json("methods", "agreement.json")["alpha"]
    for level in LEVELS:
        panel = Panel.of_matrix(told["input_units_by_raters"], level, [1, 2, 3, 4, 5])
        kinds = kinds_of(panel, by_rater=False)
        statistic = Alpha(kinds, panel.scale)
        assert statistic.total()[0] == pytest.approx(told["expected"][level], abs=1e-12)
        drawn = [np.bincount(kinds.place[row], minlength=len(kinds)) for row in told["resample_unit_indices"]]
        found = statistic.of(np.array(drawn, dtype=np.float64))[:, 0]
        assert found == pytest.approx(np.array(told["expected_alpha_of_each_resample"][level]), abs=1e-12)


def test_weighted_kappas_of_the_fixture() -> None:
    told = shared_json("methods", "agreement.json")["weighted_kappa"]
    for points, key in (((1, 2, 3, 4, 5), "full_scale"), ((), "observed_only")):
        panel = Panel.of_matrix(told["input_two_raters"], "ordinal", points)
        pair = Pair(kinds_of(panel, by_rater=True), panel.scale, "ordinal")
        found = dict(zip(pair.names, pair.of(pair.repeats[None])[0].tolist(), strict=True))
        for name, weights in (("", "unweighted"), ("_linear", "linear"), ("_quadratic", "quadratic")):
            assert found[f"cohen_kappa{name}"] == pytest.approx(told["expected"][weights][key], abs=1e-12)


def test_fleiss_and_randolph_of_the_fixture() -> None:
    told = shared_json("methods", "agreement.json")["fleiss"]
    table = [[float(point) for point, many in enumerate(row) for _ in range(many)] for row in told["input_counts"]]
    found = report_of(table, level="nominal", points=tuple("01234")).measures
    assert found["fleiss_kappa"].value == pytest.approx(told["expected"], abs=1e-12)
    assert found["brennan_prediger"].value == pytest.approx(told["randolph"], abs=1e-12)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize(("key", "points"), [("full_scale", (1, 2, 3, 4, 5)), ("observed_only", ())])
def test_irrcac_on_both_scales(kind: str, key: str, points: tuple[float, ...]) -> None:
    told = shared_json("methods", "agreement_irrcac.json")
    panel = Panel.of_matrix(told["input_units_by_raters"], "interval", points)
    check_irrcac(panel, kind, told["expected"][key][kind])
    found = Conger(kinds_of(panel, by_rater=True), panel.scale, panel.scale.weights(kind)).total()[0]
    assert found == pytest.approx(told["expected"][key][kind]["conger"]["coefficient_value"], abs=1e-12)


def test_intraclass_correlations_and_concordance_of_the_fixture() -> None:
    told = shared_json("methods", "icc_kendall.json")
    for one in told["icc"]:
        x = matrix(one["input_items_by_raters"])
        squares = anova(x, np.ones(len(x)))
        assert (squares.rows, squares.columns, squares.rest, squares.within) == pytest.approx(
            tuple(one["mean_squares"][name] for name in ("MSR", "MSC", "MSE", "MSW")), abs=1e-9
        )
        found = one_way(x, np.ones(len(x)), 0.05) | two_way(x, np.ones(len(x)), 0.05)
        for name, figure in one["expected"].items():
            icc = found[ICC[name]]
            assert icc.value == pytest.approx(figure["value"], abs=1e-10)
            assert (icc.low, icc.high) == pytest.approx(figure["ci95"], abs=1e-9)
            assert icc.p_value == pytest.approx(figure["p"], rel=1e-6)
    for one in told["kendall_w"]:
        panel = Panel.of_matrix(one["input_items_by_raters"])
        whole, points = complete(kinds_of(panel, by_rater=True))
        w = float(Concordance(points, whole.repeats).of(whole.repeats[None])[0, 0])
        assert w == pytest.approx(one["W_tie_corrected"], abs=1e-12)
        check_friedman(w, len(panel.items), len(panel.raters), one["friedman_chi2"], one["df"], one["p"])


def test_levels_of_the_bca_interval_are_those_of_the_fixture() -> None:
    for case in shared_json("methods", "bootstrap.json")["cases"]:
        if case["kind"] != "mean":
            continue
        x = np.array(case["x"])
        without = (x.sum() - x) / (len(x) - 1)
        told = case["explicit"]
        drawn = np.array(told["theta_star_sorted"])
        # One resample has the value itself, but for rounding that puts it below; the fixture counts it there.
        drawn[np.abs(drawn - x.mean()) < 1e-9] -= 1e-7
        levels = bca_levels(float(x.mean()), drawn, without, np.ones(len(x)), 0.05)
        assert levels == pytest.approx(np.array(told["alpha_bca"]), abs=1e-9)
        found = interval(float(x.mean()), drawn, without, np.ones(len(x)), 0.05)
        assert (found.low, found.high) == pytest.approx(told["bca95"], abs=1e-9)
        plain = interval(float(x.mean()), drawn, without, np.ones(len(x)), 0.05, bca=False)
        assert (plain.low, plain.high) == pytest.approx(told["percentile95"], abs=1e-9)


def long(rows: list[tuple[str, str, str]], **settings: Any) -> Report:
    """The report on long rows."""
    items, raters, values = zip(*rows, strict=True)
    return measure_agreement(Ratings.of(items, raters, values), replace(QUICK, **settings)).criteria["score"]


def test_recipes() -> None:
    told = shared_json("recipes", "reference.json")
    with shared("recipes", "ratings.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    for name, known in told["criteria"].items():
        cells = [(f"{row['recipeid']} {row['condition']}", row["participant"], row[name]) for row in rows]
        for level in ("nominal", "ordinal", "interval"):
            panel = Panel.of(Ratings.of(*zip(*cells, strict=True)), level, tuple("123456"))
            value = float(Alpha(kinds_of(panel, by_rater=False), panel.scale).total()[0])
            assert value == pytest.approx(known[f"alpha_{level}_raw"], abs=1e-12)
            if level == "ordinal":
                assert value == pytest.approx(known["published"], abs=1e-12)
        assert (len(panel.items), len(panel.raters), len(panel)) == (52, 88, 1056)
        lines = shared("recipes", "judgebench_individual_scores.jsonl").read_text("utf-8").splitlines()
        scored = {str(one["id"]): one[name] for one in map(json.loads, lines)}
        again = [(one, str(at), str(value)) for one, values in scored.items() for at, value in enumerate(values)]
        ordinal = long(again, points=tuple("123456")).measures["krippendorff_alpha"].value
        assert ordinal == pytest.approx(known["alpha_ordinal_judgebench_52items"], abs=1e-12)


def test_newsroom() -> None:
    told = shared_json("newsroom", "reference.json")
    rows = shared_rows("newsroom", "ratings.csv")
    for name, known in told.items():
        table = [
            [float(row[one]) if row[one] else None for one in ("r1", "r2", "r3")]
            for row in rows
            if row["criterion"] == name
        ]
        assert len(table) == known["items"]
        for level in ("ordinal", "interval"):
            value = report_of(table, level=level).measures["krippendorff_alpha"].value
            assert value == pytest.approx(known[f"alpha_{level}"], abs=1e-12)
        assert known["published_alpha_ordinal"] == pytest.approx(known["alpha_ordinal"], abs=1e-12)


def test_pandalm() -> None:
    told = shared_json("pandalm", "reference.json")
    lines = shared("pandalm", "testset.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    table = [[float(row[f"annotator{one}"]) for one in (1, 2, 3)] for row in rows]
    report = report_of(table, level="nominal")
    assert report.measures["fleiss_kappa"].value == pytest.approx(told["fleiss_kappa"], abs=1e-12)
    assert report.measures["krippendorff_alpha"].value == pytest.approx(told["krippendorff_nominal"], abs=1e-12)
    for row in report.pairs:
        key = row.raters[0][1:] + row.raters[1][1:]
        key = "".join(str(int(one) + 1) for one in key)
        assert row.figures["cohen_kappa"] == pytest.approx(told["rater_pairs_kappa"][key], abs=1e-12)
        assert row.figures["percent_agreement"] == pytest.approx(told["rater_pairs_agreement"][key], abs=1e-12)
        assert row.items == told["n_items"]
    majority = [max((1, 2, 0), key=line.count) for line in ([int(one or 0) for one in row] for row in table)]
    alone = sum(row.count(most) < 2 for row, most in zip(table, majority, strict=True))
    assert alone == told["items_without_majority"]
    for judge in ("gpt35", "pandalm7b"):
        known = told[f"{judge}_vs_majority"]
        said = {"0": 0.0, "1": 1.0, "2": 2.0, "Tie": 0.0}
        both: list[list[float | None]] = [
            [float(most), said[str(row[f"{judge}_result"])]]
            for row, most in zip(rows, majority, strict=True)
            if str(row[f"{judge}_result"]) in said
        ]
        assert len(rows) - len(both) == known["invalid_judge_outputs"]
        found = report_of(both, level="nominal").measures
        assert found["percent_agreement"].value == pytest.approx(known["accuracy_valid_only"], abs=1e-12)
        assert found["cohen_kappa"].value == pytest.approx(known["kappa_valid_only"], abs=1e-12)


def test_multipico() -> None:
    told = shared_json("multipico_en", "reference.json")
    rows = shared_rows("multipico_en", "ratings.csv")
    gender = {row["annotator"]: row["Gender"] for row in shared_rows("multipico_en", "annotators.csv")}
    cells = [(row["item"], row["annotator"], row["ironic"]) for row in rows]
    report = long(cells, level="nominal")
    assert (report.items, len(report.raters), report.ratings) == (489, 74, 2310)
    assert report.missing == 489 * 74 - 2310
    assert values_of(report)["krippendorff_alpha"] == pytest.approx(told["alpha_nominal"], abs=1e-12)
    for name, known in told["gender"].items():
        some = long([cell for cell in cells if gender[cell[1]] == name], level="nominal")
        assert some.measures["krippendorff_alpha"].value == pytest.approx(known["alpha_nominal"], abs=1e-12)
        assert len(some.raters) == known["annotators"]
        assert some.ratings == known["ratings"]


def test_translations() -> None:
    told = shared_json("wmt23_mqm_ende", "reference.json")
    spans: dict[tuple[str, str], list[float]] = defaultdict(list)
    major: dict[tuple[str, str], bool] = defaultdict(bool)
    for row in shared_rows("wmt23_mqm_ende", "ratings.csv"):
        key = f"{row['system']} {row['seg']}", row["rater"]
        category, severity = row["category"], row["severity"]
        minor = 0.1 if category == "Fluency/Punctuation" else 1.0
        points = {"Major": 5.0, "Minor": minor}.get(severity, 0.0)
        if category.startswith("Non-translation"):
            points = 25.0
        spans[key].append(0.0 if category.startswith("Source issue") else points)
        major[key] |= severity == "Major"
    cells = [(item, rater, repr(fsum(points))) for (item, rater), points in spans.items()]
    ordinal = long(cells)
    assert (ordinal.items, len(ordinal.raters), ordinal.ratings) == (told["units"], told["raters"], told["ratings"])
    assert ordinal.measures["krippendorff_alpha"].value == pytest.approx(told["krippendorff_ordinal"], abs=1e-10)
    interval = long(cells, level="interval")
    assert interval.measures["krippendorff_alpha"].value == pytest.approx(told["krippendorff_interval"], abs=1e-10)
    any_error = {key: fsum(points) > 0 for key, points in spans.items()}
    for name, marked in (("error", any_error), ("major", major)):
        cells = [(item, rater, str(int(mark))) for (item, rater), mark in marked.items()]
        value = long(cells, level="nominal").measures["krippendorff_alpha"].value
        assert value == pytest.approx(told[f"krippendorff_nominal_any_{name}"], abs=1e-12)


def test_four_coders_of_evalica() -> None:
    with shared("evalica", "codings.csv").open(encoding="utf-8", newline="") as stream:
        coders = [[float(cell) if cell else None for cell in row] for row in csv.reader(stream)]
    table = [list(column) for column in zip(*coders, strict=True)]
    assert report_of(table, level="nominal").measures["krippendorff_alpha"].value == pytest.approx(0.743421, abs=1e-6)
    counts = np.array([[row.count(point) for point in range(1, 6)] for row in table], dtype=float)
    scale = scale_of([], "nominal", tuple("12345"))
    assert alpha_of_counts(counts, scale) == pytest.approx(0.743421, abs=1e-6)
