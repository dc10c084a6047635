"""The workstation without a terminal: keys in, the grid of cells out."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from reviewer.config import Home, Settings
from reviewer.keys.keymap import load
from reviewer.session.clock import ActivityClock
from reviewer.session.sitting import Sitting
from reviewer.session.synchroniser import Plug
from reviewer.session.work import Work
from reviewer.store.connection import Store
from reviewer.text.cells import width
from reviewer.tui.app import ReviewerApp
from reviewer.tui.screens.items import ItemsScreen
from reviewer.tui.screens.judging import Judging
from tests.homes import QUEUE


def app_on(
    store: Store,
    queue: str | None = QUEUE,
    *,
    rater: str = "ana",
    keymap: str = "default",
    syncing: Plug | None = None,
    **settings: Any,
) -> ReviewerApp:
    """The workstation on `queue`, or on the list of queues. Its clock stands still, so that no figure varies."""
    sitting = None
    if queue is not None:
        sitting = Sitting.open(store, queue, rater)
        sitting.clock = ActivityClock(60, now=lambda: 0.0)
    home = Home(store.path.parent, Settings(**settings))
    return ReviewerApp(home, store, load(keymap), rater, sitting=sitting, syncing=syncing)


def grid_of(app: ReviewerApp) -> list[str]:
    """What stands on the screen, row by row, trailing blanks and all."""
    width, height = app.size
    paper = io.StringIO()
    console = Console(width=width, height=height, file=paper, color_system=None, legacy_windows=False)
    # Textual's public way out is an SVG only; this is what that is made of.
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens), end="")
    return paper.getvalue().split("\n")[:height]


_ROUNDS = 3
"""A dismissed dialog answers the screen below, which may move to another item, which is drawn."""


class Player:
    """Somebody at the keys of a running workstation."""

    def __init__(self, app: ReviewerApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Presses the keys, and waits until what they caused is drawn."""
        for key in keys:
            name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
            character = key if len(key) == 1 else {"space": " ", "enter": "\r", "tab": "\t", "escape": "\x1b"}.get(key)
            self.app.post_message(events.Key(name, character))
            await self._heard()
        await self.drawn()

    async def drawn(self) -> None:
        """Waits until screens have come and gone, and what they show is drawn."""
        for _ in range(_ROUNDS):
            await self._heard()
        refreshed = asyncio.Event()
        if self.app.return_code is None and self.app.screen.call_after_refresh(refreshed.set):
            await asyncio.wait_for(refreshed.wait(), 10)

    async def _heard(self) -> None:
        """Waits until the app has handed the key on, the widget has heard it, and every screen has."""
        screens = reversed(self.app.screen_stack)
        for node in (self.app, self.app.focused or self.app.screen, *screens, self.app):
            done = asyncio.Event()
            if self.app.return_code is None and node.call_later(done.set):
                await asyncio.wait_for(done.wait(), 10)

    async def type(self, text: str) -> None:
        """Types a text, letter by letter."""
        await self.press(*text)

    async def focus(self, criterion: str) -> None:
        """Steps to a criterion."""
        for _ in self.rating.form.asked:
            if self.work.focus == criterion:
                return
            await self.press("j")
        assert self.work.focus == criterion

    async def saved(self) -> None:
        """Waits until everything that was submitted is on the disk and said to be."""
        self.sitting.drain(10)
        self.sitting.settle()
        self.rating.show_status()
        await self.pilot.pause()

    async def settled(self) -> None:
        """Waits until the disk and the search have answered, so that what is shown is shown for good."""
        if any(isinstance(screen, Judging) for screen in self.app.screen_stack):
            await self.saved()
        await self.app.workers.wait_for_complete()
        await self.drawn()

    async def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size."""
        await self.pilot.resize_terminal(columns, rows)
        await self.pilot.pause()

    @property
    def rating(self) -> Judging:
        """The screen of the open item, also under a dialog."""
        for screen in self.app.screen_stack:
            if isinstance(screen, Judging):
                return screen
        raise AssertionError("no item is open")

    @property
    def items(self) -> ItemsScreen:
        """The item list, which is on top."""
        assert isinstance(self.app.screen, ItemsScreen)
        return self.app.screen

    @property
    def sitting(self) -> Sitting:
        """What is being rated."""
        return self.rating.sitting

    @property
    def work(self) -> Work:
        """The label in hand."""
        return self.sitting.work

    @property
    def notice(self) -> str:
        """The sentence above the footer."""
        return self.rating.notice.text

    def grid(self) -> list[str]:
        """What stands on the screen; every row is exactly as wide as the terminal."""
        rows = grid_of(self.app)
        assert len(rows) == self.app.size.height
        for row in rows:
            assert width(row) == self.app.size.width, row
        return rows

    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(row.rstrip() for row in self.grid())


@asynccontextmanager
async def playing(
    store: Store, queue: str | None = QUEUE, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Player]:
    """A running workstation; whatever is open at the end is closed."""
    app = app_on(store, queue, **options)
    async with app.run_test(size=size) as pilot:
        player = Player(app, pilot)
        await pilot.pause()
        yield player
        close(app)


def close(app: ReviewerApp) -> None:
    """Ends the sitting that is still open, as leaving does."""
    for screen in app.screen_stack:
        if isinstance(screen, Judging) and not screen.sitting.closed:
            screen.sitting.close()


def home_of(store: Store) -> Path:
    """The folder of the store."""
    return store.path.parent
