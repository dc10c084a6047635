"""Rubrics out of the store: documents that were checked when they came in, made into models without a second check.

A start waits for this, and checking would have pydantic build its validators first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from reviewer.rubric.model import Criterion, Example, Level, Option, Preference, RationaleRule, Rubric


def stored_rubric(document: Mapping[str, Any]) -> Rubric:
    """The rubric of a document that `Rubric.document` made; equal to what `Rubric.from_document` makes of it."""
    parts = dict(document)
    parts["criteria"] = tuple(_criterion(criterion) for criterion in document.get("criteria", ()))
    if "preference" in document:
        parts["preference"] = Preference.model_construct(**document["preference"])
    return Rubric.model_construct(**parts)


def _criterion(document: Mapping[str, Any]) -> Criterion:
    parts = dict(document)
    if "rationale" in parts:
        parts["rationale"] = _rule(parts["rationale"])
    parts["reasons"] = tuple(parts.get("reasons", ()))
    parts["options"] = tuple(Option.model_construct(**option) for option in parts.get("options", ()))
    parts["levels"] = {value: _level(level) for value, level in parts.get("levels", {}).items()}
    return Criterion.model_construct(**parts)


def _level(document: Mapping[str, Any]) -> Level:
    examples = tuple(Example.model_construct(**example) for example in document.get("examples", ()))
    return Level.model_construct(**{**document, "examples": examples})


def _rule(document: Any) -> RationaleRule:
    if isinstance(document, str):
        return RationaleRule.model_construct(None, rule=cast("Any", document))
    return RationaleRule.model_construct(**{**document, "required_on": tuple(document.get("required_on", ()))})
