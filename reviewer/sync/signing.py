"""Keys that sign packs (Ed25519, RFC 8032): the server's, and each device's own.

A private key lies in a file of the home that its owner alone can read, `server.key` or `device.key`; for a store in a
database, in its table `meta`: whoever may read that may write labels as well. It is in no export, and the backup of a
file has none.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reviewer.config import ensure_private
from reviewer.errors import BadInput
from reviewer.store import packs
from reviewer.store.connection import Store

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Whose = Literal["server", "device"]

_SECRET = re.compile(r"[0-9a-f]{64}")
_PUBLIC = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


def key_of(store: Store, whose: Whose) -> Ed25519PrivateKey:
    """The key that `store` signs with, as the server of a team or as a rater's device; made where there is none.

    Raises BadInput where the file cannot be read or written, or holds no key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = _in_file(store.path.parent / f"{whose}.key") if store.is_file else _in_database(store, f"{whose}_key")
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))


def public(key: Ed25519PrivateKey) -> str:
    """The public part of a key, in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def server_key(store: Store) -> str:
    """The public part of the key by which this server's packs are known, in hexadecimal."""
    return public(key_of(store, "server"))


def is_key(text: str) -> bool:
    """Whether `text` can be the public part of a key."""
    return _PUBLIC.fullmatch(text) is not None


def holds(key: str, signature: str, signed: bytes) -> bool:
    """Whether the owner of the public key `key` has signed these bytes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    # Python reads hexadecimal in more than one spelling.
    if not is_key(key) or not _SIGNATURE.fullmatch(signature):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _in_file(path: Path) -> str:
    try:
        return _read(path) if path.exists() else _made(path)
    except OSError as error:
        raise BadInput(
            f"the key that signs packs cannot be kept ({error.strerror}).",
            where=str(path),
            mend="Mend the permissions of the home, or make room there.",
        ) from error


def _read(path: Path) -> str:
    found = path.read_bytes()[:100].decode("ascii", "replace").strip()
    if not _SECRET.fullmatch(found):
        raise BadInput(
            "the file holds no key.",
            where=str(path),
            mend="Put it back from a backup; without it a new key is made, of which all have to be told.",
        )
    return found


def _made(path: Path) -> str:
    """A new key in that file, or the one that another program has put there meanwhile."""
    ensure_private(path.parent)
    made = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{_drawn()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(made, path)  # unlike a renaming it takes the place of no other
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return _read(path)


def _in_database(store: Store, name: str) -> str:
    with store.reading() as connection:
        known = packs.fact(connection, name)
    return known or store.transact(lambda driver: packs.put_fact(driver, name, _drawn()))


def _drawn() -> str:
    return secrets.token_hex(32)
