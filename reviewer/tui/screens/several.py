"""Several outputs on one screen: which of them are seen at which size, and which one is in hand."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.rubric import Criterion
from reviewer.session.view import TaskView
from reviewer.tui.panes.marks import Marks
from reviewer.tui.screens.divided import output_name
from reviewer.tui.screens.judging import Judging
from reviewer.tui.screens.sources import Sources, titled

_FORM_BESIDE = 64


class Several(Judging):
    """The outputs of one item side by side, or one at a time where there is no room for two.

    Prompt and context stand above them, or on their left where the screen is wide enough.
    """

    side = 0
    """The place of the output that was read last, from 0."""

    @property
    def output_in_hand(self) -> int:
        """A correction is about the output that is read, or was read last."""
        return self.side

    @property
    def item_width(self) -> int:
        """The columns that the texts have among them."""
        beside = self.shape.name == "side" and not self.zoomed
        return self.app.size.width - (_FORM_BESIDE if beside else 0)

    def in_window(self, *, stacked: bool) -> range:
        """The outputs that have a pane on the screen."""
        raise NotImplementedError

    def texts_beside(self) -> bool:
        """Whether prompt and context have a column of their own."""
        return False

    # -- showing ---------------------------------------------------------------------------------------

    def show_outputs(self, view: TaskView, shown: Sources) -> None:
        """Shows the outputs in their panes, each at its place."""
        if self.side and self.shape.name == "stacked":
            # One side that is always read first would weigh on the votes.
            self.go_to_pane(output_name(0))
        if self.output_count != len(view.outputs):
            self.output_count = len(view.outputs)
            self.side = min(self.side, self.output_count - 1)
            if self.active_pane not in self.panes:
                self.active_pane = output_name(self.side)
            self.divide()
        for number, output in enumerate(shown.outputs):
            self.outputs[number].show(
                output.text,
                title=self.heading(view, number),
                subtitle=self.aside(number),
                marks=self.marks_of(view, number),
            )

    def show_end(self) -> None:
        """Says that nothing is left, in the first pane, where it is read."""
        super().show_end()
        if self.active_pane != output_name(0):
            self.go_to_pane(output_name(0))

    def prepare_outputs(self, view: TaskView, shown: Sources) -> Iterator[float]:
        """Makes every output ready at the height that it has once it is read."""
        rows = max((pane.rows_in_sight for pane in self.outputs if pane.display), default=0)
        for number, output in enumerate(shown.outputs):
            pane = self.outputs[number]
            yield from self.prepare_pane(pane, output.text, marks=self.marks_of(view, number), rows=rows)

    def marks_of(self, view: TaskView, number: int) -> Marks | None:
        """What stands out in an output: nothing here."""
        del view, number
        return None

    def heading(self, view: TaskView, number: int) -> str:
        """The title of an output."""
        return titled(view, number)

    def aside(self, number: int) -> str:
        """What stands at the right end of an output's title: nothing here."""
        del number
        return ""

    # -- dividing --------------------------------------------------------------------------------------

    def divide(self) -> None:
        """Places every pane, and titles the outputs by it."""
        super().divide()
        if self.is_mounted:
            self.retitle()

    def in_sight(self, *, stacked: bool) -> set[str]:
        """The panes that have a place on the screen."""
        shown = super().in_sight(stacked=stacked)
        if len(shown) <= 1:
            return shown
        seen = {output_name(number) for number in self.in_window(stacked=stacked)}
        return {name for name in shown if not name.startswith("output")} | seen

    def lay_out(self, *, stacked: bool) -> None:
        """Outputs beside each other where there is room; prompt and context above them, or in a column."""
        beside = not stacked and self.texts_beside()
        for name, columns in (("#item", beside), ("#left", not stacked and not beside), ("#outputs", not stacked)):
            self.query_one(name).set_class(columns, "columns")
        for number in self.in_window(stacked=True) if stacked else ():
            if number != self.side:
                self.outputs[number].styles.height = 1

    def share_heights(self, *, stacked: bool) -> None:
        """The outputs have most of the room."""
        left, right, outputs = (self.query_one(name) for name in ("#left", "#right", "#outputs"))
        if stacked:
            self._stack()
            return
        outputs.styles.height = "3fr"
        if self.texts_beside():
            self.prompt.styles.height = "2fr"
            self.context.styles.height = "5fr"
            right.styles.width = f"{len(self.in_window(stacked=False))}fr"
        else:
            left.styles.height = "2fr"
            right.styles.height = "5fr"

    def _stack(self) -> None:
        """One pane has the room, the others a title and a few rows, and an output that is not read its title."""
        left, right, outputs = (self.query_one(name) for name in ("#left", "#right", "#outputs"))
        on_left = [pane for name, pane in self.panes.items() if name in ("prompt", "context")]
        titles = len(self.in_window(stacked=True)) - 1
        small = self.small_rows(len(on_left) + ("reference" in self.panes), titles=titles)
        of_outputs = small + titles
        below = small if "reference" in self.panes else 0
        if self.pane in on_left:
            for pane in on_left:
                if pane is not self.pane:
                    pane.styles.height = small
            right.styles.height = of_outputs + below
            self.reference.styles.height = small
            return
        left.styles.height = small * len(on_left)
        if self.pane is self.reference:
            outputs.styles.height = of_outputs
        else:
            self.reference.styles.height = small

    def go_to_pane(self, name: str) -> None:
        """Makes it the pane that is read; an output out of sight comes into sight."""
        before = self.in_window(stacked=self.shape.name == "stacked")
        for number in range(self.output_count):
            if name == output_name(number):
                self.side = number
        super().go_to_pane(name)
        if self.in_window(stacked=self.shape.name == "stacked") != before:
            self.divide()

    def retitle(self) -> None:
        """Draws the titles of the outputs as they are now."""
        view = self.sitting.view
        if view is not None:
            for number, pane in enumerate(self.outputs[: len(view.outputs)]):
                pane.set_heading(self.heading(view, number), self.aside(number))

    # -- answering -------------------------------------------------------------------------------------

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item; of one that has its label, the overall question is in hand, which is what an undo is for."""
        view, work = self.sitting.view, self.sitting.work
        if view is not None and work.base is not None and not work.focus:
            work.focus = view.asked()[0][0]
        super().show_item(message, look)

    def in_debt(self) -> tuple[str, Criterion] | None:
        """Why is asked of the question that was answered last, until the focus is moved by hand: nothing here needs a
        why, so that whoever asks for one means what they have just said."""
        if self.owing is not None and self.owing[0] in self.sitting.work.values:
            self.sitting.work.focus = self.owing[0]
            self.form.redraw()
        return self.form.focused()

    def all_said(self) -> bool:
        """A comparison goes by itself only when every question has its answer, not the overall one alone."""
        return all(self.form.is_answered(key, criterion) for key, criterion in self.form.asked)

    def do_rate_not_applicable(self) -> None:
        """Takes the answer of the focused question back."""
        focused = self.form.focused()
        if focused is None:
            return
        key, question = focused
        if self.sitting.work.values.pop(key, None) is None:
            rule = "needs an answer" if question.required else "has no answer, and needs none"
            self.notice.say(f"{question.title} {rule}.", "notice.warning")
        else:
            self.scored(advance=False)

    # -- levels ----------------------------------------------------------------------------------------

    def explained(self, key: str, criterion: Criterion) -> Criterion:
        """A question is explained by the criterion that it is asked beside, whose levels the rubric describes."""
        view = self.sitting.view
        found = view.rubric.criteria if view else ()
        return next((one for one in found if one.id == key), criterion)

    def do_dialog_take(self) -> None:
        """Closes the levels: they are those of another scale than the answer's."""
        self.do_dialog_close()
