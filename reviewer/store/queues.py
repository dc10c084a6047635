"""Queues, their rubrics and settings, and the raters who work in them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson

from reviewer.ids import canonical_json, new_id, now
from reviewer.store import events, holding, passing, waiting
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

# The state of a queue whose first import has not ended: nobody sees it, and the next import clears it away.
IMPORTING = "importing"

CALIBRATION = "calibration"
"""The purpose of a queue that is the batch of a calibration round."""

CANCELLED = "cancelled"
"""The state of a calibration round that was ended before its reveal."""

BLIND = ("open", "locked", CANCELLED)
"""The states of a calibration round in which nobody reads another's labels."""

REVEALED = ("revealed", "finished")
"""The states of a calibration round in which its members see what all said."""

_sql = statements("queues")


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """A queue as it is stored, its settings read."""

    id: str
    name: str
    kind: str
    dataset: str
    overlap: int
    blind: bool
    seed: str
    purpose: str
    state: str
    revealed_at: str | None
    size: int
    settings: dict[str, Any]
    created_at: str

    @property
    def is_blind_round(self) -> bool:
        """Whether it is the batch of a calibration round whose labels nobody but their author may read: not yet, or,
        where it was cancelled, never."""
        return self.purpose == CALIBRATION and self.state in BLIND

    @property
    def sealed(self) -> bool:
        """Whether raters of this queue may see the allow-list only."""
        return self.blind and self.revealed_at is None


def find(driver: Driver, name: str) -> QueueRecord | None:
    """The queue called `name`."""
    found = _named(driver, name)
    return None if found is None or found.state == IMPORTING else found


def all_queues(driver: Driver) -> list[QueueRecord]:
    """Every queue, oldest first."""
    return [record_of(row) for row in _sql.every.rows(driver)]


def create(
    driver: Driver,
    name: str,
    *,
    stream: str,
    actor: str,
    kind: str = "rating",
    settings: dict[str, Any] | None = None,
) -> QueueRecord:
    """Makes a queue with a dataset of its own name and a seed that nobody chose. To be called in a transaction."""
    open_prepared(driver, prepare(driver, name, kind=kind, settings=settings), stream=stream, actor=actor)
    found = find(driver, name)
    assert found is not None
    return found


def prepare(driver: Driver, name: str, *, kind: str = "rating", settings: dict[str, Any] | None = None) -> QueueRecord:
    """Makes a queue that nobody sees until it is opened. To be called in a transaction."""
    left = _named(driver, name)
    if left is not None and left.state == IMPORTING:
        return left
    queue = draft(name, _dataset_for(driver, name), kind=kind, settings=settings)
    row = asdict(queue) | {"blind": int(queue.blind), "settings": orjson.dumps(queue.settings).decode()}
    _sql.insert_queue.run(driver, **row)
    return queue


def draft(name: str, dataset: str, *, kind: str = "rating", settings: dict[str, Any] | None = None) -> QueueRecord:
    """A queue as it would be made, kept nowhere."""
    return QueueRecord(
        id=new_id(),
        name=name,
        kind=kind,
        dataset=dataset,
        overlap=0,
        blind=True,
        seed=secrets.token_hex(16),
        purpose="review",
        state=IMPORTING,
        revealed_at=None,
        size=0,
        settings=settings or {},
        created_at=now(),
    )


def open_prepared(driver: Driver, queue: QueueRecord, *, stream: str, actor: str) -> None:
    """Lets a prepared queue be seen, with its event; does nothing to any other. To be called in a transaction."""
    if queue.state != IMPORTING or not _sql.open_prepared.run(driver, of_queue=queue.id).rowcount:
        return
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="queue.created",
        subject=queue.id,
        content=asdict(queue) | {"state": "open"},
        data={"kind": queue.kind},
    )


def drop_prepared(driver: Driver, queue: str) -> None:
    """Takes a queue away that was prepared and never opened. To be called in a transaction."""
    if _sql.drop_prepared.run(driver, of_queue=queue).rowcount:
        _sql.drop_empty_datasets.run(driver)


def change(driver: Driver, queue: QueueRecord, *, stream: str, actor: str, action: str, **to: Any) -> None:
    """Changes what may change of a queue (overlap, blind, settings, state, revealed_at), with its event.

    A `reason` given goes into the event. To be called in a transaction.
    """
    reason = to.pop("reason", None)
    row = {
        "to_overlap": to.get("overlap", queue.overlap),
        "to_blind": int(to.get("blind", queue.blind)),
        "to_settings": orjson.dumps(to.get("settings", queue.settings)).decode(),
        "to_state": to.get("state", queue.state),
        "to_revealed_at": to.get("revealed_at", queue.revealed_at),
    }
    _sql.change.run(driver, of_queue=queue.id, **row)
    if _asks_for_more(queue.overlap, row["to_overlap"]):
        passing.give_all_back(driver, queue.id)
    elif row["to_overlap"] == 1:
        waiting.forget_all(driver, queue.id)
    changed = to.keys() - {"settings"} | _differing(queue.settings, to.get("settings", queue.settings))
    data = {"changed": sorted(changed)} | ({"reason": reason} if reason else {})
    events.append(driver, stream=stream, actor=actor, action=action, subject=queue.id, content=row, data=data)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _asks_for_more(before: int, now_: int) -> bool:
    return before > 0 and (now_ == 0 or now_ > before)


def keep_rubric(driver: Driver, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
    """The identifier of the rubric with this content, which is added where it is new."""
    found = _sql.rubric_by_hash.first(driver, content_hash=content_hash)
    if found:
        return str(found[0])
    _sql.insert_rubric.run(
        driver,
        id=new_id(),
        name=document["name"],
        content_hash=content_hash,
        scale_hash=scale_hash,
        document=canonical_json(document).decode(),
    )
    return str(_sql.rubric_by_hash.first(driver, content_hash=content_hash)[0])


def put_rubric(driver: Driver, queue: QueueRecord, rubric: str, *, stream: str, actor: str) -> bool:
    """Brings `rubric` into force in `queue`; False where it is so already. To be called in a transaction."""
    holding.queue(driver, queue.id)
    last = _sql.last_rubric.first(driver, queue=queue.id)
    if last and last[1] == rubric:
        return False
    row = {"queue": queue.id, "from_seq": last[0] + 1 if last else 1, "rubric": rubric, "at": now()}
    _sql.insert_queue_rubric.run(driver, **row)
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="queue.rubric",
        subject=queue.id,
        content=row,
        data={"rubric": rubric},
    )
    return True


def rubrics_of(driver: Driver, queue: str) -> list[tuple[str, dict[str, Any]]]:
    """Identifier and document of the queue's rubrics, oldest first: the last one is in force."""
    return [(identifier, orjson.loads(document)) for identifier, document in _sql.rubrics.rows(driver, queue=queue)]


def rubric_document(driver: Driver, rubric: str) -> dict[str, Any] | None:
    """The document of one rubric."""
    row = _sql.rubric.first(driver, rubric=rubric)
    return dict(orjson.loads(row[0])) if row else None


def rater_called(driver: Driver, name: str, *, kind: str = "human") -> str | None:
    """The identifier of the rater of that name, or None."""
    row = _sql.rater.first(driver, name=name, kind=kind)
    return str(row[0]) if row else None


def ensure_rater(driver: Driver, name: str, *, kind: str = "human") -> str:
    """The identifier of the rater of that name, who is added where new. To be called in a transaction."""
    found = rater_called(driver, name, kind=kind)
    if found:
        return found
    _sql.insert_rater.run(driver, id=new_id(), name=name, kind=kind, family=None, spec_hash="", spec="{}")
    added = rater_called(driver, name, kind=kind)
    assert added is not None
    return added


def rater_name(driver: Driver, rater: str) -> str:
    """The name of a rater, or the identifier itself where it is unknown."""
    row = _sql.rater_name.first(driver, rater=rater)
    return str(row[0]) if row else rater


def progress_of_team(driver: Driver, queue: str) -> Iterator[dict[str, Any]]:
    """Every rater's counters in the queue, by name."""
    names = ("rater", "submitted", "skipped", "abstained", "sent_back", "flagged", "active_ms", "updated_at")
    for row in _sql.team_progress.rows(driver, queue=queue):
        yield dict(zip(names, row, strict=True))


def labels_in(driver: Driver, queue: str) -> int:
    """How many label revisions the queue holds."""
    return int(_sql.labels_in.first(driver, queue=queue)[0])


def _named(driver: Driver, name: str) -> QueueRecord | None:
    row = _sql.by_name.first(driver, name=name)
    return record_of(row) if row else None


def _dataset_for(driver: Driver, name: str) -> str:
    found = _sql.dataset.first(driver, name=name, version="")
    if found:
        return str(found[0])
    identifier = new_id()
    _sql.insert_dataset.run(
        driver,
        id=identifier,
        name=name,
        version="",
        content_hash=None,
        lineage="{}",
        size=0,
        outputs=0,
        created_at=now(),
    )
    return identifier


def record_of(row: Any) -> QueueRecord:
    """A queue of the row that a statement for all its columns gave."""
    values = dict(zip((entry.name for entry in fields(QueueRecord)), row, strict=True))
    values["blind"] = bool(values["blind"])
    values["settings"] = orjson.loads(values["settings"])
    return QueueRecord(**values)
