"""Queues whose tasks were drawn from another queue with known probabilities, and what has to be known of the draw."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, select

from reviewer.errors import BadInput
from reviewer.store import events, judged, queues, rounds
from reviewer.store.drawing import SHOWN_BY, Copied, copy_queue
from reviewer.store.judged import JudgedLabel
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.primary import IS_PRIMARY
from reviewer.store.queues import QueueRecord
from reviewer.store.statements import statements
from reviewer.store.tables import Item, Label, LabelHead, Output, Rater, Task, TaskOutput, core

DRAW = "draw"
"""The setting of a selected queue that holds what is known of its draw. It goes to no rater."""

_H, _I, _L, _O, _RA, _T, _TO = (core(table).c for table in (LabelHead, Item, Label, Output, Rater, Task, TaskOutput))
_drawing = statements("drawing")
_own = (
    _T.queue == bindparam("queue"),
    _T.position < bindparam("size"),
    _T.state != "recalled",
    _T.repeat_of.is_(None),
    ~_T.gold,
)
_frame = Prepared(
    select(_T.id, _T.key, _T.item, _T.position, _O.content_hash, _O.system, _TO.public_id, _O.id)
    .select_from(core(Task).join(core(TaskOutput), _TO.task == _T.id).join(core(Output), _TO.output == _O.id))
    .where(*_own)
    .order_by(_T.position, _TO.slot)
)
_drawn = Prepared(
    select(_T.id, _T.key, _T.item, _T.selection, _T.probability)
    .where(_T.queue == bindparam("queue"), _T.repeat_of.is_(None), ~_T.gold, _T.probability.is_not(None))
    .order_by(_T.position)
)


_head = core(LabelHead).join(core(Label), _H.label == _L.id).join(core(Rater), _H.rater == _RA.id)
_said = Prepared(
    select(
        _L.task,
        _RA.kind,
        _RA.name,
        _L.outcome,
        core(Label).c["values"],
        _L.flags,
        _L.shown_order,
        _L.rubric,
    )
    .select_from(_head)
    .where(_L.queue == bindparam("queue"), _H.phase == "independent", _RA.kind != "human")
    .order_by(_L.id)
)
_people = Prepared(
    select(
        _L.task,
        _RA.kind,
        _RA.name,
        _L.outcome,
        core(Label).c["values"],
        _L.flags,
        _L.shown_order,
        _L.rubric,
    )
    .select_from(_head)
    .where(_L.queue == bindparam("queue"), IS_PRIMARY)
    .order_by(_L.id)
)
_labelled_task = core(Task).alias("labelled_task")
_labelled = Prepared(
    select(_TO.output)
    .distinct()
    .select_from(
        core(LabelHead)
        .join(core(Label), _H.label == _L.id)
        .join(_labelled_task, _L.task == _labelled_task.c.id)
        .join(core(TaskOutput), _TO.task == _labelled_task.c.id)
    )
    .where(IS_PRIMARY, _labelled_task.c.item.in_(select(_T.item).where(_T.queue == bindparam("queue"))))
)
_prompt = Prepared(
    select(_I.prompt).select_from(core(Task).join(core(Item), _T.item == _I.id)).where(_T.id == bindparam("task"))
)


class FrameTask(NamedTuple):
    """A task that could be drawn, with the hashes, systems, public identifiers and identifiers of its outputs."""

    id: str
    key: str
    item: str
    position: int
    hashes: tuple[str, ...]
    systems: tuple[str, ...]
    outputs: tuple[str, ...]
    output_ids: tuple[str, ...]


class Said(NamedTuple):
    """A label that counts; `values`, `flags` and `shown_order` are JSON texts."""

    task: str
    kind: str
    name: str
    outcome: str
    values: str
    flags: str
    shown_order: str
    rubric: str


class DrawnTask(NamedTuple):
    """A task that was drawn; `reason` is for the lead."""

    id: str
    key: str
    item: str
    reason: str
    probability: float


@dataclass(frozen=True, slots=True)
class Draw:
    """What is known of a draw: from which queue, how many tasks it had then, which of these were in the frame (a bit
    each, by position's order), the frame's digest, the seed, the share of the random floor, and the strata."""

    queue: str
    size: int
    frame: bytes
    digest: str
    seed: int
    floor: float
    settings: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The draw as a setting holds it."""
        return {
            "queue": self.queue,
            "size": self.size,
            "frame": b64encode(zlib.compress(self.frame, 9)).decode(),
            "digest": self.digest,
            "seed": self.seed,
            "floor": self.floor,
            "settings": dict(self.settings),
        }

    @classmethod
    def of(cls, queue: QueueRecord) -> Draw | None:
        """The draw of a queue; None where it was not drawn."""
        told = queue.settings.get(DRAW)
        if not isinstance(told, dict):
            return None
        return cls(**{**told, "frame": zlib.decompress(b64decode(told["frame"]))})


def frame(driver: Driver, queue: QueueRecord, size: int | None = None) -> Iterator[FrameTask]:
    """The queue's own tasks, by position, among its first `size` or all of them."""
    rows = _frame.rows(driver, queue=queue.id, size=queue.size if size is None else size)
    for (task, key, item, position), outputs in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        told = list(outputs)
        hashes, systems, public_ids, identifiers = (tuple(row[at] for row in told) for at in (4, 5, 6, 7))
        yield FrameTask(task, key, item, position, hashes, systems, public_ids, identifiers)


def said(driver: Driver, queue: str) -> Iterator[Said]:
    """What checks and judges said in a queue."""
    return map(Said._make, _said.rows(driver, queue=queue))


def said_by_people(driver: Driver, queue: str) -> Iterator[Said]:
    """What people said in a queue, first votes that were given before others' judgment was seen."""
    rounds.refuse_blind_labels(driver, queue)
    return map(Said._make, _people.rows(driver, queue=queue))


def inherited(driver: Driver, queue: QueueRecord) -> Iterator[JudgedLabel]:
    """What checks and judges said of a drawn queue's tasks in the queue that it was drawn from, as if said of these.

    Nothing for a queue that was not drawn.
    """
    draw = Draw.of(queue)
    if draw is None:
        return
    here = {(task.key, task.output_ids): task for task in frame(driver, queue)}
    there: dict[str, tuple[str, dict[str, str]]] = {}
    parent = replace(queue, id=draw.queue, size=draw.size)
    for task in frame(driver, parent):
        if (own := here.get((task.key, task.output_ids))) is not None:
            there[task.id] = own.id, dict(zip(task.outputs, own.outputs, strict=True))
    for label in judged.labels(driver, draw.queue, kinds=("code", "judge")):
        if label.task in there:
            own_task, names = there[label.task]
            order = [names.get(one, one) for one in orjson.loads(label.shown_order)]
            yield label._replace(task=own_task, shown_order=orjson.dumps(order).decode())


def told_of(driver: Driver, queue: QueueRecord) -> dict[str, Any] | None:
    """What a lead is told of how a queue came to be drawn, with the reason of each task; None for one that was not."""
    draw = Draw.of(queue)
    if draw is None:
        return None
    parent = next((one.name for one in queues.all_queues(driver) if one.id == draw.queue), None)
    return {
        "queue": parent,
        "of": draw.size,
        "frame_hash": draw.digest,
        "seed": draw.seed,
        "floor": draw.floor,
        "tasks": [
            {"item": task.key, "probability": task.probability, "reason": task.reason} for task in drawn(driver, queue)
        ],
    }


def labelled_outputs(driver: Driver, queue: QueueRecord) -> set[str]:
    """The outputs to the queue's items that a person has judged, in whatever queue."""
    return {output for (output,) in _labelled.rows(driver, queue=queue.id)}


def texts(driver: Driver, task: str) -> str:
    """The prompt and the outputs of a task as one text, to be compared with others."""
    turns = [
        str(turn.get("text", "")) for (prompt,) in _prompt.rows(driver, task=task) for turn in orjson.loads(prompt)
    ]
    return "\n".join([*turns, *(text for (text,) in _drawing.texts.rows(driver, task=task))])


def drawn(driver: Driver, queue: QueueRecord) -> list[DrawnTask]:
    """The tasks of a selected queue."""
    return [DrawnTask._make(row) for row in _drawn.rows(driver, queue=queue.id)]


def open_selected(
    driver: Driver,
    parent: QueueRecord,
    name: str,
    chosen: Sequence[Copied],
    draw: Draw | None,
    *,
    stream: str,
    actor: str,
) -> QueueRecord:
    """Makes a queue of the tasks that were drawn (without a `draw`: named), with its event. To be called in a
    transaction.

    Raises BadInput where a queue has the name.
    """
    if queues.find(driver, name) is not None:
        raise BadInput(f"there is a queue '{name}' already.", mend="Name it otherwise with --as.")
    kept = {name: parent.settings[name] for name in SHOWN_BY if name in parent.settings}
    told: dict[str, Any] = {"parent": parent.id, "tasks": len(chosen)}
    if draw is not None:
        kept[DRAW] = draw.to_json()
        told |= {"frame": draw.digest, "seed": draw.seed, "floor": draw.floor}
    made = replace(
        queues.draft(name, parent.dataset, kind=parent.kind, settings=kept),
        blind=parent.blind,
        state="open",
        size=len(chosen),
    )
    copy_queue(driver, parent, made, chosen, stream=stream, actor=actor)
    events.append(
        driver,
        stream=stream,
        actor=actor,
        action="queue.selected",
        subject=made.id,
        content=[[one.task, one.reason, one.probability] for one in chosen],
        data=told,
    )
    return made
