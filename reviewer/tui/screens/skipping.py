"""Asking why an item is passed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reviewer.tui.screens.dialogs import Choice

if TYPE_CHECKING:
    from reviewer.tui.keyed import Keyed

SKIP, ABSTAIN = "skip", "abstain"
_REASONS = {
    "The item is broken: something is missing or garbled": SKIP,
    "I come back to it later": SKIP,
    "I lack the knowledge to judge this": ABSTAIN,
    "I have a conflict of interest": ABSTAIN,
}
_OTHER = "Another reason …"


def ask_why(screen: Keyed, then: Callable[[str, str], object]) -> None:
    """Asks for the reason, then calls `then` with the action, `skip` or `abstain`, and the reason."""

    def answered(reason: str | None) -> None:
        if reason:
            then(_REASONS.get(reason, SKIP), reason)

    screen.app.push_screen(Choice("skip: why?", list(_REASONS), other=_OTHER), answered)
