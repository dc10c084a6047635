"""`reviewer queue set` and `show`: who gets what, until somebody begins, and how evenly it was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.session.test_balance import choose
from tests.store.comparing import faults, pairs_queue, systems_of, views
from tests.store.filling import fill, fresh, rate, record, sit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def reviewer(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(home, capsys)


@pytest.fixture
def store(home: Path) -> Store:
    return fresh(home)


@pytest.mark.parametrize(("given", "kept"), [("5%", 0.05), ("0.05", 0.05), ("50%", 0.5), ("0", 0.0), ("12.5%", 0.125)])
def test_repeats_are_a_share(reviewer: Command, store: Store, given: str, kept: float) -> None:
    fill(store)
    assert reviewer("queue", "set", "kyc", f"repeats={given}").code == 0
    assert record(store).settings == {"repeats": kept}


@pytest.mark.parametrize("given", ["51%", "0.6", "-1%", "5%%", "%", "nan", "half"])
def test_other_shares_are_refused(reviewer: Command, store: Store, given: str) -> None:
    fill(store)
    ran = reviewer("queue", "set", "kyc", f"repeats={given}")
    assert (ran.code, "Write repeats=0-0.5." in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["order=planned"], "Name them: order=planned raters=ana,bob"),
        (["order=planned", "raters="], "Name them"),
        (["raters=ana"], "Add order=planned"),
        (["order=open", "raters=ana"], "Add order=planned"),
        (["order=planned", "raters=ana", "shuffle=false"], "always shuffled"),
    ],
)
def test_what_does_not_fit_together(reviewer: Command, store: Store, pairs: list[str], said: str) -> None:
    pairs_queue(store, items=2)
    ran = reviewer("queue", "set", "pairs", *pairs)
    assert ran.code == 2
    assert said in ran.err
    assert record(store, "pairs").settings == {}


def test_a_queue_is_planned_and_planned_anew(reviewer: Command, store: Store) -> None:
    queue = pairs_queue(store, items=4)
    ran = reviewer("queue", "set", "pairs", "order=planned", "raters=ana,bob", "overlap=2", "repeats=25%", "--json")
    assert ran.json == {
        "queue": "pairs",
        "changed": ["order", "raters", "overlap", "repeats"],
    }
    assert [len(views(store, queue, rater)) for rater in ("ana", "bob")] == [15, 15]
    assert reviewer("queue", "set", "pairs", "overlap=1", "repeats=0").code == 0
    assert [len(views(store, queue, rater)) for rater in ("ana", "bob")] == [6, 6]
    assert reviewer("queue", "set", "pairs", "order=open").code == 0
    assert views(store, queue) == []
    assert faults(store) == []


@pytest.mark.parametrize(
    ("pair", "late"),
    [("raters=ana", "raters"), ("overlap=1", "overlap"), ("order=open", "order"), ("repeats=5%", "repeats")],
)
def test_a_plan_stands_once_somebody_began(reviewer: Command, store: Store, pair: str, late: str) -> None:
    pairs_queue(store, items=4)
    assert reviewer("queue", "set", "pairs", "order=planned", "raters=ana,bob").code == 0
    assert sit(store, "ana", "pairs").close()
    ran = reviewer("queue", "set", "pairs", "goal=3", pair)
    assert ran.code == 3
    assert f"{late} cannot change" in ran.err
    assert "ana began" in ran.err
    assert "goal" not in record(store, "pairs").settings
    assert reviewer("queue", "set", "pairs", "order=planned", "goal=3").code == 0


def test_an_open_queue_may_ask_for_more_raters_and_not_for_repeats(reviewer: Command, store: Store) -> None:
    pairs_queue(store, items=4, overlap=1)
    assert sit(store, "ana", "pairs").close()
    assert reviewer("queue", "set", "pairs", "overlap=2", "order=open").code == 0
    ran = reviewer("queue", "set", "pairs", "repeats=5%", "order=planned", "raters=ana")
    assert ran.code == 3
    assert "repeats and order and raters cannot change" in ran.err


def test_show_tells_the_order_and_the_balance(reviewer: Command, store: Store) -> None:
    queue = pairs_queue(store, items=3, settings={"repeats": 0.25})
    for rater, done in (("ana", 8), ("bob", 3)):
        sitting = sit(store, rater, "pairs")
        for number in range(done):
            choose(sitting, skip=number == 1)
        assert sitting.close()
    shown = reviewer("queue", "show", "pairs", "--json").json
    assert (shown["order"], shown["planned_for"], shown["tasks"]) == ("open", None, 9)
    counted = [view for view in views(store, queue) if not view.repeat_of]
    balance = shown["balance"]
    assert balance["shown"]["views"] == len(counted)
    assert balance["labelled"]["views"] == sum(view.state == "submitted" for view in counted)
    assert balance["shown"]["raters"].keys() == {"ana", "bob"}
    assert balance["shown"]["greatest"] == max(balance["shown"]["raters"].values())
    lines = reviewer("queue", "show", "pairs").out
    assert "open: given out one by one" in lines
    assert "25% of the tasks come again" in lines
    assert f"{len(counted)} views, each system left and right within" in lines
    assert not any(name in lines for name in systems_of(store, queue).values())


def test_show_tells_for_whom_a_queue_is_planned(reviewer: Command, store: Store) -> None:
    pairs_queue(store, items=3, kind="ranking")
    reviewer("queue", "set", "pairs", "order=planned", "raters=ana,bob")
    shown = reviewer("queue", "show", "pairs", "--json").json
    assert (shown["order"], shown["planned_for"]) == ("planned", ["ana", "bob"])
    assert shown["balance"]["shown"]["uneven_tasks"] == 0
    assert shown["balance"]["shown"]["greatest"] <= 1
    lines = reviewer("queue", "show", "pairs").out
    assert "planned for ana, bob" in lines
    assert "each system at each place within" in lines


def test_a_rating_queue_has_an_order_and_no_balance(reviewer: Command, store: Store) -> None:
    fill(store)
    shown = reviewer("queue", "show", "kyc", "--json").json
    assert (shown["order"], shown["balance"]) == ("drawn", None)
    assert "order    of each rater's own" in reviewer("queue", "show", "kyc").out


def test_imported_labels_are_of_the_tasks_that_were_asked_first(
    reviewer: Command, store: Store, tmp_path: Path
) -> None:
    queue = fill(store, items=6, repeats=0.5)
    sitting = sit(store)
    while sitting.view is not None:
        rate(sitting, 3)
    assert sitting.close()
    path = tmp_path / "labels.csv"
    rows = "".join(f"item-{number:04d},bob,score,4\n" for number in range(6))
    path.write_text(f"item,rater,criterion,value\n{rows}", encoding="utf-8")
    assert reviewer("labels", "import", str(path), "-q", "kyc").code == 0
    bobs = views(store, queue, "bob")
    assert [(view.seq, view.repeat_of, view.state) for view in bobs] == [(n, None, "submitted") for n in range(6)]
    assert faults(store) == []


def test_a_rubric_that_does_not_say_how_to_compare_is_refused(reviewer: Command, store: Store, tmp_path: Path) -> None:
    pairs_queue(store, items=2)
    path = tmp_path / "rating.yaml"
    path.write_text("name: scores\ncriteria:\n  - {id: score, type: scale, min: 1, max: 5}\n", encoding="utf-8")
    refused = reviewer("queue", "set", "pairs", f"rubric={path}")
    assert refused.code == 3
    assert "does not say how two outputs are compared" in refused.err
    assert "Add preference: {scale: 5}." in refused.err
