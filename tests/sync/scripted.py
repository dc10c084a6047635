"""A real HTTP server on loopback that answers as a test tells it to, rightly or wrongly."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reviewer.ids import new_id


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What it says."""
        return json.loads(gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `length` is what the header claims; less body than that is a connection that breaks off."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


Script = Callable[[Asked], Said | Any]


@dataclass(slots=True)
class Scripted:
    """The server: who it is, what it was asked, and what it answers by path; what is not JSON bytes is made so."""

    url: str
    server: str = field(default_factory=new_id)
    rater: str = field(default_factory=new_id)
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Script | Any] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        """The answer to a request."""
        self.asked.append(asked)
        path = asked.path.partition("?")[0]
        if path not in self.answers and path == "/v1":
            said: Any = {"server": self.server, "name": "lab", "program": "1"}
        elif path not in self.answers and path == "/v1/me":
            said = {"rater": self.rater, "name": "ana", "role": "rater"}
        else:
            said = self.answers.get(path, Said(b"nothing here", 404))
        if callable(said):
            said = said(asked)
        return said if isinstance(said, Said) else Said(json.dumps(said).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: Scripted

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        said = self.scripted.answer(Asked(self.command, self.path, headers, body))
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(said.body) if said.length is None else said.length))
        self.end_headers()
        self.wfile.write(said.body)
        self.close_connection = said.length is not None

    do_POST = do_GET  # noqa: N815  # the base's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
        del format, args


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what is tested here."""


@contextmanager
def serving(*, certificate: Path | None = None) -> Iterator[Scripted]:
    """The server, for the length of the block; with a certificate (and its key in one file) it speaks TLS."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    scripted = Scripted(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    handler.scripted = scripted  # type: ignore[attr-defined]  # of the class made above
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
