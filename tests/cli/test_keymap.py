from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reviewer.cli.keymap import keymap
from reviewer.errors import BadInput, CheckFailed
from reviewer.keys.actions import ACTIONS

SHIPPED = {"azerty", "default", "left-hand", "numpad", "vim"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keymaps").mkdir()
    return tmp_path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(keymap, [*arguments, "--home", str(home)])


def own(home: Path, name: str, text: str) -> Path:
    path = home / "keymaps" / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_list_names_the_shipped_and_ones_own_and_marks_the_one_in_use(home: Path) -> None:
    own(home, "mine", 'description = "Mine alone"\n')
    (home / "config.toml").write_text('keymap = "mine"\n', encoding="utf-8")
    lines = run(home, "list").output.splitlines()
    assert {line.lstrip("* ").split()[0] for line in lines} == SHIPPED | {"mine"}
    (used,) = [line for line in lines if line.startswith("*")]
    assert used.endswith("yours    Mine alone")


def test_list_for_programs(home: Path) -> None:
    rows = json.loads(run(home, "list", "--json").output)["keymaps"]
    assert {row["name"] for row in rows} == SHIPPED
    assert [row["name"] for row in rows if row["in_use"]] == ["default"]
    assert all(row["shipped"] and row["description"] for row in rows)


def test_show_takes_the_keymap_in_use_or_the_one_named(home: Path) -> None:
    (home / "config.toml").write_text('keymap = "vim"\n', encoding="utf-8")
    assert run(home, "show").output.startswith("vim: ")
    shown = run(home, "show", "default").output
    assert "⏎                          rate.submit" in shown


def test_show_for_programs_names_every_action(home: Path) -> None:
    own(home, "mine", '[rating]\n"rate.note" = []\n')
    shown = json.loads(run(home, "show", "mine", "--json").output)
    keys = {name: keys for actions in shown["contexts"].values() for name, keys in actions.items()}
    assert keys.keys() == ACTIONS.keys()
    assert keys["rate.note"] == []
    assert keys["app.palette"] == [":", "ctrl+p"]
    assert "Without a key: rate.note" in run(home, "show", "mine").output


def test_show_as_markdown(home: Path) -> None:
    output = run(home, "show", "--markdown").output
    assert output.startswith("<!-- keys:begin -->\n")
    assert output.endswith("<!-- keys:end -->\n")


def test_show_of_none_suggests_one(home: Path) -> None:
    error = run(home, "show", "vi").exception
    assert isinstance(error, BadInput)
    assert "“vim”" in str(error)


def test_check_of_all_holds(home: Path) -> None:
    result = run(home, "check")
    assert result.exit_code == 0
    assert {line.split(":")[0] for line in result.output.splitlines() if not line.startswith(" ")} == SHIPPED


def test_check_fails_on_one_and_still_reports_the_others(home: Path) -> None:
    path = own(home, "mine", '[rating]\n"rate.skip" = ["ctrl+i"]\n')
    result = run(home, "check", "vim", "mine")
    assert isinstance(result.exception, CheckFailed)
    assert "1 of 2 keymaps cannot be used: mine." in str(result.exception)
    assert "vim: holds" in result.output
    assert "mine: 1 error" in result.output
    assert f"{path}:2: “ctrl+i” cannot be a key" in result.output


def test_check_for_programs(home: Path) -> None:
    own(home, "mine", '[rating]\n"rate.skip" = ["b", "ctrl+s"]\n')
    result = run(home, "check", "mine", "--json")
    assert result.exit_code == 0
    (row,) = json.loads(result.output)["keymaps"]
    assert row["ok"]
    assert {problem["severity"] for problem in row["problems"]} == {"note"}
    assert {problem["line"] for problem in row["problems"]} == {2}


def test_check_takes_a_file_from_anywhere(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text('extends = "vim"\n[rating]\n"rate.skip" = ["S"]\n', encoding="utf-8")
    assert "draft: holds" in run(home, "check", str(path)).output


def test_a_shipped_file_is_examined_as_strictly_by_its_path(home: Path) -> None:
    rows = json.loads(run(home, "list", "--json").output)["keymaps"]
    path = next(row["path"] for row in rows if row["name"] == "default")
    assert run(home, "check", path).output == "default: holds\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[rating", b'name = "else"'])
def test_check_of_what_cannot_be_read_is_bad_input(home: Path, content: bytes) -> None:
    path = home / "broken.toml"
    path.write_bytes(content)
    error = run(home, "check", str(path)).exception
    assert isinstance(error, BadInput)
    assert str(path) in str(error)


def test_one_that_cannot_be_read_hides_none_of_the_others(home: Path) -> None:
    own(home, "broken", "[rating")
    assert "broken     yours    cannot be read: the keymap is not TOML" in run(home, "list").output
    result = run(home, "check")
    assert isinstance(result.exception, BadInput)
    assert "broken: 1 error" in result.output
    assert "vim: holds" in result.output


def test_check_of_a_missing_file_is_bad_input(home: Path) -> None:
    error = run(home, "check", str(home / "none.toml")).exception
    assert isinstance(error, BadInput)
    assert "No such file" in str(error)


@pytest.mark.parametrize("command", [[], ["list"], ["show"], ["check"]])
def test_help_has_examples(command: list[str]) -> None:
    result = CliRunner().invoke(keymap, [*command, "--help"])
    assert result.exit_code == 0
    assert "Examples:\n    reviewer keymap" in result.output


def test_the_lookup_loads_nothing_heavy() -> None:
    program = (
        "import sys; from reviewer.keys.keymap import load; load('vim');"
        "print(*sorted({'rich', 'textual', 'yaml', 'numpy', 'difflib', 'click'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
