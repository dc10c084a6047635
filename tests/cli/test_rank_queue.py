"""`reviewer rank QUEUE`: raters of known taste, what a sealed queue says, and what cannot be ranked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from reviewer.store import queues
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.exchange.judging import add_repeat, judge, label, turned
from tests.store.comparing import pairs_queue
from tests.store.filling import fill, fresh, record, sit

SYSTEMS = ("zeppelin-9", "quagga-xl", "mimosa-turbo")
RARELY_WRONG = "0.0005"
"""The orders are drawn anew in each run: at this level hardly any run flags a fair rater."""
BEST_FIRST = {name: place for place, name in enumerate(SYSTEMS)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("COLUMNS", "80")
    return commands(tmp_path / "home", capsys)


def fair(seed: int, *, slips: float = 0.25) -> Callable[[Sequence[str]], dict[str, Any]]:
    """A rater who knows the better system and errs at times, wherever it stands."""
    random = Random(seed)

    def taste(shown: Sequence[str]) -> dict[str, Any]:
        better = BEST_FIRST[shown[0]] < BEST_FIRST[shown[1]]
        better ^= random.random() < slips
        return {"preference": -random.choice((1, 2)) if better else random.choice((1, 2))}

    return taste


def always_left(_shown: Sequence[str]) -> dict[str, Any]:
    return {"preference": -1}


def reveal(store: Store, queue: str = "pairs") -> None:
    with store.writing() as connection:
        queues.change(
            connection,
            record(store, queue),
            stream=store.device,
            actor="lead",
            action="queue.revealed",
            revealed_at="2026-11-22T00:00:00Z",
        )


def test_three_raters_of_known_tastes(store: Store, reviewer: Command) -> None:
    queue = pairs_queue(store, items=16, systems=SYSTEMS)
    for rater, taste in (("ana", fair(1, slips=0.1)), ("ben", fair(2, slips=0.1)), ("leo", always_left)):
        assert judge(store, rater, taste) == 48
    with store.reading() as connection:
        ana = connection.execute("SELECT id FROM rater WHERE name = 'ana'").fetchone()[0]
        said = connection.execute(
            'SELECT task, "values", shown_order FROM label WHERE rater = ? ORDER BY id LIMIT 8', (ana,)
        ).fetchall()
    for number, (task, values, shown) in enumerate(said):
        own = add_repeat(store, queue, task)
        # Mirrored, and the last two times taken back: three in four are said alike.
        before = orjson.loads(values)["preference"]
        again = turned(before) if number < 6 else before
        label(store, queue, own["task"], "ana", {"preference": again}, [own[one] for one in orjson.loads(shown)[::-1]])
    reveal(store)
    told = reviewer("rank", "pairs", "--rounds", "200", "--json", "--alpha", RARELY_WRONG)
    assert told.code == 0, told.err
    report = told.json
    assert (report["queue"], report["kind"], report["sealed"]) == ("pairs", "pairwise", False)
    assert (report["labels"], report["repeats"], report["dropped"]) == (144, 8, {})
    found = report["criteria"]["preference"]
    assert (found["votes"], found["items"]) == (144, 16)
    assert [row["system"] for row in found["systems"]] == list(SYSTEMS)
    raters = {one["rater"]: one for one in found["raters"]}
    assert {name: one["side_preference"]["flagged"] for name, one in raters.items()} == {
        "ana": False,
        "ben": False,
        "leo": True,
    }
    assert [one["votes"] for one in raters.values()] == [48, 48, 48]
    assert (raters["ana"]["consistency"]["value"], raters["ana"]["consistency"]["n"]) == (0.75, 8)
    assert raters["ana"]["consistency"]["both_first"] + raters["ana"]["consistency"]["both_second"] == 2
    assert raters["ben"]["consistency"]["why"] == "no item was judged twice"
    assert [one["rater"] for one in report["pace"]] == ["ana", "ben", "leo"]
    assert found["plan"]["systems"]
    for of in ("shown", "labelled"):
        counts = report["balance"][of]
        assert counts["orders"] == 144
        assert sum(one["left"] + one["right"] for one in counts["systems"]) == 288
        assert counts["greatest_difference"] == max(abs(one["left"] - one["right"]) for one in counts["systems"])
        assert [one["rater"] for one in counts["raters"]] == ["ana", "ben", "leo"]


def test_the_table_fits_80_columns_and_has_it_all(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=12, systems=SYSTEMS)
    judge(store, "ana", fair(3))
    judge(store, "leo", always_left)
    told = reviewer("rank", "pairs", "--rounds", "200", "--alpha", RARELY_WRONG)
    assert told.code == 0
    assert max(map(len, told.out.splitlines())) <= 80
    assert "pairs: 72 labels of 2 raters." in told.out
    assert "Sealed: systems get their names after `reviewer queue reveal pairs --reason" in told.out
    assert "1 of 2 raters tested prefer a side" in told.out
    assert "Closest open pair: system " in told.out
    assert "Orders shown: 72; each system stood left and right" in told.out
    assert "median seconds" in told.out
    assert told.out.count("●") == 3


def test_a_sealed_queue_names_no_system_and_says_the_same_as_a_revealed_one(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=12, systems=SYSTEMS)
    judge(store, "ana", fair(4))
    sealed = reviewer("rank", "pairs", "--rounds", "100", "--json", "--slice", "tags", "--position")
    plain = reviewer("rank", "pairs", "--rounds", "100", "--slice", "risk")
    wrong = reviewer("rank", "pairs", "--slice", "nothing")
    assert (sealed.code, plain.code, wrong.code) == (0, 0, 2)
    for said in (sealed, plain, wrong):
        assert not any(name in said.out + said.err for name in SYSTEMS)
    assert sealed.json["sealed"] is True
    assert "reviewer queue reveal pairs" in sealed.json["note"]
    rows = sealed.json["criteria"]["preference"]["systems"]
    assert sorted(row["system"] for row in rows) == ["system A", "system B", "system C"]
    assert reviewer("rank", "pairs", "--rounds", "100", "--json", "--slice", "tags", "--position").out == sealed.out
    reveal(store)
    open_rows = reviewer("rank", "pairs", "--rounds", "100", "--json", "--position").json["criteria"]["preference"]
    nameless = [{name: cell for name, cell in row.items() if name != "system"} for row in rows]
    assert [{name: cell for name, cell in row.items() if name != "system"} for row in open_rows["systems"]] == nameless


def test_rankings_are_read_as_their_pairs(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=20, systems=SYSTEMS, kind="ranking", name="order")
    random = Random(5)

    def ranked(shown: Sequence[str]) -> dict[str, Any]:
        noisy = sorted(range(len(shown)), key=lambda at: BEST_FIRST[shown[at]] + random.gauss(0, 0.9))
        return {"ranking": [[at + 1] for at in noisy]}

    def as_shown(_shown: Sequence[str]) -> dict[str, Any]:
        return {"ranking": [[1], [2, 3]]}

    judge(store, "ana", ranked, queue="order")
    judge(store, "leo", as_shown, queue="order")
    reveal(store, "order")
    report = reviewer("rank", "order", "--rounds", "100", "--json", "--alpha", RARELY_WRONG).json
    found = report["criteria"]["ranking"]
    assert (report["labels"], found["votes"], found["items"]) == (40, 120, 20)
    assert found["systems"][0]["system"] == SYSTEMS[0]
    assert "The votes are the pairs of 40 rankings." in found["notes"]
    raters = {one["rater"]: one["side_preference"] for one in found["raters"]}
    assert (raters["ana"]["flagged"], raters["leo"]["flagged"]) == (False, True)
    assert all(len(one["places"]) == 3 for one in report["balance"]["labelled"]["systems"])
    shown = reviewer("rank", "order", "--rounds", "100")
    assert max(map(len, shown.out.splitlines())) <= 80
    assert "each system stood at each place equally often" in shown.out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"preference": "both_bad"}, "no vote decides or ties"),
        ({"preference": 0}, None),
        ({"preference": 0, "clear": -1}, None),
    ],
)
def test_only_both_bad_and_only_ties_are_defined(
    store: Store, reviewer: Command, answer: dict[str, Any], said: str | None
) -> None:
    rubric = {
        "name": "p",
        "preference": {"scale": 5},
        "criteria": [{"id": "clear", "type": "scale", "min": 1, "max": 5, "required": False}],
    }
    pairs_queue(store, items=4, systems=SYSTEMS, rubric=rubric)
    judge(store, "ana", lambda _shown: answer)
    for extra in ((), ("--position",), ("--model", "davidson"), ("--prior", "0.1")):
        told = reviewer("rank", "pairs", "--rounds", "100", "--json", *extra)
        assert told.code == 0, told.err
        assert list(told.json["criteria"]) == list(answer)
        assert reviewer("rank", "pairs", "--rounds", "100", *extra).code == 0
    if said:
        assert said in reviewer("rank", "pairs", "--rounds", "100").out


def test_a_system_that_always_wins(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=5, systems=SYSTEMS)
    judge(store, "ana", fair(6, slips=0))
    reveal(store)
    told = reviewer("rank", "pairs", "--rounds", "100")
    assert told.code == 0
    assert "zeppelin-9 never lost or tied against" in " ".join(told.out.split())
    with_prior = reviewer("rank", "pairs", "--rounds", "100", "--prior", "0.1", "--json").json
    assert with_prior["criteria"]["preference"]["systems"][0]["system"] == SYSTEMS[0]


def test_what_cannot_be_ranked_is_said(store: Store, reviewer: Command) -> None:
    fill(store, queue="scores")
    pairs_queue(store, items=2, systems=SYSTEMS)
    pairs_queue(store, items=2, systems=("solo", "solo"), name="same")
    cases: list[tuple[tuple[str, ...], int, str]] = [
        (("scores",), 2, "holds ratings"),
        (("pairs",), 3, "holds no vote to rank by yet. `reviewer rate pairs`"),
        (("nowhere",), 3, "there is no queue 'nowhere'"),
        (("pairs", "--file", "votes.csv"), 2, "one of them alone"),
        ((), 2, "by a queue or by a table of votes"),
        (("pairs", "--map", "left=a"), 2, "--map"),
    ]
    for arguments, code, said in cases:
        told = reviewer("rank", *arguments)
        assert (told.code, told.out) == (code, "")
        assert said in told.err


def test_one_system_alone_is_said(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=2, systems=("solo", "solo"))
    judge(store, "ana", always_left)
    told = reviewer("rank", "pairs")
    assert told.code == 3
    assert "a system is compared with itself in 2" in told.err


def test_skips_are_counted_and_never_silent(store: Store, reviewer: Command) -> None:
    pairs_queue(store, items=4, systems=SYSTEMS)
    judge(store, "ana", fair(7), most=10)
    sitting = sit(store, "ana", "pairs")
    assert sitting.skip("both are the same").moved
    sitting.drain(10)
    assert sitting.abstain("not my field").moved
    sitting.drain(10)
    assert sitting.close()
    told = reviewer("rank", "pairs", "--rounds", "0", "--json")
    assert told.json["dropped"] == {"skipped": 1, "abstained": 1}
    assert "1 label left out: skipped." in told.err
    assert told.json["balance"]["shown"]["orders"] == told.json["balance"]["labelled"]["orders"] + 2


def test_systems_that_no_vote_joins(store: Store, reviewer: Command) -> None:
    queue = pairs_queue(store, items=3, systems=("ab", "cd", "ef", "gh"))
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT t.id, group_concat(s.name), group_concat(o.public_id) FROM task t"
            " JOIN task_output o ON o.task = t.id JOIN output u ON o.output = u.id"
            " JOIN system s ON u.system = s.id GROUP BY t.id"
        ).fetchall()
    for number, (task, names, ids) in enumerate(rows):
        if {*names.split(",")} in ({"ab", "cd"}, {"ef", "gh"}):
            label(store, queue, task, "ana", {"preference": (-1, 1)[number % 2]}, ids.split(","))
    found = reviewer("rank", "pairs", "--rounds", "100", "--json").json["criteria"]["preference"]
    assert found["connected"] is False
    assert [len(group) for group in found["groups"]] == [2, 2]
    assert len(found["components"]) == 2
    told = reviewer("rank", "pairs", "--rounds", "100")
    assert "No strengths: no vote joins these 2 groups of systems" in told.out
