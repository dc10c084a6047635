"""Planned queues: every rater's places written ahead, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from reviewer.blinding import Step, plan, weave_repeats
from reviewer.errors import BadInput
from reviewer.store import queues, repeating
from reviewer.store.dealing import write_places
from reviewer.store.order import batches_of, next_place, way_of
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("dealing")


class _Task(NamedTuple):
    """A task and the public identifiers of its slots."""

    id: str
    public_ids: list[str]


def plan_batch(driver: Driver, name: str) -> None:
    """Writes the places of the batch that was published last, where the queue of that name is planned.

    To be called in the publishing transaction, when the queue holds the batch.
    """
    queue = queues.find(driver, name)
    if queue is None or way_of(queue.kind, queue.settings) != "planned":
        return
    batches = batches_of(driver, queue.id)
    if batches:
        _plan(driver, queue, *batches[-1])


def plan_anew(driver: Driver, queue: QueueRecord) -> None:
    """Takes away what was dealt and, where the queue is planned, writes the places of all that is published.

    To be called in a transaction, and only while nobody has begun. Raises BadInput while an import writes its tasks.
    """
    if not repeating.can_be_made(driver, queue.id):
        raise BadInput(
            f"an import into the queue '{queue.name}' is under way, or was stopped.",
            mend="Wait for it to end, or import the file again: what was left is cleared.",
        )
    _forget(driver, queue.id)
    if way_of(queue.kind, queue.settings) == "planned":
        for first, size in batches_of(driver, queue.id):
            _plan(driver, queue, first, size)


def _plan(driver: Driver, queue: QueueRecord, first: int, size: int) -> None:
    names: list[str] = queue.settings["raters"]
    tasks: list[_Task] = []
    systems = []
    rows = _sql.in_batch.rows(driver, queue=queue.id, first=first, end=first + size)
    for task, outputs in groupby(rows, key=itemgetter(0)):
        slots = list(outputs)
        tasks.append(_Task(task, [public_id for _, public_id, _, _ in slots]))
        systems.append([f"{name}\0{version}" for _, _, name, version in slots])
    share = float(queue.settings.get("repeats") or 0)
    for name, steps in zip(names, plan(names, systems, queue.overlap, queue.seed, batch=first), strict=True):
        rater = queues.ensure_rater(driver, name)
        woven = weave_repeats(steps, share, queue.seed, name, str(first)) if share else steps
        _write(driver, queue.id, rater, tasks, woven)


def _write(driver: Driver, queue: str, rater: str, tasks: Sequence[_Task], steps: Sequence[Step]) -> None:
    seq = next_place(driver, queue, rater)
    places = []
    for place, step in enumerate(steps, seq):
        task, ids = tasks[step.task]
        if step.repeat:
            task, renamed = repeating.make(driver, task)
            ids = [renamed[public_id] for public_id in ids]
        places.append((place, task, [ids[slot] for slot in step.order]))
    write_places(driver, queue, rater, places)


def _forget(driver: Driver, queue: str) -> None:
    """Deletes places and repeats, and lets the batches close up where repeats stood between them."""
    _sql.forget_places.run(driver, queue=queue)
    _sql.forget_outputs.run(driver, queue=queue)
    if not _sql.forget_repeats.run(driver, queue=queue).rowcount:
        return
    end = 0
    for first, size in batches_of(driver, queue):
        if first > end:
            _sql.lift_tasks.run(driver, of=queue, first=first, end=first + size, down=first - end)
            _sql.set_tasks.run(driver, of=queue)
            _sql.move_batch.run(driver, of=queue, was=first, to=end)
        end += size
    _sql.set_size.run(driver, of=queue, to=end)
