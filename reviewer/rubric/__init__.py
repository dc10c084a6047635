"""Rubrics: what is asked of a rater, how it is checked, and how answers are held against it.

What a sitting needs is imported here; reading files, comparing versions and the schema load when first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from reviewer.rubric.answers import (
    Key,
    Missing,
    answered,
    has_rationale,
    keys_of,
    problems,
    rationale_needed,
    split_key,
)
from reviewer.rubric.comparison import (
    BOTH_BAD,
    format_ranking,
    parse_preference,
    parse_ranking,
    preference_fault,
    ranking_fault,
)
from reviewer.rubric.model import Criterion, Example, Level, Option, Preference, RationaleRule, Rubric
from reviewer.rubric.rules import NOT_APPLICABLE, RESERVED_IDS
from reviewer.rubric.scoring import composite, rescaled
from reviewer.rubric.values import Value, format_value, in_option_order, parse_value, value_fault

if TYPE_CHECKING:
    from reviewer.rubric.changes import Carried, Change, carry, difference
    from reviewer.rubric.complaints import BadRubric, Problem, place
    from reviewer.rubric.load import (
        Checked,
        check_rubric,
        load_rubric,
        parse_rubric,
        read_text,
        rubric_from_data,
    )
    from reviewer.rubric.schema import json_schema

_LATER = {
    "changes": ("Carried", "Change", "carry", "difference"),
    "complaints": ("BadRubric", "Problem", "place"),
    "load": ("Checked", "check_rubric", "load_rubric", "parse_rubric", "read_text", "rubric_from_data"),
    "schema": ("json_schema",),
}
_HOME_OF = {name: module for module, names in _LATER.items() for name in names}

__all__ = [
    "BOTH_BAD",
    "NOT_APPLICABLE",
    "RESERVED_IDS",
    "BadRubric",
    "Carried",
    "Change",
    "Checked",
    "Criterion",
    "Example",
    "Key",
    "Level",
    "Missing",
    "Option",
    "Preference",
    "Problem",
    "RationaleRule",
    "Rubric",
    "Value",
    "answered",
    "carry",
    "check_rubric",
    "composite",
    "difference",
    "format_ranking",
    "format_value",
    "has_rationale",
    "in_option_order",
    "json_schema",
    "keys_of",
    "load_rubric",
    "parse_preference",
    "parse_ranking",
    "parse_rubric",
    "parse_value",
    "place",
    "preference_fault",
    "problems",
    "ranking_fault",
    "rationale_needed",
    "read_text",
    "rescaled",
    "rubric_from_data",
    "split_key",
    "value_fault",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"reviewer.rubric.{_HOME_OF[name]}"), name)
