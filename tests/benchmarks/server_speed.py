"""Prints how fast the server is: `python -m tests.benchmarks.server_speed [--only CASE] [--share N]`.

A cycle is what a rater without a stock of tasks costs: one request that leases a task, and one that sends its label
with the event that vouches for it, each answered once it is on the disk. Raters and server share the machine. The
server is `reviewer serve`, a process of its own; the raters are processes of their own with one kept connection each.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import orjson

from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.upgrading import upgrade
from reviewer.sync.client import Client
from reviewer.sync.events import Event
from tests import postgres
from tests.benchmarks.table import Figure, as_json, render, spread, surroundings
from tests.server.serving import ROOT, served
from tests.soak.raters import work
from tests.store.filling import add_items, fill, fresh, new_item, rate, record, sit

TASKS: Final = 5000
CYCLES: Final = {1: 1000, 8: 4000, 64: 6400}
PROCESSES: Final = {1: 1, 8: 2, 64: 4}
BOUNDS: Final = {1: {"p50": 6.5}}
LEAST: Final = {8: 200.0}
WEEK: Final = 10_000
MANY: Final = 100_000
MEMORY_RATIO: Final = 1.15
LISTENERS: Final = 50
HAPPENINGS: Final = 20
TOLD_WITHIN: Final = 1000.0
_IDLE_SECONDS: Final = 10.0
_UNLIMITED = ("--rate", "0")


class Bench:
    """Where the stores of a run lie, and how much of everything is done."""

    def __init__(self, folder: Path, share: int, stack: ExitStack) -> None:
        self.folder, self._share, self._stack = folder, share, stack
        self._postgres = ""
        self._made = 0

    def count(self, full: int) -> int:
        """That many, or the share of it that was asked for."""
        return max(1, full // self._share)

    def home(self, name: str) -> Path:
        """A folder that no other case uses."""
        self._made += 1
        return self.folder / f"{name}-{self._made}"

    @contextmanager
    def store(self, kind: str) -> Iterator[Store]:
        """An empty store in a file or in a database."""
        if kind == "sqlite":
            yield fresh(self.home("server"))
            return
        from reviewer.store.postgres import open_database

        if not self._postgres:
            # With what the tests do without: an answer is given once its commit is on the disk.
            self._postgres = self._stack.enter_context(postgres.server(postgres.SAFE))
        with postgres.database(self._postgres) as address:
            upgrade(address)
            store = open_database(address)
            try:
                yield store
            finally:
                store.close()


def cycles(bench: Bench, kind: str, raters: int) -> list[Figure]:
    """Lease and label, one task after the other, by so many raters at once."""
    each = max(1, bench.count(CYCLES[raters]) // raters)
    with bench.store(kind) as store:
        queue = fill(store, items=TASKS, overlap=2)
        with served(store, bench.home("log"), *_UNLIMITED) as server:
            tokens = [server.token(f"rater{number:02}") for number in range(raters)]
            before = _processor_ms(server.process.pid)
            done = work([server.url], tokens, queue.id, each, PROCESSES[raters])
            spent = _processor_ms(server.process.pid) - before
    times = [ms for one in done for ms in one.times]
    rate_of = len(times) / (max(one.ended for one in done) - min(one.began for one in done))
    name = f"{kind}, {raters} rater{'s' if raters > 1 else ''}"
    least = LEAST.get(raters)
    held = "" if least is None else f"at least {least:g}: {'held' if rate_of >= least else 'MISSED'}"
    return [
        spread(f"lease + label: {name}", times, BOUNDS.get(raters)),
        Figure("  of these a second, all together", "1/s", {"n": len(times), "p50": rate_of}, note=held),
        # What the machine does beside it makes the times longer, and this hardly.
        Figure("  the server's processor time for each", "ms", {"n": len(times), "p50": spent / len(times)}),
    ]


def week(bench: Bench) -> list[Figure]:
    """What was labelled in a week without the server, sent in one go."""
    labels = bench.count(WEEK)
    with bench.store("sqlite") as store:
        fill(store, items=labels)
        with served(store, bench.home("log"), *_UNLIMITED) as server:
            home = bench.home("device")
            pulled = _device("pull", server.url, server.token("ana"), home, labels)
            device = Store.open(home / "reviewer.db", create=False)
            sitting = sit(device, "ana", "team/kyc")
            try:
                rate(sitting, *[1 + number % 5 for number in range(labels)])
            finally:
                sitting.close()
            pushed = _device("push", server.url, "", home, labels)
            assert pushed["sent"] == labels, pushed
            with store.reading() as connection:
                assert connection.execute("SELECT count(*) FROM label").fetchone() == (labels,)
    name = f"{labels:,} labels after a week offline"
    return [
        Figure(f"{name}: pulled before", "s", {"n": labels, "p50": pulled["seconds"]}),
        Figure(f"{name}: sent", "s", {"n": labels, "p50": pushed["seconds"]}),
        Figure("  requests", "", {"n": pushed["requests"]}),
        Figure("  memory of the program that sends", "MB", {"max": pushed["megabytes"]}),
    ]


def pull(bench: Bench) -> list[Figure]:
    """All tasks of a large queue; a tenth of it beside it, to see that the memory does not grow with the queue."""
    figures = []
    memory = []
    for tasks in (bench.count(MANY) // 10, bench.count(MANY)):
        with bench.store("sqlite") as store:
            queue = fill(store, items=0)
            for start in range(0, tasks, 1000):
                add_items(store, queue, [new_item(number) for number in range(start, min(tasks, start + 1000))])
            assert record(store).state == "open"
            with served(store, bench.home("log"), *_UNLIMITED) as server:
                told = _device("pull", server.url, server.token("ana"), bench.home("device"), tasks)
                assert told["new"] == tasks, told
                peak = _peak(server.process.pid)
        memory.append(told["megabytes"])
        figures += [
            Figure(f"{tasks:,} tasks pulled", "s", {"n": tasks, "p50": told["seconds"]}),
            Figure("  memory of the program that pulls", "MB", {"max": told["megabytes"]}),
            Figure("  memory of the server", "MB", {"max": peak}),
        ]
    ratio = Figure("  its memory by that for a tenth", "times", {"max": memory[1] / memory[0]}, {"max": MEMORY_RATIO})
    return [*figures, ratio]


def listeners(bench: Bench, kind: str) -> list[Figure]:
    """So many who listen to what happens, told of one thing after the other; and what listening alone costs."""
    with bench.store(kind) as store:
        queue = fill(store, items=1)
        with served(store, bench.home("log"), *_UNLIMITED) as server, ExitStack() as stack:
            clients = [
                stack.enter_context(Client(server.url, server.token(f"rater{number:02}"), attempts=1))
                for number in range(LISTENERS)
            ]
            # A stream ends once its events are let go.
            streams = [client.live() for client in clients]
            for events in streams:
                _next(events)
            began, before = time.monotonic(), _processor_ms(server.process.pid)
            time.sleep(_IDLE_SECONDS)
            idle = (_processor_ms(server.process.pid) - before) / (time.monotonic() - began)
            times: list[float] = []
            for _ in range(bench.count(HAPPENINGS)):
                asked = time.perf_counter()
                store.transact(
                    lambda driver: queues.change(
                        driver, queue, stream=store.device, actor="lead", action="queue.changed", state="open"
                    )
                )
                times += _told(streams, asked)
            peak = _peak(server.process.pid)
    return [
        spread(f"{LISTENERS} listeners: told of a change, {kind}", times, {"max": TOLD_WITHIN}),
        Figure("  the server's processor time a second, while nothing happens", "ms", {"p50": idle}),
        Figure("  memory of the server", "MB", {"max": peak}),
    ]


def _next(events: Iterator[Event | None]) -> float:
    """When the next event came; signs of life are none."""
    while next(events) is None:
        pass
    return time.perf_counter()


def _told(streams: Sequence[Iterator[Event | None]], asked: float) -> list[float]:
    """How many milliseconds after `asked` the next event came to each."""
    with ThreadPoolExecutor(len(streams)) as pool:
        return [(came - asked) * 1000 for came in pool.map(_next, streams)]


def _processor_ms(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _peak(process: int) -> float:
    with Path(f"/proc/{process}/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _device(what: str, url: str, token: str, home: Path, count: int) -> dict[str, float]:
    """Pulls or pushes in a process of its own, so that its memory is its own; what it told."""
    command = [sys.executable, "-m", "tests.benchmarks.server_speed", "--device", what]
    told = subprocess.run(
        [*command, "--url", url, "--home", str(home), "--count", str(count)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "BENCHMARK_TOKEN": token},
    )
    found: dict[str, float] = orjson.loads(told.stdout)
    return found


def _work_as_device(what: str, url: str, home: Path, count: int) -> None:
    import keyring
    from keyring.backends import null

    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    from reviewer.store import remotes
    from reviewer.sync import pulling, pushing
    from reviewer.sync.remotes import add, connect

    home.mkdir(exist_ok=True, mode=0o700)
    store = Store.open(home / "reviewer.db")
    with store.reading() as connection:
        remote = remotes.find(connection, "team")
    if remote is None:
        remote = add(store, "team", url, os.environ["BENCHMARK_TOKEN"])
    began = time.perf_counter()
    told: dict[str, float]
    with connect(store, remote) as client:
        if what == "pull":
            got = pulling.pull(store, client, remote, pulling.their_queue(remote, client.queues(), "kyc"), count)
            told = {"new": got.new}
        else:
            pushed = pushing.push(store, client, remote)
            told = {"sent": pushed.sent, "requests": pushed.requests}
    told["seconds"] = time.perf_counter() - began
    told["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(orjson.dumps(told).decode())


CASES: Final[dict[str, Callable[[Bench], list[Figure]]]] = {
    **{
        f"{kind}-{raters}": lambda bench, kind=kind, raters=raters: cycles(bench, kind, raters)  # type: ignore[misc]
        for kind in ("sqlite", "postgresql")
        for raters in CYCLES
    },
    "listeners-sqlite": lambda bench: listeners(bench, "sqlite"),
    "listeners-postgresql": lambda bench: listeners(bench, "postgresql"),
    "week": week,
    "pull": pull,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and gives 1 when a bound was missed."""
    parser = argparse.ArgumentParser(prog="server_speed", description=__doc__)
    parser.add_argument("--only", action="append", choices=CASES)
    parser.add_argument("--share", type=int, default=1, help="do the Nth part of everything, for a quick look")
    parser.add_argument("--work", type=Path, help="where the stores lie; the kind of disk tells")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--device", choices=("pull", "push"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.device:
        _work_as_device(chosen.device, chosen.url, chosen.home, chosen.count)
        return 0
    around = surroundings()
    print("Server  " + "  ".join(f"{name} {value}" for name, value in around.items()))
    figures: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=chosen.work)))
        bench = Bench(folder, chosen.share, stack)
        for name in chosen.only or CASES:
            figures += CASES[name](bench)
            print(f"{name}: measured", file=sys.stderr)
    print(render(figures))
    if chosen.json:
        chosen.json.write_bytes(orjson.dumps(as_json(figures, around), option=orjson.OPT_INDENT_2))
    return int(any("MISSED" in (figure.verdict, figure.note[-6:]) for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
