"""The division of the screen: which panes there are, where they stand at which size, and which one is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from reviewer.session.sitting import Sitting
from reviewer.text.layout import LayoutCache
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.entry import Asked, Entry, EntryTitle
from reviewer.tui.panes.form import Form
from reviewer.tui.panes.levels import LevelsPane
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.panes.status import Footer, Notice, Remark, Status

_COLUMNS_FROM = 100
_SMALL = 3
_READ = 6
_LOW = 20
_OTHER_ROWS = 3
"""Status, notice and footer."""
_MOST_EXPLAINED = 7
_UNDER_LEVELS = 5
"""The rows of the output while the levels of a criterion have the rest."""
_MOST_REMARKED = 2
"""The rows of what is to be read while the item is open, where the screen is small; twice that where it is not."""


def output_name(number: int) -> str:
    """The name of the pane of the output shown at place `number`, from 0."""
    return f"output-{number + 1}" if number else "output"


@dataclass(frozen=True, slots=True)
class Shape:
    """How the screen is divided: `stacked`, `columns`, or `side` with the form beside the item."""

    name: str
    height: int


class Divided(Keyed):
    """The widgets of an item's screen. What is shown in them, and which keys work, is for the classes over this one."""

    most_outputs: ClassVar[int] = 1
    side_from: ClassVar[tuple[int, int]] = (180, 45)
    """From which columns and rows on the form stands beside the item."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting
        self.cache = LayoutCache(96)
        self.has_context = True
        self.zoomed = False
        self.levels_open = False
        self.active_pane = "output"
        self.output_count = 1
        """How many outputs the open item has."""
        self.shape = Shape("columns", 0)
        self.asked: Asked | None = None
        """What the open entry is for; None while none is open."""

    def compose(self) -> ComposeResult:
        """The rows of the screen."""
        colours = self.desk.colours
        self.status = Status(id="status")
        self.prompt = ReadingPane(colours, self.cache, title="Prompt", id="prompt")
        self.context = ReadingPane(colours, self.cache, title="Context", id="context")
        self.outputs = [
            ReadingPane(colours, self.cache, title="Output", id=output_name(number))
            for number in range(self.most_outputs)
        ]
        self.reference = ReadingPane(colours, self.cache, title="Reference", id="reference")
        self.levels = LevelsPane(colours, LayoutCache(4), id="levels")
        self.form_below = Form(id="form")
        self.form_beside = Form(id="form-side")
        self.form_beside.with_examples = True
        for form in (self.form_below, self.form_beside):
            form.levels_key = self.key_of("rate.levels")
        self.entry_title = EntryTitle(id="entry-title")
        self.entry = Entry(id="entry")
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        self.remark = Remark(id="remark")
        self.remark.display = False
        yield self.status
        yield self.remark
        with Container(id="body"):
            with Container(id="item", classes="columns"):
                with Container(id="left"):
                    yield self.prompt
                    yield self.context
                    yield self.levels
                with Container(id="right"):
                    with Container(id="outputs"):
                        yield from self.outputs
                    yield self.reference
            yield from self.beside_item()
            with Vertical(id="side"):
                yield self.form_beside
        yield self.entry_title
        yield self.entry
        yield self.form_below
        yield self.notice
        yield self.footer

    def beside_item(self) -> ComposeResult:
        """What stands beside the item's panes: nothing here."""
        return iter(())

    def on_resize(self, event: events.Resize) -> None:
        """Divides the screen anew."""
        del event  # Textual calls the handler of the class below by itself.
        self.divide()

    @property
    def output(self) -> ReadingPane:
        """The pane of the output that is shown first."""
        return self.outputs[0]

    @property
    def form(self) -> Form:
        """The form that is in sight."""
        return self.form_beside if self.shape.name == "side" else self.form_below

    @property
    def panes(self) -> dict[str, ReadingPane]:
        """The panes that can be moved to, from left to right and down."""
        found = {"prompt": self.prompt}
        if self.has_context:
            found["context"] = self.context
        found |= {output_name(number): self.outputs[number] for number in range(self.output_count)}
        if self.sitting.queue.settings.get("reference"):
            found["reference"] = self.reference
        return found

    @property
    def pane(self) -> ReadingPane:
        """The pane that the reading keys move."""
        return self.panes.get(self.active_pane, self.output)

    @property
    def text_width(self) -> int:
        """The columns that the item's panes and the form beside them have."""
        return self.app.size.width

    def key_of(self, action: str) -> str:
        """The key of an action, as people write it; its name where it has none."""
        return self.desk.keymap.hint(action) or action

    # -- dividing --------------------------------------------------------------------------------------

    def divide(self) -> None:
        """Places every pane for the size of the terminal, and for what is zoomed or open."""
        width, height = self.app.size
        name = "stacked" if self.text_width < _COLUMNS_FROM else "columns"
        if width >= self.side_from[0] and height >= self.side_from[1]:
            name = "side"
        self.shape = Shape(name, height)
        if not self.is_mounted:
            return
        self.query_one("#side").display = name == "side" and not self.zoomed
        self.form_below.display = name != "side"
        self._size_remark()
        self._divide_panes(stacked=name == "stacked")
        self.size_form()
        self.mark_active()

    def _divide_panes(self, *, stacked: bool) -> None:
        left, right, outputs = (self.query_one(name) for name in ("#left", "#right", "#outputs"))
        shown = self.in_sight(stacked=stacked)
        levels = self.levels_open
        on_left = {"prompt", "context"}
        for name, pane in self._every_pane():
            pane.display = name in shown and not (levels and name in on_left)
            pane.styles.width = pane.styles.height = "1fr"
        self.levels.display = levels
        left.display = levels or bool(shown & on_left)
        right.display = bool(shown - on_left) and not (levels and self.zoomed)
        outputs.display = bool(shown - on_left - {"reference"})
        for widget in (left, right, outputs):
            widget.styles.width = widget.styles.height = "1fr"
        self.lay_out(stacked=stacked)
        if not self.zoomed and not levels and len(shown) > 1:
            self.share_heights(stacked=stacked)
        elif levels and stacked:
            right.styles.height = _UNDER_LEVELS

    def _every_pane(self) -> list[tuple[str, ReadingPane]]:
        outputs = [(output_name(number), pane) for number, pane in enumerate(self.outputs)]
        return [("prompt", self.prompt), ("context", self.context), *outputs, ("reference", self.reference)]

    def in_sight(self, *, stacked: bool) -> set[str]:
        """The panes that have a place on the screen."""
        shown = set(self.panes)
        if stacked and self.asked is not None:
            # What is being written about stays readable above it; the others have no room.
            return {self.active_pane}
        if self.zoomed:
            return {self.active_pane if self.active_pane in shown else "output"}
        return shown

    def lay_out(self, *, stacked: bool) -> None:
        """Says which panes stand beside each other."""
        item = self.query_one("#item")
        item.set_class(stacked, "stacked")
        item.set_class(not stacked, "columns")

    def share_heights(self, *, stacked: bool) -> None:
        """Gives each pane its share of the height."""
        left, right, outputs = (self.query_one(name) for name in ("#left", "#right", "#outputs"))
        if not stacked:
            self.prompt.styles.height = "2fr"
            self.context.styles.height = "5fr"
            outputs.styles.height = "3fr"
            self.reference.styles.height = "2fr"
            return
        # One pane has the room, the others a title and two rows: at 80 columns two texts side by side help nobody.
        small = self.small_rows(len(self.panes) - 1)
        on_right = len(self.panes) - (2 if self.has_context else 1)
        if self.active_pane in ("prompt", "context"):
            other = self.context if self.active_pane == "prompt" else self.prompt
            other.styles.height = small
            right.styles.height = small * on_right
            return
        left.styles.height = small * (2 if self.has_context else 1)
        (outputs if self.active_pane == "reference" else self.reference).styles.height = small

    def small_rows(self, others: int, *, titles: int = 0) -> int:
        """The rows of a pane that is not read: as many as leave enough for the one that is, down to its title.

        `titles` is how many panes have a row for their title alone.
        """
        body = self.shape.height - self._form_height() - _OTHER_ROWS - self._remark_rows - titles
        return max(1, min(_SMALL, (body - _READ) // max(1, others)))

    def show_remark(self, text: str) -> None:
        """Shows what is to be read while the item is open, in rows of its own; nothing where it is empty."""
        if text != self.remark.text:
            self.remark.text, self.remark.whole = text, self.key_of("app.instructions")
            self.remark.redraw()
            self.divide()

    @property
    def _remark_rows(self) -> int:
        most = _MOST_REMARKED if self.shape.name == "stacked" else 2 * _MOST_REMARKED
        if self.asked is not None and self.shape.name == "stacked":
            most = 1  # what is being written, and what about, need the room
        return min(most, self.remark.rows_for(self.app.size.width))

    def _size_remark(self) -> None:
        rows = self._remark_rows
        self.remark.display = rows > 0
        if rows:
            self.remark.styles.height = rows

    def size_form(self) -> None:
        """Gives the form the rows that its criteria need, and some to explain the focused one."""
        self.form_below.styles.height = self._form_height()

    def _form_height(self) -> int:
        if self.asked is not None and self.shape.height < _LOW:
            return 2  # its title, and the criterion that is written about
        asked = len(self.form_below.asked) or 1
        explained = 0
        if self.shape.name == "columns" and self.form_below.view is not None:
            described = [len(criterion.described()) for _, criterion in self.form_below.asked]
            explained = min(_MOST_EXPLAINED, max(described, default=0) + 1)
        elif self.shape.name == "stacked":
            explained = self.form_below.options_below(self.app.size.width)
        most = max(3, self.shape.height // 3) + (1 if self.shape.name == "stacked" and explained else 0)
        return min(asked + 1 + explained, most)

    def mark_active(self) -> None:
        """Draws which pane is read."""
        for name, pane in self.panes.items():
            pane.active = name == self.active_pane and not self.levels_open
