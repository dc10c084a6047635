"""What of a queue's answers has a level: the figure of a label that is watched, and severity against the panel."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Final, NamedTuple

import numpy as np

from reviewer.errors import BadInput
from reviewer.exchange.queue_answers import COMPOSITE, MET, Answer
from reviewer.exchange.queue_ratings import read_queue_ratings
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.arrays import Floats, Ints
from reviewer.measure.severity import severity, severity_of
from reviewer.measure.severity_report import Rater, Severity
from reviewer.rubric import Criterion, Rubric, parse_value
from reviewer.rubric.scoring import rescaled
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

YES_OR_NO: Final = ("false", "true")


class Figures(NamedTuple):
    """A label's figures, NaN where it has none: its composite, the mean of its criteria from 0 (worst) to 1 (best), and
    the mean of their values as they stand, which says something where there is one criterion alone."""

    composite: float = nan
    rescaled: float = nan
    plain: float = nan


class Scales:
    """The numbers behind the answers under the rubric in force; of a comparison, those that speak of one output alone.

    `lenient` has the criteria met so far that have a level, and whether higher values are the more lenient ones.
    """

    def __init__(self, kind: str, rubric: Rubric) -> None:
        self.lenient: dict[str, bool | None] = {}
        self.composite = False
        self._compares = kind != "rating"
        self._rubric = rubric
        self._known: dict[tuple[str, str], tuple[float | None, float | None]] = {}

    def has_level(self, question: str) -> bool:
        """Whether answers to the question can lie higher or lower, and not only favour one of several outputs."""
        return not self._compares or question == COMPOSITE or "@" in question

    def number(self, question: str, value: str) -> float | None:
        """The number that an answer stands for; None where it has none."""
        return self._numbers(question, value)[0]

    def figures(self, answers: Iterable[Answer]) -> Figures:
        """The figures of one label."""
        composites: list[float] = []
        shares: list[float] = []
        plain: list[float] = []
        for one in answers:
            if one.why or not self.has_level(one.question):
                continue
            if one.question == COMPOSITE:
                composites.append(float(one.value))
                self.composite, self.lenient[COMPOSITE] = True, True
                continue
            value, share = self._numbers(one.question, one.value)
            if value is not None and share is not None:
                plain.append(value)
                shares.append(share)
        return Figures(_mean(composites), _mean(shares), _mean(plain))

    def in_order(self, questions: Iterable[str]) -> list[str]:
        """The questions in the order of the rubric, what is no criterion of its own first."""
        order = [criterion.id for criterion in self._rubric.criteria]
        return sorted(questions, key=lambda one: (order.index(_of(one)) if _of(one) in order else -1, one))

    def _numbers(self, question: str, value: str) -> tuple[float | None, float | None]:
        found = self._known.get((question, value))
        if found is None:
            found = self._known[question, value] = self._read(question, value)
        return found

    def _read(self, question: str, value: str) -> tuple[float | None, float | None]:
        if question == MET:
            self.lenient[MET] = True
            return float(value == "true"), float(value == "true")
        criterion = self._rubric.criterion(_of(question)) if self.has_level(question) else None
        if criterion is None or criterion.type in ("multi", "text"):
            return None, None
        plain = _plain(criterion, value)
        number = _number(criterion, plain)
        if number is not None:
            self.lenient[question] = {"higher": True, "lower": False}.get(criterion.direction)
        return number, rescaled(criterion, plain)


class Followed(NamedTuple):
    """The figure of a label that charts follow: what it is called, or why there is none, and which way is lenient."""

    name: str
    why: str = ""
    column: str = ""
    lenient: bool = True


class Series:
    """One row a label of the queue's own tasks: task and rater by their places, the label's number, its figures."""

    def __init__(self) -> None:
        self._codes = {name: array("q") for name in ("task", "rater", "number")}
        self._figures = {name: array("d") for name in Figures._fields}

    def add(self, task: int, rater: int, number: int, figures: Figures) -> None:
        """Adds a label."""
        for name, value in (("task", task), ("rater", rater), ("number", number)):
            self._codes[name].append(value)
        for name, figure in zip(Figures._fields, figures, strict=True):
            self._figures[name].append(figure)

    def of(self, column: str) -> tuple[Ints, Ints, Ints, Floats]:
        """Task, rater, number and the figure in that column, of the labels that have it."""
        value = np.frombuffer(self._figures[column], dtype=np.float64)
        there = ~np.isnan(value)
        task, rater, number = (np.frombuffer(self._codes[name], dtype=np.int64)[there] for name in self._codes)
        return task, rater, number, value[there]


@dataclass(frozen=True, slots=True)
class Levels:
    """What is watched, and the severity of the raters by criterion; `why` says why there is none, `left_out` counts the
    labels that were not compared."""

    watched: Followed
    lenient: Mapping[str, bool | None]
    severities: dict[str, Severity] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    def of(self, told: str) -> dict[str, Rater]:
        """The levels of one rater by criterion."""
        pairs = ((name, one) for name, fitted in self.severities.items() for one in fitted.raters)
        return {name: one for name, one in pairs if one.rater == told}


def read_levels(
    driver: Driver,
    queue: QueueRecord,
    scales: Scales,
    series: Series,
    told: Sequence[str],
    alpha: float,
    scores: bool,
) -> Levels:
    """The severity of the raters under each criterion that has a level, and on what is watched."""
    watched = _watched(scales)
    severities: dict[str, Severity] = {}
    left_out: Mapping[str, int] = {}
    why = ""
    try:
        read = read_queue_ratings(driver, queue)
    except BadInput as none:
        why = none.what
    else:
        left_out = read.ratings.dropped
        for name, ratings in read.ratings.by_criterion().items():
            asked = read.ratings.asked[name]
            if scales.has_level(name):
                panel = Panel.of(ratings, asked.level, asked.points)
                if (found := _severity(panel, scores, alpha)) is not None:
                    severities[name] = found
        if watched.column == "rescaled":
            severities[watched.name] = _of_series(series, watched.column, told, alpha)
    return Levels(watched, _directions(scales, watched), severities, left_out, why)


def watched_level(scales: Scales, series: Series, told: Sequence[str], alpha: float) -> Levels:
    """The severity of the raters on what is watched alone, by the labels of the series."""
    watched = _watched(scales)
    found = {watched.name: _of_series(series, watched.column, told, alpha)} if watched.name else {}
    return Levels(watched, _directions(scales, watched), found)


def _directions(scales: Scales, watched: Followed) -> dict[str, bool | None]:
    return scales.lenient | ({watched.name: watched.lenient} if watched.name else {})


def _watched(scales: Scales) -> Followed:
    if scales.composite:
        return Followed(COMPOSITE, column="composite")
    directed = [name for name, lenient in scales.lenient.items() if lenient is not None]
    if not directed:
        return Followed("", "no answer here is a number with a better end, or speaks of one output by itself")
    if len(directed) == 1:
        return Followed(directed[0], column="plain", lenient=bool(scales.lenient[directed[0]]))
    return Followed(f"the mean of {len(directed)} criteria", column="rescaled")


def _severity(panel: Panel, scores: bool, alpha: float) -> Severity | None:
    """The severity by numbers or places; of yes and no, by how often yes is said. None for names."""
    if panel.scale.ordered:
        return severity_of(panel, scores=scores, alpha=alpha)
    if panel.scale.points != YES_OR_NO:
        return None
    value = panel.point.astype(np.float64)
    return severity(panel.item, panel.rater, value, items=panel.items, raters=panel.raters, scores=scores, alpha=alpha)


def _of_series(series: Series, column: str, told: Sequence[str], alpha: float) -> Severity:
    task, rater, _, value = series.of(column)
    tasks, item = np.unique(task, return_inverse=True)
    raters, code = np.unique(rater, return_inverse=True)
    names = [told[at] for at in raters.tolist()]
    return severity(item.reshape(-1), code.reshape(-1), value, items=[""] * len(tasks), raters=names, alpha=alpha)


def _plain(criterion: Criterion, value: str) -> object:
    """The value that an answer's text stands for; a choice of numerals stands in quotation marks."""
    if criterion.type == "choice":
        return value if criterion.option(value) is not None else value.strip("'")
    return parse_value(criterion, value)


def _number(criterion: Criterion, value: object) -> float | None:
    if criterion.type == "choice":
        option = criterion.option(value)
        return None if option is None or option.score is None else float(option.score)
    return float(value) if isinstance(value, bool | int | float) else None


def _of(question: str) -> str:
    """The criterion of a question, which may speak of one output alone."""
    return question.partition("@")[0]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan
