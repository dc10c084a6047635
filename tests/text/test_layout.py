from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from reviewer.text.layout import Anchor, Layout, LayoutCache, Mode, Part, Row
from reviewer.text.sanitise import visible
from reviewer.text.styled import Span
from tests.text.texts import AWKWARD, markdownish, texts, widths

MODES = st.sampled_from(["markdown", "raw"])
DIRECTIONAL = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def rows_of(layout: Layout) -> list[Row]:
    layout.finish()
    return [layout.row(index) for index in range(layout.height)]


def squeezed(text: str) -> str:
    return "".join(text.split())


def check(layout: Layout) -> None:
    rows = rows_of(layout)
    assert rows
    for row in rows:
        assert cell_len(row.text) <= layout.width
        assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in row.text)
        assert not DIRECTIONAL & set(row.text)
        assert all(0 <= a.start < a.end <= len(row.text) for a in row.spans)
        assert all(a.end <= b.start for a, b in zip(row.spans, row.spans[1:], strict=False))
        assert row.text[row.indent :] == layout.text[row.start : row.start + len(row.text) - row.indent]
    ends = [row.start + len(row.text) - row.indent for row in rows]
    assert all(end <= row.start for end, row in zip(ends, rows[1:], strict=False))
    assert "".join(squeezed(row.text[row.indent :]) for row in rows) == squeezed(layout.text)


@settings(max_examples=300, deadline=None)
@given(texts, widths, MODES)
def test_any_text_fits_its_rows_and_loses_nothing(text: str, width: int, mode: Mode) -> None:
    check(Layout(text, width, mode))


@settings(max_examples=150, deadline=None)
@given(texts, widths)
def test_raw_shows_every_character(text: str, width: int) -> None:
    layout = Layout(text, width, "raw")
    layout.finish()
    assert layout.text == "\n".join(_expand(line) for line in visible(text).split("\n"))


def _expand(line: str) -> str:
    shown = ""
    for character in line:
        shown += " " * (4 - len(shown) % 4) if character == "\t" else character
    return shown


@settings(max_examples=300, deadline=None)
@given(markdownish, widths)
def test_markdown_hides_no_letter_or_digit(text: str, width: int) -> None:
    layout = Layout(text, width)
    layout.finish()
    safe = visible(text)
    shown: set[int] = set()
    for block in layout._blocks:
        for run in block.styled.runs:
            shown.update(range(run.stored, run.stored + run.stored_length))
            if run.length == run.stored_length and run.length:
                there = block.styled.text[run.start : run.start + run.length]
                here = safe[run.stored : run.stored + run.length]
                assert there.replace(" ", "\n") == here.replace(" ", "\n").replace("\t", "\n")
    hidden = "".join(c for at, c in enumerate(safe) if c.isalnum() and at not in shown)
    assert hidden.strip("0123456789") == ""  # the numbers of list entries are bullets, not text


@settings(max_examples=150, deadline=None)
@given(texts, widths, widths, MODES, MODES, st.floats(0, 1))
def test_a_place_is_found_again_at_another_width_and_mode(
    text: str, width: int, other: int, mode: Mode, other_mode: Mode, share: float
) -> None:
    layout, again = Layout(text, width, mode), Layout(text, other, other_mode)
    layout.finish()
    anchor = layout.offset_at(int(share * (layout.height - 1)))
    row = again.row_of(anchor)
    assert again.height > row >= 0
    assert anchor.part == 0
    assert 0 <= anchor.offset <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), max_size=300), widths, st.floats(0, 1))
def test_the_row_of_an_anchor_shows_it(text: str, width: int, share: float) -> None:
    layout = Layout(text, width, "raw")
    rows = rows_of(layout)
    wanted = int(share * (len(rows) - 1))
    found = rows[layout.row_of(layout.offset_at(wanted))]
    assert found.start == rows[wanted].start or not rows[wanted].text.strip()


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("width", [2, 7, 40])
def test_awkward_texts(text: str, width: int) -> None:
    check(Layout(text * 3, width))
    check(Layout(text * 3, width, "raw"))
    check(Layout([Part(text, text, text), Part(text)], width))


@pytest.mark.parametrize("unit", ["a", "ab ", "漢", "e\u0301", "👩\u200d👩 ", "*a _b ", "[a](", ">", "- ", "`", "|a"])
def test_a_huge_line_is_laid_out(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    layout = Layout(text, 40)
    layout.ensure(50)
    assert all(cell_len(layout.row(index).text) <= 40 for index in range(min(50, layout.height)))


def test_a_megabyte_in_one_line_is_complete() -> None:
    layout = Layout("word and " * 116_000, 60)
    rows = rows_of(layout)
    assert sum(len(squeezed(row.text)) for row in rows) == 7 * 116_000


def test_rows_come_only_as_asked() -> None:
    layout = Layout("one two three\n\n" * 2000, 20)
    assert layout.height == 0
    layout.ensure(10)
    assert 10 <= layout.height < 100
    assert not layout.complete
    assert layout.estimated_height > 3000
    while not layout.step(0.001):
        pass
    assert layout.height == layout.estimated_height == 3999


def test_an_empty_text_has_one_empty_row() -> None:
    modes: tuple[Mode, ...] = ("markdown", "raw")
    for mode in modes:
        layout = Layout("", 20, mode)
        layout.finish()
        assert [row.text for row in rows_of(layout)] == [""]
        assert layout.offset_at(0) == Anchor(0, 0)


def test_a_thread_has_headings() -> None:
    layout = Layout([Part("hello", "user"), Part("**hi**", "assistant 1", "model\nx")], 30)
    rows = rows_of(layout)
    assert [row.text for row in rows] == ["user", "hello", "", "assistant 1", "model x", "hi"]
    assert [span.style for row in rows for span in row.spans] == ["role", "role", "source", "strong"]
    assert layout.offset_at(3) == Anchor(1, -1)
    assert layout.offset_at(5) == Anchor(1, 2)
    assert layout.row_of(Anchor(1, 3)) == 5
    assert layout.row_of(Anchor(1, -1)) == 2


def test_a_row_beyond_the_end_is_an_error() -> None:
    with pytest.raises(IndexError):
        Layout("one", 20).row(1)


def test_the_cache_keeps_the_last_used() -> None:
    cache = LayoutCache(2)
    first = cache.get("a", 20)
    assert cache.get("a", 20) is first
    assert cache.get("a", 20, "raw") is not first
    assert cache.get("a", 20) is first
    assert cache.get("b", 20) is not first
    assert cache.get("a", 20) is first
    cache.clear()
    assert cache.get("a", 20) is not first


def marked(layout: Layout, spans: list[list[Span]]) -> str:
    """What stands in ranges of the stored texts, as the rows show it."""
    layout.finish()
    return "".join(
        layout.row(index).text[start:end]
        for index in range(layout.height)
        for start, end, _ in layout.shown_in(index, spans)
    )


@given(texts, widths, st.lists(st.integers(0, 200), max_size=6))
def test_ranges_of_a_raw_text_are_shown_where_they_stand(text: str, width: int, edges: list[int]) -> None:
    places = sorted({min(edge, len(text)) for edge in edges})
    spans = [Span(left, right, "differ") for left, right in zip(places[::2], places[1::2], strict=False)]
    layout = Layout(text, width, "raw")
    layout.finish()
    for index in range(layout.height):
        found = layout.shown_in(index, [spans])
        assert all(0 <= start < end <= len(layout.row(index).text) for start, end, _ in found)
        assert all(one.end <= other.start for one, other in pairwise(found))
    everything = [Span(0, len(text), "differ")] if text else []
    assert squeezed(marked(layout, [everything])) == squeezed("".join(row.text for row in rows_of(layout)))
    letters = {*"abcdefghijklmnopqrstuvwxyz"}
    said = [letter for start, end, _ in spans for letter in text[start:end] if letter in letters]
    assert [letter for letter in marked(layout, [spans]) if letter in letters][: len(said)] == said


@pytest.mark.parametrize(
    ("text", "range_", "shown"),
    [
        ("One **bold** word.", (6, 10), "bold"),
        ("One **bold** word.", (4, 17), "boldword"),
        ("- first\n- second", (10, 16), "second"),
        ("A &amp; B", (4, 6), "&"),
        ("| a | b |\n| --- | --- |\n| car | bus |\n", (32, 35), "bus"),
        ("```\ncode here\n```", (4, 8), "code"),
    ],
)
def test_ranges_of_a_rendered_text_are_shown_where_they_stand(text: str, range_: tuple[int, int], shown: str) -> None:
    assert squeezed(marked(Layout(text, 40), [[Span(*range_, "differ")]])) == shown


def test_each_part_has_ranges_of_its_own() -> None:
    layout = Layout([Part("one two", title="user 1"), Part("three four", title="assistant 1")], 30)
    assert marked(layout, [[Span(4, 7, "differ")], [Span(0, 5, "differ")]]) == "twothree"
    assert marked(layout, [[], [Span(0, 5, "differ")]]) == "three"
    assert marked(layout, [[Span(4, 7, "differ")]]) == "two"
