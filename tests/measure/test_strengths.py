"""Strengths: against other programs, against published figures, and where none exist."""

from __future__ import annotations

import choix
import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.measure.arrays import Floats
from reviewer.measure.connection import classes, groups, order_is_confounded, strongly_connected
from reviewer.measure.counts import ItemCounts, count
from reviewer.measure.separation import separated
from reviewer.measure.strengths import Fitted, Model, fit
from reviewer.measure.votes import Votes
from tests.measure.material import shared_json, shared_rows, simulated, votes_of

BT, DAVIDSON = Model(), Model("davidson")


def fitted(votes: Votes, model: Model = BT) -> tuple[ItemCounts, Fitted]:
    counts = count(votes, as_shown=model.position)
    return counts, fit(counts.edges, counts.total[None], model)


def by_name(votes: Votes, strengths: Floats) -> dict[str, float]:
    return dict(zip(votes.systems, strengths.tolist(), strict=True))


@pytest.fixture
def fixture_votes() -> tuple[Votes, list[str], dict[str, dict[str, float]]]:
    told = shared_json("methods", "ranking.json")
    item, left, right, winner = zip(*told["votes"], strict=True)
    return Votes.of(left, right, winner, item=[str(one) for one in item]), told["systems"], told["expected"]


@pytest.mark.parametrize("seed", range(4))
def test_the_estimates_are_those_of_evalica_and_choix(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = simulated(rng, rng.normal(0, 1, 6), items=300, ties=0.4)
    _, found = fitted(votes)
    mine = np.exp(found.strengths[0]) / np.exp(found.strengths[0]).sum()
    words = [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw]
    theirs = evalica.bradley_terry(
        [votes.systems[at] for at in votes.left],
        [votes.systems[at] for at in votes.right],
        [words[at] for at in votes.winner],
        tolerance=1e-12,
        limit=100_000,
    ).scores
    theirs = theirs / theirs.sum()
    assert mine == pytest.approx([theirs[name] for name in votes.systems], abs=1e-6)
    decided = votes.chosen(votes.decisive)
    told = zip(decided.left.tolist(), decided.right.tolist(), decided.winner.tolist(), strict=True)
    pairs = [(a, b) if winner == 0 else (b, a) for a, b, winner in told]
    _, without_ties = fitted(decided)
    assert without_ties.strengths[0] == pytest.approx(
        choix.ilsr_pairwise(len(decided.systems), pairs, alpha=0, tol=1e-12), abs=1e-6
    )


@pytest.mark.parametrize(
    ("name", "model", "decisive"),
    [
        ("bt_half_win", BT, False),
        ("bt_decisive_with_left_advantage", Model(position=True), True),
        ("davidson", DAVIDSON, False),
        ("davidson_position", Model("davidson", position=True), False),
    ],
)
def test_reference_figures(
    name: str, model: Model, decisive: bool, fixture_votes: tuple[Votes, list[str], dict[str, dict[str, float]]]
) -> None:
    votes, systems, expected = fixture_votes
    told = expected[name] if isinstance(expected[name], dict) else {"theta": expected[name]}
    chosen = votes.chosen(votes.decisive) if decisive else votes
    _, found = fitted(chosen, model)
    assert found.converged.all()
    mine = by_name(chosen, found.strengths[0])
    assert [mine[name] for name in systems] == pytest.approx(told["theta"], abs=1e-6)
    if found.position is not None:
        assert found.position[0] == pytest.approx(told["left_advantage"], abs=1e-6)
    if found.tie is not None:
        assert np.exp(found.tie[0]) == pytest.approx(told["tie_parameter"], abs=1e-6)
    if "loglik" in told:
        assert found.loglik[0] == pytest.approx(told["loglik"], abs=1e-6)


def test_given_resamples_give_the_reference_estimates() -> None:
    told = shared_json("methods", "ranking.json")
    item, left, right, winner = zip(*told["votes"], strict=True)
    votes = Votes.of(left, right, winner, item=[str(one) for one in item])
    assert votes.item is not None
    place = {int(name): at for at, name in enumerate(votes.item.names)}
    weights = np.zeros((10, len(place)))
    for at, drawn in enumerate(told["item_bootstrap"]["resampled_items"]):
        np.add.at(weights[at], [place[one] for one in drawn], 1)
    counts = count(votes, as_shown=False, grouped=False)
    whole = fit(counts.edges, counts.total[None], BT)
    found = fit(counts.edges, counts.weighted(weights), BT, whole)
    order = [votes.systems.index(name) for name in told["systems"]]
    assert found.strengths[:, order] == pytest.approx(np.array(told["item_bootstrap"]["bt_half_win_of_each"]), abs=1e-6)


@pytest.mark.parametrize("name", ["agresti_baseball1987_wins.csv", "citations_wins.csv"])
def test_textbook_tables(name: str) -> None:
    rows = shared_rows("textbook", name)
    expected = shared_json("textbook", "expected.json")[name]
    winners, losers = [], []
    for row in rows:
        winner = row[""]
        for loser, times in row.items():
            if loser:
                winners += [winner] * int(times)
                losers += [loser] * int(times)
    votes = Votes.of(winners, losers, ["left"] * len(winners))
    mine = by_name(votes, fitted(votes)[1].strengths[0])
    for system, told in expected["computed_choix_logits"].items():
        base = next(at for at, value in expected["computed_choix_logits"].items() if value == 0)
        assert mine[system] - mine[base] == pytest.approx(told, abs=1e-6)
    published = next(value for key, value in expected.items() if key.startswith("published_logits_vs_"))
    base = next(key for key in expected if key.startswith("published")).removeprefix("published_logits_vs_")
    for system, printed in published.items():
        digits = len(repr(printed).partition(".")[2])
        assert round(mine[system] - mine[base], digits) == pytest.approx(printed)


@pytest.mark.parametrize("name", ["simple", "food"])
def test_evalica_golden_scores(name: str) -> None:
    rows = shared_rows("evalica", f"{name}.csv")
    golden = {
        row["item"]: float(row["score"])
        for row in shared_rows("evalica", f"{name}-golden.csv")
        if row["algorithm"] == "bradley_terry"
    }
    votes = Votes.of(*([row[column] for row in rows] for column in ("left", "right", "winner")))
    strengths = fitted(votes)[1].strengths[0]
    shares = np.exp(strengths) / np.exp(strengths).sum()
    assert by_name(votes, shares) == pytest.approx(golden, abs=1e-6)


def test_a_system_that_always_wins_has_no_estimate_and_with_a_prior_a_finite_one() -> None:
    votes = votes_of("a>b", "b>c", "a>c")
    counts, found = fitted(votes)
    assert [members.tolist() for members in classes(counts.edges, counts.total)] == [[0], [1], [2]]
    assert not strongly_connected(counts.edges, counts.total[None])[0]
    assert not found.converged[0]
    held = fit(counts.edges, counts.total[None], Model(prior=0.1))
    assert held.converged[0]
    assert held.strengths[0, 0] > held.strengths[0, 1] > held.strengths[0, 2]
    assert held.strengths[0].sum() == pytest.approx(0, abs=1e-12)


def test_a_prior_is_games_against_an_average_system() -> None:
    votes = votes_of("a>b", "a>b", "b>a")
    counts = count(votes, as_shown=False)
    found = fit(counts.edges, counts.total[None], Model(prior=0.5)).strengths[0]
    # At the maximum, the wins of a equal those expected: 2 + 0.5 = 3 P(a > b) + 1 P(a > average).
    t = float(found[0])
    assert 3 / (1 + np.exp(-2 * t)) + 1 / (1 + np.exp(-t)) == pytest.approx(2.5, abs=1e-9)


def test_davidson_needs_more_than_ties_to_hold_a_system_down() -> None:
    votes = votes_of("a>b", "a>b", "a=b")
    counts, found = fitted(votes)
    assert found.converged[0]
    assert found.strengths[0, 0] - found.strengths[0, 1] == pytest.approx(np.log(2.5 / 0.5), abs=1e-9)
    assert not separated(counts.edges, counts.total, BT)
    assert separated(counts.edges, counts.total, DAVIDSON)
    assert not fit(counts.edges, counts.total[None], DAVIDSON).converged[0]


@pytest.mark.parametrize(("lines", "nu"), [(("a>b", "b>a", "a>b"), -np.inf), (("a=b", "b=a"), np.inf)])
def test_davidson_without_ties_and_with_nothing_else(lines: tuple[str, ...], nu: float) -> None:
    counts, found = fitted(votes_of(*lines), DAVIDSON)
    assert found.converged[0]
    assert found.tie is not None
    assert found.tie[0] == nu
    expected = fit(counts.edges, counts.total[None], BT)
    assert found.strengths == pytest.approx(expected.strengths, abs=1e-9)


def test_an_order_effect_needs_orders_that_vary() -> None:
    always = count(votes_of("a>b", "a>c", "b<c", "a<c"), as_shown=True)
    assert not order_is_confounded(always.edges)
    assert order_is_confounded(count(votes_of("a>b", "a<b", "b>c"), as_shown=True).edges)
    assert not order_is_confounded(count(votes_of("a>b", "b>a"), as_shown=True).edges)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 4), st.sampled_from(["left", "right", "tie"])),
        min_size=1,
        max_size=25,
    )
)
@settings(deadline=None)
def test_an_estimate_exists_exactly_where_the_graph_is_strong(rows: list[tuple[int, int, str]]) -> None:
    left = [str(a) for a, _, _ in rows]
    right = [str((a + step) % 5) for a, step, _ in rows]
    votes = Votes.of(left, right, [winner for _, _, winner in rows])
    counts, found = fitted(votes)
    strong = len(classes(counts.edges, counts.total)) == 1
    assert strongly_connected(counts.edges, counts.total[None])[0] == strong
    pieces = groups(counts.edges, counts.total)
    assert sum(map(len, pieces)) == len(votes.systems)
    if len(pieces) == 1:
        assert separated(counts.edges, counts.total, BT) == (not strong)
        assert bool(found.converged[0]) == strong
    if strong:
        assert np.isfinite(found.strengths).all()
