"""Identifiers and content hashes: how things are known across machines."""

from __future__ import annotations

import base64
import hashlib
import os
from datetime import UTC, datetime
from typing import Any

import orjson
from uuid_utils import uuid7 as _uuid7


def new_id() -> str:
    """A UUIDv7 (RFC 9562) in its text form: sorts by the time of its making."""
    return str(_uuid7())


def new_public_id() -> str:
    """A random identifier of 8 characters (40 bits) that says nothing about what it names."""
    return base64.b32encode(os.urandom(5)).decode("ascii").lower()


def now() -> str:
    """This moment in UTC, to the microsecond, as ISO 8601: sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys, no white space and UTF-8: equal values give equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON of `value`, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
