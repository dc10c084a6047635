"""Whether judges favour their own family: by hand, in both ways of holding them, and at the stated rates."""

from __future__ import annotations

import numpy as np
import pytest

from reviewer.measure.judges.biases import BIASED, NOT_IDENTIFIED
from reviewer.measure.judges.kinship import Scored, self_enhancement
from reviewer.measure.judges.resampling import How

FEW = How(rounds=300)


def scores(rng: np.random.Generator, favour: float, *, better: float = 0.0, items: int = 150) -> Scored:
    """Two judges, each of a family, on outputs of both families; family a may be better, and judge a may favour it."""
    rows = []
    for item in range(items):
        for system in (0, 1):
            worth = rng.normal() + (better if system == 0 else 0)
            for judge in (0, 1):
                own = favour if judge == 0 and system == 0 else 0.0
                rows.append((item, judge, system, worth + own + 0.3 * rng.normal(), worth + 0.3 * rng.normal()))
    table = np.array(rows)
    places = [table[:, at].astype(np.int64) for at in range(3)]
    return Scored(places[0], places[1], places[2], table[:, 3], ("a", "b"), ("a", "b"), table[:, 4])


def test_it_is_the_double_difference_of_the_means() -> None:
    told = scores(np.random.default_rng(1), 0.5)
    found = {one.bias: one for one in self_enhancement(told, span=1.0, how=FEW)}

    def mean(judge: int, system: int) -> float:
        return float(told.score[(told.judge == judge) & (told.system == system)].mean())

    expected = (mean(0, 0) - mean(1, 0)) - (mean(0, 1) - mean(1, 1))
    assert found["self-enhancement of a"].figure.value == pytest.approx(expected)
    assert expected == pytest.approx(0.5, abs=0.1)
    assert found["self-enhancement of a"].verdict == BIASED


def test_people_stand_in_for_the_other_judges() -> None:
    told = scores(np.random.default_rng(2), 0.5)
    own = self_enhancement(told, against="people", how=FEW)[0]
    mine = told.judge == 0
    gap = told.score - (told.people if told.people is not None else 0)
    expected = gap[mine & (told.system == 0)].mean() - gap[mine & (told.system == 1)].mean()
    # The people's score of an output stands in both judges' rows: they are averaged over these.
    assert own.figure.value == pytest.approx(expected, abs=0.1)
    assert own.verdict == BIASED


def test_a_good_family_is_not_blamed() -> None:
    found = self_enhancement(scores(np.random.default_rng(3), 0.0, better=1.0), how=FEW)
    assert all(one.verdict != BIASED for one in found)


def test_one_family_alone_and_nobody_to_hold_it_against_are_not_identified() -> None:
    item, zero = np.arange(30), np.zeros(30, dtype=np.int64)
    alone = Scored(item, zero, zero, np.ones(30), ("a",), ("a",))
    assert self_enhancement(alone, how=FEW)[0].verdict == NOT_IDENTIFIED
    assert "held against" in self_enhancement(alone, how=FEW)[0].why or "hold them against" in (
        self_enhancement(alone, how=FEW)[0].why
    )
    assert self_enhancement(alone, against="people", how=FEW)[0].verdict == NOT_IDENTIFIED
    with pytest.raises(ValueError, match="against judges or people"):
        self_enhancement(alone, against="nobody", how=FEW)
    with pytest.raises(ValueError, match="differ in length"):
        Scored(item, zero[1:], zero, np.ones(30), ("a",), ("a",))


def test_fair_families_are_called_so_at_the_stated_rate_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    runs = 60
    called = sum(
        any(one.verdict == BIASED for one in self_enhancement(scores(rng, 0.0, items=60), how=How(rounds=200)))
        for _ in range(runs)
    )
    with capsys.disabled():
        print(f"\nself-enhancement: fair families called biased {called / runs:.1%}")
    assert called / runs <= 0.12
