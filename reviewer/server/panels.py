"""A revealed calibration round as its members are told of it: what a screen at the server's own store shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson

from reviewer.ids import digest
from reviewer.server.tasks import Rubrics, queue_told, tasks_told
from reviewer.store import leases, panels, queues, rounds
from reviewer.store.panels import PanelRow
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord
from reviewer.sync import wire


def panel_told(
    driver: Driver, rubrics: Rubrics, queue: QueueRecord, rater: str, moment: str, known: str, *, whole: bool
) -> wire.PanelAnswer:
    """What all members said of the tasks that the rater was ever leased, unless that is `known` already; with the tasks
    themselves where `whole`.

    Nothing of a round that nobody may see yet.
    """
    found = rounds.find(driver, queue.name) if queue.purpose == CALIBRATION and not queue.is_blind_round else None
    if found is None:
        return wire.PanelAnswer()
    named = {found.started_by_id: found.started_by}
    here = {task: lease for lease, task in leases.all_of(driver, queue.id, rater)}
    said = {task: list(rows) for task, rows in groupby(panels.labels(driver, queue.id), key=attrgetter("task"))}
    tasks, own = [], []
    for task in panels.tasks(driver, queue.id):
        if task.id not in here:
            continue
        rows = said.get(task.id, [])
        named |= {row.rater: row.name for row in rows}
        own += [task.rubric] if task.rubric else []
        labels = [_said(row, mine=row.rater == rater) for row in rows]
        tasks.append(wire.PanelTask.model_construct(task=here[task.id], place=task.position, labels=labels))
    notes = [
        wire.PanelNote.model_construct(
            id=note.id, task=here.get(note.task or ""), author=note.author, text=note.text, at=note.at
        )
        for note in rounds.kept_notes(driver, found)
        if note.task is None or note.task in here
    ]
    members = rounds.member_ids(driver, found)
    for one in (*members, *(note.author for note in notes)):
        named.setdefault(one, queues.rater_name(driver, one))
    panel = wire.Panel.model_construct(
        queue=queue_told(driver, rubrics, queue, rater, moment, own),
        round=found.id,
        number=found.number,
        started_by=found.started_by_id,
        started_at=found.started_at,
        locked_at=found.locked_at,
        revealed_at=found.revealed_at,
        finished_at=found.finished_at,
        people=[wire.Person.model_construct(rater=one, name=name) for one, name in sorted(named.items())],
        members=members,
        tasks=tasks,
        notes=notes,
        certificate=_certificate(driver, found, named.get(rater, "")),
    )
    version = digest(panel.model_dump())
    if whole:
        panel = panel.model_copy(update={"contents": _contents(driver, rubrics, queue, here.values(), moment)})
    return wire.PanelAnswer.model_construct(version=version, panel=None if version == known else panel)


def _contents(driver: Driver, rubrics: Rubrics, queue: QueueRecord, of: Iterable[str], moment: str) -> list[wire.Task]:
    known = [lease for one in of if (lease := leases.known(driver, one)) is not None]
    # They are over, and are shown all the same.
    return tasks_told(driver, rubrics, queue, [replace(lease, until=lease.until or moment) for lease in known])


def _certificate(driver: Driver, found: rounds.RoundRecord, name: str) -> dict[str, Any] | None:
    kept = rounds.certificates(driver, found)
    return next((one.document for one in kept if one.rater == name), None)


def _said(row: PanelRow, *, mine: bool) -> wire.Said:
    return wire.Said.model_construct(
        id=row.label,
        phase=row.phase,
        outcome=row.outcome,
        revision=row.revision,
        rubric=row.rubric,
        values=orjson.loads(row.values),
        rationale=orjson.loads(row.rationale),
        correction=orjson.loads(row.correction),
        notes=row.notes,
        flags=orjson.loads(row.flags),
        device=row.device if mine else "",
        committed_at=row.committed_at,
        rater=row.rater,
        exposure=row.exposure,
        surplus=bool(row.surplus),
        shown_order=orjson.loads(row.shown_order),
    )
