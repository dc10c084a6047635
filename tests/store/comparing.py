"""Comparison queues with something in them, written as an import leaves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import orjson

from reviewer.ids import digest, new_id, new_public_id, now
from reviewer.store import events, planning, queues
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.prepared import Driver, insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import (
    Batch,
    DatasetItem,
    DatasetOutput,
    Item,
    Output,
    System,
    Task,
    TaskOutput,
)
from tests.store.filling import ask, put_rubric, record

PREFERENCE: dict[str, Any] = {"name": "preference", "preference": {"scale": 5}}
RANKING: dict[str, Any] = {"name": "ranking", "preference": {"scale": 5}}


def pairs_queue(
    store: Store,
    *,
    items: int = 10,
    systems: Sequence[str] = ("alpha", "beta", "gamma"),
    kind: str = "pairwise",
    overlap: int = 0,
    settings: dict[str, Any] | None = None,
    name: str = "pairs",
    rubric: Mapping[str, Any] | None = None,
) -> QueueRecord:
    """A blind comparison queue: a task for each pair of systems of an item, or in a ranking queue one over all."""
    with store.writing() as connection:
        made = queues.create(connection, name, stream=store.device, actor="lead", kind=kind, settings=settings)
        if overlap:
            queues.change(connection, made, stream=store.device, actor="lead", action="queue.changed", overlap=overlap)
    put_rubric(store, made, rubric or (RANKING if kind == "ranking" else PREFERENCE))
    add_pairs(store, record(store, name), range(items), systems)
    return record(store, name)


def add_pairs(store: Store, queue: QueueRecord, numbers: Sequence[int], systems: Sequence[str]) -> None:
    """Adds items of these numbers with an answer of each system, and publishes their tasks as one batch."""
    with store.writing() as connection:
        known = [_system(connection, system) for system in systems]
        items, outputs = ask(connection, "SELECT size, outputs FROM dataset WHERE id = ?", queue.dataset).fetchone()
        position = queue.size
        for number in numbers:
            item = _item(connection, queue, number, items)
            items += 1
            answers = [
                _output(connection, queue, item, number, system, outputs + at) for at, system in enumerate(known)
            ]
            outputs += len(answers)
            chosen = [answers] if queue.kind == "ranking" else list(combinations(answers, 2))
            for slots in chosen:
                _task(connection, queue, item, number, position, slots)
                position += 1
        if position > queue.size:
            insert_into(Batch).run(connection, queue=queue.id, first=queue.size, size=position - queue.size, at=now())
        ask(connection, "UPDATE queue SET size = ? WHERE id = ?", position, queue.id)
        if position > queue.size:
            planning.plan_batch(connection, queue.name)
        ask(connection, "UPDATE dataset SET size = ?, outputs = ? WHERE id = ?", items, outputs, queue.dataset)


def _system(driver: Driver, name: str) -> tuple[str, str]:
    found = ask(driver, "SELECT id FROM system WHERE name = ? AND version = ''", name).fetchone()
    identifier = found[0] if found else new_id()
    if not found:
        insert_into(System).run(driver, id=identifier, name=name, version="", family=None)
    return identifier, name


def _item(driver: Driver, queue: QueueRecord, number: int, place: int) -> str:
    prompt = [{"role": "user", "text": f"What does note {number} say?"}]
    context = [{"title": f"Note {number}", "text": f"Note {number} says {number}."}]
    item = new_id()
    insert_into(Item).run(
        driver,
        id=item,
        content_hash=digest([queue.name, prompt, context]),
        prompt=orjson.dumps(prompt).decode(),
        context=orjson.dumps(context).decode(),
        reference=None,
    )
    insert_into(DatasetItem).run(
        driver,
        dataset=queue.dataset,
        key=f"item-{number:04d}",
        item=item,
        position=place,
        meta=orjson.dumps({"metadata": {"risk": "severe"}, "tags": ["kyc"]}).decode(),
    )
    return item


def _output(driver: Driver, queue: QueueRecord, item: str, number: int, system: tuple[str, str], seq: int) -> str:
    output = new_id()
    # The text tells answers apart without naming who gave them.
    text = f"Answer {number}, in the manner of {digest([system[1]])[:6]}."
    insert_into(Output).run(
        driver,
        id=output,
        item=item,
        system=system[0],
        run=None,
        sample=0,
        parts="[]",
        text=text,
        content_hash=digest([text, seq]),
        masked=None,
    )
    insert_into(DatasetOutput).run(driver, dataset=queue.dataset, key=f"item-{number:04d}", output=output, seq=seq)
    return output


def _task(driver: Driver, queue: QueueRecord, item: str, number: int, position: int, outputs: Sequence[str]) -> None:
    task = new_id()
    insert_into(Task).run(
        driver,
        id=task,
        queue=queue.id,
        key=f"item-{number:04d}",
        item=item,
        position=position,
        priority=0.0,
        rubric=None,
        repeat_of=None,
        gold=0,
        selection=None,
        probability=None,
        state="open",
    )
    for slot, output in enumerate(outputs):
        insert_into(TaskOutput).run(driver, task=task, slot=slot, output=output, public_id=new_public_id())


class View(NamedTuple):
    """One place that was dealt to a rater."""

    rater: str
    seq: int
    task: str
    repeat_of: str | None
    shown: tuple[str, ...]
    state: str


def views(store: Store, queue: QueueRecord, rater: str | None = None) -> list[View]:
    """Every place dealt, of one rater by name where given, in the order of the raters' places."""
    with store.reading() as connection:
        rows = ask(
            connection,
            "SELECT rater.name, seq, task, repeat_of, shown_order, assignment.state FROM assignment"
            " JOIN rater ON assignment.rater = rater.id JOIN task ON assignment.task = task.id"
            " WHERE assignment.queue = ? ORDER BY rater.name, seq",
            queue.id,
        ).fetchall()
    found = [View(name, seq, task, of, tuple(orjson.loads(shown)), state) for name, seq, task, of, shown, state in rows]
    return [view for view in found if rater in (None, view.rater)]


def systems_of(store: Store, queue: QueueRecord) -> dict[str, str]:
    """The system behind each public identifier of a queue."""
    with store.reading() as connection:
        return dict(
            ask(
                connection,
                "SELECT public_id, system.name FROM task_output JOIN task ON task_output.task = task.id"
                " JOIN output ON task_output.output = output.id JOIN system ON output.system = system.id"
                " WHERE task.queue = ?",
                queue.id,
            )
        )


def faults(store: Store) -> list[str]:
    """What doctor finds wrong with the store."""
    return [finding.what for finding in examine(store) if finding.status == "fail"]


class _Undone(Exception):
    """Rolls back."""


def tampered(store: Store, sql: str, *values: Any) -> list[str]:
    """What verifying finds after a change by hand, which is undone."""
    found: list[str] = []
    with suppress(_Undone), store.writing() as connection:
        ask(connection, sql, *values)
        found = [fault.what for fault in events.verify(connection).faults]
        raise _Undone
    return found


def seeded(store: Store, queue: QueueRecord, seed: str) -> QueueRecord:
    """The queue with a seed that a test chose, so that what fails can be played again."""
    with store.writing() as connection:
        ask(connection, "UPDATE queue SET seed = ? WHERE id = ?", seed, queue.id)
    return record(store, queue.name)


def set_up(store: Store, queue: QueueRecord, **settings: Any) -> QueueRecord:
    """Changes overlap and settings as `reviewer queue set` does, the plan with them."""
    columns = {name: settings.pop(name) for name in ("overlap", "blind") if name in settings}
    after = replace(queue, settings=queue.settings | settings, **columns)
    with store.writing() as connection:
        queues.change(
            connection,
            queue,
            stream=store.device,
            actor="lead",
            action="queue.changed",
            settings=after.settings,
            **columns,
        )
        if after.settings.get("order") == "planned":
            planning.plan_anew(connection, after)
    return record(store, queue.name)
