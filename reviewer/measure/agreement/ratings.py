"""Ratings, column by column, and the panel that they make under one criterion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from reviewer.errors import BadInput
from reviewer.measure.agreement.scale import Scale, canonical, distinct, scale_of
from reviewer.measure.arrays import Flags, Floats, Ints, compacted
from reviewer.measure.votes import Coding, Column

OFF_SCALE: Final = "the value is not on the scale"
AGAIN: Final = "the rater rated the item before"
CRITERION: Final = "score"

_DENSE = 50_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """How a criterion was asked: its level, the points of its scale where it has such, from the lowest up.

    `dropped` counts what of its answers was no rating, by reason; `notes` say what has to be known beside its figures.
    """

    level: str
    points: tuple[str, ...] | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """One row a rating; the values are texts. `dropped` counts the rows that were none, by reason.

    `asked` says of a criterion what its values alone do not; without it level and scale go by the values.
    """

    item: Column
    rater: Column
    value: Column
    criterion: Column | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.value.codes)

    @classmethod
    def of(
        cls, item: Iterable[str], rater: Iterable[str], value: Iterable[str], criterion: Iterable[str] | None = None
    ) -> Ratings:
        """Ratings from columns of texts."""
        said = None if criterion is None else Column.of(criterion)
        return cls(Column.of(item), Column.of(rater), Column.of(value), said)

    def chosen(self, mask: Flags) -> Ratings:
        """The chosen ratings, with the names that they hold."""
        said = None if self.criterion is None else self.criterion.chosen(mask)
        item, rater, value = (one.chosen(mask) for one in (self.item, self.rater, self.value))
        return Ratings(item, rater, value, said, self.dropped, self.asked)

    def by_criterion(self) -> dict[str, Ratings]:
        """The ratings under each criterion, in the order of their coming."""
        if self.criterion is None:
            return {CRITERION: self}
        if len(self.criterion.names) == 1:
            return {self.criterion.names[0]: self}
        return {name: self.chosen(mask) for name, mask in self.criterion.masks()}


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """The ratings under one criterion, sorted by item, at most one of each rater on an item.

    `item`, `rater` and `point` are places in `items`, `raters` and the scale. `dropped` counts what was left out,
    `faults` has an example of each.
    """

    items: Sequence[str]
    raters: tuple[str, ...]
    scale: Scale
    item: Ints
    rater: Ints
    point: Ints
    dropped: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.point)

    @property
    def missing(self) -> int:
        """How many ratings there are fewer than items times raters."""
        return len(self.items) * len(self.raters) - len(self)

    @classmethod
    def of(cls, ratings: Ratings, level: str | None = None, points: Sequence[str] | None = None) -> Panel:
        """The panel of ratings under one criterion; raises WrongUsage for a scale that does not fit, BadInput for none.

        Of several ratings of an item by one rater the first one counts.
        """
        coding = Coding()
        point_of = coding.codes(canonical(name) for name in ratings.value.names)
        scale = scale_of(coding.names, level, points)
        place = {name: at for at, name in enumerate(scale.points)}
        on_scale = np.array([place.get(name, -1) for name in coding.names], dtype=np.int64)
        point = on_scale[point_of][ratings.value.codes]
        dropped: dict[str, int] = {}
        faults: dict[str, str] = {}
        kept = point >= 0
        if off := int(len(kept) - kept.sum()):
            stray = next(name for name, at in zip(coding.names, on_scale.tolist(), strict=True) if at < 0)
            dropped[OFF_SCALE], faults[OFF_SCALE] = off, f"{stray[:60]!r}, say"
            if off == len(kept):
                raise BadInput(
                    f"no value is on the scale; {stray[:60]!r} is one that was given.",
                    mend="Name the scale that the raters used: --scale 1-6.",
                )
            ratings, point = ratings.chosen(kept), point[kept]
        item, rater = ratings.item.codes.astype(np.int64), ratings.rater.codes.astype(np.int64)
        order = _firsts(item * len(ratings.rater.names) + rater, len(ratings.item.names) * len(ratings.rater.names))
        if again := len(point) - len(order):
            dropped[AGAIN] = again
            twice = np.ones(len(point), dtype=np.bool_)
            twice[order] = False
            at = int(twice.argmax())
            one, other = ratings.item.names[item[at]], ratings.rater.names[rater[at]]
            faults[AGAIN] = f"{other[:40]} on {one[:40]}, say"
        names = ratings.item.names, ratings.rater.names
        return cls(*names, scale, item[order], rater[order], point[order], dropped, faults)

    @classmethod
    def of_matrix(
        cls, values: Floats | Sequence[Sequence[float | None]], level: str = "ordinal", points: Sequence[float] = ()
    ) -> Panel:
        """The panel of a table of numbers, a row an item and a column a rater; NaN or None is missing.

        Raises ValueError for a number that is not among the points, where these are given.
        """
        table = np.array(values, dtype=np.float64)
        given = ~np.isnan(table)
        item, rater = np.nonzero(given)
        known, point = distinct(table[given])
        if len(points):
            place = {value: at for at, value in enumerate(points)}
            if stray := [value for value in known.tolist() if value not in place]:
                raise ValueError(f"{stray[0]:g} is not on the scale")
            point = np.array([place[value] for value in known.tolist()], dtype=np.int64)[point]
            known = np.asarray(points, dtype=np.float64)
        items, item = compacted(item, max(len(table), 1))
        raters, rater = compacted(rater, max(table.shape[1], 1))
        scale = scale_of([], level, [canonical(repr(one)) for one in known.tolist()])
        seen = Scale(scale.level, scale.points, scale.numbers, not len(points))
        names = tuple(str(one + 1) for one in items.tolist()), tuple(f"r{one + 1}" for one in raters.tolist())
        return cls(*names, seen, item, rater, point)


def _firsts(keys: Ints, bound: int) -> Ints:
    """The places of the distinct keys, in the order of the keys, the first place of each."""
    if bound > max(_DENSE, 4 * len(keys)):
        return np.unique(keys, return_index=True)[1].astype(np.int64)
    places = np.full(bound, -1, dtype=np.int64)
    # Of places that are set twice the last one stays.
    places[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    return places[places >= 0]
