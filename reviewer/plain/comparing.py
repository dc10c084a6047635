"""A typed line as the answer to a comparison, and what stands as a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.errors import BadInput
from reviewer.rubric import BOTH_BAD, ranking_fault
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion, step_digit
from reviewer.session.comparing import placed, prefer, prefer_step, take_next
from reviewer.session.view import TaskView
from reviewer.session.work import Work

SIDES = ("left", "right")

_TIES = ({"tie"}, {"tied"}, {"equal"}, {"same"})
_TOWARDS = {"left": -1, "right": 1}
_RANKED = re.compile(r"[0-9=>,\s]+")
_PLACE = re.compile(r"(=?)\s*([0-9])")


def give_preference(work: Work, key: str, question: PreferenceQuestion, line: str) -> None:
    """Gives the step that a line says, by its digit or in words.

    Raises BadInput where it says none, or one that the rubric forbids.
    """
    word = line.strip()
    if word.isascii() and word.isdigit() and len(word) == 1:
        fault = prefer(work, key, question, int(word))
    else:
        fault = prefer_step(work, key, question, _step(question, word))
    if fault:
        raise BadInput(fault, mend=f"Answer with {step_line(question)}.")


def give_places(work: Work, key: str, question: RankingQuestion, line: str) -> None:
    """Ranks the outputs of a line, best first, behind those that stand; a line that holds all of them replaces those.

    Raises BadInput, and changes nothing, where one of them cannot be placed.
    """
    word = line.strip()
    found = _PLACE.findall(word)
    if not found or not _RANKED.fullmatch(word) or word.endswith(("=", ">")):
        raise BadInput(f"{question.title}: {word[:40]} is no answer.", mend=f"Answer with {places_line(question)}.")
    before = work.values.get(key)
    if sorted(number for _, number in found) == [str(number + 1) for number in range(question.outputs)]:
        work.values.pop(key, None)
    for tie, number in found:
        if fault := take_next(work, key, question, int(number), tied=bool(tie)):
            work.values.pop(key, None)
            work.values |= {key: before} if before else {}
            raise BadInput(fault, mend=":clear begins again." if "already" in fault else "")


def whole(question: RankingQuestion, value: object) -> bool:
    """Whether every output stands in the ranking."""
    return not ranking_fault(value, question.outputs)


def left_over(work: Work, key: str, question: RankingQuestion) -> list[int]:
    """The outputs that are not ranked yet."""
    done = placed(work, key)
    return [number for number in range(1, question.outputs + 1) if number not in done]


def step_line(question: PreferenceQuestion) -> str:
    """What may be answered, in one line: each step with its digit."""
    return ", ".join(f"{step_digit(question.asked, option.value)} {option.text}" for option in question.options)


def places_line(question: RankingQuestion) -> str:
    """How a ranking is answered, in one line."""
    return f"the outputs 1 to {question.outputs}, best first, as 2>1=3 with = for a tie, or one at a time"


def ranking_words(groups: Sequence[Sequence[int]]) -> str:
    """A ranking as it is said: `2, then 1 and 3 tied`."""
    return ", then ".join(listed(group) + (" tied" if len(group) > 1 else "") for group in groups) or "nothing yet"


def listed(numbers: Sequence[int]) -> str:
    """Numbers as they are said: `1, 3 and 4`."""
    *most, last = [str(number) for number in numbers]
    return f"{', '.join(most)} and {last}" if most else last


def output_title(view: TaskView, number: int) -> str:
    """What an output is called: by its side, by its number, or simply so."""
    of = len(view.outputs)
    if view.kind == "pairwise" and of == len(SIDES):
        return f"{SIDES[number - 1].capitalize()} output"
    return "Output" if of == 1 else f"Output {number} of {of}"


def which_output(view: TaskView, word: str) -> int:
    """The number of the output that a word names. Raises BadInput where it names none."""
    known = [str(number) for number in range(1, len(view.outputs) + 1)]
    names = SIDES if view.kind == "pairwise" else known
    for among in (names, known):
        if word.lower() in among:
            return among.index(word.lower()) + 1
    raise BadInput("say which output:", mend=f"{', '.join(names[:-1])} or {names[-1]}.")


def _step(question: PreferenceQuestion, word: str) -> int | str:
    words = set(word.casefold().replace("_", " ").split())
    if words == {"both", "bad"}:
        return BOTH_BAD
    if words in _TIES:
        if question.asked.scale == 2:
            raise BadInput(f"{question.title}: a tie is not asked for here.", mend=f"{step_line(question)}.")
        return 0
    for side, step in _TOWARDS.items():
        rest = words - {side, "better"}
        if side in words and not rest - {"slightly"}:
            return step
        if side in words and rest == {"much"} and question.asked.scale == 5:
            return 2 * step
    raise BadInput(f"{question.title}: {word[:40]} is no answer.", mend=f"Answer with {step_line(question)}.")
