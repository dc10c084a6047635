"""Dawid-Skene: another program's figures, the model step by step, and when it says nothing."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.consensus import majority
from reviewer.measure.dawid_skene import How, dawid_skene
from reviewer.measure.verdicts import Consensus
from tests.measure.material import shared_json

BARE = How("full", 0, 0, 1e-15)
SOME = settings(max_examples=40, deadline=None)
Rows = list[tuple[int, int, int]]
given_rows = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3), st.integers(0, 2)), min_size=4, max_size=32).map(
    lambda rows: list({(item, rater): (item, rater, said) for item, rater, said in rows}.values())
)


def fitted(rows: Rows | Ints, how: How | None = None, points: int = 3, items: int = 0) -> Consensus:
    item, rater, point = np.array(rows, dtype=np.int64).T
    return dawid_skene(
        item,
        rater,
        point,
        items=[f"i{at:02}" for at in range(items or int(item.max()) + 1)],
        raters=[f"w{at}" for at in range(int(rater.max()) + 1)],
        points=tuple(range(points)),
        how=how,
    )


def published() -> tuple[Rows, Any]:
    told = shared_json("methods", "aggregation.json")
    return [(int(item[1:]), int(rater[1:]), said) for item, rater, said in told["labels"]], told["expected"]


def simulated(seed: int, skill: list[float], items: int, points: int = 3) -> tuple[Ints, Ints]:
    """Everybody on every item, each right with a probability of their own; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, points, items)
    item, rater = (one.ravel() for one in np.meshgrid(np.arange(items), np.arange(len(skill)), indexing="ij"))
    wrong = (truth[item] + rng.integers(1, points, len(item))) % points
    said = np.where(rng.random(len(item)) < np.array(skill)[rater], truth[item], wrong)
    return np.column_stack([item, rater, said]), truth


def by_hand(rows: Rows, how: How, rounds: int, points: int = 3) -> Floats:
    """The same model by loops over ratings, as the paper has it, for so many rounds."""
    items, raters = 1 + max(one[0] for one in rows), 1 + max(one[1] for one in rows)
    posterior = np.zeros((items, points))
    for item, _, said in rows:
        posterior[item, said] += 1
    rated = posterior.sum(axis=1) > 0
    posterior[rated] /= posterior[rated].sum(axis=1, keepdims=True)
    for _ in range(rounds):
        prevalence = posterior[rated].mean(axis=0)
        confusion = np.full((raters, points, points), how.wrong) + (how.right - how.wrong) * np.eye(points)
        for item, rater, said in rows:
            confusion[rater, :, said] += posterior[item]
        confusion /= confusion.sum(axis=2, keepdims=True)
        posterior[rated] = prevalence
        for item, rater, said in rows:
            posterior[item] *= confusion[rater, :, said]
        posterior[rated] /= posterior[rated].sum(axis=1, keepdims=True)
    return posterior


def test_without_a_prior_it_is_crowd_kit() -> None:
    rows, expected = published()
    found, told = fitted(rows, BARE), expected["dawid_skene"]
    assert found.posterior is not None
    for one, posterior in zip(found.verdicts, found.posterior, strict=True):
        assert posterior == pytest.approx(told["posterior"][one.item], abs=2e-10)
        assert one.value == told["labels"][one.item]
        assert one.support == posterior.max()
    assert found.prevalence == pytest.approx(list(told["prior"].values()), abs=2e-10)
    for rater, skill in enumerate(found.skills):
        # Its rows stand in the order in which the rater came to say them.
        order = list(dict.fromkeys(said for _, one, said in rows if one == rater))
        assert skill.confusion is not None
        columns = np.array(skill.confusion).T[order]
        assert columns == pytest.approx(np.array(told["errors"][skill.rater]), abs=2e-10)


def test_with_one_coin_it_is_crowd_kit_until_that_stops() -> None:
    rows, expected = published()
    # That program takes the fall of its own bound in the third round for the end.
    third = fitted(rows, How("one_coin", 0, 0, 1e-15, 3))
    assert third.posterior is not None
    for one, posterior in zip(third.verdicts, third.posterior, strict=True):
        assert posterior == pytest.approx(expected["one_coin"]["posterior"][one.item], abs=1e-12)
    for skill in third.skills:
        assert skill.accuracy.value == pytest.approx(expected["one_coin"]["skills"][skill.rater], abs=1e-12)
    assert third.warnings == ("not settled after 3 rounds",)
    settled = fitted(rows, How("one_coin", 0, 0, 1e-15))
    assert settled.log_likelihood is not None
    assert third.log_likelihood is not None
    assert settled.log_likelihood > third.log_likelihood
    assert settled.warnings == ()


@SOME
@given(given_rows, st.integers(1, 5))
def test_each_round_is_that_of_the_paper(rows: Rows, rounds: int) -> None:
    how = How("full", tolerance=1e-300, most_rounds=rounds)
    found = fitted(rows, how)
    if not found.why and found.rounds == rounds:
        assert found.posterior == pytest.approx(by_hand(rows, how, rounds), abs=1e-9)


@SOME
@given(given_rows)
def test_no_round_makes_the_ratings_less_likely(rows: Rows) -> None:
    for model in ("full", "one_coin"):
        steps = [fitted(rows, How(model, 0, 0, 1e-300, rounds)) for rounds in range(1, 8)]
        likely = [one.log_likelihood for one in steps if one.log_likelihood is not None]
        assert all(later >= sooner - 1e-9 for sooner, later in pairwise(likely))


@SOME
@given(given_rows, st.randoms(use_true_random=False))
def test_the_order_of_raters_and_points_is_nothing_to_it(rows: Rows, random: Any) -> None:
    raters, points = [0, 1, 2, 3], [0, 1, 2]
    random.shuffle(raters)
    random.shuffle(points)
    turned = [(item, raters[rater], points[said]) for item, rater, said in rows]
    random.shuffle(turned)
    how = How(tolerance=1e-300, most_rounds=6)
    found, other = fitted(rows, how), fitted(turned, how)
    assert bool(found.why) == bool(other.why)
    if found.posterior is not None:
        assert other.posterior is not None
        assert other.posterior[:, points] == pytest.approx(found.posterior, abs=1e-6)
        for one, again in zip(found.verdicts, other.verdicts, strict=True):
            tied = {points[int(point)] for point in one.tied}
            assert {int(point) for point in again.tied} == tied


def test_a_symmetric_tie_stays_one_and_is_named() -> None:
    rows = [(item, rater, item % 2) for item in range(6) for rater in range(4)]
    rows += [(6, 0, 0), (6, 1, 0), (6, 2, 1), (6, 3, 1)]
    found = fitted(rows, points=2)
    tied = found.verdicts[6]
    assert (tied.value, tied.tied, tied.why) == (None, (0, 1), "2 points are tied")
    assert tied.support == pytest.approx(0.5)
    assert found.tied == 1
    assert found.to_json()["items"][6]["tied"] == [0, 1]


def test_it_finds_who_is_good_where_the_majority_does_not() -> None:
    rows, truth = simulated(3, [0.95, 0.9, 0.4, 0.4, 0.35], 600)
    found = fitted(rows)
    assert "a confusion matrix a rater" in found.words
    right = sum(one.value == truth[at] for at, one in enumerate(found.verdicts))
    names = [one.item for one in found.verdicts]
    counted = majority(rows[:, 0], rows[:, 2], items=names, points=(0, 1, 2))
    assert right > sum(one.value == truth[at] for at, one in enumerate(counted.verdicts)) + 60
    for skill, true in zip(found.skills, [0.95, 0.9, 0.4, 0.4, 0.35], strict=True):
        assert skill.accuracy.value == pytest.approx(true, abs=0.06)
        assert skill.accuracy.low is not None
        assert skill.accuracy.n == skill.n == 600


def test_few_ratings_a_rater_leave_one_accuracy_each() -> None:
    rows, _ = simulated(0, [0.9, 0.8, 0.8], 89)
    assert "one-coin), as they have fewer than 90 ratings" in fitted(rows).words
    assert "confusion matrix" in fitted(rows, How("full")).words
    skill = fitted(rows).skills[0]
    assert skill.confusion is not None
    assert len({round(skill.confusion[at][at], 12) for at in range(3)}) == 1
    assert sum(skill.confusion[0]) == pytest.approx(1)


def test_warnings_name_what_is_weak() -> None:
    rows, _ = simulated(1, [0.9, 0.9, 0.9, 0.05], 40, points=2)
    found = fitted(rows, points=3)
    assert found.why == ""
    assert found.warnings == ("never given, and never found: 2", "no better than chance: w3")
    assert [one.worse_than_chance for one in found.skills] == [False, False, False, True]
    assert found.prevalence[2] == 0
    pair = fitted(rows[rows[:, 1] < 2], points=2)
    assert pair.warnings == ("unidentified: 2.0 ratings an item on average, and fewer than 3 do not tell",)


def test_raters_who_are_no_better_than_chance_are_refused() -> None:
    always = [(item, rater, rater % 2) for item in range(20) for rater in range(4)]
    for model in ("full", "one_coin"):
        found = fitted(always, How(model), points=2, items=21)
        assert found.why == "the raters are no better than chance, so that points could change places"
        assert {one.value for one in found.verdicts} == {None}
        assert found.verdicts[0].why == found.why
        assert found.verdicts[20].why == "nobody rated it"
        assert found.skills == ()
        told = json.loads(json.dumps(found.to_json(), allow_nan=False))
        assert told["why"] == found.why


def test_nothing_to_fit_is_said() -> None:
    none = np.zeros(0, dtype=np.int64)
    empty = dawid_skene(none, none, none, items=["a"], raters=[], points=(1, 2))
    assert (empty.why, empty.verdicts[0].why) == ("there is no rating", "nobody rated it")
    assert fitted([(0, 0, 0)], points=1).why == "the scale has the one point 0"
    idle = dawid_skene(none, none, none, items=[], raters=["w"], points=(1, 2))
    assert idle.verdicts == ()


def test_a_rater_without_a_rating_has_no_skill() -> None:
    rows, _ = simulated(0, [0.9, 0.9, 0.9], 30)
    item, rater, point = rows.T
    found = dawid_skene(item, rater, point, items=[str(at) for at in range(30)], raters=list("abcd"), points=(0, 1, 2))
    assert found.skills[3].accuracy.why == "they rated nothing"
    assert found.skills[3].to_json()["confusion"] is None
    assert found.warnings == ("1 rater rated nothing",)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(WrongUsage, match="no model 'coin'"):
        How("coin")
    for right, wrong in ((1, 0), (0.1, 1), (-1, -1), (0, 1)):
        with pytest.raises(WrongUsage, match="prior"):
            How(right=right, wrong=wrong)
    with pytest.raises(WrongUsage, match="tolerance"):
        How(tolerance=0)
