"""Golden labels out with their history, and in again: by a copy, and by a team's own answer key."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.exchange.labels.out import export
from reviewer.exchange.labels.read import LabelReader
from reviewer.exchange.labels.take import ImportedLabels, LabelOptions, import_labels
from reviewer.session.approving import find_consensus
from reviewer.store import events, golden, queues
from reviewer.store.backup import back_up
from reviewer.store.connection import Store
from tests.session.test_deciding import decide, give
from tests.store.comparing import faults, pairs_queue, systems_of
from tests.store.filling import fill, fresh, rate, record, sit


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    """A queue that two have rated, and a copy of it from before that, whose labels are made anew."""
    one = fresh(tmp_path / "one")
    queue = fill(one, items=4, shuffle=False, blind=False)
    back_up(one.path, tmp_path / "copy.db")
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "copy.db").rename(tmp_path / "other" / "reviewer.db")
    for name, scores in (("ana", (1, 2, 3, 1)), ("ben", (5, 5, 3, 5))):
        sitting = sit(one, name)
        rate(sitting, *scores)
        assert sitting.close()
    assert queue.name == "kyc"
    return one, Store.open(tmp_path / "other" / "reviewer.db")


def written(store: Store, path: Path, *, form: str = "jsonl", every: bool | None = None, gold: bool = True) -> Path:
    lines: list[bytes] = []
    with store.reading() as connection:
        export(connection, record(store), lines.append, form=form, every=every, golden=gold)
    path.write_bytes(b"".join(lines))
    return path


def take(store: Store, path: Path, queue: str = "kyc", **options: Any) -> ImportedLabels:
    rejected: list[str] = []
    with LabelReader(path, {}) as reader:
        done = import_labels(
            store,
            queue,
            reader,
            rater="lead",
            options=LabelOptions(on_reject=lambda one: rejected.append(one.reason), **options),
        )
    assert rejected == []
    return done


def kept(store: Store) -> list[dict[str, Any]]:
    """Every golden value with its names, but for identifiers that each store makes for itself."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT g.id, i.content_hash, g.output_hash, g.scale_hash, g.criterion, g.value, l.id, r.name, g.retired, "
            "g.supersedes FROM golden g JOIN item i ON i.id = g.item JOIN label l ON l.id = g.source_label "
            "JOIN rater r ON r.id = g.approved_by ORDER BY g.id"
        ).fetchall()
    number = {row[0]: at for at, row in enumerate(rows)}
    names = ("item", "output", "scale", "criterion", "value", "label", "approved_by", "retired")
    return [dict(zip(names, row[1:9], strict=True)) | {"supersedes": number.get(row[9])} for row in rows]


def labels(store: Store) -> list[dict[str, Any]]:
    lines: list[bytes] = []
    with store.reading() as connection:
        export(connection, record(store), lines.append, form="jsonl")
    told = [orjson.loads(line) for line in lines]
    return [
        {name: value for name, value in one.items() if name not in ("received_at", "queue_id", "rater")} for one in told
    ]


def decided(store: Store) -> None:
    """One decision revised, one sent back and reworked, one taken back, and one by consensus."""
    sitting = decide(store)
    give(sitting, 5)
    sitting.undo()
    give(sitting, 4, "the second paragraph counts more")
    assert sitting.send_back("Look at the date.").moved
    sitting.drain(10)
    assert sitting.close()
    for name in ("ana", "ben"):
        rater = sit(store, name)
        rate(rater, 3)
        assert rater.close()
    sitting = decide(store)
    give(sitting, 3)
    give(sitting, 1)
    sitting.undo()
    assert sitting.skip("I have a conflict of interest").moved
    assert sitting.close()
    assert find_consensus(store, "kyc", "majority", actor="emma", approve="emma").golden == 2


def test_what_was_decided_goes_out_with_its_history_and_comes_into_a_copy_equal(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    one, other = stores
    decided(one)
    path = written(one, tmp_path / "golden.jsonl")
    done = take(other, path)
    assert (done.golden, done.duplicates) == (len(kept(one)), 0)
    assert kept(other) == kept(one)
    assert labels(other) == labels(one), "every task has something golden, so that this is all"
    assert (faults(one), faults(other)) == ([], [])
    again = take(other, path)
    assert (again.labels, again.golden, kept(other)) == (0, 0, kept(one))
    with other.writing() as connection:
        connection.execute("UPDATE golden SET value = '2' WHERE value = '4'")
    with other.reading() as connection:
        assert [fault.what for fault in events.verify(connection).faults if "golden values of" in fault.what]


def test_decisions_say_what_they_made_golden_and_what_became_of_it(stores: tuple[Store, Store], tmp_path: Path) -> None:
    one, _ = stores
    decided(one)
    lines = [orjson.loads(line) for line in written(one, tmp_path / "golden.jsonl").read_bytes().splitlines()]
    assert {line["phase"] for line in lines} == {"independent", "rework", "adjudication", "consensus"}
    told = [(line["phase"], line["values"], line["golden"][0]) for line in lines if "golden" in line]
    first, second = told[:2]
    assert (first[1], first[2]["approved_by"], first[2]["superseded_by"]) == ({"score": 5}, "lead", second[2]["id"])
    assert (second[1], second[2]["supersedes"]) == ({"score": 4}, first[2]["id"])
    assert [phase for phase, _, gold in told if gold["approved_by"] == "emma"] == ["consensus"] * 2
    assert [gold["retired"] for _, _, gold in told if gold["retired"]] == [golden.TAKEN_BACK]


def test_a_table_has_what_is_golden_now_and_nothing_beside(stores: tuple[Store, Store], tmp_path: Path) -> None:
    one, other = stores
    decided(one)
    path = written(one, tmp_path / "golden.csv", form="csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    standing = [(row["item"], row["value"]) for row in rows if row["phase"] == "adjudication"]
    assert sorted(standing) == [("item-0000", "4"), ("item-0001", "3")]
    assert {row["phase"] for row in rows} == {"adjudication", "consensus"}
    done = take(other, path)
    assert done.golden == 2, "a table says nothing of who approved a consensus"
    assert [row["value"] for row in kept(other)] == ["4", "3"]
    assert faults(other) == []


def test_a_team_brings_its_own_answer_key(stores: tuple[Store, Store], tmp_path: Path) -> None:
    one, _ = stores
    path = tmp_path / "key.csv"
    path.write_text(
        "item,rater,value,criterion,phase,criterion_rationale\n"
        "item-0000,expert,4,score,adjudication,as the handbook says\n"
        "item-0000,expert,true,safe,adjudication,\n"
        "item-0001,expert,2,score,adjudication,\n"
        "item-0002,expert,3,score,,\n",
        encoding="utf-8",
    )
    assert take(one, path, dry_run=True).golden == 3
    assert kept(one) == []
    done = take(one, path)
    assert (done.labels, done.golden, done.raters) == (3, 3, 1)
    assert [(row["criterion"], row["value"], row["approved_by"]) for row in kept(one)] == [
        ("score", "4", "expert"),
        ("safe", "true", "expert"),
        ("score", "2", "expert"),
    ]
    path.write_text("item,rater,value,phase\nitem-0001,expert,5,adjudication\n", encoding="utf-8")
    assert take(one, path).golden == 1
    assert [(row["value"], row["supersedes"]) for row in kept(one)][2:] == [("2", None), ("5", 2)]
    assert faults(one) == []


def test_a_key_for_comparisons_counts_outputs_as_the_row_names_them(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    queue = pairs_queue(store, items=2, systems=("alpha", "beta"))
    names = systems_of(store, queue)
    with store.writing() as connection:
        queues.change(
            connection, queue, stream=store.device, actor="lead", action="queue.revealed", revealed_at="2026-01-01"
        )
    path = tmp_path / "key.csv"
    path.write_text(
        "item,rater,value,criterion,phase,system\n"
        "item-0000,expert,-1,preference,adjudication,alpha|beta\n"
        "item-0001,expert,1,preference,adjudication,beta|alpha\n",
        encoding="utf-8",
    )
    assert take(store, path, "pairs").golden == 2
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT g.value, t.public_id, o.content_hash FROM golden g JOIN label l ON l.id = g.source_label "
            "JOIN task_output t ON t.task = l.task JOIN output o ON o.id = t.output ORDER BY g.id, o.content_hash"
        ).fetchall()
    for value, public_id, _ in rows[::2]:
        assert value == ("-1" if names[public_id] == "alpha" else "1"), "alpha is the better one in both"
    assert faults(store) == []


def test_a_sealed_export_names_no_output_by_its_hash(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    fill(store, items=1)
    for name, score in (("ana", 1), ("ben", 5)):
        sitting = sit(store, name)
        rate(sitting, score)
        assert sitting.close()
    sitting = decide(store)
    give(sitting, 4)
    assert sitting.close()
    text = written(store, tmp_path / "sealed.jsonl").read_text(encoding="utf-8")
    assert '"golden"' in text
    assert "output_hash" not in text
    assert "model-0" not in text


@pytest.mark.parametrize(
    ("golden_field", "said"),
    [
        ("true", "golden must be a list of objects"),
        ('[{"criterion": "score"}]', "golden.approved_by is missing"),
        ('[{"criterion": "tone", "approved_by": "emma"}]', "of which the label says nothing"),
    ],
)
def test_what_is_no_golden_value_is_rejected(
    stores: tuple[Store, Store], tmp_path: Path, golden_field: str, said: str
) -> None:
    one, _ = stores
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"item": "item-0000", "rater_name": "expert", "phase": "adjudication", "values": {"score": 4}, '
        f'"golden": {golden_field}}}\n',
        encoding="utf-8",
    )
    rejected: list[str] = []
    with LabelReader(path, {}) as reader:
        import_labels(
            one, "kyc", reader, rater="lead", options=LabelOptions(on_reject=lambda one: rejected.append(one.reason))
        )
    assert [said in reason for reason in rejected] == [True]
    assert kept(one) == []


def test_a_consensus_that_nobody_approved_is_not_golden(stores: tuple[Store, Store], tmp_path: Path) -> None:
    one, other = stores
    assert find_consensus(one, "kyc", "mean", actor="lead").labels == 4
    path = written(one, tmp_path / "labels.jsonl", gold=False)
    assert take(other, path).golden == 0
    assert labels(other) == labels(one)
    table = written(one, tmp_path / "labels.csv", form="csv", gold=False)
    assert "3.5" in table.read_text(encoding="utf-8")
    assert take(other, table).labels == 0
    assert faults(other) == []


def test_an_older_decision_that_comes_later_stands_behind_the_newer_one(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    one, other = stores
    take(other, written(one, tmp_path / "labels.jsonl", gold=False))
    for store, name, score in ((other, "eva", 2), (one, "fay", 4)):
        sitting = decide(store, name)
        give(sitting, score)
        assert sitting.close()
    assert take(one, written(other, tmp_path / "golden.jsonl")).golden == 1
    assert [(row["value"], row["retired"]) for row in standing(one)] == [("4", None)]
    assert take(other, written(one, tmp_path / "back.jsonl")).golden == 1
    assert [(row["value"], row["retired"]) for row in standing(other)] == [("4", None)]
    for name, store in (("one", one), ("other", other)):
        again = fresh_copy(store, tmp_path / f"copy-{name}")
        assert faults(again) == []
        path = written(store, tmp_path / "again.jsonl")
        assert (take(again, path).golden, kept(again)) == (0, kept(store))


def fresh_copy(store: Store, folder: Path) -> Store:
    folder.mkdir(mode=0o700)
    back_up(store.path, folder / "reviewer.db")
    return Store.open(folder / "reviewer.db")


def standing(store: Store) -> list[dict[str, Any]]:
    """The golden values over which nothing came."""
    found = kept(store)
    over = {row["supersedes"] for row in found}
    return [row for at, row in enumerate(found) if at not in over]


def test_a_consensus_that_comes_later_stands_behind_a_persons_decision(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    one, other = stores
    take(other, written(one, tmp_path / "labels.jsonl", gold=False))
    sitting = decide(other, "eva")
    give(sitting, 2)
    assert sitting.close()
    change = sit(one, "ben")
    for seq in (0, 1, 3):
        change.go_to(seq)
        rate(change, 3)
    assert change.close()
    for name in ("ana", "chi"):
        rater = sit(one, name)
        for seq in (0, 1, 3):
            rater.go_to(seq)
            rate(rater, 3)
        assert rater.close()
    find_consensus(one, "kyc", "majority", actor="emma", approve="emma")
    assert take(other, written(one, tmp_path / "golden.jsonl")).golden == 4
    assert sorted(row["value"] for row in standing(other)) == ["2", "3", "3", "3"]
    assert faults(other) == []


def test_an_approval_given_later_travels_with_what_was_taken_out_of_use(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    one, other = stores
    sitting = sit(one, "chi")
    rate(sitting, 5, 2, 3, 5)
    assert sitting.close()
    find_consensus(one, "kyc", "majority", actor="emma")
    take(other, written(one, tmp_path / "before.jsonl", gold=False))
    assert kept(other) == []
    assert find_consensus(one, "kyc", "majority", actor="emma", approve="emma").golden == 4
    path = written(one, tmp_path / "approved.jsonl")
    rehearsed = take(other, path, dry_run=True)
    assert (rehearsed.labels, rehearsed.golden, kept(other)) == (0, 4, [])
    done = take(other, path)
    assert (done.labels, done.golden) == (0, 4)
    assert kept(other) == kept(one)
    moments = "SELECT at FROM golden ORDER BY id"
    with one.reading() as here, other.reading() as there:
        assert here.execute(moments).fetchall() == there.execute(moments).fetchall()
        (item,) = here.execute("SELECT item FROM golden LIMIT 1").fetchone()
    with one.writing() as connection:
        golden.retire(connection, item, golden.PROMOTED, stream=one.device, actor="lead")
    assert kept(other) != kept(one)
    take(other, written(one, tmp_path / "retired.jsonl"))
    assert kept(other) == kept(one)
    assert (faults(one), faults(other)) == ([], [])
    again = take(other, tmp_path / "retired.jsonl")
    assert (again.golden, kept(other)) == (0, kept(one))
