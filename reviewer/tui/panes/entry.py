"""Where something is typed: a rationale, a correction, a note, a number, words to find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.widgets import TextArea

from reviewer.text.sanitise import visible
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines


@dataclass(frozen=True, slots=True)
class Asked:
    """What an entry is for. `key` names what it fills; digits toggle `reasons` while nothing else stands in it."""

    kind: str
    key: str
    title: str
    text: str = ""
    reasons: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    lines: int = 4
    single_line: bool = False


class Entry(TextArea, inherit_bindings=True):
    """A text area whose keys go through the keymap first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(
            id=id,
            soft_wrap=True,
            show_line_numbers=False,
            tab_behavior="focus",
            highlight_cursor_line=False,
            compact=True,
        )
        self.cursor_blink = False

    def on_key(self, event: events.Key) -> None:
        """Lets the screen's keymap answer before the text does."""
        screen = self.screen
        if isinstance(screen, Keyed) and screen.hear(event):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted is drawn as it stands: nothing in it may steer the terminal."""
        event.text = visible(event.text.replace("\r\n", "\n").replace("\r", "\n"))


class EntryTitle(Lines):
    """What is being written, the quick reasons with their digits, and how to end."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.asked = Asked("", "", "")
        self.hint = ""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """A title row, then the reasons."""
        del height
        title = f"─ {self.asked.title} "
        hint = f" {self.hint} ─"
        middle = "─" * max(1, width - len(title) - len(hint))
        found: list[Fragments] = [[(title, "pane.title.active"), (middle, "pane.edge.active"), (hint, "key.label")]]
        row: Fragments = [(" ", "text")]
        used = 1
        for number, reason in enumerate(self.asked.reasons[:9], start=1):
            given = reason in self.asked.chosen
            text = f"[{number} {reason}]" if given else f" {number} {reason} "
            if used + len(text) + 1 > width and used > 1:
                found.append(row)
                row, used = [(" ", "text")], 1
            row.append((text + " ", "form.chosen" if given else "form.scale"))
            used += len(text) + 1
        if used > 1:
            found.append(row)
        return found
