"""The title of a screen that is no item."""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.text.cells import pad
from reviewer.tui.panes.lines import Fragments, Lines


class Title(Lines):
    """What the screen is about."""

    text = ""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """The one row."""
        del height
        return [[(pad(f" {self.text}", width), "status.strong")]]
