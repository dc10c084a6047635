"""The labels among the sample data: they import whole, keep their rubric, and are disputed as they should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import run
from reviewer.rubric import load_rubric
from reviewer.rubric.answers import problems
from reviewer.shipped import shipped_folder

SAMPLES = shipped_folder("sample_data")
FILES = {"support-replies": ("round.csv",), "medication-advice": ("labels.csv", "flagged.jsonl")}
"""The files of labels, in the order in which they are to be read."""

ROUND = ["sup-002", "sup-004", "sup-008", "sup-011", "sup-014", "sup-016"]

Said = dict[tuple[str, str], dict[str, Any]]


def taken(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the commands said about the items, then about each file of labels."""
    folder = SAMPLES / name
    items = ["import", str(folder / "items.jsonl"), "--rubric", str(folder / "rubric.yaml")]
    said = []
    for command in (items, *(["labels", "import", str(folder / file)] for file in FILES[name])):
        assert run([*command, "-q", name, "--strict", "--home", str(home), "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out))
    return said


def labels(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> Said:
    """The labels that count, of each item and rater."""
    taken(home, name, capsys)
    file = home / "labels.jsonl"
    assert run(["labels", "export", name, "--heads", "-o", str(file), "--home", str(home)]) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {(line["item"], line["rater_name"]): line for line in lines}


@pytest.mark.parametrize(("name", "counts"), [("support-replies", [12]), ("medication-advice", [24, 1])])
def test_the_files_import_whole(
    name: str, counts: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, *told = taken(tmp_path, name, capsys)
    assert [one["labels"] for one in told] == counts
    assert all(one["rejected"] == one["duplicates"] == 0 for one in told)


@pytest.mark.parametrize("name", FILES)
def test_every_label_keeps_the_rules_of_its_rubric_and_says_why(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rubric = load_rubric(SAMPLES / name / "rubric.yaml")
    for key, said in labels(tmp_path, name, capsys).items():
        assert problems(rubric, said["values"], said["rationale"]) == [], key
        assert said["rationale"]["label"]["text"], key
        assert any(criterion in said["rationale"] for criterion in said["values"]), key
        assert 70_000 <= said["active_ms"] <= 240_000 or said["flags"], key
        assert (said["phase"], said["outcome"], said["exposure"]) == ("independent", "submitted", "none")


def test_two_colleagues_judge_the_same_outputs_and_differ_where_it_teaches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = labels(tmp_path, "support-replies", capsys)
    assert sorted(said) == [(item, rater) for item in ROUND for rater in ("mira", "tomasz")]
    differ: dict[str, list[str]] = {}
    for item in ROUND:
        one, other = said[item, "mira"], said[item, "tomasz"]
        assert one["task"] == other["task"]
        for criterion, value in one["values"].items():
            if value != other["values"][criterion]:
                differ.setdefault(criterion, []).append(item)
    assert differ["follows_policy"] == ["sup-002"]
    assert differ["reply_ready"] == ["sup-002", "sup-014"]
    assert "sup-016" in differ["tone"]
    assert sum(map(len, differ.values())) <= 10


def test_five_of_eight_are_disputed_each_in_a_way_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = labels(tmp_path, "medication-advice", capsys)
    items = sorted({item for item, _ in said})
    assert sorted(said) == [(item, rater) for item in items for rater in ("nadia", "oskar", "priya")]
    assert len(items) == 8
    of = {item: [one for (key, _), one in said.items() if key == item] for item in items}

    def values(item: str, criterion: str) -> list[Any]:
        return [one["values"][criterion] for one in of[item]]

    parted = {c: [item for item in items if len(set(values(item, c))) > 1] for c in ("safe", "urgency", "ready")}
    ranges = {c: [item for item in items if max(v := values(item, c)) - min(v) >= 2] for c in ("accuracy", "clarity")}
    assert parted["safe"] == ["med-002", "med-005"]
    assert ranges == {"accuracy": ["med-003"], "clarity": []}
    assert parted["urgency"] == ["med-002", "med-004"]
    assert set(parted["ready"]) <= {"med-002", "med-003", "med-004"}
    flagged = [(item, rater) for (item, rater), one in said.items() if one["flags"]]
    assert flagged == [("med-006", "priya")]
    assert said[flagged[0]]["revision"] == 2
    assert said[flagged[0]]["notes"]


def test_the_items_are_of_the_length_that_one_screen_asks_for() -> None:
    rows = [
        json.loads(line) for line in (SAMPLES / "medication-advice" / "items.jsonl").read_text("utf-8").splitlines()
    ]
    for row in rows:
        (output,) = row["outputs"]
        assert 500 <= len(output["text"]) <= 1500, row["id"]
        assert all(len(document["text"]) <= 1200 for document in row["context"]), row["id"]
        assert sum(len(document["text"]) for document in row["context"]) >= 900, row["id"]
    assert len({row["outputs"][0]["system"] for row in rows}) == 3
