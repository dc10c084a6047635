"""Golden values: what was decided of an output, kept so that it holds wherever that output turns up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from reviewer.ids import canonical_json, digest, new_id, now
from reviewer.store import events, holding
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("golden")


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """A decided value in *shown* terms, with the hash of the scale under which it stands."""

    criterion: str
    scale_hash: str
    value: Any


def keep(
    driver: Driver, label: dict[str, Any], values: Sequence[GoldenValue], *, approved_by: str, stream: str
) -> list[str]:
    """Keeps what `label`, the stored columns of a decision, decided; returns the new identifiers.

    A value that is golden already for the same output, scale and criterion is superseded. To be called in the label's
    own transaction.
    """
    if not values:
        return []
    holding.item_of(driver, label["task"])
    item = str(_sql.item.first(driver, task=label["task"])[0])
    outputs = list(_sql.outputs.rows(driver, task=label["task"]))
    shown = orjson.loads(label["shown_order"]) or [public_id for public_id, _ in outputs]
    order = canonical_order([dict(outputs)[public_id] for public_id in shown])
    rows = []
    for decided in values:
        row = {
            "id": new_id(),
            "item": item,
            "output_hash": hash_of_outputs([content for _, content in outputs]),
            "scale_hash": decided.scale_hash,
            "criterion": _canonical_key(decided.criterion, order),
            "value": canonical_json(canonical_value(decided.value, order)).decode(),
            "source_label": label["id"],
            "approved_by": approved_by,
            "retired": None,
            "at": now(),
        }
        same = {name: row[name] for name in ("item", "output_hash", "scale_hash", "criterion")}
        before = _sql.current.first(driver, **same)
        _sql.insert_golden.run(driver, **row, supersedes=before[0] if before else None)
        rows.append(row["id"])
    events.append(
        driver,
        stream=stream,
        actor=approved_by,
        action="golden.decided",
        subject=label["id"],
        content=decided_digest(driver, label["id"]),
        data={"golden": rows},
    )
    return rows


def decided_digest(driver: Driver, label: str) -> str:
    """What the event of a decision vouches for: every golden value that the label gave, but not what came over it."""
    return digest([list(row) for row in _sql.of_label.rows(driver, label=label)])


def retire(driver: Driver, item: str, why: str) -> None:
    """Takes the golden values of an item out of use. To be called in a transaction."""
    _sql.retire.run(driver, of_item=item, to_retired=why)


def expose(driver: Driver, rater: str, task: str, *, exposure: str, queue: str) -> None:
    """Remembers that the rater was shown others' judgment on the item of `task`. To be called in a transaction."""
    item = _sql.item.first(driver, task=task)[0]
    _sql.expose.run(driver, rater=rater, item=item, exposure=exposure, queue=queue, at=now())


def hash_of_outputs(hashes: Sequence[str]) -> str:
    """By what an output is known, or several that are compared: in whatever order, they are the same comparison."""
    return hashes[0] if len(hashes) == 1 else digest(sorted(hashes))


def canonical_order(shown: Sequence[str]) -> list[int]:
    """For each output as it was shown, given by content hash, its place among the sorted hashes, from 0."""
    places = sorted(range(len(shown)), key=lambda at: shown[at])
    return [places.index(at) for at in range(len(shown))]


def canonical_value(value: Any, order: Sequence[int]) -> Any:
    """A value in shown terms, as it reads with the outputs in canonical order: one of two outputs or more that is a
    preference or a ranking; any other stays."""
    if len(order) < 2:
        return value
    if isinstance(value, list) and all(isinstance(tier, list) for tier in value):
        return [sorted(order[number - 1] + 1 for number in tier) for tier in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return -value if order[0] > order[1] else value
    return value


def _canonical_key(key: str, order: Sequence[int]) -> str:
    name, at, number = key.partition("@output:")
    return f"{name}{at}{order[int(number) - 1] + 1}" if at and len(order) > 1 else key
