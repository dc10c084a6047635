"""Labels of comparisons out of one store and into another, and out of tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.cli import run
from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from tests.store.comparing import pairs_queue
from tests.store.filling import fresh

CRITERIA = [{"id": "tone", "label": "Tone", "type": "scale", "min": 1, "max": 5}]
PAIRS: dict[str, Any] = {"name": "pairs", "criteria": CRITERIA, "preference": {"scale": 5}}


def set_up(folder: Path, kind: str, **settings: Any) -> Store:
    store = fresh(folder)
    pairs_queue(store, items=4, kind=kind, rubric=PAIRS, settings=settings or None)
    return store


def answer(store: Store, kind: str, count: int) -> None:
    said: list[dict[str, Any]] = (
        [{"preference": -1, "tone": 2}, {"preference": "both_bad"}, {"preference": 0, "tone": -2}]
        if kind == "pairwise"
        else [
            {"ranking": [[2], [1, 3]], "tone": [[3], [1], [2]]},
            {"ranking": [[1, 2, 3]]},
            {"ranking": [[3], [2], [1]]},
        ]
    )
    sitting = Sitting.open(store, "pairs", "ana")
    for number in range(count):
        sitting.work.values = dict(said[number % len(said)])
        assert sitting.submit().moved
        sitting.drain(5)
    assert sitting.close()


def out(store: Store, form: str, capsysbinary: pytest.CaptureFixture[bytes]) -> bytes:
    assert run(["labels", "export", "pairs", "--home", str(store.path.parent), "-f", form]) == 0
    return capsysbinary.readouterr().out


def reveal(store: Store) -> None:
    assert run(["queue", "reveal", "pairs", "--reason", "over", "--home", str(store.path.parent)]) == 0


def what_counts(lines: bytes) -> list[tuple[Any, ...]]:
    """The labels by what they say of which systems, whatever the public identifiers of the store."""
    said = []
    for line in map(orjson.loads, lines.splitlines()):
        systems = {output["public_id"]: output["system"] for output in line["outputs"]}
        shown = tuple(systems[public] for public in line["shown_order"])
        said.append(
            (line["item"], line["rater_name"], shown, orjson.dumps(line["values"], option=orjson.OPT_SORT_KEYS))
        )
    return sorted(said)


@pytest.mark.parametrize("kind", ["pairwise", "ranking"])
def test_jsonl_comes_back_as_it_was_in_another_store(
    kind: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    one, other = set_up(tmp_path / "one", kind), set_up(tmp_path / "other", kind)
    answer(one, kind, 4)
    for store in (one, other):
        reveal(store)
    capsysbinary.readouterr()
    lines = out(one, "jsonl", capsysbinary)
    path = tmp_path / "labels.jsonl"
    path.write_bytes(lines)
    assert run(["labels", "import", str(path), "-q", "pairs", "--home", str(other.path.parent)]) == 0
    capsysbinary.readouterr()
    assert what_counts(out(other, "jsonl", capsysbinary)) == what_counts(lines)


@pytest.mark.parametrize("kind", ["pairwise", "ranking"])
def test_a_table_holds_preferences_as_numbers_and_rankings_as_words(
    kind: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    one, other = set_up(tmp_path / "one", kind), set_up(tmp_path / "other", kind)
    answer(one, kind, 3)
    for store in (one, other):
        reveal(store)
    capsysbinary.readouterr()
    table = out(one, "csv", capsysbinary)
    cells = [(row["criterion"], row["value"]) for row in csv.DictReader(io.StringIO(table.decode(), newline=""))]
    if kind == "pairwise":
        assert cells == [
            ("preference", "-1"),
            ("tone", "2"),
            ("preference", "both_bad"),
            ("preference", "0"),
            ("tone", "-2"),
        ]
    else:
        assert cells == [("ranking", "2>1=3"), ("tone", "3>1>2"), ("ranking", "1=2=3"), ("ranking", "3>2>1")]
    path = tmp_path / "labels.csv"
    path.write_bytes(table)
    assert run(["labels", "import", str(path), "-q", "pairs", "--home", str(other.path.parent)]) == 0
    capsysbinary.readouterr()
    again = [
        (row["item"], row["system"], row["criterion"], row["value"])
        for row in csv.DictReader(io.StringIO(out(other, "csv", capsysbinary).decode(), newline=""))
    ]
    before = csv.DictReader(io.StringIO(table.decode(), newline=""))
    assert again == [(row["item"], row["system"], row["criterion"], row["value"]) for row in before]


@pytest.mark.parametrize(
    ("criterion", "value", "fault"),
    [
        ("preference", "3", "must be one of"),
        ("preference", "left", "must be a step or both_bad"),
        ("tone", "9", "must be one of"),
        ("ranking", "1>2>3", "once"),
        ("mood", "1", "has no criterion 'mood'; it has preference, ranking, tone"),
    ],
)
def test_what_is_no_answer_of_a_comparison_is_refused(
    criterion: str, value: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = set_up(tmp_path / "one", "pairwise")
    path = tmp_path / "labels.csv"
    path.write_text(
        f"item,rater,system,criterion,value\nitem-0000,ana,alpha|beta,{criterion},{value}\n", encoding="utf-8"
    )
    assert run(["labels", "import", str(path), "-q", "pairs", "--home", str(store.path.parent)]) == 3
    assert fault in capsys.readouterr().err


def test_the_answer_to_a_repeat_is_told_apart_and_refused_elsewhere(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    one, other = set_up(tmp_path / "one", "pairwise", repeats=0.5), set_up(tmp_path / "other", "pairwise")
    answer(one, "pairwise", 14)
    sealed = out(one, "jsonl", capsysbinary)
    assert b'"repeat"' not in sealed
    for store in (one, other):
        reveal(store)
    capsysbinary.readouterr()
    lines = out(one, "jsonl", capsysbinary)
    repeats = [line for line in map(orjson.loads, lines.splitlines()) if line.get("repeat")]
    assert repeats
    table = csv.DictReader(io.StringIO(out(one, "csv", capsysbinary).decode(), newline=""))
    assert {row["label"] for row in table if row["repeat"] == "true"} == {line["id"] for line in repeats}
    path = tmp_path / "labels.jsonl"
    path.write_bytes(lines)
    assert run(["labels", "import", str(path), "-q", "pairs", "--home", str(one.path.parent)]) == 0
    assert run(["labels", "import", str(path), "-q", "pairs", "--home", str(other.path.parent)]) == 0
    told = capsysbinary.readouterr()
    assert told.err.count(b"hidden repeat") == len(repeats)
    assert len(out(other, "jsonl", capsysbinary).splitlines()) == 14 - len(repeats)
