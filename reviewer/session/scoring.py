"""What a digit means for a criterion."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from reviewer.rubric import Criterion, in_option_order
from reviewer.session.work import Work


class Pressed(Enum):
    """What came of a digit."""

    SCORED = auto()
    TOGGLED = auto()
    ENTRY = auto()
    REFUSED = auto()


def takes_one_digit(criterion: Criterion) -> bool:
    """Whether one digit says a value: a scale of at most ten values within 0–10, a boolean, a choice, a multi."""
    if criterion.type != "scale":
        return criterion.type in ("boolean", "choice", "multi")
    steps = criterion.steps
    return len(steps) <= 10 and steps[0] >= 0 and steps[-1] <= 10


def press(work: Work, key: str, criterion: Criterion, digit: int) -> Pressed:
    """Lets `digit` act on the criterion under `key`: it scores, toggles, asks for an entry, or means nothing here."""
    if criterion.type in ("number", "text") or not takes_one_digit(criterion):
        return Pressed.REFUSED if criterion.type == "text" else Pressed.ENTRY
    if criterion.type == "multi" and digit == 0 and none_by_zero(criterion):
        work.values[key] = []
        return Pressed.SCORED
    if criterion.type == "multi":
        return _toggle(work, key, criterion, digit)
    value = _value(criterion, digit)
    if value is None:
        return Pressed.REFUSED
    work.values[key] = value
    return Pressed.SCORED


def none_by_zero(criterion: Criterion) -> bool:
    """Whether 0 says of a mark-several question that none of its options applies: not where one must, or is the
    tenth."""
    return criterion.type == "multi" and not criterion.required and len(criterion.options) < 10


def not_applicable(work: Work, key: str, criterion: Criterion) -> bool:
    """Marks the criterion as not applicable, or takes that back; False where the rubric forbids it."""
    if not criterion.allow_na:
        return False
    if key in work.values and work.values[key] is None:
        del work.values[key]
    else:
        work.values[key] = None
    return True


def _value(criterion: Criterion, digit: int) -> Any:
    if criterion.type == "boolean":
        return {1: True, 0: False}.get(digit)
    if criterion.type == "choice":
        nth = (digit or 10) - 1
        return criterion.options[nth].value if nth < len(criterion.options) else None
    steps = criterion.steps
    value = 10 if digit == 0 and steps[0] > 0 else digit
    return value if value in steps else None


def _toggle(work: Work, key: str, criterion: Criterion, digit: int) -> Pressed:
    nth = (digit or 10) - 1
    if nth >= len(criterion.options):
        return Pressed.REFUSED
    option = criterion.options[nth].value
    chosen = work.values.get(key) or []
    toggled = [value for value in chosen if value != option] if option in chosen else [*chosen, option]
    if toggled:
        work.values[key] = in_option_order(criterion, toggled)
    else:
        work.values.pop(key, None)  # what is emptied is no answer
    return Pressed.TOGGLED
