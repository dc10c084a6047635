"""Consensus of a queue without a person: what a method makes of its labels, question by question, ties named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson

from reviewer.errors import BadInput
from reviewer.ids import canonical_json
from reviewer.measure import consensus as measured
from reviewer.measure.arrays import Ints
from reviewer.measure.dawid_skene import dawid_skene
from reviewer.measure.verdicts import Consensus, Verdict
from reviewer.rubric import Criterion
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion
from reviewer.session.disputes import FEWEST, standing_labels
from reviewer.session.panel import TaskPanel, panels_by_task
from reviewer.session.spreads import is_spread, titled, value_told
from reviewer.store import decisions
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

ALONE: Final = "rated by one person alone"
WAITING: Final = "sent back, and not answered yet"
OFF_SCALE: Final = "an answer beside the scale has no place in it"
_DECIMALS: Final = 12


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands for the answers to one question of a task; `support` and `spread` as the method has them."""

    key: str
    value: Any
    n: int
    support: float | None = None
    spread: float | None = None
    on_scale: bool = True

    @property
    def evidence(self) -> dict[str, Any]:
        """How it came about, for the label."""
        told = {"n": self.n, "support": self.support, "spread": self.spread}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Tie:
    """A question of a task for which the method finds no one answer: `tied` in words, or `why` there is none."""

    task: str
    position: int
    item: str
    key: str
    title: str
    tied: tuple[str, ...]
    why: str


@dataclass(slots=True)
class Reached:
    """What a method makes of a queue: answers by task, ties, and by question what it is in words and warns of.

    `left_out` counts tasks and answers that it leaves out, by reason; `unasked` says by question why it has none.
    """

    method: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    unasked: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, TaskPanel] = field(default_factory=dict)


@dataclass(slots=True)
class _Asked:
    """Everything said to one question, over all tasks that ask it on one scale."""

    title: str
    question: Criterion
    places: list[tuple[TaskPanel, str]] = field(default_factory=list)
    item: list[int] = field(default_factory=list)
    rater: list[str] = field(default_factory=list)
    value: list[Any] = field(default_factory=list)


def reach(driver: Driver, queue: QueueRecord, method: str, me: str) -> Reached:
    """What `method` makes of what everybody said last of each task that two have rated.

    Outputs are counted in the order that is drawn for the rater `me`. Raises BadInput where nothing was rated by two,
    or the queue is a calibration round that is blind yet; WrongUsage for no such method.
    """
    found = Reached(method)
    waiting = decisions.waiting(driver, queue.id)
    asked: dict[tuple[str, ...], _Asked] = {}
    for panel in panels_by_task(driver, queue, named=False, me=me):
        if panel.task in waiting:
            found.left_out[WAITING] += 1
        else:
            _gather(panel, asked, found)
    if not asked:
        why = f": {'; '.join(f'{reason} {number}' for reason, number in found.left_out.items())}"
        raise BadInput(
            f"no task of '{queue.name}' was rated by two{why if found.left_out else ''}.",
            mend=f"`reviewer rate {queue.name} --rater NAME` adds labels.",
        )
    for one in asked.values():
        _decide(one, found)
    found.ties.sort(key=lambda tie: tie.position)
    return found


def _gather(panel: TaskPanel, asked: dict[tuple[str, ...], _Asked], found: Reached) -> None:
    labels = standing_labels(panel)
    if len(labels) < FEWEST:
        found.left_out[ALONE] += bool(labels)
        return
    for key, question in panel.questions.items():
        given = [(label.rater_id, label.values[key]) for label in labels if key in label.comparable]
        if len(given) < FEWEST or not is_spread(question):
            continue
        found.tasks[panel.task] = panel
        name, _, part = key.partition("@")
        alone = "@output" if part.startswith("output") and not _is_compared(question) else ""
        scale = canonical_json(_points(question)).decode()
        group = asked.setdefault((name + alone, question.type, scale), _Asked(titled(name, question), question))
        group.places.append((panel, key))
        for rater, value in given:
            group.item.append(len(group.places) - 1)
            group.rater.append(rater)
            group.value.append(value)


def _is_compared(question: Criterion) -> bool:
    return isinstance(question, PreferenceQuestion | RankingQuestion)


def _points(question: Criterion) -> list[Any]:
    """The points of its scale from the lowest up; none where these are only known from what was said."""
    if isinstance(question, PreferenceQuestion):
        return list(question.asked.steps)
    if isinstance(question, RankingQuestion):
        return []
    if question.type == "boolean":
        return [False, True]
    return list(question.steps) if question.type == "scale" else [option.value for option in question.options]


def _decide(asked: _Asked, found: Reached) -> None:
    why = _unfit(asked.question, found.method)
    if why:
        found.unasked[asked.title] = why
        return
    reached = _majority(asked) if found.method == "majority" else _by_figures(asked, found)
    if reached is None:
        found.unasked[asked.title] = "nobody gave an answer on its scale"
        return
    verdict, values = reached
    found.words[asked.title] = verdict.words
    found.warnings[asked.title] = (*verdict.warnings, *([verdict.why] if verdict.why else []))
    for (panel, key), one in zip(asked.places, verdict.verdicts, strict=True):
        if one.value is None:
            found.ties.append(_tie(panel, key, one, values))
        else:
            found.answers.setdefault(panel.task, []).append(_answer(key, asked.question, one, values))


def _unfit(question: Criterion, method: str) -> str:
    """Why the method has no answer to such a question; empty where it has."""
    if method in ("majority", "dawid_skene"):
        numbers = question.type == "number" and method == "dawid_skene"
        return "figures have no points that raters could mistake; take mean or median" if numbers else ""
    ordered = isinstance(question, PreferenceQuestion) or question.type in ("scale", "number")
    return "" if ordered else f"it has no {method}; take majority or dawid_skene"


def _majority(asked: _Asked) -> tuple[Consensus, list[Any]]:
    """By whatever was said, not applicable among it."""
    said = [canonical_json(value).decode() for value in asked.value]
    known = sorted(set(said))
    point = _codes(said, known)
    items = [str(place) for place in range(len(asked.places))]
    return measured.majority(_ints(asked.item), point, items=items, points=known), known


def _by_figures(asked: _Asked, found: Reached) -> tuple[Consensus, list[Any]] | None:
    """By the answers that are on the scale."""
    question, method = asked.question, found.method
    points = _points(question)
    if method == "dawid_skene":
        points = [canonical_json(one).decode() for one in _with_both_bad(question, points)]
        points = points or sorted({canonical_json(value).decode() for value in asked.value if value is not None})
        kept = [at for at, value in enumerate(asked.value) if canonical_json(value).decode() in set(points)]
    else:
        kept = [at for at, value in enumerate(asked.value) if _is_number(value)]
    if beside := len(asked.value) - len(kept):
        found.left_out[OFF_SCALE] += beside
    if not kept:
        return None
    item = _ints([asked.item[at] for at in kept])
    items = [str(place) for place in range(len(asked.places))]
    if method == "dawid_skene":
        raters = sorted(set(asked.rater))
        point = _codes([canonical_json(asked.value[at]).decode() for at in kept], points)
        who = _codes([asked.rater[at] for at in kept], raters)
        return dawid_skene(item, who, point, items=items, raters=raters, points=points), points
    values = [asked.value[at] for at in kept]
    if method == "median" and points:
        return measured.median_point(item, _codes(values, points), items=items, points=points), []
    figures = np.array(values, dtype=np.float64)
    return (measured.mean if method == "mean" else measured.median)(item, figures, items=items), []


def _with_both_bad(question: Criterion, points: Sequence[Any]) -> list[Any]:
    if isinstance(question, PreferenceQuestion):
        return [option.value for option in question.options]
    return list(points)


def _answer(key: str, question: Criterion, one: Verdict, values: Sequence[Any]) -> Answer:
    value: Any = orjson.loads(str(one.value)) if values else one.value
    if isinstance(value, float):
        value = round(value, _DECIMALS)
        value = int(value) if value.is_integer() and question.type != "number" else value
    between = isinstance(value, float) and question.type != "number"
    return Answer(key, value, one.n, one.support, one.spread, on_scale=not between)


def _tie(panel: TaskPanel, key: str, one: Verdict, values: Sequence[Any]) -> Tie:
    question = panel.questions[key]
    tied = [orjson.loads(str(point)) if values else point for point in one.tied]
    return Tie(
        task=panel.task,
        position=panel.position,
        item=panel.key,
        key=key,
        title=titled(key, question),
        tied=tuple(value_told(question, value) for value in tied),
        why=one.why,
    )


def _codes(said: Sequence[Any], known: Sequence[Any]) -> Ints:
    place = {value: at for at, value in enumerate(known)}
    return _ints([place[value] for value in said])


def _ints(codes: Sequence[int]) -> Ints:
    return np.array(codes, dtype=np.int64)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def answers_by_task(found: Reached) -> Iterator[tuple[TaskPanel, list[Answer]]]:
    """Every task that two have rated, with what stands for their answers: nothing where all is tied."""
    for task, panel in found.tasks.items():
        yield panel, found.answers.get(task, [])
