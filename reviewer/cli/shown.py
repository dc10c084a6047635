"""How figures look in a terminal: sentences, tables, and intervals drawn in characters."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_NARROWEST = 12


def standard_output() -> Console:
    """Standard output, on which nothing is read as markup."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def say(console: Console, text: str, *, bold: bool = False) -> None:
    """Prints a sentence."""
    from rich.text import Text

    console.print(Text(flat(text), style="bold" if bold else ""))


def grid(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """Prints a table; the columns in `numbers` are set to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Grid
    from rich.text import Text

    table = Grid(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for at, heading in enumerate(headings):
        table.add_column(Text(flat(heading)), justify="right" if at in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(flat(cell)) for cell in row))
    console.print(table)


def bars(console: Console, title: str, rows: Sequence[tuple[str, float, float | None, float | None]]) -> None:
    """Draws names with a value and its limits on one line, one below the other; nothing where there is no room."""
    ends = [end for _, *figures in rows for end in figures if end is not None]
    least, most = min(ends, default=0.0), max(ends, default=0.0)
    if most - least < 1e-9:
        return
    label = min(max(len(flat(name)) for name, *_ in rows), max(8, console.width // 3))
    width = min(console.width - label - 4, 72)
    if width < _NARROWEST:
        return
    say(console, title)
    line, left, right, dot = ("-", "|", "|", "o") if _ascii(console) else ("─", "├", "┤", "●")

    def at(value: float) -> int:
        return round((value - least) / (most - least) * (width - 1))

    for name, value, low, high in rows:
        cells = [" "] * width
        if low is not None and high is not None:
            for cell in range(at(low), at(high) + 1):
                cells[cell] = line
            cells[at(low)], cells[at(high)] = left, right
        cells[at(value)] = dot
        say(console, f"{cut(flat(name), label).ljust(label)}  {''.join(cells).rstrip()}")
    scale = f"{least:+.2f}"
    say(console, f"{' ' * label}  {scale}{f'{most:+.2f}'.rjust(width - len(scale))}")
    console.print()


def many(number: int, what: str) -> str:
    """The number of things, with the thing in the plural where it is not one."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def cut(text: str, width: int) -> str:
    """The text, shortened to `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def flat(text: str) -> str:
    """The text on one line, with what a terminal would obey made visible."""
    from reviewer.text.sanitise import visible

    return " ".join(visible(text).split("\n"))


@contextmanager
def working(word: str, *, hidden: bool) -> Iterator[None]:
    """A word that work goes on, on a terminal; nothing elsewhere."""
    if hidden or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(word):
        yield


def _ascii(console: Console) -> bool:
    return not console.encoding.lower().startswith("utf")
