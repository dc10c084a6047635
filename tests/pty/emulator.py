"""A terminal emulator for tests: bytes in, a grid of cells out.

The grid is pyte's; the parsing of sequences and the placing of characters are done here, because pyte's
parser takes `CSI < u`, `CSI = c`, colon parameters and device control strings for text, fails on `CSI ? m`,
and its `draw` drops the rest of a run after a zero-width character.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import pyte
import pyte.modes
from wcwidth import iter_graphemes, wcswidth, wcwidth

_INTRODUCERS = "\x90\x98\x9b\x9d\x9e\x9f"
_TOKEN: Final = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
    r"|(?:\x1b\[|\x9b)(?P<mark>[<-?]*)(?P<params>[0-9:;]*)(?P<middle>[ -/]*)(?P<final>[@-~])"
    r"|(?P<opener>\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?P<string>[^\x07\x1b\x9c\x18\x1a]*)(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?P<escape>[ -/]+[0-~]|[0-OQ-WYZ\\`-~])"
    rf"|(?P<control>(?![{_INTRODUCERS}])[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
)
_UNFINISHED: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\x18\x1a]*\x1b?"
    r"|\x1b[ -/]*"
)
_CONTROLS: Final = {
    "\x07": "bell",
    "\b": "backspace",
    "\t": "tab",
    "\n": "linefeed",
    "\v": "linefeed",
    "\f": "linefeed",
    "\r": "carriage_return",
}
_SILENT: Final = frozenset("\x00\x0e\x0f\x7f")
_ESCAPES: Final = {**pyte.Stream.escape, "#8": "alignment_display"}
_SILENT_ESCAPES: Final = re.compile(r"[=>\\]|[()*+%].|#.| [FG]")
_ALTERNATE: Final = frozenset((47, 1047, 1049))


@lru_cache(maxsize=65536)
def _cells(cluster: str) -> int:
    return max(0, wcswidth(cluster))


@lru_cache(maxsize=65536)
def _cells_of_code_points(cluster: str) -> int:
    return max(0, wcwidth(cluster[0]))


class _Grid(pyte.Screen):
    """pyte's cells, with characters placed by grapheme cluster (or by code point, as older terminals do)."""

    def __init__(self, columns: int, lines: int, graphemes: bool) -> None:
        self._graphemes = graphemes
        self._last: tuple[int, int, str] | None = None
        super().__init__(columns, lines)

    def draw(self, data: str) -> None:
        """Places `data` at the cursor; a cluster that an earlier call left unfinished is completed."""
        if data.isascii():
            for char in data:
                self._put(char, 1)
            return
        if not self._graphemes:
            for char in data:
                self._put(char, _cells_of_code_points(char))
            return
        if self._last is not None:
            row, column, start = self._last
            joined = start + data
            if len(next(iter_graphemes(joined))) > len(start):
                self.cursor.y, self.cursor.x = row, column
                data = joined
        for cluster in iter_graphemes(data):
            self._put(cluster, _cells(cluster))

    def moved(self) -> None:
        """Says that the next text does not continue the last."""
        self._last = None

    def _put(self, cluster: str, width: int) -> None:
        cursor = self.cursor
        if width == 0:
            self._join(cluster)
            return
        if cursor.x + width > self.columns:
            if pyte.modes.DECAWM in self.mode:
                self.carriage_return()
                self.linefeed()
            else:
                cursor.x = max(0, self.columns - width)
        row, column = cursor.y, cursor.x
        line = self.buffer[row]
        blank = self.default_char
        if line[column].data == "" and column:
            line[column - 1] = blank
        after = column + width
        if after < self.columns and line[after].data == "":
            line[after] = blank
        line[column] = cursor.attrs._replace(data=cluster)
        for stub in range(column + 1, min(after, self.columns)):
            line[stub] = cursor.attrs._replace(data="")
        cursor.x = after
        self.dirty.add(row)
        self._last = (row, column, cluster)

    def _join(self, mark: str) -> None:
        row, column = self.cursor.y, self.cursor.x - 1
        line = self.buffer[row]
        if column > 0 and line[column].data == "":
            column -= 1
        if column >= 0:
            line[column] = line[column]._replace(data=line[column].data + mark)
            self.dirty.add(row)


class Emulator:
    """What a person would see after the bytes fed so far, and what the program asked of the terminal.

    `strings` holds the payloads of OSC and DCS sequences (OSC 52 is a copy to the clipboard), `strange` every
    sequence or control that no terminal program of ours has a reason to send. `holding` is true inside a
    synchronised update (mode 2026), whose effect a terminal shows at its end only.
    """

    def __init__(self, columns: int, rows: int, *, graphemes: bool = True) -> None:
        self.grid = _Grid(columns, rows, graphemes)
        self.strings: list[str] = []
        self.strange: list[str] = []
        self.bells = 0
        self.holding = False
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._tail = ""
        self._rows: list[str] = [""] * rows
        self._main: tuple[dict[int, dict[int, Any]], tuple[int, int]] | None = None
        self._csi: dict[str, Callable[..., None]] = {
            final: getattr(self.grid, name) for final, name in pyte.Stream.csi.items()
        }
        self._csi |= {
            "n": _ignore,
            "c": _ignore,
            "t": _ignore,
            "s": lambda *_: self.grid.save_cursor(),
            "u": lambda *_: self.grid.restore_cursor(),
            "b": self._repeat,
            "S": lambda count, *_: self._scroll(count, self.grid.delete_lines),
            "T": lambda count, *_: self._scroll(count, self.grid.insert_lines),
        }

    def feed(self, data: bytes) -> None:
        """Takes bytes as they came; a character or sequence that is cut off waits for its rest."""
        text = self._tail + self._decode(data)
        at, end = 0, len(text)
        match_token = _TOKEN.match
        grid = self.grid
        while at < end:
            token = match_token(text, at)
            if token is None:
                if _UNFINISHED.fullmatch(text, at):
                    break
                self.strange.append(text[at : at + 12])
                at += 1
                continue
            at = token.end()
            kind = token.lastgroup
            if kind == "text":
                grid.draw(token["text"])
                continue
            grid.moved()
            if kind == "final":
                self._control_sequence(token["mark"], token["params"], token["middle"], token["final"])
            elif kind == "control":
                self._control(token["control"])
            elif kind == "escape":
                self._escape(token["escape"])
            else:
                self._string(token["opener"], token["string"])
        self._tail = text[at:]

    def rows(self) -> list[str]:
        """The grid, a string a row; wide characters stand once and fill two cells."""
        for row in self.grid.dirty:
            if row < self.grid.lines:
                self._rows[row] = self._row(row)
        self.grid.dirty.clear()
        return list(self._rows)

    def resize(self, columns: int, rows: int) -> None:
        """Gives the grid another size; what does not fit is cut off at the right and at the bottom."""
        grid = self.grid
        for row in range(rows, grid.lines):
            grid.buffer.pop(row, None)
        grid.cursor.y = min(grid.cursor.y, rows - 1)
        grid.cursor.x = min(grid.cursor.x, columns)
        grid.lines = max(rows, 1)
        grid.resize(rows, columns)
        self._rows = [""] * rows
        grid.dirty.update(range(rows))

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the cursor, from 0."""
        return self.grid.cursor.y, self.grid.cursor.x

    @property
    def alternate(self) -> bool:
        """Whether the program draws on the alternate screen."""
        return self._main is not None

    def _row(self, row: int) -> str:
        line = self.grid.buffer[row]
        cells = [line[column].data for column in range(self.grid.columns)]
        if "" in cells:
            for column, cell in enumerate(cells):
                if cell == "" and (column == 0 or _cells(cells[column - 1]) < 2):
                    cells[column] = " "
        return "".join(cells)

    def _control(self, char: str) -> None:
        name = _CONTROLS.get(char)
        if char == "\x07":
            self.bells += 1
        elif name is not None:
            getattr(self.grid, name)()
        elif char not in _SILENT:
            self.strange.append(char)

    def _escape(self, rest: str) -> None:
        name = _ESCAPES.get(rest)
        if name is not None:
            getattr(self.grid, name)()
        elif not _SILENT_ESCAPES.fullmatch(rest):
            self.strange.append("\x1b" + rest)

    def _string(self, opener: str, payload: str) -> None:
        self.strings.append(payload)
        if opener in ("\x1b]", "\x9d") and payload[:2] in ("0;", "2;"):
            self.grid.set_title(payload[2:])

    def _control_sequence(self, mark: str, params: str, middle: str, final: str) -> None:
        if final == "m" and not mark and not middle:
            self.grid.select_graphic_rendition(*_rendition(params))
            return
        numbers = [int(part.partition(":")[0] or 0) for part in params.split(";")]
        if mark == "?" and not middle and final in "hl":
            self._private_modes(numbers, final == "h")
        elif mark == "?" and not middle and final in "JK":
            self._csi[final](*numbers)
        elif mark or middle:
            # Queries, keyboard protocols and cursor shapes leave the cells as they are.
            return
        elif (act := self._csi.get(final)) is not None:
            act(*numbers)
        else:
            self.strange.append(f"\x1b[{params}{final}")

    def _private_modes(self, modes: list[int], on: bool) -> None:
        for mode in modes:
            if mode in _ALTERNATE:
                self._switch_screen(on)
            elif mode == 2026:
                self.holding = on
            elif mode == 3:  # 132 columns: no terminal of today changes its size for that.
                continue
            elif on:
                self.grid.set_mode(mode, private=True)
            else:
                self.grid.reset_mode(mode, private=True)

    def _switch_screen(self, alternate: bool) -> None:
        grid = self.grid
        if alternate == self.alternate:
            return
        if alternate:
            self._main = ({row: dict(line) for row, line in grid.buffer.items()}, self.cursor)
            grid.buffer.clear()
        elif self._main is not None:
            lines, (grid.cursor.y, grid.cursor.x) = self._main
            self._main = None
            grid.buffer.clear()
            for row, cells in lines.items():
                grid.buffer[row].update(cells)
        grid.dirty.update(range(grid.lines))

    def _repeat(self, count: int, *_: int) -> None:
        row, column = self.cursor
        before = self.grid.buffer[row][column - 1].data if column else ""
        self.grid.draw((before or " ") * max(1, count))

    def _scroll(self, count: int, edit: Callable[[int], None]) -> None:
        row, column = self.cursor
        margins = self.grid.margins
        self.grid.cursor.y = margins.top if margins else 0
        edit(max(1, count))
        self.grid.cursor.y, self.grid.cursor.x = row, column


def _ignore(*_: int) -> None:
    return


def _rendition(params: str) -> list[int]:
    """SGR parameters with the sub-parameters of ITU T.416 (`38:2::r:g:b`, `4:3`) in the older form."""
    numbers: list[int] = []
    for part in params.split(";"):
        subs = part.split(":")
        if len(subs) > 1 and subs[0] in ("38", "48"):
            colour = subs[3:] if subs[1] == "2" and len(subs) > 5 else subs[2:]
            numbers += [int(subs[0]), int(subs[1] or 0), *(int(sub or 0) for sub in colour)]
        elif subs[0] == "4" and len(subs) > 1:
            numbers.append(24 if subs[1] == "0" else 4)
        elif subs[0] == "58" and len(subs) > 1:
            continue
        else:
            numbers.append(int(subs[0] or 0))
    return numbers
