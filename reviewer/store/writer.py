"""The writer thread: one queue of jobs, each its own transaction, in the order in which they were given."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from reviewer.store.troubles import StoreTrouble

Job = Callable[[Connection], Any]
Report = Callable[[Any, StoreTrouble | None], None]


class Writer:
    """Runs jobs on a thread with connections of its own. `report(result, trouble)` is called on that thread.

    Durable jobs are on the disk when they are reported; the others survive the program, not the machine.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: queue.SimpleQueue[tuple[Job, Report, bool] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="reviewer-writer", daemon=True)
        self._thread.start()

    def give(self, job: Job, report: Report, *, durable: bool = True) -> None:
        """Queues `job`; what it returns, or the trouble that stopped it, goes to `report`."""
        self._jobs.put((job, report, durable))

    def close(self, timeout: float | None = None) -> bool:
        """Finishes what is queued, then ends the thread; False where that took more than `timeout` seconds."""
        self._jobs.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        connections: dict[bool, Connection] = {}
        while (given := self._jobs.get()) is not None:
            job, report, wants_disk = given
            try:
                self._store.check_place()
                if wants_disk in connections and not self._store.usable(connections[wants_disk]):
                    connections.pop(wants_disk).close()
                if wants_disk not in connections:
                    connections[wants_disk] = self._store.connect(durable=wants_disk)
                result = self._store.perform(connections[wants_disk], job)
            except StoreTrouble as error:
                report(None, error)
            except Exception as error:  # a defect in one job must not silence all that follow it
                report(
                    None,
                    StoreTrouble(
                        f"the program failed while saving ({type(error).__name__}).",
                        mend="Submit again; if it stays so, run `reviewer doctor`.",
                    ),
                )
            else:
                report(result, None)
        for connection in connections.values():
            connection.close()
