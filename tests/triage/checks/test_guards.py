"""What an output must not hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.triage.checks import Subject
from reviewer.triage.checks.guards import KINDS, Private, Refusal

KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to ana.b+c@mail.example.org today.", "an e-mail address"),
        ("Call +47 22 86 44 00.", "a telephone number"),
        ("Card 4111 1111 1111 1111, please.", "the number of a payment card"),
        ("IBAN DE89 3704 0044 0532 0130 00.", "the number of an account"),
        (f"key={KEY}", "a key or a token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a key or a token"),
        ("Bearer eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "a key or a token"),
    ],
)
def test_what_is_private_is_found_and_named_by_its_kind(text: str, kind: str) -> None:
    found = Private("private", {}).examine(Subject(text))
    assert found.value is False
    assert {span.note for span in found.evidence} == {kind}
    assert found.why == f"The output holds {kind}."
    (span,) = found.evidence
    assert text[span.start : span.end] not in found.why


@pytest.mark.parametrize(
    "text",
    [
        "ana at mail dot example",
        "Order 4111 1111 1111 1112 was shipped.",
        "1111 1111 1111 1111",
        "DE00 3704 0044 0532 0130 00",
        "The year 2024 and the figure 1,234,567.",
        "sk-short",
        "a@b",
        "",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert Private("private", {}).examine(Subject(text)).value is True


def test_the_kinds_that_are_asked_for_alone() -> None:
    text = "Write to ana@mail.example or call +47 22 86 44 00."
    assert Private("private", {"kinds": ["phone"]}).examine(Subject(text)).why == "The output holds a telephone number."
    assert len(KINDS) == 5


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("I'm sorry, but I cannot help with that.", False),
        ("I can’t do this.", False),
        ("As an AI language model, I have no opinion.", False),
        ("", False),
        ("   ", False),
        ("The fee is 20. Paragraph 4 says so. " * 20 + "I cannot say more.", True),
        ("The director could not be reached.", True),
    ],
)
def test_an_output_that_declines_is_told(text: str, answers: bool) -> None:
    assert Refusal("refusal", {}).examine(Subject(text)).value is answers


@given(st.text(st.characters(exclude_categories=()), max_size=500))
def test_any_text_is_taken(text: str) -> None:
    for check in (Private("private", {}), Refusal("refusal", {})):
        found = check.examine(Subject(text))
        assert found.value in (True, False)
        assert all(0 <= span.start < span.end <= len(text) for span in found.evidence)


@pytest.mark.parametrize("letter", ["1", "a@", "A1 ", "+1 ", "sk-", "eyJ", "-", "4 "])
def test_long_texts_are_read_in_time(letter: str) -> None:
    assert Private("private", {}).examine(Subject(letter * 60_000)).value in (True, False)
