"""Which labels of a queue count in its statistics, why others do not, and what they were shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reviewer.store.judged import JudgedLabel

RECALLED: Final = "recalled task"
GOLD: Final = "gold task"
SURPLUS: Final = "surplus"
EXPOSED: Final = "seen others' judgment before"
OTHER_OUTPUTS: Final = "its order names other outputs"

_OUTCOMES = {"skipped": "skipped", "abstained": "abstained", "sent_back": "sent back"}


def why_left_out(label: JudgedLabel, *, recalled: bool, exposed: bool = False, surplus: bool = False) -> str:
    """Why a label does not count, or nothing; `exposed` and `surplus` ones do where so asked."""
    if recalled:
        return RECALLED
    if label.outcome != "submitted":
        return _OUTCOMES.get(label.outcome, label.outcome)
    if label.exposure != "none" and not exposed:
        return EXPOSED
    return SURPLUS if label.surplus and not surplus else ""


def slots_of(shown: Sequence[str], public_ids: Sequence[str]) -> tuple[int, ...]:
    """Which of the outputs these are, in the order shown; nothing where they are not all of them, each once."""
    if sorted(shown) != sorted(public_ids):
        return ()
    return tuple(public_ids.index(one) for one in shown)
