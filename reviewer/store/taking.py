"""Deciding what the rows of an import are: new items, further outputs, duplicates, or rows to refuse."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import bindparam, func, literal_column, select

from reviewer.ids import new_id
from reviewer.store.dialects import json_values
from reviewer.store.masking import unmasked_hash
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.queues import QueueRecord, keep_rubric
from reviewer.store.rows import NewItem, NewOutput, Rows, Taken, public_ids
from reviewer.store.tables import (
    HASH_INDEXED,
    Dataset,
    DatasetItem,
    DatasetOutput,
    Item,
    Output,
    Queue,
    System,
    Task,
    TaskOutput,
    core,
)

_T, _TO, _I, _K, _KO, _O, _S, _Q, _D = (
    core(table).c for table in (Task, TaskOutput, Item, DatasetItem, DatasetOutput, Output, System, Queue, Dataset)
)
# One look-up for a whole slice: what is wanted comes as a JSON list. The outer joins hold SQLite to that order; what is
# not there comes as a row of nulls.
_wanted = json_values(bindparam("wanted"), "wanted")
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
    select(_T.key, _T.state, _O.system, _O.sample, _O.content_hash, _O.id, _T.id).select_from(
        _wanted.outerjoin(
            core(Task),
            (_T.queue == bindparam("queue")) & (_T.key == _wanted.c.value) & _T.repeat_of.is_(None),
        )
        .outerjoin(core(TaskOutput), _TO.task == _T.id)
        .outerjoin(core(Output), _TO.output == _O.id)
    )
)
_compared_of_keys = Prepared(
    select(_KO.key, _O.system, _O.sample, _O.content_hash, _O.id).select_from(
        _wanted.outerjoin(
            core(DatasetOutput), (_KO.dataset == bindparam("dataset")) & (_KO.key == _wanted.c.value)
        ).outerjoin(core(Output), _KO.output == _O.id)
    )
)
_outputs_of_items = Prepared(
    select(_O.item, _O.system, _O.sample, _O.content_hash, _O.id).select_from(
        _wanted.outerjoin(core(Output), _O.item == _wanted.c.value)
    )
)
_texts = Prepared(select(_O.text, _O.parts, _O.masked, _O.content_hash).where(_O.id == bindparam("output")))
_system = Prepared(select(_S.id).where(_S.name == bindparam("name"), _S.version == bindparam("version")))
_sizes = Prepared(
    select(_Q.size, _D.size, _D.outputs)
    .select_from(core(Queue).join(core(Dataset), _Q.dataset == _D.id))
    .where(_Q.id == bindparam("queue"))
)
# repeat_of, selection, probability, state, gold
_UNSELECTED = (None, None, None, "open", 0)

Answer = tuple[str, int]
"""A system's identifier and a sample: what tells an item's outputs apart."""


@dataclass(slots=True)
class _Known:
    """What is known under a key: its item, and for each answer the output's hash, the output, and its open task.

    Where outputs are compared no task belongs to one of them, and "" stands there.
    """

    item: str
    content_hash: str
    answers: dict[Answer, tuple[str, str, str]]


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

    Only what `revise` changes is remembered from slice to slice; all else is asked of the sources. `recalled` are
    tasks of texts that changed, `replaced` the (key, output) that are no longer compared, `superseded` the rankings
    that give way to a larger one where nobody was given them.
    """

    def __init__(self, queue: QueueRecord, *, revise: bool) -> None:
        self.queue = queue
        self.taken = Taken()
        self.recalled: list[str] = []
        self.superseded: list[str] = []
        self.replaced: set[tuple[str, str]] = set()
        self.moved: dict[str, dict[str, Any]] = {}
        self.sources: list[Driver] = []
        self.next = self.next_item = self.next_output = 0
        self.first_task = self.first_output = 0
        self.compared = queue.kind != "rating"
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
                self.next, self.next_item, self.next_output = found
        self.first_task, self.first_output = self.next, self.next_output

    def add(self, items: Sequence[NewItem]) -> None:
        """Takes in one slice of items."""
        known = self._look_up(items)
        known.public_ids = public_ids(sum([len(item.outputs) for item in items]))
        rows, taken, take = known.rows, self.taken, self._take
        for item in items:
            refused = len(taken.refused)
            if not take(item, known) and len(taken.refused) == refused:
                taken.duplicates += 1
        taken.items += len(rows.keys)
        taken.tasks += len(rows.tasks)
        taken.outputs += len(rows.tasks)
        self.write(rows)

    def add_tasks(self, tasks: Sequence[tuple[str, str, str | None, Sequence[str]]]) -> None:
        """Adds tasks of outputs that were taken in before: key, item, rubric, and the outputs by slot."""
        rows = Rows()
        drawn = public_ids(sum(len(outputs) for *_, outputs in tasks))
        for key, item, rubric, outputs in tasks:
            task = self._task(rows, key, item, rubric)
            for slot, output in enumerate(outputs):
                rows.task_outputs.append((task, slot, output, drawn.pop()))
        self.taken.tasks += len(rows.tasks)
        self.write(rows)

    def _task(self, rows: Rows, key: str, item: str, rubric: str | None) -> str:
        task = new_id()
        rows.tasks.append((task, self.queue.id, key, item, self.next, 0.0, rubric, *_UNSELECTED))
        self.next += 1
        return task

    def _remember_rubric(self, driver: Driver, document: dict[str, Any], *, content_hash: str, scale_hash: str) -> str:
        if content_hash not in self._rubrics:
            if len(self._rubrics) > 10_000:
                self._rubrics.clear()
            self._rubrics[content_hash] = keep_rubric(
                driver, document, content_hash=content_hash, scale_hash=scale_hash
            )
        return self._rubrics[content_hash]

    def _look_up(self, items: Sequence[NewItem]) -> _Slice:
        keys = json_list({item.key for item in items})
        hashes = json_list({item.content_hash for item in items})
        known = _Slice({}, {}, {})
        for source in self.sources:
            for key, item, content in _known_keys.rows(source, dataset=self.queue.dataset, wanted=keys):
                if item is not None:
                    known.keys[key] = _Known(item, content, {})
            for content, item in _known_items.rows(source, wanted=hashes):
                if item is not None:
                    known.items[content] = item
        if known.keys:
            self._look_up_answers(known)
        if self._revised:
            known.keys.update({item.key: self._revised[item.key] for item in items if item.key in self._revised})
        if known.items:
            there = json_list({*known.items.values(), *(entry.item for entry in known.keys.values())})
            for source in self.sources:
                for item, system, sample, content, output in _outputs_of_items.rows(source, wanted=there):
                    if output is not None:
                        known.outputs[item, system, sample, content] = output
        return known

    def _look_up_answers(self, known: _Slice) -> None:
        keys = json_list(known.keys)
        for source in self.sources:
            if self.compared:
                for key, system, sample, content, output in _compared_of_keys.rows(
                    source, dataset=self.queue.dataset, wanted=keys
                ):
                    if key is not None and (key, output) not in self.replaced:
                        known.keys[key].answers[system, sample] = (content, output, "")
                continue
            for key, state, system, sample, content, output, task in _tasks_of_keys.rows(
                source, queue=self.queue.id, wanted=keys
            ):
                if state == "open" and system is not None:
                    known.keys[key].answers[system, sample] = (content, output, task)

    def _take(self, item: NewItem, known: _Slice) -> bool:
        """Whether the item brought anything new."""
        entry = known.keys.get(item.key)
        brought = False
        if entry is None:
            entry = known.keys[item.key] = _Known(self._item(item, known), item.content_hash, {})
            known.rows.keys.append((self.queue.dataset, item.key, entry.item, self.next_item, self._meta(item)))
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
        for _hash, output, task in before.answers.values():
            self._withdraw(item.key, output, task)
        entry = known.keys[item.key] = _Known(self._item(item, known), item.content_hash, {})
        self._revised[item.key] = entry
        self.moved[item.key] = {"to_item": entry.item, "to_meta": self._meta(item)}
        self.taken.items += 1
        return entry

    def _withdraw(self, key: str, output: str, task: str) -> None:
        """An output is asked about no more."""
        if self.compared:
            self.replaced.add((key, output))
        else:
            self.recalled.append(task)

    def _meta(self, item: NewItem) -> str:
        """What is kept beside the item's texts. Tasks that are made later find its own rubric there."""
        if not self.compared or item.rubric is None:
            return item.meta
        return orjson.dumps({**orjson.loads(item.meta), "rubric": item.rubric}, option=orjson.OPT_SORT_KEYS).decode()

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
            if before[0] == content or (not self._revise and self._differs_by_masks(before[1], output)):
                return False
            if not self._revise:
                named = " ".join(part for part in (output.system, output.version) if part)
                whose = f"of {_quoted(named)}" if named else "without a system"
                mend = "give it a system, version or sample of its own, or --revise"
                self._refuse(item, f"the key {_quoted(item.key)} has another output {whose}; {mend}")
                return False
            self._withdraw(item.key, before[1], before[2])
        rows, item_id = known.rows, entry.item
        identity = (item_id, system, output.sample, content)
        output_id = known.outputs.get(identity)
        if output_id is not None:
            rows.reused_outputs.append((output_id, item_id, system, None, output.sample, "[]", "", content, None))
        else:
            output_id = known.outputs[identity] = new_id()
            kept = (output_id, item_id, system, None, output.sample, output.parts, output.text, content, output.masked)
            rows.outputs.append(kept)
        if self.compared:
            self._compare(item.key, output_id, rows)
            entry.answers[answer] = (content, output_id, "")
            return True
        task = self._task(rows, item.key, item_id, item.rubric)
        rows.task_outputs.append((task, 0, output_id, known.public_ids.pop()))
        entry.answers[answer] = (content, output_id, task)
        return True

    def _compare(self, key: str, output: str, rows: Rows) -> None:
        self.taken.outputs += 1
        if (key, output) in self.replaced:
            self.replaced.remove((key, output))
            return
        rows.compared.append((self.queue.dataset, key, output, self.next_output))
        self.next_output += 1

    def _differs_by_masks(self, known: str, output: NewOutput) -> bool:
        """Whether the file said the same of the output that is known, and only names were masked in one of them."""
        said = unmasked_hash(output.text, output.parts, output.masked)
        for source in self.sources:
            if found := _texts.first(source, output=known):
                text, parts, masked, content = found
                return (content if masked is None else unmasked_hash(text, parts, masked)) == said
        return False

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


def json_list(values: Iterable[str]) -> str:
    """Values as a statement takes them that asks for many at once."""
    return orjson.dumps(list(values)).decode()


def _quoted(text: str) -> str:
    return f"'{text if len(text) <= 60 else text[:59] + '…'}'"
