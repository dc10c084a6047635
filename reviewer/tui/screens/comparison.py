"""The comparison screen: two outputs, and which of them is better."""

from __future__ import annotations

from reviewer.keys.contexts import COMPARISON
from reviewer.rubric import Criterion
from reviewer.rubric.comparison import BOTH_BAD
from reviewer.rubric.questions import PreferenceQuestion, step_digit
from reviewer.session.comparing import prefer, prefer_step
from reviewer.session.sitting import Sitting
from reviewer.session.view import TaskView
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.panes.together import Together
from reviewer.tui.screens.differing import Differing
from reviewer.tui.screens.divided import output_name
from reviewer.tui.screens.sources import Sources

_THREE_COLUMNS_FROM = 150


class ComparisonScreen(Differing):
    """Preferences, and two sides that are read together."""

    base = COMPARISON
    most_outputs = 2

    def __init__(self, sitting: Sitting) -> None:
        super().__init__(sitting)
        self.output_count = 2
        self.locked = True

    def on_mount(self) -> None:
        """The sides scroll together until that is ended."""
        self.together = Together(self.outputs)
        self.levels.gives = False

    # -- reading ---------------------------------------------------------------------------------------

    def in_window(self, *, stacked: bool) -> range:
        """Both sides, of which one is its title where only one has room."""
        del stacked
        return range(2)

    def texts_beside(self) -> bool:
        """Where three columns have room, prompt and context have one of their own."""
        return self.item_width >= _THREE_COLUMNS_FROM

    def aside(self, number: int) -> str:
        """How the side that is not seen comes into sight."""
        seen = self.shape.name != "stacked" or number == self.side
        return "" if seen else f"{self.key_of('compare.flip')} shows it"

    def show_outputs(self, view: TaskView, shown: Sources) -> None:
        """Shows both sides from their tops."""
        super().show_outputs(view, shown)
        self.together.begin()

    @property
    def scrolled(self) -> ReadingPane | Together:
        """Both sides while they are locked and one of them is read."""
        if self.locked and self.pane in self.outputs:
            self.together.lead = self.pane
            return self.together
        return self.pane

    def do_compare_flip(self) -> None:
        """Goes to the other side."""
        self.go_to_pane(output_name(1 - self.side) if self.pane in self.outputs else output_name(self.side))

    def do_compare_lock_scroll(self) -> None:
        """Lets the sides scroll together, or apart."""
        self.locked = not self.locked
        self.notice.say("The sides scroll together." if self.locked else "The sides scroll apart.")

    # -- preferring ------------------------------------------------------------------------------------

    def do_compare_digit(self, digit: int) -> None:
        """Takes a step of the scale for the focused question."""
        if (focused := self._question()) is not None:
            self._answered(prefer(self.sitting.work, *focused, digit))

    def do_compare_left(self) -> None:
        """The left one is better."""
        self._prefer(-1)

    def do_compare_tie(self) -> None:
        """Both are equally good."""
        self._prefer(0)

    def do_compare_right(self) -> None:
        """The right one is better."""
        self._prefer(1)

    def do_compare_both_bad(self) -> None:
        """Neither will do."""
        self._prefer(BOTH_BAD)

    def _prefer(self, step: int | str) -> None:
        if (focused := self._question()) is not None:
            self._answered(prefer_step(self.sitting.work, *focused, step))

    def _question(self) -> tuple[str, PreferenceQuestion] | None:
        focused = self.form.focused()
        if focused is None or not isinstance(focused[1], PreferenceQuestion):
            return None
        return focused[0], focused[1]

    def _answered(self, refusal: str) -> None:
        if refusal:
            self.notice.say(refusal, "notice.warning")
        else:
            self.scored(advance=True)

    def explained(self, key: str, criterion: Criterion) -> Criterion:
        """The overall question, which is no criterion of the rubric, by its steps."""
        found = super().explained(key, criterion)
        if not isinstance(found, PreferenceQuestion):
            return found
        steps = [f"- **{step_digit(found.asked, one.value)}** {one.label}" for one in found.options]
        return found.model_copy(update={"help": "\n".join(steps)})
