"""Reading: scrolling, panes, documents, finding, copying."""

from __future__ import annotations

from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.panes.together import Together
from reviewer.tui.screens.item import ItemScreen
from reviewer.tui.screens.sources import sources


class Reading(ItemScreen):
    """The reading keys."""

    @property
    def scrolled(self) -> ReadingPane | Together:
        """What the scroll keys move."""
        return self.pane

    def do_read_up(self) -> None:
        """Scrolls up one row."""
        self.scrolled.scroll_rows(-1)

    def do_read_down(self) -> None:
        """Scrolls down one row."""
        self.scrolled.scroll_rows(1)

    def do_read_page_up(self) -> None:
        """Scrolls up one page."""
        self.scrolled.page(-1)

    def do_read_page_down(self) -> None:
        """Scrolls down one page."""
        self.scrolled.page(1)

    def do_read_half_page_up(self) -> None:
        """Scrolls up half a page."""
        self.scrolled.half_page(-1)

    def do_read_half_page_down(self) -> None:
        """Scrolls down half a page."""
        self.scrolled.half_page(1)

    def do_read_home(self) -> None:
        """Goes to the top."""
        self.scrolled.home()

    def do_read_end(self) -> None:
        """Goes to the bottom."""
        self.scrolled.end()

    def do_read_pane_left(self) -> None:
        """Goes to the pane before."""
        self._step_pane(-1)

    def do_read_pane_right(self) -> None:
        """Goes to the pane after."""
        self._step_pane(1)

    def _step_pane(self, by: int) -> None:
        names = list(self.panes)
        at = names.index(self.active_pane) if self.active_pane in names else 0
        self.go_to_pane(names[(at + by) % len(names)])

    def go_to_pane(self, name: str) -> None:
        """Makes it the pane that is read."""
        self.active_pane = name
        if self.zoomed or self.shape.name == "stacked":
            self.divide()
        self.mark_active()

    def do_read_zoom(self) -> None:
        """Shows this pane alone, or all again."""
        self.zoomed = not self.zoomed
        self.divide()

    def do_read_raw(self) -> None:
        """Shows the text as it was written, or rendered again."""
        mode = "markdown" if self.pane.mode == "raw" else "raw"
        self.pane.set_mode("raw" if mode == "raw" else "markdown")
        self.notice.say("As it was written." if mode == "raw" else "Rendered.")

    def do_read_next_document(self) -> None:
        """Shows the next context document."""
        self._step_document(1)

    def do_read_previous_document(self) -> None:
        """Shows the previous context document."""
        self._step_document(-1)

    def _step_document(self, by: int) -> None:
        view = self.sitting.view
        if view is None or not view.context:
            return
        self.context_at = (self.context_at + by) % len(view.context)
        shown = sources(view, self.context_at)
        self.context.show(shown.context, title=shown.context_title, subtitle=shown.context_count)

    def do_read_find_next(self) -> None:
        """Goes to the next hit."""
        self.notice.say("" if self.pane.next_hit() else "Nothing further is found.")

    def do_read_find_previous(self) -> None:
        """Goes to the previous hit."""
        self.notice.say("" if self.pane.previous_hit() else "Nothing further is found.")

    def do_read_copy(self) -> None:
        """Copies the pane's text through the terminal."""
        text = self.pane.text_for_copy()
        self.app.copy_to_clipboard(text)
        self.notice.say(f"{len(text):,} characters are handed to the terminal's clipboard.")
