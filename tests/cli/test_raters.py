"""`reviewer raters`: what is printed for people and for programs, and what cannot be told."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.exchange.rating import give, scored, tasks_of
from tests.exchange.test_queue_raters import ONE_SCALE, noisy
from tests.store.filling import fill, fresh, record
from tests.store.test_weaving import source

HOSTILE = "[bold]x[/] \x1b[31mred\x1b[0m漢字 and a name that is far longer than any column of any table would be"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "80")
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def panel(store: Store) -> Store:
    """Three raters on 130 items, of whom chi grows more lenient."""
    queue = fill(store, items=130, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    given = [noisy(tasks, rater, seed) for seed, rater in enumerate(("ana", "ben"))]
    given.append(noisy(tasks, "chi", 9, level=1.5, from_label=70))
    give(store, queue, [one for rows in given for one in rows])
    return store


@pytest.mark.usefixtures("panel")
def test_a_table_at_eighty_columns_then_what_is_to_be_said(reviewer: Command) -> None:
    ran = reviewer("raters", "kyc")
    assert ran.code == 0
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    assert "kyc: 390 labels of 3 raters." in ran.out
    rows = [line.split() for line in ran.out.splitlines() if line[:4].strip() in ("ana", "ben", "chi")]
    assert [row[:3] for row in rows[:3]] == [[name, "130", "20"] for name in ("ana", "ben", "chi")]
    said = " ".join(ran.out.split())
    assert "Drift alarm at label" in said
    assert "more lenient since label" in said
    assert "one false alarm in 1,500 ratings on average for a steady rater" in said
    assert not {"bad", "poor", "cheat", "fraud", "blame", "suspicious"} & set(said.lower().split())


@pytest.mark.usefixtures("panel")
def test_one_rater_with_everything(reviewer: Command) -> None:
    ran = reviewer("raters", "kyc", "--rater", "chi")
    said = " ".join(ran.out.split())
    for wanted in (
        "Labels: 130 submitted",
        "Gold: no task",
        "Severity, score:",
        "unshrunk",
        "in 40 parts",
        "Pace: 20.0",
    ):
        assert wanted in said
    assert "ana" not in ran.out


@pytest.mark.usefixtures("panel")
def test_json_and_csv_hold_the_figures(reviewer: Command) -> None:
    told = reviewer("raters", "kyc", "--json").json
    assert [one["rater"] for one in told["raters"]] == ["ana", "ben", "chi"]
    assert told["watched"] == "score"
    assert told["raters"][2]["drift"]["alarms"][0]["direction"] == "more lenient"
    assert told["raters"][2]["drift"]["false_alarms"]["raters"] == 3
    rows = list(csv.DictReader(io.StringIO(reviewer("raters", "kyc", "--csv").out)))
    severity = next(row for row in rows if (row["rater"], row["figure"]) == ("chi", "severity"))
    assert float(severity["value"]) == pytest.approx(told["raters"][2]["severity"]["score"]["severity"]["value"])
    assert all(row["n"] and (row["value"] or row["why"]) for row in rows)


@pytest.mark.usefixtures("panel")
def test_adjusted_scores_name_the_model(reviewer: Command) -> None:
    ran = reviewer("raters", "kyc", "--adjusted")
    assert "item scores with severity taken out (additive mixed model, REML)" in " ".join(ran.out.split())
    assert "… and 90 more items" in ran.out
    rows = list(csv.DictReader(io.StringIO(reviewer("raters", "kyc", "--adjusted", "--csv").out)))
    assert len(rows) == 130
    assert {row["model"] for row in rows} == {"additive mixed model, REML"}


def test_what_cannot_be_told(reviewer: Command, store: Store) -> None:
    fill(store)
    assert (reviewer("raters", "kyc").code, reviewer("raters", "none").code) == (3, 3)
    assert "nobody has rated in 'kyc' yet" in reviewer("raters", "kyc").err
    assert "there is no queue 'none'" in reviewer("raters", "none").err
    give(store, record(store), scored("ana", tasks_of(store, record(store))[:2], (1, 2)))
    for wrong in (("--json", "--csv"), ("--alpha", "2"), ("--rater", "bob"), ("--every", "2")):
        ran = reviewer("raters", "kyc", *wrong)
        assert ran.code == 2, wrong
    alone = reviewer("raters", "kyc")
    assert alone.code == 0
    assert "No severity against a panel: ana alone has rated" in " ".join(alone.out.split())
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration', state = 'locked'")
    blind = reviewer("raters", "kyc", "--json")
    assert (blind.code, blind.out) == (3, "")


def test_hostile_names_are_drawn_and_not_obeyed(reviewer: Command, store: Store) -> None:
    queue = fill(store, items=12, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    give(store, queue, noisy(tasks, HOSTILE, 1) + noisy(tasks, "=cmd()", 2, level=2.0))
    for options in ((), ("--rater", HOSTILE), ("--csv",), ("--adjusted",)):
        ran = reviewer("raters", "kyc", *options)
        assert ran.code == 0
        assert "\x1b" not in ran.out + ran.err or options == ("--csv",)
    assert "[bold]x[/]" in reviewer("raters", "kyc").out
    assert "\n'=cmd()" in reviewer("raters", "kyc", "--csv").out


def test_gold_is_set_woven_and_told(reviewer: Command, store: Store) -> None:
    source(store, range(1000, 1010))
    fill(store, items=20, rubric=ONE_SCALE)
    assert reviewer("queue", "set", "kyc", "gold=10%").code == 0
    shown = reviewer("queue", "show", "kyc")
    assert "gold=0.1" in shown.out
    assert reviewer("queue", "set", "kyc", "gold=60%").code == 2
    assert reviewer("queue", "set", "kyc", "order=planned", "raters=ana,ben").code == 2
    give(store, record(store), scored("ana", tasks_of(store, record(store))[:1], (3,)))
    late = reviewer("queue", "set", "kyc", "gold=0")
    assert late.code == 3
    assert "gold cannot change" in late.err
