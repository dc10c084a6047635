"""One judge beside the people who rated the same items under one criterion, and what the people come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from reviewer.errors import WrongUsage
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.scale import Scale, canonical
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.consensus import majority, median_point

REFERENCES: Final = ("gold", "majority", "median")
NONE: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Places on the scale, −1 for no answer: of the judge (items), of people (items, people), of gold (items).

    `asked` are the items that the judge was asked about, all of them without it; one of these without an answer is an
    abstention.
    """

    items: Sequence[str]
    scale: Scale
    judge: Ints
    people: Ints
    names: tuple[str, ...]
    gold: Ints | None = None
    asked: Flags | None = None

    def __post_init__(self) -> None:
        if self.people.shape != (len(self.items), len(self.names)) or len(self.judge) != len(self.items):
            raise ValueError("there must be a row of people for each item of the judge")

    @classmethod
    def of(
        cls,
        panel: Panel,
        judge: str,
        *,
        people: Iterable[str] | None = None,
        gold: Mapping[str, str] | None = None,
        asked: Iterable[str] | None = None,
    ) -> Beside:
        """A judge of a panel beside the named people of it, all others where nobody is named; gold values by item.

        Gold that is not on the scale does not count. Raises WrongUsage for a judge who rated nothing.
        """
        if judge not in panel.raters:
            known = ", ".join(panel.raters[:40])
            raise WrongUsage(f"{judge[:60]!r} rated nothing here.", mend=f"There are: {known}.")
        chosen = None if people is None else set(people)
        names = tuple(one for one in panel.raters if one != judge and (chosen is None or one in chosen))
        table = np.full((len(panel.items), len(panel.raters)), NONE, dtype=np.int64)
        table[panel.item, panel.rater] = panel.point
        columns = [panel.raters.index(one) for one in names]
        values = None
        if gold is not None:
            place = {point: at for at, point in enumerate(panel.scale.points)}
            said = (place.get(canonical(gold[item]), NONE) if item in gold else NONE for item in panel.items)
            values = np.fromiter(said, dtype=np.int64, count=len(panel.items))
        wanted = None
        if asked is not None:
            among = set(asked)
            wanted = np.fromiter((item in among for item in panel.items), dtype=np.bool_, count=len(panel.items))
        own = table[:, panel.raters.index(judge)]
        return cls(panel.items, panel.scale, own, table[:, columns], names, values, wanted)

    def chosen(self, mask: Flags) -> Beside:
        """The chosen items."""
        rows = np.flatnonzero(mask)
        return replace(
            self,
            items=[self.items[at] for at in rows.tolist()],
            judge=self.judge[rows],
            people=self.people[rows],
            gold=None if self.gold is None else self.gold[rows],
            asked=None if self.asked is None else self.asked[rows],
        )

    def numbers(self, places: Ints) -> Floats:
        """The numbers of places on the scale, NaN for no answer; places themselves where the points are no numbers."""
        spots = self.scale.numbers if self.scale.numbers is not None else self.scale.spots
        values: Floats = np.where(places >= 0, spots[np.maximum(places, 0)], np.nan)
        return values

    def reference(self, by: str, *, without: int | None = None) -> Ints:
        """What the people come to on each item: gold, their majority or their median, −1 for nothing or a tie.

        `without` leaves one of them out; gold stays as it is. Raises WrongUsage for no gold, and for no such reference.
        """
        if by == "gold":
            if self.gold is None:
                raise WrongUsage("there is no gold here.", mend="Take the majority of the people.")
            return self.gold
        if by not in REFERENCES:
            raise WrongUsage(f"there is no reference {by[:40]!r}.", mend=f"Name one of {', '.join(REFERENCES)}.")
        table = self.people if without is None else np.delete(self.people, without, axis=1)
        item, rater = np.nonzero(table >= 0)
        fuse = majority if by == "majority" else median_point
        points = range(len(self.scale))
        found = fuse(item.astype(np.int64), table[item, rater], items=self.items, points=points)
        values = (NONE if one.value is None else int(one.value) for one in found.verdicts)
        return np.fromiter(values, dtype=np.int64, count=len(self.items))
