"""What keys are called: by their character where they have one, else by a name; and which are traps.

What terminals send follows the xterm control sequences (invisible-island.net/xterm/ctlseqs) and the Kitty keyboard
protocol (sw.kovidgoyal.net/kitty/keyboard-protocol).
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable

from reviewer.errors import BadInput

_FUNCTION_KEYS = tuple(f"f{number}" for number in range(1, 13))
_ARROWS = ("up", "down", "left", "right", "home", "end")
NAMED = (
    *_ARROWS,
    "pageup",
    "pagedown",
    "enter",
    "esc",
    "tab",
    "space",
    "backspace",
    "delete",
    "insert",
    *_FUNCTION_KEYS,
)
"""The keys that have a name because they have no character of their own to go by."""

_NAMED = frozenset(NAMED)
_OTHER_SPELLINGS = {
    "escape": "esc",
    "return": "enter",
    "page_up": "pageup",
    "page_down": "pagedown",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "del": "delete",
    "ins": "insert",
    "backtab": "shift+tab",
    "spacebar": "space",
    " ": "space",
}

# One key, one meaning: where the Kitty protocol can tell these apart, older terminals cannot.
_SAME_KEY = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+[": "esc",
    "ctrl+@": "ctrl+space",
    "shift+space": "space",
    "shift+enter": "enter",
    "shift+backspace": "backspace",
}

CANNOT_BE_SENT = {
    "ctrl+i": "terminals send it as tab",
    "ctrl+m": "terminals send it as enter",
    "ctrl+h": "many terminals send it as backspace",
    "ctrl+[": "terminals send it as esc",
    "ctrl+enter": "terminals send it as enter",
    "shift+enter": "terminals send it as enter",
    "shift+space": "terminals send it as space",
    "shift+backspace": "terminals send it as backspace",
    "ctrl+tab": "terminals keep it for their own tabs, or send tab",
    "ctrl+backspace": "terminals send it as ctrl+w, backspace or nothing",
    "shift+esc": "terminals send it as esc",
    "ctrl+esc": "desktops keep it, and terminals send it as esc",
}
"""Keys that do not arrive, or arrive as another one, each with the reason."""

TRAPS = {
    "ctrl+a": "it is the prefix of screen",
    "ctrl+b": "it is the prefix of tmux",
    "ctrl+c": "it interrupts programs",
    "ctrl+q": "it resumes a terminal halted by flow control",
    "ctrl+s": "it halts a terminal by flow control",
    "ctrl+y": "it suspends programs on macOS and BSD",
    "ctrl+z": "it suspends programs",
    "ctrl+\\": "it kills programs",
    "ctrl+space": "input methods take it to change the language",
    "f1": "desktops open their own help with it",
    "f10": "desktops open a menu with it",
    "f11": "desktops make the window fill the screen with it",
    "shift+pageup": "terminals scroll their own history with it",
    "shift+pagedown": "terminals scroll their own history with it",
    "alt+f4": "desktops close the window with it",
}
"""Keys that arrive on some machines only, each with the reason."""

_KEYPAD = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "decimal": ".",
    "equal": "=",
    "separator": ",",
}
# The toolkit's short forms of Unicode's names, as in its own table of replacements.
_SHORT_NAMES = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
    "hyphen_minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}
_GLYPHS = {
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "enter": "⏎",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "backspace": "Bksp",
    "delete": "Del",
    "insert": "Ins",
}
_MODIFIERS = ("ctrl", "alt", "shift")


def normalise(name: str) -> str:
    """The one spelling of a key named in a keymap file: `Escape` is `esc`, `shift+j` is `J`.

    Raises BadInput for what is no key at all, and for a key that terminals cannot send, with the reason.
    """
    if name in _NAMED or (len(name) == 1 and "!" <= name <= "~"):
        return name
    modifiers, base = _parts(name)
    key = _spelling(modifiers, _base(base))
    if key is None:
        raise BadInput(f"“{printable(name)}” is not a key.", mend=_mend(base))
    if reason := unsendable(key):
        raise BadInput(f"“{printable(key)}” cannot be a key: {reason}.", mend="Take another key.")
    return key


def from_terminal(key: str, character: str | None) -> str:
    """Our name for what the toolkit's key event holds: `question_mark`, `?` is `?`; `escape` is `esc`.

    Never raises: a key without a name of ours keeps the one it came with, and no keymap can name it.
    """
    modifiers, base = _parts(key)
    if character is not None and character.isprintable() and not {"ctrl", "alt"} & modifiers:
        return "space" if character.isspace() else _composed(character)
    if base not in NAMED:
        base = _KEYPAD.get(base) or _base(base) or _by_unicode_name(base) or base
    name = _spelling(modifiers, base) or key
    return _SAME_KEY.get(name, name)


def unsendable(key: str) -> str | None:
    """Why a terminal cannot send this key (in its one spelling), or None if it can."""
    if reason := CANNOT_BE_SENT.get(key):
        return reason
    modifiers, base = _parts(key)
    if not modifiers or key == "shift+tab":
        return None
    if len(modifiers) > 1:
        return "terminals do not agree on keys with two modifiers"
    if base in _ARROWS:
        return None
    if "ctrl" in modifiers and base in _CTRL_CHARACTERS:
        return None
    if "alt" in modifiers and (len(base) == 1 or base in {"enter", "backspace"}):
        return None
    if base in _FUNCTION_KEYS:
        return "terminals disagree on function keys with a modifier"
    if "ctrl" in modifiers and len(base) == 1:
        return "with ctrl, terminals send letters only"
    if "shift" in modifiers and len(base) == 1:
        return "which character shift gives depends on the keyboard: name that character"
    return "terminals without the Kitty protocol cannot send it"


_CTRL_CHARACTERS = frozenset(string.ascii_lowercase) | {"space", "\\", "]", "^", "_"}


def passes_text(key: str) -> bool:
    """Whether an open entry lets this key through: tab, page keys, function keys and ctrl keys."""
    return key in _THROUGH_TEXT or key.startswith("ctrl+")


_THROUGH_TEXT = frozenset({"tab", "shift+tab", "pageup", "pagedown", *_FUNCTION_KEYS})


def types(key: str) -> bool:
    """Whether this key types into a line or edits it: characters, space, backspace, delete, left, right, ends."""
    return len(key) == 1 or key in _EDITING


_EDITING = frozenset({"space", "backspace", "delete", "left", "right", "home", "end"})


def is_chord(key: str) -> bool:
    """Whether a second key must be held: a modifier, or the shift of an upper-case letter."""
    modifiers, base = _parts(key)
    return bool(modifiers) or (len(base) == 1 and base != base.lower())


def glyph(key: str) -> str:
    """How a key is written for people: `↑`, `⏎`, `Esc`, `Ctrl+p`."""
    modifiers, base = _parts(key)
    shown = _GLYPHS.get(base) or (base if len(base) == 1 else base.capitalize())
    return "+".join([*(modifier.capitalize() for modifier in _MODIFIERS if modifier in modifiers), shown])


def closest(word: str, words: Iterable[str]) -> str:
    """“Did you mean …?” for the nearest of `words`, or nothing if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), sorted(words), n=1)
    return f"Did you mean “{near[0]}”?" if near else ""


def printable(text: str) -> str:
    """`text` with everything that a terminal could obey shown as its code point."""
    return "".join(mark if mark.isprintable() else f"⟨U+{ord(mark):04X}⟩" for mark in text)


def _parts(name: str) -> tuple[frozenset[str], str]:
    """The modifiers and the key they are held with; `+` and `ctrl++` are a plus sign."""
    head, plus, base = name[:-1].rpartition("+")
    if not plus:
        return frozenset(), name
    modifiers = frozenset("ctrl" if part == "control" else part for part in head.lower().split("+"))
    return modifiers, base + name[-1]


def _composed(character: str) -> str:
    """A letter and its accent as one code point, which a few scripts' letters are only if left as they are."""
    composed = unicodedata.normalize("NFC", character)
    return composed if len(composed) == 1 else character


def _base(base: str) -> str | None:
    """The one spelling of a key without its modifiers, or None if there is no such key."""
    character = _composed(base)
    if len(character) == 1 and character != " ":
        visible = character.isprintable() and not unicodedata.combining(character)
        return character if visible and not character.isspace() else None
    lowered = _OTHER_SPELLINGS.get(base.lower(), base.lower())
    return lowered if lowered in NAMED or lowered == "shift+tab" else None


def _spelling(modifiers: frozenset[str], base: str | None) -> str | None:
    """A key and its modifiers in their one order; shift and a letter are the upper-case letter."""
    if base is None or not modifiers <= set(_MODIFIERS):
        return None
    if len(base) == 1 and base.isalpha():
        if "ctrl" in modifiers:
            base = base.lower()
        elif "shift" in modifiers and len(base.upper()) == 1:
            base, modifiers = base.upper(), modifiers - {"shift"}
    return "+".join([*(modifier for modifier in _MODIFIERS if modifier in modifiers), base])


def _by_unicode_name(name: str) -> str | None:
    if short := _SHORT_NAMES.get(name):
        return short
    try:
        return unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return None


def _mend(base: str) -> str:
    hint = closest(base, (*NAMED, *_OTHER_SPELLINGS))
    return hint or "Write one character, or a name such as enter, esc, pageup, f4, ctrl+p, shift+tab."
