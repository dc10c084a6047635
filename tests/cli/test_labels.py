from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.cli import run
from reviewer.store.connection import Store
from tests.store.filling import fill, fresh, rate, sit

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    store = fresh(tmp_path / "home")
    fill(store, queue="kyc", items=4)
    sitting = sit(store, "ann", "kyc")
    rate(sitting, 4, 2)
    sitting.undo()
    rate(sitting, 1)
    sitting.close()
    return store.path.parent


def test_jsonl_holds_every_revision_and_csv_those_that_count(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["labels", "export", "kyc", "--home", str(home)]) == 0
    lines = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert [(line["revision"], line["values"]["score"]) for line in lines] == [(1, 4), (1, 2), (2, 1)]
    assert lines[2]["supersedes"] == [lines[1]["id"]]
    assert run(["labels", "export", "kyc", "--home", str(home), "-f", "csv"]) == 0
    table = capsysbinary.readouterr().out.decode()
    assert [row["value"] for row in csv.DictReader(io.StringIO(table, newline=""))] == ["4", "1"]
    assert run(["labels", "export", "kyc", "--home", str(home), "--heads"]) == 0
    assert len(capsysbinary.readouterr().out.splitlines()) == 2
    assert run(["labels", "export", "kyc", "--home", str(home), "-f", "csv", "--all"]) == 0
    assert len(capsysbinary.readouterr().out.splitlines()) == 4


def test_a_file_is_written_for_its_owner_and_told(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "labels.csv"
    assert run(["labels", "export", "kyc", "--home", str(home), "-o", str(path)]) == 0
    assert capsys.readouterr().out == (
        f"Wrote 2 labels to {path}. The queue is blind and not revealed: "
        "systems are left out, and it imports into this store alone.\n"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text(encoding="utf-8").startswith("label,queue,item,")
    assert run(["labels", "export", "kyc", "--home", str(home), "-o", str(path), "--rater", "ann", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "labels": 2,
        "rows": 2,
        "disputed": 0,
        "file": str(path),
        "sealed": True,
    }
    assert run(["labels", "export", "kyc", "--home", str(home), "--json"]) == 2
    assert run(["labels", "export", "kyc", "--home", str(home), "--rater", "bob"]) == 3
    assert run(["labels", "export", "nothing", "--home", str(home)]) == 3
    assert run(["labels", "export", "kyc", "--home", str(tmp_path / "nowhere")]) == 3


def test_labels_come_in_and_the_counts_are_told(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("Case,rater,value\nitem-0003,bob,5\nitem-0009,bob,5\n", encoding="utf-8")
    given = ["labels", "import", str(path), "-q", "kyc", "--home", str(home), "--map", "item=Case"]
    assert run([*given, "--dry-run"]) == 0
    assert capsys.readouterr().out == "Would import 1 label into 'kyc'. New raters: 1. 1 label rejected.\n"
    assert run([*given, "--strict"]) == 3
    said = capsys.readouterr()
    assert "Imported nothing" in said.out
    assert "with --strict nothing is imported" in said.err
    assert run([*given, "--json", "--rejects", str(tmp_path / "r.jsonl")]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "rows": 2,
        "labels": 1,
        "duplicates": 0,
        "rejected": 1,
        "raters": 1,
        "golden": 0,
        "rejects_file": str(tmp_path / "r.jsonl"),
    }
    assert f"{path}:3: there is no item 'item-0009' in the queue 'kyc'; import the items first." in said.err
    path.write_text("item,rater,value\n", encoding="utf-8")
    assert run(["labels", "import", str(path), "-q", "kyc", "--home", str(home)]) == 3
    assert run(["labels", "import", str(path), "-q", "none", "--home", str(home)]) == 3
    assert run(["audit", "verify", "--home", str(home)]) == 0


def test_the_log_has_the_newest_last(home: Path, capsys: Captured) -> None:
    assert run(["labels", "log", "kyc", "--home", str(home)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["score 4", "score 2", "score 2 → 1"]
    assert all("model-" not in line for line in lines)
    item = lines[2].split("  ")[2].split(" ")[0]
    assert run(["labels", "log", "kyc", "--home", str(home), "--item", item, "--rater", "ann", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["labels"]
    assert [(entry["revision"], entry["changes"]) for entry in said] == [(1, ["score 2"]), (2, ["score 2 → 1"])]


def test_what_a_terminal_would_obey_is_not_sent(home: Path, capsys: Captured) -> None:
    sitting = sit(Store.open(home / "reviewer.db"), "ann", "kyc")
    sitting.work.write_rationale("score", "a\x1b]0;x\x07\nb[bold]")
    rate(sitting, 3)
    sitting.close()
    assert run(["labels", "log", "kyc", "--home", str(home)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert len(said.splitlines()) == 4
    assert "[bold]" in said


def test_a_reader_that_goes_away_is_no_trouble_of_the_store(home: Path) -> None:
    argv = [
        sys.executable,
        "-c",
        "from reviewer.cli import main; main()",
        "labels",
        "export",
        "kyc",
        "--home",
        str(home),
    ]
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(argv, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert ended.returncode == 141
    assert ended.stderr == ""
