"""Raters of known taste at a comparison queue, through real sittings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from reviewer.ids import new_id, now
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.prepared import insert_into, upsert
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import Assignment, Label, LabelHead, Task, TaskOutput
from tests.store.filling import ask, sit

Taste = Callable[[Sequence[str]], dict[str, Any]]
"""What a rater answers, by the names of the systems from the first shown on."""


def systems_by_public_id(store: Store) -> dict[str, str]:
    """Which system hides behind each public id."""
    with store.reading() as connection:
        return dict(
            connection.execute(
                "SELECT o.public_id, s.name FROM task_output o JOIN output u ON o.output = u.id"
                " JOIN system s ON u.system = s.id"
            )
        )


def judge(store: Store, rater: str, taste: Taste, *, queue: str = "pairs", most: int = 10_000) -> int:
    """Lets a rater answer by their taste until nothing is left, or `most` labels are given; returns how many."""
    sitting = sit(store, rater, queue)
    given = 0
    try:
        while sitting.view is not None and given < most:
            behind = systems_by_public_id(store)
            sitting.work.values |= taste([behind[output.public_id] for output in sitting.view.outputs])
            sitting.touch()
            step = sitting.submit()
            assert step.moved, step
            sitting.drain(10)
            given += 1
    finally:
        assert sitting.close()
    return given


def turned(answer: int | str) -> int | str:
    """The same preference, said of the mirrored order."""
    return answer if isinstance(answer, str) else -answer


def add_repeat(store: Store, queue: QueueRecord, original: str) -> dict[str, str]:
    """Adds a hidden repeat of a task; returns its own public id for each of the original's."""
    with store.writing() as connection:
        key, item = ask(connection, "SELECT key, item FROM task WHERE id = ?", original).fetchone()
        last = ask(connection, "SELECT max(position) FROM task WHERE queue = ?", queue.id).fetchone()[0]
        sides = ask(
            connection, "SELECT slot, output, public_id FROM task_output WHERE task = ? ORDER BY slot", original
        ).fetchall()
        task = new_id()
        row = {"id": task, "queue": queue.id, "key": key, "item": item, "position": last + 1, "repeat_of": original}
        rest = {"priority": 0.0, "rubric": None, "selection": None, "probability": None, "state": "open", "gold": 0}
        insert_into(Task).run(connection, **row, **rest)
        own = {public_id: new_id()[::-1] for _, _, public_id in sides}
        for slot, output, public_id in sides:
            insert_into(TaskOutput).run(connection, task=task, slot=slot, output=output, public_id=own[public_id])
    return {"task": task, **own}


def label(
    store: Store,
    queue: QueueRecord,
    task: str,
    rater: str,
    values: dict[str, Any],
    shown: Sequence[str],
    **columns: Any,
) -> None:
    """Files a label with its head and assignment, as a commit or an import leaves them."""
    with store.writing() as connection:
        known = queues.ensure_rater(connection, rater)
        rubric = queues.rubrics_of(connection, queue.id)[-1][0]
        seq = ask(connection, "SELECT count(*) FROM assignment WHERE rater = ?", known).fetchone()[0]
        row = {
            "id": new_id(),
            "queue": queue.id,
            "task": task,
            "rater": known,
            "phase": "independent",
            "sample": 0,
            "outcome": "submitted",
            "revision": 1,
            "supersedes": "[]",
            "rubric": rubric,
            "values": orjson.dumps(values).decode(),
            "rationale": "{}",
            "correction": "{}",
            "notes": None,
            "flags": "[]",
            "exposure": "none",
            "shown_order": orjson.dumps(list(shown)).decode(),
            "evidence": "{}",
            "confidence": None,
            "cost": None,
            "inputs": None,
            "active_ms": 1000,
            "idle_ms": 0,
            "device": store.device,
            "client_version": "test",
            "committed_at": now(),
            "received_at": now(),
            "source": "test",
            "external_ref": None,
            "surplus": 0,
        } | columns
        insert_into(Label).run(connection, **row)
        head = {name: row[name] for name in ("task", "rater", "phase", "sample")}
        upsert(LabelHead).run(connection, **head, label=row["id"], conflict="[]")
        if row["sample"] == 0:
            upsert(Assignment).run(
                connection,
                task=task,
                rater=known,
                queue=queue.id,
                seq=seq,
                shown_order=row["shown_order"],
                state=row["outcome"],
                flagged=0,
                committed_at=row["committed_at"],
            )
