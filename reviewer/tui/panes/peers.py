"""The panel's labels side by side: a row a rater, the spread of each criterion, and what everybody wrote in full."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reviewer.rubric import Criterion
from reviewer.rubric.questions import PreferenceQuestion
from reviewer.session.panel import PeerLabel, TaskPanel
from reviewer.session.spreads import Spread, value_told
from reviewer.text.cells import width as cells_of
from reviewer.text.layout import Layout
from reviewer.text.styled import Builder, Styled
from reviewer.tui.panes.compared import SHORT_STEPS
from reviewer.tui.panes.drawn import Source
from reviewer.tui.panes.peer_rows import add_text, cell, flat, headed
from reviewer.tui.panes.peer_table import add_table
from reviewer.tui.panes.peer_words import written
from reviewer.tui.panes.reading import ReadingPane

Section = Callable[[int], Styled | None]
"""A piece of the text for a width; None where there is nothing to tell."""

_GAP = 2
_MOST_BARS = 12
_MOST_STEPS = 11
_KEPT = 24
_SHORT = 60_000


@dataclass(frozen=True)
class Remark:
    """A note of the discussion: who wrote it, when, and what."""

    author: str
    at: str
    text: str


@dataclass(frozen=True, eq=False)
class Told:
    """What the pane tells of one task.

    `focus` is the key of the focused criterion, and `criterion` that criterion as the rubric in force describes it.
    """

    panel: TaskPanel
    focus: str = ""
    criterion: Criterion | None = None
    remarks: Sequence[Remark] = ()
    with_notes: bool = False
    _laid_out: dict[int, PeersLayout] = field(default_factory=dict, repr=False)

    def sections(self) -> Iterator[Section]:
        """The pieces in their order."""
        yield self._table
        yield self._spreads
        for label in self.panel.labels:
            yield partial(self._written, label)
        yield self._discussion
        yield self._examples

    @property
    def is_short(self) -> bool:
        """Whether everything that was written can be laid out at once."""
        said = [label for one in self.panel.labels for label in (one, one.after) if label]
        whole = sum(len(str(entry.get("text"))) for label in said for entry in label.rationale.values())
        return whole + sum(len(remark.text) for remark in self.remarks) < _SHORT

    def layout(self, width: int) -> PeersLayout:
        """The text at a width, the same one every time."""
        found = self._laid_out.get(width)
        if found is None:
            self._laid_out.clear()
            found = self._laid_out[width] = PeersLayout(self, width)
        return found

    def _table(self, width: int) -> Styled:
        out = Builder()
        add_table(out, self.panel, self.focus, width)
        return out.styled()

    def _spreads(self, width: int) -> Styled | None:
        panel = self.panel
        if sum(label.counts for label in panel.labels) < 2:
            return None
        out = headed("Spread")
        after = {spread.key: spread for spread in panel.after}
        label_width = min(max(cells_of(spread.title) for spread in panel.spreads), max(12, width // 3))
        for spread in panel.spreads:
            focused = spread.key == self.focus
            question = panel.questions[spread.key]
            out.begin("", " " * (label_width + 2 * _GAP))
            out.add("▸ " if focused else "  ", "key")
            out.add(cell(spread.title, label_width), "strong" if focused else "")
            room = width - label_width - 2 * _GAP
            for text, style in _spread_drawn(question, spread, room):
                out.add(text, style)
            out.end_line()
            later = after.get(spread.key)
            if later is not None and later.told != spread.told:
                out.begin(" " * (label_width + 2 * _GAP), " " * (label_width + 2 * _GAP))
                out.add(f"after the second votes: {flat(later.told)}", "good")
                out.end_line()
        return out.styled()

    def _written(self, label: PeerLabel, width: int) -> Styled | None:
        del width
        return written(label, self.panel.questions, with_notes=self.with_notes)

    def _discussion(self, width: int) -> Styled | None:
        del width
        if not self.remarks:
            return None
        out = headed("Discussion")
        for remark in self.remarks:
            out.begin("  ", "  ")
            out.add(flat(remark.author), "strong")
            out.add(f" {remark.at[:16].replace('T', ' ')}", "dim")
            out.end_line()
            add_text(out, "", remark.text)
        return out.styled()

    def _examples(self, width: int) -> Styled | None:
        del width
        criterion = self.criterion
        levels = _levels_at_issue(criterion, self.panel, self.focus) if criterion is not None else []
        if criterion is None or not levels:
            return None
        out = headed(f"The rubric on {flat(criterion.title)}")
        for value, level in levels:
            out.begin("  ", "    ")
            out.add(flat(value_told(criterion, value)), "strong")
            out.add(f"  {flat(level.label)}" if level.label else "")
            out.end_line()
            for example in level.examples:
                add_text(out, "▪ ", f"“{example.output}”")
                add_text(out, "  ", example.why, "form.note")
        return out.styled()


class PeersLayout(Layout):
    """Rows of a panel: told piece by piece, as far as anyone has looked."""

    def __init__(self, told: Told, width: int) -> None:
        super().__init__((), width)
        self._sections = enumerate(told.sections())

    def _advance(self) -> None:
        for number, section in self._sections:
            styled = section(self.width)
            if styled is not None:
                self._append(number, -1, styled)
                return
        self.complete = True


class PeersPane(ReadingPane):
    """Shows what a panel said; what others wrote is drawn as it stands, and none of it is Markdown."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._told: Told | None = None

    def tell(self, told: Told, *, title: str, subtitle: str = "", stay: bool = False) -> None:
        """Shows `told` from its top, or with `stay` from the row that stands first now."""
        top = self.top
        self._told = told
        self.show(self._laid_out_whole(told, self._at_width), title=title, subtitle=subtitle)
        if stay and top:
            self.go_to_row(top)

    def prepare_told(self, told: Told, budget: float) -> bool:
        """Lays out and draws ahead what `tell` would show, for about `budget` seconds; True when nothing is left."""
        if not self.display:
            return True
        layout = told.layout(self._at_width)
        if told.is_short and not layout.complete:
            layout.step(budget)
            return False
        return self.prepare(layout, budget)

    def set_mode(self, mode: object) -> None:
        """There is one way to show it."""

    def text_for_copy(self) -> str:
        """The selected text, else everything that is told."""
        self.document.finish()
        selection = self.text_selection
        selected = self.get_selection(selection) if selection is not None else None
        return selected[0] if selected is not None and selected[0] else self.document.text

    @staticmethod
    def _laid_out_whole(told: Told, width: int) -> PeersLayout:
        """The text at a width, laid out to its end where that takes no time, so that the scroll bar stays where it
        is."""
        layout = told.layout(width)
        if told.is_short:
            layout.finish()
        return layout

    @property
    def _at_width(self) -> int:
        return self._width or self.document.width

    def _laid_out(self, source: Source) -> Layout:
        return source if isinstance(source, PeersLayout) else super()._laid_out(source)

    def _lay_out_again(self, width: int) -> None:
        if self._told is None:
            super()._lay_out_again(width)
            return
        anchor = self._document.offset_at(self._top) if self._top else None
        self._forget_search()
        self._document = self._laid_out_whole(self._told, width)
        self._top = self._document.row_of(anchor) if anchor is not None else 0


class ToldCache:
    """What was told of the tasks looked at last, made anew where anything of it has changed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[tuple[object, ...], Told]] = OrderedDict()

    def get(
        self,
        panel: TaskPanel,
        focus: str,
        criterion: Criterion | None,
        remarks: Sequence[Remark],
        *,
        with_notes: bool = False,
    ) -> Told:
        """What is told of `panel`."""
        key = (id(panel), focus, tuple(remarks), id(criterion))
        kept = self._kept.get(panel.task)
        if kept is not None and kept[0] == key:
            self._kept.move_to_end(panel.task)
            return kept[1]
        told = Told(panel, focus, criterion, tuple(remarks), with_notes)
        self._kept[panel.task] = (key, told)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return told


# Spreads


def _spread_drawn(question: Criterion, spread: Spread, room: int) -> Iterator[tuple[str, str]]:
    """How often each step was given, where there is room, and the range in words."""
    told = f"  {flat(spread.told)}"
    style = "warn" if spread.differ else "good"
    steps = _steps(question)
    if steps and len(steps) <= _MOST_STEPS:
        given = [value for _, value in spread.values]
        bars = "".join(f"  {word}{f' {_bar(given.count(step))}' if step in given else ''}" for step, word in steps)
        if cells_of(bars) + cells_of(told) <= room:
            yield bars, "form.scale"
    yield told, style


def _steps(question: Criterion) -> list[tuple[Any, str]]:
    if isinstance(question, PreferenceQuestion):
        words = SHORT_STEPS[question.asked.scale]
        return [(option.value, words[option.value]) for option in question.options]
    return [(step, str(step)) for step in question.steps]


def _bar(count: int) -> str:
    return "▪" * count if count <= _MOST_BARS else f"▪×{count}"


def _levels_at_issue(criterion: Criterion, panel: TaskPanel, key: str) -> list[tuple[Any, Any]]:
    """The described levels that somebody gave, and those between them; all where that is none."""
    described = criterion.described()
    spread = next((one for one in panel.spreads if one.key == key), None)
    if spread is None or panel.questions.get(key) is None or panel.questions[key].type != criterion.type:
        return list(described)
    given = [value for _, value in spread.values]
    if criterion.type == "scale" and spread.low is not None and spread.high is not None:
        low, high = spread.low, spread.high
        found = [entry for entry in described if low <= float(entry[0]) <= high]
    else:
        chosen = [one for value in given for one in (value if isinstance(value, list) else [value])]
        found = [entry for entry in described if entry[0] in chosen]
    return found or list(described)
