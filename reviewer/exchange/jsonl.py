"""JSON Lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.exchange.columns import Renamer
from reviewer.exchange.records import row_of_json
from reviewer.exchange.rows import Options, Reject, Row
from reviewer.exchange.source import Source


class JsonlReader:
    """Rows of JSON Lines files; a line that cannot be read costs that line only."""

    def __init__(self, options: Options) -> None:
        self._renamer = Renamer(options.mapping) if options.mapping else None

    def rows(self, source: Source) -> Iterator[Row]:
        """Read one file; raises WrongUsage when a column to be renamed never comes."""
        renamer = self._renamer
        for number, raw in source.lines():
            if raw is None:
                yield too_long(number, source.limit)
            elif raw and not raw.isspace():
                yield row_of_json(raw, number, renamer)
        if source.fault:
            yield Reject(source.line, source.fault)

    def finish(self) -> Iterator[Row]:
        """Nothing more to say; raises WrongUsage when a column to be renamed was in none of the files."""
        if self._renamer is not None:
            self._renamer.check()
        yield from ()


def too_long(line: int, limit: int) -> Reject:
    """The reject for a record beyond the limit; its bytes are not kept."""
    return Reject(line, f"the record is longer than {limit / 2**20:g} MB; split it.")
