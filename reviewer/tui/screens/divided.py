"""The division of the screen: which panes there are, where they stand at which size, and which one is read."""

from __future__ import annotations

from dataclasses import dataclass

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
from reviewer.tui.panes.status import Footer, Notice, Status

_COLUMNS_FROM = 100
_SIDE_FROM = (180, 45)
_SMALL = 3
_READ = 6
_LOW = 20
_OTHER_ROWS = 3
"""Status, notice and footer."""
_MOST_EXPLAINED = 7


@dataclass(frozen=True, slots=True)
class Shape:
    """How the screen is divided: `stacked`, `columns`, or `side` with the form beside the item."""

    name: str
    height: int


class Divided(Keyed):
    """The widgets of an item's screen. What is shown in them, and which keys work, is for the classes over this one."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting
        self.cache = LayoutCache(96)
        self.has_context = True
        self.zoomed = False
        self.levels_open = False
        self.active_pane = "output"
        self.shape = Shape("columns", 0)
        self.asked: Asked | None = None
        """What the open entry is for; None while none is open."""

    def compose(self) -> ComposeResult:
        """The rows of the screen."""
        colours = self.desk.colours
        self.status = Status(id="status")
        self.prompt = ReadingPane(colours, self.cache, title="Prompt", id="prompt")
        self.context = ReadingPane(colours, self.cache, title="Context", id="context")
        self.output = ReadingPane(colours, self.cache, title="Output", id="output")
        self.reference = ReadingPane(colours, self.cache, title="Reference", id="reference")
        self.levels = LevelsPane(colours, LayoutCache(4), id="levels")
        self.form_below = Form(id="form")
        self.form_beside = Form(id="form-side")
        self.form_beside.with_examples = True
        self.entry_title = EntryTitle(id="entry-title")
        self.entry = Entry(id="entry")
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        yield self.status
        with Container(id="body", classes="columns"):
            with Vertical(id="left"):
                yield self.prompt
                yield self.context
                yield self.levels
            with Vertical(id="right"):
                yield self.output
                yield self.reference
            with Vertical(id="side"):
                yield self.form_beside
        yield self.entry_title
        yield self.entry
        yield self.form_below
        yield self.notice
        yield self.footer

    def on_resize(self, event: events.Resize) -> None:
        """Divides the screen anew."""
        del event  # Textual calls the handler of the class below by itself.
        self.divide()

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
        found["output"] = self.output
        if self.sitting.queue.settings.get("reference"):
            found["reference"] = self.reference
        return found

    @property
    def pane(self) -> ReadingPane:
        """The pane that the reading keys move."""
        return self.panes.get(self.active_pane, self.output)

    def key_of(self, action: str) -> str:
        """The key of an action, as people write it; its name where it has none."""
        return self.desk.keymap.hint(action) or action

    # -- dividing --------------------------------------------------------------------------------------

    def divide(self) -> None:
        """Places every pane for the size of the terminal, and for what is zoomed or open."""
        width, height = self.app.size
        name = "stacked" if width < _COLUMNS_FROM else "columns"
        if width >= _SIDE_FROM[0] and height >= _SIDE_FROM[1]:
            name = "side"
        self.shape = Shape(name, height)
        if not self.is_mounted:
            return
        body = self.query_one("#body")
        body.set_class(name == "stacked", "stacked")
        body.set_class(name != "stacked", "columns")
        self.query_one("#side").display = name == "side" and not self.zoomed
        self.form_below.display = name != "side"
        self._divide_panes(stacked=name == "stacked")
        self.size_form()
        self.mark_active()

    def _divide_panes(self, *, stacked: bool) -> None:
        left, right = self.query_one("#left"), self.query_one("#right")
        shown = set(self.panes)
        if self.zoomed:
            shown = {self.active_pane if self.active_pane in shown else "output"}
        levels = self.levels_open
        on_left = {"prompt", "context"}
        if stacked and self.asked is not None:
            # What is being written about stays readable above it; the others have no room.
            shown = {self.active_pane}
        for name, pane in (
            ("prompt", self.prompt),
            ("context", self.context),
            ("output", self.output),
            ("reference", self.reference),
        ):
            pane.display = name in shown and not (levels and name in on_left)
        self.levels.display = levels
        left.display = levels or bool(shown & on_left)
        right.display = bool(shown - on_left) and not (levels and self.zoomed)
        left.styles.width = right.styles.width = "1fr"
        for widget in (left, right, self.prompt, self.context, self.output, self.reference):
            widget.styles.height = "1fr"
        if not self.zoomed and not levels and len(shown) > 1:
            self._share_heights(stacked=stacked)
        elif levels and stacked:
            right.styles.height = 5

    def _share_heights(self, *, stacked: bool) -> None:
        if not stacked:
            self.prompt.styles.height = "2fr"
            self.context.styles.height = "5fr"
            self.output.styles.height = "3fr"
            self.reference.styles.height = "2fr"
            return
        # One pane has the room, the others a title and two rows: at 80 columns two texts side by side help nobody.
        left, right = self.query_one("#left"), self.query_one("#right")
        small = self._small(len(self.panes) - 1)
        on_right = len(self.panes) - (2 if self.has_context else 1)
        if self.active_pane in ("prompt", "context"):
            other = self.context if self.active_pane == "prompt" else self.prompt
            other.styles.height = small
            right.styles.height = small * on_right
            return
        left.styles.height = small * (2 if self.has_context else 1)
        other = self.output if self.active_pane == "reference" else self.reference
        other.styles.height = small

    def _small(self, others: int) -> int:
        """The rows of a pane that is not read: as many as leave enough for the one that is, down to its title."""
        body = self.shape.height - self._form_height() - _OTHER_ROWS
        return max(1, min(_SMALL, (body - _READ) // max(1, others)))

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
