"""`reviewer adjudicate`: what is disputed, who may decide it, and a consensus without a person."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.cli.adjudicate import METHODS
from reviewer.measure import consensus
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.session.test_deciding import SCORES, decide, give, golden
from tests.store.comparing import faults, pairs_queue, systems_of
from tests.store.filling import fill, fresh, rate, record, sit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def reviewer(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "120")
    return commands(home, capsys)


@pytest.fixture
def store(home: Path) -> Store:
    made = fresh(home)
    fill(made, items=3, shuffle=False)
    for name, scores in SCORES.items():
        sitting = sit(made, name)
        rate(sitting, *scores)
        assert sitting.close()
    return made


def test_the_list_tells_what_is_disputed_the_most_disputed_first(store: Store, reviewer: Command) -> None:
    ran = reviewer("adjudicate", "kyc", "--rater", "lead", "--list")
    assert ran.code == 0
    assert ran.out.startswith("2 tasks of 'kyc' disputed: 2 for lead to decide, 0 decided.")
    assert ran.out.index("#3 What does note 2 say?") < ran.out.index("#1 What does note 0 say?")
    assert "Score: 1–5  (on)" in ran.out
    for name in (*SCORES, "item-000"):
        assert name not in ran.out, "neither raters nor items are named while the queue is sealed"
    told = reviewer("adjudicate", "kyc", "--rater", "lead", "--json").json
    assert {name: told[name] for name in ("disputed", "open", "decided", "sent_back", "waiting", "mine")} == {
        "disputed": 2,
        "open": 2,
        "decided": 0,
        "sent_back": 0,
        "waiting": 0,
        "mine": 0,
    }
    first = told["tasks"][0]
    assert (first["item"], first["position"], first["state"], first["dispute"]) == (None, 2, "open", 1.0)
    assert first["disputes"] == [{"rule": "on", "criterion": "score", "told": "Score: 1–5"}]
    assert set(first["criteria"]["score"]["values"]) == {"rater A", "rater B", "rater C"}
    with closing(sqlite3.connect(store.path)) as connection:
        shown = "SELECT name, count(*) FROM exposure JOIN rater ON rater.id = exposure.rater GROUP BY name"
        assert connection.execute(shown).fetchall() == [("lead", 2)]


@pytest.mark.usefixtures("store")
def test_a_revealed_queue_names_its_items_and_a_rule_says_what_is_disputed(reviewer: Command) -> None:
    assert reviewer("queue", "reveal", "kyc", "--reason", "done").code == 0
    ran = reviewer("adjudicate", "kyc", "--rater", "lead", "--list", "--rule", "straddles:score@4")
    assert "Rules: straddles:score@4." in ran.out
    assert "item-0000" in ran.out
    assert "item-0001" not in ran.out


def test_where_the_adjudicator_decides_first_the_list_keeps_silent(store: Store, reviewer: Command) -> None:
    assert reviewer("queue", "set", "kyc", "adjudicate=range>=2,decide_first").code == 0
    assert record(store).settings["adjudicate"] == ["range>=2", "decide_first"]
    ran = reviewer("adjudicate", "kyc", "--rater", "lead", "--list")
    assert "1–5" not in ran.out
    told = reviewer("adjudicate", "kyc", "--rater", "lead", "--json").json
    assert all(task["hidden"] and "criteria" not in task and "labels" not in task for task in told["tasks"])


@pytest.mark.usefixtures("store")
def test_nothing_disputed_is_said_and_is_no_failure(reviewer: Command) -> None:
    for more in ((), ("--list",), ("--plain",)):
        ran = reviewer("adjudicate", "kyc", "--rule", "disagree:safe", *more)
        assert (ran.code, ran.out) == (
            0,
            "Nothing is disputed in 'kyc': no task with two labels or more differs by its rules.\n",
        )


@pytest.mark.usefixtures("store")
def test_who_rated_all_of_it_is_told_that_another_must_decide(reviewer: Command) -> None:
    ran = reviewer("adjudicate", "kyc", "--rater", "ana")
    assert ran.code == 0
    assert "is one that ana rated: another must decide." in ran.out
    assert "2 not for ana, who rated them" in reviewer("adjudicate", "kyc", "--rater", "ana", "--list").out


def test_what_was_decided_and_sent_back_is_counted(store: Store, reviewer: Command) -> None:
    sitting = decide(store)
    assert sitting.send_back("Look at the date.").moved
    sitting.drain(10)
    give(sitting, 3)
    assert sitting.close()
    ran = reviewer("adjudicate", "kyc", "--rater", "lead", "--list")
    assert "0 for lead to decide, 1 decided, 1 sent back, of which 1 waits for raters." in ran.out
    assert "asked: Look at the date." in ran.out
    assert "decided by lead" in ran.out
    shown = reviewer("queue", "show", "kyc")
    assert (shown.code, reviewer("doctor", "--json").json["findings"][3]["status"]) == (0, "ok")


def test_line_by_line(store: Store, reviewer: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        ":agreed",
        "5",
        "",
        ":submit",
        ":overall carried by the note",
        ":submit",
        ":sendback",
        ":sendback Look again.",
        ":quit",
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    ran = reviewer("adjudicate", "kyc", "--rater", "lead", "--plain")
    assert ran.code == 0
    assert "The raters, unnamed. Score: 1–5." in ran.out
    assert "rater A: Score:" in ran.out
    assert ":agreed takes over what all of them agree on" in ran.out
    assert "agree on nothing that is not answered yet" in ran.out
    assert "A decision needs a reason" in ran.out
    assert "the raters need a reason: :sendback REASON." in ran.out
    assert golden(store) == [("5", None, False)]
    assert reviewer("adjudicate", "kyc", "--rater", "lead", "--json").json["waiting"] == 1
    assert faults(store) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing",), 3, "there is no queue 'nothing'"),
        (("kyc", "--rule", "often"), 2, "there is no rule 'often'"),
        (("kyc", "--rule", "disagree:tone"), 3, "It has score, safe."),
        (("kyc", "--approve", "ana"), 2, "--consensus"),
        (("kyc", "--dry-run"), 2, "--consensus"),
        (("kyc", "--consensus", "majority", "--list"), 2, "--list"),
        (("kyc", "--consensus", "majority", "--approve", " "), 2, "name of a person"),
        (("kyc", "--consensus", "majority", "--approve", "nobody"), 2, "nobody here is called 'nobody'"),
        (("kyc", "--consensus", "guess"), 2, "guess"),
        (("nothing", "--consensus", "mean"), 3, "there is no queue 'nothing'"),
        (("kyc", "--rater", "lead"), 2, "needs a terminal"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_makes_no_sense_is_refused_with_the_mend(
    reviewer: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = reviewer("adjudicate", *arguments)
    assert (ran.code, said in ran.err) == (code, True), ran.err


@pytest.mark.usefixtures("store")
def test_a_setting_about_a_criterion_that_is_not_there_is_refused(reviewer: Command) -> None:
    ran = reviewer("queue", "set", "kyc", "adjudicate=disagree:tone")
    assert (ran.code, "It has score, safe." in ran.err) == (3, True)
    ran = reviewer("queue", "set", "kyc", "adjudicate=often")
    assert (ran.code, "there is no rule 'often'" in ran.err) == (2, True)


# -- consensus -----------------------------------------------------------------------------------------


def said_by(store: Store, phase: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute(
            'SELECT l."values" FROM label_head h JOIN label l ON l.id = h.label JOIN task t ON t.id = l.task '
            "WHERE l.phase = ? ORDER BY t.position",
            (phase,),
        ).fetchall()
    return [orjson.loads(values) for (values,) in rows]


def test_the_methods_are_those_that_are_measured() -> None:
    assert METHODS == consensus.METHODS


def test_a_majority_is_a_label_of_no_person_and_ties_are_named(store: Store, reviewer: Command) -> None:
    told = reviewer("adjudicate", "kyc", "--consensus", "majority", "--dry-run", "--json").json
    assert (told["labels"], told["golden"], len(told["tied"])) == (2, 0, 1)
    assert said_by(store, "consensus") == []
    ran = reviewer("adjudicate", "kyc", "--consensus", "majority")
    assert ran.code == 0
    assert "2 labels given by 'consensus (majority)' on 3 tasks of 'kyc'." in ran.out
    assert "Tied: #1 Score: 2 and 3 and 4." in ran.out
    assert "Nothing is golden by it" in ran.out
    assert "1 answer tied, and left" in ran.err
    assert said_by(store, "consensus") == [{"score": 4}, {"score": 5}]
    assert golden(store) == []
    assert (
        "0 labels given by 'consensus (majority)' on 3 tasks of 'kyc', 2 known already."
        in reviewer("adjudicate", "kyc", "--consensus", "majority").out
    )
    assert faults(store) == []


def test_a_named_person_makes_it_golden_once_and_over_no_decision(store: Store, reviewer: Command) -> None:
    sitting = decide(store)
    give(sitting, 2)
    assert sitting.close()
    assert reviewer("adjudicate", "kyc", "--consensus", "majority").code == 0
    for golden_now in (1, 0):
        told = reviewer(
            "adjudicate", "kyc", "--consensus", "majority", "--approve", "emma", "--rater", "emma", "--json"
        ).json
        assert (told["golden"], told["approved_by"], told["decided_by_a_person"]) == (golden_now, "emma", 1)
    assert golden(store) == [("2", None, False), ("4", None, False)]
    with store.reading() as connection:
        action, actor, data = connection.execute(
            "SELECT action, r.name, data FROM event JOIN rater r ON r.id = actor WHERE action LIKE 'golden.app%'"
        ).fetchone()
    assert (action, actor, orjson.loads(data)["consensus"]) == ("golden.approved", "emma", "majority")
    assert faults(store) == []
    with store.writing() as connection:
        connection.execute("DELETE FROM golden WHERE value = '4'")
    assert any("golden" in fault for fault in faults(store))


def test_a_mean_between_two_points_is_no_answer_that_could_be_golden(store: Store, reviewer: Command) -> None:
    told = reviewer("adjudicate", "kyc", "--consensus", "mean", "--approve", "emma", "--rater", "emma", "--json").json
    assert (told["golden"], told["between_points"], told["tied"]) == (2, 1, [])
    assert said_by(store, "consensus") == [{"score": 3}, {"score": 4}, {"score": 3.666666666667}]
    assert golden(store) == [("3", None, False), ("4", None, False)]


def test_a_median_is_a_point_of_the_scale(store: Store, reviewer: Command) -> None:
    assert reviewer("adjudicate", "kyc", "--consensus", "median").code == 0
    assert said_by(store, "consensus") == [{"score": 3}, {"score": 4}, {"score": 5}]


def test_dawid_skene_says_what_it_assumes(store: Store, reviewer: Command) -> None:
    ran = reviewer("adjudicate", "kyc", "--consensus", "dawid_skene")
    assert ran.code == 0
    assert "Dawid-Skene by EM" in ran.out
    assert faults(store) == []


def test_what_becomes_a_tie_stands_no_more(store: Store, reviewer: Command) -> None:
    assert reviewer("adjudicate", "kyc", "--consensus", "majority").code == 0
    sitting = sit(store, "chi")
    sitting.go_to(1)
    sitting.work.values["score"] = 2
    assert sitting.submit().moved
    sitting.drain(10)
    sitting.go_to(2)
    sitting.work.values["score"] = 2
    assert sitting.submit().moved
    assert sitting.close()
    assert reviewer("adjudicate", "kyc", "--consensus", "majority").code == 0
    assert said_by(store, "consensus") == [{"score": 4}, {}]
    assert faults(store) == []


def test_preferences_agree_however_they_were_shown(home: Path, reviewer: Command) -> None:
    store = fresh(home)
    queue = pairs_queue(store, items=4, systems=("alpha", "beta"))
    names = systems_of(store, queue)
    for rater, favourite in (("ana", "alpha"), ("ben", "alpha"), ("chi", "beta")):
        sitting = sit(store, rater, "pairs")
        while sitting.view is not None:
            left = names[sitting.view.outputs[0].public_id]
            sitting.work.values["preference"] = -1 if left == favourite else 1
            assert sitting.submit().moved
            sitting.drain(10)
        assert sitting.close()
    assert reviewer("adjudicate", "pairs", "--consensus", "majority", "--approve", "emma", "--rater", "emma").code == 0
    with closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute("SELECT \"values\", shown_order FROM label WHERE phase = 'consensus'").fetchall()
    for values, shown in rows:
        left = names[orjson.loads(shown)[0]]
        assert orjson.loads(values) == {"preference": -1 if left == "alpha" else 1}
    assert len(rows) == len(golden(store)) == 4
    listed = reviewer("adjudicate", "pairs", "--rater", "lead", "--list")
    assert "outputs, left first:" in listed.out
    assert not {"alpha", "beta"} & set(listed.out.replace(",", " ").split())
    assert faults(store) == []


def test_a_queue_that_nobody_has_rated_twice_has_no_consensus(home: Path, reviewer: Command) -> None:
    store = fresh(home)
    fill(store, items=2)
    sitting = sit(store)
    rate(sitting, 3)
    assert sitting.close()
    ran = reviewer("adjudicate", "kyc", "--consensus", "majority")
    assert (ran.code, "rated by one person alone 1" in ran.err) == (3, True)


def test_a_blind_round_is_refused_on_every_path(store: Store, reviewer: Command) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = ?", (queues.CALIBRATION,))
    for more in ((), ("--list",), ("--json",), ("--consensus", "majority"), ("--plain",)):
        ran = reviewer("adjudicate", "kyc", "--rater", "lead", *more)
        assert (ran.code, "nobody sees another's labels yet" in ran.err) == (3, True)


def test_golden_values_on_scales_of_the_past_are_told_of(store: Store, reviewer: Command, tmp_path: Path) -> None:
    sitting = decide(store)
    give(sitting, 4)
    assert sitting.close()
    assert "golden value" not in reviewer("queue", "show", "kyc").out
    rubric = tmp_path / "wider.yaml"
    rubric.write_text("name: wider\ncriteria:\n  - {id: score, type: scale, min: 1, max: 7}\n", encoding="utf-8")
    assert reviewer("queue", "set", "kyc", f"rubric={rubric}").code == 0
    assert "stands on scales that the rubric in force no longer has" in reviewer("queue", "show", "kyc").out
    assert reviewer("queue", "show", "kyc", "--json").json["outdated_gold"] == 1
