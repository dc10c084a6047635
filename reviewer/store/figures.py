"""What is kept beside the labels so that nothing need be counted at work, held against the labels themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, pairwise
from operator import itemgetter

import orjson
from sqlalchemy import and_, bindparam, exists, func, or_, select

from reviewer.store.labels import OF_RATERS
from reviewer.store.order import RaterOrder, way_of
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.tables import (
    Assignment,
    Batch,
    Dataset,
    DatasetItem,
    Label,
    LabelHead,
    Progress,
    Queue,
    Rater,
    Stretch,
    Task,
    TaskOutput,
    Waiting,
    core,
)
from reviewer.store.waiting import is_uneven

_A, _B, _D, _K, _L, _H, _P, _Q, _R, _S, _T, _TO, _W = (
    core(table).c
    for table in (
        Assignment,
        Batch,
        Dataset,
        DatasetItem,
        Label,
        LabelHead,
        Progress,
        Queue,
        Rater,
        Stretch,
        Task,
        TaskOutput,
        Waiting,
    )
)
_newer = core(Label).alias("newer")
_same_line = and_(
    _newer.c.task == _H.task, _newer.c.rater == _H.rater, _newer.c.phase == _H.phase, _newer.c.sample == _H.sample
)
_wrong_heads = Prepared(
    select(_H.task, _H.rater)
    .select_from(core(LabelHead).outerjoin(core(Label), _H.label == _L.id))
    .where(
        or_(
            _L.id.is_(None),
            _L.task != _H.task,
            _L.rater != _H.rater,
            _L.phase != _H.phase,
            _L.sample != _H.sample,
            and_(_H.conflict == "[]", exists(select(_newer.c.id).where(_same_line, _newer.c.revision > _L.revision))),
        )
    )
)
_without_head = Prepared(
    select(_L.id).where(
        ~exists(
            select(_H.label).where(
                _H.task == _L.task, _H.rater == _L.rater, _H.phase == _L.phase, _H.sample == _L.sample
            )
        )
    )
)
_heads_of_assignment = (
    select(_H.label)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_H.task == _A.task, _H.rater == _A.rater, _L.outcome == _A.state)
)
# A task is sent back to its raters by an adjudicator's label.
_sent_back = (
    select(_H.label)
    .select_from(core(LabelHead).join(core(Label), _H.label == _L.id))
    .where(_H.task == _A.task, _A.state == "sent_back", _H.phase == "adjudication", _L.outcome == "sent_back")
)
_wrong_states = Prepared(
    select(_A.task, _A.rater).where(_A.state != "open", ~exists(_heads_of_assignment), ~exists(_sent_back))
)
_unassigned = Prepared(
    select(_H.task, _H.rater)
    .select_from(core(LabelHead).join(core(Rater), _H.rater == _R.id))
    .where(
        _R.kind == "human",
        or_(*(_H.phase == phase for phase in sorted(OF_RATERS))),
        ~exists(select(_A.task).where(_A.task == _H.task, _A.rater == _H.rater, _A.state != "open")),
    )
)
_counted = Prepared(
    select(_A.queue, _A.rater, _A.state, func.count(), func.sum(_A.flagged))
    .where(_A.state != "open")
    .group_by(_A.queue, _A.rater, _A.state)
)
_progress = Prepared(
    select(_P.queue, _P.rater, _P.submitted, _P.skipped, _P.abstained, _P.sent_back, _P.flagged, _P.passed)
)
_queues = Prepared(select(_Q.id, _Q.name, _Q.seed, _Q.settings, _Q.size, _Q.kind))
_repeats = Prepared(
    select(_T.position)
    .where(_T.queue == bindparam("queue"), or_(_T.repeat_of.is_not(None), _T.gold))
    .order_by(_T.position)
)
_tasks_within = Prepared(
    select(func.count()).where(_T.queue == bindparam("queue"), _T.position >= 0, _T.position < bindparam("size"))
)
_batches = Prepared(select(_B.first, _B.size).where(_B.queue == bindparam("queue")).order_by(_B.first))
_datasets = Prepared(select(_D.id, _D.name, _D.size))
_items_within = Prepared(
    select(func.count(_K.position.distinct())).where(
        _K.dataset == bindparam("dataset"), _K.position >= 0, _K.position < bindparam("size")
    )
)
_stretches = Prepared(
    select(_S.first, _S.last).where(_S.queue == bindparam("queue"), _S.rater == bindparam("rater")).order_by(_S.first)
)
_places = Prepared(
    select(_A.seq, _T.position, _A.state, _A.shown_order, _A.task)
    .select_from(core(Assignment).join(core(Task), _A.task == _T.id))
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"))
    .order_by(_A.seq)
)
_public_ids = Prepared(select(_TO.public_id).where(_TO.task == bindparam("task")))
_waiting = Prepared(
    select(_W.task, _A.shown_order)
    .select_from(core(Waiting).outerjoin(core(Assignment), _A.task == _W.task))
    .order_by(_W.task)
)
_COUNTED = ("submitted", "skipped", "abstained", "sent_back", "flagged")


def heads(connection: Driver) -> Iterator[str]:
    """Labels that no head leads to, and heads that do not stand on the last revision."""
    for (label,) in _without_head.rows(connection):
        yield f"no head leads to the label {label}"
    for task, rater in _wrong_heads.rows(connection):
        yield f"the head of rater {rater} on task {task} is not their last revision"


def states(connection: Driver) -> Iterator[str]:
    """Assignments whose state is not what their label says, and people's labels without an assignment."""
    for task, rater in _wrong_states.rows(connection):
        yield f"the state of task {task} for rater {rater} is not what their label says"
    for task, rater in _unassigned.rows(connection):
        yield f"task {task} is labelled by rater {rater} and not marked as done"


def counters(connection: Driver) -> Iterator[str]:
    """Progress that differs from the assignments counted anew."""
    anew: dict[tuple[str, str], dict[str, int]] = {}
    for queue, rater, state, count, flagged in _counted.rows(connection):
        row = anew.setdefault((queue, rater), dict.fromkeys(_COUNTED, 0))
        row[state] = count
        row["flagged"] += flagged
    for queue, rater, *kept, _passed in list(_progress.rows(connection)):
        row = anew.pop((queue, rater), dict.fromkeys(_COUNTED, 0))
        for name, value in zip(_COUNTED, kept, strict=True):
            if row[name] != value:
                yield f"rater {rater} in queue {queue} has {row[name]} {name}, and {value} are kept"
    for queue, rater in anew:
        yield f"rater {rater} has labels in queue {queue}, and no progress is kept"


def sizes(connection: Driver) -> Iterator[str]:
    """Queues and datasets whose positions are not dense up to their published size."""
    for queue, name, _seed, _settings, size, _kind in list(_queues.rows(connection)):
        found = _tasks_within.first(connection, queue=queue, size=size)[0]
        if found != size:
            yield f"the queue {name} publishes {size} tasks and holds {found} of them"
        yield from _batch_faults(connection, queue, name, size)
    for dataset, name, size in list(_datasets.rows(connection)):
        found = _items_within.first(connection, dataset=dataset, size=size)[0]
        if found != size:
            yield f"the dataset {name} publishes {size} items and holds {found} of them"


def _batch_faults(connection: Driver, queue: str, name: str, size: int) -> Iterator[str]:
    """Positions that neither a batch nor a hidden task accounts for, or both do."""
    repeats = [(position, 1) for (position,) in _repeats.rows(connection, queue=queue) if position < size]
    end = 0
    for first, length in sorted([*_batches.rows(connection, queue=queue), *repeats]):
        if first != end:
            yield f"the queue {name} has a gap in its batches at {end}"
        end = first + length
    if end != size:
        yield f"the batches of queue {name} end at {end}, its tasks at {size}"


def orders(connection: Driver) -> Iterator[str]:
    """Places that are not where the queue's seed draws them, or were not dealt one after the other, and stretches that
    do not cover what is done."""
    known = {row[0]: row for row in _queues.rows(connection)}
    for queue, rater, *_counts, passed in list(_progress.rows(connection)):
        _, name, seed, stored, size, kind = known[queue]
        settings = orjson.loads(stored)
        order = None
        if way_of(kind, settings) == "drawn":
            order = RaterOrder.load(connection, queue, seed, rater, shuffle=settings.get("shuffle", True))
        told = f"of rater {rater} in queue {name}"
        runs = list(_stretches.rows(connection, queue=queue, rater=rater))
        yield from _run_faults(runs, size, told)
        done, at = 0, 0
        places = enumerate(_places.rows(connection, queue=queue, rater=rater))
        for number, (seq, position, state, shown, task) in places:
            if order is None:
                yield from _dealt_faults(connection, number, seq, shown, task, told)
            elif not _stands_at(order, position, seq):
                yield f"place {seq} {told} is not the task's own"
            if state in ("open", "sent_back"):
                continue
            done += 1
            while at < len(runs) and runs[at][1] < seq:
                at += 1
            if at == len(runs) or seq < runs[at][0]:
                yield f"place {seq} {told} is done and would be asked again"
        covered = sum(last - first + 1 for first, last in runs)
        if covered != done + passed:
            yield f"{covered} places {told} are closed; {done} are done and {passed} passed over"


def _stands_at(order: RaterOrder, position: int, seq: int) -> bool:
    try:
        return order.seq(position) == seq
    except IndexError:  # beyond the queue, or in a gap between its batches
        return False


def _dealt_faults(connection: Driver, number: int, seq: int, shown: str, task: str, told: str) -> Iterator[str]:
    if seq != number:
        yield f"place {number} {told} was not dealt, and place {seq} was"
    ids = {public_id for (public_id,) in _public_ids.rows(connection, task=task)}
    named = orjson.loads(shown)
    if len(named) != len(ids) or set(named) != ids:
        yield f"the order shown at place {seq} {told} does not name the task's outputs"


def waiting_ones(connection: Driver) -> Iterator[str]:
    """Tasks of open queues that wait for a view and were shown in both orders equally often."""
    for task, views in groupby(_waiting.rows(connection), key=itemgetter(0)):
        if not is_uneven(shown for _, shown in views if shown is not None):
            yield f"task {task} waits for another view, and its orders were shown equally often"


def _run_faults(runs: list[tuple[int, int]], size: int, told: str) -> Iterator[str]:
    for first, last in runs:
        if not 0 <= first <= last < size:
            yield f"the stretch {first} to {last} {told} lies outside the queue"
    for (_, last), (first, _) in pairwise(runs):
        if first <= last + 1:
            yield f"two stretches {told} meet at {first}"


FIGURES: tuple[Callable[[Driver], Iterator[str]], ...] = (
    heads,
    states,
    counters,
    sizes,
    orders,
    waiting_ones,
)
