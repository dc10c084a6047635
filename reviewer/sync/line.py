"""The way of a worker to its server: sends, fetches and hears as the commands do, and says what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from reviewer.errors import ReviewerError
from reviewer.ids import now
from reviewer.store import remotes
from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
from reviewer.sync import wire
from reviewer.sync.agenda import Task
from reviewer.sync.client import Client
from reviewer.sync.pulling import Pulled, pull, their_queue
from reviewer.sync.pushing import Pushed, push
from reviewer.sync.remotes import alone, connect, find
from reviewer.sync.syncing import hear
from reviewer.sync.trouble import RemoteTrouble
from reviewer.sync.worker import Busy, Heard, News, Offer, ShutOut, Unreachable
from reviewer.text.sanitise import visible

_WAIT = 5.0
"""So many seconds another program that syncs is waited for before something else is done."""

SOON = timedelta(hours=24)
"""So long before the server gives items to others it is told."""


class RemoteLine:
    """One remote's way, used from one thread. The connection is made when it is needed, and anew after a trouble."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._client: Client | None = None

    def counts(self) -> dict[str, tuple[int, int]]:
        """Labels that wait and that were refused, for every queue of the remote that is here."""
        with self._store.reading() as connection:
            return remotes.counts(connection, self._name)

    def running_out(self) -> list[News]:
        """What is to be told of items that the server keeps for this device not much longer."""
        with self._store.reading() as connection:
            remote = remotes.find(connection, self._name)
            found = remotes.queues_of(connection, self._name) if remote else []
            left = {queue.queue: remotes.left(connection, queue.queue, remote.rater) for queue in found if remote}
        told = ((queue, _running_out(queue, left[queue.queue])) for queue in found if left[queue.queue])
        return [News(queue.name, sentence) for queue, sentence in told if sentence]

    def work(self, task: Task) -> Heard:
        """Does one task, and sends what waits before. Raises a ReviewerError that says whether to try again."""
        try:
            with alone(self._store, self._name, wait=_WAIT):
                remote = find(self._store, self._name)
                if self._client is None:
                    # The agenda tries again, and waits between: nobody has to be held up meanwhile.
                    self._client = connect(self._store, remote, attempts=1)
                return self._heard(task, remote, self._client)
        except RemoteTrouble as trouble:
            self.close()
            raise _told(trouble) from trouble

    def close(self) -> None:
        """Closes the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _heard(self, task: Task, remote: RemoteRecord, client: Client) -> Heard:
        pushed = push(self._store, client, remote)
        news = _of_pushed(pushed)
        if task.what == "push" and not pushed.conflicts:
            return Heard(pushed.sent, news)
        offered = client.queues()
        if task.what == "pull":
            pulled = pull(self._store, client, remote, their_queue(remote, offered, task.queue), task.wanted or None)
            return Heard(pushed.sent, (*news, *_of_pulled(pulled)), pulled.why, self._offers(offered))
        for queue in self._queues():
            news += self._heard_of(queue, remote, client)
        return Heard(pushed.sent, news, offers=self._offers(offered))

    def _heard_of(self, queue: RemoteQueueRecord, remote: RemoteRecord, client: Client) -> tuple[News, ...]:
        heard = hear(self._store, client, remote, queue)
        news = tuple(News(queue.name, sentence) for sentence in heard.news())
        if heard.gone or heard.state != "open":
            return news
        # This renews what is here, too.
        pulled = pull(self._store, client, remote, queue, int(queue.document.get("wanted", 0)))
        return (*news, *_of_pulled(pulled))

    def _queues(self) -> list[RemoteQueueRecord]:
        with self._store.reading() as connection:
            return remotes.queues_of(connection, self._name)

    def _offers(self, offered: list[wire.Queue]) -> tuple[Offer, ...]:
        here = {queue.their_queue for queue in self._queues()}
        return tuple(
            Offer(f"{self._name}/{visible(queue.name)}", queue.kind, queue.state, queue.id in here)
            for queue in offered
            if queue.state == "open" or queue.id in here
        )


def _told(trouble: RemoteTrouble) -> ReviewerError:
    kind = Busy if trouble.code == "busy" else Unreachable if trouble.offline else ShutOut if trouble.shut_out else None
    return trouble if kind is None else kind(trouble.what, mend=trouble.mend)


def _of_pushed(pushed: Pushed) -> tuple[News, ...]:
    found = []
    if pushed.refused:
        many = f"{len(pushed.refused)} labels were" if len(pushed.refused) > 1 else "A label was"
        found.append(News("", f"{many} not taken by the server, and kept here: {pushed.refused[0].reason}"))
    return tuple(found)


def _of_pulled(pulled: Pulled) -> tuple[News, ...]:
    if not pulled.new:
        return ()
    many = f"{pulled.new:,} items" if pulled.new > 1 else "1 item"
    return (News(pulled.queue, f"{many} of {pulled.queue} came in."),)


def _running_out(queue: RemoteQueueRecord, left: int) -> str:
    until = queue.document.get("until")
    if not until or datetime.fromisoformat(until) - datetime.fromisoformat(now()) > SOON:
        return ""
    items = f"{left:,} items" if left > 1 else "1 item"
    moment = datetime.fromisoformat(until).astimezone()
    return f"The server keeps {items} of {queue.name} for you until {moment:%A %H:%M}, unless it is reached before."
