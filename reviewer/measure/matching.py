"""How often two answers to the same question are the same, and how far apart they lie, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import clustered_share, wilson


def share_alike(alike: Sequence[int], answers: Sequence[int], why: str, alpha: float = 0.05) -> Figure:
    """The share of answers that are the same, by their numbers on each task; `why` there is none, where there is none.

    Wilson's interval where each task has one answer, else one that lets the answers on a task hang together.
    """
    won: Ints = np.asarray(alike, dtype=np.int64)
    of: Ints = np.asarray(answers, dtype=np.int64)
    total = int(of.sum())
    if not total:
        return undefined(why)
    if int(of.max()) == 1:
        low, high = wilson(int(won.sum()), total, alpha)
        return Figure(float(won.sum() / total), low, high, total)
    share, low, high, _ = clustered_share(won, of, alpha)
    return Figure(share, low, high, total)


def mean_gap(gaps: Sequence[float], tasks: Sequence[int], why: str, alpha: float = 0.05) -> Figure:
    """The mean of signed gaps, with an interval by t over the tasks to which they belong."""
    from scipy.special import stdtrit

    if not gaps:
        return undefined(why)
    gap: Floats = np.asarray(gaps, dtype=np.float64)
    mean = float(gap.mean())
    _, place = np.unique(np.asarray(tasks), return_inverse=True)
    clusters = int(place.max()) + 1
    if clusters < 2:
        return Figure(mean, n=len(gap), why="no interval: one task")
    sums = np.bincount(place.reshape(-1), weights=gap - mean)
    error = sqrt(clusters / (clusters - 1) * float(sums @ sums)) / len(gap)
    reach = float(stdtrit(clusters - 1, 1 - alpha / 2)) * error
    return Figure(mean, mean - reach, mean + reach, len(gap))


def in_parts(values: Floats, most: int) -> tuple[float, ...]:
    """The means of up to `most` equally long stretches of the values, in their order: how they went, at a glance."""
    return tuple(float(part.mean()) for part in np.array_split(values, max(1, min(most, len(values)))) if len(part))
