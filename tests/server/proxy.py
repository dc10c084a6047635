"""A way to the server that cuts, delays and repeats what passes over it, and can write everything down.

It takes one request a connection's turn, as HTTP/1.1 frames it, so that a fault falls inside a request or inside an
answer and not anywhere.
"""

from __future__ import annotations

import gzip
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import NoReturn
from urllib.parse import urlsplit

FAULTS = (
    "cut request",
    "cut answer",
    "lose answer",
    "delay",
    "late answer",
    "twice",
    "again later",
    "answer twice",
)
_DELAY = 0.05
_MUCH_LATER = 0.4
_PIECE = 1 << 16
_PATIENCE = 30.0
_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Passed:
    """A request and its answer as they passed: heads as sent, bodies unpacked."""

    request: bytes
    sent: bytes
    answer: bytes
    got: bytes


@dataclass
class Proxy:
    """Where clients connect to; `target` may change while it runs, as a server does that starts again elsewhere.

    `fault` is asked before each request and returns one of `FAULTS`, or an empty text for none; it may change too.
    """

    target: str
    fault: Callable[[], str] = str
    url: str = ""
    passed: list[Passed] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _ended: Event = field(default_factory=Event)

    def serve(self, client: socket.socket) -> None:
        """Takes requests of one connection until somebody hangs up."""
        client.settimeout(_PATIENCE)
        with client, suppress(OSError, _GoneError):
            while not self._ended.is_set():
                self._one(client)

    def _one(self, client: socket.socket) -> None:
        head, body, closing = _message(client)
        with self._lock:
            fault = self.fault()
            self.faults.append(fault)
        whole = head + body
        if b" /v1/live" in head.partition(b"\r\n")[0]:
            self._stream(client, whole, cut=fault != "")
        if fault == "delay":
            self._ended.wait(_DELAY)
        if fault == "cut request":
            with suppress(OSError), self._there() as server:
                server.sendall(whole[: len(head) + len(body) // 2] if body else whole[: len(head) // 2])
            raise _GoneError
        if fault == "twice":
            self._ask(whole)
        answer_head, answer = self._ask(whole)
        if fault == "again later":
            Thread(target=self._ask_again, args=(whole,), daemon=True).start()
        if fault == "late answer":
            self._ended.wait(_DELAY)
        with self._lock:
            self.passed.append(Passed(head, _unpacked(head, body), answer_head, _unpacked(answer_head, answer)))
        if fault == "lose answer":
            raise _GoneError
        if fault == "cut answer":
            client.sendall((answer_head + answer)[: len(answer_head) + len(answer) // 2])
            raise _GoneError
        client.sendall((answer_head + answer) * (2 if fault == "answer twice" else 1))
        if closing:
            raise _GoneError

    def _stream(self, client: socket.socket, whole: bytes, *, cut: bool) -> NoReturn:
        """Passes on what has no end, piece by piece; with a fault nothing after the first one."""
        with self._there() as server:
            server.sendall(whole)
            while not self._ended.is_set():
                client.sendall(_piece(server))
                if cut:
                    break
        raise _GoneError

    def _ask_again(self, whole: bytes) -> None:
        """Delivers a request once more when others have followed on it, and lets its answer go."""
        self._ended.wait(_MUCH_LATER)
        with suppress(OSError, _GoneError):
            self._ask(whole)

    def _ask(self, whole: bytes) -> tuple[bytes, bytes]:
        with self._there() as server:
            server.sendall(whole)
            head, body, _ = _message(server)
        return head, body

    def _there(self) -> socket.socket:
        parts = urlsplit(self.target)
        there = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_PATIENCE)
        there.settimeout(_PATIENCE)
        return there

    def end(self) -> None:
        """Takes no more requests."""
        self._ended.set()


class _GoneError(Exception):
    """The connection is over."""


def at_random(chance: random.Random, share: float) -> Callable[[], str]:
    """A fault in so many of all requests, any of them."""
    return lambda: chance.choice(FAULTS) if chance.random() < share else ""


@contextmanager
def proxied(target: str, fault: Callable[[], str] = str) -> Iterator[Proxy]:
    """A proxy before the server at `target`, for the length of the block."""
    proxy = Proxy(target, fault)
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    proxy.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                Thread(target=proxy.serve, args=(client,), daemon=True).start()

    taking = Thread(target=accept, daemon=True)
    taking.start()
    try:
        yield proxy
    finally:
        proxy.end()
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        taking.join(_PATIENCE)


def _message(from_: socket.socket) -> tuple[bytes, bytes, bool]:
    """Head and body of the next message, and whether it is the last. Raises _GoneError where there is none."""
    got = b""
    while _HEAD_END not in got:
        got += _piece(from_)
    head, body = got.split(_HEAD_END, 1)
    fields = _fields(head)
    length = int(fields.get("content-length", "0"))
    assert "transfer-encoding" not in fields, "neither side sends in chunks"
    while len(body) < length:
        body += _piece(from_)
    assert len(body) == length, "neither side sends a request before the answer to the one before it"
    return head + _HEAD_END, body, fields.get("connection", "").lower() == "close"


def _piece(from_: socket.socket) -> bytes:
    piece = from_.recv(_PIECE)
    if not piece:
        raise _GoneError
    return piece


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _unpacked(head: bytes, body: bytes) -> bytes:
    return gzip.decompress(body) if _fields(head).get("content-encoding") == "gzip" else body
