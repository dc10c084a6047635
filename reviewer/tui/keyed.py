"""Screens whose every key runs a named action, found in the keymap by the contexts that are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.screen import Screen

from reviewer.keys.contexts import LIST, Stack
from reviewer.keys.names import from_terminal

if TYPE_CHECKING:
    from reviewer.tui.app import ReviewerApp


class Keyed(Screen[Any], inherit_bindings=False):
    """A screen that hears keys by `stack`. The action `rate.skip` runs the method `do_rate_skip`, `rate.digit_3` runs
    `do_rate_digit(3)`."""

    AUTO_FOCUS = None

    @property
    def stack(self) -> Stack:
        """The contexts that hear a key now."""
        return LIST

    @property
    def desk(self) -> ReviewerApp:
        """The app, typed."""
        return cast("ReviewerApp", self.app)

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

    def key_seen(self) -> None:
        """Somebody is at the keys."""

    def run_named(self, name: str) -> bool:
        """Runs the action `name` on this screen or, where it has none, on the app; False where neither has it."""
        method = name.replace(".", "_")
        family, _, digit = method.rpartition("_")
        for place in (self, self.desk):
            if digit.isdigit() and (by_digit := _method(place, f"do_{family}")):
                by_digit(int(digit))
                return True
            if plain := _method(place, f"do_{method}"):
                plain()
                return True
        return False

    def can_run(self, name: str) -> bool:
        """Whether the action means something on this screen."""
        method = f"do_{name.replace('.', '_')}"
        return any(_method(place, method) for place in (self, self.desk))


def _method(place: object, name: str) -> Callable[..., None] | None:
    found: Callable[..., None] | None = getattr(place, name, None)
    return found
