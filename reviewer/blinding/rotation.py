"""Orders of three or more outputs: rotated, so that each system stands at each place equally often."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import count

from reviewer.blinding.steps import Order


def line_up(systems: Sequence[str]) -> tuple[str, ...]:
    """The systems of a task whatever their slots: tasks with one line-up are balanced among themselves."""
    return tuple(sorted(systems))


def by_system(systems: Sequence[str]) -> list[int]:
    """The slots of a task in the order of its `line_up`."""
    return sorted(range(len(systems)), key=systems.__getitem__)


def rotations(size: int, key: bytes) -> Iterator[Order]:
    """Orders of 0 … size-1 without end.

    They are Latin squares: the rotations of a drawn order, in a drawn order. So each number has stood at each place
    equally often, within one, at every point. Every second square mirrors the one before it: over two squares each
    number comes before each other one equally often as well.
    """
    rng = random.Random(key)
    base: list[int] = list(range(size))
    turns = list(range(size))
    for square in count():
        if square % 2:
            base.reverse()
        else:
            rng.shuffle(base)
        rng.shuffle(turns)
        for turn in turns:
            yield (*base[turn:], *base[:turn])
