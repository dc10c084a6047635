"""Golden values with their history: which labels belong to it, and what each decision gave."""

from __future__ import annotations

from typing import Any

import orjson

from reviewer.store import golden, label_rows
from reviewer.store.golden import KeptGolden
from reviewer.store.label_rows import LabelRow
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord


class Decided:
    """The golden values of a queue's tasks, and the labels that led to them."""

    def __init__(self, driver: Driver, queue: QueueRecord) -> None:
        self._driver = driver
        self._sealed = queue.sealed
        self._tasks = golden.decided_tasks(driver, queue.id)

    def belongs(self, row: LabelRow) -> bool:
        """Whether the label is one on a task with golden values: a rater's, a decision, or one that led to it."""
        return row.columns["task"] in self._tasks

    def told(self, row: LabelRow) -> list[dict[str, Any]]:
        """What the label made golden, by its own keys, with who stands behind it and what became of it."""
        return [
            {
                "id": one.id,
                "criterion": key,
                "scale_hash": one.scale_hash,
                # The hash would tell the outputs of a sealed queue from each other.
                **({} if self._sealed else {"output_hash": one.output_hash}),
                "approved_by": one.approved_by,
                "at": one.at,
                "supersedes": one.supersedes,
                "superseded_by": one.superseded_by,
                "retired": one.retired,
            }
            for key, one in self._given(row)
        ]

    def is_decision(self, row: LabelRow) -> bool:
        """Whether the label decides, and is no rater's."""
        return row.columns["phase"] in ("adjudication", "consensus")

    def standing(self, row: LabelRow) -> list[str]:
        """The keys of a decision that are golden now."""
        return [key for key, one in self._given(row) if one.stands]

    def _given(self, row: LabelRow) -> list[tuple[str, KeptGolden]]:
        kept = golden.of_label(self._driver, row.columns["id"])
        if not kept:
            return []
        hashes = {one.public_id: one.content_hash for one in label_rows.outputs_of(self._driver, row.columns["task"])}
        shown = [public_id for public_id in orjson.loads(row.columns["shown_order"]) if public_id in hashes]
        order = golden.canonical_order([hashes[public_id] for public_id in shown or hashes])
        keys = {golden.canonical_key(key, order): key for key in orjson.loads(row.columns["values"])}
        return [(keys[one.criterion], one) for one in kept if one.criterion in keys]
