"""Raters whose labels are known to the tests, filed as commits file them, many in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from reviewer.ids import new_id
from reviewer.rubric.questions import scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.store import dealing, labels, queues
from reviewer.store.connection import Store
from reviewer.store.golden import GoldenValue
from reviewer.store.order import RaterOrder, way_of
from reviewer.store.queues import QueueRecord

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)


class Given(NamedTuple):
    """What a rater says of a task; `golden` are the keys whose values are decided by it."""

    rater: str
    task: str
    values: dict[str, Any]
    seconds: float = 20.0
    golden: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    columns: Mapping[str, Any] = MappingProxyType({})


def give(store: Store, queue: QueueRecord, given: Iterable[Given], *, after: int = 0) -> None:
    """Files the labels in this order, a minute after one another, the first of them so many minutes `after` nine."""
    kind: Any = queue.kind
    with store.writing() as connection:
        rubric_id, document = queues.rubrics_of(connection, queue.id)[-1]
        rubric = stored_rubric(document)
        for number, one in enumerate(given, start=after):
            rater = queues.ensure_rater(connection, one.rater)
            ids = [
                row[0]
                for row in connection.execute(
                    "SELECT public_id FROM task_output WHERE task = ? ORDER BY slot", (one.task,)
                )
            ]
            at = (BEGIN + timedelta(minutes=number)).isoformat(timespec="microseconds").replace("+00:00", "Z")
            columns = {
                "id": new_id(),
                "queue": queue.id,
                "task": one.task,
                "rater": rater,
                "phase": "independent",
                "sample": 0,
                "outcome": "submitted",
                "rubric": rubric_id,
                "values": orjson.dumps(one.values).decode(),
                "rationale": "{}",
                "correction": "{}",
                "notes": None,
                "flags": "[]",
                "exposure": "none",
                "shown_order": orjson.dumps(list(one.shown) or ids).decode(),
                "evidence": "{}",
                "confidence": None,
                "cost": None,
                "inputs": None,
                "active_ms": int(one.seconds * 1000),
                "idle_ms": 0,
                "device": store.device,
                "client_version": "test",
                "committed_at": at,
                "source": "test",
                "external_ref": None,
            } | dict(one.columns)
            decided = tuple(
                GoldenValue(key, scale_of_answer(rubric, kind, key) or "", one.values[key]) for key in one.golden
            )
            seq = _place(connection, queue, one.task, rater)
            labels.commit(connection, labels.NewLabel(columns, seq, "s", False, decided), stream=store.device)


def decide(task: str, values: dict[str, Any], *, by: str = "judy", **columns: Any) -> Given:
    """An adjudicator's decision, all of it golden."""
    said = {"phase": "adjudication", "exposure": "peers"} | columns
    return Given(by, task, values, golden=tuple(values), columns=said)


def tasks_of(store: Store, queue: QueueRecord) -> list[str]:
    """The queue's own tasks by their positions."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT id FROM task WHERE queue = ? AND repeat_of IS NULL ORDER BY position", (queue.id,)
        ).fetchall()
    return [task for (task,) in rows]


def scored(rater: str, tasks: Sequence[str], scores: Sequence[int], seconds: float = 20.0) -> list[Given]:
    """A rater's scores on tasks."""
    return [Given(rater, task, {"score": score}, seconds) for task, score in zip(tasks, scores, strict=True)]


def _place(connection: Any, queue: QueueRecord, task: str, rater: str) -> int:
    if way_of(queue.kind, queue.settings) != "drawn":
        return dealing.place_for(connection, queue.id, task, rater)
    position = connection.execute("SELECT position FROM task WHERE id = ?", (task,)).fetchone()[0]
    shuffle = queue.settings.get("shuffle", True)
    return RaterOrder.load(connection, queue.id, queue.seed, rater, shuffle=shuffle).seq(position)
