"""A model's answer read as a label's values: held against the rubric as a person's would be, or told to be unusable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reviewer.errors import BadInput
from reviewer.rubric import Criterion, Rubric, answered, parse_preference, parse_ranking, parse_value
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.text.sanitise import one_line, visible
from reviewer.triage.judge.prompt import preference_words
from reviewer.triage.judge.question import Question, answer_names, asked

LONGEST = 200_000
LONGEST_RATIONALE = 2_000
_DEEPEST = 16
_A_FAULT = 300
_OPENING = re.compile(r'\{\s*"')
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_COUNT = re.compile(r"[0-9]{1,4}(?:\.0*)?")
_HALF = re.compile("[\ud800-\udfff]")
_SHARE = re.compile(r"[0-9]{0,4}(?:\.[0-9]{0,20})?")


@dataclass(slots=True)
class Answer:
    """What a judge said: values as a label holds them, counting in the shown order, and how sure it is."""

    values: dict[str, Any]
    rationale: str
    confidence: float | None


class Unusable(Exception):
    """No values can be taken from an answer; `fault` is one sentence that says why."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def read_answer(text: str, rubric: Rubric, question: Question) -> Answer:
    """The answer to a question, as shown for its sample. Raises Unusable, and nothing else, for what is none."""
    said = _object_of(text)
    given = said["values"]
    if not isinstance(given, dict):
        raise Unusable("`values` must be an object.")
    rubric = question.rubric or rubric
    questions = asked(question, rubric)
    names = answer_names(key for key, _ in questions)
    values = {}
    for key, criterion in questions:
        name = names[key]
        value = _value(criterion, name, given.get(name, given.get(key, _ABSENT)))
        if value is not _ABSENT:
            values[key] = value
        elif criterion.required:
            raise _fault(name, "is missing")
    return Answer(values, _rationale(said.get("rationale")), _confidence(said.get("confidence")))


# -- the object ----------------------------------------------------------------------------------------------


def _object_of(text: str) -> dict[str, Any]:
    """The one object with `values` in a text. What is broken, or said twice in two ways, is not guessed at: a judge may
    quote what an output would like it to answer."""
    if len(text) > LONGEST or len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise Unusable(f"It is longer than {LONGEST // 1000} KB.")
    thought = _THOUGHT.match(text)
    answers = [one for one in _objects(text[thought.end() if thought else 0 :]) if "values" in one]
    if not answers:
        raise Unusable("It holds no JSON object with `values`.")
    if any(not _alike(one, answers[0]) for one in answers[1:]):
        raise Unusable("It holds more than one JSON object with `values`.")
    return answers[0]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    at = 0
    while opening := _OPENING.search(text, at):
        try:
            found, at = _DECODER.raw_decode(text, opening.start())
        except _Doubled as error:
            raise _fault(str(error), "stands twice in one object") from None
        except RecursionError:
            raise Unusable("It is nested too deep.") from None
        except ValueError:
            # Also for a number of more digits than Python takes.
            raise Unusable("Its JSON cannot be read.") from None
        _refuse_unsound(found)
        yield found


class _Doubled(Exception):
    """A key that stands twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Doubled(key)
        found[key] = value
    return found


def _no_number(word: str) -> float:
    raise ValueError(word)


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number, strict=False)
_ABSENT = object()


def _refuse_unsound(found: object) -> None:
    level = [found]
    for _ in range(_DEEPEST):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += [*one, *one.values()]
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and _HALF.search(one):
                raise Unusable("It holds half a surrogate pair.")
        if not below:
            return
        level = below
    raise Unusable("It is nested too deep.")


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    # As JSON, since 1 and true are equal in Python.
    return json.dumps(one["values"], sort_keys=True) == json.dumps(other["values"], sort_keys=True)


# -- one value -----------------------------------------------------------------------------------------------


def _value(criterion: Criterion, name: str, raw: object) -> Any:
    """The value under a key; _ABSENT where it says nothing. Raises Unusable for one that the criterion refuses."""
    if raw is _ABSENT or (raw is None and not criterion.allow_na):
        return _ABSENT
    try:
        if isinstance(criterion, RankingQuestion):
            return parse_ranking(_ranking(raw), criterion.outputs)
        if isinstance(criterion, PreferenceQuestion):
            return _preference(criterion, raw)
        value = parse_value(criterion, visible(raw) if isinstance(raw, str) and criterion.type == "text" else raw)
    except BadInput as error:
        # What is wrong begins after the name that the message gives it.
        what = error.what.partition(": ")[2].removeprefix("it ").removeprefix("a value ").rstrip(".")
        raise _fault(name, what, error.mend) from None
    return value if value is None or answered(criterion, value) else _ABSENT


def _preference(criterion: PreferenceQuestion, raw: object) -> int | str:
    words = preference_words(criterion)
    if isinstance(raw, str) and (step := words.get(" ".join(raw.lower().split()))) is not None:
        return step
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    try:
        return parse_preference(criterion.asked, raw)
    except BadInput:
        options = ", ".join(f'"{word}"' for word in words)
        raise BadInput(f"preference: must be one of {options}, got {_short(raw)}") from None


def _ranking(raw: object) -> object:
    """A ranking with a plain number for a group of one, and numbers written as text, made groups of numbers."""
    if not isinstance(raw, list):
        return raw
    return [[_counted(one) for one in group] if isinstance(group, list) else [_counted(group)] for group in raw]


def _counted(one: object) -> object:
    if isinstance(one, float) and one.is_integer():
        return int(one)
    if isinstance(one, str) and _COUNT.fullmatch(one.strip()):
        return int(one.strip().partition(".")[0])
    return one


def _rationale(said: object) -> str:
    return visible(said)[:LONGEST_RATIONALE] if isinstance(said, str) else ""


def _confidence(said: object) -> float | None:
    if isinstance(said, str) and _SHARE.fullmatch(said.strip()) and any(map(str.isdigit, said)):
        said = float(said)
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said <= 1:
        return None
    return float(said)


def _short(raw: object) -> str:
    return one_line(json.dumps(raw, ensure_ascii=False), 40)


def _fault(name: str, what: str, mend: str = "") -> Unusable:
    told = f"`{name}` {what}" + (f"; {mend[0].lower()}{mend[1:]}" if mend else ".")
    return Unusable(one_line(told, _A_FAULT))
