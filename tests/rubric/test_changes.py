from __future__ import annotations

from typing import Any

import pytest

from reviewer.rubric import Rubric, carry, difference, parse_rubric

VALUES: dict[str, Any] = {"groundedness": 2, "safe": True, "verdict": "no", "tone": None}
RATIONALE: dict[str, Any] = {
    "label": {"text": "all in all", "reasons": []},
    "groundedness": {"text": "wrong sum", "reasons": ["adds a fact"]},
    "remark": {"text": "see above", "reasons": []},
}


def edited(text: str, *edits: tuple[str, str]) -> Rubric:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return parse_rubric(text)


def test_nothing_changed(kyc: Rubric, kyc_text: str) -> None:
    assert difference(kyc, parse_rubric(kyc_text)) == []
    assert carry(VALUES, RATIONALE, kyc, kyc) == (VALUES, RATIONALE, [])


@pytest.mark.parametrize(
    ("edit", "criterion", "what", "comparable"),
    [
        (("weight: 2", "weight: 3"), "groundedness", "weight: 2 → 3", True),
        (("max: 5", "max: 6"), "groundedness", "max: 5 → 6", False),
        (
            ("required_below: 3", "required_below: 4"),
            "groundedness",
            "rationale: required_below 3 → required_below 4",
            True,
        ),
        (("Contradicts the source", "Wrong"), "groundedness", "level 1: Contradicts the source → Wrong", False),
        (
            ("- {output: No fee is due., why: A fee of 30 is due.}", ""),
            "groundedness",
            "level 1: 2 → 1 annotated examples",
            True,
        ),
        (("A fee of 30 is due", "A fee is due"), "groundedness", "level 1: annotated examples reworded", True),
        (
            ("adds a fact", "adds"),
            "groundedness",
            "reasons: drops a negation, adds a fact → drops a negation, adds",
            True,
        ),
        (("allow_na: true", "allow_na: false"), "tone", "allow_na: true → false", True),
        (("direction: lower", "direction: higher"), "tone", "direction: lower → higher", False),
        (("label: Reject", "label: Refuse"), "verdict", "option 'no' text: Reject → Refuse", False),
        (
            ("[omission, addition, figure]", "[addition, omission, figure]"),
            "faults",
            "options stand in another order",
            False,
        ),
        (("[omission, addition, figure]", "[omission, addition]"), "faults", "option 'figure' is gone", False),
        (
            ("[omission, addition, figure]", "[omission, addition, figure, tone]"),
            "faults",
            "option 'tone' is new",
            False,
        ),
        (("name: kyc-summary", "name: kyc"), "", "name: kyc-summary → kyc", True),
        (
            ("scale: 5", "scale: 3"),
            "preference",
            "preference: scale 5, allow_tie true, allow_both_bad true → scale 3, allow_tie true, allow_both_bad true",
            False,
        ),
        (("composite: weighted_mean", "composite: min"), "composite", "composite: weighted_mean → min", False),
        (("composite: weighted_mean", ""), "composite", "composite: weighted_mean → none", False),
    ],
)
def test_a_change_is_told_and_judged(
    kyc: Rubric, kyc_text: str, edit: tuple[str, str], criterion: str, what: str, comparable: bool
) -> None:
    changes = difference(kyc, edited(kyc_text, edit))
    assert ("changed", criterion, what, comparable) in changes
    assert {change.criterion for change in changes} <= {criterion, "composite"}


def test_a_change_is_comparable_exactly_when_the_scale_hash_stays(kyc: Rubric, kyc_text: str) -> None:
    after = edited(kyc_text, ("weight: 2", "weight: 3"), ("max: 60", "max: 90"), ("Must not", "Never"))
    broken = {change.criterion for change in difference(kyc, after) if not change.comparable}
    moved = {one.id for one in kyc.criteria if one.scale_hash != after.scale_hash_of(one.id)}
    assert broken == moved | {"composite"} == {"minutes", "safe", "composite"}


def test_criteria_come_go_and_change_places() -> None:
    old = parse_rubric("name: x\ncriteria:\n- {id: a, type: text}\n- {id: b, type: text}\n- {id: c, type: text}\n")
    new = parse_rubric("name: x\ncriteria:\n- {id: c, type: text}\n- {id: b, type: text}\n- {id: d, type: boolean}\n")
    assert [tuple(change) for change in difference(old, new)] == [
        ("removed", "a", "criterion 'a' is gone", False),
        ("added", "d", "criterion 'd' is new (boolean)", True),
        ("moved", "", "order of criteria: b, c → c, b", True),
    ]


def test_a_draft_moves_along_where_the_scale_stays(kyc: Rubric, kyc_text: str) -> None:
    gentle = edited(kyc_text, ("weight: 2", "weight: 3"), ("adds a fact", "adds"), ("name: kyc-summary", "name: b"))
    assert carry(VALUES, RATIONALE, kyc, gentle) == (VALUES, RATIONALE, [])
    harsh = edited(kyc_text, ("max: 5", "max: 6"), ("- {id: remark, type: text, required: false}", ""))
    values, rationale, dropped = carry(VALUES, RATIONALE, kyc, harsh)
    assert values == {"safe": True, "verdict": "no", "tone": None}
    assert rationale == {"label": RATIONALE["label"]}
    assert dropped == ["groundedness", "remark"]


def test_units_and_overall_answers_move_by_their_own_scale(kyc: Rubric, kyc_text: str) -> None:
    values = {"groundedness@output:2": 3, "safe@output:1": True, "preference": 1, "ranking": [[1], [2]], "gone": 1}
    after = edited(kyc_text, ("max: 5", "max: 6"), ("scale: 5", "scale: 3"))
    kept, _, dropped = carry(values, {}, kyc, after)
    assert kept == {"safe@output:1": True, "ranking": [[1], [2]]}
    assert dropped == ["groundedness@output:2", "preference", "gone"]
