"""Hostile text made visible: what would steer a terminal, or hide, becomes one visible character.

Every function but `one_line` maps one code point to one code point, so that an offset into the stored text is an
offset into what is shown.
"""

from __future__ import annotations

import re
from functools import lru_cache

ZWNJ = "\u200c"
ZWJ = "\u200d"

UNSEEN = "\u2337"
"""Stands for a character that has no picture of its own and would be drawn as nothing."""

_BROKEN = "\ufffd"
_TO_RIGHT = "\u22b3"
_TO_LEFT = "\u22b2"
_ISOLATE_END = "\u22c4"
_STACKED = "\u25cc"


def _pictures() -> dict[int, str]:
    table = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)}
    table[0x7F] = "\u2421"
    table.update(dict.fromkeys(range(0x80, 0xA0), _BROKEN))
    table[0x85] = "\u2424"
    table[0xAD] = "\u00ac"
    table.update(dict.fromkeys((0x200E, 0x202A, 0x202D, 0x2066), _TO_RIGHT))
    table.update(dict.fromkeys((0x200F, 0x061C, 0x202B, 0x202E, 0x2067), _TO_LEFT))
    table.update(dict.fromkeys((0x202C, 0x2068, 0x2069), _ISOLATE_END))
    table[0x2028] = "\u2424"
    table[0x2029] = "\u00b6"
    return table


def _tag_pictures() -> dict[int, str]:
    table = dict.fromkeys(range(0xE0000, 0xE0080), UNSEEN)
    table.update({0xE0041 + n: chr(0x24B6 + n) for n in range(26)})
    table.update({0xE0061 + n: chr(0x24D0 + n) for n in range(26)})
    table.update({0xE0031 + n: chr(0x2460 + n) for n in range(9)})
    table[0xE0030] = "\u24ea"
    return table


_PICTURES = _pictures() | _tag_pictures()
_ASCII = {code: picture for code, picture in _PICTURES.items() if code < 0x80}

_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    f"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164{_SELECTORS}\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff\U0001d173-\U0001d17a\U0001bca0-\U0001bca3]"
    f"|(?<=[{_MARKS}]{{8}})[{_MARKS}]"
)
_JOINABLE = re.compile(
    "[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff\ufe0f"  # pictographs, and what presents one
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u17b3\u17b6-\u18aa\ua840-\ua87f\U00011000-\U00011fff]"
)
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")


def visible(text: str) -> str:
    """`text` with every control, directional and invisible character replaced by one visible character.

    Newline and tab stay; the carriage return of a CRLF becomes a space; joiners inside emoji and inside words of
    scripts that need them stay, and so does one variation selector after a character that can carry it.
    """
    if "\r\n" in text:
        text = text.replace("\r\n", " \n")
    if text.isascii():
        return text.translate(_ASCII)
    return _HOSTILE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    picture = _PICTURES.get(code)
    if picture is not None:
        return picture
    text, at = match.string, match.start()
    if character in (ZWJ, ZWNJ):
        return character if _joins(text, at) else UNSEEN
    if _SELECTOR.match(character):
        return character if _selects(text, at) else UNSEEN
    if _is_mark(code):
        return _STACKED
    if 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF):
        return _BROKEN
    return UNSEEN


def _is_mark(code: int) -> bool:
    return _MARK.match(chr(code)) is not None


_MARK = re.compile(f"[{_MARKS}]")


def _joins(text: str, at: int) -> bool:
    if at == 0 or at + 1 >= len(text):
        return False
    before, after = text[at - 1], text[at + 1]
    return _JOINABLE.match(before) is not None and _JOINABLE.match(after) is not None and _stays(after)


def _stays(character: str) -> bool:
    return _HOSTILE.match(character) is None


def _selects(text: str, at: int) -> bool:
    if at == 0:
        return False
    before = text[at - 1]
    if text[at] >= "\U000e0100":
        return _IDEOGRAPH.match(before) is not None
    return before > " " and _stays(before)


_GAPS = re.compile(r"\s+")


@lru_cache(maxsize=2048)
def one_line(text: str, limit: int = 80) -> str:
    """A name, a notice or a list entry: made visible, on one line, cut to `limit` cells with an ellipsis."""
    from reviewer.text.cells import truncate

    head = text[: limit * 8 + 64]
    shown = truncate(_GAPS.sub(" ", visible(head)).strip(), limit)
    if len(head) < len(text) and not shown.endswith("…"):
        return truncate(shown + "……", limit) if shown else "…"
    return shown
