"""Text with semantic styles and with the way back to the stored text; no colour is known here."""

from __future__ import annotations

from typing import NamedTuple

_TAB = 4


class Span(NamedTuple):
    """A range with a style: semantic names, separated by spaces when several apply ("strong link")."""

    start: int
    end: int
    style: str


class Run(NamedTuple):
    """`length` characters shown at `start` say what `stored_length` characters at `stored` say."""

    start: int
    length: int
    stored: int
    stored_length: int


class Line(NamedTuple):
    """One unwrapped line and what stands before its first row and before its later ones."""

    start: int
    end: int
    first: str = ""
    rest: str = ""


class Styled(NamedTuple):
    """Shown text, its spans (sorted, apart), its lines, and the runs that lead back to the stored text."""

    text: str
    spans: list[Span]
    runs: list[Run]
    lines: list[Line]

    def stored_at(self, position: int) -> int | None:
        """The stored offset of the character shown at `position`, or of the nearest one after it, or before."""
        before: int | None = None
        for run in self.runs:
            if position < run.start:
                return run.stored
            if position < run.start + run.length:
                inside = position - run.start
                return run.stored + (inside if run.length == run.stored_length else 0)
            before = run.stored + run.stored_length
        return before

    def shown_at(self, stored: int) -> int:
        """The position at which the stored offset is shown, or the nearest one that is shown."""
        best, distance = 0, -1
        for run in self.runs:
            if run.stored <= stored < run.stored + run.stored_length:
                return run.start + (stored - run.stored if run.length == run.stored_length else 0)
            away = run.stored - stored if stored < run.stored else stored - run.stored - run.stored_length + 1
            if distance < 0 or away < distance:
                best = run.start if stored < run.stored else run.start + max(0, run.length - 1)
                distance = away
        return best


class Builder:
    """Collects pieces of shown text, line by line, into a `Styled`."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.accounted: list[tuple[int, int]] = []
        """Stored ranges that are shown by other means than a run, such as the number of a list entry."""
        self._parts: list[str] = []
        self._size = 0
        self._spans: list[Span] = []
        self._lines: list[Line] = []
        self._line_start = 0
        self._first = ""
        self._rest = ""

    def begin(self, first: str, rest: str) -> None:
        """Say what stands before the rows of the line that comes now, and of those that follow it."""
        self._first, self._rest = first, rest

    def add(self, text: str, style: str = "", stored: int = -1, stored_length: int = -1) -> None:
        """Append text without a newline; `stored` is where it comes from, if from anywhere.

        Tabs are expanded to the next multiple of four columns.
        """
        if not text:
            return
        if "\t" in text:
            self._add_tabs(text, style, stored)
            return
        length = len(text)
        start = self._size
        if stored >= 0:
            self._run(start, length, stored, length if stored_length < 0 else stored_length)
        if style:
            last = self._spans[-1] if self._spans else None
            if last is not None and last.end == start and last.style == style:
                self._spans[-1] = Span(last.start, start + length, style)
            else:
                self._spans.append(Span(start, start + length, style))
        self._parts.append(text)
        self._size = start + length

    def _run(self, start: int, length: int, stored: int, stored_length: int) -> None:
        if self.runs and length == stored_length:
            last = self.runs[-1]
            if (
                last.length == last.stored_length
                and last.start + last.length == start
                and last.stored + last.length == stored
            ):
                self.runs[-1] = Run(last.start, last.length + length, last.stored, last.length + length)
                return
        self.runs.append(Run(start, length, stored, stored_length))

    def _add_tabs(self, text: str, style: str, stored: int) -> None:
        at = 0
        for piece in text.split("\t"):
            self.add(piece, style, stored + at if stored >= 0 else -1)
            at += len(piece)
            if at < len(text):
                gap = _TAB - (self._size - self._line_start) % _TAB
                self.add(" " * gap, style, stored + at if stored >= 0 else -1, 1)
                at += 1

    def end_line(self) -> None:
        """Close the line; the next one has the later rows' prefix until `begin` says otherwise."""
        self._lines.append(Line(self._line_start, self._size, self._first, self._rest))
        self._first = self._rest
        self._parts.append("\n")
        self._size += 1
        self._line_start = self._size

    def styled(self) -> Styled:
        """What was collected; an open line is closed first."""
        if self._size > self._line_start or not self._lines:
            self.end_line()
        return Styled("".join(self._parts)[:-1], self._spans, self.runs, self._lines)
