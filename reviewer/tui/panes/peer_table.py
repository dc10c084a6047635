"""The table of a panel's labels: a row a rater, a column a criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.rubric import Criterion
from reviewer.rubric.questions import PreferenceQuestion
from reviewer.session.panel import PeerLabel, TaskPanel
from reviewer.session.spreads import titled, value_told
from reviewer.session.work import LABEL
from reviewer.text.cells import width as cells_of
from reviewer.text.styled import Builder
from reviewer.tui.panes.compared import SHORT_STEPS
from reviewer.tui.panes.peer_rows import cell, flat, named

_WIDEST, _NARROWEST = 18, 5
_WIDEST_NAME = 20
_GAP = 2


@dataclass(frozen=True)
class _Column:
    key: str
    title: str
    cells: tuple[str, ...]


def add_table(out: Builder, panel: TaskPanel, focus: str, width: int) -> None:
    """Adds the table, in several bands where one row has no room for all criteria."""
    names = [named(label) for label in panel.labels]
    columns = [
        _Column(key, titled(key, question), tuple(_answer(question, key, label) for label in panel.labels))
        for key, question in panel.questions.items()
        if question.type != "text"
    ]
    longest = max((cells_of(name) for name in [*names, *map(flat, panel.missing)]), default=0)
    name_width = min(longest, _WIDEST_NAME, max(8, width // 3))
    if not panel.labels and not panel.missing:
        out.add("Nobody has rated this item.", "dim")
        out.end_line()
    for number, (band, cells) in enumerate(_bands(columns, width - name_width - 2)):
        if number:
            out.end_line()
        _add_band(out, panel, focus, names, name_width, band, cells)
    for name in panel.missing:
        out.add(f"  {cell(name, name_width)}  no label", "dim")
        out.end_line()
    if any(label.outcome == "submitted" and not label.counts for label in panel.labels):
        out.add("  ° not counted: given beside the overlap, or after others' judgment was seen", "dim")
        out.end_line()


def _add_band(
    out: Builder,
    panel: TaskPanel,
    focus: str,
    names: Sequence[str],
    name_width: int,
    band: Sequence[_Column],
    cells: Sequence[int],
) -> None:
    out.add(" " * (name_width + 2))
    for column, wide in zip(band, cells, strict=True):
        out.add(" " * _GAP)
        focused = column.key == focus
        out.add(cell(f"▸{column.title}" if focused else column.title, wide), "table.header")
    out.end_line()
    for number, (name, label) in enumerate(zip(names, panel.labels, strict=True)):
        counts = label.counts or label.outcome != "submitted"
        out.add("▸ " if label.mine else "  ", "key")
        out.add(cell(name, name_width), "strong" if label.mine else "" if counts else "dim")
        if label.outcome != "submitted" and label.after is None:
            reason = label.rationale.get(LABEL, {}).get("text", "")
            out.add(f"  {label.outcome.replace('_', ' ')}{f': {flat(reason)}' if reason else ''}", "dim")
        else:
            for column, wide in zip(band, cells, strict=True):
                answer = column.cells[number]
                style = "form.value" if "→" in answer else "" if counts else "dim"
                out.add(" " * _GAP)
                out.add(cell(answer, wide), style)
        out.begin("", "    ")
        out.end_line()


def _bands(columns: Sequence[_Column], room: int) -> Iterator[tuple[Sequence[_Column], list[int]]]:
    """The columns with their widths; in several bands where one row has no room for all."""
    if not columns:
        yield (), []
        return
    for most in range(_WIDEST, _NARROWEST - 1, -1):
        cells = [_wide(column, most) for column in columns]
        if sum(cells) + _GAP * len(cells) <= room:
            yield columns, cells
            return
    first = 0
    while first < len(columns):
        cells, used = [], 0
        for column in columns[first:]:
            wide = _wide(column, 2 * _NARROWEST)
            if cells and used + wide + _GAP > room:
                break
            cells.append(wide)
            used += wide + _GAP
        yield columns[first : first + len(cells)], cells
        first += len(cells)


def _wide(column: _Column, most: int) -> int:
    return max(1, min(most, max(cells_of(flat(text)) for text in (column.title, *column.cells))))


def _answer(question: Criterion, key: str, label: PeerLabel) -> str:
    first = _short(question, label.values[key]) if key in label.values else "–"
    if label.after is None or key not in label.after.values:
        return first
    later = _short(question, label.after.values[key])
    return first if later == first else f"{first} → {later}"


def _short(question: Criterion, value: Any) -> str:
    if isinstance(question, PreferenceQuestion) and not isinstance(value, bool):
        return SHORT_STEPS[question.asked.scale].get(value, str(value)) if isinstance(value, int | str) else str(value)
    return value_told(question, value)
