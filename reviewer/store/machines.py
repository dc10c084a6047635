"""What checks and judges work on, and what they said: raters of the kinds `code` and `judge`.

They are read the tasks in the queue's order and have no assignment. What names a system, or a person's judgment, is
not among what they are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import orjson
from sqlalchemy import bindparam, func, select

from reviewer import __version__
from reviewer.ids import canonical_json, new_id, now
from reviewer.store.label_intake import GivenLabel, GivenRater, LabelIntake
from reviewer.store.prepared import Driver, Prepared, insert_unless_known
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import refuse_while_blind
from reviewer.store.tables import DatasetItem, Item, Label, LabelHead, Output, Rater, Task, TaskOutput, core

Kind = Literal["code", "judge"]

_I, _K, _H, _L, _O, _RA, _T, _TO = (
    core(table).c for table in (Item, DatasetItem, LabelHead, Label, Output, Rater, Task, TaskOutput)
)
# Golden tasks that are woven in and hidden repeats are of other queues, or there already.
_asked = (_T.queue == bindparam("queue")) & (_T.state != "recalled") & _T.repeat_of.is_(None) & ~_T.gold
_page = Prepared(
    select(_T.id, _T.key, _T.position, _T.rubric, _I.prompt, _I.context, _I.reference, _K.meta)
    .select_from(
        core(Task)
        .join(core(Item), _T.item == _I.id)
        .outerjoin(core(DatasetItem), (_K.dataset == bindparam("dataset")) & (_K.key == _T.key))
    )
    .where(_asked, _T.position > bindparam("after"))
    .order_by(_T.position)
    .limit(bindparam("most"))
)
_outputs = Prepared(
    select(_TO.task, _TO.public_id, _O.parts, _O.text, _O.content_hash)
    .select_from(core(TaskOutput).join(core(Task), _TO.task == _T.id).join(core(Output), _TO.output == _O.id))
    .where(_asked, _T.position > bindparam("after"), _T.position <= bindparam("until"))
    .order_by(_T.position, _TO.slot)
)
_size = Prepared(select(func.count()).select_from(core(Task)).where(_asked))
_rater = Prepared(
    select(_RA.id).where(
        _RA.name == bindparam("name"), _RA.kind == bindparam("kind"), _RA.spec_hash == bindparam("spec_hash")
    )
)
_insert_rater = insert_unless_known(Rater)
_done = Prepared(
    select(_H.task, _H.sample)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_L.queue == bindparam("queue"), _H.rater == bindparam("rater"), _H.phase == "independent")
)


@dataclass(frozen=True, slots=True)
class MachineOutput:
    """An output without its system."""

    public_id: str
    text: str
    parts: list[dict[str, Any]]
    content_hash: str


@dataclass(frozen=True, slots=True)
class MachineTask:
    """A task as checks and judges are given it; outputs stand in canonical order."""

    id: str
    key: str
    position: int
    rubric: str | None
    prompt: list[dict[str, Any]]
    context: list[dict[str, Any]]
    reference: str | None
    meta: dict[str, Any]
    outputs: tuple[MachineOutput, ...]


@dataclass(frozen=True, slots=True)
class MachineLabel:
    """What a machine said of a task in its answer number `sample`; keys and outputs count in `shown_order`.

    `evidence` is keyed as `values` are. `cost` has what it took: seconds, tokens, money. `inputs` is the digest of all
    that it was given.
    """

    task: str
    position: int
    rubric: str
    outcome: Literal["submitted", "abstained"]
    values: Mapping[str, Any]
    shown_order: Sequence[str]
    sample: int = 0
    rationale: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    flags: Sequence[str] = ()
    confidence: float | None = None
    cost: Mapping[str, Any] | None = None
    inputs: str | None = None


def tasks(driver: Driver, queue: QueueRecord, *, after: int = -1, most: int = 500) -> list[MachineTask]:
    """The next so many tasks whose positions lie behind `after`.

    Raises BadInput for a calibration round that is blind yet: its members judge it before anybody else.
    """
    refuse_while_blind(queue)
    rows = list(_page.rows(driver, queue=queue.id, dataset=queue.dataset, after=after, most=most))
    if not rows:
        return []
    until = rows[-1][2]
    found = _outputs.rows(driver, queue=queue.id, after=after, until=until)
    outputs = {
        task: tuple(
            MachineOutput(public_id, text, orjson.loads(parts), content_hash)
            for _, public_id, parts, text, content_hash in of
        )
        for task, of in groupby(found, key=itemgetter(0))
    }
    return [
        MachineTask(
            id=task,
            key=key,
            position=position,
            rubric=rubric,
            prompt=orjson.loads(prompt),
            context=orjson.loads(context),
            reference=reference,
            meta=orjson.loads(meta) if meta else {},
            outputs=outputs.get(task, ()),
        )
        for task, key, position, rubric, prompt, context, reference, meta in rows
    ]


def count(driver: Driver, queue: QueueRecord) -> int:
    """How many tasks there are to be given to machines."""
    return int(_size.first(driver, queue=queue.id)[0])


def known(driver: Driver, kind: Kind, name: str, spec_hash: str) -> str | None:
    """The identifier of the machine with this specification, if it was ever at work."""
    found = _rater.first(driver, kind=kind, name=name, spec_hash=spec_hash)
    return None if found is None else str(found[0])


def ensure(driver: Driver, kind: Kind, name: str, spec: Mapping[str, Any], spec_hash: str, family: str = "") -> str:
    """The identifier of the machine with this specification, which is added where it is new: another prompt or another
    set of checks is another rater. To be called in a transaction."""
    if (found := known(driver, kind, name, spec_hash)) is None:
        _insert_rater.run(
            driver,
            id=new_id(),
            name=name,
            kind=kind,
            family=family or None,
            spec=canonical_json(spec).decode(),
            spec_hash=spec_hash,
        )
        found = known(driver, kind, name, spec_hash)
    assert found is not None
    return found


def done(driver: Driver, queue: str, rater: str) -> set[tuple[str, int]]:
    """Task and number of the answers that a machine has given in a queue."""
    return {(task, int(sample)) for task, sample in _done.rows(driver, queue=queue, rater=rater)}


def take(
    driver: Driver, queue: QueueRecord, rater: str, kind: Kind, said: Iterable[MachineLabel], *, stream: str, actor: str
) -> int:
    """Keeps what a machine said as one batch with one event; returns how many labels are new.

    What says the same as what counts already adds nothing. To be called in a transaction.
    """
    given = list(_given(queue, rater, kind, said, device=stream))
    return len(LabelIntake(queue, stream=stream, actor=actor).take(driver, given).labels) if given else 0


def _given(
    queue: QueueRecord, rater: str, kind: Kind, said: Iterable[MachineLabel], *, device: str
) -> Iterator[GivenLabel]:
    who, at = GivenRater("", kind, rater), now()
    for one in said:
        columns = {
            "id": None,
            "queue": queue.id,
            "task": one.task,
            "phase": "independent",
            "sample": one.sample,
            "outcome": one.outcome,
            "revision": None,
            "supersedes": None,
            "rubric": one.rubric,
            "values": _json(one.values),
            "rationale": _json(one.rationale),
            "correction": "{}",
            "notes": None,
            "flags": _json(list(one.flags)),
            "exposure": "none",
            "shown_order": _json(list(one.shown_order)),
            "evidence": _json(one.evidence),
            "confidence": one.confidence,
            "cost": None if one.cost is None else _json(one.cost),
            "inputs": one.inputs,
            "active_ms": 0,
            "idle_ms": 0,
            "device": device,
            "client_version": __version__,
            "committed_at": at,
            "source": kind,
            "external_ref": None,
            "surplus": 0,
        }
        yield GivenLabel(columns, who, one.position)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
