"""Orders where raters and tasks are known ahead: who sees what, when, and on which side."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reviewer.blinding.permutation import order_key
from reviewer.blinding.rotation import by_system, line_up, rotations
from reviewer.blinding.steps import Order, Step
from reviewer.blinding.trails import cycles, oriented

_FORWARD, _BACKWARD = (0, 1), (1, 0)


class _Block(NamedTuple):
    """Tasks that one rater sees in an order of their own, and a mate in the same order with the sides swapped."""

    tasks: Sequence[int]
    rater: int
    mate: int | None = None


def plan(
    raters: Sequence[str], tasks: Sequence[Sequence[str]], overlap: int, seed: str, *, batch: int = 0
) -> list[list[Step]]:
    """For each rater, in the order of `raters`, the tasks in their sequence with the order in which to show them.

    A task is given by the systems of its slots. Every task goes to `overlap` raters (0, or more than there are: to
    all), and raters get equally many as near as that allows. For tasks of two systems:

    - At every point of a rater's sequence each system was left and right equally often, within one.
    - From an overlap of 2 on, raters go in couples (first and second, third and fourth, …) with the same tasks in the
      same order and the sides opposite. With an even overlap, each task is so shown in both orders equally often.
    - With an odd overlap one rater more sees each task. A lone last rater (an odd number of raters) has only such
      tasks. Where a member of a couple has some, they are the last block of the sequence, and the bound there is two:
      one from before the block, one within it.
    - With an even overlap, a lone last rater joins the last couple, and each two of the three share a block. Its bound
      is one as well, because the block that comes first for either of its raters is a union of cycles of the graph of
      pairs: after it every system is even, and the next block begins anew. The three get equally many as near as the
      cycles allow, which a few pairs of many systems do not; at an overlap of all but one, a third less than others.

    The proof that a block holds within one at every point is in `trails.oriented`. For tasks of three systems or more,
    `rotation.rotations` balances the places within each block, and a couple's orders are reversed.

    Each published batch has a plan of its own, so that a plan stands while tasks are added; the bounds of the batches
    add up. The same arguments give the same plan on every machine. Raises ValueError for a negative overlap or a rater
    named twice.
    """
    if overlap < 0:
        raise ValueError("overlap must not be negative")
    if len(set(raters)) != len(raters):
        raise ValueError("a rater is named twice")
    steps: list[list[Step]] = [[] for _ in raters]
    if not raters:
        return steps
    views = min(overlap or len(raters), len(raters))
    shuffled = list(range(len(tasks)))
    random.Random(order_key(seed, "planned", str(batch))).shuffle(shuffled)
    for number, block in enumerate(_blocks(shuffled, tasks, len(raters), views, seed, batch)):
        names = [raters[member] for member in (block.rater, block.mate) if member is not None]
        drawn = _drawn(block.tasks, tasks, seed, ("planned", str(batch), str(number), *names))
        steps[block.rater] += drawn
        if block.mate is not None:
            steps[block.mate] += [Step(step.task, step.order[::-1]) for step in drawn]
    return steps


def _blocks(
    shuffled: list[int], tasks: Sequence[Sequence[str]], raters: int, views: int, seed: str, batch: int
) -> Iterator[_Block]:
    """The blocks in the order in which they follow each other in any one rater's sequence."""
    if views == 1:
        for rater in range(raters):
            yield _Block(shuffled[rater::raters], rater)
    elif views % 2:
        yield from _with_single_views(shuffled, raters, views)
    elif raters % 2:
        groups = _dealt(shuffled, views // 2, [2] * (raters // 2 - 1) + [3])
        yield from _couples(groups[:-1])
        rng = random.Random(order_key(seed, "planned", str(batch), "three"))
        yield from _three(groups[-1], tasks, raters - 3, rng)
    else:
        yield from _couples(_dealt(shuffled, views // 2, [2] * (raters // 2)))


def _couples(groups: Sequence[Sequence[int]]) -> Iterator[_Block]:
    for couple, shared in enumerate(groups):
        yield _Block(shared, 2 * couple, 2 * couple + 1)


def _with_single_views(shuffled: list[int], raters: int, views: int) -> Iterator[_Block]:
    """Each task to some couples, and its last view to one rater alone: the lone one, or a member of another couple."""
    couples, pairs = raters // 2, views // 2
    lone: list[int] = []
    others = shuffled
    if raters % 2:
        # The lone rater's share is spread evenly over the shuffled tasks.
        takes = [(at + 1) * views // raters > at * views // raters for at in range(len(shuffled))]
        lone = [task for task, taken in zip(shuffled, takes, strict=True) if taken]
        others = [task for task, taken in zip(shuffled, takes, strict=True) if not taken]
    shared = _dealt(lone, pairs, [2] * couples)
    alone: list[list[int]] = [[] for _ in range(2 * couples)]
    # One layer more than there are couples for a task: in turn, one of the layers is a single view.
    place = {task: at for at, task in enumerate(others)}
    depth = min(pairs + 1, couples)
    for couple, dealt in enumerate(_dealt_layers(others, depth, [2] * couples)):
        for layer, task in dealt:
            if place[task] % depth != layer:
                shared[couple].append(task)
            else:
                member = 2 * couple + (len(alone[2 * couple]) > len(alone[2 * couple + 1]))
                alone[member].append(task)
    yield from _couples(shared)
    for member, single in enumerate(alone):
        if single:
            yield _Block(single, member)
    if lone:
        yield _Block(lone, raters - 1)


def _dealt(tasks: Sequence[int], depth: int, weights: Sequence[int]) -> list[list[int]]:
    return [[task for _, task in dealt] for dealt in _dealt_layers(tasks, depth, weights)]


def _dealt_layers(tasks: Sequence[int], depth: int, weights: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
    """Each task to `depth` different groups, as (layer, task); the last group's share is what its weight asks for.

    The tasks are written one after the other `depth` times, and the groups cut that strip one after the other. No
    group takes more than all tasks, so none meets one twice (the wrap-around rule of McNaughton 1959, "Scheduling with
    Deadlines and Loss Functions").
    """
    size = len(tasks)
    whole = size * depth
    last = min(size, whole * weights[-1] // sum(weights)) if len(weights) > 1 else whole
    rest = whole - last
    cuts = [rest * number // max(1, len(weights) - 1) for number in range(len(weights))]
    for start, end in zip(cuts, [*cuts[1:], whole], strict=True):
        yield [(at // size, tasks[at % size]) for at in range(start, end)]


def _three(shared: Sequence[int], tasks: Sequence[Sequence[str]], first: int, rng: random.Random) -> Iterator[_Block]:
    """A couple and a lone rater: a third for each two of them, where the first two thirds are unions of cycles."""
    loops = [[task] for task in shared if len(tasks[task]) != 2]
    pairs = [task for task in shared if len(tasks[task]) == 2]
    closed, left_over = cycles([(tasks[task][0], tasks[task][1]) for task in pairs])
    whole = [*loops, *([pairs[number] for number in cycle] for cycle in closed)]
    rng.shuffle(whole)
    thirds: tuple[list[int], ...] = ([], [], [pairs[number] for number in left_over])
    for cycle in whole:
        fits = (part for part in thirds[:2] if 3 * (2 * len(part) + len(cycle)) <= 2 * len(shared))
        next(fits, thirds[2]).extend(cycle)
    yield _Block(thirds[0], first, first + 1)
    yield _Block(thirds[1], first, first + 2)
    yield _Block(thirds[2], first + 1, first + 2)


def _drawn(block: Sequence[int], tasks: Sequence[Sequence[str]], seed: str, names: tuple[str, ...]) -> list[Step]:
    rng = random.Random(order_key(seed, *names))
    sequence = list(block)
    rng.shuffle(sequence)
    pairs = [(tasks[task][0], tasks[task][1]) for task in sequence if len(tasks[task]) == 2]
    forward = iter(oriented(pairs, rng))
    turning: dict[tuple[str, ...], Iterator[Order]] = {}

    def order(task: int) -> Order:
        systems = tasks[task]
        if len(systems) == 2:
            return _FORWARD if next(forward) else _BACKWARD
        if len(systems) < 2:
            return tuple(range(len(systems)))
        known = line_up(systems)
        if known not in turning:
            turning[known] = rotations(len(known), order_key(seed, *names, *known))
        slots = by_system(systems)
        return tuple(slots[place] for place in next(turning[known]))

    return [Step(task, order(task)) for task in sequence]
