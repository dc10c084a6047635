"""RATINGS: tables of ratings, long or wide, as CSV, TSV or JSON Lines, read a batch at a time.

Long: columns `item`, `rater`, `value`; `criterion` and `system` where they are there, others are not read. Wide: the
first column is the item, `criterion` is that, and each other column is a rater. A blank cell of a wide table is a
rating that is missing; a long row that is no rating is counted with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reviewer.errors import BadInput
from reviewer.exchange.columns import normal
from reviewer.exchange.numbered import Cells, Columns, Numbered, listed, read_numbered
from reviewer.measure.agreement.ratings import CRITERION, Ratings
from reviewer.measure.arrays import Codes, Flags, Ints, compacted
from reviewer.measure.votes import Coding, Column

NEEDED: Final = ("item", "rater", "value")
KNOWN: Final = (*NEEDED, "criterion", "system")
BLANK_ITEM: Final = "the item is blank"
BLANK_RATER: Final = "the rater is blank"
BLANK_VALUE: Final = "the value is blank"
NOT_APPLICABLE: Final = "the value is n/a"

_NO_VALUES: Final = ("n/a", "na", "nan", "<na>")
_JOINED = " · "


@dataclass(slots=True)
class ReadRatings:
    """The ratings of a file; `faults` names for each reason why rows were dropped the line of the first, and more."""

    ratings: Ratings
    faults: dict[str, str] = field(default_factory=dict)
    wide: bool = False


def read_ratings(path: Path, *, mapping: Mapping[str, str] | None = None, points: Sequence[str] = ()) -> ReadRatings:
    """Read a table of ratings; `mapping` renames columns, new to old, `points` are those of the scale where known.

    Raises BadInput for a file that cannot be read or holds no rating, WrongUsage for a mapping that is not there.
    """
    return read_numbered(path, mapping, lambda where: _Taken(where, points)).done()


class _Taken(Numbered):
    """The ratings so far, as codes."""

    known = KNOWN

    def __init__(self, where: str, points: Sequence[str]) -> None:
        super().__init__(where)
        self.codings = {name: Coding() for name in KNOWN}
        self.parts: list[dict[str, Codes]] = []
        self.seen: set[str] = set()
        self.wide: bool | None = None
        self._absent = frozenset(word for word in _NO_VALUES if word not in {one.casefold() for one in points})
        self._kinds: list[int] = []

    def number(self, columns: Columns, by_name: Columns, lines: list[int], reader: Cells) -> None:
        """Numbers the cells of a batch and drops the rows that are no ratings."""
        if self.wide is None:
            reader.check()
            self.wide = self._is_wide(columns, by_name)
        if self.wide:
            self._take_wide(columns, lines)
        else:
            self._take_long(by_name, lines)

    def _is_wide(self, columns: Columns, by_name: Columns) -> bool:
        missing = [name for name in NEEDED if name not in by_name]
        if not missing:
            return False
        if "rater" in by_name:
            raise self.without(missing, columns)
        if not [name for name in list(columns)[1:] if normal(name) != "criterion"]:
            raise BadInput(
                f"has neither item, rater and value nor a column for each rater; there are {listed(columns)}.",
                mend="Name a table of ratings, or rename columns with --map item=COLUMN.",
                where=self.where,
            )
        return True

    def _take_long(self, columns: Columns, lines: list[int]) -> None:
        part: dict[str, Any] = {}
        for name, coding in self.codings.items():
            if name in columns:
                self.seen.add(name)
            part[name] = coding.codes(columns.get(name, [""] * len(lines)))
        self._keep(part, np.asarray(lines, dtype=np.int64))

    def _take_wide(self, columns: Columns, lines: list[int]) -> None:
        names = list(columns)
        said = next((name for name in names[1:] if normal(name) == "criterion"), None)
        if said is not None:
            self.seen.add("criterion")
        none = [""] * len(lines)
        codes = {
            "item": self.codings["item"].codes(columns[names[0]]),
            "criterion": self.codings["criterion"].codes(none if said is None else columns[said]),
            "system": self.codings["system"].codes(none),
        }
        physical = np.asarray(lines, dtype=np.int64)
        blank = self.codings["value"][""]
        held: list[dict[str, Codes]] = []
        of_line: list[Ints] = []
        for at, name in enumerate(names[1:], 2):
            if name == said:
                continue
            rater = self.codings["rater"][name or f"column {at}"]
            value = self.codings["value"].codes(columns[name])
            there = value != blank
            part = {key: column[there] for key, column in codes.items()}
            held.append(part | {"rater": np.full(int(there.sum()), rater, np.int32), "value": value[there]})
            of_line.append(physical[there])
        if held:
            joined = {key: np.concatenate([part[key] for part in held]) for key in held[0]}
            self._keep(joined, np.concatenate(of_line))

    def _keep(self, part: dict[str, Codes], lines: Ints) -> None:
        good = np.ones(len(lines), dtype=np.bool_)
        kinds = self._kinds_of_values()[part["value"]]
        faults: list[tuple[str, Flags]] = [
            (reason, part[name] == self.codings[name].get("", -1))
            for reason, name in ((BLANK_ITEM, "item"), (BLANK_RATER, "rater"))
        ]
        faults += [(BLANK_VALUE, kinds == 1), (NOT_APPLICABLE, kinds == 2)]
        for reason, bad in faults:
            newly = bad & good
            if number := int(newly.sum()):
                self.drop(reason, number, f"line {lines[newly].min()}")
                good &= ~newly
        self.parts.append({name: codes[good] for name, codes in part.items()})

    def _kinds_of_values(self) -> NDArray[np.int8]:
        """Of each distinct value: 0 for a value, 1 for a blank, 2 for one that says that there is none."""
        for value in self.codings["value"].names[len(self._kinds) :]:
            self._kinds.append(1 if not value else 2 if value.casefold() in self._absent else 0)
        return np.array(self._kinds, dtype=np.int8)

    def done(self) -> ReadRatings:
        """The ratings; raises BadInput if there is none."""
        columns = {
            name: np.concatenate([part[name] for part in self.parts]) if self.parts else np.zeros(0, np.int32)
            for name in KNOWN
        }
        if not len(columns["value"]):
            raise BadInput(f"holds no rating: {self.reasons()}.", mend="Name a table of ratings.", where=self.where)
        ratings = Ratings(
            item=self._items(columns["item"], columns["system"]),
            rater=self._column("rater", columns["rater"]),
            value=self._column("value", columns["value"]),
            criterion=self._criteria(columns["criterion"]) if "criterion" in self.seen else None,
            dropped=self.dropped,
        )
        # Names that only dropped rows bear took no part.
        kept = ratings.chosen(np.ones(len(ratings), dtype=np.bool_))
        return ReadRatings(kept, self.faults, wide=bool(self.wide))

    def _column(self, name: str, codes: Codes) -> Column:
        return Column(tuple(self.codings[name].names), codes)

    def _items(self, item: Codes, system: Codes) -> Column:
        """The items; where systems are named, what each of them made of an item is one of its own."""
        if "system" not in self.seen:
            return self._column("item", item)
        items, systems = self.codings["item"].names, self.codings["system"].names
        both = item.astype(np.int64) * len(systems) + system
        distinct, places = compacted(both, len(items) * len(systems))
        names = [(items[at // len(systems)], systems[at % len(systems)]) for at in distinct.tolist()]
        return Column(tuple(_JOINED.join(part for part in name if part) for name in names), places.astype(np.int32))

    def _criteria(self, codes: Codes) -> Column:
        # A blank criterion is the only one of a table without that column, which may be there by its name as well.
        again = Coding()
        places = again.codes(name or CRITERION for name in self.codings["criterion"].names)
        return Column(tuple(again.names), places[codes])

    def reasons(self) -> str:
        """Why there is no rating, as the end of a sentence."""
        return "every cell of a rater is blank" if self.wide and not self.dropped else super().reasons()
