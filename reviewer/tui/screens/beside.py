"""An item with what a panel said of it: the labels stand beside its texts, or in their place where there is no room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.app import ComposeResult

from reviewer.session.view import TaskView
from reviewer.text.layout import LayoutCache
from reviewer.tui.panes.peers import PeersPane, Told, ToldCache
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.screens.judging import Judging
from reviewer.tui.screens.sources import Sources

PEERS = "peers"
_BESIDE_FROM = 170
_SHARE = 0.42
_NEVER = (10**6, 10**6)
_SLICE = 0.003
_BREATH = 0.001


class Beside(Judging):
    """A screen of an item with the pane of a panel's labels. What is told there is for the classes over this one."""

    side_from: ClassVar[tuple[int, int]] = _NEVER
    panel_title: ClassVar[str] = "What everybody said"

    def __init__(self, sitting: Any) -> None:
        super().__init__(sitting)
        self._pane_before = "output"
        self._cache = ToldCache()
        self._shown: Told | None = None

    def beside_item(self) -> ComposeResult:
        """The pane of the labels."""
        self.peers = PeersPane(self.desk.colours, LayoutCache(2), title=self.panel_title, id=PEERS)
        yield self.peers

    def told_of(self, view: TaskView, focus: str) -> Told | None:
        """What the pane tells of an item while `focus` is focused; None where the panel is not to be seen."""
        raise NotImplementedError

    def focus_of(self, view: TaskView) -> str:
        """The question that is in focus when the item is opened."""
        asked = view.asked()
        return asked[0][0] if asked else ""

    # -- dividing --------------------------------------------------------------------------------------

    @property
    def shows_panel(self) -> bool:
        """Whether what the panel said of the open item may be seen."""
        return True

    @property
    def reads_panel(self) -> bool:
        """Whether the labels are what is read now."""
        return self.active_pane == PEERS and self.shows_panel

    @property
    def beside(self) -> bool:
        """Whether item and labels have room beside each other."""
        return self.shows_panel and self.app.size.width >= _BESIDE_FROM

    @property
    def peers_width(self) -> int:
        """The columns of the labels' pane where it stands beside the item."""
        return round(self.app.size.width * _SHARE) if self.beside else 0

    @property
    def text_width(self) -> int:
        """The columns that are left for the item."""
        return self.app.size.width - self.peers_width

    @property
    def item_width(self) -> int:
        """As `text_width`: the form stands below."""
        return self.text_width

    @property
    def pane(self) -> ReadingPane:
        """The pane that the reading keys move."""
        return self.peers if self.reads_panel else super().pane

    def divide(self) -> None:
        """Places the item's panes, and the labels beside them or in their place."""
        super().divide()
        if not self.is_mounted:
            return
        alone = self.zoomed or not self.beside
        reading = self.reads_panel and not self.levels_open
        self.peers.display = self.shows_panel and (reading or not alone)
        self.query_one("#item").display = not (reading and alone)
        self.peers.styles.width = self.peers_width if self.peers_width and not alone else "1fr"
        self.tell_panel()

    def in_sight(self, *, stacked: bool) -> set[str]:
        """The item's panes that have a place on the screen."""
        shown = super().in_sight(stacked=stacked)
        return {self._pane_before if self._pane_before in self.panes else "output"} if shown == {PEERS} else shown

    def mark_active(self) -> None:
        """Draws which pane is read."""
        super().mark_active()
        self.peers.active = self.reads_panel and not self.levels_open

    def go_to_pane(self, name: str) -> None:
        """Makes it the pane that is read, and brings it into sight."""
        hidden = not self.beside and PEERS in (name, self.active_pane)
        super().go_to_pane(name)
        if name != PEERS:
            self._pane_before = name
        if hidden:
            self.divide()

    def step_pane(self, by: int) -> None:
        """Goes on among the item's panes and the labels."""
        names = [*self.panes, *([PEERS] * self.shows_panel)]
        at = names.index(self.active_pane) if self.active_pane in names else 0
        self.go_to_pane(names[(at + by) % len(names)])

    def do_read_pane_left(self) -> None:
        """Goes to the pane before."""
        self.step_pane(-1)

    def do_read_pane_right(self) -> None:
        """Goes to the pane after."""
        self.step_pane(1)

    def do_read_raw(self) -> None:
        """Shows the text as it was written; what people said is never shown otherwise."""
        if not self.reads_panel:
            super().do_read_raw()

    def turn_panel(self) -> None:
        """Shows what the panel said, or the item again."""
        self.go_to_pane(self._pane_before if self.active_pane == PEERS else PEERS)

    # -- showing ---------------------------------------------------------------------------------------

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item, and what the panel said of it."""
        self._shown = None
        super().show_item(message, look)
        self.tell_panel()

    def show_outputs(self, view: TaskView, shown: Sources) -> None:
        """Shows the outputs; whoever reads the labels goes on reading them."""
        before = self.active_pane
        super().show_outputs(view, shown)
        if before == PEERS and self.active_pane != PEERS:
            self.go_to_pane(PEERS)

    def show_status(self) -> None:
        """Draws the status line, and the labels where they have changed."""
        super().show_status()
        self.tell_panel()

    def refocused(self) -> None:
        """The rubric's examples are those of the focused criterion."""
        super().refocused()
        self.tell_panel()

    def said_something(self) -> None:
        """The label in hand has changed, and with it perhaps the focus."""
        super().said_something()
        self.tell_panel()

    def prepare_view(self, view: TaskView) -> Iterator[float]:
        """Makes what was said of the item ready to be shown, too."""
        yield from super().prepare_view(view)
        told = self.told_of(view, self.focus_of(view))
        while told is not None and not self.peers.prepare_told(told, _SLICE):
            yield _BREATH

    def tell_panel(self) -> None:
        """Shows what was said of the open item, where that is in sight and has changed."""
        view = self.sitting.view
        if view is None or not self.is_mounted or not self.peers.display:
            return
        told = self.told_of(view, self.sitting.work.focus)
        if told is not None and told is not self._shown:
            stay = self._shown is not None and self._shown.panel.task == told.panel.task
            self._shown = told
            self.peers.tell(told, title=self.panel_title, subtitle=told.panel.told, stay=stay)
