"""How wide text is on a terminal, and where it may be cut: cells and grapheme clusters.

Widths are rich's, because rich and Textual are what draws: a better guess than theirs would tear the screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

_SIMPLE = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f"
    "\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u2199\u2200-\u22ff\u2400-\u2426\u2500-\u25fc]*"
)


def is_simple(text: str) -> bool:
    """Whether every character is known to fill one cell and to stand alone, so that cells are code points."""
    return (text.isascii() and text.isprintable()) or _SIMPLE.fullmatch(text) is not None


def width(text: str) -> int:
    """The number of terminal cells that rich and Textual reckon for `text`."""
    if is_simple(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


@lru_cache(maxsize=8192)
def _character_width(character: str) -> int:
    from rich.cells import get_character_cell_size

    return get_character_cell_size(character)


def clusters(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """The grapheme clusters of `text[start:end]` as (start, end, cells): joined emoji, flags and marks stay whole."""
    stop = len(text) if end is None else end
    while start < stop:
        first = text[start]
        after = start + 1
        while after < stop:
            character = text[after]
            if character == "\u200d":
                after = min(after + 2, stop)
            elif _character_width(character) == 0 or (
                after == start + 1 and _is_regional(first) and _is_regional(character)
            ):
                after += 1
            else:
                break
        cells = _character_width(first) if after == start + 1 else width(text[start:after])
        yield start, after, cells
        start = after


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def cut(text: str, cells: int) -> str:
    """The longest beginning of `text` that fits into `cells`, never splitting a grapheme cluster."""
    if cells <= 0:
        return ""
    if is_simple(text):
        return text[:cells]
    used = 0
    for start, _, wide in clusters(text):
        used += wide
        if used > cells:
            return text[:start]
    return text


def truncate(text: str, cells: int, ellipsis: str = "…") -> str:
    """`text` if it fits into `cells`, else its beginning and an ellipsis."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    return cut(text, cells - width(ellipsis)).rstrip() + ellipsis


def pad(text: str, cells: int, align: Literal["left", "right", "center"] = "left") -> str:
    """`text` cut or filled with spaces to exactly `cells`."""
    if width(text) > cells:
        text = cut(text, cells)
    missing = cells - width(text)
    if align == "right":
        return " " * missing + text
    if align == "center":
        return " " * (missing // 2) + text + " " * (missing - missing // 2)
    return text + " " * missing
