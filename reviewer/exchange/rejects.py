"""What was not taken, and why: kept in a file beside the import, so that it can be mended and imported again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.source import STDIN


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was not taken: where it stands, why, and its bytes where they were kept."""

    file: str
    line: int
    reason: str
    raw: bytes = b""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class RejectsFile:
    """JSON Lines of {"file", "line", "reason", "raw"}, made when the first record comes and never over another file.

    Without a path of one's own it stands beside the file that was read. Raises WrongUsage where the named one exists.
    """

    def __init__(self, named: Path | None, read: Path) -> None:
        if named is not None and named.exists():
            raise WrongUsage("exists already.", where=str(named), mend="Name another file with --rejects.")
        self.path: Path | None = None
        self._named = named
        self._read = read
        self._stream: BinaryIO | None = None

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def write(self, rejected: Rejected) -> None:
        """Adds one record. Raises BadInput where the file cannot be made or written."""
        record = {
            "file": rejected.file,
            "line": rejected.line,
            "reason": rejected.reason,
            "raw": rejected.raw.decode("utf-8", "backslashreplace"),
        }
        try:
            if self._stream is None:
                self._stream = self._opened()
            self._stream.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
            self._stream.flush()
        except OSError as error:
            raise BadInput(
                f"the rejected rows cannot be written ({error.strerror}).",
                where=str(self.path or self._named or beside(self._read, 1)),
                mend="Name another file with --rejects.",
            ) from error

    def _opened(self) -> BinaryIO:
        number = 1
        while True:
            self.path = self._named or beside(self._read, number)
            try:
                return os.fdopen(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
            except FileExistsError:
                if self._named is not None:
                    raise
            number += 1


def beside(read: Path, number: int) -> Path:
    """The name of the rejects file for `read`; the numbers from 2 on are for when it is taken."""
    ending = ".rejects.jsonl" if number == 1 else f".rejects-{number}.jsonl"
    if read == STDIN:
        return Path(f"import{ending}")
    return read.with_name(f"{read.name}{ending}")
