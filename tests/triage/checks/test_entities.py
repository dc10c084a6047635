"""Names and dates that the context has not, or has otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.triage.checks import Passage, Subject
from reviewer.triage.checks.dates import Day, dates
from reviewer.triage.checks.entities import Dates, Names

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
CONTEXT = (
    "Tarnholm Freight B.V. of Rotterdam is owned by Maria A. de Vries and Johan Hansen-Lie. Its auditor is Beck & "
    "Stone Ltd. Mr. Peter O’Malley, the director, joined the Bank of Northern Fjord in 2019. The customer due "
    "diligence was done by Åse Ødegård."
)
ALTERED = [
    ("It is owned by Marta de Vries.", "Marta de Vries"),
    ("Its auditor is Beck & Stone Inc.", "Beck & Stone Inc"),
    ("Tarnholm Freight GmbH is its name.", "Tarnholm Freight GmbH"),
    ("Tarnholm Fright B.V. is its name.", "Tarnholm Fright B.V."),
    ("The director is Peter O'Mally.", "Peter O'Mally"),
    ("It was checked by Åse Ødegaard.", "Åse Ødegaard"),
    ("The loan came from the Bank of Southern Fjord.", "Bank of Southern Fjord"),
    ("Johan Hansen is an owner, and so is Erik Lund.", "Erik Lund"),
    ("Acme AS is another.", "Acme AS"),
    ("It pays Deutsche Lufthansa.", "Deutsche Lufthansa"),
]
KEPT = [
    "Tarnholm Freight is owned by Maria de Vries.",
    "Maria A. de Vries owns it; so does de Vries, Maria.",
    "Mr Peter O'Malley is the director.",
    "Yesterday Peter O’Malley joined. However Maria de Vries left.",
    "Its auditor is Beck & Stone Limited.",
    "Peter O’Malley's bank is Northern Fjord.",
    "# Summary Of Findings\nCustomer Due Diligence was done.",
    "**Key Findings:** none.\nIt was Monday, March 3.\n\nKind regards\nCustomer Care",
    "Hello Maria, the Income GBP 500 is fine. ORRINDALE_KEY OTHER_KEY",
    "Ødegård did it, in 2019. I was there.",
    "THE CUSTOMER IS NOT ON ANY LIST",
    "口座 開設 され živá řeka",
    "",
]


def subject(output: str, context: str = CONTEXT) -> Subject:
    return Subject(output, context=(Passage("A note", context),))


@pytest.mark.parametrize(("output", "shown"), ALTERED)
def test_names_that_are_altered_or_added_are_shown(output: str, shown: str) -> None:
    found = Names("names", {}).examine(subject(output))
    assert found.value is False
    assert [output[span.start : span.end] for span in found.evidence if span.where == "output"] == [shown]
    assert shown in found.why


@pytest.mark.parametrize("output", KEPT)
def test_names_that_are_kept_or_shortened_are_not(output: str) -> None:
    found = Names("names", {}).examine(subject(output))
    assert found.value is True, found


def test_the_name_that_was_meant_is_shown_beside_it() -> None:
    found = Names("names", {}).examine(subject("It belongs to Tarnholm Freight GmbH."))
    output, source = found.evidence
    assert output.note == "the context says Tarnholm Freight B.V."
    assert source.where == "context:1"
    assert CONTEXT[source.start : source.end] == "Tarnholm Freight B.V."


def test_names_may_be_of_the_prompt_the_title_or_the_reference() -> None:
    check = Names("names", {})
    passages = (Passage("File of Anna Berg", "Nothing."),)
    assert check.examine(Subject("Anna Berg and Carl Dahl and Eva Foss.", "Carl Dahl?", passages, "Eva Foss")).value
    assert check.examine(Subject("Anna Berg")).value is None


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-03-05", Day(2024, 3, 5)),
        ("2024/3/5", Day(2024, 3, 5)),
        ("5 March 2024", Day(2024, 3, 5)),
        ("5th of March, 2024", Day(2024, 3, 5)),
        ("05-Mar-2024", Day(2024, 3, 5)),
        ("March 5, 2024", Day(2024, 3, 5)),
        ("Mar. 5th 2024", Day(2024, 3, 5)),
        ("5 Sept. 2024", Day(2024, 9, 5)),
        ("13/03/2024", Day(2024, 3, 13)),
        ("03/13/2024", Day(2024, 3, 13)),
        ("29.02.2024", Day(2024, 2, 29)),
        ("March 2024", Day(2024, 3, 0)),
        ("5 March", Day(0, 3, 5)),
        ("29 February", Day(0, 2, 29)),
    ],
)
def test_dates_are_read_however_they_are_written(written: str, day: Day) -> None:
    (found,) = dates(f"On {written}, it was so.")
    assert found.readings == (day,)
    assert f"On {written}, it was so."[found.start : found.end] == written


def test_a_date_of_two_readings_has_both() -> None:
    (found,) = dates("03/04/2024")
    assert set(found.readings) == {Day(2024, 4, 3), Day(2024, 3, 4)}
    (found,) = dates("31/12/99")
    assert set(found.readings) == {Day(2099, 12, 31), Day(1999, 12, 31)}


@pytest.mark.parametrize(
    "text",
    ["31/02/2024", "2024-13-01", "1.2.3.2024", "32 March 2024", "may 5 of them", "10/2024", "Version 1.2.2024.5"],
)
def test_what_no_calendar_has_is_no_date(text: str) -> None:
    assert all(one.day == 0 for date in dates(text) for one in date.readings)


@pytest.mark.parametrize(
    ("context", "output", "missing"),
    [
        ("Opened on 3 March 2024.", "It was opened on 2024-03-03.", []),
        ("Opened on 3 March 2024.", "It was opened on March 4, 2024.", ["March 4, 2024"]),
        ("Opened on 3 March 2024.", "Opened in March 2024, on 3 March.", []),
        ("Opened in March 2024.", "Opened on 3 March 2024.", ["3 March 2024"]),
        ("Opened on 04/03/2024.", "Opened on 4 March 2024.", []),
        ("Opened on 04/03/2024.", "Opened on 3 April 2024.", []),
        ("Opened on 04/03/2024.", "Opened on 5 March 2024.", ["5 March 2024"]),
        ("Opened on 3 March.", "Opened on 3 March 2023.", ["3 March 2023"]),
        ("Nothing.", "Nothing at all.", []),
    ],
)
def test_dates_that_the_context_has_not_are_shown(context: str, output: str, missing: list[str]) -> None:
    found = Dates("dates", {}).examine(subject(output, context))
    assert [output[span.start : span.end] for span in found.evidence] == missing
    assert found.value is not bool(missing)
    assert Dates("dates", {}).examine(Subject(output)).value is None


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_is_taken_and_every_place_is_in_it(output: str, context: str) -> None:
    for check in (Names("names", {}), Dates("dates", {})):
        found = check.examine(subject(output, context))
        assert found.value in (True, False)
        for span in found.evidence:
            assert 0 <= span.start < span.end <= len(output if span.where == "output" else context)
    assert Dates("dates", {}).examine(subject(context, context)).value is True


@given(
    st.lists(st.sampled_from(["Anna", "Berg", "Ltd", "of", "The", ".", ",", "\n", "A.", "B.V.", "&", "x"]), max_size=30)
)
def test_what_the_context_says_itself_is_never_new(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert Names("names", {}).examine(subject(text, text)).value is True


@pytest.mark.parametrize("piece", ["A. ", "Anna ", "A", "1/1/", "March ", "Anna of ", "3 March ", "A&"])
def test_long_texts_are_read_in_time(piece: str) -> None:
    told = subject(piece * 40_000, "Anna Berg. " * 200)
    for check in (Names("names", {}), Dates("dates", {})):
        assert check.examine(told).value in (True, False)
