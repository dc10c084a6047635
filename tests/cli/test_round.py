"""`reviewer round`: from the draw to the certificates, and label files that come by mail."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli.round_shown import in_rows
from reviewer.session import rounds
from reviewer.session.sitting import Sitting
from reviewer.session.starting import Plan, start
from reviewer.store.connection import Store
from reviewer.text.cells import width
from tests.cli.running import Command, Ran, commands
from tests.session.rounds_played import LEAD, say, why
from tests.store.comparing import faults, pairs_queue
from tests.store.filling import SCORE, fill, fresh

ROUND = "kyc-round-1"
MEMBERS = ("ana", "ben", "chi")


@pytest.fixture
def home(store: Store) -> Path:
    return store.path.parent


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(home, capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "home")


def begun(store: Store, items: int = 3) -> None:
    fill(store, items=items + 2)
    start(store, "kyc", Plan(members=MEMBERS, items=items), LEAD)


def said(name: str, at: int) -> dict[str, Any]:
    score = {"ana": 2, "ben": 2 + at % 3, "chi": 4}[name]
    return {
        "values": {"score": score, "safe": name != "chi"},
        "rationale": {"score": why(f"{name} finds {score}", "adds a fact"), "label": why("all in all")},
        "notes": f"note of {name}",
        "flags": ["flagged"] if name == "chi" else [],
        "correction": {"text": "better"} if name == "ben" else {},
    }


def rated(store: Store, items: int = 3) -> None:
    begun(store, items)
    for name in MEMBERS:
        say(store, ROUND, name, lambda at, name=name: said(name, at))  # type: ignore[misc]


def ok(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


def test_a_round_is_started_and_told(store: Store, command: Command) -> None:
    fill(store, items=12)
    ran = ok(command("round", "start", "kyc", "--items", "4", "--raters", " ana, ben ", "--seed", "9", "--by", "risk"))
    assert "The round 'kyc-round-1' is open: 4 items of 'kyc'." in ran.out
    assert "Seed 9" in ran.out
    assert "reviewer rate kyc-round-1 --rater ben" in ran.out
    assert "drawn by risk" in ran.out
    assert "Fewer than 10 items give no interval" in ran.out
    told = ok(command("round", "start", "kyc", "--items", "4", "--raters", "ana,ben", "--json")).json
    assert (told["name"], told["number"], told["state"], told["items"]) == ("kyc-round-2", 2, "open", 4)
    assert told["left_out"] == {"in an earlier round": 4}
    assert told["members"][0] == {"rater": "ana", "done": 0, "left": 4, "items": 4}
    ran = command("round", "start", "kyc", "--raters", "ana,ben")
    assert ran.code == 3
    assert "4 items of 'kyc' are left to draw, and 30 were asked for (8 in an earlier round)" in ran.err
    assert "--items 4" in ran.err
    assert command("round", "start", "kyc", "--raters", "ana").code == 2
    assert command("round", "start", "nix", "--raters", "ana,ben").code == 3


def test_status_tells_who_is_missing_and_nothing_else(store: Store, command: Command) -> None:
    assert "There is no calibration round" in ok(command("round", "status")).out
    begun(store)
    say(store, ROUND, "ana", lambda at: said("ana", at))
    ran = ok(command("round", "status"))
    assert "ana  3 of 3 done" in ran.out
    assert "Waiting for ben (3 left), chi (3 left)." in ran.out
    told = ok(command("round", "status", "kyc", "--json")).json
    assert [one["name"] for one in told["rounds"]] == [ROUND]
    assert ok(command("round", "status", ROUND, "--json")).json == told
    assert command("round", "status", "nix").code == 3
    ok(command("round", "lock", ROUND))
    assert "--incomplete` shows what was said without ben (3 left), chi (3 left)" in ok(command("round", "status")).out
    assert command("round", "status", "--watch", "--json").code == 2
    ok(command("round", "reveal", ROUND, "--incomplete"))
    assert "round finish" in ok(command("round", "status", ROUND, "--watch")).out


def test_the_steps_go_forward_and_say_what_comes_next(store: Store, command: Command) -> None:
    rated(store)
    assert command("round", "show", ROUND).code == 3
    assert "is locked" in ok(command("round", "lock", ROUND, "--rater", "ana")).out
    assert ok(command("round", "reveal", ROUND, "--json")).json["state"] == "revealed"
    ran = command("round", "lock", ROUND)
    assert (ran.code, "was revealed at" in ran.err) == (3, True)
    assert command("round", "certificates", ROUND).code == 3
    actors = [line for line in ok(command("audit", "show")).out.splitlines() if "round.locked" in line]
    assert " ana " in actors[0]


def test_show_tells_everything_line_by_line_most_disputed_first(store: Store, command: Command) -> None:
    rated(store)
    ok(command("round", "reveal", ROUND))
    ok(command("round", "note", ROUND, "We agree \x1b[31mon this."))
    told = ok(command("round", "show", ROUND, "--json")).json
    disputes = [one["dispute"] for one in told["disputes"]]
    assert disputes == sorted(disputes, reverse=True)
    assert told["notes"][0]["text"] == "We agree \x1b[31mon this."
    first = told["disputes"][0]
    assert {label["rater"]: label["values"]["score"] for label in first["labels"]}.keys() == set(MEMBERS)
    assert first["spreads"][0]["criterion"] == "score"
    key = first["item"]
    ok(command("round", "note", ROUND, "On this one", "--item", key, "--rater", "ben"))
    lines = ok(command("round", "show", ROUND)).out
    assert "\x1b" not in lines
    assert "We agree ␛[31mon this." in lines
    for part in (
        "ana on Score: adds a fact · ana finds 2",
        "ana: all in all",
        "ben corrected: better",
        "chi, note to the lead: note of chi",
        "chi flagged it",
        "note by ben",
        "(yes ×2 · no ×1)",
    ):
        assert part in lines
    one = ok(command("round", "show", ROUND, "--item", key)).out
    assert "1 of 1 · " in one
    assert command("round", "show", ROUND, "--item", "nix").code == 3


def test_revotes_and_skips_are_told_beside_the_first_votes(store: Store, command: Command) -> None:
    begun(store)
    say(store, ROUND, "ana", lambda _: "too hard")
    say(store, ROUND, "ben", lambda _: {"score": 2})
    ok(command("round", "reveal", ROUND, "--incomplete"))
    sitting = Sitting.open(store, ROUND, "ben")
    sitting.go_to(0)
    sitting.work.values["score"] = 5
    sitting.touch()
    assert sitting.submit().moved
    sitting.drain(5)
    assert sitting.close()
    lines = ok(command("round", "show", ROUND)).out
    assert "ana skipped it" in lines
    assert "ben, after the discussion: Score 5" in lines
    assert "chi said nothing" in lines


def test_promote_shows_the_difference_and_asks(store: Store, command: Command) -> None:
    rated(store)
    ok(command("round", "reveal", ROUND))
    key = ok(command("round", "show", ROUND, "--json")).json["disputes"][0]["item"]
    what = ("round", "promote", ROUND, "--item", key, "--criterion", "score", "--level", "2", "--why", "So it is.")
    ran = command(*what)
    assert (ran.code, "Say --yes" in ran.err) == (2, True)
    ran = ok(command(*what, "--yes"))
    assert "+   why: So it is." in ran.out
    assert "has the example from now on" in ran.out
    ran = command(*what, "--yes")
    assert (ran.code, "already" in ran.err) == (3, True)
    with store.reading() as connection:
        document = connection.execute("SELECT document FROM rubric ORDER BY id DESC LIMIT 1").fetchone()[0]
    assert "So it is." in document
    bad = command("round", "promote", ROUND, "--item", key, "--criterion", "x", "--level", "2", "--why", "w", "--yes")
    assert "Name one of score, safe" in bad.err


def test_finish_prints_keeps_and_writes_the_certificates(store: Store, command: Command, tmp_path: Path) -> None:
    rated(store, items=12)
    ok(command("round", "reveal", ROUND))
    out = tmp_path / "out" / "certificates"
    ran = ok(command("round", "finish", ROUND, "--out", str(out)))
    assert "ana: not passed (kyc-round-1, for kyc)" in ran.out
    assert "Void when" in ran.out
    assert sorted(path.name for path in out.iterdir()) == ["ana.json", "ben.json", "chi.json"]
    written = json.loads((out / "ana.json").read_text(encoding="utf-8"))
    told = ok(command("round", "certificates", ROUND, "--json")).json
    assert told["certificates"][0] == written
    assert "ana: not passed" in ok(command("round", "certificates", ROUND)).out
    ran = command("round", "finish", ROUND)
    assert (ran.code, "was finished at" in ran.err) == (3, True)
    assert ok(command("audit", "verify")).out.endswith("Everything holds.\n")
    assert faults(store) == []


def test_a_rater_cannot_choose_where_a_certificate_is_written(store: Store, command: Command, tmp_path: Path) -> None:
    fill(store, items=4)
    start(store, "kyc", Plan(members=("../a", "..·a"), items=2), LEAD)
    rounds.reveal(store, ROUND, LEAD, incomplete=True)
    out = tmp_path / "out"
    told = ok(command("round", "finish", ROUND, "--out", str(out), "--json")).json
    assert told["files"] == [str(out / "___a.json"), str(out / "___a-2.json")]
    assert len(list(out.iterdir())) == 2
    file = tmp_path / "file"
    file.touch()
    ran = command("round", "certificates", ROUND, "--out", str(file / "x"))
    assert (ran.code, "cannot be made" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("queue", "close", ROUND), "neither closed nor reopened"),
        (("queue", "reopen", ROUND), "neither closed nor reopened"),
        (("queue", "reveal", ROUND, "--reason", "x"), "nobody sees another's labels yet"),
        (("queue", "set", ROUND, "overlap=1", "show=risk"), "its overlap, show cannot change"),
        (("queue", "set", ROUND, "blind=false"), "its blind cannot change"),
        (("agreement", ROUND), "nobody sees another's labels yet"),
        (("labels", "export", ROUND), "nobody sees another's labels yet"),
        (("labels", "log", ROUND), "nobody sees another's labels yet"),
    ],
)
def test_what_would_break_a_round_is_refused(
    store: Store, command: Command, arguments: tuple[str, ...], said: str
) -> None:
    begun(store)
    ran = command(*arguments)
    assert ran.code in (2, 3)
    assert said in ran.err
    assert faults(store) == []


def test_no_item_and_no_rubric_comes_into_a_round(store: Store, command: Command, tmp_path: Path) -> None:
    begun(store)
    items, rubric = tmp_path / "items.jsonl", tmp_path / "rubric.yaml"
    items.write_text('{"id": "new", "prompt": "p", "output": "o"}\n', encoding="utf-8")
    rubric.write_text("name: other\ncriteria: [{id: other, type: boolean}]\n", encoding="utf-8")
    ran = command("import", str(items), "-q", ROUND)
    assert (ran.code, "its items are fixed" in ran.err) == (3, True)
    ran = command("queue", "set", ROUND, f"rubric={rubric}")
    assert (ran.code, "its rubric cannot change" in ran.err) == (3, True)
    ok(command("queue", "set", ROUND, "goal=5"))


# -- label files that come by mail -----------------------------------------------------------------------


def test_labels_rated_elsewhere_come_in_as_if_rated_here(
    store: Store, command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun(store)
    backup = tmp_path / "copy.db"
    ok(command("store", "backup", str(backup)))
    for name in ("ana", "ben"):
        home = tmp_path / name
        home.mkdir(mode=0o700)
        shutil.copy(backup, home / "reviewer.db")
        (home / "reviewer.db").chmod(0o600)
        say(Store.open(home / "reviewer.db"), ROUND, name, lambda at, name=name: said(name, at))  # type: ignore[misc]
        elsewhere = commands(home, capsys)
        file = tmp_path / f"{name}.jsonl"
        ok(elsewhere("labels", "export", ROUND, "--rater", name, "-o", str(file)))
        ok(command("labels", "import", str(file), "-q", ROUND))
    told = ok(command("round", "status", ROUND, "--json")).json["rounds"][0]
    assert {one["rater"]: one["left"] for one in told["members"]} == {"ana": 0, "ben": 0, "chi": 3}
    # The same file again adds nothing, and says no more than that.
    ran = ok(command("labels", "import", str(tmp_path / "ana.jsonl"), "-q", ROUND))
    assert "3 labels known already" in ran.out
    ok(command("round", "reveal", ROUND, "--incomplete"))
    disputes = ok(command("round", "show", ROUND, "--json")).json["disputes"]
    assert all({label["rater"] for label in one["labels"]} == {"ana", "ben"} for one in disputes)
    assert all(label["counts"] for one in disputes for label in one["labels"])
    ok(command("audit", "verify"))
    assert faults(store) == []


def table(store: Store, *raters: str) -> str:
    with store.reading() as connection:
        keys = connection.execute("SELECT key FROM task JOIN queue q ON task.queue = q.id WHERE q.name = ?", (ROUND,))
        rows = [(key, rater, "score", 3) for (key,) in keys for rater in raters]
    text = io.StringIO()
    csv.writer(text).writerows([("item", "rater", "criterion", "value"), *rows])
    return text.getvalue()


def test_a_table_by_key_comes_in_and_a_strangers_row_does_not(store: Store, command: Command, tmp_path: Path) -> None:
    begun(store)
    file = tmp_path / "votes.csv"
    file.write_text(table(store, "ana", "zoe"), encoding="utf-8")
    ran = ok(command("labels", "import", str(file), "-q", ROUND))
    assert "Imported 3 labels" in ran.out
    assert "3 labels rejected" in ran.out
    assert "'zoe' is no member of the round 'kyc-round-1'; its members are ana, ben, chi" in ran.err
    with store.reading() as connection:
        assert connection.execute("SELECT DISTINCT phase FROM label").fetchall() == [("independent",)]
        assert connection.execute("SELECT count(*) FROM rater WHERE name = 'zoe'").fetchone() == (0,)
    assert faults(store) == []


def test_a_round_takes_only_labels_of_its_phase(store: Store, command: Command, tmp_path: Path) -> None:
    begun(store)
    first, other = tmp_path / "first.csv", tmp_path / "other.csv"
    first.write_text(table(store, "ana"), encoding="utf-8")
    other.write_text(table(store, "ben"), encoding="utf-8")
    ok(command("labels", "import", str(first), "-q", ROUND))
    again = tmp_path / "again.csv"
    again.write_text(table(store, "ana").replace("value", "value,phase").replace(",3", ",4,revote"), encoding="utf-8")
    ran = command("labels", "import", str(again), "-q", ROUND)
    assert (ran.code, "is open and takes no label of the phase revote; it takes independent" in ran.err) == (3, True)
    ok(command("round", "lock", ROUND))
    ran = command("labels", "import", str(other), "-q", ROUND)
    assert (ran.code, "is locked and takes no more labels" in ran.err) == (3, True)
    ok(command("round", "reveal", ROUND, "--incomplete"))
    ran = command("labels", "import", str(other), "-q", ROUND)
    assert "is revealed and takes no label of the phase independent" in ran.err
    ok(command("labels", "import", str(again), "-q", ROUND))
    ok(command("round", "finish", ROUND))
    assert command("labels", "import", str(again), "-q", ROUND).code == 3
    assert faults(store) == []


def test_an_import_is_no_way_to_find_out_what_another_said(store: Store, command: Command, tmp_path: Path) -> None:
    begun(store)
    file = tmp_path / "ben.csv"
    file.write_text(table(store, "ben"), encoding="utf-8")
    ok(command("labels", "import", str(file), "-q", ROUND))
    guesses = [tmp_path / f"guess-{score}.csv" for score in (3, 4)]
    for guess, score in zip(guesses, ("3", "4"), strict=True):
        guess.write_text(table(store, "ben").replace(",3", f",{score}"), encoding="utf-8")
    for more in (("--dry-run",), ()):
        right, wrong = (command("labels", "import", str(one), "-q", ROUND, *more) for one in guesses)
        assert (right.code, right.out.replace("guess-3", "guess-4")) == (wrong.code, wrong.out)
        assert right.err.replace("guess-3", "guess-4") == wrong.err
        assert "ben has labelled this, and the round is blind" in wrong.err
    export = tmp_path / "ben.jsonl"
    ok(command("labels", "export", ROUND, "--rater", "ben", "-o", str(export)))
    lines = [json.loads(line) for line in export.read_text(encoding="utf-8").splitlines()]
    told: list[tuple[str, str]] = []
    for guessed in (3, 4):
        for line in lines:
            line["values"] = {"score": guessed}
        guess = tmp_path / f"by-name-{guessed}.jsonl"
        guess.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        ran = ok(command("labels", "import", str(guess), "-q", ROUND))
        told.append((ran.out, ran.err))
    assert told[0] == told[1]
    with store.reading() as connection:
        assert set(connection.execute('SELECT "values" FROM label')) == {('{"score":3}',)}


def test_comparisons_are_told_as_the_viewer_sees_them(store: Store, command: Command) -> None:
    pairs_queue(store, items=8, systems=("alpha", "beta"), rubric={**SCORE, "preference": {"scale": 5}})
    start(store, "pairs", Plan(members=("ana", "ben"), items=6), LEAD)
    name = "pairs-round-1"
    for member in ("ana", "ben"):
        say(store, name, member, lambda _: {"preference": 2})
    ok(command("round", "reveal", name))
    for viewer in ("ana", "ben"):
        disputes = ok(command("round", "show", name, "--rater", viewer, "--json")).json["disputes"]
        own = [label["values"]["preference"] for one in disputes for label in one["labels"] if label["rater"] == viewer]
        assert own == [2] * 6
    assert "alpha" not in ok(command("round", "show", name)).out


def test_a_round_that_was_started_by_mistake_is_cancelled(store: Store, command: Command) -> None:
    begun(store)
    say(store, ROUND, "ana", lambda at: said("ana", at))
    ran = ok(command("round", "cancel", ROUND, "--reason", "the wrong members", "--rater", "ana"))
    assert "is cancelled; `reviewer round start kyc` starts another." in ran.out
    told = ok(command("round", "status", ROUND, "--json")).json["rounds"][0]
    assert (told["state"], told["locked_at"], told["revealed_at"]) == ("cancelled", None, None)
    assert told["finished_at"] is not None
    assert "cancelled since" in ok(command("round", "status")).out
    for step in ("lock", "reveal", "finish", "cancel", "show"):
        ran = command("round", step, ROUND)
        assert ran.code == 3, step
        assert "cancelled" in ran.err, step
    ran = command("rate", ROUND, "--plain", "--rater", "ben")
    assert (ran.code, "was cancelled" in ran.err) == (3, True)
    event = next(line for line in ok(command("audit", "show")).out.splitlines() if "round.cancelled" in line)
    assert "the wrong members" in event
    assert " ana " in event
    assert command("audit", "verify").code == 0


def test_what_was_said_in_a_cancelled_round_is_kept_and_stays_blind(store: Store, command: Command) -> None:
    begun(store)
    say(store, ROUND, "ana", lambda at: said("ana", at))
    ok(command("round", "cancel", ROUND))
    for blind in (("labels", "export", ROUND), ("agreement", ROUND), ("round", "show", ROUND)):
        assert command(*blind).code == 3, blind
    assert len(ok(command("labels", "export", ROUND, "--rater", "ana")).out.splitlines()) == 3
    left_out = ok(command("round", "start", "kyc", "--items", "2", "--raters", "ana,ben", "--json")).json["left_out"]
    assert left_out == {"known to a member": 3}
    assert (
        not ok(command("round", "start", "kyc", "--items", "2", "--raters", "ben,chi", "--json"))
        .json["left_out"]
        .get("known to a member")
    )


def test_what_nobody_rated_in_a_cancelled_round_is_drawn_again(store: Store, command: Command) -> None:
    begun(store)
    ok(command("round", "cancel", ROUND))
    told = ok(command("round", "start", "kyc", "--items", "5", "--raters", "ana,ben", "--json")).json
    assert (told["items"], told["left_out"], told["name"]) == (5, {}, "kyc-round-2")


def test_a_revealed_round_is_never_cancelled(store: Store, command: Command) -> None:
    rated(store)
    ok(command("round", "lock", ROUND))
    ok(command("round", "reveal", ROUND))
    ran = command("round", "cancel", ROUND)
    assert (ran.code, "was revealed at" in ran.err) == (3, True)
    assert ok(command("round", "status", ROUND, "--json")).json["rounds"][0]["state"] == "revealed"


def test_a_cancellation_of_which_no_event_tells_is_a_fault(store: Store, command: Command) -> None:
    begun(store)
    with store.writing() as connection:
        connection.execute("UPDATE queue SET state = 'cancelled' WHERE name = ?", (ROUND,))
    ran = command("audit", "verify")
    assert ran.code == 1
    assert f"the calibration round '{ROUND}' is cancelled, and no event tells of it" in ran.out


@pytest.mark.parametrize("columns", [80, 40])
def test_long_lines_break_between_words_and_hang(columns: int) -> None:
    text = "  ana on Score: " + "adds a fact that the source does not have, 漢字も, and more; " * 6
    rows = in_rows(text, columns)
    assert len(rows) > 3
    assert all(width(row) <= columns for row in rows)
    assert rows[0].startswith("  ana")
    assert all(row.startswith("      ") and row[6] != " " for row in rows[1:])
    assert "".join("".join(rows).split()) == "".join(text.split())
    assert in_rows("short", columns) == ["short"]


def test_certificates_fit_eighty_columns(store: Store, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rated(store)
    ok(command("round", "reveal", ROUND))
    out = ok(command("round", "finish", ROUND)).out
    assert all(width(line.rstrip()) <= 80 for line in out.splitlines())
    rows = [line.split() for line in out.splitlines() if "with the panel" in line or "severity" in line]
    assert rows[0][:5] == ["score", "gwet_ac2", "with", "the", "panel"]
