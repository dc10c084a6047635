"""What several people said of the same task: their labels that count, and in which order each saw the outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from reviewer.store import rounds
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("panels")
_EVER = "9"


class PanelTask(NamedTuple):
    """A task of the queue's own: neither recalled, nor a hidden repeat, nor woven in as gold."""

    id: str
    key: str
    position: int
    rubric: str | None


class PanelRow(NamedTuple):
    """A person's label that counts in its phase, with its task; whatever is structured is JSON text."""

    task: str
    key: str
    position: int
    own_rubric: str | None
    rater: str
    name: str
    label: str
    phase: str
    outcome: str
    surplus: int
    exposure: str
    values: str
    rationale: str
    correction: str
    notes: str | None
    flags: str
    shown_order: str
    rubric: str
    committed_at: str
    revision: int
    device: str


def tasks(driver: Driver, queue: str) -> Iterator[PanelTask]:
    """Every task of the queue's own, by position."""
    return map(PanelTask._make, _sql.tasks.rows(driver, queue=queue))


def task(driver: Driver, queue: str, identifier: str) -> PanelTask | None:
    """One task of the queue's own."""
    row = _sql.task.first(driver, queue=queue, task=identifier)
    return PanelTask._make(row) if row else None


def labels(driver: Driver, queue: str, task: str | None = None) -> Iterator[PanelRow]:
    """People's labels that count, of the phases of raters, task by task in the queue's order; of one `task` alone.

    Raises BadInput for a calibration round that is blind yet.
    """
    rounds.refuse_blind_labels(driver, queue)
    rows = (
        _sql.labels.rows(driver, queue=queue)
        if task is None
        else _sql.labels_of_task.rows(driver, queue=queue, task=task)
    )
    return map(PanelRow._make, rows)


def output_ids(driver: Driver, task: str) -> list[str]:
    """The public identifiers of a task's outputs in canonical order."""
    return [public_id for (public_id,) in _sql.outputs.rows(driver, task=task)]


def order_given(driver: Driver, task: str, rater: str) -> list[str]:
    """The order in which the rater was given the outputs of `task`; empty where they were not given it."""
    row = _sql.order_given.first(driver, task=task, rater=rater)
    return list(orjson.loads(row[0])) if row else []


def seq_given(driver: Driver, task: str, rater: str) -> int | None:
    """The place of `task` in the rater's own order, where it was given to them."""
    row = _sql.seq_given.first(driver, task=task, rater=rater)
    return int(row[0]) if row else None


def revoted(driver: Driver, queue: str, rater: str, before: str | None = None) -> list[tuple[int, str]]:
    """Position and time of the rater's second votes that were committed before the moment `before`, or all of them,
    the last one first."""
    rows = _sql.revoted.rows(driver, queue=queue, rater=rater, before=before or _EVER)
    return [(position, at) for position, at in rows]
