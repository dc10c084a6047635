"""The levels of the focused criterion, opened beside the item."""

from __future__ import annotations

from reviewer.rubric import Criterion
from reviewer.tui.screens.item import ItemScreen


class Levels(ItemScreen):
    """What the rating screen does while the levels are open."""

    def do_rate_levels(self) -> None:
        """Shows the levels of the focused criterion beside the item."""
        focused = self.form.focused()
        if focused is not None:
            self.levels_open = True
            key, criterion = focused
            explained = self.explained(key, criterion)
            self.levels.explain(explained, self.sitting.work.values.get(key) if explained is criterion else None)
            self.divide()
            self.desk.turn_footers(self)

    def explained(self, key: str, criterion: Criterion) -> Criterion:
        """The criterion whose levels tell what is asked."""
        del key
        return criterion

    def do_dialog_close(self) -> None:
        """Closes the levels."""
        self.levels_open = False
        self.divide()
        self.desk.turn_footers(self)

    def do_dialog_digit(self, digit: int) -> None:
        """Shows one level."""
        self.levels.go_to_digit(digit)

    def do_dialog_take(self) -> None:
        """Gives the level that is shown."""
        digit = self.levels.digit
        self.do_dialog_close()
        if digit is not None:
            self.run_named(f"rate.digit_{digit}")

    def do_dialog_up(self) -> None:
        """Scrolls the levels up."""
        self.levels.scroll_rows(-1)

    def do_dialog_down(self) -> None:
        """Scrolls the levels down."""
        self.levels.scroll_rows(1)

    def do_dialog_page_up(self) -> None:
        """Scrolls the levels up one page."""
        self.levels.page(-1)

    def do_dialog_page_down(self) -> None:
        """Scrolls the levels down one page."""
        self.levels.page(1)
