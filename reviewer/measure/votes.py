"""Votes between two systems, column by column: what a file or a queue hands to the ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from reviewer.errors import BadInput
from reviewer.measure.arrays import Codes, Flags, Floats, Outcomes, compacted

LEFT: Final = 0
RIGHT: Final = 1
TIE: Final = 2
BOTH_BAD: Final = 3
WINNERS: Final = ("left", "right", "tie", "both_bad")
ORDER_UNKNOWN: Final = "order unknown"


class Coding(dict[str, int]):
    """Numbers names in the order of their coming; outer white space does not part two names."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __missing__(self, cell: str) -> int:
        name = cell.strip()
        code = self.get(name)
        if code is None:
            code = self[name] = len(self.names)
            self.names.append(name)
        if len(cell) != len(name):
            self[cell] = code
        return code

    def codes(self, cells: Iterable[str]) -> Codes:
        """The number of each name, new names being given the next ones."""
        return np.fromiter(map(self.__getitem__, cells), dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of names: the distinct ones, and for each vote the place of its name among them."""

    names: tuple[str, ...]
    codes: Codes

    @classmethod
    def of(cls, cells: Iterable[str]) -> Column:
        """The column that holds these cells."""
        coding = Coding()
        codes = coding.codes(cells)
        return cls(tuple(coding.names), codes)

    def chosen(self, mask: Flags) -> Column:
        """The column of the chosen votes, with the names that they hold."""
        codes = self.codes[mask]
        distinct, places = compacted(codes.astype(np.int64), len(self.names))
        return Column(tuple(self.names[code] for code in distinct), places.astype(np.int32))

    def masks(self) -> list[tuple[str, Flags]]:
        """Each name, and the votes that hold it."""
        return [(name, self.codes == code) for code, name in enumerate(self.names)]


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """A column whose cells hold any number of names: the distinct cells, and for each vote the place of its own.

    A vote without a name is among those of the blank one.
    """

    cells: tuple[tuple[str, ...], ...]
    codes: Codes

    @property
    def names(self) -> tuple[str, ...]:
        """The distinct names, in the order of their coming."""
        return tuple(dict.fromkeys(name for cell in self.cells for name in cell or ("",)))

    def chosen(self, mask: Flags) -> Tags:
        """The column of the chosen votes, with the cells that they hold."""
        distinct, places = compacted(self.codes[mask].astype(np.int64), len(self.cells))
        return Tags(tuple(self.cells[code] for code in distinct), places.astype(np.int32))

    def masks(self) -> list[tuple[str, Flags]]:
        """Each name, and the votes that hold it; a vote may be among those of several."""
        holding: dict[str, list[int]] = {name: [] for name in self.names}
        for code, cell in enumerate(self.cells):
            for name in dict.fromkeys(cell) or ("",):
                holding[name].append(code)
        return [(name, np.isin(self.codes, codes)) for name, codes in holding.items()]


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """One row a vote: `left` and `right` are places in `systems`, `winner` is LEFT, RIGHT, TIE or BOTH_BAD.

    `right_first` marks the votes whose right side was shown first. `lengths` are those of the left and right texts,
    where known. `dropped` counts the rows that were no vote, by reason. `others` are columns to slice by.

    Votes on one `task` judged the same two texts; without that column the item and the pair say so. `repeat` marks
    those that only tell how consistent their rater is, `unordered` those of which nobody knows what was shown first,
    `ballot` tells which votes were read from one ranking and so share one drawn order.
    """

    systems: tuple[str, ...]
    left: Codes
    right: Codes
    winner: Outcomes
    right_first: Flags
    item: Column | None = None
    rater: Column | None = None
    criterion: Column | None = None
    others: Mapping[str, Column | Tags] = field(default_factory=dict)
    lengths: tuple[Floats, Floats] | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    task: Codes | None = None
    repeat: Flags | None = None
    unordered: Flags | None = None
    ballot: Codes | None = None

    @classmethod
    def of(
        cls,
        left: Sequence[str],
        right: Sequence[str],
        winner: Sequence[str],
        *,
        shown_first: Sequence[str] | None = None,
        item: Sequence[str] | None = None,
        rater: Sequence[str] | None = None,
        criterion: Sequence[str] | None = None,
        others: Mapping[str, Sequence[str]] | None = None,
        lengths: tuple[Sequence[float], Sequence[float]] | None = None,
        dropped: Mapping[str, int] | None = None,
    ) -> Votes:
        """Votes from columns of words; raises BadInput for a winner or a side that there is not."""
        systems = Coding()
        codes = systems.codes(left), systems.codes(right)
        first = _words(shown_first, ("left", "right"), "shown_first") if shown_first is not None else None
        return cls(
            systems=tuple(systems.names),
            left=codes[0],
            right=codes[1],
            winner=_words(winner, WINNERS, "winner").astype(np.int8),
            right_first=np.zeros(len(codes[0]), dtype=np.bool_) if first is None else first == RIGHT,
            item=None if item is None else Column.of(item),
            rater=None if rater is None else Column.of(rater),
            criterion=None if criterion is None else Column.of(criterion),
            others={name: Column.of(cells) for name, cells in (others or {}).items()},
            lengths=None if lengths is None else (np.asarray(lengths[0], float), np.asarray(lengths[1], float)),
            dropped=dropped or {},
        )

    def __len__(self) -> int:
        return len(self.winner)

    def chosen(self, mask: Flags) -> Votes:
        """The votes that `mask` chooses, with the systems, items and raters that they hold."""
        pairs = np.concatenate([self.left[mask], self.right[mask]]).astype(np.int64)
        distinct, places = compacted(pairs, len(self.systems))
        half = len(places) // 2
        return Votes(
            systems=tuple(self.systems[code] for code in distinct),
            left=places[:half].astype(np.int32),
            right=places[half:].astype(np.int32),
            winner=self.winner[mask],
            right_first=self.right_first[mask],
            item=self.item.chosen(mask) if self.item else None,
            rater=self.rater.chosen(mask) if self.rater else None,
            criterion=self.criterion.chosen(mask) if self.criterion else None,
            others={name: column.chosen(mask) for name, column in self.others.items()},
            lengths=(self.lengths[0][mask], self.lengths[1][mask]) if self.lengths else None,
            dropped=self.dropped,
            task=None if self.task is None else self.task[mask],
            repeat=None if self.repeat is None else self.repeat[mask],
            unordered=None if self.unordered is None else self.unordered[mask],
            ballot=None if self.ballot is None else self.ballot[mask],
        )

    @property
    def counted(self) -> Flags:
        """Which votes count: all but repeats."""
        return np.ones(len(self), dtype=np.bool_) if self.repeat is None else ~self.repeat

    @property
    def ordered(self) -> Flags:
        """Of which votes it is known what was shown first."""
        return np.ones(len(self), dtype=np.bool_) if self.unordered is None else ~self.unordered

    @property
    def first(self) -> Codes:
        """The system shown first, vote by vote."""
        return np.where(self.right_first, self.right, self.left)

    @property
    def second(self) -> Codes:
        """The system shown second, vote by vote."""
        return np.where(self.right_first, self.left, self.right)

    @property
    def first_won(self) -> Flags:
        """Whether the side shown first won; to be read where the vote is `decisive`."""
        won: Flags = (self.winner == RIGHT) == self.right_first
        return won

    @property
    def decisive(self) -> Flags:
        """Whether one side won."""
        decided: Flags = self.winner <= RIGHT
        return decided


def _words(cells: Sequence[str], words: tuple[str, ...], column: str) -> Codes:
    known = {word: place for place, word in enumerate(words)}
    try:
        return np.fromiter((known[cell] for cell in cells), dtype=np.int32, count=len(cells))
    except KeyError as error:
        raise BadInput(
            f"{column} {error.args[0]!r} is none of {', '.join(words)}.", mend="Write one of these."
        ) from None
