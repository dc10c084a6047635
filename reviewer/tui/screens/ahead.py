"""Work that is done before it is asked for: the items that are likely next, laid out and drawn while nobody types."""

from __future__ import annotations

from collections.abc import Iterator

from textual.timer import Timer

from reviewer.session.sitting import Sitting
from reviewer.session.view import TaskView
from reviewer.tui.panes.drawn import Source
from reviewer.tui.panes.marks import Marks
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.screens.divided import Divided
from reviewer.tui.screens.sources import Sources, sources

_AHEAD_AFTER = 0.012
_REST_AFTER = 0.3
_SLICE = 0.003
_LONG = 20_000
_BREATH = 0.001
_REST_BREATH = 0.012
"""Between slices of what nobody waits for: a key passes through many turns of the loop, and would wait in each."""


class LookingAhead(Divided):
    """A screen of items that makes the next ones ready."""

    def __init__(self, sitting: Sitting) -> None:
        super().__init__(sitting)
        self._ahead_timer: Timer | None = None
        self._ahead: Iterator[float] | None = None
        self._ahead_pause = 0.0

    def begin_ahead(self) -> None:
        """Begins anew, from the item that is open now."""
        self._ahead = None
        self._ahead_pause = 0.0
        self.put_off_ahead()

    def put_off_ahead(self) -> None:
        """Lets a key go first: the work goes on a moment later."""
        if self._ahead_timer is not None:
            self._ahead_timer.stop()
            self._ahead_timer = None
        self._plan_ahead()

    def _plan_ahead(self) -> None:
        if self._ahead_timer is None:
            self._ahead_timer = self.set_timer(max(_AHEAD_AFTER, self._ahead_pause), self._work_ahead)

    def _work_ahead(self) -> None:
        self._ahead_timer = None
        if self.sitting.closed:
            return
        if self._ahead is None:
            self._ahead = self._look_ahead()
        pause = next(self._ahead, None)
        if pause is not None:
            self._ahead_pause = pause
            self._ahead_timer = self.set_timer(pause, self._work_ahead)

    def _look_ahead(self) -> Iterator[float]:
        """Work in slices, each with the pause that goes before the next: first the items that are likely next, and,
        when no key has come for a while, the rest of the long texts that are open."""
        likely: list[TaskView] = []
        for view in self.sitting.ahead():
            yield _BREATH
            likely.append(view)
            yield from self.prepare_view(view)
        yield from self.ponder(likely)
        panes = self.panes.values()
        for pane in sorted(panes, key=_length):
            if _length(pane) > _LONG:
                yield _REST_AFTER
            while not pane.idle(_SLICE):
                yield _REST_BREATH
        self.desk.tidy()

    def ponder(self, likely: list[TaskView]) -> Iterator[float]:
        """More work that can be done ahead, once what is likely next is ready to be shown: none here."""
        del likely
        return iter(())

    def prepare_view(self, view: TaskView) -> Iterator[float]:
        """Work, in slices, that makes an item ready to be shown."""
        shown = sources(view, 0)
        yield from self.prepare_outputs(view, shown)
        yield from self.prepare_pane(self.context, shown.context)
        yield from self.prepare_pane(self.prompt, shown.prompt)

    def prepare_outputs(self, view: TaskView, shown: Sources) -> Iterator[float]:
        """Work, in slices, that makes the outputs of an item ready to be shown."""
        del view
        for pane, output in zip(self.outputs, shown.outputs, strict=False):
            yield from self.prepare_pane(pane, output.text)

    def prepare_pane(
        self, pane: ReadingPane, source: Source, *, marks: Marks | None = None, rows: int = 0
    ) -> Iterator[float]:
        """Work, in slices, that makes one pane ready."""
        while pane.display and not pane.prepare(source, _SLICE, marks=marks, rows=rows):
            yield _BREATH
        yield _BREATH


def _length(pane: ReadingPane) -> int:
    return sum(len(part.text) for part in pane.document.parts)
