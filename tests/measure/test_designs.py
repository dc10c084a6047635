"""The chances of a design add up, and draws keep them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.measure.designs import allocate, answered, draw, inclusion_probabilities
from reviewer.measure.estimates import horvitz_thompson

SUSPICION = st.lists(st.floats(0, 1000) | st.just(0.0), min_size=1, max_size=60)


@given(SUSPICION, st.integers(1, 70), st.floats(0.01, 1), st.integers(0, 2**63), st.integers(1, 5), st.booleans())
def test_chances_add_up_to_n_and_a_draw_has_n(
    suspicion: list[float], n: int, floor: float, seed: int, groups: int, equal: bool
) -> None:
    items = len(suspicion)
    strata = np.arange(items) % groups
    for of in (None, strata):
        chances = inclusion_probabilities(
            np.array(suspicion), n, floor=floor, strata=of, allocation="equal" if equal else "proportional"
        )
        assert float(chances.min()) > 0
        assert float(chances.max()) <= 1
        assert float(chances.sum()) == pytest.approx(min(n, items), abs=1e-8)
        drawn = draw(chances, seed, strata=of)
        assert len(set(drawn.tolist())) == len(drawn) == min(n, items)
        assert set(np.flatnonzero(chances == 1)) <= set(drawn.tolist())
        assert drawn.tolist() == draw(chances, seed, strata=of).tolist()
        if of is not None:
            for stratum in range(groups):
                expected = float(chances[strata == stratum].sum())
                assert abs(int((strata[drawn] == stratum).sum()) - expected) < 1 + 1e-6


@given(SUSPICION, st.data())
def test_certain_items_are_always_drawn_and_the_rest_share_what_is_left(
    suspicion: list[float], data: st.DataObject
) -> None:
    items = len(suspicion)
    certain = np.array(data.draw(st.lists(st.booleans(), min_size=items, max_size=items)))
    n = int(certain.sum()) + data.draw(st.integers(1, 5))
    chances = inclusion_probabilities(np.array(suspicion), n, certain=certain)
    assert (chances[certain] == 1).all()
    assert float(chances.min()) > 0
    assert float(chances.sum()) == pytest.approx(min(n, items), abs=1e-8)


def test_the_rule_is_that_of_the_paper_and_the_cap_is_given_to_the_rest() -> None:
    # Two of four, tau 0.2: 0.8 * 2 * u / 4 + 0.1 gives 1.3, 0.5, 0.1, 0.1: one is cut, the others by 1 / 0.7.
    chances = inclusion_probabilities(np.array([3.0, 1.0, 0.0, 0.0]), 2)
    assert chances == pytest.approx([1, 0.5 / 0.7, 0.1 / 0.7, 0.1 / 0.7])
    assert inclusion_probabilities(np.zeros(4), 1) == pytest.approx([0.25] * 4)
    assert allocate(np.array([10, 30, 60]), 20) == pytest.approx([2, 6, 12])
    assert allocate(np.array([3, 0, 30, 60]), 21, "equal") == pytest.approx([3, 0, 9, 9])


@pytest.mark.parametrize("with_strata", [False, True])
def test_each_item_is_drawn_as_often_as_its_chance_says(with_strata: bool) -> None:
    random = np.random.default_rng(3)
    suspicion, strata = random.exponential(size=40) ** 2, random.integers(0, 3, 40) if with_strata else None
    chances = inclusion_probabilities(suspicion, 12, strata=strata)
    runs = 6000
    times = np.zeros(40)
    for seed in range(runs):
        times[draw(chances, seed, strata=strata)] += 1
    error = np.sqrt(chances * (1 - chances) / runs)
    off = np.abs(times / runs - chances)
    assert (off <= 4.5 * error + 1e-9).all()


def test_the_variance_of_a_fixed_draw_is_about_as_estimated() -> None:
    random = np.random.default_rng(9)
    suspicion = random.exponential(size=300)
    labels = (random.random(300) < np.clip(suspicion / 4, 0, 1)).astype(float)
    chances = inclusion_probabilities(suspicion, 60)
    values, reached = [], []
    for seed in range(1500):
        drawn = draw(chances, seed)
        figure = horvitz_thompson(labels[drawn], chances[drawn], 300, draw="fixed").figure
        assert figure.value is not None
        assert figure.high is not None
        values.append(figure.value)
        reached.append((figure.high - figure.value) / 1.96)
    assert np.mean(values) == pytest.approx(labels.mean(), abs=5 * np.std(values) / np.sqrt(1500))
    assert np.sqrt(np.mean(np.square(reached))) == pytest.approx(np.std(values), rel=0.15)


def test_a_million_items_are_drawn_at_once() -> None:
    suspicion = np.random.default_rng(0).exponential(size=1_000_000)
    chances = inclusion_probabilities(suspicion, 1000)
    assert float(chances.sum()) == pytest.approx(1000, abs=1e-6)
    assert len(draw(chances, 1)) == 1000


def test_those_without_a_label_are_spoken_for_by_their_stratum() -> None:
    chances = np.array([0.5, 0.5, 0.25, 0.25, 0.1])
    told = answered(chances, np.array([True, False, True, True, False]), np.array([0, 0, 1, 1, 2]))
    # Weights 2 2 | 4 4 | 10: half of the first stratum answered, all of the second, and 12 of 22 have an answering one.
    assert told.chances == pytest.approx([0.25 * 12 / 22, 0.25 * 12 / 22, 0.25 * 12 / 22])
    assert (told.selected, told.labelled, told.unanswered, told.silent_strata) == (5, 3, 2, 1)
    assert told.share == pytest.approx(0.6)
    assert (1 / told.chances).sum() == pytest.approx(22)
    whole = answered(chances, np.ones(5, dtype=bool))
    assert whole.chances == pytest.approx(chances)
    assert answered(chances, np.zeros(5, dtype=bool)).labelled == 0
    assert np.isnan(answered(chances[:0], np.zeros(0, dtype=bool)).share)


def test_what_is_no_design_is_refused() -> None:
    two = np.array([1.0, 2.0])
    for wrong in (
        lambda: inclusion_probabilities(two, 1, floor=0),
        lambda: inclusion_probabilities(two, 0),
        lambda: inclusion_probabilities(-two, 1),
        lambda: inclusion_probabilities(two * np.nan, 1),
        lambda: inclusion_probabilities(two, 1, certain=np.array([True, False])),
        lambda: draw(np.array([0.5, 0.7]), 1),
        lambda: draw(np.array([0.0, 1.0]), 1),
        lambda: answered(two / 2, np.array([True])),
    ):
        with pytest.raises(ValueError, match=" "):
            wrong()
