"""Taking in items while raters are at work: small transactions that nobody sees, then one that shows them all.

Tasks and items are given positions beyond the published size of their queue and dataset; publishing moves the sizes.
What a killed import left behind lies beyond them too, and is cleared when the next one begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, exists, func, or_, select, union_all, update

from reviewer.ids import now
from reviewer.store import events, holding, planning, queues
from reviewer.store.connection import Store, begin
from reviewer.store.dialects import json_values
from reviewer.store.prepared import Driver, Prepared, insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.rows import NewItem, NewOutput, Rows, Taken
from reviewer.store.tables import (
    Assignment,
    Batch,
    Dataset,
    DatasetItem,
    DatasetOutput,
    Item,
    Output,
    Queue,
    Task,
    TaskOutput,
    core,
)
from reviewer.store.taking import Taking, json_list
from reviewer.store.troubles import StoreTrouble

__all__ = ["Intake", "NewItem", "NewOutput", "Taken", "leftovers"]

_CLEARED_AT_ONCE = 2000
_T, _TO, _I, _K, _KO, _O, _Q, _D, _A = (
    core(table).c for table in (Task, TaskOutput, Item, DatasetItem, DatasetOutput, Output, Queue, Dataset, Assignment)
)
_sizes = Prepared(
    select(_Q.id, _D.id, _D.size, _D.outputs).select_from(core(Queue).join(core(Dataset), _Q.dataset == _D.id))
)
_queue_size = select(_Q.size).where(_Q.id == bindparam("queue"))
_size_now = Prepared(_queue_size)
_make_prepared = Prepared(
    update(core(Queue))
    .where(_Q.id == bindparam("of"), _Q.state == queues.IMPORTING)
    .values(kind=bindparam("to_kind"), settings=bindparam("to_settings"))
)
_set_queue_size = Prepared(update(core(Queue)).where(_Q.id == bindparam("of")).values(size=bindparam("to")))
_set_dataset_size = Prepared(
    update(core(Dataset)).where(_D.id == bindparam("of")).values(size=bindparam("to"), outputs=bindparam("to_outputs"))
)
_recall = Prepared(
    update(core(Task)).where(or_(_T.id == bindparam("of"), _T.repeat_of == bindparam("of"))).values(state="recalled")
)
_supersede = Prepared(
    update(core(Task))
    .where(_T.id == bindparam("of"), ~exists(select(_A.task).where(_A.task == bindparam("of"))))
    .values(state="recalled")
)
_withdraw = Prepared(
    delete(core(DatasetOutput)).where(
        _KO.dataset == bindparam("of_dataset"), _KO.key == bindparam("of_key"), _KO.output == bindparam("of")
    )
)
_point_at = Prepared(
    update(core(DatasetItem))
    .where(_K.dataset == bindparam("of_dataset"), _K.key == bindparam("of_key"))
    .values(item=bindparam("to_item"), meta=bindparam("to_meta"))
)
_left_tasks = Prepared(
    select(_T.id, _TO.output)
    .select_from(core(Task).outerjoin(core(TaskOutput), _TO.task == _T.id))
    .where(_T.queue == bindparam("queue"), _T.position >= _queue_size.scalar_subquery())
    .limit(_CLEARED_AT_ONCE)
)
_left_outputs = Prepared(
    select(_KO.key, _KO.output)
    .where(_KO.dataset == bindparam("dataset"), _KO.seq >= bindparam("size"))
    .limit(_CLEARED_AT_ONCE)
)
_left_items = Prepared(
    select(_K.key, _K.item)
    .where(_K.dataset == bindparam("dataset"), _K.position >= bindparam("size"))
    .limit(_CLEARED_AT_ONCE)
)
_count_left = Prepared(
    select(func.count()).select_from(core(Task).join(core(Queue), _T.queue == _Q.id)).where(_T.position >= _Q.size)
)
_drop_task_output = Prepared(delete(core(TaskOutput)).where(_TO.task == bindparam("of")))
_drop_task = Prepared(delete(core(Task)).where(_T.id == bindparam("of")))
_drop_output = Prepared(delete(core(Output)).where(_O.id == bindparam("of")))
# No index finds the tasks of an output, or the keys of an item: one look through them all serves many at once.
_wanted = json_values(bindparam("wanted"), "wanted")
_still_asked_about = Prepared(
    union_all(
        select(_TO.output).where(_TO.output.in_(select(_wanted.c.value))),
        select(_KO.output).where(_KO.output.in_(select(_wanted.c.value))),
    )
)
_drop_key = Prepared(delete(core(DatasetItem)).where(_K.dataset == bindparam("of_dataset"), _K.key == bindparam("of")))
_drop_item = Prepared(
    delete(core(Item)).where(
        _I.id == bindparam("of"),
        ~exists(select(_O.id).where(_O.item == bindparam("of"))),
    )
)
_still_known = Prepared(select(_K.item).where(_K.item.in_(select(_wanted.c.value))))
_count_left_outputs = Prepared(
    select(func.count())
    .select_from(core(DatasetOutput).join(core(Dataset), _KO.dataset == _D.id))
    .where(_KO.seq >= _D.outputs)
)


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
        self._loading = self._store.loading()
        self._connection = self._loading.connection
        try:
            with self._store.translated():
                self._loading.begin()
                self._clear(keep=self.queue.id)
                self._make_prepared()
                self.sources = [self._connection]
                self.begin()
        except BaseException:
            self._close()
            raise
        self._first = self.next
        self._any_task = False
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if not self._published:
                # What cannot be cleared now is seen by nobody and cleared by the next import.
                with suppress(StoreTrouble):
                    self._settle()
                with suppress(StoreTrouble), self._store.translated():
                    self._loading.stop()
                    self._clear(keep=None)
        finally:
            self._close()

    def write(self, rows: Rows) -> None:
        """Writes one slice in a transaction of its own; the commit goes on beside the reading of the next."""
        self._settle()
        with self._store.translated():
            self._loading.make_sure_of_room(rows)
            begin(self._connection)
            if rows.tasks and not self._any_task:
                self._stand_behind_repeats(rows)
            rows.insert(self._connection)
        self._committing = self._helper.submit(self._commit)

    def _make_prepared(self) -> None:
        """Gives a queue that nobody sees yet its kind and settings: what was killed may have meant others."""
        if self.queue.state == queues.IMPORTING:
            with self._store.transaction(self._connection):
                _make_prepared.run(
                    self._connection,
                    of=self.queue.id,
                    to_kind=self.queue.kind,
                    to_settings=orjson.dumps(self.queue.settings).decode(),
                )

    def _stand_behind_repeats(self, rows: Rows) -> None:
        """Moves the first tasks behind what raters were dealt while the file was read: their own hidden repeats."""
        holding.queue(self._connection, self.queue.id)
        moved = int(_size_now.first(self._connection, queue=self.queue.id)[0]) - self._first
        if moved:
            rows.tasks[:] = [(*task[:4], task[4] + moved, *task[5:]) for task in rows.tasks]
            self._first += moved
            self.next += moved
        self._any_task = True

    def keep_rubric(self, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        """The identifier of the rubric with this content, which is added where it is new."""
        self._settle()
        with self._store.transaction(self._connection):
            return self._remember_rubric(self._connection, document, content_hash=content_hash, scale_hash=scale_hash)

    def publish(self, *, rubric: str | None = None, settings: Mapping[str, Any] | None = None) -> None:
        """Shows everything at once, with its event, durably.

        `rubric` comes into force where one is given, and `settings` are added to the queue's where they differ.
        """
        self._settle()
        self._store.check_place()
        size = self.next - self._first
        self._loading.make_durable()
        said = {"stream": self._store.device, "actor": self._actor}
        with self._store.transaction(self._connection):
            holding.queue(self._connection, self.queue.id)
            queues.open_prepared(self._connection, self.queue, **said)
            self._put_settings(settings or {})
            if rubric is not None:
                queues.put_rubric(self._connection, self.queue, rubric, **said)
            self._take_back()
            if size:
                insert_into(Batch).run(self._connection, queue=self.queue.id, first=self._first, size=size, at=now())
                _set_queue_size.run(self._connection, of=self.queue.id, to=self.next)
                planning.plan_batch(self._connection, self.queue.name)
            _set_dataset_size.run(
                self._connection, of=self.queue.dataset, to=self.next_item, to_outputs=self.next_output
            )
            counts = {"items": self.taken.items, "tasks": size, "recalled": len(self.recalled)}
            if self.compared:
                counts["outputs"] = self.taken.outputs
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

    def _take_back(self) -> None:
        """Recalls what asks about texts that changed, and forgets these."""
        _recall.run_all(self._connection, [{"of": task} for task in self.recalled])
        _supersede.run_all(self._connection, [{"of": task} for task in self.superseded])
        of = self.queue.dataset
        moved = [{"of_dataset": of, "of_key": key, **to} for key, to in self.moved.items()]
        _point_at.run_all(self._connection, moved)
        gone = [{"of_dataset": of, "of_key": key, "of": output} for key, output in self.replaced]
        _withdraw.run_all(self._connection, gone)

    def _put_settings(self, settings: Mapping[str, Any]) -> None:
        found = queues.find(self._connection, self.queue.name)
        if found is not None and any(found.settings.get(name) != value for name, value in settings.items()):
            queues.change(
                self._connection,
                found,
                stream=self._store.device,
                actor=self._actor,
                action="queue.changed",
                settings=found.settings | dict(settings),
            )

    def _commit(self) -> None:
        with self._store.translated():
            self._connection.execute("COMMIT")

    def _settle(self) -> None:
        """Waits for the commit that is under way."""
        committing, self._committing = self._committing, None
        if committing is not None:
            committing.result()

    def _close(self) -> None:
        self._helper.shutdown()
        self._loading.close()

    def _clear(self, *, keep: str | None) -> None:
        """Takes back what lies beyond the published sizes, and the queues that were never opened but for `keep`."""
        for queue, dataset, items, outputs in list(_sizes.rows(self._connection)):
            self._clear_tasks(queue)
            self._clear_outputs(dataset, outputs)
            self._clear_items(dataset, items)
            if queue != keep:
                with self._store.transaction(self._connection):
                    queues.drop_prepared(self._connection, queue)

    def _clear_tasks(self, queue: str) -> None:
        while left := list(_left_tasks.rows(self._connection, queue=queue)):
            with self._store.transaction(self._connection):
                _drop_task_output.run_all(self._connection, [{"of": task} for task, _ in left])
                _drop_task.run_all(self._connection, [{"of": task} for task, _ in left])
                self._drop_outputs({output for _, output in left if output})

    def _clear_outputs(self, dataset: str, size: int) -> None:
        while left := list(_left_outputs.rows(self._connection, dataset=dataset, size=size)):
            with self._store.transaction(self._connection):
                gone = [{"of_dataset": dataset, "of_key": key, "of": output} for key, output in left]
                _withdraw.run_all(self._connection, gone)
                self._drop_outputs({output for _, output in left})

    def _drop_outputs(self, outputs: set[str]) -> None:
        kept = {output for (output,) in _still_asked_about.rows(self._connection, wanted=json_list(outputs))}
        _drop_output.run_all(self._connection, [{"of": output} for output in outputs - kept])

    def _clear_items(self, dataset: str, size: int) -> None:
        while found := list(_left_items.rows(self._connection, dataset=dataset, size=size)):
            with self._store.transaction(self._connection):
                _drop_key.run_all(self._connection, [{"of_dataset": dataset, "of": key} for key, _ in found])
                items = {item for _, item in found}
                kept = {item for (item,) in _still_known.rows(self._connection, wanted=json_list(items))}
                _drop_item.run_all(self._connection, [{"of": item} for item in items - kept])


def leftovers(connection: Driver) -> int:
    """How many tasks, and outputs to be compared, of killed imports wait to be cleared, over all queues."""
    return int(_count_left.first(connection)[0]) + int(_count_left_outputs.first(connection)[0])
