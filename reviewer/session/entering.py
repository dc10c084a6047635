"""Coming to a queue: whether it may be rated by this rater, and the rater's first line in it."""

from __future__ import annotations

from reviewer.errors import BadInput
from reviewer.ids import now
from reviewer.store import labels, queues, reading, remotes, rounds
from reviewer.store.connection import Store
from reviewer.store.order import way_of
from reviewer.store.queues import CALIBRATION, CANCELLED, REVEALED, QueueRecord


def enter(store: Store, queue: str, rater: str) -> tuple[QueueRecord, str]:
    """The queue of that name and the identifier of the rater, who is added where new.

    In a server's queue everybody here rates as whom the server knows. Raises BadInput where there is no such queue, it
    is closed, holds no task, is meant for others, or asks for a certificate that the rater has not.
    """
    with store.reading() as connection:
        found = queues.find(connection, queue)
        theirs = remotes.rater_of(connection, found.id) if found else None
        known = theirs[0] if theirs else queues.rater_called(connection, rater)
        begun = bool(found and known and reading.read_counters(connection, found.id, known))
        names = [record.name for record in queues.all_queues(connection)] if found is None else []
    if found is None:
        raise BadInput(f"there is no queue '{queue}'.", mend=_queues_there(names))
    if theirs:
        _refuse_what_is_over(found)
        return found, theirs[0]
    if "server" in found.settings:
        with store.reading() as connection:
            remotes.refuse_remote(connection, found)
    if found.purpose == CALIBRATION:
        _refuse_strangers(store, found, rater)
    if found.state == "closed":
        raise BadInput(f"the queue '{queue}' is closed.", mend=f"`reviewer queue reopen {queue}` opens it again.")
    if not found.size:
        raise BadInput(f"the queue '{queue}' holds no task yet.", mend=f"`reviewer import FILE -q {queue}` adds some.")
    _refuse_the_unplanned(found, rater)
    if found.settings.get("certificate"):
        _refuse_the_uncertified(store, found, rater)
    if not begun:
        # From here on the rater's order stands: the queue's shuffle may not change under it.
        with store.writing() as connection:
            known = queues.ensure_rater(connection, rater)
            labels.ensure_progress(connection, found.id, known, now())
    assert known is not None
    return found, known


def _refuse_what_is_over(queue: QueueRecord) -> None:
    """For a server's queue: who may rate there, and under which conditions, the server has seen to."""
    if queue.purpose == CALIBRATION and queue.state in REVEALED:
        return
    if queue.state != "open":
        raise BadInput(
            f"the queue '{queue.name}' is {queue.state} on the server.",
            mend="`reviewer sync` asks again; what you have labelled is sent all the same.",
        )
    if not queue.size:
        raise BadInput(
            f"no item of the queue '{queue.name}' is here.", mend=f"`reviewer pull {queue.name}` fetches some."
        )


def _refuse_strangers(store: Store, queue: QueueRecord, rater: str) -> None:
    with store.reading() as connection:
        members = rounds.members(connection, queue.id)
    if rater not in members:
        raise BadInput(
            f"the calibration round '{queue.name}' is for {', '.join(members)}.",
            mend="Sit down as one of them with --rater, or start another round with --raters.",
        )
    if queue.state == CANCELLED:
        raise BadInput(
            f"the calibration round '{queue.name}' was cancelled.", mend="Its lead may start another; rate that one."
        )
    if queue.state == "locked":
        raise BadInput(
            f"the calibration round '{queue.name}' is locked.",
            mend=f"`reviewer round reveal {queue.name}` shows what everybody said.",
        )


def _refuse_the_uncertified(store: Store, queue: QueueRecord, rater: str) -> None:
    from reviewer.session.certificates import refuse_uncertified

    with store.reading() as connection:
        refuse_uncertified(connection, queue, rater)


def _refuse_the_unplanned(queue: QueueRecord, rater: str) -> None:
    names = queue.settings.get("raters", [])
    if way_of(queue.kind, queue.settings) == "planned" and rater not in names:
        raise BadInput(
            f"the queue '{queue.name}' is planned for {', '.join(names)}.",
            mend="Sit down as one of them with --rater, or let the queue's owner make one for you.",
        )


def _queues_there(names: list[str]) -> str:
    if not names:
        return "There is none yet: try `reviewer demo`, or `reviewer import FILE -q QUEUE`."
    return f"There are {', '.join(names[:8])}{' and more' if len(names) > 8 else ''}."
