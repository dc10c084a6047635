from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewer.errors import BadInput
from reviewer.exchange.source import CHUNK, Source

Write = Callable[[str, bytes | str], Path]
LINES = "first\nzwei ä\n三\n"


def text_of(path: Path) -> str:
    with Source.open(path) as source:
        text = b"".join(source.chunks()).decode()
        assert source.fault == ""
        return text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_unicode_encoding_gives_the_same_text(write: Write, encoding: str, packed: bool) -> None:
    data = LINES.encode(encoding)
    path = write("file", gzip.compress(data) if packed else data)
    assert text_of(path) == LINES


def test_gzip_is_known_by_its_content_and_may_have_members_and_padding(write: Write) -> None:
    path = write("plain.jsonl", gzip.compress(b"one\n") + gzip.compress(b"two\n") + b"\0" * 600)
    assert text_of(path) == "one\ntwo\n"


def test_a_cut_gzip_gives_what_was_before_the_cut(write: Write) -> None:
    whole = b"".join(b"line %d %d\n" % (i, i * i) for i in range(20_000))
    packed = gzip.compress(whole)
    with Source.open(write("cut.gz", packed[: len(packed) // 2])) as source:
        lines = [line or b"" for _, line in source.lines()]
        assert "the file is cut" in source.fault
        assert source.line == len(lines) + 1
    assert len(lines) > 100
    assert b"\n".join(lines[:100]) == b"\n".join(whole.split(b"\n")[:100])


def test_damaged_gzip_is_a_fault_and_not_an_exception(write: Write) -> None:
    packed = bytearray(gzip.compress(bytes(range(256)) * 400))
    packed[len(packed) // 2] ^= 0xFF
    with Source.open(write("bad.gz", bytes(packed))) as source:
        for _ in source.chunks():
            pass
        assert "gzip" in source.fault


def test_broken_utf16_names_the_byte(write: Write) -> None:
    data = b"\xff\xfe" + "ab".encode("utf-16-le") + b"\x00\xd8" + "cd".encode("utf-16-le")
    with Source.open(write("bad.txt", data)) as source:
        assert b"".join(source.chunks()) == b""
        assert source.fault == "the text is not valid UTF-16 at byte 6; save the file as UTF-8."


def test_a_line_beyond_the_limit_is_none_and_the_next_is_read() -> None:
    long = b"x" * (3 * CHUNK)
    source = Source(io.BytesIO(b"a\n" + long + b"\nb\n" + b"y" * 101 + b"\nc"), "x", limit=100)
    assert list(source.lines()) == [(1, b"a"), (2, None), (3, b"b"), (4, None), (5, b"c")]


def test_a_line_over_several_blocks_is_whole() -> None:
    long = b"x" * (2 * CHUNK + 17)
    assert list(Source(io.BytesIO(long + b"\n" + long), "x").lines()) == [(1, long), (2, long)]


def test_a_gzip_bomb_is_measured_and_not_kept() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(40)) + packer.flush()
    source = Source(io.BytesIO(packed), "bomb", limit=1 << 20)
    assert list(source.lines()) == [(1, None)]
    assert source.position == len(packed)


def test_bare_carriage_returns_end_lines() -> None:
    assert [line for _, line in Source(io.BytesIO(b"a\rb\rc"), "mac").lines()] == [b"a", b"b", b"c"]


def test_peek_consumes_nothing() -> None:
    source = Source(io.BytesIO(b"\xef\xbb\xbfone\ntwo"), "x")
    assert source.peek(4) == b"one\n"
    assert [line for _, line in source.lines()] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"PK\x03\x04rest", "Excel"), (b"PAR1rest", "Parquet"), (b"BZh91AY", "bzip2"), (b"\xfd7zXZ\x00.", "xz")],
)
def test_foreign_files_are_named(write: Write, data: bytes, what: str) -> None:
    with Source.open(write("data", data)) as source, pytest.raises(BadInput, match=what):
        source.peek(10)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        Source.open(tmp_path / "absent.csv")
    with pytest.raises(BadInput, match="is a folder"):
        Source.open(tmp_path)
    with pytest.raises(BadInput, match="cannot be opened"):
        Source.open(Path("a\0b"))
