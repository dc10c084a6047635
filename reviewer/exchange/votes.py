"""VOTES: tables of votes between two systems, as CSV, TSV or JSON Lines, read a batch at a time.

Columns `left`, `right` and `winner` (left | right | tie | both_bad); `item`, `rater`, `criterion`, `shown_first`
(left | right) where they are there. Whatever row is no vote is counted with its reason; nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from reviewer.errors import BadInput
from reviewer.exchange.columns import normal
from reviewer.exchange.numbered import Cells, Columns, Numbered, read_numbered
from reviewer.measure.votes import WINNERS, Coding, Column, Votes

NEEDED: Final = ("left", "right", "winner")
KNOWN: Final = (*NEEDED, "item", "rater", "criterion", "shown_first")
CRITERION: Final = "preference"

BLANK_SYSTEM: Final = "left or right is blank"
SAME_SYSTEM: Final = "a system is compared with itself"
BLANK_WINNER: Final = "the winner is blank"
UNKNOWN_WINNER: Final = "the winner is none of left, right, tie, both_bad"
UNKNOWN_FIRST: Final = "shown_first is neither left nor right"
BLANK_ITEM: Final = "the item is blank"

_BLANK, _UNKNOWN = -1, -2


@dataclass(slots=True)
class ReadVotes:
    """The votes of a file; `faults` names for each reason why rows were dropped the line of the first, and more."""

    votes: Votes
    faults: dict[str, str] = field(default_factory=dict)


def read_votes(path: Path, *, mapping: Mapping[str, str] | None = None, keep: Sequence[str] = ()) -> ReadVotes:
    """Read a table of votes; `mapping` renames columns, new to old, `keep` names further ones to slice by.

    Raises BadInput for a file that cannot be read, lacks a column or holds no vote, WrongUsage for a mapping or a
    column to keep that is not there.
    """
    return read_numbered(path, mapping, lambda where: _Taken(where, keep)).done()


class _Words(dict[str, int]):
    """The code of a word in a closed list; blank and unknown ones have codes of their own."""

    def __init__(self, words: Sequence[str], blank: int) -> None:
        super().__init__({"": blank})
        self._known = {word.replace("_", ""): code for code, word in enumerate(words)}

    def __missing__(self, cell: str) -> int:
        word = normal(cell)
        code = self._known.get(word, _UNKNOWN) if word else self[""]
        if len(self) < 1000:
            self[cell] = code
        return code

    def codes(self, cells: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        """The code of each word."""
        return np.fromiter(map(self.__getitem__, cells), dtype=np.int32)


class _Taken(Numbered):
    """The votes so far, as codes."""

    known = KNOWN

    def __init__(self, where: str, keep: Sequence[str]) -> None:
        super().__init__(where)
        self.keep = list(dict.fromkeys(name for name in keep if name not in KNOWN))
        self.systems = Coding()
        self.codings = {name: Coding() for name in ("item", "rater", "criterion", *self.keep)}
        self.winners, self.sides = _Words(WINNERS, _BLANK), _Words(("left", "right"), 0)
        self.parts: list[dict[str, Any]] = []
        self.seen: set[str] = set()

    def number(self, columns: Columns, by_name: Columns, lines: list[int], reader: Cells) -> None:
        """Numbers the cells of a batch and drops the rows that are no votes."""
        missing = [name for name in NEEDED if name not in by_name]
        if missing:
            reader.check()
            raise self.without(missing, columns)
        part: dict[str, Any] = {
            "left": self.systems.codes(by_name["left"]),
            "right": self.systems.codes(by_name["right"]),
            "winner": self.winners.codes(by_name["winner"]),
        }
        for name, coding in self.codings.items():
            if name in by_name:
                self.seen.add(name)
            part[name] = coding.codes(by_name.get(name, [""] * len(lines)))
        first = by_name.get("shown_first")
        part["first"] = np.zeros(len(lines), np.int32) if first is None else self.sides.codes(first)
        good = self._good(part, lines, "item" in by_name)
        self.parts.append({name: codes[good] for name, codes in part.items()})

    def _good(
        self, part: dict[str, Any], lines: list[int], with_items: bool
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        blank = self.systems.get("", _BLANK)
        good = np.ones(len(lines), dtype=np.bool_)
        faults = [
            (BLANK_SYSTEM, (part["left"] == blank) | (part["right"] == blank)),
            (SAME_SYSTEM, part["left"] == part["right"]),
            (BLANK_WINNER, part["winner"] == _BLANK),
            (UNKNOWN_WINNER, part["winner"] == _UNKNOWN),
            (UNKNOWN_FIRST, part["first"] == _UNKNOWN),
        ]
        if with_items:
            faults.append((BLANK_ITEM, part["item"] == self.codings["item"].get("", _BLANK)))
        for reason, bad in faults:
            newly = bad & good
            if number := int(newly.sum()):
                self.drop(reason, number, f"line {lines[int(newly.argmax())]}")
                good &= ~newly
        return good

    def done(self) -> ReadVotes:
        """The votes; raises BadInput if there is none."""
        columns = {
            name: np.concatenate([part[name] for part in self.parts]) if self.parts else np.zeros(0, np.int32)
            for name in ("left", "right", "winner", "first", *self.codings)
        }
        if not len(columns["winner"]):
            raise BadInput(f"holds no vote: {self.reasons()}.", mend="Name a table of votes.", where=self.where)
        votes = Votes(
            systems=tuple(self.systems.names),
            left=columns["left"],
            right=columns["right"],
            winner=columns["winner"].astype(np.int8),
            right_first=columns["first"] == 1,
            item=self._column("item", columns),
            rater=self._column("rater", columns),
            criterion=self._column("criterion", columns),
            others={name: column for name in self.keep if (column := self._column(name, columns)) is not None},
            dropped=self.dropped,
        )
        # A system that only dropped rows name took part in no vote.
        return ReadVotes(votes.chosen(np.ones(len(votes), dtype=np.bool_)), self.faults)

    def _column(self, name: str, columns: dict[str, Any]) -> Column | None:
        if name not in self.seen:
            return None
        names = self.codings[name].names
        if name == "criterion":
            # A blank criterion is the overall preference, which may be there by its name as well.
            told = [one or CRITERION for one in names]
            again = Coding()
            places = again.codes(told)
            return Column(tuple(again.names), places[columns[name]])
        return Column(tuple(names), columns[name])
