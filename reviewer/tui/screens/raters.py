"""How the raters of a queue do: the lead's overview with a page a rater, and one's own page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from textual import work
from textual.app import ComposeResult
from textual.worker import Worker, get_current_worker

from reviewer.errors import ReviewerError
from reviewer.keys.contexts import LIST, Stack
from reviewer.session.raters import Overview, RaterLine, read_overview, read_own_page
from reviewer.text.cells import pad, truncate
from reviewer.text.sparkline import interval
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines, folded
from reviewer.tui.panes.status import Footer, Notice
from reviewer.tui.panes.title import Title
from reviewer.tui.screens.dialogs import Page

_NAME, _DONE, _PACE, _GOLD, _VALUE, _DRIFT = 12, 7, 6, 11, 7, 12
_NARROWEST, _WIDEST, _FLAGS = 9, 60, 12


class RaterRows(Lines):
    """The raters in rows; the chosen one is drawn so."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.overview: Overview | None = None
        self.chosen = 0

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """What the figures speak of, a heading, then one row a rater."""
        found = self.overview
        if found is None:
            return []
        told: list[Fragments] = [[(f" {line}", "dim")] for text in found.heading for line in folded(text, width - 2)]
        columns = max(0, min(_WIDEST, width - 2 - _NAME - _DONE - _PACE - _GOLD - _VALUE - _DRIFT - _FLAGS))
        columns = 0 if columns < _NARROWEST or found.counts else columns
        told += [[], [(truncate(_heading(columns, counts=found.counts), width), "dim")]]
        room = max(1, height - len(told))
        first = max(0, self.chosen - room + 1)
        for number, one in enumerate(found.raters[first : first + room], start=first):
            told.append(self._row(one, found, columns, width, chosen=number == self.chosen))
        return told if found.raters else [*told, [("  nobody yet", "dim")]]

    def _row(self, one: RaterLine, found: Overview, columns: int, width: int, *, chosen: bool) -> Fragments:
        mark = "▸ " if chosen else "  "
        name = pad(truncate(one.name, _NAME - 1), _NAME)
        if found.counts:
            row: Fragments = [(mark, "key"), (name, "strong"), (f"{one.done:>{_DONE - 1},} ", "text")]
        else:
            bar = interval(one.level, one.low, one.high, found.span, columns) if one.level is not None else ""
            value = "-" if one.level is None else f"{one.level:+.2f}"
            row = [
                (mark, "key"),
                (name, "strong"),
                (f"{one.done:>{_DONE - 1},} {one.pace:>{_PACE - 1}} {one.gold:>{_GOLD - 1}} ", "text"),
                (f"{value:>{_VALUE - 1}} ", "text"),
                (bar.ljust(columns), "bar.done"),
                (" " + pad(one.drift, _DRIFT - 1), "state.skipped" if one.drift.startswith("since") else "dim"),
                (", ".join(one.flags), "state.skipped"),
            ]
        return [(pad(truncate("".join(text for text, _ in row), width), width), "list.cursor")] if chosen else row


class RatersScreen(Keyed):
    """The lead's overview. It is read on a thread, so that keys never wait for it."""

    def __init__(self, queue: str) -> None:
        super().__init__()
        self._queue = queue

    @property
    def stack(self) -> Stack:
        """A list."""
        return LIST

    def compose(self) -> ComposeResult:
        """A title, the raters, a notice, the keys."""
        self.top = Title(id="items-title")
        self.top.text = f"raters of {self._queue}"
        self.list = RaterRows(id="rows")
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        yield self.top
        yield self.list
        yield self.notice
        yield self.footer

    def on_mount(self) -> None:
        """Begins to read."""
        self.top.styles.height = 1
        self.desk.dress(self)
        self.notice.say("Computing …")
        self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        worker = get_current_worker()

        def tell(word: str) -> None:
            _stop_where_cancelled(worker)
            self.app.call_from_thread(self.notice.say, word)

        with suppress(_Left):
            try:
                found = read_overview(self.desk.store, self._queue, tell)
            except ReviewerError as trouble:
                _stop_where_cancelled(worker)
                self.app.call_from_thread(self.tell, trouble)
                return
            _stop_where_cancelled(worker)
            self.app.call_from_thread(self._show, found)

    def _show(self, found: Overview) -> None:
        self.list.overview = found
        self.list.redraw()
        self.notice.say("")

    def tell(self, trouble: ReviewerError) -> None:
        """Says it in the notice line."""
        self.notice.say(str(trouble), "notice.warning")

    def do_list_up(self) -> None:
        """Goes up."""
        self._move(-1)

    def do_list_down(self) -> None:
        """Goes down."""
        self._move(1)

    def do_list_page_up(self) -> None:
        """Goes up one page."""
        self._move(-self.list.size.height)

    def do_list_page_down(self) -> None:
        """Goes down one page."""
        self._move(self.list.size.height)

    def do_list_home(self) -> None:
        """Goes to the first rater."""
        self._move(-len(self._raters))

    def do_list_end(self) -> None:
        """Goes to the last rater."""
        self._move(len(self._raters))

    def _move(self, by: int) -> None:
        self.list.chosen = max(0, min(len(self._raters) - 1, self.list.chosen + by))
        self.list.redraw()

    def do_list_open(self) -> None:
        """Opens the page of the chosen rater."""
        if self._raters:
            one = self._raters[self.list.chosen]
            self.app.push_screen(Page(f"{one.name} · {self._queue}", _telling(one.page)))

    def do_app_back(self) -> None:
        """Goes back to the queues."""
        self.dismiss(None)

    def do_list_back(self) -> None:
        """As `do_app_back`."""
        self.do_app_back()

    @property
    def _raters(self) -> tuple[RaterLine, ...]:
        return self.list.overview.raters if self.list.overview else ()


class OwnPage(Page):
    """A rater's own page, read on a thread."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"my page · {queue}", self._tell)
        self._queue = queue
        self._lines: Sequence[str] = ("Computing …",)

    def on_mount(self) -> None:
        """Begins to read."""
        super().on_mount()
        self._read()

    @work(thread=True, exclusive=True)
    def _read(self) -> None:
        worker = get_current_worker()
        with suppress(_Left):
            try:
                found = read_own_page(
                    self.desk.store, self._queue, self.desk.rater, lambda _: _stop_where_cancelled(worker)
                )
            except ReviewerError as trouble:
                found = [str(trouble)]
            _stop_where_cancelled(worker)
            self.app.call_from_thread(self._show, found)

    def _show(self, found: Sequence[str]) -> None:
        self._lines = found
        self.tell_anew()

    def _tell(self, width: int) -> list[Fragments]:
        return _telling(self._lines)(width)


class _Left(Exception):
    """Whoever asked has gone on."""


def _stop_where_cancelled(worker: Worker[None]) -> None:
    if worker.is_cancelled:
        raise _Left


def _heading(columns: int, *, counts: bool) -> str:
    if counts:
        return f"  {'rater':<{_NAME}}{'done':>{_DONE - 1}}"
    begin = f"  {'rater':<{_NAME}}{'labels':>{_DONE - 1}} {'pace':>{_PACE - 1}} {'gold':>{_GOLD - 1}} "
    return f"{begin}{'sev.':>{_VALUE - 1}} {'severity'[:columns]:<{columns}} {'drift':<{_DRIFT - 1}}look at"


def _telling(lines: Sequence[str]) -> Callable[[int], list[Fragments]]:
    """A line a thing, each folded, what follows its first row set in."""

    def tell(width: int) -> list[Fragments]:
        told: list[Fragments] = []
        for line in lines:
            first, *more = folded(line, width - 2) or [""]
            told.append([(first, "text")])
            told += [[(f"  {row}", "text")] for row in more]
        return told

    return tell
