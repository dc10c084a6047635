"""What the server takes, how much of it, and what it says to the rest."""

from __future__ import annotations

import gzip
import socket
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import orjson
import pytest

from reviewer.server.limits import Buckets
from reviewer.store.connection import Store
from reviewer.sync import wire
from tests.server.serving import Server, read, served, trouble
from tests.store.filling import fill

JSON = {"Content-Type": "application/json"}
GZIP = {**JSON, "Content-Encoding": "gzip"}


def said(server: Server, data: bytes) -> bytes:
    """What the server answers to these bytes, until it closes."""
    with closing(_connected(server)) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _connected(server: Server) -> socket.socket:
    where = urlsplit(server.url)
    assert where.hostname
    assert where.port
    return socket.create_connection((where.hostname, where.port), timeout=60)


def leases(server: Server) -> str:
    queue = fill(server.store)
    return f"/v1/queues/{queue.id}/leases"


def test_messages_are_compressed_both_ways(server: Server) -> None:
    fill(server.store, items=30)
    device = server.device()
    (queue,) = device.queues()
    body = gzip.compress(orjson.dumps({"device": device.id, "wanted": 30}))
    path = f"/v1/queues/{queue.id}/leases"
    response = device.client.post(path, content=body, headers=GZIP)
    assert response.headers["content-encoding"] == "gzip"
    assert len(read(wire.Leased, response).tasks) == 30
    plain = device.client.post(path, content=body, headers={**GZIP, "Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert len(read(wire.Leased, plain).tasks) == 30


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", JSON, 422, "malformed"),
        (b"\xff\xfe", JSON, 422, "malformed"),
        (b"[" * 100_000, JSON, 413, "too_large"),
        (b"[" * 5_000, JSON, 422, "malformed"),
        (b"NaN", JSON, 422, "malformed"),
        (b"", JSON, 422, "malformed"),
        (b"{}", {}, 415, "encoding"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "encoding"),
        (b'{"device": "\\u0000", "wanted": 1}', JSON, 422, "malformed"),
        (b'{"device": "\\ud800", "wanted": 1}', JSON, 422, "malformed"),
        (b'{"device": "a/b", "wanted": 1}', JSON, 422, "malformed"),
        (b'{"device": "a", "wanted": 1e9}', JSON, 422, "malformed"),
        (b'{"device": "a", "wanted": -1}', JSON, 422, "malformed"),
        (b'{"device": "a", "wanted": 1, "after": 99999999999999999999}', JSON, 422, "malformed"),
        (b"{}", GZIP, 400, "encoding"),
        (gzip.compress(b"{}", mtime=0)[:-4], GZIP, 400, "encoding"),
        (gzip.compress(b"{}", mtime=0) + b"more", GZIP, 400, "encoding"),
        (gzip.compress(b" " * (64 << 20), mtime=0), GZIP, 413, "too_large"),
        (b"{}", {**JSON, "Content-Encoding": "br"}, 415, "encoding"),
        (zlib.compress(b"{}"), {**JSON, "Content-Encoding": "deflate"}, 415, "encoding"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_message_is_refused_in_one_sentence(
    server: Server, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    response = server.client().post(leases(server), content=content, headers=headers)
    assert trouble(response, status).code == code


def test_a_bomb_is_not_unpacked(server: Server) -> None:
    bomb = gzip.compress(b'{"device": "' + b"a" * (300 << 20), compresslevel=9)
    assert len(bomb) < 1 << 20
    response = server.client().post("/v1/labels", content=bomb, headers=GZIP)
    assert trouble(response, 413).code == "too_large"
    status = Path(f"/proc/{server.process.pid}/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 450 << 10


def test_a_message_without_an_end_is_not_read(server: Server) -> None:
    client = server.client()

    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 65536

    with suppress(httpx.WriteError):  # it may hang up first
        assert trouble(client.post(leases(server), content=endless(), headers=JSON), 413).code == "too_large"


def test_no_message_is_read_of_whom_it_does_not_know(server: Server) -> None:
    with closing(_connected(server)) as connection:
        connection.sendall(
            b"POST /v1/labels HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_number_beyond_the_batch_is_refused(server: Server) -> None:
    device = server.device()
    (queue,) = [fill(server.store)]
    leased = device.lease(queue.id)
    label = device.label(leased, leased.tasks[0])
    response = device.client.post("/v1/labels", json=device.message([label] * (wire.MOST_SENT + 1)))
    told = trouble(response, 422)
    assert "labels" in told.what
    assert label["id"] not in told.what


@pytest.mark.parametrize("version", ["0", "2", "999", "-1", "1.0", "x", "", "१"])
def test_another_version_of_the_wire_gets_one_clear_sentence(server: Server, version: str) -> None:
    client = server.client()
    response = client.get("/v1/me", headers={b"Reviewer-Wire": version.encode()})
    assert trouble(response, 426).code == "other_version"
    assert client.get("/v1", headers={b"Reviewer-Wire": version.encode()}).status_code == 200


def test_no_version_is_taken_for_this_one(server: Server) -> None:
    client = server.client()
    del client.headers["Reviewer-Wire"]
    assert client.get("/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/v1/", 404), ("PUT", "/v1/me", 405)]
)
def test_other_addresses_are_answered_alike(server: Server, method: str, path: str, status: int) -> None:
    trouble(server.client().request(method, path), status)


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_told_so(server: Server, data: bytes) -> None:
    head, _, body = said(server, data + b"\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert wire.Trouble.model_validate_json(body).code == "malformed"
    assert server.client(None).get("/health").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"x" * 40_000, b"X: y\r\n" * 5_000 + b"X: y", b"X: " + b"x" * 4_000_000],
    ids=["long", "many", "endless"],
)
def test_a_head_without_measure_is_refused(server: Server, headers: bytes) -> None:
    try:
        head, _, body = said(server, b"GET /health HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n\r\n").partition(
            b"\r\n\r\n"
        )
    except ConnectionError:
        return  # it was hung up on before it had said everything
    assert head[:13] in (b"HTTP/1.1 400 ", b"HTTP/1.1 431 ")
    wire.Trouble.model_validate_json(body)


def test_too_many_requests_are_asked_to_wait(store: Store, tmp_path: Path) -> None:
    with served(store, tmp_path / "logs", "--rate", "0.01") as server:
        client = server.client()
        assert client.get("/v1/me").status_code == 200
        response = client.get("/v1/me")
        assert trouble(response, 429).code == "rate"
        assert 1 <= int(response.headers["Retry-After"]) <= 101
        assert server.client("ben").get("/v1/me").status_code == 200


def test_a_bucket_fills_again() -> None:
    buckets = Buckets(rate=2.0, burst=3)
    assert [buckets.take("ana", 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("ana", 0.0) == 0.5
    assert buckets.take("ben", 0.0) == 0.0
    assert buckets.take("ana", 0.5) == 0.0
    assert buckets.take("ana", 0.5) > 0
    assert [buckets.take("ana", 100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("ana", 100.0) > 0
    assert not any(Buckets(0, 1).take("ana", 0.0) for _ in range(10))
