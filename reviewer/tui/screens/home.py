"""The home screen: the queues, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from reviewer.errors import ReviewerError
from reviewer.keys.contexts import LIST, Stack
from reviewer.session.desk import OFFERED, QueueCard, cards
from reviewer.session.revealing import open_sitting
from reviewer.text.cells import pad, truncate
from reviewer.tui.keyed import Keyed
from reviewer.tui.panes.lines import Fragments, Lines
from reviewer.tui.panes.status import Footer, Notice
from reviewer.tui.screens.fetching import NO_SERVER, ask_how_many, hint_for, told_of, with_offers

BEGIN = (
    "There is no queue yet. Two ways to begin:",
    "  reviewer demo                           opens the workstation on sample data",
    "  reviewer import items.jsonl -q myqueue  makes a queue of your own items",
)
_BAR = 16
_FIGURES = 36
"""The cells of a row that are neither name, nor bar, nor what is told last."""


class QueueRows(Lines):
    """The queues in rows; the chosen one is drawn so."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.cards: list[QueueCard] = []
        self.chosen = 0
        self.served: dict[str, str] = {}
        """What is told of the queues that are a server's, by their names."""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """A heading, then one row a queue."""
        if not self.cards:
            return [[], *([(line, "strong" if number == 0 else "text")] for number, line in enumerate(BEGIN))]
        name_width = min(max(len(card.name) for card in self.cards) + 2, width // 3)
        bar_width = self._bar_width(width - name_width)
        heading = pad("  queue", name_width + 2) + "  " + pad("done", bar_width + 5) + "   left  drafts  flagged"
        found: list[Fragments] = [[(truncate(heading, width), "dim")]]
        first = max(0, self.chosen - (height - 2))
        for number, card in enumerate(self.cards[first:], start=first):
            share = card.done / card.size if card.size else 0.0
            filled = round(share * bar_width)
            mark = "▸ " if number == self.chosen else "  "
            name = pad(truncate(card.name, name_width), name_width)
            bar = "█" * filled + "░" * (bar_width - filled)
            rest = f" {share:4.0%}  {card.left:6,}  {card.drafts:6}  {card.flagged:7}"
            told = self._last(card)
            state = f"  {told}" if told else ""
            if number == self.chosen:
                found.append([(pad(f"{mark}{name}  {bar}{rest}{state}", width), "list.cursor")])
            else:
                row = [(mark, "key"), (name, "strong"), ("  ", "text"), (bar, "bar.done"), (rest, "text")]
                found.append([*row, (state, "dim")])
        return found

    def _last(self, card: QueueCard) -> str:
        return self.served.get(card.name) or _told(card)

    def _bar_width(self, room: int) -> int:
        """The bar gives way where what is told of a queue would have no room."""
        told = max((len(self._last(card)) for card in self.cards), default=0)
        return max(0, min(_BAR, room - _FIGURES - told)) if told else _BAR


def _told(card: QueueCard) -> str:
    """The state of a queue; of a calibration round that is blind yet, whether all have rated it."""
    if card.waiting_for is None:
        return "" if card.state == "open" else card.state
    return f"round, {card.state}" if card.waiting_for else "round, done"


class HomeScreen(Keyed):
    """Lists the queues; one opens."""

    _hinted = ""
    """What was said of the chosen queue, which gives way to whatever else is to be said."""

    @property
    def stack(self) -> Stack:
        """A list."""
        return LIST

    def compose(self) -> ComposeResult:
        """A title, the queues, a notice, the keys."""
        self.top = HomeTitle(id="home-title")
        self.queues = QueueRows(id="rows")
        self.notice = Notice(id="notice")
        self.footer = Footer(self.desk.keymap, id="footer")
        self.footer.stack = self.hearing
        yield self.top
        yield self.queues
        yield self.notice
        yield self.footer

    def on_mount(self) -> None:
        """Reads the queues."""
        self.top.styles.height = 2
        self.desk.dress(self)
        self.read()
        self.call_after_refresh(self.desk.settle_down)

    def on_screen_resume(self) -> None:
        """Reads them anew after a sitting."""
        self.read()
        card = self._card()
        if card is not None and self._hint(card) and self.notice.text in ("", self._hinted):
            self._say_hint(card)

    def sync_changed(self) -> None:
        """Shows how the servers' queues stand now, and what has happened to them."""
        try:
            self.read()
        except ReviewerError as trouble:
            self.tell(trouble)
            return
        if not self.is_current or (at_work := self.desk.syncing.at_work) is None:
            return
        if news := at_work.news():
            self.notice.say(" ".join(news), "notice.warning")
        elif self.notice.text in ("", self._hinted) and (card := self._card()) is not None:
            self._say_hint(card)

    def _say_hint(self, card: QueueCard) -> None:
        self._hinted = self._hint(card)
        self.notice.say(self._hinted)

    def read(self) -> None:
        """Reads the queues and draws them."""
        syncing = self.desk.syncing
        before = self._card()
        self.queues.cards = with_offers(cards(self.desk.store, self.desk.rater), syncing)
        self.queues.served = {
            card.name: told for card in self.queues.cards if (told := told_of(card, syncing)) is not None
        }
        names = [card.name for card in self.queues.cards]
        at = names.index(before.name) if before is not None and before.name in names else self.queues.chosen
        self.queues.chosen = min(at, max(0, len(names) - 1))
        self.top.rater = self.desk.rater
        self.top.redraw()
        self.queues.redraw()

    def tell(self, trouble: ReviewerError) -> None:
        """Says it in the notice line."""
        self.notice.say(trouble.sentence, "notice.trouble")

    def do_list_up(self) -> None:
        """Goes up."""
        self._move(-1)

    def do_list_down(self) -> None:
        """Goes down."""
        self._move(1)

    def do_list_page_up(self) -> None:
        """Goes up one page."""
        self._move(-self.queues.size.height)

    def do_list_page_down(self) -> None:
        """Goes down one page."""
        self._move(self.queues.size.height)

    def do_list_home(self) -> None:
        """Goes to the first queue."""
        self._move(-len(self.queues.cards))

    def do_list_end(self) -> None:
        """Goes to the last queue."""
        self._move(len(self.queues.cards))

    def _move(self, by: int) -> None:
        last = max(0, len(self.queues.cards) - 1)
        self.queues.chosen = max(0, min(last, self.queues.chosen + by))
        self.queues.redraw()
        card = self._card()
        if card is not None:
            self._say_hint(card)

    def do_list_open(self) -> None:
        """Opens the chosen queue where the rater left off."""
        card = self._card()
        if card is None:
            return
        if not card.size and card.name in self.queues.served:
            ask_how_many(self, card)
            return
        from reviewer.tui.screens.opening import screen_for

        try:
            sitting = open_sitting(
                self.desk.store, card.name, self.desk.rater, idle_after=self.desk.home.settings.idle_after
            )
        except ReviewerError as error:
            self.notice.say(str(error), "notice.warning")
            return
        self.notice.say("")
        self.app.push_screen(screen_for(sitting))

    def do_list_reveal(self) -> None:
        """Reveals the chosen calibration round, once all have rated it and somebody says so."""
        card = self._card()
        if card is None:
            return
        if card.waiting_for is None:
            self.notice.say(f"{card.name} is no calibration round that waits to be revealed.", "notice.warning")
        elif card.waiting_for:
            self.notice.say(self._of_round(card), "notice.warning")
        else:
            self._ask_to_reveal(card.name)

    def do_list_fetch(self) -> None:
        """Fetches items of the chosen queue, as many as are said."""
        card = self._card()
        if card is None:
            return
        if card.name in self.queues.served:
            ask_how_many(self, card)
        else:
            self.notice.say(self.desk.syncing.trouble or NO_SERVER, "notice.warning")

    def _hint(self, card: QueueCard) -> str:
        return self._of_round(card) or hint_for(self, card)

    def _of_round(self, card: QueueCard) -> str:
        """How far a calibration round is that is blind yet; empty for any other queue."""
        if card.waiting_for is None:
            return ""
        left = ", ".join(f"{name} ({count} left)" for name, count in card.waiting_for)
        key = self.desk.keymap.hint("list.reveal", LIST)
        return f"The round waits for {left}." if left else f"All members are done: {key} reveals what they said."

    def _ask_to_reveal(self, name: str) -> None:
        from reviewer.session import rounds
        from reviewer.tui.screens.dialogs import Choice

        wait, go_on = "Not yet", "Reveal it: nobody can rate blind any more"

        def answered(answer: str | None) -> None:
            if answer != go_on:
                return
            try:
                rounds.reveal(self.desk.store, name, self.desk.rater)
            except ReviewerError as trouble:
                self.notice.say(str(trouble), "notice.warning")
            else:
                self.notice.say(f"{name} is revealed: {self.desk.keymap.hint('list.open', LIST)} opens it.")
            self.read()

        self.app.push_screen(Choice(f"reveal {name} now?", [wait, go_on]), answered)

    def do_app_instructions(self) -> None:
        """Shows the queue's own page."""
        from reviewer.tui.screens.queue_page import queue_page

        card = self._card()
        if card is not None:
            self.app.push_screen(queue_page(card))

    def do_list_decide(self) -> None:
        """Opens the tasks of the chosen queue that its raters disagree on."""
        from reviewer.tui.screens.opening import open_disputed

        card = self._card_here()
        if card is None:
            return
        try:
            if why := open_disputed(self, card.name):
                self.notice.say(why)
        except ReviewerError as trouble:
            self.notice.say(str(trouble), "notice.warning")

    def do_list_raters(self) -> None:
        """Shows how the raters of the chosen queue do."""
        from reviewer.tui.screens.raters import RatersScreen

        card = self._card_here()
        if card is not None:
            self.app.push_screen(RatersScreen(card.name))

    def do_list_progress(self) -> None:
        """Shows how far the team is in the chosen queue."""
        from reviewer.tui.screens.progress import ProgressScreen

        card = self._card()
        if card is not None:
            self.app.push_screen(ProgressScreen(card.name, self.desk.watch_progress(card.name)))

    def do_list_my_page(self) -> None:
        """Shows how the rater does in the chosen queue."""
        from reviewer.tui.screens.raters import OwnPage

        card = self._card_here()
        if card is not None:
            self.app.push_screen(OwnPage(card.name))

    def _card_here(self) -> QueueCard | None:
        card = self._card()
        if card is not None and card.state == OFFERED:
            self.notice.say(f"Nothing of {card.name} is here yet. {hint_for(self, card)}", "notice.warning")
            return None
        return card

    def _card(self) -> QueueCard | None:
        return self.queues.cards[self.queues.chosen] if self.queues.cards else None


class HomeTitle(Lines):
    """Who is here."""

    rater = ""

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """A title and an empty row."""
        del height
        return [[(pad(f" Reviewer  ·  {self.rater}", width), "status.strong")], []]
