"""Votes to a ranking: whatever the votes are, a defined figure or a reason; and the same from any side."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.measure.ranked import Ranking, Settings, Table
from reviewer.measure.ranking import rank_votes
from reviewer.measure.votes import Column, Votes
from tests.measure.material import shared, shared_json, simulated, votes_of

QUICK = Settings(rounds=100)


def table_of(votes: Votes, settings: Settings = QUICK, criterion: str = "preference") -> Table:
    return rank_votes(votes, settings).criteria[criterion]


def walk(told: Any, path: str = "") -> None:
    """No figure that is not a finite number or None with a reason."""
    if isinstance(told, dict):
        if "value" in told and told["value"] is None:
            assert told.get("why"), path
        if "value" in told and told["value"] is not None and told["low"] is None:
            assert told.get("why"), path
        if "value" in told and told["low"] is not None:
            assert told["low"] <= told["high"], path
        for name, value in told.items():
            walk(value, f"{path}/{name}")
    elif isinstance(told, list):
        for at, value in enumerate(told):
            walk(value, f"{path}/{at}")
    elif isinstance(told, float):
        assert isfinite(told), path


NAMES = st.sampled_from("abcd")
ROWS = st.lists(
    st.tuples(
        NAMES,
        NAMES,
        st.sampled_from(["left", "right", "tie", "both_bad"]),
        st.sampled_from(["left", "right"]),
        st.integers(0, 14),
        st.sampled_from(["ana", "ben"]),
        st.sampled_from(["clear", "true"]),
    ).filter(lambda row: row[0] != row[1]),
    min_size=1,
    max_size=40,
)


def of_rows(rows: list[tuple[str, str, str, str, int, str, str]], *, turned: bool = False) -> Votes:
    if turned:
        other = {"left": "right", "right": "left"}
        rows = [(b, a, other.get(winner, winner), other[first], *rest) for a, b, winner, first, *rest in rows]  # type: ignore[misc]  # the rest is three cells
    left, right, winner, first, item, rater, criterion = zip(*rows, strict=True)
    return Votes.of(
        left,
        right,
        winner,
        shown_first=first,
        item=[str(one) for one in item],
        rater=rater,
        criterion=criterion,
        others={"language": ["de" if one % 2 else "en" for one in item]},
    )


@given(
    ROWS,
    st.sampled_from(["bradley-terry", "davidson"]),
    st.booleans(),
    st.sampled_from([0.0, 0.1]),
)
@settings(max_examples=60, deadline=None)
def test_any_votes_give_figures_or_reasons(rows: list[Any], model: str, position: bool, prior: float) -> None:
    asked = Settings(model=model, position=position, prior=prior, rounds=100, slices=("language",))
    ranking = rank_votes(of_rows(rows), asked)
    told = ranking.to_json()
    walk(told)
    json.dumps(told, allow_nan=False)
    assert sum(table.votes for table in ranking.criteria.values()) == len(rows)
    for table in ranking.criteria.values():
        assert {row.system for row in table.systems} == set(table.names)
        shares = [row.bradley_terry.value for row in table.systems]
        if None not in shares:
            assert sum(one for one in shares if one is not None) == pytest.approx(1)
            ranked = [row.rank for row in table.systems if row.rank is not None]
            assert ranked == sorted(ranked)
            assert ranked[0] == 1
        assert sum(report.votes for report in table.raters) == table.votes


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_neither_sides_nor_the_order_of_rows_change_a_ranking(rows: list[Any], lot: Any) -> None:
    asked = Settings(rounds=0)
    mixed = rows.copy()
    lot.shuffle(mixed)
    plain = rank_votes(of_rows(rows), asked)
    for other in (rank_votes(of_rows(rows, turned=True), asked), rank_votes(of_rows(mixed), asked)):
        for name, table in plain.criteria.items():
            assert figures(table) == figures(other.criteria[name])


def figures(table: Table) -> dict[str, Any]:
    rows = {row.system: (row.votes, _near(row.win_rate.value), _near(row.log_strength.value)) for row in table.systems}
    share = (_near(table.position.share.value), table.position.p_value)
    return {**rows, "": (*share, _near(table.tie.value), _near(table.both_bad.value), table.connected)}


def _near(value: float | None) -> float | None:
    return None if value is None else round(value, 6) + 0.0


def test_names_of_the_json_are_those_of_the_design() -> None:
    votes = simulated(np.random.default_rng(0), np.array([1.0, 0, -1]), items=200, ties=0.3)
    told = rank_votes(votes, QUICK).to_json()["criteria"]["preference"]
    assert {"votes", "items", "connected", "systems", "tie_rate", "both_bad_rate", "position"} <= told.keys()
    assert (told["votes"], told["items"], told["connected"]) == (200, 200, True)
    first = told["systems"][0]
    assert first["system"] == "s0"
    assert {"votes", "win_rate", "bradley_terry", "elo", "rank", "rank_low", "rank_high"} <= first.keys()
    for name in ("win_rate", "bradley_terry"):
        assert first[name]["low"] < first[name]["value"] < first[name]["high"]
    assert np.mean([row["elo"] for row in told["systems"]]) == pytest.approx(1500)
    assert told["position"]["left_share"]["value"] == pytest.approx(0.5, abs=0.15)
    assert 0 <= told["position"]["p_value"] <= 1


def test_both_bad_is_no_tie_and_leaves_the_win_rate_alone() -> None:
    lines = ["a>b", "a>b", "a<b", "a=b"]
    plain, spoilt = table_of(votes_of(*lines)), table_of(votes_of(*lines, "a!b", "a!b"))
    assert (
        [row.win_rate.value for row in plain.systems]
        == [row.win_rate.value for row in spoilt.systems]
        == [0.625, 0.375]
    )
    assert spoilt.systems[0].win_rate.n == 4
    assert spoilt.systems[0].win_rate.dropped == {"both_bad": 2}
    assert spoilt.systems[0].votes == 6
    assert (spoilt.tie.value, spoilt.both_bad.value) == (1 / 6, 2 / 6)
    assert _near(spoilt.systems[0].log_strength.value) == _near(plain.systems[0].log_strength.value)


def test_nothing_but_both_bad() -> None:
    table = table_of(votes_of("a!b", "b!c"))
    assert table.both_bad.value == 1
    assert all(row.win_rate.value is None and row.rank is None for row in table.systems)
    assert table.why == "no vote decides or ties"
    assert table.position.share.value is None


def test_a_system_that_always_wins_keeps_its_win_rate_alone() -> None:
    table = table_of(votes_of(*["a>b", "b>c", "a>c", "b<c"] * 5))
    assert table.connected
    best = table.systems[0]
    assert (best.system, best.win_rate.value) == ("a", 1.0)
    assert best.win_rate.low is not None
    assert 0.5 < best.win_rate.low < 1
    assert best.bradley_terry.value is None
    assert best.elo.value is None
    assert "a never lost or tied against b, c" in best.bradley_terry.why
    held = table_of(votes_of(*["a>b", "b>c", "a>c", "b<c"] * 5), Settings(rounds=100, prior=0.1))
    assert held.systems[0].rank == 1
    assert held.systems[0].bradley_terry.low is not None
    assert any("prior of 0.1" in note for note in held.notes)


def test_groups_that_never_met_are_ranked_inside() -> None:
    table = table_of(votes_of(*["a>b", "a<b", "a>b", "c>d", "c<d", "c<d"] * 4))
    assert not table.connected
    assert table.groups == [("a", "b"), ("c", "d")]
    assert all(row.rank is None for row in table.systems)
    assert table.why == "no vote joins these 2 groups of systems: a, b | c, d"
    inside = [[(row.system, row.rank) for row in part.systems] for part in table.components]
    assert inside == [[("a", 1), ("b", 2)], [("d", 1), ("c", 2)]]


def test_ties_alone_make_equals() -> None:
    table = table_of(votes_of(*["a=b", "b=c"] * 6))
    assert [row.rank for row in table.systems] == [1, 1, 1]
    assert {row.win_rate.value for row in table.systems} == {0.5}
    assert table.plan is not None
    assert "no number of votes" in table.plan.why
    assert not any(one.holds for one in table.differences)


def test_few_items_have_no_interval() -> None:
    table = table_of(votes_of("a>b", "a<b", "a>b"))
    assert table.systems[0].bradley_terry.value == pytest.approx(2 / 3)
    assert table.systems[0].bradley_terry.low is None
    assert "3 items are too few" in table.systems[0].bradley_terry.why
    assert table.systems[0].rank_low is None


def test_resamples_without_an_estimate_are_counted() -> None:
    votes = votes_of(*["a>b"] * 40, "a<b", "a<b", "a<b")
    table = table_of(votes, Settings(rounds=400))
    assert 0 < table.resampling.dropped < 400
    assert table.resampling.to_json()["used"] == 400 - table.resampling.dropped
    rare = table_of(votes_of(*["a>b"] * 40, "a<b"), Settings(rounds=400))
    assert rare.systems[0].bradley_terry.low is None
    assert "resamples have no finite estimate" in rare.systems[0].bradley_terry.why


def test_differences_are_one_family_over_the_criteria() -> None:
    rng = np.random.default_rng(4)
    votes = simulated(rng, np.array([1.2, 0.1, 0.0, -0.9]), items=1200)
    codes = (np.arange(len(votes)) % 2).astype(np.int32)
    cut = Column(("clear", "true"), codes)
    both = Votes(votes.systems, votes.left, votes.right, votes.winner, votes.right_first, votes.item, criterion=cut)
    ranking = rank_votes(both, Settings(rounds=300))
    assert {table.family for table in ranking.criteria.values()} == {12}
    for table in ranking.criteria.values():
        for one in table.differences:
            assert one.p_value is not None
            assert one.p_holm is not None
            assert one.p_value <= one.p_holm <= 1
            assert one.holds == (one.p_holm < 0.05)
        for row in table.systems:
            assert row.rank is not None
            assert row.rank_low is not None
            assert row.rank_high is not None
            assert row.rank_low <= row.rank <= row.rank_high
        best = table.systems[0]
        assert (best.system, best.rank_low, best.rank_high) == ("s0", 1, 1)


def test_slices_are_a_family_of_their_own() -> None:
    rng = np.random.default_rng(1)
    votes = simulated(rng, np.array([0.5, -0.5]), items=300)
    language = Column(("de", "en"), (np.arange(300) % 2).astype(np.int32))
    sliced = Votes(
        votes.systems,
        votes.left,
        votes.right,
        votes.winner,
        votes.right_first,
        votes.item,
        others={"language": language},
    )
    table = table_of(sliced, Settings(rounds=100, slices=("language",)))
    assert table.family == 1
    assert {value: cut.family for value, cut in table.slices["language"].items()} == {"de": 2, "en": 2}
    assert sum(cut.votes for cut in table.slices["language"].values()) == 300
    with pytest.raises(WrongUsage, match="no column 'country'"):
        rank_votes(sliced, Settings(slices=("country",)))


def test_an_order_effect_is_found_and_taken_out() -> None:
    rng = np.random.default_rng(8)
    votes = simulated(rng, np.array([0.6, 0.0, -0.6]), items=2000, first_side=0.8)
    table = table_of(votes, Settings(rounds=200, position=True))
    effect = table.position.effect
    assert effect is not None
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < 0.8 < effect.high
    assert table.position.effect_p is not None
    assert table.position.effect_p < 1e-6
    assert table.position.p_value is not None
    assert table.position.p_value < 1e-6


def test_an_order_effect_that_cannot_be_told_apart_is_named() -> None:
    table = table_of(votes_of(*["a>b", "a<b", "a>b"] * 5), Settings(rounds=100, position=True))
    assert table.position.effect is not None
    assert table.position.effect.value is None
    assert "do not vary enough" in table.position.effect.why
    assert table.position.note == "no pair was shown in both orders: the share may be the systems' own"
    assert table.systems[0].bradley_terry.value == pytest.approx(2 / 3)


def test_the_plan_is_the_sign_test_for_the_closest_open_pair() -> None:
    votes = simulated(np.random.default_rng(3), np.array([1.5, 0.1, -0.1, -1.5]), items=600, ties=0.2)
    table = table_of(votes, Settings(rounds=300))
    plan = table.plan
    assert plan is not None
    assert {table.names[one] for one in plan.pair} == {"s1", "s2"}
    assert not plan.settled
    assert plan.votes is not None
    assert plan.decisive is not None
    assert plan.votes > plan.decisive > 100
    assert plan.most is None
    settled = table_of(simulated(np.random.default_rng(3), np.array([2.0, -2.0]), items=300), QUICK).plan
    assert settled is not None
    assert settled.settled
    assert settled.votes == 0


def test_one_seed_gives_one_ranking() -> None:
    votes = simulated(np.random.default_rng(0), np.array([0.4, 0.0, -0.4]), items=100)
    once, again, other = (rank_votes(votes, Settings(rounds=100, seed=seed)).to_json() for seed in (7, 7, 8))
    assert once == again
    assert once["criteria"] != other["criteria"]


def test_no_vote_at_all() -> None:
    with pytest.raises(BadInput, match="no vote"):
        rank_votes(Votes.of([], [], []))


def test_texts_in_place_of_systems_are_refused() -> None:
    names = [str(at) for at in range(1001)]
    with pytest.raises(BadInput, match="1,001 systems are too many"):
        rank_votes(Votes.of(names[:-1], names[1:], ["left"] * 1000))
    with pytest.raises(BadInput, match="1,001 values"):
        rank_votes(Votes.of(["a"] * 1001, ["b"] * 1001, ["left"] * 1001, criterion=names))


def test_published_majorities() -> None:
    rows = [json.loads(line) for line in shared("pandalm", "testset.jsonl").read_text("utf-8").splitlines()]
    reference = shared_json("pandalm", "reference.json")
    left, right, winner = [], [], []
    for row in rows:
        said = [row[f"annotator{at}"] for at in (1, 2, 3)]
        pair = row["cmp_key"].split("_")
        left.append(pair[0])
        right.append(pair[1])
        winner.append(("tie", "left", "right")[max(set(said), key=said.count)])
    ranking: Ranking = rank_votes(Votes.of(left, right, winner, item=[str(row["idx"]) for row in rows]), QUICK)
    table = ranking.criteria["preference"]
    theirs = reference["bradley_terry_evalica_of_majority"]
    whole = sum(theirs.values())
    mine = {row.system: row.bradley_terry.value for row in table.systems}
    assert mine == pytest.approx({name: score / whole for name, score in theirs.items()}, abs=1e-6)
    counts = reference["majority_win_lose_tie_of_first_named_model"]
    assert sum(wins + losses for wins, losses, _ in counts.values()) == table.position.share.n
    assert table.position.share.value == pytest.approx(
        sum(wins for wins, *_ in counts.values()) / table.position.share.n
    )
    assert table.tie.value == pytest.approx(sum(ties for *_, ties in counts.values()) / 999)
