"""Labels that a server tells of, kept beside those that were given here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from reviewer.errors import BadInput
from reviewer.ids import canonical_json
from reviewer.store.prepared import Driver
from reviewer.store.pulled_rows import has_rubric
from reviewer.store.queues import QueueRecord
from reviewer.store.remotes import RemoteRecord
from reviewer.store.statements import statements

if TYPE_CHECKING:
    from reviewer.store.label_intake import GivenLabel

_sql = statements("remotes")


def put_mine(
    driver: Driver,
    remote: RemoteRecord,
    queue: QueueRecord,
    task: str,
    mine: Sequence[dict[str, Any]],
    *,
    stream: str,
) -> bool:
    """Keeps the labels that count on the server, which the rater gave on another device; whether one is new here.

    What was sent from here and does not count there any more was superseded by them. To be called in a transaction.
    Raises BadInput where a label names a rubric that is not here.
    """
    from reviewer.store.label_intake import LabelIntake

    given = given_labels(driver, queue, task, remote.rater, remote.rater_name, mine)
    return bool(LabelIntake(queue, stream=stream, actor=remote.rater).take(driver, given).labels)


def given_labels(
    driver: Driver, queue: QueueRecord, task: str, rater: str, name: str, said: Sequence[dict[str, Any]]
) -> list[GivenLabel]:
    """What one rater said of a task, as a server tells of it, to be taken in; nothing for a task of another queue.

    Raises BadInput where a label names a rubric that is not here.
    """
    from reviewer.store.label_intake import GivenLabel, GivenRater

    known = _sql.task.first(driver, task=task)
    if known is None or known[0] != queue.id:
        return []
    counting = {(one["phase"], one["id"]) for one in said}
    given = []
    for one in said:
        if not has_rubric(driver, one["rubric"]):
            raise BadInput("the server tells of a label under a rubric that it did not send.", where=queue.name)
        here = _here(driver, task, rater, one["phase"])
        over = sorted(label for label in here if (one["phase"], label) not in counting)
        columns = _columns(queue.id, task, one, over)
        given.append(GivenLabel(columns, GivenRater(name, "human", rater), int(known[2])))
    return given


def _here(driver: Driver, task: str, rater: str, phase: str) -> set[str]:
    """The labels of the rater's that count here and are no news to the server."""
    if _sql.unsent_of_rater.first(driver, task=task, rater=rater):
        return set()
    return {
        label
        for of, _, head, conflict in _sql.heads.rows(driver, task=task, rater=rater)
        if of == phase
        for label in (head, *orjson.loads(conflict))
    }


def _columns(queue: str, task: str, one: dict[str, Any], over: list[str]) -> dict[str, Any]:
    """A label as far as the server tells of it; `rater` and `received_at` are added where it is taken in."""
    return {
        "id": one["id"],
        "queue": queue,
        "task": task,
        "phase": one["phase"],
        "sample": 0,
        "outcome": one["outcome"],
        "revision": one["revision"],
        "supersedes": canonical_json(over).decode(),
        "rubric": one["rubric"],
        **{name: orjson.dumps(one[name]).decode() for name in ("values", "rationale", "correction", "flags")},
        "notes": one["notes"],
        "exposure": one.get("exposure", "none"),
        "shown_order": orjson.dumps(one.get("shown_order", [])).decode(),
        "evidence": "{}",
        "confidence": None,
        "cost": None,
        "inputs": None,
        "active_ms": 0,
        "idle_ms": 0,
        "device": one["device"],
        "client_version": "",
        "committed_at": one["committed_at"],
        "source": "remote",
        "external_ref": None,
        "surplus": int(one.get("surplus", False)),
    }
