"""The rating screen: one output against a rubric."""

from __future__ import annotations

from reviewer.keys.contexts import RATING
from reviewer.session.scoring import Pressed, not_applicable, press
from reviewer.tui.screens.judging import Judging


class RatingScreen(Judging):
    """Scores of one output."""

    base = RATING

    def do_rate_digit(self, digit: int) -> None:
        """Scores the focused criterion, or opens its entry with the digit in it."""
        focused = self.form.focused()
        if focused is None or self.sitting.view is None:
            return
        key, criterion = focused
        pressed = press(self.sitting.work, key, criterion, digit)
        if pressed is Pressed.ENTRY:
            self.open_number(key, criterion, str(digit))
        elif pressed is Pressed.REFUSED:
            hint = (
                f"{self.key_of('rate.rationale')} writes it."
                if criterion.type == "text"
                else "It is not on this scale."
            )
            self.notice.say(f"{criterion.title}: {digit} means nothing here. {hint}", "notice.warning")
        else:
            self.scored(advance=pressed is Pressed.SCORED)

    def do_rate_minus(self) -> None:
        """Opens the entry of a number with a minus in it."""
        focused = self.form.focused()
        if focused and focused[1].type in ("number", "scale"):
            self.open_number(*focused, "-")

    def do_rate_not_applicable(self) -> None:
        """Marks the focused criterion as not applicable."""
        focused = self.form.focused()
        if focused is None:
            return
        key, criterion = focused
        if criterion.type in ("number", "scale") and criterion.min is not None and criterion.min < 0:
            self.open_number(key, criterion, "-")
        elif not_applicable(self.sitting.work, key, criterion):
            self.scored(advance=True)
        else:
            self.notice.say(f"{criterion.title}: the rubric asks for an answer.", "notice.warning")
