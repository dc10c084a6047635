"""Taking in a pack of tasks on a rater's machine.

It is read to its end, and every line of it held against what it has to be, before the first one is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from reviewer.errors import WrongUsage
from reviewer.ids import now
from reviewer.store import packs, pulled, remotes
from reviewer.store.connection import Store
from reviewer.store.packs import PACK_URL
from reviewer.store.prepared import Driver
from reviewer.store.pulled import Stored
from reviewer.store.remotes import RemoteRecord, Told
from reviewer.sync import signing, wire
from reviewer.sync.client import Progress, unheard
from reviewer.sync.packs import Header, Pack
from reviewer.sync.pulling import check
from reviewer.sync.remotes import alone, refuse_unfit_name
from reviewer.sync.rubrics import check_rubrics
from reviewer.sync.syncing import take
from reviewer.sync.trouble import RemoteTrouble
from reviewer.text.sanitise import visible

PAGE = 200
NAME = "team"
"""What the server is called here of which the first pack is imported, where nobody says another name."""

_ANSWERS = 1000
_TOLD = "pack_changes"
_TASKS: dict[str, type[wire.Message]] = {
    "queue": wire.Queue,
    "rubric": wire.Rubric,
    "task": wire.Task,
    "answer": wire.Answer,
    "change": wire.Change,
}
NOT_READ = "the pack holds what this program cannot read"
UPDATE = "Update this program; the one that made the pack may be newer."


def read(pack: Pack, of: dict[str, type[wire.Message]]) -> Iterator[tuple[str, Any]]:
    """The lines as messages. Raises BadInput for one that is not as it has to be; what no name here stands for, a newer
    program may have added, and it is passed over."""
    for name, told in pack.lines():
        if name in of:
            try:
                yield name, of[name].model_validate(told)
            except ValidationError as error:
                raise pack.refusal(f"{NOT_READ}: a {name} is not as it should be.", UPDATE) from error


def told(answer: wire.Answer) -> Told:
    """What became of a label, as it is kept and shown."""
    reason = visible(" ".join(filter(None, (answer.reason, answer.mend))))
    return Told(answer.id, answer.answer, answer.surplus, reason)


# -- tasks, on the rater's machine -------------------------------------------------------------------------


@dataclass(slots=True)
class Taken:
    """What came of a pack of tasks: items that are new here, those that came again, how many wait for a label now,
    how many labels the server says it has, and what has happened meanwhile, a sentence each. `pinned` is the server's
    key where it was not known before."""

    remote: str
    queue: str
    until: str | None
    pinned: str = ""
    new: int = 0
    again: int = 0
    left: int = 0
    answered: int = 0
    news: list[str] = field(default_factory=list)


def take_tasks(
    store: Store,
    pack: Pack,
    *,
    name: str | None = None,
    key: str | None = None,
    trust: bool = False,
    progress: Progress = unheard,
) -> Taken:
    """Stores a server's tasks, page by page: killed half-way, the same pack goes on where it was. `name` is what the
    server is to be called here, `key` the public key that it is known by, `trust` takes the first one as it comes.

    Raises BadInput where the pack is not for this machine, is over, or is signed by somebody else: then nothing is
    stored.
    """
    header = pack.header
    if header.server == store.identity:
        raise pack.refusal(
            f"the pack holds tasks of this very store, for {header.rater_name}.",
            "Carry it to their machine, and import it there.",
        )
    if header.until is not None and header.until < now():
        raise pack.refusal(
            f"the pack is over: its tasks were {header.rater_name}'s until {header.until[:10]}, and are others' now.",
            "Ask for another one.",
        )
    with store.reading() as connection:
        record = _remote_for(connection, pack, name)
    refuse_strangers(pack, record.server_key, key, trust=trust)
    queue = _examined(store, pack)
    with alone(store, record.name):
        pinned = "" if record.server_key == header.key else header.key
        if record.added_at == "":
            record = replace(record, added_at=now(), stream=remotes.new_stream(store.device))
        if pinned:
            record = replace(record, server_key=header.key)
            store.transact(lambda driver: remotes.put(driver, record, stream=store.device))
        taken = Taken(record.name, f"{record.name}/{visible(queue.name)}", header.until, pinned)
        _store(store, pack, record, queue, taken, progress)
    with store.reading() as connection:
        taken.left = remotes.left(connection, queue.id, record.rater)
    return taken


def _remote_for(driver: Driver, pack: Pack, name: str | None) -> RemoteRecord:
    """The remote that the pack's server is here; one that was never added has no moment when it was."""
    header, there = pack.header, remotes.every(driver)
    if known := next((remote for remote in there if remote.server == header.server), None):
        if name not in (None, known.name):
            raise pack.refusal(f"that server is the remote '{known.name}' already.", f"Leave --remote {name} out.")
        if known.rater != header.rater:
            raise pack.refusal(
                f"the pack is for {header.rater_name}, and '{known.name}' is worked for here by {known.rater_name}.",
                "Two people take two homes (--home).",
            )
        return known
    name = name or NAME
    refuse_unfit_name(name)
    if any(remote.name == name for remote in there):
        raise pack.refusal(
            f"the pack is of another server than the remote '{name}'.", "Name it otherwise with --remote NAME."
        )
    return RemoteRecord(
        name=name,
        url=PACK_URL,
        server=header.server,
        server_key=None,
        rater=header.rater,
        rater_name=header.rater_name,
        role="rater",
        stream="",
        stream_sent=0,
        added_at="",
        synced_at=None,
    )


def refuse_strangers(pack: Pack, pinned: str | None, key: str | None, *, trust: bool) -> None:
    """Raises BadInput where it is not sure that the server has signed."""
    signed_by = pack.header.key
    if key is not None:
        if not signing.is_key(key):
            raise WrongUsage("--key takes the 64 hexadecimal digits that `reviewer pack export` prints at the server.")
        if signed_by != key:
            raise pack.refusal(f"the pack is signed by another key ({signed_by}) than --key names.", "Do not use it.")
    elif pinned and signed_by != pinned:
        raise pack.refusal(
            f"the pack is signed by another key ({signed_by}) than the server's ({pinned}).",
            "Ask those who run the server: if its key was made anew, --key takes the one that they tell you.",
        )
    elif not pinned and not trust:
        raise pack.refusal(
            f"the pack is signed by a key that is not known here: {signed_by}.",
            "Hold it against what `reviewer pack export` printed at the server, then import with --key and that key; "
            "--trust-key takes it unseen.",
        )


def _examined(store: Store, pack: Pack) -> wire.Queue:
    """The queue of a pack all of whose lines are as they have to be."""
    lines = read(pack, _TASKS)
    name, queue = next(lines, ("", None))
    if name != "queue" or not isinstance(queue, wire.Queue) or queue.id != pack.header.queue:
        raise pack.refusal(f"{NOT_READ}: it does not begin with its queue.", UPDATE)
    rubrics = {rubric.id for rubric in queue.rubrics}
    with store.reading() as connection:
        try:
            check_rubrics(connection, queue)
            for name, message in lines:
                if name == "queue":
                    raise pack.refusal(f"{NOT_READ}: it has two queues.", UPDATE)
                if name == "rubric":
                    check_rubrics(connection, queue.model_copy(update={"rubrics": [message]}))
                    rubrics.add(message.id)
                elif name == "task":
                    check(wire.Leased.model_construct(queue=queue, tasks=[message]), queue.id)
                    if not {message.rubric or queue.rubrics[-1].id, *(one.rubric for one in message.mine)} <= rubrics:
                        raise pack.refusal(f"{NOT_READ}: a task has a rubric that is not there.", UPDATE)
        except RemoteTrouble as trouble:
            raise pack.refusal(trouble.what, trouble.mend) from trouble
    return queue


def _store(store: Store, pack: Pack, remote: RemoteRecord, queue: wire.Queue, taken: Taken, progress: Progress) -> None:
    page = _Page(store, pack.header, remote, queue)
    total = pack.header.counts.get("task", 0)
    changes: list[wire.Change] = []
    page.store([], [])
    for name, message in read(pack, _TASKS):
        if name == "rubric":
            page.rubrics.append(message.model_dump())
        elif name == "task":
            # The number of a pack's lease is no place in what this device was leased over a network.
            page.tasks.append(message.model_dump() | {"number": 0})
        elif name == "answer":
            page.answers.append(told(message))
        elif name == "change":
            changes.append(message)
        if page.is_full:
            page.turn(taken)
            progress(taken.new + taken.again, total)
    page.turn(taken)
    taken.news = store.transact(lambda driver: _hear(driver, pack.header, remote, queue, changes, stream=store.device))
    progress(total, total)


def _hear(
    driver: Driver, header: Header, remote: RemoteRecord, queue: wire.Queue, changes: list[wire.Change], *, stream: str
) -> list[str]:
    """Brings what is here to what the server says, unless it has said something since; what of it is news."""
    kept = remotes.queue_of(driver, queue.id)
    if (
        kept is None
        or header.made_at < _heard(driver, remote, kept.document)
        or header.made_at == kept.document.get(_TOLD)
    ):
        return []
    heard = take(driver, remote, kept, wire.Changes(queue=queue, changes=changes, until=header.until), stream=stream)
    remotes.note_of_queue(driver, queue.id, **{_TOLD: header.made_at})
    return heard.news()


class _Page:
    """What is stored in one transaction."""

    def __init__(self, store: Store, header: Header, remote: RemoteRecord, queue: wire.Queue) -> None:
        self.rubrics: list[dict[str, Any]] = []
        self.tasks: list[dict[str, Any]] = []
        self.answers: list[Told] = []
        self._store = store
        self._header = header
        self._remote = remote
        self._queue = queue.model_dump()

    @property
    def is_full(self) -> bool:
        return len(self.tasks) >= PAGE or len(self.answers) >= _ANSWERS

    def turn(self, taken: Taken) -> None:
        """Stores it, and begins the next one."""
        tasks, answers = self.tasks, self.answers
        self.tasks, self.answers = [], []
        stored, answered = self.store(tasks, answers)
        taken.new += stored.new
        taken.again += len(tasks) - stored.new
        taken.answered += answered

    def store(self, tasks: list[dict[str, Any]], answers: list[Told]) -> tuple[Stored, int]:
        """Stores these with the rubrics that came before; what is new, and how many answers are."""
        rubrics, self.rubrics = self.rubrics, []
        return self._store.transact(lambda driver: self._job(driver, rubrics, tasks, answers))

    def _job(
        self, driver: Driver, rubrics: list[dict[str, Any]], tasks: list[dict[str, Any]], answers: list[Told]
    ) -> tuple[Stored, int]:
        header, remote, queue = self._header, self._remote, self._queue
        stream = self._store.device
        kept = remotes.queue_of(driver, queue["id"])
        heard = _heard(driver, remote, kept.document if kept else {})
        if kept is None or header.made_at >= heard:
            kept = pulled.put_queue(driver, remote, queue, stream=stream)
        for rubric in [*queue["rubrics"], *rubrics]:
            pulled.put_rubric(driver, rubric)
        if header.made_at <= heard:
            # What was heard since may have taken tasks back that stand here.
            tasks = [task for task in tasks if not packs.is_here(driver, queue["id"], task["id"])]
        stored = pulled.put_page(driver, remote, kept, tasks, stream=stream)
        if header.made_at >= heard:
            remotes.note_of_queue(driver, queue["id"], until=header.until, why=None, pack=header.made_at)
        if remote.url == PACK_URL:
            remotes.note_synced(driver, remote.name)
        return stored, len(packs.record(driver, remote, answers))


def _heard(driver: Driver, remote: RemoteRecord, document: dict[str, Any]) -> str:
    """When the server said last how the queue stands: in a pack, or over the network."""
    known = remotes.find(driver, remote.name)
    over_network = known.synced_at if known and known.url != PACK_URL else None
    return max(str(document.get("pack") or ""), over_network or "")
