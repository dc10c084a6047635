"""Shares, corrections and plans against figures that others computed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import WrongUsage
from reviewer.measure.multiplicity import holm
from reviewer.measure.planning import sign_test_votes
from reviewer.measure.proportions import clustered_share, fair_coin_p, wilson
from reviewer.measure.ranked import Settings
from tests.measure.material import shared_json


def test_position_bias_figures() -> None:
    for told in shared_json("methods", "judge.json")["position_bias"]:
        p = fair_coin_p(told["left"], told["decisive"])
        assert p == (None if told["p_exact_two_sided"] is None else pytest.approx(told["p_exact_two_sided"]))
        if told["decisive"]:
            assert wilson(told["left"], told["decisive"]) == pytest.approx(told["wilson95"], abs=1e-9)


def test_adjusted_p_values() -> None:
    told = shared_json("methods", "judge.json")["multiplicity"]
    value = told["expected"]["holm"]
    adjusted = value["adjusted"] if isinstance(value, dict) else value
    assert holm(told["p"]).tolist() == pytest.approx(adjusted, abs=1e-9)


def test_sample_sizes_of_a_sign_test() -> None:
    for told in shared_json("methods", "items_contamination.json")["sample_size_sign_test"]:
        votes = sign_test_votes(told["win_rate"], alpha=told["alpha"], power=told["power"])
        assert votes == pytest.approx(told["decisive_votes_normal"], rel=1e-9)
    with pytest.raises(ValueError, match="never settled"):
        sign_test_votes(0.5)


@given(st.integers(1, 200), st.data())
@settings(deadline=None)
def test_the_exact_test_is_symmetric_and_a_probability(n: int, data: st.DataObject) -> None:
    won = data.draw(st.integers(0, n))
    p = fair_coin_p(won, n)
    assert p is not None
    assert 0 < p <= 1
    assert p == pytest.approx(fair_coin_p(n - won, n))
    low, high = wilson(won, n)
    assert 0 <= low <= won / n <= high <= 1
    assert low < high


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(deadline=None)
def test_holm_lies_between_the_plain_p_and_bonferroni(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= np.minimum(np.array(p) * len(p), 1) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()


def test_a_share_in_clusters_is_wider_than_one_without() -> None:
    rng = np.random.default_rng(0)
    alike = 5 * rng.integers(0, 2, 60)
    share, low, high, effect = clustered_share(alike, np.full(60, 5.0))
    assert share == alike.sum() / 300
    assert effect == pytest.approx(5, rel=0.05)
    single = clustered_share(np.repeat(alike == 5, 5).astype(np.float64), np.ones(300))
    assert high - low > 1.8 * (single[2] - single[1])


@pytest.mark.parametrize("won", [0.0, 1.0])
def test_a_share_without_spread_is_bounded_by_its_clusters(won: float) -> None:
    share, low, high, _ = clustered_share(np.full(20, won * 3), np.full(20, 3.0))
    assert share == won
    assert 0.1 < high - low < 0.25


@pytest.mark.parametrize(
    "wrong",
    [{"model": "elo"}, {"prior": -1}, {"rounds": 5}, {"rounds": -1}, {"seed": -1}, {"alpha": 0}, {"power": 1}],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(WrongUsage):
        Settings(**wrong)  # type: ignore[arg-type]  # wrong on purpose
