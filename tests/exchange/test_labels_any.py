"""Any set of labels exports and imports to an equal one; any bytes as a file of labels end in a sentence."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.errors import ReviewerError
from reviewer.exchange.intake import ImportOptions, import_items
from reviewer.exchange.labels.cells import guarded, unguarded
from reviewer.exchange.labels.out import export
from reviewer.exchange.labels.read import LabelReader
from reviewer.exchange.labels.take import ImportedLabels, LabelOptions, import_labels
from reviewer.exchange.registry import read
from reviewer.rubric import rubric_from_data
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.tables import Label, columns
from tests.exchange.test_intake import lines, sound

RUBRIC = {
    "name": "every",
    "criteria": [
        {"id": "score", "type": "scale", "min": 1, "max": 5, "allow_na": True},
        {"id": "safe", "type": "boolean", "required": False},
        {"id": "risk", "type": "choice", "options": ["low", "=high"], "required": False},
        {"id": "faults", "type": "multi", "options": ["a", "b", "c"], "required": False},
        {"id": "cost", "type": "number", "required": False},
        {"id": "words", "type": "text", "required": False},
        {"id": "turn", "type": "scale", "min": 0, "max": 3, "per": "turn", "required": False},
    ],
}
ITEMS = [
    {"id": f"i{n}", "prompt": f"p{n}", "outputs": [{"system": s, "version": "1", "text": f"{s}{n}"} for s in "ab"]}
    for n in range(3)
]
SYSTEMS = [(f"i{n}", system) for n in range(3) for system in "ab"]

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "score": st.none() | st.integers(1, 5),
        "safe": st.booleans(),
        "risk": st.sampled_from(["low", "=high"]),
        "faults": st.sampled_from([[], ["a"], ["a", "c"], ["b"]]),
        "cost": st.integers(-9, 9) | st.floats(-1e6, 1e6, allow_nan=False),
        "words": TEXTS,
        "turn@turn:1": st.integers(0, 3),
        "turn@turn:2": st.integers(0, 3),
    },
)
RATIONALE = st.dictionaries(
    st.sampled_from(["label", "score", "safe"]),
    st.fixed_dictionaries({"text": TEXTS, "reasons": st.lists(TEXTS, max_size=2)}),
    max_size=2,
)
MOMENTS = st.integers(0, 10**6 - 1).map(lambda n: f"2026-05-01T09:{n % 60:02d}:{n // 60 % 60:02d}.{n:06d}Z")
SAID = st.fixed_dictionaries(
    {
        "place": st.sampled_from(SYSTEMS),
        "rater": st.tuples(st.sampled_from(["ann", "=bob", "漢字"]), st.sampled_from(["human", "human", "judge"])),
        "phase": st.sampled_from(["independent", "independent", "revote", "adjudication"]),
        "sample": st.integers(0, 2),
        "outcome": st.sampled_from(["submitted", "submitted", "skipped", "abstained", "sent_back"]),
        "values": VALUES,
        "rationale": RATIONALE,
        "correction": st.dictionaries(st.sampled_from(["output", "@output:1"]), TEXTS, max_size=1),
        "notes": st.none() | TEXTS,
        "flags": st.lists(TEXTS, max_size=2, unique=True),
        "exposure": st.sampled_from(["none", "judge", "peers", "gold"]),
        "evidence": st.dictionaries(TEXTS, st.lists(st.integers(0, 9), max_size=2), max_size=1),
        "confidence": st.none() | st.floats(0, 1),
        "cost": st.none() | TEXTS,
        "inputs": st.none() | TEXTS,
        "active_ms": st.integers(0, 2**40),
        "idle_ms": st.integers(0, 2**40),
        "device": TEXTS,
        "client_version": TEXTS,
        "committed_at": MOMENTS,
        "source": TEXTS,
        "external_ref": st.none() | TEXTS,
        "surplus": st.booleans(),
    }
)


@dataclass(frozen=True)
class Stores:
    """Two stores with the same items and no labels, to copy."""

    one: Path
    other: Path


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    made = []
    for name in ("one", "other"):
        folder = tmp_path_factory.mktemp(name)
        store = Store.open(folder / "reviewer.db")
        items = folder / "items.jsonl"
        items.write_bytes(lines(*(ITEMS if name == "one" else reversed(ITEMS))))
        with read([items]) as reader:
            options = ImportOptions(rubric=rubric_from_data(RUBRIC))
            import_items(store, "q", reader, rater="lead", options=options)
        reveal(store)
        made.append(store.path)
    return Stores(*made)


def reveal(store: Store, queue: str = "q") -> None:
    with store.writing() as connection:
        found = queues.find(connection, queue)
        assert found is not None
        at = "2026-06-01T00:00:00.000000Z"
        queues.change(connection, found, stream=store.device, actor="l", action="queue.revealed", revealed_at=at)


def copied(path: Path, folder: Path, name: str) -> Store:
    target = folder / name
    target.mkdir()
    shutil.copy(path, target / "reviewer.db")
    return Store.open(target / "reviewer.db")


def take(store: Store, path: Path, queue: str = "q", **options: Any) -> ImportedLabels:
    with LabelReader(path, {}) as reader:
        return import_labels(store, queue, reader, rater="lead", options=LabelOptions(**options))


def exported(store: Store, path: Path, form: str = "jsonl", queue: str = "q", **options: Any) -> Path:
    with store.reading() as connection, path.open("wb") as stream:
        found = queues.find(connection, queue)
        assert found is not None
        export(connection, found, stream.write, form=form, **options)
    return path


def stored(store: Store) -> list[dict[str, Any]]:
    """Every column of every label, the identifiers of this store replaced by what they stand for."""
    names = columns(Label)
    with store.reading() as connection:
        meant = {
            "queue": dict(connection.execute("SELECT id, name FROM queue")),
            "rater": dict(connection.execute("SELECT id, name || '/' || kind FROM rater")),
            "rubric": dict(connection.execute("SELECT id, content_hash FROM rubric")),
            "task": dict(
                connection.execute(
                    "SELECT t.id, t.key || '/' || s.name FROM task t JOIN task_output x ON x.task = t.id "
                    "JOIN output o ON o.id = x.output JOIN system s ON s.id = o.system"
                )
            ),
        }
        shown = dict(connection.execute("SELECT public_id, o.text FROM task_output x JOIN output o ON o.id = x.output"))
        rows = [dict(zip(names, row, strict=True)) for row in connection.execute("SELECT * FROM label ORDER BY id")]
    for row in rows:
        for name, known in meant.items():
            row[name] = known[row[name]]
        row["shown_order"] = [shown[public_id] for public_id in orjson.loads(row["shown_order"])]
        for name in ("supersedes", "values", "rationale", "correction", "flags", "evidence"):
            row[name] = orjson.loads(row[name])
        del row["received_at"]
    return rows


def heads(store: Store) -> set[tuple[str, ...]]:
    with store.reading() as connection:
        return {tuple(row) for row in connection.execute("SELECT label, phase, sample, conflict FROM label_head")}


def said_lines(said: list[dict[str, Any]]) -> bytes:
    """The labels as lines of a file, revisions of one rater's label following each other."""
    last: dict[tuple[Any, ...], tuple[str, int]] = {}
    records = []
    for number, one in enumerate(said):
        record = dict(one)
        item, system = record.pop("place")
        name, kind = record.pop("rater")
        line = (item, system, name, kind, record["phase"], record["sample"])
        before, revision = last.get(line, ("", 0))
        identifier = f"01900000-0000-7000-8000-{number:012d}"
        last[line] = (identifier, revision + 1)
        records.append(
            record
            | {
                "id": identifier,
                "item": item,
                "outputs": OUTPUTS[item, system],
                "rater_name": name,
                "rater_kind": kind,
                "rubric_name": "every",
                "revision": revision + 1,
                "supersedes": [before] if before else [],
            }
        )
    return lines(*records)


OUTPUTS: dict[tuple[str, str], list[dict[str, Any]]] = {}


@pytest.fixture(scope="module", autouse=True)
def outputs(stores: Stores) -> None:
    with Store.open(stores.one).reading() as connection:
        found = connection.execute(
            "SELECT t.key, s.name, x.public_id, o.content_hash FROM task t JOIN task_output x ON x.task = t.id "
            "JOIN output o ON o.id = x.output JOIN system s ON s.id = o.system"
        )
        for key, system, public_id, content in found:
            known = {"system": system, "version": "1", "sample": 0, "content_hash": content}
            OUTPUTS[key, system] = [{"public_id": public_id, "slot": 0, **known}]


@settings(max_examples=30, deadline=None)
@given(said=st.lists(SAID, min_size=1, max_size=8))
def test_any_label_set_goes_out_and_in_again(stores: Stores, said: list[dict[str, Any]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        first = copied(stores.one, folder, "first")
        given_file = folder / "given.jsonl"
        given_file.write_bytes(said_lines(said))
        done = take(first, given_file)
        assert (done.labels, done.rejected, done.duplicates) == (len(said), 0, 0)
        for one, row in zip(said, stored(first), strict=True):
            assert {name: row[name] for name in one if name not in ("place", "rater", "surplus")} == {
                name: value for name, value in one.items() if name not in ("place", "rater", "surplus")
            }
            assert row["surplus"] == int(one["surplus"])
            assert row["task"] == "/".join(one["place"])
            assert row["rater"] == "/".join(one["rater"])
        path = exported(first, folder / "labels.jsonl")
        for target in (copied(stores.one, folder, "copy"), copied(stores.other, folder, "other")):
            assert take(target, path).labels == len(said)
            assert stored(target) == stored(first)
            assert heads(target) == heads(first)
            assert exported(target, folder / "again.jsonl").read_bytes().count(b"\n") == len(said)
            sound(target)
        again = take(first, path)
        assert (again.labels, again.duplicates, again.rejected) == (0, len(said), 0)
        sound(first)


@settings(max_examples=30, deadline=None)
@given(said=st.lists(SAID, min_size=1, max_size=5))
def test_what_counts_goes_through_a_table(stores: Stores, said: list[dict[str, Any]]) -> None:
    """Of what a table holds nothing is lost, values of every type and texts like formulas included."""
    kept = [one | {"sample": 0, "values": one["values"] or {"score": 3}} for one in said]
    with TemporaryDirectory() as name:
        folder = Path(name)
        first = copied(stores.one, folder, "first")
        given_file = folder / "given.jsonl"
        given_file.write_bytes(said_lines([one | {"rater": (one["rater"][0], "human")} for one in kept]))
        take(first, given_file)
        path = exported(first, folder / "labels.csv", "csv", every=True)
        other = copied(stores.other, folder, "other")
        done = take(other, path)
        assert (done.rejected, done.labels) == (0, len(kept))
        for row, twin in zip(stored(first), stored(other), strict=True):
            same = ("id", "task", "rater", "phase", "outcome", "revision", "rubric", "committed_at", "shown_order")
            assert {name: row[name] for name in same} == {name: twin[name] for name in same}
            values = {key: value for key, value in row["values"].items() if key != "words" or str(value).strip()}
            assert {key: value for key, value in twin["values"].items() if key in values} == values
            assert abs(row["active_ms"] - twin["active_ms"]) <= max(1, row["active_ms"] // 10**5)
        sound(other)


@given(text=TEXTS)
@example("'=1")
@example("''\t")
@example("'")
def test_a_guarded_cell_is_no_formula_and_is_read_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


GOOD = (
    b'{"item": "i0", "outputs": [{"system": "a"}], "rater": "ann", "values": {"score": 4}}\n',
    b'{"id": "01900000-0000-7000-8000-000000000000", "item": "i1", "rater_name": "b", "supersedes": []}\n',
    b"item,system,rater,criterion,value\ni0,a,ann,score,4\ni0,a,ann,safe,true\ni1,b 1,bob,,3\n",
    b"label\titem\trater\toutcome\tvalue\tlabel_rationale\n\ti0\tann\tskipped\t\tno idea\n",
)
TOKENS = [
    b'"',
    b"{",
    b"[",
    b"]",
    b",",
    b"\n",
    b"\0",
    b"\xff",
    b"null",
    b"1e999",
    b'"rater"',
    b"-1",
    b"\\ud800",
    b"a" * 99,
]


@st.composite
def near_valid(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        if draw(st.booleans()):
            data[at:at] = draw(st.sampled_from(TOKENS) | st.binary(max_size=4))
        else:
            del data[at : at + draw(st.integers(1, 12))]
    return bytes(data)


@settings(max_examples=120, deadline=None)
@given(data=near_valid() | st.binary(max_size=200), strict=st.booleans())
def test_any_bytes_are_labels_or_a_sentence(stores: Stores, data: bytes, strict: bool) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = copied(stores.one, folder, "store")
        path = folder / "labels"
        path.write_bytes(data)
        with suppress(ReviewerError):
            done = take(store, path, strict=strict)
            assert len(stored(store)) == done.labels
            if strict and done.rejected:
                assert done.labels == 0
        sound(store)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
FIELDS = [
    *columns(Label),
    "item",
    "outputs",
    "rater_name",
    "rater_kind",
    "rubric_name",
    "rubric_hash",
    "queue_id",
]


@settings(max_examples=150, deadline=None)
@given(extra=st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=3))
@example(extra={"outputs": [{"public_id": "x", "system": [], "content_hash": {}}]})
@example(extra={"values": {"score": [1]}})
@example(extra={"values": {"faults": {"a": 1}}, "shown_order": ["x"]})
def test_any_field_of_any_type_is_taken_or_refused(stores: Stores, extra: dict[str, Any]) -> None:
    record = {"item": "i0", "outputs": OUTPUTS["i0", "a"], "rater": "ann", "values": {"score": 4}} | extra
    try:
        line = orjson.dumps(record)
    except TypeError:  # an integer beyond 64 bits
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = copied(stores.one, folder, "store")
        path = folder / "labels.jsonl"
        path.write_bytes(line)
        done = take(store, path)
        assert done.labels + done.rejected == 1
        sound(store)
