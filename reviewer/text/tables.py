"""Tables of Markdown, fitted to a width: columns, columns with wrapped cells, or one record after another."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from reviewer.text.cells import width as cells_of
from reviewer.text.styled import Builder, Styled
from reviewer.text.wrap import wrap

_GAP = " │ "
_NARROWEST = 7


class Table(NamedTuple):
    """A header row and body rows of styled cells, each row of the same length; `aligns` says left, right or center."""

    header: list[Styled]
    body: list[list[Styled]]
    aligns: list[str]


def add_table(out: Builder, table: Table, room: int, first: str, rest: str) -> None:
    """Write the table in at most `room` cells; `first` and `rest` stand before its lines."""
    columns = len(table.header)
    natural = [max(cells_of(row[n].text) for row in (table.header, *table.body)) for n in range(columns)]
    available = room - len(_GAP) * (columns - 1)
    if sum(natural) > available and available < _NARROWEST * columns:
        _add_records(out, table, first, rest)
        return
    _Grid(out, table, _fit(natural, available), rest).add(first)


def _fit(natural: list[int], available: int) -> list[int]:
    if sum(natural) <= available:
        return [max(1, cells) for cells in natural]
    fitted = [0] * len(natural)
    for taken, (cells, column) in enumerate(sorted((cells, n) for n, cells in enumerate(natural))):
        share = available // (len(natural) - taken)
        fitted[column] = max(1, min(cells, share))
        available -= fitted[column]
    return fitted


def _add_records(out: Builder, table: Table, first: str, rest: str) -> None:
    out.begin(first, rest)
    for row in table.body or [table.header]:
        for head, cell in zip(table.header, row, strict=True):
            if table.body and head.text:
                copy(out, head, 0, len(head.text), "table.header")
                out.add(": ", "table")
            copy(out, cell, 0, len(cell.text))
            out.end_line()
            out.begin(rest, rest)
        if row is not (table.body or [table.header])[-1]:
            out.end_line()


class _Grid:
    def __init__(self, out: Builder, table: Table, widths: list[int], prefix: str) -> None:
        self._out = out
        self._table = table
        self._widths = widths
        self._prefix = prefix

    def add(self, first: str) -> None:
        self._out.begin(first, self._prefix)
        wrapped = self._row(self._table.header, "table.header")
        self._rule()
        for index, row in enumerate(self._table.body):
            if index and wrapped:
                self._rule()
            wrapped = self._row(row, "") or wrapped

    def _rule(self) -> None:
        self._out.add("─┼─".join("─" * cells for cells in self._widths), "table")
        self._end()

    def _end(self) -> None:
        self._out.end_line()
        self._out.begin(self._prefix, self._prefix)

    def _row(self, row: list[Styled], style: str) -> bool:
        pieces = [
            wrap(cell.text, 0, len(cell.text), max(2, cells), max(2, cells))
            for cell, cells in zip(row, self._widths, strict=True)
        ]
        height = max(map(len, pieces))
        for level in range(height):
            for column, cell in enumerate(row):
                if column:
                    self._out.add(_GAP, "table")
                start, end = pieces[column][level] if level < len(pieces[column]) else (0, 0)
                self._cell(cell, start, end, column, style)
            self._end()
        return height > 1

    def _cell(self, cell: Styled, start: int, end: int, column: int, style: str) -> None:
        missing = max(0, self._widths[column] - cells_of(cell.text[start:end]))
        align = self._table.aligns[column]
        before = missing if align == "right" else missing // 2 if align == "center" else 0
        self._out.add(" " * before, style)
        copy(self._out, cell, start, end, style)
        if column + 1 < len(self._widths):
            self._out.add(" " * (missing - before), style)


def copy(out: Builder, styled: Styled, start: int, end: int, base: str = "") -> None:
    """Write `styled.text[start:end]`, on one line, with its spans and runs, under the style `base`."""
    edges = {start, end}
    for span in styled.spans:
        edges.update((span.start, span.end))
    for run in styled.runs:
        edges.update((run.start, run.start + run.length))
    for left, right in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        style = next((span.style for span in styled.spans if span.start <= left < span.end), "")
        source = next((run for run in styled.runs if run.start <= left < run.start + run.length), None)
        stored, length = -1, -1
        if source is not None and source.length == source.stored_length:
            stored, length = source.stored + left - source.start, right - left
        elif source is not None:
            stored, length = source.stored, source.stored_length
        out.add(styled.text[left:right], " ".join(filter(None, (base, style))), stored, length)
