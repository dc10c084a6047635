"""The pane in which a text is read: a widget that draws its own rows, so that a new text costs no layout pass."""

from __future__ import annotations

from bisect import bisect_left

from textual import events
from textual.geometry import Region
from textual.selection import Selection

from reviewer.text.find import Hit, find
from reviewer.text.layout import Anchor, Layout, Mode
from reviewer.tui.palette import Palette
from reviewer.tui.panes.drawn import TITLE_ROWS, DrawnText, Source
from reviewer.tui.panes.marks import Marks

_WHEEL_ROWS = 3


class ReadingPane(DrawnText, can_focus=False):
    """A titled text with a scroll bar of its own, from layouts that may have been made ahead.

    Colours come from the palette alone: style sheets place the pane, and a border, padding or opacity is not drawn.
    """

    DEFAULT_CSS = "ReadingPane { width: 1fr; height: 1fr; }"

    # What is shown

    @property
    def document(self) -> Layout:
        """The layout that is shown."""
        return self._document

    @property
    def top(self) -> int:
        """The row that stands first."""
        return self._top

    @property
    def mode(self) -> Mode:
        """Whether the text is rendered or raw."""
        return self._mode

    @property
    def active(self) -> bool:
        """Whether this is the pane that the scroll keys move."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        if active != self._active:
            self._active = active
            self.refresh(Region(0, 0, self.size.width, TITLE_ROWS))

    @property
    def rows_in_sight(self) -> int:
        """How many rows of the text there is room for."""
        return self._rows

    def show(
        self, source: Source, *, title: str | None = None, subtitle: str | None = None, marks: Marks | None = None
    ) -> None:
        """Show a text, the parts of a thread, or a layout that was made ahead, from its top; ends a search."""
        self._forget_search()
        self._document = self._laid_out(source)
        self._top = 0
        self._marks = marks
        self._title = self._title if title is None else title
        self._subtitle = self._subtitle if subtitle is None else subtitle
        self.refresh()

    def mark(self, marks: Marks | None) -> None:
        """Make ranges of the text stand out, or none."""
        if marks is not self._marks:
            self._marks = marks
            self.refresh()

    def set_heading(self, title: str, subtitle: str = "") -> None:
        """Change the title, and what stands at the right of it."""
        if (title, subtitle) != (self._title, self._subtitle):
            self._title, self._subtitle = title, subtitle
            self.refresh(Region(0, 0, self.size.width, TITLE_ROWS))

    def set_mode(self, mode: Mode) -> None:
        """Render the text or show it raw; what stood at the top stays there."""
        if mode != self._mode:
            self._mode = mode
            self._lay_out_again(self._document.width)
            self.refresh()

    def set_palette(self, palette: Palette) -> None:
        """Draw with other colours from now on."""
        self._paint.take(palette)
        self._drawn.clear()
        self.refresh()

    def text_for_copy(self) -> str:
        """The selected text, else the stored text of everything that is shown."""
        selection = self.text_selection
        selected = self.get_selection(selection) if selection is not None else None
        if selected is not None and selected[0]:
            return selected[0]
        return "\n\n".join(part.text for part in self._document.parts)

    # Moving

    def scroll_rows(self, rows: int) -> bool:
        """Move down, or up when negative; False when there is nothing further."""
        return self._go(self._top + rows)

    def page(self, direction: int) -> bool:
        """A page down (1) or up (-1), keeping one row for the eye."""
        return self._go(self._top + direction * max(1, self._rows - 1))

    def half_page(self, direction: int) -> bool:
        """Half a page down (1) or up (-1)."""
        return self._go(self._top + direction * max(1, self._rows // 2))

    def home(self) -> bool:
        """To the beginning."""
        return self._go(0)

    def end(self) -> bool:
        """To the end, which lays out everything."""
        self._document.finish()
        return self._go(self._document.height)

    def place(self) -> Anchor:
        """The place in the stored text that stands first."""
        return self._document.offset_at(self._top)

    def go_to(self, anchor: Anchor) -> None:
        """Bring a place in the stored text to the top, as far as the text reaches."""
        self._fit_width()
        self._go(self._document.row_of(anchor))

    def go_to_row(self, row: int) -> bool:
        """Bring a row to the top, as far as the text reaches; False when it stands there."""
        return self._go(row)

    def _go(self, top: int) -> bool:
        self._fit_width()
        document = self._document
        document.ensure(top + self._rows)
        top = max(0, min(top, document.height - self._rows))
        if top == self._top:
            return False
        self._top = top
        self.refresh()
        return True

    def on_resize(self) -> None:
        """A pane that has grown shows no emptiness under a text that could fill it."""
        self._go(self._top)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the pane under the pointer."""
        event.stop()
        event.prevent_default()
        self.scroll_rows(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the pane under the pointer."""
        event.stop()
        event.prevent_default()
        self.scroll_rows(-_WHEEL_ROWS)

    # Finding

    def find(self, needle: str) -> int:
        """Mark every place where `needle` stands and go to the first from here on; returns how many there are."""
        self._fit_width()
        self._forget_search()
        self._needle = needle
        self._hits = find(self._document, needle)
        if self._hits:
            here = self._document.row(self._top).start
            found = bisect_left(self._hits, Hit(here, 0))
            self._select_hit(found if found < len(self._hits) else 0)
        self.refresh()
        return len(self._hits)

    def next_hit(self) -> bool:
        """Go to the next match, after the last to the first; False when there is none."""
        return self._select_hit(self._hit + 1)

    def previous_hit(self) -> bool:
        """Go to the match before, before the first to the last; False when there is none."""
        return self._select_hit(self._hit - 1)

    def _select_hit(self, hit: int) -> bool:
        if not self._hits:
            return False
        self._hit = hit % len(self._hits)
        self._forget_drawn()
        row = self._document.row_at(self._hits[self._hit].start)
        if not self._top <= row < self._top + self._rows:
            self._go(row - self._rows // 3)
        self.refresh()
        return True

    # Textual's selection

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The rows of the selected range as they are shown; all of it is the stored text."""
        start, end = selection
        if start is None and end is None:
            return "\n\n".join(part.text for part in self._document.parts), "\n"
        if end is None:
            self._document.finish()
        last = self._document.height - 1 if end is None else min(end.y, self._document.height - 1)
        first = 0 if start is None else max(0, start.y)
        rows = [self._document.row(index).text for index in range(first, last + 1)]
        if not rows:
            return "", "\n"
        if end is not None and end.y == last:
            rows[-1] = rows[-1][: max(0, end.x)]
        if start is not None:
            rows[0] = rows[0][max(0, start.x) :]
        return "\n".join(rows), "\n"
