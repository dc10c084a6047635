"""The strata that a round's batch is drawn from."""

from __future__ import annotations

from collections import Counter
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.session.starting import Plan, start
from reviewer.session.strata import AGREED, BINS, CONFLICT, NOTHING, UNCOMPARED, UNLABELLED, strata_of
from reviewer.store import drawing
from reviewer.store.connection import Store
from tests.exchange.judging import judge
from tests.session.rounds_played import LEAD, say
from tests.store.comparing import pairs_queue
from tests.store.filling import QUEUE, add_items, fill, new_item, record


def strata(store: Store, by: str | None, queue: str = QUEUE) -> dict[int, str]:
    """The stratum of each task by its position."""
    with store.reading() as connection:
        found = record(store, queue)
        by_task = strata_of(connection, found, by)
        positions = dict(connection.execute("SELECT id, position FROM task WHERE queue = ?", (found.id,)))
        offered = drawing.candidates(connection, found, [])
        return {positions[one.task]: by_task[one.task] for one in offered}


def tagged(store: Store, *meta: dict[str, Any]) -> None:
    """A queue whose items have this metadata."""
    fill(store, items=0)
    items = [new_item(number) for number in range(len(meta))]
    for one, said in zip(items, meta, strict=True):
        one.meta = orjson.dumps({"metadata": said.get("metadata", {}), "tags": said.get("tags", [])}).decode()
    add_items(store, record(store), items)


def test_an_item_stands_under_its_rarest_tag(store: Store) -> None:
    tagged(store, {"tags": ["kyc", "rare"]}, {"tags": ["kyc"]}, {"tags": ["kyc"]}, {})
    assert strata(store, "tags") == {0: "rare", 1: "kyc", 2: "kyc", 3: NOTHING}
    assert set(strata(store, None).values()) == {"all"}


def test_a_metadata_field_parts_by_its_values_and_numbers_by_quarters(store: Store) -> None:
    tagged(
        store,
        *(
            {"metadata": {"risk": risk, "length": 10 * number, "score": number % 2}}
            for number, risk in enumerate(("high", "low", "low", None, True, "high", "low", "high"))
        ),
    )
    assert strata(store, "risk") == {
        0: "high", 1: "low", 2: "low", 3: NOTHING, 4: "true", 5: "high", 6: "low", 7: "high",
    }  # fmt: skip
    assert [*strata(store, "length").values()] == [one for one in BINS for _ in range(2)]
    assert [*strata(store, "metadata:score").values()] == ["0", "1"] * 4


@pytest.mark.parametrize(
    ("by", "said"), [("colour", "no item has the metadata 'colour'"), ("tags", "no item has a tag")]
)
def test_what_no_item_has_is_refused_with_what_there_is(store: Store, by: str, said: str) -> None:
    tagged(store, {"metadata": {"risk": "high"}})
    with pytest.raises(WrongUsage, match=said):
        strata(store, by)


def test_scores_make_quarters_and_the_unlabelled_a_stratum_of_their_own(store: Store) -> None:
    fill(store, items=10, shuffle=False)
    for name in ("ana", "ben"):
        say(store, QUEUE, name, lambda at: {"score": 1 + at // 2, "safe": True} if at < 8 else None)
    found = strata(store, "score")
    assert [found[at] for at in range(10)] == [one for one in BINS for _ in range(2)] + [UNLABELLED] * 2


def test_equal_scores_stand_in_one_quarter(store: Store) -> None:
    fill(store, items=6, shuffle=False)
    say(store, QUEUE, "ana", lambda _: {"score": 3})
    assert len(set(strata(store, "score").values())) == 1


def test_conflict_is_half_a_scale_or_any_difference_without_an_order(store: Store) -> None:
    fill(store, items=5, shuffle=False)
    say(store, QUEUE, "ana", lambda at: {"score": 1, "safe": True} if at < 4 else None)
    said = [{"score": 2, "safe": True}, {"score": 3, "safe": True}, {"score": 1, "safe": False}]
    say(store, QUEUE, "ben", lambda at: said[at] if at < 3 else None)
    assert strata(store, "conflict") == {0: AGREED, 1: CONFLICT, 2: CONFLICT, 3: UNCOMPARED, 4: UNCOMPARED}


@pytest.mark.parametrize("by", ["score", "conflict"])
def test_where_nobody_has_said_anything_there_is_nothing_to_draw_by(store: Store, by: str) -> None:
    fill(store, items=3)
    with pytest.raises(BadInput, match=f"nothing to draw by {by}"):
        strata(store, by)


def test_one_opinion_is_no_conflict_to_draw_by(store: Store) -> None:
    fill(store, items=3)
    say(store, QUEUE, "ana", lambda _: {"score": 3})
    with pytest.raises(BadInput, match="nothing to draw by conflict"):
        strata(store, "conflict")


def test_comparisons_are_read_of_the_outputs_and_not_of_the_sides(store: Store) -> None:
    pairs_queue(store, items=6, systems=("alpha", "beta"))
    for name in ("ana", "ben"):
        judge(store, name, lambda systems: {"preference": 2 if systems[1] == "beta" else -2})
    assert set(strata(store, "conflict", "pairs").values()) == {AGREED}
    assert len(set(strata(store, "score", "pairs").values())) == 1
    judge(store, "chi", lambda systems: {"preference": -2 if systems[1] == "beta" else 2})
    assert set(strata(store, "conflict", "pairs").values()) == {CONFLICT}


def test_rankings_are_drawn_by_conflict_and_not_by_score(store: Store) -> None:
    pairs_queue(store, items=4, kind="ranking")
    with pytest.raises(WrongUsage, match="a ranking has no score"):
        strata(store, "score", "pairs")

    def order(*best: str) -> Any:
        return lambda systems: {"ranking": [[systems.index(one) + 1] for one in best]}

    judge(store, "ana", order("alpha", "beta", "gamma"), queue="pairs")
    judge(store, "ben", order("alpha", "beta", "gamma"), queue="pairs", most=2)
    assert sorted(strata(store, "conflict", "pairs").values()) == sorted([AGREED] * 2 + [UNCOMPARED] * 2)
    judge(store, "chi", order("gamma", "beta", "alpha"), queue="pairs")
    assert set(strata(store, "conflict", "pairs").values()) == {CONFLICT}


def test_a_batch_is_drawn_in_equal_shares(store: Store) -> None:
    fill(store, items=20, shuffle=False)
    say(store, QUEUE, "zoe", lambda at: {"score": 1 + at % 4} if at < 16 else None)
    done = start(store, QUEUE, Plan(members=("ana", "ben"), items=10, by="score", seed=2), LEAD)
    assert Counter({one.name: one.drawn for one in done.drawn.strata}) == dict.fromkeys((*BINS, UNLABELLED), 2)
    assert {one.of for one in done.drawn.strata} == {4}
    told = done.to_json()
    assert told["settings"]["by"] == "score"
    assert {"name": BINS[0], "drawn": 2, "of": 4} in told["strata"]
