"""Labels out and in: what resolves, what is refused with its mend, and what follows in the store."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.labels.cells import COLUMNS
from reviewer.exchange.labels.history import history
from reviewer.exchange.labels.out import export, written_whole
from reviewer.exchange.labels.read import LabelReader
from reviewer.exchange.labels.take import LabelOptions, import_labels
from reviewer.exchange.rejects import Rejected
from reviewer.session.sitting import Sitting
from reviewer.store import events, queues, reading
from reviewer.store.connection import Store
from tests.exchange.test_intake import lines, sound
from tests.exchange.test_labels_any import exported, reveal, stored, take
from tests.homes import QUEUE, filled
from tests.store.filling import fill, fresh, put_rubric, rate, record, sit

pytestmark = pytest.mark.both_databases

TABLE = "item,rater,value,criterion\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    fill(store, queue="q", items=6)
    return store


def written(tmp_path: Path, text: str, name: str = "labels.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def refused(store: Store, path: Path, **options: Any) -> list[str]:
    told: list[Rejected] = []
    take(store, path, on_reject=told.append, **options)
    return [reject.reason for reject in told]


def progress(store: Store, rater: str) -> tuple[int, int, int]:
    with store.reading() as connection:
        known = queues.rater_called(connection, rater)
        assert known is not None
        counters = reading.read_counters(connection, record(store, "q").id, known)
    assert counters is not None
    return counters.submitted, counters.skipped, counters.active_ms


def test_item_rater_and_value_are_enough(store: Store, tmp_path: Path) -> None:
    done = take(store, written(tmp_path, "item,rater,value\nitem-0000,ann,4\nitem-0001,ann,5\nitem-0000,bob,2\n"))
    assert (done.rows, done.labels, done.raters, done.rejected) == (3, 3, 2, 0)
    assert [(row["rater"], row["values"]) for row in stored(store)] == [
        ("ann/human", {"score": 4}),
        ("ann/human", {"score": 5}),
        ("bob/human", {"score": 2}),
    ]
    assert progress(store, "ann") == (2, 0, 0)
    sound(store)
    sitting = sit(store, "ann", "q")
    assert (sitting.standing.done, sitting.standing.left) == (2, 4)
    assert sitting.undo().moved
    assert sitting.view is not None
    assert sitting.work.values == {"score": 5}
    sitting.close()


def test_the_same_table_twice_adds_nothing_and_a_change_is_a_revision(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "item,rater,value\nitem-0000,ann,4\nitem-0001,ann,5\n")
    take(store, path)
    again = take(store, path)
    assert (again.labels, again.duplicates) == (0, 2)
    changed = take(store, written(tmp_path, "item,rater,value\nitem-0000,ann,3\nitem-0001,ann,5\n", "new.csv"))
    assert (changed.labels, changed.duplicates) == (1, 1)
    first, _, last = stored(store)
    assert (last["revision"], last["supersedes"], last["values"]) == (2, [first["id"]], {"score": 3})
    assert progress(store, "ann") == (2, 0, 0)
    sound(store)


def test_rows_of_one_label_are_gathered_wherever_they_stand(store: Store, tmp_path: Path) -> None:
    text = f"{TABLE}item-0000,ann,4,score\nitem-0000,bob,1,score\nitem-0000,ann,true,safe\nitem-0000,bob,n/a,safe\n"
    assert take(store, written(tmp_path, text)).labels == 2
    assert [row["values"] for row in stored(store)] == [{"score": 4, "safe": True}, {"score": 1, "safe": None}]


def test_columns_may_have_other_names(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "Case;Who;Note;Score\nitem-0000;ann;x;4\n")
    with LabelReader(path, {"item": "Case", "rater": "Who", "value": "Score"}) as reader:
        assert import_labels(store, "q", reader, rater="lead", options=LabelOptions()).labels == 1
    with pytest.raises(BadInput, match=r"no column 'item' and no 'rater'.*--map"):
        take(store, path)
    with LabelReader(path, {"item": "Fall"}) as reader, pytest.raises(WrongUsage, match="'Fall'"):
        import_labels(store, "q", reader, rater="lead", options=LabelOptions())
    lines_ = written(tmp_path, '{"case": "item-0001", "rater": "ann", "values": {"score": 2}}\n', "l.jsonl")
    with LabelReader(lines_, {"item": "case"}) as reader:
        assert import_labels(store, "q", reader, rater="lead", options=LabelOptions()).labels == 1


def test_a_skip_has_a_row_without_a_criterion(store: Store, tmp_path: Path) -> None:
    text = "item,rater,outcome,criterion,value,label_rationale\nitem-0000,ann,skipped,,,not my field\n"
    assert take(store, written(tmp_path, text)).labels == 1
    [row] = stored(store)
    assert (row["outcome"], row["values"]) == ("skipped", {})
    assert row["rationale"] == {"label": {"text": "not my field", "reasons": []}}
    assert progress(store, "ann") == (0, 1, 0)
    reveal(store)
    [_, cells] = csv.reader(io.StringIO(exported(store, tmp_path / "out.csv", "csv").read_text(encoding="utf-8")))
    said = dict(zip(COLUMNS, cells, strict=True))
    assert (said["outcome"], said["criterion"], said["value"]) == ("skipped", "", "")
    assert said["label_rationale"] == "not my field"
    sound(store)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("item-9999,ann,4,", "no item 'item-9999'.*import the items"),
        ("item-0000,ann,6,", "must be 1 to 5, got 6.*Write a whole number"),
        ("item-0000,ann,four,", "must be a number"),
        ("item-0000,ann,4,tone", "no criterion 'tone'; it has score, safe"),
        ("item-0000,ann,4,score@turn:1", "asked per output"),
        ("item-0000,,4,", "rater is missing"),
        ("item-0000,ann,,", "no value"),
        (",ann,4,", "item is missing"),
        ("item-0000,ann,n/a,score", "not applicable"),
        ("item-0000,ann,4", "3 cells, the header has 4"),
    ],
)
def test_what_cannot_be_taken_says_why(store: Store, tmp_path: Path, row: str, reason: str) -> None:
    path = written(tmp_path, f"{TABLE}{row}\nitem-0001,bob,3,\n")
    [said] = refused(store, path)
    assert re.search(reason, said), said
    assert len(stored(store)) == 1
    sound(store)


def test_rows_of_one_label_must_agree(store: Store, tmp_path: Path) -> None:
    identifier = "01900000-0000-7000-8000-000000000001"
    rows = f"{identifier},item-0000,ann,4,score\n{identifier},item-0001,ann,true,safe\n"
    assert "differ in item" in refused(store, written(tmp_path, f"label,{TABLE}{rows}"))[0]
    twice = written(tmp_path, f"{TABLE}item-0000,ann,4,score\nitem-0000,ann,5,score\n", "twice.csv")
    assert "answered twice" in refused(store, twice)[0]


def test_an_item_with_several_outputs_needs_to_be_told_which(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    fill(store, queue="q", items=2, outputs=2)
    assert "has 2 outputs" in refused(store, written(tmp_path, "item,rater,value\nitem-0000,ann,4\n"))[0]
    named = "item,system,rater,value\nitem-0000,model-0,ann,4\nitem-0000,model-1 1,ann,2\nitem-0000,model-9,ann,2\n"
    [reason] = refused(store, written(tmp_path, named, "named.csv"))
    assert "no output of 'model-9'" in reason
    assert [(row["task"], row["values"]["score"]) for row in stored(store)] == [
        ("item-0000/model-0", 4),
        ("item-0000/model-1", 2),
    ]


def test_a_sealed_export_says_no_system_and_comes_home_only(store: Store, tmp_path: Path) -> None:
    sitting = sit(store, "ann", "q")
    rate(sitting, 4, 5)
    sitting.close()
    path = exported(store, tmp_path / "sealed.jsonl")
    table = exported(store, tmp_path / "sealed.csv", "csv")
    with store.reading() as connection:
        [(content,)] = connection.execute("SELECT DISTINCT substr(content_hash, 1, 12) FROM output LIMIT 1")
    for file in (path, table):
        assert "model-" not in file.read_text(encoding="utf-8")
        assert content not in file.read_text(encoding="utf-8")
    for line in path.read_bytes().splitlines():
        assert [set(output) for output in orjson.loads(line)["outputs"]] == [{"public_id"}]
    for file in (path, table):
        home = take(store, file)
        assert (home.labels, home.duplicates, home.rejected) == (0, 2, 0)
    other = fresh(tmp_path / "other")
    fill(other, queue="q", items=6)
    assert [reason[:26] for reason in refused(other, path)] == ["its task is not in this st"] * 2
    assert "where it was made, once that queue is revealed there" in refused(other, path)[0]
    assert len(refused(other, table)) == 2
    reveal(store)
    assert take(other, exported(store, tmp_path / "open.jsonl")).labels == 2
    sound(other)


def test_what_a_sitting_says_is_what_an_export_says(tmp_path: Path) -> None:
    store = filled(tmp_path / "home", blind=False)
    sitting = Sitting.open(store, QUEUE, "ana")
    sitting.work.values |= {"grounded": 2, "safe": None, "risk": "under", "faults": ["accuses", "vague"]}
    sitting.work.values |= {"minutes": -4.5, "words": "=SUM(1)"}
    sitting.work.rationale["grounded"] = {"text": "- a dropped “no”", "reasons": ["wrong figure"]}
    assert sitting.submit().moved
    sitting.skip("outside my field")
    assert sitting.close()
    said = list(
        csv.DictReader(
            io.StringIO(exported(store, tmp_path / "o.csv", "csv", QUEUE).read_text(encoding="utf-8"), newline="")
        )
    )
    assert list(said[0]) == list(COLUMNS)
    assert [(row["criterion"], row["value"]) for row in said] == [
        ("grounded", "2"),
        ("safe", "n/a"),
        ("risk", "under"),
        ("faults", "accuses|vague"),
        ("minutes", "-4.5"),
        ("words", "'=SUM(1)"),
        ("", ""),
    ]
    assert said[0]["criterion_rationale"] == "wrong figure: - a dropped “no”"
    assert (said[0]["system"], said[0]["rater"], said[0]["item"]) == ("model-a 2026-05", "ana", "case-000")
    assert said[0]["rubric"].startswith("answer-check@")
    assert (said[-1]["outcome"], said[-1]["label_rationale"]) == ("skipped", "outside my field")
    twin = filled(tmp_path / "twin", blind=False)
    assert take(twin, tmp_path / "o.csv", QUEUE).labels == 2
    assert [row["values"] for row in stored(twin)] == [row["values"] for row in stored(store)]


def test_a_label_whose_rubric_is_missing_names_the_mend(store: Store, tmp_path: Path) -> None:
    reveal(store)
    path = written(tmp_path, "item,rater,value\nitem-0000,ann,4\n")
    take(store, path)
    newer = {"name": "newer", "criteria": [{"id": "score", "type": "scale", "min": 0, "max": 9}]}
    put_rubric(store, record(store, "q"), newer)
    take(store, written(tmp_path, "item,rater,value\nitem-0001,ann,9\n", "nine.csv"))
    other = fresh(tmp_path / "other")
    fill(other, queue="q", items=6)
    for file in (exported(store, tmp_path / "l.jsonl"), exported(store, tmp_path / "l.csv", "csv")):
        [reason] = refused(other, file)
        assert "'newer' is not in this store" in reason
        assert "reviewer queue set q rubric=FILE" in reason
    put_rubric(other, record(other, "q"), newer)
    assert take(other, tmp_path / "l.jsonl").labels == 1
    assert [row["rubric"] for row in stored(other)] == [row["rubric"] for row in stored(store)]


def test_a_known_identifier_with_another_content_is_refused(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, "item,rater,value\nitem-0000,ann,4\n"))
    path = exported(store, tmp_path / "l.jsonl")
    forged = orjson.loads(path.read_bytes()) | {"values": {"score": 1}}
    path.write_bytes(lines(forged))
    [reason] = refused(store, path)
    assert "known with another values" in reason
    assert stored(store)[0]["values"] == {"score": 4}


def test_two_loose_ends_are_a_conflict_and_the_first_received_counts(store: Store, tmp_path: Path) -> None:
    common = {"item": "item-0000", "rater": "ann", "outputs": None}
    ids = [f"01900000-0000-7000-8000-{number:012d}" for number in range(3)]
    records = [
        common | {"id": ids[0], "revision": 1, "supersedes": [], "values": {"score": 1}},
        common | {"id": ids[1], "revision": 2, "supersedes": [ids[0]], "values": {"score": 2}},
        common | {"id": ids[2], "revision": 2, "supersedes": [ids[0]], "values": {"score": 3}},
    ]
    take(store, written(tmp_path, lines(*records[:2]).decode(), "one.jsonl"))
    take(store, written(tmp_path, lines(records[2]).decode(), "two.jsonl"))
    with store.reading() as connection:
        [(head, conflict)] = connection.execute("SELECT label, conflict FROM label_head").fetchall()
    assert (head, orjson.loads(conflict)) == (ids[1], [ids[2]])
    settled = common | {"revision": 3, "supersedes": ids[1:], "values": {"score": 4}}
    take(store, written(tmp_path, lines(settled).decode(), "three.jsonl"))
    with store.reading() as connection:
        [(head, conflict)] = connection.execute("SELECT label, conflict FROM label_head").fetchall()
    assert (stored(store)[-1]["id"], conflict) == (head, "[]")
    assert progress(store, "ann") == (1, 0, 0)
    sound(store)


def test_judges_have_no_assignment(store: Store, tmp_path: Path) -> None:
    records = [
        {"item": "item-0000", "rater_name": "gpt", "rater_kind": "judge", "sample": n, "values": {"score": 3}}
        for n in range(3)
    ]
    assert take(store, written(tmp_path, lines(*records).decode(), "j.jsonl")).labels == 3
    with store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM assignment").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM label_head").fetchone() == (3,)
    sound(store)


def test_batches_are_vouched_for_and_a_forgery_is_found(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, "item,rater,value\nitem-0000,ann,4\nitem-0001,ann,5\n"))
    sound(store)
    with store.writing() as connection:
        connection.execute("""UPDATE label SET "values" = '{"score":1}' WHERE id = (SELECT min(id) FROM label)""")
    with store.reading() as connection:
        assert "not what was imported" in events.verify(connection).faults[0].what


def test_strict_takes_all_or_none_and_a_dry_run_nothing(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "item,rater,value\nitem-0000,ann,4\nitem-0001,ann,9\nitem-0002,bob,4\n")
    done = take(store, path, strict=True)
    assert (done.labels, done.rejected, stored(store)) == (0, 1, [])
    rehearsed = take(store, path, dry_run=True)
    assert (rehearsed.labels, rehearsed.rejected, rehearsed.raters, rehearsed.rejects_file) == (2, 1, 2, None)
    assert stored(store) == []
    really = take(store, path)
    assert (really.labels, really.rejected, really.raters) == (2, 1, 2)
    kept = orjson.loads(Path(really.rejects_file or "").read_bytes())
    assert (kept["line"], kept["raw"]) == (3, "item-0001,ann,9")
    assert take(store, path, dry_run=True).duplicates == 2


def test_what_is_no_queue_or_no_file_is_a_sentence(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, "item,rater,value\nitem-0000,ann,4\n")
    with pytest.raises(BadInput, match="no queue 'nothing'"):
        take(store, path, "nothing")
    with pytest.raises(BadInput, match="no such file"):
        take(store, tmp_path / "nothing")
    with pytest.raises(BadInput, match="empty"):
        take(store, written(tmp_path, "", "empty.csv"))
    with store.writing() as connection:
        queue = record(store, "q")
        queues.change(connection, queue, stream=store.device, actor="l", action="queue.closed", state="closed")
    with pytest.raises(BadInput, match=r"closed.*reopen q"):
        take(store, path)


def test_an_export_takes_the_place_of_a_file_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text("before", encoding="utf-8")
    with suppress(KeyboardInterrupt), written_whole(path) as stream:
        stream.write(b"half")
        raise KeyboardInterrupt
    assert [entry.name for entry in tmp_path.iterdir()] == ["labels.jsonl"]
    assert path.read_text(encoding="utf-8") == "before"
    with written_whole(path) as stream:
        stream.write(b"after")
    assert path.read_bytes() == b"after"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="cannot be written"), written_whole(tmp_path / "nowhere" / "x") as stream:
        stream.write(b"")


def test_the_history_says_what_changed(store: Store) -> None:
    sitting = sit(store, "ann", "q")
    rate(sitting, 4)
    sitting.undo()
    sitting.work.values["safe"] = False
    sitting.work.write_rationale("score", "A date is wrong.")
    sitting.toggle_flag()
    rate(sitting, 2)
    sitting.close()
    with store.reading() as connection:
        first, second = history(connection, record(store, "q"))
        assert list(history(connection, record(store, "q"), rater="bob")) == []
        assert len(list(history(connection, record(store, "q"), rater="ann", key=first.item))) == 2
    assert (first.rater, first.revision, first.outcome, first.changes) == ("ann", 1, "submitted", ("score 4",))
    assert second.changes == (
        "score 4 → 2",
        "safe nothing → false",
        "rationale of score added: A date is wrong.",
        "flag flagged raised",
    )
    assert len(first.output) == 8
    reveal(store)
    with store.reading() as connection:
        assert next(history(connection, record(store, "q"))).output == "model-0 1"


def test_an_export_is_streamed(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, "item,rater,value\n" + "".join(f"item-000{n},ann,4\n" for n in range(6))))
    seen: list[int] = []
    with store.reading() as connection:

        def write(line: bytes) -> None:
            seen.append(len(line))
            if len(seen) == 2:
                raise BadInput("enough")

        with pytest.raises(BadInput, match="enough"):
            export(connection, record(store, "q"), write, form="jsonl")
    assert len(seen) == 2


def test_nothing_is_counted_twice(store: Store, tmp_path: Path) -> None:
    done = take(store, written(tmp_path, f"{TABLE}item-0000,ann,4,score\nitem-0000,ann,true,safe\n"))
    assert done.to_json() == {
        "rows": 2,
        "labels": 1,
        "duplicates": 0,
        "rejected": 0,
        "raters": 1,
        "golden": 0,
        "rejects_file": None,
    }
