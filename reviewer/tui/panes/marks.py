"""What is drawn over a text: a style laid over ranges of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reviewer.text import cells
from reviewer.text.styled import Span


@dataclass(frozen=True, eq=False)
class Marks:
    """Ranges of the stored texts that are drawn so that they stand out: of each part of a document its own."""

    parts: Sequence[Sequence[Span]]


def overlaid(spans: list[Span], text: str, start: int, end: int, style: str) -> list[Span]:
    """The spans with one more style over a range, which is widened to whole grapheme clusters."""
    if not cells.is_simple(text):
        for left, right, _ in cells.clusters(text):
            start = left if left < start < right else start
            end = right if left < end < right else end
    end = min(end, len(text))
    if start >= end:
        return spans
    edges = sorted({start, end, *(edge for span in spans for edge in span[:2])})
    result = []
    for left, right in pairwise(edges):
        names = [span.style for span in spans if span.start <= left < span.end]
        if start <= left < end:
            names.append(style)
        if names:
            result.append(Span(left, right, " ".join(names)))
    return result
