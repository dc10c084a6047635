"""What happened to the labels of a queue: who said what when, and what a revision changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from reviewer.exchange.labels.cells import rationale_cell
from reviewer.rubric import Rubric, format_value, split_key
from reviewer.store import label_rows, queues
from reviewer.store.label_rows import LabelRow
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord


@dataclass(frozen=True, slots=True)
class Entry:
    """One revision. `changes` are phrases; `output` is a random identifier while the queue is sealed, else a system."""

    label: str
    at: str
    rater: str
    kind: str
    item: str
    output: str
    phase: str
    revision: int
    outcome: str
    changes: tuple[str, ...]


def history(driver: Driver, queue: QueueRecord, *, rater: str | None = None, key: str | None = None) -> Iterator[Entry]:
    """The revisions of a queue in the order of their making, the newest last; streamed."""
    rubrics = lru_cache(maxsize=512)(lambda identifier: _rubric(driver, identifier))
    for row in label_rows.labels_of(driver, queue.id, rater=rater, key=key):
        said = row.columns
        earlier = [label_rows.label(driver, one) for one in orjson.loads(said["supersedes"])]
        before = next((one for one in earlier if one is not None), None)
        yield Entry(
            label=said["id"],
            at=said["committed_at"],
            rater=row.rater_name,
            kind=row.rater_kind,
            item=row.key,
            output=_output(driver, queue, row),
            phase=said["phase"],
            revision=said["revision"],
            outcome=said["outcome"],
            changes=tuple(_changes(before, said, rubrics(said["rubric"]))),
        )


def _output(driver: Driver, queue: QueueRecord, row: LabelRow) -> str:
    outputs = {one.public_id: one for one in label_rows.outputs_of(driver, row.columns["task"])}
    shown = [public_id for public_id in orjson.loads(row.columns["shown_order"]) if public_id in outputs]
    if queue.sealed:
        return " | ".join(shown)
    return " | ".join(f"{outputs[one].system} {outputs[one].version}".strip() for one in shown or outputs)


def _rubric(driver: Driver, identifier: str) -> Rubric | None:
    document = queues.rubric_document(driver, identifier)
    return Rubric.from_document(document) if document else None


def _changes(before: dict[str, Any] | None, after: dict[str, Any], rubric: Rubric | None) -> Iterator[str]:
    old, new = _parts(before), _parts(after)
    for key in dict.fromkeys((*old["values"], *new["values"])):
        one, other = old["values"].get(key, _ABSENT), new["values"].get(key, _ABSENT)
        if one is not other and (one != other or type(one) is not type(other)):
            was = "" if before is None else f"{_said(rubric, key, one)} → "
            yield f"{key} {was}{_said(rubric, key, other)}"
    for name, told in (("rationale", "rationale"), ("correction", "correction")):
        for key in dict.fromkeys((*old[name], *new[name])):
            one, other = old[name].get(key), new[name].get(key)
            if one != other:
                yield _written(told, key, one, other)
    if before is not None and before["outcome"] != after["outcome"]:
        yield f"{before['outcome']} → {after['outcome']}"
    if (before["notes"] if before else None) != after["notes"]:
        yield "note changed" if before and before["notes"] and after["notes"] else "note"
    for flag in sorted(set(new["flags"]) ^ set(old["flags"])):
        yield f"flag {flag} {'raised' if flag in new['flags'] else 'lowered'}"
    if before is not None and before["rubric"] != after["rubric"]:
        yield "moved to another rubric version"


_ABSENT = object()


def _parts(columns: dict[str, Any] | None) -> dict[str, Any]:
    if columns is None:
        return {"values": {}, "rationale": {}, "correction": {}, "flags": []}
    return {name: orjson.loads(columns[name]) for name in ("values", "rationale", "correction", "flags")}


def _said(rubric: Rubric | None, key: str, value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    parts = split_key(key)
    criterion = rubric.criterion(parts.criterion) if rubric and parts else None
    return format_value(criterion, value) if criterion else str(value)


def _written(what: str, key: str, one: object, other: object) -> str:
    verb = "changed" if one and other else "added" if other else "removed"
    of = "" if key == "label" else f" of {key}"
    text = rationale_cell(other) if isinstance(other, dict) else ""
    opening = " ".join(text.split())
    opening = opening if len(opening) <= 60 else f"{opening[:59]}…"
    return f"{what}{of} {verb}{f': {opening}' if opening else ''}"
