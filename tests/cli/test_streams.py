"""What every command does alike: arguments that are no text, and readers that go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import Command, commands
from tests.store.filling import fill, fresh

_PROGRAM = [sys.executable, "-c", "from reviewer.cli import main; main()"]
_NO_TEXT = os.fsdecode(b"ky\xffc")


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    fill(fresh(tmp_path / "home"), items=2)
    return commands(tmp_path / "home", capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ("queue", "show", _NO_TEXT),
        ("queue", "set", "kyc", f"show={_NO_TEXT}"),
        ("rate", "kyc", "--plain", f"--rater={_NO_TEXT}"),
        ("round", "start", "kyc", "--raters", f"ana,{_NO_TEXT}"),
        ("labels", "export", _NO_TEXT),
    ],
)
def test_an_argument_that_is_no_utf_8_is_refused_with_a_sentence(reviewer: Command, arguments: tuple[str, ...]) -> None:
    ran = reviewer(*arguments)
    assert ran.code == 2
    assert "\\xff" in ran.err
    assert "is no UTF-8 text." in ran.err


def test_a_file_may_have_a_name_that_is_no_utf_8(reviewer: Command, tmp_path: Path) -> None:
    path = tmp_path / _NO_TEXT
    try:
        path.write_text('{"id": "a", "prompt": "p", "output": "o"}\n', encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes names of UTF-8 alone")
    assert reviewer("import", str(path), "-q", "more").code == 0


@pytest.mark.parametrize(
    "arguments",
    [("queue", "list"), ("queue", "show", "kyc", "--json"), ("audit", "show"), ("--help",), ("rank", "-h")],
)
def test_a_reader_that_goes_ends_the_program_quietly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    fill(fresh(tmp_path / "home"), items=2)
    end, begin = os.pipe()
    os.close(end)
    try:
        ran = subprocess.run(
            [*_PROGRAM, *arguments],
            stdout=begin,
            stderr=subprocess.PIPE,
            env=os.environ | {"REVIEWER_HOME": str(tmp_path / "home")},
            check=False,
        )
    finally:
        os.close(begin)
    assert (ran.returncode, ran.stderr) == (141, b"")
