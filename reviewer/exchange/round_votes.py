"""The blind votes of a calibration round, criterion by criterion, with the golden values of its items beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from reviewer.exchange.queue_answers import Answers, Question
from reviewer.exchange.queue_gold import gold_of
from reviewer.exchange.queue_labels import slots_of, why_left_out
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.rubric import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store import judged, queues, rounds
from reviewer.store.judged import JudgedTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord


@dataclass(slots=True)
class RoundVotes:
    """What the members said blind.

    `panels` holds them by criterion, `gold` the golden values by criterion and unit, in the panels' terms. `labels`
    counts each member's votes, `left_out` those that do not count, by reason. `own` tells whether items have rubrics
    of their own.
    """

    rubric: Rubric
    panels: dict[str, Panel] = field(default_factory=dict)
    gold: dict[str, dict[str, str]] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    left_out: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    own: bool = False


def read_round_votes(driver: Driver, queue: QueueRecord) -> RoundVotes:
    """The votes of the members of the round whose batch is `queue`. Raises BadInput while it is blind."""
    return _Reading(driver, queue).votes()


class _Reading:
    def __init__(self, driver: Driver, queue: QueueRecord) -> None:
        self._driver, self._queue = driver, queue
        # What was rated blind was rated under the first rubric: a later one came of the discussion.
        self._asked, document = queues.rubrics_of(driver, queue.id)[0]
        self._rubrics = {self._asked: stored_rubric(document)}
        self._answers = Answers(queue.kind, self._rubric)
        self._tasks = {task.id: task for task in judged.tasks(driver, queue.id)}
        self._members = set(rounds.members(driver, queue.id))
        self._votes = RoundVotes(self._rubrics[self._asked])

    def votes(self) -> RoundVotes:
        votes = self._votes
        said: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
        known = judged.known_raters(self._driver)
        for label in judged.labels(self._driver, self._queue.id):
            rater, task = known[label.rater], self._tasks[label.task]
            if rater.kind != "human" or rater.name not in self._members:
                continue
            if reason := why_left_out(label, recalled=task.recalled):
                votes.left_out[rater.name][reason] += 1
                continue
            public_ids = [output.public_id for output in task.outputs]
            order = slots_of(orjson.loads(label.shown_order) or public_ids, public_ids)
            if not order and self._queue.kind != "rating":
                continue
            votes.labels[rater.name] += 1
            for criterion, unit, value in self._read(task, label.values, label.rubric, order):
                said[criterion].append((unit, rater.name, value))
        votes.own = any(task.rubric is not None for task in self._tasks.values())
        for criterion, rows in said.items():
            votes.panels[criterion] = _panel(self._answers.questions[criterion], rows)
        gold = gold_of(self._driver, self._queue, self._tasks, self._answers, self._rubric, self._asked)
        for identifier, told in gold.items():
            for asks, value in told.items():
                votes.gold.setdefault(asks.question, {})[self._unit(identifier, asks.part, asks.outputs)] = value
        return votes

    def _read(
        self, task: JudgedTask, values: str, given: str, order: tuple[int, ...]
    ) -> Iterator[tuple[str, str, str]]:
        asked, own = task.rubric or self._asked, task.rubric is not None
        for answer in self._answers.of(values, given, asked, own=own, order=order):
            if not answer.why:
                yield answer.question, self._unit(task.id, answer.part, answer.outputs), answer.value

    def _unit(self, task: str, part: str, outputs: tuple[int, ...]) -> str:
        return orjson.dumps((task, part, outputs)).decode()

    def _rubric(self, identifier: str) -> Rubric:
        if identifier not in self._rubrics:
            document = queues.rubric_document(self._driver, identifier)
            self._rubrics[identifier] = stored_rubric(document or {"name": ""})
        return self._rubrics[identifier]


def _panel(question: Question, rows: list[tuple[str, str, str]]) -> Panel:
    item, rater, value = zip(*rows, strict=True)
    level, points = question.level, question.points
    if points is not None and question.beside in value:
        level, points = "nominal", (*points, question.beside)
    return Panel.of(Ratings.of(item, rater, value), level, points)
