"""What stands on a terminal that is too small to show a screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size

from reviewer.tui.panes.lines import Fragments, Lines, folded

SMALLEST = Size(60, 16)


class TooSmall(Lines):
    """Covers the screen and says what is wrong. The keys go on working under it."""

    def __init__(self, leave: str) -> None:
        super().__init__()
        self._leave = leave

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """One sentence, and how to leave."""
        del height
        said = (
            f"This terminal has {self.app.size.width}×{self.app.size.height} cells, too few to show the screen: "
            f"make it {SMALLEST.width}×{SMALLEST.height} or larger. Nothing is lost, and the keys work as before; "
            f"{self._leave} leaves."
        )
        return [[(line, "notice.warning")] for line in folded(said, width)]


def fits(size: Size) -> bool:
    """Whether a screen can be shown at this size."""
    return size.width >= SMALLEST.width and size.height >= SMALLEST.height
