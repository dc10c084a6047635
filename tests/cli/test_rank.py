"""`reviewer rank --file`: the table, the JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from reviewer.cli.rank import rank
from reviewer.errors import BadInput, ReviewerError, WrongUsage
from reviewer.measure.votes import WINNERS
from tests.measure.material import simulated


def run(*arguments: object) -> Result:
    return CliRunner().invoke(rank, [str(one) for one in arguments], env={"COLUMNS": "100"})


def error(result: Result) -> ReviewerError:
    assert isinstance(result.exception, ReviewerError)
    return result.exception


@pytest.fixture
def table(tmp_path: Path) -> Path:
    votes = simulated(np.random.default_rng(1), np.array([1.0, 0.2, 0.0, -1.2]), items=400, ties=0.3)
    path = tmp_path / "votes.csv"
    rows = zip(votes.left.tolist(), votes.right.tolist(), votes.winner.tolist(), strict=True)
    lines = [
        f"{at},s{left},s{right},{WINNERS[winner]},r{at % 3},{'de' if at % 2 else 'en'}"
        for at, (left, right, winner) in enumerate(rows)
    ]
    path.write_text("\n".join(["item,left,right,winner,rater,language", *lines, "9,s1,s1,left,r0,de"]) + "\n")
    return path


def report(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_the_table_says_it_all(table: Path) -> None:
    result = run("--file", table, "--rounds", 200)
    assert result.exit_code == 0
    shown = result.stdout
    assert "preference: 400 votes on 400 items, 4 systems" in shown
    assert "95 % intervals, 200 resamples of items, seed 0" in shown
    assert "differences hold after Holm's correction at 0.05" in shown
    assert "Closest open pair: s" in shown
    assert "Side shown first: won" in shown
    assert "0 of 3 raters tested prefer a side" in shown
    assert shown.count("●") == 4
    assert "1 row dropped: a system is compared with itself (line 402)." in result.stderr


def test_the_json_has_the_criteria_and_what_was_dropped(table: Path) -> None:
    told = report("--file", table, "--rounds", 100, "--slice", "language", "--seed", 5)
    assert told["dropped"] == {"a system is compared with itself": 1}
    assert told["settings"]["seed"] == 5
    found = told["criteria"]["preference"]
    assert found["votes"] == 400
    assert [row["rank"] for row in found["systems"]] == [1, 2, 3, 4]
    assert sum(row["bradley_terry"]["value"] for row in found["systems"]) == pytest.approx(1)
    assert {value: cut["votes"] for value, cut in found["slices"]["language"].items()} == {"de": 200, "en": 200}
    assert [one["rater"] for one in found["raters"]] == ["r0", "r1", "r2"]


def test_models_and_the_order_effect(table: Path) -> None:
    told = report("--file", table, "--rounds", 100, "--model", "davidson", "--position")["criteria"]["preference"]
    assert told["tie_parameter"]["value"] == pytest.approx(0.3, abs=0.15)
    assert told["position"]["effect"]["low"] < 0 < told["position"]["effect"]["high"]
    assert told["position"]["effect"]["p_value"] > 0.01


def test_what_cannot_be_ranked_is_said(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("left,right,winner\na,b,left\nc,d,left\nc,d,both_bad\n")
    result = run("--file", path)
    assert result.exit_code == 0
    assert "No strengths: no vote joins these 2 groups of systems: a, b | c, d." in result.stdout
    told = report("--file", path)["criteria"]["preference"]
    assert told["connected"] is False
    assert told["systems"][0]["bradley_terry"]["value"] is None
    assert told["systems"][0]["elo"] is None
    assert told["systems"][0]["why"]
    assert told["systems"][0]["win_rate"]["value"] == 1.0


def test_hostile_names_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("left,right,winner\n[red]x,\x1b[31mb,left\n[red]x,\x1b[31mb,right\n[/],[red]x,tie\n")
    result = run("--file", path)
    assert result.exit_code == 0
    assert "[red]x" in result.stdout
    assert "\x1b[31mb" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("--file", "nowhere.csv"), BadInput),
        (("--file", "nowhere.csv", "--model", "elo"), WrongUsage),
        (("--file", "nowhere.csv", "--alpha", "2"), WrongUsage),
        (("--file", "nowhere.csv", "--map", "left"), WrongUsage),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], kind: type[ReviewerError]) -> None:
    assert isinstance(error(run(*arguments)), kind)


def test_a_slice_that_is_not_there(table: Path) -> None:
    assert "'country'" in str(error(run("--file", table, "--slice", "country")))


@pytest.mark.parametrize("arguments", [(), ("kyc", "--file", "votes.csv"), ("--file", "votes.csv", "--surplus")])
def test_without_a_table_or_with_more_it_says_how_it_is_used(arguments: tuple[str, ...]) -> None:
    assert isinstance(error(run(*arguments)), WrongUsage)
