"""Comparisons and rankings line by line: answers by digit and word, sides, differences, and what is kept."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.plain import run
from reviewer.plain.answers import scale_line, value_line
from reviewer.plain.commands import COMMANDS
from reviewer.plain.comparing import give_places, give_preference, ranking_words, whole
from reviewer.plain.differing import changes
from reviewer.rubric import BOTH_BAD, Preference, Rubric, preference_fault
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion, comparison_questions, step_word
from reviewer.session.sitting import Sitting
from reviewer.session.work import Work
from reviewer.store.connection import Store
from tests.plain_script import Script, Typed, labels_of
from tests.store.comparing import pairs_queue
from tests.store.filling import fresh
from tests.test_plain import HOSTILE, STEERING
from tests.text.texts import texts

RUBRIC: dict[str, Any] = {
    "name": "replies",
    "instructions": "Read the note first.",
    "criteria": [
        {
            "id": "tone",
            "label": "Tone",
            "type": "scale",
            "min": 1,
            "max": 5,
            "reasons": ["too cold", "too warm"],
            "levels": {"1": {"label": "Hurts", "examples": [{"output": "No.", "why": "It is curt."}]}},
        },
        {"id": "remarks", "type": "text"},
        {"id": "short", "label": "Brevity", "type": "boolean", "rationale": "required"},
    ],
    "preference": {"scale": 5},
}


def sit(store: Store, typed: Iterable[Typed]) -> tuple[int, str]:
    """Types the script at the queue; the exit code and all that was said."""
    said = io.StringIO()
    code = run(Sitting.open(store, "pairs", "ada", source="plain"), Script(typed), said)
    return code, said.getvalue()


@pytest.fixture
def pairs(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    pairs_queue(store, items=3, systems=("alpha", "beta"), rubric=RUBRIC)
    return store


@pytest.fixture
def rankings(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    pairs_queue(store, items=3, systems=("alpha", "beta", "gamma", "delta"), kind="ranking", rubric=RUBRIC)
    return store


def preference_question(**asked: Any) -> PreferenceQuestion:
    rubric = Rubric(name="r", preference=Preference(**asked))
    ((_, question),) = comparison_questions(rubric, "pairwise", 2)
    assert isinstance(question, PreferenceQuestion)
    return question


def ranking_question(outputs: int) -> RankingQuestion:
    ((_, question),) = comparison_questions(Rubric(name="r", preference=Preference()), "ranking", outputs)
    assert isinstance(question, RankingQuestion)
    return question


@pytest.mark.parametrize(
    ("scale", "line", "step"),
    [
        (5, "1", -2),
        (5, "5", 2),
        (5, " 3 ", 0),
        (5, "0", BOTH_BAD),
        (5, "left", -1),
        (5, "RIGHT", 1),
        (5, "slightly right", 1),
        (5, "right better", 1),
        (5, "much left", -2),
        (5, "Right much better", 2),
        (5, "tie", 0),
        (5, "equal", 0),
        (5, "both bad", BOTH_BAD),
        (5, "both_bad", BOTH_BAD),
        (3, "1", -1),
        (3, "left", -1),
        (3, "2", 0),
        (2, "1", -1),
        (2, "2", 1),
        (2, "left better", -1),
    ],
)
def test_a_preference_is_given_by_digit_or_in_words(scale: int, line: str, step: object) -> None:
    question, work = preference_question(scale=scale, **({"allow_tie": False} if scale == 2 else {})), Work("")
    give_preference(work, "preference", question, line)
    assert work.values == {"preference": step}


@pytest.mark.parametrize(
    ("asked", "line", "said"),
    [
        ({"scale": 5}, "6", "6 is not on this scale of 5"),
        ({"scale": 3}, "much left", "much left is no answer"),
        ({"scale": 5}, "left right", "left right is no answer"),
        ({"scale": 5, "allow_tie": False}, "3", "a tie is not allowed"),
        ({"scale": 5, "allow_tie": False}, "tie", "a tie is not allowed"),
        ({"scale": 2, "allow_tie": False}, "tie", "a tie is not asked for here"),
        ({"scale": 5, "allow_both_bad": False}, "0", "both bad is not allowed"),
        ({"scale": 5}, "²", "² is no answer"),
        ({"scale": 5}, "better", "better is no answer"),
    ],
)
def test_what_the_rubric_forbids_is_refused_by_name(asked: dict[str, Any], line: str, said: str) -> None:
    question, work = preference_question(**asked), Work("")
    with pytest.raises(BadInput, match="Overall preference: ") as refused:
        give_preference(work, "preference", question, line)
    assert said in str(refused.value)
    assert scale_line(question) in str(refused.value)
    assert work.values == {}


@given(st.sampled_from([5, 3, 2]), st.booleans(), st.text() | st.sampled_from("0123456789"))
def test_whatever_is_typed_makes_a_right_preference_or_a_sentence(scale: Any, both_bad: bool, line: str) -> None:
    asked = Preference(scale=scale, allow_tie=scale != 2, allow_both_bad=both_bad)
    question, work = preference_question(**asked.model_dump()), Work("")
    try:
        give_preference(work, "preference", question, line)
    except BadInput:
        return
    assert preference_fault(asked, work.values["preference"]) == ""
    assert value_line(question, work.values["preference"])


@given(st.sampled_from([5, 3, 2]))
def test_the_words_that_are_said_may_be_typed(scale: Any) -> None:
    asked = Preference(scale=scale, allow_tie=scale != 2)
    question = preference_question(**asked.model_dump())
    steps: list[int | str] = [*asked.steps, BOTH_BAD]
    for step in steps:
        work = Work("")
        give_preference(work, "preference", question, step_word(asked, step))
        assert work.values == {"preference": step}


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        (["2>1=3"], [[2], [1, 3]]),
        (["2 > 1 = 3"], [[2], [1, 3]]),
        (["2 1 3"], [[2], [1], [3]]),
        (["2,1=3"], [[2], [1, 3]]),
        (["213"], [[2], [1], [3]]),
        (["3=2=1"], [[1, 2, 3]]),
        (["2"], [[2]]),
        (["2", "1"], [[2], [1]]),
        (["2", "1", "= 3"], [[2], [1, 3]]),
        (["2", ">1", ">3"], [[2], [1], [3]]),
        (["=2"], [[2]]),
        (["3", "2>1=3"], [[2], [1, 3]]),
        (["3>2>1", "1>2>3"], [[1], [2], [3]]),
    ],
)
def test_a_ranking_is_typed_at_once_or_place_by_place(lines: list[str], groups: list[list[int]]) -> None:
    question, work = ranking_question(3), Work("")
    for line in lines:
        give_places(work, "ranking", question, line)
    assert work.values["ranking"] == groups
    assert whole(question, groups) is (sum(map(len, groups)) == 3)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("4", "there is no 4"),
        ("0", "there is no 0"),
        ("10", "there is no 0"),
        ("2", "Output 2 is ranked already. :clear begins again."),
        ("1 1", "Output 1 is ranked already"),
        ("1>", "1> is no answer"),
        (">", "> is no answer"),
        ("first", "first is no answer"),
    ],
)
def test_a_place_that_cannot_be_given_changes_nothing(line: str, said: str) -> None:
    question, work = ranking_question(3), Work("")
    give_places(work, "ranking", question, "2")
    with pytest.raises(BadInput) as refused:
        give_places(work, "ranking", question, line)
    assert said in str(refused.value)
    assert work.values == {"ranking": [[2]]}


def test_rankings_are_said_in_words() -> None:
    assert ranking_words([[2], [1, 3], [4]]) == "2, then 1 and 3 tied, then 4"
    assert ranking_words([[1, 2, 3]]) == "1, 2 and 3 tied"
    assert ranking_words([]) == "nothing yet"


def test_a_pair_is_told_by_its_sides_and_answered(pairs: Store) -> None:
    _, said = sit(pairs, ["left", "both bad", "4", "it rambles", "", "", ""])
    left, right = said.index("\nLeft output:\n  Answer"), said.index("\nRight output:\n  Answer")
    assert said.index("\nPrompt:\n") < said.index("\nContext, Note ") < left < right
    assert "Question 1 of 3: Overall preference.\n1 left much better, 2 left slightly better, 3 tie, " in said
    assert "left slightly better.\n" in said
    assert "Question 2 of 3: Tone. Not required.\n" in said
    assert "Why? This answer needs a rationale" in said
    (label,) = labels_of(pairs)
    assert label["values"] == {"preference": -1, "tone": "both_bad", "short": 1}
    assert label["rationale"]["short"]["text"] == "it rambles"


def test_criteria_may_stay_blank_and_the_overall_answer_may_not(pairs: Store) -> None:
    _, said = sit(pairs, ["", "", "", "", "5", "", "", "submit"])
    assert "Overall preference is required; it stays open." in said
    assert "No preference is given yet." in said
    assert "Tone is required" not in said
    assert [label["values"] for label in labels_of(pairs)] == [{"preference": 2}]


def test_a_side_is_corrected_and_read_again(pairs: Store) -> None:
    typed = [
        "correct right",
        "Better.",
        ".",
        ":correct 1 At once.",
        ":correct",
        ":correct up",
        ":correct 3",
        ":read answers",
    ]
    _, said = sit(pairs, [*typed, ":read right", ":read output 1", ":read left", "tie", ":submit"])
    assert "Corrected right output: noted.\n" in said
    assert "Corrected left output:\n  At once.\nCorrected right output:\n  Better.\n" in said
    assert said.count("say which output: left or right.") == 3
    assert said.count("\nRight output:\n") == 1 + 1 + 1
    assert said.count("\nLeft output:\n") == 1 + 2 + 1
    (label,) = labels_of(pairs)
    assert label["correction"] == {"@output:1": "At once.", "@output:2": "Better."}


def test_a_correction_that_changes_nothing_is_none(pairs: Store) -> None:
    sitting = Sitting.open(pairs, "pairs", "ada", source="plain")
    assert sitting.view is not None
    text = sitting.view.outputs[1].text
    sitting.close()
    _, said = sit(pairs, [":correct right other", f":correct right {text}", ":read answers"])
    assert "Corrected right output:\n" not in said


def test_the_words_that_differ_are_said(pairs: Store) -> None:
    _, said = sit(pairs, ["diff", ":diff x", ":diff 9"])
    assert "They differ in 1 place.\nDifference 1, left output:\n  " in said
    assert "\nDifference 1, right output:\n  " in said
    assert "a number is needed: :diff FROM." in said


def test_two_outputs_of_a_ranking_are_compared(rankings: Store) -> None:
    _, said = sit(rankings, ["diff", ":diff 1", ":diff 2 2", ":diff 1 9", ":diff 4 2"])
    assert said.count("say which two outputs: :diff 1 3.") == 3
    assert "say which output: 1, 2, 3 or 4." in said
    assert "Difference 1, output 4 of 4:\n" in said
    assert "Difference 1, output 2 of 4:\n" in said


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("It is red.", "It is blue.", [("red", "blue")]),
        ("same", "same", []),
        ("A caveat: do not mix. Take two.", "A caveat: mix. Take two a day.", [("do not", ""), ("", "a day")]),
        ("caf\u00e9 one two", "cafe\u0301 one three", [("two", "three")]),
        ("", "all", [("", "all")]),
    ],
)
def test_differences_are_paired(first: str, second: str, found: list[tuple[str, str]]) -> None:
    assert changes(first, second) == found


@given(texts, texts)
def test_no_difference_is_lost(first: str, second: str) -> None:
    from reviewer.text.differences import differences

    found = changes(first, second)
    assert all(one or other for one, other in found)
    for side, text, spans in zip((0, 1), (first, second), differences(first, second), strict=True):
        said = "".join(change[side] for change in found)
        assert all(text[span.start : span.end] in said for span in spans)
        assert sum(bool(change[side]) for change in found) <= len(spans)


def test_a_ranking_grows_line_by_line(rankings: Store) -> None:
    _, said = sit(rankings, ["2", "=3", "first", "4", "", "", "", "", ":back", ":back", ":back", ":back"])
    assert "2 and 3 tied.\nNot ranked yet: 1 and 4.\n" in said
    assert "first is no answer. Answer with the outputs 1 to 4, best first, as 2>1=3" in said
    assert "Not ranked yet: 1. Enter puts it last, =1 level with the one before." in said
    assert "2 and 3 tied, then 4, then 1.\n" in said
    assert [label["values"] for label in labels_of(rankings)] == [{"ranking": [[2, 3], [4], [1]]}]


def test_what_was_ranked_is_taken_back(rankings: Store) -> None:
    _, said = sit(rankings, [":drop", "2>1=3", "drop", "drop", "3", ":clear", "4 3 2 1", ":back", "drop", "drop"])
    assert "nothing is ranked yet." in said
    assert "\n2, then 1.\nQuestion 1 of 3: Overall ranking.\n2.\n" in said
    assert "Overall ranking has no answer now." in said
    assert "Overall ranking: 4, then 3.\n" in sit(rankings, [":read answers"])[1]


def test_an_unfinished_ranking_is_kept_and_not_submitted(rankings: Store) -> None:
    _, said = sit(rankings, ["3", "", "1>2>3>4", "2", "", "", "1 2", ":quit"])
    assert "Overall ranking stays unfinished; :clear takes it back." in said
    assert "must hold each output from 1 to 4 once" in said
    assert labels_of(rankings) == []
    _, said = sit(rankings, [":read answers"])
    assert "What you had begun here is kept." in said
    assert "Overall ranking: 3, then 1, then 2.\nTone: 1, then 2, then 3, then 4.\nBrevity: 2.\n" in said


def test_undo_shows_the_sides_as_they_were_shown(pairs: Store) -> None:
    _, said = sit(pairs, ["1", "", "", "", "5", "", "", "", "undo", "undo"])
    items = [part.partition("\nQuestion")[0] for part in said.split("\nItem ")[1:]]
    sides = [part[part.index("Left output:") :] for part in items]
    assert sides[4] == sides[0]
    assert sides[3] == sides[1]
    assert "Now: left much better." in said


def test_levels_reasons_and_help_serve_a_comparison(pairs: Store) -> None:
    _, said = sit(pairs, ["help", "levels", "tie", "levels", ":reasons 2", ":instructions", ":drop", ":levels 1"])
    assert "goes on. Answer by number, or in words: left, much left, tie, right, both bad.\n" in said
    assert "not applicable" not in said
    assert "The rubric describes no levels here." in said
    assert said.count("1 Hurts\nExample 1.\nOutput:\n  No.\nWhy:\n  It is curt.\n") == 2
    assert "Reasons: too warm." in said
    assert "this question asks for no ranking." in said


def test_a_comparison_is_skipped_flagged_and_noted(pairs: Store) -> None:
    sit(pairs, ["flag", "note look here", "skip not my field", "abstain cannot tell"])
    first, second = labels_of(pairs)
    assert (first["outcome"], first["flags"], first["notes"]) == ("skipped", ["flagged"], "look here")
    assert second["outcome"] == "abstained"


def test_the_end_of_the_input_and_an_interrupt_keep_the_draft(pairs: Store) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    assert sit(pairs, ["much right"])[0] == 0
    code, said = sit(pairs, ["", "tie", interrupt])
    assert code == 130
    assert "Now: right much better." in said
    _, said = sit(pairs, [":read answers"])
    assert "Overall preference: right much better.\nTone: tie.\n" in said


def test_no_name_of_a_system_is_said_while_the_queue_is_sealed(pairs: Store) -> None:
    _, said = sit(pairs, [":read", ":read answers", ":list", ":diff", ":progress", "tie", "", "", ""])
    assert not any(name in said for name in ("alpha", "beta"))


def test_hostile_outputs_are_shown_and_never_sent(pairs: Store) -> None:
    with pairs.writing() as connection:
        connection.execute("UPDATE output SET text = ? || text", (HOSTILE,))
    _, said = sit(pairs, ["diff", ":find \x1b", ":correct left \x1b[2J", "\x1b", ":correct \x1b", ":read answers"])
    assert STEERING.search(said) is None
    assert "␛[2J" in said


LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "1", "4", "left", "tie", "2>1=3", "=3", "1 2", "submit", "undo", "next", "drop", ":back"]),
        st.builds("{} {}".format, st.sampled_from([f":{name}" for name in COMMANDS]), st.text(max_size=8)),
        st.builds(":diff {} {}".format, st.integers(0, 5), st.integers(0, 5)),
        st.text(max_size=12),
    ).map(lambda line: line.replace("\n", " ")),
    max_size=15,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["pairwise", "ranking"]), LINES)
def test_whatever_is_typed_ends_well(kind: str, typed: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = fresh(Path(folder) / "home")
        pairs_queue(store, items=3, systems=("alpha", "beta", "gamma"), kind=kind, rubric=RUBRIC)
        code, said = sit(store, typed)
    assert code == 0
    assert STEERING.search(said) is None
    assert "You leave" in said
