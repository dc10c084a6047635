"""Tables that become numbers as they are read: a batch of cells is let go as soon as each has its code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from reviewer.errors import BadInput
from reviewer.exchange.cells import Batch, DelimitedCells, JsonCells, is_plain
from reviewer.exchange.columns import normal
from reviewer.exchange.source import Source
from reviewer.exchange.table import HEAD

UNREADABLE = "the row cannot be read"

Cells = DelimitedCells | JsonCells
Columns = Mapping[str, Sequence[str]]


class Numbered(ABC):
    """The rows so far. `dropped` counts those that were none, by reason; `faults` names where the first of each stands.

    Its kind says by `known` which columns it looks for, and numbers them.
    """

    known: tuple[str, ...]

    def __init__(self, where: str) -> None:
        self.where = where
        self.dropped: dict[str, int] = {}
        self.faults: dict[str, str] = {}

    @abstractmethod
    def number(self, columns: Columns, by_name: Columns, lines: list[int], reader: Cells) -> None:
        """Numbers the cells of a batch: its columns as they stand, and by their known names."""

    def take(self, batch: Batch, reader: Cells) -> None:
        """Numbers a batch; rows that cannot be read are dropped."""
        for line, said in reader.faults:
            self.drop(UNREADABLE, 1, f"line {line}: {said}")
        reader.faults.clear()
        rows = batch.rows
        if not rows:
            return
        width = len(reader.names)
        if isinstance(reader, JsonCells):
            rows = [cells + [""] * (width - len(cells)) for cells in rows]
        columns = dict(zip(reader.names, zip(*rows, strict=True), strict=True))
        self.number(columns, self._by_name(columns), batch.lines, reader)

    def drop(self, reason: str, number: int, where: str) -> None:
        """Counts rows that are none, and keeps where the first of them stands."""
        self.dropped[reason] = self.dropped.get(reason, 0) + number
        self.faults.setdefault(reason, where)

    def reasons(self) -> str:
        """Why there is no row, as the end of a sentence."""
        if not self.dropped:
            return "it has no row under its header"
        told = [f"{reason} in {number:,} ({self.faults[reason]})" for reason, number in self.dropped.items()]
        return "; ".join(told)

    def without(self, missing: Sequence[str], columns: Columns) -> BadInput:
        """What to raise where needed columns are missing."""
        return BadInput(
            f"no column is named {' or '.join(missing)}; there are {listed(columns)}.",
            mend=f"Rename one with --map {missing[0]}=COLUMN.",
            where=self.where,
        )

    def _by_name(self, columns: Columns) -> dict[str, Sequence[str]]:
        """The columns by name; known ones also where only case, spaces, `_`, `-` or `.` differ."""
        by_name = dict(columns)
        loose = {normal(name): columns[name] for name in reversed(list(columns))}
        for name in self.known:
            if name not in by_name and normal(name) in loose:
                by_name[name] = loose[normal(name)]
        return by_name


Kind = TypeVar("Kind", bound=Numbered)


def read_numbered(path: Path, mapping: Mapping[str, str] | None, begin: Callable[[str], Kind]) -> Kind:
    """The rows of a CSV, TSV or JSON Lines file, taken by what `begin` makes of the file's name.

    Raises BadInput for a file that cannot be read to its end, WrongUsage for a mapping that is not there.
    """
    with Source.open(path) as source:
        head = source.peek(HEAD).lstrip()
        if not head:
            raise BadInput(source.fault or "is empty.", mend="Name another file.", where=source.name)
        reader: Cells
        if head.startswith(b"{"):
            reader = JsonCells(source, mapping or {})
        else:
            reader = DelimitedCells(source, mapping or {}, plain=is_plain(path))
        taken = begin(source.name)
        for batch in reader.batches():
            taken.take(batch, reader)
        if source.fault:
            raise BadInput(source.fault, mend="Name a whole file.", where=source.name)
        reader.check()
    return taken


def listed(columns: Iterable[str]) -> str:
    """The names of columns as a sentence lists them."""
    return ", ".join(repr(name[:60]) for name in list(columns)[:40])
