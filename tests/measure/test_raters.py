"""Raters: agreement, repeats, length; against published counts where they are at hand."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from reviewer.measure.length import length_preference
from reviewer.measure.logistic import logistic
from reviewer.measure.raters import report_raters
from reviewer.measure.votes import Votes
from tests.measure.material import shared, shared_json, shared_rows


def panel(rows: list[tuple[str, str, str, str, str]]) -> Votes:
    """Votes from rows of item, rater, left, right, winner; the left side is shown first."""
    item, rater, left, right, winner = zip(*rows, strict=True)
    return Votes.of(left, right, winner, item=item, rater=rater)


def test_agreement_is_with_the_others_on_the_same_pair() -> None:
    votes = panel(
        [
            ("1", "ana", "a", "b", "left"),
            ("1", "ben", "b", "a", "right"),
            ("1", "eva", "a", "b", "tie"),
            ("2", "ana", "a", "b", "both_bad"),
            ("2", "ben", "a", "b", "both_bad"),
            ("2", "eva", "a", "c", "left"),
        ]
    )
    ana, ben, eva = report_raters(votes, None, 0.05)
    assert (ana.rater, ana.agreement.value, ana.agreement.n) == ("ana", 0.75, 2)
    assert ben.agreement.value == 0.75
    assert (eva.agreement.value, eva.agreement.n, eva.agreement.dropped) == (0.0, 1, {"no other rater": 1})
    assert ana.first_share.value == 1.0
    assert ana.first_share.dropped == {"both_bad": 1}
    assert ana.consistency.value is None
    assert ana.consistency.why == "no item was judged twice"


def test_repeats_in_turned_order_tell_consistency_and_side() -> None:
    votes = panel(
        [
            ("1", "ana", "a", "b", "left"),
            ("1", "ana", "b", "a", "left"),
            ("2", "ana", "a", "b", "left"),
            ("2", "ana", "b", "a", "right"),
            ("3", "ana", "a", "b", "right"),
            ("3", "ana", "b", "a", "right"),
            ("4", "ana", "a", "b", "tie"),
            ("4", "ana", "b", "a", "tie"),
        ]
    )
    (ana,) = report_raters(votes, None, 0.05)
    assert (ana.consistency.value, ana.consistency.n) == (0.5, 4)
    assert (ana.both_first, ana.both_second) == (1, 1)
    assert ana.agreement.why == "no other rater judged the same pair"
    assert ana.agreement.dropped == {"no other rater": 8}


def test_without_raters_or_items_it_says_so() -> None:
    assert report_raters(Votes.of(["a"], ["b"], ["left"]), None, 0.05) == []
    (only,) = report_raters(Votes.of(["a"], ["b"], ["tie"], rater=["ana"]), None, 0.05)
    assert only.agreement.why == "the votes name no item"
    assert only.p_value is None
    assert only.flagged is None
    assert only.to_json()["side_preference"]["why"] == "no vote was decided for a side"


def test_order_and_length_bias_of_published_judges() -> None:
    reference = [json.loads(line) for line in shared("llmbar_natural", "reference.jsonl").read_text().splitlines()]
    items = {
        row["id"]: row for row in map(json.loads, shared("llmbar_natural", "items.jsonl").read_text().splitlines())
    }
    columns: dict[str, list[str]] = {name: [] for name in ("left", "right", "winner", "first", "item", "rater")}
    lengths: tuple[list[float], list[float]] = ([], [])
    for row in shared_rows("llmbar_natural", "judgements.csv"):
        for column, first in (("winner_as_is", "left"), ("winner_swapped", "right")):
            if row[column]:
                told = ("output_1", "output_2", {"1": "left", "2": "right"}[row[column]], first)
                names = (*told, row["item"], f"{row['model']}/{row['strategy']}")
                for name, cell in zip(columns, names, strict=True):
                    columns[name].append(cell)
                lengths[0].append(len(items[row["item"]]["output_1"]))
                lengths[1].append(len(items[row["item"]]["output_2"]))
    votes = Votes.of(
        columns["left"],
        columns["right"],
        columns["winner"],
        shown_first=columns["first"],
        item=columns["item"],
        rater=columns["rater"],
        lengths=lengths,
    )
    reports = {one.rater: one for one in report_raters(votes, None, 0.05)}
    assert len(reports) == len(reference) == 65
    for told in reference:
        mine = reports[f"{told['model']}/{told['strategy']}"]
        assert mine.first_share.n == told["valid_judgements"]
        assert mine.first_share.value is not None
        assert round(mine.first_share.value * mine.first_share.n) == told["first_position_wins"]
        assert mine.length is not None
        assert mine.length.longer_share.value is not None
        assert mine.length.longer_share.n == told["judgements_of_unequal_length"]
        assert round(mine.length.longer_share.value * mine.length.longer_share.n) == told["longer_output_wins"]
        if not told["missing"]:
            assert mine.consistency.value == pytest.approx(told["equal_valid"] / 100)


def test_length_effect_with_and_without_quality() -> None:
    told = shared_json("methods", "judge.json")["length_effect"]
    y = np.array(told["left_chosen"], dtype=float)
    length, quality = np.array(told["d_length_standardised"]), np.array(told["d_quality"])
    cluster = np.array(told["cluster"])
    found = logistic(y, np.column_stack([np.ones(len(y)), length, quality]), cluster)
    assert found is not None
    assert found.coefficients == pytest.approx(told["coef"], abs=1e-6)
    assert found.errors == pytest.approx(told["se"], abs=1e-6)
    assert found.clustered_errors == pytest.approx(told["cluster_robust_se"], rel=1e-4)
    assert found.loglik == pytest.approx(told["loglik"], abs=1e-6)
    ratio = np.exp(length)
    with_quality = length_preference(y > 0, (ratio, np.ones(len(y))), cluster, quality).effect
    assert with_quality.value == pytest.approx(told["coef"][1] * length.std(), abs=1e-6)
    without = length_preference(y > 0, (ratio, np.ones(len(y))), cluster).effect
    assert without.value != pytest.approx(with_quality.value, abs=0.01)


def test_the_pull_of_length_is_found_and_not_made_up() -> None:
    rng = np.random.default_rng(2)
    lengths = rng.lognormal(6, 0.5, 800), rng.lognormal(6, 0.5, 800)
    ratio = np.log(lengths[0] / lengths[1])
    pulled = rng.random(800) < 1 / (1 + np.exp(-1.5 * ratio))
    found = length_preference(pulled, lengths, np.arange(800))
    assert found.effect.low is not None
    assert found.effect.low > 0
    fair = length_preference(rng.random(800) < 0.5, lengths, np.arange(800)).effect
    assert fair.low is not None
    assert fair.high is not None
    assert fair.low < 0 < fair.high


def test_length_where_it_cannot_be_estimated() -> None:
    lengths = np.arange(1.0, 21), np.full(20, 10.5)
    separated = length_preference(lengths[0] > lengths[1], lengths, np.arange(20))
    assert separated.longer_share.value == 1.0
    assert separated.effect.value is None
    assert "no finite estimate" in separated.effect.why
    same = length_preference(np.ones(20, bool), (lengths[1], lengths[1]), np.arange(20))
    assert same.longer_share.value is None
    assert same.longer_share.dropped == {"equal length": 20}
    unknown = length_preference(np.ones(3, bool), (np.zeros(3), np.ones(3)), np.arange(3))
    assert unknown.effect.dropped == {"length not known": 3}


def test_holm_goes_over_the_panel() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for rater in range(4):
        for at in range(30):
            left, right = (("a", "b"), ("b", "a"))[int(rng.integers(0, 2))]
            winner = "left" if rater == 0 or rng.random() < 0.5 else "right"
            rows.append((f"{rater}-{at}", f"r{rater}", left, right, winner))
    reports = report_raters(panel(rows), None, 0.05)
    assert [one.flagged for one in reports] == [True, False, False, False]
    tested = sorted((one for one in reports if one.p_value is not None), key=lambda one: one.p_value or 0)
    assert tested[0].p_holm == pytest.approx((tested[0].p_value or 0) * len(tested))
    assert all((a.p_holm or 0) <= (b.p_holm or 0) for a, b in pairwise(tested))
