"""What an order is made of: a task and how its outputs are shown."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Order: TypeAlias = tuple[int, ...]
"""Slots of a task, first shown first."""


class Step(NamedTuple):
    """One place in a rater's sequence. `repeat` says that the rater has met the task before, mirrored."""

    task: int
    order: Order
    repeat: bool = False
