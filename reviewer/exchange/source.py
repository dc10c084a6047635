"""Opening an import file: plain or gzip, any Unicode encoding, in constant memory.

Whatever the file is, what comes out is UTF-8 bytes without a byte order mark. A fault in the middle (a cut gzip, a
disk error) ends the bytes and is kept in `Source.fault`, so that what was read before it stays.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from reviewer.errors import BadInput
from reviewer.exchange.rows import RECORD_LIMIT

CHUNK = 256 * 1024
STDIN = Path("-")

_GZIP = b"\x1f\x8b"
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "Unpack it, or save the sheet as CSV."),
    (b"PAR1", "a Parquet file", "Convert it to JSONL."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV."),
    (b"BZh", "compressed with bzip2", "Unpack it, or compress it with gzip."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it, or compress it with gzip."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it, or compress it with gzip."),
    (b"SQLite format 3\x00", "an SQLite database", "Export its rows as JSONL or CSV."),
)
# Longer marks first: the UTF-16 mark is the beginning of the UTF-32 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Source:
    """An open import file; `position` counts the bytes read from disk, `size` is None where it is unknown."""

    def __init__(self, stream: BinaryIO, name: str, *, size: int | None = None, limit: int = RECORD_LIMIT) -> None:
        self.name = name
        self.size = size
        self.limit = limit
        self.position = 0
        self.line = 0
        self.fault = ""
        self._stream = stream
        self._ahead: deque[bytes] = deque()
        self._text = self._decoded(self._unpacked(self._blocks()))

    @classmethod
    def open(cls, path: Path, *, limit: int = RECORD_LIMIT) -> Source:
        """Open a file, or standard input for `-`; raises BadInput when it cannot be opened."""
        if path == STDIN:
            return cls(sys.stdin.buffer, "standard input", limit=limit)
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise BadInput("there is no such file.", mend="Check the path.", where=str(path)) from None
        except IsADirectoryError:
            raise BadInput("is a folder.", mend="Name the files in it.", where=str(path)) from None
        except (OSError, ValueError) as error:
            raise BadInput(f"cannot be opened: {_said(error)}.", where=str(path)) from None
        about = os.fstat(stream.fileno())
        size = about.st_size if stat.S_ISREG(about.st_mode) else None
        return cls(stream, str(path), size=size, limit=limit)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input is left open."""
        if self._stream is not sys.stdin.buffer:
            self._stream.close()

    def peek(self, count: int) -> bytes:
        """The first bytes of the text without consuming them; raises BadInput for a foreign kind of file."""
        held = sum(map(len, self._ahead))
        while held < count:
            block = next(self._text, b"")
            if not block:
                break
            self._ahead.append(block)
            held += len(block)
        return b"".join(self._ahead)[:count]

    def chunks(self) -> Iterator[bytes]:
        """The text as UTF-8 bytes, in pieces; raises BadInput for a foreign kind of file."""
        while self._ahead:
            yield self._ahead.popleft()
        yield from self._text

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Physical lines with their numbers, without the newline; None stands for one beyond the limit.

        After a fault the unfinished line is not given, for it is not known to be whole.
        """
        number = 0
        held: list[bytes] = []
        length = 0
        for chunk in self.chunks():
            pieces = chunk.split(b"\n")
            last = pieces.pop()
            for piece in pieces:
                number += 1
                if length:
                    length += len(piece)
                    held.append(piece)
                    yield number, (b"".join(held) if length <= self.limit else None)
                    held = []
                    length = 0
                else:
                    yield number, (piece if len(piece) <= self.limit else None)
            if last:
                length += len(last)
                # A line beyond the limit is measured on, but no longer kept.
                held = [*held, last] if length <= self.limit else []
        self.line = number + 1
        if length and not self.fault:
            yield number + 1, (b"".join(held) if length <= self.limit else None)

    def _blocks(self) -> Iterator[bytes]:
        while True:
            try:
                block = self._stream.read(CHUNK)
            except OSError as error:
                self.fault = f"the file could not be read further: {_said(error)}."
                return
            if not block:
                return
            self.position += len(block)
            yield block

    def _unpacked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        head, blocks = _with_head(blocks, 16)
        if head.startswith(_GZIP):
            yield from self._gunzipped(blocks)
            return
        for magic, what, mend in _FOREIGN:
            if head.startswith(magic):
                raise BadInput(f"is {what}.", mend=mend, where=self.name)
        yield from blocks

    def _gunzipped(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        # RFC 1952: a file is a run of members; zeros may pad its end.
        member = zlib.decompressobj(wbits=31)
        begun = False
        for block in blocks:
            rest = block
            while rest:
                if member.eof:
                    member, begun = zlib.decompressobj(wbits=31), False
                if not begun:
                    rest = rest.lstrip(b"\0")
                    if not rest:
                        break
                begun = True
                try:
                    text = member.decompress(rest, CHUNK)
                except zlib.error:
                    self.fault = "the gzip data is damaged here; what stood before it was read."
                    return
                rest = member.unused_data if member.eof else member.unconsumed_tail
                if text:
                    yield text
        if begun and not member.eof:
            tail = member.flush()
            if tail:
                yield tail
            if not member.eof:
                self.fault = "the gzip data ends too early: the file is cut; what stood before was read."

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        head, blocks = _with_head(blocks, 4)
        encoding, mark = _encoding_of(head)
        plain = _without(blocks, mark)
        pieces = plain if encoding == "utf-8" else self._transcoded(plain, encoding, mark)
        first = next(pieces, b"")
        if b"\n" not in first and b"\r" in first.rstrip(b"\r"):
            # Lines that end in a bare carriage return, as old Macintosh programs wrote them.
            yield first.replace(b"\r", b"\n")
            for piece in pieces:
                yield piece.replace(b"\r", b"\n")
            return
        if first:
            yield first
        yield from pieces

    def _transcoded(self, blocks: Iterator[bytes], encoding: str, mark: int) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        offset = mark
        for block in blocks:
            waiting = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                self.fault = _broken(encoding, offset - waiting + error.start)
                return
            offset += len(block)
            if text:
                yield text.encode()
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.fault = _broken(encoding, offset)


def _broken(encoding: str, offset: int) -> str:
    name = encoding[: encoding.rindex("-")].upper()
    return f"the text is not valid {name} at byte {offset}; save the file as UTF-8."


def _encoding_of(head: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    if len(head) >= 4 and head[1] == 0 == head[3] and head[0] and head[2]:
        return "utf-16-le", 0
    if len(head) >= 4 and head[0] == 0 == head[2] and head[1] and head[3]:
        return "utf-16-be", 0
    return "utf-8", 0


def _with_head(blocks: Iterator[bytes], count: int) -> tuple[bytes, Iterator[bytes]]:
    taken: list[bytes] = []
    held = 0
    for block in blocks:
        taken.append(block)
        held += len(block)
        if held >= count:
            break
    whole = b"".join(taken)
    return whole[:count], _chained(whole, blocks)


def _chained(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from blocks


def _without(blocks: Iterator[bytes], count: int) -> Iterator[bytes]:
    for block in blocks:
        if count < len(block):
            yield block[count:]
        count = 0


def _said(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
