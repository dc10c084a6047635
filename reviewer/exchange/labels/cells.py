"""The columns of a table of labels, and cells that a spreadsheet program does not take for a formula.

A text that begins with = + - @, a tab or a carriage return would be run by a spreadsheet; it is written with an
apostrophe before it, as is one that begins with apostrophes and then such a sign. Reading takes one apostrophe
away from exactly these, so that nothing is lost. Numbers are written as they are.
"""

from __future__ import annotations

import re

COLUMNS = (
    "label",
    "queue",
    "item",
    "output",
    "system",
    "rater",
    "phase",
    "outcome",
    "criterion",
    "value",
    "criterion_rationale",
    "label_rationale",
    "revision",
    "shown_order",
    "rubric",
    "active_seconds",
    "committed_at",
    "repeat",
)
SEPARATOR = "|"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """The cell of a text."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text of a cell."""
    return cell[1:] if _GUARDED.match(cell) else cell


def rationale_cell(entry: object) -> str:
    """The cell of a rationale: its quick reasons, then its text."""
    if not isinstance(entry, dict):
        return ""
    reasons = "; ".join(str(reason) for reason in entry.get("reasons") or [])
    text = str(entry.get("text") or "")
    return guarded(f"{reasons}: {text}" if reasons and text else reasons or text)


def rubric_cell(name: str, content_hash: str) -> str:
    """The cell that names a rubric version: its name and the beginning of its content hash."""
    return guarded(f"{name}@{content_hash[:12]}")
