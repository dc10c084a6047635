"""The player itself: the emulator on bytes, the terminal on small programs, the timing on a Textual app."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pty.emulator import Emulator
from tests.pty.terminal import ScreenTimeoutError, Terminal
from tests.pty.timing import changed, measure, measure_start, summarise

APP = """
from textual.app import App
from textual.widgets import Static

class Small(App):
    CSS = "#state { dock: bottom; height: 1; }"
    count = 0
    def compose(self):
        family = "\\U0001f468\\u200d\\U0001f469\\u200d\\U0001f467"
        yield Static(f"ready \\u6f22\\u5b57 {family}| [red]e\\u0301", markup=False)
        yield Static("count 0", id="state", markup=False)
    def on_key(self, event):
        if event.key == "q":
            self.exit(return_code=7)
        self.count += 1
        self.query_one("#state", Static).update(f"count {self.count} {event.key}", layout=False)
    def on_resize(self, event):
        self.query_one("#state", Static).update(f"size {event.size.width}x{event.size.height}", layout=False)

app = Small()
app.run()
raise SystemExit(app.return_code or 0)
"""

ECHO = """
import os, termios, tty
tty.setraw(0)
os.write(1, b"ready")
while (data := os.read(0, 100)) != b"q":
    os.write(1, data)
"""


def rows_after(data: bytes, columns: int = 10, rows: int = 3, *, graphemes: bool = True) -> list[str]:
    emulator = Emulator(columns, rows, graphemes=graphemes)
    emulator.feed(data)
    return emulator.rows()


@pytest.mark.parametrize(
    "silent",
    [
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[=1c",
        "\x1b[?2026$p",
        "\x1b[?4m",
        "\x1b[4:3m",
        "\x1b[38:2::1:2:3m",
        "\x1b[58:2::1:2:3m",
        "\x1b[!p",
        "\x1b[2 q",
        "\x1b]0;title\x07",
        "\x1b]8;;http://example.org\x1b\\",
        "\x1bP+q544e\x1b\\",
        "\x1b_Ga=q;AAAA\x1b\\",
        "\x1b(B",
        "\x1b[?2026h\x1b[?2026l",
    ],
)
def test_a_sequence_that_draws_nothing_leaves_no_trace(silent: str) -> None:
    assert rows_after(f"ab{silent}cd".encode()) == ["abcd      ", " " * 10, " " * 10]


def test_wide_and_joined_characters_keep_to_their_cells() -> None:
    row = rows_after("漢👨‍👩‍👧e\u0301❤️|".encode())[0]
    assert row == "漢👨‍👩‍👧e\u0301❤️|  "


def test_by_code_points_a_family_takes_the_cells_of_its_members() -> None:
    assert rows_after("👨‍👩‍👧|".encode(), graphemes=False)[0] == "👨\u200d👩\u200d👧|   "


def test_half_of_a_wide_character_overwritten_leaves_a_blank() -> None:
    assert rows_after("漢字\x1b[1;2Hx".encode())[0] == " x字      "
    assert rows_after("漢字\x1b[1;3Hx".encode())[0] == "漢x       "


def test_a_wide_character_that_does_not_fit_goes_to_the_next_row() -> None:
    assert rows_after("123456789漢".encode())[:2] == ["123456789 ", "漢        "]
    assert rows_after("\x1b[?7l123456789漢".encode())[0] == "12345678漢"


def test_a_zero_width_character_does_not_swallow_what_follows() -> None:
    assert rows_after("a\u200bb\u2060c".encode())[0].replace("\u200b", "").replace("\u2060", "") == "abc       "


def test_the_alternate_screen_comes_and_goes() -> None:
    assert rows_after(b"shell\x1b[?1049h\x1b[HAPP")[0] == "APP       "
    assert rows_after(b"shell\x1b[?1049h\x1b[HAPP\x1b[?1049l")[0] == "shell     "


def test_scrolling_and_repeating() -> None:
    assert rows_after(b"a\r\nb\r\nc\x1b[S")[:2] == ["b         ", "c         "]
    assert rows_after(b"a\x1b[3b")[0] == "aaaa      "


def test_what_the_program_asked_for_is_kept() -> None:
    emulator = Emulator(10, 2)
    emulator.feed(b"\x1b]52;c;aGk=\x07\x07\x1b[?2026h\x01")
    assert (emulator.strings, emulator.bells, emulator.holding, emulator.strange) == (
        ["52;c;aGk="],
        1,
        True,
        ["\x01"],
    )


def test_a_smaller_grid_cuts_off_right_and_bottom() -> None:
    emulator = Emulator(6, 3)
    emulator.feed(b"abcdef\r\nghi\r\njkl")
    emulator.resize(3, 2)
    assert emulator.rows() == ["abc", "ghi"]
    emulator.resize(4, 3)
    assert emulator.rows() == ["abc ", "ghi ", "    "]


@given(
    st.lists(st.sampled_from(["ab", "漢", "e\u0301", "👨‍👩‍👧", "\x1b[31m", "\x1b[2;3H", "\x1b]0;t\x07", "\r\n", "🇩🇪"])),
    st.data(),
)
def test_how_the_bytes_were_cut_does_not_matter(parts: list[str], data: st.DataObject) -> None:
    stream = "".join(parts).encode()
    whole, cut = Emulator(7, 4), Emulator(7, 4)
    whole.feed(stream)
    at = 0
    while at < len(stream):
        size = data.draw(st.integers(1, 5))
        cut.feed(stream[at : at + size])
        at += size
    assert cut.rows() == whole.rows()


@given(st.binary(max_size=200))
def test_any_bytes_are_survived_and_the_grid_keeps_its_shape(stream: bytes) -> None:
    emulator = Emulator(7, 4)
    emulator.feed(stream)
    assert len(emulator.rows()) == 4


@pytest.fixture(scope="module")
def app_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("app") / "small.py"
    path.write_text(APP, encoding="utf-8")
    return path


@pytest.fixture
def echo() -> Iterator[Terminal]:
    with Terminal([sys.executable, "-S", "-c", ECHO], 40, 5) as terminal:
        terminal.wait_for("ready")
        yield terminal


def test_a_textual_app_is_played_and_timed(app_file: Path) -> None:
    with Terminal([sys.executable, str(app_file)], 60, 12) as terminal:
        (start,) = measure_start(terminal, lambda rows: rows[0].startswith("ready"))
        assert start.ms > 0
        assert terminal.wait_for("size 60x12")[0].rstrip() == "ready 漢字 👨‍👩‍👧| [red]e\u0301"
        (shown, again) = measure(terminal, "j", lambda rows: "count 1 j" in rows[-1], changed(terminal.screen()))
        assert 0 < again.ms <= shown.ms
        assert b"\x1b[?2026h" in terminal.output, "the answer to the query for synchronised output was not heard"
        assert terminal.emulator.alternate
        terminal.resize(50, 8)
        assert len(terminal.wait_for("size 50x8")) == 8
        terminal.send("q")
        assert terminal.wait_exit() == 7
        assert not terminal.emulator.alternate
        assert not terminal.emulator.strange


def test_the_program_has_a_controlling_terminal_of_the_size_given(tmp_path: Path) -> None:
    script = "stty size < /dev/tty; pwd -P; echo $TERM-$EXTRA-${LC_ALL}; exit 3"
    with Terminal(["sh", "-c", script], 91, 17, {"EXTRA": "yes"}, tmp_path) as terminal:
        assert terminal.wait_exit() == 3
        assert [row.rstrip() for row in terminal.screen()[:2]] == ["17 91", str(tmp_path.resolve())[:91]]
        assert "xterm-256color-yes-C.UTF-8" in terminal.text()
        assert terminal.output.startswith(b"17 91\r\n")


def test_a_state_that_was_there_before_the_key_cannot_be_timed(echo: Terminal) -> None:
    with pytest.raises(ValueError, match="before the key"):
        measure(echo, "x", lambda rows: "ready" in rows[0])


def test_what_comes_goes_and_comes_again_counts_from_the_last_time() -> None:
    # The program waits for an answer between its writes, so that they arrive apart.
    script = (
        "import os, tty; tty.setraw(0); os.write(1, b'ready'); os.read(0, 9)\n"
        "for word in (b'mark', b'gone', b'mark'): os.write(1, b'\\r' + word + b'\\x1b[5n'); os.read(0, 9)\n"
        "os.write(1, b'end'); os.read(0, 9)"
    )
    with Terminal([sys.executable, "-S", "-c", script], 40, 5) as terminal:
        terminal.wait_for("ready")
        (mark, end) = measure(terminal, "x", lambda rows: "mark" in rows[0], lambda rows: "end" in rows[0])
        assert (mark.bytes, end.bytes) == (3 * len("\rmark\x1b[5n"), 3 * len("\rmark\x1b[5n") + 3)
        assert mark.chunks == 3
        assert mark.ms <= end.ms


def test_a_synchronised_update_counts_as_shown_at_its_end(echo: Terminal) -> None:
    (held,) = measure(echo, "\x1b[?2026h!\x1b[?2026l", lambda rows: "!" in rows[0])
    assert held.bytes == len("\x1b[?2026h!\x1b[?2026l")


def test_the_failure_shows_the_screen_and_the_program(echo: Terminal) -> None:
    with pytest.raises(ScreenTimeoutError, match=r"does not show 'absent'[\s\S]*running[\s\S]*ready"):
        echo.wait_for("absent", timeout=0.05)
    with pytest.raises(ScreenTimeoutError, match="not met within"):
        measure(echo, "x", lambda rows: "absent" in rows[0], quiet=0.01, timeout=0.05)
    echo.send("q")
    with pytest.raises(ScreenTimeoutError, match=r"ended without[\s\S]*exit code 0"):
        echo.wait_for("absent")


def test_common_queries_are_answered() -> None:
    script = (
        "import os, tty; tty.setraw(0); ask = b'abc\\x1b[6n'; os.write(1, ask); "
        "os.write(1, repr(os.read(0, 99)).encode()); os.write(1, b'\\x1b[?2048$p\\x1b[c'); got = b'';\n"
        "while b'c' not in got: got += os.read(0, 99)\n"
        "os.write(1, repr(got).encode())"
    )
    with Terminal([sys.executable, "-S", "-c", script], 70, 4) as terminal:
        terminal.wait_exit()
        assert r"'\x1b[1;4R'" in terminal.text()
        assert r"'\x1b[?2048;0$y\x1b[?62;22c'" in terminal.text()


def test_signals_and_a_dropped_line() -> None:
    with Terminal(["cat"], 20, 3) as killed:
        killed.send("hello\n")
        killed.wait_for(lambda rows: rows[1].startswith("hello"))
        killed.kill(signal.SIGKILL)
        assert killed.wait_exit() == -signal.SIGKILL
    with Terminal(["cat"], 20, 3) as dropped:
        dropped.hang_up()
        assert dropped.wait_exit() == -signal.SIGHUP
        with pytest.raises(BrokenPipeError):
            dropped.send("too late")
    dropped.close()


def test_more_keys_than_the_kernel_holds_reach_the_program(echo: Terminal) -> None:
    echo.send("\x1b[2J\x1b[H" + "x" * 30_000 + "\r\nend")
    echo.wait_for(lambda rows: rows[-1].startswith("end"))
    assert echo.output.count(b"x") == 30_000


def test_a_program_that_does_not_exist_is_said_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        Terminal(["/no/such/program"], 20, 3)


def test_the_summary_is_of_nearest_ranks() -> None:
    summary = summarise([float(value) for value in range(100, 0, -1)])
    assert (summary.n, summary.p50, summary.p95, summary.p99, summary.max) == (100, 50, 95, 99, 100)
    assert summarise([3.0]).p99 == 3.0
    with pytest.raises(ValueError, match="no values"):
        summarise([])
