"""The rubric format as JSON Schema 2020-12, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

from reviewer.rubric.rules import RESERVED_IDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a rubric file, made from the models that read it, with the short forms that they also take."""
    from reviewer.rubric.model import Rubric

    schema = _untitled(Rubric.model_json_schema(mode="validation"))
    parts = schema["$defs"]
    word = {"type": ["string", "integer"]}
    parts["Level"] = {"anyOf": [word, {"type": "null"}, parts["Level"]]}
    parts["Option"] = {"anyOf": [word, parts["Option"]]}
    parts["RationaleRule"] = _rationale(parts["RationaleRule"])
    _narrow(parts["Criterion"])
    schema["anyOf"] = [
        {"required": ["criteria"], "properties": {"criteria": {"minItems": 1}}},
        {"required": ["preference"]},
    ]
    return {"$schema": DIALECT, "title": "Reviewer rubric", **schema}


def _rationale(rule: dict[str, Any]) -> dict[str, Any]:
    words = rule["properties"].pop("rule")["enum"]
    return {"anyOf": [{"enum": words}, {**rule, "minProperties": 1}]}


def _narrow(criterion: dict[str, Any]) -> None:
    properties = criterion["properties"]
    properties["id"] |= {
        "type": ["string", "integer"],
        "pattern": r"^[^@:|\s]+$",
        "not": {"enum": sorted(RESERVED_IDS)},
    }
    criterion["allOf"] = [
        _when(["scale"], required=["min", "max"]),
        _when(["choice", "multi"], required=["options"]),
        _when(["scale", "boolean", "choice", "multi"], otherwise=["levels"]),
        _when(["scale", "number"], otherwise=["min", "max"]),
        _when(["choice", "multi"], otherwise=["options"]),
        _when(["boolean"], otherwise=["points"]),
    ]


def _when(
    types: list[str],
    required: list[str] | None = None,
    otherwise: list[str] | None = None,
) -> dict[str, Any]:
    rule: dict[str, Any] = {"if": {"properties": {"type": {"enum": types}}}}
    if required:
        rule["then"] = {"required": required}
    if otherwise:
        rule["else"] = {"properties": dict.fromkeys(otherwise, False)}
    return rule


def _untitled(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _untitled(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(part, list):
        return [_untitled(one) for one in part]
    return part
