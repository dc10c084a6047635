"""The keys as people read them: help screen, footer and README table, all from the bindings as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reviewer.errors import BadInput
from reviewer.keys.actions import ACTIONS, BY_CONTEXT, Action
from reviewer.keys.contexts import Context, Stack
from reviewer.keys.keymap import Keymap
from reviewer.keys.names import glyph

BEGIN = "<!-- keys:begin -->"
END = "<!-- keys:end -->"
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the help: an action, or a row of digits, with its keys as people write them."""

    action: str
    keys: tuple[str, ...]
    label: str
    description: str
    shown: int


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one context under its heading."""

    context: Context
    heading: str
    rows: tuple[Row, ...]


def sections(keymap: Keymap, stack: Stack | None = None) -> tuple[Section, ...]:
    """The help: every context in turn, or those of `stack`, innermost first, with only the keys that arrive there.

    Actions without a key are left out.
    """
    contexts = tuple(Context) if stack is None else stack.contexts
    found = (Section(context, context.heading, tuple(_rows(keymap, context, stack))) for context in contexts)
    return tuple(section for section in found if section.rows)


def footer_hints(keymap: Keymap, stack: Stack, width: int) -> tuple[tuple[str, str], ...]:
    """Key and label of what matters most on a screen of `stack`, as many as `width` cells hold."""
    from rich.cells import cell_len

    rows = [row for section in sections(keymap, stack) for row in section.rows if row.shown]
    hints: list[tuple[str, str]] = []
    left = width + len(_GAP)
    for row in sorted(rows, key=lambda row: row.shown):
        left -= cell_len(f"{row.keys[0]} {row.label}{_GAP}")
        if left < 0:
            break
        hints.append((row.keys[0], row.label))
    return tuple(hints)


def footer(keymap: Keymap, stack: Stack, width: int) -> str:
    """`footer_hints` as one line of text, never wider than `width` cells."""
    return _GAP.join(f"{key} {label}" for key, label in footer_hints(keymap, stack, width))


def readme_table(keymap: Keymap) -> str:
    """The keys as a Markdown table between the markers that `put_in_readme` looks for."""
    lines = [BEGIN, "", "| Where | Keys |", "| --- | --- |"]
    for section in sections(keymap):
        hints = (f"{' '.join(_code(key) for key in row.keys)} {row.label}" for row in section.rows)
        lines.append(f"| {section.heading} | {' · '.join(hints)} |")
    return "\n".join([*lines, "", END])


def put_in_readme(text: str, keymap: Keymap) -> str:
    """`text` with what stands between its markers replaced by the table of `keymap`.

    Raises BadInput where a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BadInput("the text has no place for the keys.", mend=f"Write {BEGIN} and {END} on lines of their own.")
    return before + readme_table(keymap) + after


def unbound(keymap: Keymap) -> tuple[Action, ...]:
    """The actions that have no key, which only the command palette can run."""
    return tuple(action for name, action in ACTIONS.items() if not keymap.keys(name))


def _rows(keymap: Keymap, context: Context, stack: Stack | None) -> Iterator[Row]:
    done: set[str] = set()
    for action in BY_CONTEXT[context]:
        name = action.family or action.name
        if name in done:
            continue
        done.add(name)
        members = [each for each in BY_CONTEXT[context] if name in (each.family, each.name)]
        keys = [_heard(keymap, member, stack) for member in members]
        shown = tuple(glyph(key) for key in keys[0]) if len(members) == 1 else tuple(_columns(keys))
        if shown:
            called = f"{action.family}_n" if action.family else name
            yield Row(called, shown, action.label, action.description, action.shown)


def _heard(keymap: Keymap, action: Action, stack: Stack | None) -> tuple[str, ...]:
    if stack is None:
        return keymap.keys(action.name)
    return () if action.name in stack.absent else keymap.reaching(stack, action.name)


def _columns(keys: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first keys of a row of digits, then the second, …: `0–9` where they follow each other."""
    for column in range(max(len(each) for each in keys)):
        present = [glyph(each[column]) for each in keys if column < len(each)]
        yield _run(present)


def _run(keys: Sequence[str]) -> str:
    follow = len(keys) > 2 and all(
        len(one) == len(other) == 1 and ord(other) == ord(one) + 1 for one, other in pairwise(keys)
    )
    return f"{keys[0]}–{keys[-1]}" if follow else " ".join(keys)


def _code(key: str) -> str:
    """A key in Markdown's code, safe in a table."""
    escaped = key.replace("|", "\\|")
    return f"`` {escaped} ``" if "`" in escaped else f"`{escaped}`"
