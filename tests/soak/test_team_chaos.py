"""A team at a server that is killed, over a way that cuts and repeats, with raters that are killed too: what they saw
as saved is on the server, each once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import httpx
import keyring
import orjson
import pytest
from keyring.backends import null

from reviewer.cli import main
from reviewer.store import events
from reviewer.store.health import examine
from reviewer.sync.remotes import add
from tests.server.proxy import Proxy, at_random, proxied
from tests.server.serving import ROOT, RUN, command
from tests.soak.amount import SEED, compiled_once, dice
from tests.soak.team_rater import REMOTE, Diary, Rater, play
from tests.store.filling import fill, fresh
from tests.sync.lines import until
from tests.sync.served import Team, Worker, device

RATERS = ("ana", "ben", "cleo")
OVERLAP = 2
WANTED = 8
_FAULTS = 0.3
_SERVER_ENDS = 0.4
_LONGEST = 0.6
_AWAY = 0.3
_PATIENCE = 60.0
_PROCESSES = get_context("forkserver")  # what each of hundreds would load is loaded once
_PROCESSES.set_forkserver_preload([__name__, "reviewer.server.running"])
_ROUNDS = {"file": 500, "postgresql": 50}
_A_FEW = {"file": 3, "postgresql": 1}
_ROUNDS_A_TEAM = 50
_SAID = (
    'id, task, rater, phase, outcome, revision, supersedes, rubric, "values", rationale, flags, active_ms, device, '
    "committed_at"
)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)


@dataclass
class Member:
    """A rater's device, and the diary of what they said there."""

    name: str
    home: Path
    worker: Worker
    diary: Path

    def begin(self, name: str, seed: str) -> tuple[BaseProcess, Event]:
        """A sitting in a process of its own, which goes on until it is killed; and what is set once it has begun."""
        ready = _PROCESSES.Event()
        said = (self.home, self.name, name, self.diary, f"{seed} {self.name}", ready)
        process = _PROCESSES.Process(target=play, args=said, daemon=True)  # where the test fails it ends, too
        process.start()
        return process, ready

    def sync(self) -> None:
        """As one does at the end of the day."""
        ended = subprocess.run(
            [sys.executable, "-c", RUN, "--home", str(self.home), "sync", REMOTE],
            cwd=ROOT,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


class Chaos:
    """One team, its server and its way there, and the rounds that they live through."""

    def __init__(self, folder: Path, team: Team, proxy: Proxy, items: int) -> None:
        self.team = team
        self.proxy = proxy
        self.items = items
        self.killed = 0
        self.server: BaseProcess | None = None
        self._start()
        until(self._answers)
        self.members = [self._join(name, folder) for name in RATERS]

    def _join(self, name: str, folder: Path) -> Member:
        home = folder / name
        home.mkdir(mode=0o700)
        store = device(home)
        worker = Worker(store, add(store, REMOTE, self.proxy.url, self.team.token(name)))
        worker.pull(WANTED)
        return Member(name, home, worker, folder / f"{name}.diary")

    def play(self, number: int) -> None:
        """Some raters at work, and somebody's end at any moment; at last all of them, and perhaps the server, end."""
        chance = dice("team", number)
        self.proxy.fault = at_random(dice("way", number), _FAULTS)
        if self.server is None:
            self._start()
        at_work = chance.sample(self.members, chance.choice((1, 1, 2)))
        processes = [member.begin(f"{number}{member.name}", f"{SEED} {number}") for member in at_work]
        for process, ready in processes:
            until(partial(_ready_or_ended, process, ready), _PATIENCE)
            assert process.is_alive(), process.exitcode
        if server_ends := chance.random() < _SERVER_ENDS:
            time.sleep(chance.uniform(0, _LONGEST))
            self.end_server()
            if chance.random() < 0.6:
                time.sleep(chance.uniform(0, _AWAY))
                self._start()
        for process, _ in processes:
            time.sleep(chance.uniform(0, _LONGEST))
            assert process.is_alive(), process.exitcode
            _end(process)
        self.killed += len(processes) + server_ends

    def end_server(self) -> None:
        """Ends the server, whatever it is doing."""
        if self.server is not None:
            assert self.server.is_alive(), self.server.exitcode
            _end(self.server)
        self.server = None

    def settle(self) -> None:
        """The way is good again, and everything is as the raters saw it; then they end their work."""
        self.proxy.fault = str
        if self.server is None:
            self._start()
        until(self._answers)
        self.members[0].sync()
        for member in self.members[1:]:
            member.worker.sync()
        self.check()
        while sum(self._finish(member) for member in self.members):
            pass
        self.check()
        assert {task for task, count in self._primary().items() if count < OVERLAP} <= self._passed_on()
        assert not self._in_pool()

    def check(self) -> None:
        """What must hold wherever everything was sent."""
        for member in self.members:
            self._check_member(member)
        assert all(count <= OVERLAP for count in self._primary().values())
        for store in (self.team.store, *(member.worker.store for member in self.members)):
            with store.reading() as connection:
                assert events.verify(connection).faults == []
            assert [finding for finding in examine(store) if finding.status == "fail"] == []
        assert self.team.rows("SELECT data FROM event WHERE action = 'stream.fault'") == []

    def _check_member(self, member: Member) -> None:
        worker, diary = member.worker, Diary.read(member.diary)
        assert worker.rows("SELECT label, state, error FROM outbox WHERE state != 'sent'") == []
        leases = dict(self.team.rows("SELECT task, id FROM lease WHERE rater = ?", worker.remote.rater))
        there = self.team.rows(f"SELECT {_SAID} FROM label WHERE rater = ? ORDER BY id", worker.remote.rater)
        here = worker.rows(f"SELECT {_SAID} FROM label WHERE rater = ? ORDER BY id", worker.remote.rater)
        assert [(row[0], leases[row[1]], *row[2:]) for row in there] == here
        words = Counter(_word(row[9]) for row in here)
        assert set(words.values()) <= {1}
        assert diary.saved <= words.keys() <= set(diary.words)
        for store_rows in (self.team.rows, worker.rows):
            heads = store_rows(
                "SELECT h.task, l.rationale, h.conflict FROM label_head AS h JOIN label AS l ON l.id = h.label "
                "WHERE h.rater = ?",
                worker.remote.rater,
            )
            for task, rationale, conflict in heads:
                # What was undone and said anew counts no more.
                assert _word(rationale) in diary.may_count(leases.get(task, task))
                assert conflict == "[]"

    def _finish(self, member: Member) -> int:
        """Labels all that is still to be had; returns how much that was."""
        got = member.worker.pull(self.items)
        name = f"end{len(Diary.read(member.diary).said)}{member.name}"
        Rater(member.home, name, member.diary, dice("end", member.name), member.name).finish()
        member.worker.sync()
        return got.new

    def _primary(self) -> dict[str, int]:
        rows = self.team.rows(
            "SELECT l.task, count(DISTINCT l.rater) FROM label_head AS h JOIN label AS l ON l.id = h.label "
            "WHERE l.outcome = 'submitted' AND l.surplus = 0 GROUP BY l.task"
        )
        return {task: int(count) for task, count in rows}

    def _passed_on(self) -> set[str]:
        return {task for (task,) in self.team.rows("SELECT task FROM label WHERE outcome = 'skipped'")}

    def _in_pool(self) -> set[str]:
        """Tasks that nobody labelled at all."""
        return {task for (task,) in self.team.rows("SELECT id FROM task WHERE id NOT IN (SELECT task FROM label)")}

    def _start(self) -> None:
        """Starts the server at the port where it was; for a while yet it does not answer."""
        port = self.team.url.rsplit(":", 1)[1]
        arguments = command(self.team.store, "--port", port, *self.team.options)
        self.server = _PROCESSES.Process(target=serve, args=(arguments,), daemon=True)
        self.server.start()

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.team.url}/health").is_success
        return False


def serve(arguments: list[str]) -> None:
    """`reviewer serve`, in a process of its own that has loaded already what it runs."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        main(arguments[arguments.index(RUN) + 1 :])


def _ready_or_ended(process: BaseProcess, ready: Event) -> bool:
    return ready.is_set() or not process.is_alive()


def _end(process: BaseProcess) -> None:
    process.kill()
    process.join()
    process.close()


@contextmanager
def chaos(folder: Path, items: int) -> Iterator[Chaos]:
    """A new team with a queue of its own."""
    folder.mkdir()
    store = fresh(folder / "server")
    fill(store, items=items, overlap=OVERLAP)
    log = folder / "server.log"
    team = Team(store, _free_address(), options=("--rate", "0", "--log", str(log)))
    with proxied(team.url) as proxy:
        made = Chaos(folder, team, proxy, items)
        try:
            yield made
        finally:
            made.end_server()
    assert [line for line in _logged(log) if line["level"] == "error"] == []


def _free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"http://127.0.0.1:{found.getsockname()[1]}"


def _logged(log: Path) -> Iterator[dict[str, Any]]:
    """The lines of a server's log but for those that a kill has cut off, and what was written on behind them."""
    for line in log.read_bytes().splitlines():
        with suppress(orjson.JSONDecodeError):
            yield orjson.loads(line)


def _word(rationale: str) -> str:
    return str(orjson.loads(rationale)["score"]["text"])


def _environment() -> dict[str, str]:
    return {**compiled_once(), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


@pytest.mark.both_databases
def test_what_raters_saw_as_saved_is_on_the_server_once(tmp_path: Path, kind_of_database: str) -> None:
    whole = os.environ.get("REVIEWER_SOAK") == "full"
    rounds = (_ROUNDS if whole else _A_FEW)[kind_of_database]
    print(f"REVIEWER_SOAK_SEED={SEED}")
    for start in range(0, rounds, _ROUNDS_A_TEAM):
        team = range(start, min(rounds, start + _ROUNDS_A_TEAM))
        with chaos(tmp_path / f"team-{start}", items=WANTED * (len(RATERS) + len(team))) as playing:
            for number in team:
                playing.play(number)
            playing.settle()
            faults = sum(1 for fault in playing.proxy.faults if fault)
            print(f"{team}: {playing.killed} kills, {faults} faults in {len(playing.proxy.faults)} requests")
