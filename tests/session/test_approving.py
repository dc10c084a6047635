"""A consensus that is kept: golden by approval alone, and only as long as it says so."""

from __future__ import annotations

from typing import Any

import pytest

from reviewer.errors import BadInput
from reviewer.session import approving, consensus
from reviewer.session.approving import find_consensus
from reviewer.session.consensus import Reached
from reviewer.session.deciding import Deciding
from reviewer.store.connection import Store
from reviewer.store.golden import TAKEN_BACK
from tests.session.test_deciding import cases, give, golden
from tests.store.comparing import faults
from tests.store.filling import SCORE, fill, put_rubric, rate, record, sit

SCORES = {"ana": (2, 4, 5), "ben": (2, 4, 1), "chi": (2, 4, 1)}


@pytest.fixture
def rated(store: Store) -> Store:
    fill(store, items=3, shuffle=False)
    for name, scores in SCORES.items():
        sitting = sit(store, name)
        rate(sitting, *scores)
        assert sitting.close()
    return store


def change(store: Store, rater: str, seq: int, score: int) -> None:
    sitting = sit(store, rater)
    sitting.go_to(seq)
    rate(sitting, score)
    assert sitting.close()


def find(store: Store, method: str = "majority", approve: str | None = "lead") -> approving.Kept:
    return find_consensus(store, "kyc", method, actor="lead", approve=approve)


def test_a_consensus_that_changed_is_golden_no_more(rated: Store) -> None:
    assert find(rated).golden == 3
    change(rated, "chi", 2, 3)
    kept = find(rated, approve=None)
    assert (kept.labels, kept.golden) == (1, 0)
    assert golden(rated) == [("2", None, False), ("4", None, False), ("1", TAKEN_BACK, False)]
    change(rated, "chi", 2, 5)
    assert find(rated, approve=None).labels == 1
    assert len(golden(rated)) == 3, "nobody has approved what it says now"
    assert find(rated).golden == 1
    assert golden(rated)[2:] == [("1", TAKEN_BACK, True), ("5", None, False)]
    assert faults(rated) == []


def test_a_decision_stays_golden_whatever_becomes_of_the_consensus_beneath(rated: Store) -> None:
    assert find(rated).golden == 3
    sitting = Deciding.decide(rated, "kyc", "dora")
    give(sitting, 4)
    assert sitting.close()
    change(rated, "chi", 2, 3)
    find(rated, approve=None)
    assert golden(rated)[2:] == [("1", None, True), ("4", None, False)]
    assert [case.state for case in cases(rated)] == ["decided"]
    assert faults(rated) == []


def test_labels_that_come_while_it_is_found_let_nothing_be_kept(rated: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reach = consensus.reach

    def slowly(*given: Any) -> Reached:
        reached = reach(*given)
        change(rated, "chi", 2, 5)
        return reached

    monkeypatch.setattr(approving, "reach", slowly)
    with pytest.raises(BadInput, match="nothing is kept") as told:
        find(rated)
    assert told.value.mend == "Begin again."
    monkeypatch.undo()
    assert golden(rated) == []
    assert find(rated).golden == 3
    assert golden(rated)[2] == ("5", None, False)


def test_what_the_rubric_shows_as_an_example_becomes_golden_by_nobodys_approval(rated: Store) -> None:
    example = {"output": "Answer 1 of system 0.\r\n", "why": "as agreed"}
    score = SCORE["criteria"][0] | {"levels": {"4": {"examples": [example]}}}
    put_rubric(rated, record(rated), SCORE | {"criteria": [score, *SCORE["criteria"][1:]]})
    kept = find(rated)
    assert (kept.golden, kept.retired) == (2, 1)
    assert golden(rated) == [("2", None, False), ("1", None, False)]
