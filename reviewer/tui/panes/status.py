"""The status line, the notice and the footer, generated from what is."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.keys.cheatsheet import footer_hints
from reviewer.keys.contexts import RATING, Stack
from reviewer.keys.keymap import Keymap
from reviewer.session.keeping import Saving
from reviewer.session.steps import Standing
from reviewer.text.cells import truncate
from reviewer.tui.panes.lines import Fragments, Lines, folded, spread

_MOST_ROWS = 3


class Status(Lines):
    """Queue, position, done and left, pace, flag and state of the item, and the saved mark at the right end."""

    ground_style = "status"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.queue = ""
        self.rater = ""
        self.item = ""
        self.state = "open"
        self.standing: Standing | None = None
        self.saving = Saving()
        self.paused = False
        self.sync = ""
        self.sync_look = "status.dim"
        self.told = ""
        """What stands instead of done and left, where these mean nothing."""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The one row."""
        del height
        left: Fragments = [(" ", "status"), (self.queue, "status.strong")]
        standing = self.standing
        if standing is not None:
            left.append((f"  {standing.number}/{standing.size}", "status.strong"))
            if self.item:
                left.append((f" {self.item}", "status.dim"))
            if self.state != "open":
                mark = "↩" if self.state == "sent_back" else "✓"
                left.append((f" {mark} {self.state.replace('_', ' ')}", "status.dim"))
            left.append((f"  {self.told or f'{standing.done} done · {standing.left} left'}", "status"))
            if standing.pace is not None and width >= 72:
                left.append((f" · {_duration(standing.pace)} an item", "status.dim"))
            if standing.goal and width >= 90:
                left.append((f" · goal {standing.this_sitting}/{standing.goal}", "status.dim"))
        if self.paused:
            left.append(("  ‖ paused", "status.waiting"))
        right = self._mark()
        if width >= 110:
            right = [(f"{self.rater}  ", "status.dim"), *right]
        return [spread(left, [*right, (" ", "status")], width, "status")]

    def _mark(self) -> Fragments:
        saving = self.saving
        mark: Fragments = [(self.sync, self.sync_look), ("  ", "status")] if self.sync else []
        if saving.trouble:
            return [*mark, ("✗ not saved", "status.trouble")]
        if saving.waiting:
            return [*mark, (f"… saving {saving.waiting}", "status.waiting")]
        if saving.drafts_trouble:
            return [*mark, ("✗ draft not saved", "status.trouble")]
        if saving.saved:
            return [*mark, (f"✓ saved {saving.saved}", "status.saved")]
        return [*mark, ("✓ saved", "status.dim")]


class Remark(Lines):
    """What is to be read while an item is open: as many rows as it is given, and how the rest is read."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.text = ""
        self.whole = ""
        """The key that shows all of it."""

    def rows_for(self, width: int) -> int:
        """The rows that all of it takes."""
        return len(folded(self.text, width - 2)) if self.text else 0

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The text; where it has no room, its beginning and the key for the rest."""
        told = folded(self.text, width - 2)
        if len(told) > height:
            hint = f"… {self.whole} shows all"
            told = [*told[: height - 1], truncate(" ".join(told[height - 1 :]), width - 2 - len(hint), "") + hint]
        return [[(" ", "text"), (line, "notice.warning")] for line in told]


class Notice(Lines):
    """One sentence about what has just happened, or a goal reached; empty most of the time. A long warning takes as
    many rows as it needs, three at most."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self._needed = 1
        self.text = ""
        self.look = "notice"

    def say(self, text: str, look: str = "notice") -> None:
        """Shows `text` until something else is said; draws only where it differs."""
        if (text, look) != (self.text, self.look):
            self.text, self.look = text, look
            self._make_room()
            self.redraw()

    def on_resize(self) -> None:
        """What was one row may be two in less room."""
        self._make_room()

    def _make_room(self) -> None:
        # What comes and goes with every item stays one row: nothing is laid out anew for it.
        long = self.look == "notice.warning" and min(_MOST_ROWS, len(self._folded(self.size.width)))
        needed = long or 1
        if needed != self._needed:
            self._needed = needed
            self.styles.height = needed

    def _folded(self, width: int) -> list[str]:
        # Nearly all of them fit, and are not to wait for being wrapped.
        if len(self.text) * 2 < width or not width:
            return [self.text]
        return folded(self.text, width - 2)

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The sentence; what begins with the last row is cut at its end."""
        if not self.text:
            return [[]]
        lines = self._folded(width)
        last = max(1, height) - 1
        lines = [*lines[:last], " ".join(lines[last:])] if len(lines) > last else lines
        return [[(" ", "text"), (line, self.look)] for line in lines]


class Footer(Lines):
    """The keys that matter here, from the keymap as it is."""

    def __init__(self, keymap: Keymap, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.keymap = keymap
        self.stack: Stack = RATING

    def turn_to(self, stack: Stack) -> None:
        """Shows the keys of another stack of contexts."""
        if stack != self.stack:
            self.stack = stack
            self.redraw()

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The one row."""
        del height
        row: Fragments = [(" ", "text")]
        for key, label in footer_hints(self.keymap, self.stack, width - 2):
            row += [(key, "key"), (f" {label}  ", "key.label")]
        return [row]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min"
