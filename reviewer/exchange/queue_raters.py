"""The raters of a queue over time: gold, level against the panel, drift, pace, repeats and training, rater by rater."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_answers import Answer, Answers
from reviewer.exchange.queue_gold import Said, gold_of, said_in
from reviewer.exchange.queue_labels import OTHER_OUTPUTS, slots_of, why_left_out
from reviewer.exchange.queue_levels import Levels, Scales, Series, read_levels, watched_level
from reviewer.exchange.rater_charts import Charts
from reviewer.exchange.raters_report import GoldAnswers, RaterOverTime, RatersReport, Watched
from reviewer.ids import now
from reviewer.measure.arrays import Ints
from reviewer.measure.drift import Drift
from reviewer.measure.figure import Figure
from reviewer.measure.matching import mean_gap, share_alike
from reviewer.measure.pace import paces
from reviewer.measure.speed import Speed, speeds
from reviewer.rubric import Rubric
from reviewer.rubric.stored import stored_rubric
from reviewer.store import judged, queues, rater_rows
from reviewer.store.judged import JudgedTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.rater_rows import Training
from reviewer.store.rounds import refuse_while_blind

NO_GOLD: Final = "no task of theirs has a golden value from elsewhere"
NO_REPEAT: Final = "no task was asked a second time"
UNDECIDED: Final = "no task of theirs went to an adjudicator who decided"
_TOLD_EVERY = 50_000
_TENS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to report, all raters where nobody is named, and how.

    `every`: all steady raters together have one false alarm while each gives so many labels. `adjusted` asks for
    item scores with severity taken out. `in_tens` reads that rater's labels up to the last full ten of them alone, and
    no level but that of what is watched, so that nobody can tell by their own figures, looked at after each label,
    which tasks were gold or repeats.
    """

    rater: str = ""
    every: int = 500
    alpha: float = 0.05
    adjusted: bool = False
    in_tens: bool = False


def read_queue_raters(
    driver: Driver, queue: QueueRecord, wanted: Wanted | None = None, tell: Callable[[str], None] | None = None
) -> RatersReport:
    """Report the people who rated in `queue`; `tell` is told how far the reading is.

    Raises BadInput for a calibration round that is blind yet, and where nobody has rated; WrongUsage for a rater who
    is not there.
    """
    refuse_while_blind(queue)
    tell = tell or (lambda _: None)
    wanted = wanted or Wanted()
    with judged.at_one_moment(driver):
        reading = _Reading(driver, queue, wanted, tell)
        reading.read()
    tell("Fitting severity …")
    told, scales, series = reading.told, reading.scales, reading.series
    if wanted.in_tens:
        levels = watched_level(scales, series, told, wanted.alpha)
    else:
        levels = read_levels(driver, queue, scales, series, told, wanted.alpha, wanted.adjusted)
    return reading.report(levels)


@dataclass(slots=True)
class _Beside:
    """Answers beside others to the same questions: by task how many there were and were the same, and the gaps."""

    tasks: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    alike: list[int] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    tasks_of_gaps: list[int] = field(default_factory=list)

    def add(self, task: int, alike: int, answers: int) -> None:
        self.tasks.append(task)
        self.alike.append(alike)
        self.answers.append(answers)

    def share(self, why: str, alpha: float) -> Figure:
        return share_alike(self.alike, self.answers, why, alpha)


@dataclass(slots=True)
class _Mine:
    """What one rater said: numbers of labels are places among those that count."""

    times: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    gold: defaultdict[str, _Beside] = field(default_factory=lambda: defaultdict(_Beside))
    gold_labels: list[int] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    repeats: _Beside = field(default_factory=_Beside)
    decided: _Beside = field(default_factory=_Beside)
    sent_back: int = 0


class _Reading:
    def __init__(self, driver: Driver, queue: QueueRecord, wanted: Wanted, tell: Callable[[str], None]) -> None:
        self.driver, self.queue, self.wanted, self.tell = driver, queue, wanted, tell
        self.known = judged.known_raters(driver)
        rubrics = queues.rubrics_of(driver, queue.id)
        self._rubrics: dict[str, Rubric] = {}
        self._documents = dict(rubrics)
        self.in_force = rubrics[-1][0] if rubrics else ""
        self.scales = Scales(queue.kind, self._rubric(self.in_force))
        self.answers = Answers(queue.kind, self._rubric)
        self.raters: dict[str, int] = {}
        self.told: list[str] = []
        self.mine: list[_Mine] = []
        self.training: dict[str, list[Training]] = {}
        self.series = Series()
        self.timed = {name: array("q") for name in ("task", "rater", "ms")}

    # -- reading ---------------------------------------------------------------------------------------

    def read(self) -> None:
        """Takes every label; the figures come of them when all is read."""
        self.tasks = {task.id: task for task in judged.tasks(self.driver, self.queue.id)}
        self.places = {task: at for at, task in enumerate(self.tasks)}
        self.gold = gold_of(self.driver, self.queue, self.tasks, self.answers, self._rubric, self.in_force)
        self.decided = self._decisions()
        self.sent_back = rater_rows.sent_back(self.driver, self.queue.id)
        self.training = rater_rows.training(self.driver)
        self._asked_again = {task.repeat_of for task in self.tasks.values() if task.repeat_of and not task.gold}
        self._said: dict[tuple[int, str], tuple[Said, bool]] = {}
        rows = rater_rows.labels(self.driver, self.queue.id)
        for number, row in enumerate(self._by_tens(list(rows)) if self.wanted.in_tens else rows):
            if not number % _TOLD_EVERY:
                self.tell(f"Reading labels … {number:,}" if number else "Reading labels …")
            self._take(row)
        if not self.raters:
            raise BadInput(
                f"nobody has rated in '{self.queue.name}' yet.", mend=f"`reviewer rate {self.queue.name}` begins."
            )

    def _by_tens(self, rows: list[rater_rows.RaterLabel]) -> list[rater_rows.RaterLabel]:
        """All labels of the others, and of the rater who was asked for those up to the last full ten."""
        own = [at for at, row in enumerate(rows) if self.known[row.label.rater].name == self.wanted.rater]
        left = set(own[len(own) // _TENS * _TENS :])
        return [row for at, row in enumerate(rows) if at not in left]

    def _take(self, row: rater_rows.RaterLabel) -> None:
        label, task = row.label, self.tasks[row.label.task]
        rater = self._code(label.rater)
        mine = self.mine[rater]
        mine.outcomes[label.outcome] += 1
        reason = why_left_out(label, recalled=task.recalled)
        order: tuple[int, ...] = ()
        if not reason:
            public_ids = [output.public_id for output in task.outputs]
            order = slots_of(orjson.loads(label.shown_order) or public_ids, public_ids)
            reason = OTHER_OUTPUTS if not order and self.queue.kind != "rating" else ""
        if reason:
            mine.dropped[reason] += 1
            return
        mine.times.append(row.at)
        answers = self._answers(task, label.values, label.rubric, order)
        self._beside_others(rater, task, answers)
        if task.repeat_of is None or task.gold:
            for name, value in (("task", self.places[task.id]), ("rater", rater), ("ms", row.active_ms)):
                self.timed[name].append(value)
        if task.repeat_of is None:
            self.series.add(self.places[task.id], rater, len(mine.times), self.scales.figures(answers))

    def _code(self, rater: str) -> int:
        if rater not in self.raters:
            self.raters[rater] = len(self.raters)
            self.told.append(self.known[rater].told)
            self.mine.append(_Mine())
        return self.raters[rater]

    def _answers(self, task: JudgedTask, values: str, given: str, order: tuple[int, ...]) -> list[Answer]:
        own = task.rubric is not None
        return self.answers.of(values, given, task.rubric or self.in_force, own=own, order=order)

    def _decisions(self) -> dict[str, Said]:
        """The answers of the adjudicators, the last one's of each task."""
        found: dict[str, Said] = {}
        for one in rater_rows.decisions(self.driver, self.queue.id):
            task = self.tasks.get(one.task)
            if task is None or one.outcome != "submitted":
                continue
            public_ids = [output.public_id for output in task.outputs]
            order = slots_of(orjson.loads(one.shown_order) or public_ids, public_ids)
            if order:
                found[one.task] = said_in(self._answers(task, one.values, one.rubric, order))
        return found

    # -- beside gold, repeats and decisions ------------------------------------------------------------

    def _beside_others(self, rater: int, task: JudgedTask, answers: list[Answer]) -> None:
        mine, place = self.mine[rater], self.places[task.id]
        gold, decided = self.gold.get(task.id), self.decided.get(task.id)
        again = task.repeat_of is not None and not task.gold
        if not (gold or decided or again or task.id in self._asked_again or task.id in self.sent_back):
            return
        said = said_in(answers)
        if gold and not again:
            self._beside_gold(mine, place, said, gold)
        if decided is not None:
            alike, asked = _same(said, decided)
            if asked:
                mine.decided.add(place, int(alike < asked), 1)
        mine.sent_back += task.id in self.sent_back
        original = task.repeat_of if again and task.repeat_of else task.id
        if again or task.id in self._asked_again:
            # Whichever of the two comes second in the reading is held against the first.
            first = self._said.pop((rater, original), None)
            if first is None or first[1] == again:
                self._said[rater, original] = said, again
            else:
                mine.repeats.add(self.places.get(original, place), *_same(said, first[0]))

    def _beside_gold(self, mine: _Mine, place: int, said: Said, gold: Said) -> None:
        by_question: defaultdict[str, list[bool]] = defaultdict(list)
        for asks, known in gold.items():
            if asks not in said:
                continue
            by_question[asks.question].append(said[asks] == known)
            one, other = (self.scales.number(asks.question, value) for value in (said[asks], known))
            if one is not None and other is not None:
                mine.gold[asks.question].gaps.append(one - other)
                mine.gold[asks.question].tasks_of_gaps.append(place)
        for question, alike in by_question.items():
            mine.gold[question].add(place, sum(alike), len(alike))
        if by_question:
            mine.gold_labels.append(len(mine.times))
            mine.right.append(all(all(alike) for alike in by_question.values()))

    # -- reporting -------------------------------------------------------------------------------------

    def report(self, levels: Levels) -> RatersReport:
        """All figures of the raters who were asked for."""
        chosen = self._chosen()
        self.tell("Watching for drift …")
        watched = levels.watched
        charts = Charts(self.series, watched, len(self.told), self.wanted.every)
        gold_charts = charts.of_gold([(one.gold_labels, one.right, one.times) for one in self.mine])
        columns = {name: np.frombuffer(cells, dtype=np.int64) for name, cells in self.timed.items()}
        codes = columns["rater"].astype(np.int32)
        pace = {one.rater: one for one in paces(dict(enumerate(self.told)), codes, columns["ms"])}
        raters = []
        for at in sorted(chosen, key=lambda one: self.told[one]):
            self.tell(f"Watching for drift … {self.told[at]}")
            mine, alpha = self.mine[at], self.wanted.alpha
            raters.append(
                RaterOverTime(
                    rater=self.told[at],
                    labels=len(mine.times),
                    outcomes=dict(mine.outcomes),
                    dropped=dict(mine.dropped),
                    pace=pace[self.told[at]],
                    gold_labels=len(mine.gold_labels),
                    gold={name: self._gold(mine.gold[name]) for name in self.scales.in_order(mine.gold)},
                    accuracy=_right(mine, alpha),
                    severity=levels.of(self.told[at]),
                    drift=charts.of(at, mine.times),
                    gold_drift=Watched(Drift(0, why="it would tell which tasks were gold"))
                    if self.wanted.in_tens
                    else gold_charts[at],
                    speed=self._speed(at, columns),
                    consistency=mine.repeats.share(NO_REPEAT, alpha),
                    sent_back=mine.sent_back,
                    against=mine.decided.share(UNDECIDED, alpha),
                    training=tuple(self.training.get(self._identifier(at), ())),
                    peers=self._peers(at),
                )
            )
        return RatersReport(
            queue=self.queue.name,
            kind=self.queue.kind,
            sealed=self.queue.sealed,
            raters=tuple(raters),
            watched=watched.name,
            why_unwatched=watched.why,
            lenient=levels.lenient,
            severities=levels.severities,
            why_no_severity=levels.why,
            others=levels.left_out,
            at=now(),
        )

    def _chosen(self) -> list[int]:
        name = self.wanted.rater
        if not name:
            return list(range(len(self.told)))
        names = [self.known[one].name for one in self.raters]
        found = [at for at, told in enumerate(self.told) if name in (told, names[at])]
        if not found:
            raise WrongUsage(
                f"no label of '{self.queue.name}' is by a rater {name[:60]!r}.",
                mend=f"There are: {', '.join(sorted(self.told)[:40])}.",
            )
        return found

    def _identifier(self, at: int) -> str:
        return list(self.raters)[at]

    def _gold(self, beside: _Beside) -> GoldAnswers:
        error = mean_gap(beside.gaps, beside.tasks_of_gaps, "the answers are no numbers", self.wanted.alpha)
        return GoldAnswers(beside.share(NO_GOLD, self.wanted.alpha), error)

    def _speed(self, at: int, columns: dict[str, Ints]) -> Speed:
        task, rater = columns["task"], columns["rater"]
        met = np.zeros(len(self.places), dtype=np.bool_)
        met[task[rater == at]] = True
        shared = met[task]
        (found,) = speeds({at: self.told[at]}, task[shared], rater[shared], columns["ms"][shared], self.wanted.alpha)
        return found

    def _peers(self, at: int) -> dict[str, Figure]:
        """What the other raters reach together, without an interval."""
        others = [mine for place, mine in enumerate(self.mine) if place != at]
        right = [one for mine in others for one in mine.right]
        shares = {"accuracy": (sum(right), len(right))}
        for name in ("repeats", "decided"):
            found = [getattr(mine, name) for mine in others]
            shares[name] = sum(sum(one.alike) for one in found), sum(sum(one.answers) for one in found)
        told = {"accuracy": "accuracy", "repeats": "consistency", "decided": "against"}
        return {told[name]: Figure(won / of, n=of) for name, (won, of) in shares.items() if of}

    def _rubric(self, identifier: str) -> Rubric:
        if identifier not in self._rubrics:
            document = self._documents.get(identifier) or queues.rubric_document(self.driver, identifier)
            self._rubrics[identifier] = stored_rubric(document or {"name": ""})
        return self._rubrics[identifier]


def _same(said: Said, other: Said) -> tuple[int, int]:
    """How many answers are the same, and how many questions both have answered."""
    both = said.keys() & other.keys()
    return sum(said[asks] == other[asks] for asks in both), len(both)


def _right(mine: _Mine, alpha: float) -> Figure:
    """The share of labels that agree with gold throughout."""
    return share_alike([int(one) for one in mine.right], [1] * len(mine.right), NO_GOLD, alpha)
