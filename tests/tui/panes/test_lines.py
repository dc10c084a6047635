"""How a row is cut that has no room."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.tui.panes.lines import Fragments, fitted, length, spread


def text_of(row: Fragments) -> str:
    return "".join(text for text, _ in row)


@pytest.mark.parametrize("columns", range(4, 20))
def test_what_is_cut_off_is_told_once(columns: int) -> None:
    row: Fragments = [("2 yes ", ""), ("and ", ""), ("some more", "")]
    told = text_of(fitted(row, columns))
    assert told.count("…") == (columns < length(row))
    assert "……" not in text_of(spread(row, [("end", "")], columns))


@given(pieces=st.lists(st.text(alphabet="ab 漢é", max_size=6), min_size=1, max_size=5), columns=st.integers(1, 20))
def test_a_cut_row_is_as_wide_as_its_place(pieces: list[str], columns: int) -> None:
    row: Fragments = [(piece, "") for piece in pieces]
    assert length(fitted(row, columns)) == columns
    assert "……" not in text_of(fitted(row, columns))


def test_a_piece_that_ends_where_the_row_does_tells_of_what_follows() -> None:
    for first, more in product(("abc", "ab "), ("d", " d")):
        assert text_of(fitted([(first, ""), (more, "")], 3)) == "ab…"
    assert text_of(fitted([("abc", ""), ("  ", "")], 3)) == "abc"
