"""How well people meet each other, or gold: the ceiling that a judge is held to, with the judge on the same items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np

from reviewer.measure.agreement.kinds import beside as side_by_side
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.beside import NONE, Beside
from reviewer.measure.judges.cells import Meeting
from reviewer.measure.judges.resampling import How, OfSums, figures_of

FEWEST_SHARED: Final = 10
MOST_PEOPLE: Final = 12
_ONE_SIDED: Final = ("macro_precision", "macro_recall")


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The ceiling by name, the judge on the same items, and the difference; or why there is none."""

    figures: Mapping[str, Figure]
    why: str
    notes: tuple[str, ...] = ()

    def of(self, name: str) -> tuple[Figure, Figure, Figure]:
        """The three figures of a name."""
        if self.why:
            none = undefined(self.why)
            return none, none, none
        people, judge, gap = (self.figures[f"{part} {name}"] for part in ("people", "judge", "gap"))
        return people, judge, gap


def ceiling_of(beside: Beside, by: str, wanted: Flags, how: How) -> Ceiling:
    """The ceiling on the wanted items: of each person beside gold, else of each two people.

    A person's or a pair's figure needs ten items that the judge answered, too; the mean over them counts each alike.
    """
    answered = np.where((beside.judge >= 0) & wanted, beside.judge, NONE)
    given = (beside.people >= 0).sum(axis=0)
    chosen = np.sort(np.argsort(-given, kind="stable")[:MOST_PEOPLE]).tolist()
    notes: tuple[str, ...] = ()
    if len(beside.names) > MOST_PEOPLE:
        notes = (f"the ceiling is that of the {MOST_PEOPLE} people of most answers",)
    if by == "gold" and beside.gold is not None:
        meetings = [(beside.people[:, at], answered, beside.gold) for at in chosen]
        notes += ("gold that these people settled themselves flatters them",) if chosen else ()
    else:
        if len(beside.names) < 2:
            return Ceiling({}, "one person alone sets no ceiling" if beside.names else "there are no people")
        pairs = permutations(chosen, 2)
        meetings = [(beside.people[:, one], answered, beside.people[:, other]) for one, other in pairs]
    kept = []
    for person, judge, meant in meetings:
        rows = np.flatnonzero((person >= 0) & (judge >= 0) & (meant >= 0))
        if len(rows) >= FEWEST_SHARED:
            kept.append((rows, person[rows], judge[rows], meant[rows]))
    if not kept:
        return Ceiling({}, f"no two people share {FEWEST_SHARED} items with the judge", notes)
    return Ceiling(_shared(beside, kept, by, how), "", notes)


def _shared(beside: Beside, kept: Sequence[tuple[Ints, Ints, Ints, Ints]], by: str, how: How) -> dict[str, Figure]:
    """The means over the meetings of people, of the judge at the same place, and of people less the judge."""
    meeting = Meeting(
        [block for _, person, judge, meant in kept for block in ((person, meant), (judge, meant))], beside.scale
    )
    items = len(beside.items)
    features = side_by_side(*(meeting.features(at, items, kept[at // 2][0]) for at in range(2 * len(kept))))
    there = np.zeros(items, dtype=np.bool_)
    for rows, *_ in kept:
        there[rows] = True
    features = features[np.flatnonzero(there)]
    each = _each(meeting, 2 * len(kept))
    whole = each(np.asarray(features.sum(axis=0)).reshape(1, -1))[:, 0]
    counts = ~np.isnan(whole[0::2]) & ~np.isnan(whole[1::2])
    if by != "gold":
        counts[:, [name in _ONE_SIDED for name in meeting.names]] = False
    number = np.where(counts.any(axis=0), counts.sum(axis=0), np.nan)

    def means(sums: Floats) -> Floats:
        found = each(sums)
        people, judge = (np.where(counts[:, None], found[at::2], 0.0).sum(axis=0) / number for at in (0, 1))
        return np.hstack([people, judge, people - judge])

    labels = [f"{part} {name}" for part in ("people", "judge", "gap") for name in meeting.names]
    statistic = OfSums(features, labels, means, [one for one in labels if one.endswith("spearman")])
    statistic.widest = max(statistic.widest, meeting.widest)
    told = figures_of(statistic, how, int(there.sum()), why="it is undefined for all of the people", purpose=6)
    if by == "gold":
        return told
    neither = undefined("between two people neither is the reference")
    return told | {name: neither for name in told if name.endswith(_ONE_SIDED)}


def _each(meeting: Meeting, blocks: int) -> Callable[[Floats], Floats]:
    def each(sums: Floats) -> Floats:
        parts: Floats = np.stack([meeting.figures(part) for part in np.split(sums, blocks, axis=1)])
        return parts

    return each
