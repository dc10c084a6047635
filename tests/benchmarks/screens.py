"""How the programs are read: what on the screen says which item it is, where it stands, and what is saved.

All knowledge of the workstation's looks stands here; a change of its status line is a change of one expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tests.benchmarks.corpus import CRITERIA, PANES
from tests.pty.terminal import Predicate, Rows

_MARK: Final = re.compile(r"(?<![0-9A-Za-z])([PCOX])(\d{5,7})(?!\d)")
_POSITION: Final = re.compile(r"(?<![\d/])(\d[\d,_\u202f ]*?)\s*(?:/|of)\s*(\d[\d,_\u202f]*)(?![\d/])")
_SAVED: Final = re.compile(r"(?<!un)(?<!not )saved(?:\s+(\d+))?", re.IGNORECASE)
_UNSAVED: Final = re.compile(r"unsaved|not saved|saving", re.IGNORECASE)
_LISTED: Final = re.compile(r"(?<![0-9A-Za-z])P\d{5,7}")
_LISTED_ROWS: Final = 5


def item_on(rows: Rows, panes: Iterable[str] = PANES) -> int | None:
    """The number of the item that every pane shows; none while a pane is empty or still holds another item."""
    seen: dict[str, set[str]] = {pane: set() for pane in panes}
    for row in rows:
        for pane, number in _MARK.findall(row):
            seen.setdefault(pane, set()).add(number)
    numbers = set().union(*seen.values())
    if len(numbers) != 1 or not all(seen.values()):
        return None
    return int(numbers.pop())


def position_on(rows: Rows, total: int) -> int | None:
    """The position that is shown beside the queue's size, as in `17/500` or `17 of 500`."""
    for row in reversed(rows):
        for position, size in _POSITION.findall(row):
            if _number(size) == total:
                return _number(position)
    return None


def form_on(rows: Rows, criteria: tuple[str, ...] = CRITERIA) -> bool:
    """Whether every criterion of the form can be read."""
    screen = "\n".join(rows)
    return all(label in screen for label in criteria)


def item_shown(
    total: int, before: Rows | None = None, criteria: tuple[str, ...] = CRITERIA, panes: Iterable[str] = PANES
) -> Predicate:
    """Holds when an item stands in every pane, with its form and its position; another one than on `before`.

    Both the texts and the position must have changed: a screen half of which is the old item's does not count.
    """
    old_item = item_on(before, panes) if before else None
    old_position = position_on(before, total) if before else None

    def holds(rows: Rows) -> bool:
        return (
            item_on(rows, panes) not in (None, old_item)
            and position_on(rows, total) not in (None, old_position)
            and form_on(rows, criteria)
        )

    return holds


def saved_mark(rows: Rows) -> str | None:
    """The mark that says that what was submitted is on the disk, none while it says otherwise."""
    for row in reversed(rows):
        if _UNSAVED.search(row):
            return None
        if found := _SAVED.search(row):
            return found.group(0)
    return None


def item_saved(
    total: int, before: Rows, criteria: tuple[str, ...] = CRITERIA, panes: Iterable[str] = PANES
) -> Predicate:
    """Holds when another item is shown and the saved mark stands; if the mark counts, with another count."""
    shown = item_shown(total, before, criteria, panes)
    earlier = saved_mark(before)
    counts = earlier is not None and earlier[-1].isdigit()

    def holds(rows: Rows) -> bool:
        mark = saved_mark(rows)
        return mark is not None and not (counts and mark == earlier) and shown(rows)

    return holds


def changed_beside_status(before: Rows, total: int) -> Predicate:
    """Holds when a row differs from `before`, not counting the status line, whose clock may tick at any time."""

    def body(rows: Rows) -> Rows:
        return [row for row in rows if position_on([row], total) is None]

    kept = body(before)
    return lambda rows: body(rows) != kept


def list_shown(rows: Rows) -> bool:
    """Whether a list of items stands on the screen."""
    return sum(1 for row in rows if _LISTED.search(row)) >= _LISTED_ROWS


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
