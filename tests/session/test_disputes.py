"""Rules of dispute: written, read, and held against what a panel said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.rubric import Rubric, rubric_from_data
from reviewer.session.disputes import (
    Rule,
    Rules,
    check_rules,
    disputes_of,
    parse_rules,
    parse_setting,
    rules_of,
    standing_labels,
    standing_spreads,
)
from reviewer.session.panel import TaskPanel, read_panels
from reviewer.store.connection import Store
from tests.store.comparing import PREFERENCE, pairs_queue
from tests.store.filling import fill, sit

RUBRIC: dict[str, Any] = {
    "name": "check",
    "criteria": [
        {"id": "score", "type": "scale", "min": 1, "max": 5},
        {"id": "tone", "type": "scale", "min": 1, "max": 3, "required": False},
        {"id": "safe", "type": "boolean", "required": False, "allow_na": True},
        {"id": "risk", "type": "choice", "required": False, "options": ["low", "high"]},
        {"id": "minutes", "type": "number", "required": False},
        {"id": "words", "type": "text", "required": False},
    ],
}


def panel_of(store: Store, *said: dict[str, Any], flags: tuple[int, ...] = ()) -> TaskPanel:
    queue = fill(store, items=1, rubric=RUBRIC)
    for number, values in enumerate(said):
        sitting = sit(store, f"rater-{number}")
        sitting.work.values |= {"score": 3} | values
        if number in flags:
            sitting.toggle_flag()
        assert sitting.submit().moved
        assert sitting.close()
    with store.reading() as connection:
        return read_panels(connection, queue, named=False)[0]


def broken(panel: TaskPanel, text: str) -> list[tuple[str, str]]:
    labels = standing_labels(panel)
    found = disputes_of(panel, labels, standing_spreads(panel, labels), parse_rules(text))
    return [(dispute.rule, dispute.key) for dispute in found]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("range>=2", Rules((Rule("range", "", 2),))),
        ("range:score >= 1.5", Rules((Rule("range", "score", 1.5),))),
        ("disagree:safe, flagged", Rules((Rule("disagree", "safe"), Rule("flagged")))),
        ("straddles:score@3", Rules((Rule("straddles", "score", 3),))),
        ("straddles:gain@-0.5", Rules((Rule("straddles", "gain", -0.5),))),
        ("decide_first", Rules((Rule("on"),), decide_first=True)),
        ("true,decide_first", Rules((Rule("on"),), decide_first=True)),
        ("flagged,flagged", Rules((Rule("flagged"),))),
    ],
)
def test_a_rule_is_read_as_it_is_written(text: str, rules: Rules) -> None:
    assert parse_rules(text) == rules


@given(
    st.lists(
        st.one_of(
            st.sampled_from([Rule("on"), Rule("flagged")]),
            st.builds(Rule, st.just("disagree"), st.from_regex(r"[a-z_]{1,8}", fullmatch=True)),
            st.builds(
                Rule,
                st.sampled_from(["straddles", "range"]),
                st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
                st.integers(-20, 20).map(lambda whole: whole / 2),
            ),
        ),
        min_size=1,
        unique=True,
    ),
    st.booleans(),
)
def test_rules_that_are_written_are_read_again(rules: list[Rule], first: bool) -> None:
    kept = Rules(tuple(rules), first)
    assert parse_rules(",".join(kept.words)) == kept
    assert rules_of(kept.words) == kept


@pytest.mark.parametrize("text", ["", ",", "range", "range>2", "range>=x", "disagree", "straddles:score", "often"])
def test_what_is_no_rule_is_refused_with_the_forms(text: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        parse_rules(text)
    assert refused.value.mend


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("true", True),
        ("on", True),
        ("off", False),
        ("range:score>=2,decide_first", ["range:score>=2", "decide_first"]),
        ("decide_first", ["on", "decide_first"]),
    ],
)
def test_the_setting_is_kept_as_words(text: str, kept: object) -> None:
    assert parse_setting(text) == kept


def test_an_option_stands_in_place_of_the_setting_but_for_deciding_first() -> None:
    assert rules_of(True) == rules_of(False) == rules_of(None) == Rules()
    assert rules_of(["range>=2", "decide_first"], "flagged") == Rules((Rule("flagged"),), decide_first=True)
    assert rules_of(["flagged"], "range>=3") == Rules((Rule("range", "", 3),))


@pytest.mark.parametrize(
    ("said", "text", "found"),
    [
        ([{"score": 2}, {"score": 4}], "on", [("on", "score")]),
        ([{"score": 2}, {"score": 3}], "on", []),
        ([{"tone": 1}, {"tone": 3}], "on", []),
        ([{"tone": 1}, {"tone": 3}], "range>=2", [("range>=2", "tone")]),
        ([{"minutes": 1}, {"minutes": 30}], "range>=2", []),
        ([{"minutes": 1}, {"minutes": 30}], "range:minutes>=2", [("range:minutes>=2", "minutes")]),
        ([{"safe": True}, {"safe": False}], "on", [("on", "safe")]),
        ([{"safe": True}, {"safe": None}], "disagree:safe", [("disagree:safe", "safe")]),
        ([{"safe": True}], "disagree:safe", []),
        ([{"risk": "low"}, {"risk": "high"}], "on", [("on", "risk")]),
        ([{"score": 2}, {"score": 3}], "straddles:score@3", [("straddles:score@3", "score")]),
        ([{"score": 3}, {"score": 5}], "straddles:score@3", []),
        ([{"words": "this"}, {"words": "that"}], "on", []),
        ([{"score": 1}, {"score": 5}], "flagged", []),
    ],
)
def test_what_breaks_a_rule(store: Store, said: list[dict[str, Any]], text: str, found: list[tuple[str, str]]) -> None:
    assert broken(panel_of(store, *said), text) == found


def test_a_flag_disputes_a_task_that_two_have_rated(store: Store) -> None:
    assert broken(panel_of(store, {}, {}, flags=(1,)), "flagged") == [("flagged", "")]


def test_one_label_is_no_dispute(store: Store) -> None:
    assert broken(panel_of(store, {}, flags=(0,)), "flagged") == []


@pytest.mark.parametrize(
    ("preferences", "disputed"), [((-2, 1), True), ((-2, 0), False), ((-1, -2), False), ((-1, "both_bad"), False)]
)
def test_preferences_for_opposite_sides_are_a_dispute_however_they_were_shown(
    store: Store, preferences: tuple[Any, ...], disputed: bool
) -> None:
    pairs_queue(store, items=1, systems=("alpha", "beta"), rubric=PREFERENCE)
    with store.reading() as connection:
        first = connection.execute("SELECT public_id FROM task_output ORDER BY slot").fetchone()[0]
    for number, value in enumerate(preferences):
        sitting = sit(store, f"rater-{number}", "pairs")
        assert sitting.view is not None
        mirrored = sitting.view.outputs[0].public_id != first
        sitting.work.values["preference"] = -value if mirrored and isinstance(value, int) else value
        assert sitting.submit().moved
        assert sitting.close()
    with store.reading() as connection:
        from reviewer.store import queues

        queue = queues.find(connection, "pairs")
        assert queue is not None
        panel = read_panels(connection, queue, named=False)[0]
    assert bool(broken(panel, "on")) == disputed


def rubric() -> Rubric:
    return rubric_from_data(RUBRIC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("disagree:tine", "score, tone, safe"),
        ("range:safe>=2", "disagree:safe"),
        ("straddles:risk@2", "disagree:risk"),
        ("disagree:words", "another type"),
        ("range:words>=1", "disagree:words"),
    ],
)
def test_a_rule_about_what_is_not_there_names_what_is(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_rules(parse_rules(text), rubric(), "rating")
    assert said in str(refused.value)


def test_rules_about_comparisons_speak_of_the_preference() -> None:
    compared = rubric_from_data({"name": "which", "preference": {"scale": 5}})
    check_rules(parse_rules("range:preference>=3,straddles:preference@0"), compared, "pairwise")
    check_rules(parse_rules("disagree:ranking"), compared, "ranking")
    for text, kind in (("range:ranking>=1", "ranking"), ("disagree:preference", "ranking")):
        with pytest.raises(BadInput):
            check_rules(parse_rules(text), compared, kind)
