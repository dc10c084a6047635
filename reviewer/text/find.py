"""Searching what is shown."""

from __future__ import annotations

import re
from typing import NamedTuple

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
