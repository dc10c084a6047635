"""Items from files into queues: what is seen when, what is known already, and what comes of troubles."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput, ReviewerError, WrongUsage
from reviewer.exchange.intake import Imported, ImportOptions, derived_key, import_items, item_hash
from reviewer.exchange.registry import read
from reviewer.exchange.rejects import Rejected
from reviewer.ids import canonical_json, digest
from reviewer.rubric import rubric_from_data
from reviewer.session.sitting import Sitting
from reviewer.store import events, queues
from reviewer.store.connection import Store
from reviewer.store.figures import FIGURES
from reviewer.store.intake import leftovers
from reviewer.store.masking import output_hash
from tests.store.child import ended
from tests.store.filling import ask, rate, sit

pytestmark = pytest.mark.both_databases


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "home" / "reviewer.db")


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)


def written(tmp_path: Path, *records: dict[str, Any], name: str = "items.jsonl") -> Path:
    path = tmp_path / name
    path.write_bytes(lines(*records))
    return path


def plain(numbers: Iterable[int], **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"k{n}", "prompt": f"p{n}", "output": f"o{n}", "system": "a", **more} for n in numbers]


def take(store: Store | None, path: Path, queue: str = "q", **options: Any) -> Imported:
    with read([path]) as reader:
        return import_items(store, queue, reader, rater="lead", options=ImportOptions(**options))


def counts(done: Imported) -> tuple[int, int, int, int, int, int]:
    return done.rows, done.items, done.outputs, done.tasks, done.duplicates, done.rejected


def rows_in(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def tasks(store: Store, queue: str = "q") -> list[tuple[str, int, str, str]]:
    """Key, position, state and output text of every task."""
    with store.reading() as connection:
        found = ask(
            connection,
            "SELECT t.key, t.position, t.state, o.text FROM task t JOIN queue q ON q.id = t.queue "
            "JOIN task_output x ON x.task = t.id JOIN output o ON o.id = x.output WHERE q.name = ? ORDER BY 2",
            queue,
        )
        return [tuple(row) for row in found]


def sound(store: Store) -> None:
    with store.reading() as connection:
        assert events.verify(connection).faults == []
        assert [fault for figure in FIGURES for fault in figure(connection)] == []
        if store.is_file:  # a server sees to it itself
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert leftovers(connection) == 0


def test_rows_become_items_outputs_and_tasks(store: Store, tmp_path: Path) -> None:
    two = {"id": "x", "prompt": "p", "outputs": [{"system": "a", "text": "1"}, {"system": "b", "text": "2"}]}
    without = {"id": "y", "prompt": "q", "metadata": {"risk": "high"}, "tags": ["kyc"]}
    done = take(store, written(tmp_path, two, without))
    assert counts(done) == (2, 2, 2, 2, 0, 0)
    assert (done.without_output, done.queue_made, done.published) == (1, True, True)
    assert tasks(store) == [("x", 0, "open", "1"), ("x", 1, "open", "2")]
    with store.reading() as connection:
        queue = queues.find(connection, "q")
        assert queue is not None
        assert (queue.size, queue.state, queue.blind) == (2, "open", True)
        [(_, document)] = queues.rubrics_of(connection, queue.id)
        meta = connection.execute("SELECT meta FROM dataset_item WHERE key = 'y'").fetchone()[0]
    assert document == {"name": "score", "criteria": [{"id": "score", "type": "scale", "min": 1, "max": 5}]}
    assert orjson.loads(meta) == {"metadata": {"risk": "high"}, "tags": ["kyc"]}
    sound(store)


def test_the_same_file_twice_adds_nothing(store: Store, tmp_path: Path) -> None:
    keyless = [{"prompt": f"p{n}", "context": "c", "reference": "r", "output": f"o{n}"} for n in range(7)]
    path = written(tmp_path, *plain(range(5)), *keyless)
    assert counts(take(store, path, slice_rows=3)) == (12, 12, 12, 12, 0, 0)
    before = {table: rows_in(store, table) for table in ("item", "output", "task", "event", "batch", "system")}
    assert counts(take(store, path, slice_rows=4)) == (12, 0, 0, 0, 12, 0)
    assert {table: rows_in(store, table) for table in before} == before
    sound(store)


def test_a_file_that_holds_a_row_twice_gives_one_task(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain([1, 2, 1]), *plain([2]))
    assert counts(take(store, path, slice_rows=2)) == (4, 2, 2, 2, 2, 0)


def test_a_known_key_takes_a_further_output(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain([1])))
    more = {"id": "k1", "prompt": "p1", "outputs": [{"system": "a", "text": "o1"}, {"system": "b", "text": "other"}]}
    assert counts(take(store, written(tmp_path, more))) == (1, 0, 1, 1, 0, 0)
    versions = [plain([1], version="2")[0], plain([1], sample=1)[0]]
    assert counts(take(store, written(tmp_path, *versions))) == (2, 0, 2, 2, 0, 0)
    assert [text for *_, text in tasks(store)] == ["o1", "other", "o1", "o1"]


def test_another_text_under_a_known_key_is_rejected(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain([1])))
    changed = [
        {"id": "k1", "prompt": "p1", "output": "changed", "system": "a"},
        {"id": "k1", "prompt": "changed", "output": "o1", "system": "a"},
        {"id": "k1", "prompt": "p1", "context": "changed", "output": "o1", "system": "a"},
        {"id": "k1", "prompt": "p1", "reference": "changed", "output": "o1", "system": "a"},
    ]
    told: list[Rejected] = []
    done = take(store, written(tmp_path, *changed, *plain([2])), on_reject=told.append)
    assert counts(done) == (5, 1, 1, 1, 0, 4)
    assert [reject.line for reject in told] == [1, 2, 3, 4]
    assert "another output of 'a'" in told[0].reason
    assert all("another prompt, context or reference" in reject.reason for reject in told[1:])
    assert all("--revise" in reject.reason for reject in told)
    kept = [orjson.loads(line) for line in Path(done.rejects_file or "").read_bytes().splitlines()]
    assert [set(record) for record in kept] == [{"file", "line", "reason", "raw"}] * 4
    assert [orjson.loads(record["raw"]) for record in kept] == changed


def test_revise_recalls_what_it_replaces(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain([1, 2])))
    changed = written(
        tmp_path,
        {"id": "k1", "prompt": "new", "output": "o1", "system": "a"},
        {"id": "k2", "prompt": "p2", "output": "new", "system": "a"},
        {"id": "k1", "prompt": "new", "output": "more", "system": "b"},
        name="new.jsonl",
    )
    done = take(store, changed, revise=True, slice_rows=1)
    assert (counts(done), done.recalled) == ((3, 1, 3, 3, 0, 0), 2)
    assert [(key, state, text) for key, _, state, text in tasks(store)] == [
        ("k1", "recalled", "o1"),
        ("k2", "recalled", "o2"),
        ("k1", "open", "o1"),
        ("k2", "open", "new"),
        ("k1", "open", "more"),
    ]
    assert counts(take(store, changed, revise=True)) == (3, 0, 0, 0, 3, 0)
    back = take(store, written(tmp_path, *plain([1, 2])), revise=True)
    assert (back.items, back.tasks, back.recalled) == (1, 2, 3)
    sound(store)


def test_an_item_is_known_by_the_hash_of_its_stored_texts(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, {"prompt": "p", "context": "c", "reference": "r", "output": "o"}))
    with store.reading() as connection:
        prompt, context, reference, content = connection.execute(
            "SELECT prompt, context, reference, content_hash FROM item"
        ).fetchone()
        text, parts, output_content = connection.execute("SELECT text, parts, content_hash FROM output").fetchone()
        [key] = connection.execute("SELECT key FROM dataset_item").fetchone()
    assert content == digest([orjson.loads(prompt), orjson.loads(context), reference])
    assert content == item_hash(prompt.encode(), context.encode(), reference)
    assert output_content == digest([text, orjson.loads(parts)]) == output_hash(text, parts.encode())
    assert key == derived_key(content)
    assert prompt.encode() == canonical_json(orjson.loads(prompt))


def test_equal_texts_are_one_item_in_two_queues(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain(range(3)), plain([1])[0] | {"id": "same texts"})
    take(store, path, slice_rows=1)
    take(store, path, "other", slice_rows=3)
    assert (rows_in(store, "item"), rows_in(store, "output"), rows_in(store, "task")) == (3, 3, 8)
    sound(store)


def test_nothing_is_seen_before_all_is_there(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain(range(3))))
    sizes: list[tuple[int | None, int | None]] = []

    def look(_reader: object, _rows: int) -> None:
        with store.reading() as connection:
            old, new = queues.find(connection, "q"), queues.find(connection, "new")
            sizes.append((old.size if old else None, new.size if new else None))
            assert len(queues.all_queues(connection)) == 1

    path = written(tmp_path, *plain(range(3, 9)))
    take(store, path, slice_rows=2, on_progress=look)
    take(store, path, "new", slice_rows=2, on_progress=look)
    assert set(sizes[:3]) == {(3, None)}
    assert set(sizes[4:]) == {(9, None)}
    with store.reading() as connection:
        assert [queue.size for queue in queues.all_queues(connection)] == [9, 6]


def test_raters_at_work_go_on_while_items_come(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain(range(30))))
    sitting = sit(store, "ann", "q")

    def work(_reader: object, _rows: int) -> None:
        rate(sitting, 4)

    take(store, written(tmp_path, *plain(range(30, 60))), slice_rows=5, on_progress=work)
    order = [sitting.order.position(seq) for seq in range(30)]
    assert sitting.close()
    assert rows_in(store, "label") == 7
    again = Sitting.open(store, "q", "ann")
    assert [again.order.position(seq) for seq in range(30)] == order
    assert again.size == 60
    again.close()
    sound(store)


def test_an_import_that_breaks_off_takes_everything_back(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain(range(3))))
    tables = ("item", "output", "task", "task_output", "dataset_item", "dataset", "queue", "batch", "event")
    before = {table: rows_in(store, table) for table in tables}

    def break_off(_reader: object, rows: int) -> None:
        if rows >= 6:
            raise KeyboardInterrupt

    for queue in ("q", "new"):
        with pytest.raises(KeyboardInterrupt):
            take(store, written(tmp_path, *plain(range(50))), queue, slice_rows=2, on_progress=break_off)
        assert {table: rows_in(store, table) for table in tables} == before
    assert gc.isenabled()
    sound(store)


KILLED = """
import os, sys
from pathlib import Path
from reviewer.exchange.intake import ImportOptions, import_items
from reviewer.exchange.registry import read
from reviewer.store.connection import Store

def die(_reader, rows):
    if rows >= 40:
        os.kill(os.getpid(), 9)

with read([Path(sys.argv[2])]) as reader:
    options = ImportOptions(slice_rows=10, on_progress=die)
    import_items(Store.open(Path(sys.argv[1])), sys.argv[3], reader, rater="lead", options=options)
"""


def test_a_killed_import_leaves_nothing_to_be_seen_and_the_next_one_works(store: Store, tmp_path: Path) -> None:
    take(store, written(tmp_path, *plain(range(3)), name="first.jsonl"))
    path = written(tmp_path, *plain(range(100)))
    for queue in ("q", "new"):
        assert ended(KILLED, str(store.path), str(path), queue) == -9
        with store.reading() as connection:
            assert [record.name for record in queues.all_queues(connection)] == ["q"]
            assert [record.size for record in queues.all_queues(connection)] == [3]
    assert rows_in(store, "task") > 3
    done = take(store, path)
    assert counts(done) == (100, 97, 97, 97, 3, 0)
    assert rows_in(store, "task") == 100
    assert rows_in(store, "queue") == 1
    sound(store)


def test_two_imports_at_once_are_refused(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain(range(4)))

    def another(_reader: object, _rows: int) -> None:
        with pytest.raises(BadInput, match="another import"):
            take(store, path, "other")

    take(store, path, slice_rows=2, on_progress=another)
    assert counts(take(store, path, "other")) == (4, 4, 4, 4, 0, 0)


def test_strict_takes_nothing_beside_a_reject(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain(range(5)), {"id": "bad"})
    done = take(store, path, strict=True, slice_rows=2)
    assert (done.published, done.rejected) == (False, 1)
    assert (rows_in(store, "queue"), rows_in(store, "task")) == (0, 0)
    assert take(store, written(tmp_path, *plain(range(5))), strict=True).published


def test_a_file_without_a_good_row_makes_no_queue(store: Store, tmp_path: Path) -> None:
    done = take(store, written(tmp_path, {"id": "bad"}, {"id": "worse"}))
    assert (done.published, counts(done)) == (False, (2, 0, 0, 0, 0, 2))
    assert rows_in(store, "queue") == 0


def test_a_row_may_bring_a_rubric_of_its_own(store: Store, tmp_path: Path) -> None:
    own = {"name": "own", "criteria": [{"id": "met", "type": "boolean"}]}
    bad = {"name": "bad", "criteria": [{"id": "met", "type": "guess"}]}
    alone = {"name": "compare", "preference": {"scale": 3}}
    told: list[Rejected] = []
    rows = [*plain([1]), *plain([2, 3], rubric=own), *plain([4], rubric=bad), *plain([5], rubric=alone)]
    done = take(store, written(tmp_path, *rows), on_reject=told.append)
    assert counts(done) == (5, 3, 3, 3, 0, 2)
    assert "its rubric cannot be used" in told[0].reason
    assert "no criteria" in told[1].reason
    sitting = sit(store, "ann", "q")
    names = set()
    for seq in range(3):
        sitting.go_to(seq)
        assert sitting.view is not None
        names.add((sitting.view.prompt[0].text, sitting.view.rubric.name))
    sitting.close()
    assert names == {("p1", "score"), ("p2", "own"), ("p3", "own")}
    sound(store)


def test_a_rubric_comes_into_force(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain([1]))
    rubric = rubric_from_data({"name": "kyc", "criteria": [{"id": "safe", "type": "boolean"}]})
    first = take(store, path, rubric=rubric)
    assert (first.queue_made, first.rubric_changed) == (True, False)
    newer = rubric_from_data({"name": "kyc", "criteria": [{"id": "safe", "type": "boolean", "help": "Is it?"}]})
    assert take(store, path, rubric=newer).rubric_changed
    assert not take(store, path, rubric=newer).rubric_changed
    with store.reading() as connection:
        queue = queues.find(connection, "q")
        assert queue is not None
        assert [document["criteria"][0].get("help") for _, document in queues.rubrics_of(connection, queue.id)] == [
            None,
            "Is it?",
        ]


def test_what_cannot_be_a_queue_to_rate_is_refused(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain([1]))
    with pytest.raises(BadInput, match="no criteria"):
        take(store, path, rubric=rubric_from_data({"name": "compare", "preference": {"scale": 3}}))
    with pytest.raises(WrongUsage, match="name of a queue"):
        take(store, path, "\x1b[2J")
    take(store, path)
    with store.writing() as connection:
        queue = queues.find(connection, "q")
        assert queue is not None
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.closed", state="closed")
        queues.create(connection, "pairs", stream=store.device, actor="lead", kind="pairwise")
    with pytest.raises(BadInput, match=r"closed.*reopen q"):
        take(store, path)
    with pytest.raises(WrongUsage, match="pairwise"):
        take(store, path, "pairs", kind="rating")


def test_a_dry_run_writes_nothing(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain(range(3)), {"id": "bad"})
    done = take(None, path, dry_run=True)
    assert (counts(done), done.published, done.rejects_file) == ((4, 3, 3, 3, 0, 1), False, None)
    take(store, written(tmp_path, *plain(range(2)), name="other.jsonl"))
    before = store.path.read_bytes()
    assert counts(take(store, path, dry_run=True)) == (4, 1, 1, 1, 2, 1)
    assert store.path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["home", "items.jsonl", "other.jsonl"]
    named = tmp_path / "told.jsonl"
    assert take(store, path, dry_run=True, rejects=named).rejects_file == str(named)
    assert orjson.loads(named.read_bytes())["line"] == 4


def test_rejects_never_take_the_place_of_a_file(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain([1]), {"id": "bad"})
    first = take(store, path)
    second = take(store, path)
    assert [Path(one.rejects_file or "").name for one in (first, second)] == [
        "items.jsonl.rejects.jsonl",
        "items.jsonl.rejects-2.jsonl",
    ]
    assert Path(first.rejects_file or "").stat().st_mode & 0o777 == 0o600
    with pytest.raises(WrongUsage, match="exists already"):
        take(store, path, rejects=path)
    with pytest.raises(BadInput, match="cannot be written"):
        take(store, path, rejects=tmp_path / "nowhere" / "rejects.jsonl")
    sound(store)


def test_escaped_characters_are_counted(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_bytes(b'{"id": "1", "prompt": "a\\u0000b", "output": "\\ud800"}\n')
    assert take(store, path).escaped == 2
    assert [text for *_, text in tasks(store)] == ["\\ud800"]


def test_what_the_store_cannot_take_is_a_sentence(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path, *plain([1]))
    shutil.rmtree(store.path.parent)
    with pytest.raises(ReviewerError):
        take(store, path)
