"""Server-sent events as they come in (HTML Living Standard, section 9.2.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST = 1 << 20
"""How large an event may be."""

_LINE = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, its data, and the place to come back to after it."""

    name: str
    data: str
    place: str


def events_in(pieces: Iterable[bytes]) -> Iterator[Event | None]:
    """The events of a stream; None for a sign of life. Raises ValueError for an event larger than `MOST`."""
    name, place = "", ""
    data: list[str] = []
    size = 0
    for line in _lines(pieces):
        size += len(line)
        if size > MOST:
            raise ValueError("an event is too large")
        field, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data), place)
            name, data, size = "", [], 0
        elif not field:
            yield None
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif field == "id" and "\0" not in value:
            place = value


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        if rest.endswith(b"\r") and len(rest) <= MOST:
            continue  # the end of the line may be of two characters, and the second one still to come
        *whole, rest = _LINE.split(rest)
        yield from whole
        if len(rest) > MOST:
            raise ValueError("a line is too long")
