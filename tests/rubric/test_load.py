from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.rubric import BadRubric, Rubric, check_rubric, load_rubric, parse_rubric, rubric_from_data
from reviewer.rubric.stored import stored_rubric

SAMPLES = Path(__file__).parents[2] / "sample_data"
HEAD = "name: x\ncriteria:\n"


def complaints(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in check_rubric(text, "r.yaml").problems]


def one(criterion: str) -> str:
    """The only complaint about the rubric that holds this criterion, which stands on line 3."""
    ((line, message),) = complaints(HEAD + f"  - {{{criterion}}}\n")
    assert line == 3
    return message


def test_only_true_and_false_are_booleans() -> None:
    words = "no, yes, on, off, True, NO, y, 2026-01-01, 1_000, 0x10, 012, 1:30, .nan, Null"
    rubric = parse_rubric(HEAD + f"  - {{id: q, type: choice, options: [{words}]}}\n")
    assert [option.value for option in rubric.criteria[0].options] == words.split(", ")


def test_true_as_an_option_must_be_quoted() -> None:
    first, second = complaints(HEAD + "  - {id: q, type: choice, options: [true, false]}\n")
    assert first == (3, "criterion 'q': option 1, value must be text, got true; put it in quotes")
    assert second == (3, "criterion 'q': option 2, value must be text, got false; put it in quotes")
    rubric = parse_rubric(HEAD + "  - {id: q, type: choice, options: ['true', 'false']}\n")
    assert [option.value for option in rubric.criteria[0].options] == ["true", "false"]


def test_a_byte_order_mark_and_windows_lines_are_no_trouble(tmp_path: Path, kyc: Rubric, kyc_text: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + kyc_text.replace("\n", "\r\n").encode())
    assert load_rubric(file).content_hash == kyc.content_hash


def test_json_is_a_rubric_too() -> None:
    rubric = parse_rubric('{"name": "x", "criteria": [{"id": "q", "type": "scale", "min": 1, "max": 5}]}')
    assert rubric.criteria[0].max == 5


def test_anchors_save_writing() -> None:
    rubric = parse_rubric(
        HEAD + "  - {id: a, type: boolean, reasons: &r [x, y]}\n  - {id: b, type: boolean, reasons: *r}\n"
    )
    assert rubric.criteria[1].reasons == ("x", "y")


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        ("id: q, type: scale, min: 1, max: 5, weight: -1", "criterion 'q': weight must be > 0, got -1"),
        ("id: q, type: scale, min: 1, max: 5, weight: 0", "weight must be > 0, got 0"),
        ("id: q, type: scale, min: 5, max: 5", "min must be below max, got 5 and 5"),
        ("id: q, type: scale, min: 1", "max is missing; a scale needs both min and max"),
        ("id: q, type: scale, min: 0.5, max: 3", "min must be a whole number on a scale"),
        ("id: q, type: scale, min: '1', max: 3", "min must be a number, got '1'"),
        ("id: q, type: scale, min: 1, max: 5, levels: {6: x}", "level 6 is outside the scale 1 to 5"),
        ("id: q, type: scale, min: 1, max: 5, levels: {01: x}", "level 01 is outside the scale 1 to 5"),
        ("id: q, type: boolean, levels: {yes: x}", "level yes is no answer of a boolean"),
        ("id: q, type: choice, options: [a, b], levels: {c: x}", "level c is not the value of any option"),
        ("id: q, type: text, levels: {1: x}", "a text has no levels"),
        ("id: q, type: boolean, min: 1", "min is for scale and number, not for boolean"),
        ("id: q, type: choice", "options needs at least 2 for a choice"),
        ("id: q, type: multi", "options needs at least 1 for a multi"),
        ("id: q, type: choice, options: [a, b, a]", "option 3, value stands twice: 'a'"),
        ("id: q, type: choice, options: [a|b, c]", "option 1, value must not hold '|'"),
        ("id: q, type: choice, options: [n/a, c]", "option 1, value must not be n/a"),
        ("id: q, type: choice, options: [{value: a, score: 1}, b]", "options must all have a score, or none"),
        ("id: q, type: text, options: [a, b]", "options is for choice and multi, not for text"),
        ("id: q, type: scale, min: 1, max: 5, points: 3", "points is for boolean, not for scale"),
        ("id: q, type: boolean, points: 0", "points must not be 0"),
        ("id: q, type: boolean, points: 2, direction: lower", "points must not stand beside direction: lower"),
        ("id: preference, type: boolean", "id is a reserved word"),
        ("id: label, type: boolean", "id is a reserved word"),
        ("id: 'a@b', type: boolean", "id must not hold '@'"),
        ("id: 'a:b', type: boolean", "id must not hold ':'"),
        ("id: 'a|b', type: boolean", "id must not hold '|'"),
        ("id: a b, type: boolean", "id must not hold ' '"),
        ("id: '', type: boolean", "id must not be empty"),
        ("type: boolean", "criterion number 1: id is missing; give it a short word"),
        ("id: q", "criterion 'q': type is missing; add one of scale"),
        ("id: q, type: skale", "type must be one of scale, boolean"),
        ("id: q, type: skale", "did you mean 'scale'?"),
        ("id: q, type: boolean, per: turns", "per must be one of output, turn, context, step, got 'turns'; did you"),
        ("id: q, type: boolean, direction: up", "direction must be one of higher, lower, none, got 'up'"),
        ("id: q, type: boolean, wieght: 2", "criterion 'q': unknown key 'wieght'; did you mean 'weight'?"),
        ("id: q, type: boolean, zzz: 2", "unknown key 'zzz'; known are id, label"),
        ("id: q, type: boolean, required: yes", "required must be true or false, got 'yes'"),
        ("id: q, type: boolean, label: 1.5", "label must be text, got 1.5; put it in quotes"),
        ("id: q, type: boolean, reasons: slow", "reasons must be a list, got 'slow'"),
        ("id: q, type: boolean, reasons: [a, b, a]", "reason 3 stands twice: 'a'"),
        ("id: q, type: boolean, levels: [a]", "levels must be a mapping, got a list"),
        ("id: q, type: boolean, rationale: maybe", "rationale.rule must be one of never, optional, required"),
        ("id: q, type: boolean, rationale: {required_under: 3}", "rationale: unknown key 'required_under'"),
        ("id: q, type: boolean, rationale: {required_below: 3}", "rationale.required_below is for scale and"),
        ("id: q, type: boolean, rationale: {required_on: [no]}", "is no answer of this boolean, got 'no'"),
        ("id: q, type: scale, min: 1, max: 5, rationale: {required_below: 1}", "1 never holds on 1 to 5"),
        ("id: q, type: scale, min: 1, max: 5, rationale: {required_above: 0}", "0 always holds on 1 to 5"),
        ("id: q, type: scale, min: 1, max: 5, rationale: {required_on: [6]}", "is no answer of this scale"),
        ("id: q, type: boolean, levels: {true: {examples: [{output: a}]}}", "level true, example 1, why is missing"),
        ("id: q, type: boolean, levels: {true: {examples: [{output: '', why: b}]}}", "output must not be empty"),
    ],
)
def test_what_a_criterion_may_not_be(criterion: str, said: str) -> None:
    assert said in one(criterion)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the rubric is empty; begin with name: and criteria:"),
        ("- a", 1, "the rubric must be a mapping, got a list"),
        ("name: x\n", 1, "criteria must not be empty; add a criterion, or a preference"),
        ("name: x\ncriteria: []\n", 2, "criteria must not be empty"),
        ("criteria:\n- {id: q, type: text}", 1, "name is missing"),
        ("name: x\ncriteria: q", 2, "criteria must be a list, got 'q'"),
        ("name: x\ncriteria:\n- q", 3, "criterion number 1 must be a mapping, got 'q'"),
        ("name: x\npreference:\n  scale: 4", 3, "preference.scale must be one of 5, 3, 2, got 4"),
        ("name: x\npreference:\n  scale: 2\n  allow_tie: true", 4, "has no place on a scale of 2"),
        ("name: x\npreference: {}\ncomposite: median", 3, "composite must be one of weighted_mean, min, points"),
        ("name: x\npreference: {}\ncomposite: points", 3, "is points, but no criterion has points"),
        ("name: x\npreference: {}\nname: y", 3, "the key 'name' stands twice, first on line 1"),
        ("name: x\npreference: {}\ncriterai: []", 3, "rubric: unknown key 'criterai'; did you mean 'criteria'?"),
        ("name: !!python/name:os.system\npreference: {}", 1, "has no meaning in a rubric"),
        (HEAD + "- {id: q, type: text}\n- {id: r, type: text}\n- {id: q, type: text}", 5, "is taken already"),
    ],
)
def test_what_a_rubric_may_not_be(text: str, line: int, said: str) -> None:
    found = complaints(text)
    assert (line, True) in [(at, said in message) for at, message in found], found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name: x\ncriteria: [", 2),
        ("name: x\n\tcriteria: []", 2),
        ("name: x\ninstructions: a\x07b", 2),
        ("name: *x", 1),
        ("a: &x [*x]", 1),
        ("name: x\n---\nname: y", 2),
        ("? {a: b}\n: c", 1),
        ("a: " + "{b: " * 10_000, 1),
    ],
    ids=["open", "tab", "bell", "no anchor", "itself", "two", "key", "deep"],
)
def test_what_is_no_yaml_for_us(text: str, line: int) -> None:
    checked = check_rubric(text)
    assert not checked.readable
    assert [problem.line for problem in checked.problems] == [line]


def test_aliases_are_counted_at_the_size_that_they_stand_for() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    )
    checked = check_rubric(bomb)
    assert not checked.readable
    assert "aliases counted in full" in checked.problems[0].message


def test_every_complaint_is_told_at_once() -> None:
    text = """\
name: x
criteria:
  - id: a
    type: scale
    min: 5
    max: 1
    points: 2
  - id: b
    type: choice
    weight: -1
    requierd: true
    levels:
      1: {examples: [{output: x}]}
  - {id: a, type: boolean}
composite: mean
"""
    with pytest.raises(BadRubric) as caught:
        parse_rubric(text, "r.yaml")
    assert [problem.line for problem in caught.value.problems] == [5, 7, 8, 10, 11, 13, 14, 15]
    told = str(caught.value).splitlines()
    assert told[0] == "r.yaml:5: criterion 'a': min must be below max, got 5 and 1"
    assert told[3] == "r.yaml:10: criterion 'b': weight must be > 0, got -1"
    assert told[-1].startswith("r.yaml:15: composite must be one of")
    assert caught.value.exit_code == 3


def test_no_complaint_follows_from_another() -> None:
    assert len(complaints("name: x\npreference: {scale: 9}")) == 1
    assert len(complaints("name: x\ncriteria: 3")) == 1
    assert len(complaints(HEAD + "- {id: q, type: skale, min: 1}\ncomposite: points")) == 1
    assert len(complaints(HEAD + "- {id: q, type: choice, options: 3, levels: {a: b}}")) == 1


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("name: x".encode("utf-16"), "is not UTF-8"),
        (b"name: x\nhelp: \xff", "2: is not UTF-8"),
        (b"#" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
    ids=["utf-16", "bad bytes", "huge"],
)
def test_files_that_cannot_be_read(tmp_path: Path, raw: bytes, said: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_bytes(raw)
    with pytest.raises(BadInput, match=said):
        load_rubric(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_rubric(tmp_path / "nowhere.yaml")


def test_notes_ask_for_examples_and_are_no_problem(kyc_text: str) -> None:
    checked = check_rubric(kyc_text)
    assert checked.taken().name == "kyc-summary"
    said = [note.message for note in checked.notes]
    assert "criterion 'groundedness': level 5 has no annotated example" in said[0]
    assert "criterion 'groundedness': levels leave out 2, 3, 4" in said[1]
    assert not any("level 1 " in message for message in said)
    assert any(message.startswith("criterion 'tone': levels have no annotated examples") for message in said)


def test_a_rubric_of_one_item_as_healthbench_has_it() -> None:
    rubric = rubric_from_data(
        {
            "name": "item",
            "criteria": [
                {"id": "c1", "type": "boolean", "label": "Says to seek help", "points": 7},
                {"id": "c2", "type": "boolean", "label": "Invents a dose", "points": -5},
            ],
            "composite": "points",
        },
        "item q1",
    )
    assert [criterion.points for criterion in rubric.criteria] == [7, -5]
    with pytest.raises(BadRubric, match=r"^item q1: criterion 'c1': points"):
        rubric_from_data({"name": "item", "criteria": [{"id": "c1", "type": "text", "points": 7}]}, "item q1")


@given(
    st.integers(0, 1500),
    st.integers(0, 30),
    st.text(max_size=5) | st.sampled_from(["\n", "- ", ": ", "&a ", "*a", "{", "[", '"', "|", "!!int ", "? ", "1"]),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_rubric_or_a_complaint(kyc_text: str, start: int, cut: int, put: str) -> None:
    for text in (put, kyc_text[:start] + put + kyc_text[start + cut :]):
        checked = check_rubric(text)
        assert (checked.rubric is None) == bool(checked.problems)
        assert all(1 <= problem.line <= text.count("\n") + text.count("\r") + 2 for problem in checked.problems)


def test_the_yaml_reader_in_python_reads_the_same(kyc: Rubric, kyc_text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert parse_rubric(kyc_text).content_hash == kyc.content_hash
    assert check_rubric('name: "\\ud800"\npreference: {}').problems[0].line == 1
    assert not check_rubric("[" * 10_000).readable


KEYS = st.sampled_from(
    [
        "name",
        "criteria",
        "id",
        "type",
        "min",
        "max",
        "options",
        "levels",
        "rationale",
        "required_on",
        "required_below",
        "reasons",
        "points",
        "weight",
        "preference",
        "scale",
        "value",
        "label",
        "score",
        "examples",
        "output",
        "why",
        "composite",
        "direction",
        "1",
        "true",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers().map(lambda number: 10**5000 + number)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["scale", "boolean", "choice", "multi", "number", "text", "points", "\ud800", "q"])
)
JSONISH = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=20
)
CRITERIA = st.lists(
    st.fixed_dictionaries(
        {"id": st.text(max_size=3), "type": st.sampled_from(["scale", "choice", "boolean", "multi", "number"])},
        optional=dict.fromkeys(("min", "max", "options", "levels", "rationale", "points", "reasons"), JSONISH),
    ),
    max_size=3,
)


@given(JSONISH | st.fixed_dictionaries({"name": st.text(max_size=3), "criteria": CRITERIA}))
@settings(max_examples=150, deadline=None)
def test_any_data_is_a_rubric_or_a_complaint(data: Any) -> None:
    try:
        rubric = rubric_from_data(data)
    except BadRubric as error:
        told = [problem.message.encode() for problem in error.problems]
    else:
        told = []
        assert Rubric.from_document(rubric.document()) == rubric
        assert stored_rubric(orjson.loads(orjson.dumps(rubric.document()))) == rubric
        assert rubric.content_hash == rubric_from_data(rubric.document()).content_hash
    assert all(told)


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*/rubric.yaml")), ids=lambda path: path.parent.name)
def test_a_stored_rubric_is_the_one_that_was_checked(sample: Path) -> None:
    rubric = load_rubric(sample)
    again = stored_rubric(orjson.loads(orjson.dumps(rubric.document())))
    assert again == rubric
    assert again.content_hash == rubric.content_hash
    assert again.document() == rubric.document()
