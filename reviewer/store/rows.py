"""What an import brings and what it writes: items and outputs as they are given, rows as they are inserted."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import Any

from reviewer.store.prepared import Bulk, Driver
from reviewer.store.tables import DatasetItem, DatasetOutput, Item, Output, System, Task, TaskOutput

_bulk_system = Bulk(System, "id", "name", "version", "family")
_bulk_item = Bulk(Item, "id", "content_hash", "prompt", "context", "reference")
_bulk_key = Bulk(DatasetItem, "dataset", "key", "item", "position", "meta")
_bulk_output = Bulk(Output, "id", "item", "system", "run", "sample", "parts", "text", "content_hash", "masked")
_bulk_compared = Bulk(DatasetOutput, "dataset", "key", "output", "seq")
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
    "gold",
)
_bulk_task_output = Bulk(TaskOutput, "task", "slot", "output", "public_id")
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
    compared: list[tuple[Any, ...]] = field(default_factory=list)
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
        _bulk_compared.run(driver, self.compared)
        _bulk_task.run(driver, self.tasks)
        _bulk_task_output.run(driver, self.task_outputs)


def note(driver: Driver, rows: Rows) -> None:
    """Writes rows without their texts, the reused ones too: enough to look up what is known."""
    items = [(identifier, content, "[]", "[]", None) for identifier, content, *_ in rows.items]
    # What was masked is told from what the file said by the texts themselves.
    outputs = [
        (*kept, "[]", "", content, None) if masked is None else (*kept, parts, text, content, masked)
        for *kept, parts, text, content, masked in rows.outputs
    ]
    _bulk_system.run(driver, rows.systems)
    _noted_item.run(driver, items + rows.reused_items)
    _bulk_key.run(driver, rows.keys)
    _noted_output.run(driver, outputs + rows.reused_outputs)
    _bulk_compared.run(driver, rows.compared)
    _bulk_task.run(driver, rows.tasks)
    _bulk_task_output.run(driver, rows.task_outputs)


def public_ids(count: int) -> list[str]:
    """As `ids.new_public_id`, many for one question to the system."""
    drawn = base64.b32encode(os.urandom(5 * count)).decode("ascii").lower()
    return [drawn[place : place + 8] for place in range(0, 8 * count, 8)]
