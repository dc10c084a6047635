"""The servers that this device works for, and the labels that wait to be sent to them."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import canonical_json, now
from reviewer.store import events
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements

_sql = statements("remotes")
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A server that this device works for, as it is kept. `document` holds what was agreed when it was added."""

    name: str
    url: str
    server: str
    server_key: str | None
    rater: str
    rater_name: str
    role: str
    stream: str
    stream_sent: int
    added_at: str
    synced_at: str | None
    document: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteQueueRecord:
    """A queue here that stands for a server's. `document` has what the server said last, how many items the rater
    wanted last (`wanted`), until when the leases hold (`until`), and why there are no more (`why`)."""

    queue: str
    remote: str
    their_queue: str
    cursor: int
    pulled_at: str
    document: dict[str, Any]
    name: str
    state: str


class Refused(NamedTuple):
    """A label that the server did not take, and why. Where the server withholds the item's key, `key` is the task."""

    label: str
    queue: str
    key: str
    position: int
    reason: str
    at: str
    task: str

    @property
    def is_withheld(self) -> bool:
        """Whether the item has no key that its rater knows."""
        return self.key == self.task


class Conflict(NamedTuple):
    """A task of which two labels of the rater's stand beside each other."""

    task: str
    key: str
    position: int
    phase: str
    labels: tuple[str, ...]


def every(driver: Driver) -> list[RemoteRecord]:
    """All remotes, oldest first."""
    return [_remote(row) for row in _sql.every.rows(driver)]


def find(driver: Driver, name: str) -> RemoteRecord | None:
    """The remote of that name."""
    row = _sql.remote.first(driver, name=name)
    return _remote(row) if row else None


def new_stream(device: str) -> str:
    """A name for the event stream that a server follows, which no earlier one had."""
    return f"{device}/{secrets.token_hex(4)}"


def put(driver: Driver, remote: RemoteRecord, *, stream: str) -> None:
    """Adds a remote, or changes one, with its rater and an event. To be called in a transaction.

    Raises BadInput where the server gives its rater an identifier that is somebody else's here.
    """
    known = _sql.rater_by_id.first(driver, rater=remote.rater)
    if known is None:
        # Marked as the remote's: a rater of the same name may have worked here alone before.
        _sql.insert_rater.run(
            driver,
            id=remote.rater,
            name=remote.rater_name,
            kind="human",
            family=None,
            spec_hash=f"remote:{remote.server}",
            spec="{}",
        )
    elif known[1] != "human" or not known[2].startswith("remote:"):
        raise BadInput(
            f"the server's rater '{remote.rater_name}' is a rater of this store already.",
            mend="This store is a copy of the server's, or served others itself: use another home (--home).",
        )
    row = asdict(remote) | {"document": canonical_json(remote.document).decode()}
    _sql.put_remote.run(driver, **row)
    events.append(
        driver,
        stream=stream,
        actor=remote.rater,
        action="remote.added",
        subject=remote.name,
        content=row,
        data={"server": remote.server},
    )


def remove(driver: Driver, name: str, *, stream: str) -> None:
    """Forgets a remote and what waits for it. Its queues stay, with their labels, and take no more.

    To be called in a transaction.
    """
    remote = find(driver, name)
    if remote is None:
        return
    for queue in queues_of(driver, name):
        close_for_good(driver, queue.queue)
    for forget in (_sql.forget_outbox, _sql.forget_queues, _sql.forget_remote):
        forget.run(driver, of_remote=name)
    events.append(
        driver,
        stream=stream,
        actor=remote.rater,
        action="remote.removed",
        subject=name,
        content=asdict(remote),
        data={"server": remote.server},
    )


def close_for_good(driver: Driver, queue: str) -> None:
    """Closes a queue whose server is forgotten."""
    _sql.set_state.run(driver, of_queue=queue, to_state="closed")


def note_synced(driver: Driver, name: str) -> None:
    """Notes that the server was heard just now."""
    _sql.synced.run(driver, of_remote=name, at=now())


def queues_of(driver: Driver, remote: str) -> list[RemoteQueueRecord]:
    """The remote's queues that are here, by name."""
    return [_queue(row) for row in _sql.queues_of.rows(driver, remote=remote)]


def queue_of(driver: Driver, queue: str) -> RemoteQueueRecord | None:
    """What is kept of the remote's side of the queue with that identifier; None for one of this device alone."""
    row = _sql.queue_of.first(driver, queue=queue)
    return _queue(row) if row else None


def put_queue(driver: Driver, queue: RemoteQueueRecord) -> None:
    """Keeps the remote's side of a queue. To be called in a transaction."""
    _sql.put_queue.run(
        driver,
        queue=queue.queue,
        remote=queue.remote,
        their_queue=queue.their_queue,
        cursor=queue.cursor,
        pulled_at=queue.pulled_at,
        document=canonical_json(queue.document).decode(),
    )


def note_of_queue(driver: Driver, queue: str, **said: Any) -> None:
    """Keeps something of a remote's queue in its document. To be called in a transaction."""
    kept = queue_of(driver, queue)
    if kept is not None:
        put_queue(driver, replace(kept, document=kept.document | said))


def rater_of(driver: Driver, queue: str) -> tuple[str, str] | None:
    """Identifier and name of who rates here for the server of a queue; None for a queue of this device alone."""
    row = _sql.whose.first(driver, queue=queue)
    return (row[0], row[1]) if row else None


def sent_back_for(driver: Driver, task: str) -> str:
    """Why a server asks for another label of a task; empty where it does not."""
    row = _sql.queue_of_task.first(driver, task=task)
    return str(orjson.loads(row[0]).get("sent_back", {}).get(task, "")) if row else ""


def refuse_remote(driver: Driver, queue: QueueRecord) -> None:
    """Raises BadInput for a queue that a server has the say over, or had until its remote was removed."""
    kept = queue_of(driver, queue.id)
    if kept is not None:
        raise BadInput(
            f"the queue '{queue.name}' belongs to the server '{kept.remote}', which decides about it.",
            mend="Have it changed there, then run `reviewer sync`.",
        )
    if "server" in queue.settings:
        raise BadInput(
            f"the queue '{queue.name}' belongs to a server that this device works for no more.",
            mend="`reviewer remote add NAME URL` adds it again, and pulling opens the queue.",
        )


def refuse_name(name: str) -> None:
    """Raises WrongUsage for a name that a queue of a server could have."""
    if "/" in name:
        raise WrongUsage(
            f"'{name}' cannot name a queue of this device: REMOTE/QUEUE names one of a server.",
            mend="Leave the '/' out; `reviewer pull REMOTE/QUEUE` fetches a server's queue.",
        )


# -- labels on their way -----------------------------------------------------------------------------------


def waiting(driver: Driver, remote: str | None = None) -> int:
    """How many labels were not sent yet, to one remote or to all."""
    return _counted(driver, remote, "waiting")


def refused(driver: Driver, remote: str | None = None) -> int:
    """How many labels were not taken, by one remote or by all."""
    return _counted(driver, remote, "refused")


def counts(driver: Driver, remote: str) -> dict[str, tuple[int, int]]:
    """How many labels wait and how many were refused, by the name of every queue of the remote that is here."""
    found = {queue.name: (0, 0) for queue in queues_of(driver, remote)}
    found |= {name: (int(wait), int(no)) for name, wait, no in _sql.counts.rows(driver, remote=remote)}
    return found


def refusals(driver: Driver, remote: str) -> list[Refused]:
    """The labels that the remote did not take, oldest first."""
    return [Refused._make(row) for row in _sql.refused.rows(driver, remote=remote)]


def try_again(driver: Driver, remote: str) -> int:
    """Lets refused labels be sent again; returns how many. To be called in a transaction."""
    return int(_sql.try_again.run(driver, of_remote=remote).rowcount)


def batch(driver: Driver, remote: RemoteRecord, most: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events of the remote's stream that were not sent, and labels to go with them, at most so many of each.

    Labels go in the order in which their events were written, so that none comes before what vouches for it. What has
    no event that was not sent goes last.
    """
    rows = [
        _named("Event", row)
        for row in _sql.events.rows(driver, stream=remote.stream, after=remote.stream_sent, most=most)
    ]
    labels = []
    for event in rows:
        if event["action"].startswith("label."):
            row = _sql.waiting_label.first(driver, label=event["subject"], remote=remote.name)
            labels += [row] if row else []
    if len(rows) < most:
        there = {row[0] for row in labels}
        # What was found already may be among the first that wait.
        more = _sql.waiting.rows(driver, remote=remote.name, most=most + len(there))
        labels += [row for row in more if row[0] not in there][: most - len(labels)]
    return rows, [_named("Label", row) for row in labels]


class Told(NamedTuple):
    """What became of a label that was sent: accepted, known or refused."""

    label: str
    answer: str
    surplus: bool = False
    reason: str = ""


def record(driver: Driver, told: list[Told]) -> None:
    """Keeps the server's answers. To be called in a transaction."""
    at = now()
    for each in told:
        taken = each.answer != "refused"
        state, error = ("sent", None) if taken else ("refused", each.reason)
        _sql.answered.run(driver, of_label=each.label, to_state=state, to_error=error, to_at=at)
        if taken:
            _sql.is_surplus.run(driver, of_label=each.label, to_surplus=int(each.surplus))
            # What was refused of the task before is asked of nobody any more: this is what the rater says now.
            _sql.overtaken.run(driver, by_label=each.label)


def let_go(driver: Driver, remote: str) -> int:
    """Asks the remote no more for what it did not take; the labels stay here. Returns how many. To be called in a
    transaction."""
    return int(_sql.let_go.run(driver, of_remote=remote).rowcount)


def note_tried(driver: Driver, labels: list[str]) -> None:
    """Counts an attempt that the server has not answered."""
    _sql.tried.run_all(driver, [{"of_label": label} for label in labels])


def followed(driver: Driver, remote: RemoteRecord, seq: int) -> None:
    """Notes how far the server has followed the remote's stream. To be called in a transaction."""
    _sql.followed.run(driver, of_remote=remote.name, of_stream=remote.stream, to_seq=seq)


def send_again(driver: Driver, remote: RemoteRecord, after: int) -> None:
    """Lets labels be sent again whose events the server knows no more. To be called in a transaction."""
    until = remote.stream_sent
    while after < until:
        rows = _sql.subjects.rows(driver, stream=remote.stream, after=after, until=until, most=_AT_ONCE)
        found = list(rows)
        if not found:
            return
        _sql.send_again.run_all(driver, [{"of_label": subject} for _, subject in found])
        after = found[-1][0]


def last_event(driver: Driver, stream: str) -> int:
    """The number of the last event of a stream; 0 where it has none."""
    return int(_sql.last_event.first(driver, stream=stream)[0])


def begin_stream(driver: Driver, remote: RemoteRecord, device: str) -> None:
    """Lets later labels be told of in another stream: the server follows this one no more."""
    _sql.begin_stream.run(driver, of_remote=remote.name, of_stream=remote.stream, to_stream=new_stream(device))


def conflicts(driver: Driver, queue: str, rater: str) -> list[Conflict]:
    """The tasks of a queue that the rater labelled on two devices, neither label following from the other."""
    return [
        Conflict(task, key, position, phase, (label, *orjson.loads(others)))
        for task, key, position, phase, label, others in _sql.conflicts.rows(driver, queue=queue, rater=rater)
    ]


def left(driver: Driver, queue: str, rater: str) -> int:
    """How many tasks of a remote's queue are here and wait for a label of the rater's."""
    return int(_sql.left.first(driver, queue=queue, rater=rater)[0])


def unlabelled(driver: Driver, queue: str, rater: str) -> list[str]:
    """The tasks of a remote's queue that the rater has not labelled."""
    return [task for (task,) in _sql.unlabelled.rows(driver, queue=queue, rater=rater)]


def _counted(driver: Driver, remote: str | None, state: str) -> int:
    if remote is None:
        return int(_sql.count_all_by_state.first(driver, state=state)[0])
    return int(_sql.count_by_state.first(driver, remote=remote, state=state)[0])


def _named(table: str, row: Any) -> dict[str, Any]:
    from reviewer.store import tables

    return dict(zip(tables.columns(getattr(tables, table)), row, strict=True))


def _remote(row: Any) -> RemoteRecord:
    said = dict(zip((entry.name for entry in fields(RemoteRecord)), row, strict=True))
    return RemoteRecord(**said | {"document": orjson.loads(said["document"])})


def _queue(row: Any) -> RemoteQueueRecord:
    queue, remote, theirs, cursor, pulled_at, document, name, state = row
    return RemoteQueueRecord(queue, remote, theirs, cursor, pulled_at, orjson.loads(document), name, state)
