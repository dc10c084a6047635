from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.rubric import (
    BOTH_BAD,
    Criterion,
    Preference,
    RationaleRule,
    Rubric,
    preference_fault,
    problems,
    ranking_fault,
)
from reviewer.rubric.questions import (
    PREFERENCE,
    RANKING,
    PreferenceQuestion,
    RankingQuestion,
    comparison_questions,
    digit_step,
    step_digit,
)
from reviewer.session.comparing import place_last, placed, prefer, prefer_step, take_back, take_next
from reviewer.session.work import Work

CRITERIA = (
    Criterion(id="tone", label="Tone", type="scale", min=1, max=5, help="Listen.", reasons=("curt",)),
    Criterion(id="remark", type="text"),
)


def preference(asked: Preference) -> PreferenceQuestion:
    (_, question), *_ = comparison_questions(Rubric(name="pairs", preference=asked), "pairwise", 2)
    assert isinstance(question, PreferenceQuestion)
    return question


def ranking(outputs: int) -> RankingQuestion:
    (_, question), *_ = comparison_questions(Rubric(name="rows", preference=Preference()), "ranking", outputs)
    assert isinstance(question, RankingQuestion)
    return question


@pytest.mark.parametrize(("kind", "overall"), [("pairwise", PREFERENCE), ("ranking", RANKING)])
def test_the_overall_answer_comes_first_and_texts_are_not_asked(kind: str, overall: str) -> None:
    rubric = Rubric(name="pairs", criteria=CRITERIA, preference=Preference(scale=3))
    asked = comparison_questions(rubric, kind, 3)  # type: ignore[arg-type]  # one of the two words
    assert [key for key, _ in asked] == [overall, "tone"]
    assert [question.required for _, question in asked] == [True, False]
    assert (asked[1][1].help, asked[1][1].reasons) == ("Listen.", ("curt",))


@pytest.mark.parametrize(
    ("scale", "steps"),
    [(5, [BOTH_BAD, -2, -1, 0, 1, 2, None]), (3, [BOTH_BAD, -1, 0, 1, None]), (2, [BOTH_BAD, -1, 1, None])],
)
def test_digits_count_the_steps_of_the_scale(scale: int, steps: list[object]) -> None:
    asked = Preference.model_validate({"scale": scale})
    said = [digit_step(asked, digit) for digit in range(len(steps))]
    assert said == steps
    assert [step_digit(asked, step) for step in said if step is not None] == list(range(len(steps) - 1))


def test_what_the_rubric_forbids_is_refused_by_name() -> None:
    question, work = preference(Preference(scale=5, allow_tie=False, allow_both_bad=False)), Work("r")
    assert prefer(work, PREFERENCE, question, 3) == "Overall preference: a tie is not allowed by this rubric."
    assert prefer(work, PREFERENCE, question, 0) == "Overall preference: both bad is not allowed by this rubric."
    assert prefer(work, PREFERENCE, question, 9) == "Overall preference: 9 is not on this scale of 5."
    forced = preference(Preference(scale=2, allow_tie=False))
    assert prefer_step(work, PREFERENCE, forced, 0) == "Overall preference: tie is not asked for here."
    assert work.values == {}
    assert prefer(work, PREFERENCE, question, 4) == ""
    assert work.values == {PREFERENCE: 1}


@given(
    scale=st.sampled_from([5, 3, 2]), tie=st.booleans(), both=st.booleans(), digit=st.integers(min_value=0, max_value=9)
)
def test_what_a_digit_gives_the_rubric_allows(scale: int, tie: bool, both: bool, digit: int) -> None:
    asked = Preference.model_validate(
        {"scale": scale, "allow_tie": tie if scale != 2 else False, "allow_both_bad": both}
    )
    work = Work("r")
    refused = prefer(work, PREFERENCE, preference(asked), digit)
    assert bool(refused) == (PREFERENCE not in work.values)
    if not refused:
        assert preference_fault(asked, work.values[PREFERENCE]) == ""


@given(outputs=st.integers(3, 8), presses=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=20))
def test_a_ranking_that_is_complete_is_one_that_the_rubric_takes(outputs: int, presses: list[tuple[int, bool]]) -> None:
    question, work = ranking(outputs), Work("r")
    for digit, tied in presses:
        before = placed(work, RANKING)
        refused = take_next(work, RANKING, question, digit, tied=tied)
        assert len(placed(work, RANKING)) == len(before) + (not refused)
    place_last(work, RANKING, question)
    done = placed(work, RANKING)
    assert (len(done) == outputs) == (ranking_fault(work.values.get(RANKING), outputs) == "")
    while take_back(work, RANKING):
        assert len(placed(work, RANKING)) == len(done) - 1
        done = placed(work, RANKING)
    assert RANKING not in work.values


def test_a_rationale_that_is_required_is_required_beside_the_overall_answer() -> None:
    why = Criterion(id="why", label="Tone", type="scale", min=1, max=5, rationale=RationaleRule(rule="required"))
    rubric = Rubric(name="pairs", criteria=(why,), preference=Preference())
    said = {"preference": 1, "why": -1}
    assert [one.message for one in problems(rubric, said, {}, 2)] == ["Tone: this answer needs a rationale."]
    assert problems(rubric, said, {"why": {"text": "curt", "reasons": []}}, 2) == []
    assert problems(rubric, {"preference": 1}, {}, 2) == []


def test_an_unfinished_ranking_is_told_with_its_criterion() -> None:
    rubric = Rubric(name="rows", criteria=CRITERIA, preference=Preference())
    (told,) = problems(rubric, {"ranking": [[1], [2], [3]], "tone": [[1]]}, {}, 3)
    assert told.message == "Tone: the ranking must hold each output from 1 to 3 once."
