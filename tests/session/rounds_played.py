"""Calibration rounds whose members have rated: made of an ordinary queue, without drawing a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reviewer.ids import new_id, now
from reviewer.session import rounds
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.prepared import insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import Round, RoundMember
from tests.store.filling import ask, record

LEAD = "lead"

Said = Mapping[str, Any] | str | None
"""What somebody says of an item: a label's values (and rationale, notes, flags, correction), a reason to skip, or
nothing at all."""


def as_round(store: Store, queue: str, members: Sequence[str]) -> QueueRecord:
    """Makes the queue the batch of an open round of these members, whose parent is an empty queue under its rubric."""
    found = record(store, queue)
    with store.writing() as connection:
        parent = queues.create(connection, f"{queue}-parent", stream=store.device, actor=LEAD, kind=found.kind)
        rubric, _ = queues.rubrics_of(connection, found.id)[-1]
        queues.put_rubric(connection, parent, rubric, stream=store.device, actor=LEAD)
        ask(connection, "UPDATE queue SET purpose = 'calibration' WHERE id = ?", found.id)
        identifier = new_id()
        insert_into(Round).run(
            connection,
            id=identifier,
            parent=parent.id,
            child=found.id,
            number=1,
            settings="{}",
            started_by=queues.ensure_rater(connection, LEAD),
            started_at=now(),
            locked_at=None,
            revealed_at=None,
            finished_at=None,
        )
        for name in members:
            rater = queues.ensure_rater(connection, name)
            insert_into(RoundMember).run(connection, round=identifier, rater=rater)
    return record(store, queue)


def say(store: Store, queue: str, rater: str, said: Callable[[int], Said] | Said) -> None:
    """Lets a member say of each item `said`, or what that gives for the item's position in the queue."""
    sitting = Sitting.open(store, queue, rater)
    waiting = sitting.size
    while sitting.view is not None and waiting:
        waiting -= 1
        answer: Said = said(sitting.order.position(sitting.view.seq)) if callable(said) else said
        if answer is None:
            break
        if isinstance(answer, str):
            assert sitting.skip(answer).moved
        else:
            give(sitting, answer)
        sitting.drain(10)
        assert not sitting.saving.trouble
    assert sitting.close()


def give(sitting: Sitting, answer: Mapping[str, Any]) -> None:
    """Submits a label that says so; without `values` the answer is the values."""
    document = answer if "values" in answer else {"values": answer}
    sitting.work.values = dict(document["values"])
    sitting.work.rationale = {key: dict(entry) for key, entry in document.get("rationale", {}).items()}
    sitting.work.correction = dict(document.get("correction", {}))
    sitting.work.notes = str(document.get("notes", ""))
    sitting.work.flags = list(document.get("flags", []))
    sitting.touch()
    step = sitting.submit()
    assert step.moved, step


def why(text: str, *reasons: str) -> dict[str, Any]:
    """A rationale."""
    return {"text": text, "reasons": list(reasons)}


def reveal(store: Store, queue: str, *, incomplete: bool = False) -> QueueRecord:
    """Reveals the round."""
    rounds.reveal(store, queue, LEAD, incomplete=incomplete)
    return record(store, queue)
