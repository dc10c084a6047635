"""What adjudicators decided of disputed tasks, and which tasks wait for the raters to whom they were sent back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import orjson

from reviewer.store import remotes
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("decisions")
_EVER = "9"


class DecisionRecord(NamedTuple):
    """An adjudicator's label that counts; `rationale` is a JSON text."""

    task: str
    position: int
    rater: str
    name: str
    label: str
    outcome: str
    rationale: str
    at: str

    @property
    def reason(self) -> str:
        """What it says of the label as a whole."""
        said = orjson.loads(self.rationale).get("label", {})
        return str(said.get("text", "")) if isinstance(said, dict) else ""


def decisions(driver: Driver, queue: str) -> Iterator[DecisionRecord]:
    """Every adjudicator's label that counts in a queue, the newest last."""
    return map(DecisionRecord._make, _sql.of_queue.rows(driver, queue=queue))


def of_task(driver: Driver, task: str) -> list[DecisionRecord]:
    """Every adjudicator's label that counts on a task, the newest last."""
    return [DecisionRecord._make(row) for row in _sql.of_task.rows(driver, task=task)]


def by_rater(driver: Driver, queue: str, rater: str, before: str | None = None) -> Iterator[DecisionRecord]:
    """What one adjudicator said before the moment `before`, or ever, the newest first."""
    rows = _sql.by_rater.rows(driver, queue=queue, rater=rater, before=before or _EVER)
    return map(DecisionRecord._make, rows)


def waiting(driver: Driver, queue: str) -> set[str]:
    """The tasks that somebody has been asked to rate again and has not yet."""
    return {task for (task,) in _sql.waiting.rows(driver, queue=queue)}


def is_waiting(driver: Driver, task: str) -> bool:
    """Whether somebody has been asked to rate the task again and has not yet."""
    return _sql.is_waiting.first(driver, task=task) is not None


def is_given(driver: Driver, task: str, rater: str) -> bool:
    """Whether the task was given to this rater to be rated, or rated by them."""
    return _sql.is_given.first(driver, task=task, rater=rater) is not None


def sent_back_for(driver: Driver, task: str) -> str:
    """Why the task was sent back last, here or by the server that leased it; empty where it was not."""
    reasons = [one.reason for one in of_task(driver, task) if one.outcome == "sent_back"]
    return reasons[-1] if reasons else remotes.sent_back_for(driver, task)


def newest_label(driver: Driver, queue: str) -> str:
    """The identifier of the newest label of a queue; empty where it has none."""
    row = _sql.newest.first(driver, queue=queue)
    return str(row[0]) if row else ""


def state_of_ratings(driver: Driver, queue: str) -> tuple[object, ...]:
    """Differs once raters have labelled more, a label was brought in, or another task waits for them."""
    return (*_sql.rated.first(driver, queue=queue), frozenset(waiting(driver, queue)))


def labelled_since(driver: Driver, queue: str, after: str) -> list[tuple[str, str]]:
    """Label and task of every label of a queue that is newer than the one with the identifier `after`."""
    return [(label, task) for label, task in _sql.since.rows(driver, queue=queue, after=after)]
