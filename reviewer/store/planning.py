"""Planned queues: every rater's places written ahead, batch by batch."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from orjson import dumps

from reviewer.blinding import plan, weave_repeats
from reviewer.errors import BadInput
from reviewer.store import holding, queues, repeating
from reviewer.store.order import batches_of, next_place, way_of
from reviewer.store.prepared import SQLITE, Bulk, Driver, dialect_of
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements
from reviewer.store.tables import Assignment

MOST_PLANNED = 60_000
"""How many places are written in one transaction, for which the saves of all raters wait: they wait five seconds."""

_sql = statements("dealing")
_bulk_place = Bulk(Assignment, "task", "rater", "queue", "seq", "shown_order", "state", "flagged", "committed_at")
_CACHE_KB = 65536
_REPEAT_COSTS = 3
"""So many places' time is what a hidden repeat takes."""

_Place: TypeAlias = tuple[str, str, str, int, str, str, int, Any]


class _Task(NamedTuple):
    """A task, and by its slots the public identifiers and the systems."""

    id: str
    public_ids: list[str]
    systems: list[str]


def plan_batch(driver: Driver, name: str) -> None:
    """Writes the places of the batch that was published last, where the queue of that name is planned.

    To be called in the publishing transaction, when the queue holds the batch. Raises BadInput for one too large.
    """
    queue = queues.find(driver, name)
    if queue is None or way_of(queue.kind, queue.settings) != "planned":
        return
    batches = batches_of(driver, queue.id)
    if batches:
        first, size = batches[-1]
        _refuse_too_many(queue, size)
        _plan(driver, queue, first, size)


def plan_anew(driver: Driver, queue: QueueRecord) -> None:
    """Takes away what was dealt and, where the queue is planned, writes the places of all that is published.

    To be called in a transaction, and only while nobody has begun. Raises BadInput while an import writes its tasks,
    and for a queue too large.
    """
    holding.queue(driver, queue.id)
    if not repeating.can_be_made(driver, queue.id):
        raise BadInput(
            f"an import into the queue '{queue.name}' is under way, or was stopped.",
            mend="Wait for it to end, or import the file again: what was left is cleared.",
        )
    _forget(driver, queue.id)
    if way_of(queue.kind, queue.settings) == "planned":
        batches = batches_of(driver, queue.id)
        _refuse_too_many(queue, sum(size for _, size in batches))
        for first, size in batches:
            _plan(driver, queue, first, size)


def _plan(driver: Driver, queue: QueueRecord, first: int, size: int) -> None:
    tasks = _tasks(driver, queue.id, first, size)
    names: list[str] = queue.settings["raters"]
    share = float(queue.settings.get("repeats") or 0)
    drawn = plan(names, [task.systems for task in tasks], queue.overlap, queue.seed, batch=first)
    if dialect_of(driver) == SQLITE:
        driver.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
    places: list[_Place] = []
    for name, steps in zip(names, drawn, strict=True):
        woven = weave_repeats(steps, share, queue.seed, name, str(first)) if share else steps
        repeats = iter(repeating.make(driver, [tasks[step.task].id for step in woven if step.repeat]))
        rater = queues.ensure_rater(driver, name)
        for seq, step in enumerate(woven, next_place(driver, queue.id, rater)):
            task, ids, _ = tasks[step.task]
            shown = [ids[slot] for slot in step.order]
            if step.repeat:
                task, renamed = next(repeats)
                shown = [renamed[public_id] for public_id in shown]
            places.append((task, rater, queue.id, seq, dumps(shown).decode(), "open", 0, None))
    # In the order of the table's key, which takes half as long as in the order of places.
    _bulk_place.run(driver, sorted(places, key=itemgetter(0, 1)))


def _tasks(driver: Driver, queue: str, first: int, size: int) -> list[_Task]:
    rows = _sql.in_batch.rows(driver, queue=queue, first=first, end=first + size)
    found = []
    for task, outputs in groupby(rows, key=itemgetter(0)):
        slots = list(outputs)
        systems = [f"{name}\0{version}" for _, _, name, version in slots]
        found.append(_Task(task, [public_id for _, public_id, _, _ in slots], systems))
    return found


def _refuse_too_many(queue: QueueRecord, tasks: int) -> None:
    raters = len(queue.settings["raters"])
    share = float(queue.settings.get("repeats") or 0)
    views = tasks * min(queue.overlap or raters, raters)
    if views * (1 + _REPEAT_COSTS * share) > MOST_PLANNED:
        raise BadInput(
            f"the queue '{queue.name}' is too large to be planned at once: {views:,} places, and raters' saves would "
            "wait too long for them.",
            mend="Leave it open (order=open), or plan a queue while it is empty and import the items part by part.",
        )


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
