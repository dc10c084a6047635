from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.cli import run
from tests.exchange.test_intake import lines, plain
from tests.store.child import ROOT

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def items(tmp_path: Path, count: int = 5) -> Path:
    path = tmp_path / "items.jsonl"
    path.write_bytes(lines(*plain(range(count))))
    return path


def test_items_come_in_and_the_counts_are_told(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = items(tmp_path)
    assert run(["import", str(path), "-q", "kyc", "--home", str(home)]) == 0
    said = capsys.readouterr()
    assert said.out == "Imported 5 items, 5 outputs, 5 tasks into 'kyc' (a new queue).\n"
    assert said.err == ""
    assert run(["--home", str(home), "import", str(path), "-q", "kyc", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 5,
        "items": 0,
        "outputs": 0,
        "tasks": 0,
        "duplicates": 5,
        "rejected": 0,
        "rejects_file": None,
    }
    assert (home.stat().st_mode & 0o777, (home / "reviewer.db").stat().st_mode & 0o777) == (0o700, 0o600)


def test_rejects_are_named_with_file_and_line(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "items.csv"
    path.write_text("Frage,Antwort\np,o\n,o\n" + "p\n" * 30, encoding="utf-8")
    mapped = ["--map", "prompt=Frage", "--map", "output=Antwort"]
    assert run(["import", str(path), "-q", "kyc", "--home", str(home), *mapped]) == 0
    said = capsys.readouterr()
    assert f"{path}:3: prompt" in said.err
    assert f"{path}:4: the row has 1 cells" in said.err
    assert "and 11 more rows" in said.err
    rejects = tmp_path / "items.csv.rejects.jsonl"
    assert f"31 rows rejected, written to {rejects}." in said.out
    kept = [json.loads(line) for line in rejects.read_text(encoding="utf-8").splitlines()]
    assert len(kept) == 31
    assert kept[0] == {"file": str(path), "line": 3, "reason": kept[0]["reason"], "raw": ",o"}


def test_strict_and_rows_that_are_all_bad_end_with_three(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(lines(*plain([1]), {"id": "bad"}))
    assert run(["import", str(path), "-q", "kyc", "--home", str(home), "--strict"]) == 3
    said = capsys.readouterr()
    assert "Imported nothing: 2 rows read, 1 rejected." in said.out
    assert "with --strict nothing was imported" in said.err
    path.write_bytes(lines({"id": "bad"}))
    assert run(["import", str(path), "-q", "kyc", "--home", str(home), "--json"]) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["rejected"] == 1
    assert "none of the rows can be taken" in said.err
    path.write_bytes(b"[]")
    assert run(["import", str(path), "-q", "kyc", "--home", str(home)]) == 3


def test_a_dry_run_makes_no_store(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = items(tmp_path)
    assert run(["import", str(path), "-q", "kyc", "--home", str(home), "--dry-run"]) == 0
    assert capsys.readouterr().out == "Would import 5 items, 5 outputs, 5 tasks into 'kyc'.\n"
    assert not home.exists()
    run(["import", str(path), "-q", "kyc", "--home", str(home)])
    assert run(["import", str(path), "-q", "kyc", "--home", str(home), "--dry-run", "--json"]) == 0
    assert '"duplicates": 5' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing.jsonl"], 3, "no such file"),
        (["ITEMS", "--kind", "guess"], 2, "do not exist"),
        (["ITEMS", "--map", "prompt"], 2, "NEW=OLD"),
        (["ITEMS", "--map", "prompt=a", "--map", "prompt=b"], 2, "twice"),
        (["ITEMS", "--map", "prompt=Frage"], 2, "Frage"),
        (["ITEMS", "--format", "excel"], 2, "no format 'excel'"),
        (["ITEMS", "--rubric", "nothing.yaml"], 3, "cannot be read"),
        (["ITEMS", "--rubric", "BAD"], 3, "criteria"),
        (["ITEMS", "--rejects", "ITEMS"], 2, "exists already"),
        ([], 2, "Missing argument"),
    ],
)
def test_wrong_usage_and_bad_input_are_one_sentence(
    home: Path, tmp_path: Path, capsys: Captured, arguments: list[str], code: int, said: str
) -> None:
    (tmp_path / "bad.yaml").write_text("name: x\ncriteria: 3\n", encoding="utf-8")
    known = {"ITEMS": str(items(tmp_path)), "BAD": str(tmp_path / "bad.yaml")}
    given = [known.get(argument, argument) for argument in arguments]
    assert run(["import", *given, "-q", "kyc", "--home", str(home)]) == code
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    run(["queue", "list", "--home", str(home)])
    assert "kyc" not in capsys.readouterr().out


def test_a_rubric_comes_along_and_may_be_renewed(home: Path, tmp_path: Path, capsys: Captured) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text("name: kyc\ncriteria: [{id: safe, type: boolean}]\n", encoding="utf-8")
    given = ["import", str(items(tmp_path)), "-q", "kyc", "--home", str(home), "--rubric", str(rubric)]
    assert run(given) == 0
    assert "rubric is in force" not in capsys.readouterr().out
    rubric.write_text("name: kyc\ncriteria: [{id: safe, type: boolean, help: Is it?}]\n", encoding="utf-8")
    assert run(given) == 0
    assert "The new rubric is in force." in capsys.readouterr().out


def test_hostile_names_and_texts_reach_no_terminal(home: Path, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "\x1b[31mred.jsonl"
    path.write_bytes(b'{"id": "\\u001b]0;x\\u0007", "prompt": 1}\n' + lines(*plain([1])))
    assert run(["import", str(path), "-q", "[bold]kyc", "--home", str(home)]) == 0
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "[bold]kyc" in said.out


def test_standard_input_and_gzip(home: Path) -> None:
    arguments = ["import", "-", "-q", "kyc", "--home", str(home), "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from reviewer.cli import main; main()", *arguments],
        input=gzip.compress(lines(*plain(range(3)))),
        capture_output=True,
        cwd=ROOT,
        check=True,
    )
    assert json.loads(done.stdout)["tasks"] == 3


FULL_DISK = """
import subprocess, sys
folder = sys.argv[1]
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=True)
from reviewer.cli import run
code = run(["import", sys.argv[2], "-q", "small", "--home", folder])
assert code == 0, code
code = run(["import", sys.argv[3], "-q", "kyc", "--home", folder])
assert code == 3, code
code = run(["import", sys.argv[2], "-q", "small", "--home", folder])
assert code == 0, code
assert run(["audit", "verify", "--home", folder]) == 0
assert run(["queue", "list", "--home", folder]) == 0
"""


def can_mount() -> bool:
    if os.getuid() or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="a small file system can be mounted by root only")
def test_a_full_disk_is_a_sentence_and_nothing_is_half_there(tmp_path: Path) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_bytes(lines(*plain(range(3))))
    large.write_bytes(lines(*plain(range(2000), reference="r" * 3000)))
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", FULL_DISK, str(folder), str(small), str(large)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the disk is full. Make room, then import again: nothing of it was taken." in done.stderr
    assert "kyc" not in done.stdout
