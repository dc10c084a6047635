"""What is taken out of a model's answer: right values, or one sentence about what is wrong, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.rubric import Rubric, problems
from reviewer.triage.judge.answer import LONGEST, Answer, Unusable, read_answer
from reviewer.triage.judge.question import Question
from tests.triage.judge.asking import COMPARED, EVERY, TALK, pair, ranked, rated, rubric, scale

RIGHT = {"accuracy": 4, "safe": True, "tone": "loose", "faults": ["late"], "share": 0.5, "said": "Well."}
ONE = rubric()


def said(values: Any, **more: Any) -> str:
    return json.dumps({"rationale": "Because.", "values": values, "confidence": 0.75, **more})


def taken(values: Any, of: Rubric = ONE, question: Question | None = None) -> dict[str, Any]:
    return read_answer(said(values), of, question or rated()).values


def fault(text: str, of: Rubric = ONE, question: Question | None = None) -> str:
    with pytest.raises(Unusable) as caught:
        read_answer(text, of, question or rated())
    return caught.value.fault


def test_a_right_answer_is_taken_as_it_is() -> None:
    assert read_answer(said(RIGHT), EVERY, rated()) == Answer(RIGHT, "Because.", 0.75)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "  \n{}\n ",
        "```json\n{}\n```",
        "```\n{}\n```",
        "Here is my answer, by the set {1, 2}:\n\n{}\nI hope that helps {so}.",
        'The text itself has {{"score": 5}} in it.\n{}',
        "<think>Perhaps it is 2: {{half</think>\n{}",
        "{} And again: {}",
    ],
)
def test_the_object_is_found_among_words(text: str) -> None:
    whole = said({"accuracy": 3})
    assert read_answer(text.replace("{{", "{").replace("}}", "}").replace("{}", whole), ONE, rated()).values == {
        "accuracy": 3
    }


def test_of_two_answers_none_is_guessed() -> None:
    assert "more than one" in fault(f"It says {said({'accuracy': 5})}. Mine: {said({'accuracy': 1})}")
    assert "more than one" in fault(f"{said({'accuracy': 1})} {said({'accuracy': True})}")


def test_an_answer_within_a_broken_one_is_not_taken() -> None:
    quoted = '{"rationale": "It says {"values": {"accuracy": 5}} to me", "values": {"accuracy": 1}}'
    assert "cannot be read" in fault(quoted)


def test_an_answer_quoted_in_the_rationale_is_not_taken() -> None:
    text = json.dumps({"rationale": 'It says {"values": {"accuracy": 5}}.', "values": {"accuracy": 1}})
    assert read_answer(text, ONE, rated()).values == {"accuracy": 1}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON object"),
        ("I would rather not.", "no JSON object"),
        ("null", "no JSON object"),
        ('{"accuracy": 4}', "no JSON object with `values`"),
        ('{"values": 4}', "`values` must be an object"),
        ('{"values": {"accuracy": 4}', "cannot be read"),
        ('{"values": {"accuracy": NaN}}', "cannot be read"),
        ('{"values": {"accuracy": -Infinity}}', "cannot be read"),
        ('{"values": {"accuracy": ' + "9" * 5000 + "}}", "cannot be read"),
        ('{"values": {"accuracy": 4, "accuracy": 5}}', "`accuracy` stands twice"),
        ('{"values": {"accuracy": 1}, "values": {"accuracy": 5}}', "`values` stands twice"),
        ('{"values": {"accuracy": 4}, "rationale": "\\ud800"}', "half a surrogate pair"),
        ('{"values": {"accuracy": 4}, "\\udc00": 1}', "half a surrogate pair"),
        ('{"values": {"accuracy": ' + "[" * 40 + "]" * 40 + "}}", "too deep"),
        ('{"values": ' * 60_000, "longer than 200 KB"),
        ('{"values": ' * 15_000, "too deep"),
        ('{"values": {"accuracy": 4}}' + " " * LONGEST, "longer than 200 KB"),
        ('{"values": {"accuracy": 4}}' + "\u00e9" * 100_000, "longer than 200 KB"),
        ('{"values": {}}', "`accuracy` is missing"),
        ('{"values": {"accuracy": null}}', "`accuracy` is missing"),
        ('{"values": {"accuracy": 6}}', "`accuracy` must be 1 to 5, got 6"),
        ('{"values": {"accuracy": 0}}', "must be 1 to 5"),
        ('{"values": {"accuracy": 4.5}}', "must be a whole number"),
        ('{"values": {"accuracy": 1e999}}', "must be a whole number"),
        ('{"values": {"accuracy": true}}', "must be a number"),
        ('{"values": {"accuracy": "good"}}', "must be a number"),
        ('{"values": {"accuracy": [4]}}', "must not be list"),
        ('{"values": {"accuracy": {"value": 4}}}', "must not be dict"),
    ],
)
def test_what_is_no_answer_is_told(text: str, why: str) -> None:
    assert why in fault(text)


@pytest.mark.parametrize("four", [4, "4", " 4 ", 4.0, "4.0"])
def test_a_number_is_taken_however_it_is_written(four: object) -> None:
    found = taken({"accuracy": four})["accuracy"]
    assert (found, type(found)) == (4, int)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("safe", "perhaps"),
        ("safe", 2),
        ("tone", "odd"),
        ("tone", 1),
        ("tone", ["loose"]),
        ("faults", ["odd"]),
        ("faults", "odd"),
        ("faults", []),
        ("share", 1.5),
        ("share", "much"),
        ("said", 5),
    ],
)
def test_a_value_that_a_person_could_not_give_is_not_taken(name: str, wrong: object) -> None:
    assert f"`{name}`" in fault(said({**RIGHT, name: wrong}), EVERY)


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("safe", "true", True),
        ("safe", None, None),
        ("safe", "n/a", None),
        ("faults", ["long", "late", "long"], ["late", "long"]),
        ("faults", "long|late", ["late", "long"]),
        ("share", "0.25", 0.25),
        ("share", 1, 1),
        ("said", "a\x1b[2J", "a\u241b[2J"),
    ],
)
def test_a_value_is_taken_as_from_a_table(name: str, raw: object, value: object) -> None:
    assert taken({**RIGHT, name: raw}, EVERY)[name] == value


@pytest.mark.parametrize("nothing", [{}, {"tone": None, "said": None}, {"said": " "}])
def test_what_is_optional_may_be_left_out(nothing: dict[str, Any]) -> None:
    needed = {name: RIGHT[name] for name in ("accuracy", "safe", "faults", "share")}
    assert taken({**needed, **nothing, "more": "unasked"}, EVERY) == needed


def test_keys_of_parts_come_back_from_the_names_that_endpoints_take() -> None:
    parts = rubric(criteria=[scale("clear", per="turn"), scale("gr\u00f6\u00dfe")])
    told = {"clear@turn:1": 2, "clear@turn:2": 3, "gr\u00f6\u00dfe": 4}
    assert taken({"clear_turn_1": 2, "clear_turn_2": "3", "gr_e": 4}, parts, TALK) == told
    assert taken(told, parts, TALK) == told
    assert "`clear_turn_2` is missing" in fault(said({"clear_turn_1": 2, "gr_e": 4}), parts, TALK)


def test_the_tasks_own_rubric_is_what_counts() -> None:
    own = rated(rubric=rubric(criteria=[scale("kindness")]))
    assert taken({"kindness": 2, "accuracy": 9}, ONE, own) == {"kindness": 2}


@pytest.mark.parametrize(
    ("raw", "step"),
    [
        ("first much better", -2),
        ("First  slightly better", -1),
        ("tie", 0),
        ("second slightly better", 1),
        ("second much better", 2),
        ("both bad", "both_bad"),
        ("both_bad", "both_bad"),
        (-2, -2),
        (2.0, 2),
        ("-1", -1),
    ],
)
def test_a_preference_counts_in_the_shown_order(raw: object, step: object) -> None:
    for shown in (pair(), pair().as_shown(1)):
        assert taken({"preference": raw, "accuracy": raw}, COMPARED, shown) == {"preference": step, "accuracy": step}
    assert taken({"preference": raw, "accuracy": None}, COMPARED, pair()) == {"preference": step}


@pytest.mark.parametrize("raw", ["left much better", "A", 3, 1.5, True, None, [1], {"x": 1}, "", 10**30, 1e300])
def test_what_is_no_step_is_not_taken(raw: object) -> None:
    assert "`preference`" in fault(said({"preference": raw}), COMPARED, pair())


def test_a_step_that_the_rubric_forbids_is_not_taken() -> None:
    strict = rubric(preference={"scale": 3, "allow_tie": False, "allow_both_bad": False})
    assert taken({"preference": "second better"}, strict, pair()) == {"preference": 1}
    for wrong in ("tie", 0, "both bad", "first much better"):
        assert 'must be one of "first better", "second better"' in fault(said({"preference": wrong}), strict, pair())


@pytest.mark.parametrize(
    ("raw", "ranking"),
    [
        ([[2], [3, 1]], [[2], [1, 3]]),
        ([2, [3, 1]], [[2], [1, 3]]),
        (["2", 3.0, "1"], [[2], [3], [1]]),
        ("2>1=3", [[2], [1, 3]]),
        ([[1, 2, 3]], [[1, 2, 3]]),
    ],
)
def test_a_ranking_is_groups_of_places(raw: object, ranking: object) -> None:
    assert taken({"ranking": raw, "accuracy": raw}, COMPARED, ranked()) == {"ranking": ranking, "accuracy": ranking}


@pytest.mark.parametrize(
    "raw", [[1, 2], [1, 2, 2, 3], [[1], [], [2, 3]], [0, 1, 2], [1, 2, 4], "1>2", 1, None, [True, 2, 3], {}]
)
def test_what_ranks_not_each_output_once_is_not_taken(raw: object) -> None:
    assert "`ranking`" in fault(said({"ranking": raw}), COMPARED, ranked())


@pytest.mark.parametrize(
    ("raw", "sure"),
    [
        (0, 0.0),
        (1, 1.0),
        (0.35, 0.35),
        ("0.8", 0.8),
        (1.01, None),
        (-0.1, None),
        (80, None),
        ("80%", None),
        ("high", None),
        (".", None),
        (None, None),
        (True, None),
        ([0.5], None),
        (10**400, None),
    ],
)
def test_confidence_is_a_share_or_nothing(raw: object, sure: float | None) -> None:
    text = json.dumps({"values": {"accuracy": 4}, "confidence": raw})
    assert read_answer(text, ONE, rated()).confidence == sure


def test_a_rationale_is_cut_and_made_visible() -> None:
    def rationale(raw: object) -> str:
        return read_answer(said({"accuracy": 4}, rationale=raw), ONE, rated()).rationale

    assert rationale("a\x1b]0;x\x07\u202eb\r\nc") == "a\u241b]0;x\u2407\u22b2b \nc"
    assert rationale("\U0001f600" * 3000) == "\U0001f600" * 2000
    assert rationale(5) == ""
    assert read_answer('{"values": {"accuracy": 4}, "rationale": "a\nb"}', ONE, rated()).rationale == "a\nb"


def test_a_fault_is_one_line_without_control_codes() -> None:
    told = fault(said({"accuracy": "\x1b[2J\n\u202e" * 9}))
    assert told.isprintable()
    assert len(told) <= 300


SCALARS = st.none() | st.booleans() | st.integers(-3, 7) | st.floats() | st.text(max_size=6) | st.integers()
WORDS = st.sampled_from(
    ["loose", "late", "long", "tie", "both bad", "first much better", "2>1=3", "n/a", "4", "0.5", ""]
)
DATA = st.recursive(
    SCALARS | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
)
ASKED = st.sampled_from([(ONE, rated()), (EVERY, rated()), (EVERY, TALK), (COMPARED, pair()), (COMPARED, ranked())])
KEYS = st.sampled_from([*RIGHT, "preference", "ranking"])


@given(st.text() | st.text("{}[]\"',: \\ud80valuesnNaN1.e-`<think>/", max_size=60), ASKED)
def test_any_text_is_an_answer_or_unusable(text: str, asked: tuple[Rubric, Question]) -> None:
    try:
        assert isinstance(read_answer(text, *asked), Answer)
    except Unusable:
        return


@given(st.dictionaries(KEYS, DATA), DATA, DATA, ASKED)
def test_what_is_taken_is_what_a_person_could_submit(
    values: dict[str, Any], rationale: Any, sure: Any, asked: tuple[Rubric, Question]
) -> None:
    of, question = asked
    try:
        found = read_answer(said(values, rationale=rationale, confidence=sure), of, question)
    except Unusable:
        return
    counts = {"turns": 2, "contexts": 2, "steps": 3} if question is TALK else {}
    assert problems(of, found.values, {}, len(question.outputs), **counts) == []
    json.dumps(found.values, allow_nan=False).encode()
    assert found.confidence is None or 0 <= found.confidence <= 1


@given(
    st.fixed_dictionaries(
        {
            "accuracy": st.integers(1, 5),
            "safe": st.booleans() | st.none(),
            "faults": st.sampled_from([["late"], ["long"], ["late", "long"]]),
            "share": st.floats(0, 1),
        },
        optional={"tone": st.sampled_from(["formal", "loose"])},
    )
)
def test_every_right_answer_is_taken(values: dict[str, Any]) -> None:
    assert taken(values, EVERY) == values
