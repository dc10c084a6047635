"""A team's server as a process of its own, and the devices that work for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.store import accounts, events, remotes
from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteRecord
from reviewer.sync.pulling import Pulled, pull, their_queue
from reviewer.sync.pushing import Pushed, push
from reviewer.sync.remotes import add, connect
from reviewer.sync.syncing import Synced, sync
from tests.server.serving import ROOT, command
from tests.store.filling import ask, rate, sit


@dataclass
class Team:
    """The server's side: its store, which this process reads too, and where it listens."""

    store: Store
    url: str = ""
    process: subprocess.Popen[str] | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def token(self, name: str, role: str = "rater") -> str:
        """A token of the user of that name."""
        if name not in self.tokens:
            made = self.store.transact(
                lambda driver: accounts.add(
                    driver, name, role, queues=None, expires_at=None, stream=self.store.device, actor="admin"
                )
            )
            self.tokens[name] = made.text
        return self.tokens[name]

    def start(self, port: int = 0) -> None:
        """Starts the process, at the same port as before where one is named."""
        self.process = subprocess.Popen(
            command(self.store, "--port", str(port), *self.options),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if "Serving at " not in line:
            self.process.kill()
            raise AssertionError(line + self.process.communicate(timeout=30)[1])
        self.url = line.split("Serving at ")[1].split(";")[0]

    def stop(self, *, kill: bool = False) -> int:
        """Ends the process; returns the port where it listened."""
        assert self.process is not None
        (self.process.kill if kill else self.process.terminate)()
        self.process.communicate(timeout=30)
        return int(self.url.rsplit(":", 1)[1])

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the server's store holds."""
        with self.store.reading() as connection:
            return [tuple(row) for row in ask(connection, sql, *values)]

    def is_sound(self) -> bool:
        """Whether every chain of events and every label holds."""
        with self.store.reading() as connection:
            return not events.verify(connection).faults


@contextmanager
def team_on(store: Store) -> Iterator[Team]:
    """A server on that store, for the length of the block."""
    team = Team(store)
    team.start()
    try:
        yield team
    finally:
        if team.process is not None and team.process.poll() is None:
            team.stop()


def device(folder: Path) -> Store:
    """An empty store of a device of its own; those that `fresh` gives are copies of one, and so of one device."""
    return Store.open(folder / "reviewer.db")


@dataclass
class Worker:
    """A device of a rater."""

    store: Store
    remote: RemoteRecord

    @classmethod
    def of(cls, team: Team, store: Store, name: str = "ana") -> Worker:
        """A device that has the server as the remote "team"."""
        return cls(store, add(store, "team", team.url, team.token(name)))

    def pull(self, wanted: int = 50, queue: str = "kyc", **options: Any) -> Pulled:
        """As `reviewer pull`."""
        with connect(self.store, self.now(), attempts=1) as client:
            theirs = their_queue(self.remote, client.queues(), queue)
            return pull(self.store, client, self.remote, theirs, wanted, **options)

    def push(self, **options: Any) -> Pushed:
        """As `reviewer push`."""
        with connect(self.store, self.now(), attempts=1) as client:
            return push(self.store, client, self.remote, **options)

    def sync(self) -> Synced:
        """As `reviewer sync`."""
        return sync(self.store, self.now())

    def rate(self, *scores: int) -> None:
        """Gives the next open items these scores."""
        sitting = sit(self.store, "ana", "team/kyc")
        try:
            rate(sitting, *scores)
        finally:
            sitting.close()

    def change(self, place: int, score: int) -> None:
        """Says something else of an item."""
        sitting = sit(self.store, "ana", "team/kyc")
        try:
            sitting.go_to(place)
            sitting.work.values["score"] = score
            sitting.touch()
            sitting.submit()
            sitting.drain(10)
        finally:
            sitting.close()

    def now(self) -> RemoteRecord:
        """The remote as it is kept now."""
        with self.store.reading() as connection:
            found = remotes.find(connection, "team")
        assert found is not None
        return found

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the device's store holds."""
        with self.store.reading() as connection:
            return [tuple(row) for row in ask(connection, sql, *values)]
