"""How one column of answers meets another: figures that are functions of how often each pair of points was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from reviewer.measure.agreement.kinds import matrix
from reviewer.measure.agreement.pairs import Cells
from reviewer.measure.agreement.scale import OF_LEVEL, Scale
from reviewer.measure.agreement.statistic import ratio
from reviewer.measure.arrays import Floats, Ints

KAPPAS: Final = ("cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic")
OF_CATEGORIES: Final = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
_OF_CELLS: Final = (*KAPPAS, "gwet_ac1", "krippendorff_alpha", "spearman")
# So many pairs of points at most are told apart one by one for precision and its like.
MOST_CLASSES: Final = 50


class Meeting:
    """The figures of answers against references, and the features of which sums they are: one a pair of points.

    Each block is a column of answers and one of references. Classes that nobody meant and nobody gave are left out of
    macro means; a class never given has the precision 0, as one that is never meant has the recall 0.
    """

    def __init__(self, blocks: Sequence[tuple[Ints, Ints]], scale: Scale) -> None:
        points = len(scale)
        self.points, self.scale = points, scale
        keys = [given * points + meant for given, meant in blocks]
        found, place = np.unique(np.concatenate(keys), return_inverse=True)
        ends = np.cumsum([len(one) for one in keys])[:-1]
        self.places: list[Ints] = np.split(place.reshape(-1).astype(np.int64), ends)
        self.given, self.meant = np.divmod(found, points)
        self.width = len(found)
        self._cells = Cells(self.given, self.meant, scale, OF_LEVEL[scale.level])
        self._cells.names = tuple(name for name in self._cells.names if name in _OF_CELLS)
        names = ["accuracy", *(OF_CATEGORIES[1:] if points <= MOST_CLASSES else ()), *self._cells.names]
        if scale.ordered:
            spots = scale.numbers if scale.numbers is not None else scale.spots
            self._gap = np.abs(spots[self.given] - spots[self.meant])
            names.append("mean_absolute_error")
        self.names: tuple[str, ...] = tuple(names)

    @property
    def widest(self) -> int:
        """The longest row that a row of sums turns into."""
        return max(self.width, self.points)

    def features(self, block: int, rows: int, at: Ints) -> Any:
        """A row an item, a column a pair of points; the block stands on the rows `at`, the other rows are empty."""
        return matrix(at, self.places[block], np.ones(len(at)), (rows, self.width))

    def figures(self, sums: Floats) -> Floats:
        """The figures (rounds, names) from sums (rounds, pairs of points)."""
        n = sums.sum(axis=1)
        right = self.given == self.meant
        found = {"accuracy": ratio(sums @ right.astype(np.float64), n)}
        if self._cells.names:
            by_cells = self._cells.of(sums)
            found |= {name: by_cells[:, at] for at, name in enumerate(self._cells.names)}
        if "macro_f1" in self.names:
            precision, recall, f1, here = self.by_class(sums)
            for name, parts in (("macro_precision", precision), ("macro_recall", recall), ("macro_f1", f1)):
                found[name] = ratio(np.where(here, parts, 0.0).sum(axis=1), here.sum(axis=1).astype(np.float64))
        if self.scale.ordered:
            found["mean_absolute_error"] = ratio(sums @ self._gap, n)
        return np.column_stack([found[name] for name in self.names])

    def by_class(self, sums: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Precision, recall and F1 (rounds, points), and whether a point was given or meant at all."""
        rows, ones = np.arange(self.width), np.ones(self.width)
        shape = (self.width, self.points)
        given, meant = (sums @ matrix(rows, one, ones, shape) for one in (self.given, self.meant))
        right = np.flatnonzero(self.given == self.meant)
        hits = np.zeros_like(given)
        hits[:, self.given[right]] = sums[:, right]
        precision, recall, f1 = (
            np.divide(part * hits, of, out=np.zeros_like(hits), where=of > 0)
            for part, of in ((1, given), (1, meant), (2, given + meant))
        )
        here: Floats = (given + meant > 0).astype(np.float64)
        return precision, recall, f1, here
