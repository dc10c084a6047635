"""The randomisation test of a preferred side: exact, and never tipped by strong systems."""

from __future__ import annotations

from itertools import chain, combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.measure.side import mirrored_p, side_preference_p

Vote = tuple[int, bool, bool]


def p_of(votes: list[Vote]) -> float | None:
    stratum, lower_first, chose_lower = (np.array(column) for column in zip(*votes, strict=True))
    return side_preference_p(stratum, lower_first.astype(bool), chose_lower.astype(bool))


def by_enumeration(votes: list[Vote]) -> float:
    """The same by going through every order that the lot could have drawn."""
    orders = []
    for stratum in sorted({vote[0] for vote in votes}):
        recorded = [first for at, first, _ in votes if at == stratum]
        if len(set(recorded)) == 1:
            orders.append([recorded, [not first for first in recorded]])
        else:
            orders.append([list(order) for order in permutations(recorded)])
    chosen = [chose for stratum in sorted({vote[0] for vote in votes}) for at, _, chose in votes if at == stratum]
    firsts = [sum(a == b for a, b in zip(chain(*drawn), chosen, strict=True)) for drawn in product(*orders)]
    expected = sum(firsts) / len(firsts)
    won = sum(first == chose for _, first, chose in votes)
    return sum(abs(one - expected) >= abs(won - expected) - 1e-9 for one in firsts) / len(firsts)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.booleans()), min_size=1, max_size=7))
@settings(max_examples=60, deadline=None)
def test_it_is_the_share_of_all_orders_that_are_as_far_out(votes: list[Vote]) -> None:
    p = p_of(votes)
    if p is None:
        # No order would have changed the count.
        assert by_enumeration(votes) == 1
    else:
        assert p == pytest.approx(by_enumeration(votes), abs=1e-9)


def test_single_votes_are_tosses_of_a_coin() -> None:
    votes = [(at, True, at < 9) for at in range(10)]
    assert p_of(votes) == pytest.approx(2 * 11 / 1024)


def test_a_rater_who_always_takes_the_first_is_as_far_out_as_can_be() -> None:
    votes = [(at % 3, at % 2 == 0, at % 2 == 0) for at in range(60)]
    p = p_of(votes)
    assert p is not None
    assert p < 1e-9


def test_a_system_that_always_wins_says_nothing_of_sides() -> None:
    assert p_of([(0, at % 2 == 0, True) for at in range(40)]) is None


def test_many_votes_go_by_the_normal_distribution_and_meet_the_exact_one() -> None:
    rng = np.random.default_rng(5)
    columns = rng.integers(0, 4, 300).tolist(), (rng.random(300) < 0.5).tolist(), (rng.random(300) < 0.56).tolist()
    few = list(zip(*columns, strict=True))
    exact = p_of(few)
    nearly = p_of([*few, (9, True, True), (9, False, True)])
    assert exact is not None
    assert nearly is not None
    assert nearly == pytest.approx(exact, abs=0.03)


def test_no_vote_has_no_test() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert side_preference_p(none, none.astype(bool), none.astype(bool)) is None


def test_ballots_are_turned_as_wholes() -> None:
    assert mirrored_p(np.array([0, 0])) is None
    assert mirrored_p(np.array([3])) == 1.0
    assert mirrored_p(np.array([3, 3, -3])) == 1.0
    assert mirrored_p(np.array([1, 1, 1, 1, 1])) == pytest.approx(2 / 2**5)
    assert mirrored_p(np.array([-1, -1, -1, -1, -1])) == pytest.approx(2 / 2**5)


@given(st.lists(st.integers(-6, 6), max_size=10))
def test_the_mirrored_test_counts_every_turning(leads: list[int]) -> None:
    found = mirrored_p(np.array(leads, dtype=np.int64))
    asked = [lead for lead in leads if lead]
    if not asked:
        assert found is None
        return
    sums = [sum(signs) for signs in product(*((lead, -lead) for lead in asked))]
    assert found == pytest.approx(np.mean([abs(one) >= abs(sum(asked)) for one in sums]))


def test_the_mirrored_test_meets_its_normal_limit() -> None:
    leads = np.concatenate([np.ones(160), -np.ones(140)]).astype(np.int64)
    exact = mirrored_p(leads)
    beyond = mirrored_p(np.concatenate([leads, [1, -1]]))
    assert exact is not None
    assert beyond == pytest.approx(exact, abs=0.01)


def test_a_fair_rater_of_rankings_is_rarely_flagged() -> None:
    rng = np.random.default_rng(8)
    flagged = 0
    for _ in range(400):
        leads = []
        for _label in range(25):
            shown = rng.permutation(4)
            taste = np.argsort(np.argsort(-np.array([2.0, 1.0, 0.0, -1.0]) + rng.normal(0, 1, 4)))
            said = taste[shown]
            leads.append(sum(np.sign(said[b] - said[a]) for a, b in combinations(range(4), 2)))
        p = mirrored_p(np.array(leads, dtype=np.int64))
        flagged += p is not None and p < 0.05
    assert flagged / 400 < 0.08
