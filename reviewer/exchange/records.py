"""From the bytes of one JSON record to a row: parsing that survives hostile text and says where it broke."""

from __future__ import annotations

import re
from typing import Any

import orjson

from reviewer.exchange.build import build
from reviewer.exchange.columns import Renamer, plan_of
from reviewer.exchange.rows import FieldFault, ItemRow, Reject, kind_of

DEPTH_LIMIT = 64

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|u0000|.)",
    re.DOTALL,
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def loads(raw: bytes) -> tuple[Any, int]:
    """Parse JSON (RFC 8259); NUL and lone surrogates become a visible escape, and their number is given.

    Raises FieldFault with a sentence for what is not JSON, not UTF-8, or nested too deeply to be stored.
    """
    escaped = 0
    if b"\\u0000" in raw:
        raw, escaped = _made_visible(raw)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        visible, count = _made_visible(raw) if _SURROGATE.search(raw) else (raw, 0)
        if not count:
            raise FieldFault(_complaint(raw, error)) from None
        try:
            value = orjson.loads(visible)
        except orjson.JSONDecodeError as second:
            raise FieldFault(_complaint(visible, second)) from None
        escaped += count
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT and _too_deep(value):
        raise FieldFault(f"the record is nested deeper than {DEPTH_LIMIT} levels.")
    return value, escaped


def row_of_json(raw: bytes, line: int, renamer: Renamer | None) -> ItemRow | Reject:
    """The row that one JSON object makes, or a reject that says why it makes none."""
    try:
        record, escaped = loads(raw)
    except FieldFault as fault:
        return Reject(line, str(fault), raw)
    return row_of_record(record, line, raw, escaped, renamer)


def row_of_record(record: Any, line: int, raw: bytes, escaped: int, renamer: Renamer | None) -> ItemRow | Reject:
    """The row that a parsed JSON value makes, or a reject that says why it makes none."""
    if type(record) is not dict:
        return Reject(line, f"a record must be a JSON object, not {kind_of(record)}.", raw)
    if renamer is not None:
        record = renamer.renamed(record)
    return build(record, plan_of(tuple(record)), line, raw, escaped)


def _made_visible(raw: bytes) -> tuple[bytes, int]:
    count = 0

    def visible(match: re.Match[bytes]) -> bytes:
        nonlocal count
        token = match.group()
        if len(token) != 6:
            return token
        count += 1
        return b"\\" + token

    return _ESCAPES.sub(visible, raw), count


def _complaint(raw: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        return not_utf8(raw, broken.start)
    return f"not valid JSON at character {error.pos + 1}: {error.msg}."


def not_utf8(raw: bytes, offset: int) -> str:
    """The sentence for a byte that is not UTF-8, counted from 1 within the record."""
    return f"byte {offset + 1} of the record (0x{raw[offset]:02X}) is not valid UTF-8; save the file as UTF-8."


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
