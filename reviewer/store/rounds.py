"""Calibration rounds: a batch that its members label blind, then see together."""

from __future__ import annotations

from reviewer.errors import BadInput
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("rounds")


def refuse_while_blind(queue: QueueRecord) -> None:
    """Raises BadInput where `queue` is a calibration round whose labels nobody but their author may read yet."""
    if queue.is_blind_round:
        raise _blind(queue.name, queue.state)


def refuse_blind_labels(driver: Driver, queue: str) -> None:
    """As `refuse_while_blind`, of the queue with this identifier: every query for others' labels asks it first."""
    found = _sql.blind.first(driver, queue=queue)
    if found is not None:
        raise _blind(*found)


def _blind(name: str, state: str) -> BadInput:
    return BadInput(
        f"the calibration round '{name}' is {state}: nobody sees another's labels yet.",
        mend=f"`reviewer round reveal {name}` ends the blind part once everybody is done.",
    )


def members(driver: Driver, child: str) -> list[str]:
    """The names of those who take part in the round whose batch is the queue `child`."""
    return [name for (name,) in _sql.members.rows(driver, child=child)]
