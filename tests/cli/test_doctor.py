from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.cli.key_echo import decode
from reviewer.cli.terminal import Surroundings, examine_terminal
from reviewer.store.connection import Store
from reviewer.store.file_systems import file_system_of
from reviewer.store.health import Finding
from tests.cli.running import Command, commands
from tests.pty.terminal import Terminal
from tests.store.filling import fill, fresh, rate, sit


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    fill(store)
    sitting = sit(store)
    rate(sitting, 1, 2)
    assert sitting.close()
    return store


def told(reviewer: Command, code: int = 0) -> dict[str, dict[str, str]]:
    ran = reviewer("doctor", "--json")
    assert ran.code == code, ran
    findings = ran.json["findings"]
    assert ran.json["ok"] == (code == 0)
    assert all(finding["mend"] for finding in findings if finding["status"] == "fail")
    return {finding["name"]: finding for finding in findings}


@pytest.mark.usefixtures("store")
def test_a_store_that_is_well(reviewer: Command) -> None:
    findings = told(reviewer)
    for name in ("versions", "store", "rights", "integrity", "references", "event log", "counts", "imports", "keymap"):
        assert findings[name]["status"] == "ok", findings[name]
    assert "Python" in findings["versions"]["what"]
    lines = reviewer("doctor").out.splitlines()
    assert lines[0].startswith("ok    versions")
    assert any(line.startswith("warn  window") for line in lines)  # the tests' own output is no terminal
    assert any("--plain" in line for line in lines)


def test_without_a_store_the_rest_is_examined(reviewer: Command, tmp_path: Path) -> None:
    findings = told(reviewer, code=3)
    assert findings["store"]["status"] == "fail"
    assert "reviewer demo" in findings["store"]["mend"]
    assert "keymap" in findings
    assert "terminal" in findings
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("content", [b"", b"no database", os.urandom(8192)], ids=["empty", "words", "noise"])
def test_what_is_no_store_gives_findings(reviewer: Command, store: Store, content: bytes) -> None:
    store.path.write_bytes(content)
    findings = told(reviewer, code=3)
    assert "no Reviewer store" in findings["store"]["what"]
    assert "rights" in findings
    assert "the store cannot be read" in reviewer("doctor").err


def test_a_damaged_page_gives_findings(reviewer: Command, store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='label'").fetchone()
    content = bytearray(store.path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = bytes(4096)
    store.path.write_bytes(content)
    findings = told(reviewer, code=1)
    assert findings["store"]["status"] == "ok"
    assert findings["integrity"]["status"] == "fail"
    assert "store backup" in findings["integrity"]["mend"]


def test_a_newer_store_gives_findings(reviewer: Command, store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA user_version=99")
    assert "newer Reviewer" in told(reviewer, code=3)["store"]["what"]


def test_a_changed_label_fails(reviewer: Command, store: Store) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute("UPDATE label SET notes='changed'")
    assert told(reviewer, code=1)["event log"]["status"] == "fail"
    ran = reviewer("doctor")
    assert ran.code == 1
    assert "event log" in ran.err


def test_a_network_file_system_is_a_warning(reviewer: Command, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_NETWORK_FILE_SYSTEMS", file_system_of(store.path))
    findings = told(reviewer)
    assert findings["file system"]["status"] == "warn"
    assert findings["journal"]["status"] == "ok"  # opening it took it out of the write-ahead mode


def test_rights_of_others_are_a_warning(reviewer: Command, store: Store) -> None:
    store.path.parent.chmod(0o755)
    assert "chmod go-rwx" in told(reviewer)["rights"]["mend"]


@pytest.mark.parametrize("text", ['[rating]\nsubmit = "nokey"\n', "not toml ["])
def test_a_keymap_that_cannot_be_used_fails(reviewer: Command, store: Store, text: str) -> None:
    home = store.path.parent
    (home / "keymaps").mkdir()
    (home / "keymaps" / "mine.toml").write_text(text, encoding="utf-8")
    (home / "config.toml").write_text('keymap = "mine"\n', encoding="utf-8")
    findings = told(reviewer, code=1)
    assert findings["keymap"]["status"] == "fail"
    (home / "config.toml").write_text('keymap = "none"\n', encoding="utf-8")
    assert "none" in told(reviewer, code=1)["keymap"]["what"]


def test_settings_that_cannot_be_read(reviewer: Command, store: Store) -> None:
    (store.path.parent / "config.toml").write_text("keymap = 3\n", encoding="utf-8")
    ran = reviewer("doctor")
    assert ran.code == 3
    assert "setting 'keymap'" in ran.err


def around(**changes: Any) -> Surroundings:
    environment = {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | changes.pop("environment", {})
    given: dict[str, Any] = {"size": (120, 40), "reads_keys": True, "encoding": "utf-8"} | changes
    return Surroundings(environment={name: value for name, value in environment.items() if value}, **given)


def examined(surroundings: Surroundings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_terminal(surroundings)}


def test_a_good_terminal() -> None:
    assert {name: finding.status for name, finding in examined(around()).items()} == {
        "window": "ok",
        "terminal": "ok",
        "colours": "ok",
        "characters": "ok",
    }


@pytest.mark.parametrize(
    ("changes", "name", "status", "said"),
    [
        ({"size": (80, 24)}, "window", "ok", "80×24"),
        ({"size": (79, 24)}, "window", "fail", "79×24"),
        ({"size": (80, 23)}, "window", "fail", "80×23"),
        ({"size": None}, "window", "warn", "no terminal"),
        ({"reads_keys": False}, "window", "warn", "no terminal"),
        ({"environment": {"TERM": ""}}, "terminal", "warn", "not set"),
        ({"environment": {"TERM": "dumb"}}, "terminal", "warn", "'dumb'"),
        ({"environment": {"COLORTERM": ""}}, "colours", "ok", "256"),
        ({"environment": {"COLORTERM": "", "TERM": "xterm"}}, "colours", "warn", "16"),
        ({"environment": {"NO_COLOR": "1"}}, "colours", "ok", "NO_COLOR"),
        ({"encoding": "ISO-8859-1"}, "characters", "warn", "ISO-8859-1"),
        ({"encoding": "UTF-8"}, "characters", "ok", "UTF-8"),
        ({"environment": {"TMUX": "/tmp/x,1,0"}, "escape_time": 500}, "tmux", "warn", "500 ms"),
        ({"environment": {"TMUX": "/tmp/x,1,0"}, "escape_time": 10}, "tmux", "ok", "10 ms"),
        ({"environment": {"TMUX": "/tmp/x,1,0"}, "escape_time": 0}, "tmux", "warn", "0 ms"),
        ({"environment": {"TMUX": "/tmp/x,1,0"}}, "tmux", "warn", "cannot be read"),
        ({"environment": {"STY": "1.x"}}, "screen", "warn", "screen"),
    ],
)
def test_a_terminal_that_can_less(changes: dict[str, Any], name: str, status: str, said: str) -> None:
    finding = examined(around(**changes))[name]
    assert (finding.status, said in finding.what) == (status, True), finding
    assert bool(finding.mend) == (status != "ok")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"a", "a"),
        (b"A", "A"),
        (b"1", "1"),
        (b"?", "?"),
        (b" ", "space"),
        (b"-", "-"),
        ("ä".encode(), "ä"),
        ("漢".encode(), "漢"),
        (b"\r", "enter"),
        (b"\n", "ctrl+j"),
        (b"\t", "tab"),
        (b"\x7f", "backspace"),
        (b"\x08", "backspace"),
        (b"\x1b", "esc"),
        (b"\x03", "ctrl+c"),
        (b"\x00", "ctrl+space"),
        (b"\x1c", "ctrl+\\"),
        (b"\x1b[A", "up"),
        (b"\x1bOB", "down"),
        (b"\x1b[1;5C", "ctrl+right"),
        (b"\x1b[1;2D", "shift+left"),
        (b"\x1b[H", "home"),
        (b"\x1b[4~", "end"),
        (b"\x1b[5~", "pageup"),
        (b"\x1b[6~", "pagedown"),
        (b"\x1b[3~", "delete"),
        (b"\x1b[2~", "insert"),
        (b"\x1bOP", "f1"),
        (b"\x1b[15~", "f5"),
        (b"\x1b[19~", "f8"),
        (b"\x1b[24~", "f12"),
        (b"\x1b[[A", "f1"),
        (b"\x1b[Z", "shift+tab"),
        (b"\x1bx", "alt+x"),
        (b"\x1b\x7f", "alt+backspace"),
        (b"\x1b[99~", "unknown"),
        (b"\xff", "unknown"),
    ],
)
def test_what_terminals_send_is_named_as_in_a_keymap_file(sent: bytes, name: str) -> None:
    assert decode(sent, final=True) == ([(name, sent)], b"")


@given(
    st.lists(st.sampled_from([b"a", b"\x1b[A", b"\x1b[1;5C", "漢".encode(), b"\r", b"\x1bx"]), max_size=8), st.data()
)
def test_keys_may_arrive_in_pieces(sent: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(sent)
    cut = data.draw(st.integers(0, len(whole)))
    first, rest = decode(whole[:cut])
    second, rest = decode(rest + whole[cut:])
    assert [raw for _, raw in first + second] == sent
    assert rest == b""


@given(st.binary(max_size=30))
def test_any_bytes_are_keys(sent: bytes) -> None:
    found, rest = decode(sent, final=True)
    assert rest == b""
    assert b"".join(raw for _, raw in found) == sent
    assert all(name for name, _ in found)


def test_keys_are_named_at_a_real_terminal(tmp_path: Path) -> None:
    code = "from reviewer.cli import main; main()"
    with Terminal([sys.executable, "-c", code, "--home", str(tmp_path), "doctor", "--keys"]) as terminal:
        terminal.wait_for("q ends")
        for sent, name in (
            (b"j", "j "),
            (b"\x1b[5~", "pageup"),
            (b"\x1b", "esc "),
            ("é".encode(), "é "),
            (b"\x10", "ctrl+p"),
        ):
            terminal.send(sent)
            terminal.wait_for(name)
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_keys_need_a_terminal(reviewer: Command) -> None:
    ran = reviewer("doctor", "--keys")
    assert ran.code == 2
    assert "at a terminal only" in ran.err
