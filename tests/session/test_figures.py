"""Digits at the beginning of a rationale: quick reasons, or a figure."""

from __future__ import annotations

import pytest

from reviewer.session.figures import Begun, begun


@pytest.mark.parametrize(
    "after",
    [".2 as discussed", "%", ", which", "0 mg", ":30", "–6 ml", " hours in all", " ml", "h ", "th of May", "mg."],
)
def test_what_goes_on_as_a_figure_is_one(after: str) -> None:
    assert begun(after) is Begun.FIGURE


@pytest.mark.parametrize(
    "after", ["the date is off", "d'accord", "A word", " 23", "“no later”", "\nx", "hours of it", "é "]
)
def test_words_and_what_follows_a_space_leave_the_reasons(after: str) -> None:
    assert begun(after) is Begun.REASONS


@pytest.mark.parametrize("after", ["", " ", "h", "m", "th", "min", "mg"])
def test_what_may_still_become_a_unit_is_open_until_the_end(after: str) -> None:
    assert begun(after) is Begun.OPEN
    ended = Begun.FIGURE if after.strip() and after != "" else Begun.REASONS
    assert begun(after, ended=True) is ended


def test_the_beginning_of_a_word_is_open_and_at_the_end_no_figure() -> None:
    assert begun("wor") is Begun.OPEN
    assert begun("wor", ended=True) is Begun.REASONS
    assert begun("words") is Begun.REASONS
