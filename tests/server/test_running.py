"""Starting and stopping: addresses, TLS, several processes, and requests that are under way."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import signal
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reviewer.store.connection import Store
from reviewer.sync import wire
from tests.server.serving import ROOT, Device, Server, command, read, served, token
from tests.store.filling import ask, fill, fresh

REQUESTS = 40


def refused(store: Store, *options: str) -> tuple[int, str]:
    """The exit code and what is said where the server does not start."""
    ran = subprocess.run(command(store, *options), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stderr


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return cert, private


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_served_by_tls_or_on_demand_alone(store: Store, host: str) -> None:
    code, said = refused(store, "--host", host)
    assert code == 2
    assert host in said
    assert "--tls-cert" in said
    assert "--insecure-http" in said


def test_it_serves_others_in_the_clear_where_that_is_asked_for(store: Store, tmp_path: Path) -> None:
    with served(store, tmp_path / "logs", "--host", "0.0.0.0", "--insecure-http") as server:
        port = urlsplit(server.url).port
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200


def test_it_speaks_tls(store: Store, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with served(store, tmp_path / "logs", "--tls-cert", str(cert), "--tls-key", str(key)) as server:
        assert server.url.startswith("https://")
        context = ssl.create_default_context(cafile=cert)
        assert httpx.get(f"{server.url}/health", verify=context).json()["status"] == "ok"
        with pytest.raises(httpx.HTTPError):
            httpx.get(server.url.replace("https", "http") + "/health")


def test_what_cannot_be_served_is_told_in_one_sentence(store: Store, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    assert refused(store, "--tls-cert", str(cert))[0] == 2
    code, said = refused(store, "--tls-cert", str(cert), "--tls-key", str(tmp_path / "none.pem"))
    assert (code, "none.pem" in said) == (3, True)
    code, said = refused(store, "--tls-cert", str(key), "--tls-key", str(cert))
    assert (code, "PEM" in said) == (3, True)
    assert refused(store, "--name", " ")[0] == 2
    assert refused(store, "--log", str(tmp_path / "no" / "log"))[0] == 3
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        code, said = refused(store, "--port", str(taken.getsockname()[1]))
    assert (code, "--port" in said) == (3, True)
    code, said = refused(store, "--host", "nowhere.invalid", "--insecure-http")
    assert (code, "--host" in said) == (3, True)


def test_without_a_store_it_does_not_start(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    store.path.unlink()
    code, said = refused(store)
    assert (code, "reviewer.db" in said) == (3, True)


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_requests_end(store: Store, tmp_path: Path, number: signal.Signals) -> None:
    queue = fill(store, items=REQUESTS, overlap=1)
    with served(store, tmp_path / "logs") as server, ThreadPoolExecutor(8) as threads:
        devices = [server.device(f"rater-{name}") for name in range(8)]
        stopped = Lock()

        def work(device: Device) -> list[str]:
            taken: list[str] = []
            try:
                while True:
                    leased = device.lease(queue.id)
                    if not leased.tasks:
                        return taken
                    label = device.label(leased, leased.tasks[0])
                    answer = device.send(label)
                    taken += [one.id for one in answer.answers if one.answer == "accepted"]
                    if taken and stopped.acquire(blocking=False):
                        server.process.send_signal(number)
            except httpx.TransportError:
                return taken  # it takes no more requests

        accepted = [label for found in threads.map(work, devices) for label in found]
        server.process.communicate(timeout=60)
        assert server.process.returncode == 0
        assert [line for line in server.logged() if line["level"] != "info"] == []
    assert accepted
    with store.reading() as connection:
        kept = {row[0] for row in ask(connection, "SELECT id FROM label").fetchall()}
    assert set(accepted) <= kept


def test_a_message_that_does_not_end_holds_up_no_stop(store: Store, tmp_path: Path) -> None:
    with served(store, tmp_path / "logs") as server:
        where = urlsplit(server.url)
        with closing(socket.create_connection((where.hostname or "", where.port or 0))) as idle:
            idle.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(65536).startswith(b"HTTP/1.1 200 ")
            begun = monotonic()
            assert server.stop() == 0
            assert monotonic() - begun < 20


@pytest.mark.both_databases
def test_two_servers_on_one_store_lease_no_task_twice(store: Store, tmp_path: Path) -> None:
    queue = fill(store, items=60, overlap=1)
    with served(store, tmp_path / "one") as one, served(store, tmp_path / "two") as two:

        def work(number: int) -> list[tuple[str, str]]:
            device = Device((one, two)[number % 2].client(f"rater-{number}"))
            seen: list[tuple[str, str]] = []
            while True:
                leased = device.lease(queue.id, 2)
                if not leased.tasks:
                    return seen
                answers = device.send(*(device.label(leased, task) for task in leased.tasks)).answers
                assert [(answer.answer, answer.surplus) for answer in answers] == [("accepted", False)] * len(answers)
                seen += [(task.id, task.prompt[0].text) for task in leased.tasks]

        for number in range(6):
            one.token(f"rater-{number}")
            two.tokens = one.tokens
        with ThreadPoolExecutor(6) as threads:
            found = [task for tasks in threads.map(work, range(6)) for task in tasks]
    assert len({lease for lease, _ in found}) == 60
    assert len({prompt for _, prompt in found}) == 60
    with store.reading() as connection:
        assert ask(connection, "SELECT count(*) FROM label WHERE surplus = 0").fetchone()[0] == 60


@pytest.mark.both_databases
def test_several_processes_behind_one_address(store: Store, tmp_path: Path) -> None:
    queue = fill(store, items=20, overlap=1)
    with served(store, tmp_path / "logs", "--workers", "2") as server:
        devices = [server.device(f"rater-{number}") for number in range(4)]

        def five(device: Device) -> list[wire.Task]:
            tasks: list[wire.Task] = []
            while len(tasks) < 5:
                tasks += device.lease(queue.id, 5 - len(tasks)).tasks
            return tasks

        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(five, devices))
        assert len({task.id for tasks in found for task in tasks}) == 20
        assert server.stop() == 0


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_where_the_first_process_is_killed_the_others_end(store: Store, tmp_path: Path) -> None:
    with served(store, tmp_path / "logs", "--workers", "2") as server:
        assert server.client(None).get("/health").status_code == 200
        children = [
            int(pid)
            for pid in Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        ]
        assert len(children) >= 2
        server.process.kill()
        server.process.wait(30)
        until = monotonic() + 30
        while monotonic() < until and any(_runs(child) for child in children):
            os.sched_yield()
        assert not any(_runs(child) for child in children)


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_the_log_tells_of_each_request_and_of_nothing_that_was_said(server: Server) -> None:
    queue = fill(server.store, items=2)
    device = server.device()
    leased = device.lease(queue.id)
    rationale = orjson.dumps({"label": {"text": "canary-rationale", "reasons": []}}).decode()
    device.send(device.label(leased, leased.tasks[0], rationale=rationale, notes="canary-note"))
    device.client.get("/v1/canary-path", params={"token": "canary-query"})
    device.client.post("/v1/labels", content=b"canary-body", headers={"Content-Type": "application/json"})
    device.client.get(f"/v1/queues/{queue.id}/changes", params={"device": "canary/device"})
    text = server.token()
    assert server.stop() == 0
    lines = server.logged()
    assert {line["route"] for line in lines} == {
        "/v1/me",
        "/v1/labels",
        "/v1/queues/{queue}/leases",
        "/v1/queues/{queue}/changes",
        None,
    }
    for line in lines:
        assert line.keys() == {"at", "level", "event", "method", "route", "status", "ms", "bytes", "token"}
        assert line["token"] in (text.split("_")[1], None)
    whole = server.log.read_text()
    secret = text.split("_", 2)[2]
    for private in (secret, "canary", "note", "item-0", "answer", "model-0", queue.name, queue.id, device.id, "ana"):
        assert private.lower() not in whole.lower(), private
    assert server.log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_was_moved_away_is_begun_anew(server: Server) -> None:
    client = server.client(None)
    client.get("/health")
    server.log.rename(server.log.with_name("moved.log"))
    client.get("/v1")
    # A line is written once its answer is on the way: the first may still have gone either way.
    assert server.stop() == 0
    assert [line["route"] for line in server.logged()][-1:] == ["/v1"]


def test_a_store_that_goes_away_is_told_and_comes_back(server: Server) -> None:
    fill(server.store)
    device = server.device()
    (queue,) = device.queues()
    place = server.store.path
    place.rename(place.with_name("away.db"))
    response = device.client.post(f"/v1/queues/{queue.id}/leases", json={"device": device.id, "wanted": 1})
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1
    assert str(place.parent) not in response.text
    assert wire.Trouble.model_validate_json(response.content).code == "store"
    place.with_name("away.db").rename(place)
    assert len(device.lease(queue.id).tasks) == 1


def test_a_slow_head_is_not_waited_for(store: Store) -> None:
    """The bounds are settings of the program, not of the command; the process is one of this test's own."""
    script = (
        "import sys, pathlib; from reviewer.server import running; from reviewer.server.settings import ServerSettings;"
        "s = running.bind('127.0.0.1', 0); p = pathlib.Path(sys.argv[1]);"
        "running.run(running.Place(p), ServerSettings(head_seconds=0.3, body_seconds=0.3), s,"
        " ready=lambda: print(s.getsockname()[1], flush=True))"
    )
    from sys import executable

    process = subprocess.Popen(
        [executable, "-c", script, str(store.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        good = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        for before in (b"", good):
            with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
                if before:
                    connection.sendall(before)
                    heard = b""
                    while not heard.endswith(b"}"):
                        heard += connection.recv(65536)
                connection.sendall(b"GET /health HTTP/1.1\r\nX: ")
                assert connection.recv(65536) == b""
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as connection:
            bearer = token(store, "ana", "rater")
            connection.sendall(
                f"POST /v1/labels HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_health_is_told_to_whoever_watches(server: Server) -> None:
    assert read(wire.Message, server.client(None).get("/health")) is not None
    place = server.store.path
    place.rename(place.with_name("away.db"))
    # What was open stays open, and a new connection finds nothing.
    assert server.client(None).get("/health").status_code in (200, 503)
