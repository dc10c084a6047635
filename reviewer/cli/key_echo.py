"""`reviewer doctor --keys`: which keys arrive, spelled as a keymap file spells them.

What terminals send follows the xterm control sequences (invisible-island.net/xterm/ctlseqs).
"""

from __future__ import annotations

import os
import re
import select
import sys
import unicodedata
from collections.abc import Callable

from reviewer.keys.names import from_terminal

_WAIT_AFTER_ESCAPE = 0.1
_SEQUENCE = re.compile(rb"\x1b(?:\[\[[A-E]|\[[0-?]*[ -/]*[@-~]|O[0-9]*[@-~])")
_UNFINISHED = re.compile(rb"\x1b(?:\[\[?[0-?]*[ -/]*|O[0-9]*)?")
_PARTS = re.compile(r"\x1b(?:\[\[|\[|O)(\d*)(?:;(\d+))?([A-Za-z~^$@])")
_BY_LETTER = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "F": "end",
    "H": "home",
    "M": "enter",
    "P": "f1",
    "Q": "f2",
    "R": "f3",
    "S": "f4",
    "Z": "shift+tab",
}
_BY_NUMBER = {
    1: "home",
    2: "insert",
    3: "delete",
    4: "end",
    5: "pageup",
    6: "pagedown",
    7: "home",
    8: "end",
    **{number: f"f{number - 10}" for number in range(11, 16)},
    **{number: f"f{number - 11}" for number in range(17, 22)},
    23: "f11",
    24: "f12",
}
_LINUX_CONSOLE = {"A": "f1", "B": "f2", "C": "f3", "D": "f4", "E": "f5"}
_CONTROLS = {0: "ctrl+@", 9: "tab", 13: "enter", 27: "escape", 28: "ctrl+\\", 29: "ctrl+]", 30: "ctrl+^", 31: "ctrl+_"}
_MODIFIERS = ((1, "shift"), (2, "alt"), (4, "ctrl"))


def echo_keys(say: Callable[[str], None]) -> None:
    """Names every key that arrives at the terminal on standard input, until `q` or ctrl+c.

    Lines end with a carriage return, because the terminal is raw meanwhile.
    """
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setraw(descriptor)
        pending = b""
        while True:
            if pending and not select.select([descriptor], [], [], _WAIT_AFTER_ESCAPE)[0]:
                found, pending = decode(pending, final=True)
            else:
                given = os.read(descriptor, 1024)
                if not given:
                    return
                found, pending = decode(pending + given)
            for name, raw in found:
                say(f"{name:<16} {_shown(raw)}\r")
                if name in ("q", "ctrl+c"):
                    return
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def decode(data: bytes, *, final: bool = False) -> tuple[list[tuple[str, bytes]], bytes]:
    """The keys in `data`, each with its bytes, and what may be the beginning of another.

    `final` says that nothing more will come: a lone escape is the key Esc then.
    """
    found: list[tuple[str, bytes]] = []
    while data:
        length = _length(data, final=final)
        if length == 0:
            break
        found.append((_name(data[:length]), data[:length]))
        data = data[length:]
    return found, data


def _length(data: bytes, *, final: bool) -> int:
    """How many bytes the first key takes; 0 where that cannot be said yet."""
    if data[0] != 0x1B:
        return _character(data, final=final)
    if sequence := _SEQUENCE.match(data):
        return sequence.end()
    if _UNFINISHED.fullmatch(data):
        return 0 if not final else 1 if len(data) == 1 else len(data)
    inner = _character(data[1:], final=final)
    return 1 + inner if inner else 0


def _character(data: bytes, *, final: bool) -> int:
    first = data[0]
    wanted = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    return wanted if len(data) >= wanted else len(data) if final else 0


def _name(raw: bytes) -> str:
    if len(raw) == 1 and (raw[0] < 0x20 or raw[0] == 0x7F):
        return from_terminal(_control(raw[0]), None)
    if raw[0] != 0x1B:
        return _of_character(raw)
    if sequence := _PARTS.fullmatch(raw.decode("ascii", "replace")):
        return _of_sequence(raw, sequence) or "unknown"
    if len(raw) == 2 and (raw[1] < 0x20 or raw[1] == 0x7F):
        return from_terminal(f"alt+{_control(raw[1])}", None)
    if raw[1:2] in (b"[", b"O") and len(raw) > 2:
        return "unknown"
    return from_terminal(f"alt+{raw[1:].decode('utf-8', 'replace')}", None)


def _of_character(raw: bytes) -> str:
    try:
        character = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "unknown"
    return from_terminal(unicodedata.name(character, "unknown").lower().replace(" ", "_"), character)


def _of_sequence(raw: bytes, parts: re.Match[str]) -> str | None:
    number, modifiers, letter = parts.groups()
    if raw.startswith(b"\x1b[["):
        return _LINUX_CONSOLE.get(letter)
    base = _BY_NUMBER.get(int(number or 0)) if letter == "~" else _BY_LETTER.get(letter)
    if base is None:
        return None
    if not modifiers and raw.startswith(b"\x1bO") and number:
        modifiers = number
    held = int(modifiers) - 1 if modifiers else 0
    return from_terminal("+".join([*(word for bit, word in _MODIFIERS if held & bit), base]), None)


def _control(code: int) -> str:
    if code == 0x7F:
        return "backspace"
    return _CONTROLS.get(code) or f"ctrl+{chr(code + 96)}"


def _shown(raw: bytes) -> str:
    return " ".join("esc" if byte == 0x1B else chr(byte) if 0x21 <= byte < 0x7F else f"{byte:02x}" for byte in raw)
