"""What a judge's model is sent: the texts in a frame that they cannot imitate, then the rubric's questions, as a person
would be asked them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from reviewer.ids import digest
from reviewer.rubric import Criterion, Rubric, split_key
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.text.sanitise import one_line, visible
from reviewer.triage.judge import wording
from reviewer.triage.judge.question import Question, Turn, answer_names, asked
from reviewer.triage.judge.spec import JudgeSpec

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
_NAMED = _ROLES - {"assistant"}
_CODE_LENGTH = 16
_A_HEADING = 200
# Some endpoints take a thousand listed values in all; a longer scale is said in words alone.
_LISTED_STEPS = 21


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sent: two messages, and the JSON Schema that the answer must follow."""

    system: str
    user: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line of the frame, whose code is known once all texts are."""

    line: str
    label: str


_Piece = str | _Mark


def ask(spec: JudgeSpec, rubric: Rubric, question: Question) -> Asked:
    """What the judge is sent for a question, as shown for its sample; a rubric of the task's own comes first.

    The same question makes the same bytes, so that an answer that was kept is found.
    """
    rubric = question.rubric or rubric
    questions = asked(question, rubric)
    names = answer_names(key for key, _ in questions)
    system = "\n\n".join(part for part in (spec.system or wording.ROLE, spec.instructions, wording.FRAME_RULE) if part)
    pieces = [*_material(question), *_task(question), *_rubric(rubric, questions, names), "", _answer_rule()]
    texts = "\n".join(one if isinstance(one, str) else one.label for one in pieces)
    code = frame_code(f"{system}\n{texts}")
    lines = (one if isinstance(one, str) else one.line.format(code=code, label=one.label) for one in pieces)
    user = "\n".join([wording.CODE_LINE.format(code=code), *lines])
    return Asked(system, user, _schema(questions, names))


def repair_message(fault: str) -> str:
    """What is said about an answer that cannot be used; `fault` is one sentence."""
    said = visible(fault).strip()
    return wording.REPAIR.format(fault=said if said.endswith((".", "!", "?")) else f"{said}.")


def frame_code(texts: str, length: int = _CODE_LENGTH) -> str:
    """A code that occurs nowhere in the texts, made of them alone: hexadecimal digits, `length` of them or more."""
    searched = texts.lower()
    for attempt in count():
        code = digest([attempt, texts])[: length + attempt]
        if code not in searched:
            return code
    raise AssertionError("a digest of a text is not in the text")


# -- the texts -----------------------------------------------------------------------------------------------


def _material(question: Question) -> Iterator[_Piece]:
    for number, turn in enumerate(question.prompt, 1):
        yield from _turn(turn, f"prompt, message {number}")
    for number, document in enumerate(question.context, 1):
        headings = {"title": document.title, "source": document.source}
        yield from _framed(f"context {number}", document.text, headings)
    if question.reference is not None:
        yield from _framed("reference answer", question.reference)
    for place, output in enumerate(question.outputs, 1):
        label = _output_label(question, place)
        turns = 0
        for step, turn in enumerate(output.turns, 1):
            turns += turn.role == "assistant"
            if len(output.turns) == 1:
                yield from _framed(label, turn.text, _headings(turn))
            else:
                told = f"{label}, step {step}" + (f", turn {turns}" if turn.role == "assistant" else "")
                yield from _turn(turn, told)


def _output_label(question: Question, place: int) -> str:
    match question.kind:
        case "rating":
            return "output"
        case "pairwise":
            return f"output {(wording.FIRST, wording.SECOND)[place - 1]}"
        case "ranking":
            return f"output {place}"


def _turn(turn: Turn, label: str) -> Iterator[_Piece]:
    # A role is data, and a label is ours: what is no usual role stands within the frame.
    usual = turn.role in _ROLES
    headings = _headings(turn) if usual else {"role": turn.role, **_headings(turn)}
    yield from _framed(f"{label}, by {turn.role}" if usual else label, turn.text, headings)


def _headings(turn: Turn) -> dict[str, str]:
    # The name of who answered could be a system's; a tool's says what was called.
    plain = turn.kind in ("", "text")
    named = not plain or turn.role in _NAMED
    return {"kind": "" if plain else turn.kind, "name": turn.name if named else ""}


def _framed(label: str, text: str, headings: dict[str, str] | None = None) -> Iterator[_Piece]:
    yield ""
    yield _Mark(wording.BEGIN, label)
    for name, value in (headings or {}).items():
        if value:
            yield f"{name}: {one_line(value, _A_HEADING)}"
    yield visible(text)
    yield _Mark(wording.END, label)


# -- the questions -------------------------------------------------------------------------------------------


def _task(question: Question) -> Iterator[_Piece]:
    yield ""
    match question.kind:
        case "rating":
            yield wording.RATING
        case "pairwise":
            yield wording.PAIRWISE
        case "ranking":
            yield wording.RANKING.format(outputs=len(question.outputs))


def _rubric(rubric: Rubric, questions: Sequence[tuple[str, Criterion]], names: dict[str, str]) -> Iterator[_Piece]:
    yield wording.RUBRIC.format(name=one_line(rubric.name, _A_HEADING))
    if rubric.instructions:
        yield visible(rubric.instructions)
    of: dict[str, list[str]] = {}
    criteria = {}
    for key, criterion in questions:
        of.setdefault(criterion.id, []).append(key)
        criteria[criterion.id] = criterion
    examples = count(1)
    for name, keys in of.items():
        criterion = criteria[name]
        yield ""
        told = ", ".join(_named(key, names[key]) for key in keys)
        yield wording.QUESTION.format(names=told, title=one_line(criterion.title, _A_HEADING))
        if criterion.help:
            yield visible(criterion.help)
        yield _answer_line(criterion)
        compared = isinstance(criterion, PreferenceQuestion | RankingQuestion)
        levels = rubric.criterion(name) if compared else criterion
        if levels is not None:
            yield from _levels(levels, examples, apart=compared)


def _named(key: str, name: str) -> str:
    parts = split_key(key)
    quoted = json.dumps(name)
    if parts is None or not parts.unit:
        return quoted
    return wording.OF_UNIT.format(name=quoted, unit=parts.unit, number=parts.number)


def _levels(criterion: Criterion, examples: Iterator[int], *, apart: bool) -> Iterator[_Piece]:
    described = [(_value(value), level) for value, level in criterion.described()]
    options = {_value(option.value): option.label for option in criterion.options if option.label}
    labels = options | {value: level.label for value, level in described if level.label}
    if labels:
        yield wording.LEVELS_APART if apart else wording.LEVELS
        yield from (f"  {value}: {visible(label)}" for value, label in labels.items())
    for value, level in described:
        for example in level.examples:
            number = next(examples)
            yield wording.EXAMPLE.format(value=value)
            # Examples are taken from outputs, which are as hostile as any.
            if example.prompt:
                yield from _framed(f"example {number}, prompt", example.prompt)
            yield from _framed(f"example {number}, output", example.output)
            yield wording.WHY.format(value=value, why=visible(example.why))


def _value(value: object) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


def _answer_line(criterion: Criterion) -> str:
    told = [_form(criterion)]
    if criterion.type in ("scale", "number") and (better := wording.BETTER[criterion.direction]):
        told.append(better)
    if criterion.allow_na:
        told.append(wording.NULL_NOT_APPLICABLE)
    elif not criterion.required:
        told.append(wording.NULL_UNANSWERED)
    return f"{'; '.join(told)}."


def _form(criterion: Criterion) -> str:
    if isinstance(criterion, RankingQuestion):
        return wording.A_RANKING.format(outputs=criterion.outputs)
    if isinstance(criterion, PreferenceQuestion):
        return wording.CHOICE.format(options=", ".join(map(_value, preference_words(criterion))))
    options = ", ".join(_value(option.value) for option in criterion.options)
    match criterion.type:
        case "scale":
            return wording.SCALE.format(low=criterion.min, high=criterion.max)
        case "number":
            bounds = [
                words.format(low=criterion.min, high=criterion.max)
                for words, bound in ((wording.AT_LEAST, criterion.min), (wording.AT_MOST, criterion.max))
                if bound is not None
            ]
            return ", ".join([wording.NUMBER, *bounds])
        case "boolean":
            return wording.BOOLEAN
        case "choice":
            return wording.CHOICE.format(options=options)
        case "multi":
            return (wording.MULTI_REQUIRED if criterion.required else wording.MULTI).format(options=options)
        case "text":
            return wording.TEXT


def preference_words(criterion: PreferenceQuestion) -> dict[str, int | str]:
    """What each step of a preference is called to a judge, who has no left and right, with the step."""
    return {
        option.label.replace("left", wording.FIRST).replace("right", wording.SECOND): option.value
        for option in criterion.options
    }


def _answer_rule() -> str:
    return wording.ANSWER_RULE.format(words=wording.WORDS)


# -- the schema ----------------------------------------------------------------------------------------------


def _schema(questions: Sequence[tuple[str, Criterion]], names: dict[str, str]) -> dict[str, Any]:
    # The order is the order in which a model writes: what decided stands before what was decided.
    values = _object({names[key]: _nullable(criterion) for key, criterion in questions})
    return _object({"rationale": {"type": "string"}, "values": values, "confidence": {"type": "number"}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _nullable(criterion: Criterion) -> dict[str, Any]:
    schema = _value_schema(criterion)
    return {"anyOf": [schema, {"type": "null"}]} if criterion.allow_na or not criterion.required else schema


def _value_schema(criterion: Criterion) -> dict[str, Any]:
    # Bounds are left to the reading of the answer: strict endpoints differ in which they take.
    if isinstance(criterion, RankingQuestion):
        number = {"type": "integer", "enum": list(range(1, criterion.outputs + 1))}
        return {"type": "array", "items": {"type": "array", "items": number}}
    if isinstance(criterion, PreferenceQuestion):
        return {"type": "string", "enum": list(preference_words(criterion))}
    options = [option.value for option in criterion.options]
    match criterion.type:
        case "scale":
            listed = {"enum": list(criterion.steps)} if len(criterion.steps) <= _LISTED_STEPS else {}
            return {"type": "integer", **listed}
        case "number":
            return {"type": "number"}
        case "boolean":
            return {"type": "boolean"}
        case "choice":
            return {"type": "string", "enum": options}
        case "multi":
            return {"type": "array", "items": {"type": "string", "enum": options}}
        case "text":
            return {"type": "string"}
