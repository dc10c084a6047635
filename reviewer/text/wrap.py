"""Greedy wrapping by cells: where each row of a line begins and ends."""

from __future__ import annotations

from reviewer.text.cells import clusters, is_simple

_NEVER_FIRST = frozenset("、。，．・：；？！）］｝〕〉》」』】’”…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ%)]}!?,.:;")
_NEVER_LAST = frozenset("（［｛〔〈《「『【‘“([{")


def wrap(text: str, start: int, end: int, first: int, rest: int) -> list[tuple[int, int]]:
    """The rows of `text[start:end]`, which holds no newline or tab, as (start, end) into `text`.

    The first row has `first` cells and each later one `rest` (at least 2 each). The spaces at a break belong to no
    row; a word that is wider than a row is broken between grapheme clusters; wide characters break anywhere that
    their punctuation allows.
    """
    if end - start <= first // 2:
        return [(start, end)]
    if is_simple(text[start:end]):
        return _wrap_simple(text, start, end, first, rest)
    return _wrap_clusters(text, start, end, first, rest)


def _wrap_simple(text: str, start: int, end: int, room: int, rest: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    find_space = text.rfind
    while end - start > room:
        limit = start + room
        space = find_space(" ", start, limit + 1)
        stop = space
        while stop > start and text[stop - 1] == " ":
            stop -= 1
        if stop <= start:
            rows.append((start, limit))
            start = limit
        else:
            rows.append((start, stop))
            start = space + 1
            while start < end and text[start] == " ":
                start += 1
        room = rest
    if start < end or not rows:
        rows.append((start, end))
    return rows


def _wrap_clusters(text: str, start: int, end: int, room: int, rest: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    row_start, used = start, 0
    break_end = break_start = -1
    used_at_break = 0
    previous, previous_wide = "", False
    for at, after, cells in clusters(text, start, end):
        character = text[at]
        if character == " ":
            if previous != " " and at > row_start:
                break_end = at
            if break_end >= 0:
                break_start, used_at_break = after, used + 1
            used += 1
            previous, previous_wide = " ", False
            continue
        wide = cells == 2
        if (
            (wide or previous_wide)
            and at > row_start
            and previous != " "
            and character not in _NEVER_FIRST
            and previous not in _NEVER_LAST
        ):
            break_end = break_start = at
            used_at_break = used
        if used + cells > room and at > row_start:
            if break_end > row_start:
                rows.append((row_start, break_end))
                row_start, used = break_start, used - used_at_break
            elif previous == " ":
                row_start, used = at, 0  # nothing but an indent wider than the row
            else:
                rows.append((row_start, at))
                row_start, used = at, 0
            break_end = break_start = -1
            room = rest if rows else room
            if used > room:
                # Later rows are narrower than the first, and what it left over does not fit into one of them.
                return rows + _wrap_clusters(text, row_start, end, rest, rest)
            if used + cells > room and at > row_start:
                rows.append((row_start, at))
                row_start, used = at, 0
        used += cells
        previous, previous_wide = character, wide
    if used > room:
        while end > row_start and text[end - 1] == " ":
            end -= 1
    if row_start < end or not rows:
        rows.append((row_start, end))
    return rows
