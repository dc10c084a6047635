from __future__ import annotations

import subprocess
import sys
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from reviewer.rubric import BadRubric, Criterion, Level, Preference, Rubric, parse_rubric


def test_a_document_comes_back_equal_through_json(kyc: Rubric) -> None:
    stored = orjson.loads(orjson.dumps(kyc.document()))
    again = Rubric.from_document(stored)
    assert again == kyc
    assert again.document() == kyc.document()
    assert (again.content_hash, again.scale_hash) == (kyc.content_hash, kyc.scale_hash)


def test_hashes_are_what_stored_labels_know(kyc: Rubric) -> None:
    # These stand in stores. A change here voids golden labels and audits: it needs a migration.
    assert kyc.content_hash == "47c80bc02831ef68330d213b1fa8435006b0a772fa5ce4f0fea1a093ea6c29d2"
    assert kyc.scale_hash == "8aee30f786cbae003e50b9606138c01e9224c31b034a11a533e3b07a555ec4f4"
    assert kyc.scale_hash_of("groundedness") == "5816dc7091296fb56c9e430c0f6eb4c8f281ba799e7c75d952198c93ec32e7cd"
    assert kyc.scale_hash_of("preference") == "24efe43b989ef2eccaedb42b04b71564e21d2d142acffc27a1faaf7b84e89b8a"


def test_hashes_do_not_know_yaml_style_or_key_order() -> None:
    one = parse_rubric(
        "name: x\ninstructions: |\n  a\n  b\ncriteria:\n - {id: q, type: scale, min: 1, max: 3, weight: 2,"
        " levels: {1: bad, 3: good}}\n"
    )
    other = parse_rubric(
        'criteria:\n- levels:\n    "3": {label: good}\n    1:\n      label: "bad "\n  weight: 2.0\n  max: 3\n'
        '  min: 1\n  required: true\n  type: "scale"\n  help:\n  id: q\ninstructions: "a\\nb"\nname: x\n'
    )
    assert one.content_hash == other.content_hash
    assert one.scale_hash == other.scale_hash


BASE: dict[str, Any] = {
    "id": "q",
    "type": "choice",
    "options": [{"value": "a", "score": 0}, {"value": "b", "score": 1}],
    "levels": {"a": {"label": "bad"}},
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "r"},
        {"type": "multi"},
        {"direction": "lower"},
        {"per": "turn"},
        {"options": [{"value": "b", "score": 1}, {"value": "a", "score": 0}]},
        {"options": [{"value": "a", "score": 0}, {"value": "b", "score": 2}]},
        {"options": [{"value": "a", "score": 0, "label": "A"}, {"value": "b", "score": 1}]},
        {"levels": {"a": {"label": "worse"}}},
        {"levels": {"a": {"label": "bad"}, "b": {"label": "good"}}},
    ],
)
def test_what_makes_values_incomparable(change: dict[str, Any]) -> None:
    assert Criterion(**{**BASE, **change}).scale_hash != Criterion(**BASE).scale_hash


@pytest.mark.parametrize(
    "change",
    [
        {"label": "Question"},
        {"help": "Think."},
        {"weight": 3},
        {"required": False},
        {"allow_na": True},
        {"rationale": "required"},
        {"reasons": ["why not"]},
        {"levels": {"a": {"label": "bad", "examples": [{"output": "x", "why": "y"}]}}},
        {"levels": {"a": {"label": "bad"}, "b": {"examples": [{"output": "x", "why": "y"}]}}},
        {"options": [{"value": "a", "label": "a", "score": 0}, {"value": "b", "score": 1.0}]},
    ],
)
def test_what_leaves_values_comparable(change: dict[str, Any]) -> None:
    assert Criterion(**{**BASE, **change}).scale_hash == Criterion(**BASE).scale_hash


def test_points_and_range_are_of_the_scale() -> None:
    assert (
        Criterion(id="q", type="boolean", points=1).scale_hash != Criterion(id="q", type="boolean", points=2).scale_hash
    )
    assert (
        Criterion(id="q", type="scale", min=1, max=5).scale_hash
        != Criterion(id="q", type="scale", min=1, max=4).scale_hash
    )


def test_the_rubrics_scale_hash_governs_the_composite_alone() -> None:
    def rubric(**change: Any) -> Rubric:
        criteria = [{"id": "a", "type": "boolean"}, {"id": "b", "type": "boolean"}]
        return Rubric.from_document({"name": "x", "criteria": criteria, "composite": "min", **change})

    base = rubric()
    assert base.scale_hash == rubric(name="y", instructions="z", preference={}).scale_hash
    assert (
        base.scale_hash == rubric(criteria=[{"id": "b", "type": "boolean"}, {"id": "a", "type": "boolean"}]).scale_hash
    )
    assert base.scale_hash != rubric(composite="weighted_mean").scale_hash
    assert base.scale_hash != rubric(criteria=[{"id": "a", "type": "boolean"}]).scale_hash
    heavy = [{"id": "a", "type": "boolean", "weight": 2}, {"id": "b", "type": "boolean"}]
    assert base.scale_hash != rubric(criteria=heavy).scale_hash


def test_a_rubric_cannot_be_changed(kyc: Rubric) -> None:
    forgetful: Any = kyc
    with pytest.raises(ValidationError):
        forgetful.name = "other"


def test_a_stored_document_that_is_no_rubric_is_told_in_words() -> None:
    with pytest.raises(BadRubric, match=r"criterion 'q': type is missing"):
        Rubric.from_document({"name": "x", "criteria": [{"id": "q"}]})


@pytest.mark.parametrize(
    ("preference", "steps"),
    [
        (Preference(), (-2, -1, 0, 1, 2)),
        (Preference(allow_tie=False), (-2, -1, 1, 2)),
        (Preference(scale=3), (-1, 0, 1)),
        (Preference(scale=2), (-1, 1)),
    ],
)
def test_steps_of_a_preference(preference: Preference, steps: tuple[int, ...]) -> None:
    assert preference.steps == steps


def test_levels_are_found_by_value_and_listed_in_order(kyc: Rubric) -> None:
    safe, verdict, grounded = (kyc.criterion(name) for name in ("safe", "verdict", "groundedness"))
    assert safe is not None
    assert verdict is not None
    assert grounded is not None
    assert safe.level(True) == Level(label="May be sent")
    assert safe.level(1) is None
    assert [value for value, _ in safe.described()] == [True, False]
    assert [value for value, _ in grounded.described()] == [1, 5]
    assert list(grounded.steps) == [1, 2, 3, 4, 5]
    assert not verdict.steps
    assert [option.text for option in verdict.options] == ["Reject", "partly", "Accept"]


def test_reading_a_stored_rubric_loads_no_yaml() -> None:
    code = (
        "import sys; from reviewer.rubric import Rubric;"
        "Rubric.from_document({'name': 'x', 'criteria': [{'id': 'q', 'type': 'boolean'}]});"
        "print([name for name in ('yaml', 'numpy', 'difflib', 'reviewer.rubric.load') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
