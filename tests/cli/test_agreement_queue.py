"""`reviewer agreement QUEUE`: through real sittings and imports, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reviewer.measure.agreement.report import MEASURES
from reviewer.store import queues
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.exchange.judging import judge, label
from tests.store.comparing import pairs_queue
from tests.store.filling import SCORE, fill, fresh, rate, sit

FULL: dict[str, Any] = {**SCORE, "composite": "weighted_mean"}
SYSTEMS = ("zeppelin-9", "quagga-xl")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "80")
    return commands(tmp_path / "home", capsys)


def rated(store: Store, *, items: int = 30, raters: tuple[str, ...] = ("ana", "ben", "chi")) -> None:
    """A queue that raters of one mind, who slip at times, went through; nobody gave a 2."""
    fill(store, items=items, rubric=FULL)
    random = Random(4)
    with store.reading() as connection:
        tasks = [row[0] for row in connection.execute("SELECT id FROM task ORDER BY position")]
        found = queues.find(connection, "kyc")
    assert found is not None
    for task in tasks:
        truth = random.choice((1, 3, 4, 5))
        for rater in raters:
            score = truth if random.random() < 0.7 else random.choice((1, 3, 4, 5))
            label(store, found, task, rater, {"score": score, "safe": None if truth == 1 else score > 3}, [])


def test_raters_who_sat_down_agree_as_their_scores_do(store: Store, reviewer: Command) -> None:
    fill(store, items=4, shuffle=False)
    for rater, scores in (("ana", (5, 4, 3, 1)), ("ben", (5, 4, 2, 1))):
        sitting = sit(store, rater)
        rate(sitting, *scores)
        assert sitting.close()
    told = reviewer("agreement", "kyc", "--rounds", "0", "--json")
    assert told.code == 0, told.err
    report = told.json
    assert (report["queue"], report["phase"], report["labels"], report["dropped"]) == ("kyc", "independent", 8, {})
    assert (report["kinds"], report["included"], report["sealed"]) == (["human"], [], True)
    score = report["criteria"]["score"]
    assert (score["level"], score["scale"], score["items"], score["missing"]) == ("ordinal", [1, 2, 3, 4, 5], 4, 0)
    assert set(score["measures"]) == set(MEASURES)
    assert score["measures"]["percent_agreement"]["value"] == 0.75
    assert score["explain"]["items"][0]["item"] == "item-0002"
    assert score["explain"]["items"][0]["ratings"] == {"ana": "3", "ben": "2"}
    assert "note" not in report


def test_the_table_says_what_was_left_out(store: Store, reviewer: Command) -> None:
    rated(store)
    with store.writing() as connection:
        ana = "SELECT label.id FROM label JOIN rater ON label.rater = rater.id WHERE rater.name = 'ana' LIMIT 3"
        connection.execute(f"UPDATE label SET surplus = 1 WHERE id IN ({ana})")
        connection.execute("UPDATE label SET outcome = 'skipped' WHERE id IN (SELECT max(id) FROM label)")
    told = reviewer("agreement", "kyc", "--rounds", "200", "--width", "0.1")
    assert told.code == 0
    assert told.err == ""
    shown = " ".join(told.out.split())
    opening, _, rest = shown.partition("]. ")
    assert opening.startswith("kyc: 86 labels on 30 items by 3 raters. Krippendorff's alpha: score 0.")
    assert [one.split()[0] for one in opening.partition("alpha: ")[2].split("; ")] == ["score", "safe", "composite"]
    assert opening.count("[") == 3
    assert rest.startswith("Labels left out: surplus 3; skipped 1.")
    assert "score: 86 ratings of 30 items by 3 raters, 4 missing" in shown
    assert "Ordinal level, scale as the rubric has it: 1 to 5." in shown
    assert "Never given: 2." in shown
    assert "Nominal level, scale as the rubric has it: 2 values." in shown
    assert "Left out: not applicable " in shown
    assert "composite: " in shown
    assert "would make it 0.1 wide" in shown
    assert max(map(len, told.out.splitlines())) <= 80


def test_csv_has_the_figures_and_says_the_rest_beside_them(store: Store, reviewer: Command) -> None:
    rated(store, items=6)
    with store.writing() as connection:
        connection.execute("UPDATE label SET exposure = 'judge' WHERE id IN (SELECT id FROM label LIMIT 2)")
    told = reviewer("agreement", "kyc", "--rounds", "0", "--csv")
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert {row["criterion"] for row in rows} == {"score", "safe", "composite"}
    assert "2 labels left out: seen others' judgment before." in told.err
    assert "dropped: not applicable (safe)" in told.err
    counted = reviewer("agreement", "kyc", "--rounds", "0", "--include", "exposed", "--json").json
    assert (counted["labels"], counted["dropped"], counted["included"]) == (18, {}, ["exposed"])


def test_judges_count_where_they_are_asked_for(store: Store, reviewer: Command) -> None:
    rated(store, items=6, raters=("ana", "ben", "gpt"))
    with store.writing() as connection:
        connection.execute("UPDATE rater SET kind = 'judge' WHERE name = 'gpt'")

    def raters_of(*options: str) -> list[str]:
        report = reviewer("agreement", "kyc", "--rounds", "0", "--json", *options).json
        return sorted({name for pair in report["criteria"]["score"]["pairs"] for name in pair["raters"]})

    assert raters_of() == ["ana", "ben"]
    assert raters_of("--raters", "all") == ["ana", "ben", "gpt (judge)"]
    assert raters_of("--rater", "ana", "--rater", "gpt") == ["ana", "gpt (judge)"]
    alone = reviewer("agreement", "kyc", "--raters", "judge")
    assert (alone.code, "gpt (judge) alone has rated 'kyc'" in alone.err) == (3, True)
    assert "`--raters all` counts those of humans, too." in alone.err


def test_one_criterion_may_have_a_level_of_its_own(store: Store, reviewer: Command) -> None:
    rated(store, items=6)
    told = reviewer("agreement", "kyc", "--rounds", "0", "--criterion", "score", "--level", "interval", "--json").json
    assert (list(told["criteria"]), told["criteria"]["score"]["level"]) == (["score"], "interval")
    assert told["criteria"]["score"]["scale"] == [1, 2, 3, 4, 5]
    several = reviewer("agreement", "kyc", "--level", "interval")
    assert (several.code, "Choose one by --criterion" in several.err) == (2, True)


def test_re_votes_are_told_as_consensus(store: Store, reviewer: Command) -> None:
    rated(store, items=3)
    with store.reading() as connection:
        task = connection.execute("SELECT id FROM task").fetchone()[0]
        found = queues.find(connection, "kyc")
    assert found is not None
    nobody = reviewer("agreement", "kyc", "--phase", "revote")
    assert (nobody.code, "nobody has voted again in 'kyc'" in nobody.err) == (3, True)
    label(store, found, task, "ana", {"score": 3}, [], phase="revote", exposure="peers")
    shown = " ".join(reviewer("agreement", "kyc", "--phase", "revote", "--rounds", "0").out.split())
    assert "kyc: 9 labels, 1 re-vote among them, on 3 items by 3 raters." in shown
    assert "Consensus after discussion: " in shown
    report = reviewer("agreement", "kyc", "--phase", "revote", "--rounds", "0", "--json").json
    assert (report["phase"], report["revotes"]) == ("revote", 1)


def test_a_sealed_comparison_names_no_system(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=10, systems=SYSTEMS)
    for rater, slips in (("ana", 3), ("ben", 4)):
        turn = iter(range(100))

        def taste(shown: Any, slips: int = slips, turn: Any = turn) -> dict[str, Any]:
            best = shown[0] == SYSTEMS[0]
            return {"preference": -2 if best != (next(turn) % slips == 0) else 2}

        assert judge(store, rater, taste) == 10
    sealed = reviewer("agreement", "pairs", "--rounds", "0")
    assert sealed.code == 0, sealed.err
    assert not any(system in sealed.out for system in SYSTEMS)
    assert "not told while sealed" in sealed.out
    report = reviewer("agreement", "pairs", "--rounds", "0", "--json").json
    assert reviewer("queue", "reveal", "pairs", "--reason", "done").code == 0
    revealed = reviewer("agreement", "pairs", "--rounds", "0", "--json").json
    before, after = (one["criteria"]["preference"]["measures"] for one in (report, revealed))
    for name, figure in before.items():
        assert after[name]["value"] == (None if figure["value"] is None else pytest.approx(figure["value"], abs=1e-9))
    assert revealed["criteria"]["preference"]["explain"]["items"][0]["item"].endswith("zeppelin-9 / quagga-xl")
    assert revealed["criteria"]["preference"]["explain"]["items"][0]["ratings"]


def test_what_cannot_be_measured_says_why_and_what_to_do(store: Store, reviewer: Command) -> None:
    fill(store, items=2)
    unknown = reviewer("agreement", "cash")
    assert (unknown.code, "there is no queue 'cash'" in unknown.err, "There are kyc." in unknown.err) == (3, True, True)
    empty = reviewer("agreement", "kyc")
    assert (empty.code, "holds no rating that counts" in empty.err) == (3, True)
    sitting = sit(store, "ana")
    rate(sitting, 3)
    assert sitting.close()
    alone = reviewer("agreement", "kyc")
    assert (alone.code, "ana alone has rated 'kyc', and agreement takes two" in alone.err) == (3, True)
    stranger = reviewer("agreement", "kyc", "--rater", "eve")
    assert (stranger.code, "There are: ana." in stranger.err) == (2, True)
    rubric = {"name": "words", "criteria": [{"id": "why", "type": "text"}, {"id": "safe", "type": "boolean"}]}
    queue = fill(store, queue="words", items=1, rubric=rubric)
    with store.reading() as connection:
        task = connection.execute("SELECT id FROM task WHERE queue = ?", (queue.id,)).fetchone()[0]
    for rater in ("ana", "ben"):
        label(store, queue, task, rater, {"why": "so", "safe": True}, [])
    text = reviewer("agreement", "words", "--criterion", "why")
    assert (text.code, "texts have no agreement" in text.err) == (2, True)
    assert "why is not measured: texts have no agreement 2." in reviewer("agreement", "words", "--rounds", "0").out


def test_a_round_that_is_blind_yet_shows_nothing(store: Store, reviewer: Command) -> None:
    rated(store, items=2)
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration'")
    told = reviewer("agreement", "kyc", "--raters", "all", "--include", "exposed", "--include", "surplus")
    assert (told.code, told.out) == (3, "")
    assert "nobody sees another's labels yet" in told.err
