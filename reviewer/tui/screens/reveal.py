"""The reveal of a calibration round: the item, what everybody said of it, and the form to vote anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from reviewer.errors import ReviewerError
from reviewer.ids import canonical_json
from reviewer.keys.actions import ACTIONS
from reviewer.keys.contexts import REVEAL, REVEAL_COMPARISON, REVEAL_RANKING, Context
from reviewer.rubric import Criterion
from reviewer.session.promoting import Proposal
from reviewer.session.revealing import Revealing
from reviewer.session.view import TaskView
from reviewer.tui.panes.entry import Asked
from reviewer.tui.panes.lines import Fragments, folded
from reviewer.tui.panes.peers import Remark, Told
from reviewer.tui.screens.beside import PEERS, Beside
from reviewer.tui.screens.comparison import ComparisonScreen
from reviewer.tui.screens.dialogs import Choice, Dialog, Page
from reviewer.tui.screens.disputed import Disputed
from reviewer.tui.screens.item import ItemScreen
from reviewer.tui.screens.ranking import RankingScreen
from reviewer.tui.screens.rating import RatingScreen

_DISCUSSION, _WHY = "discussion", "example"
_ANSWERING = (Context.RATING, Context.COMPARISON, Context.RANKING)
_LOOKING = frozenset(
    {
        "rate.next_criterion",
        "rate.previous_criterion",
        "rate.levels",
        "compare.differences",
        "compare.flip",
        "compare.lock_scroll",
    }
)
"""What may be done of the actions of these contexts where no vote can be given."""


def reveal_screen(sitting: Revealing) -> ItemScreen:
    """The reveal of the round's kind of queue."""
    if sitting.queue.kind == "pairwise":
        return RevealedComparison(sitting)
    return RevealedRanking(sitting) if sitting.queue.kind == "ranking" else RevealedRating(sitting)


class Revealed(Beside):
    """Shows all labels beside the item, or in its place where there is no room for both.

    The form is the second vote; the discussion is noted item by item, and an item may become an annotated example.
    """

    sitting: Revealing

    def __init__(self, sitting: Revealing) -> None:
        super().__init__(sitting)
        self.active_pane = PEERS
        self._level: tuple[str, str, str] | None = None
        """Criterion, level, and its words, of the example that is being explained."""

    def do_reveal_panel(self) -> None:
        """Shows what everybody said, or the item again."""
        self.turn_panel()

    # -- showing ---------------------------------------------------------------------------------------

    def show_item(self, message: str = "", look: str = "notice") -> None:
        """Draws the item, and what everybody said of it."""
        super().show_item(message or self.sitting.read_only, look)

    def show_status(self) -> None:
        """Draws the status line: how disputed the item is, and how many second votes there are."""
        panel = self.sitting.panel
        again = 0 if self.sitting.state == "voted again" else self.sitting.voted_again  # the state says it
        self.status.told = f"{f'{again} voted again · ' if again else ''}{panel.told}" if panel else ""
        super().show_status()

    def focus_of(self, view: TaskView) -> str:
        """The question that is disputed most."""
        return self.sitting.most_disputed(view.seq)

    def told_of(self, view: TaskView, focus: str) -> Told:
        """What everybody said of an item, and what the group noted."""
        walk = self.sitting.walk
        rubric = walk.rubric(walk.rubric_in_force(view.seq))
        criterion = rubric.criterion(focus.partition("@")[0])
        remarks = [Remark(note.author, note.at, note.text) for note in self.sitting.notes_of(view.task)]
        return self._cache.get(self.sitting.panels[view.seq], focus, criterion, remarks)

    # -- answering -------------------------------------------------------------------------------------

    def in_debt(self) -> tuple[str, Criterion] | None:
        """Why is asked of the criterion that was scored last, until the focus is moved by hand: whoever votes anew says
        what has changed."""
        if self.owing is not None and self.owing[0] in self.sitting.work.values:
            self.sitting.work.focus = self.owing[0]
            self.form.redraw()
            self.tell_panel()
        return self.form.focused()

    def run_named(self, name: str) -> bool:
        """Runs an action, unless it would change a vote where there is none to change."""
        action = ACTIONS.get(name)
        answering = action is not None and action.context in _ANSWERING and name not in _LOOKING
        if answering and (why := self.sitting.read_only):
            self.notice.say(why, "notice.warning")
            return True
        return super().run_named(name)

    def do_app_items(self) -> None:
        """Lists the items, the most disputed first."""

        def chosen(seq: int | None) -> None:
            if seq is not None:
                self.moved(self.sitting.go_to(seq))

        self.sitting.flush_draft()
        self.hand_over()
        self.app.push_screen(Disputed(self.sitting), chosen)

    # -- discussing ------------------------------------------------------------------------------------

    def do_reveal_note(self) -> None:
        """Writes what the group noted of the item."""
        if why := self.sitting.no_discussion:
            self.notice.say(why, "notice.warning")
        elif self.sitting.view is not None:
            self.open_entry(Asked(_DISCUSSION, "", "what the group notes of this item"))

    def do_reveal_example(self) -> None:
        """Takes the item into the rubric as an annotated example: asks for the level, then why, then shows it."""
        focused = self.form.focused()
        if why := self.sitting.no_discussion:
            self.notice.say(why, "notice.warning")
            return
        if focused is None:
            return
        key, question = focused
        levels = _levels(question)
        if self.sitting.queue.kind != "rating" or not levels:
            why = "an example shows one output" if self.sitting.queue.kind != "rating" else "it has no levels"
            self.notice.say(f"{question.title} takes no example: {why}.", "notice.warning")
            return
        words = [word for _, word in levels]

        def chosen(word: str | None) -> None:
            if word is not None:
                level = levels[words.index(word)][0]
                self._level = (key.partition("@")[0], level, word)
                self.open_entry(Asked(_WHY, "", f"why this shows {question.title} {word}"))

        self.notice.say("")
        agreed = self._agreed(key, levels)
        counted = [name for name, _ in levels] == [str(number) for number in range(1, len(levels) + 1)]
        title = f"an example of {question.title}: which level?"
        self.app.push_screen(Choice(title, words, chosen=agreed, numbered=not counted), chosen)

    def _agreed(self, key: str, levels: Sequence[tuple[str, str]]) -> int:
        """The place of the level that most gave last."""
        panel = self.sitting.panel
        given = [label.latest.values.get(key) for label in panel.labels] if panel else []
        counts = Counter(_level_name(value) for value in given if value is not None)
        ranked = sorted(range(len(levels)), key=lambda at: -counts[levels[at][0]])
        return ranked[0]

    def typed(self, text: str) -> None:
        """What is noted, and why something is an example, is no part of the label."""
        if self.asked is None or self.asked.kind not in (_DISCUSSION, _WHY):
            super().typed(text)

    def do_text_done(self) -> None:
        """Ends the entry; a note is kept, an example is shown as it would stand."""
        asked, text = self.asked, self.entry.text.strip()
        super().do_text_done()
        if asked is None or asked.kind not in (_DISCUSSION, _WHY):
            return
        if not text:
            self.notice.say("Nothing is written, so nothing is kept.")
        elif asked.kind == _DISCUSSION:
            self._keep_note(text)
        elif self._level is not None:
            self._show_example(*self._level[:2], text)

    def do_text_submit(self) -> None:
        """Ends the entry, then submits; what is no part of the label submits none."""
        if self.asked is not None and self.asked.kind in (_DISCUSSION, _WHY):
            self.do_text_done()
        else:
            super().do_text_submit()

    def _keep_note(self, text: str) -> None:
        def keep() -> None:
            self.sitting.add_note(text)
            self.tell_panel()
            self.notice.say("Noted, for everybody in the round.")

        self._or_write_again(keep, Asked(_DISCUSSION, "", "what the group notes of this item", text))

    def _show_example(self, criterion: str, level: str, why: str) -> None:
        def show() -> None:
            proposal = self.sitting.propose_example(criterion, level, why)
            self.app.push_screen(Proposed(proposal), lambda taken: self._promote(proposal) if taken else None)

        title = self.entry_title.asked.title
        self._or_write_again(show, Asked(_WHY, "", title, why))

    def _or_write_again(self, act: Callable[[], None], asked: Asked) -> None:
        """Acts; where that fails, what was written stands in the entry again."""
        try:
            act()
        except ReviewerError as trouble:
            self.open_entry(asked)
            self.tell(trouble)

    def _promote(self, proposal: Proposal) -> None:
        try:
            self.sitting.promote(proposal)
        except ReviewerError as trouble:
            self.tell(trouble)
            return
        self._shown = None
        self.tell_panel()
        self.notice.say(f"Now an example in the rubric of {proposal.queue}; no label needs a change.")


class RevealedRating(Revealed, RatingScreen):
    """The reveal of ratings."""

    base = REVEAL


class RevealedComparison(Revealed, ComparisonScreen):
    """The reveal of preferences."""

    base = REVEAL_COMPARISON


class RevealedRanking(Revealed, RankingScreen):
    """The reveal of rankings."""

    base = REVEAL_RANKING


class Proposed(Page):
    """An annotated example as it would stand in the rubric; `enter` takes it. Gives whether it is taken."""

    def __init__(self, proposal: Proposal) -> None:
        def tell(width: int) -> list[Fragments]:
            rows: list[Fragments] = []
            for line in proposal.lines:
                new = line.startswith("+")
                indent = len(line) - len(line[1:].lstrip()) if new else len(line) - len(line.lstrip())
                marked = 2 if new else 0
                for number, piece in enumerate(folded(line.strip(), width - indent - marked) or [""]):
                    mark = "+ " if new and number else ""
                    rows.append([(" " * (indent if not new else max(0, indent - 1)) + mark + piece, _look(new))])
            return rows

        super().__init__(f"an example for the rubric of {proposal.queue}", tell)

    def hint(self) -> str:
        """How to scroll, where there is more, how to take it, and how to let it be."""
        keys, end = self.desk.keymap, Dialog.hint(self)
        return end if self._page.is_whole else f"{keys.hint('dialog.page_down', self.stack)} more · {end}"

    def do_dialog_take(self) -> None:
        """Takes the example."""
        self.dismiss(True)


def _look(new: bool) -> str:
    return "code.inserted" if new else "dim"


def _levels(criterion: Criterion) -> list[tuple[str, str]]:
    """Name and words of each level that an example could show."""
    values: list[object] = []
    if criterion.type == "scale":
        values = list(criterion.steps)
    elif criterion.type == "boolean":
        values = [True, False]
    elif criterion.type in ("choice", "multi"):
        values = [option.value for option in criterion.options]
    return [(_level_name(value), _level_words(criterion, value)) for value in values]


def _level_name(value: object) -> str:
    return canonical_json(value).decode() if isinstance(value, bool) else str(value)


def _level_words(criterion: Criterion, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    option = criterion.option(value)
    level = criterion.level(value) if isinstance(value, str | int) else None
    label = level.label if level else ""
    words = [option.text if option else str(value), "" if option and label == option.text else label]
    return " · ".join(word for word in words if word)
