"""The words that differ between two texts, place by place, to be said one after the other."""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import normalize

from reviewer.text.styled import Span


class Change(NamedTuple):
    """What either text says at one place; empty where it has nothing there."""

    first: str
    second: str


def changes(first: str, second: str) -> list[Change]:
    """The places where two texts differ, in order."""
    from reviewer.text.differences import differences

    ours, theirs = differences(first, second)
    one, other = _by_place(first, ours), _by_place(second, theirs)
    return [Change(one.get(place, ""), other.get(place, "")) for place in sorted(one.keys() | other.keys())]


def _by_place(text: str, spans: list[Span]) -> dict[int, str]:
    """The text of each span, by how much of what both texts have stands before it.

    That is counted without white space, which is not compared, and decomposed, so that what looks the same is as long.
    """
    found: dict[int, tuple[int, int]] = {}
    common = done = 0
    for span in spans:
        common += len(normalize("NFD", "".join(text[done : span.start].split())))
        start, _ = found.get(common, span[:2])
        found[common] = (start, span.end)
        done = span.end
    return {place: text[start:end] for place, (start, end) in found.items()}
