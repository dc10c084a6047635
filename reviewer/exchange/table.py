"""CSV and TSV with a header: the delimiter and the quoting are found out, lines are physical lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.errors import BadInput
from reviewer.exchange.build import build
from reviewer.exchange.columns import Renamer, plan_of
from reviewer.exchange.jsonl import too_long
from reviewer.exchange.records import loads, not_utf8
from reviewer.exchange.rows import FieldFault, Options, Reject, Row
from reviewer.exchange.source import Source

HEAD = 64 * 1024
DELIMITERS = ",\t;|"
_SAMPLE = 200


@dataclass(slots=True, frozen=True)
class Dialect:
    """How a table is written, and how well that explains what was looked at."""

    delimiter: str
    quoted: bool
    columns: int
    prompted: bool
    even: float

    @property
    def rank(self) -> tuple[bool, int, float, bool]:
        """What explains the text better compares as greater."""
        return self.prompted, min(self.columns, 2), self.even, self.quoted


class TableReader:
    """Rows of delimited tables; the first line names the columns."""

    def __init__(self, options: Options, delimiters: str = DELIMITERS) -> None:
        self._delimiters = delimiters
        self._mapping = options.mapping
        self.columns = ""
        """How the columns of the last file were read, where that had to be guessed."""

    def rows(self, source: Source) -> Iterator[Row]:
        """Read one file; raises BadInput for a header that cannot be used, WrongUsage for a mapping beside it."""
        dialect = dialect_of(source.peek(HEAD), self._delimiters, self._mapping)
        header: _Header | None = None
        for record in records(source, dialect):
            if record.fault:
                if header is None:
                    raise BadInput(record.fault, mend=_HEADER, where=f"{source.name}:{record.line}")
                yield Reject(record.line, record.fault, record.raw)
            elif header is None:
                header = _Header(record.cells, self._mapping, f"{source.name}:{record.line}")
                self.columns = header.plan.told()
            else:
                yield header.row(record.cells, record.line, record.raw)
        if source.fault:
            yield Reject(source.line, source.fault)

    def finish(self) -> Iterator[Row]:
        """Nothing more to say."""
        yield from ()


@dataclass(slots=True, frozen=True)
class Record:
    """One record of a table: its first physical line, its cells or what is wrong with it, and its bytes."""

    line: int
    cells: list[str]
    fault: str
    raw: bytes


def records(source: Source, dialect: Dialect) -> Iterator[Record]:
    """The records of a table with the header among them, blank ones left out; ends where the source fails."""
    if csv.field_size_limit() <= source.limit:
        csv.field_size_limit(source.limit + 1)
    feeder = _Feeder(source)
    reader = _reader(feeder, dialect.delimiter, dialect.quoted)
    while True:
        cells, fault = _record(reader, feeder, source)
        if cells is None and not fault:
            return
        raw = b"\n".join(feeder.taken)
        if not raw.isascii():
            fault = _encoding_fault(raw) or fault
        if fault or (cells and any(cells)):
            yield Record(feeder.first, cells or [], fault, raw)


_HEADER = "The first line must name the columns."


class _Header:
    """The columns of one file, and the rows that cells under them make."""

    def __init__(self, cells: Sequence[str], mapping: Mapping[str, str], where: str) -> None:
        self.names = [cell.strip().replace("\0", "\\u0000") or f"column {i}" for i, cell in enumerate(cells, start=1)]
        seen: set[str] = set()
        for name in self.names:
            if name in seen:
                raise BadInput(f"the column {name[:60]!r} stands twice.", mend="Rename one.", where=where)
            seen.add(name)
        self.renamer = Renamer(mapping) if mapping else None
        names = tuple(self.names) if self.renamer is None else self.renamer.columns(self.names)
        self.plan = plan_of(names)
        if self.plan.prompt is None and self.plan.messages is None and not self.plan.columns:
            listed = ", ".join(repr(name[:60]) for name in self.names[:40])
            raise BadInput(
                f"no column is known to hold the prompt among {listed}.",
                mend="Name it with --map prompt=COLUMN.",
                where=where,
            )
        self.json = [name for name in (self.plan.metadata, self.plan.rubric, self.plan.messages) if name is not None]
        self.perhaps_json = [
            name
            for name in (names if self.plan.health else (self.plan.prompt, self.plan.context, self.plan.outputs))
            if name is not None
        ]

    def row(self, cells: Sequence[str], line: int, raw: bytes) -> Row:
        if len(cells) != len(self.names):
            return Reject(line, f"the row has {len(cells)} cells, the header has {len(self.names)}.", raw)
        escaped = 0
        if b"\0" in raw:
            escaped = sum(cell.count("\0") for cell in cells)
            cells = [cell.replace("\0", "\\u0000") for cell in cells]
        record: dict[str, Any] = {
            name: None if not cell or cell.isspace() else cell for name, cell in zip(self.names, cells, strict=True)
        }
        if self.renamer is not None:
            record = self.renamer.renamed(record)
        try:
            escaped += self._parse_cells(record)
        except FieldFault as fault:
            return Reject(line, str(fault), raw)
        return build(record, self.plan, line, raw, escaped)

    def _parse_cells(self, record: dict[str, Any]) -> int:
        """Read the cells that hold JSON, in place; gives the number of characters made visible in them."""
        escaped = 0
        for name in self.json:
            if record.get(name) is not None:
                try:
                    record[name], count = loads(record[name].encode())
                except FieldFault as fault:
                    raise FieldFault(f"{name} must hold JSON in a table: {fault}") from None
                escaped += count
        for name in self.perhaps_json:
            value = _list_in(record.get(name))
            if value is not None:
                record[name], count = value
                escaped += count
        tags = record.get(self.plan.tags) if self.plan.tags is not None else None
        if self.plan.tags is not None and tags is not None:
            listed = _list_in(tags)
            separator = next((mark for mark in "|;," if mark in tags), "|")
            record[self.plan.tags] = (
                listed[0] if listed else [tag.strip() for tag in tags.split(separator) if tag.strip()]
            )
        return escaped


def _list_in(cell: str | None) -> tuple[Any, int] | None:
    """The JSON list or object that a cell holds, None where it is a plain text after all."""
    if cell is None or cell.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        value, escaped = loads(cell.encode())
    except FieldFault:
        return None
    return (value, escaped) if isinstance(value, dict) or _is_structured(value) else None


def _is_structured(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(piece, str | dict) for piece in value)


def _reader(lines: Iterable[str], delimiter: str, quoted: bool) -> Iterator[list[str]]:
    # Strict, for otherwise a quotation mark that is not doubled bends the row without a word.
    if quoted:
        return csv.reader(lines, delimiter=delimiter, strict=True)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)


def _record(reader: Iterator[list[str]], feeder: _Feeder, source: Source) -> tuple[list[str] | None, str]:
    """The next record's cells or what is wrong with it; neither at the end, and after a fault of the source."""
    feeder.begin()
    try:
        return next(reader), ""
    except StopIteration:
        return None, ""
    except csv.Error as error:
        said = str(error)
    except _TooLong:
        said = "unexpected end" if len(feeder.taken) > 1 else "field limit"
    if source.fault and feeder.ended:
        return None, ""
    if "unexpected end" in said:
        return None, (
            f"a quotation mark opened on line {feeder.first} is never closed, so that lines {feeder.first} to "
            f"{feeder.last} were taken as one row."
        )
    if "field limit" in said or "field larger" in said:
        return None, too_long(feeder.first, source.limit).reason
    if "expected after" in said:
        return None, "a quotation mark inside a quoted cell is not doubled."
    if "new-line" in said:
        return None, "a bare carriage return stands outside quotation marks."
    return None, f"not a row of a table: {said}."


def dialect_of(head: bytes, delimiters: str = DELIMITERS, mapping: Mapping[str, str] | None = None) -> Dialect:
    """The dialect that explains the beginning of a table best."""
    text = head.decode("utf-8", "replace")
    whole = len(head) < HEAD
    if not whole and "\n" in text:
        text = text[: text.rindex("\n")]
    lines = [line + "\n" for line in text.split("\n")]
    tried = [_tried(lines, delimiter, True, whole, mapping) for delimiter in delimiters]
    # Tab-separated files are often written without any quoting; with commas a lone quote is a broken row.
    tried += [_tried(lines, delimiter, False, whole, mapping) for delimiter in delimiters if delimiter in "\t|"]
    return max(tried, key=lambda dialect: dialect.rank)


def _tried(lines: list[str], delimiter: str, quoted: bool, whole: bool, mapping: Mapping[str, str] | None) -> Dialect:
    reader = _reader(lines, delimiter, quoted)
    header: list[str] = []
    same = total = 0
    while total < _SAMPLE:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            total += whole or "unexpected end" not in str(error)
            continue
        if not any(cells):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            continue
        total += 1
        same += len(cells) == len(header)
    old = {was: now for now, was in (mapping or {}).items()}
    plan = plan_of(tuple(dict.fromkeys(old.get(name, name) for name in header)))
    prompted = plan.prompt is not None or plan.messages is not None or bool(plan.columns)
    return Dialect(delimiter, quoted, len(header), prompted, same / total if total else 1.0)


def _encoding_fault(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return not_utf8(raw, error.start)
    return ""


class _TooLong(Exception):
    pass


class _Feeder:
    """Physical lines for the csv module, remembered until the next record begins."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self._limit = source.limit
        self._length = 0
        self.taken: list[bytes] = []
        self.first = 0
        self.last = 0
        self.ended = False

    def begin(self) -> None:
        self.taken = []
        self.first = self._length = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            self.last, raw = next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self.first = self.first or self.last
        if raw is None:
            raise _TooLong
        self.taken.append(raw)
        self._length += len(raw) + 1
        if self._length > self._limit + 1:
            raise _TooLong
        return raw.decode("utf-8", "surrogateescape") + "\n"
