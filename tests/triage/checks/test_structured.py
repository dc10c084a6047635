"""JSON that follows a schema, and everything else that comes instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reviewer.errors import BadInput
from reviewer.triage.checks import CheckSet, Finding, Subject, load_checks, made_of

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "risk": {"enum": ["low", "high"]},
        "owners": {"type": "array", "items": {"$ref": "#/$defs/owner"}, "uniqueItems": True},
    },
    "required": ["name", "risk"],
    "additionalProperties": False,
    "$defs": {"owner": {"type": "object", "properties": {"share": {"type": "number", "maximum": 1}}}},
}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text("ab1"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab1", max_size=2), inner, max_size=4),
    max_leaves=12,
)


def of(schema: dict[str, Any]) -> CheckSet:
    return made_of({"name": "x", "check": [{"type": "json_schema", "id": "form", "schema": schema}]})


def said(output: str, schema: dict[str, Any] = PERSON) -> Finding:
    return of(schema).examine(Subject(output))["form"]


@pytest.mark.parametrize(
    "output",
    [
        '{"name": "Ana", "risk": "low"}',
        ' {"name": "Ana", "risk": "low", "owners": [{"share": 0.5}, {"share": 0.25}]} \n',
        'Here it is:\n```json\n{"name": "Ana", "risk": "low"}\n```\nAnything else?',
        '```\n{"name": "Ana", "risk": "low"}\n```',
        '{"name": "uses ```\\n``` itself", "risk": "low"}',
    ],
)
def test_what_follows_the_schema_holds(output: str) -> None:
    assert said(output) == Finding(True)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ('{"risk": "low"}', "At $: 'name' is missing."),
        ('{"name": "Ana", "risk": "none"}', 'At $.risk: breaks enum ["low", "high"].'),
        ('{"name": "Ana", "risk": "low", "x\\u001b": 1}', "At $['x\\x1b']: breaks additionalProperties false."),
        ('{"name": "Ana", "risk": "low", "owners": [{}, {"share": 2}]}', "At $.owners[1].share: breaks maximum 1."),
        ('{"name": "Ana", "risk": "low", "owners": [{"a": 1}, {"a": 1.0}]}', "At $.owners: breaks uniqueItems true."),
        ('{"name": "Ana", "name": "Eve", "risk": "low"}', "The key 'name' comes twice."),
        ('{"name": NaN, "risk": "low"}', "NaN is no JSON."),
        ("[-Infinity]", "-Infinity is no JSON."),
        ("[1e999]", "It holds a number that is too large."),
        (f"[{'9' * 5000}]", "It holds a number that is too long."),
        ("[" * 100_000, "It is nested more than 100 levels deep."),
        ('{"a":' * 200 + "1" + "}" * 200, "It is nested more than 100 levels deep."),
        ("Ana is low.", "It is no JSON: line 1, column 1."),
        ('{"name":', "It is no JSON: line 1, column 9."),
        ("", "The output is empty."),
        ("```json\n1\n```\n```json\n2\n```", "The output has several fenced blocks."),
        ("[1] [2]", "It is no JSON: line 1, column 5."),
    ],
)
def test_the_first_fault_is_told_with_its_path(output: str, why: str) -> None:
    found = said(output)
    assert found.value is False
    assert found.why == why
    assert all(0 <= span.start < span.end <= len(output) for span in found.evidence)


def test_what_cannot_be_told_is_an_abstention() -> None:
    assert said('"' + "a" * (1 << 20) + '"').value is None
    slow = {"type": "string", "pattern": "(a|aa)+$"}
    assert said(json.dumps("a" * 60 + "b"), slow).value is None
    keys = {"patternProperties": {"(a|aa)+$": {}}, "additionalProperties": False}
    assert said(json.dumps({"a" * 60 + "b": 1}), keys).value is None
    assert said("1", {"$ref": "#"}).value is None


def test_large_lists_are_compared_in_time() -> None:
    rows = [{"a": number} for number in range(50_000)]
    assert said(json.dumps(rows), {"uniqueItems": True}).value is True
    assert said(json.dumps([*rows, {"a": 7}]), {"uniqueItems": True}).value is False
    assert said("[1, true, 0, false, null, []]", {"uniqueItems": True}).value is True


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * 400_000, "```json\n" * 100_000, "{" * 100, "\\" * 900_000, "`" * 900_000]
)
def test_long_texts_are_read_in_time(text: str) -> None:
    assert said(text).value is False


@given(ANY_JSON, ANY_JSON)
def test_our_own_rules_say_what_the_library_says(one: Any, other: Any) -> None:
    schema = {
        "patternProperties": {"a": {"type": "array"}},
        "properties": {"b": {}},
        "additionalProperties": {"pattern": "^a", "maxItems": 1},
    }
    for value in (one, [one, other], {"ab": one, "1": other}):
        wanted = Draft202012Validator(schema).is_valid(value)
        assert said(json.dumps(value), schema).value is wanted


@given(st.lists(ANY_JSON | st.booleans() | st.integers(0, 1) | st.lists(st.booleans() | st.integers(0, 1)), max_size=6))
@example([[False, False], [False, 0], [False, False]])
def test_items_are_unique_where_none_is_the_constant_that_another_is(items: list[Any]) -> None:
    # The library's own uniqueItems compares neighbours of a sorted list, and misses the example's first and third.
    alike = any(
        Draft202012Validator({"const": one}).is_valid(other)
        for place, one in enumerate(items)
        for other in items[place + 1 :]
    )
    assert said(json.dumps(items), {"uniqueItems": True}).value is not alike


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_text_is_taken(text: str) -> None:
    check = of({"type": "string"})
    assert check.examine(Subject(text))["form"].value in (True, False)
    assert check.examine(Subject(json.dumps(text)))["form"].value is True
    assert check.examine(Subject('{"' + text))["form"].value is False


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "shoe"}, "no JSON Schema"),
        ({"$ref": "https://example.org/schema.json"}, "points to another schema"),
        ({"properties": {"a": {"$ref": "other.json#/a"}}}, "points to another schema"),
        ({"$ref": "#/$defs/nope"}, "points to nothing"),
        ({"pattern": "("}, "no JSON Schema"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": {}}}, "not known here"),
    ],
)
def test_what_is_no_schema_is_refused(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        of(schema)
    assert words in caught.value.what
    assert caught.value.mend


def test_a_schema_of_a_file_becomes_a_part_of_the_set(tmp_path: Path) -> None:
    checks = tmp_path / "checks.toml"
    checks.write_text('name = "x"\n[[check]]\ntype = "json_schema"\nschema_file = "forms/person.json"\n')
    with pytest.raises(BadInput, match="there is no file"):
        load_checks(checks)
    (tmp_path / "forms").mkdir()
    form = tmp_path / "forms" / "person.json"
    form.write_text(json.dumps(PERSON), encoding="utf-8")
    made = load_checks(checks)
    assert made.document["check"] == [{"type": "json_schema", "schema": PERSON}]
    # Other processes make it again of the document alone.
    again = made_of(made.document)
    assert again.version == made.version
    assert again.examine(Subject('{"name": "Ana", "risk": "low"}'))["json_schema"].value is True
    form.write_text(json.dumps({**PERSON, "required": []}), encoding="utf-8")
    assert load_checks(checks).version != made.version
    for broken in ("{", "[]", "\x00"):
        form.write_text(broken, encoding="utf-8")
        with pytest.raises(BadInput, match="JSON"):
            load_checks(checks)
    form.write_bytes(b"\xff")
    with pytest.raises(BadInput, match="UTF-8"):
        load_checks(checks)


def test_a_schema_in_the_file_itself(tmp_path: Path) -> None:
    checks = tmp_path / "checks.toml"
    checks.write_text(
        'name = "x"\n[[check]]\ntype = "json_schema"\n[check.schema]\ntype = "object"\nrequired = ["a"]\n'
    )
    assert load_checks(checks).examine(Subject("{}"))["json_schema"].why == "At $: 'a' is missing."
    for wrong in (
        'schema = "x"',
        "schema = {const = 2024-01-01}",
        'schema = {}\nschema_file = "a.json"',
        "schema_file = 3",
        "",
    ):
        checks.write_text(f'name = "x"\n[[check]]\ntype = "json_schema"\n{wrong}\n')
        with pytest.raises(BadInput) as caught:
            load_checks(checks)
        assert caught.value.mend
