"""The alternative annotator test: as its authors' own code has it, and at every edge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon
from statsmodels.stats.multitest import multipletests

from reviewer.measure.arrays import Floats
from reviewer.measure.judges.alternative_annotator import (
    ABSTAINED,
    ALONE,
    AlternativeAnnotator,
    Asked,
    alternative_annotator,
    benjamini_yekutieli,
    negative_squares,
    one_sided,
    same,
    signed_rank_p,
)
from reviewer.measure.judges.resampling import How
from tests.measure.material import shared_json

QUICK = How(rounds=200)


def table_of(panel: dict[str, Any]) -> tuple[Floats, Floats]:
    """The answers of the judge and of the people, NaN where there is none."""
    items = sorted({int(key) for one in (panel["llm"], *panel["humans"].values()) for key in one})
    people = [[one.get(str(at), math.nan) for one in panel["humans"].values()] for at in items]
    return np.array([panel["llm"].get(str(at), math.nan) for at in items]), np.array(people, dtype=float)


@pytest.mark.parametrize("epsilon", ["0.0", "0.1", "0.15", "0.2"])
@pytest.mark.parametrize("which", range(4))
def test_it_is_what_the_authors_code_gives(which: int, epsilon: str) -> None:
    panel = shared_json("methods", "judge.json")["alternative_annotator_test"][which]
    expected = panel["expected"][epsilon]
    judge, people = table_of(panel)
    likeness = same if panel["scoring"] == "accuracy" else negative_squares
    told = alternative_annotator(
        judge, people, names=tuple(panel["humans"]), likeness=likeness, asked=Asked(float(epsilon)), how=QUICK
    )
    assert told.winning_rate.value == pytest.approx(expected["winning_rate"], abs=1e-12)
    assert told.advantage.value == pytest.approx(expected["average_advantage_probability"], abs=1e-12)
    assert told.passes is (expected["winning_rate"] >= 0.5)
    for row, p in zip(told.rows, expected["p_values"], strict=True):
        assert row.p_value == (None if p is None else pytest.approx(p, rel=1e-9))


def test_what_always_did_as_well_is_0_over_0_without_an_allowance_and_won_with_one() -> None:
    answers = np.arange(40.0) % 4
    people = np.column_stack([answers] * 3)
    none = alternative_annotator(answers, people, asked=Asked(0.0), how=QUICK)
    assert [row.p_value for row in none.rows] == [None] * 3
    assert all("0/0" in row.why for row in none.rows)
    assert none.passes is False
    assert none.advantage.value == 1
    assert alternative_annotator(answers, people, asked=Asked(0.1), how=QUICK).passes is True


def test_abstention_is_not_disagreement_and_both_readings_are_told() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 90)
    people = np.column_stack([np.where(rng.random(90) < 0.7, truth, rng.integers(0, 3, 90)) for _ in range(3)])
    judge = truth.astype(float)
    judge[:60] = np.nan
    told = alternative_annotator(judge, people.astype(float), asked=Asked(0.1), how=QUICK)
    assert told.winning_rate.dropped == {ABSTAINED: 60}
    assert told.passes is True
    assert {row.items for row in told.rows} == {30}
    assert told.abstentions_lost is not None
    assert told.abstentions_lost.passes is False
    assert {row.items for row in told.abstentions_lost.rows} == {90}
    assert told.to_json()["if_abstentions_lose"]["passes"] is False


def test_items_of_one_annotator_and_annotators_of_few_items_are_counted_and_named() -> None:
    people = np.ones((50, 4))
    people[:10, 1:] = np.nan
    people[29:, 3] = np.nan
    told = alternative_annotator(np.ones(50), people, names=("ada", "bo", "cy", "di"), how=QUICK)
    assert told.winning_rate.dropped == {ALONE: 10}
    assert told.skipped == {"di": 19}
    assert [row.annotator for row in told.rows] == ["ada", "bo", "cy"]
    assert "di (19)" in told.notes[0]
    few = alternative_annotator(np.ones(50), people, asked=Asked(fewest=10), how=QUICK)
    assert [row.test for row in few.rows] == ["constant"] * 3 + ["signed-rank"]


@pytest.mark.parametrize(("people", "said"), [(1, "single expert"), (2, "fewer than 30"), (3, "fewer than 30")])
def test_where_nobody_can_be_compared_it_is_undefined(people: int, said: str) -> None:
    told = alternative_annotator(np.ones(20), np.ones((20, people)), how=QUICK)
    assert told.passes is None
    assert told.winning_rate.value is None
    assert told.advantage.value is None
    assert said in told.winning_rate.why


def test_two_annotators_are_told_to_be_few() -> None:
    told = alternative_annotator(np.ones(40), np.ones((40, 2)), how=QUICK)
    assert "two annotators" in told.notes[0]


def test_slices_and_annotators_are_one_family() -> None:
    rng = np.random.default_rng(1)
    people = rng.integers(0, 3, (120, 3)).astype(float)
    judge = np.where(rng.random(120) < 0.5, people[:, 0], rng.integers(0, 3, 120))
    slices = {"a": np.arange(120) < 60, "b": np.arange(120) >= 60}
    told = alternative_annotator(judge, people, slices=slices, how=QUICK)
    assert [row.slice for row in told.rows] == ["a"] * 3 + ["b"] * 3
    raw = [row.p_value for row in told.rows]
    assert [row.p_adjusted for row in told.rows] == pytest.approx(multipletests(raw, method="fdr_by")[1].tolist())


def test_benjamini_and_yekutieli_are_as_in_the_reference() -> None:
    given = shared_json("methods", "judge.json")["multiplicity"]
    assert benjamini_yekutieli(given["p"]) == pytest.approx(given["expected"]["fdr_by"]["adjusted"], rel=1e-9)


@given(st.lists(st.integers(-1, 1), min_size=30, max_size=80), st.sampled_from([0.0, 0.1, 0.2]))
@settings(max_examples=50, deadline=None)
def test_the_p_value_is_one_sided_and_falls_as_more_is_allowed(gaps: list[int], epsilon: float) -> None:
    values = np.array(gaps, dtype=float)
    less, _, _ = one_sided(values, epsilon)
    more, _, _ = one_sided(values, epsilon + 0.1)
    if less is not None and more is not None:
        assert more <= less + 1e-12


def test_signed_ranks_are_those_of_scipy_where_nothing_ties() -> None:
    rng = np.random.default_rng(2)
    for n in (5, 12, 25):
        off = rng.normal(-0.3, 1, n)
        expected = wilcoxon(off, alternative="less", method="exact").pvalue
        assert signed_rank_p(off) == pytest.approx(expected, rel=1e-9)


def test_the_judge_may_lie_nearer_in_numbers_without_being_the_same() -> None:
    people = np.column_stack([np.full(40, 2.0), np.full(40, 4.0), np.tile([1.0, 5.0], 20)])
    told = alternative_annotator(np.full(40, 3.0), people, likeness=negative_squares, how=QUICK)
    assert told.rows[2].judge == 1
    assert told.rows[2].person == 0


@pytest.mark.parametrize("wrong", [{"epsilon": -0.1}, {"epsilon": 1.0}, {"q": 0.0}, {"fewest": 1}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"lies|least"):
        Asked(**wrong)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="row of people"):
        alternative_annotator(np.ones(3), np.ones((4, 2)))
    with pytest.raises(ValueError, match="name"):
        alternative_annotator(np.ones(3), np.ones((3, 2)), names=("a",))


def passed(rng: np.random.Generator, rounds: int, *, judge: float, person: float) -> float:
    """How often a judge that is right so often passes among people who are right so often."""

    def said(right: float, truth: Floats) -> Floats:
        return np.where(rng.random(len(truth)) < right, truth, (truth + rng.integers(1, 3, len(truth))) % 3)

    def once() -> AlternativeAnnotator:
        truth = rng.integers(0, 3, 100).astype(float)
        people = np.column_stack([said(person, truth) for _ in range(4)])
        return alternative_annotator(said(judge, truth), people, asked=Asked(0.1), how=How(rounds=0))

    return sum(bool(once().passes) for _ in range(rounds)) / rounds


def test_a_good_judge_passes_and_a_poor_one_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(11)
    good, poor = passed(rng, 100, judge=0.9, person=0.75), passed(rng, 100, judge=0.6, person=0.75)
    with capsys.disabled():
        print(f"\nalternative annotator: passes at .90 {good:.0%}, at .60 {poor:.0%}, people at .75, epsilon .1")
    assert good >= 0.95
    assert poor <= 0.02
