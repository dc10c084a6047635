"""A panel's labels side by side, task by task, the most disputed first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from string import ascii_uppercase
from typing import Any, Literal, cast

import orjson

from reviewer.blinding import drawn_order, order_key
from reviewer.errors import BadInput
from reviewer.ids import digest
from reviewer.rubric import Criterion, Rubric
from reviewer.rubric.questions import comparison_questions, scale_of_answer
from reviewer.rubric.stored import stored_rubric
from reviewer.session.spreads import Spread, is_spread, spread_of
from reviewer.store import panels, pulled_panel, queues, rounds
from reviewer.store.golden import canonical_value
from reviewer.store.panels import PanelRow, PanelTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import CALIBRATION, QueueRecord

Kind = Literal["rating", "pairwise", "ranking"]


@dataclass(frozen=True, slots=True)
class PeerLabel:
    """What one person said of a task.

    `rater` is the name, or "rater A" where names are not told. `values`, `rationale` and `correction` are keyed as in
    the label and speak of the outputs in the order in which whoever reads them sees them. `counts` says whether it is
    among those that are compared: submitted, not surplus, and given before others' judgment was shown. `comparable`
    names the keys whose scale is the one in force. `after` is what they said later: a second vote, or rework.
    """

    rater: str
    mine: bool
    phase: str
    outcome: str
    values: dict[str, Any]
    rationale: dict[str, dict[str, Any]]
    correction: dict[str, str]
    notes: str
    flags: tuple[str, ...]
    exposure: str
    surplus: bool
    committed_at: str
    label: str
    rater_id: str
    comparable: frozenset[str] = frozenset()
    after: PeerLabel | None = None

    @property
    def counts(self) -> bool:
        """Whether it is compared with others': blind, primary and submitted."""
        blind = self.phase == "independent" and self.exposure == "none"
        return blind and self.outcome == "submitted" and not self.surplus

    @property
    def revote(self) -> dict[str, Any] | None:
        """The values that they gave later; None where they let the first ones stand."""
        return self.after.values if self.after else None

    @property
    def latest(self) -> PeerLabel:
        """What they said last."""
        return self.after or self


@dataclass(frozen=True, slots=True)
class TaskPanel:
    """Everything that people said of a task.

    `key` is the item's: not to be shown to a rater while the queue is sealed. `spreads` are of the blind labels;
    `after` of what each said last, and empty where nobody said anything later. `missing` names members of a round
    who said nothing. `questions` are the criteria by the keys that were answered.
    """

    task: str
    position: int
    key: str
    labels: tuple[PeerLabel, ...]
    spreads: tuple[Spread, ...]
    after: tuple[Spread, ...] = ()
    missing: tuple[str, ...] = ()
    questions: dict[str, Criterion] = field(default_factory=dict)

    @property
    def dispute(self) -> float:
        """The largest reach over the criteria, from 0, where all say the same, to 1."""
        return max((spread.reach for spread in self.spreads), default=0.0)

    @property
    def mean_reach(self) -> float:
        """The mean reach over the criteria: it decides between two tasks whose largest reach is the same."""
        return sum(spread.reach for spread in self.spreads) / len(self.spreads) if self.spreads else 0.0

    @property
    def flagged(self) -> bool:
        """Whether somebody flagged it."""
        return any(label.latest.flags for label in self.labels)

    @property
    def told(self) -> str:
        """The dispute in words."""
        counted = sum(label.counts for label in self.labels)
        if counted < 2:
            return "one label alone" if counted else "nobody has rated it blind"
        widest = max(self.spreads, key=lambda spread: spread.reach, default=None)
        if widest is None or not widest.reach:
            return "everybody agrees"
        return f"{widest.title}: {widest.told}"


def read_panels(
    driver: Driver, queue: QueueRecord, *, named: bool, me: str = "", tasks: Collection[str] | None = None
) -> list[TaskPanel]:
    """What people said of each task of `queue` (of `tasks` alone, where given), the most disputed first.

    The dispute is the largest reach over the criteria, then the mean reach; ties stand by position. Of a calibration
    round every task comes, of another queue those that carry a label. `me` is the identifier of whoever looks:
    outputs are counted in the order in which they see them, else in the canonical one. Without `named` raters are
    told by letters that are drawn by lot for each task and stay the same. Raises BadInput for a calibration round
    that is blind yet.
    """
    found = panels_by_task(driver, queue, named=named, me=me, tasks=tasks)
    # All members go through a round in one order, wherever each was given its items.
    places = pulled_panel.places(driver, queue.id) if queue.purpose == CALIBRATION else {}
    return sorted(found, key=lambda panel: (-panel.dispute, -panel.mean_reach, places.get(panel.task, panel.position)))


def panels_by_task(
    driver: Driver, queue: QueueRecord, *, named: bool, me: str = "", tasks: Collection[str] | None = None
) -> Iterator[TaskPanel]:
    """As `read_panels`, one after the other in the queue's order, for queues of any length."""
    rounds.refuse_blind_labels(driver, queue.id)
    reader = _Reader(driver, queue, named=named, me=me)
    for task, rows in _rows_by_task(driver, queue, tasks):
        yield reader.panel(task, rows)


def _rows_by_task(
    driver: Driver, queue: QueueRecord, tasks: Collection[str] | None
) -> Iterator[tuple[PanelTask, list[PanelRow]]]:
    if tasks is not None:
        found = (panels.task(driver, queue.id, identifier) for identifier in tasks)
        for task in sorted(filter(None, found), key=attrgetter("position")):
            yield task, list(panels.labels(driver, queue.id, task.id))
        return
    spoken = groupby(panels.labels(driver, queue.id), key=lambda row: PanelTask._make(row[:4]))
    if queue.purpose != CALIBRATION:
        yield from ((task, list(rows)) for task, rows in spoken)
        return
    said = {task: list(rows) for task, rows in spoken}
    yield from ((task, said.get(task, [])) for task in panels.tasks(driver, queue.id))


class _Reader:
    """Makes panels of rows: knows the rubrics, the members and who looks."""

    def __init__(self, driver: Driver, queue: QueueRecord, *, named: bool, me: str) -> None:
        self._driver = driver
        self._queue = queue
        self._kind = cast("Kind", queue.kind)
        self._named = named
        self._me = me
        self._rubrics: dict[str, Rubric] = {}
        self._scales: dict[tuple[str, str], str | None] = {}
        in_force = queues.rubrics_of(driver, queue.id)
        if not in_force:
            raise BadInput(f"the queue '{queue.name}' has no rubric.", mend="Import it again with --rubric.")
        self._in_force = in_force[-1][0]
        self._members = rounds.members(driver, queue.id) if queue.purpose == CALIBRATION else []

    def panel(self, task: PanelTask, rows: Sequence[PanelRow]) -> TaskPanel:
        rubric_id = task.rubric or self._in_force
        order = self._order(task.id)
        names = self._names(task.id, rows)
        labels = []
        for rater, said in groupby(rows, key=attrgetter("rater")):
            voiced = [self._label(row, names[rater], order, rubric_id) for row in said]
            labels.append(_joined(voiced))
        labels.sort(key=lambda label: label.rater)
        questions = self._questions(self._rubric(rubric_id), labels, len(order))
        revised = any(label.after for label in labels)
        latest = [replace(label.latest, rater=label.rater) for label in labels if label.latest.outcome == "submitted"]
        present = {row.name for row in rows}
        return TaskPanel(
            task=task.id,
            position=task.position,
            key=task.key,
            labels=tuple(labels),
            spreads=_spreads(questions, [label for label in labels if label.counts]),
            after=_spreads(questions, latest) if revised else (),
            missing=tuple(name for name in self._members if name not in present) if self._named else (),
            questions=questions,
        )

    def _label(self, row: PanelRow, name: str, order: Sequence[str], rubric_id: str) -> PeerLabel:
        shown = orjson.loads(row.shown_order) or list(order)
        places = [order.index(public_id) for public_id in shown if public_id in order]
        places = places if len(places) == len(order) else list(range(len(shown)))
        values = {_moved(key, places): _turned(key, value, places) for key, value in _loads(row.values).items()}
        return PeerLabel(
            rater=name,
            mine=row.rater == self._me,
            phase=row.phase,
            outcome=row.outcome,
            values=values,
            rationale={_moved(key, places): why for key, why in _loads(row.rationale).items()},
            correction={_moved(key, places): text for key, text in _loads(row.correction).items()},
            notes=row.notes or "",
            flags=tuple(orjson.loads(row.flags)),
            exposure=row.exposure,
            surplus=bool(row.surplus),
            committed_at=row.committed_at,
            label=row.label,
            rater_id=row.rater,
            comparable=frozenset(key for key in values if self._same_scale(key, row.rubric, rubric_id)),
        )

    def _questions(self, rubric: Rubric, labels: Sequence[PeerLabel], outputs: int) -> dict[str, Criterion]:
        """The criteria by the keys that somebody answered, in the rubric's order."""
        keys = {key for label in labels for said in (label, label.after) if said for key in said.comparable}
        asked: dict[str, Criterion] = (
            {criterion.id: criterion for criterion in rubric.criteria}
            if self._kind == "rating"
            else dict(comparison_questions(rubric, self._kind, outputs))
        )
        ranks = list(asked)
        known = [key for key in keys if key.partition("@")[0] in asked]
        known.sort(key=lambda key: (ranks.index(key.partition("@")[0]), _unit(key)))
        # Beside a comparison's own questions each output may have been scored by itself.
        alone = {criterion.id: criterion for criterion in rubric.criteria}
        return {
            key: alone.get(name, asked[name]) if "@" in key else asked[name]
            for key in known
            for name in (key.partition("@")[0],)
        }

    def _names(self, task: str, rows: Sequence[PanelRow]) -> dict[str, str]:
        names = {row.rater: row.name for row in rows}
        if self._named:
            return names
        drawn = sorted(names, key=lambda rater: digest([self._queue.seed, task, rater]))
        return {rater: f"rater {_letters(number)}" for number, rater in enumerate(drawn)}

    def _order(self, task: str) -> list[str]:
        ids = panels.output_ids(self._driver, task)
        if not self._me or len(ids) < 2:
            return ids
        kept = panels.order_given(self._driver, task, self._me)
        return kept or drawn_order(order_key(self._queue.seed, self._me, task), ids)

    def _rubric(self, identifier: str) -> Rubric:
        if identifier not in self._rubrics:
            document = queues.rubric_document(self._driver, identifier)
            if document is None:
                raise BadInput("a label's rubric is missing from the store.", mend="Run `reviewer doctor`.")
            self._rubrics[identifier] = stored_rubric(document)
        return self._rubrics[identifier]

    def _same_scale(self, key: str, rubric: str, in_force: str) -> bool:
        if rubric == in_force:
            return True
        scale = self._scale(key, in_force)
        return scale is not None and scale == self._scale(key, rubric)

    def _scale(self, key: str, rubric: str) -> str | None:
        asked = (rubric, key.partition("@")[0])
        if asked not in self._scales:
            self._scales[asked] = scale_of_answer(self._rubric(rubric), self._kind, key)
        return self._scales[asked]


def _spreads(questions: dict[str, Criterion], labels: Sequence[PeerLabel]) -> tuple[Spread, ...]:
    found = []
    for key, question in questions.items():
        given = [(label.rater, label.values[key]) for label in labels if key in label.comparable]
        if given and is_spread(question):
            found.append(spread_of(key, question, given))
    return tuple(found)


def _joined(said: Sequence[PeerLabel]) -> PeerLabel:
    """What one person said: the first label with what came after it."""
    first = next((label for label in said if label.phase == "independent"), None)
    later = [label for label in said if label is not first]
    last = max(later, key=attrgetter("committed_at"), default=None)
    if first is None:
        assert last is not None
        return last
    return replace(first, after=last)


def _moved(key: str, places: Sequence[int]) -> str:
    """A key with the output that it speaks of counted in the order of whoever looks."""
    name, at, number = key.partition("@output:")
    known = at and number.isdecimal() and 1 <= int(number) <= len(places) > 1
    return f"{name}{at}{places[int(number) - 1] + 1}" if known else key


def _turned(key: str, value: Any, places: Sequence[int]) -> Any:
    """A preference or a ranking as it reads for whoever looks; what was said of one output alone stays."""
    return value if "@" in key else canonical_value(value, places)


def _unit(key: str) -> tuple[str, int]:
    unit, _, number = key.partition("@")[2].partition(":")
    return unit, int(number) if number.isdecimal() else 0


def _letters(number: int) -> str:
    beyond, at = divmod(number, len(ascii_uppercase))
    return (_letters(beyond - 1) if beyond else "") + ascii_uppercase[at]


def _loads(text: str) -> dict[str, Any]:
    return dict(orjson.loads(text))
