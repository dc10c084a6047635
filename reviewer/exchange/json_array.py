"""JSON documents, streamed: a list of records, an object that holds one, or objects one after another.

The text is cut into records first and each is parsed by itself. So a broken record costs only itself, its line and
raw bytes are known, and the memory is that of one record; a parser of events gives none of the three.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from reviewer.exchange.columns import ALIASES, Renamer, normal
from reviewer.exchange.jsonl import too_long
from reviewer.exchange.records import loads, row_of_json, row_of_record
from reviewer.exchange.rows import FieldFault, Options, Reject, Row
from reviewer.exchange.scanner import Scanner, Stop
from reviewer.exchange.source import Source

WRAPPERS = frozenset(
    (
        "data",
        "items",
        "rows",
        "examples",
        "records",
        "samples",
        "instances",
        "questions",
        "dataset",
        "results",
        "entries",
        "train",
        "test",
        "validation",
        "dev",
        "eval",
    )
)
_CUT = "the file ends inside an object: it is cut."
_PROMPTS = frozenset((*ALIASES["prompt"], *ALIASES["messages"]))


class JsonReader:
    """Rows of JSON documents; lines are those on which a record begins."""

    def __init__(self, options: Options) -> None:
        self._renamer = Renamer(options.mapping) if options.mapping else None

    def rows(self, source: Source) -> Iterator[Row]:
        """Read one file; raises WrongUsage when a column to be renamed never comes."""
        scanner = Scanner(source.chunks(), source.limit)
        try:
            yield from self._document(scanner)
        except Stop as stop:
            yield Reject(scanner.line(), source.fault or str(stop))
        else:
            if source.fault:
                yield Reject(scanner.line(), source.fault)

    def finish(self) -> Iterator[Row]:
        """Nothing more to say; raises WrongUsage when a column to be renamed was in none of the files."""
        if self._renamer is not None:
            self._renamer.check()
        yield from ()

    def _document(self, scanner: Scanner) -> Iterator[Row]:
        while begin := scanner.next():
            if begin == b"[":
                scanner.step()
                yield from self._elements(scanner)
            elif begin == b"{":
                yield from self._object(scanner)
            else:
                raise Stop("not valid JSON: a list or an object is expected here.")

    def _elements(self, scanner: Scanner) -> Iterator[Row]:
        while (begin := scanner.next()) != b"]":
            if not begin:
                raise Stop("the file ends inside the list of records: it is cut.")
            if begin == b",":
                scanner.step()
                continue
            line = scanner.line()
            scanner.hold()
            scanner.skip_record()
            raw = scanner.held()
            yield too_long(line, scanner.limit) if raw is None else row_of_json(raw, line, self._renamer)
        scanner.step()

    def _object(self, scanner: Scanner) -> Iterator[Row]:
        line = scanner.line()
        scanner.hold()
        scanner.step()
        name = list_within(scanner)
        if name:
            scanner.held()
            yield from self._elements(scanner)
            second = list_within(scanner)
            if second:
                raise Stop(
                    f"there is a second list of records, {second!r} after {name!r}; give each as a file of its own."
                )
            return
        raw = scanner.held()
        if raw is None:
            yield too_long(line, scanner.limit)
        else:
            yield from self._whole(raw, line)

    def _whole(self, raw: bytes, line: int) -> Iterator[Row]:
        """An object read to its end: one record, or the bearer of a single list of them under a name of its own."""
        try:
            value, _ = loads(raw)
        except FieldFault as fault:
            yield Reject(line, str(fault), raw)
            return
        lists = [inner for inner in value.values() if _is_records(inner)]
        if len(lists) != 1 or any(normal(name) in _PROMPTS for name in value):
            yield row_of_json(raw, line, self._renamer)
            return
        for record in lists[0]:
            yield row_of_record(record, line, orjson.dumps(record), 0, self._renamer)


def list_within(scanner: Scanner) -> str:
    """Walk the fields of an object up to the first record of a list under a usual name; "" at the object's end.

    Raises Stop where the text is not JSON or ends.
    """
    prompted = False
    while (begin := scanner.next()) != b"}":
        if begin == b",":
            scanner.step()
            continue
        if begin != b'"':
            raise Stop("not valid JSON: a field's name is expected here." if begin else _CUT)
        name = _name(scanner.string())
        if scanner.next() != b":":
            raise Stop(f"not valid JSON: ':' is expected after {name[:60]!r}.")
        scanner.step()
        prompted = prompted or normal(name) in _PROMPTS
        value = scanner.next()
        if not value:
            raise Stop(_CUT)
        if value == b"[" and not prompted and normal(name) in WRAPPERS:
            scanner.step()
            if scanner.next() == b"{":
                return name
            scanner.skip(depth=1)
        else:
            scanner.skip()
    scanner.step()
    return ""


def _name(raw: bytes) -> str:
    try:
        return str(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def _is_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)
