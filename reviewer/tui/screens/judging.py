"""What rating, comparing and ranking have in common: criteria, rationales, and the way through the queue."""

from __future__ import annotations

from typing import ClassVar

from textual.widgets import TextArea

from reviewer.keys.contexts import DIALOG, PAGE, RATING, Stack, reasons_over, writing_over
from reviewer.tui.screens.levels import Levels
from reviewer.tui.screens.reading import Reading
from reviewer.tui.screens.writing import Writing


class Judging(Writing, Levels, Reading):
    """The focus among the criteria, submitting, moving, skipping and flagging."""

    base: ClassVar[Stack] = RATING

    @property
    def stack(self) -> Stack:
        """The contexts of the screen, or what is open over it."""
        if self.asked is not None and self.asked.kind == "find":
            return writing_over(PAGE)
        if self.asked is not None:
            return reasons_over(self.base) if self.reasons_alone() else writing_over(self.base)
        return DIALOG if self.levels_open else self.base

    # -- the focus -------------------------------------------------------------------------------------

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
            self.say_of_several()
            self.form.redraw()
            self.refocused()
            self.follow_focus()

    def refocused(self) -> None:
        """The focus stands on another criterion now."""

    # -- moving ----------------------------------------------------------------------------------------

    def do_rate_submit(self) -> None:
        """Submits and opens the next item, or names what is missing."""
        step = self.sitting.submit()
        if step.missing:
            self.form.missing = step.missing
            self.sitting.work.focus = step.missing[0].key
            self.form.redraw()
            self.refocused()
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
