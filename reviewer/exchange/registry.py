"""All formats by name, the recognition of a file's format, and the one way to read items from files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.columns import ALIASES, normal
from reviewer.exchange.json_array import JsonReader, list_within
from reviewer.exchange.jsonl import JsonlReader
from reviewer.exchange.mtbench import MtBenchReader, is_answer, is_question
from reviewer.exchange.records import loads
from reviewer.exchange.rows import RECORD_LIMIT, FieldFault, Options, Row, RowReader
from reviewer.exchange.scanner import Scanner, Stop
from reviewer.exchange.source import STDIN, Source
from reviewer.exchange.table import HEAD, TableReader, dialect_of


@dataclass(slots=True, frozen=True)
class Format:
    """A format that items come in: its name, what it is in a few words, and the usual endings of its files."""

    name: str
    about: str
    suffixes: tuple[str, ...]
    reader: Callable[[Options], RowReader]


def _tsv(options: Options) -> RowReader:
    return TableReader(options, "\t")


FORMATS: dict[str, Format] = {
    known.name: known
    for known in (
        Format("jsonl", "JSON Lines, one record a line", (".jsonl", ".ndjson", ".jsonlines"), JsonlReader),
        Format("json", "a JSON list of records, or an object that holds one", (".json",), JsonReader),
        Format("csv", "a table with a header, its delimiter found out", (".csv", ".txt"), TableReader),
        Format("tsv", "a table with a header, separated by tabs", (".tsv", ".tab"), _tsv),
        Format("mtbench", "MT-Bench questions, with answers by --answers", (), MtBenchReader),
    )
}


def read(
    paths: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002 - the word of the command line
    answers: Sequence[Path] = (),
    mapping: Mapping[str, str] | None = None,
    record_limit: int = RECORD_LIMIT,
) -> Reader:
    """Open files (`-` is standard input) for reading, each in its own format unless one is named.

    Raises BadInput when a file cannot be opened or recognised, WrongUsage for an unknown format or a mapping, or
    answers, that do not go with it. `answers` without a format means MT-Bench.
    """
    if not paths:
        raise WrongUsage("no file is named.", mend="Name one, or - for standard input.")
    if format is not None and format not in FORMATS:
        raise WrongUsage(f"there is no format {format!r}.", mend=f"Known are: {', '.join(FORMATS)}.")
    if answers and format is None:
        format = "mtbench"  # noqa: A001 - the same word
    if answers and format != "mtbench":
        raise WrongUsage(f"--answers does not go with the format {format}.", mend="Use --format mtbench.")
    return Reader(paths, format, Options(dict(mapping or {}), tuple(answers), record_limit))


def sniff(path: Path) -> str:
    """The name of a file's format, by its content and then by its name; raises BadInput when neither tells."""
    if path == STDIN:
        raise WrongUsage("standard input cannot be looked at beforehand.", mend="Name its format with --format.")
    with Source.open(path) as source:
        return _recognised(source)


class Reader:
    """Iterates the rows of all files once; `path` is the file at hand, `format` the name of its format.

    `position` and `size` count bytes on disk, for a progress bar; `size` is None where it cannot be known.
    """

    def __init__(self, paths: Sequence[Path], named: str | None, options: Options) -> None:
        self._options = options
        self._named = named
        self._waiting = list(paths)
        self._readers: dict[str, RowReader] = {}
        self._past = 0
        self._source: Source | None = None
        self.path = paths[0]
        self.format = named or ""
        for path in options.answers:
            self._measured(path)
        sizes = [self._measured(path) for path in paths]
        known = [size for size in sizes if size is not None]
        self.size: int | None = sum(known) if len(known) == len(sizes) else None
        self._open_next()

    @property
    def position(self) -> int:
        """Bytes read from disk so far, over all files."""
        return self._past + (self._source.position if self._source is not None else 0)

    @property
    def columns(self) -> str:
        """How the columns of a table were read, where that had to be guessed; empty for other formats."""
        return next((reader.columns for reader in self._readers.values() if isinstance(reader, TableReader)), "")

    def __iter__(self) -> Iterator[Row]:
        try:
            while self._source is not None:
                yield from self._readers[self.format].rows(self._source)
                self._close_current()
                self._open_next()
            for reader in self._readers.values():
                yield from reader.finish()
        finally:
            self.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open; nothing more is read after it."""
        self._waiting = []
        self._close_current()

    def _measured(self, path: Path) -> int | None:
        if path == STDIN or path.is_fifo():
            # Looking into a pipe would cost its writer the reader.
            return None
        with Source.open(path) as source:
            return source.size

    def _close_current(self) -> None:
        if self._source is not None:
            self._past += self._source.position
            self._source.close()
            self._source = None

    def _open_next(self) -> None:
        if not self._waiting:
            return
        self.path = self._waiting.pop(0)
        self._source = Source.open(self.path, limit=self._options.record_limit)
        try:
            self.format = self._named or _recognised(self._source)
            if self.format not in self._readers:
                self._readers[self.format] = FORMATS[self.format].reader(self._options)
        except BaseException:
            self.close()
            raise


_PROMPTS = frozenset(chain(ALIASES["prompt"], ALIASES["messages"]))
_LATER_RECORD = re.compile(rb"\n\s*\{[^\n]*\}\s*(?:\n|$)")


def _recognised(source: Source) -> str:
    head = source.peek(HEAD)
    begin = head.lstrip()
    suffix = _suffix_format(source.name)
    if not begin:
        raise BadInput(source.fault or "is empty.", mend="Name another file.", where=source.name)
    if begin.startswith(b"["):
        return "json"
    if begin.startswith(b"{"):
        return _json_kind(begin, suffix, source.name)
    if suffix in ("jsonl", "json"):
        return suffix
    dialect = dialect_of(head)
    if dialect.prompted or dialect.columns > 1 or suffix:
        return "tsv" if dialect.delimiter == "\t" else "csv"
    raise BadInput(
        "is neither JSON nor a table with a header that names a prompt.",
        mend=f"Name its format with --format ({', '.join(FORMATS)}).",
        where=source.name,
    )


def _json_kind(begin: bytes, suffix: str, name: str) -> str:
    first, newline, _ = begin.partition(b"\n")
    record: Any = None
    try:
        record, _ = loads(first)
    except FieldFault:
        # Not a record by itself: printed over several lines, longer than what was looked at, or broken.
        if first.rstrip().endswith((b"{", b"[", b",", b":")):
            return "json"
        if _LATER_RECORD.search(begin) or (suffix == "jsonl" and newline):
            return "jsonl"
    if is_answer(record):
        raise BadInput("holds MT-Bench answers.", mend="Name the questions, and these with --answers.", where=name)
    if is_question(record):
        return "mtbench"
    if isinstance(record, dict) and any(normal(field) in _PROMPTS for field in record):
        return "jsonl"
    if record is not None and _LATER_RECORD.search(begin):
        return "jsonl"
    if _holds_list(begin):
        return "json"
    return "jsonl" if record is not None or not newline else "json"


def _holds_list(begin: bytes) -> bool:
    scanner = Scanner(iter([begin]), HEAD)
    scanner.next()
    scanner.step()
    try:
        return bool(list_within(scanner))
    except Stop:
        return False


def _suffix_format(name: str) -> str:
    path = Path(name.lower())
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return next((known.name for known in FORMATS.values() if suffix and suffix in known.suffixes), "")
