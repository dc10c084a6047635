"""A system's mean over a whole queue from few labels of people and many of a judge, and what each rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_systems import SystemNames
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.designs import answered
from reviewer.measure.estimates import active_mean, hajek, horvitz_thompson, powered_mean
from reviewer.measure.figure import Figure, undefined
from reviewer.rubric import Criterion
from reviewer.rubric.stored import stored_rubric
from reviewer.store import queues, selected
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.selected import Draw, FrameTask
from reviewer.triage.selecting import Scores, criterion_of, find_queue, read_scores

FEWEST = 5
BY_LOT = (
    "Nothing is known of how these tasks came to be labelled: the estimate holds if they were drawn by lot, as "
    "`reviewer select` does."
)


@dataclass(frozen=True, slots=True)
class OfSystem:
    """The mean of a system, or over all of them: the estimate, what else could be said, and what it rests on.

    `estimate` is the judge's mean with what it was off by on the labelled tasks; `by_weight` (Hajek) and
    `by_total` (Horvitz-Thompson) leave the judge out. `naive` is the plain mean of the labels, `judge` that of the
    judge alone: neither is an estimate. `saved` is how many more labels drawn by lot would have told as much.
    """

    system: str
    tasks: int
    labelled: int
    estimate: Figure
    by_weight: Figure | None
    by_total: Figure | None
    naive: float | None
    judge: float | None
    weight: float
    saved: float | None
    effective: float | None = None
    largest_weight: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "system": self.system,
            "tasks": self.tasks,
            "labelled": self.labelled,
            "estimate": self.estimate.to_json(),
            "hajek": None if self.by_weight is None else self.by_weight.to_json(),
            "horvitz_thompson": None if self.by_total is None else self.by_total.to_json(),
            "naive_mean": self.naive,
            "judge_mean": self.judge,
            "judge_weight": self.weight,
            "labels_saved": self.saved,
            "effective_labels": self.effective,
            "largest_weight": self.largest_weight,
        }


@dataclass(slots=True)
class Estimated:
    """What a queue's labels say of a whole: `frame` tasks of `of`, of which so many were selected and labelled."""

    queue: str
    of: str
    criterion: str
    judge: str
    drawn: bool
    frame: int
    selected: int
    labelled: int
    systems: list[OfSystem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "queue": self.queue,
            "of": self.of,
            "criterion": self.criterion,
            "judge": self.judge,
            "drawn_with_known_chances": self.drawn,
            "frame": self.frame,
            "selected": self.selected,
            "labelled": self.labelled,
            "unanswered": self.selected - self.labelled,
            "systems": [one.to_json() for one in self.systems],
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class _Values:
    """By task of the frame: the judge's value, the people's (NaN where there is none), and the chance to be drawn."""

    judge: Floats
    people: Floats
    chances: Floats
    drawn: Flags
    strata: Ints | None


def estimate(store: Store, name: str, *, criterion: str = "", judge: str = "", alpha: float = 0.05) -> Estimated:
    """Estimates each system's mean (of pairs, its share of wins) over the queue that `name` was drawn from, else over
    `name` itself.

    Raises BadInput where there is no such queue, it is a round that is blind yet, or fewer than five tasks have a
    person's label; WrongUsage for a criterion or a judge that is not there.
    """
    with store.reading() as connection:
        queue = find_queue(connection, name)
        draw = Draw.of(queue)
        whole = queue if draw is None else _by_id(connection, draw.queue)
        rubric = stored_rubric(queues.rubrics_of(connection, queue.id)[-1][1])
        asked = criterion_of(rubric, queue, criterion)
        if asked is None and queue.kind != "pairwise":
            raise WrongUsage("the rubric asks nothing that has a mean.", mend="Name a criterion by --criterion.")
        tasks = list(selected.frame(connection, whole, size=None if draw is None else draw.size))
        if draw is not None:
            tasks = _in_frame(tasks, draw)
        first = {task.id: task.outputs[0] for task in tasks}
        told = read_scores(selected.said(connection, whole.id), asked, whole.kind, first)
        who = _judge(told, judge, whole.name)
        people, places, chances, strata = _of_people(connection, queue, draw, tasks, asked)
        values = _Values(_column(told, who, tasks), people, chances, places, strata)
        names = SystemNames.of(connection, whole, {one for task in tasks for one in task.systems})
    found = Estimated(
        queue=name,
        of=whole.name,
        criterion=asked.id if asked else "preference",
        judge=who,
        drawn=draw is not None,
        frame=len(tasks),
        selected=int(places.sum()),
        labelled=int((~np.isnan(people) & places).sum()),
    )
    if found.labelled < FEWEST:
        raise BadInput(
            f"{found.labelled} tasks of '{name}' have a person's label, and {FEWEST} are the least.",
            mend=f"`reviewer rate {name}` adds some.",
        )
    if draw is None:
        found.notes.append(BY_LOT)
    if not who:
        found.notes.append("No judge has said anything here: the labels of people alone count.")
    systems = sorted({one for task in tasks for one in task.systems}, key=lambda one: names.codes[one])
    mirrored = queue.kind == "pairwise"
    rate = mirrored or (asked is not None and asked.type == "boolean")
    if not mirrored and len(systems) > 1:
        found.systems.append(_of_system("all", np.ones(len(tasks), dtype=np.bool_), values, draw, alpha, rate=rate))
    for system in systems:
        inside = np.array([system in task.systems for task in tasks], dtype=np.bool_)
        own = values
        if mirrored:
            own = _wins(values, np.array([task.systems[0] == system for task in tasks], dtype=np.bool_))
        found.systems.append(_of_system(names.names[names.codes[system]], inside, own, draw, alpha, rate=rate))
    return found


def _of_system(name: str, inside: Flags, values: _Values, draw: Draw | None, alpha: float, *, rate: bool) -> OfSystem:
    judge, people = values.judge[inside], values.people[inside]
    given = ~np.isnan(people)
    naive = float(people[given].mean()) if given.any() else None
    known = ~np.isnan(judge)
    alone = float(judge[known].mean()) if known.any() else None
    if int(given.sum()) < FEWEST:
        none = undefined(f"{int(given.sum())} tasks have a label, and {FEWEST} are the least", n=int(given.sum()))
        return OfSystem(name, int(inside.sum()), int(given.sum()), none, None, None, naive, alone, 0.0, None)
    # A task of which the judge said nothing counts as its mean: any value keeps the estimate unbiased.
    filled = np.where(known, judge, alone if alone is not None else 0.0)
    if draw is None:
        told = powered_mean(people[given], filled[given], filled[~given], rate=rate, alpha=alpha)
        return OfSystem(
            name,
            int(inside.sum()),
            int(given.sum()),
            told.figure,
            told.classical,
            None,
            naive,
            alone,
            told.weight,
            told.saved,
        )
    drawn = values.drawn[inside]
    strata = None if values.strata is None else values.strata[inside][drawn]
    heard = answered(values.chances[inside][drawn], given[drawn], strata)
    labels, places = people[given & drawn], np.flatnonzero(given & drawn)
    told_by = active_mean(
        filled,
        labels,
        places,
        heard.chances,
        # Tuned on so few labels, a weight would make the interval too narrow.
        weight=1.0 if known.any() else 0.0,
        rate=rate,
        draw="fixed",
        unanswered=heard.unanswered,
        alpha=alpha,
    )
    weighted = hajek(labels, heard.chances, rate=rate, draw="fixed", unanswered=heard.unanswered, alpha=alpha)
    total = horvitz_thompson(
        labels,
        heard.chances,
        int(inside.sum()),
        rate=rate,
        draw="fixed",
        unanswered=heard.unanswered,
        alpha=alpha,
    )
    return OfSystem(
        name,
        int(inside.sum()),
        len(labels),
        told_by.figure,
        weighted.figure,
        total.figure,
        naive,
        alone,
        told_by.weight,
        told_by.saved,
        told_by.effective,
        told_by.largest_weight,
    )


def _wins(values: _Values, is_first: Flags) -> _Values:
    """How far the first output is better, as the share of a win of the system: 1, 0, one half for a tie."""

    def share(column: Floats) -> Floats:
        won = np.where(np.isnan(column), np.nan, (np.sign(column) + 1) / 2)
        found: Floats = np.where(is_first, won, 1 - won)
        return found

    return _Values(share(values.judge), share(values.people), values.chances, values.drawn, values.strata)


def _of_people(
    driver: Driver,
    queue: QueueRecord,
    draw: Draw | None,
    tasks: Sequence[FrameTask],
    asked: Criterion | None,
) -> tuple[Floats, Flags, Floats, Ints | None]:
    """By task of the frame the people's mean, whether it was drawn, its chance, and its stratum."""
    place: dict[Any, int] = {(task.key, task.output_ids): at for at, task in enumerate(tasks)}
    people = np.full(len(tasks), np.nan)
    chances, drawn = np.ones(len(tasks)), np.zeros(len(tasks), dtype=np.bool_)
    own = list(selected.frame(driver, queue))
    first = {task.id: task.outputs[0] for task in own}
    scores = read_scores(selected.said_by_people(driver, queue.id), asked, queue.kind, first, of_kind="human")
    by_task: defaultdict[str, list[float]] = defaultdict(list)
    for of in scores.values.values():
        for identifier, scored in of.items():
            by_task[identifier].append(sum(scored) / len(scored))
    strata = np.full(len(tasks), -1, dtype=np.int64) if draw and draw.settings.get("stratum") else None
    known = {task.id: task for task in selected.drawn(driver, queue)} if draw else {}
    for number, task in enumerate(own):
        at = place.get((task.key, task.output_ids))
        if at is None:
            continue
        given = by_task.get(task.id, [])
        if given:
            people[at] = sum(given) / len(given)
        if draw is None:
            drawn[at] = bool(given)
        elif task.id in known:
            drawn[at], chances[at] = True, known[task.id].probability
            if strata is not None and draw is not None:
                strata[at] = draw.settings["stratum"][number]
    return people, drawn, chances, strata


def _in_frame(tasks: list[FrameTask], draw: Draw) -> list[FrameTask]:
    inside = np.unpackbits(np.frombuffer(draw.frame, dtype=np.uint8))
    if len(tasks) > len(inside):
        raise BadInput("the frame of the draw does not fit its queue.", mend="Run `reviewer doctor`.")
    return [task for task, there in zip(tasks, inside, strict=False) if there]


def _column(told: Scores, judge: str, tasks: Sequence[FrameTask]) -> Floats:
    if not judge:
        return np.full(len(tasks), np.nan)
    return np.array([told.of(judge, task.id) for task in tasks], dtype=np.float64)


def _judge(told: Scores, wanted: str, queue: str) -> str:
    names = sorted(told.values, key=lambda name: (-len(told.values[name]), name))
    if wanted and wanted not in names:
        raise WrongUsage(
            f"no judge {wanted[:60]!r} has said anything in '{queue}'.",
            mend=f"There are: {', '.join(names) or 'none'}.",
        )
    return wanted or (names[0] if names else "")


def _by_id(driver: Driver, identifier: str) -> QueueRecord:
    found = next((one for one in queues.all_queues(driver) if one.id == identifier), None)
    if found is None:
        raise BadInput("the queue that this one was drawn from is not here.", mend="Estimate where it was drawn.")
    return found
