"""What a dialog is made of: its edges, its title, a list, a page that scrolls, a line to type in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.containers import Horizontal
from textual.widgets import Input

from reviewer.text.cells import pad, truncate
from reviewer.text.cells import width as cells_of
from reviewer.text.sanitise import one_line, visible
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines, fitted

Telling = Callable[[int], list[Fragments]]
"""Gives the rows of a text for a width."""

_HINT_FROM = 36
_LONGEST_LINE = 2_000
_LONGEST_ROW = 100
"""A text is not told in wider rows than can be read."""
_EDGES = 4


class Framed(Lines):
    """Rows between the left and the right edge of a dialog."""

    def inner(self, width: int, height: int) -> Sequence[Fragments]:
        """The rows to draw in `width` cells."""
        raise NotImplementedError

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The rows with their edges; what is left of the height is edges alone."""
        inner = list(self.inner(max(1, width - _EDGES), height))[:height]
        inner += [[]] * (height - len(inner))
        left: Fragments = [("│ ", "pane.edge.active")]
        right: Fragments = [(" │", "pane.edge.active")]
        return [[*left, *fitted(row, max(1, width - _EDGES)), *right] for row in inner]


class ListBody(Framed):
    """Rows of which one is chosen, scrolled so that it is seen."""

    def __init__(self, entries: Sequence[Fragments], *, numbered: bool, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.entries = list(entries)
        self.chosen = 0
        self._numbered = numbered
        self._top = 0

    def move(self, by: int) -> None:
        """Moves the choice, stopping at the ends."""
        self.chosen = max(0, min(len(self.entries) - 1, self.chosen + by))
        self.redraw()

    def inner(self, width: int, height: int) -> list[Fragments]:
        """The rows around the chosen one."""
        self._top = max(0, min(self._top, self.chosen), self.chosen - height + 1)
        found: list[Fragments] = []
        for number, entry in enumerate(self.entries[self._top : self._top + height], start=self._top):
            mark = "▸ " if number == self.chosen else "  "
            count = f"{(number + 1) % 10} " if self._numbered and number < 10 else "  " if self._numbered else ""
            if number == self.chosen:
                text = pad(truncate(mark + count + "".join(part for part, _ in entry), width), width)
                found.append([(text, "list.cursor")])
            else:
                found.append([(mark + count, "key"), *entry])
        return found


class PageBody(Framed):
    """A text that scrolls, told anew for every width."""

    def __init__(self, tell: Telling, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.top = 0
        self._tell = tell
        self._told: list[Fragments] = []
        self._width = 0

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in sight."""
        columns, height = self.size
        self._tell_at(max(1, columns - _EDGES))
        return len(self._told) <= height

    def scroll_rows(self, by: int) -> None:
        """Scrolls, stopping at the ends."""
        self.top = max(0, min(len(self._told) - self.size.height, self.top + by))
        self.redraw()

    def tell_anew(self) -> None:
        """Tells the text again, which has changed."""
        self._width = 0
        self.redraw()

    def inner(self, width: int, height: int) -> Sequence[Fragments]:
        """The rows in sight."""
        self._tell_at(width)
        self.top = max(0, min(len(self._told) - height, self.top))
        return self._told[self.top : self.top + height]

    def _tell_at(self, width: int) -> None:
        if width != self._width:
            self._told, self._width = self._tell(min(width, _LONGEST_ROW)), width


class Title(Lines):
    """The edge on top of a dialog."""

    def __init__(self, text: str, hint: Callable[[], str] = str) -> None:
        super().__init__()
        self.text = text
        self.hint = hint

    def rows(self, width: int, height: int) -> list[Fragments]:
        """The one row."""
        del height
        hint = self.hint() if width >= _HINT_FROM else ""
        right = f" {hint} " if hint else ""
        left = truncate(f"┌─ {visible(self.text)}", width - len(right) - 3) + " "
        gap = "─" * max(0, width - cells_of(left) - len(right) - 2)
        edge = "pane.edge.active"
        return [[(left, "pane.title.active"), (gap, edge), (right, "key.label"), ("─┐", edge)]]


class Foot(Lines):
    """The edge under a dialog."""

    def rows(self, width: int, height: int) -> list[Fragments]:
        """The one row."""
        del height
        return [[("└" + "─" * max(0, width - 2) + "┘", "pane.edge.active")]]


class Edge(Lines):
    """A piece of the left or right edge, beside a line that is typed in."""

    def rows(self, width: int, height: int) -> list[Fragments]:
        """The edge, as high as the line."""
        return [[("│".ljust(width) if self.id == "edge-left" else "│".rjust(width), "pane.edge.active")]] * height


class Line(Input):
    """A line to type in whose keys go through the keymap first."""

    def on_key(self, event: events.Key) -> None:
        """Lets the screen's keymap answer before the line does."""
        screen = self.screen
        if isinstance(screen, Keyed) and screen.hear(event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is drawn as it stands: nothing in it may steer the terminal."""
        event.text = one_line(event.text, _LONGEST_LINE)


def typed_row(line: Line) -> Horizontal:
    """The line between the edges of its dialog."""
    return Horizontal(Edge(id="edge-left"), line, Edge(id="edge-right"), classes="typed")
