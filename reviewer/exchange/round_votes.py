"""The blind votes of a calibration round, criterion by criterion, with the golden values of its items beside them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from reviewer.exchange.queue_answers import Answers, Question
from reviewer.exchange.queue_labels import slots_of, why_left_out
from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.rubric import Rubric
from reviewer.rubric.questions import scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.store import judged, queues, rounds
from reviewer.store.golden import canonical_order, canonical_value, hash_of_outputs
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
        self._read_gold()
        return votes

    def _read(
        self, task: JudgedTask, values: str, given: str, order: tuple[int, ...]
    ) -> Iterator[tuple[str, str, str]]:
        asked, own = task.rubric or self._asked, task.rubric is not None
        for answer in self._answers.of(values, given, asked, own=own, order=order):
            if not answer.why:
                unit = (task.id, answer.part, answer.outputs)
                yield answer.question, orjson.dumps(unit).decode(), answer.value

    def _read_gold(self) -> None:
        """The golden values of the batch as if somebody had said them of the outputs in canonical order."""
        found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        kind = cast("Any", self._queue.kind)
        for task, output_hash, scale_hash, key, value in rounds.golden_values(self._driver, self._queue.id):
            known = self._tasks.get(task)
            if known is None:
                continue
            hashes = rounds.output_hashes(self._driver, task)
            asked = known.rubric or self._asked
            if output_hash != hash_of_outputs(hashes) or scale_hash != scale_of_answer(self._rubric(asked), kind, key):
                continue
            places = canonical_order(hashes)
            slots = [places.index(place) for place in range(len(places))]
            name, at, number = key.partition("@output:")
            if at and len(slots) > 1:
                found[task][f"{name}{at}{slots[int(number) - 1] + 1}"] = value
            else:
                found[task][key] = canonical_value(value, slots)
        for task, values in found.items():
            known = self._tasks[task]
            order = tuple(range(len(known.outputs)))
            for criterion, unit, said in self._read(
                known, orjson.dumps(values).decode(), known.rubric or self._asked, order
            ):
                self._votes.gold.setdefault(criterion, {})[unit] = said

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
