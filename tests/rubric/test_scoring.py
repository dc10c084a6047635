from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.rubric import Criterion, Rubric, composite, rescaled


def criterion(**fields: Any) -> Criterion:
    return Criterion.model_validate({"id": "q", **fields})


def rubric(how: str | None, *criteria: dict[str, Any]) -> Rubric:
    return Rubric.from_document({"name": "x", "criteria": list(criteria), "composite": how})


SCALE = {"type": "scale", "min": 1, "max": 5}
OPTIONS = [{"value": "a", "score": -1}, {"value": "b", "score": 0}, {"value": "c", "score": 3}]


@pytest.mark.parametrize(
    ("fields", "value", "x"),
    [
        (SCALE, 1, 0.0),
        (SCALE, 4, 0.75),
        ({**SCALE, "direction": "lower"}, 4, 0.25),
        ({**SCALE, "direction": "none"}, 4, None),
        (SCALE, None, None),
        (SCALE, 9, None),
        (SCALE, "4", None),
        ({"type": "boolean"}, True, 1.0),
        ({"type": "boolean", "direction": "lower"}, True, 0.0),
        ({"type": "number", "min": 0, "max": 8}, 2, 0.25),
        ({"type": "number", "min": 0}, 2, None),
        ({"type": "choice", "options": OPTIONS}, "b", 0.25),
        ({"type": "choice", "options": ["a", "b"]}, "b", None),
        ({"type": "choice", "options": [{"value": "a", "score": 2}, {"value": "b", "score": 2}]}, "b", None),
        ({"type": "multi", "options": OPTIONS}, [], 0.25),
        ({"type": "multi", "options": OPTIONS}, ["a", "c"], 0.75),
        ({"type": "multi", "options": ["a"]}, ["a"], None),
        ({"type": "text"}, "good", None),
    ],
)
def test_values_from_zero_to_one(fields: dict[str, Any], value: object, x: float | None) -> None:
    assert rescaled(criterion(**fields), value) == x


def test_a_weighted_mean() -> None:
    both = rubric("weighted_mean", {"id": "a", "weight": 3, **SCALE}, {"id": "b", "type": "boolean"})
    assert composite(both, {"a": 3, "b": True}) == pytest.approx((3 * 0.5 + 1) / 4)
    assert composite(both, {"a": 3}) == 0.5
    assert composite(both, {"a": None, "b": False}) == 0.0
    assert composite(both, {}) is None
    assert composite(both, {"a": None}) is None
    assert composite(rubric(None, {"id": "b", "type": "boolean"}), {"b": True}) is None


def test_several_units_count_by_their_mean_and_for_min_by_the_worst() -> None:
    parts = ({"id": "a", "per": "turn", **SCALE}, {"id": "b", "type": "boolean"})
    values = {"a@turn:1": 5, "a@turn:2": 2, "b": True}
    assert composite(rubric("weighted_mean", *parts), values) == pytest.approx((0.625 + 1) / 2)
    assert composite(rubric("min", *parts), values) == 0.25
    assert composite(rubric("min", *parts), {}) is None


def test_points_as_healthbench_counts_them() -> None:
    points = rubric(
        "points",
        {"id": "a", "type": "boolean", "points": 7},
        {"id": "b", "type": "boolean", "points": 3},
        {"id": "c", "type": "boolean", "points": -5},
        {"id": "d", "type": "boolean"},
    )
    assert composite(points, {"a": True, "b": False, "c": False, "d": True}) == 0.7
    assert composite(points, {"a": True, "b": False, "c": True}) == pytest.approx(0.2)
    assert composite(points, {"a": False, "b": True, "c": True}) == 0.0
    assert composite(points, {"a": True, "b": None, "c": False}) == 1.0
    assert composite(points, {"c": True}) is None
    assert composite(points, {}) is None


def test_a_comparison_has_a_composite_for_each_output() -> None:
    one = rubric("weighted_mean", {"id": "a", **SCALE})
    values = {"a": -2, "a@output:1": 5, "a@output:2": 1, "preference": -2}
    assert composite(one, values, output=1) == 1.0
    assert composite(one, values, output=2) == 0.0
    assert composite(one, values, output=3) is None
    assert composite(one, values) is None


@given(
    st.sampled_from(["weighted_mean", "min", "points"]),
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "c@turn:1", "z"]),
        st.none() | st.booleans() | st.integers(0, 6) | st.floats() | st.text(max_size=2),
    ),
    st.integers(1, 1000),
)
def test_a_composite_is_between_zero_and_one_or_undefined(how: str, values: dict[str, Any], weight: int) -> None:
    mixed = rubric(
        how,
        {"id": "a", "weight": weight, **SCALE},
        {"id": "b", "type": "boolean", "points": 3, "weight": 0.1},
        {"id": "c", "type": "boolean", "points": -2},
    )
    made = composite(mixed, values)
    assert made is None or 0.0 <= made <= 1.0


@given(st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_a_better_value_never_lowers_the_composite(low: int, high: int, other: bool) -> None:
    low, high = sorted((low, high))
    for how in ("weighted_mean", "min"):
        both = rubric(how, {"id": "a", **SCALE}, {"id": "b", "type": "boolean"})
        worse, better = (composite(both, {"a": value, "b": other}) for value in (low, high))
        assert worse is not None
        assert better is not None
        assert worse <= better
