"""What the types cannot say: the rules that a criterion, a preference and a rubric keep as a whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reviewer.rubric.model import Criterion, Preference, Rubric

# `label` is the key of the label's own rationale, beside the criteria's.
RESERVED_IDS = frozenset({"preference", "ranking", "composite", "label"})
NOT_APPLICABLE = "n/a"

_RESERVED_CHARACTERS = re.compile(r"[@:|\s\x00-\x1f\x7f-\x9f]")
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")


class Complaint(NamedTuple):
    """A broken rule: the path to what is at fault, and a sentence about the field at its end."""

    path: tuple[str | int, ...]
    message: str


def criterion_rules(criterion: Criterion) -> Iterator[Complaint]:
    """Every rule that the criterion breaks."""
    yield from _identity(criterion)
    yield from _range(criterion)
    yield from _options(criterion)
    yield from _levels(criterion)
    yield from _points(criterion)
    yield from _rationale(criterion)
    for reason, times in Counter(criterion.reasons).items():
        if times > 1:
            position = len(criterion.reasons) - 1 - criterion.reasons[::-1].index(reason)
            yield Complaint(("reasons", position), f"stands twice: {reason!r}; remove one")
    for position, reason in enumerate(criterion.reasons):
        if not reason:
            yield Complaint(("reasons", position), "is empty; write it or remove it")


def preference_rules(preference: Preference) -> Iterator[Complaint]:
    """Every rule that the preference breaks."""
    if preference.scale == 2 and preference.allow_tie and "allow_tie" in preference.model_fields_set:
        yield Complaint(("allow_tie",), "has no place on a scale of 2; use scale 3, or allow_tie: false")


def rubric_rules(rubric: Rubric) -> Iterator[Complaint]:
    """Every rule that the rubric breaks beyond those of its criteria."""
    if not rubric.criteria and rubric.preference is None:
        yield Complaint(("criteria",), "must not be empty; add a criterion, or a preference for comparisons")
    first: dict[str, int] = {}
    for position, criterion in enumerate(rubric.criteria):
        if criterion.id in first:
            other = first[criterion.id] + 1
            yield Complaint(
                ("criteria", position, "id"), f"is taken already by criterion number {other}; choose another"
            )
        first.setdefault(criterion.id, position)
    if rubric.composite == "points" and all(criterion.points is None for criterion in rubric.criteria):
        yield Complaint(("composite",), "is points, but no criterion has points; give a boolean its points")


def _identity(criterion: Criterion) -> Iterator[Complaint]:
    if not criterion.id:
        yield Complaint(("id",), "must not be empty; give a short word")
    elif criterion.id in RESERVED_IDS:
        yield Complaint(("id",), f"is a reserved word; choose another than {', '.join(sorted(RESERVED_IDS))}")
    elif found := _RESERVED_CHARACTERS.search(criterion.id):
        yield Complaint(
            ("id",), f"must not hold {found.group()!r} (nor any of '@ : |' or white space); use _ or - instead"
        )


def _range(criterion: Criterion) -> Iterator[Complaint]:
    low, high = criterion.min, criterion.max
    if criterion.type not in ("scale", "number"):
        for name, bound in (("min", low), ("max", high)):
            if bound is not None:
                yield Complaint(
                    (name,), f"is for scale and number, not for {criterion.type}; remove it, or change the type"
                )
        return
    if criterion.type == "scale":
        for name, bound in (("min", low), ("max", high)):
            if bound is None:
                yield Complaint((name,), "is missing; a scale needs both min and max")
            elif not isinstance(bound, int):
                yield Complaint((name,), f"must be a whole number on a scale, got {bound}; or use type: number")
    if low is not None and high is not None and low >= high:
        yield Complaint(("min",), f"must be below max, got {low} and {high}")


def _options(criterion: Criterion) -> Iterator[Complaint]:
    if criterion.type not in ("choice", "multi"):
        if criterion.options:
            yield Complaint(
                ("options",),
                f"is for choice and multi, not for {criterion.type}; remove it, or change the type",
            )
        return
    fewest = 2 if criterion.type == "choice" else 1
    if len(criterion.options) < fewest:
        yield Complaint(("options",), f"needs at least {fewest} for a {criterion.type}; list them")
    seen: set[str] = set()
    for position, option in enumerate(criterion.options):
        path = ("options", position, "value")
        if not option.value:
            yield Complaint(path, "must not be empty; give a short word")
        elif "|" in option.value:
            yield Complaint(path, "must not hold '|', which parts several answers in a table; use / instead")
        elif option.value.lower() == NOT_APPLICABLE:
            yield Complaint(path, "must not be n/a; remove the option and say allow_na: true")
        elif option.value in seen:
            yield Complaint(path, f"stands twice: {option.value!r}; remove one")
        seen.add(option.value)
    scored = sum(option.score is not None for option in criterion.options)
    if 0 < scored < len(criterion.options):
        yield Complaint(("options",), "must all have a score, or none of them; complete the scores")


def _levels(criterion: Criterion) -> Iterator[Complaint]:
    for name in criterion.levels:
        path = ("levels", name)
        match criterion.type:
            case "scale":
                if not _WHOLE.fullmatch(name) or not _within(criterion, int(name[:20])):
                    yield Complaint(path, f"is outside the scale {_bounds(criterion)}; remove it")
            case "boolean":
                if name not in ("true", "false"):
                    yield Complaint(path, "is no answer of a boolean; its levels are true and false")
            case "choice" | "multi":
                if criterion.options and criterion.option(name) is None:
                    yield Complaint(path, "is not the value of any option; rename it or add the option")
            case _:
                yield Complaint(path, f"has no place: a {criterion.type} has no levels; remove it")


def _points(criterion: Criterion) -> Iterator[Complaint]:
    if criterion.points is None:
        return
    if criterion.type != "boolean":
        yield Complaint(("points",), f"is for boolean, not for {criterion.type}; remove it, or change the type")
    elif criterion.points == 0:
        yield Complaint(("points",), "must not be 0; give what it earns, or a negative figure for what it costs")
    elif criterion.direction == "lower":
        yield Complaint(("points",), "must not stand beside direction: lower; use negative points instead")


def _rationale(criterion: Criterion) -> Iterator[Complaint]:
    rule = criterion.rationale
    if rule.rule != "optional" and rule.conditional:
        yield Complaint(("rationale", "rule"), f"is {rule.rule} and conditional at once; keep one")
    numeric = criterion.type in ("scale", "number")
    for name, bound in (("required_below", rule.required_below), ("required_above", rule.required_above)):
        if bound is None:
            continue
        path = ("rationale", name)
        if not numeric:
            yield Complaint(path, f"is for scale and number, not for {criterion.type}; use required_on")
        elif never := _never_or_always(criterion, name, bound):
            yield Complaint(path, f"{bound} {never} on {_bounds(criterion)}; choose a value within")
    for position, value in enumerate(rule.required_on):
        if not _answerable(criterion, value):
            yield Complaint(
                ("rationale", "required_on", position), f"is no answer of this {criterion.type}, got {value!r}"
            )


def _never_or_always(criterion: Criterion, name: str, bound: int | float) -> str:
    low, high = criterion.min, criterion.max
    below = name == "required_below"
    if (below and low is not None and bound <= low) or (not below and high is not None and bound >= high):
        return "never holds"
    if (below and high is not None and bound > high) or (not below and low is not None and bound < low):
        return "always holds"
    return ""


def _answerable(criterion: Criterion, value: object) -> bool:
    if value is None:
        return criterion.allow_na
    match criterion.type:
        case "boolean":
            return isinstance(value, bool)
        case "scale":
            return isinstance(value, int) and not isinstance(value, bool) and _within(criterion, value)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool) and _within(criterion, value)
        case "choice" | "multi":
            return not criterion.options or criterion.option(value) is not None
        case _:
            return False


def _bounds(criterion: Criterion) -> str:
    low = "…" if criterion.min is None else criterion.min
    high = "…" if criterion.max is None else criterion.max
    return f"{low} to {high}"


def _within(criterion: Criterion, value: int | float) -> bool:
    return (criterion.min is None or value >= criterion.min) and (criterion.max is None or value <= criterion.max)
