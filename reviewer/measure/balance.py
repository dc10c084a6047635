"""How evenly systems were shown at each place of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reviewer.measure.arrays import Ints


@dataclass(slots=True)
class Orders:
    """Orders as they come: of each, the number of its rater and of the systems from the first place on.

    `unknown` counts those that nobody knows.
    """

    rater: list[int] = field(default_factory=list)
    system: list[int] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    known: int = 0
    unknown: int = 0

    def add(self, rater: int, systems: Sequence[int]) -> None:
        """Takes in one order."""
        self.known += 1
        self.rater.extend([rater] * len(systems))
        self.system.extend(systems)
        self.place.extend(range(len(systems)))


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """How often each system stood at each place, overall; `of_raters` has each rater's greatest difference."""

    systems: tuple[str, ...]
    places: Ints
    orders: int
    unknown: int
    of_raters: dict[str, int]

    @property
    def greatest(self) -> int:
        """The greatest difference between how often a system stood at two places."""
        return _greatest(self.places)

    def to_json(self) -> dict[str, Any]:
        """The balance for a program."""
        return {
            "orders": self.orders,
            "unknown": self.unknown,
            "greatest_difference": self.greatest,
            "systems": [
                {"system": name, **({"left": row[0], "right": row[1]} if len(row) == 2 else {"places": row})}
                for name, row in zip(self.systems, self.places.tolist(), strict=True)
            ],
            "raters": [{"rater": name, "greatest_difference": most} for name, most in self.of_raters.items()],
        }


def balance(orders: Orders, systems: Sequence[str], raters: Sequence[str]) -> Balance:
    """The balance of `orders`; systems and raters that stand in none are left out."""
    shape = (len(raters), len(systems), max(orders.place, default=1) + 1)
    counted = np.zeros(shape, dtype=np.int64)
    np.add.at(counted, (orders.rater, orders.system, orders.place), 1)
    places = counted.sum(axis=0)
    there = places.any(axis=1)
    return Balance(
        systems=tuple(name for name, seen in zip(systems, there, strict=True) if seen),
        places=places[there],
        orders=orders.known,
        unknown=orders.unknown,
        of_raters={name: _greatest(mine) for name, mine in zip(raters, counted, strict=True) if mine.any()},
    )


def _greatest(places: Ints) -> int:
    return int((places.max(axis=1) - places.min(axis=1)).max(initial=0))
