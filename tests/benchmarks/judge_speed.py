"""Prints what the judge's client costs beside bare HTTP: `python -m tests.benchmarks.judge_speed`.

A server of its own process answers every call after 50 ms. The client is `reviewer judge run` as a whole: prompts,
journal, answers kept, labels written. Beside it, in the same run, workers that post the very same bodies with httpx.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import httpx

from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.triage.judge import providers
from reviewer.triage.judge.prompt import ask
from reviewer.triage.judge.run import judge_queue
from reviewer.triage.judge.spec import JudgeSpec
from reviewer.triage.judge.work import Work
from tests.benchmarks.table import Figure, render, spread, surroundings
from tests.store.filling import fill, fresh
from tests.triage.judge.serving import Serving, serving

DELAY: Final = 0.05
CALLS: Final = {16: 960, 64: 1920}
MOST: Final = {16: 1.08, 64: 1 / 0.7}
"""By calls at once: how many questions, and how many times the bare loop's time they may take."""
RUNS: Final = 3
CLIENTS: Final = 8


def bodies(store: Store, spec: JudgeSpec) -> list[bytes]:
    """What the judge would send."""
    work = Work(store, "kyc", spec, None)
    questions = (work.question(task) for task in work.tasks())
    return [providers.request(spec, ask(spec, work.rubric, question), 0) for question in questions]


async def _bare(address: str, told: Sequence[bytes], concurrency: int, clients: int) -> float:
    """Seconds that so many workers take to post everything, sharing so many clients of equal size."""
    rest = iter(told)
    limits = httpx.Limits(max_connections=concurrency // clients, max_keepalive_connections=concurrency // clients)
    pool = [httpx.AsyncClient(limits=limits, timeout=30) for _ in range(clients)]

    async def work(client: httpx.AsyncClient) -> None:
        for body in rest:
            answer = await client.post(address, content=body, headers={"content-type": "application/json"})
            answer.json()

    began = time.perf_counter()
    await asyncio.gather(*(work(pool[at % clients]) for at in range(concurrency)))
    seconds = time.perf_counter() - began
    for client in pool:
        await client.aclose()
    return seconds


def _ours(folder: Path, store: Store, served: Serving, concurrency: int, number: int) -> float:
    spec = served.judge(name=f"judge-{concurrency}-{number}", instructions=f"Run {concurrency} {number}.")
    spec = replace(spec, limits=replace(spec.limits, concurrency=concurrency))
    actor = store.transact(lambda driver: queues.ensure_rater(driver, "lead"))
    began = time.perf_counter()
    done = judge_queue(store, "kyc", spec, "", actor, folder=folder)
    seconds = time.perf_counter() - began
    assert done.new == done.account.calls == done.answers
    return seconds


def main() -> int:
    """Measures, prints the table, and gives 1 when a bound was missed."""
    around = surroundings()
    print("Judge client  " + "  ".join(f"{name} {value}" for name, value in around.items()))
    figures = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with serving(folder, delay=DELAY) as served:
            for concurrency, calls in CALLS.items():
                store = fresh(folder / f"home-{concurrency}")
                fill(store, items=calls)
                told = bodies(store, served.judge())
                clients = 1 if concurrency == min(CALLS) else CLIENTS
                address = providers.address(served.judge())
                bare, ours = [], []
                for number in range(RUNS):
                    bare.append(asyncio.run(_bare(address, told, concurrency, clients)))
                    ours.append(_ours(folder / f"home-{concurrency}", store, served, concurrency, number))
                figures.append(_figure(concurrency, calls, bare, ours))
    print(render(figures))
    return int(any(figure.verdict == "MISSED" for figure in figures))


def _figure(concurrency: int, calls: int, bare: list[float], ours: list[float]) -> Figure:
    rates = f"{calls / median(ours):,.0f} answers/s against {calls / median(bare):,.0f}"
    ratios = [mine / its for mine, its in zip(ours, bare, strict=True)]
    what = "a bare loop" if concurrency == min(CALLS) else f"{CLIENTS} clients of {concurrency // CLIENTS}"
    name = f"judge run, {concurrency} calls at once, over {what}"
    return spread(name, ratios, {"p50": MOST[concurrency]}, rates, "x")


if __name__ == "__main__":
    raise SystemExit(main())
