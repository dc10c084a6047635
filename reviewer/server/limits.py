"""What bounds a request: how many there may be, and how large and how slow a message."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from threading import Lock
from typing import Any

import orjson
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from reviewer.server.troubles import Refusal

_MOST_KEPT = 10_000


class Buckets:
    """How many requests each caller may still send: `burst` at once, refilled by `rate` a second.

    Each process counts for itself.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = max(1, burst)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._gate = Lock()

    def take(self, caller: str, moment: float) -> float:
        """Takes one from a caller's bucket; 0, or after how many seconds there is one again."""
        if self._rate <= 0:
            return 0.0
        with self._gate:
            left, at = self._left.pop(caller, (float(self._burst), moment))
            left = min(float(self._burst), left + max(0.0, moment - at) * self._rate)
            granted = left >= 1
            self._left[caller] = (left - 1 if granted else left, moment)
            if len(self._left) > _MOST_KEPT:
                self._left.popitem(last=False)
        return 0.0 if granted else (1 - left) / self._rate


class BoundedRequest(Request):
    """A request whose body is unpacked and read within bounds. Raises Refusal beyond them."""

    def __init__(self, scope: Scope, receive: Receive, *, most: int, most_packed: int, seconds: float) -> None:
        super().__init__(scope, receive)
        self._most, self._most_packed, self._seconds = most, most_packed, seconds
        self._read: bytes | None = None

    async def body(self) -> bytes:
        """The body, decompressed."""
        if self._read is None:
            try:
                async with asyncio.timeout(self._seconds):
                    self._read = await self._unpacked()
            except TimeoutError:
                raise Refusal(
                    408, "too_slow", "the message did not arrive in time.", "Send it again.", {"Connection": "close"}
                ) from None
            except ClientDisconnect:
                raise Refusal(400, "cut_off", "the message was cut off.", "Send it again.") from None
        return self._read

    async def json(self) -> Any:
        """The body's JSON. Raises JSONDecodeError."""
        return orjson.loads(await self.body())

    def is_within(self, most: int) -> bool:
        """Whether it says ahead that no more than so much comes, and nothing is to be unpacked."""
        length = self.headers.get("content-length", "")
        return length.isdecimal() and int(length) <= most and "content-encoding" not in self.headers

    async def _unpacked(self) -> bytes:
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise Refusal(415, "encoding", "a message may be compressed by gzip alone.", "Send it as gzip, or plain.")
        length = self.headers.get("content-length", "")
        packed_bound = self._most_packed if encoding == "gzip" else self._most
        if length.isdecimal() and int(length) > packed_bound:
            raise _too_large(packed_bound)
        inflate = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
        parts: list[bytes] = []
        come = size = 0
        async for piece in self.stream():
            come += len(piece)
            if come > packed_bound:
                raise _too_large(packed_bound)
            part = piece if inflate is None else _inflated(inflate, piece, self._most - size + 1)
            size += len(part)
            if size > self._most:
                raise _too_large(self._most)
            parts.append(part)
        if inflate is not None and (not inflate.eof or inflate.unused_data) and come:
            raise _not_gzip()
        return b"".join(parts)


def _inflated(inflate: Any, piece: bytes, most: int) -> bytes:
    try:
        inflated: bytes = inflate.decompress(piece, most)
    except zlib.error:
        raise _not_gzip() from None
    return inflated


def _not_gzip() -> Refusal:
    return Refusal(400, "encoding", "the message is not the gzip that it says it is.", "Send it again, or plain.")


def _too_large(most: int) -> Refusal:
    size = f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} KB"
    return Refusal(413, "too_large", f"the message is larger than {size}.", "Send fewer labels at once.")
