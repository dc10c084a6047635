"""Searching what is shown."""

from __future__ import annotations

import re
from typing import NamedTuple

from reviewer.text.cells import truncate
from reviewer.text.layout import Layout
from reviewer.text.sanitise import visible


class Hit(NamedTuple):
    """A match, as offsets in the shown text."""

    start: int
    end: int


def find(layout: Layout, needle: str) -> list[Hit]:
    """Every place where `needle` stands literally, in order; its letters match either case unless one is a capital.

    Lays out the whole document. A match does not reach across two blocks.
    """
    wanted = visible(needle)
    if not wanted:
        return []
    exact = any(map(str.isupper, wanted))
    # Simple case folding (re.IGNORECASE) maps one character to one, so offsets hold; "ß" does not find "ss".
    pattern = re.compile(re.escape(wanted), 0 if exact else re.IGNORECASE)
    layout.finish()
    return [
        Hit(base + match.start(), base + match.end())
        for base, text in layout.texts()
        for match in pattern.finditer(text)
    ]


def excerpt(layout: Layout, hit: Hit, cells: int) -> str:
    """The line around a hit, cut to `cells`, beginning shortly before the hit."""
    for base, text in layout.texts():
        if base <= hit.start <= base + len(text):
            start, end = hit.start - base, hit.end - base
            left = max(text.rfind("\n", 0, start) + 1, start - max(0, cells - (end - start)) // 3)
            right = text.find("\n", end)
            line = text[left : len(text) if right < 0 else right]
            cut_before = left > 0 and text[left - 1] != "\n"
            return truncate("…" + line if cut_before else line, cells)
    return ""
