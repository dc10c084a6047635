"""Fetching what the members of a revealed calibration round said."""

from __future__ import annotations

from reviewer.store import pulled, pulled_panel, remotes
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, REVEALED
from reviewer.store.remotes import RemoteQueueRecord, RemoteRecord
from reviewer.sync import wire
from reviewer.sync.client import Client
from reviewer.sync.rubrics import check_rubrics


def is_shown(queue: wire.Queue) -> bool:
    """Whether it is a round whose members may see what all said."""
    return queue.purpose == CALIBRATION and queue.state in REVEALED


def fetch_panel(store: Store, client: Client, remote: RemoteRecord, queue: RemoteQueueRecord) -> bool:
    """Fetches the panel of a round where it is not what is here, with the items that another device of the rater's had;
    whether anything came. Raises RemoteTrouble."""
    with store.reading() as connection:
        known = pulled_panel.version(connection, queue.queue)
        here = pulled_panel.tasks_here(connection, queue.queue)
    answer = client.panel(queue.their_queue, known)
    if answer.panel is not None and any(task.task not in here for task in answer.panel.tasks):
        answer = client.panel(queue.their_queue, whole=True)
    panel = answer.panel
    if panel is None:
        return False
    tasks = [task.model_dump() for task in panel.contents if task.id not in here]

    def job(driver: Driver) -> None:
        check_rubrics(driver, panel.queue)
        for rubric in panel.queue.rubrics:
            pulled.put_rubric(driver, rubric.model_dump())
        record, kept = pulled.queues_by_id(driver, queue.queue), remotes.queue_of(driver, queue.queue)
        assert record is not None
        assert kept is not None
        if tasks:
            pulled.put_page(driver, remote, kept, tasks, stream=store.device)
        told = panel.model_dump(exclude={"contents"})
        pulled_panel.put_panel(driver, remote, record, told, answer.version, stream=store.device)

    store.transact(job)
    return True
