"""Taking in items while raters are at work: small transactions that nobody sees, then one that shows them all.

Tasks and items are given positions beyond the published size of their queue and dataset; publishing moves the sizes.
What a killed import left behind lies beyond them too, and is cleared when the next one begins.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, update

from reviewer.errors import BadInput
from reviewer.ids import now
from reviewer.store import events, queues
from reviewer.store.connection import Store, StoreTrouble, transaction, translated
from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import Batch, Dataset, DatasetItem, Item, Output, Queue, Task, TaskOutput, core
from reviewer.store.taking import NewItem, NewOutput, Rows, Taken, Taking

__all__ = ["Intake", "NewItem", "NewOutput", "Taken", "leftovers"]

_T, _TO, _I, _K, _O, _Q, _D = (core(table).c for table in (Task, TaskOutput, Item, DatasetItem, Output, Queue, Dataset))
_sizes = Prepared(
    select(_Q.id, _D.id, _Q.size, _D.size).select_from(core(Queue).join(core(Dataset), _Q.dataset == _D.id))
)
_set_queue_size = Prepared(update(core(Queue)).where(_Q.id == bindparam("of")).values(size=bindparam("to")))
_set_dataset_size = Prepared(update(core(Dataset)).where(_D.id == bindparam("of")).values(size=bindparam("to")))
_recall = Prepared(update(core(Task)).where(_T.id == bindparam("of")).values(state="recalled"))
_point_at = Prepared(
    update(core(DatasetItem))
    .where(_K.dataset == bindparam("of_dataset"), _K.key == bindparam("of_key"))
    .values(item=bindparam("to_item"), meta=bindparam("to_meta"))
)
_left_tasks = Prepared(
    select(_T.id, _TO.output)
    .select_from(core(Task).outerjoin(core(TaskOutput), _TO.task == _T.id))
    .where(_T.queue == bindparam("queue"), _T.position >= bindparam("size"))
    .limit(500)
)
_left_items = Prepared(
    select(_K.key, _K.item).where(_K.dataset == bindparam("dataset"), _K.position >= bindparam("size")).limit(500)
)
_count_left = Prepared(
    select(func.count()).select_from(core(Task).join(core(Queue), _T.queue == _Q.id)).where(_T.position >= _Q.size)
)
_drop_task_output = Prepared(delete(core(TaskOutput)).where(_TO.task == bindparam("of")))
_drop_task = Prepared(delete(core(Task)).where(_T.id == bindparam("of")))
_drop_output = Prepared(
    delete(core(Output)).where(_O.id == bindparam("of"), ~exists(select(_TO.task).where(_TO.output == bindparam("of"))))
)
_drop_key = Prepared(delete(core(DatasetItem)).where(_K.dataset == bindparam("of_dataset"), _K.key == bindparam("of")))
_drop_item = Prepared(
    delete(core(Item)).where(
        _I.id == bindparam("of"),
        ~exists(select(_O.id).where(_O.item == bindparam("of"))),
        ~exists(select(_K.key).where(_K.item == bindparam("of"))),
    )
)
_PAGES_BEFORE_CHECKPOINT = 4000
_PAGES_WHEN_CLEARING = 200
_LEFT_TO_RATERS = 1 << 20


class Intake(Taking):
    """One import into one queue. Use as a context manager: leaving it without `publish` takes everything back.

    Raises BadInput where another import into the same store is under way.
    """

    def __init__(self, store: Store, queue: QueueRecord, *, actor: str, revise: bool = False) -> None:
        super().__init__(queue, revise=revise)
        self._store = store
        self._actor = actor
        self._published = False
        self._helper = ThreadPoolExecutor(1, thread_name_prefix="reviewer-import")
        self._committing: Future[None] | None = None

    def __enter__(self) -> Intake:
        self._lock = os.open(self._store.path.with_suffix(".import"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise BadInput(
                "another import into this store is under way.", mend="Wait for it to end, then try again."
            ) from error
        # Nothing is shown before the last commit, which is durable and carries all that went before it.
        self._connection = self._store.connect(durable=False, wait=60)
        try:
            self._connection.execute("PRAGMA foreign_keys=0")
            self._connection.execute("PRAGMA cache_size=-32768")
            self._connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_BEFORE_CHECKPOINT}")
            with translated(self._store.path):
                self._clear(keep=self.queue.id)
                self.sources = [self._connection]
                self.begin()
        except BaseException:
            self._close()
            raise
        self._first = self.next
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if not self._published:
                # What cannot be cleared now is seen by nobody and cleared by the next import.
                with suppress(StoreTrouble):
                    self._settle()
                with suppress(StoreTrouble), translated(self._store.path):
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    self._connection.execute(f"PRAGMA wal_autocheckpoint={_PAGES_WHEN_CLEARING}")
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    self._clear(keep=None)
        finally:
            self._close()

    def write(self, rows: Rows) -> None:
        """Writes one slice in a transaction of its own; the commit goes on beside the reading of the next."""
        self._settle()
        with translated(self._store.path):
            self._make_sure_of_room(rows)
            self._connection.execute("BEGIN IMMEDIATE")
            rows.insert(self._connection)
        self._committing = self._helper.submit(self._commit)

    def keep_rubric(self, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        """The identifier of the rubric with this content, which is added where it is new."""
        self._settle()
        with transaction(self._connection, self._store.path):
            return self._remember_rubric(self._connection, document, content_hash=content_hash, scale_hash=scale_hash)

    def publish(self, *, rubric: str | None = None) -> None:
        """Shows everything at once, with its event, durably; `rubric` comes into force where one is given."""
        self._settle()
        self._store.check_place()
        size = self.next - self._first
        self._connection.execute("PRAGMA synchronous=FULL")
        said = {"stream": self._store.device, "actor": self._actor}
        with transaction(self._connection, self._store.path):
            queues.open_prepared(self._connection, self.queue, **said)
            if rubric is not None:
                queues.put_rubric(self._connection, self.queue, rubric, **said)
            if size:
                insert_into(Batch).run(self._connection, queue=self.queue.id, first=self._first, size=size, at=now())
            _set_queue_size.run(self._connection, of=self.queue.id, to=self.next)
            _set_dataset_size.run(self._connection, of=self.queue.dataset, to=self.next_item)
            _recall.run_all(self._connection, [{"of": task} for task in self.recalled])
            of = self.queue.dataset
            moved = [{"of_dataset": of, "of_key": key, **to} for key, to in self.moved.items()]
            _point_at.run_all(self._connection, moved)
            counts = {"items": self.taken.items, "tasks": size, "recalled": len(self.recalled)}
            if any(counts.values()):
                content = {"first": self._first, **counts}
                events.append(
                    self._connection,
                    **said,
                    action="items.imported",
                    subject=self.queue.id,
                    content=content,
                    data=content,
                )
        self._published = True

    def _make_sure_of_room(self, rows: Rows) -> None:
        """Stops before the disk is so full that neither this import could be taken back nor a label saved."""
        texts = sum(len(prompt) + len(context) + len(told or "") for _, _, prompt, context, told in rows.items)
        texts += sum(len(output[5]) + len(output[6]) for output in rows.outputs)
        # Everything is written twice: to the log beside the store, and from there into it.
        needed = 2 * (texts + 1000 * len(rows.tasks)) + _LEFT_TO_RATERS
        if self._room() < needed + self._log_size():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._room() < needed + self._log_size():
                raise OSError(errno.ENOSPC, "no space is left for the import")

    def _room(self) -> int:
        disk = os.statvfs(self._store.path.parent)
        return disk.f_bavail * disk.f_frsize

    def _log_size(self) -> int:
        log = self._store.path.with_name(f"{self._store.path.name}-wal")
        try:
            return log.stat().st_size
        except FileNotFoundError:
            return 0

    def _commit(self) -> None:
        with translated(self._store.path):
            self._connection.execute("COMMIT")

    def _settle(self) -> None:
        """Waits for the commit that is under way."""
        committing, self._committing = self._committing, None
        if committing is not None:
            committing.result()

    def _close(self) -> None:
        self._helper.shutdown()
        self._connection.close()
        os.close(self._lock)

    def _clear(self, *, keep: str | None) -> None:
        """Takes back what lies beyond the published sizes, and the queues that were never opened but for `keep`."""
        for queue, dataset, size, items in list(_sizes.rows(self._connection)):
            self._clear_tasks(queue, size)
            self._clear_items(dataset, items)
            if queue != keep:
                with transaction(self._connection, self._store.path):
                    queues.drop_prepared(self._connection, queue)

    def _clear_tasks(self, queue: str, size: int) -> None:
        while left := list(_left_tasks.rows(self._connection, queue=queue, size=size)):
            with transaction(self._connection, self._store.path):
                _drop_task_output.run_all(self._connection, [{"of": task} for task, _ in left])
                _drop_task.run_all(self._connection, [{"of": task} for task, _ in left])
                _drop_output.run_all(self._connection, [{"of": output} for _, output in left if output])

    def _clear_items(self, dataset: str, size: int) -> None:
        while found := list(_left_items.rows(self._connection, dataset=dataset, size=size)):
            with transaction(self._connection, self._store.path):
                _drop_key.run_all(self._connection, [{"of_dataset": dataset, "of": key} for key, _ in found])
                _drop_item.run_all(self._connection, [{"of": item} for _, item in found])


def leftovers(connection: sqlite3.Connection) -> int:
    """How many tasks of killed imports wait to be cleared, over all queues."""
    return int(_count_left.first(connection)[0])
