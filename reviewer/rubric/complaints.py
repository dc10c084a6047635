"""What is wrong with a rubric, told in sentences that name the criterion, the field and the mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from reviewer.errors import BadInput
from reviewer.rubric.model import (
    Criterion,
    Example,
    Level,
    Option,
    Preference,
    RationaleRule,
    Rubric,
)
from reviewer.rubric.rules import Complaint
from reviewer.rubric.tree import Path

_INSIDE: dict[str, type[BaseModel]] = {
    "criteria": Criterion,
    "levels": Level,
    "examples": Example,
    "options": Option,
    "rationale": RationaleRule,
    "preference": Preference,
}
_SHOWN = 60
_PRINTABLE = 10**30


class Problem(NamedTuple):
    """A line of the file (from 1; 0 where there is no file) and what is wrong there, with the mend."""

    line: int
    message: str


class BadRubric(BadInput):
    """A rubric that cannot be used; `problems` holds every complaint, and `readable` says whether it was YAML."""

    def __init__(self, origin: str, problems: Sequence[Problem], *, readable: bool = True) -> None:
        self.origin = origin
        self.problems = list(problems)
        self.readable = readable
        first, *others = self.problems
        said = [first.message, *(f"{place(origin, other.line)}: {other.message}" for other in others)]
        super().__init__("\n".join(said), where=place(origin, first.line))


def place(origin: str, line: int) -> str:
    """`file:line`, or the file alone where no line is known."""
    return f"{origin}:{line}" if line else origin


def complaints_of(error: ValidationError, base: Path = ()) -> list[Complaint]:
    """The complaints of a failed validation, with paths from the top of the rubric (`base` + inside)."""
    found: list[Complaint] = []
    for detail in error.errors(include_url=False):
        path: Path = (*base, *detail["loc"])
        if detail["type"] == "rubric_rules":
            complaints: list[Complaint] = detail["ctx"]["complaints"]
            found += [Complaint((*path, *inside), message) for inside, message in complaints]
        else:
            found.append(Complaint(path, _message(detail["type"], detail, path)))
    return list(dict.fromkeys(found))


def rules_were_heard(error: ValidationError) -> bool:
    """Whether every field was right by itself, so that all rules on the whole have spoken already."""
    return all(detail["type"] == "rubric_rules" for detail in error.errors(include_url=False))


def sentence(complaint: Complaint, data: object) -> str:
    """The complaint as one sentence that begins with its criterion and field; always good UTF-8."""
    return _sentence(complaint, data).encode("utf-8", "backslashreplace").decode()


def _sentence(complaint: Complaint, data: object) -> str:
    path, message = complaint
    subject = ""
    if len(path) > 1 and path[0] == "criteria" and isinstance(path[1], int):
        subject = f"criterion {_name_of(data, path[1])}"
        path = path[2:]
    if message.startswith("unknown key"):
        places = [subject or "rubric", _field(path[:-1])]
        return f"{': '.join(filter(None, places))}: {message}"
    field = _field(path)
    if subject and field:
        return f"{subject}: {field} {message}"
    return f"{subject or field or 'the rubric'} {message}"


def bad_document(error: ValidationError, document: object) -> BadRubric:
    """A stored document that is no rubric, as an error."""
    problems = [Problem(0, sentence(complaint, document)) for complaint in complaints_of(error)]
    return BadRubric("stored rubric", problems)


def shown(value: object) -> str:
    """A value as a complaint quotes it: short, on one line, booleans as YAML writes them."""
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) > _PRINTABLE:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _name_of(data: object, position: int) -> str:
    if isinstance(data, Mapping):
        criteria = data.get("criteria")
        if isinstance(criteria, list | tuple) and position < len(criteria):
            criterion = criteria[position]
            named = criterion.get("id") if isinstance(criterion, Mapping) else None
            if isinstance(named, str) and named.strip():
                return shown(named)
    return f"number {position + 1}"


def _field(path: Path) -> str:
    words: list[str] = []
    for position, part in enumerate(path):
        before = path[position - 1] if position else ""
        if isinstance(part, int):
            words[-1:] = [f"{_singular(str(before))} {part + 1}"]
        elif before == "levels":
            words[-1:] = [f"level {part if len(part) <= _SHOWN else part[:_SHOWN]}"]
        elif before in ("rationale", "preference"):
            words[-1] += f".{part}"
        else:
            words.append(part)
    return ", ".join(words)


def _singular(plural: str) -> str:
    return {"criteria": "criterion", "required_on": "required_on value"}.get(plural, plural.removesuffix("s"))


def _message(kind: str, detail: Any, path: Path) -> str:
    got = f", got {shown(detail['input'])}"
    context = detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return _unknown(path)
        case "missing":
            return _missing(path)
        case "literal_error":
            allowed = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
            return f"must be one of {', '.join(allowed)}{got}{_did_you_mean(detail['input'], allowed)}"
        case "bool_type":
            return f"must be true or false{got}"
        case "greater_than":
            return f"must be > {context['gt']:g}{got}"
        case "string_too_short":
            return "must not be empty; write it"
        case "tuple_type":
            return f"must be a list{got}; begin each entry with '- '"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be a mapping{got}; write it as key: value"
        case "rubric_text" | "rubric_number":
            wrong, _, mend = str(detail["msg"]).partition("; ")
            return f"{wrong}{got}{'; ' + mend if mend else ''}"
        case _:
            return f"must be right ({detail['msg']}){got}"


def _unknown(path: Path) -> str:
    known = list(_container(path).model_fields)
    key = str(path[-1])
    guess = _did_you_mean(key, known)
    return f"unknown key {shown(key)}{guess or '; known are ' + ', '.join(known)}"


def _missing(path: Path) -> str:
    mends = {"id": "give it a short word", "type": "add one of scale, boolean, choice, multi, number, text"}
    return f"is missing; {mends.get(str(path[-1]), 'add it')}"


def _container(path: Path) -> type[BaseModel]:
    model: type[BaseModel] = Rubric
    for position, part in enumerate(path[:-1]):
        if isinstance(part, str) and (position == 0 or path[position - 1] != "levels"):
            model = _INSIDE.get(part, model)
    return model


def _did_you_mean(word: object, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), known, 1) if isinstance(word, str) else []
    return f"; did you mean {near[0]!r}?" if near else ""
