"""What an item's screen shows of the server that its queue comes from: the mark, the news, and where more is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.session.synchroniser import SyncState, end_words, mark_words

if TYPE_CHECKING:
    from reviewer.tui.screens.item import ItemScreen

_LOOKS = {"offline": "status.waiting", "refused": "status.trouble"}

RECALLED = "The open item was recalled: finish it or go on, what you say is kept."


class OnServer:
    """The server's side of one item screen. Reads what is known and waits for nothing."""

    def __init__(self, screen: ItemScreen) -> None:
        self._screen = screen
        self._due: list[str] = []
        self._saved = 0
        self._fetch = ""
        self._asked = False

    @property
    def state(self) -> SyncState | None:
        """How the queue stands with its server; None for one of this device alone."""
        at_work = self._screen.desk.syncing.at_work
        return at_work.state_of(self._screen.sitting.queue.name) if at_work else None

    def mark(self) -> tuple[str, str]:
        """The mark and the name of its style."""
        state = self.state
        return ("", "status.dim") if state is None else (mark_words(state), _LOOKS.get(state.mark, "status.dim"))

    def label_saved(self) -> None:
        """Lets what has reached the disk since be sent."""
        saved, at_work = self._screen.sitting.saving.saved, self._screen.desk.syncing.at_work
        if saved > self._saved and at_work is not None and self.state is not None:
            at_work.wake(self._screen.sitting.queue.name, saved - self._saved)
        self._saved = saved

    def news(self) -> str:
        """What has happened to the queue and was not told yet; it is told once more with the next item, for here it
        may stand for a moment only."""
        at_work = self._screen.desk.syncing.at_work
        new = at_work.news(self._screen.sitting.queue.name) if at_work else []
        self._due += new
        return " ".join([*self._due, *([RECALLED] if self._is_recalled() else [])]) if new else ""

    def _is_recalled(self) -> bool:
        view = self._screen.sitting.view
        return view is not None and self._screen.sitting.walk.is_recalled(view.seq)

    def has_fetched(self) -> bool:
        """Whether asking for more has come to something since this was asked last."""
        before, self._fetch = self._fetch, self.state.fetch if self.state else ""
        return before != self._fetch

    def item_shown(self, *, speaks: bool) -> str:
        """An item is on the screen: what is to be told with it, if it `speaks`."""
        self._asked = False
        if not speaks:
            return ""
        said, self._due = " ".join(self._due), []
        return said

    def end(self) -> str:
        """What stands where nothing is left, and asks for more; empty for a queue of this device alone."""
        at_work = self._screen.desk.syncing.at_work
        state = self.state
        if at_work is None or state is None:
            return ""
        if not self._asked:
            self._asked = True
            at_work.pull(self._screen.sitting.queue.name)
            state = self.state or state
        return end_words(state)
