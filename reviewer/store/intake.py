"""Taking in items while raters are at work: small transactions that nobody sees, then one that shows them all.

Tasks and items are given positions beyond the published size of their queue and dataset; publishing moves the sizes.
What a killed import left behind lies beyond them too, and is cleared when the next one begins.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, exists, select, update

from reviewer.errors import BadInput
from reviewer.ids import new_id, new_public_id, now
from reviewer.store import events
from reviewer.store.connection import Store, transaction
from reviewer.store.prepared import Prepared, insert_into
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import Batch, Dataset, DatasetItem, Item, Output, Queue, System, Task, TaskOutput, core

_T, _TO, _I, _K, _O, _S, _Q, _D = (
    core(table).c for table in (Task, TaskOutput, Item, DatasetItem, Output, System, Queue, Dataset)
)
_known = Prepared(
    select(_I.id, _I.content_hash)
    .select_from(core(DatasetItem).join(core(Item), _K.item == _I.id))
    .where(_K.dataset == bindparam("dataset"), _K.key == bindparam("key"))
)
_same_item = Prepared(select(_I.id).where(_I.content_hash == bindparam("content_hash")))
_known_outputs = Prepared(
    select(_O.system, _O.sample, _O.content_hash, _T.id)
    .select_from(core(Task).join(core(TaskOutput), _TO.task == _T.id).join(core(Output), _TO.output == _O.id))
    .where(_T.queue == bindparam("queue"), _T.key == bindparam("key"), _T.state == "open")
)
_same_output = Prepared(
    select(_O.id).where(
        _O.item == bindparam("item"),
        _O.system == bindparam("system"),
        _O.sample == bindparam("sample"),
        _O.content_hash == bindparam("content_hash"),
    )
)
_system = Prepared(select(_S.id).where(_S.name == bindparam("name"), _S.version == bindparam("version")))
_sizes = Prepared(
    select(_Q.size, _D.size)
    .select_from(core(Queue).join(core(Dataset), _Q.dataset == _D.id))
    .where(_Q.id == bindparam("queue"))
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


@dataclass(slots=True)
class NewOutput:
    """An output with its stored texts. `parts` is JSON."""

    system: str
    version: str
    sample: int
    text: str
    parts: str
    content_hash: str


@dataclass(slots=True)
class NewItem:
    """An item with its stored texts; `prompt`, `context`, `meta` are JSON. `line` is where it was read, for complaints."""

    line: int
    key: str
    prompt: str
    context: str
    reference: str | None
    meta: str
    content_hash: str
    outputs: list[NewOutput]
    rubric: str | None = None


@dataclass(slots=True)
class Taken:
    """What came of the items given so far. `refused` holds (line, reason)."""

    items: int = 0
    outputs: int = 0
    tasks: int = 0
    duplicates: int = 0
    without_output: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Rows:
    """The rows of one transaction, by table."""

    item: list[dict[str, Any]] = field(default_factory=list)
    dataset_item: list[dict[str, Any]] = field(default_factory=list)
    output: list[dict[str, Any]] = field(default_factory=list)
    task: list[dict[str, Any]] = field(default_factory=list)
    task_output: list[dict[str, Any]] = field(default_factory=list)


class Intake:
    """One import into one queue. Use as a context manager: leaving it without `publish` takes everything back.

    Raises BadInput where another import into the same store is under way.
    """

    def __init__(self, store: Store, queue: QueueRecord, *, actor: str, revise: bool = False) -> None:
        self._store = store
        self._queue = queue
        self._actor = actor
        self._revise = revise
        self._systems: dict[tuple[str, str], str] = {}
        self._seen: dict[str, tuple[str, str, dict[tuple[str, int], tuple[str, str]]]] = {}
        self._recalled: list[str] = []
        self._moved: list[dict[str, Any]] = []
        self._published = False
        self.taken = Taken()

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
        self._connection.execute("PRAGMA foreign_keys=0")
        self._connection.execute("PRAGMA cache_size=-65536")
        self._clear()
        self._first, self._first_item = _sizes.first(self._connection, queue=self._queue.id)
        self._next, self._next_item = self._first, self._first_item
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if not self._published:
                self._clear()
        finally:
            self._connection.close()
            os.close(self._lock)

    def add(self, items: Sequence[NewItem]) -> None:
        """Takes in one slice of items, in a transaction of its own; nobody sees them yet."""
        rows = _Rows()
        self._seen = {}
        with transaction(self._connection, self._store.path):
            for item in items:
                self._take(item, rows)
            for table, name in (
                (Item, "item"),
                (DatasetItem, "dataset_item"),
                (Output, "output"),
                (Task, "task"),
                (TaskOutput, "task_output"),
            ):
                if batch := getattr(rows, name):
                    insert_into(table).run_all(self._connection, batch)

    def publish(self) -> None:
        """Shows everything at once, with its event, durably."""
        size = self._next - self._first
        self._connection.execute("PRAGMA synchronous=FULL")
        at = now()
        with transaction(self._connection, self._store.path):
            if size:
                insert_into(Batch).run(self._connection, queue=self._queue.id, first=self._first, size=size, at=at)
            _set_queue_size.run(self._connection, of=self._queue.id, to=self._next)
            _set_dataset_size.run(self._connection, of=self._queue.dataset, to=self._next_item)
            _recall.run_all(self._connection, [{"of": task} for task in self._recalled])
            _point_at.run_all(self._connection, self._moved)
            counts = {"items": self.taken.items, "tasks": size, "recalled": len(self._recalled)}
            if any(counts.values()):
                events.append(
                    self._connection,
                    stream=self._store.device,
                    actor=self._actor,
                    action="items.imported",
                    subject=self._queue.id,
                    content={"first": self._first, **counts},
                    data={"first": self._first, **counts},
                )
        self._published = True

    def _take(self, item: NewItem, rows: _Rows) -> None:
        seen = self._seen.get(item.key)
        if seen is None:
            seen = self._look_up(item)
        if seen is None:
            self._take_new(item, rows)
            return
        known_item, known_hash, known_outputs = seen
        if known_hash != item.content_hash:
            if not self._revise:
                what = "with another prompt, context or reference"
                self._refuse(item, f"the key '{item.key}' is known {what}")
                return
            self._recalled += [task for _hash, task in known_outputs.values()]
            known_item = self._item_id(item, rows)
            known_outputs = {}
            self._seen[item.key] = (known_item, item.content_hash, known_outputs)
            self._moved.append(
                {"of_dataset": self._queue.dataset, "of_key": item.key, "to_item": known_item, "to_meta": item.meta}
            )
            self.taken.items += 1
        self._take_outputs(item, known_item, known_outputs, rows, new_item=False)

    def _look_up(self, item: NewItem) -> tuple[str, str, dict[tuple[str, int], tuple[str, str]]] | None:
        known = _known.first(self._connection, dataset=self._queue.dataset, key=item.key)
        if known is None:
            return None
        outputs = {
            (system, sample): (content_hash, task)
            for system, sample, content_hash, task in _known_outputs.rows(
                self._connection, queue=self._queue.id, key=item.key
            )
        }
        self._seen[item.key] = (known[0], known[1], outputs)
        return self._seen[item.key]

    def _take_new(self, item: NewItem, rows: _Rows) -> None:
        before = len(rows.item)
        identifier = self._item_id(item, rows)
        outputs: dict[tuple[str, int], tuple[str, str]] = {}
        self._seen[item.key] = (identifier, item.content_hash, outputs)
        rows.dataset_item.append(
            {
                "dataset": self._queue.dataset,
                "key": item.key,
                "item": identifier,
                "position": self._next_item,
                "meta": item.meta,
            }
        )
        self._next_item += 1
        self.taken.items += 1
        self._take_outputs(item, identifier, outputs, rows, new_item=len(rows.item) > before)

    def _item_id(self, item: NewItem, rows: _Rows) -> str:
        same = _same_item.first(self._connection, content_hash=item.content_hash)
        if same:
            return str(same[0])
        in_slice = next((row for row in rows.item if row["content_hash"] == item.content_hash), None)
        if in_slice:
            return str(in_slice["id"])
        identifier = new_id()
        rows.item.append(
            {
                "id": identifier,
                "content_hash": item.content_hash,
                "prompt": item.prompt,
                "context": item.context,
                "reference": item.reference,
            }
        )
        return identifier

    def _take_outputs(
        self,
        item: NewItem,
        item_id: str,
        known: dict[tuple[str, int], tuple[str, str]],
        rows: _Rows,
        *,
        new_item: bool,
    ) -> None:
        if not item.outputs:
            if new_item:
                self.taken.without_output += 1
            else:
                self.taken.duplicates += 1
        for output in item.outputs:
            system = self._system_id(output.system, output.version)
            at = (system, output.sample)
            if at in known:
                known_hash, task = known[at]
                if known_hash == output.content_hash:
                    self.taken.duplicates += 1
                    continue
                if not self._revise:
                    named = " ".join(part for part in (output.system, output.version) if part) or "this system"
                    self._refuse(item, f"the key '{item.key}' has another output of {named}")
                    continue
                self._recalled.append(task)
            known[at] = (output.content_hash, self._add_task(item, item_id, system, output, rows, new_item=new_item))

    def _add_task(
        self, item: NewItem, item_id: str, system: str, output: NewOutput, rows: _Rows, *, new_item: bool
    ) -> str:
        same = None
        if not new_item:
            same = _same_output.first(
                self._connection, item=item_id, system=system, sample=output.sample, content_hash=output.content_hash
            )
        output_id = str(same[0]) if same else new_id()
        if not same:
            rows.output.append(
                {
                    "id": output_id,
                    "item": item_id,
                    "system": system,
                    "run": None,
                    "sample": output.sample,
                    "parts": output.parts,
                    "text": output.text,
                    "content_hash": output.content_hash,
                }
            )
        task = new_id()
        rows.task.append(
            {
                "id": task,
                "queue": self._queue.id,
                "key": item.key,
                "item": item_id,
                "position": self._next,
                "priority": 0.0,
                "rubric": item.rubric,
                "repeat_of": None,
                "selection": None,
                "probability": None,
                "state": "open",
            }
        )
        rows.task_output.append({"task": task, "slot": 0, "output": output_id, "public_id": new_public_id()})
        self._next += 1
        self.taken.tasks += 1
        self.taken.outputs += 1
        return task

    def _system_id(self, name: str, version: str) -> str:
        if (name, version) not in self._systems:
            found = _system.first(self._connection, name=name, version=version)
            identifier = found[0] if found else new_id()
            if not found:
                insert_into(System).run(self._connection, id=identifier, name=name, version=version, family=None)
            self._systems[name, version] = identifier
        return self._systems[name, version]

    def _refuse(self, item: NewItem, reason: str) -> None:
        self.taken.refused.append((item.line, reason))

    def _clear(self) -> None:
        """Takes back what lies beyond the published sizes."""
        size, items = _sizes.first(self._connection, queue=self._queue.id)
        while left := list(_left_tasks.rows(self._connection, queue=self._queue.id, size=size)):
            with transaction(self._connection, self._store.path):
                _drop_task_output.run_all(self._connection, [{"of": task} for task, _ in left])
                _drop_task.run_all(self._connection, [{"of": task} for task, _ in left])
                _drop_output.run_all(self._connection, [{"of": output} for _, output in left if output])
        while found := list(_left_items.rows(self._connection, dataset=self._queue.dataset, size=items)):
            with transaction(self._connection, self._store.path):
                _drop_key.run_all(
                    self._connection, [{"of_dataset": self._queue.dataset, "of": key} for key, _ in found]
                )
                _drop_item.run_all(self._connection, [{"of": item} for _, item in found])


def leftovers(connection: sqlite3.Connection) -> int:
    """How many tasks of killed imports wait to be cleared, over all queues."""
    beyond = Prepared(
        select(_T.id).select_from(core(Task).join(core(Queue), _T.queue == _Q.id)).where(_T.position >= _Q.size)
    )
    return sum(1 for _ in beyond.rows(connection))
