"""Deciding disputed items: the item, what its raters said of it, and the form of the decision."""

from __future__ import annotations

from reviewer.keys.contexts import ADJUDICATION, ADJUDICATION_COMPARISON, ADJUDICATION_RANKING
from reviewer.session.deciding import Deciding
from reviewer.session.spreads import titled, value_told
from reviewer.session.view import TaskView
from reviewer.session.work import LABEL
from reviewer.tui.panes.peers import Told
from reviewer.tui.screens.beside import PEERS, Beside
from reviewer.tui.screens.comparison import ComparisonScreen
from reviewer.tui.screens.dialogs import Choice
from reviewer.tui.screens.item import ItemScreen
from reviewer.tui.screens.ranking import RankingScreen
from reviewer.tui.screens.rating import RatingScreen

_REASONS = (
    "Read the source once more",
    "Look at the levels of the rubric once more",
    "Say why: a reason is missing",
)
_OTHER = "Another reason …"
_FIRST = "you decide first"


def adjudication_screen(sitting: Deciding) -> ItemScreen:
    """The screen for the queue's kind."""
    if sitting.queue.kind == "pairwise":
        return DecidedComparison(sitting)
    return DecidedRanking(sitting) if sitting.queue.kind == "ranking" else DecidedRating(sitting)


class Adjudicating(Beside):
    """Shows what the raters said, unnamed, once the adjudicator may see it. The form is the decision."""

    sitting: Deciding
    panel_title = "What the raters said"

    def __init__(self, sitting: Deciding) -> None:
        super().__init__(sitting)
        self._showed = self.shows_panel

    # -- the panel -------------------------------------------------------------------------------------

    @property
    def shows_panel(self) -> bool:
        """Whether the panel may be seen: not where the adjudicator decides first and has not."""
        return self.sitting.panel is not None

    def told_of(self, view: TaskView, focus: str) -> Told | None:
        """What the raters said of an item, with their notes to the lead."""
        walk = self.sitting.walk
        case = walk.cases[view.seq]
        hidden = self.sitting.panel is None if self.sitting.view is view else walk.hides(case)
        if hidden:
            return None
        rubric = walk.rubric(walk.rubric_in_force(view.seq))
        criterion = rubric.criterion(focus.partition("@")[0])
        return self._cache.get(case.panel, focus, criterion, (), with_notes=True)

    def do_decide_panel(self) -> None:
        """Shows what the raters said, or the item again."""
        if self.shows_panel:
            self.turn_panel()
        elif self.sitting.view is not None:
            self.notice.say("Decide first; then you see what the raters said.", "notice.warning")

    def do_decide_agreed(self) -> None:
        """Takes over what all raters agree on, where nothing is answered yet."""
        if self.sitting.view is None:
            return
        if not self.shows_panel:
            self.notice.say("Decide first; then you see what the raters agree on.", "notice.warning")
            return
        who, taken = self.sitting.take_agreed()
        if not taken:
            self.notice.say("The raters agree on nothing that is not answered yet.", "notice.warning")
            return
        self.focus_unscored()
        self.said_something()
        values = self.sitting.work.values
        told = "; ".join(f"{titled(key, question)}: {value_told(question, values[key])}" for key, question in taken)
        self.notice.say(f"Taken over from {who} – {told}.")

    # -- showing ---------------------------------------------------------------------------------------

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item; the panel comes and goes with what may be seen."""
        if self.shows_panel != self._showed:
            self._showed = self.shows_panel
            if not self._showed and self.active_pane == PEERS:
                self.active_pane = self._pane_before
            self.divide()
        view, work = self.sitting.view, self.sitting.work
        if view is not None and work.base is not None and not work.focus:
            work.focus = self.focus_of(view)  # a decision that is open for change begins anew
        super().show_item(message, look)

    def show_status(self) -> None:
        """Draws the status line: what is disputed, and how many are left."""
        case = self.sitting.case
        standing = self.sitting.standing
        counts = f"{standing.done} decided · {standing.left} left"
        told = case.told if case is not None and self.shows_panel else _FIRST if case is not None else ""
        self.status.told = f"{counts} · {told}" if told else counts
        super().show_status()

    def show_end(self) -> None:
        """Says that nothing is left to decide, and what can be done now."""
        super().show_end()
        standing, keys = self.sitting.standing, self.key_of
        waiting = self.sitting.walk.waiting_here
        text = (
            f"Nothing is left for you to decide in this queue: {standing.done} of {standing.size} decided or left to "
            f"others, {waiting} sent back to their raters.\n\n"
            f"- {keys('move.undo')} opens the decision that you made last\n"
            f"- {keys('app.items')} lists the items\n- {keys('app.back')} goes back to the queues\n"
        )
        self.output.show(text, title="All decided", subtitle="")

    # -- deciding --------------------------------------------------------------------------------------

    def do_rate_submit(self) -> None:
        """Decides and opens the next item, or names what is missing: of a reason, how it is written."""
        before = self.sitting.work.focus
        super().do_rate_submit()
        if self.form.missing and self.form.missing[0].key == LABEL:
            self.sitting.work.focus = before
            self.form.redraw()
            why, overall = self.key_of("rate.rationale"), self.key_of("rate.label_rationale")
            hint = f"{overall} writes it overall, {why} for the criterion."
            self.notice.say(f"A decision needs a reason. {hint}", "notice.warning")

    def do_decide_send_back(self) -> None:
        """Asks what the raters should look at, then sends the item back to them."""
        if self.sitting.view is None:
            return

        def answered(reason: str | None) -> None:
            if reason:
                self.moved(self.sitting.send_back(reason))

        self.app.push_screen(Choice("send back: what should they look at?", _REASONS, other=_OTHER), answered)


class DecidedRating(Adjudicating, RatingScreen):
    """Decisions on ratings."""

    base = ADJUDICATION


class DecidedComparison(Adjudicating, ComparisonScreen):
    """Decisions on preferences."""

    base = ADJUDICATION_COMPARISON


class DecidedRanking(Adjudicating, RankingScreen):
    """Decisions on rankings."""

    base = ADJUDICATION_RANKING
