"""Votes to test with: published ones where they are at hand, and simulated ones of known strengths."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reviewer.measure.arrays import Floats
from reviewer.measure.votes import Column, Votes

SHARED = Path(os.environ.get("REVIEWER_SHARED_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def shared(*parts: str) -> Path:
    """A file of the shared data; the test is skipped where it is not at hand."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is not at hand")
    return path


def shared_json(*parts: str) -> Any:
    return json.loads(shared(*parts).read_text("utf-8"))


def shared_rows(*parts: str) -> list[dict[str, str]]:
    with shared(*parts).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def votes_of(*lines: str, item: bool = True) -> Votes:
    """Votes told as `a>b`, `a<b`, `a=b` or `a!b` (both bad), each on an item of its own unless `item` is False."""
    signs = {">": "left", "<": "right", "=": "tie", "!": "both_bad"}
    told = [next((line.split(sign), word) for sign, word in signs.items() if sign in line) for line in lines]
    return Votes.of(
        [pair[0] for pair, _ in told],
        [pair[1] for pair, _ in told],
        [word for _, word in told],
        item=[str(at) for at in range(len(told))] if item else None,
    )


def simulated(
    rng: np.random.Generator,
    strengths: Floats,
    *,
    items: int,
    votes_per_item: int = 1,
    ties: float = 0.0,
    first_side: float = 0.0,
    item_spread: float = 0.0,
) -> Votes:
    """Votes by Davidson's model with nu = `ties`, an advantage of the first side, and systems that suit some items.

    Votes on one item share its pair of systems, so that they hang together when `item_spread` is not 0.
    """
    systems = len(strengths)
    number = items * votes_per_item
    left = np.repeat(rng.integers(0, systems, items), votes_per_item)
    right = (left + np.repeat(rng.integers(1, systems, items), votes_per_item)) % systems
    right_first = rng.random(number) < 0.5
    own = np.repeat(rng.normal(0, item_spread, items), votes_per_item) if item_spread else 0.0
    d = strengths[left] - strengths[right] + own + np.where(right_first, -first_side, first_side)
    weights = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(number, ties)])
    drawn = rng.random(number) * weights.sum(axis=0)
    winner = (drawn[None, :] > np.cumsum(weights, axis=0)).sum(axis=0)
    return Votes(
        systems=tuple(f"s{at}" for at in range(systems)),
        left=left.astype(np.int32),
        right=right.astype(np.int32),
        winner=winner.astype(np.int8),
        right_first=right_first,
        item=Column(tuple(map(str, range(items))), np.repeat(np.arange(items), votes_per_item).astype(np.int32)),
    )
