"""Prints how long 1,000 of 1,000,000 items take to select, and how much memory: `python -m
tests.benchmarks.selection_speed`.

Signatures of the most suspicious 20,000 are made within the time, from texts of 2 KB, one in ten a near copy.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from random import Random

import numpy as np

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from dataclasses import replace

from reviewer.ids import digest
from reviewer.triage.near_duplicates import clusters, signature
from reviewer.triage.selection import Signals, select, worth_signing

ITEMS, DRAWN = 1_000_000, 1000
SECONDS, BYTES = 10.0, 1_000_000_000
WORDS = [f"{start}{end}" for start in ("clien", "sanctio", "regist", "cour", "accoun") for end in ("t", "n", "er", "s")]


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def pool() -> Signals:
    """A million items with every kind of signal."""
    random = np.random.default_rng(1)
    score = random.normal(4, 0.7, ITEMS)
    return Signals(
        keys=[f"item-{at:07d}" for at in random.permutation(ITEMS).tolist()],
        hashes=[digest(at) for at in range(ITEMS)],
        failed={name: random.random(ITEMS) < 0.03 for name in ("negation", "numbers", "private", "refusal")},
        score=score,
        jury=score + random.normal(0, 0.5, ITEMS),
        threshold=3.0,
        spread=random.exponential(0.3, ITEMS),
        abstained=np.where(random.random(ITEMS) < 0.02, 0.5, 0.0),
        risk={"sanctions": random.random(ITEMS) < 0.0003},
        strata=random.integers(0, 20, ITEMS),
        labelled=random.random(ITEMS) < 0.01,
    )


def text_of(place: int) -> str:
    """2 KB; of ten, one is a near copy of the one before."""
    random = Random(place - 1 if place % 10 == 0 else place)
    words = random.choices(WORDS, k=20) + [str(random.randint(0, 10**9)) for _ in range(190)]
    return " ".join([*words, str(place)])[:2000]


def main() -> int:
    """Measures, prints, and gives 1 when a bound was missed."""
    signals = pool()
    print(f"{ITEMS:,} items, {DRAWN:,} drawn; signals take {peak() / 1e6:,.0f} MB (peak)")
    start = time.perf_counter()
    worth = worth_signing(signals, DRAWN)
    sorted_out = time.perf_counter() - start
    texts = [text_of(place) for place in worth.tolist()]
    start = time.perf_counter()
    made = np.stack([signature(text) for text in texts])
    signed = time.perf_counter() - start
    start = time.perf_counter()
    groups = np.full(ITEMS, -1, dtype=np.int64)
    groups[worth] = worth[clusters(made)]
    grouped = time.perf_counter() - start
    start = time.perf_counter()
    plan = select(replace(signals, clusters=groups), DRAWN, seed=1)
    drawn = time.perf_counter() - start
    whole = sorted_out + signed + grouped + drawn
    print(f"most suspicious  {sorted_out:6.2f} s")
    print(f"signatures       {signed:6.2f} s  ({len(worth):,} texts, {1e6 * signed / len(worth):.0f} µs each)")
    print(f"clusters         {grouped:6.2f} s")
    print(f"drawn            {drawn:6.2f} s  left out {dict(plan.left_out)}, by kind {dict(plan.by_kind)}")
    print(
        f"in all           {whole:6.2f} s (at most {SECONDS:g}), peak {peak() / 1e6:,.0f} MB "
        f"(at most {BYTES / 1e6:,.0f})"
    )
    return int(whole > SECONDS or peak() > BYTES)


if __name__ == "__main__":
    sys.exit(main())
