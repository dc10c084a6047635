"""What a sitting answers: what came of an action, and where the rater stands."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.rubric import Missing
from reviewer.store.reading import Counters


@dataclass(frozen=True, slots=True)
class Step:
    """What came of an action. `moved` says that another item is open now; `message` is for the notice line."""

    moved: bool
    message: str = ""
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the rater stands. `left` leaves out tasks that need nothing from them; `pace` is in seconds an item."""

    number: int
    size: int
    done: int
    left: int
    counters: Counters
    this_sitting: int
    goal: int
    pace: float | None
