"""Markdown (CommonMark, tables, strikethrough) to styled text, one top-level piece at a time.

Blocks are found by markdown-it; the inline part is our own, because every shown character must lead back to the stored
text. Nothing is followed and nothing is hidden: HTML is text, and a piece of which a letter would not be shown is shown
as it was written. A blank row stands where the author left one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import punctuation
from typing import TYPE_CHECKING

from reviewer.text.code import add_code, lexer_for
from reviewer.text.inline import Origin, inline
from reviewer.text.sanitise import visible
from reviewer.text.split import Chunk
from reviewer.text.styled import Builder, Styled
from reviewer.text.tables import Table, add_table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BLOCK = re.compile(
    r"^(?: {0,3}(?:#{1,6}(?:[ \t]|$)|>|[-+*](?:[ \t]|$)|\d{1,9}[.)](?:[ \t]|$)|`{3}|~{3}|[-=:|]"
    r"|(?:\*[ \t]*){3,}$|(?:_[ \t]*){3,}$)|[ ]{4}| {0,3}\t|[ ]*$)",
    re.MULTILINE,
)
_HEADING = re.compile(r"(#{1,6})[ \t]+(\S[^\n]*?)(?:[ \t]+#+)?[ \t]*")
_CODE_BAR = "┊ "
_QUOTE_BAR = "│ "


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("reference")


def warm() -> None:
    """Load what the first text would otherwise wait for: the parser, and the lexers met most."""
    render("- warm\n", Chunk(0, 6, "markdown"), 40)
    for language in ("python", "json", "bash", "sql"):
        lexer_for(language)


def literal(text: str) -> str:
    """A text, on one line, written so that Markdown draws it as it stands."""
    one = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in punctuation else letter for letter in one)


def render(source: str, chunk: Chunk, width: int) -> Styled:
    """The piece of `source` as it is shown; `width` matters to tables alone."""
    out = Builder()
    text = visible(source[chunk.start : chunk.end])
    if chunk.blank:
        out.end_line()
    if chunk.kind == "code":
        _add_fence(out, text, chunk, source)
    elif chunk.kind == "plain":
        add_plain(out, text, chunk.start)
    elif not _BLOCK.search(text):
        inline(text, _origin(text, chunk.start), out)
    elif heading := _HEADING.fullmatch(text):
        _add_heading(out, heading[2], len(heading[1]), Origin([0], [chunk.start + heading.start(2)]))
    else:
        _Blocks(out, text, chunk.start, width).add()
        if _hides(text, chunk.start, out):
            out = Builder()
            if chunk.blank:
                out.end_line()
            add_plain(out, text, chunk.start)
    return out.styled()


def render_raw(source: str, chunk: Chunk) -> Styled:
    """The piece of `source` as it was written, with unseen characters made visible."""
    out = Builder()
    add_plain(out, visible(source[chunk.start : chunk.end]), chunk.start)
    return out.styled()


def add_plain(out: Builder, text: str, stored: int, style: str = "") -> None:
    """Write the lines of `text` as they are."""
    for line in text.split("\n"):
        out.add(line, style, stored)
        out.end_line()
        stored += len(line) + 1


def _origin(text: str, stored: int) -> Origin:
    positions = [0]
    start = 0
    while (start := text.find("\n", start) + 1) > 0:
        positions.append(start)
    return Origin(positions, [stored + position for position in positions])


def _add_heading(out: Builder, text: str, level: int, origin: Origin) -> None:
    style = "heading heading.1" if level == 1 else "heading"
    inline(text, origin, out, style)


def _add_fence(out: Builder, text: str, chunk: Chunk, source: str) -> None:
    info = visible(source[slice(*chunk.info)])
    out.begin(_CODE_BAR, _CODE_BAR)
    if info and chunk.head:
        out.add(info, "code.info", chunk.info[0])
        out.end_line()
    offsets = _origin(text, chunk.start).offsets
    add_code(out, text, info.split(maxsplit=1)[0] if info.strip() else "", offsets)


def _hides(text: str, stored: int, out: Builder) -> bool:
    shown = [(run.stored, run.stored + run.stored_length) for run in out.runs] + out.accounted
    at = stored
    for start, end in sorted(shown):
        if start > at and any(map(str.isalnum, text[at - stored : start - stored])):
            return True
        at = max(at, end)
    return any(map(str.isalnum, text[at - stored :]))


class _Container:
    """A quote or a list entry around what is being written."""

    __slots__ = ("begun", "first", "rest")

    def __init__(self, first: str, rest: str) -> None:
        self.first = first
        self.rest = rest
        self.begun = False


class _Blocks:
    """Writes markdown-it's block tokens."""

    def __init__(self, out: Builder, text: str, stored: int, width: int) -> None:
        self._out = out
        self._text = text
        self._width = width
        self._containers: list[_Container] = []
        self._previous: list[_Container] = []
        self._last_row = -1
        self._lines = [0]
        for index, character in enumerate(text):
            if character == "\n":
                self._lines.append(index + 1)
        self._lines.append(len(text) + 1)
        self._stored = stored
        self._base = ""

    def add(self) -> None:
        tokens: list[Token] = []
        parser = _parser()
        parser.block.parse(self._text, parser, {}, tokens)
        index = 0
        while index < len(tokens):
            index = self._token(tokens, index)

    def _token(self, tokens: list[Token], index: int) -> int:
        token = tokens[index]
        kind = token.type
        if kind == "blockquote_open":
            self._containers.append(_Container(_QUOTE_BAR, _QUOTE_BAR))
        elif kind == "list_item_open":
            self._open_entry(token)
        elif kind in ("blockquote_close", "list_item_close"):
            self._close_container(token)
        elif kind == "inline":
            self._inline(tokens[index - 1], token)
        elif kind in ("fence", "code_block"):
            self._code(token)
        elif kind == "hr":
            self._rule(token)
        elif kind == "table_open":
            return self._table(tokens, index)
        return index + 1

    def _open_entry(self, token: Token) -> None:
        number = token.info
        first = f"{number}{token.markup} " if number else "• "
        self._containers.append(_Container(first, " " * len(first)))
        if number and token.map:
            start, end = self._lines[token.map[0]], self._lines[token.map[0] + 1]
            at = self._text.find(number, start, end)
            if at >= 0:
                self._out.accounted.append((self._stored + at, self._stored + at + len(number)))

    def _close_container(self, token: Token) -> None:
        if not self._containers[-1].begun:
            self._begin_block(token.map or [self._last_row, self._last_row])
            self._out.end_line()
        self._containers.pop()

    def _begin_block(self, rows: list[int]) -> tuple[str, str]:
        if 0 <= self._last_row < rows[0]:
            shared = [c for c, d in zip(self._previous, self._containers, strict=False) if c is d]
            between = "".join(container.rest for container in shared).rstrip()
            self._out.begin(between, between)
            self._out.end_line()
        self._last_row = rows[1]
        self._previous = list(self._containers)
        first = "".join(c.rest if c.begun else c.first for c in self._containers)
        rest = "".join(container.rest for container in self._containers)
        for container in self._containers:
            container.begun = True
        self._out.begin(first, rest)
        return first, rest

    def _quoted(self) -> str:
        return "quote" if any(c.first == _QUOTE_BAR for c in self._containers) else ""

    def _inline(self, opening: Token, token: Token) -> None:
        rows = opening.map or token.map or [0, 0]
        self._begin_block(rows)
        if opening.type == "heading_open":
            line = self._text[self._lines[rows[0]] : self._lines[rows[0] + 1] - 1]
            level = int(opening.tag[1:])
            if opening.markup.startswith("#"):
                at = line.find(token.content, line.find("#") + level)
                _add_heading(self._out, token.content, level, Origin([0], [self._at(rows[0]) + max(0, at)]))
                self._out.end_line()
                return
            style = "heading heading.1" if level == 1 else "heading"
        else:
            style = self._quoted()
        inline(token.content, self._content_origin(token.content, rows[0]), self._out, style)
        self._out.end_line()

    def _at(self, row: int) -> int:
        return self._stored + self._lines[row]

    def _content_origin(self, content: str, row: int) -> Origin:
        """Each line of the content is the tail of a line of the text, but for white space at its end."""
        positions, offsets = [], []
        position = 0
        for number, line in enumerate(content.split("\n"), row):
            positions.append(position)
            offsets.append(self._tail(number, line))
            position += len(line) + 1
        return Origin(positions, offsets)

    def _tail(self, row: int, line: str) -> int:
        row = min(row, len(self._lines) - 2)
        start, end = self._lines[row], self._lines[row + 1] - 1
        whole = self._text[start:end]
        if whole.endswith(line):
            return self._stored + end - len(line)
        stripped = line.strip()
        at = whole.rfind(stripped)
        return self._stored + start + max(0, at - (len(line) - len(line.lstrip())))

    def _code(self, token: Token) -> None:
        rows = token.map or [0, 0]
        first, rest = self._begin_block(rows)
        self._out.begin(first + _CODE_BAR, rest + _CODE_BAR)
        row = rows[0]
        if token.type == "fence":
            info = token.info.strip()
            if info:
                at = self._text.find(info, self._lines[row])
                self._out.add(info, "code.info", self._stored + at if at >= 0 else -1)
                self._out.end_line()
            row += 1
        code = token.content.removesuffix("\n")
        offsets = [self._tail(number, line) for number, line in enumerate(code.split("\n"), row)]
        add_code(self._out, code, token.info.split(maxsplit=1)[0] if token.info.strip() else "", offsets)

    def _rule(self, token: Token) -> None:
        first, _ = self._begin_block(token.map or [0, 0])
        self._out.add("─" * max(2, min(40, self._width - len(first))), "rule")
        self._out.end_line()

    def _table(self, tokens: list[Token], index: int) -> int:
        first, rest = self._begin_block(tokens[index].map or [0, 0])
        rows: list[list[Styled]] = []
        aligns: list[str] = []
        row, at = 0, 0
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                row, at = (token.map or [row])[0], 0
                rows.append([])
            elif token.type == "inline":
                cell, at = self._cell(token.content, row, at)
                rows[-1].append(cell)
            elif token.type == "th_open":
                aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:") or "left")
            index += 1
        add_table(self._out, Table(rows[0], rows[1:], aligns), self._width - len(rest), first, rest)
        return index + 1

    def _cell(self, content: str, row: int, at: int) -> tuple[Styled, int]:
        start = self._lines[row]
        line = self._text[start : self._lines[row + 1] - 1]
        pieces = content.split("|")
        at = max(at, line.find(pieces[0], at))
        positions, offsets = [0], [self._stored + start + at]
        at, position = at + len(pieces[0]), len(pieces[0])
        for piece in pieces[1:]:
            # A pipe inside a cell is written with a backslash, which the parser has taken away.
            at = max(at, line.find("\\|" + piece, at) + 1)
            positions.append(position)
            offsets.append(self._stored + start + at)
            at, position = at + 1 + len(piece), position + 1 + len(piece)
        out = Builder()
        inline(content, Origin(positions, offsets), out, self._quoted())
        return out.styled(), at
