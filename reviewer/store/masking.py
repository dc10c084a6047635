"""Outputs whose texts were changed because they named a system: what the file said can be told from what is kept."""

from __future__ import annotations

from hashlib import sha256

import orjson

MASK = "[…]"
"""What stands where a name stood."""


def output_hash(text: str, parts: bytes) -> str:
    """By what an output is known: SHA-256 over the canonical JSON of [text, parts] as they are stored."""
    return sha256(b"[%b,%b]" % (orjson.dumps(text), parts)).hexdigest()


def unmasked_hash(text: str, parts: str, masked: str | None) -> str:
    """The hash of an output as its file gave it: each name that `masked` lists is put back in its place.

    `masked` is the JSON of [part or null, offset, name], the offsets being code points of the masked texts.
    """
    listed = orjson.loads(parts)
    for part, offset, name in reversed(orjson.loads(masked or "[]")):
        if part is None:
            text = _put_back(text, offset, name)
        else:
            listed[part]["text"] = _put_back(listed[part]["text"], offset, name)
    return output_hash(text, orjson.dumps(listed, option=orjson.OPT_SORT_KEYS))


def _put_back(text: str, offset: int, name: str) -> str:
    return text[:offset] + name + text[offset + len(MASK) :]
