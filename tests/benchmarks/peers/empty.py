"""An empty Textual app: one line, which says how many keys have arrived."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class EmptyApp(App[None]):
    """The floor: what the framework costs when there is nothing to show."""

    presses = 0

    def compose(self) -> ComposeResult:
        """One line."""
        self.line = Static("ready 0", markup=False)
        yield self.line

    def on_key(self, event: events.Key) -> None:
        """Counts the key on the screen."""
        event.stop()
        self.presses += 1
        self.line.update(f"ready {self.presses}", layout=False)


if __name__ == "__main__":
    EmptyApp().run()
