"""The format of packs, version 1: a header, its signature, and a body that the header binds.

    line 1   the header, canonical JSON (see `Header`)
    line 2   the signature of the bytes of line 1, without its end: Ed25519, 128 hexadecimal digits
    rest     the body: one gzip member of JSON lines, each an object of one name, which says what it holds

The header has the size and the SHA-256 of the body as it lies in the file, so that all of it is known to be as it was
signed before anything of it is unpacked. Files are written and read in constant memory.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Literal

import orjson
from pydantic import Field, ValidationError

from reviewer.errors import BadInput
from reviewer.exchange.labels.out import written_whole
from reviewer.ids import canonical_json
from reviewer.sync import signing, wire
from reviewer.text.sanitise import visible

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT: Literal["reviewer-pack"] = "reviewer-pack"
VERSION = 1
"""The version that this program writes."""

OLDEST = 1
"""The oldest version that this program reads."""

MOST = 4 << 30
"""How large the lines of a pack may be, unpacked, unless somebody says otherwise."""

MOST_HEADER = 16 << 10
MOST_LINE = 32 << 20

Kind = Literal["tasks", "labels", "answers"]

_SIGNATURE = 128
_PIECE = 1 << 16
_AGAIN = "Have it made and carried over once more."


class Header(wire.Message):
    """What a pack says of itself.

    `server` is the identifier of the server's store, `rater` who labels, `device` the pack's own (`pack-…`) for tasks,
    else the rater's machine. `queue` is empty where labels of several queues come together. `until` is when the
    server gives the tasks to others. `counts` has the lines by name, `size` the bytes of the body in the file,
    `unpacked` those of its lines, `sha256` their digest in the file. `key` is the public key of whoever signed.
    """

    format: Literal["reviewer-pack"] = FORMAT
    version: int = VERSION
    kind: Kind
    server: wire.Identifier
    queue: str = Field(default="", max_length=100)
    queue_name: str = Field(default="", max_length=1000)
    rater: wire.Identifier
    rater_name: str = Field(max_length=200)
    device: wire.Identifier
    stream: str = Field(default="", max_length=100)
    made_at: str = Field(max_length=40)
    until: str | None = Field(default=None, max_length=40)
    program: str = Field(default="", max_length=100)
    counts: dict[str, int] = Field(default={})
    size: int = Field(default=0, ge=0)
    unpacked: int = Field(default=0, ge=0)
    sha256: str = Field(default="0" * 64, pattern=r"^[0-9a-f]{64}$")
    key: str = Field(default="0" * 64, pattern=r"^[0-9a-f]{64}$")


# -- writing -----------------------------------------------------------------------------------------------


class Writer:
    """A pack in the making. `until` may be told while its lines are written."""

    def __init__(self, body: IO[bytes]) -> None:
        self.counts: Counter[str] = Counter()
        self.until: str | None = None
        self.unpacked = self.size = 0
        self._body = body
        self._hash = hashlib.sha256()
        self._gzip = zlib.compressobj(level=6, wbits=31)

    def put(self, name: str, message: wire.Message) -> None:
        """Adds a line. Raises BadInput for one that no program would read."""
        line = b'{"%s":%s}\n' % (name.encode(), message.model_dump_json().encode())
        if len(line) > MOST_LINE:
            raise BadInput(f"a {name} of {len(line) >> 20} MB is too large for a pack.", mend="Work on it at a server.")
        self.counts[name] += 1
        self.unpacked += len(line)
        self._write(self._gzip.compress(line))

    def finish(self) -> str:
        """Ends the body, and returns its digest."""
        self._write(self._gzip.flush())
        return self._hash.hexdigest()

    def _write(self, packed: bytes) -> None:
        self._body.write(packed)
        self._hash.update(packed)
        self.size += len(packed)


@contextmanager
def writing(path: Path, key: Ed25519PrivateKey, about: Header) -> Iterator[Writer]:
    """A pack that takes the place of `path` when the block ends, signed with `key`; nothing is left where it fails.

    Raises BadInput where it cannot be written.
    """
    with written_whole(path) as stream, TemporaryFile(dir=path.parent) as body:
        writer = Writer(body)
        yield writer
        digest = writer.finish()
        header = about.model_copy(
            update={
                "until": writer.until,
                "counts": dict(sorted(writer.counts.items())),
                "size": writer.size,
                "unpacked": writer.unpacked,
                "sha256": digest,
                "key": signing.public(key),
            }
        )
        line = canonical_json(header.model_dump())
        stream.write(line + b"\n" + key.sign(line).hex().encode() + b"\n")
        body.seek(0)
        while piece := body.read(_PIECE):
            stream.write(piece)


# -- reading -----------------------------------------------------------------------------------------------


class Pack:
    """A pack whose signature and digest hold; who signed it is for the reader to judge."""

    def __init__(self, path: Path, header: Header, stream: IO[bytes]) -> None:
        self.path = path
        self.header = header
        self._stream = stream
        self._start = stream.tell()

    def refusal(self, what: str, mend: str = "") -> BadInput:
        """The error that says so of this pack."""
        return BadInput(what, where=str(self.path), mend=mend)

    def lines(self) -> Iterator[tuple[str, Any]]:
        """What each line holds, and that, from the first on.

        Raises BadInput where it is more or less than the header says, or is not JSON.
        """
        counts: Counter[str] = Counter()
        for line in self._unpacked():
            try:
                ((name, told),) = orjson.loads(line).items()
            except (orjson.JSONDecodeError, AttributeError, ValueError) as error:
                raise self.refusal("the pack holds a line that is none.", _AGAIN) from error
            counts[name] += 1
            yield name, told
        if dict(counts) != self.header.counts:
            raise self.refusal("the pack does not hold as many lines as it says.", _AGAIN)

    def _unpacked(self) -> Iterator[bytes]:
        left = self.header.unpacked
        begun: list[bytes] = []
        length = 0
        for piece in self._pieces():
            left -= len(piece)
            if left < 0:
                raise self.refusal("the pack unpacks to more than it says.", _AGAIN)
            first, *others = piece.split(b"\n")
            begun.append(first)
            length += len(first)
            if length > MOST_LINE:
                raise self.refusal(f"the pack holds a line of more than {MOST_LINE >> 20} MB.", _AGAIN)
            if others:
                yield b"".join(begun)
                yield from others[:-1]
                begun, length = [others[-1]], len(others[-1])
        if left or length:
            raise self.refusal("the pack unpacks to less than it says.", _AGAIN)

    def _pieces(self) -> Iterator[bytes]:
        self._stream.seek(self._start)
        gzip = zlib.decompressobj(wbits=31)
        try:
            while packed := self._stream.read(_PIECE):
                while packed:
                    yield gzip.decompress(packed, _PIECE)
                    packed = gzip.unconsumed_tail
                    if gzip.eof:
                        break
                if gzip.unused_data:
                    break
            while not gzip.eof and (piece := gzip.decompress(b"", _PIECE)):
                yield piece
        except zlib.error as error:
            raise self.refusal("the pack cannot be unpacked.", _AGAIN) from error
        if not gzip.eof or gzip.unused_data:
            raise self.refusal("the pack cannot be unpacked.", _AGAIN)


@contextmanager
def opened(path: Path, *, most: int = MOST) -> Iterator[Pack]:
    """The pack in that file, once it is known to be as it was signed.

    Raises BadInput where it is none, was changed or cut off, is too large, or was written by a program too new or old.
    """
    try:
        with path.open("rb") as stream:
            yield _read(path, stream, most)
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror}).", where=str(path)) from error


def _read(path: Path, stream: IO[bytes], most: int) -> Pack:
    def refusal(what: str, mend: str = "") -> BadInput:
        return BadInput(what, where=str(path), mend=mend)

    line = stream.readline(MOST_HEADER)
    if not line.endswith(b"\n") or not line.startswith(b"{"):
        raise refusal("this is no pack, or its beginning is cut off.", "`reviewer pack export` writes one.")
    header = _header(line, refusal)
    signature = stream.read(_SIGNATURE + 1)
    changed = "the pack was changed or damaged on the way: its signature does not hold."
    if signature[_SIGNATURE:] != b"\n":
        raise refusal(changed, _AGAIN)
    if not signing.holds(header.key, signature[:_SIGNATURE].decode("ascii", "replace"), line[:-1]):
        raise refusal(changed, _AGAIN)
    if header.unpacked > most:
        raise refusal(
            f"the pack unpacks to {header.unpacked >> 20:,} MB, and {most >> 20:,} MB are taken.",
            "--most takes more, where you know that it should be so large.",
        )
    start = stream.tell()
    size, digest = _measured(stream, header.size)
    if size < header.size:
        raise refusal(f"the pack is cut off: {size:,} of {header.size:,} bytes of its content are there.", _AGAIN)
    if size > header.size or digest != header.sha256:
        raise refusal("the pack was changed or damaged on the way: its content is not what was signed.", _AGAIN)
    stream.seek(start)
    return Pack(path, header, stream)


def _header(line: bytes, refusal: Callable[..., BadInput]) -> Header:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise refusal("this is no pack, or its header was changed.", _AGAIN) from error
    version = said.get("version") if isinstance(said, dict) and said.get("format") == FORMAT else None
    if type(version) is not int:
        raise refusal("this is no pack, or its header was changed.", _AGAIN)
    if version > VERSION:
        raise refusal(
            f"the pack was written by a newer program (its version is {version}, this program reads up to {VERSION}).",
            "Update this program.",
        )
    if version < OLDEST:
        raise refusal(
            f"the pack was written by an older program (its version is {version}, this program reads {OLDEST} and up).",
            "Have it made by a newer one.",
        )
    try:
        header = Header.model_validate(said)
    except ValidationError as error:
        raise refusal("this is no pack, or its header was changed.", _AGAIN) from error
    for name in (header.queue_name, header.rater_name):
        if not name.isprintable():
            raise refusal(f"the pack has a name that cannot be shown: {visible(name)[:100]}.", "Have it changed.")
    return header


def _measured(stream: IO[bytes], most: int) -> tuple[int, str]:
    """How many bytes follow, as far as one beyond `most`, and their digest."""
    size, hashed = 0, hashlib.sha256()
    while size <= most and (piece := stream.read(_PIECE)):
        size += len(piece)
        hashed.update(piece)
    return size, hashed.hexdigest()
