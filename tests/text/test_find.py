from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.text.find import find
from reviewer.text.layout import Layout
from tests.text.texts import texts


def found(text: str, needle: str) -> list[str]:
    layout = Layout(text, 40)
    return [layout.text[hit.start : hit.end] for hit in find(layout, needle)]


def test_case_matters_only_when_the_needle_has_a_capital() -> None:
    assert found("No no NO", "no") == ["No", "no", "NO"]
    assert found("No no NO", "No") == ["No"]
    assert found("Straße STRASSE ΣΊΣΥΦΟΣ", "σίσυφος") == ["ΣΊΣΥΦΟΣ"]
    assert found("a.b [x] (", "[x]") == ["[x]"]
    assert found("anything", "") == []


def test_rendered_text_is_searched_and_leads_back_to_the_stored_text() -> None:
    layout = Layout("first\n\nthe **dropped** no", 40)
    (hit,) = find(layout, "dropped no")
    assert layout.stored_at(hit.start).offset == 13
    assert layout.row_at(hit.start) == 2


@settings(max_examples=200, deadline=None)
@given(texts, st.text(min_size=1, max_size=4))
def test_hits_are_in_order_and_apart(text: str, needle: str) -> None:
    layout = Layout(text, 30)
    hits = find(layout, needle)
    assert all(a.end <= b.start for a, b in pairwise(hits))
    for hit in hits:
        assert len(layout.text[hit.start : hit.end]) == len(needle)
