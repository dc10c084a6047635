"""Screens whose every key runs a named action, found in the keymap by the contexts that are open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.screen import Screen

from reviewer.errors import ReviewerError
from reviewer.keys.actions import ACTIONS
from reviewer.keys.contexts import LIST, Stack
from reviewer.keys.names import from_terminal
from reviewer.tui.panes.too_small import TooSmall, fits

if TYPE_CHECKING:
    from reviewer.tui.app import ReviewerApp

_HEARING: dict[tuple[type, str], Stack] = {}


class Keyed(Screen[Any], inherit_bindings=False):
    """A screen that hears keys by `stack`. The action `rate.skip` runs the method `do_rate_skip`, `rate.digit_3` runs
    `do_rate_digit(3)`."""

    # Nothing may take the focus by itself: a hidden entry would swallow keys.
    AUTO_FOCUS = ""

    @property
    def stack(self) -> Stack:
        """The contexts that hear a key now."""
        return LIST

    @property
    def hearing(self) -> Stack:
        """The stack without what means nothing on this screen: what its footer and its help may promise."""
        return _without_strangers(self, self.stack)

    @property
    def desk(self) -> ReviewerApp:
        """The app, typed."""
        return cast("ReviewerApp", self.app)

    def on_screen_resume(self) -> None:
        """The footer tells the keys of the screen that is on top now."""
        self.desk.turn_footers(self)

    def on_resize(self, event: events.Resize) -> None:
        """Where there is no room for the screen, says so."""
        cover = self.query(TooSmall)
        if not fits(event.size) and not cover:
            keys = self.desk.keymap
            self.mount(TooSmall(keys.hint("app.quit", self.stack) or keys.hint("dialog.close", self.stack)))
            self.desk.dress(self)
        elif fits(event.size) and cover:
            cover.remove()
        elif cover:
            cover.first().redraw()

    def on_key(self, event: events.Key) -> None:
        """Runs the action of the key, if it has one here."""
        if self.hear(event):
            event.stop()
            event.prevent_default()

    def hear(self, event: events.Key) -> bool:
        """Runs the action of the key; False where it means nothing here."""
        if event.key == "ctrl+c":
            self.desk.do_app_interrupt()
            return True
        name = self.desk.keymap.action(self.stack, from_terminal(event.key, event.character))
        self.key_seen()
        return name is not None and self.run_named(name)

    def label_saved(self) -> None:
        """A label of the sitting under this screen has reached the disk, or failed to."""

    def sync_changed(self) -> None:
        """The synchroniser has something to say."""

    def key_seen(self) -> None:
        """Somebody is at the keys."""

    def run_named(self, name: str) -> bool:
        """Runs the action `name` on this screen or, where it has none, on the app; False where neither has it."""
        method = name.replace(".", "_")
        family, _, digit = method.rpartition("_")
        try:
            for place in (self, self.desk):
                if digit.isdigit() and (by_digit := _method(place, f"do_{family}")):
                    by_digit(int(digit))
                    return True
                if plain := _method(place, f"do_{method}"):
                    plain()
                    return True
        except ReviewerError as trouble:
            self.tell(trouble)
            return True
        return False

    def tell(self, trouble: ReviewerError) -> None:
        """Says what went wrong; a screen without a place for it leaves the program, which then says it."""
        raise trouble

    def can_run(self, name: str) -> bool:
        """Whether the action means something on this screen."""
        method = f"do_{name.replace('.', '_')}"
        family, _, digit = method.rpartition("_")
        names = (method, family) if digit.isdigit() else (method,)
        return any(_method(place, each) for place in (self, self.desk) for each in names)


def _without_strangers(screen: Keyed, stack: Stack) -> Stack:
    key = (type(screen), stack.name)
    if key not in _HEARING:
        strangers = {
            action.name
            for action in ACTIONS.values()
            if action.context in stack.contexts and not screen.can_run(action.name)
        }
        _HEARING[key] = replace(stack, absent=stack.absent | strangers)
    return _HEARING[key]


def _method(place: object, name: str) -> Callable[..., None] | None:
    found: Callable[..., None] | None = getattr(place, name, None)
    return found
