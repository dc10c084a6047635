"""The servers' queues on the home screen: their marks, those that can be fetched, and asking for items of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.keys.contexts import LIST
from reviewer.session.desk import OFFERED, QueueCard, offered_card
from reviewer.session.synchroniser import Plug, mark_words
from reviewer.tui.keyed import Keyed

if TYPE_CHECKING:
    from reviewer.tui.screens.home import HomeScreen

_WANTED = ("20", "50", "100", "200")
_USUALLY = 1
_DIGITS = 6
NO_SERVER = "This queue is on this device alone: nothing is fetched into it."


def with_offers(cards: list[QueueCard], syncing: Plug) -> list[QueueCard]:
    """The queues that are here, then those that a server offers and of which nothing is here."""
    at_work = syncing.at_work
    if at_work is None:
        return cards
    here = {card.name for card in cards}
    return cards + [offered_card(each.name, each.kind) for each in at_work.remote_queues() if each.name not in here]


def told_of(card: QueueCard, syncing: Plug) -> str | None:
    """The state of a server's queue in its row: what was not fetched, or how its labels stand with the server; None
    for a queue of this device alone."""
    at_work = syncing.at_work
    state = at_work.state_of(card.name) if at_work else None
    if state is None:
        return None
    if state.fetch == "under way":
        return "fetching…"
    mark = mark_words(state)
    if card.state == OFFERED:
        return "not fetched" if state.mark in ("", "synced", "syncing") else f"not fetched, {mark}"
    return mark if card.state == "open" else f"{card.state}, {mark}" if mark else card.state


def hint_for(screen: Keyed, card: QueueCard) -> str:
    """What can be done with a server's queue, and what is wrong with it; empty for a queue of this device alone."""
    at_work = screen.desk.syncing.at_work
    state = at_work.state_of(card.name) if at_work else None
    if state is None:
        return ""
    keys = screen.desk.keymap
    fetch, sync = keys.hint("list.fetch", LIST), keys.hint("app.sync", LIST)
    if state.message:
        return f"{state.message} {sync} tries now."
    if state.fetch in ("failed", "ended") and state.fetch_message:
        return state.fetch_message
    return f"{fetch} fetches items, {sync} syncs now."


def ask_how_many(screen: HomeScreen, card: QueueCard) -> None:
    """Asks how many items are wanted at hand, then lets them be fetched."""
    from reviewer.tui.screens.dialogs import Choice

    def answered(answer: str | None) -> None:
        at_work = screen.desk.syncing.at_work
        if answer is None or at_work is None:
            return
        number = answer.replace(",", "")
        if number.isascii() and number.isdigit() and len(number) <= _DIGITS and int(number):
            at_work.pull(card.name, int(number))
            screen.notice.say(f"Fetching items of {card.name}…")
        else:
            screen.notice.say("How many is said by a number from 1 on.", "notice.warning")

    title = f"how many items of {card.name} do you want at hand?"
    screen.app.push_screen(Choice(title, _WANTED, other="another number", chosen=_USUALLY), answered)
