"""Panes that scroll together, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.tui.panes.reading import ReadingPane


class Together:
    """Several panes moved as one. A shorter text waits at its end while a longer one goes on; what was moved apart
    stays apart by as many rows, until both are sent to an end."""

    def __init__(self, panes: Sequence[ReadingPane]) -> None:
        self._panes = list(panes)
        self.lead = self._panes[0]
        """The pane whose height makes a page."""
        self._at = 0
        self._apart = [0] * len(self._panes)
        self._tops = [pane.top for pane in self._panes]

    def scroll_rows(self, rows: int) -> None:
        """Moves all down, or up when negative."""
        self._hear_of_moves()
        wanted = self._at + rows
        for pane, apart in zip(self._panes, self._apart, strict=True):
            pane.go_to_row(wanted + apart)
        reached = [pane.top - apart for pane, apart in zip(self._panes, self._apart, strict=True)]
        self._at = min(wanted, max(reached)) if rows > 0 else max(wanted, min(reached))
        self._tops = [pane.top for pane in self._panes]

    def page(self, direction: int) -> None:
        """A page down (1) or up (-1), keeping one row for the eye."""
        self.scroll_rows(direction * max(1, self.lead.rows_in_sight - 1))

    def half_page(self, direction: int) -> None:
        """Half a page down (1) or up (-1)."""
        self.scroll_rows(direction * max(1, self.lead.rows_in_sight // 2))

    def home(self) -> None:
        """All to the beginning."""
        for pane in self._panes:
            pane.home()
        self._settle(0)

    def end(self) -> None:
        """Each to its own end."""
        for pane in self._panes:
            pane.end()
        self._settle(max(pane.top for pane in self._panes))

    def begin(self) -> None:
        """The panes show other texts now, from their tops."""
        self._settle(0)

    def _settle(self, at: int) -> None:
        self._at = at
        self._apart = [0] * len(self._panes)
        self._tops = [pane.top for pane in self._panes]

    def _hear_of_moves(self) -> None:
        """What moved one of them alone, a hit that was found or a wheel, has moved it apart."""
        for number, pane in enumerate(self._panes):
            if pane.top != self._tops[number]:
                self._apart[number] = pane.top - self._at
