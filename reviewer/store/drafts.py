"""What a rater has typed and not submitted, and where they stand: written often, never fsynced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from reviewer.ids import now
from reviewer.store import labels
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("drafts")


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft as it stands. An empty `document` means that there is nothing to keep, and ends the draft.

    `sitting` sorts by the time at which the terminal was opened: the newer one holds the draft.
    """

    task: str
    rater: str
    queue: str
    device: str
    sitting: str
    rubric: str
    base_label: str | None
    document: dict[str, Any]
    cursor: dict[str, Any] = field(default_factory=dict)
    active_ms: int = 0
    idle_ms: int = 0


def save(driver: Driver, draft: NewDraft) -> bool:
    """Keeps the draft; False where a newer terminal of the same rater holds it."""
    if not draft.document:
        _sql.drop.run(driver, task=draft.task, rater=draft.rater, sitting=draft.sitting)
        held = _sql.holder.first(driver, task=draft.task, rater=draft.rater)
        return held is None
    cursor = _sql.save.run(
        driver,
        task=draft.task,
        rater=draft.rater,
        queue=draft.queue,
        device=draft.device,
        sitting=draft.sitting,
        rubric=draft.rubric,
        base_label=draft.base_label,
        document=orjson.dumps(draft.document).decode(),
        cursor=orjson.dumps(draft.cursor).decode(),
        active_ms=draft.active_ms,
        idle_ms=draft.idle_ms,
        updated_at=now(),
    )
    return bool(cursor.rowcount)


def stand_at(driver: Driver, queue: str, rater: str, seq: int) -> None:
    """Keeps where the rater stands, for the next sitting."""
    at = now()
    labels.ensure_progress(driver, queue, rater, at)
    _sql.step.run(driver, of_queue=queue, of_rater=rater, at_seq=seq, at=at)
