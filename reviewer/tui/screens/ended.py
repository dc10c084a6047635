"""What stands where the item stood once nothing is left to rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reviewer.keys.contexts import LIST
from reviewer.session.desk import CANCELLED, waiting_for
from reviewer.session.sitting import Sitting
from reviewer.text.markdown import literal

if TYPE_CHECKING:
    from reviewer.tui.app import ReviewerApp


def end_text(sitting: Sitting, desk: ReviewerApp, key_of: Callable[[str], str], served: str) -> str:
    """How far the rater has come and what can be done now, as Markdown; `served` is what the server has to say."""
    standing = sitting.standing
    begin = f"{served}\n\n" if served else "Nothing is left for you in this queue: "
    return (
        f"{begin}{standing.done} of {standing.size} done, "
        f"{standing.counters.skipped} skipped, {standing.counters.flagged} flagged.\n\n"
        f"- {key_of('move.undo')} opens the label you submitted last\n"
        f"- {key_of('app.items')} lists the items\n- {key_of('app.back')} goes back to the queues\n"
        f"{_say_reveal(sitting, desk)}"
    )


def _say_reveal(sitting: Sitting, desk: ReviewerApp) -> str:
    """Of a calibration round that is blind yet, what comes after the last label; empty for any other queue."""
    if not sitting.queue.is_blind_round:
        return ""
    if sitting.queue.state == CANCELLED:
        return "\nThe round was cancelled: nothing more is taken, and nobody sees what was said.\n"
    others = [(name, left) for name, left in waiting_for(sitting.reader, sitting.queue)]
    told = ", ".join(f"{literal(name)} ({left} left)" for name, left in others if name != desk.rater)
    key = f"**{desk.keymap.hint('list.reveal', LIST)}** in the list of queues"
    if told:
        return f"\nThe round waits for {told}. Once all are done, {key} shows what everybody said.\n"
    return f"\nAll members are done: {key} shows what everybody said.\n"
