"""The README says what is true."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from reviewer.cli import program
from reviewer.keys.cheatsheet import put_in_readme
from reviewer.keys.keymap import load
from reviewer.rubric import parse_rubric

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_keys_are_those_of_the_default_keymap() -> None:
    assert put_in_readme(README, load()) == README, "take over what `reviewer keymap show --markdown` prints"


@pytest.mark.parametrize("command", sorted(set(re.findall(r"reviewer ([a-z]+(?: [a-z]+)?)", README))))
def test_every_command_it_names_exists(command: str) -> None:
    words = command.split()
    ended = CliRunner().invoke(program, [*words, "--help"])
    if ended.exit_code and len(words) == 2:  # the second word was an argument
        ended = CliRunner().invoke(program, [words[0], "--help"])
    assert ended.exit_code == 0, ended.output


def test_the_rubric_it_shows_is_a_rubric() -> None:
    block = re.search(r"(?m)^    name: answers\n(?:    .*\n)+", README)
    assert block
    text = "\n".join(line[4:] for line in block[0].splitlines())
    assert parse_rubric(text, "README").name == "answers"


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", README))))
def test_every_place_it_points_to_is_there(target: str) -> None:
    assert (ROOT / unquote(target)).exists()
