from __future__ import annotations

import sys

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from reviewer.text.cells import clusters, cut, is_simple, pad, truncate, width
from reviewer.text.sanitise import visible
from reviewer.text.wrap import wrap
from tests.text.texts import texts

flat = texts.map(lambda text: visible(text).replace("\n", " ").replace("\t", " "))


def test_simple_characters_fill_one_cell_each() -> None:
    simple = [chr(code) for code in range(sys.maxunicode + 1) if is_simple(chr(code))]
    assert len(simple) > 1000
    assert all(cell_len(character) == 1 for character in simple)


@settings(max_examples=300, deadline=None)
@given(flat)
def test_clusters_cover_the_text_and_add_up(text: str) -> None:
    found = list(clusters(text))
    assert "".join(text[start:end] for start, end, _ in found) == text
    assert sum(cells for _, _, cells in found) == width(text) == cell_len(text)
    assert all(0 <= cells <= 2 for _, _, cells in found)


def test_a_family_a_flag_and_a_marked_letter_are_one_cluster() -> None:
    text = "👩\u200d👩\u200d👧🇩🇪e\u0301❤\ufe0f"
    assert [cells for _, _, cells in clusters(text)] == [2, 2, 1, 2]


@settings(max_examples=200, deadline=None)
@given(flat, st.integers(0, 30))
def test_cut_truncate_and_pad_keep_to_their_width(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= cells
    assert text.startswith(cut(text, cells))
    assert width(truncate(text, cells)) <= cells
    assert truncate(text, width(text)) == text
    for align in ("left", "right", "center"):
        assert width(pad(text, cells, align)) == cells


@settings(max_examples=300, deadline=None)
@given(flat, st.integers(2, 40), st.integers(2, 40))
@example("  00\u0530", 2, 3)
def test_wrapped_rows_fit_and_only_spaces_are_lost(text: str, first: int, rest: int) -> None:
    rows = wrap(text, 0, len(text), first, rest)
    assert all(width(text[start:end]) <= (rest if index else first) for index, (start, end) in enumerate(rows))
    at = 0
    for start, end in rows:
        assert text[at:start].strip(" ") == ""
        assert end > start or not text.strip(" ")
        at = end
    assert text[at:].strip(" ") == ""


def test_words_are_kept_whole_where_they_fit() -> None:
    text = "the quick  brown extraordinarily"
    assert [text[a:b] for a, b in wrap(text, 0, len(text), 9, 9)] == ["the quick", "brown", "extraordi", "narily"]


def test_wide_text_breaks_between_characters_but_not_before_a_full_stop() -> None:
    text = "漢字かな。漢字"
    assert [text[a:b] for a, b in wrap(text, 0, len(text), 8, 8)] == ["漢字か", "な。漢字"]
