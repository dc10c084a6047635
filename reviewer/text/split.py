"""Cuts a text into pieces that can be laid out one by one, so that a long text shows its beginning at once."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Literal, NamedTuple

from reviewer.text.sanitise import ZWJ

_PIECE = 6_000
"""No piece is much longer than this many characters."""

_LIST_PIECE = 900
"""A list longer than this is cut between two of its outermost entries."""

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*)")
_ENTRY = re.compile(r" {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_OUTER_ENTRY = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)")
_HEADING = re.compile(r"#{1,6}(?:[ \t\r]|$)")

Kind = Literal["markdown", "code", "plain"]


class Chunk(NamedTuple):
    """A piece `source[start:end]`, after a blank line if `blank`.

    Of code, `info` is the range of the fence's info string, and `head` says that the code begins here.
    """

    start: int
    end: int
    kind: Kind
    info: tuple[int, int] = (0, 0)
    blank: bool = False
    head: bool = True


def raw_chunks(source: str) -> Iterator[Chunk]:
    """The text in pieces of whole lines; only a line that is itself too long is cut."""
    start, size = 0, len(source)
    while start <= size:
        end = _line_end(source, start)
        if end - start > _PIECE:
            yield from _long_line(source, start, end)
            start = end + 1
            continue
        while end < size:
            following = _line_end(source, end + 1)
            if following - start > _PIECE:
                break
            end = following
        yield Chunk(start, end, "plain")
        start = end + 1


def markdown_chunks(source: str) -> Iterator[Chunk]:
    """The text in independent top-level blocks of Markdown.

    Fences are recognised here; lists, quotes and tables stay whole as long as they are not too long to be quick.
    """
    return _MarkdownSplitter(source).chunks()


def _line_end(source: str, start: int) -> int:
    end = source.find("\n", start)
    return len(source) if end < 0 else end


def _long_line(source: str, start: int, end: int, blank: bool = False) -> Iterator[Chunk]:
    while start < end:
        stop = end if end - start <= _PIECE else _seam(source, start, start + _PIECE)
        yield Chunk(start, stop, "plain", blank=blank)
        start, blank = stop, False


def _seam(source: str, start: int, limit: int) -> int:
    space = source.rfind(" ", start + _PIECE // 2, limit)
    if space >= 0:
        return space + 1
    for at in range(limit, limit - 64, -1):
        if source[at - 1] != ZWJ and not _extends(source[at]):
            return at
    return limit


def _extends(character: str) -> bool:
    import unicodedata

    return character == ZWJ or unicodedata.category(character) in ("Mn", "Me", "Mc", "Sk", "Cf")


class _MarkdownSplitter:
    def __init__(self, source: str) -> None:
        self._source = source
        self._start = -1  # of the piece being gathered; -1 when there is none
        self._end = 0
        self._has_entries = False
        self._is_list = False
        self._blank = False  # a blank line was seen since the last line with text
        self._blank_before = False

    def chunks(self) -> Iterator[Chunk]:
        source, at, size = self._source, 0, len(self._source)
        while at < size:
            end = _line_end(source, at)
            if end - at > _PIECE:
                yield from self._flush()
                yield from _long_line(source, at, end, self._take_blank())
                at = end + 1
                continue
            line = source[at:end]
            if not line.strip(" \t\r"):
                self._blank = True
                at = end + 1
                continue
            outer = line[0] not in " \t"
            fence = _FENCE.match(line) if "```" in line or "~~~" in line else None
            if fence and (outer or not self._has_entries):
                yield from self._flush()
                at = yield from self._code(at, end, fence)
                continue
            if self._starts_anew(line, outer):
                yield from self._flush()
            self._gather(at, end, line, outer)
            if outer and _HEADING.match(line):
                yield from self._flush()
            at = end + 1
        yield from self._flush()

    def _starts_anew(self, line: str, outer: bool) -> bool:
        if self._start < 0:
            return False
        length = self._end - self._start
        if length > _PIECE or (outer and _HEADING.match(line)):
            return True
        if self._blank and (outer or not self._has_entries):
            return True
        return outer and self._is_list and length > _LIST_PIECE and _OUTER_ENTRY.match(line) is not None

    def _gather(self, at: int, end: int, line: str, outer: bool) -> None:
        is_entry = _ENTRY.match(line) is not None
        if self._start < 0:
            self._start = at
            self._blank_before = self._take_blank()
            self._is_list = is_entry and outer
            self._has_entries = False
        self._has_entries = self._has_entries or is_entry
        self._blank = False
        self._end = end

    def _take_blank(self) -> bool:
        blank, self._blank = self._blank, False
        return blank

    def _flush(self) -> Iterator[Chunk]:
        if self._start >= 0:
            yield Chunk(self._start, self._end, "markdown", blank=self._blank_before)
            self._start = -1
            self._has_entries = self._is_list = False

    def _code(self, at: int, end: int, fence: re.Match[str]) -> Generator[Chunk, None, int]:
        source = self._source
        closing = re.compile(rf" {{0,3}}{fence[1][0]}{{{len(fence[1])},}}[ \t\r]*$")
        info = (at + fence.start(2), at + fence.start(2) + len(fence[2].rstrip()))
        blank, head = self._take_blank(), True
        start = after = min(end + 1, len(source))
        last = start
        while after < len(source):
            stop = _line_end(source, after)
            if stop - after < 200 and closing.match(source[after:stop]):
                after = stop + 1
                break
            if stop - start > _PIECE:
                if after > start:
                    yield Chunk(start, after - 1, "code", info, blank, head)
                    start, blank, head = after, False, False
                while stop - start > _PIECE:
                    seam = _seam(source, start, start + _PIECE)
                    yield Chunk(start, seam, "code", info, blank, head)
                    start, blank, head = seam, False, False
            last = stop
            after = stop + 1
        yield Chunk(start, max(start, last), "code", info, blank, head)
        return after
