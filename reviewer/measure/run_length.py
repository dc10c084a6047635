"""How many ratings a chart takes until its alarm, on average, and the limit that gives a wanted number.

A CUSUM (Page 1954 Biometrika 41) and an EWMA (Lucas & Saccucci 1990 Technometrics 32) of independent standard normal
deviations, by integral equation; a Bernoulli CUSUM (Reynolds & Stoumbos 1999 J. Quality Technology 31), by its exact
Markov chain. Charts start at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import exp, log, sqrt
from typing import Final

import numpy as np

from reviewer.measure.arrays import Floats

NODES: Final = 200
_MOST_STEPS = 100
_MOST_STATES = 1024
_LOWEST, _HIGHEST = 0.05, 60.0


@lru_cache(maxsize=256)
def cusum(k: float, limit: float, shift: float = 0.0) -> float:
    """The average run length of a one-sided CUSUM max(0, S + z − k), where z has mean `shift` and standard deviation 1.

    The integral equation of Page, on Gauss-Legendre nodes and at 0, where the chart has a mass.
    """
    from scipy.special import ndtr

    nodes, weights = _nodes(0.0, limit)
    start = np.concatenate([[0.0], nodes])
    into = _normal(nodes[None, :] - start[:, None] + k - shift) * weights
    kernel = np.column_stack([ndtr(k - start - shift), into])
    return float(np.linalg.solve(np.eye(len(start)) - kernel, np.ones(len(start)))[0])


def cusum_both(k: float, limit: float, shift: float = 0.0) -> float:
    """The average run length of two CUSUMs, for rises and for falls: 1 / ARL = 1 / ARL⁺ + 1 / ARL⁻."""
    return 1 / (1 / cusum(k, limit, shift) + 1 / cusum(k, limit, -shift))


@lru_cache(maxsize=256)
def ewma(weight: float, width: float, shift: float = 0.0) -> float:
    """The average run length of (1 − weight) g + weight z within ± width √(weight / (2 − weight)) throughout."""
    limit = ewma_limit(weight, width)
    nodes, weights = _nodes(-limit, limit)
    start = np.concatenate([[0.0], nodes])
    into = _normal((nodes[None, :] - (1 - weight) * start[:, None]) / weight - shift) * weights / weight
    lengths = np.linalg.solve(np.eye(len(nodes)) - into[1:], np.ones(len(nodes)))
    return 1 + float(into[0] @ lengths)


def ewma_limit(weight: float, width: float) -> float:
    """The limit of an EWMA that has run for long, at so many of its standard deviations."""
    return width * sqrt(weight / (2 - weight))


def bernoulli(miss: float, step: int, limit: int) -> float:
    """The average run length of a Bernoulli CUSUM: step − 1 up for a miss, 1 down for a hit, alarm from `limit` on."""
    states = np.arange(limit)
    lengths = np.eye(limit)
    np.add.at(lengths, (states, np.maximum(states - 1, 0)), miss - 1)
    missed = states[states + step - 1 < limit]
    lengths[missed, missed + step - 1] -= miss
    return float(np.linalg.solve(lengths, np.ones(limit))[0])


def bernoulli_step(usual: float, worse: float) -> int:
    """The score of a miss beside 1 for a hit, by the likelihood ratio of two shares of misses, as a whole number.

    Raises ValueError unless 0 < usual < worse < 1.
    """
    if not 0 < usual < worse < 1:
        raise ValueError("the shares must rise, between 0 and 1")
    a_hit = -log((1 - worse) / (1 - usual))
    a_miss = log(worse * (1 - usual) / (usual * (1 - worse)))
    return max(2, round(a_miss / a_hit))


@lru_cache(maxsize=64)
def cusum_limit(every: float, k: float = 0.5) -> float:
    """The limit of a two-sided CUSUM whose average run length is `every`. Raises ValueError where there is none."""
    return solved(lambda limit: cusum_both(k, limit), every, _LOWEST, _HIGHEST)


@lru_cache(maxsize=64)
def ewma_width(every: float, weight: float = 0.1) -> float:
    """The width of an EWMA whose average run length is `every`. Raises ValueError where there is none."""
    return solved(lambda width: ewma(weight, width), every, _LOWEST, 8.0)


@lru_cache(maxsize=64)
def bernoulli_limit(every: float, miss: float, step: int) -> int:
    """The least limit of a Bernoulli CUSUM whose average run length is `every` or more. Raises ValueError for none."""
    high = 1
    while bernoulli(miss, step, high) < every:
        high *= 2
        if high > _MOST_STATES:
            raise ValueError(f"no limit makes one alarm in {every:g}")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if bernoulli(miss, step, middle) >= every else (middle, high)
    return high


def within(every: float, ratings: float) -> float:
    """About how likely a steady rater has a false alarm in so many ratings: 1 − exp(−ratings / every)."""
    return 1 - exp(-ratings / every)


def solved(length: Callable[[float], float], goal: float, low: float, high: float, near: float = 1e-10) -> float:
    """Where a length that grows about exponentially meets the goal, its logarithm to `near`.

    By false position, halving the end that stays (Dowell & Jarratt 1971 BIT 11). Raises ValueError where the goal
    does not lie between the lengths of both ends.
    """
    aim = log(goal)
    below, above = log(length(low)) - aim, _log(length(high)) - aim
    if below > 0 or above < 0:
        raise ValueError(f"no limit makes one alarm in {goal:g}")
    middle = low
    stayed = 0
    for _ in range(_MOST_STEPS):
        middle = (low * above - high * below) / (above - below)
        found = _log(length(middle)) - aim
        if abs(found) <= near or high - low < 1e-12 * high:
            break
        if found < 0:
            low, below = middle, found
            above, stayed = (above / 2, 1) if stayed == 1 else (above, 1)
        else:
            high, above = middle, found
            below, stayed = (below / 2, -1) if stayed == -1 else (below, -1)
    return middle


def _log(length: float) -> float:
    # A run longer than a number can tell comes out of the equations as none, or as a negative one.
    return log(length) if 0 < length < 1e15 else log(1e15)


def _nodes(low: float, high: float) -> tuple[Floats, Floats]:
    nodes, weights = _legendre()
    half = (high - low) / 2
    return half * nodes + (low + high) / 2, half * weights


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


def _normal(z: Floats) -> Floats:
    density: Floats = np.exp(-np.square(z) / 2) / sqrt(2 * np.pi)
    return density
