"""The workstation: which screen is open, in which colours, under which keymap."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter, NoColor
from textual.screen import Screen
from textual.theme import Theme

from reviewer.config import Home, remember
from reviewer.keys.keymap import Keymap
from reviewer.session.progress_source import Here, ProgressSource
from reviewer.session.sitting import Sitting
from reviewer.session.synchroniser import Plug
from reviewer.store.connection import Store
from reviewer.tui.keyed import Keyed
from reviewer.tui.palette import PALETTES, Palette, palette
from reviewer.tui.panes.lines import Lines
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.panes.status import Footer, Notice
from reviewer.tui.screens.item import ItemScreen
from reviewer.tui.screens.opening import screen_for
from reviewer.tui.syncing import Bell, Synced

_MOST_A_KEY_TAKES = 5.0


_COLOURLESS = (NoColor(),)

_ITEMS_A_SWEEP = 50


class ReviewerApp(App[int], inherit_bindings=False):
    """Opens on a queue, or on the list of queues."""

    BINDINGS: ClassVar[list[Any]] = []
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    PAUSE_GC_ON_SCROLL = True
    TITLE = "Reviewer"

    def __init__(
        self,
        home: Home,
        store: Store,
        keymap: Keymap,
        rater: str,
        *,
        sitting: Sitting | None = None,
        syncing: Plug | None = None,
        watch: Callable[[str], ProgressSource] | None = None,
    ) -> None:
        colours = _chosen(home.settings.theme)
        # In this mode Textual sends the terminal's own colours alone, which is what NO_COLOR asks for.
        super().__init__(ansi_color=colours.name == "plain")
        self.home = home
        self.store = store
        self.keymap = keymap
        self.rater = rater
        self.colours = colours
        self.animation_level = "none"
        self.syncing = syncing or Plug()
        self.watch_progress = watch or partial(Here, store)
        """Gives the source of how far a team is in the queue of that name."""
        self._bell = Bell(self.post_message)
        self.syncing.on_change = self._bell
        self._sitting = sitting
        self._tidied = 0
        self.failure: BaseException | None = None
        for name in PALETTES:
            if name != "plain":
                self.register_theme(_theme(palette(name)))
        self.theme = "reviewer-" + (colours.name if colours.name != "plain" else "dark")

    def on_mount(self) -> None:
        """Opens the first screen."""
        self.watch_signals()
        if self._sitting is not None:
            self.push_screen(screen_for(self._sitting))
        else:
            from reviewer.tui.screens.home import HomeScreen

            self.push_screen(HomeScreen())

    async def on_event(self, event: events.Event) -> None:
        """Lets every key end its work before the next one is given out.

        A line that lags delivers keys in bursts: what follows a key must go to the screen or the entry which that key
        has opened, and not to the one before it.
        """
        is_new_key = isinstance(event, events.Key) and not event.is_forwarded and bool(self.screen_stack)
        target = self.focused or self.screen if is_new_key else None
        await super().on_event(event)
        heard = asyncio.Event()
        if target is not None and target.call_later(heard.set):
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), _MOST_A_KEY_TAKES)

    def watch_signals(self) -> None:
        """A dropped line or a polite end keeps the draft and the place, as leaving by a key does."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.add_signal_handler(number, self._dropped, number)

    def _dropped(self, number: int) -> None:
        self.close_sittings()
        # The terminal may be gone, and whatever is written to it now would fail.
        os._exit(128 + number)

    def settle_down(self) -> None:
        """After the first paint: what is here will stay, so the collector need not look at it again."""
        gc.collect()
        gc.freeze()
        # It runs when nobody waits (`tidy`); by itself only if that never comes.
        gc.set_threshold(300_000, 100, 1000)
        self.syncing.begin()

    def tidy(self) -> None:
        """Collects what the last item left, in an idle moment; everything that has gathered, once in a while."""
        self._tidied += 1
        gc.collect(2 if self._tidied % _ITEMS_A_SWEEP == 0 else 1)

    def on_synced(self, message: Synced) -> None:
        """Passes on to the screens that the synchroniser has something to say."""
        message.stop()
        self._bell.heard()
        for screen in self.screen_stack:
            if isinstance(screen, Keyed) and screen.is_mounted:
                screen.sync_changed()

    def do_app_sync(self) -> None:
        """Sends and fetches at once; what comes of it is told."""
        said = "Syncing…"
        if not self.syncing.sync_now():
            said = self.syncing.trouble or "This device works for no server: `reviewer remote add` names one."
        for notice in self.screen.query(Notice):
            notice.say(said)

    def dress(self, screen: Screen[Any]) -> None:
        """Gives the widgets of `screen` the colours of the app."""
        for pane in screen.query(ReadingPane):
            pane.set_palette(self.colours)
        for lines in screen.query(Lines):
            lines.palette = self.colours
            lines.redraw()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colours, nothing that draws itself may send one, the widgets that are Textual's own included."""
        return _COLOURLESS if self.colours.name == "plain" else super().get_line_filters()

    def wear(self, name: str) -> None:
        """Changes the colours of everything."""
        self.colours = palette(name)
        if name != "plain":
            self.theme = f"reviewer-{name}"
        self.refresh_css(animate=False)
        for screen in self.screen_stack:
            self.dress(screen)

    def do_app_help(self) -> None:
        """Shows the keys that work here."""
        from reviewer.tui.screens.dialogs import keys_page

        if isinstance(self.screen, Keyed):
            self.push_screen(keys_page(self.screen))

    def do_app_palette(self) -> None:
        """Opens the command palette."""
        from reviewer.tui.screens.dialogs import commands_for

        screen = self.screen
        if isinstance(screen, Keyed):
            self.push_screen(commands_for(screen), lambda name: _run(screen, name))

    def do_app_colours(self) -> None:
        """Changes to the next palette."""
        names: list[str] = list(PALETTES)
        name = names[(names.index(self.colours.name) + 1) % len(names)]
        self.wear(name)
        said = f"Colours: {name}."
        try:
            remember(self.home, "theme", name)
        except OSError as error:
            said += f" They hold for this sitting: {error.strerror}."
        for notice in self.screen.query(Notice):
            notice.say(said)

    def do_app_back(self) -> None:
        """Goes back one screen; from the first one, out."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.do_app_quit()

    def back_from_sitting(self) -> None:
        """Shows the queues after a sitting, also where the program was opened on one."""
        from reviewer.tui.screens.home import HomeScreen

        if any(isinstance(screen, HomeScreen) for screen in self.screen_stack):
            self.pop_screen()
        else:
            self.switch_screen(HomeScreen())

    def do_app_quit(self) -> None:
        """Saves what is open and leaves."""
        self.exit(0)

    def do_app_interrupt(self) -> None:
        """Leaves at once on ctrl+c, keeping the draft and the place."""
        self.close_sittings()
        self.exit(130, return_code=130)

    def close_sittings(self) -> None:
        """Keeps the draft and the place of whatever is open."""
        for screen in self.screen_stack:
            if isinstance(screen, ItemScreen) and not screen.sitting.closed:
                screen.sitting.close()

    def _fatal_error(self) -> None:
        # Textual would print the values of variables, and these are texts and names: the command line tells it instead.
        self.failure = sys.exc_info()[1]
        self.close_sittings()
        self._close_messages_no_wait()

    def turn_footers(self, screen: Keyed) -> None:
        """Shows in the footer what can be pressed now, also under a dialog, which has none of its own."""
        for below in reversed(self.screen_stack):
            if footers := list(below.query(Footer)):
                for footer in footers:
                    footer.turn_to(screen.hearing)
                return


def _run(screen: Keyed, name: str | None) -> None:
    if name:
        screen.run_named(name)


def _chosen(theme: str) -> Palette:
    if os.environ.get("NO_COLOR"):
        return palette("plain")
    return palette(_fitting() if theme == "auto" else theme)


def _fitting() -> str:
    """Dark or light, by the background that the terminal names in COLORFGBG; dark where it names none."""
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if ground in ("7", "15") else "dark"


def _theme(colours: Palette) -> Theme:
    return Theme(
        name=f"reviewer-{colours.name}",
        primary=colours.colour("accent") or "ansi_blue",
        foreground=colours.colour("text"),
        background=colours.background,
        surface=colours.background,
        panel=colours.background,
        dark=colours.dark,
    )
