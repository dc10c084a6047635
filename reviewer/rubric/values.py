"""One value of one criterion: which are right, and how each is written in a table cell."""

from __future__ import annotations

import math
import re

from reviewer.errors import BadInput
from reviewer.rubric.model import Criterion
from reviewer.rubric.rules import NOT_APPLICABLE

Value = bool | int | float | str | list[str] | None

_SEPARATOR = "|"
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}(?:\.0*)?")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_LARGEST = 2**53


def parse_value(criterion: Criterion, raw: object) -> Value:
    """The value that a table cell (text) or a JSON value stands for. Raises BadInput if the criterion refuses it.

    `n/a` is not applicable where the criterion allows it; a blank cell is a value of a text or multi only.
    """
    value = _from_cell(criterion, raw) if isinstance(raw, str) else _from_json(criterion, raw)
    if fault := value_fault(criterion, value):
        raise BadInput(f"criterion {criterion.id!r}: {fault}.", mend=_mend(criterion, value))
    return value


def format_value(criterion: Criterion, value: Value) -> str:
    """The table cell of a value; `parse_value` reads it back (a text that is itself `n/a` excepted)."""
    if value is None:
        return NOT_APPLICABLE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _SEPARATOR.join(in_option_order(criterion, value))
    return str(value)


def value_fault(criterion: Criterion, value: object) -> str:
    """What is wrong with a typed value, as the end of a sentence; empty if it is right."""
    if value is None:
        return "" if criterion.allow_na else "not applicable is not allowed here"
    match criterion.type:
        case "boolean":
            return "" if isinstance(value, bool) else f"must be true or false, got {_short(value)}"
        case "scale" | "number":
            return _number_fault(criterion, value)
        case "choice":
            known = isinstance(value, str) and criterion.option(value) is not None
            return "" if known else f"has no option {_short(value)}"
        case "multi":
            return _multi_fault(criterion, value)
        case "text":
            return "" if isinstance(value, str) else f"must be text, got {_short(value)}"


def in_option_order(criterion: Criterion, chosen: list[str]) -> list[str]:
    """The chosen options once each, in the rubric's order; unknown ones last, as they came."""
    known = [option.value for option in criterion.options if option.value in chosen]
    return known + [one for one in dict.fromkeys(chosen) if one not in known]


def _from_cell(criterion: Criterion, cell: str) -> Value:
    word = cell.strip()
    if word.lower() == NOT_APPLICABLE and (criterion.allow_na or criterion.type != "text"):
        return None
    match criterion.type:
        case "text":
            return cell
        case "multi":
            words = [part.strip() for part in word.split(_SEPARATOR)] if word else []
            return in_option_order(criterion, words)
        case "boolean":
            return _BOOLEANS.get(word.lower(), word)
        case "scale":
            return int(word.partition(".")[0]) if _WHOLE.fullmatch(word) else word
        case "number":
            return _number(word)
        case "choice":
            return word


def _from_json(criterion: Criterion, raw: object) -> Value:
    if isinstance(raw, list | tuple) and all(isinstance(one, str) for one in raw):
        return in_option_order(criterion, list(raw))
    if isinstance(raw, float) and raw.is_integer() and criterion.type == "scale":
        return int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and criterion.type == "boolean" and raw in (0, 1):
        return raw == 1
    if raw is None or isinstance(raw, bool | int | float):
        return raw
    raise BadInput(f"criterion {criterion.id!r}: a value must not be {type(raw).__name__}.", mend=_mend(criterion, raw))


def _number(word: str) -> int | float | str:
    if not _DECIMAL.fullmatch(word):
        return word
    if word.lstrip("+-").isdigit() and len(word) < 18 and abs(int(word)) <= _LARGEST:
        return int(word)
    return float(word)


def _number_fault(criterion: Criterion, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, got {_short(value)}"
    if criterion.type == "scale" and not isinstance(value, int):
        return f"must be a whole number, got {value}"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "must be a number of ordinary size"
    if not math.isfinite(value):
        return "must be a finite number"
    low, high = criterion.min, criterion.max
    if (low is not None and value < low) or (high is not None and value > high):
        return f"must be {_bounds(criterion)}, got {value}"
    return ""


def _multi_fault(criterion: Criterion, value: object) -> str:
    if not isinstance(value, list):
        return f"must be a list of options, got {_short(value)}"
    for one in value:
        if not isinstance(one, str) or criterion.option(one) is None:
            return f"has no option {_short(one)}"
    if value != in_option_order(criterion, value):
        return "must hold each option once, in the rubric's order"
    return ""


def _bounds(criterion: Criterion) -> str:
    if criterion.min is None:
        return f"at most {criterion.max}"
    if criterion.max is None:
        return f"at least {criterion.min}"
    return f"{criterion.min} to {criterion.max}"


def _mend(criterion: Criterion, value: object) -> str:
    if value is None:
        return "Give a value, or say allow_na: true in the rubric."
    match criterion.type:
        case "boolean":
            return "Write true or false."
        case "choice" | "multi":
            return f"Options are {', '.join(option.value for option in criterion.options)}."
        case "scale":
            return f"Write a whole number, {_bounds(criterion)}."
        case "number":
            return "Write a number with a decimal point."
        case "text":
            return "Write text."


def _short(value: object) -> str:
    if isinstance(value, int) and abs(value) > 10**30:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
