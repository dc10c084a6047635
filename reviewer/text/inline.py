"""The inline part of Markdown: emphasis, code, links, escapes, with the place of every character in the stored text.

Follows CommonMark 0.31 §6 (delimiter runs by its appendix "A parsing strategy") with strikethrough as in GFM,
except that nothing is ever hidden: link targets and titles are shown after their text, raw HTML and reference
links as written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from reviewer.text.sanitise import visible
from reviewer.text.styled import Builder

_HAND_WRAPPED = 60
"""A line at least this long was wrapped by hand: its end is a space. A shorter line was ended on purpose."""

_TOKEN = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)"
    r"|(?P<delimiter>\*+|_+|~+)"
    r"|(?P<open>!?\[)"
    r"|(?P<close>\])"
    r"|(?P<auto><(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]{0,2000}"
    r"|[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}@[A-Za-z0-9.\-]{1,255})>)"
    r"|(?P<entity>&(?:#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<newline>(?: *|\\)\n *)"
)
_SPECIAL = re.compile(r"[\\`*_~\[\]<&]")
_TARGET = re.compile(
    r"\([ \t\n]*+"
    r"(?P<target><[^<>\n]{0,2000}+>|(?!<)(?:[^\s()\\]|\\[^\n]|\((?:[^\s()\\]|\\[^\n])*+\)){0,2000}+)"
    r"(?:[ \t\n]++(?P<title>\"(?:[^\"\\]|\\.){0,2000}+\"|'(?:[^'\\]|\\.){0,2000}+'|\((?:[^()\\]|\\.){0,2000}+\)))?"
    r"[ \t\n]*+\)",
    re.DOTALL,
)


class Origin(NamedTuple):
    """Where inline text comes from: each entry is a position in it and the stored offset of what stands there."""

    positions: list[int]
    offsets: list[int]

    def at(self, position: int) -> int:
        """The stored offset of the character at `position`."""
        if len(self.positions) == 1:
            return self.offsets[0] + position
        entry = bisect_right(self.positions, position) - 1
        return self.offsets[entry] + position - self.positions[entry]

    def add(self, out: Builder, text: str, style: str, start: int) -> None:
        """Write `text`, which stands at `start`, in as many pieces as it comes from."""
        if len(self.positions) > 1:
            end = start + len(text)
            for position in self.positions[bisect_right(self.positions, start) :]:
                if position >= end:
                    break
                out.add(text[: position - start], style, self.at(start))
                text, start = text[position - start :], position
        out.add(text, style, self.at(start))


class _Delimiter:
    """A run of `*`, `_` or `~`, and the styles that end and begin at it."""

    __slots__ = ("can_close", "can_open", "character", "closed", "count", "ends", "length", "position", "starts")

    def __init__(self, position: int, character: str, length: int, can_open: bool, can_close: bool) -> None:
        self.position = position
        self.character = character
        self.length = self.count = length
        self.can_open = can_open
        self.can_close = can_close
        self.closed = 0  # characters taken as closing marks, from the left
        self.ends: list[str] = []
        self.starts: list[str] = []


class _Piece(NamedTuple):
    kind: str  # text, entity, escape, code, newline, open, image, close, auto
    start: int
    end: int
    extra: re.Match[str] | None = None


class _Bracket:
    __slots__ = ("active", "delimiters", "image", "index", "start")

    def __init__(self, index: int, start: int, image: bool, delimiters: int) -> None:
        self.index = index
        self.start = start
        self.image = image
        self.delimiters = delimiters
        self.active = True


def inline(text: str, origin: Origin, out: Builder, base: str = "") -> None:
    """Write `text` into `out` under the style `base`; the last line is left open."""
    if _SPECIAL.search(text) is None and "  \n" not in text:
        _write_lines(text, origin, out, base)
        return
    _Writer(text, origin, out, base).write(_Parser(text).pieces())


def _write_lines(text: str, origin: Origin, out: Builder, base: str) -> None:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        stop = end - 1 if end > start and text[end - 1] == " " else end
        origin.add(out, text[start:stop], base, start)
        _end_line(out, base, origin.at(end), stop - start)
        start = end + 1
        while start < len(text) and text[start] == " ":
            start += 1
    origin.add(out, text[start:], base, start)


def _end_line(out: Builder, base: str, stored: int, length: int) -> None:
    if length >= _HAND_WRAPPED:
        out.add(" ", base, stored, 1)
    else:
        out.end_line()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[_Piece | _Delimiter] = []
        self._delimiters: list[_Delimiter] = []
        self._brackets: list[_Bracket] = []
        self._ticks: dict[int, list[int]] | None = None

    def pieces(self) -> list[_Piece | _Delimiter]:
        text, at = self._text, 0
        while (match := _TOKEN.search(text, at)) is not None:
            if match.start() > at:
                self._pieces.append(_Piece("text", at, match.start()))
            at = self._take(match)
        if at < len(text):
            self._pieces.append(_Piece("text", at, len(text)))
        _pair(self._delimiters)
        return self._pieces

    def _take(self, match: re.Match[str]) -> int:
        kind = str(match.lastgroup)
        start, end = match.span()
        if kind == "ticks":
            return self._code(start, end)
        if kind == "delimiter":
            delimiter = _delimiter(self._text, start, end)
            self._delimiters.append(delimiter)
            self._pieces.append(delimiter)
        elif kind == "open":
            self._brackets.append(_Bracket(len(self._pieces), start, match.group() == "![", len(self._delimiters)))
            self._pieces.append(_Piece("text", start, end))
        elif kind == "close":
            return self._close(start, end)
        else:
            self._pieces.append(_Piece(kind, start, end))
        return end

    def _code(self, start: int, end: int) -> int:
        if self._ticks is None:
            self._ticks = {}
            for run in re.finditer("`+", self._text):
                self._ticks.setdefault(len(run.group()), []).append(run.start())
        places = self._ticks.get(end - start, [])
        found = bisect_right(places, start)
        if found == len(places):
            self._pieces.append(_Piece("text", start, end))
            return end
        inner = (end, places[found])
        content = self._text[inner[0] : inner[1]]
        if len(content) > 2 and content[0] in " \n" and content[-1] in " \n" and content.strip(" \n"):
            inner = (inner[0] + 1, inner[1] - 1)
        self._pieces.append(_Piece("code", *inner))
        return places[found] + end - start

    def _close(self, start: int, end: int) -> int:
        opener = self._brackets.pop() if self._brackets else None
        target = _TARGET.match(self._text, end) if opener is not None and opener.active else None
        if opener is None or target is None:
            self._pieces.append(_Piece("text", start, end))
            return end
        self._pieces[opener.index] = _Piece("image" if opener.image else "open", opener.start, start)
        self._pieces.append(_Piece("close", start, end, target))
        _pair(self._delimiters[opener.delimiters :])
        del self._delimiters[opener.delimiters :]
        if not opener.image:
            for bracket in self._brackets:
                bracket.active = bracket.active and bracket.image
        return target.end()


def _delimiter(text: str, start: int, end: int) -> _Delimiter:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    left = not after.isspace() and (not _is_punctuation(after) or before.isspace() or _is_punctuation(before))
    right = not before.isspace() and (not _is_punctuation(before) or after.isspace() or _is_punctuation(after))
    character = text[start]
    if character == "_":
        can_open = left and (not right or _is_punctuation(before))
        can_close = right and (not left or _is_punctuation(after))
        return _Delimiter(start, character, end - start, can_open, can_close)
    if character == "~" and end - start != 2:
        left = right = False
    return _Delimiter(start, character, end - start, left, right)


def _is_punctuation(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and not character.isalnum() and character != " "
    import unicodedata

    return unicodedata.category(character)[0] in "PS"


def _pair(delimiters: list[_Delimiter]) -> None:
    openers: list[_Delimiter] = []
    bottoms: dict[tuple[str, bool, int], int] = {}
    for closer in delimiters:
        while closer.can_close and closer.count:
            key = (closer.character, closer.can_open, closer.length % 3)
            found = _opener(openers, closer, bottoms.get(key, -1))
            if found < 0:
                bottoms[key] = openers[-1].position if openers else -1
                break
            opener = openers[found]
            taken = 2 if opener.count >= 2 and closer.count >= 2 else 1
            style = "strike" if closer.character == "~" else "strong" if taken == 2 else "emphasis"
            opener.starts.append(style)
            closer.ends.append(style)
            opener.count -= taken
            closer.count -= taken
            closer.closed += taken
            del openers[found + 1 if opener.count else found :]
        if closer.can_open and closer.count:
            openers.append(closer)


def _opener(openers: list[_Delimiter], closer: _Delimiter, bottom: int) -> int:
    for index in range(len(openers) - 1, -1, -1):
        opener = openers[index]
        if opener.position <= bottom:
            return -1
        if opener.character != closer.character:
            continue
        both = opener.can_close or closer.can_open
        lengths = opener.length + closer.length
        if both and lengths % 3 == 0 and (opener.length % 3 or closer.length % 3):
            continue
        return index
    return -1


class _Writer:
    def __init__(self, text: str, origin: Origin, out: Builder, base: str) -> None:
        self._text = text
        self._origin = origin
        self._out = out
        self._base = base
        self._styles: list[str] = []
        self._line_start = 0

    def write(self, pieces: list[_Piece | _Delimiter]) -> None:
        for piece in pieces:
            if isinstance(piece, _Delimiter):
                self._delimiter(piece)
            elif piece.kind == "text":
                self._slice(piece.start, piece.end)
            else:
                getattr(self, f"_{piece.kind}")(piece)

    def _style(self, *more: str) -> str:
        return " ".join(filter(None, dict.fromkeys((self._base, *self._styles, *more))))

    def _slice(self, start: int, end: int, *more: str) -> None:
        self._origin.add(self._out, self._text[start:end], self._style(*more), start)

    def _delimiter(self, piece: _Delimiter) -> None:
        for style in piece.ends:
            self._forget(style)
        start = piece.position + piece.closed
        self._slice(start, start + piece.count)
        self._styles.extend(reversed(piece.starts))

    def _forget(self, style: str) -> None:
        for index in range(len(self._styles) - 1, -1, -1):
            if self._styles[index] == style:
                del self._styles[index]
                return

    def _escape(self, piece: _Piece) -> None:
        self._slice(piece.start + 1, piece.end)

    def _entity(self, piece: _Piece) -> None:
        from html import unescape

        written = self._text[piece.start : piece.end]
        meant = unescape(written)
        shown = visible(meant).replace("\n", "\u240a").replace("\t", " ")
        self._out.add(shown, self._style(), self._origin.at(piece.start), len(written))

    def _code(self, piece: _Piece) -> None:
        start = piece.start
        while (end := self._text.find("\n", start, piece.end)) >= 0:
            self._slice(start, end, "code")
            self._out.add(" ", self._style("code"), self._origin.at(end), 1)
            start = end + 1
        self._slice(start, piece.end, "code")

    def _newline(self, piece: _Piece) -> None:
        mark = self._text[piece.start : piece.end]
        newline = piece.start + mark.index("\n")
        if mark.startswith(("\\", "  ")):
            self._out.end_line()
        else:
            _end_line(self._out, self._base, self._origin.at(newline), piece.start - self._line_start)
        self._line_start = piece.end

    def _open(self, _piece: _Piece) -> None:
        self._styles.append("link")

    def _image(self, _piece: _Piece) -> None:
        self._out.add("▣ ", self._style("marker"))
        self._styles.append("link")

    def _close(self, piece: _Piece) -> None:
        self._forget("link")
        target = piece.extra
        if target is None:
            return
        self._out.add(" (", self._style("target"))
        start, end = target.span("target")
        if self._text[start:end].startswith("<"):
            start, end = start + 1, end - 1
        self._slice(start, end, "target")
        if target["title"]:
            self._out.add(" ", self._style("target"))
            self._title(*target.span("title"))
        self._out.add(")", self._style("target"))

    def _title(self, start: int, end: int) -> None:
        while (stop := self._text.find("\n", start, end)) >= 0:
            self._slice(start, stop, "target")
            self._out.add(" ", self._style("target"), self._origin.at(stop), 1)
            start = stop + 1
        self._slice(start, end, "target")

    def _auto(self, piece: _Piece) -> None:
        self._slice(piece.start + 1, piece.end - 1, "link")
