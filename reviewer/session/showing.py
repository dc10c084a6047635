"""Being shown what others said: whoever was, is no independent judge of it any more."""

from __future__ import annotations

from collections.abc import Collection

from reviewer.store import golden, queues
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver


def note_shown(store: Store, queue: str, rater: str, tasks: Collection[str]) -> None:
    """Remembers that the person of that name was shown what raters of the queue of that name said of these tasks."""

    def job(driver: Driver) -> None:
        known, found = queues.ensure_rater(driver, rater), queues.find(driver, queue)
        if found is not None:
            for task in tasks:
                golden.expose(driver, known, task, exposure="peers", queue=found.id)

    if tasks:
        store.transact(job)
