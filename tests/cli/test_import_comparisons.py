"""`reviewer import --kind pairwise | ranking`, as a person gives it: what is said, what is printed, what is refused."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command, commands
from tests.exchange.test_comparisons import row, said
from tests.exchange.test_intake import lines


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def reviewer(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(home, capsys)


def file(folder: Path, *rows: dict[str, Any]) -> str:
    path = folder / "outputs.jsonl"
    path.write_bytes(lines(*rows))
    return str(path)


def item(key: str, **texts: str) -> dict[str, Any]:
    """A row with these systems' texts."""
    return row(key) | {"outputs": [{"system": system, "text": text} for system, text in texts.items()]}


def test_pairs_come_in_and_are_told(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, row("x", "a", "b", "c"), row("y", "a", "b"), row("z", "a"))
    ran = reviewer("import", given, "-q", "duel", "--kind", "pairwise")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "Imported 3 items, 6 outputs, 4 tasks into 'duel' (a new queue). "
        "1 item with a single output makes no task yet.\n"
        "3 systems, all compared with each other directly or through others.\n"
    )
    again = reviewer("import", given, "-q", "duel", "--json")
    assert again.json == {
        "rows": 3,
        "items": 0,
        "outputs": 0,
        "tasks": 0,
        "duplicates": 3,
        "rejected": 0,
        "rejects_file": None,
        "systems": ["a", "b", "c"],
        "connected": True,
        "groups": [["a", "b", "c"]],
        "single": 0,
        "self_naming": 0,
    }
    shown = reviewer("queue", "show", "duel", "--json").json
    assert (shown["kind"], shown["tasks"], shown["rubrics"][0]["name"]) == ("pairwise", 4, "preference")


def test_systems_that_never_meet_are_a_warning(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, row("x", "a", "b"), row("y", "b", "d"), row("z", "c", "e"))
    ran = reviewer("import", given, "-q", "duel", "--kind", "pairwise")
    warned = "the systems fall into 2 groups that are never compared: a, b, d | c, e; no ranking can join them."
    assert (ran.code, ran.err) == (0, f"Warning: {warned}\n")
    assert "compared with each other" not in ran.out
    assert reviewer("import", given, "-q", "duel", "--json").json["groups"] == [["a", "b", "d"], ["c", "e"]]


def test_one_system_has_nothing_to_be_compared_with(reviewer: Command, tmp_path: Path) -> None:
    ran = reviewer("import", file(tmp_path, row("x", "a")), "-q", "duel", "--kind", "pairwise")
    assert "1 system so far, a: there is nothing to compare it with." in ran.out


def test_rankings_say_what_does_not_suit(reviewer: Command, tmp_path: Path) -> None:
    sizes = [row(f"n{size}", *"abcdefghi"[:size]) for size in (1, 2, 3, 9)]
    ran = reviewer("import", file(tmp_path, *sizes), "-q", "order", "--kind", "ranking", "--dry-run")
    assert ran.code == 0
    assert "Would import 4 items, 15 outputs, 1 task into 'order'." in ran.out
    assert "1 item with two outputs makes no ranking: pairwise suits." in ran.out
    assert "1 item with more than 8 outputs makes no ranking." in ran.out
    assert "fall into 7 groups" in ran.err


def test_pairs_are_kept_by_the_queue(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, row("x", "a", "b", "c"), row("y", "b", "c"))
    ran = reviewer("import", given, "-q", "duel", "--kind", "pairwise", "--pairs", "baseline=a")
    assert "2 tasks" in ran.out
    assert "1 item without an output of the baseline makes no task yet." in ran.out
    more = file(tmp_path, row("z", "a", "b", "c"))
    assert reviewer("import", more, "-q", "duel", "--json").json["tasks"] == 2
    assert reviewer("queue", "show", "duel", "--json").json["settings"]["pairs"] == "baseline=a"


def test_names_are_listed_counted_and_masked(reviewer: Command, tmp_path: Path) -> None:
    naming = [
        {
            "id": f"k{n}",
            "prompt": "p",
            "outputs": [said("alpha", f"As ChatGPT {n}, I"), said("model-b")],
            "tags": ["alpha"],
        }
        for n in range(15)
    ]
    given = file(tmp_path, *naming)
    ran = reviewer("import", given, "-q", "duel", "--kind", "pairwise", "--dry-run")
    assert "item k0: an output says 'As ChatGPT 0'\n" in ran.err
    assert "item k0: the tag 'alpha' names 'alpha'\n" in ran.err
    assert ran.err.count("\nitem ") + ran.err.startswith("item ") == 20
    assert "… and 10 more that name a system." in ran.err
    assert "--mask-self-naming hides it" in ran.err
    assert "tags and metadata only if `show` declares them" in ran.err
    masked = reviewer("import", given, "-q", "duel", "--kind", "pairwise", "--mask-self-naming", "--json")
    assert masked.json["self_naming"] == 30
    assert "15 names in 15 outputs masked as […]." in masked.err


def test_a_rating_import_looks_for_names_only_when_it_masks_them(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, {"id": "x", "prompt": "p", "output": "As ChatGPT, I", "system": "a"})
    ran = reviewer("import", given, "-q", "rate", "--json")
    assert (ran.err, "self_naming" in ran.json, "systems" in ran.json) == ("", False, False)
    masked = reviewer("import", given, "-q", "other", "--mask-self-naming")
    assert masked.err == "item x: an output says 'As ChatGPT'\n1 name in 1 output masked as […].\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--kind", "guess"], 2, "Say one of rating, pairwise, ranking."),
        (["--kind", "rating"], 2, "is a pairwise queue, not a rating queue, and stays one. Leave --kind out"),
        (["--kind", "ranking", "--pairs", "all"], 2, "Leave --pairs out."),
        (["-q", "new", "--pairs", "all"], 2, "or say --kind pairwise."),
        (["-q", "rate", "--pairs", "all"], 2, "'rate' is a rating queue. Leave --pairs out."),
        (["--pairs", "balanced=0"], 2, "Take 1 or more: --pairs balanced=3."),
        (["--pairs", "some"], 2, "Write --pairs all, --pairs baseline=NAME or --pairs balanced=3."),
        (["--pairs", "baseline=zz"], 3, "the baseline 'zz' is none of the systems. There are a, b."),
        (["--rubric", "SCORE"], 3, "Add preference: {scale: 5}."),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_mend(
    reviewer: Command, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    given = file(tmp_path, row("x", "a", "b"))
    assert reviewer("import", given, "-q", "duel", "--kind", "pairwise").code == 0
    assert reviewer("import", given, "-q", "rate").code == 0
    score = tmp_path / "score.yaml"
    score.write_text("name: score\ncriteria: [{id: ok, type: boolean}]\n", encoding="utf-8")
    before = reviewer("queue", "show", "duel", "--json").out
    queue = [] if "-q" in arguments else ["-q", "duel"]
    ran = reviewer("import", given, *queue, *[str(score) if each == "SCORE" else each for each in arguments])
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert reviewer("queue", "show", "duel", "--json").out == before
    assert "new" not in reviewer("queue", "list").out


def test_a_queue_can_be_made_first(reviewer: Command, tmp_path: Path) -> None:
    rubric = tmp_path / "duel.yaml"
    rubric.write_text("name: duel\npreference: {scale: 3}\n", encoding="utf-8")
    for kind in ("pairwise", "ranking"):
        assert reviewer("queue", "create", kind, "--rubric", str(rubric), "--kind", kind).code == 0
        given = file(tmp_path, row("x", "a", "b", "c"))
        assert reviewer("import", given, "-q", kind, "--json").json["tasks"] == (3 if kind == "pairwise" else 1)
        shown = json.loads(reviewer("queue", "show", kind, "--json").out)
        assert (shown["kind"], [each["name"] for each in shown["rubrics"]]) == (kind, ["duel"])


def test_help_shows_how(reviewer: Command) -> None:
    told = reviewer("import", "--help").out
    for part in ("--kind pairwise --pairs balanced=3", "rating|pairwise|ranking", "[…]", "baseline=NAME"):
        assert part in told


def test_a_queue_that_was_masked_once_stays_masked(reviewer: Command, home: Path, tmp_path: Path) -> None:
    first = file(tmp_path, item("x", alpha="As alpha, I say a.", beta="b"))
    assert reviewer("import", first, "-q", "duel", "--kind", "pairwise", "--mask-self-naming").code == 0
    later = file(tmp_path, item("y", alpha="As alpha, I say c.", beta="d"))
    ran = reviewer("import", later, "-q", "duel")
    assert "1 name in 1 output masked as […]." in ran.err
    again = reviewer("import", later, "-q", "duel", "--revise")
    assert "what is in already stays as it is" in again.err
    with closing(sqlite3.connect(home / "reviewer.db")) as connection:
        texts = [text for (text,) in connection.execute("SELECT text FROM output")]
    assert sorted(texts) == ["As […], I say a.", "As […], I say c.", "b", "d"]


def test_masking_what_is_in_already_says_that_it_did_nothing(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, item("x", alpha="As alpha, I say a.", beta="b"))
    reviewer("import", given, "-q", "duel", "--kind", "pairwise")
    ran = reviewer("import", given, "-q", "duel", "--mask-self-naming")
    assert "1 output says who wrote, and what is in already stays as it is: --mask-self-naming --revise" in ran.err
    assert "masked as" not in ran.err
    ran = reviewer("import", given, "-q", "duel", "--mask-self-naming", "--revise")
    assert "1 name in 1 output masked as […]." in ran.err


def test_another_rule_for_pairs_is_told(reviewer: Command, tmp_path: Path) -> None:
    given = file(tmp_path, item("x", alpha="a", beta="b", gamma="c"))
    reviewer("import", given, "-q", "duel", "--kind", "pairwise", "--pairs", "balanced=1")
    ran = reviewer("import", given, "-q", "duel", "--pairs", "all")
    assert "Pairs were made by balanced=1 so far: the new rule is for outputs that come now." in ran.out
    assert "so far" not in reviewer("import", given, "-q", "duel", "--pairs", "all").out
