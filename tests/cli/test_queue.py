from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli.queue_settings import SETTINGS, help_lines, parse
from reviewer.errors import WrongUsage
from reviewer.store import events, queues
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.store.filling import SCORE, fill, fresh, rate, record, sit

RUBRIC = """
name: score
criteria:
  - {id: score, type: scale, min: 1, max: 7}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def reviewer(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(home, capsys)


@pytest.fixture
def store(home: Path) -> Store:
    store = fresh(home)
    fill(store)
    return store


@pytest.fixture
def rubric(tmp_path: Path) -> str:
    path = tmp_path / "new.yaml"
    path.write_text(RUBRIC, encoding="utf-8")
    return str(path)


def rated(store: Store, *scores: int, rater: str = "ana") -> None:
    sitting = sit(store, rater)
    rate(sitting, *scores)
    assert sitting.close()


def last_event(store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        (event,) = events.events(connection, last=1)
        return event | {"data": events.event_data(event), "actor": queues.rater_name(connection, event["actor"])}


def test_without_a_store_it_says_how_to_begin(reviewer: Command, home: Path) -> None:
    for arguments in (["list"], ["show", "kyc"], ["set", "kyc", "goal=1"], ["close", "kyc"]):
        ran = reviewer("queue", *arguments)
        assert ran.code == 3
        assert "no store here yet" in ran.err
        assert "reviewer demo" in ran.err
    assert not home.exists()


def test_an_empty_list_says_how_to_begin(reviewer: Command, home: Path) -> None:
    fresh(home)
    assert "reviewer import" in reviewer("queue", "list").out
    assert reviewer("queue", "list", "--json").json == {"queues": []}


def test_list(reviewer: Command, store: Store) -> None:
    fill(store, queue="support", items=2, blind=False)
    rated(store, 1, 2)
    lines = reviewer("queue", "list").out.splitlines()
    assert [line.split()[0] for line in lines] == ["kyc", "support"]
    assert "open, blind" in lines[0]
    assert "open, not blind" in lines[1]
    first, second = reviewer("queue", "list", "--json").json["queues"]
    assert (first["tasks"], first["labels"], first["raters"], first["blind"]) == (5, 2, 1, True)
    assert (second["name"], second["tasks"], second["state"], second["blind"]) == ("support", 2, "open", False)


def test_show(reviewer: Command, store: Store) -> None:
    rated(store, 1, 2)
    rated(store, 5, rater="bob")
    ran = reviewer("queue", "show", "kyc")
    assert ran.code == 0
    for said in ("kyc: rating, open, blind", "5 tasks", "every rater rates everything", "rubric   score", "in force"):
        assert said in ran.out
    assert "rater    ana: 2 submitted" in ran.out
    shown = reviewer("queue", "show", "kyc", "--json").json
    assert [(row["rater"], row["submitted"]) for row in shown["progress"]] == [("ana", 2), ("bob", 1)]
    assert [(row["name"], row["in_force"]) for row in shown["rubrics"]] == [("score", True)]


def test_nothing_that_a_blind_rater_must_not_know_is_shown(reviewer: Command, store: Store) -> None:
    seed = record(store).seed
    for arguments in (["list"], ["show", "kyc"]):
        for as_json in ([], ["--json"]):
            out = reviewer("queue", *arguments, *as_json).out
            assert seed not in out
            assert "model-0" not in out


def test_a_queue_that_is_not_there_is_named_with_the_nearest(reviewer: Command, store: Store) -> None:
    assert "kyc" in record(store).name
    ran = reviewer("queue", "show", "kcy")
    assert ran.code == 3
    assert "there is no queue 'kcy'" in ran.err
    assert "Did you mean “kyc”?" in ran.err
    assert "queue list" in reviewer("queue", "show", "entirely-else").err


def test_create(reviewer: Command, home: Path, rubric: str) -> None:
    ran = reviewer("queue", "create", "new", "--rubric", rubric)
    assert ran.code == 0
    assert "reviewer import FILE -q new" in ran.out
    shown = reviewer("queue", "show", "new", "--json").json
    assert (shown["kind"], shown["tasks"], shown["blind"], shown["overlap"]) == ("rating", 0, True, 0)
    assert [row["name"] for row in shown["rubrics"]] == ["score"]
    again = reviewer("queue", "create", "new", "--rubric", rubric)
    assert again.code == 3
    assert "there is a queue 'new' already" in again.err
    assert (home / "reviewer.db").stat().st_mode & 0o777 == 0o600
    assert reviewer("queue", "create", "other", "--rubric", rubric, "--json").json["name"] == "other"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["new"], 2, "--rubric"),
        (["new", "--rubric", "RUBRIC", "--kind", "pairwise"], 3, "preference: {scale: 5}"),
        (["new", "--rubric", "RUBRIC", "--kind", "else"], 2, "else"),
        (["", "--rubric", "RUBRIC"], 2, "cannot name a queue"),
        ([" a", "--rubric", "RUBRIC"], 2, "cannot name a queue"),
        (["a\x1b[2J", "--rubric", "RUBRIC"], 2, "cannot name a queue"),
        (["new", "--rubric", "/nowhere.yaml"], 3, "cannot be read"),
    ],
)
def test_what_cannot_be_created(
    reviewer: Command, home: Path, rubric: str, arguments: list[str], code: int, said: str
) -> None:
    ran = reviewer("queue", "create", *[rubric if each == "RUBRIC" else each for each in arguments])
    assert ran.code == code
    assert said in ran.err
    assert "\x1b" not in ran.err
    assert not home.exists()


def test_a_broken_rubric_makes_no_queue(reviewer: Command, home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: x\ncriteria:\n  - {id: score, typ: scale}\n", encoding="utf-8")
    ran = reviewer("queue", "create", "new", "--rubric", str(broken))
    assert ran.code == 3
    assert f"{broken}:3" in ran.err
    assert not home.exists()


@pytest.mark.parametrize(
    ("pair", "key", "value"),
    [
        ("pick=false", "pick", False),
        ("pick=No", "pick", False),
        ("shuffle=off", "shuffle", False),
        ("submit=when_complete", "submit", "when_complete"),
        ("reference=true", "reference", True),
        ("show=risk, tags,risk", "show", ["risk", "tags"]),
        ("show=", "show", []),
        ("idle_after=30", "idle_after", 30),
        ("goal=40", "goal", 40),
        ("goal=0", "goal", 0),
        ("order=open", "order", "open"),
        ("repeats=0.1", "repeats", 0.1),
        ("gold=0.05", "gold", 0.05),
        ("certificate=true", "certificate", True),
        ("adjudicate=true", "adjudicate", True),
    ],
)
def test_set(reviewer: Command, store: Store, pair: str, key: str, value: Any) -> None:
    ran = reviewer("queue", "set", "kyc", pair)
    assert ran.code == 0
    assert f"{key} changed" in ran.out
    assert record(store).settings == {key: value}
    event = last_event(store)
    assert (event["action"], event["data"]) == ("queue.changed", {"changed": [key]})


def test_what_stands_in_columns_is_set_too(reviewer: Command, store: Store) -> None:
    assert reviewer("queue", "set", "kyc", "overlap=2", "blind=false", "goal=9", "--json").json == {
        "queue": "kyc",
        "changed": ["overlap", "blind", "goal"],
    }
    queue = record(store)
    assert (queue.overlap, queue.blind, queue.settings) == (2, False, {"goal": 9})


def test_nothing_is_written_where_nothing_changes(reviewer: Command, store: Store) -> None:
    reviewer("queue", "set", "kyc", "goal=9", "overlap=2")
    before = last_event(store)
    ran = reviewer("queue", "set", "kyc", "goal=9", "overlap=2")
    assert (ran.code, "nothing was to change" in ran.out) == (0, True)
    assert last_event(store) == before


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["goal"], "Write KEY=VALUE"),
        (["shufle=4"], "Did you mean “shuffle”?"),
        (["zzzzzz=4"], "Known are overlap, blind"),
        (["goal=4", "goal=5"], "given twice"),
        (["goal=-1"], "Write goal=N"),
        (["goal=four"], "Write goal=N"),
        (["goal=٣"], "Write goal=N"),
        (["overlap=2.5"], "Write overlap=N"),
        (["idle_after=0"], "Write idle_after=SECONDS"),
        (["pick=maybe"], "Write pick=true|false"),
        (["submit=tab"], "Write submit=enter|when_complete"),
        (["order=random"], "Write order=planned|open"),
        (["gold=2"], "Write gold=0-0.5"),
        (["gold=nan"], "Write gold=0-0.5"),
    ],
)
def test_what_cannot_be_set(reviewer: Command, store: Store, pairs: list[str], said: str) -> None:
    before = last_event(store)
    ran = reviewer("queue", "set", "kyc", "reference=true", *pairs)
    assert ran.code == 2
    assert said in ran.err
    assert (last_event(store), record(store).settings) == (before, {})


def test_every_setting_is_in_the_help(reviewer: Command) -> None:
    out = reviewer("queue", "set", "--help").out
    for name, setting in SETTINGS.items():
        assert f"{name}={setting.form}" in out
    assert "rubric=FILE.yaml" in out
    assert help_lines().count("\b") == 1


def test_settings_are_read_whole_or_not_at_all() -> None:
    assert parse(("rubric=a=b.yaml", " goal = 3")) == {"rubric": "a=b.yaml", "goal": 3}
    with pytest.raises(WrongUsage):
        parse(("goal=3", "pick"))


def test_the_order_stands_once_somebody_began(reviewer: Command, store: Store) -> None:
    sitting = sit(store)
    assert sitting.close()
    ran = reviewer("queue", "set", "kyc", "shuffle=false")
    assert ran.code == 3
    assert "ana began" in ran.err
    assert reviewer("queue", "set", "kyc", "shuffle=true").code == 0  # it is so already


def test_blindness_stands_once_there_are_labels(reviewer: Command, store: Store) -> None:
    rated(store, 1)
    ran = reviewer("queue", "set", "kyc", "blind=false")
    assert ran.code == 3
    assert "queue reveal kyc --reason" in ran.err
    assert record(store).blind


def test_a_changed_rubric_comes_into_force(reviewer: Command, store: Store, rubric: str) -> None:
    rated(store, 1)
    ran = reviewer("queue", "set", "kyc", f"rubric={rubric}")
    assert (ran.code, "rubric changed" in ran.out) == (0, True)
    shown = reviewer("queue", "show", "kyc", "--json").json
    assert [row["in_force"] for row in shown["rubrics"]] == [False, True]
    sitting = sit(store)
    assert sitting.view is not None
    assert sitting.view.rubric.criteria[0].max == 7
    sitting.go_to(0)
    assert sitting.view.rubric.criteria[0].max == SCORE["criteria"][0]["max"]
    assert sitting.close()
    assert "nothing was to change" in reviewer("queue", "set", "kyc", f"rubric={rubric}").out


def test_a_broken_rubric_changes_nothing(reviewer: Command, store: Store, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [", encoding="utf-8")
    assert reviewer("queue", "set", "kyc", "goal=3", f"rubric={broken}").code == 3
    assert record(store).settings == {}


def test_close_and_reopen(reviewer: Command, store: Store) -> None:
    assert "is closed" in reviewer("queue", "close", "kyc").out
    assert record(store).state == "closed"
    before = last_event(store)
    assert before["action"] == "queue.closed"
    assert reviewer("queue", "close", "kyc", "--json").json == {"queue": "kyc", "state": "closed"}
    assert last_event(store) == before
    assert reviewer("queue", "reopen", "kyc").code == 0
    assert (record(store).state, last_event(store)["action"]) == ("open", "queue.reopened")


def test_reveal_is_for_good_and_stands_in_the_log(reviewer: Command, store: Store, home: Path) -> None:
    (home / "config.toml").write_text('rater = "lena"\n', encoding="utf-8")
    assert reviewer("queue", "reveal", "kyc").code == 2
    assert reviewer("queue", "reveal", "kyc", "--reason", " ").code == 2
    ran = reviewer("queue", "reveal", "kyc", "--reason", "the study is closed")
    assert ran.code == 0
    event = last_event(store)
    assert (event["action"], event["actor"]) == ("queue.revealed", "lena")
    assert event["data"] == {"changed": ["revealed_at"], "reason": "the study is closed"}
    assert not record(store).sealed
    assert "revealed" in reviewer("queue", "list").out
    again = reviewer("queue", "reveal", "kyc", "--reason", "again")
    assert again.code == 3
    assert "was revealed at" in again.err


def test_what_is_not_blind_cannot_be_revealed(reviewer: Command, store: Store) -> None:
    fill(store, queue="support", items=1, blind=False)
    assert "is not blind" in reviewer("queue", "reveal", "support", "--reason", "x").err


def test_hostile_names_are_made_visible(reviewer: Command, store: Store) -> None:
    hostile = "\x1b[31mred\x07\u202e"
    fill(store, queue=hostile, items=1, show=[hostile])
    rated_by = sit(store, "a\x1bna", queue=hostile)
    assert rated_by.close()
    for arguments in (["list"], ["show", hostile], ["close", hostile]):
        ran = reviewer("queue", *arguments)
        assert ran.code == 0
        assert not set(ran.out + ran.err) & {"\x1b", "\x07", "\u202e"}
    assert json.loads(reviewer("queue", "list", "--json").out)["queues"][1]["name"] == hostile


@pytest.mark.usefixtures("store")
def test_gold_is_set_with_a_warning_while_nothing_is_decided_elsewhere(reviewer: Command) -> None:
    ran = reviewer("queue", "set", "kyc", "gold=20%")
    assert ran.code == 0
    assert "No gold is woven in yet" in ran.err
    assert "`reviewer adjudicate QUEUE`" in ran.err
    assert reviewer("queue", "set", "kyc", "gold=0").err == ""
