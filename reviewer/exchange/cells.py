"""Rows of any table as cells, a batch at a time with their lines: CSV and TSV by the fastest way, JSON Lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from reviewer.errors import BadInput
from reviewer.exchange.columns import Renamer
from reviewer.exchange.records import loads
from reviewer.exchange.rows import FieldFault
from reviewer.exchange.source import Source
from reviewer.exchange.table import DELIMITERS, HEAD, dialect_of, records

_ROWS = 65_536
_MOST_COLUMNS = 1000
_Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: the physical line of each, and its cells."""

    lines: list[int]
    rows: list[list[str]]


class DelimitedCells:
    """Rows of a CSV or TSV file, each with its line and its cells under `names`; what is no row goes to `faults`."""

    def __init__(self, source: Source, mapping: Mapping[str, str], *, plain: bool) -> None:
        self.faults: list[tuple[int, str]] = []
        self.source = source
        self._dialect = dialect_of(source.peek(HEAD), DELIMITERS, mapping)
        self._blocks = self._split() if plain else _in_batches(self._parsed())
        self._header(mapping, next(self._blocks, Batch([], [])))

    def _header(self, mapping: Mapping[str, str], begin: Batch) -> None:
        if not begin.rows:
            said = f"{self.faults[0][1]}." if self.faults else self.source.fault or "is empty."
            raise BadInput(said, mend="The first line must name the columns.", where=self.source.name)
        self._first = Batch(begin.lines[1:], begin.rows[1:])
        given = [cell.strip() for cell in begin.rows[0]]
        for name in given:
            if name and given.count(name) > 1:
                twice = f"the column {name[:60]!r} stands twice."
                raise BadInput(twice, mend="Rename one.", where=f"{self.source.name}:{begin.lines[0]}")
        self.width = len(given)
        self.names = list(Renamer(mapping).columns(given)) if mapping else given
        # A renamed header is in another order than its cells.
        self._order = _order(given, self.names, mapping)

    def batches(self) -> Iterator[Batch]:
        """Rows of the header's length; others are noted."""
        for batch in chain([self._first], self._blocks):
            kept = batch
            if set(map(len, batch.rows)) - {self.width}:
                kept = self._of_right_length(batch)
            if self._order is None:
                yield kept
            else:
                yield Batch(kept.lines, [[cells[at] for at in self._order] for cells in kept.rows])

    def _of_right_length(self, batch: Batch) -> Batch:
        kept = Batch([], [])
        for line, cells in zip(batch.lines, batch.rows, strict=True):
            if len(cells) == self.width:
                kept.lines.append(line)
                kept.rows.append(cells)
            else:
                self.faults.append((line, f"the row has {len(cells)} cells, the header has {self.width}"))
        return kept

    def _parsed(self) -> Iterator[_Row]:
        for record in records(self.source, self._dialect):
            if record.fault:
                self.faults.append((record.line, record.fault.rstrip(".")))
            else:
                yield record.line, record.cells

    def _split(self) -> Iterator[Batch]:
        line = 0
        for block in _whole_lines(self.source):
            lines = block.decode().replace("\r\n", "\n").split("\n")
            if not lines[-1]:
                lines.pop()
            begin, line = line + 1, line + len(lines)
            rows = [one.split(self._dialect.delimiter) for one in lines]
            if all(lines):
                yield Batch(list(range(begin, line + 1)), rows)
            else:
                kept = [at for at, one in enumerate(lines) if one]
                yield Batch([begin + at for at in kept], [rows[at] for at in kept])

    def check(self) -> None:
        """Nothing more to check: the header said it all."""


def _order(given: list[str], names: list[str], mapping: Mapping[str, str]) -> list[int] | None:
    if not mapping:
        return None
    moved = {new: old for new, old in mapping.items() if old in given}
    place = {name: at for at, name in enumerate(given)}
    return [place[moved.get(name, name.removesuffix(" (original)"))] for name in names]


class JsonCells:
    """Objects of a JSON Lines file, as cells under `names`: the known columns, and those that are asked for."""

    def __init__(self, source: Source, mapping: Mapping[str, str]) -> None:
        self.faults: list[tuple[int, str]] = []
        self.source = source
        self._renamer = Renamer(mapping) if mapping else None
        self.names: list[str] = []
        self._places: dict[str, int] = {}

    def batches(self) -> Iterator[Batch]:
        """Rows of the objects; `names` grows whenever an object brings another column."""
        return _in_batches(self._rows())

    def _rows(self) -> Iterator[_Row]:
        for line, raw in self.source.lines():
            if raw is None:
                self.faults.append((line, "the line is too long"))
            elif raw and not raw.isspace():
                yield from self._row(line, raw)

    def _row(self, line: int, raw: bytes) -> Iterator[_Row]:
        try:
            record, _ = loads(raw)
        except FieldFault as fault:
            self.faults.append((line, str(fault).rstrip(".")))
            return
        if not isinstance(record, dict):
            self.faults.append((line, "it is not a JSON object"))
            return
        if self._renamer is not None:
            record = self._renamer.renamed(record)
        cells = [""] * len(self.names)
        for name, value in record.items():
            place = self._places.get(name)
            if place is None:
                if len(self.names) >= _MOST_COLUMNS:
                    continue
                place = self._places[name] = len(self.names)
                self.names.append(name)
                cells.append("")
            cells[place] = _cell(value)
        yield line, cells

    def check(self) -> None:
        """Raise WrongUsage if a column to be renamed never came."""
        if self._renamer is not None:
            self._renamer.check()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _in_batches(rows: Iterable[_Row]) -> Iterator[Batch]:
    held = Batch([], [])
    for line, cells in rows:
        held.lines.append(line)
        held.rows.append(cells)
        if len(held.lines) >= _ROWS:
            yield held
            held = Batch([], [])
    yield held


def is_plain(path: Path) -> bool:
    """Whether a table has no quotation mark or other thing that needs a parser: it then reads five times as fast."""
    if not path.is_file():
        return False
    with Source.open(path) as source:
        for block in _whole_lines(source):
            if b'"' in block or b"\0" in block or block.count(b"\r") != block.count(b"\r\n"):
                return False
            try:
                block.decode()
            except UnicodeDecodeError:
                return False
        return not source.fault


def _whole_lines(source: Source) -> Iterator[bytes]:
    held = b""
    for chunk in source.chunks():
        held += chunk
        cut = held.rfind(b"\n") + 1
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held
