"""Reading files of labels: JSON Lines, or tables whose rows are gathered into labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.columns import normal
from reviewer.exchange.jsonl import too_long
from reviewer.exchange.labels.cells import COLUMNS, SEPARATOR, unguarded
from reviewer.exchange.labels.said import (
    OUTCOMES,
    PHASES,
    SaidLabel,
    identifier,
    moment,
    one_of,
    said_by_object,
)
from reviewer.exchange.records import loads
from reviewer.exchange.rows import FieldFault, Reject
from reviewer.exchange.source import Source
from reviewer.exchange.table import HEAD, Record, dialect_of, records

DEFAULT_CRITERION = "score"
_NEEDED = ("item", "rater", "value")
_MOST_MS = 2**62

Said = SaidLabel | Reject


class LabelReader:
    """Iterates the labels of one file once; `rows` counts what was read of it, `position` and `size` are in bytes.

    Raises BadInput for a file that cannot be opened or is no table of labels, WrongUsage for a mapping that meets no
    column.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str]) -> None:
        self.path = path
        self.rows = 0
        self._mapping = dict(mapping)
        self._source = Source.open(path)
        self.size = self._source.size

    def __enter__(self) -> LabelReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    @property
    def position(self) -> int:
        """Bytes read from disk so far."""
        return self._source.position

    def __iter__(self) -> Iterator[Said]:
        begin = self._source.peek(HEAD).lstrip()
        if not begin:
            raise BadInput(self._source.fault or "is empty.", mend="Name another file.", where=self._source.name)
        yield from self._lines() if begin.startswith(b"{") else self._table()
        if self._source.fault:
            yield Reject(self._source.line, self._source.fault)

    def _lines(self) -> Iterator[Said]:
        met: set[str] = set()
        for number, raw in self._source.lines():
            if raw is None:
                self.rows += 1
                yield too_long(number, self._source.limit)
            elif raw and not raw.isspace():
                self.rows += 1
                try:
                    record, _escaped = loads(raw)
                    if isinstance(record, dict) and self._mapping:
                        met.update(old for old in self._mapping.values() if old in record)
                        record = self._renamed(record)
                    yield said_by_object(record, number, raw)
                except FieldFault as fault:
                    yield Reject(number, str(fault), raw)
        for old in self._mapping.values():
            if old not in met:
                raise WrongUsage(f"no line has a field {old!r}.", mend="Mend --map.", where=self._source.name)

    def _renamed(self, record: dict[str, object]) -> dict[str, object]:
        old = {was: now for now, was in self._mapping.items()}
        kept = {name: value for name, value in record.items() if name not in self._mapping or name in old}
        return {old.get(name, name): value for name, value in kept.items()}

    def _table(self) -> Iterator[Said]:
        dialect = dialect_of(self._source.peek(HEAD))
        header: list[str] | None = None
        gathered = _Gathered()
        for record in records(self._source, dialect):
            if header is None:
                where = f"{self._source.name}:{record.line}"
                if record.fault:
                    raise BadInput(record.fault, mend="The first line must name the columns.", where=where)
                header = self._header(record.cells, where)
                continue
            self.rows += 1
            if record.fault:
                yield Reject(record.line, record.fault, record.raw)
            elif len(record.cells) != len(header):
                what = f"the row has {len(record.cells)} cells, the header has {len(header)}."
                yield Reject(record.line, what, record.raw)
            else:
                yield from gathered.add(_cells(header, record), record)
        if header is None:
            raise BadInput("holds no line.", mend="Name another file.", where=self._source.name)
        yield from gathered.rest()

    def _header(self, cells: list[str], where: str) -> list[str]:
        names = [cell.strip() for cell in cells]
        old = {was: now for now, was in self._mapping.items()}
        for was in old:
            if was not in names:
                listed = ", ".join(repr(name[:60]) for name in names[:40])
                raise WrongUsage(f"there is no column {was!r} among {listed}.", mend="Mend --map.", where=where)
        known = {normal(name): name for name in COLUMNS}
        header = [old.get(name) or known.get(normal(name), "") for name in names]
        for name in COLUMNS:
            if header.count(name) > 1:
                raise BadInput(f"the column {name!r} stands twice.", mend="Rename one.", where=where)
        missing = [name for name in _NEEDED if name not in header]
        if missing:
            listed = ", ".join(repr(name[:60]) for name in names[:40])
            raise BadInput(
                f"has no column {' and no '.join(map(repr, missing))} among {listed}.",
                mend="A table of labels has item, rater and value; name them with --map NEW=OLD.",
                where=where,
            )
        return header


def _cells(header: list[str], record: Record) -> dict[str, str]:
    cells = zip(header, record.cells, strict=True)
    return {name: unguarded(cell.replace("\0", "\\u0000")) for name, cell in cells if name}


class _Gathered:
    """Rows that belong to one label: those with the same identifier, one after the other, or else of the same item,
    output, rater, phase and revision, wherever they stand."""

    def __init__(self) -> None:
        self._current: _Group | None = None
        self._others: dict[tuple[str, ...], _Group] = {}

    def add(self, cells: dict[str, str], record: Record) -> Iterator[Said]:
        named = cells.get("label", "").strip()
        if not named:
            key = tuple(
                cells.get(name, "").strip() for name in ("item", "output", "system", "rater", "phase", "revision")
            )
            self._others.setdefault(key, _Group(record.line)).add(cells, record.raw)
            return
        if self._current is not None and self._current.name != named:
            yield self._current.said()
            self._current = None
        if self._current is None:
            self._current = _Group(record.line, named)
        self._current.add(cells, record.raw)

    def rest(self) -> Iterator[Said]:
        if self._current is not None:
            yield self._current.said()
        for group in self._others.values():
            yield group.said()


class _Group:
    """The rows of one label."""

    def __init__(self, line: int, name: str = "") -> None:
        self.line = line
        self.name = name
        self._rows: list[dict[str, str]] = []
        self._raw: list[bytes] = []

    def add(self, cells: dict[str, str], raw: bytes) -> None:
        self._rows.append(cells)
        self._raw.append(raw)

    def said(self) -> Said:
        raw = b"\n".join(self._raw)
        try:
            return _said_by_rows(self._rows, self.line, raw)
        except FieldFault as fault:
            return Reject(self.line, str(fault), raw)


def _said_by_rows(rows: list[dict[str, str]], line: int, raw: bytes) -> SaidLabel:
    first = {name: _one(rows, name) for name in COLUMNS}
    said = SaidLabel(line, raw)
    said.id = identifier(first["label"].strip(), "label")
    said.item = first["item"]
    said.rater_name = first["rater"].strip()
    said.named = _listed(first["output"])
    said.systems = _listed(first["system"])
    said.shown = _listed(first["shown_order"]) or None
    said.repeat = first["repeat"].strip().lower() == "true"
    name, _, content_hash = first["rubric"].rpartition("@")
    said.rubric_name, said.rubric_hash = (name, content_hash) if name else (first["rubric"], "")
    rationale: dict[str, dict[str, object]] = {}
    if first["label_rationale"]:
        rationale["label"] = {"text": first["label_rationale"], "reasons": []}
    for cells in rows:
        key = cells.get("criterion", "").strip()
        if not key and cells.get("value", "").strip():
            key = DEFAULT_CRITERION
        if not key:
            continue
        if key in said.cells:
            raise FieldFault(f"the criterion {key[:60]!r} is answered twice in one label.")
        said.cells[key] = cells.get("value", "")
        if text := cells.get("criterion_rationale", ""):
            rationale[key] = {"text": text, "reasons": []}
    said.columns = {
        "phase": one_of(first["phase"].strip(), "phase", PHASES),
        "sample": 0,
        "outcome": one_of(first["outcome"].strip(), "outcome", OUTCOMES),
        "exposure": "none",
        "revision": _revision(first["revision"].strip()),
        "supersedes": None,
        "rationale": orjson.dumps(rationale).decode(),
        "correction": "{}",
        "notes": None,
        "flags": "[]",
        "evidence": "{}",
        "confidence": None,
        "cost": None,
        "inputs": None,
        "active_ms": _milliseconds(first["active_seconds"].strip()),
        "idle_ms": 0,
        "device": None,
        "client_version": None,
        "committed_at": moment(first["committed_at"].strip()),
        "source": "import",
        "external_ref": None,
        "surplus": None,
    }
    return said


def _one(rows: list[dict[str, str]], name: str) -> str:
    """What all rows of the label agree on, the first that is not blank; criterion columns are not of it."""
    if name in ("criterion", "value", "criterion_rationale"):
        return ""
    found = dict.fromkeys(cells.get(name, "") for cells in rows)
    given = [cell for cell in found if cell.strip()]
    if len(given) > 1:
        raise FieldFault(f"the rows of one label differ in {name}: {given[0][:40]!r} and {given[1][:40]!r}.")
    return given[0] if given else ""


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(SEPARATOR)] if cell.strip() else []


def _revision(cell: str) -> int | None:
    if not cell:
        return None
    if not (cell.isascii() and cell.isdigit() and len(cell) < 10 and int(cell)):
        raise FieldFault(f"revision must be a whole number from 1, not {cell[:40]!r}.")
    return int(cell)


def _milliseconds(cell: str) -> int:
    if not cell:
        return 0
    try:
        seconds = float(cell)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds * 1000 < _MOST_MS:
        raise FieldFault(f"active_seconds must be a number from 0, not {cell[:40]!r}.")
    return round(seconds * 1000)
