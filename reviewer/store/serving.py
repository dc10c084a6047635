"""What a server may tell a rater of queues: which they see, and where they stand in them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

import orjson

from reviewer.store import queues, rounds
from reviewer.store.order import way_of
from reviewer.store.prepared import SQLITE, Driver, Prepared
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.store.statements import statements

_sql = statements("serving")
_ASKED = (
    "accounts",
    "dealing",
    "events",
    "holding",
    "labels",
    "leases",
    "order",
    "passing",
    "queues",
    "reading",
    "receiving",
    "rounds",
    "serving",
    "stretches",
    "tail",
    "waiting",
)


class Standing(NamedTuple):
    """What a rater has done in a queue, and how many tasks any device of theirs holds without a label."""

    submitted: int = 0
    skipped: int = 0
    abstained: int = 0
    sent_back: int = 0
    leased: int = 0


class KeptRubric(NamedTuple):
    """A rubric as it is stored, its document read."""

    id: str
    name: str
    content_hash: str
    scale_hash: str
    document: dict[str, Any]


def seen(driver: Driver, rater: str, name: str) -> list[QueueRecord]:
    """The queues that the rater of that identifier and name sees, oldest first: what is open to them, the rounds in
    which they take part, and where they have begun."""
    begun = {queue for (queue,) in _sql.begun.rows(driver, rater=rater)}
    return [
        queue for queue in queues.all_queues(driver) if _is_seen(driver, queue, name, lambda found: found.id in begun)
    ]


def seen_one(driver: Driver, queue: str, rater: str, name: str) -> QueueRecord | None:
    """The queue with that identifier, where the rater sees it."""
    row = _sql.queue.first(driver, queue=queue)
    found = queues.record_of(row) if row else None
    if found is None or not _is_seen(driver, found, name, lambda found: _has_begun(driver, found, rater)):
        return None
    return found


def served_one(driver: Driver, queue: str) -> QueueRecord | None:
    """The queue with that identifier, whoever sees it; None for another server's."""
    row = _sql.queue.first(driver, queue=queue)
    found = queues.record_of(row) if row else None
    return None if found is None or "server" in found.settings else found


def standing(driver: Driver, queue: str, rater: str, moment: str) -> Standing:
    """Where the rater stands in a queue at a moment."""
    found = _sql.standing.first(driver, queue=queue, rater=rater, moment=moment)
    return Standing(*found) if found else Standing()


def rubrics(driver: Driver, queue: str) -> list[str]:
    """The identifiers of the queue's rubrics, oldest first: the last one is in force."""
    return [rubric for (rubric,) in _sql.rubrics.rows(driver, queue=queue)]


def rubric(driver: Driver, rubric: str) -> KeptRubric:
    """The rubric with that identifier, which must be there."""
    identifier, name, content_hash, scale_hash, document = _sql.rubric.first(driver, rubric=rubric)
    return KeptRubric(identifier, name, content_hash, scale_hash, orjson.loads(document))


def make_ready(dialect: str) -> None:
    """Compiles what requests run where that was not done ahead, so that none of them waits for it."""
    if dialect == SQLITE:
        return
    for module in _ASKED:
        defined = import_module(f"reviewer.store.statements.{module}")
        for name, value in vars(defined).items():
            if isinstance(value, Prepared):
                getattr(statements(module), name).text(dialect)


def _is_seen(driver: Driver, queue: QueueRecord, name: str, has_begun: Callable[[QueueRecord], bool]) -> bool:
    if "server" in queue.settings:
        return False  # another server's, whose tasks are not this one's to give
    if queue.purpose == CALIBRATION:
        return name in rounds.members(driver, queue.id)
    if way_of(queue.kind, queue.settings) == "planned" and name not in queue.settings["raters"]:
        return False
    return queue.state == "open" or has_begun(queue)


def _has_begun(driver: Driver, queue: QueueRecord, rater: str) -> bool:
    return _sql.has_begun.first(driver, queue=queue.id, rater=rater) is not None
