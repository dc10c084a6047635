"""The rating screen's three panes, made of the framework's own widgets: `panes.py static|markdown ITEMS.jsonl`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Markdown, Static

_COLUMNS = ("prompt", "context", "output")


class PanesApp(App[None]):
    """Prompt, context and output side by side, a form that is only drawn, and the position; all items in memory."""

    CSS = """
    VerticalScroll { width: 1fr; border: round $primary; }
    #form { height: 3; }
    #position { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket,enter", "step(1)", "next"),
        Binding("left_square_bracket", "step(-1)", "previous"),
    ]

    def __init__(self, kind: str, items: list[dict[str, str]]) -> None:
        super().__init__()
        self.items = items
        self.index = 0
        make = Markdown if kind == "markdown" else lambda: Static(markup=False)
        self.panes: list[Markdown | Static] = [make() for _ in _COLUMNS]
        self.form = Static("Groundedness 1 2 3 4 5\nUsefulness   1 2 3 4 5\nHarmless     yes no", id="form")
        self.place = Static(id="position", markup=False)

    def compose(self) -> ComposeResult:
        """Three scrolling panes, the form, the position."""
        with Horizontal():
            for pane in self.panes:
                with VerticalScroll():
                    yield pane
        yield self.form
        yield self.place

    async def on_mount(self) -> None:
        """Shows the first item."""
        self.animation_level = "none"
        await self.show()

    async def action_step(self, by: int) -> None:
        """Goes to another item."""
        self.index = (self.index + by) % len(self.items)
        await self.show()

    async def show(self) -> None:
        """Fills the panes with the item at hand."""
        item = self.items[self.index]
        with self.batch_update():
            await asyncio.gather(*(fill(pane, item[column]) for pane, column in zip(self.panes, _COLUMNS, strict=True)))
            self.place.update(f"{self.index + 1} / {len(self.items)}", layout=False)


async def fill(pane: Markdown | Static, text: str) -> None:
    """Puts a text into a pane, seen from its beginning."""
    if isinstance(pane, Markdown):
        await pane.update(text)
    else:
        pane.update(text)
    if isinstance(pane.parent, VerticalScroll):
        pane.parent.scroll_home(animate=False)


if __name__ == "__main__":
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    PanesApp(sys.argv[1], [json.loads(line) for line in lines]).run()
