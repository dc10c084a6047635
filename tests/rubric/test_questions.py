"""By what two answers are comparable."""

from __future__ import annotations

import pytest

from reviewer.rubric import Rubric, rubric_from_data
from reviewer.rubric.questions import scale_of_answer


def of(most: int) -> Rubric:
    return rubric_from_data(
        {"name": "s", "criteria": [{"id": "score", "label": "Score", "type": "scale", "min": 1, "max": most}]}
    )


@pytest.mark.parametrize("key", ["score@output:1", "score@turn:2"])
def test_what_is_said_of_one_output_or_turn_is_on_the_criterions_own_scale(key: str) -> None:
    for kind in ("pairwise", "ranking"):
        assert scale_of_answer(of(5), kind, key) == of(5).scale_hash_of("score")
        assert scale_of_answer(of(5), kind, key) != scale_of_answer(of(10), kind, key)
    assert scale_of_answer(of(5), "pairwise", "other@output:1") is None


def test_a_criterion_by_which_outputs_are_compared_keeps_its_shape_whatever_its_own_scale() -> None:
    assert scale_of_answer(of(5), "pairwise", "score") == scale_of_answer(of(10), "pairwise", "score")
    assert scale_of_answer(of(5), "pairwise", "score") != scale_of_answer(of(5), "pairwise", "score@output:1")
