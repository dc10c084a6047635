"""The rating screen: one output against a rubric."""

from __future__ import annotations

from textual.widgets import TextArea

from reviewer.keys.contexts import DIALOG, PAGE, RATING, Stack, reasons_over, writing_over
from reviewer.session.scoring import Pressed, not_applicable, press
from reviewer.tui.screens.levels import Levels
from reviewer.tui.screens.reading import Reading
from reviewer.tui.screens.writing import Writing


class RatingScreen(Writing, Levels, Reading):
    """Scores, rationales, and the way through the queue."""

    @property
    def stack(self) -> Stack:
        """Rating, or what is open over it."""
        if self.asked is not None and self.asked.kind == "find":
            return writing_over(PAGE)
        if self.asked is not None:
            return reasons_over(RATING) if self.reasons_alone() else writing_over(RATING)
        return DIALOG if self.levels_open else RATING

    # -- scoring ---------------------------------------------------------------------------------------

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

    def do_rate_next_criterion(self) -> None:
        """Focuses the next criterion."""
        self._step_focus(1)

    def do_rate_previous_criterion(self) -> None:
        """Focuses the previous criterion."""
        self._step_focus(-1)

    def _step_focus(self, by: int) -> None:
        keys = [key for key, _ in self.form.asked]
        if keys:
            at = keys.index(self.sitting.work.focus) if self.sitting.work.focus in keys else 0
            self.sitting.work.focus = keys[(at + by) % len(keys)]
            self.owing = None
            self.notice.say("")
            self.form.redraw()
            self.follow_focus()

    # -- moving ----------------------------------------------------------------------------------------

    def do_rate_submit(self) -> None:
        """Submits and opens the next item, or names what is missing."""
        step = self.sitting.submit()
        if step.missing:
            self.form.missing = step.missing
            self.sitting.work.focus = step.missing[0].key
            self.form.redraw()
            why = step.missing[0].kind == "rationale"
            hint = f" {self.key_of('rate.rationale')} writes it." if why else ""
            self.notice.say(step.message + hint, "notice.warning")
        else:
            self.moved(step)

    def do_move_next(self) -> None:
        """Goes on one item without submitting."""
        self.moved(self.sitting.move(1))

    def do_move_previous(self) -> None:
        """Goes back one item without submitting."""
        self.moved(self.sitting.move(-1))

    def do_move_undo(self) -> None:
        """Opens the label submitted last."""
        self.moved(self.sitting.undo())

    def do_rate_skip(self) -> None:
        """Asks why, then passes the item on."""
        from reviewer.tui.screens.skipping import ask_why

        if self.sitting.view is not None:
            ask_why(self, lambda outcome, reason: self.moved(getattr(self.sitting, outcome)(reason)))

    def do_rate_flag(self) -> None:
        """Flags the item, or takes the flag away."""
        if self.sitting.view is not None:
            flagged = self.sitting.toggle_flag()
            self.notice.say("Flagged." if flagged else "The flag is taken away.")
            self.said_something()

    def do_rate_new_rubric(self) -> None:
        """Moves the label in hand under the rubric in force."""
        if not self.sitting.rubric_outdated:
            self.notice.say("The rubric in force is the one shown.")
            return
        dropped = self.sitting.move_to_current_rubric()
        lost = f" To be answered anew: {', '.join(dropped)}." if dropped else ""
        self.show_item(f"Moved to the rubric in force.{lost}")

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Takes over what is typed, as it is typed."""
        event.stop()
        self.typed(event.text_area.text)
