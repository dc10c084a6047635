from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reviewer.cli.rubric import rubric
from reviewer.errors import BadInput, CheckFailed, ReviewerError

GOOD = """\
name: triage
instructions: Read twice.
criteria:
  - id: help
    label: "Asks \\e[31m[bold]for help"
    type: scale
    min: 1
    max: 2
    weight: 2
    levels:
      1: {label: Too late, examples: [{output: Wait., why: It cannot.}, {output: Later., why: No.}]}
      2: {label: In time, examples: [{output: Go now., why: Right.}, {prompt: When?, output: Today., why: Right.}]}
  - {id: harmful, type: boolean, direction: lower, points: 3, rationale: {required_on: [true]}}
composite: weighted_mean
preference: {scale: 3}
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD.replace("direction: lower, ", ""), encoding="utf-8")
    return file


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "bad.yaml"
    file.write_text("name: x\ncriteria:\n- {id: a, type: text, weight: -1}\n- {id: a, type: text}\n", encoding="utf-8")
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(rubric, [str(one) for one in arguments])


def error(result: Result) -> ReviewerError:
    assert isinstance(result.exception, ReviewerError)
    return result.exception


def test_check_says_that_a_rubric_holds(good: Path) -> None:
    result = run("check", good)
    assert result.exit_code == 0
    assert result.output == f"{good}: holds: triage, 2 criteria\n"


def test_check_prints_every_problem_with_its_line(good: Path, bad: Path) -> None:
    result = run("check", bad, good)
    assert f"{bad}:3: criterion 'a': weight must be > 0, got -1\n" in result.output
    assert f"{bad}:4: criterion 'a': id is taken already" in result.output
    assert f"{good}: holds" in result.output
    assert isinstance(error(result), CheckFailed)
    assert error(result).exit_code == 1


def test_check_tells_a_file_that_cannot_be_read_from_one_that_fails(bad: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [", encoding="utf-8")
    for unreadable in (tmp_path / "nowhere.yaml", broken):
        result = run("check", bad, unreadable)
        assert f"{unreadable}" in result.output
        assert isinstance(error(result), BadInput)
        assert error(result).exit_code == 3


def test_check_for_programs(good: Path, bad: Path, tmp_path: Path) -> None:
    result = run("check", good, bad, tmp_path / "nowhere.yaml", "--json")
    first, second, third = json.loads(result.output)["files"]
    assert (first["ok"], first["name"], first["problems"]) == (True, "triage", [])
    assert len(first["content_hash"]) == 64
    assert (second["ok"], second["readable"], len(second["problems"])) == (False, True, 2)
    assert second["problems"][0] == {"line": 3, "message": "criterion 'a': weight must be > 0, got -1"}
    assert (third["ok"], third["readable"], third["problems"][0]["line"]) == (False, False, None)


def test_show_gives_levels_and_examples_and_sends_no_control_sequence(good: Path) -> None:
    output = run("show", good).output
    assert "\x1b" not in output
    assert "Asks ␛[31m[bold]for help (help)" in output
    for part in ("Read twice.", "1  Too late", "asked: When?", "answered: Today.", "why: It cannot.", "+3 points"):
        assert part in output
    assert "Rationale: required on yes" in output
    assert "Preference: 3 steps, or a tie or both bad" in output


def test_show_for_programs(good: Path) -> None:
    shown = json.loads(run("show", good, "--json").output)
    assert shown["name"] == shown["document"]["name"] == "triage"
    assert list(shown["criteria"]) == ["help", "harmful", "preference"]


def test_show_of_a_bad_rubric_raises_its_complaints(bad: Path) -> None:
    assert "weight must be > 0" in str(error(run("show", bad)))


def test_diff_marks_what_no_longer_compares(good: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(
        good.read_text().replace("weight: 2", "weight: 3").replace("points: 3", "points: 4"), encoding="utf-8"
    )
    lines = run("diff", good, new).output.splitlines()
    assert lines == [
        "  help       weight: 2 → 3",
        "! harmful    points: 3 → 4",
        "! composite  composites before and after do not compare",
        "Comparable as before: help.",
    ]
    told = json.loads(run("diff", good, new, "--json").output)
    assert told["comparable"] == ["help"]
    assert told["changes"][1] == {
        "kind": "changed",
        "criterion": "harmful",
        "what": "points: 3 → 4",
        "comparable": False,
    }
    assert run("diff", good, good).output == "No difference.\n"


def test_schema_goes_to_the_screen_or_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    assert run("schema", "-o", file).output == ""
    assert json.loads(file.read_text()) == json.loads(run("schema").output)
    assert "cannot be written" in str(error(run("schema", "-o", tmp_path / "no" / "folder.json")))


@pytest.mark.parametrize("command", ["check", "show", "diff", "schema"])
def test_every_command_has_help_with_an_example_and_a_home(command: str) -> None:
    output = run(command, "--help").output
    assert f"reviewer rubric {command}" in output
    assert "--home" in output
