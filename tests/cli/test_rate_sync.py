"""`reviewer rate` in a home that works for a server: what it loads when, and what it says to whom leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reviewer.cli import program
from reviewer.store.connection import Store
from reviewer.sync import tokens
from tests.homes import SHORT, filled
from tests.store.filling import fresh
from tests.sync.lines import nobody_there
from tests.tui.pulled import LAB, come_in, known_remote

DONE = "4\nyes\n\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A home with three items of a server where nothing listens any more."""
    made = fresh(tmp_path)
    host, port = nobody_there()
    remote = known_remote(made, url=f"http://{host}:{port}")
    tokens.keep(made, "lab", "rvw_0123456789ab_" + "s" * 43)
    come_in(made, remote, 1, 3)
    return made


def plainly(home: Path, queue: str, typed: str) -> tuple[str, str]:
    """What is said on standard output and standard error."""
    ended = CliRunner().invoke(
        program, ["rate", queue, "--rater", "ana", "--plain", "--home", str(home)], input=typed, catch_exceptions=False
    )
    assert ended.exit_code == 0, ended.output
    return ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (":progress\n", ""),
        (DONE, "1 label is saved here and not sent yet: `reviewer sync` sends it.\n"),
        (DONE + DONE, "2 labels are saved here and not sent yet: `reviewer sync` sends them.\n"),
    ],
)
def test_whoever_leaves_is_told_what_waits(store: Store, typed: str, told: str) -> None:
    _, said = plainly(store.path.parent, LAB, typed)
    assert said == told


def test_a_home_that_works_for_no_server_never_loads_what_speaks_to_one(tmp_path: Path) -> None:
    filled(tmp_path, rubric=SHORT)
    assert loaded_by(tmp_path, "answers", ":sync\n") == set()


def test_a_home_that_works_for_one_loads_it_after_the_first_item(store: Store) -> None:
    assert loaded_by(store.path.parent, LAB, ":sync\n") == {"httpx"}


def loaded_by(home: Path, queue: str, typed: str) -> set[str]:
    """What speaks to servers and is loaded when `reviewer rate` ends; when it says the first item, nothing is."""
    code = f"""
import io, sys
late = {{"httpx", "fastapi", "uvicorn", "keyring", "cryptography", "stamina"}}
class Said(io.StringIO):
    encoding = "utf-8"
    def write(self, text):
        if "Question 1" in text and "Question" not in self.getvalue():
            assert not late & sys.modules.keys(), late & sys.modules.keys()
        return super().write(text)
sys.stdin, there, sys.stdout = io.StringIO({typed!r}), sys.stdout, Said()
from reviewer.cli import run
assert run(["rate", {queue!r}, "--rater", "ana", "--plain", "--home", {str(home)!r}]) == 0
assert "Question 1" in sys.stdout.getvalue()
print("LOADED", *late & sys.modules.keys(), file=there)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return set(ended.stdout.split()[1:]) & {"httpx", "fastapi", "uvicorn"}
