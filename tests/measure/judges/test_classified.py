"""A judge held to people: as published, as scikit-learn has it, with its ceiling and its floor."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix, precision_recall_fscore_support

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.judges.beside import Beside
from reviewer.measure.judges.classified import aligned, classified, worst
from reviewer.measure.judges.resampling import How
from reviewer.measure.judges.versions import compared_versions
from tests.measure.judges.panels import answers, beside_of, pandalm
from tests.measure.material import shared_json

QUICK = How(rounds=200)


@pytest.mark.parametrize("judge", ["gpt35", "pandalm7b"])
def test_pandalms_judges_are_as_published(judge: str) -> None:
    expected = shared_json("pandalm", "reference.json")
    of = expected[f"{judge}_vs_majority"]
    told = classified(pandalm(f"{judge}_result"), how=QUICK)
    assert told.n == 999 - of["invalid_judge_outputs"]
    assert told.figures["accuracy"].judge.value == pytest.approx(of["accuracy_valid_only"], abs=1e-12)
    assert told.figures["cohen_kappa"].judge.value == pytest.approx(of["kappa_valid_only"], abs=1e-12)
    assert told.accuracy_abstentions_wrong.value == pytest.approx(of["accuracy_invalid_counts_wrong"], abs=1e-12)
    assert told.abstained.value == pytest.approx(of["invalid_judge_outputs"] / 999)
    as_tie = classified(pandalm(f"{judge}_result", garbage="0"), how=QUICK)
    assert as_tie.figures["accuracy"].judge.value == pytest.approx(of["accuracy_invalid_as_tie"], abs=1e-12)
    for part in ("precision", "recall", "f1"):
        value = as_tie.figures[f"macro_{part}"].judge.value
        assert value == pytest.approx(of[f"macro_{part}_invalid_as_tie"], abs=1e-12)
    ceiling = as_tie.figures["accuracy"].ceiling.value
    assert ceiling == pytest.approx(np.mean(list(expected["rater_pairs_agreement"].values())), abs=1e-12)
    kappas = np.mean(list(expected["rater_pairs_kappa"].values()))
    assert as_tie.figures["cohen_kappa"].ceiling.value == pytest.approx(kappas, abs=1e-12)


def test_garbage_is_an_abstention_and_is_counted_where_it_fell() -> None:
    told = classified(pandalm("gpt35_result"), how=QUICK)
    assert told.dropped == {"no answer of the judge": 25}
    assert sum(one.abstained for one in told.classes) == 25


def test_pandalms_versions_are_compared_on_the_same_items() -> None:
    told = compared_versions(pandalm("gpt35_result"), pandalm("pandalm7b_result"), how=QUICK)
    difference = told.figures["accuracy"].difference
    assert difference.n == 974
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < difference.high < 0
    assert told.correctness.abstained == {"first": 25}
    assert told.figures["cohen_kappa"].p_value is not None


@given(st.integers(2, 5), st.integers(12, 80), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_figures_are_those_of_scikit_learn(points: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, points, n)
    judge = answers(rng, truth, 0.6, points)
    told = classified(beside_of(judge, truth[:, None], points), how=How(rounds=0))
    found = {name: one.judge.value for name, one in told.figures.items()}
    parts = precision_recall_fscore_support(truth, judge, average="macro", zero_division=0)
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, judge))
    assert [found[f"macro_{name}"] for name in ("precision", "recall", "f1")] == pytest.approx(list(parts[:3]))
    for name, kind in (("cohen_kappa", None), ("cohen_kappa_quadratic", "quadratic")):
        if (value := found[name]) is not None:
            labels = list(range(points))
            assert value == pytest.approx(cohen_kappa_score(truth, judge, labels=labels, weights=kind), abs=1e-9)
    assert found["mean_absolute_error"] == pytest.approx(np.abs(truth - judge).mean())
    if len(set(truth.tolist())) > 1 and len(set(judge.tolist())) > 1:
        assert found["spearman"] == pytest.approx(spearmanr(truth, judge).statistic, abs=1e-9)
    assert told.confusion is not None
    assert told.confusion.counts == confusion_matrix(truth, judge, labels=list(range(points))).tolist()


def test_the_floor_is_the_commonest_answer_and_the_middle_one_for_distances() -> None:
    truth = np.repeat([0, 2, 3, 4], [40, 20, 20, 20])
    told = classified(beside_of(np.full(100, 4), truth[:, None], 5), how=QUICK)
    assert told.constant == "1 (3 for the mean absolute error)"
    assert told.figures["accuracy"].floor.value == pytest.approx(0.4)
    assert told.figures["accuracy"].over_floor.value == pytest.approx(-0.2)
    assert told.figures["mean_absolute_error"].floor.value == pytest.approx(np.abs(truth - 2).mean())
    assert told.figures["cohen_kappa"].floor.value == 0
    spearman = told.figures["spearman"]
    assert spearman.judge.value is None
    assert "the judge gave 5 throughout" in spearman.judge.why
    assert spearman.over_floor.value is None


def test_a_judge_as_good_as_a_person_reaches_the_ceiling_and_one_person_sets_none() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 4, 400)
    people = np.column_stack([answers(rng, truth, 0.8, 4) for _ in range(4)])
    beside = beside_of(answers(rng, truth, 0.8, 4), people, 4, level="nominal")
    gap = classified(beside, how=QUICK).figures["accuracy"].to_ceiling
    assert gap.low is not None
    assert gap.high is not None
    assert gap.low < 0 < gap.high
    one = classified(beside_of(beside.judge, people[:, :1], 4), how=QUICK).figures["accuracy"]
    assert one.ceiling.value is None
    assert "one person" in one.ceiling.why


def test_beside_gold_the_ceiling_is_the_people_beside_gold() -> None:
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 3, 60)
    people = np.column_stack([answers(rng, gold, 0.7, 3) for _ in range(2)])
    told = classified(beside_of(answers(rng, gold, 0.9, 3), people, 3, gold=gold), "gold", QUICK)
    expected = (people == gold[:, None]).mean()
    assert told.figures["accuracy"].ceiling.value == pytest.approx(expected)
    assert told.figures["macro_recall"].ceiling.value is not None
    assert "flatters" in told.notes[0]
    with pytest.raises(WrongUsage):
        classified(beside_of(gold, people, 3), "gold")
    with pytest.raises(WrongUsage):
        classified(beside_of(gold, people, 3), "tea leaves")


def test_ties_of_the_people_are_no_reference() -> None:
    people = np.array([[0, 1], [1, 1], [2, -1], [-1, -1]])
    told = classified(beside_of(np.array([0, 1, 2, 0]), people, 3, level="nominal"), how=QUICK)
    assert told.n == 2
    assert told.dropped == {"no reference, or a tie": 2}


def test_nothing_shared_is_undefined() -> None:
    told = classified(beside_of(np.full(3, -1), np.zeros((3, 1), dtype=np.int64), 3), how=QUICK)
    assert told.figures["accuracy"].judge.value is None
    assert told.abstained.value == 1
    assert told.to_json()["confusion"] is None


def test_by_criterion_and_by_slice() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 80)
    judge = np.where(np.arange(80) < 40, truth, 1 - truth)
    one = beside_of(judge, np.column_stack([truth, truth]), 2, level="nominal")
    slices = {"first": {f"i{at}" for at in range(40)}, "rest": {f"i{at}" for at in range(40, 80)}}
    told = aligned({"safe": one, "kind": one}, slices=slices, how=QUICK)
    assert set(told.criteria) == {"safe", "kind"}
    found = told.criteria["safe"]
    assert found.over_all.figures["accuracy"].judge.value == 0.5
    assert found.slices["first"].figures["accuracy"].judge.value == 1
    assert found.slices["rest"].figures["accuracy"].judge.value == 0
    assert found.slices["first"].figures["accuracy"].judge.low is not None
    assert set(told.to_json()["criteria"]["safe"]["slices"]) == {"first", "rest"}


def test_the_worst_come_first_and_those_on_which_people_are_one() -> None:
    people = np.array([[4, 4, 4], [0, 0, 1], [0, 0, 0], [2, 2, 2]])
    found = worst(beside_of(np.array([0, 4, 4, 2]), people, 5))
    assert [(one.item, one.gap) for one in found] == [("i0", 4), ("i2", 4), ("i1", 4)]
    assert found[0].judge == "1"
    assert found[2].support == pytest.approx(2 / 3)


def test_a_panel_of_labels_becomes_a_judge_beside_people() -> None:
    ratings = Ratings.of(["a", "a", "b", "b", "c"], ["j", "ada", "ada", "bo", "j"], ["1", "2", "2", "1", "2"])
    panel = Panel.of(ratings, "ordinal", ("1", "2"))
    found = Beside.of(panel, "j", people=["ada"], gold={"a": "2", "b": "7"}, asked=["a", "b"])
    assert found.names == ("ada",)
    assert found.judge.tolist() == [0, -1, 1]
    assert found.people.tolist() == [[1], [1], [-1]]
    assert found.gold is not None
    assert found.gold.tolist() == [1, -1, -1]
    told = classified(found, "majority", QUICK)
    assert told.dropped == {"not asked of the judge": 1, "no answer of the judge": 1}
    with pytest.raises(WrongUsage, match="rated nothing"):
        Beside.of(panel, "nobody")


def test_versions_must_be_of_the_same_items() -> None:
    one = beside_of(np.zeros(4, dtype=np.int64), np.zeros((4, 1), dtype=np.int64), 2)
    with pytest.raises(ValueError, match="same items"):
        compared_versions(one, one.chosen(np.array([True, True, False, False])))
    assert compared_versions(one, one, how=QUICK).changed == 0


def test_numbers_of_many_values_are_no_classes() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 120, 150)
    told = classified(beside_of((truth + 1) % 120, truth[:, None], 120), how=QUICK)
    assert told.classes == ()
    assert "macro_f1" not in told.figures
    assert "no classes" in told.notes[0]


def test_the_interval_of_kappa_covers(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(41)
    # The truth of the simulation: right .75 of the time on three points of equal prevalence.
    true, covered, rounds = (0.75 - 1 / 3) / (2 / 3), 0, 200
    for at in range(rounds):
        truth = rng.integers(0, 3, 100)
        told = classified(
            beside_of(answers(rng, truth, 0.75, 3), truth[:, None], 3, level="nominal"), how=How(rounds=300, seed=at)
        ).figures["cohen_kappa"]
        low, high = told.judge.low, told.judge.high
        covered += low is not None and high is not None and low <= true <= high
    with capsys.disabled():
        print(f"\nclassified: kappa's interval covers {covered / rounds:.1%} (nominal 95 %, n 100)")
    assert 0.90 <= covered / rounds <= 0.99
