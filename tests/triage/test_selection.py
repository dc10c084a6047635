"""What is drawn for the experts, why, with which chance, and what an estimate from it is worth."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import digest
from reviewer.measure.estimates import hajek
from reviewer.triage import selection
from reviewer.triage.selection import Plan, Signals, select, suspicion, worth_signing
from tests.benchmarks.selection_simulations import coverages, pool


def plain(items: int) -> Signals:
    return Signals(tuple(f"k{at:05d}" for at in range(items)), tuple(f"h{at}" for at in range(items)))


def mask(items: int, *places: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(items, dtype=np.bool_)
    found[list(places)] = True
    return found


def reason(plan: Plan, place: int) -> str:
    return plan.reasons[int(np.searchsorted(plan.chosen, place))]


@st.composite
def any_signals(draw: st.DrawFn) -> Signals:
    items = draw(st.integers(0, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    some = {name: draw(st.booleans()) for name in ("score", "jury", "spread", "failed", "risk", "strata", "clusters")}
    score = random.integers(1, 6, items).astype(float)
    score[random.random(items) < 0.2] = np.nan
    return replace(
        plain(items),
        failed={"a": random.random(items) < 0.2, "b": random.random(items) < 0.1} if some["failed"] else {},
        score=score if some["score"] else None,
        jury=random.uniform(1, 5, items) if some["jury"] else None,
        threshold=3.0,
        spread=random.exponential(size=items) if some["spread"] else None,
        abstained=random.random(items),
        risk={"sanctions": random.random(items) < draw(st.floats(0, 1))} if some["risk"] else {},
        strata=random.integers(-1, 3, items) if some["strata"] else None,
        clusters=random.integers(-1, 20, items) if some["clusters"] else None,
        labelled=random.random(items) < 0.2,
    )


@settings(max_examples=200, deadline=None)
@given(any_signals(), st.integers(1, 50), st.integers(0, 2**63), st.floats(0.01, 1), st.booleans())
def test_any_pool_gives_a_plan_of_known_chances(signals: Signals, n: int, seed: int, floor: float, equal: bool) -> None:
    plan = select(signals, n, seed=seed, floor=floor, allocation="equal" if equal else "proportional")
    assert len(plan.chosen) == min(n, len(plan.frame))
    assert len(plan.chosen) == len(plan.chances) == len(plan.strata) == len(plan.reasons) == len(plan.kinds)
    assert (np.diff(plan.chosen) > 0).all()
    assert set(plan.chosen.tolist()) <= set(plan.frame.tolist())
    assert ((plan.chances > 0) & (plan.chances <= 1)).all()
    assert len(plan.frame) + sum(plan.left_out.values()) == len(signals)
    assert sum(plan.by_kind.values()) == len(plan.chosen)
    assert signals.labelled is not None
    assert not signals.labelled[plan.frame].any()
    if signals.clusters is not None:
        within = signals.clusters[plan.frame]
        within = within[within >= 0]
        assert len(set(within.tolist())) == len(within)
    again = select(signals, n, seed=seed, floor=floor, allocation="equal" if equal else "proportional")
    assert again.chosen.tolist() == plan.chosen.tolist()
    assert (again.frame_hash, again.reasons) == (plan.frame_hash, plan.reasons)


def test_reasons_say_what_was_seen() -> None:
    n = 6
    signals = replace(
        plain(n),
        failed={"negation": mask(n, 0, 1), "numbers": mask(n, 1)},
        score=np.array([5.0, 1.0, 2.0, np.nan, 3.25, 5.0]),
        jury=np.array([4.0, 1.0, 4.5, 2.0, 3.5, 5.0]),
        threshold=3.0,
        spread=np.array([0.0, 0.0, 0.0, 1.4, 0.0, 0.0]),
        abstained=np.array([0.0, 0.0, 0.0, 0.4, 0.0, 0.0]),
        risk={"sanctions": mask(n, 2)},
    )
    plan = select(signals, n, seed=1)
    assert (plan.chances == 1).all()
    assert reason(plan, 0) == "check negation failed but the judge scored 5"
    assert reason(plan, 1) == "checks negation, numbers failed"
    assert reason(plan, 2) == "risk tag: sanctions; the judge scored 2, the jury 4.5"
    assert reason(plan, 3) == "judges disagree (spread 1.4); the judge abstained in 40 %"
    assert reason(plan, 4) == "the judge scored 3.25, near the threshold 3"
    assert reason(plan, 5) == "random floor"
    assert plan.by_kind == {
        selection.CONFLICT: 1,
        selection.CHECK: 1,
        selection.RISK: 1,
        selection.SPREAD: 1,
        selection.NEAR: 1,
        selection.RANDOM_FLOOR: 1,
    }


def test_items_with_a_risk_tag_are_sure_while_they_leave_room() -> None:
    tagged = replace(plain(500), risk={"sanctions": mask(500, *range(30))})
    plan = select(tagged, 50, seed=3)
    assert set(range(30)) <= set(plan.chosen.tolist())
    assert (plan.chances[plan.chosen < 30] == 1).all()
    assert plan.chances[plan.chosen >= 30] == pytest.approx(20 / 470)
    assert not plan.notes
    crowded = replace(plain(500), risk={"sanctions": mask(500, *range(200))})
    plan = select(crowded, 50, seed=3)
    assert len(plan.chosen) == 50
    assert plan.chances[plan.chosen < 200] == pytest.approx(40 / 200)
    assert plan.chances[plan.chosen >= 200] == pytest.approx(10 / 300)
    assert plan.by_kind[selection.RISK] == 40
    assert "too many" in plan.notes[0]


def test_one_of_a_cluster_stands_for_it_and_none_where_one_is_labelled() -> None:
    signals = replace(
        plain(8),
        clusters=np.array([0, 0, 0, 1, 1, -1, 2, 2]),
        spread=np.array([0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 3.0, 0.0]),
        risk={"pep": mask(8, 7)},
        labelled=mask(8, 4),
    )
    plan = select(signals, 8, seed=0)
    assert plan.frame.tolist() == [1, 5, 7]
    assert plan.left_out == {"already labelled": 1, "near-duplicates": 4}
    assert any("not of those left out" in note for note in plan.notes)
    assert any("fewer" in note for note in plan.notes)


def test_strata_share_by_size_or_evenly() -> None:
    signals = replace(plain(1000), strata=(np.arange(1000) >= 900).astype(np.int64))
    assert np.bincount(select(signals, 100, seed=1).strata).tolist() == [90, 10]
    assert np.bincount(select(signals, 100, seed=1, allocation="equal").strata).tolist() == [50, 50]


def test_the_frame_hash_is_of_the_keys_and_contents_of_the_frame_in_any_order() -> None:
    signals = Signals(("b", "a", "c"), ("2", "1", "3"), labelled=mask(3, 2))
    expected = hashlib.sha256(b'[["a","1"],["b","2"]]').hexdigest()
    assert select(signals, 1, seed=0).frame_hash == expected
    turned = Signals(("c", "b", "a"), ("3", "2", "1"), labelled=mask(3, 0))
    assert select(turned, 2, seed=9).frame_hash == expected
    assert select(replace(signals, hashes=("2", "x", "3")), 1, seed=0).frame_hash != expected
    many = plain(45_000)
    pairs = [[key, content] for key, content in zip(many.keys, many.hashes, strict=True)]
    assert select(many, 1, seed=0).frame_hash == digest(pairs)
    twice, turned_twice = Signals(("a", "a"), ("1", "2")), Signals(("a", "a"), ("2", "1"))
    assert select(twice, 1, seed=0).frame_hash == select(turned_twice, 1, seed=0).frame_hash


def test_the_worth_signing_are_the_most_suspicious_and_the_tagged() -> None:
    signals = replace(plain(100), spread=np.arange(100) / 10, risk={"pep": mask(100, 3)}, labelled=mask(100, 99))
    assert worth_signing(signals, 2, times=3).tolist() == [3, 94, 95, 96, 97, 98]
    assert len(worth_signing(plain(5), 10)) == 5
    assert (suspicion(plain(5)) == 0).all()


def test_what_cannot_be_selected_is_refused() -> None:
    with pytest.raises(WrongUsage):
        select(plain(3), 0, seed=1)
    with pytest.raises(WrongUsage):
        select(plain(3), 1, seed=-1)
    with pytest.raises(WrongUsage):
        select(plain(3), 1, seed=1, floor=0)
    with pytest.raises(BadInput, match="risk tag pep"):
        select(replace(plain(3), risk={"pep": mask(2)}), 1, seed=1)
    with pytest.raises(BadInput):
        select(Signals(("a",), ()), 1, seed=1)
    with pytest.raises(BadInput):
        select(replace(plain(2), spread=np.array([-1.0, 0.0])), 1, seed=1)
    empty = select(plain(0), 5, seed=1)
    assert (len(empty.chosen), len(empty.frame)) == (0, 0)


def test_a_draw_finds_three_times_the_failures_and_its_estimates_cover_where_its_mean_does_not() -> None:
    found = coverages(runs=150, items=6000, n=300, seed=11)
    assert found.times_random >= 3
    for name in ("active", "Hajek", "Horvitz-Thompson"):
        assert 0.9 <= found.covers[name] <= 1
    assert found.covers["PPI++ (random sample)"] >= 0.88
    assert found.covers["naive mean"] < 0.1


def test_chances_are_those_that_make_weights_right() -> None:
    random = np.random.default_rng(2)
    signals, truth, _ = pool(random, 3000)
    means = []
    for seed in range(300):
        plan = select(signals, 150, seed=seed)
        means.append(hajek(truth[plan.chosen], plan.chances, draw="fixed").figure.value or 0.0)
    assert np.mean(means) == pytest.approx(truth[plan.frame].mean(), abs=0.006)
