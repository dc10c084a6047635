"""The document that a pane shows: texts laid out to rows, only as far as anyone has looked."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Literal, NamedTuple

from reviewer.text.cells import cut
from reviewer.text.markdown import add_plain, render, render_raw
from reviewer.text.sanitise import visible
from reviewer.text.split import Chunk, markdown_chunks, raw_chunks
from reviewer.text.styled import Builder, Line, Run, Span, Styled
from reviewer.text.wrap import wrap

Mode = Literal["markdown", "raw"]

_NARROWEST = 2
_ROOM = 10
"""What stands before a row (bars, bullets) gives way when it would leave fewer cells than this."""


class Part(NamedTuple):
    """One text of a document, under an optional title (a role, a tool's name) and the source it came from."""

    text: str
    title: str = ""
    source: str = ""


class Anchor(NamedTuple):
    """A place that outlives a layout: a part, and an offset in its stored text; -1 is the part's heading."""

    part: int
    offset: int


class Row(NamedTuple):
    """One row as drawn: its spans count from its beginning; after `indent` cells of bars and bullets comes the
    document's text from `start` on."""

    text: str
    spans: list[Span]
    start: int
    indent: int


class _Block(NamedTuple):
    part: int
    stored: int  # where it begins in the part's text; -1 for a heading
    styled: Styled
    rows: list[tuple[int, int, str]]
    base: int  # where its text begins in the document's text


class Layout:
    """Texts at a width of cells, rendered as Markdown or raw; rows come into being when they are asked for."""

    def __init__(self, texts: str | Sequence[Part], width: int, mode: Mode = "markdown") -> None:
        self.parts: tuple[Part, ...] = (Part(texts),) if isinstance(texts, str) else tuple(texts)
        self.width = max(_NARROWEST, width)
        self.mode: Mode = mode
        self.complete = False
        self.height = 0
        self._blocks: list[_Block] = []
        self._first_rows: list[int] = []
        self._bases: list[int] = []
        self._size = 0
        self._done = 0  # characters of stored text laid out so far
        self._total = sum(len(part.text) for part in self.parts)
        self._pending = self._pieces()

    def _pieces(self) -> Iterator[tuple[int, Chunk | None]]:
        for index, part in enumerate(self.parts):
            if part.title or part.source or index:
                yield index, None
            chunks = raw_chunks(part.text) if self.mode == "raw" else markdown_chunks(part.text)
            for chunk in chunks:
                yield index, chunk

    def ensure(self, rows: int) -> None:
        """Lay out at least so many rows, or all there are."""
        while self.height < rows and not self.complete:
            self._advance()

    def finish(self) -> None:
        """Lay out everything."""
        while not self.complete:
            self._advance()

    def step(self, budget: float) -> bool:
        """Lay out one more piece, and more for about `budget` seconds; True when everything is laid out."""
        until = perf_counter() + budget
        while not self.complete:
            self._advance()
            if perf_counter() >= until:
                break
        return self.complete

    def _advance(self) -> None:
        piece = next(self._pending, None)
        if piece is None:
            if not self._blocks:
                self._append(0, 0, Styled("", [], [], [Line(0, 0)]))
            self.complete = True
            return
        index, chunk = piece
        text = self.parts[index].text
        if chunk is None:
            self._append(index, -1, self._heading(index))
            return
        styled = render_raw(text, chunk) if self.mode == "raw" else render(text, chunk, self.width)
        self._append(index, chunk.start, styled)
        self._done += chunk.end - chunk.start + 1

    def _heading(self, index: int) -> Styled:
        part = self.parts[index]
        out = Builder()
        if index:
            out.end_line()
        if part.title:
            add_plain(out, visible(part.title).replace("\n", " "), -len(part.title) - 1, "role")
        if part.source:
            add_plain(out, visible(part.source).replace("\n", " "), -len(part.source) - 1, "source")
        return out.styled()

    def _append(self, part: int, stored: int, styled: Styled) -> None:
        rows: list[tuple[int, int, str]] = []
        width, text = self.width, styled.text
        for line in styled.lines:
            lead, rest = _fit(line.first, width), _fit(line.rest, width)
            for left, right in wrap(text, line.start, line.end, width - len(lead), width - len(rest)):
                rows.append((left, right, lead))
                lead = rest
        self._blocks.append(_Block(part, stored, styled, rows, self._size))
        self._first_rows.append(self.height)
        self._bases.append(self._size)
        self._size += len(text) + 1
        self.height += len(rows)

    @property
    def estimated_height(self) -> int:
        """The height when complete, else what the part laid out so far suggests."""
        if self.complete or not self._done:
            return self.height
        return max(self.height, round(self.height * self._total / self._done))

    @property
    def text(self) -> str:
        """The text as shown, without bars and bullets, as far as it is laid out."""
        return "\n".join(block.styled.text for block in self._blocks)

    def texts(self) -> Iterator[tuple[int, str]]:
        """The pieces of `text` with the offsets at which they begin."""
        return ((block.base, block.styled.text) for block in self._blocks)

    def row(self, index: int) -> Row:
        """The row; one beyond the end raises IndexError."""
        self.ensure(index + 1)
        if not 0 <= index < self.height:
            raise IndexError(index)
        number = bisect_right(self._first_rows, index) - 1
        block = self._blocks[number]
        start, end, lead = block.rows[index - self._first_rows[number]]
        indent = len(lead)
        spans = _between(block.styled.spans, start, end, indent)
        if indent:
            spans.insert(0, Span(0, indent, "marker"))
        return Row(lead + block.styled.text[start:end], spans, block.base + start, indent)

    def shown_in(self, index: int, stored: Sequence[Sequence[Span]]) -> list[Span]:
        """Where the row shows ranges of the stored texts, of each part its own, sorted and apart."""
        number = bisect_right(self._first_rows, index) - 1
        block = self._blocks[number]
        if block.stored < 0 or block.part >= len(stored) or not stored[block.part]:
            return []
        start, end, lead = block.rows[index - self._first_rows[number]]
        shift = len(lead) - start
        found: list[Span] = []
        for left, right, style in _shown(block.styled.runs, stored[block.part], start, end):
            if found and found[-1].end >= left + shift:
                found[-1] = Span(found[-1].start, max(found[-1].end, right + shift), style)
            else:
                found.append(Span(left + shift, right + shift, style))
        return found

    def offset_at(self, row: int) -> Anchor:
        """The stored place that the row shows first: a stable anchor across widths and modes."""
        self.ensure(row + 1)
        if not self.height:
            return Anchor(0, 0)
        row = min(max(0, row), self.height - 1)
        number = bisect_right(self._first_rows, row) - 1
        block = self._blocks[number]
        if block.stored < 0:
            return Anchor(block.part, -1)
        stored = block.styled.stored_at(block.rows[row - self._first_rows[number]][0])
        return Anchor(block.part, block.stored if stored is None else stored)

    def stored_at(self, position: int) -> Anchor:
        """The stored place of an offset in the shown text."""
        number = max(0, bisect_right(self._bases, position) - 1)
        if number >= len(self._blocks):
            return Anchor(0, 0)
        block = self._blocks[number]
        if block.stored < 0:
            return Anchor(block.part, -1)
        stored = block.styled.stored_at(position - block.base)
        return Anchor(block.part, block.stored if stored is None else stored)

    def row_of(self, anchor: Anchor) -> int:
        """The row that shows a stored place, laying out as far as needed."""
        number = self._block_of(anchor)
        if number < 0:
            return 0
        block = self._blocks[number]
        position = block.styled.shown_at(anchor.offset) if anchor.offset >= 0 and block.stored >= 0 else 0
        return self._first_rows[number] + _row_at(block.rows, position)

    def row_at(self, position: int) -> int:
        """The row that shows an offset in the shown text."""
        number = bisect_right(self._bases, position) - 1
        if number < 0:
            return 0
        return self._first_rows[number] + _row_at(self._blocks[number].rows, position - self._bases[number])

    def _block_of(self, anchor: Anchor) -> int:
        found, number = -1, 0
        while True:
            while number >= len(self._blocks):
                if self.complete:
                    return found
                self._advance()
            block = self._blocks[number]
            if (block.part, block.stored) > anchor:
                return found
            found = number
            number += 1


def _shown(runs: list[Run], stored: Sequence[Span], start: int, end: int) -> Iterator[Span]:
    """The stored ranges as the runs between two places of the shown text show them; a run of another length whole."""
    for at in range(max(0, bisect_right(runs, start, key=lambda run: run.start) - 1), len(runs)):
        run = runs[at]
        if run.start >= end:
            return
        if run.start + run.length <= start:
            continue
        for span in stored[bisect_right(stored, run.stored, key=lambda span: span.end) :]:
            if span.start >= run.stored + run.stored_length:
                break
            left, right = run.start, run.start + run.length
            if run.length == run.stored_length:
                left, right = max(left, left + span.start - run.stored), min(right, left + span.end - run.stored)
            if max(left, start) < min(right, end):
                yield Span(max(left, start), min(right, end), span.style)


def _fit(prefix: str, width: int) -> str:
    if not prefix:
        return prefix
    room = max(_NARROWEST, min(_ROOM, width // 2))
    return prefix if len(prefix) <= width - room else cut(prefix, max(0, width - room))


def _row_at(rows: list[tuple[int, int, str]], position: int) -> int:
    return max(0, bisect_right(rows, position, key=lambda row: row[0]) - 1)


def _between(spans: list[Span], start: int, end: int, shift: int) -> list[Span]:
    if not spans or start == end:
        return []
    first = bisect_right(spans, start, key=lambda span: span.end)
    cutout = []
    for index in range(first, len(spans)):
        span = spans[index]
        if span.start >= end:
            break
        left = max(span.start, start) - start + shift
        cutout.append(Span(left, min(span.end, end) - start + shift, span.style))
    return cutout


class LayoutCache:
    """The layouts used last, so that going back and a prefetched item cost nothing."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._layouts: OrderedDict[tuple[tuple[Part, ...], int, Mode], Layout] = OrderedDict()

    def get(self, texts: str | Sequence[Part], width: int, mode: Mode = "markdown") -> Layout:
        """The layout of the texts at the width, made if it is not there; no row is laid out by this."""
        parts = (Part(texts),) if isinstance(texts, str) else tuple(texts)
        key = (parts, width, mode)
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = Layout(parts, width, mode)
            if len(self._layouts) > self._size:
                self._layouts.popitem(last=False)
        else:
            self._layouts.move_to_end(key)
        return layout

    def clear(self) -> None:
        """Forget every layout."""
        self._layouts.clear()
