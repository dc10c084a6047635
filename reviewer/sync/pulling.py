"""Pulling: tasks of a server's queue into a queue here, page by page, each page whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.errors import BadInput
from reviewer.store import pulled, remotes
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.pulled import Stored
from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
from reviewer.sync import wire
from reviewer.sync.client import Client, Progress, unheard
from reviewer.sync.panels import fetch_panel, is_shown
from reviewer.sync.rubrics import check_rubrics
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

PAGE = 200
WANTED = 50
"""How many unlabelled items are pulled to where nobody says a number."""

_PAGES_WITHOUT_GAIN = 5


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of a pull: items that are new here, how many wait for a label now, until when the server keeps them
    for this device, and why there are no more."""

    queue: str
    new: int
    left: int
    until: str | None
    why: str = ""
    why_code: str = ""
    state: str = "open"


def their_queue(remote: RemoteRecord, offered: list[wire.Queue], name: str) -> wire.Queue:
    """The offered queue of that name, with or without the remote's before it. Raises BadInput where there is none."""
    short = name.removeprefix(f"{remote.name}/")
    for queue in offered:
        if queue.name == short:
            return queue
    names = ", ".join(visible(queue.name) for queue in offered[:8])
    mend = f"There are {names}{' and more' if len(offered) > 8 else ''}." if names else "It has none for you."
    raise BadInput(f"the server '{remote.name}' has no queue '{visible(short)}' for you.", mend=mend)


def pull(
    store: Store,
    client: Client,
    remote: RemoteRecord,
    queue: wire.Queue | RemoteQueueRecord,
    wanted: int | None = None,
    *,
    take_over: bool = False,
    progress: Progress = unheard,
) -> Pulled:
    """Pulls until `wanted` items wait for a label here, else as many as were wanted last; renews what is here.

    Killed at any moment it goes on, when it is run again, where it was. Raises RemoteTrouble.
    """
    theirs, name = _names(remote, queue)
    with store.reading() as connection:
        kept = remotes.queue_of(connection, theirs)
        here = remotes.left(connection, theirs, remote.rater) if kept else 0
    if wanted is None:
        wanted = int((kept.document.get("wanted") if kept else None) or WANTED)
        # Who takes over has more there than they asked for last.
        wanted = max(wanted, here + WANTED) if take_over else wanted
    cursor = kept.cursor if kept else 0
    goal, new, page, idle = max(0, wanted - here), 0, PAGE, 0
    gained = 0
    while True:
        asked = min(page, goal - gained)
        request = wire.LeaseRequest(device=store.device, wanted=asked, after=cursor, take_over=take_over)
        try:
            leased = client.lease(theirs, request)
        except RemoteTrouble as error:
            if error.code == "too_large" and asked > 1:
                page = max(1, asked // 2)
                continue
            raise
        check(leased, theirs)
        stored, cursor_now = store_page(store, remote, leased, wanted)
        new, gained = new + stored.new, gained + stored.more
        idle = 0 if stored.more or cursor_now > cursor else idle + 1
        cursor = cursor_now
        progress(gained, goal)
        # "limit" asks to be asked again: others were at the same tasks at this moment.
        is_over = not leased.tasks if leased.why is None else leased.why.code != "limit"
        if gained >= goal or is_over or idle > _PAGES_WITHOUT_GAIN:
            break
    with store.reading() as connection:
        left = remotes.left(connection, theirs, remote.rater)
        kept = remotes.queue_of(connection, theirs)
    why = leased.why if gained < goal else None
    told = visible(why.what) if why else ""
    if kept is not None and is_shown(leased.queue) and fetch_panel(store, client, remote, kept):
        told = "The round is revealed: open it to see what everybody said."
    return Pulled(
        queue=name,
        new=new,
        left=left,
        until=leased.until,
        why=told,
        why_code=why.code if why else "",
        state=leased.queue.state,
    )


def store_page(store: Store, remote: RemoteRecord, leased: wire.Leased, wanted: int) -> tuple[Stored, int]:
    """Stores one answer in one transaction; what became of it, and where the cursor stands then.

    Raises RemoteTrouble where the answer names what is not, or is something else, here.
    """
    queue = leased.queue.model_dump()
    tasks = [task.model_dump() for task in leased.tasks]

    def job(driver: Driver) -> tuple[Stored, int]:
        check_rubrics(driver, leased.queue)
        record = pulled.put_queue(driver, remote, queue, stream=store.device)
        stored = pulled.put_page(driver, remote, record, tasks, stream=store.device)
        why = leased.why.model_dump() if leased.why else None
        remotes.note_of_queue(driver, record.queue, until=leased.until, why=why, wanted=wanted)
        remotes.note_synced(driver, remote.name)
        kept = remotes.queue_of(driver, record.queue)
        assert kept is not None
        return stored, kept.cursor

    return store.transact(job)


def give_back(store: Store, client: Client, remote: RemoteRecord, queue: RemoteQueueRecord) -> int:
    """Gives back what is not labelled, and takes it out of the rater's order; returns how many.

    What was labelled must have been sent before. Raises RemoteTrouble.
    """
    with store.reading() as connection:
        tasks = remotes.unlabelled(connection, queue.queue, remote.rater)
    for start in range(0, len(tasks), PAGE):
        some = tasks[start : start + PAGE]
        client.give_back(queue.their_queue, wire.ReturnRequest(device=store.device, tasks=some))

        def take_out(driver: Driver, some: list[str] = some) -> None:
            for task in some:
                pulled.recall(driver, queue.queue, remote.rater, task, state=pulled.RETURNED)

        store.transact(take_out)
    store.transact(lambda driver: remotes.note_of_queue(driver, queue.queue, wanted=0))
    return len(tasks)


def check(leased: wire.Leased, queue: str) -> None:
    """Raises RemoteTrouble for an answer that contradicts itself: a screen could not show it."""
    told = "the server's answer contradicts itself"
    if leased.queue.id != queue:
        raise RemoteTrouble(f"{told}: it is about another queue.", mend="Have the server examined.", code="not_ours")
    for task in leased.tasks:
        public = [output.public_id for output in task.outputs]
        least = 1 if leased.queue.kind == "rating" else 2
        if len(set(public)) != len(public) or len(public) < least or not all(one.turns for one in task.outputs):
            raise RemoteTrouble(
                f"{told}: a task's outputs cannot be told apart, or are missing.",
                mend="Have the server examined.",
                code="not_ours",
            )


def _names(remote: RemoteRecord, queue: wire.Queue | RemoteQueueRecord) -> tuple[str, str]:
    if isinstance(queue, RemoteQueueRecord):
        return queue.their_queue, queue.name
    return queue.id, f"{remote.name}/{queue.name}"
