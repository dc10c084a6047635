"""The words in which two outputs differ, computed before anybody asks for them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate

from textual import work

from reviewer.session.view import TaskView
from reviewer.text.differences import differences
from reviewer.text.styled import Span
from reviewer.tui.panes.marks import Marks
from reviewer.tui.screens.several import Several
from reviewer.tui.screens.sources import sources

_AT_ONCE = 20_000
"""Two texts that are both shorter are compared between two keys; longer ones in a thread."""
_AHEAD = 64_000
"""Beyond this, texts are compared only while differences are marked: it would take the processor from the rater."""
_KEPT = 12
_BETWEEN = "\n\n"
_BREATH = 0.001
_WAIT = 0.05

Sides = tuple[Marks, Marks]


class Differing(Several):
    """Marks the differing words in both sides, from item to item until that is ended."""

    differing = False

    def on_mount(self) -> None:
        """Nothing is compared yet."""
        self._compared: OrderedDict[str, Sides] = OrderedDict()
        self._comparing: set[str] = set()

    def do_compare_differences(self) -> None:
        """Marks the words that differ, or marks them no more."""
        self.differing = not self.differing
        view = self.sitting.view
        if view is None or not self.differing:
            self.notice.say("" if view is None else "Differences are not marked.")
            self._mark(None)
            return
        if not self._is_long(view):
            self._compare(view)
        self._mark(view)

    def marks_of(self, view: TaskView, number: int) -> Marks | None:
        """The differing words of a side, where they are wanted and known."""
        sides = self._compared.get(view.task) if self.differing else None
        return sides[number] if sides else None

    def _mark(self, view: TaskView | None) -> None:
        for number, pane in enumerate(self.outputs):
            pane.mark(self.marks_of(view, number) if view else None)
        if view is not None:
            self.notice.say(self._said(view))

    def _said(self, view: TaskView) -> str:
        sides = self._compared.get(view.task)
        if sides is None:
            self._compare_in_thread(view)
            return "Still comparing: the differences are marked as soon as they are known."
        count = max(sum(len(part) for part in side.parts) for side in sides)
        if not count:
            return "No word differs."
        return f"{count} difference{'' if count == 1 else 's'} marked; {self.key_of('compare.differences')} ends it."

    # -- comparing -------------------------------------------------------------------------------------

    def ponder(self, likely: list[TaskView]) -> Iterator[float]:
        """Compares and draws the open item, so that a key has only to show it, and compares those that come."""
        view = self.sitting.view
        if view is None:
            return
        yield from self._compare_ahead(view)
        sides = self._compared.get(view.task)
        for number, output in enumerate(sources(view, 0).outputs if sides else ()):
            yield from self.prepare_pane(self.outputs[number], output.text, marks=sides[number] if sides else None)
        for one in likely:
            yield from self._compare_ahead(one)

    def prepare_view(self, view: TaskView) -> Iterator[float]:
        """Where differences are marked, compares before drawing, so that what is drawn has its marks."""
        if self.differing:
            yield from self._compare_ahead(view)
        yield from super().prepare_view(view)

    def _compare_ahead(self, view: TaskView) -> Iterator[float]:
        if view.task in self._compared:
            return
        yield _BREATH
        if not self._is_long(view):
            self._compare(view)
            return
        if not self.differing and self._is_long(view, _AHEAD):
            return
        self._compare_in_thread(view)
        while self.differing and view.task in self._comparing:
            yield _WAIT

    @staticmethod
    def _is_long(view: TaskView, limit: int = _AT_ONCE) -> bool:
        return any(sum(len(turn.text) for turn in output.turns) >= limit for output in view.outputs)

    def _compare(self, view: TaskView) -> None:
        if view.task not in self._compared:
            self._keep(view.task, _compared(view))

    def _keep(self, task: str, sides: Sides) -> None:
        self._compared[task] = sides
        if len(self._compared) > _KEPT:
            self._compared.popitem(last=False)

    def _compare_in_thread(self, view: TaskView) -> None:
        if view.task not in self._compared and view.task not in self._comparing:
            self._comparing.add(view.task)
            self._compare_long(view)

    @work(thread=True)
    def _compare_long(self, view: TaskView) -> None:
        sides = _compared(view)
        self.app.call_from_thread(self._take, view.task, sides)

    def _take(self, task: str, sides: Sides) -> None:
        self._comparing.discard(task)
        if self.sitting.closed:
            return
        self._keep(task, sides)
        view = self.sitting.view
        if self.differing and view is not None and view.task == task:
            self._mark(view)


def _compared(view: TaskView) -> Sides:
    texts = [[turn.text for turn in output.turns] for output in view.outputs]
    first, second = differences(*(_BETWEEN.join(parts) for parts in texts))
    return Marks(_of_parts(first, texts[0])), Marks(_of_parts(second, texts[1]))


def _of_parts(spans: Sequence[Span], parts: Sequence[str]) -> list[list[Span]]:
    """Spans of the joined texts as spans of each text."""
    begins = [0, *accumulate(len(part) + len(_BETWEEN) for part in parts)]
    found: list[list[Span]] = []
    for begin, part in zip(begins, parts, strict=False):
        inside = [Span(max(0, start - begin), min(len(part), end - begin), style) for start, end, style in spans]
        found.append([span for span in inside if span.start < span.end])
    return found
