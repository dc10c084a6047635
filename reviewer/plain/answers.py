"""A typed line as the answer to a criterion, and a criterion's scale as a line."""

from __future__ import annotations

import re
from typing import Any

from reviewer.errors import BadInput
from reviewer.plain.comparing import places_line, ranking_words, step_line
from reviewer.rubric import Criterion, Level, Option, Value, in_option_order, parse_value, split_key, value_fault
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion, step_word

NOT_APPLICABLE_SIGN = "-"
_BOOLEANS = {"y": True, "yes": True, "true": True, "1": True, "n": False, "no": False, "false": False, "0": False}
_NUMBERS = re.compile(r"[0-9]{1,3}(?:[\s,]+[0-9]{1,3})*")


def name_of(criterion: Criterion, key: str) -> str:
    """What the question is called: the criterion, with the part that it judges."""
    parts = split_key(key)
    return f"{criterion.title} ({parts.unit} {parts.number})" if parts and parts.unit else criterion.title


def read_answer(criterion: Criterion, line: str) -> Value:
    """The value that a typed line stands for.

    Raises BadInput with the criterion's title, and what may be answered, where it stands for none.
    """
    word = line.strip()
    try:
        value = _value(criterion, word)
    except BadInput:
        value = word
    if fault := value_fault(criterion, value):
        said = fault if value is None else f"{word[:40]} is no answer"
        raise BadInput(f"{criterion.title}: {said}.", mend=f"Answer with {scale_line(criterion)}.")
    return value


def numbers_in(line: str, most: int) -> list[int] | None:
    """The numbers that the line consists of; None where it holds anything else, or begins with a space.

    Raises BadInput where one of them is not within 1 to `most`.
    """
    if not _NUMBERS.fullmatch(line.rstrip(" ,")):
        return None
    numbers = [int(number) for number in re.split(r"[\s,]+", line.rstrip(" ,"))]
    if wrong := [number for number in numbers if not 1 <= number <= most]:
        raise BadInput(f"there is no {wrong[0]}: the numbers go from 1 to {most}.")
    return numbers


def scale_line(criterion: Criterion) -> str:
    """What may be answered, in one line."""
    if isinstance(criterion, PreferenceQuestion):
        return step_line(criterion)
    if isinstance(criterion, RankingQuestion):
        return places_line(criterion)
    line = _scale(criterion)
    return f"{line}; {NOT_APPLICABLE_SIGN} not applicable" if criterion.allow_na else line


def value_line(criterion: Criterion, value: Any) -> str:
    """A value in words, with what it means where the rubric says so."""
    if isinstance(criterion, PreferenceQuestion):
        return step_word(criterion.asked, value)
    if isinstance(criterion, RankingQuestion):
        return ranking_words(value)
    if value is None:
        return "not applicable"
    if isinstance(value, list):
        return ", ".join(_option_text(criterion, one) for one in value) or "none of them"
    if criterion.type in ("choice", "text"):
        return _option_text(criterion, str(value))
    word = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return _with_label(word, criterion.level(value))


def _value(criterion: Criterion, word: str) -> Value:
    if word == NOT_APPLICABLE_SIGN and (criterion.allow_na or criterion.type != "text"):
        return None
    match criterion.type:
        case "boolean":
            found = _BOOLEANS.get(word.lower())
            return word if found is None else found
        case "choice":
            option = _option(criterion, word)
            return option.value if option else word
        case "multi":
            return _several(criterion, word)
        case "text":
            return word
        case _:
            return parse_value(criterion, word)


def _several(criterion: Criterion, word: str) -> Value:
    if word.lower() in ("0", "none") and criterion.option(word) is None:
        return []
    if _option(criterion, word):
        words = [word]
    else:
        words = [part.strip() for part in (word.split(",") if "," in word else word.split())]
    chosen = [(_option(criterion, part), part) for part in words if part]
    return in_option_order(criterion, [option.value if option else part for option, part in chosen])


def _option(criterion: Criterion, word: str) -> Option | None:
    if word.isascii() and word.isdigit() and len(word) < 4:
        place = int(word)
        return criterion.options[place - 1] if 1 <= place <= len(criterion.options) else None
    wanted = word.casefold()
    exact = criterion.option(word)
    return exact or next(
        (one for one in criterion.options if wanted in (one.value.casefold(), one.text.casefold())), None
    )


def _scale(criterion: Criterion) -> str:
    match criterion.type:
        case "scale":
            low, high = criterion.steps[0], criterion.steps[-1]
            labelled = criterion.level(low) or criterion.level(high)
            better = {"higher": ", higher is better", "lower": ", lower is better"}.get(criterion.direction, "")
            line = f"{_with_label(str(low), criterion.level(low))} … {_with_label(str(high), criterion.level(high))}"
            return line if labelled else line + better
        case "boolean":
            yes, no = _with_label("yes", criterion.level(True)), _with_label("no", criterion.level(False))
            return f"1 {yes}, 0 {no}"
        case "choice":
            return _numbered(criterion)
        case "multi":
            none = "" if criterion.required else ", 0: none of them"
            return f"several of {_numbered(criterion)}{none}"
        case "number":
            return f"a number{_bounds(criterion)}"
        case "text":
            return "a line of text, or :text for several lines"


def _numbered(criterion: Criterion) -> str:
    return ", ".join(f"{place}: {option.text}" for place, option in enumerate(criterion.options, 1))


def _option_text(criterion: Criterion, value: str) -> str:
    option = criterion.option(value)
    return option.text if option else value


def _with_label(word: str, level: Level | None) -> str:
    return f"{word} {level.label}" if level and level.label else word


def _bounds(criterion: Criterion) -> str:
    if criterion.min is None and criterion.max is None:
        return ""
    if criterion.min is None:
        return f", at most {criterion.max}"
    return f", at least {criterion.min}" if criterion.max is None else f", {criterion.min} to {criterion.max}"
