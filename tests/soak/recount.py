"""What must hold in a store at any moment, counted anew from the labels alone."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from reviewer.store import events
from reviewer.store.connection import Store
from reviewer.store.figures import FIGURES

_OUTCOMES = ("submitted", "skipped", "abstained", "sent_back")


@dataclass(frozen=True, slots=True)
class Said:
    """What stands on a task: by its draft where there is one, else by its label."""

    score: int | None = None
    text: str = ""
    flagged: bool = False


def check_store(path: Path) -> None:
    """Opens the store as a program does and asserts that it is whole, and that all that is counted is so."""
    store = Store.open(path, create=False)
    with closing(store.connect()) as connection:
        assert isinstance(connection, sqlite3.Connection)
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        _check_labels(connection)
        _check_progress(connection)
        _check_drafts(connection)
        connection.row_factory = None
        seen = events.verify(connection)
        assert seen.faults == []
        assert [fault for figure in FIGURES for fault in figure(connection)] == []


def label_count(path: Path) -> int:
    """How many labels the store holds, revisions included."""
    with closing(_reader(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM label").fetchone()[0])


def said_on(path: Path, rater: str, queue: str) -> dict[str, Said]:
    """What the rater of that name has said on each task of the queue that they have touched."""
    found: dict[str, Said] = {}
    with closing(_reader(path)) as connection:
        who, where = _ids(connection, rater, queue)
        for row in _heads(connection, who, where):
            document = {"values": orjson.loads(row["values"]), "rationale": orjson.loads(row["rationale"])}
            found[row["task"]] = _said({**document, "flags": orjson.loads(row["flags"])})
        for row in connection.execute("SELECT * FROM draft WHERE rater = ? AND queue = ?", (who, where)):
            found[row["task"]] = _said(orjson.loads(row["document"]))
    return found


def _said(document: dict[str, Any]) -> Said:
    values = document.get("values", {})
    return Said(values.get("score"), _text(document.get("rationale", {})), bool(document.get("flags")))


def _text(rationale: dict[str, Any]) -> str:
    return str(rationale.get("score", {}).get("text", ""))


def _reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection


def _ids(connection: sqlite3.Connection, rater: str, queue: str) -> tuple[str, str]:
    who = connection.execute("SELECT id FROM rater WHERE name = ?", (rater,)).fetchone()
    where = connection.execute("SELECT id FROM queue WHERE name = ?", (queue,)).fetchone()
    return who[0] if who else "", where[0]


def _heads(connection: sqlite3.Connection, rater: str, queue: str) -> Iterator[sqlite3.Row]:
    """The last revision of each of the rater's labels, found without the table of heads."""
    newest: dict[str, sqlite3.Row] = {}
    for row in connection.execute(
        "SELECT * FROM label WHERE rater = ? AND queue = ? ORDER BY revision", (rater, queue)
    ):
        newest[row["task"]] = row
    return iter(newest.values())


def _check_labels(connection: sqlite3.Connection) -> None:
    lines: dict[tuple[str, str], list[sqlite3.Row]] = {}
    for row in connection.execute("SELECT * FROM label ORDER BY task, rater, revision"):
        lines.setdefault((row["task"], row["rater"]), []).append(row)
    for (task, rater), line in lines.items():
        assert [row["revision"] for row in line] == list(range(1, len(line) + 1))
        before: list[str] = []
        for row in line:
            assert orjson.loads(row["supersedes"]) == before
            before = [row["id"]]
        head = connection.execute("SELECT label FROM label_head WHERE task = ? AND rater = ?", (task, rater))
        assert [row["label"] for row in head] == before
    told = connection.execute("SELECT count(*), count(DISTINCT subject) FROM event WHERE action LIKE 'label.%'")
    count = sum(map(len, lines.values()))
    assert tuple(told.fetchone()) == (count, count)


def _check_progress(connection: sqlite3.Connection) -> None:
    for row in connection.execute("SELECT * FROM progress").fetchall():
        rater, queue = row["rater"], row["queue"]
        heads = list(_heads(connection, rater, queue))
        counted = Counter(head["outcome"] for head in heads)
        assert {name: row[name] for name in _OUTCOMES} == {name: counted[name] for name in _OUTCOMES}
        assert row["flagged"] == sum(head["flags"] != "[]" for head in heads)
        for spent in ("active_ms", "idle_ms"):
            total = connection.execute(
                f"SELECT coalesce(sum({spent}), 0) FROM label WHERE rater = ? AND queue = ?", (rater, queue)
            )
            assert row[spent] == total.fetchone()[0]
        assignments = connection.execute(
            "SELECT task, seq FROM assignment WHERE rater = ? AND queue = ? AND state != 'open'", (rater, queue)
        ).fetchall()
        assert {given["task"] for given in assignments} == {head["task"] for head in heads}
        done = {given["seq"] for given in assignments}
        covered = _covered(connection, rater, queue)
        assert done <= covered
        assert len(covered) == len(done) + row["passed"]


def _covered(connection: sqlite3.Connection, rater: str, queue: str) -> set[int]:
    covered: set[int] = set()
    end = -2
    for stretch in connection.execute(
        "SELECT first, last FROM stretch WHERE rater = ? AND queue = ? ORDER BY first", (rater, queue)
    ):
        assert end + 1 < stretch["first"] <= stretch["last"]
        end = stretch["last"]
        covered.update(range(stretch["first"], end + 1))
    return covered


def _check_drafts(connection: sqlite3.Connection) -> None:
    """No ghost: a draft on a task that has a label is a change of that very label."""
    ghosts = connection.execute(
        "SELECT draft.task FROM draft JOIN label_head AS head ON head.task = draft.task AND head.rater = draft.rater "
        "WHERE draft.base_label IS NOT head.label"
    ).fetchall()
    assert [row["task"] for row in ghosts] == []
