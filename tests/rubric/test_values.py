from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import BadInput
from reviewer.rubric import Criterion, Value, format_value, parse_value, value_fault

SCALE = Criterion(id="s", type="scale", min=-2, max=10)
STRICT = Criterion(id="s", type="scale", min=1, max=5, allow_na=True)
BOOLEAN = Criterion(id="b", type="boolean")
CHOICE = Criterion.model_validate({"id": "c", "type": "choice", "options": ["no", "yes", "1"]})
MULTI = Criterion.model_validate({"id": "m", "type": "multi", "options": ["x", "y", "z"]})
NUMBER = Criterion(id="n", type="number", min=0)
FREE = Criterion(id="n", type="number")
TEXT = Criterion(id="t", type="text")


@pytest.mark.parametrize(
    ("criterion", "raw", "value"),
    [
        (SCALE, "3", 3),
        (SCALE, " -2 ", -2),
        (SCALE, "3.0", 3),
        (SCALE, 3.0, 3),
        (SCALE, 10, 10),
        (STRICT, "n/a", None),
        (STRICT, "N/A", None),
        (STRICT, None, None),
        (BOOLEAN, "true", True),
        (BOOLEAN, "False", False),
        (BOOLEAN, "1", True),
        (BOOLEAN, "0", False),
        (BOOLEAN, 1, True),
        (BOOLEAN, False, False),
        (CHOICE, "no", "no"),
        (CHOICE, "1", "1"),
        (MULTI, "z|x", ["x", "z"]),
        (MULTI, "y | y", ["y"]),
        (MULTI, "", []),
        (MULTI, ["z", "x"], ["x", "z"]),
        (NUMBER, "2.50", 2.5),
        (NUMBER, "7", 7),
        (NUMBER, "1e3", 1000.0),
        (TEXT, " as it is\n", " as it is\n"),
        (TEXT, "n/a", "n/a"),
    ],
)
def test_what_is_read(criterion: Criterion, raw: object, value: Value) -> None:
    read = parse_value(criterion, raw)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("criterion", "raw", "said"),
    [
        (STRICT, "6", "must be 1 to 5, got 6. Write a whole number, 1 to 5."),
        (STRICT, "3.5", "must be a number, got '3.5'"),
        (STRICT, 3.5, "must be a whole number, got 3.5"),
        (STRICT, "", "must be a number, got ''"),
        (STRICT, "three", "must be a number, got 'three'"),
        (STRICT, "३", "must be a number"),
        (STRICT, True, "must be a number, got True"),
        (SCALE, "n/a", "not applicable is not allowed here. Give a value, or say allow_na: true"),
        (BOOLEAN, "yes", "must be true or false, got 'yes'"),
        (BOOLEAN, 2, "must be true or false, got 2"),
        (CHOICE, "maybe", "has no option 'maybe'. Options are no, yes, 1."),
        (CHOICE, 1, "has no option 1"),
        (CHOICE, "", "has no option ''"),
        (MULTI, "x|q", "has no option 'q'"),
        (MULTI, 10**400, "must be a list of options, got a huge number"),
        (MULTI, [1], "a value must not be list"),
        (NUMBER, "-1", "must be at least 0, got -1"),
        (NUMBER, "nan", "must be a number"),
        (NUMBER, "1e999", "must be a finite number"),
        (NUMBER, float("inf"), "must be a finite number"),
        (NUMBER, 10**400, "must be a number of ordinary size"),
        (NUMBER, "3,5", "Write a number with a decimal point."),
        (NUMBER, "1_000", "must be a number"),
        (TEXT, {"a": 1}, "a value must not be dict"),
        (TEXT, 3, "must be text, got 3"),
    ],
)
def test_what_is_refused(criterion: Criterion, raw: object, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_value(criterion, raw)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"criterion {criterion.id!r}: ")


@pytest.mark.parametrize(
    ("criterion", "value", "cell"),
    [
        (BOOLEAN, True, "true"),
        (BOOLEAN, False, "false"),
        (MULTI, ["z", "x"], "x|z"),
        (MULTI, [], ""),
        (STRICT, None, "n/a"),
        (STRICT, 4, "4"),
        (FREE, 0.1, "0.1"),
    ],
)
def test_what_is_written(criterion: Criterion, value: Value, cell: str) -> None:
    assert format_value(criterion, value) == cell


CASES = (
    st.tuples(st.just(SCALE), st.integers(-2, 10))
    | st.tuples(st.just(STRICT), st.none() | st.integers(1, 5))
    | st.tuples(st.just(BOOLEAN), st.booleans())
    | st.tuples(st.just(CHOICE), st.sampled_from(["no", "yes", "1"]))
    | st.tuples(st.just(MULTI), st.sets(st.sampled_from("xyz")).map(sorted))
    | st.tuples(
        st.just(FREE),
        st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False),
    )
    | st.tuples(st.just(TEXT), st.text())
)


@given(CASES)
def test_a_cell_gives_back_the_value(case: tuple[Criterion, Value]) -> None:
    criterion, value = case
    assert value_fault(criterion, value) == ""
    assert parse_value(criterion, format_value(criterion, value)) == value
    assert parse_value(criterion, value) == value


@given(
    st.sampled_from([SCALE, STRICT, BOOLEAN, CHOICE, MULTI, NUMBER, FREE, TEXT]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text() | st.integers()),
)
def test_what_is_read_is_right(criterion: Criterion, raw: object) -> None:
    fault = ""
    try:
        fault = value_fault(criterion, parse_value(criterion, raw))
    except BadInput as error:
        fault = "" if error.mend else "no mend"
    assert fault == ""
