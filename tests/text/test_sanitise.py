from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings

from reviewer.text.cells import width
from reviewer.text.sanitise import UNSEEN, one_line, visible
from tests.text.texts import anything, texts


@settings(max_examples=300, deadline=None)
@given(texts)
def test_one_code_point_stays_one_and_none_steers(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for c in shown
    )
    assert visible(shown.replace("\t", " ")).replace("\n", " ") == shown.replace("\t", " ").replace("\n", " ")


def test_every_control_of_every_plane_becomes_visible() -> None:
    kept = {"\n", "\t"}
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and character not in kept:
            assert visible(f"a{character}b")[1] != character
            assert width(visible(f"a{character}b")) == 3


@pytest.mark.parametrize(
    "character", ["\u200b", "\u2060", "\ufeff", "\u202e", "\u2066", "\u061c", "\u200e", "\U000e0001", "\u3164"]
)
def test_what_is_not_seen_is_shown(character: str) -> None:
    shown = visible(f"a{character}b")
    assert shown[1] != character
    assert width(shown) == 3


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "👍🏽",
        "می\u200cخواهم",
        "ශ\u0dca\u200dරී",
        "क\u094d\u200dष",
        "🏳\ufe0f\u200d🌈",
        "naïve “quotes” – ok",
    ],
)
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert visible(text) == text


def test_joiners_and_selectors_elsewhere_are_shown() -> None:
    assert visible("a\u200db") == f"a{UNSEEN}b"
    assert visible("pass\u200cword") == f"pass{UNSEEN}word"
    assert visible("\ufe0fa\ufe0f\ufe0f") == f"{UNSEEN}a\ufe0f{UNSEEN}"
    assert visible("a\U000e0101") == f"a{UNSEEN}"


def test_letters_smuggled_as_tags_can_be_read() -> None:
    assert visible("ok" + "".join(chr(0xE0000 + ord(c)) for c in "aZ3")) == "okⓐⓏ③"


def test_line_ends() -> None:
    assert visible("a\r\nb\rc\n") == "a \nb␍c\n"


def test_marks_do_not_pile_up() -> None:
    assert visible("e" + "\u0301" * 30).count("\u0301") == 8


@settings(max_examples=200, deadline=None)
@given(anything)
def test_one_line_is_one_line_that_fits(text: str) -> None:
    shown = one_line(text, 20)
    assert "\n" not in shown
    assert width(shown) <= 20


def test_one_line_says_that_it_is_cut() -> None:
    assert one_line("a\nb\t c") == "a b c"
    assert one_line("abcdefghij", 5) == "abcd…"
    assert one_line(" " * 2000 + "x", 5) == "…"
