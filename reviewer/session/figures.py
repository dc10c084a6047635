"""Whether digits at the beginning of a rationale choose quick reasons, or write a figure."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

_UNITS: Final = r"h|hrs?|min|s|sec|ms|d|[µmk]?g|[mcd]?l|[mck]?m|[kMGT]B|kcal|mmol|x|st|nd|rd|th|pm|EUR|USD|GBP|CHF"
"""What is no word by itself that a reason would begin with."""
_SIGN: Final = re.compile(r"[0-9.,:/%‰°²³€$£¥×+–)-]")
_WORD_AFTER_SPACE: Final = re.compile(r" +[^\W\d_]")
_UNIT: Final = re.compile(rf"(?:{_UNITS})(?!['’]|[^\W\d_])")
_MAY_BE_UNIT: Final = re.compile(r"[^\W\d_]{1,4}")


class Begun(Enum):
    """What digits that were the first keys of a rationale have turned out to be."""

    FIGURE = auto()
    REASONS = auto()
    OPEN = auto()


def begun(text: str, *, ended: bool = False) -> Begun:
    """What the digits before `text` are: a figure where a sign, a further digit, a unit, or a space and a word goes on
    from them (`5.2`, `5%`, `10`, `24h`, `24 hours`); reasons where other words do.

    Until `ended`, a text that can still become a unit, or a word after a space, leaves it open.
    """
    if _SIGN.match(text) or _WORD_AFTER_SPACE.match(text):
        return Begun.FIGURE
    if not text or not text.strip(" "):
        return Begun.REASONS if ended else Begun.OPEN
    if _MAY_BE_UNIT.fullmatch(text) and not ended:
        return Begun.OPEN
    return Begun.FIGURE if _UNIT.match(text) else Begun.REASONS
