"""From the key to the screen: what was shown, and when its last byte arrived."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.pty.terminal import Predicate, Rows, ScreenTimeoutError, Terminal


@dataclass(frozen=True, slots=True)
class Shown:
    """When a wanted state of the screen was complete, in milliseconds after the key, and what it took."""

    ms: float
    bytes: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Percentiles by nearest rank, with no interpolation and nothing left out."""

    n: int
    p50: float
    p95: float
    p99: float
    max: float


def summarise(values: Sequence[float]) -> Summary:
    """The spread of `values`; raises `ValueError` when there are none."""
    if not values:
        raise ValueError("no values to summarise")
    ordered = sorted(values)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Summary(len(ordered), rank(0.50), rank(0.95), rank(0.99), ordered[-1])


def measure(
    terminal: Terminal,
    keys: str | bytes,
    *wanted: Predicate,
    quiet: float = 0.08,
    timeout: float = 10.0,
) -> list[Shown]:
    """Sends `keys` and says, for each wanted predicate, how long the screen took to hold it for good.

    A predicate's time is the arrival of the last byte needed: of the chunk from which on it held until the
    burst was over (`quiet` seconds of silence, during which nothing is emulated). In a synchronised update
    nothing counts as shown before its end. Raises `ValueError` when a predicate holds before the key, since
    then nothing can be timed, and `ScreenTimeoutError` when one is not met in time.
    """
    before = terminal.wait_idle(quiet, timeout)
    for number, predicate in enumerate(wanted):
        if predicate(before):
            raise ValueError(f"wanted state {number} is on the screen before the key {keys!r}")
    return _timed(terminal, terminal.send(keys), wanted, quiet, timeout)


def measure_start(terminal: Terminal, *wanted: Predicate, quiet: float = 0.3, timeout: float = 30.0) -> list[Shown]:
    """For a terminal just made: milliseconds from the process's start until each predicate held.

    Raises `ScreenTimeoutError` when one is not met in time.
    """
    return _timed(terminal, terminal.started_at, wanted, quiet, timeout)


def changed(before: Rows) -> Predicate:
    """Holds when any row differs from `before`."""
    return lambda rows: rows != before


def _timed(terminal: Terminal, sent: int, wanted: Sequence[Predicate], quiet: float, timeout: float) -> list[Shown]:
    deadline = time.monotonic() + timeout
    since: list[Shown | None] = [None] * len(wanted)
    size = chunks = 0
    rows: Rows | None = None
    while True:
        terminal.wait_burst(quiet, max(0.0, deadline - time.monotonic()))
        for chunk, rows in terminal.replay():
            chunks += 1
            size += len(chunk.data)
            if rows is None:
                continue
            for index, predicate in enumerate(wanted):
                if not predicate(rows):
                    since[index] = None
                elif since[index] is None:
                    since[index] = Shown((chunk.at - sent) / 1e6, size, chunks)
        done = [shown for shown in since if shown is not None]
        if len(done) == len(wanted):
            return done
        if time.monotonic() >= deadline or terminal.ended:
            missing = [index for index, shown in enumerate(since) if shown is None]
            screen = "\n".join(row.rstrip() for row in rows or terminal.screen())
            raise ScreenTimeoutError(f"wanted state {missing} not met within {timeout:g} s\n{screen}")
