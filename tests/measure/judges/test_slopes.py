"""What draws a judge's scores more than people's, as statsmodels fits it."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.api import OLS, add_constant

from reviewer.measure.judges.biases import BIASED, NOT_IDENTIFIED
from reviewer.measure.judges.slopes import score_bias

TOWARDS = ("more", "less")


def test_the_slope_and_its_error_are_those_of_a_clustered_fit() -> None:
    rng = np.random.default_rng(4)
    place = np.repeat(np.arange(60), 3)
    trait = rng.normal(size=180) + 0.5 * rng.normal(size=60)[place]
    people = rng.normal(size=180)
    judge = people + 0.4 * trait + rng.normal(size=180) + 0.5 * rng.normal(size=60)[place]
    found = score_bias(judge, people, trait, span=4, bias="length", towards=TOWARDS, items=place)
    z = (trait - trait.mean()) / trait.std()
    fitted = OLS(judge - people, add_constant(z)).fit(cov_type="cluster", cov_kwds={"groups": place})
    assert found.figure.value == pytest.approx(float(fitted.params[1]))
    assert found.figure.low is not None
    assert found.figure.high is not None
    error = (found.figure.high - found.figure.low) / 2 / 2.000995
    assert error == pytest.approx(float(fitted.bse[1]), rel=1e-4)
    assert found.verdict == BIASED


def test_what_people_are_drawn_to_as_well_is_no_bias() -> None:
    rng = np.random.default_rng(5)
    trait = rng.normal(size=400)
    people = 3 + trait + rng.normal(size=400)
    judge = 3 + trait + rng.normal(size=400)
    found = score_bias(judge, people, trait, span=4, bias="length", towards=TOWARDS)
    assert abs(float(found.figure.value or 0)) < 0.2
    assert found.verdict != BIASED


def test_too_little_and_no_spread_are_not_identified() -> None:
    few = np.arange(3.0)
    assert score_bias(few, few, few, span=4, bias="length", towards=TOWARDS).verdict == NOT_IDENTIFIED
    flat = np.ones(50)
    told = score_bias(np.arange(50.0), flat, flat, span=4, bias="length", towards=TOWARDS)
    assert (told.verdict, told.why) == (NOT_IDENTIFIED, "all outputs are alike in it")
    half = np.where(np.arange(50) % 2, np.nan, 1.0)
    assert sum(score_bias(half, flat, np.arange(50.0), span=4, bias="x", towards=TOWARDS).figure.dropped.values()) == 25
    with pytest.raises(ValueError, match="differ in length"):
        score_bias(few, few, flat, span=4, bias="length", towards=TOWARDS)


def test_a_fair_judge_is_called_biased_at_the_stated_rate_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(6)
    called = 0
    for _ in range(400):
        trait, people = rng.normal(size=80), rng.normal(size=80)
        found = score_bias(people + rng.normal(size=80), people, trait, span=4, bias="x", towards=TOWARDS)
        called += (found.p_value or 1) <= 0.05
    with capsys.disabled():
        print(f"\nlength of scores: fair judges with p <= .05 {called / 400:.1%}")
    assert called / 400 <= 0.085
