"""What plain mode says and hears: lines, in the stream's own encoding, with nothing that steers a terminal."""

from __future__ import annotations

import io
from typing import Protocol, TextIO

from reviewer.text.sanitise import visible

_INDENT = "  "
# For a terminal whose encoding knows no more than ASCII; what is no sign of ours is written as an escape.
_SIMPLER = str.maketrans({"…": "...", "–": "-", "—": "-", "’": "'", "“": '"', "”": '"'})


class Lines(Protocol):
    """Where lines come from: a stream, or whatever else types."""

    def readline(self) -> str:
        """The next line with its end; empty where there are no more."""
        ...


class Voice:
    """Lines out and lines in. Text of others is indented, so that it cannot pass for what the program says."""

    def __init__(self, stdin: Lines, stdout: TextIO) -> None:
        if isinstance(stdin, io.TextIOWrapper):
            stdin.reconfigure(errors="backslashreplace")
        self._in = stdin
        self._out = stdout
        self._encoding = stdout.encoding or "utf-8"
        self._first = True

    def say(self, *lines: str) -> None:
        """Says each line."""
        for line in lines:
            self._write(visible(line))

    def quote(self, text: str) -> None:
        """Says a text of others, line by line, indented; an empty one is named as such."""
        if not text.strip():
            self._write(f"{_INDENT}(empty)")
            return
        for line in visible(text).split("\n"):
            self._write(f"{_INDENT}{line}" if line else "")

    def hear(self) -> str | None:
        """The next line without its end; None where there are no more."""
        self._out.flush()
        line = self._in.readline()
        if not line:
            return None
        if self._first:
            self._first = False
            line = line.removeprefix("\ufeff")
        # What cannot be stored is kept as a visible escape, as an import keeps it.
        line = line.rstrip("\r\n").replace("\0", "\\u0000")
        return line.encode("utf-8", "backslashreplace").decode()

    def _write(self, line: str) -> None:
        try:
            line.encode(self._encoding)
        except UnicodeEncodeError:
            line = line.translate(_SIMPLER).encode(self._encoding, "backslashreplace").decode(self._encoding)
        self._out.write(line + "\n")
