"""Golden values: what was decided of an output, kept so that it holds wherever that output turns up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from reviewer.ids import canonical_json, digest, new_id, now
from reviewer.store import events, holding
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

TAKEN_BACK = "taken back: its author decided otherwise"
"""Why a golden value counts no more whose decision was changed into one without it."""

_sql = statements("golden")


@dataclass(frozen=True, slots=True)
class GoldenValue:
    """A decided value in *shown* terms, with the hash of the scale under which it stands."""

    criterion: str
    scale_hash: str
    value: Any


@dataclass(frozen=True, slots=True)
class Decision:
    """What a label decides: its stored columns, the values, and in whose name they are golden.

    `at` is the moment, the present one where it is empty; `retired` says by criterion why a value counts no more.
    """

    label: dict[str, Any]
    values: Sequence[GoldenValue]
    approved_by: str
    at: str = ""
    retired: Mapping[str, str] = field(default_factory=dict)


def keep(
    driver: Driver, label: dict[str, Any], values: Sequence[GoldenValue], *, approved_by: str, stream: str
) -> list[str]:
    """Keeps what `label`, the stored columns of a decision, decided, with its event; returns the new identifiers.

    A value that is golden already for the same output, scale and criterion is superseded. To be called in the label's
    own transaction.
    """
    kept = file(driver, Decision(label, values, approved_by))
    vouch(driver, kept, action="golden.decided", subject=label["id"], stream=stream, actor=approved_by)
    return kept


def vouch(
    driver: Driver, kept: Sequence[str], *, action: str, subject: str, stream: str, actor: str, **data: Any
) -> None:
    """Writes the event that vouches for golden values that were filed; `data` goes into it."""
    if kept:
        events.append(
            driver,
            stream=stream,
            actor=actor,
            action=action,
            subject=subject,
            content=decided_digest(driver, kept),
            data={"golden": list(kept), **data},
        )


def file(driver: Driver, decision: Decision) -> list[str]:
    """As `keep`, without the event: for those that file the decisions of many labels, and `vouch` for all."""
    return list(_filed(driver, decision))


def _filed(driver: Driver, decision: Decision) -> Iterator[str]:
    label = decision.label
    if not decision.values:
        return
    holding.items_of(driver, [label["task"]])
    item = str(_sql.item.first(driver, task=label["task"])[0])
    outputs = list(_sql.outputs.rows(driver, task=label["task"]))
    shown = orjson.loads(label["shown_order"]) or [public_id for public_id, _ in outputs]
    order = canonical_order([dict(outputs)[public_id] for public_id in shown])
    for decided in decision.values:
        row = {
            "id": new_id(),
            "item": item,
            "output_hash": hash_of_outputs([content for _, content in outputs]),
            "scale_hash": decided.scale_hash,
            "criterion": canonical_key(decided.criterion, order),
            "value": canonical_json(_in_canonical_order(decided, order)).decode(),
            "source_label": label["id"],
            "approved_by": decision.approved_by,
            "retired": decision.retired.get(decided.criterion),
            "at": decision.at or now(),
        }
        same = {name: row[name] for name in ("item", "output_hash", "scale_hash", "criterion")}
        before = _sql.current.first(driver, **same)
        _sql.insert_golden.run(driver, **row, supersedes=before[0] if before else None)
        yield row["id"]


def _in_canonical_order(decided: GoldenValue, order: Sequence[int]) -> Any:
    """What is said of one output, turn or step by itself compares nothing, and reads the same in every order."""
    return decided.value if "@" in decided.criterion else canonical_value(decided.value, order)


def decided_digest(driver: Driver, golden: Sequence[str]) -> str:
    """What the event of a decision vouches for: the golden values that it made, but not what came over them."""
    rows = [_sql.vouched.first(driver, golden=identifier) for identifier in sorted(golden)]
    return digest([list(row) if row else None for row in rows])


def take_back(driver: Driver, label: str) -> None:
    """Takes the golden values of a decision that its author changed out of use, but for those that the later one
    superseded. To be called in the transaction of the later one."""
    _sql.take_back.run(driver, of_label=label, to_retired=TAKEN_BACK)


class KeptGolden(NamedTuple):
    """A golden value of a label as it is stored, its approver by name; `criterion` and `value` (a JSON text) count
    outputs in canonical order."""

    id: str
    criterion: str
    value: str
    scale_hash: str
    output_hash: str
    approved_by: str
    at: str
    supersedes: str | None
    superseded_by: str | None
    retired: str | None

    @property
    def stands(self) -> bool:
        """Whether nothing came over it and it is in use."""
        return self.superseded_by is None and self.retired is None


def of_label(driver: Driver, label: str) -> list[KeptGolden]:
    """The golden values that a label gave."""
    return [KeptGolden._make(row) for row in _sql.of_label.rows(driver, label=label)]


def decided_tasks(driver: Driver, queue: str) -> set[str]:
    """The tasks of a queue on which golden values were given."""
    return {task for (task,) in _sql.tasks.rows(driver, queue=queue)}


def stands(driver: Driver, task: str, values: Sequence[GoldenValue], shown: Sequence[str]) -> dict[str, str]:
    """What stands behind the golden values of the output of `task`, by the keys of `values` that have one: the phase of
    its label, or `retired`. The keys speak of outputs in the order `shown`, as public ids."""
    item = str(_sql.item.first(driver, task=task)[0])
    outputs = dict(_sql.outputs.rows(driver, task=task))
    order = canonical_order([outputs[public_id] for public_id in shown or list(outputs)])
    found = {}
    for one in values:
        row = _sql.current.first(
            driver,
            item=item,
            output_hash=hash_of_outputs(list(outputs.values())),
            scale_hash=one.scale_hash,
            criterion=canonical_key(one.criterion, order),
        )
        if row is not None and row[2] != TAKEN_BACK:
            found[one.criterion] = str(row[1]) if row[2] is None else "retired"
    return found


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


def canonical_key(key: str, order: Sequence[int]) -> str:
    """A key of shown terms, as it reads with the outputs in canonical order."""
    name, at, number = key.partition("@output:")
    return f"{name}{at}{order[int(number) - 1] + 1}" if at and len(order) > 1 else key
