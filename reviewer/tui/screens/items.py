"""The item list: every item of the queue in the rater's order, by state, and searched."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, work
from textual.app import ComposeResult
from textual.worker import get_current_worker

from reviewer.keys.contexts import LIST, Stack, writing_over
from reviewer.session.listing import FILTERS, Row, places, rows, search_places
from reviewer.session.sitting import Sitting
from reviewer.text.cells import pad, truncate
from reviewer.text.sanitise import one_line
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines
from reviewer.tui.panes.status import Footer, Notice
from reviewer.tui.screens.dialog_parts import Line

_OTHER_ROWS = 4
"""Title, the line to search in, notice and footer."""
_STATES = {
    "open": "·",
    "submitted": "✓",
    "skipped": "→",
    "abstained": "∅",
    "sent_back": "↩",
}


class ItemRows(Lines):
    """The rows in sight, the chosen one drawn so."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.shown: list[Row] = []
        self.chosen = 0

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """Number, state, flag, and the first words of the prompt."""
        del height
        found: list[Fragments] = []
        for number, row in enumerate(self.shown):
            flag = "⚑" if row.flagged else " "
            mark = "▸" if number == self.chosen else " "
            name = f"{row.name}  " if row.name else ""
            state = f"{_STATES.get(row.state, '?')} {row.state.replace('_', ' '):<9}"
            words = truncate(one_line(row.opening, 400), max(8, width - 28 - len(name)))
            if number == self.chosen:
                found.append([(pad(f"{mark} {row.seq + 1:>7}  {state} {flag} {name}{words}", width), "list.cursor")])
            else:
                found.append(
                    [
                        (f"{mark} {row.seq + 1:>7}  ", "dim"),
                        (state, f"state.{row.state}"),
                        (f" {flag} ", "state.flagged"),
                        (name, "strong"),
                        (words, "text"),
                    ]
                )
        return found or [[("  nothing here", "dim")]]


class ItemsTitle(Lines):
    """Which states are shown, and what was searched."""

    text = ""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The one row."""
        del height
        return [[(pad(f" {self.text}", width), "status.strong")]]


class ItemsScreen(Keyed):
    """Gives the place that was chosen, or None. Reads only the rows in sight, however long the queue is."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__()
        self.sitting = sitting
        self._state = "all"
        self._needle = ""
        self._found: list[int] | None = None
        self._searching = ""
        self._typing = False

    @property
    def stack(self) -> Stack:
        """A list, or words being typed over it."""
        return writing_over(LIST) if self._typing else LIST

    def compose(self) -> ComposeResult:
        """Title, rows, the line to search in, keys."""
        self.top = ItemsTitle(id="items-title")
        self.list = ItemRows(id="rows")
        self.line = Line(placeholder="words in prompt, context or output", id="search", compact=True)
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        yield self.top
        yield self.list
        yield self.line
        yield self.notice
        yield self.footer

    def on_mount(self) -> None:
        """Shows the rows around the open item."""
        self.top.styles.height = 1
        self.line.display = False
        self.desk.dress(self)
        at = self.sitting.standing.number - 1
        self._show_from(max(0, at - self._height // 2), choose=at)

    def on_resize(self, event: events.Resize) -> None:
        """Fills the new height, keeping the chosen row."""
        del event  # Textual calls the handler of the class below by itself.
        if self.list.shown:
            self._show_from(self.list.shown[0].seq, choose=self.list.shown[self.list.chosen].seq)

    @property
    def _height(self) -> int:
        return max(1, self.app.size.height - _OTHER_ROWS)

    # -- showing ---------------------------------------------------------------------------------------

    def _places(self, start: int, most: int) -> list[int]:
        if self._found is not None:
            return [seq for seq in self._found if seq >= start][:most]
        return places(self.sitting, self._state, start, most)

    def _places_before(self, seq: int, most: int) -> list[int]:
        """Up to `most` places before `seq`, in order: nearby first, then further back in growing strides."""
        if self._found is not None:
            return [found for found in self._found if found < seq][-most:]
        if self._state == "all":
            return list(range(max(0, seq - most), seq))
        reach = most * 2
        while True:
            low = max(0, seq - reach)
            found = [one for one in self._places(low, reach + most) if one < seq]
            if len(found) >= most or low == 0:
                return found[-most:]
            reach *= 4

    def _show_from(self, start: int, *, choose: int | None = None) -> None:
        seqs = self._places(start, self._height)
        if len(seqs) < self._height and seqs:
            seqs = self._places_before(seqs[0], self._height - len(seqs)) + seqs
        self._show(seqs, choose)

    def _show(self, seqs: list[int], choose: int | None) -> None:
        self.list.shown = rows(self.sitting, seqs)
        at = [row.seq for row in self.list.shown]
        self.list.chosen = at.index(choose) if choose in at else max(0, min(self.list.chosen, len(at) - 1))
        self.list.redraw()
        words = f" · “{self._needle}”{self._searching}" if self._needle else ""
        self.top.text = f"items of {self.sitting.queue.name} · {self._state.replace('_', ' ')}{words}"
        self.top.redraw()

    def label_saved(self) -> None:
        """Shows the states as they are now."""
        if self.is_mounted and not self._typing:
            shown = self.list.shown
            chosen = shown[self.list.chosen].seq if shown else None
            self._show_from(shown[0].seq if shown else 0, choose=chosen)

    # -- moving ----------------------------------------------------------------------------------------

    def _move(self, by: int) -> None:
        shown = self.list.shown
        if not shown:
            return
        target = self.list.chosen + by
        if 0 <= target < len(shown):
            self.list.chosen = target
            self.list.redraw()
            return
        if target >= len(shown):
            following = self._places(shown[-1].seq + 1, target - len(shown) + 1)
            seqs = ([row.seq for row in shown] + following)[-self._height :]
        else:
            before = self._places_before(shown[0].seq, -target)
            seqs = (before + [row.seq for row in shown])[: self._height]
        self._show(seqs, seqs[-1] if by > 0 else seqs[0])

    def do_list_up(self) -> None:
        """Goes up."""
        self._move(-1)

    def do_list_down(self) -> None:
        """Goes down."""
        self._move(1)

    def do_list_page_up(self) -> None:
        """Goes up one page."""
        self._move(-self._height)

    def do_list_page_down(self) -> None:
        """Goes down one page."""
        self._move(self._height)

    def do_list_home(self) -> None:
        """Goes to the first item."""
        self.list.chosen = 0
        self._show_from(0)

    def do_list_end(self) -> None:
        """Goes to the last item."""
        seqs = self._places_before(self.sitting.reach, self._height)
        self._show(seqs, seqs[-1] if seqs else None)

    def do_list_filter(self) -> None:
        """Shows the next state only."""
        self._state = FILTERS[(FILTERS.index(self._state) + 1) % len(FILTERS)]
        self._found, self._needle = None, ""
        self.notice.say("")
        self.list.chosen = 0
        self._show_from(0)

    def do_list_open(self) -> None:
        """Opens the chosen item."""
        if self.list.shown:
            self.dismiss(self.list.shown[self.list.chosen].seq)

    def do_app_back(self) -> None:
        """Goes back to the item."""
        self.dismiss(None)

    def do_list_back(self) -> None:
        """As `do_app_back`."""
        self.do_app_back()

    # -- searching -------------------------------------------------------------------------------------

    def do_list_search(self) -> None:
        """Asks for words."""
        self._typing = True
        self.line.display = True
        self.line.value = self._needle
        self.set_focus(self.line)
        self.desk.turn_footers(self)

    def do_text_done(self) -> None:
        """Searches what was typed; nothing typed shows all again."""
        words = self.line.value.strip()
        self._typing = False
        self.line.display = False
        self.set_focus(None)
        self.desk.turn_footers(self)
        self._needle = words
        self._state = "all"
        self.list.chosen = 0
        if not words:
            self._found = None
            self._show_from(0)
            return
        self._found = []
        self._searching = " …"
        self._show([], None)
        self._search(words)

    @work(thread=True, exclusive=True)
    def _search(self, words: str) -> None:
        worker = get_current_worker()
        for hits in search_places(self.sitting, words):
            if worker.is_cancelled:
                return
            if hits:
                self.app.call_from_thread(self._take_hits, words, hits)
        self.app.call_from_thread(self._end_search, words)

    def _take_hits(self, words: str, hits: list[int]) -> None:
        if words == self._needle and self._found is not None:
            self._found = sorted({*self._found, *hits})
            self._show_from(0)

    def _end_search(self, words: str) -> None:
        if words == self._needle and self._found is not None:
            self._searching = ""
            self.notice.say(f"{len(self._found):,} found.")
            self._show_from(0)
