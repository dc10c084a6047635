"""The ground of every pane that draws itself: rows of styled fragments, no child widgets, no layout pass."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from reviewer.text.cells import truncate, width
from reviewer.text.sanitise import visible
from reviewer.tui.palette import Palette, palette

Fragment = tuple[str, str]
"""A text and the semantic names of its style."""

Fragments = list[Fragment]


class Lines(Widget):
    """A widget that draws `rows(width, height)`. What changes calls `redraw`, which lays nothing out."""

    can_focus = False
    ground_style = "text"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id, classes=classes)
        self.palette: Palette = palette("dark")
        self._drawn: list[Strip] | None = None
        self._drawn_at = Size(0, 0)

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The rows to draw in `width` cells; rows beyond `height` are not seen."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draws anew at the next frame, in the same place."""
        self._drawn = None
        self.refresh()

    def notify_style_update(self) -> None:
        """Forgets what was drawn in other colours."""
        super().notify_style_update()
        self._drawn = None

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """As wide as there is room."""
        del viewport
        return container.width

    def render_line(self, y: int) -> Strip:
        """One row, from what is drawn once a change."""
        # A new size is drawn before any message of it arrives.
        if self._drawn is None or self._drawn_at != self.size:
            self._drawn, self._drawn_at = self._draw(), self.size
        return self._drawn[y] if y < len(self._drawn) else Strip.blank(self.size.width)

    def _draw(self) -> list[Strip]:
        columns, height = self.size
        drawn = [self.strip(row, columns) for row in list(self.rows(columns, height))[:height]]
        blank = self.strip([], columns)
        return drawn + [blank] * (height - len(drawn))

    def strip(self, row: Fragments, columns: int) -> Strip:
        """`row` cut or filled to exactly `columns` cells."""
        segments: list[Segment] = []
        left = columns
        for text, names in row:
            shown = visible(text).replace("\n", " ").replace("\t", " ")
            cut = width(shown) > left
            if cut:
                shown = truncate(shown, left)
            if shown:
                segments.append(Segment(shown, self.palette.style(names)))
            left -= width(shown)
            if cut or left <= 0:
                break
        if left > 0:
            segments.append(Segment(" " * left, self.palette.style(self.ground_style)))
        return Strip(segments, columns)


def length(row: Fragments) -> int:
    """The cells that a row takes."""
    return sum(width(visible(text)) for text, _ in row)


def spread(left: Fragments, right: Fragments, columns: int, style: str = "text") -> Fragments:
    """`left` and `right` at the two ends of `columns` cells; the right end goes first where both do not fit."""
    gap = columns - length(left) - length(right)
    if gap >= 1:
        return [*left, (" " * gap, style), *right]
    room = columns - length(right) - 1
    return [*_cut(left, room), (" ", style), *right] if room > 8 else _cut(left, columns)


def fitted(row: Fragments, columns: int, style: str = "text") -> Fragments:
    """`row` cut or filled to exactly `columns` cells."""
    kept = _cut(row, columns) if length(row) > columns else list(row)
    return [*kept, (" " * (columns - length(kept)), style)]


def folded(text: str, columns: int) -> list[str]:
    """`text` as one paragraph, in rows of at most `columns` cells."""
    from reviewer.text.wrap import wrap

    one = " ".join(visible(text).split())
    room = max(8, columns)
    return [one[start:end].rstrip() for start, end in wrap(one, 0, len(one), room, room)]


def _cut(row: Fragments, columns: int) -> Fragments:
    kept: Fragments = []
    for number, (text, names) in enumerate(row):
        whole = visible(text)
        if width(whole) == columns and any(more.strip() for more, _ in row[number + 1 :]):
            whole += "…"  # what follows is cut off whole, and that is to be seen
        shown = truncate(whole, columns)
        kept.append((shown, names))
        columns -= width(shown)
        if shown != whole or columns <= 0:
            break
    return kept
