"""Storing what a server leases to this device: a queue of its own, its tasks in their order, and nothing beside.

Everything comes as the wire's messages, dumped. What a message has no field for is not kept, so that no more stands
in the store than the rater may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from reviewer.errors import BadInput
from reviewer.ids import canonical_json, new_id, now
from reviewer.store import events, labels, passing, queues, remotes, stretches
from reviewer.store.prepared import Driver
from reviewer.store.pulled_labels import put_mine
from reviewer.store.pulled_rows import Rows
from reviewer.store.queues import IMPORTING, QueueRecord
from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
from reviewer.store.statements import statements

RECALLED, RETURNED = "recalled", "returned"
"""The states of a task that the server took out of the rater's order, and of one that the rater gave back."""

_sql = statements("remotes")
_passing = statements("passing")
_SETTINGS: Mapping[str, type | tuple[type, ...]] = {
    "show": list,
    "reference": bool,
    "submit": str,
    "pick": (str, bool, int),
    "idle_after": (int, float),
    "goal": int,
}


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a page: tasks that are new here, those that came again, and how many of both wait for a label
    now and did not before."""

    new: int = 0
    again: int = 0
    more: int = 0


def put_queue(driver: Driver, remote: RemoteRecord, theirs: dict[str, Any], *, stream: str) -> RemoteQueueRecord:
    """Brings the queue here to what the server says of it; makes it where it is new. To be called in a transaction.

    Raises BadInput where its name or its identifier stands for something else here.
    """
    found = queues_by_id(driver, theirs["id"])
    kept = remotes.queue_of(driver, theirs["id"])
    if found is None:
        found = _make(driver, remote, theirs, stream=stream)
    elif kept is None:
        _refuse_foreign(found, remote)
        _sql.put_all_in_outbox.run(
            driver,
            to_remote=remote.name,
            of_queue=found.id,
            of_rater=remote.rater,
            of_device=stream,
        )
    elif kept.remote != remote.name:
        raise _taken(found.name, remote)
    _follow(driver, remote, found, theirs, stream=stream)
    # Of its settings a server newer than this program may tell more than this one knows how to keep from sight.
    told = {name: theirs[name] for name in ("name", "purpose", "state", "sealed", "mine")}
    told["rubrics"] = [rubric["id"] for rubric in theirs["rubrics"]]
    document = (kept.document if kept else {}) | {"queue": told}
    record = RemoteQueueRecord(
        queue=theirs["id"],
        remote=remote.name,
        their_queue=theirs["id"],
        cursor=kept.cursor if kept else 0,
        pulled_at=kept.pulled_at if kept else now(),
        document=document,
        name=found.name,
        state=theirs["state"],
    )
    remotes.put_queue(driver, record)
    labels.ensure_progress(driver, record.queue, remote.rater, now())
    return record


def put_page(
    driver: Driver, remote: RemoteRecord, queue: RemoteQueueRecord, tasks: Sequence[dict[str, Any]], *, stream: str
) -> Stored:
    """Stores a page of leased tasks and moves the cursor behind it. What is here already keeps its place.

    To be called in the transaction of `put_queue`. Raises BadInput where a task's identifier stands for something else.
    """
    dataset = queues_by_id(driver, queue.queue)
    assert dataset is not None
    start = end = int(_sql.end_of_tasks.first(driver, queue=queue.queue)[0])
    new = again = more = 0
    rows = Rows(driver, dataset, remote.rater)
    seen: set[str] = set()
    for task in tasks:
        known = _sql.task.first(driver, task=task["id"])
        if task["id"] in seen:
            continue
        seen.add(task["id"])
        if known is None:
            rows.add(task, end)
            new, more, end = new + 1, more + 1, end + 1
            continue
        if known[0] != queue.queue:
            raise BadInput("the server gives a task an identifier that stands for another one here.", where=queue.name)
        again += 1
        more += reopen(driver, queue.queue, remote.rater, task["id"])
    keys = rows.write(driver)
    if end > start:
        _sql.put_batch.run(driver, queue=queue.queue, first=0, size=end, at=now())
        _sql.grow_queue.run(driver, of_queue=queue.queue, to_size=end)
        _sql.grow_dataset.run(driver, of_dataset=dataset.dataset, more=keys)
    for task in tasks:
        if task["mine"]:
            put_mine(driver, remote, dataset, task["id"], task["mine"], stream=stream)
        if task["sent_back"] is not None:
            ask_again(driver, queue.queue, remote.rater, task["id"])
    told = {task["id"]: task["sent_back"] for task in tasks if task["sent_back"]}
    last = max((task["number"] for task in tasks), default=0)
    kept = remotes.queue_of(driver, queue.queue)
    assert kept is not None
    document = kept.document | {"sent_back": kept.document.get("sent_back", {}) | told}
    remotes.put_queue(
        driver,
        replace(kept, cursor=max(kept.cursor, last), pulled_at=now(), document=document if told else kept.document),
    )
    return Stored(new, again, more)


def queues_by_id(driver: Driver, queue: str) -> QueueRecord | None:
    """The queue of that identifier."""
    row = _sql.any_queue.first(driver, queue=queue)
    return None if row is None else queues.find(driver, row[1])


def put_rubric(driver: Driver, rubric: dict[str, Any]) -> None:
    """Keeps a rubric under the identifier that the server gives it. To be called in a transaction.

    Raises BadInput where another rubric is known by it.
    """
    known = _sql.rubric.first(driver, rubric=rubric["id"])
    if known is not None:
        if known[0].partition("@")[0] != rubric["content_hash"]:
            raise BadInput("the server gives a rubric an identifier that stands for another one here.")
        return
    # The same text may be a rubric of this store's own already, under another identifier.
    twin = _sql.rubric_by_hash.first(driver, content_hash=rubric["content_hash"])
    content_hash = f"{rubric['content_hash']}@{rubric['id']}" if twin else rubric["content_hash"]
    row = {**rubric, "content_hash": content_hash, "document": canonical_json(rubric["document"]).decode()}
    _sql.insert_rubric.run(driver, **row)


def recall(driver: Driver, queue: str, rater: str, task: str, *, state: str = RECALLED) -> bool:
    """Takes a task out of the rater's order; False where it was so, or is none of this queue's."""
    known = _sql.task.first(driver, task=task)
    if known is None or known[0] != queue or known[1] != "open":
        return False
    _sql.set_task.run(driver, of_task=task, to_state=state)
    place = _sql.place.first(driver, task=task, rater=rater)
    if place is not None and place[1] in ("open", "sent_back"):
        # So that what is left is told right before anybody comes to it.
        passing.pass_over(driver, queue, rater, [(place[0], task)])
    return True


def recalled(driver: Driver, queue: str) -> list[str]:
    """The tasks that the server took out of the rater's order."""
    return [task for (task,) in _sql.in_state.rows(driver, queue=queue, state=RECALLED)]


def reopen(driver: Driver, queue: str, rater: str, task: str) -> bool:
    """Brings a task back into the rater's order that was taken out of it; whether it waits for a label now and did
    not before."""
    known = _sql.task.first(driver, task=task)
    if known is None or known[0] != queue or known[1] == "open":
        return False
    _sql.set_task.run(driver, of_task=task, to_state="open")
    place = _sql.place.first(driver, task=task, rater=rater)
    if place is None or place[1] not in ("open", "sent_back"):
        return False
    if stretches.uncover(driver, queue, rater, place[0]):
        _passing.add_passed.run(driver, of_queue=queue, of_rater=rater, more=-1)
    return True


def ask_again(driver: Driver, queue: str, rater: str, task: str) -> bool:
    """Asks for another label of a task that the rater has labelled; False where none can be, or one is on its way."""
    place = _sql.place.first(driver, task=task, rater=rater)
    if place is None or place[1] != "submitted" or _sql.unsent_of_task.first(driver, task=task):
        return False
    labels.send_back(driver, queue, task)
    return True


def let_stand(driver: Driver, queue: str, rater: str, besides: set[str]) -> None:
    """Asks no more for another label of any task but these."""
    for (task,) in list(_sql.asked_again.rows(driver, queue=queue, rater=rater)):
        if task not in besides:
            labels.end_rework(driver, queue, task)


def position_and_key(driver: Driver, task: str) -> tuple[int, str]:
    """Where a task stands in its queue, and its key, which is its own identifier where the server withholds it."""
    row = _sql.task.first(driver, task=task)
    return (int(row[2]), str(row[3])) if row else (0, task)


def settle_with(driver: Driver, rater: str, task: str) -> None:
    """Lets the label that counts here stand alone: the server knows of no conflict any more."""
    if not _sql.unsent_of_task.first(driver, task=task):
        _sql.agree.run(driver, of_task=task, of_rater=rater)


# -- the queue -----------------------------------------------------------------------------------------


def _make(driver: Driver, remote: RemoteRecord, theirs: dict[str, Any], *, stream: str) -> QueueRecord:
    name = f"{remote.name}/{theirs['name']}"
    if not name.isprintable() or not theirs["name"].strip():
        raise BadInput("the server has a queue whose name cannot be shown.", mend="Have it named in printable letters.")
    if _sql.queue_named.first(driver, name=name):
        raise _taken(name, remote)
    dataset, at = new_id(), now()
    _sql.insert_dataset.run(
        driver,
        id=dataset,
        name=name,
        version=theirs["id"],
        content_hash=None,
        lineage="{}",
        size=0,
        outputs=0,
        created_at=at,
    )
    made = queues.draft(name, dataset, kind=theirs["kind"], settings=_settings(remote, theirs))
    made = replace(made, id=theirs["id"], blind=theirs["sealed"], state=theirs["state"], created_at=at)
    row = asdict(made) | {"blind": int(made.blind), "settings": orjson.dumps(made.settings).decode()}
    _sql.insert_queue.run(driver, **row)
    events.append(
        driver,
        stream=stream,
        actor=remote.rater,
        action="queue.created",
        subject=made.id,
        content=row,
        data={"kind": made.kind},
    )
    return made


def _follow(driver: Driver, remote: RemoteRecord, queue: QueueRecord, theirs: dict[str, Any], *, stream: str) -> None:
    """State, settings and rubrics as the server has them, with an event where they changed."""
    settings = _settings(remote, theirs)
    revealed = None if theirs["sealed"] or not queue.blind else queue.revealed_at or now()
    changed = {
        "state": (queue.state, theirs["state"]),
        "settings": (queue.settings, settings),
        "revealed_at": (queue.revealed_at, revealed),
    }
    if different := sorted(name for name, (was, becomes) in changed.items() if was != becomes):
        row = {
            "to_state": theirs["state"],
            "to_blind": int(queue.blind or theirs["sealed"]),
            "to_revealed_at": revealed,
            "to_settings": orjson.dumps(settings).decode(),
        }
        _sql.set_queue.run(driver, of_queue=queue.id, **row)
        events.append(
            driver,
            stream=stream,
            actor=remote.rater,
            action="queue.changed",
            subject=queue.id,
            content=row,
            data={"changed": different},
        )
    for rubric in theirs["rubrics"]:
        put_rubric(driver, rubric)
    here = [rubric for (rubric,) in _sql.rubric_ids.rows(driver, queue=queue.id)]
    said = [rubric["id"] for rubric in theirs["rubrics"]]
    for rubric in said[len(here) :] if said[: len(here)] == here else said[-1:]:
        queues.put_rubric(driver, queue, rubric, stream=stream, actor=remote.rater)


def _settings(remote: RemoteRecord, theirs: dict[str, Any]) -> dict[str, Any]:
    """The settings that shape the work; one of another kind than this program knows is left out."""
    told = theirs["settings"]
    kept = {
        name: told[name]
        for name, kind in _SETTINGS.items()
        if isinstance(told.get(name), kind) and (name != "show" or all(isinstance(one, str) for one in told[name]))
    }
    return {"order": "planned", "raters": [remote.rater_name], "server": remote.server, **kept}


def _refuse_foreign(queue: QueueRecord, remote: RemoteRecord) -> None:
    """A queue that stands here already was this server's once, or is something else."""
    if queue.settings.get("server") != remote.server or queue.state == IMPORTING:
        raise _taken(queue.name, remote)


def _taken(name: str, remote: RemoteRecord) -> BadInput:
    return BadInput(
        f"the queue '{name}' is here already and is none of the server '{remote.name}'.",
        mend="Work for this server in another home (--home), or add it under another name.",
    )
