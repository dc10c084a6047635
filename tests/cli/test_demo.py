"""`reviewer demo`: queues of every kind in a home of its own, made once, and anew when asked."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reviewer import plain
from reviewer.cli import run
from reviewer.cli.demo import COMPARED, QUEUES, ROUND
from reviewer.cli.demo_triage import EXPERTS
from reviewer.config import open_home
from reviewer.rubric import load_rubric
from reviewer.session.desk import cards
from reviewer.session.sitting import Sitting
from reviewer.shipped import shipped_folder
from reviewer.store import queues, selected
from reviewer.store.connection import Store
from tests.plain_script import Script, item, make_queue

SAMPLES = shipped_folder("sample_data")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo home in which one item was rated."""
    home = tmp_path_factory.mktemp("demo")
    program = "from reviewer.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "demo", "--plain", "--home", str(home)],
        input=":abstain only trying\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("\n") == 1
    assert f"Preparing the sample queues in {home}" in ended.stderr
    assert "Saved." in ended.stdout
    return home


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER_HOME", str(tmp_path / "own"))


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / name / "items.jsonl").read_text("utf-8").splitlines()]


def demo(monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "", before: tuple[str, ...] = ()) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    return run([*before, "demo", "--plain", *arguments])


def test_every_sample_becomes_a_queue_with_its_rubric_and_settings(prepared: Path) -> None:
    store = Store.open(open_home(prepared).store, create=False)
    shown = {card.name: card for card in cards(store, "somebody else")}
    assert list(shown) == [*QUEUES, ROUND, EXPERTS]
    for name, card in ((name, shown[name]) for name in QUEUES):
        rows = rows_of(name)
        kind, pairs = COMPARED.get(name, ("rating", None))
        tasks = {"rating": sum(len(row["outputs"]) for row in rows), "pairwise": 2 * len(rows), "ranking": len(rows)}
        assert card.size == tasks[kind]
        assert card.left == card.size
        assert card.blind
        assert card.rubric == load_rubric(SAMPLES / name / "rubric.yaml").name
        sitting = Sitting.open(store, name, "somebody else")
        assert sitting.queue.kind == kind
        assert sitting.queue.settings == QUEUES[name] | ({"pairs": pairs} if pairs else {})
        assert sitting.view is not None
        assert {key for key, _ in sitting.view.shown} <= set(QUEUES[name]["show"])
        assert sitting.view.shown
        sitting.close()
    assert sum(card.size for card in shown.values()) == 182 + 24 + 12


def test_a_round_waits_for_the_user_alone_and_a_queue_for_an_adjudicator(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(prepared)]
    assert run(["round", "status", ROUND, "--json", *home]) == 0
    (told,) = json.loads(capsys.readouterr().out)["rounds"]
    done = {member["rater"]: (member["done"], member["items"]) for member in told["members"]}
    assert (done.pop("mira"), done.pop("tomasz")) == ((6, 6), (6, 6))
    assert list(done.values()) == [(0, 6)]
    assert told["state"] == "open"
    assert run(["round", "reveal", ROUND, *home]) == 3
    assert run(["round", "show", ROUND, *home]) == 3
    capsys.readouterr()
    assert run(["adjudicate", "medication-advice", "--list", "--json", *home]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["disputed"], listed["open"], listed["mine"]) == (5, 5, 0)


def test_checks_and_a_judge_conflict_an_expert_settles_it_and_the_judge_is_held_to_that(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not list(SAMPLES.rglob("*rejects*")), "what is shipped stays as it is"
    home = ["--home", str(prepared), "--json"]
    checks = str(SAMPLES / "screening-notes" / "checks.toml")
    assert run(["check", "screening-notes", "--config", checks, "--show", "50", *home]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["new"] == 0, "the demo has examined them"
    turned = {one["item"] for one in told["findings"] if "negation" in one["checks"]}
    assert {"scr-02", "scr-04", "scr-14", "scr-20"} <= turned
    store = Store.open(open_home(prepared).store, create=False)
    with store.reading() as connection:
        queue = queues.find(connection, EXPERTS)
        assert queue is not None
        drawn = {task.key: task.reason for task in selected.drawn(connection, queue)}
    assert turned <= drawn.keys()
    assert "but the judge scored 5" in drawn["scr-02"]
    assert any(reason == "random floor" for reason in drawn.values())
    assert run(["judge", "align", EXPERTS, "--rounds", "200", *home]) == 0
    faithful = json.loads(capsys.readouterr().out)["criteria"]["faithful"]
    assert faithful["n"] == 12
    assert faithful["figures"]["accuracy"]["judge"]["value"] < 0.5
    assert turned <= {one["item"] for one in faithful["worst"]}
    assert run(["judge", "license", EXPERTS, "--rounds", "200", *home]) == 1
    assert json.loads(capsys.readouterr().out)["granted"] is False
    assert run(["estimate", EXPERTS, "--criterion", "usable", *home]) == 0
    whole = json.loads(capsys.readouterr().out)["systems"][0]
    # Of all 24 notes 16 are usable; of those that were drawn far fewer.
    assert whole["estimate"]["low"] < 16 / 24 < whole["estimate"]["high"]
    assert whole["naive_mean"] < 0.5
    sitting = Sitting.open(store, EXPERTS, "somebody else")
    assert sitting.view is not None
    assert "house-judge" not in repr(sitting.view)
    sitting.close()


def test_no_text_that_is_compared_names_a_system_and_every_pair_of_systems_is_met(
    prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (kind, pairs) in COMPARED.items():
        files = [str(SAMPLES / name / "items.jsonl"), "-q", "again", "--kind", kind, "--home", str(prepared)]
        assert run(["import", *files, *(["--pairs", pairs] if pairs else []), "--dry-run", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["self_naming"] == 0
        assert told["connected"]
        assert told["single"] == 0
        assert len(told["systems"]) == len({output["system"] for output in rows_of(name)[0]["outputs"]})


def test_a_pair_and_a_ranking_are_judged_line_by_line(prepared: Path) -> None:
    store = Store.open(open_home(prepared).store, create=False)
    for name, typed in (("incident-notices", ["left", "", "tie"]), ("claim-letters", ["2>1=3>4", "4 3 2 1"])):
        said = io.StringIO()
        sitting = Sitting.open(store, name, "a reader", source="plain")
        assert sitting.view is not None
        assert all(len(output.text.split()) in range(55, 200) for output in sitting.view.outputs)
        assert plain.run(sitting, Script([*typed, ":submit"]), said) == 0
        assert "Saved." in said.getvalue()
        assert not any(word in said.getvalue() for word in ("harbor", "lumen", "quill", "tern-1"))


def test_what_is_asked_of_a_comparison_is_explained_by_examples() -> None:
    for name in COMPARED:
        rubric = load_rubric(SAMPLES / name / "rubric.yaml")
        for criterion in rubric.criteria:
            assert criterion.help
            assert criterion.reasons
            assert [level for level, _ in criterion.described()] == list(criterion.steps)
            assert all(len(level.examples) >= 2 for _, level in criterion.described())


def test_there_is_no_sample_that_the_demo_leaves_out() -> None:
    assert sorted(QUEUES) == sorted(path.name for path in SAMPLES.iterdir() if path.is_dir())


def test_the_second_time_it_opens_where_one_left_off(
    prepared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(monkeypatch, "--home", str(prepared)) == 0
    said = capsys.readouterr()
    assert "Item 2 of 44, 1 done, 43 left." in said.out
    assert said.err == ""


def test_its_files_are_for_their_owner_alone(prepared: Path) -> None:
    for path in prepared.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_home_of_the_environment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(monkeypatch) == 0
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["demo"]
    assert "Item 1 of 44, 0 done" in capsys.readouterr().out


def test_reset_forgets_what_was_rated_and_keeps_what_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "named"
    assert demo(monkeypatch, "--reset", before=("--home", str(home))) == 0
    (home / "config.toml").write_text("idle_after = 30\n", encoding="utf-8")
    assert demo(monkeypatch, "--home", str(home), typed=":skip trying\n") == 0
    assert "1 done in this sitting" in capsys.readouterr().out
    assert demo(monkeypatch, "--home", str(home), "--reset") == 0
    said = capsys.readouterr()
    assert "Item 1 of 44, 0 done, 44 left." in said.out
    assert "Preparing" in said.err
    assert (home / "config.toml").exists()
    assert not (tmp_path / "own").exists()


def test_a_store_that_is_not_the_demos_is_never_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_queue(tmp_path, [item(1)])
    before = store.path.read_bytes()
    assert demo(monkeypatch, "--home", str(tmp_path), "--reset", "--yes") == 2
    assert "a store that the demo did not make" in capsys.readouterr().err
    assert store.path.read_bytes() == before


def test_a_demo_that_was_killed_half_way_is_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = next(iter(QUEUES))
    (tmp_path / "demo.txt").touch()
    store = make_queue(tmp_path, [item(1)], name=first)
    assert demo(monkeypatch, "--home", str(tmp_path)) == 0
    assert "Item 1 of 1, 0 done, 1 left." in capsys.readouterr().out
    assert [card.name for card in cards(store, "ada")] == [*QUEUES, ROUND, EXPERTS]


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert demo(monkeypatch, "--home", str(tmp_path / "file" / "below")) == 3
    assert "Not a directory" in capsys.readouterr().err
