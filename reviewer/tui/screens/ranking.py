"""The ranking screen: three outputs or more, taken one after the other, the best first."""

from __future__ import annotations

from reviewer.keys.contexts import RANKING
from reviewer.rubric import Criterion
from reviewer.rubric.questions import RANKING as OVERALL
from reviewer.rubric.questions import RankingQuestion
from reviewer.session.comparing import place_last, placed, take_back, take_next
from reviewer.session.sitting import Sitting
from reviewer.session.view import TaskView
from reviewer.session.work import Work
from reviewer.tui.panes.compared import is_ranked, standing
from reviewer.tui.screens.divided import output_name
from reviewer.tui.screens.several import Several
from reviewer.tui.screens.sources import Sources, titled

_MOST = 8
_NARROWEST = 40


class RankingScreen(Several):
    """Rankings with ties, over a window of outputs that follows the one that is read."""

    base = RANKING
    most_outputs = _MOST

    def __init__(self, sitting: Sitting) -> None:
        super().__init__(sitting)
        self.output_count = len(sitting.view.outputs) if sitting.view else 1
        self.tied = False
        """Whether the next output is to be tied with the one taken last."""
        self._first = 0

    def on_mount(self) -> None:
        """Levels are those of other scales than a ranking's."""
        self.levels.gives = False

    # -- reading ---------------------------------------------------------------------------------------

    def in_window(self, *, stacked: bool) -> range:
        """As many outputs as have room, the one that is read among them."""
        count = 1 if stacked else max(1, min(self.output_count, self.item_width // _NARROWEST))
        first = min(max(self._first, self.side - count + 1), self.side, self.output_count - count)
        return range(first, first + count)

    def go_to_pane(self, name: str) -> None:
        """Makes it the pane that is read, and lets the window follow."""
        super().go_to_pane(name)
        self._first = self.in_window(stacked=self.shape.name == "stacked").start

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item, with the places that the focused question gives."""
        super().show_item(message, look)
        self.retitle()

    def show_outputs(self, view: TaskView, shown: Sources) -> None:
        """Shows the outputs from the first on."""
        self.tied = False
        super().show_outputs(view, shown)
        if self.side:
            self.go_to_pane(output_name(0))

    def heading(self, view: TaskView, number: int) -> str:
        """The number of an output, and where it stands for the focused question."""
        work = self.sitting.work
        return titled(view, number, standing(work.values.get(work.focus or OVERALL), number + 1))

    def aside(self, number: int) -> str:
        """How many there are, where one is seen at a time."""
        return f"{number + 1}/{self.output_count}" if self.shape.name == "stacked" else ""

    def refocused(self) -> None:
        """Another question has another ranking."""
        self.tied = False
        self.retitle()

    # -- ranking ---------------------------------------------------------------------------------------

    def do_rank_digit(self, digit: int) -> None:
        """Takes the output of that number as the next best."""
        if (focused := self._question()) is None:
            return
        key, question = focused
        refusal = take_next(self.sitting.work, key, question, digit or 10, tied=self.tied)
        if refusal:
            self.notice.say(refusal, "notice.warning")
        else:
            self._ranked(is_ranked(question, self.sitting.work.values.get(key)))

    def do_rank_tie(self) -> None:
        """Ties the next output with the one taken last, or does not after all."""
        if (focused := self._question()) is None:
            return
        key, question = focused
        groups = self.sitting.work.values.get(key)
        if not groups:
            self.notice.say("Nothing is ranked yet that the next could be tied with.", "notice.warning")
        elif is_ranked(question, groups):
            self.notice.say(f"{question.title}: every output has its place.", "notice.warning")
        else:
            self.tied = not self.tied
            last = " and ".join(str(one) for one in groups[-1])
            self.notice.say(f"The next is tied with {last}." if self.tied else "")

    def do_rank_take_back(self) -> None:
        """Takes the last step back."""
        work = self.sitting.work
        if self.owing is not None and work.focus not in work.values and self.owing[0] in work.values:
            work.focus = self.owing[0]  # the last step was that question's last
        if (focused := self._question()) is None:
            return
        if self.tied:
            self.tied = False
            self.notice.say("")
        elif take_back(self.sitting.work, focused[0]):
            self._ranked(False)
        else:
            self.notice.say("Nothing is ranked yet.", "notice.warning")

    def do_rate_not_applicable(self) -> None:
        """Takes the whole ranking of the focused question back."""
        super().do_rate_not_applicable()
        self.refocused()

    def do_rate_submit(self) -> None:
        """Gives a single output that is left the last place, and submits; names what has no place yet."""
        work = self.sitting.work
        for key, question in self.form.asked:
            if not isinstance(question, RankingQuestion) or key not in work.values:
                continue
            if len(left := _left(work, key, question)) == 1:
                place_last(work, key, question)
                self.said_something()
            if not is_ranked(question, work.values[key]):
                work.focus = key
                self.refocused()
                self.form.redraw()
                self.notice.say(f"{question.title}: {', '.join(left)} have no place yet.", "notice.warning")
                return
        super().do_rate_submit()

    def _ranked(self, complete: bool) -> None:
        self.tied = False
        self.scored(advance=complete)
        self.retitle()

    def _question(self) -> tuple[str, RankingQuestion] | None:
        focused = self.form.focused()
        if focused is None or not isinstance(focused[1], RankingQuestion):
            return None
        return focused[0], focused[1]

    def explained(self, key: str, criterion: Criterion) -> Criterion:
        """The overall question, which is no criterion of the rubric, by its keys."""
        found = super().explained(key, criterion)
        if not isinstance(found, RankingQuestion):
            return found
        keys = self.key_of
        told = (
            f"- **1**–**{found.outputs}** take an output as the next best\n"
            f"- **{keys('rank.tie')}** ties the next with the one taken last\n"
            f"- **{keys('rank.take_back')}** takes the last step back\n"
            f"- **{keys('rate.submit')}** gives a single one that is left the last place, and submits\n"
        )
        return found.model_copy(update={"help": told})


def _left(work: Work, key: str, question: RankingQuestion) -> list[str]:
    done = placed(work, key)
    return [str(one) for one in range(1, question.outputs + 1) if one not in done]
