"""Pairs of systems as the edges of a multigraph: oriented along its trails, and taken apart into its cycles."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]

_NONE = -1


def oriented(pairs: Sequence[Pair], rng: random.Random) -> list[bool]:
    """For each pair, in the sequence's order, whether its first system is shown left.

    After every prefix of any sequence, each system was left and right equally often, within one. Proof: join at each
    system its 1st pair to its 2nd, its 3rd to its 4th, and so on. A pair is joined at most once at either end, so the
    joins make trails and closed trails, and whoever walks along one leaves a system by the one of two joined pairs and
    enters it by the other. Let every pair show the system it leaves on the left: two joined pairs then show their
    common system on opposite sides, and a prefix holds whole joined couples of a system and at most one pair more.
    A pair of a system with itself is balanced in itself. Each trail's direction is drawn by a fair coin, so each pair
    taken alone is shown in either order with probability one half. Time and memory are linear.
    """
    joined = _joined(pairs)
    # End 2e is the first system of pair e, end 2e + 1 its second; the other end of a pair is `end ^ 1`.
    left = [False] * len(joined)
    placed = bytearray(len(pairs))
    for pair in range(len(pairs)):
        if placed[pair]:
            continue
        placed[pair] = 1
        first = rng.random() < 0.5
        left[2 * pair], left[2 * pair + 1] = first, not first
        for start in (2 * pair, 2 * pair + 1):
            end = start
            while (following := joined[end]) != _NONE and not placed[following >> 1]:
                placed[following >> 1] = 1
                left[following], left[following ^ 1] = not left[end], left[end]
                end = following ^ 1
    return left[::2]


def _joined(pairs: Sequence[Pair]) -> list[int]:
    joined = [_NONE] * (2 * len(pairs))
    waiting: dict[str, int] = {}
    for number, pair in enumerate(pairs):
        if pair[0] == pair[1]:
            continue
        for end, system in enumerate(pair, 2 * number):
            other = waiting.pop(system, _NONE)
            if other == _NONE:
                waiting[system] = end
            else:
                joined[end], joined[other] = other, end
    return joined


def cycles(pairs: Sequence[Pair]) -> tuple[list[list[int]], list[int]]:
    """The pairs as simple cycles, and what is left over: each as indices.

    In any union of the cycles each system occurs an even number of times. At most one simple path for every two systems
    of odd degree is left over. A walk that meets its own path again sheds the cycle it closed; a walk ends where
    nothing leads on, which can only be a system of odd degree or its start. Time and memory are linear.
    """
    return _Walk(pairs).taken_apart()


class _Walk:
    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self._incident: dict[str, list[int]] = {}
        self._degree: dict[str, int] = {}
        self._used = bytearray(len(pairs))
        self._cycles: list[list[int]] = []
        self._left_over: list[int] = []

    def taken_apart(self) -> tuple[list[list[int]], list[int]]:
        for number, (first, second) in enumerate(self._pairs):
            if first == second:
                self._cycles.append([number])
                continue
            for system in (first, second):
                self._incident.setdefault(system, []).append(number)
                self._degree[system] = self._degree.get(system, 0) + 1
        for system in self._incident:
            if self._degree[system] % 2:
                self._from(system)
        for system in self._incident:
            while self._degree[system]:
                self._from(system)
        return self._cycles, self._left_over

    def _from(self, system: str) -> None:
        path: list[int] = []
        systems = [system]
        depth = {system: 0}
        while (taken := self._unused_at(systems[-1])) != _NONE:
            here = systems[-1]
            first, second = self._pairs[taken]
            reached = second if here == first else first
            self._degree[here] -= 1
            self._degree[reached] -= 1
            path.append(taken)
            if reached not in depth:
                depth[reached] = len(systems)
                systems.append(reached)
                continue
            since = depth[reached]
            self._cycles.append(path[since:])
            for shed in systems[since + 1 :]:
                del depth[shed]
            del path[since:], systems[since + 1 :]
        self._left_over += path

    def _unused_at(self, system: str) -> int:
        incident = self._incident[system]
        while incident:
            pair = incident.pop()
            if not self._used[pair]:
                self._used[pair] = 1
                return pair
        return _NONE
