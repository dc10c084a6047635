"""Denials that are dropped or added, and numbers that the context has not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.triage.checks import Passage, Subject
from reviewer.triage.checks.negation import Negation
from reviewer.triage.checks.numbers import Numbers
from reviewer.triage.checks.words import sentences, words
from tests.triage.checks.denials import (
    HELD_OUT_KEPT,
    HELD_OUT_TURNED,
    KEPT,
    NOTES_KEPT,
    NOTES_TURNED,
    TURNED,
)

Pairs = tuple[tuple[str, str], ...]
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300)


def subject(output: str, *context: str) -> Subject:
    return Subject(output, context=tuple(Passage(f"Note {number}", text) for number, text in enumerate(context, 1)))


@pytest.mark.parametrize(
    ("turned", "kept", "least", "most"),
    [
        (TURNED, KEPT, 0.95, 0.05),
        (NOTES_TURNED, NOTES_KEPT, 0.95, 0.05),
        (HELD_OUT_TURNED, HELD_OUT_KEPT, 0.8, 0.1),
    ],
    ids=["sentences", "notes", "held out"],
)
def test_a_denial_that_is_turned_round_is_caught_and_one_that_is_kept_is_not(
    turned: Pairs, kept: Pairs, least: float, most: float
) -> None:
    check = Negation("negation", {})
    missed = [pair for pair in turned if check.examine(subject(pair[1], pair[0])).value is not False]
    alarms = [pair for pair in kept if check.examine(subject(pair[1], pair[0])).value is not True]
    recall, alarm = 1 - len(missed) / len(turned), len(alarms) / len(kept)
    print(f"{recall:.0%} of {len(turned)} turned round are caught, {alarm:.0%} of {len(kept)} others called so")
    print(*missed, *alarms, sep="\n")
    assert recall >= least
    assert alarm <= most


@pytest.mark.parametrize(
    ("context", "output"),
    [
        # One of two denials alone is dropped, beside one that is kept.
        ("The file shows no prior sanctions and no adverse media.", "It shows prior sanctions but no adverse media."),
        ("Allergies: none. Takes ramipril.", "The patient has allergies and takes ramipril."),
        ("Eva Lind was sanctioned in 2019, as review 3 of 2 May says.", "Eva Lind was not sanctioned in 2019."),
        ("The allegations are unverified.", "The allegations are verified."),
        ("Files can no longer be exported.", "Files can be exported."),
    ],
)
def test_the_ways_in_which_notes_say_no_are_read(context: str, output: str) -> None:
    assert Negation("negation", {}).examine(subject(output, context)).value is False
    assert Negation("negation", {}).examine(subject(context, context)).value is True


def test_both_places_are_shown() -> None:
    context = "The company was founded in 1990. The screening shows no prior sanctions. It has two owners."
    output = "Founded in 1990, it has two owners. The screening shows prior sanctions."
    found = Negation("negation", {}).examine(subject(output, "Nothing of it.", context))
    assert found.value is False
    texts = {"output": output, "context:2": context}
    shown = {span.where: texts[span.where][span.start : span.end] for span in found.evidence}
    assert shown == {
        "context:2": "The screening shows no prior sanctions",
        "output": "The screening shows prior sanctions",
    }


@pytest.mark.parametrize(
    ("context", "output", "missing"),
    [
        ("It paid 1,200.50 in 2024.", "In 2024 it paid 1200.50.", []),
        ("It paid 1,200.50 in 2024.", "In 2023 it paid 1200.50.", ["2023"]),
        ("Three of 5 agreed.", "1. Five agreed.\n2. It was 5 of them.", []),
        ("A margin of 4.5 %.", "A margin of 45 %.", ["45"]),
        ("-3 degrees", "3 degrees below zero", []),
    ],
)
def test_numbers_that_the_context_has_not_are_shown(context: str, output: str, missing: list[str]) -> None:
    found = Numbers("numbers", {}).examine(subject(output, context))
    assert [output[span.start : span.end] for span in found.evidence] == missing
    assert found.value is not bool(missing)


def test_without_a_context_nothing_is_said() -> None:
    for check in (Negation("negation", {}), Numbers("numbers", {})):
        assert check.examine(Subject("No.")).value is None


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_is_taken_and_every_place_is_in_it(output: str, context: str) -> None:
    told = subject(output, context)
    for check in (Negation("negation", {}), Numbers("numbers", {})):
        found = check.examine(told)
        assert found.value in (True, False)
        for span in found.evidence:
            text = output if span.where == "output" else context
            assert 0 <= span.start < span.end <= len(text)
    # What an output says of itself is never against itself, unless it is at odds with itself.
    assert Numbers("numbers", {}).examine(subject(context, context)).value is True


def test_words_and_sentences_stand_where_they_say() -> None:
    text = "Dr. Who isn't in. No. 5 is alive!  Yes?\nA list"
    assert [text[start:end] for start, end in sentences(text)] == [
        "Dr. Who isn't in",
        "No. 5 is alive",
        "Yes",
        "A list",
    ]
    assert all(text[word.start : word.end].lower().replace("’", "'") == word.text for word in words(text))
    assert words("sanctions")[0].stem == words("sanction")[0].stem
