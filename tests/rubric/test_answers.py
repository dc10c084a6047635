from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.rubric import (
    Criterion,
    Key,
    Rubric,
    keys_of,
    parse_rubric,
    problems,
    rationale_needed,
    split_key,
)

COMPLETE: dict[str, Any] = {"groundedness": 4, "safe": True, "verdict": "no"}


def criterion(**fields: Any) -> Criterion:
    return Criterion.model_validate({"id": "q", "type": "boolean", **fields})


def found(rubric: Rubric, values: dict[str, Any], **kwargs: Any) -> list[tuple[str, str]]:
    return [(one.key, one.kind) for one in problems(rubric, values, kwargs.pop("rationale", {}), **kwargs)]


def test_keys_follow_what_is_judged() -> None:
    assert keys_of(criterion()) == ["q"]
    assert keys_of(criterion(), 2) == ["q@output:1", "q@output:2"]
    assert keys_of(criterion(per="turn"), turns=2) == ["q@turn:1", "q@turn:2"]
    assert keys_of(criterion(per="context"), contexts=3) == ["q@context:1", "q@context:2", "q@context:3"]
    assert keys_of(criterion(per="context"), 2, contexts=1) == ["q@context:1"]
    assert keys_of(criterion(per="step"), steps=1) == ["q@step:1"]
    assert keys_of(criterion(per="step")) == []


@pytest.mark.parametrize("key", ["", "q@", "q@turn", "q@turn:0", "q@turn:01", "q@page:1", "@turn:1", "q@turn:1@step:2"])
def test_what_is_no_key(key: str) -> None:
    assert split_key(key) is None


@given(
    st.sampled_from(["output", "turn", "context", "step"]),
    st.integers(1, 999_999),
    st.text(st.characters(exclude_characters="@"), min_size=1),
)
def test_keys_come_apart_and_together(unit: str, number: int, name: str) -> None:
    key = Key(name, unit, number)
    assert split_key(str(key)) == key
    assert split_key(name) == Key(name)


def test_a_complete_label_has_no_problem(kyc: Rubric) -> None:
    assert problems(kyc, COMPLETE, {}) == []


def test_what_is_missing_comes_in_the_rubrics_order(kyc: Rubric) -> None:
    assert found(kyc, {}) == [("groundedness", "missing"), ("safe", "missing"), ("verdict", "missing")]
    assert problems(kyc, {}, {})[0].message == "Grounded in the source: is not answered yet."


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"groundedness": 6}, "wrong"),
        ({"groundedness": "4"}, "wrong"),
        ({"safe": 1}, "wrong"),
        ({"verdict": "Reject"}, "wrong"),
        ({"faults": ["figure", "omission"]}, "wrong"),
        ({"minutes": float("nan")}, "wrong"),
        ({"remark": 3}, "wrong"),
        ({"groundedness": None}, "not_applicable"),
        ({"nothing": 1}, "unknown"),
        ({"groundedness@turn:1": 3}, "unknown"),
        ({"preference": 1}, "unknown"),
    ],
)
def test_what_is_wrong_is_named(kyc: Rubric, change: dict[str, Any], kind: str) -> None:
    ((key, only),) = change.items()
    assert found(kyc, COMPLETE | {key: only}) == [(key, kind)]


def test_not_applicable_and_empty_answers(kyc: Rubric) -> None:
    assert found(kyc, COMPLETE | {"tone": None, "faults": [], "remark": " "}) == []
    rubric = parse_rubric(
        "name: x\ncriteria:\n- {id: m, type: multi, options: [a]}\n- {id: t, type: text}\n"
        "- {id: n, type: text, allow_na: true}\n"
    )
    assert found(rubric, {"m": [], "t": " \n", "n": None}) == [("m", "missing"), ("t", "missing")]


def test_a_rationale_is_wanted_by_rule(kyc: Rubric) -> None:
    low = COMPLETE | {"groundedness": 2, "safe": False}
    assert found(kyc, low) == [("groundedness", "rationale"), ("safe", "rationale")]
    words = {"groundedness": {"text": "wrong sum", "reasons": []}, "safe": {"text": "", "reasons": ["leaks"]}}
    assert found(kyc, low, rationale=words) == []
    blank = {"groundedness": {"text": " ", "reasons": []}, "safe": None, "label": {"text": "all"}}
    assert len(found(kyc, low, rationale=blank)) == 2


@pytest.mark.parametrize(
    ("fields", "value", "needed"),
    [
        ({"rationale": "required"}, True, True),
        ({"rationale": "required"}, None, True),
        ({"rationale": "optional"}, True, False),
        ({"rationale": "never"}, True, False),
        ({"rationale": {"required_on": [False]}}, False, True),
        ({"rationale": {"required_on": [False]}}, 0, False),
        ({"rationale": {"required_on": [False]}}, None, False),
        ({"rationale": {"required_on": [None]}, "allow_na": True}, None, True),
        ({"type": "scale", "min": 1, "max": 5, "rationale": {"required_below": 3}}, 2, True),
        ({"type": "scale", "min": 1, "max": 5, "rationale": {"required_below": 3}}, 3, False),
        ({"type": "scale", "min": 1, "max": 5, "rationale": {"required_above": 3}}, 4, True),
        ({"type": "scale", "min": 1, "max": 5, "rationale": {"required_above": 3}}, 3, False),
        ({"type": "scale", "min": 0, "max": 5, "allow_na": True, "rationale": {"required_below": 3}}, None, False),
        ({"type": "scale", "min": 0, "max": 5, "rationale": {"required_on": [0, 5]}}, 0, True),
        ({"type": "number", "rationale": {"required_on": [3]}}, 3.0, True),
        ({"type": "multi", "options": ["a", "b"], "rationale": {"required_on": ["b"]}}, ["a", "b"], True),
        ({"type": "multi", "options": ["a", "b"], "rationale": {"required_on": ["b"]}}, ["a"], False),
        ({"type": "choice", "options": ["a", "b"], "rationale": {"required_on": ["b"]}}, "b", True),
    ],
)
def test_when_a_rationale_is_needed(fields: dict[str, Any], value: object, needed: bool) -> None:
    assert rationale_needed(criterion(**fields), value) is needed


def test_units_are_asked_one_by_one() -> None:
    rubric = parse_rubric(
        "name: x\ncriteria:\n- {id: t, type: boolean, per: turn}\n- {id: c, type: boolean, per: context}\n"
    )
    assert found(rubric, {"t@turn:1": True}, turns=2) == [("t@turn:2", "missing")]
    assert found(rubric, {"t@turn:1": True}, contexts=1) == [("c@context:1", "missing")]
    assert problems(rubric, {}, {})[0].message == "t (turn 1): is not answered yet."


def test_a_comparison_wants_its_overall_answer_alone(kyc: Rubric) -> None:
    assert found(kyc, {}, outputs=2) == [("preference", "missing")]
    assert found(kyc, {"preference": -2}, outputs=2) == []
    assert found(kyc, {"preference": "both_bad"}, outputs=2) == []
    assert found(kyc, {"preference": 3}, outputs=2) == [("preference", "wrong")]
    beside = {"preference": 1, "groundedness": -1, "tone@output:2": 2, "verdict@output:1": "maybe"}
    assert found(kyc, beside, outputs=2) == [("verdict@output:1", "wrong")]
    assert found(kyc, {"preference": 1, "groundedness": 5}, outputs=2) == [("groundedness", "wrong")]
    assert found(kyc, {}, outputs=3) == [("ranking", "missing")]
    assert found(kyc, {"ranking": [[2], [1, 3]], "safe": [[1, 2, 3]]}, outputs=3) == []
    assert found(kyc, {"ranking": [[2], [1]]}, outputs=3) == [("ranking", "wrong")]


@given(
    st.dictionaries(
        st.sampled_from(
            ["groundedness", "safe", "verdict", "faults", "minutes", "remark", "preference", "ranking", ""]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
            max_leaves=4,
        ),
    ),
    st.integers(1, 3),
)
def test_any_values_are_judged_and_named_by_their_keys(kyc: Rubric, values: dict[str, Any], outputs: int) -> None:
    asked = {key for one in kyc.criteria for key in keys_of(one, outputs)} | {"preference", "ranking"}
    assert {one.key for one in problems(kyc, values, {}, outputs)} <= asked | set(values)
