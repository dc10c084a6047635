"""What a comparison asks: one overall answer, and each criterion beside it in the same shape.

The questions look like criteria, so that whatever draws, focuses and explains criteria serves comparisons too; they
are made for one screen and stand in no rubric.
"""

from __future__ import annotations

from typing import Any, Literal

from reviewer.ids import digest
from reviewer.rubric.comparison import BOTH_BAD
from reviewer.rubric.model import Criterion, Option, Preference, RationaleRule, Rubric

PREFERENCE, RANKING = "preference", "ranking"

_WORDS: dict[int, dict[int | str, str]] = {
    5: {
        -2: "left much better",
        -1: "left slightly better",
        0: "tie",
        1: "right slightly better",
        2: "right much better",
        BOTH_BAD: "both bad",
    },
    3: {-1: "left better", 0: "tie", 1: "right better", BOTH_BAD: "both bad"},
}
_WORDS[2] = _WORDS[3]


class _Step(Option):
    value: Any


class PreferenceQuestion(Criterion):
    """Which of two outputs is better: a choice among the steps that the rubric allows, with its own rule of digits."""

    asked: Preference

    def word(self, value: object) -> str:
        """What a step is called; empty for what is none."""
        return next((option.label for option in self.options if option.value == value), "")


class RankingQuestion(Criterion):
    """In which order the outputs stand, `outputs` of them."""

    outputs: int


def comparison_questions(
    rubric: Rubric, kind: Literal["pairwise", "ranking"], outputs: int
) -> list[tuple[str, Criterion]]:
    """The keys that a comparison of `outputs` outputs may answer, each with its question, the overall one first.

    Criteria that ask for a text have no order and are not asked.
    """
    compared = [criterion for criterion in rubric.criteria if criterion.type != "text"]
    if kind == "ranking":
        overall = Criterion.model_construct(id=RANKING, label="Overall ranking", type="choice")
        return [(one.id, _ranking(one, outputs, required=one is overall)) for one in (overall, *compared)]
    preference = rubric.preference or Preference()
    overall = Criterion.model_construct(id=PREFERENCE, label="Overall preference", type="choice")
    return [(one.id, _preference(one, preference, required=one is overall)) for one in (overall, *compared)]


def digit_step(preference: Preference, digit: int) -> int | str | None:
    """What `digit` says on the preference's scale: 1 the first step from the left, 0 both bad; None where nothing.

    A step that the rubric forbids keeps its digit, so that it can be refused by name.
    """
    if digit == 0:
        return BOTH_BAD
    if preference.scale == 2:
        return {1: -1, 2: 1}.get(digit)
    return digit - 1 - preference.scale // 2 if digit <= preference.scale else None


def step_digit(preference: Preference, step: int | str) -> int:
    """The digit that says `step`: the inverse of `digit_step`."""
    if isinstance(step, str):
        return 0
    if preference.scale == 2:
        return 1 if step < 0 else 2
    return step + 1 + preference.scale // 2


def step_word(preference: Preference, step: int | str) -> str:
    """What a step is called, whether or not the rubric allows it. Raises KeyError for what is no step of the scale."""
    return _WORDS[preference.scale][step]


def _preference(criterion: Criterion, preference: Preference, *, required: bool) -> PreferenceQuestion:
    steps: list[int | str] = [*preference.steps, *([BOTH_BAD] if preference.allow_both_bad else [])]
    options: Any = tuple(_Step.model_construct(value=step, label=step_word(preference, step)) for step in steps)
    return PreferenceQuestion.model_construct(
        **_kept(criterion), type="choice", options=options, required=required, asked=preference
    )


def _ranking(criterion: Criterion, outputs: int, *, required: bool) -> RankingQuestion:
    return RankingQuestion.model_construct(**_kept(criterion), type="choice", required=required, outputs=outputs)


def _kept(criterion: Criterion) -> dict[str, Any]:
    """What a question keeps of its criterion: rules about values speak of another scale than a comparison's."""
    rule = criterion.rationale.rule
    return {
        "id": criterion.id,
        "label": criterion.label,
        "help": criterion.help,
        "reasons": criterion.reasons,
        "rationale": RationaleRule(rule=rule),
        "allow_na": False,
    }


def scale_of_answer(rubric: Rubric, kind: Literal["rating", "pairwise", "ranking"], key: str) -> str | None:
    """What makes two answers under `key` comparable; None where the rubric asks for no such answer.

    In a comparison each criterion is answered in the shape of the overall answer; what is said of one output or turn by
    itself is on the criterion's own scale, as in a rating.
    """
    name, apart, _ = key.partition("@")
    if kind == "rating" or apart:
        return rubric.scale_hash_of(name)
    overall = "preference" if kind == "pairwise" else "ranking"
    shape = rubric.scale_hash_of(overall) or digest({"id": overall})
    if name == overall:
        return shape
    return digest({"id": name, "answered": shape}) if rubric.criterion(name) else None
