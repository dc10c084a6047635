"""Running the server: its address, its processes, and a stop that lets requests end."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import multiprocessing
import os
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors import Multiprocess

from reviewer.errors import BadInput, WrongUsage
from reviewer.server import logs
from reviewer.server.app import create_app, watched
from reviewer.server.live import end_stream
from reviewer.server.settings import ServerSettings
from reviewer.store.connection import Store
from reviewer.sync import wire

_KEEP_ALIVE = 60
_BACKLOG = 512
_HELD_BACK = (errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the store lies: in a file, or in a database whose address may hold a password."""

    file: Path
    database: str = field(default="", repr=False)

    def open(self) -> Store:
        """The store. Raises StoreTrouble."""
        if self.database:
            from reviewer.store.postgres import open_database

            return open_database(self.database)
        return Store.open(self.file, create=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate chain and the key that prove the server, as files."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Raises BadInput where they cannot be used."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key, password="")
        except FileNotFoundError as error:
            missing = self.key if self.certificate.exists() else self.certificate
            raise BadInput("there is no such file.", where=str(missing)) from error
        except (OSError, ssl.SSLError) as error:
            raise BadInput(
                "the certificate and the key cannot be used together.",
                where=str(self.certificate),
                mend="Both are PEM files, the key without a password; the chain begins with the server's certificate.",
            ) from error


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at the address. Raises BadInput where that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        # Only of sockets that say TCP does asyncio turn off the delay that waits for more to send.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise BadInput(f"there is no address '{host}' on this machine.", mend="Give another --host.") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            what, mend = "another program listens there", "End it, or give another --port."
        elif error.errno in _HELD_BACK:
            what, mend = "this user may not listen there", "Give a --port above 1023."
        else:
            what, mend = "this machine has no such address", "Give another --host."
        raise BadInput(f"the server cannot listen at {host}, port {port}: {what}.", mend=mend) from error
    return listening


def refuse_in_the_clear(host: str) -> None:
    """Raises WrongUsage where tokens and texts would go over a network that others may read."""
    if not is_loopback(host):
        raise WrongUsage(
            f"at '{host}' everybody on the way could read tokens and texts.",
            mend="Give --tls-cert and --tls-key, or put a proxy with TLS before it and listen on 127.0.0.1; "
            "--insecure-http serves it in the clear all the same.",
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach that address."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(ipaddress.ip_address(str(one).partition("%")[0]).is_loopback for one in found)


def run(
    place: Place,
    settings: ServerSettings,
    listening: socket.socket,
    *,
    tls: Tls | None = None,
    workers: int = 1,
    log: Path | None = None,
    ready: Callable[[], None],
) -> None:
    """Serves until SIGTERM or SIGINT comes; then requests under way are answered, and the store is closed.

    `ready` is called once requests are answered. Raises StoreTrouble, or BadInput where the log cannot be written.
    """
    logs.begin(log)
    store = place.open()
    config = partial(_config, settings=settings, tls=tls)
    if workers > 1:
        store.close()
        _run_several(config(partial(_made, place, settings, log), factory=True, workers=workers), listening, ready)
        return
    server = _Server(config(watched(create_app(store, settings))), ready)
    # After its own stop uvicorn raises the signal again, for whoever handled it before.
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[listening])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(app: Any, *, settings: ServerSettings, tls: Tls | None, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(PatientProtocol, head_seconds=settings.head_seconds),  # type: ignore[arg-type]
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=settings.stop_seconds,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        **more,
    )


def _run_several(config: uvicorn.Config, listening: socket.socket, ready: Callable[[], None]) -> None:
    ready()
    Multiprocess(config, sockets=[listening]).run()


def _made(place: Place, settings: ServerSettings, log: Path | None) -> ASGIApp:
    """The application in a process of its own."""
    logs.begin(log)
    Thread(target=_end_with_parent, daemon=True).start()
    return watched(create_app(place.open(), settings))


def _end_with_parent() -> None:
    """Stops this process where the one that began it was killed: nobody would stop it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class PatientProtocol(HttpToolsProtocol):
    """HTTP/1.1 for those who come to the point: a request whose head takes too long, or has no end, ends the
    connection."""

    def __init__(self, *arguments: Any, head_seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_seconds = head_seconds
        self._too_late: asyncio.TimerHandle | None = None
        self._head_size = 0
        self._has_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for a head."""
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        """Waits on while the head is not whole, and for none while a request is under way."""
        self._head_size += len(data)
        super().data_received(data)
        if not self._has_head and self._head_size > logs.MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("")
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        super().connection_lost(exc)
        self._forget_head()

    def shutdown(self) -> None:
        """The server stops: a stream that would go on for ever ends."""
        super().shutdown()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            end_stream(cycle.scope)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._has_head = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head; what comes after the body is none, and has no say."""
        if not self._has_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole: what it asks for is done. Raises ValueError, which the parser takes for its own fault."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            raise ValueError("a request names one host")  # RFC 9112, section 3.2
        self._has_head = True
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The next head is waited for."""
        self._has_head, self._head_size = False, 0
        super().on_response_complete()
        self._watch_head()

    def send_400_response(self, msg: str) -> None:
        """Answers what is no HTTP."""
        del msg
        body = wire.Trouble(code="malformed", what="that is no HTTP request that this server reads.").model_dump_json()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            head = f"content-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head.encode() + body.encode())
        self.transport.close()

    def _watch_head(self) -> None:
        if self._has_head or self.transport.is_closing():
            self._forget_head()
        elif self._too_late is None:
            self._too_late = self.loop.call_later(self._head_seconds, self.transport.close)

    def _forget_head(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None


def _nothing(*_: object) -> None:
    """What is done about a signal that was heeded already."""
