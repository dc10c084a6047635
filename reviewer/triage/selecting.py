"""Drawing from a queue what experts should see: what machines said of its tasks, gathered, drawn from, and opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.designs import Allocation
from reviewer.rubric import BOTH_BAD, Criterion, Rubric, split_key
from reviewer.rubric.questions import PREFERENCE
from reviewer.rubric.stored import stored_rubric
from reviewer.store import drawing, queues, selected
from reviewer.store.connection import Store
from reviewer.store.drawing import Copied
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import refuse_while_blind
from reviewer.store.selected import Draw, FrameTask, Said
from reviewer.triage.near_duplicates import clusters, signature
from reviewer.triage.selection import FLOOR, Plan, Signals, select, worth_signing

Progress = Callable[[str], None]
EXPERT, FAIL = "expert", "fail"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to draw: how many tasks, by which criterion's answers and near which threshold, by which judge; `risk` are
    tags, or FIELD=VALUE of the metadata, `by` is a field that makes strata."""

    n: int
    seed: int
    criterion: str = ""
    threshold: float | None = None
    judge: str = ""
    risk: tuple[str, ...] = ()
    by: str = ""
    allocation: Allocation = "proportional"
    floor: float = FLOOR
    alike: float | None = 0.8
    again: bool = False


@dataclass(slots=True)
class Selected:
    """What was drawn from a queue: the plan, by which criterion, and how far each signal reaches."""

    queue: str
    plan: Plan
    tasks: list[FrameTask]
    criterion: str
    signals: dict[str, int] = field(default_factory=dict)
    name: str = ""

    @property
    def drawn(self) -> Iterator[tuple[FrameTask, float, str, str]]:
        """Each task with its chance, the chief kind of its reason, and the reason."""
        plan = self.plan
        for place, chance, kind, reason in zip(
            plan.chosen.tolist(), plan.chances.tolist(), plan.kinds, plan.reasons, strict=True
        ):
            yield self.tasks[place], chance, kind, reason


@dataclass(slots=True)
class Scores:
    """What judges gave each task under one criterion, on its own scale, and how many answers were none."""

    values: dict[str, defaultdict[str, list[float]]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)

    def of(self, judge: str, task: str) -> float:
        """The mean of a judge's answers to a task, NaN where there is none."""
        given = self.values[judge].get(task)
        return sum(given) / len(given) if given else float("nan")


def draw_from(store: Store, name: str, wanted: Wanted, tell: Progress = lambda _word: None) -> Selected:
    """Draws tasks of a queue; keeps nothing.

    Raises BadInput where there is no such queue, it is a round that is blind yet, or nothing is left to draw;
    WrongUsage for a criterion, a judge or a tag that is not there.
    """
    with store.reading() as connection:
        queue = find_queue(connection, name)
        rubrics = queues.rubrics_of(connection, queue.id)
        if not rubrics:
            raise BadInput(f"'{name}' has no rubric.", mend=f"Give it one: `reviewer queue set {name} rubric=FILE`.")
        rubric = stored_rubric(rubrics[-1][1])
        tell("Reading tasks …")
        tasks = list(selected.frame(connection, queue))
        if not tasks:
            raise BadInput(f"'{name}' has no task to draw from.", mend="Import some first.")
        tell("Reading what machines said …")
        criterion = criterion_of(rubric, queue, wanted.criterion)
        signals, told = _signals(connection, queue, tasks, criterion, wanted)
        if wanted.alike is not None:
            tell("Looking for near-duplicates …")
            signals = _with_clusters(connection, signals, tasks, wanted.n, wanted.alike)
    tell("Drawing …")
    plan = select(signals, wanted.n, seed=wanted.seed, floor=wanted.floor, allocation=wanted.allocation)
    if not len(plan.chosen):
        raise BadInput(
            f"nothing of '{name}' is left to draw: people have labelled all of it.", mend="--again draws it once more."
        )
    return Selected(name, plan, tasks, criterion.id if criterion else "", told)


def open_as(store: Store, found: Selected, wanted: Wanted, name: str, actor: str) -> QueueRecord:
    """Makes a queue of what was drawn, in an order that says nothing of reasons. Raises BadInput for a name taken."""
    plan = found.plan
    inside = np.zeros(len(found.tasks), dtype=np.bool_)
    inside[plan.frame] = True
    settings: dict[str, Any] = {
        "n": len(plan.chosen),
        "criterion": found.criterion,
        "judge": wanted.judge,
        "by": wanted.by,
        "risk": list(wanted.risk),
        "strata": sorted(set(plan.strata.tolist())),
        "stratum": plan.strata.tolist() if wanted.by else [],
    }
    with store.writing() as connection:
        parent = find_queue(connection, found.queue)
        draw = Draw(
            queue=parent.id,
            size=parent.size,
            frame=np.packbits(inside).tobytes(),
            digest=plan.frame_hash,
            seed=plan.seed,
            floor=plan.floor,
            settings=settings,
        )
        chosen = [Copied(task.id, reason, chance) for task, chance, _, reason in found.drawn]
        order = np.random.Generator(np.random.PCG64(plan.seed + 1)).random(len(chosen)).argsort(kind="stable")
        if settings["stratum"]:
            settings["stratum"] = [settings["stratum"][at] for at in order.tolist()]
        shuffled = [chosen[at] for at in order.tolist()]
        return selected.open_selected(connection, parent, name, shuffled, draw, stream=store.device, actor=actor)


def open_named(store: Store, queue: str, reasons: Mapping[str, str], name: str, actor: str) -> QueueRecord:
    """Makes a queue of these tasks of another one, each with its reason. Raises BadInput for a name taken."""
    with store.writing() as connection:
        parent = find_queue(connection, queue)
        chosen = [Copied(task, reason) for task, reason in reasons.items()]
        return selected.open_selected(connection, parent, name, chosen, None, stream=store.device, actor=actor)


def number_of(criterion: Criterion | None, kind: str, key: str, value: Any, *, turned: bool) -> float | None:
    """A value as a number on its criterion's scale; a preference as how far the first output, in canonical order, is
    better (`turned` where it was shown second). None for what is no number."""
    if value is None:
        return None
    if kind == "pairwise" and "@" not in key:
        if isinstance(value, bool) or not isinstance(value, int):
            return 0.0 if value == BOTH_BAD else None
        return float(value if turned else -value)
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value)
    if criterion is not None and isinstance(value, str) and (option := criterion.option(value)) is not None:
        return None if option.score is None else float(option.score)
    return None


def read_scores(
    rows: Iterator[Said], criterion: Criterion | None, kind: str, first: Mapping[str, str], of_kind: str = "judge"
) -> Scores:
    """What raters of a kind gave under a criterion; `first` has the first output of each task in canonical order."""
    found = Scores()
    name = criterion.id if criterion else PREFERENCE
    for row in rows:
        if row.kind != of_kind or row.task not in first:
            continue
        who = found.values.setdefault(row.name, defaultdict(list))
        found.asked[row.task] += 1
        if row.outcome != "submitted":
            found.silent[row.task] += 1
            continue
        order = orjson.loads(row.shown_order)
        turned = len(order) == 2 and order[0] != first[row.task]
        given = [
            number
            for key, value in orjson.loads(row.values).items()
            if (parts := split_key(key)) is not None
            and parts.criterion == name
            and (number := number_of(criterion, kind, key, value, turned=turned)) is not None
        ]
        if given:
            who[row.task].append(sum(given) / len(given))
    return found


def find_queue(driver: Driver, name: str) -> QueueRecord:
    """The queue of that name. Raises BadInput where there is none, or it is a round that is blind yet."""
    found = queues.find(driver, name)
    if found is None:
        raise BadInput(f"there is no queue '{name}'.", mend="`reviewer queue list` names those there are.")
    refuse_while_blind(found)
    return found


def criterion_of(rubric: Rubric, queue: QueueRecord, wanted: str) -> Criterion | None:
    """The criterion whose answers count; None for the preference of pairs, and where none has an order.

    Raises WrongUsage for one that is not there.
    """
    if queue.kind == "pairwise" and wanted in ("", PREFERENCE):
        return None
    numbered = [one for one in rubric.criteria if one.type in ("scale", "number", "boolean", "choice")]
    if wanted:
        found = rubric.criterion(wanted)
        if found is None or found not in numbered:
            known = ", ".join(one.id for one in numbered) or "none"
            raise WrongUsage(f"{wanted[:60]!r} is no criterion with an order.", mend=f"Take one of: {known}.")
        return found
    return numbered[0] if numbered else None


def _middle(criterion: Criterion | None, kind: str) -> tuple[float | None, float]:
    """The middle of a scale, and how far from it is not near any more."""
    if criterion is None:
        return (0.0, 1.0) if kind == "pairwise" else (None, 1.0)
    if criterion.type == "boolean":
        return 0.5, 0.5
    if criterion.min is None or criterion.max is None:
        return None, 1.0
    return (criterion.min + criterion.max) / 2, max((criterion.max - criterion.min) / 4, 1e-9)


def _signals(
    driver: Driver, queue: QueueRecord, tasks: Sequence[FrameTask], criterion: Criterion | None, wanted: Wanted
) -> tuple[Signals, dict[str, int]]:
    place = {task.id: at for at, task in enumerate(tasks)}
    failed: dict[str, Flags] = {}

    def fails(word: str, task: str) -> None:
        if word not in failed:
            failed[word] = np.zeros(len(tasks), dtype=np.bool_)
        failed[word][place[task]] = True

    rows = [row for row in selected.said(driver, queue.id) if row.task in place]
    for row in rows:
        if row.kind == "code":
            for key, value in orjson.loads(row.values).items():
                if value is False:
                    fails(key.partition("@")[0], row.task)
        for word in orjson.loads(row.flags):
            if row.kind == "judge":
                fails(word, row.task)
            elif word in (EXPERT, FAIL):
                fails(f"{row.name} ({word})", row.task)
    first = {task.id: task.outputs[0] for task in tasks}
    scores = read_scores(iter(rows), criterion, queue.kind, first)
    lead, others = _lead(scores, wanted.judge, queue.name)
    score = _column(tasks, lambda task: scores.of(lead, task)) if lead else None
    jury = None
    if lead and others:
        jury = _column(tasks, lambda task: _mean([scores.of(one, task) for one in others]))
    middle, reach = _middle(criterion, queue.kind)
    threshold = wanted.threshold if wanted.threshold is not None else middle
    silent = _column(tasks, lambda task: scores.silent[task] / max(scores.asked[task], 1)) if scores.asked else None
    signals = Signals(
        keys=[f"{task.key} {task.id}" for task in tasks],
        hashes=[" ".join(task.hashes) for task in tasks],
        failed=failed,
        score=score,
        jury=jury,
        threshold=threshold,
        reach=reach,
        spread=_column(tasks, lambda task: _spread(scores, task)) if scores.values else None,
        abstained=silent,
        **_of_items(driver, queue, tasks, wanted),
    )
    told = {f"check {name}": int(mask.sum()) for name, mask in sorted(failed.items())}
    for name in scores.values:
        told[f"judge {name}"] = sum(bool(given) for given in scores.values[name].values())
    return signals, told


def _lead(scores: Scores, wanted: str, queue: str) -> tuple[str, list[str]]:
    """The judge whose score counts, and the others, who are its jury."""
    names = sorted(scores.values, key=lambda name: (-len(scores.values[name]), name))
    if wanted and wanted not in names:
        raise WrongUsage(
            f"no judge {wanted[:60]!r} has said anything in '{queue}'.",
            mend=f"There are: {', '.join(names) or 'none'}.",
        )
    if not names:
        return "", []
    lead = wanted or names[0]
    return lead, [name for name in names if name != lead]


def _of_items(driver: Driver, queue: QueueRecord, tasks: Sequence[FrameTask], wanted: Wanted) -> dict[str, Any]:
    """Risk, strata, and what people have labelled already."""
    found: dict[str, Any] = {}
    if wanted.risk or wanted.by:
        meta = drawing.metadata(driver, queue)
        if wanted.risk:
            found["risk"] = {word: _tagged(tasks, meta, word) for word in wanted.risk}
        if wanted.by:
            found["strata"] = _strata(tasks, meta, wanted.by)
    if not wanted.again:
        known = selected.labelled_outputs(driver, queue)
        found["labelled"] = np.array([all(one in known for one in task.output_ids) for task in tasks], dtype=np.bool_)
    return found


def _tagged(tasks: Sequence[FrameTask], meta: Mapping[str, Any], word: str) -> Flags:
    name, is_field, value = word.partition("=")

    def has(task: str) -> bool:
        told = meta.get(task, {})
        if is_field:
            return str(told.get("metadata", {}).get(name)) == value
        return word in (told.get("tags") or [])

    mask = np.array([has(task.id) for task in tasks], dtype=np.bool_)
    if not mask.any():
        raise WrongUsage(f"no item has the tag {word[:60]!r}.", mend="Name a tag, or FIELD=VALUE of the metadata.")
    return mask


def _strata(tasks: Sequence[FrameTask], meta: Mapping[str, Any], by: str) -> Ints:
    values = [meta.get(task.id, {}).get("metadata", {}).get(by) for task in tasks]
    if all(value is None for value in values):
        raise WrongUsage(f"no item has {by[:60]!r}.", mend="Name a field of the items' metadata.")
    names = {value: at for at, value in enumerate(sorted({str(one) for one in values if one is not None}))}
    return np.array([-1 if value is None else names[str(value)] for value in values], dtype=np.int64)


def _with_clusters(driver: Driver, signals: Signals, tasks: Sequence[FrameTask], n: int, alike: float) -> Signals:
    places = worth_signing(signals, n)
    if len(places) < 2:
        return signals
    signed = np.stack([signature(selected.texts(driver, tasks[at].id)) for at in places.tolist()])
    of = clusters(signed, alike)
    found = np.full(len(tasks), -1, dtype=np.int64)
    found[places] = of
    return replace(signals, clusters=found)


def _column(tasks: Sequence[FrameTask], value: Callable[[str], float]) -> Floats:
    return np.array([value(task.id) for task in tasks], dtype=np.float64)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return sum(known) / len(known) if known else float("nan")


def _spread(scores: Scores, task: str) -> float:
    """The variance between all answers of all judges."""
    given = [value for of in scores.values.values() for value in of.get(task, ())]
    return float(np.var(given)) if len(given) > 1 else 0.0
