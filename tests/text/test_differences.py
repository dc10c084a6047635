from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.text.differences import _exact, differences
from reviewer.text.styled import Span
from tests.text.texts import AWKWARD, texts

words = st.lists(st.sampled_from(["no", "the", "patient", "has", "5", "mg", ".", "\n", "不", "é"]), max_size=40)


def marked(text: str, spans: Sequence[Span]) -> str:
    """The text with braces around what differs."""
    parts: list[str] = []
    done = 0
    for span in spans:
        parts += [text[done : span.start], "{", text[span.start : span.end], "}"]
        done = span.end
    return "".join([*parts, text[done:]])


def shown(first: str, second: str) -> list[str]:
    return [marked(text, spans) for text, spans in zip((first, second), differences(first, second), strict=True)]


def without(text: str, spans: Sequence[Span]) -> str:
    kept = [text[a.end : b.start] for a, b in pairwise([Span(0, 0, ""), *spans, Span(len(text), len(text), "")])]
    return normalize("NFC", "".join("".join(kept).split()))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The patient has {no} allergy. Take {5} mg.", "The patient has allergy. Take {10} mg."),
        ("Sales {rose} to $1,200.50, up 12%.", "Sales {fell} to $1,200.50, up 12%."),
        ("It grew by {1,200.50} there.", "It grew by {1,300.50} there."),
        ("We {don't} know snake_case.", "We {do} know snake_case."),
        ("患者{没}有过敏史。", "患者有过敏史。"),
        ("{ไม่}มีอาการแพ้", "มีอาการแพ้"),
        ("می\u200cخواهم {کتاب} بخرم", "می\u200cخواهم {قلم} بخرم"),
        ("हिन्दी {में} लिखो", "हिन्दी {से} लिखो"),
        ("{👩\u200d👩\u200d👧} and {👍🏽} and {🇩🇪} ❤\ufe0f", "{👩\u200d👩\u200d👦} and {👍} and {🇫🇷} ❤\ufe0f"),
        ("{##} Title", "{###} Title"),
    ],
)
def test_the_words_that_differ_are_found(first: str, second: str) -> None:
    plain = [text.replace("{", "").replace("}", "") for text in (first, second)]
    assert shown(*plain) == [first, second]


def test_a_sentence_more_is_one_difference_that_begins_where_it_begins() -> None:
    assert shown("The cat sat. The dog ran.", "The cat sat. The bird flew. The dog ran.") == [
        "The cat sat. The dog ran.",
        "The cat sat. {The bird flew.} The dog ran.",
    ]
    assert shown("- one\n- two\n- three", "- one\n- two\n- two and a half\n- three")[1] == (
        "- one\n- two\n{- two and a half}\n- three"
    )
    assert shown("the cat sat", "the dog ran. the cat sat")[1] == "{the dog ran.} the cat sat"


def test_a_lost_word_between_two_long_differences_is_no_island() -> None:
    first = "entirely reworded sentences of the first answer follow"
    second = "nothing alike whatsoever of another composition"
    assert shown(first, second) == ["{" + first + "}", "{" + second + "}"]
    assert "within 30 days" in without_braces(
        shown("Refunds are given within 30 days.", "Return it within 30 days!")[0]
    )


def without_braces(text: str) -> str:
    """What stands outside the braces."""
    return "".join(part.rpartition("}")[2] for part in text.split("{"))


def test_white_space_is_not_compared() -> None:
    assert differences("one  two\n\nthree", "one two three") == ([], [])


def test_what_looks_the_same_is_the_same() -> None:
    assert differences("caf\u00e9 bar", "cafe\u0301 bar") == ([], [])


@settings(max_examples=150, deadline=None)
@given(st.one_of(texts, words.map(" ".join)), st.one_of(texts, words.map(" ".join)))
def test_what_is_left_without_the_differences_is_the_same(first: str, second: str) -> None:
    ours, theirs = differences(first, second)
    for text, spans in ((first, ours), (second, theirs)):
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(a.end <= b.start for a, b in pairwise(spans))
        assert all(span.style == "differ" for span in spans)
        assert all(not text[at].isspace() for span in spans for at in (span.start, span.end - 1))
    assert without(first, ours) == without(second, theirs)


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert differences(text, text) == ([], [])
    assert differences(text, "")[1] == []


@pytest.mark.parametrize("text", AWKWARD)
def test_hostile_texts_are_marked_whole_against_others(text: str) -> None:
    spans, _ = differences(text, "%")
    assert [text[span.start : span.end] for span in spans] == [text.strip()]


def length_of_common(one: Sequence[int], other: Sequence[int]) -> int:
    row = [0] * (len(other) + 1)
    for element in one:
        before = row[:]
        for at, candidate in enumerate(other):
            row[at + 1] = before[at] + 1 if element == candidate else max(before[at + 1], row[at])
    return row[-1]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(0, 5), max_size=40))
def test_the_common_subsequence_is_a_longest_one(one: list[int], other: list[int]) -> None:
    pairs = _exact(one, other)
    assert pairs is not None
    assert all(one[a] == other[b] for a, b in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))
    assert len(pairs) == length_of_common(one, other)


def long_text(sentences: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(f"w{rng.randrange(400)}" for _ in range(12)) + "." for _ in range(sentences)]


def test_a_long_text_is_compared_by_sentences_and_within_them() -> None:
    before = long_text(1000, 1)
    after = before[:]
    after[0] = "Another beginning."
    after[500] = before[500].replace(" ", " changed ", 1)
    after[-1] = "Another end."
    del after[700]
    first, second = " ".join(before), " ".join(after)
    assert _exact(first.split(), second.split()) is None
    ours, theirs = differences(first, second)
    assert [first[span.start : span.end] for span in ours] == [before[0][:-1], before[700], before[-1][:-1]]
    assert [second[span.start : span.end] for span in theirs] == ["Another beginning", "changed", "Another end"]


def test_a_huge_text_without_sentences_differs_between_what_is_alike_at_its_ends() -> None:
    rng = random.Random(1)
    middles = [" ".join(rng.choice("abcdef") for _ in range(9000)) for _ in range(2)]
    first, second = (f"begin 1 {middle} 2 end" for middle in middles)
    ours, theirs = differences(first, second)
    assert len(ours) == len(theirs) == 1
    assert first[: ours[0].start].startswith("begin 1 ")
    assert first[ours[0].end :].endswith(" 2 end")
    assert ours[0].end - ours[0].start > 17_000
