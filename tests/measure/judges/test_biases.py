"""Leanings of judges: as counted in LLMBar, as fitted elsewhere, and called so at their stated rates."""

from __future__ import annotations

import csv
import json
from functools import cache
from math import log
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from reviewer.measure.figure import Figure
from reviewer.measure.judges.biases import (
    BIASED,
    FAIR,
    NOT_IDENTIFIED,
    SLIGHT,
    UNCLEAR,
    length_bias,
    leniency,
    position_bias,
    preference_bias,
    worded,
)
from reviewer.measure.votes import LEFT, RIGHT, TIE
from tests.measure.material import shared, shared_json

_WINNER = {"1": LEFT, "2": RIGHT, "": -1}


@cache
def llmbar() -> tuple[dict[str, Any], ...]:
    """Each set-up of LLMBar: its figures as recomputed, and its verdicts in both orders."""
    told = [json.loads(line) for line in shared("llmbar_natural", "reference.jsonl").read_text("utf-8").splitlines()]
    with shared("llmbar_natural", "judgements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for one in told:
        own = [row for row in rows if row["strategy"] == one["strategy"] and row["model"].startswith(one["model"])]
        columns = [[_WINNER[row[name]] for row in own] for name in ("winner_as_is", "winner_swapped")]
        if len(own) == one["n"]:
            found.append(one | {"as_is": columns[0], "swapped": columns[1], "items": [row["item"] for row in own]})
    return tuple(found)


def test_the_order_effect_of_llmbars_judges_is_that_of_their_counts() -> None:
    compared = 0
    for one in llmbar():
        if one["missing"]:
            continue
        found = position_bias(np.array(one["as_is"]), np.array(one["swapped"]))
        # Each pair gives two verdicts: the net shift is what the first side has beyond one half of them.
        assert found.figure.value == pytest.approx((2 * one["first_position_wins"] - 200) / 200)
        assert found.details["consistency"].value == pytest.approx(one["equal_valid"] / 100)
        turned = 100 - one["equal_valid"]
        firsts = (one["first_position_wins"] - one["equal_valid"]) // 2
        expected = binomtest(firsts, turned).pvalue if turned else 1.0
        assert found.p_value == pytest.approx(expected)
        compared += 1
    assert compared > 30


def test_answers_that_are_missing_are_abstentions_and_never_equal() -> None:
    one = next(one for one in llmbar() if one["missing"])
    found = position_bias(np.array(one["as_is"]), np.array(one["swapped"]))
    both = sum(a >= 0 and b >= 0 for a, b in zip(one["as_is"], one["swapped"], strict=True))
    assert found.figure.n == both
    assert sum(found.figure.dropped.values()) == 100 - both
    assert found.details["consistency"].value == pytest.approx(one["equal_valid"] / both)


def test_longer_outputs_are_preferred_as_often_as_in_llmbar() -> None:
    lines = shared("llmbar_natural", "items.jsonl").read_text("utf-8").splitlines()
    items = {row["id"]: row for row in map(json.loads, lines)}
    for one in llmbar()[:6]:
        if one["missing"]:
            continue
        sides = [[len(items[item][name]) for item in one["items"]] for name in ("output_1", "output_2")]
        won = [[1.0 if winner == LEFT else 0.0 for winner in one[name]] for name in ("as_is", "swapped")]
        first, second = (np.array(side * 2, dtype=np.float64) for side in sides)
        gold = np.array([1.0 if items[item]["label"] == 1 else 0.0 for item in one["items"]] * 2)
        place = np.tile(np.arange(len(one["items"])), 2)
        found = length_bias(np.concatenate(won), gold, (first, second), items=place)
        share = one["longer_output_wins"] / one["judgements_of_unequal_length"]
        assert found.details["judge_longer_share"].value == pytest.approx(share)


def test_the_length_effect_is_the_logistic_fit_of_the_reference() -> None:
    told = shared_json("methods", "judge.json")["length_effect"]
    won, length, place = (np.array(told[name]) for name in ("left_chosen", "d_length_standardised", "cluster"))
    # Against people who toss a coin that knows nothing of length: the judge's own slope stands in the details.
    people = np.tile([0.0, 1.0], len(won) // 2)
    found = preference_bias(won.astype(float), people, length * 2, what="the longer", items=place)
    raw = told["without_quality"]["coef"][1]
    assert found.details["judge_gamma"].value == pytest.approx(raw * length.std(), rel=1e-6)


def test_leniency_is_the_mean_gap_and_its_interval_that_of_the_gaps() -> None:
    rng = np.random.default_rng(3)
    people = rng.integers(1, 6, 400).astype(float)
    judge = np.clip(people + (rng.random(400) < 0.5), 1, 5)
    found = leniency(judge, people, span=4)
    gaps = judge - people
    assert found.figure.value == pytest.approx(gaps.mean())
    assert found.figure.low == pytest.approx(gaps.mean() - 1.966 * gaps.std(ddof=1) / 20, abs=2e-3)
    assert found.verdict == BIASED
    assert "more lenient" in found.why
    assert leniency(people, judge, span=4).figure.value == pytest.approx(-gaps.mean())


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [((0.1, 0.2), BIASED), ((0.01, 0.04), SLIGHT), ((-0.02, 0.03), FAIR), ((-0.1, 0.2), UNCLEAR)],
)
def test_the_word_goes_by_the_interval(limits: tuple[float, float], verdict: str) -> None:
    figure = Figure(sum(limits) / 2, *limits, n=50)
    assert worded(figure, 0.05, ("up", "down"))[0] == verdict
    assert worded(Figure(None, why="nothing"), 0.05, ("up", "down")) == (NOT_IDENTIFIED, "nothing")


def test_nothing_and_too_little_are_not_identified() -> None:
    nobody = np.full(20, -1)
    assert position_bias(nobody, nobody).verdict == NOT_IDENTIFIED
    nothing = np.full(20, np.nan)
    assert leniency(nothing, nothing, span=4).verdict == NOT_IDENTIFIED
    ones = np.ones(40)
    assert length_bias(ones, ones, (ones, ones)).verdict == NOT_IDENTIFIED
    with pytest.raises(ValueError, match="differ in length"):
        position_bias(nobody, nobody[1:])
    with pytest.raises(ValueError, match="more than one point"):
        leniency(ones, ones, span=0)


def test_relabelling_the_sides_turns_the_shift_round_and_permuting_items_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    as_is, swapped = (rng.choice([LEFT, RIGHT, TIE], 60) for _ in range(2))
    turn = {LEFT: RIGHT, RIGHT: LEFT, TIE: TIE}
    one = position_bias(as_is, swapped)
    mirrored = position_bias(*(np.array([turn[int(w)] for w in column]) for column in (as_is, swapped)))
    assert one.figure.value == pytest.approx(-float(mirrored.figure.value or 0))
    order = rng.permutation(60)
    again = position_bias(as_is[order], swapped[order])
    assert (again.figure.value, again.p_value) == pytest.approx((one.figure.value, one.p_value))


def judged(rng: np.random.Generator, pairs: int, lean: float, noise: float) -> tuple[Any, Any]:
    """A judge that goes by quality and noise, and by the side shown first as far as it leans."""
    quality = rng.normal(size=pairs)
    columns = []
    for sign in (1.0, -1.0):
        first = quality + noise * rng.normal(size=pairs) + sign * lean > 0
        columns.append(np.where(first, LEFT, RIGHT))
    return columns[0], columns[1]


def test_a_fair_judge_is_called_biased_at_the_stated_rate_at_most_and_a_leaning_one_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(8)
    runs, pairs = 400, 120
    fair = [position_bias(*judged(rng, pairs, 0.0, 0.7)) for _ in range(runs)]
    leaning = [position_bias(*judged(rng, pairs, 0.5, 0.7)) for _ in range(100)]
    called = sum((one.p_value or 1) <= 0.05 for one in fair) / runs
    named = sum(one.verdict == BIASED for one in fair) / runs
    found = sum(one.verdict == BIASED for one in leaning) / 100
    with capsys.disabled():
        print(
            f"\nposition: fair judges with p <= .05 {called:.1%}, called biased {named:.1%}; leaning ones {found:.0%}"
        )
    assert called <= 0.08
    assert named <= 0.08
    assert found >= 0.95


def test_a_log_ratio_is_what_length_is_measured_by() -> None:
    assert log(200 / 100) == pytest.approx(-log(100 / 200))
