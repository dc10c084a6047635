from __future__ import annotations

import re
from typing import Any

import pytest

from reviewer.rubric import json_schema, parse_rubric
from reviewer.rubric.tree import read_tree

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}


def is_type(name: str, value: object) -> bool:
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def holds(schema: Any, value: Any, root: dict[str, Any]) -> bool:
    """The part of JSON Schema that ours uses; a keyword that it does not know fails the test."""
    if isinstance(schema, bool):
        return schema
    return all(keyword(name, rule, schema, value, root) for name, rule in schema.items())


def keyword(name: str, rule: Any, schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    match name:
        case "$schema" | "$defs" | "title" | "description" | "default" | "then" | "else":
            return True
        case "$ref":
            return holds(root["$defs"][rule.removeprefix("#/$defs/")], value, root)
        case "type":
            return any(is_type(one, value) for one in ([rule] if isinstance(rule, str) else rule))
        case "enum":
            return value in rule
        case "anyOf":
            return any(holds(one, value, root) for one in rule)
        case "allOf":
            return all(holds(one, value, root) for one in rule)
        case "not":
            return not holds(rule, value, root)
        case "if":
            branch = "then" if holds(rule, value, root) else "else"
            return holds(schema.get(branch, True), value, root)
        case "required":
            return not isinstance(value, dict) or set(rule) <= set(value)
        case "properties":
            given = value.items() if isinstance(value, dict) else ()
            return all(holds(rule[key], inner, root) for key, inner in given if key in rule)
        case "additionalProperties":
            given = value.items() if isinstance(value, dict) else ()
            known = schema.get("properties", {})
            return all(holds(rule, inner, root) for key, inner in given if key not in known)
        case "items":
            return not isinstance(value, list) or all(holds(rule, one, root) for one in value)
        case "minItems":
            return not isinstance(value, list) or len(value) >= rule
        case "minLength":
            return not isinstance(value, str) or len(value) >= rule
        case "minProperties":
            return not isinstance(value, dict) or len(value) >= rule
        case "pattern":
            return not isinstance(value, str) or re.search(rule, value) is not None
        case "exclusiveMinimum":
            return not is_type("number", value) or value > rule
    raise AssertionError(f"the test knows no keyword {name}")


def valid(text: str) -> bool:
    schema = json_schema()
    return holds(schema, read_tree(text).data, schema)


def test_what_loads_is_valid(kyc_text: str) -> None:
    parse_rubric(kyc_text)
    assert valid(kyc_text)
    short = (
        "name: x\npreference: {scale: 2}\ncriteria:\n- {id: q, type: choice, options: [1, b], levels: {1: , b: good}}\n"
    )
    parse_rubric(short)
    assert valid(short)


@pytest.mark.parametrize(
    "text",
    [
        "name: x",
        "name: x\ncriteria: []",
        "preference: {}",
        "name: x\npreference: {scale: 4}",
        "name: x\npreference: {}\ncomposite: median",
        "name: x\ncriteria: [{id: q}]",
        "name: x\ncriteria: [{id: q, type: skale}]",
        "name: x\ncriteria: [{id: preference, type: text}]",
        "name: x\ncriteria: [{id: a b, type: text}]",
        "name: x\ncriteria: [{id: q, type: text, wieght: 1}]",
        "name: x\ncriteria: [{id: q, type: text, weight: 0}]",
        "name: x\ncriteria: [{id: q, type: text, points: 1}]",
        "name: x\ncriteria: [{id: q, type: text, levels: {a: b}}]",
        "name: x\ncriteria: [{id: q, type: boolean, min: 1}]",
        "name: x\ncriteria: [{id: q, type: boolean, options: [a, b]}]",
        "name: x\ncriteria: [{id: q, type: scale, min: 1}]",
        "name: x\ncriteria: [{id: q, type: choice}]",
        "name: x\ncriteria: [{id: q, type: boolean, rationale: maybe}]",
        "name: x\ncriteria: [{id: q, type: boolean, rationale: {required_under: 1}}]",
        "name: x\ncriteria: [{id: q, type: boolean, levels: {true: {examples: [{output: a}]}}}]",
    ],
)
def test_what_the_loader_refuses_for_its_shape_is_invalid(text: str) -> None:
    assert not valid(text)


def test_the_schema_names_its_dialect_and_every_reference_exists() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    references = set(re.findall(r"#/\$defs/(\w+)", repr(schema)))
    assert references
    assert references <= set(schema["$defs"])
