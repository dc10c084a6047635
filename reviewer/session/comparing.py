"""What a key means for a comparison: a step of preference, or the next place of a ranking."""

from __future__ import annotations

from reviewer.rubric import preference_fault
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion, digit_step, step_word
from reviewer.session.work import Work


def prefer(work: Work, key: str, question: PreferenceQuestion, digit: int) -> str:
    """Gives the step that `digit` says; returns why not, as a sentence, or nothing where it is given."""
    step = digit_step(question.asked, digit)
    if step is None:
        return f"{question.title}: {digit} is not on this scale of {question.asked.scale}."
    return prefer_step(work, key, question, step)


def prefer_step(work: Work, key: str, question: PreferenceQuestion, step: int | str) -> str:
    """Gives a step by its value; returns why not, as a sentence, or nothing where it is given."""
    if fault := preference_fault(question.asked, step):
        if "not allowed" not in fault:
            fault = f"{step_word(question.asked, step)} is not asked for here"
        return f"{question.title}: {fault}."
    work.values[key] = step
    return ""


def placed(work: Work, key: str) -> list[int]:
    """The outputs that stand in the ranking so far, best first."""
    return [one for group in work.values.get(key) or [] for one in group]


def take_next(work: Work, key: str, question: RankingQuestion, output: int, *, tied: bool) -> str:
    """Puts an output behind those that are ranked, or level with the last; returns why not, or nothing."""
    if not 1 <= output <= question.outputs:
        return f"There are {question.outputs} outputs: there is no {output}."
    if output in placed(work, key):
        return f"Output {output} is ranked already."
    groups = [list(group) for group in work.values.get(key) or []]
    if tied and groups:
        groups[-1] = sorted([*groups[-1], output])
    else:
        groups.append([output])
    work.values[key] = groups
    return ""


def take_back(work: Work, key: str) -> bool:
    """Takes the output back that was placed last (of a tie, the highest number); False where none is placed."""
    groups = [list(group) for group in work.values.get(key) or []]
    if not groups:
        return False
    groups[-1].pop()
    if not groups[-1]:
        groups.pop()
    if groups:
        work.values[key] = groups
    else:
        work.values.pop(key, None)
    return True


def place_last(work: Work, key: str, question: RankingQuestion) -> None:
    """Where a single output is left, it stands last: nothing else can be meant."""
    done = placed(work, key)
    left = [output for output in range(1, question.outputs + 1) if output not in done]
    if done and len(left) == 1:
        work.values[key] = [*work.values[key], left]
