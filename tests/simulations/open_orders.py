"""Prints how even an open queue keeps the sides: `python -m tests.simulations.open_orders [--runs N] [--tasks N …]`.

Raters are handed pairs until each pair has its views; the worst |left − right| of any rater and system, at any point of
any run, stands beside the bound that `reviewer.blinding.open.hand_out` states.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice
from pathlib import Path
from typing import TypeAlias

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from reviewer.blinding import Offer, Order, hand_out

Pair: TypeAlias = tuple[str, str]
Graph: TypeAlias = Callable[[int, int, random.Random], list[Pair]]
"""Pairs of systems, for a number of tasks and of systems."""

Arrivals: TypeAlias = Callable[[int, random.Random], Iterator[int]]
"""Whose turn it is, for a number of raters, without end."""

SKIPPED, LEAVING = 0.1, 0.2


def drawn_pairs(tasks: int, systems: int, rng: random.Random) -> list[Pair]:
    """Each pair drawn from all pairs, its slots too."""
    names = [f"s{number}" for number in range(systems)]
    return [(pair[0], pair[1]) for pair in (rng.sample(names, 2) for _ in range(tasks))]


def all_pairs(tasks: int, systems: int, _: random.Random) -> list[Pair]:
    """All pairs of an item, then those of the next one, as an import makes them."""
    of_item = list(combinations([f"s{number}" for number in range(systems)], 2))
    return [of_item[task % len(of_item)] for task in range(tasks)]


def against_one(tasks: int, systems: int, rng: random.Random) -> list[Pair]:
    """Some other system against one baseline."""
    return [("baseline", f"s{rng.randrange(1, systems)}") for _ in range(tasks)]


def at_once(raters: int, rng: random.Random) -> Iterator[int]:
    """All work at once, each at a pace of their own."""
    paces = [rng.uniform(0.3, 1) for _ in range(raters)]
    while True:
        yield rng.choices(range(raters), paces)[0]


def in_turn(raters: int, _: random.Random) -> Iterator[int]:
    """Each works until nothing is left, then the next one comes."""
    while True:
        for rater in range(raters):
            yield from [rater] * 5000


@dataclass
class Outcome:
    """The worst |left − right| at any point, how often each value occurred, and pairs with unequal orders."""

    worst: int = 0
    points: Counter[int] = field(default_factory=Counter)
    unmirrored: int = 0

    def add(self, other: Outcome) -> None:
        """Takes another run in."""
        self.worst = max(self.worst, other.worst)
        self.points += other.points
        self.unmirrored += other.unmirrored

    def within(self, share: float) -> int:
        """The smallest bound that holds at `share` of all points."""
        wanted, seen = share * self.points.total(), 0
        for value in sorted(self.points):
            seen += self.points[value]
            if seen >= wanted:
                return value
        return 0


class Queue:
    """An open queue: pairs go out until `views` raters labelled each; a skip counts as shown, and does not fill."""

    def __init__(self, pairs: Sequence[Pair], raters: int, views: int, rng: random.Random) -> None:
        self._pairs = pairs
        self._views = views
        self._rng = rng
        self._seed = rng.random().hex()
        self._own = [rng.sample(range(len(pairs)), len(pairs)) for _ in range(raters)]
        self._met: list[set[int]] = [set() for _ in range(raters)]
        self._waiting: dict[int, None] = {}  # pairs that were shown and want a view, in the order of their first one
        self._filled: Counter[int] = Counter()
        self.shown: dict[int, list[Order]] = {}
        self.standings: list[Counter[tuple[str, int]]] = [Counter() for _ in range(raters)]

    def next_for(self, rater: int) -> Pair | None:
        """Hands out a pair and shows it; None when nothing is left for the rater."""
        tasks = self._offered(rater)
        if not tasks:
            return None
        offers = [Offer(str(task), self._pairs[task], self.shown.get(task, ())) for task in tasks]
        chosen, order = hand_out(offers, self.standings[rater], self._seed, str(rater))
        task = tasks[chosen]
        self.shown.setdefault(task, []).append(order)
        self._met[rater].add(task)
        self._filled[task] += self._rng.random() >= SKIPPED
        if self._filled[task] < self._views:
            self._waiting[task] = None
        else:
            self._waiting.pop(task, None)
        for place, slot in enumerate(order):
            self.standings[rater][self._pairs[task][slot], place] += 1
        return self._pairs[task]

    def _offered(self, rater: int) -> list[int]:
        met, own = self._met[rater], self._own[rater]
        waiting = islice((task for task in self._waiting if task not in met), 8)
        fresh: list[int] = []
        while own and len(fresh) < 8:
            task = own.pop()
            if task not in self.shown:
                fresh.append(task)
        own += reversed(fresh)
        return [*waiting, *fresh]


def play(pairs: Sequence[Pair], raters: int, views: int, arrivals: Arrivals, rng: random.Random) -> Outcome:
    """One queue played to its end; some raters leave half-way for good."""
    queue = Queue(pairs, raters, views, rng)
    stays = [rng.randrange(len(pairs)) if rng.random() < LEAVING else len(pairs) for _ in range(raters)]
    present = set(range(raters))
    outcome = Outcome()
    for rater in arrivals(raters, rng):
        if not present:
            break
        if rater not in present:
            continue
        pair = queue.next_for(rater) if stays[rater] else None
        if pair is None:
            present.discard(rater)
            continue
        stays[rater] -= 1
        standing = queue.standings[rater]
        off = max(abs(standing[system, 0] - standing[system, 1]) for system in pair)
        outcome.worst = max(outcome.worst, off)
        outcome.points[off] += 1
    outcome.unmirrored = sum(
        abs(orders.count((0, 1)) - orders.count((1, 0))) != len(orders) % 2 for orders in queue.shown.values()
    )
    return outcome


GRAPHS: tuple[tuple[Graph, int], ...] = ((drawn_pairs, 2), (drawn_pairs, 6), (all_pairs, 6), (against_one, 6))


def measured(tasks: int, views: int, arrivals: Arrivals, runs: int, seed: str) -> Outcome:
    """The outcome over 2, 3 and 6 raters and several graphs of pairs, `runs` of each."""
    total = Outcome()
    for raters in (2, 3, 6):
        for graph, systems in GRAPHS:
            for run in range(runs):
                rng = random.Random(f"{seed} {tasks} {views} {raters} {graph.__name__} {systems} {run}")
                total.add(play(graph(tasks, systems, rng), raters, views, arrivals, rng))
    return total


def stated_bound(arrivals: Arrivals, tasks: int) -> float:
    """The bound that `hand_out` states: √n where raters work at once, 2√n where they come one by one."""
    return math.sqrt(tasks) * (1 if arrivals is at_once else 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints one row a scenario; 1 if the stated bound or the mirroring of any pair does not hold."""
    parser = argparse.ArgumentParser(prog="open_orders", description="Find how even an open queue keeps the sides.")
    parser.add_argument("--runs", type=int, default=16, metavar="N", help="runs of every combination")
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 400, 1000], metavar="N")
    parser.add_argument("--seed", default="open")
    chosen = parser.parse_args(arguments)
    print(f"{'raters come':12} {'views':>5} {'tasks':>6} {'points':>9} {'99 %':>5} {'99.9 %':>7} {'worst':>6}  bound")
    unmirrored, exceeded = 0, False
    for arrivals in (at_once, in_turn):
        for views in (1, 2, 3):
            for tasks in chosen.tasks:
                found = measured(tasks, views, arrivals, chosen.runs, chosen.seed)
                bound = stated_bound(arrivals, tasks)
                unmirrored += found.unmirrored
                exceeded = exceeded or found.worst > bound
                print(
                    f"{arrivals.__name__.replace('_', ' '):12} {views:5} {tasks:6} {found.points.total():9,}"
                    f" {found.within(0.99):5} {found.within(0.999):7} {found.worst:6} {bound:6.1f}",
                    flush=True,
                )
    print(f"pairs not mirrored: {unmirrored}")
    return int(unmirrored > 0 or exceeded)


if __name__ == "__main__":
    sys.exit(main())
