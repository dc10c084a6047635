"""Leases: which tasks a device of a rater holds for a time, and what may be leased to it next.

Each lease sits on an assignment, which has the place in the rater's order and the order in which outputs are shown.
"""

from __future__ import annotations

from reviewer.ids import now
from reviewer.store import decisions, holding, openings, waiting
from reviewer.store.granting import Certificate, Granting, forget
from reviewer.store.lease_rows import ChangeRecord, Granted, LeaseRecord, LiveLeases, What, WhyNone, all_of, known
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

__all__ = [
    "GIVEN_BACK",
    "PACK",
    "Certificate",
    "ChangeRecord",
    "Granted",
    "LeaseRecord",
    "LiveLeases",
    "WhyNone",
    "all_of",
    "changes",
    "counts",
    "end",
    "forget",
    "give_back",
    "grant",
    "known",
    "live_count",
]

GIVEN_BACK = "1970-01-01T00:00:00.000000Z"
"""The end of a lease that was given back."""

PACK = "pack-"
"""How the identifier of a pack begins. It stands for a device where tasks are leased, and may be on any."""

_sql = statements("leases")


def grant(
    driver: Driver,
    queue: QueueRecord,
    rater: str,
    device: str,
    wanted: int,
    *,
    after: int = 0,
    take_over: bool = False,
    moment: str,
    seconds: int,
    certificate: Certificate | None = None,
) -> Granted:
    """Leases up to `wanted` tasks to a device of a rater, for so many seconds from `moment` on.

    What it holds is renewed first. Then come, and count, leases with a number above `after`; tasks sent back to the
    rater; those of theirs that no device holds; and new ones. `take_over` lets the device have what others of the
    rater hold. `certificate` raises BadInput where the rater of that name has none and needs one; without it nobody is
    asked. To be called by `store.transact`.
    """
    try:
        return Granting(driver, queue, rater, device, moment, seconds).grant(wanted, after, take_over, certificate)
    except BaseException:
        # What was given just now and is undone must not be taken for what the rater has met.
        openings.forget_rater(queue, rater)
        raise


def give_back(driver: Driver, queue: str, rater: str, device: str, leases: list[str] | None) -> int:
    """Gives back what the device holds and has not labelled, all or those listed; returns how many.

    To be called in a transaction.
    """
    holding.queue(driver, queue)
    holding.rater(driver, rater)
    moment = now()
    held = list(_sql.held.rows(driver, queue=queue, rater=rater, device=device, moment=moment))
    wanted = None if leases is None else set(leases)
    returned = [(lease, task) for lease, task in held if wanted is None or lease in wanted]
    for lease, task in returned:
        _sql.give_back.run(driver, lease=lease, to=GIVEN_BACK)
        waiting.note(driver, queue, task)
    return len(returned)


def end(driver: Driver, task: str, rater: str) -> None:
    """Ends the lease of a task, where there is one: a label came. To be called in the label's transaction."""
    _sql.end.run(driver, of_task=task, of_rater=rater)


def changes(driver: Driver, queue: str, rater: str, device: str, *, moment: str | None = None) -> list[ChangeRecord]:
    """What happened to tasks that were leased to the rater: what a device knows nothing of, it may leave alone.

    `taken_over` are those that another device of the rater holds at `moment`, or now, and those that others alone have
    labelled; of what a pack holds nothing is said, as it may have been imported here.
    """
    found: dict[tuple[str, What], ChangeRecord] = {}
    moment = moment or now()
    for lease, task, holder, until, state, given, conflict, done_elsewhere in list(
        _sql.changes.rows(driver, queue=queue, rater=rater, device=device, moment=moment)
    ):
        live = until is not None and until >= moment
        happened: list[What] = []
        if state != "open":
            happened.append("recalled")
        elif given == "sent_back":
            happened.append("sent_back")
        elif given == "open" and until is None:
            happened.append("reopened")
        if (done_elsewhere and conflict is None) or (live and holder != device and not holder.startswith(PACK)):
            happened.append("taken_over")
        if conflict is not None:
            happened.append("conflict")
        for what in happened:
            reason = decisions.sent_back_for(driver, task) if what == "sent_back" else ""
            found.setdefault((lease, what), ChangeRecord(lease, what, reason))
    return list(found.values())


def counts(driver: Driver, queue: str, *, moment: str | None = None) -> list[LiveLeases]:
    """How many leases of each rater in a queue have not run out, for a lead."""
    return [LiveLeases(*row) for row in _sql.counts.rows(driver, queue=queue, moment=moment or now())]


def live_count(driver: Driver, queue: str, rater: str, *, moment: str | None = None) -> int:
    """How many tasks any device of the rater holds in a queue and has not labelled."""
    return int(_sql.live_count.first(driver, queue=queue, rater=rater, moment=moment or now())[0])
