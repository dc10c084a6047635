"""A server as a process of its own, and devices that speak to it by the wire alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson

from reviewer.ids import digest, new_id, now
from reviewer.store import accounts
from reviewer.store.connection import Store
from reviewer.store.events import GENESIS
from reviewer.store.postgres import PostgresStore
from reviewer.sync import wire

_M = TypeVar("_M", bound=wire.Message)
ROOT = Path(__file__).parents[2]
RUN = "import sys; from reviewer.cli import main; main(sys.argv[1:])"


@dataclass
class Server:
    """A running `reviewer serve`, and the store that it serves, which this process reads and writes too."""

    store: Store
    process: subprocess.Popen[str]
    url: str
    log: Path
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    clients: list[httpx.Client] = field(default_factory=list)

    def token(self, name: str = "ana", role: str = "rater", **limits: Any) -> str:
        """A token of the user of that name; `queues` and `expires_at` limit a new one."""
        if limits or (name, role) not in self.tokens:
            made = token(self.store, name, role, **limits)
            if limits:
                return made
            self.tokens[name, role] = made
        return self.tokens[name, role]

    def client(self, name: str | None = "ana", role: str = "rater", **limits: Any) -> httpx.Client:
        """A client with a token of that user; with none where `name` is None."""
        headers = {"Reviewer-Wire": "1"}
        if name is not None:
            headers["Authorization"] = f"Bearer {self.token(name, role, **limits)}"
        client = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        self.clients.append(client)
        return client

    def device(self, name: str = "ana", **limits: Any) -> Device:
        """A device of that user."""
        return Device(self.client(name, **limits))

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [orjson.loads(line) for line in self.log.read_text().splitlines()]

    def stop(self) -> int:
        """Ends the process in an orderly way; returns its exit code."""
        self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode


@dataclass
class Device:
    """A store somewhere, as the server hears of it."""

    client: httpx.Client
    id: str = field(default_factory=new_id)
    after: int = 0
    seq: int = 0
    head: str = GENESIS
    me: wire.Me | None = None

    @property
    def stream(self) -> str:
        return f"{self.id}/a1b2"

    def queues(self) -> list[wire.Queue]:
        """What there is."""
        return read(wire.Queues, self.client.get("/v1/queues")).queues

    def lease(self, queue: str, wanted: int = 1, **options: Any) -> wire.Leased:
        """Asks for tasks, and takes note of those that came."""
        asked = {"device": self.id, "wanted": wanted, "after": self.after, **options}
        leased = read(wire.Leased, self.client.post(f"/v1/queues/{queue}/leases", json=asked))
        self.after = max([self.after, *(task.number for task in leased.tasks)])
        return leased

    def label(self, leased: wire.Leased, task: wire.Task, score: int = 3, **changed: Any) -> dict[str, Any]:
        """A label of a task."""
        if self.me is None:
            self.me = read(wire.Me, self.client.get("/v1/me"))
        said = {
            "id": new_id(),
            "queue": leased.queue.id,
            "task": task.id,
            "rater": self.me.rater,
            "phase": "independent",
            "sample": 0,
            "outcome": "submitted",
            "revision": 1,
            "supersedes": "[]",
            "rubric": task.rubric or leased.queue.rubrics[-1].id,
            "values": orjson.dumps({"score": score}).decode(),
            "rationale": "{}",
            "correction": "{}",
            "notes": None,
            "flags": "[]",
            "exposure": "none",
            "shown_order": orjson.dumps([output.public_id for output in task.outputs]).decode(),
            "evidence": "{}",
            "confidence": None,
            "cost": None,
            "inputs": None,
            "active_ms": 1000,
            "idle_ms": 0,
            "device": self.id,
            "client_version": "0",
            "committed_at": now(),
            "source": "tui",
            "external_ref": None,
        }
        return said | changed

    def vouch(self, label: dict[str, Any]) -> dict[str, Any]:
        """The event that vouches for a label, next in the device's stream."""
        self.seq += 1
        event = {
            "stream": self.stream,
            "seq": self.seq,
            "at": now(),
            "actor": label["rater"],
            "attested": "local",
            "action": "label.submitted",
            "subject": label["id"],
            "digest": digest(label),
            "data": "{}",
            "previous_hash": self.head,
        }
        event["hash"] = self.head = digest(event)
        return event

    def message(self, labels: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Labels with their events, as they are sent."""
        events = [self.vouch(label) for label in labels]
        return {"device": self.id, "stream": self.stream, "events": events, "labels": list(labels)}

    def send(self, *labels: dict[str, Any]) -> wire.LabelsAnswer:
        """Sends labels."""
        return read(wire.LabelsAnswer, self.client.post("/v1/labels", json=self.message(labels)))


def read(kind: type[_M], response: httpx.Response) -> _M:
    """The message of an answer that must be good."""
    assert response.status_code == 200, response.text
    return kind.model_validate_json(response.content)


def trouble(response: httpx.Response, status: int) -> wire.Trouble:
    """What an answer of that status says went wrong."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return wire.Trouble.model_validate_json(response.content)


def token(store: Store, name: str, role: str, **limits: Any) -> str:
    """A new token of the user of that name."""
    told = {"queues": None, "expires_at": None} | limits
    made = store.transact(lambda driver: accounts.add(driver, name, role, stream=store.device, actor="admin", **told))
    return made.text


def command(store: Store, *options: str) -> list[str]:
    """`reviewer serve` over that store, on a free port."""
    where = ["--database", store.url] if isinstance(store, PostgresStore) else ["--home", str(store.path.parent)]
    return [sys.executable, "-c", RUN, *where, "serve", "--port", "0", *options]


@contextmanager
def served(store: Store, folder: Path, *options: str) -> Iterator[Server]:
    """A server over that store, for the length of the block."""
    folder.mkdir(exist_ok=True)
    log = folder / f"{new_id()}.log"
    process = subprocess.Popen(
        command(store, "--log", str(log), *options),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    server: Server | None = None
    try:
        line = process.stdout.readline()
        if not line.startswith("Serving at "):
            raise AssertionError(line + process.communicate(timeout=30)[1])
        server = Server(store, process, line.removeprefix("Serving at ").split(";")[0], log)
        yield server
    finally:
        for client in server.clients if server is not None else ():
            client.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        process.stderr.close()
