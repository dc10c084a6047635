"""Deciding what the rows of an import are: new items, further outputs, duplicates, or rows to refuse."""

from __future__ import annotations

import base64
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import bindparam, func, literal_column, select

from reviewer.ids import new_id
from reviewer.store.prepared import Bulk, Driver, Prepared
from reviewer.store.queues import QueueRecord, keep_rubric
from reviewer.store.tables import (
    HASH_INDEXED,
    Dataset,
    DatasetItem,
    Item,
    Output,
    Queue,
    System,
    Task,
    TaskOutput,
    core,
)

_T, _TO, _I, _K, _O, _S, _Q, _D = (
    core(table).c for table in (Task, TaskOutput, Item, DatasetItem, Output, System, Queue, Dataset)
)
# One look-up for a whole slice: what is wanted comes as a JSON list. The outer joins hold SQLite to that order; what is
# not there comes as a row of nulls.
_wanted = func.json_each(bindparam("wanted")).table_valued("value", name="wanted")
_known_keys = Prepared(
    select(_K.key, _I.id, _I.content_hash).select_from(
        _wanted.outerjoin(
            core(DatasetItem), (_K.dataset == bindparam("dataset")) & (_K.key == _wanted.c.value)
        ).outerjoin(core(Item), _I.id == _K.item)
    )
)
_known_items = Prepared(
    select(_I.content_hash, _I.id).select_from(
        _wanted.outerjoin(
            core(Item),
            (literal_column(HASH_INDEXED) == func.substr(_wanted.c.value, 1, 12))
            & (_I.content_hash == _wanted.c.value),
        )
    )
)
_tasks_of_keys = Prepared(
    select(_T.key, _T.state, _O.system, _O.sample, _O.content_hash, _T.id).select_from(
        _wanted.outerjoin(core(Task), (_T.queue == bindparam("queue")) & (_T.key == _wanted.c.value))
        .outerjoin(core(TaskOutput), _TO.task == _T.id)
        .outerjoin(core(Output), _TO.output == _O.id)
    )
)
_outputs_of_items = Prepared(
    select(_O.item, _O.system, _O.sample, _O.content_hash, _O.id).select_from(
        _wanted.outerjoin(core(Output), _O.item == _wanted.c.value)
    )
)
_system = Prepared(select(_S.id).where(_S.name == bindparam("name"), _S.version == bindparam("version")))
_sizes = Prepared(
    select(_Q.size, _D.size)
    .select_from(core(Queue).join(core(Dataset), _Q.dataset == _D.id))
    .where(_Q.id == bindparam("queue"))
)
_bulk_system = Bulk(System, "id", "name", "version", "family")
_bulk_item = Bulk(Item, "id", "content_hash", "prompt", "context", "reference")
_bulk_key = Bulk(DatasetItem, "dataset", "key", "item", "position", "meta")
_bulk_output = Bulk(Output, "id", "item", "system", "run", "sample", "parts", "text", "content_hash", "masked")
_bulk_task = Bulk(
    Task,
    "id",
    "queue",
    "key",
    "item",
    "position",
    "priority",
    "rubric",
    "repeat_of",
    "selection",
    "probability",
    "state",
)
_bulk_task_output = Bulk(TaskOutput, "task", "slot", "output", "public_id")
# repeat_of, selection, probability, state
_UNSELECTED = (None, None, None, "open")
_noted_item = Bulk(Item, "id", "content_hash", "prompt", "context", "reference", known="ignored")
_noted_output = Bulk(
    Output, "id", "item", "system", "run", "sample", "parts", "text", "content_hash", "masked", known="ignored"
)


@dataclass(slots=True)
class NewOutput:
    """An output with its stored texts. `parts` is JSON, and so is `masked`, what was replaced in them."""

    system: str
    version: str
    sample: int
    text: str
    parts: str
    content_hash: str
    masked: str | None = None


@dataclass(slots=True)
class NewItem:
    """An item with its stored texts; `prompt`, `context`, `meta` are JSON. `line` is how complaints name it."""

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
    """What came of the items given so far. `duplicates` counts those that brought nothing new; `refused` holds
    (line, reason)."""

    items: int = 0
    outputs: int = 0
    tasks: int = 0
    duplicates: int = 0
    without_output: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """The rows of one slice by table, as tuples in the order of the bulk inserts.

    The `reused` ones are in the store already; a rehearsal notes them beside the others.
    """

    systems: list[tuple[Any, ...]] = field(default_factory=list)
    items: list[tuple[Any, ...]] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    outputs: list[tuple[Any, ...]] = field(default_factory=list)
    tasks: list[tuple[Any, ...]] = field(default_factory=list)
    task_outputs: list[tuple[Any, ...]] = field(default_factory=list)
    reused_items: list[tuple[Any, ...]] = field(default_factory=list)
    reused_outputs: list[tuple[Any, ...]] = field(default_factory=list)

    def insert(self, driver: Driver) -> None:
        """Writes them; to be called in a transaction."""
        _bulk_system.run(driver, self.systems)
        _bulk_item.run(driver, self.items)
        _bulk_key.run(driver, self.keys)
        _bulk_output.run(driver, self.outputs)
        _bulk_task.run(driver, self.tasks)
        _bulk_task_output.run(driver, self.task_outputs)


Answer = tuple[str, int]
"""A system's identifier and a sample: what tells an item's outputs apart."""


@dataclass(slots=True)
class _Known:
    """What is known under a key: its item, and for each answer the output's hash and its open task."""

    item: str
    content_hash: str
    answers: dict[Answer, tuple[str, str]]


@dataclass(slots=True)
class _Slice:
    """What the store knows of the items of one slice, and what they add to it."""

    keys: dict[str, _Known]
    items: dict[str, str]
    outputs: dict[tuple[str, str, int, str], str]
    rows: Rows = field(default_factory=Rows)
    public_ids: list[str] = field(default_factory=list)


class Taking(ABC):
    """Takes items in, slice by slice. `sources` are asked what is known; what a later one says stands.

    Only what `revise` changes is remembered from slice to slice; all else is asked of the sources.
    """

    def __init__(self, queue: QueueRecord, *, revise: bool) -> None:
        self.queue = queue
        self.taken = Taken()
        self.recalled: list[str] = []
        self.moved: dict[str, dict[str, Any]] = {}
        self.sources: list[Driver] = []
        self.next = self.next_item = 0
        self._revise = revise
        self._revised: dict[str, _Known] = {}
        self._systems: dict[tuple[str, str], str] = {}
        self._rubrics: dict[str, str] = {}

    @abstractmethod
    def write(self, rows: Rows) -> None:
        """Keeps the rows of one slice."""

    @abstractmethod
    def keep_rubric(self, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        """The identifier of the rubric with this content, for the items that bring one of their own."""

    def begin(self) -> None:
        """Stands behind what is published; called once the sources are there."""
        for source in self.sources:
            if found := _sizes.first(source, queue=self.queue.id):
                self.next, self.next_item = found

    def add(self, items: Sequence[NewItem]) -> None:
        """Takes in one slice of items."""
        known = self._look_up(items)
        known.public_ids = _public_ids(sum([len(item.outputs) for item in items]))
        rows, taken, take = known.rows, self.taken, self._take
        for item in items:
            refused = len(taken.refused)
            if not take(item, known) and len(taken.refused) == refused:
                taken.duplicates += 1
        taken.items += len(rows.keys)
        taken.tasks += len(rows.tasks)
        taken.outputs += len(rows.tasks)
        self.write(rows)

    def _remember_rubric(self, driver: Driver, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        if content_hash not in self._rubrics:
            if len(self._rubrics) > 10_000:
                self._rubrics.clear()
            self._rubrics[content_hash] = keep_rubric(
                driver, document, content_hash=content_hash, scale_hash=scale_hash
            )
        return self._rubrics[content_hash]

    def _look_up(self, items: Sequence[NewItem]) -> _Slice:
        keys = _json_list({item.key for item in items})
        hashes = _json_list({item.content_hash for item in items})
        known = _Slice({}, {}, {})
        for source in self.sources:
            for key, item, content in _known_keys.rows(source, dataset=self.queue.dataset, wanted=keys):
                if item is not None:
                    known.keys[key] = _Known(item, content, {})
            for content, item in _known_items.rows(source, wanted=hashes):
                if item is not None:
                    known.items[content] = item
        if known.keys:
            keys = _json_list(known.keys)
            for source in self.sources:
                for key, state, system, sample, content, task in _tasks_of_keys.rows(
                    source, queue=self.queue.id, wanted=keys
                ):
                    if state == "open" and system is not None:
                        known.keys[key].answers[system, sample] = (content, task)
        if self._revised:
            known.keys.update({item.key: self._revised[item.key] for item in items if item.key in self._revised})
        if known.items:
            there = _json_list({*known.items.values(), *(entry.item for entry in known.keys.values())})
            for source in self.sources:
                for item, system, sample, content, output in _outputs_of_items.rows(source, wanted=there):
                    if output is not None:
                        known.outputs[item, system, sample, content] = output
        return known

    def _take(self, item: NewItem, known: _Slice) -> bool:
        """Whether the item brought anything new."""
        entry = known.keys.get(item.key)
        brought = False
        if entry is None:
            entry = known.keys[item.key] = _Known(self._item(item, known), item.content_hash, {})
            known.rows.keys.append((self.queue.dataset, item.key, entry.item, self.next_item, item.meta))
            self.next_item += 1
            brought = True
            if not item.outputs:
                self.taken.without_output += 1
        elif entry.content_hash != item.content_hash:
            if not self._revise:
                what = "is known with another prompt, context or reference; --revise puts this one in its place"
                self._refuse(item, f"the key {_quoted(item.key)} {what}")
                return False
            entry = self._revise_item(item, entry, known)
            brought = True
        for output in item.outputs:
            if self._take_output(item, output, entry, known):
                brought = True
        return brought

    def _revise_item(self, item: NewItem, before: _Known, known: _Slice) -> _Known:
        self.recalled += [task for _hash, task in before.answers.values()]
        entry = known.keys[item.key] = _Known(self._item(item, known), item.content_hash, {})
        self._revised[item.key] = entry
        self.moved[item.key] = {"to_item": entry.item, "to_meta": item.meta}
        self.taken.items += 1
        return entry

    def _item(self, item: NewItem, known: _Slice) -> str:
        identifier = known.items.get(item.content_hash)
        if identifier is not None:
            known.rows.reused_items.append((identifier, item.content_hash, "[]", "[]", None))
            return identifier
        identifier = known.items[item.content_hash] = new_id()
        known.rows.items.append((identifier, item.content_hash, item.prompt, item.context, item.reference))
        return identifier

    def _take_output(self, item: NewItem, output: NewOutput, entry: _Known, known: _Slice) -> bool:
        system = self._systems.get((output.system, output.version)) or self._system(output, known.rows)
        answer = (system, output.sample)
        content = output.content_hash
        before = entry.answers.get(answer)
        if before is not None:
            if before[0] == content:
                return False
            if not self._revise:
                named = " ".join(part for part in (output.system, output.version) if part)
                whose = f"of {_quoted(named)}" if named else "without a system"
                mend = "give it a system, version or sample of its own, or --revise"
                self._refuse(item, f"the key {_quoted(item.key)} has another output {whose}; {mend}")
                return False
            self.recalled.append(before[1])
        rows, item_id = known.rows, entry.item
        identity = (item_id, system, output.sample, content)
        output_id = known.outputs.get(identity)
        if output_id is not None:
            rows.reused_outputs.append((output_id, item_id, system, None, output.sample, "[]", "", content, None))
        else:
            output_id = known.outputs[identity] = new_id()
            kept = (output_id, item_id, system, None, output.sample, output.parts, output.text, content, output.masked)
            rows.outputs.append(kept)
        task = new_id()
        rows.tasks.append((task, self.queue.id, item.key, item_id, self.next, 0.0, item.rubric, *_UNSELECTED))
        rows.task_outputs.append((task, 0, output_id, known.public_ids.pop()))
        entry.answers[answer] = (content, task)
        self.next += 1
        return True

    def _system(self, output: NewOutput, rows: Rows) -> str:
        named = (output.system, output.version)
        found: str | None = None
        for source in self.sources:
            if row := _system.first(source, name=output.system, version=output.version):
                found = row[0]
        if found is None:
            found = new_id()
            rows.systems.append((found, *named, None))
        self._systems[named] = found
        return found

    def _refuse(self, item: NewItem, reason: str) -> None:
        self.taken.refused.append((item.line, reason))


def note(driver: Driver, rows: Rows) -> None:
    """Writes rows without their texts, the reused ones too: enough to look up what is known."""
    items = [(identifier, content, "[]", "[]", None) for identifier, content, *_ in rows.items]
    outputs = [(*kept, "[]", "", content, None) for *kept, _parts, _text, content, _masked in rows.outputs]
    _bulk_system.run(driver, rows.systems)
    _noted_item.run(driver, items + rows.reused_items)
    _bulk_key.run(driver, rows.keys)
    _noted_output.run(driver, outputs + rows.reused_outputs)
    _bulk_task.run(driver, rows.tasks)
    _bulk_task_output.run(driver, rows.task_outputs)


def _json_list(values: Iterable[str]) -> str:
    return orjson.dumps(list(values)).decode()


def _quoted(text: str) -> str:
    return f"'{text if len(text) <= 60 else text[:59] + '…'}'"


def _public_ids(count: int) -> list[str]:
    """As `ids.new_public_id`, many for one question to the system."""
    drawn = base64.b32encode(os.urandom(5 * count)).decode("ascii").lower()
    return [drawn[place : place + 8] for place in range(0, 8 * count, 8)]
