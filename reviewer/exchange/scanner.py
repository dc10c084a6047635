"""Cutting a JSON text into values while it streams: quotes and brackets are followed, nothing is built of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

_SPACE = re.compile(rb"[ \t\r\n]*+")
_MARK = re.compile(rb'["{}\[\]]')
_BARE = re.compile(rb'[^\s,:"{}\[\]]*+')
_RECORD_END = re.compile(rb"\}\s*[,\]]")
_QUOTE, _BACKSLASH, _BRACE = 0x22, 0x5C, 0x7B
_TRIES, _USUAL = 6, 16 * 1024


class Stop(Exception):
    """The document cannot be followed any further; it says why in one sentence."""


class Scanner:
    """A window on the text that moves on value by value; what lies behind `hold` is kept, up to the limit."""

    def __init__(self, blocks: Iterator[bytes], limit: int) -> None:
        self.limit = limit
        self._blocks = blocks
        self._text = b""
        self._at = 0
        self._held: int | None = None
        self._line = 1
        self._counted = 0

    def line(self) -> int:
        """The physical line of the place reached."""
        self._line += self._text.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def next(self) -> bytes:
        """The next byte that is not white space, not yet consumed; b"" at the end of the text."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at : self._at + 1]
            if not self._filled():
                return b""

    def step(self) -> None:
        """Consume one byte."""
        self._at += 1

    def hold(self) -> None:
        """Keep the text from here on, until `held`."""
        self._held = self._at

    def held(self) -> bytes | None:
        """The text since `hold`, kept no longer; None if it grew beyond the limit."""
        start, self._held = self._held, None
        if start is None or self._at - start > self.limit:
            return None
        return self._text[start : self._at]

    def skip(self, depth: int = 0) -> None:
        """Consume one value, or the rest of the list or object that is `depth` levels above this place.

        Raises Stop where the text ends first, and where no value can begin.
        """
        if not depth and self._text[self._at] not in b'"{[':
            self._skip_bare()
            return
        text, at = self._text, self._at
        while True:
            mark = _MARK.search(text, at)
            if mark is None:
                self._at = len(text)
                self._fill()
                text, at = self._text, self._at
                continue
            at = mark.end()
            byte = text[at - 1]
            if byte == _QUOTE:
                # Most strings end within the window and hold no escaped quotation mark.
                end = text.find(b'"', at)
                if end >= at and (end == at or text[end - 1] != _BACKSLASH):
                    at = end + 1
                else:
                    self._at = at
                    self._end_string()
                    text, at = self._text, self._at
            elif byte in b"{[":
                depth += 1
            else:
                depth -= 1
            if depth <= 0:
                self._at = at
                return

    def skip_record(self) -> None:
        """Consume one value as `skip` does, faster where it is a sound object of the usual size."""
        text, start = self._text, self._at
        if text[start] == _BRACE:
            end = start
            for _ in range(_TRIES):
                mark = _RECORD_END.search(text, end, start + _USUAL)
                if mark is None:
                    break
                end = mark.start() + 1
                try:
                    # No beginning of a JSON object is an object, so what parses is the whole of it.
                    orjson.loads(text[start:end])
                except orjson.JSONDecodeError:
                    continue
                self._at = end
                return
        self.skip()

    def string(self) -> bytes:
        """Consume a string and give its bytes with the quotes, cut off beyond a few thousand."""
        self.step()
        return b'"' + self._end_string(4096) + b'"'

    def _end_string(self, wanted: int = 0) -> bytes:
        taken = b""
        while True:
            text, start = self._text, self._at
            end = text.find(b'"', start)
            piece = text[start : end if end >= 0 else None]
            odd = (len(piece) - len(piece.rstrip(b"\\"))) % 2
            if end < 0:
                # A backslash at the window's end belongs to what comes next.
                self._at = len(text) - odd
                taken += piece[: len(piece) - odd][: max(wanted - len(taken), 0)]
                self._fill()
                continue
            self._at = end + 1
            taken += text[start : end + odd][: max(wanted - len(taken), 0)]
            if not odd:
                return taken

    def _skip_bare(self) -> None:
        start = self._text[self._at]
        moved = False
        while True:
            word = _BARE.match(self._text, self._at)
            end = word.end() if word else self._at
            moved = moved or end > self._at
            self._at = end
            if end < len(self._text) or not self._filled():
                break
        if not moved:
            raise Stop(f"not valid JSON: {chr(start)!r} is not expected here.")

    def _fill(self) -> None:
        if not self._filled():
            raise Stop("the file ends in the middle of a record: it is cut.")

    def _filled(self) -> bool:
        self.line()
        if self._held is not None and len(self._text) - self._held > self.limit:
            self._held = None
        low = self._at if self._held is None else self._held
        # At least as much again as is kept, so that a long record is copied a few times and not once a block.
        wanted, got = len(self._text) - low, 0
        fresh: list[bytes] = []
        for block in self._blocks:
            fresh.append(block)
            got += len(block)
            if got >= wanted:
                break
        if not got:
            return False
        self._text = b"".join((self._text[low:], *fresh))
        self._at -= low
        self._counted -= low
        if self._held is not None:
            self._held -= low
        return True
