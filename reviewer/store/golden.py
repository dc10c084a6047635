"""Golden values: what was decided of an output, kept so that it holds wherever that output turns up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from reviewer.ids import canonical_json, digest, new_id, now
from reviewer.rubric.stored import stored_rubric
from reviewer.store import events, examples, holding
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

TAKEN_BACK = "taken back: its author decided otherwise"
"""Why a golden value counts no more whose decision was changed into one without it."""

PROMOTED = "promoted: it is an example of the rubric"
"""Why a golden value counts no more, or never did, whose output whoever reads the rubric knows the scores of."""

_sql = statements("golden")
_weaving = statements("weaving")


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


@dataclass(slots=True)
class Changed:
    """The golden values, by identifier, that were `given`, filed `again` over what no longer stands before them, and
    `retired`, until an event vouches for all."""

    given: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)

    def add(self, other: Changed) -> None:
        """Adds what another one holds."""
        self.given += other.given
        self.again += other.again
        self.retired += other.retired


class _Row(NamedTuple):
    id: str
    item: str
    output_hash: str
    scale_hash: str
    criterion: str
    value: str
    source_label: str
    approved_by: str
    supersedes: str | None
    retired: str | None
    at: str

    @property
    def of_value(self) -> dict[str, str]:
        """Of what it says something."""
        return {name: getattr(self, name) for name in ("item", "output_hash", "scale_hash", "criterion")}


def keep(
    driver: Driver, label: dict[str, Any], values: Sequence[GoldenValue], *, approved_by: str, stream: str
) -> list[str]:
    """Keeps what `label`, the stored columns of a decision, decided, with its event; returns the new identifiers.

    A value that is golden already for the same output, scale and criterion is superseded. To be called in the label's
    own transaction.
    """
    changed = file(driver, Decision(label, values, approved_by, label["committed_at"]))
    vouch(driver, changed, action="golden.decided", subject=label["id"], stream=stream, actor=approved_by)
    return changed.given


def vouch(driver: Driver, changed: Changed, *, action: str, subject: str, stream: str, actor: str, **data: Any) -> None:
    """Writes the events that vouch for golden values that were filed, by `action`, and for those that were retired.

    `data` goes into the first.
    """
    if filed := [*changed.given, *changed.again]:
        events.append(
            driver,
            stream=stream,
            actor=actor,
            action=action,
            subject=subject,
            content=decided_digest(driver, filed),
            # That it counts them says that events of their own tell why they are retired.
            data={"golden": filed, "retired": len(set(filed) & set(changed.retired)), **data},
        )
    if changed.retired:
        events.append(
            driver,
            stream=stream,
            actor=actor,
            action=events.RETIRED,
            subject=subject,
            content=retired_digest(driver, changed.retired),
            data={"golden": changed.retired},
        )


def file(driver: Driver, decision: Decision) -> Changed:
    """As `keep`, without the events: for those that file the decisions of many labels, and `vouch` for all.

    What was decided later, or by a person where this is a consensus, stays before it. A value of an output that the
    rubric in force shows as an example, or that was promoted to be one, is filed as retired.
    """
    changed = Changed()
    label = decision.label
    if not decision.values:
        return changed
    holding.items_of(driver, [label["task"]])
    item = str(_sql.item.first(driver, task=label["task"])[0])
    outputs = list(_sql.outputs.rows(driver, task=label["task"]))
    order = _order_of(label, dict(outputs))
    promoted = PROMOTED if is_example(driver, label["queue"], label["task"]) else None
    for decided in decision.values:
        key = canonical_key(decided.criterion, order)
        of_value = {
            "item": item,
            "output_hash": hash_of_outputs([content for _, content in outputs]),
            "scale_hash": decided.scale_hash,
            "criterion": key,
        }
        found = _sql.current.first(driver, **of_value)
        before = _Row(*found[:-1]) if found else None
        known = PROMOTED if before is not None and before.retired == PROMOTED else promoted
        row = _Row(
            id=new_id(),
            **of_value,
            value=canonical_json(_in_canonical_order(decided, order)).decode(),
            source_label=label["id"],
            approved_by=decision.approved_by,
            supersedes=before.id if before else None,
            retired=decision.retired.get(decided.criterion) or known,
            at=decision.at or now(),
        )
        _sql.insert_golden.run(driver, **row._asdict())
        changed.given.append(row.id)
        if row.retired is not None:
            changed.retired.append(row.id)
        if before is not None and before.retired != TAKEN_BACK:
            stood, comes = _rank(before, found[-1]), _rank(row, label["phase"])
            if stood > comes:
                changed.add(_file_again(driver, before, over=row.id))
    return changed


def _rank(row: _Row, phase: str) -> tuple[bool, bool, str]:
    return row.retired != TAKEN_BACK, phase == "adjudication", row.at


def _file_again(driver: Driver, row: _Row, *, over: str) -> Changed:
    again = row._replace(id=new_id(), supersedes=over)
    _sql.insert_golden.run(driver, **again._asdict())
    return Changed(again=[again.id], retired=[again.id] if again.retired is not None else [])


def is_example(driver: Driver, queue: str, task: str) -> bool:
    """Whether the rubric that is in force for the task shows one of its outputs as an example."""
    own = _sql.own_rubric.first(driver, task=task)
    found = _weaving.in_force.first(driver, queue=queue)
    documents = [row[-1] for row in (own, found) if row and '"examples"' in row[-1]]
    return any(
        examples.is_shown(driver, task, examples.shown_by(stored_rubric(orjson.loads(document))))
        for document in documents
    )


def _order_of(label: Mapping[str, Any], hashes: Mapping[str, str]) -> list[int]:
    """The places of a label's outputs among the sorted hashes, as it was shown them."""
    shown = orjson.loads(label["shown_order"]) or list(hashes)
    return canonical_order([hashes[public_id] for public_id in shown])


def _in_canonical_order(decided: GoldenValue, order: Sequence[int]) -> Any:
    """What is said of one output, turn or step by itself compares nothing, and reads the same in every order."""
    return decided.value if "@" in decided.criterion else canonical_value(decided.value, order)


def decided_digest(driver: Driver, golden: Sequence[str]) -> str:
    """What the event of a decision vouches for: the golden values that it made, but not what came over them."""
    rows = [_sql.vouched.first(driver, golden=identifier) for identifier in sorted(golden)]
    return digest([list(row) if row else None for row in rows])


def retired_digest(driver: Driver, golden: Sequence[str]) -> str:
    """What the event vouches for that tells of golden values out of use: which, and why."""
    rows = [_sql.retired.first(driver, golden=identifier) for identifier in sorted(golden)]
    return digest([list(row) if row else None for row in rows])


def take_back(driver: Driver, label: str) -> Changed:
    """Takes the golden values of a decision that its author changed out of use, but for those that the later one
    superseded. To be called in the transaction of the later one, which vouches for it."""
    return _retire(driver, [found for (found,) in _sql.in_use_of_label.rows(driver, label=label)], TAKEN_BACK)


def restore(driver: Driver, task: str) -> Changed:
    """Files anew, where a value of the task was taken back, what another decided that counts yet: the newest, and a
    person's before a consensus. To be called in a transaction, which vouches for it."""
    changed = Changed()
    for row in [_Row._make(found) for found in _sql.taken_back.rows(driver, task=task, reason=TAKEN_BACK)]:
        stood = _sql.behind.first(driver, **row.of_value, label=row.source_label)
        if stood is not None:
            changed.add(_file_again(driver, _Row._make(stood), over=row.id))
    return changed


def _retire(driver: Driver, golden: Sequence[str], why: str) -> Changed:
    for identifier in golden:
        _sql.retire.run(driver, golden=identifier, to_retired=why)
    return Changed(retired=list(golden))


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


def lacking(
    driver: Driver, label: Mapping[str, Any], values: Sequence[GoldenValue], retired: Mapping[str, str]
) -> tuple[list[GoldenValue], dict[str, list[str]]]:
    """What is not golden yet of `values`, which a label that is known makes so; and by reason, from `retired` by
    criterion, the golden values that are in use here alone."""
    order = _order_of(label, dict(_sql.outputs.rows(driver, task=label["task"])))
    there: dict[tuple[str, str], list[KeptGolden]] = {}
    for one in of_label(driver, label["id"]):
        there.setdefault((one.criterion, one.scale_hash), []).append(one)
    missing: list[GoldenValue] = []
    late: dict[str, list[str]] = {}
    for value in values:
        known = there.get((canonical_key(value.criterion, order), value.scale_hash))
        if known is None:
            missing.append(value)
        elif why := retired.get(value.criterion):
            late.setdefault(why, []).extend(one.id for one in known if one.retired is None)
    return missing, {why: found for why, found in late.items() if found}


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
        if row is None:
            continue
        last, phase = _Row(*row[:-1]), str(row[-1])
        if last.retired != TAKEN_BACK:
            found[one.criterion] = phase if last.retired is None else "retired"
    return found


def retire(driver: Driver, item: str, why: str, *, stream: str, actor: str) -> None:
    """Takes the golden values of an item out of use, with their event. To be called in a transaction."""
    changed = _retire(driver, [found for (found,) in _sql.in_use_of_item.rows(driver, item=item)], why)
    vouch(driver, changed, action="golden.decided", subject=item, stream=stream, actor=actor)


def retire_values(driver: Driver, late: Mapping[str, Sequence[str]]) -> Changed:
    """Takes golden values, by reason, out of use. To be called in a transaction, which vouches for it."""
    changed = Changed()
    for why, found in late.items():
        changed.add(_retire(driver, found, why))
    return changed


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
