"""A text that is laid out and drawn by its own widget: rows are drawn once, ahead of time where that can be."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from time import perf_counter

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from reviewer.text.find import Hit, find
from reviewer.text.layout import Layout, LayoutCache, Mode, Part, Row
from reviewer.text.sanitise import one_line
from reviewer.text.styled import Span
from reviewer.tui.palette import Palette
from reviewer.tui.panes.marks import Marks, overlaid
from reviewer.tui.panes.painting import Paint

Source = str | Sequence[Part] | Layout

TITLE_ROWS = 1
_MARGINS = 2  # a column before the text, and the scroll bar
_DRAWN_DOCUMENTS = 16
_DRAWN_ROWS = 1_000


class DrawnText(Widget, can_focus=False):
    """What a reading pane draws: a title, the rows of a layout from `_top` on, marks, hits of a search, a scroll bar.

    Colours come from the palette alone: style sheets place the pane, and a border, padding or opacity is not drawn.
    """

    def __init__(
        self,
        palette: Palette,
        cache: LayoutCache | None = None,
        *,
        title: str = "",
        id: str | None = None,  # noqa: A002 - the name that Textual's widgets use
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._paint = Paint(palette, lambda: self.background_colors[1])
        self._cache = cache if cache is not None else LayoutCache()
        self._mode: Mode = "markdown"
        self._document = self._cache.get("", 2)
        self._top = 0
        self._title = title
        self._subtitle = ""
        self._active = False
        self._needle = ""
        self._hits: list[Hit] = []
        self._hit = -1
        self._marks: Marks | None = None
        self._drawn: OrderedDict[tuple[Layout, Marks | None], dict[int, Strip]] = OrderedDict()

    def prepare(self, source: Source, budget: float = 0.004, *, marks: Marks | None = None, rows: int = 0) -> bool:
        """Lay out and draw ahead what `show` would show, for about `budget` seconds; True when nothing is left.

        `rows` is the height that the pane may come to have, where that is more than it has.
        """
        until = perf_counter() + budget
        if not self._width:
            return True
        document = self._laid_out(source)
        self._renew_styles()
        rows = max(rows, self._rows)
        while document.height < rows and not document.step(0):
            if perf_counter() > until:
                return False
        console = self.app.console
        thumb, drawn = self._thumb(document, 0, rows), self._rows_drawn(document, marks)
        for row in range(min(rows, document.height)):
            if perf_counter() > until:
                return False
            self._row_strip(document, drawn, row, row in thumb, marks).render(console)
        return document.complete or document.height >= rows

    def idle(self, budget: float) -> bool:
        """Go on laying out the text for about `budget` seconds; True when it is laid out whole."""
        document = self._document
        if document.complete:
            return True
        before = self._thumb(document, self._top)
        document.step(budget)
        if self._thumb(document, self._top) != before:
            self.refresh(Region(self.size.width - 1, TITLE_ROWS, 1, self._rows))
        return document.complete

    def _forget_search(self) -> None:
        if self._needle:
            self._forget_drawn()
        self._needle, self._hits, self._hit = "", [], -1

    def _forget_drawn(self) -> None:
        for key in [key for key in self._drawn if key[0] is self._document]:
            del self._drawn[key]

    # Laying out

    @property
    def _width(self) -> int:
        return max(0, self.size.width - _MARGINS)

    @property
    def _rows(self) -> int:
        return max(0, self.size.height - TITLE_ROWS)

    def _laid_out(self, source: Source) -> Layout:
        width = self._width or self._document.width
        if isinstance(source, Layout):
            if source.width == width and source.mode == self._mode:
                return source
            source = source.parts
        return self._cache.get(source, width, self._mode)

    def _fit_width(self) -> None:
        if self._width and self._document.width != max(2, self._width):
            self._lay_out_again(self._width)

    def _lay_out_again(self, width: int) -> None:
        anchor = self._document.offset_at(self._top) if self._top else None
        needle, hit = self._needle, self._hit
        self._forget_search()
        self._document = self._cache.get(self._document.parts, width, self._mode)
        self._top = self._document.row_of(anchor) if anchor is not None else 0
        if needle:
            self._needle = needle
            self._hits = find(self._document, needle)
            self._hit = min(hit, len(self._hits) - 1)
            self._forget_drawn()

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of the pane, drawn when they are first seen."""
        strips = self._strips(crop.y, crop.bottom)
        width = self.size.width
        if (crop.x, crop.right) != (0, width):
            return [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One row with the offsets that Textual's selection goes by."""
        return self._strips(y, y + 1)[0].apply_offsets(-1, max(0, self._top + y - TITLE_ROWS))

    def _renew_styles(self) -> None:
        if self._paint.filter_by(self.app.get_line_filters()):
            self._drawn.clear()

    def _strips(self, start: int, stop: int) -> list[Strip]:
        self._fit_width()
        self._renew_styles()
        width, document = self.size.width, self._document
        strips = [self._title_strip(width)] if start < TITLE_ROWS else []
        if width < _MARGINS:
            return [Strip.blank(width, self._paint.style(""))] * (stop - start)
        first = self._top + max(start, TITLE_ROWS) - TITLE_ROWS
        last = self._top + stop - TITLE_ROWS
        document.ensure(last)
        marks = self._marks
        thumb, drawn = self._thumb(document, self._top), self._rows_drawn(document, marks)
        selection = self.text_selection
        for row in range(first, last):
            selected = selection.get_span(row) if selection is not None else None
            if selected is not None:
                strips.append(self._draw(document, row, row - self._top in thumb, selected, marks))
            else:
                strips.append(self._row_strip(document, drawn, row, row - self._top in thumb, marks))
        return strips

    def _rows_drawn(self, document: Layout, marks: Marks | None) -> dict[int, Strip]:
        drawn = self._drawn.get((document, marks))
        if drawn is None:
            drawn = self._drawn[document, marks] = {}
            if len(self._drawn) > _DRAWN_DOCUMENTS:
                self._drawn.popitem(last=False)
        return drawn

    def _thumb(self, document: Layout, top: int, rows: int | None = None) -> range:
        view, total = self._rows if rows is None else rows, document.estimated_height
        if total <= view or not view:
            return range(0)
        length = max(1, view * view // total)
        start = min(view - length, (view - length) * top // max(1, total - view))
        return range(start, start + length)

    def _row_strip(
        self, document: Layout, drawn: dict[int, Strip], row: int, thumb: bool, marks: Marks | None
    ) -> Strip:
        key = row * 2 + thumb if row < document.height else -1 - thumb
        strip = drawn.get(key)
        if strip is None:
            if len(drawn) > _DRAWN_ROWS:
                drawn.clear()
            strip = drawn[key] = self._draw(document, row, thumb, None, marks)
        return strip

    def _draw(
        self, document: Layout, index: int, thumb: bool, selected: tuple[int, int] | None, marks: Marks | None
    ) -> Strip:
        if index >= document.height:
            return self._paint.row("", (), self.size.width, thumb=thumb)
        row = document.row(index)
        text, spans = row.text, row.spans
        if marks is not None:
            for start, end, style in document.shown_in(index, marks.parts):
                spans = overlaid(spans, text, start, end, style)
        if self._hits and document is self._document:
            spans = self._with_hits(row, spans)
        if selected is not None:
            end = len(text) if selected[1] < 0 else selected[1]
            spans = overlaid(spans, text, max(0, selected[0]), end, "selection")
        return self._paint.row(text, spans, self.size.width, thumb=thumb)

    def _with_hits(self, row: Row, spans: list[Span]) -> list[Span]:
        shift = row.indent - row.start
        last = row.start + len(row.text) - row.indent
        first = bisect_left(self._hits, row.start, key=lambda hit: hit.end)
        for number in range(first, len(self._hits)):
            start, end = self._hits[number]
            if start >= last:
                break
            style = "hit.current" if number == self._hit else "hit"
            spans = overlaid(spans, row.text, max(row.indent, start + shift), end + shift, style)
        return spans

    def _title_strip(self, width: int) -> Strip:
        return self._paint.title(self._title, self._right(), width, active=self._active)

    def _right(self) -> str:
        notes = [self._subtitle]
        if self._mode == "raw":
            notes.append("raw")
        if self._needle:
            notes.append(f"/{self._needle} {self._hit + 1} of {len(self._hits)}")
        return one_line("  ".join(filter(None, notes)), max(8, self.size.width // 2))
