"""Which outputs of an item are compared with each other, and whether all comparisons hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import combinations
from random import Random
from typing import Literal

from reviewer.blinding import order_key
from reviewer.errors import WrongUsage

_FORMS = "Write --pairs all, --pairs baseline=NAME or --pairs balanced=3."

Edge = tuple[str, str]
"""Two identifiers, the lesser first."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What `--pairs` says: all pairs of an item's outputs, those with a baseline, or `number` balanced ones."""

    mode: Literal["all", "baseline", "balanced"] = "all"
    baseline: str = ""
    number: int = 0

    @property
    def text(self) -> str:
        """As it is written."""
        if self.mode == "baseline":
            return f"baseline={self.baseline}"
        return f"balanced={self.number}" if self.mode == "balanced" else "all"


def parse_pairs(text: str) -> Pairs:
    """What `text` stands for: all, baseline=NAME or balanced=N. Raises WrongUsage for anything else."""
    mode, equals, value = text.strip().partition("=")
    value = value.strip()
    if mode == "all" and not equals:
        return Pairs()
    if mode == "baseline":
        if not value:
            raise WrongUsage("--pairs baseline= names no system.", mend="Name one: --pairs baseline=model-a.")
        return Pairs("baseline", baseline=value)
    if mode == "balanced":
        if not (value.isascii() and value.isdecimal() and len(value) <= 6) or int(value) < 1:
            raise WrongUsage(
                f"--pairs balanced={value} is no number of pairs an item.", mend="Take 1 or more: --pairs balanced=3."
            )
        return Pairs("balanced", number=int(value))
    raise WrongUsage(f"--pairs '{text}' is not known.", mend=_FORMS)


@dataclass(frozen=True, slots=True)
class Answer:
    """An output of an item that may be compared, and whose it is."""

    output: str
    system: str


def edge(first: str, second: str) -> Edge:
    """The two without their order."""
    return (first, second) if first < second else (second, first)


def comparable(answers: Sequence[Answer], paired: AbstractSet[Edge]) -> list[tuple[Answer, Answer]]:
    """All pairs of outputs of different systems that are not `paired` yet, in the order of the answers."""
    return [
        (one, other)
        for one, other in combinations(answers, 2)
        if one.system != other.system and edge(one.output, other.output) not in paired
    ]


def balanced(
    choice: Sequence[tuple[Answer, Answer]], number: int, made: Mapping[Edge, int], *, seed: str, key: str
) -> list[tuple[Answer, Answer]]:
    """`number` of the pairs in `choice`, each time one of the systems that were paired least often so far.

    Ties are drawn by the queue's seed and the item's key. Where every item has one output of every system, the counts
    of any two pairs of systems differ by at most one: all that stand lowest are taken before any other.
    """
    draw = Random(order_key(seed, "pairs", key))
    of_systems: dict[Edge, list[tuple[Answer, Answer]]] = {}
    for one, other in choice:
        of_systems.setdefault(edge(one.system, other.system), []).append((one, other))
    waiting = [(made.get(at, 0), draw.random(), pairs) for at, pairs in of_systems.items()]
    heapify(waiting)
    chosen: list[tuple[Answer, Answer]] = []
    while waiting and len(chosen) < number:
        count, _, pairs = heappop(waiting)
        chosen.append(pairs.pop(draw.randrange(len(pairs))))
        if pairs:
            heappush(waiting, (count + 1, draw.random(), pairs))
    return chosen


def groups(systems: Iterable[str], made: Mapping[Edge, int]) -> list[list[str]]:
    """The systems in groups that no comparison joins, by union and find."""
    above = {system: system for system in systems}

    def top(system: str) -> str:
        while above[system] != system:
            above[system] = above[above[system]]
            system = above[system]
        return system

    for (one, other), count in made.items():
        if count > 0:
            above.setdefault(one, one)
            above.setdefault(other, other)
            above[top(one)] = top(other)
    found: dict[str, list[str]] = {}
    for system in above:
        found.setdefault(top(system), []).append(system)
    return list(found.values())
