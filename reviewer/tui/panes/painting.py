"""Rows and titles of a reading pane as strips, in the colours of a palette."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

from reviewer.text import cells
from reviewer.text.sanitise import one_line
from reviewer.text.styled import Span
from reviewer.tui.palette import Palette

_TRACK, _THUMB = "│", "┃"


class Paint:
    """Styles by name, looked up and filtered once, and what is drawn with them; `ground` is asked when one is made."""

    def __init__(self, palette: Palette, ground: Callable[[], Color]) -> None:
        self._palette = palette
        self._ground = ground
        self._filters: list[LineFilter] = []
        self._styles: dict[str, Style] = {}

    def take(self, palette: Palette) -> None:
        """Draws with other colours from now on."""
        self._palette = palette
        self._styles.clear()

    def filter_by(self, filters: Sequence[LineFilter]) -> bool:
        """Draws through these filters from now on (no colour, terminal colours); whether they are others."""
        if list(filters) == self._filters:
            return False
        self._filters = list(filters)
        self._styles.clear()
        return True

    def style(self, names: str) -> Style:
        """The style of these names."""
        style = self._styles.get(names)
        if style is None:
            # Filters see each style once instead of every row.
            segments = [Segment("x", self._palette.style(names))]
            for line_filter in self._filters:
                segments = line_filter.apply(segments, self._ground())
            style = self._styles[names] = segments[0].style or Style.null()
        return style

    def row(self, text: str, spans: Sequence[Span], width: int, *, thumb: bool) -> Strip:
        """A row of text with its spans, a column before it and the scroll bar behind; `width` is in cells."""
        room = width - 1
        style = self.style
        base = style("")
        bar = Segment(_THUMB, style("thumb")) if thumb else Segment(_TRACK, style("track"))
        missing = room - 1 - cells.width(text)
        if not spans:
            return Strip([Segment(f" {text}{' ' * missing}", base), bar], width)
        segments: list[Segment] = []
        pending = " "  # what is in the base style is put together
        at = 0
        for start, end, names in spans:
            pending += text[at:start]
            if pending:
                segments.append(Segment(pending, base))
                pending = ""
            segments.append(Segment(text[start:end], style(names)))
            at = end
        pending += text[at:] + " " * missing
        if pending:
            segments.append(Segment(pending, base))
        segments.append(bar)
        return Strip(segments, width)

    def title(self, title: str, right: str, width: int, *, active: bool) -> Strip:
        """A title with a rule behind it and, where there is room, something at its right end."""
        style, frame = self.style("title.active" if active else "title"), self.style("frame")
        room = width - 6 - (cells.width(right) + 2 if right else 0)
        left = f"{'▶' if active else ' '} {one_line(title, max(1, room))} "
        right = f" {right} " if right and room > 4 else ""
        fill = width - cells.width(left) - cells.width(right) - 1
        if fill < 0:
            return Strip([Segment(cells.pad(left, width), style)], width)
        line = "━" if active else "─"
        segments = [
            Segment(left, style),
            Segment(line * fill, frame),
            Segment(right, self.style("subtitle")),
            Segment(line, frame),
        ]
        return Strip([segment for segment in segments if segment.text], width)
