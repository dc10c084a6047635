"""The answers of a comparison as the form draws them: steps of preference, or a ranking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.rubric.comparison import BOTH_BAD
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion, step_digit, step_word
from reviewer.tui.panes.lines import Fragment, Fragments, length

Step = int | str

_MIDDLE: dict[int, dict[Step, str]] = {
    5: {-2: "left much", -1: "left slightly", 0: "tie", 1: "right slightly", 2: "right much", BOTH_BAD: "both bad"},
    3: {-1: "left", 0: "tie", 1: "right", BOTH_BAD: "both bad"},
    2: {-1: "left", 1: "right", BOTH_BAD: "both bad"},
}
SHORT_STEPS: dict[int, dict[Step, str]] = {
    5: {-2: "left+", -1: "left", 0: "tie", 1: "right", 2: "right+", BOTH_BAD: "bad"},
    3: {-1: "left", 0: "tie", 1: "right", BOTH_BAD: "bad"},
    2: {-1: "left", 1: "right", BOTH_BAD: "bad"},
}
"""The shortest words for the steps of each scale."""

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def steps_of(question: PreferenceQuestion, value: object, room: int) -> Fragments:
    """The steps with their digits, in the longest words that `room` cells hold, the given one marked.

    Where no words fit, the digits stand alone, and after them the words of the given one.
    """
    steps = _steps(question)
    scale = question.asked.scale
    for words in ({step: step_word(question.asked, step) for step in steps}, _MIDDLE[scale], SHORT_STEPS[scale]):
        drawn = [_step(question, step, words[step], chosen=_same(step, value)) for step in steps]
        if length(drawn) <= room:
            return drawn
    given = [(f" {_MIDDLE[scale][step]}", "form.value") for step in steps if _same(step, value)]
    return [*(_step(question, step, "", chosen=_same(step, value)) for step in steps), *given]


def steps_told(question: PreferenceQuestion, value: object, room: int) -> Iterator[Fragments]:
    """A row for each step, where `room` cells hold no words in the question's own row."""
    shortest = SHORT_STEPS[question.asked.scale]
    if length([_step(question, step, shortest[step], chosen=False) for step in _steps(question)]) <= room:
        return
    for step in _steps(question):
        chosen = _same(step, value)
        style = "form.value" if chosen else "dim"
        mark = "•" if chosen else " "
        yield [(f" {mark}{step_digit(question.asked, step):>2} ", style), (step_word(question.asked, step), style)]


def _steps(question: PreferenceQuestion) -> list[Step]:
    return [option.value for option in question.options]


def _step(question: PreferenceQuestion, step: Step, word: str, *, chosen: bool) -> Fragment:
    text = f"{step_digit(question.asked, step)} {word}".rstrip()
    return (f"[{text}]", "form.chosen") if chosen else (f" {text} ", "form.scale")


def _same(step: Step, value: object) -> bool:
    return step == value and type(step) is type(value)


def places_of(question: RankingQuestion, value: Sequence[Sequence[int]] | None) -> Iterator[Fragment]:
    """The ranking so far, best first, and what is left to place."""
    groups = value or []
    done = {one for group in groups for one in group}
    left = [str(one) for one in range(1, question.outputs + 1) if one not in done]
    written = " > ".join(" = ".join(map(str, group)) for group in groups)
    if written:
        yield (f" {written}{' > …' if left else ''}", "form.value")
    if left:
        yield (f"{'   left: ' if written else ' best first: '}{' '.join(left)}", "form.scale")


def is_ranked(question: RankingQuestion, value: Sequence[Sequence[int]] | None) -> bool:
    """Whether every output has its place."""
    return sum(len(group) for group in value or []) == question.outputs


def standing(value: Sequence[Sequence[int]] | None, output: int) -> str:
    """Where an output stands, as in `2nd` or, where it is tied, `2nd=`; empty where it has no place yet."""
    before = 0
    for group in value or []:
        if output in group:
            return f"{_ordinal(before + 1)}{'=' if len(group) > 1 else ''}"
        before += len(group)
    return ""


def _ordinal(number: int) -> str:
    return f"{number}{_ENDINGS.get(number, 'th')}"
