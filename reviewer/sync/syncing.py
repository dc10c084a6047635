"""Syncing: sending what waits, hearing what happened meanwhile, and fetching more; and saying what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from reviewer.store import pulled, remotes
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.pulled_labels import put_mine
from reviewer.store.queues import QueueRecord
from reviewer.store.remotes import Conflict, RemoteQueueRecord, RemoteRecord
from reviewer.sync import wire
from reviewer.sync.client import Client, Progress, unheard
from reviewer.sync.panels import fetch_panel, is_shown
from reviewer.sync.pulling import Pulled, pull
from reviewer.sync.pushing import Pushed, push
from reviewer.sync.remotes import alone, connect
from reviewer.sync.rubrics import check_rubrics
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

_GONE = frozenset({403, 404})
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an item: recalled, sent_back, taken_over, reopened or conflict."""

    task: str
    item: str
    what: str
    reason: str = ""


@dataclass(slots=True)
class Heard:
    """What has happened to a queue since it was asked for last."""

    queue: str
    state: str
    was: str
    new_rubric: str = ""
    happenings: list[Happening] = field(default_factory=list)
    until: str | None = None
    panel: bool = False
    """Whether more of what others said in a revealed round came."""
    gone: str = ""
    """Why the server tells nothing of the queue any more."""

    def of(self, what: str) -> list[Happening]:
        """What happened of that kind."""
        return [each for each in self.happenings if each.what == what]

    def news(self) -> list[str]:
        """What a person is told of it, a sentence each."""
        told = []
        if self.gone:
            told.append(f"The server has '{self.queue}' no more for you: {self.gone}")
        if self.state != self.was:
            told.append(_state_words(self.queue, self.state))
        if self.new_rubric:
            further = "labels from now on go by it, and " if self.state == "open" else ""
            told.append(
                f"'{self.queue}' has a new rubric, '{self.new_rubric}': {further}labels that you gave keep the one "
                "that they were given by."
            )
        told += [sentence for what in _WORDS if (sentence := _sentence(self, what))]
        return told


_OUT = ("recalled", "taken_over")
_WORDS = {
    "recalled": ("was recalled", "were recalled"),
    "taken_over": ("was taken over by another device of yours", "were taken over by another device of yours"),
    "sent_back": ("was sent back", "were sent back"),
    "reopened": ("is to be labelled again", "are to be labelled again"),
    "conflict": ("was labelled on two devices", "were labelled on two devices"),
}


@dataclass(slots=True)
class QueueSynced:
    """One queue after a sync. `trouble` says why it could not be fetched for."""

    name: str
    heard: Heard
    pulled: Pulled | None = None
    left: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    trouble: str = ""


@dataclass(slots=True)
class Synced:
    """One remote after a sync."""

    remote: str
    pushed: Pushed
    queues: list[QueueSynced] = field(default_factory=list)
    waiting: int = 0
    refused: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "remote": self.remote,
            "sent": self.pushed.sent,
            "known": self.pushed.known,
            "surplus": self.pushed.surplus,
            "waiting": self.waiting,
            "refused": self.refused,
            "queues": [_queue_json(queue) for queue in self.queues],
        }


def sync(
    store: Store,
    remote: RemoteRecord,
    *,
    client: Client | None = None,
    progress: Progress = unheard,
    fetching: Callable[[str], Progress] | None = None,
) -> Synced:
    """Pushes, hears what changed, and pulls up to what was wanted last. Raises RemoteTrouble."""
    with alone(store, remote.name), closing(client or connect(store, remote)) as client:
        synced = Synced(remote.name, push(store, client, remote, progress=progress))
        with store.reading() as connection:
            queues = remotes.queues_of(connection, remote.name)
        for queue in queues:
            heard = hear(store, client, remote, queue)
            one = QueueSynced(queue.name, heard)
            if not heard.gone and heard.state == "open":
                wanted = int(queue.document.get("wanted", 0))
                try:
                    of = fetching(queue.name) if fetching else unheard
                    one.pulled = pull(store, client, remote, queue, wanted, progress=of)
                except RemoteTrouble as trouble:
                    # The other queues are not to wait for what is wrong with this one.
                    if trouble.offline or trouble.shut_out:
                        raise
                    one.trouble = trouble.sentence
            with store.reading() as connection:
                one.left = remotes.left(connection, queue.queue, remote.rater)
                one.conflicts = remotes.conflicts(connection, queue.queue, remote.rater)
            synced.queues.append(one)
        with store.reading() as connection:
            synced.waiting = remotes.waiting(connection, remote.name)
            synced.refused = remotes.refused(connection, remote.name)
    return synced


def hear(store: Store, client: Client, remote: RemoteRecord, queue: RemoteQueueRecord) -> Heard:
    """Asks what happened to what is here of a queue, and brings it to that. Raises RemoteTrouble."""
    try:
        changes = client.changes(queue.their_queue, store.device)
    except RemoteTrouble as trouble:
        if trouble.status in _GONE and trouble.code != "not_ours":
            return Heard(queue.name, queue.state, queue.state, gone=trouble.sentence)
        raise
    if changes.queue.id != queue.their_queue:
        raise RemoteTrouble(
            "the server's answer contradicts itself: it is about another queue.",
            mend="Have the server examined.",
            code="not_ours",
        )
    heard = store.transact(lambda driver: take(driver, remote, queue, changes, stream=store.device))
    if is_shown(changes.queue):
        heard.panel = fetch_panel(store, client, remote, queue)
    return heard


def take(
    driver: Driver, remote: RemoteRecord, queue: RemoteQueueRecord, changes: wire.Changes, *, stream: str
) -> Heard:
    """Brings what is here to what the server says; what is known already is no news. To be called in a transaction."""
    was = remotes.queue_of(driver, queue.queue) or queue
    before = was.document.get("queue", {}).get("rubrics", [])
    check_rubrics(driver, changes.queue)
    kept = pulled.put_queue(driver, remote, changes.queue.model_dump(), stream=stream)
    heard = Heard(queue.name, changes.queue.state, was.state, until=changes.until)
    in_force = changes.queue.rubrics[-1]
    if before and before[-1] != in_force.id:
        heard.new_rubric = visible(in_force.name)
    record = pulled.queues_by_id(driver, queue.queue)
    assert record is not None
    for change in changes.changes:
        if _take_one(driver, remote, record, change, stream=stream):
            item = _item(driver, change.task)
            heard.happenings.append(Happening(change.task, item, change.what, visible(change.reason)))
    heard.happenings += _over(driver, remote, record, changes)
    reasons = {change.task: change.reason for change in changes.changes if change.what == "sent_back"}
    counts = {
        change.task: change.labels[0].id for change in changes.changes if change.what == "conflict" and change.labels
    }
    until = changes.until or kept.document.get("until")
    remotes.note_of_queue(driver, kept.queue, until=until, sent_back=reasons, counts=counts)
    remotes.note_synced(driver, remote.name)
    return heard


def _take_one(driver: Driver, remote: RemoteRecord, queue: QueueRecord, change: wire.Change, *, stream: str) -> bool:
    """Whether something is another way than before."""
    if change.what in _OUT:
        return pulled.recall(driver, queue.id, remote.rater, change.task)
    mine = [label.model_dump() for label in change.labels]
    new = bool(mine) and put_mine(driver, remote, queue, change.task, mine, stream=stream)
    if change.what == "sent_back":
        return pulled.ask_again(driver, queue.id, remote.rater, change.task)
    return new and change.what == "conflict"


def _over(driver: Driver, remote: RemoteRecord, queue: QueueRecord, changes: wire.Changes) -> Iterator[Happening]:
    """Ends what the server tells of no more: it names everything that is another way than when it was leased."""
    told: dict[str, set[str]] = {}
    for change in changes.changes:
        told.setdefault(change.what, set()).add(change.task)
    out = set().union(*(told.get(what, set()) for what in _OUT))
    for task in pulled.recalled(driver, queue.id):
        if task not in out and pulled.reopen(driver, queue.id, remote.rater, task):
            yield Happening(task, _item(driver, task), "reopened")
    pulled.let_stand(driver, queue.id, remote.rater, besides=told.get("sent_back", set()))
    for conflict in remotes.conflicts(driver, queue.id, remote.rater):
        if conflict.task not in told.get("conflict", set()):
            pulled.settle_with(driver, remote.rater, conflict.task)


def _item(driver: Driver, task: str) -> str:
    """An item as its rater knows it: by its key, else by its number."""
    position, key = pulled.position_and_key(driver, task)
    return f"item {position + 1}" if key == task else visible(key)


def _sentence(heard: Heard, what: str) -> str:
    found, words = heard.of(what), _WORDS[what]
    if not found:
        return ""
    meaning = _meaning(heard, what)
    if len(found) == 1:
        reason = f": {found[0].reason}" if found[0].reason else "."
        if meaning and reason[-1] not in ".!?":
            reason += "."
        return f"'{heard.queue}': {found[0].item} {words[0]}{reason}{meaning}"
    named = ", ".join(each.item for each in found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    return f"'{heard.queue}': {len(found):,} items {words[1]} ({named}{more}).{meaning}"


def _meaning(heard: Heard, what: str) -> str:
    """What follows from it for whoever labelled."""
    if what == "recalled":
        return " Nothing more is asked of you there; what you labelled of it is kept."
    if what == "conflict":
        until = ", until you submit it again: that settles it" if heard.state == "open" else ""
        return f" Both labels are kept; the one that the server received first counts{until}."
    return ""


def _state_words(queue: str, state: str) -> str:
    return {
        "open": f"'{queue}' is open again.",
        "closed": f"'{queue}' was closed: what you have labelled still counts, and no more is asked.",
        "locked": f"The calibration round '{queue}' is locked: no more labels are taken.",
        "revealed": f"The calibration round '{queue}' is revealed: open it to see what everybody said.",
        "finished": f"The calibration round '{queue}' is finished: its panel stays to be read.",
        "cancelled": f"The calibration round '{queue}' was cancelled: no more labels are taken.",
    }.get(state, f"'{queue}' is {visible(state)} now.")


def _queue_json(queue: QueueSynced) -> dict[str, Any]:
    heard, got = queue.heard, queue.pulled
    return {
        "queue": queue.name,
        "state": heard.state,
        "pulled": got.new if got else 0,
        "left": queue.left,
        "until": (got.until if got else None) or heard.until,
        "why": {"code": got.why_code, "what": got.why} if got and got.why else None,
        "new_rubric": heard.new_rubric or None,
        "changes": [
            {"item": each.item, "task": each.task, "what": each.what, "reason": each.reason}
            for each in heard.happenings
        ],
        "conflicts": [
            {"task": each.task, "item": named(each), "phase": each.phase, "labels": list(each.labels)}
            for each in queue.conflicts
        ],
        "gone": heard.gone or None,
        "trouble": queue.trouble or None,
    }


def named(conflict: Conflict) -> str:
    """The item of a conflict as its rater knows it."""
    return f"item {conflict.position + 1}" if conflict.key == conflict.task else visible(conflict.key)
