"""Packs made by hand, rightly and wrongly."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reviewer.ids import canonical_json, new_id, now
from reviewer.sync import signing, wire
from reviewer.sync.packs import Header, writing
from tests.sync.wired import LATER, QUEUE_ID, queue, task

SERVER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
SERVER_ID, RATER_ID = new_id(), new_id()


def header(**changed: Any) -> Header:
    """What a pack of tasks says of itself before it is written."""
    said = {
        "kind": "tasks",
        "server": SERVER_ID,
        "queue": QUEUE_ID,
        "queue_name": "kyc",
        "rater": RATER_ID,
        "rater_name": "ana",
        "device": "pack-0011",
        "made_at": now(),
    }
    return Header.model_validate(said | changed)


def write(
    path: Path,
    *tasks: wire.Task,
    of: wire.Queue | None = None,
    more: list[tuple[str, wire.Message]] | None = None,
    key: Ed25519PrivateKey = SERVER,
    until: str = LATER,
    **changed: Any,
) -> Path:
    """A pack of these tasks, as the program writes one; `more` stands before them."""
    with writing(path, key, header(**changed)) as writer:
        writer.until = until
        writer.put("queue", of or queue())
        for name, message in more or []:
            writer.put(name, message)
        for one in tasks:
            writer.put("task", one)
    return path


def numbered(path: Path, *numbers: int, **options: Any) -> Path:
    """A pack of the tasks with these numbers."""
    return write(path, *(task(number) for number in numbers), **options)


def forge(path: Path, lines: bytes, *, key: Ed25519PrivateKey = SERVER, body: bytes | None = None, **said: Any) -> Path:
    """A pack whose signature holds, whatever it says and holds."""
    if body is None:
        packer = zlib.compressobj(wbits=31)
        body = packer.compress(lines) + packer.flush()
    about = header().model_dump() | {
        "counts": {},
        "size": len(body),
        "unpacked": len(lines),
        "sha256": hashlib.sha256(body).hexdigest(),
        "key": signing.public(key),
        "until": LATER,
    }
    line = canonical_json(about | said)
    path.write_bytes(line + b"\n" + key.sign(line).hex().encode() + b"\n" + body)
    return path
