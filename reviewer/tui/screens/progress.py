"""How far a team is in a queue, as it goes on: for whoever leads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import work
from textual.app import ComposeResult
from textual.worker import Worker, get_current_worker

from reviewer.errors import ReviewerError
from reviewer.keys.contexts import LIST, Stack
from reviewer.session.progress_source import ProgressSource
from reviewer.store.team_progress import QueueProgress, RaterProgress
from reviewer.text.cells import pad, truncate
from reviewer.text.sanitise import visible
from reviewer.text.when import moment
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines
from reviewer.tui.panes.status import Footer, Notice
from reviewer.tui.panes.title import Title

_EVERY = 2.0
"""So many seconds after which it is asked anew where nothing says that it changed."""

_NAME, _COUNT, _LAST = 24, 10, 16
_SELDOM = (("skipped", "skipped"), ("abstained", "abstained"), ("sent_back", "sent back"), ("leased", "leased"))
"""Columns that are shown where there is anything in them."""


class ProgressRows(Lines):
    """The queue in two lines, then a row a rater."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.told: QueueProgress | None = None
        self.first = 0

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """What is there of what is wanted, a heading, and the raters from the first that is shown on."""
        told = self.told
        if told is None:
            return []
        found: list[Fragments] = [[(truncate(f" {summary(told)}", width), "text")]]
        found += [_bar(told, width), []] if told.wanted else [[]]
        if not told.raters:
            return [*found, [(" Nobody has begun.", "dim")]]
        columns = _columns(told)
        room = width - 2 - len(columns) * _COUNT - _LAST
        name_width = max(8, min(_NAME, room))
        heading = pad("rater", name_width) + "".join(f"{title:>{_COUNT}}" for title, _ in columns) + "  last label"
        found.append([(truncate(f"  {heading}", width), "dim")])
        rows = max(1, height - len(found))
        self.first = max(0, min(self.first, len(told.raters) - rows))
        for one in told.raters[self.first : self.first + rows]:
            figures = "".join(f"{count(one):>{_COUNT}}" for _, count in columns)
            last = f"  {moment(one.last_at)}" if one.last_at else ""
            name = pad(truncate(visible(one.name), name_width - 1), name_width)
            row: Fragments = [(f"  {name}", "strong"), (figures, "text"), (last, "dim")]
            found.append(row)
        return found


def summary(told: QueueProgress) -> str:
    """The queue in one sentence."""
    tasks = f"{told.tasks:,} task{'' if told.tasks == 1 else 's'}"
    each = f"{told.overlap} rater{'' if told.overlap == 1 else 's'} each" if told.wanted else "all rate everything"
    labels = f"{told.submitted:,} of {told.wanted:,} labels" if told.wanted else f"{told.submitted:,} labels"
    leased = f", {told.leased:,} leased" if told.leased else ""
    return f"{visible(told.state)} · {tasks}, {each} · {labels}{leased}"


def _bar(told: QueueProgress, width: int) -> Fragments:
    share = min(told.submitted / (told.wanted or 1), 1.0)
    room = max(0, min(60, width - 8))
    filled = round(share * room)
    return [(f" {'█' * filled}{'░' * (room - filled)}", "bar.done"), (f" {share:4.0%}", "text")]


def _columns(told: QueueProgress) -> list[tuple[str, Callable[[RaterProgress], str]]]:
    """The headings of the figures, each with how its figure reads."""

    def counted(name: str) -> Callable[[RaterProgress], str]:
        return lambda one: f"{getattr(one, name):,}"

    found = [("submitted", counted("submitted"))]
    if any(one.left is not None for one in told.raters):
        found.append(("left", lambda one: "" if one.left is None else f"{one.left:,}"))
    found += [(title, counted(name)) for name, title in _SELDOM if any(getattr(one, name) for one in told.raters)]
    return [*found, ("an hour", lambda one: f"{one.an_hour:.0f}" if one.an_hour else "")]


class ProgressScreen(Keyed):
    """Who has done how much, told anew as it changes. It is asked on a thread, so that keys never wait for it."""

    def __init__(self, name: str, source: ProgressSource) -> None:
        super().__init__()
        self._name = name
        self._source = source

    @property
    def stack(self) -> Stack:
        """A list."""
        return LIST

    def compose(self) -> ComposeResult:
        """A title, the figures, a notice, the keys."""
        self.top = Title(id="items-title")
        self.top.text = f"progress of {self._name}"
        self.list = ProgressRows(id="rows")
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        yield self.top
        yield self.list
        yield self.notice
        yield self.footer

    def on_mount(self) -> None:
        """Begins to ask."""
        self.top.styles.height = 1
        self.desk.dress(self)
        self.notice.say("Asking …")
        self._asking = self._ask()

    def on_unmount(self) -> None:
        """Asks no more."""
        self._asking.cancel()
        self._source.close()

    @work(thread=True, exclusive=True)
    def _ask(self) -> None:
        worker: Worker[None] = get_current_worker()
        while not worker.is_cancelled:
            try:
                told = self._source.ask()
            except ReviewerError as trouble:
                self._say(worker, trouble)
            else:
                self._show(worker, told)
            self._source.wait(_EVERY)

    def _show(self, worker: Worker[None], told: QueueProgress) -> None:
        def show() -> None:
            self.list.told = told
            self.list.redraw()
            self.notice.say("")

        if not worker.is_cancelled:
            self.app.call_from_thread(show)

    def _say(self, worker: Worker[None], trouble: ReviewerError) -> None:
        if not worker.is_cancelled:
            self.app.call_from_thread(self.notice.say, str(trouble), "notice.warning")

    def do_list_up(self) -> None:
        """Goes up one rater."""
        self._move(-1)

    def do_list_down(self) -> None:
        """Goes down one rater."""
        self._move(1)

    def do_list_page_up(self) -> None:
        """Goes up one page."""
        self._move(-self.list.size.height)

    def do_list_page_down(self) -> None:
        """Goes down one page."""
        self._move(self.list.size.height)

    def do_list_home(self) -> None:
        """Goes to the first rater."""
        self.list.first = 0
        self.list.redraw()

    def do_list_end(self) -> None:
        """Goes to the last rater."""
        self._move(len(self.list.told.raters) if self.list.told else 0)

    def _move(self, by: int) -> None:
        self.list.first = max(0, self.list.first + by)
        self.list.redraw()

    def do_app_back(self) -> None:
        """Goes back to the queues."""
        self.dismiss(None)

    def do_list_back(self) -> None:
        """As `do_app_back`."""
        self.do_app_back()
