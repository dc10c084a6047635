"""A queue's labels as ratings: criterion by criterion under the rubric in force, one value of a rater on a unit."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import fsum
from typing import Any, Final, Literal

import numpy as np
import orjson

from reviewer.blinding import order_key
from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_answers import COMPOSITE, DIGITS, MET, OF_PAIRS, Answers, Question
from reviewer.exchange.queue_labels import GOLD, OTHER_OUTPUTS, slots_of, why_left_out
from reviewer.exchange.queue_systems import SystemNames
from reviewer.measure.agreement.ratings import Asked, Ratings
from reviewer.measure.agreement.report import Agreement
from reviewer.measure.agreement.scale import canonical
from reviewer.measure.arrays import Codes
from reviewer.measure.votes import Coding, Column
from reviewer.rubric import Rubric
from reviewer.rubric.questions import PREFERENCE, RANKING
from reviewer.rubric.stored import stored_rubric
from reviewer.store import judged, queues, selected
from reviewer.store.judged import JudgedLabel
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import refuse_while_blind

PHASES: Final = ("independent", "revote")
KINDS: Final = ("human", "judge", "code")
REPEAT: Final = "hidden repeat"
OF_KIND: Final = {"human": "by a person", "judge": "by a judge", "code": "by a check"}
NOT_CHOSEN: Final = "by a rater not chosen"
TIED: Final = "the samples of its rater are tied"

_POOLED = (
    "The yes-or-no criteria of the items' own rubrics count together: where some are met more often than others, that "
    "alone lifts kappas and alpha."
)
_JOINED = " · "
_SAID = ("criterion", "unit", "rater", "value")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which labels count: of a phase, of raters of some kinds or of these names, surplus and exposed ones if so asked.

    In the phase `revote` a re-vote stands in place of its rater's first vote, and other first votes stand as they are.
    """

    phase: Literal["independent", "revote"] = "independent"
    kinds: tuple[str, ...] = ("human",)
    raters: tuple[str, ...] = ()
    exposed: bool = False
    surplus: bool = False

    def to_json(self) -> dict[str, Any]:
        """The same for a program."""
        included = [name for name, so in (("exposed", self.exposed), ("surplus", self.surplus)) if so]
        return {"kinds": list(self.kinds), "raters": list(self.raters) or None, "included": included}


@dataclass(frozen=True, slots=True)
class QueueRatings:
    """The ratings of a queue, and what its labels tell beside them.

    `labels` are those that the ratings were read from, `revotes` the re-votes among them. `unmeasured` says why there
    is no rating under a criterion. The answers to the `oriented` ones say which of two outputs they favour.
    """

    queue: str
    kind: str
    sealed: bool
    wanted: Wanted
    ratings: Ratings
    labels: int
    revotes: int = 0
    unmeasured: dict[str, str] = field(default_factory=dict)
    oriented: frozenset[str] = frozenset()

    @property
    def means(self) -> str:
        """What agreement means in that phase, where it is not that of independent raters."""
        if self.wanted.phase == "independent":
            return ""
        return (
            "Consensus after discussion: how far raters agree once they talked, which says nothing of how far they "
            "would agree by themselves. Whether a rubric has become clearer shows on a fresh batch alone."
        )

    def concealed(self, found: Agreement) -> Agreement:
        """The agreement as it may be told: while the queue is sealed, without who favoured what on an item."""
        if not self.sealed:
            return found
        told = dict(found.criteria)
        for name in self.oriented & told.keys():
            silent = [replace(one, ratings={}) for one in told[name].costly_items]
            told[name] = replace(told[name], costly_items=silent)
        return Agreement(told, found.settings, found.dropped)

    def to_json(self) -> dict[str, Any]:
        """All but the ratings, for a program."""
        return {
            "queue": self.queue,
            "kind": self.kind,
            "sealed": self.sealed,
            "phase": self.wanted.phase,
            **({"note": self.means, "revotes": self.revotes} if self.means else {}),
            **self.wanted.to_json(),
            "labels": self.labels,
            "unmeasured": self.unmeasured,
        }


def read_queue_ratings(driver: Driver, queue: QueueRecord, wanted: Wanted | None = None) -> QueueRatings:
    """Read the ratings of `queue`.

    Raises BadInput for a calibration round that is blind yet, and where nothing is there to compare: no label that
    counts, or those of one rater; WrongUsage for a rater who is not there.
    """
    refuse_while_blind(queue)
    with judged.at_one_moment(driver):
        return QueueReading(driver, queue, wanted or Wanted()).ratings()


class QueueReading:
    """Reads the labels of a queue that are wanted into columns; what it has met is there for whoever reads on."""

    def __init__(self, driver: Driver, queue: QueueRecord, wanted: Wanted) -> None:
        self.driver, self.queue, self.wanted = driver, queue, wanted
        self.known = judged.known_raters(driver)
        self.tasks = {task.id: task for task in judged.tasks(driver, queue.id)}
        self.places = {task: at for at, task in enumerate(self.tasks)}
        rubrics = queues.rubrics_of(driver, queue.id)
        self.documents = dict(rubrics)
        self.rubrics: dict[str, Rubric] = {}
        self.in_force = rubrics[-1][0] if rubrics else ""
        self.answers = Answers(queue.kind, self.rubric, mirrored=is_mirrored(queue))
        self.criteria, self.raters, self.values = Coding(), Coding(), Coding()
        self.units: dict[tuple[int, str, tuple[int, ...]], int] = {}
        self.codes = {name: array("i") for name in _SAID}
        self.dropped: Counter[str] = Counter()
        self.no_rating: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.came: set[str] = set()
        self.labels = self.revotes = 0
        self.sampled = False

    def ratings(self, fewest: int = 2) -> QueueRatings:
        """The ratings of so many raters at the least. Raises BadInput where there are fewer."""
        for label in self._labels():
            self.came.add(label.rater)
            if reason := self._take(label):
                self.dropped[reason] += 1
        self._check_raters()
        columns = self._one_a_unit({name: np.frombuffer(cells, dtype=np.int32) for name, cells in self.codes.items()})
        self._check_enough(columns["rater"], fewest)
        rated = [self.criteria.names[code] for code in np.unique(columns["criterion"]).tolist()]
        names = sorted(rated, key=self._order().index)
        place = np.zeros(len(self.criteria.names), dtype=np.int32)
        place[[self.criteria[name] for name in names]] = np.arange(len(names))
        told = Ratings(
            item=Column(tuple(self.unit_names()), columns["unit"]),
            rater=Column(tuple(self.known[one].told for one in self.raters.names), columns["rater"]),
            value=Column(tuple(self.values.names), columns["value"]),
            criterion=Column(tuple(names), place[columns["criterion"]]),
            dropped=dict(self.dropped),
            asked={name: self._asked(name, columns) for name in names},
        )
        questions = self.answers.questions
        return QueueRatings(
            queue=self.queue.name,
            kind=self.queue.kind,
            sealed=self.queue.sealed,
            wanted=self.wanted,
            # Units of ratings that do not count were rated by nobody.
            ratings=told.chosen(np.ones(len(told), dtype=np.bool_)),
            labels=self.labels,
            revotes=self.revotes,
            unmeasured={name: _counted(why) for name, why in self.no_rating.items() if name not in rated},
            oriented=frozenset(name for name in names if questions[name].oriented),
        )

    def _labels(self) -> Iterator[JudgedLabel]:
        """The labels of the phase; a re-vote stands in place of the first vote, and being exposed is its nature."""
        first = self.first_labels()
        if self.wanted.phase == "independent":
            yield from first
            return
        again = list(judged.labels(self.driver, self.queue.id, phase="revote"))
        if not again:
            raise BadInput(
                f"nobody has voted again in '{self.queue.name}'.",
                mend=f"`reviewer agreement {self.queue.name}` goes by the first votes.",
            )
        self.revotes = len(again)
        changed = {(one.task, one.rater) for one in again}
        yield from (one for one in first if (one.task, one.rater) not in changed)
        yield from (one._replace(exposure="none") for one in again)

    def first_labels(self) -> Iterator[JudgedLabel]:
        """The independent labels, and what machines said of a drawn queue's tasks where it was drawn from."""
        yield from judged.labels(self.driver, self.queue.id)
        yield from selected.inherited(self.driver, self.queue)

    def _take(self, label: JudgedLabel) -> str:
        """Takes the ratings of a label; returns why it has none, or nothing."""
        task, wanted = self.tasks.get(label.task), self.wanted
        rater = self.known[label.rater]
        if wanted.raters and rater.told not in wanted.raters and rater.name not in wanted.raters:
            return NOT_CHOSEN
        if rater.kind not in wanted.kinds:
            return OF_KIND[rater.kind]
        if task is not None and (task.gold or task.repeat_of is not None):
            return GOLD if task.gold else REPEAT
        recalled = task is None or task.recalled
        reason = why_left_out(label, recalled=recalled, exposed=wanted.exposed, surplus=wanted.surplus)
        if task is None or reason:
            return reason
        public_ids = [output.public_id for output in task.outputs]
        order = slots_of(orjson.loads(label.shown_order) or public_ids, public_ids)
        if not order and self.queue.kind != "rating":
            return OTHER_OUTPUTS
        asked = task.rubric or self.in_force
        self.labels += 1
        self.sampled |= label.sample > 0
        for question, value, part, outputs, why in self.answers.of(
            label.values, label.rubric, asked, own=task.rubric is not None, order=order
        ):
            if why:
                self.no_rating[question][why] += 1
                continue
            key = (self.places[task.id], part, outputs)
            self.codes["criterion"].append(self.criteria[question])
            self.codes["unit"].append(self.units.setdefault(key, len(self.units)))
            self.codes["rater"].append(self.raters[label.rater])
            self.codes["value"].append(self.values[value])
        return ""

    def _one_a_unit(self, columns: dict[str, Codes]) -> dict[str, Codes]:
        """One value of a rater on a unit: of several samples the mean or the majority, and none where they are tied."""
        if not self.sampled:
            return columns
        key = columns["criterion"].astype(np.int64) * max(len(self.units), 1) + columns["unit"]
        key = key * max(len(self.raters.names), 1) + columns["rater"]
        _, place, often = np.unique(key, return_inverse=True, return_counts=True)
        several = np.flatnonzero(often[place.reshape(-1)] > 1)
        if not len(several):
            return columns
        sampled: defaultdict[int, list[int]] = defaultdict(list)
        for at in several.tolist():
            sampled[int(key[at])].append(at)
        columns = {name: cells.copy() for name, cells in columns.items()}
        kept = np.ones(len(key), dtype=np.bool_)
        kept[several] = False
        for rows in sampled.values():
            question = self.criteria.names[columns["criterion"][rows[0]]]
            said = [self.values.names[columns["value"][at]] for at in rows]
            value = _of_samples(said, self.answers.questions[question])
            if value is None:
                self.no_rating[question][TIED] += 1
                continue
            columns["value"][rows[0]] = self.values[value]
            kept[rows[0]] = True
        return {name: cells[kept] for name, cells in columns.items()}

    def _asked(self, name: str, columns: dict[str, Codes]) -> Asked:
        """The level, the scale and the notes of a criterion, by what was answered."""
        question = self.answers.questions[name]
        rows = columns["criterion"] == self.criteria[name]
        seen = [self.values.names[code] for code in np.unique(columns["value"][rows]).tolist()]
        level, points = question.level, question.points
        notes = [question.note] if question.note else []
        if points is not None and question.beside in seen:
            level, points = "nominal", (*points, question.beside)
            notes.append(f"{question.beside} was given and stands outside the order: the level is nominal.")
        if points is not None and question.averaged and (between := set(seen) - set(points)):
            points = tuple(sorted({*points, *between}, key=float))
            notes.append(f"Means of several samples lie between the points: the scale has {len(between):,} more.")
        if question.oriented:
            notes.append(_orientation(name, sealed=self.queue.sealed))
        if name == MET:
            notes.append(_POOLED)
        notes += self._clustered(columns["unit"][rows])
        return Asked(level, points, dict(self.no_rating[name]), tuple(notes))

    def _clustered(self, units: Codes) -> Iterator[str]:
        """Says so where tasks have several units, which then hang together."""
        keys = list(self.units)
        distinct = np.unique(units).tolist()
        tasks = len({keys[unit][0] for unit in distinct})
        if tasks < len(distinct):
            yield (
                f"{len(distinct):,} units of {tasks:,} tasks count as so many items: where those of one task hang "
                "together, the intervals are too narrow."
            )

    def unit_names(self) -> Iterator[str]:
        """Units by the item's key, and by the output where the key alone does not say it; never by a sealed system."""
        tasks = list(self.tasks.values())
        of_key = Counter(task.key for task in tasks if task.repeat_of is None and not task.gold)
        told = SystemNames.of(self.driver, self.queue, {one.system for task in tasks for one in task.outputs})
        for place, part, outputs in self.units:
            task = tasks[place]
            chosen = [task.outputs[slot] for slot in outputs] or list(task.outputs)
            output = ""
            if self.queue.sealed and (of_key[task.key] > 1 or 0 < len(outputs) < len(task.outputs)):
                # In their order they would tell, item after item, which outputs are of one system.
                output = " / ".join(sorted(one.public_id for one in chosen))
            elif not self.queue.sealed and (of_key[task.key] > 1 or self.queue.kind != "rating"):
                output = " / ".join(told.names[told.codes[one.system]] for one in chosen)
            yield _JOINED.join(one for one in (task.key, output, part) if one)

    def _order(self) -> list[str]:
        """All criteria that were answered, the overall answers first and the composite last."""
        asked = [PREFERENCE, RANKING, RANKING + OF_PAIRS]
        for document in (self.documents[self.in_force],) if self.in_force else ():
            for one in document.get("criteria", []):
                asked += [one["id"], one["id"] + OF_PAIRS]
        others = [name for name in self.criteria.names if name not in asked and name != COMPOSITE]
        return [*asked, *others, COMPOSITE]

    def _check_raters(self) -> None:
        names = {name: None for one in sorted(self.came) for name in (self.known[one].told,)}
        both = {*names, *(self.known[one].name for one in self.came)}
        for name in self.wanted.raters:
            if name not in both:
                raise WrongUsage(
                    f"no label of '{self.queue.name}' is by a rater {name[:60]!r}.",
                    mend=f"There are: {', '.join(list(names)[:40])}." if names else "Nobody has rated yet.",
                )

    def _check_enough(self, rater: Codes, fewest: int) -> None:
        name = self.queue.name
        raters = np.unique(rater).tolist()
        if not raters and fewest:
            said = f": {_counted(self.dropped)}" if self.dropped else ""
            if not self.dropped and self.no_rating:
                said = f": {'; '.join(f'{one}, {_counted(why)}' for one, why in self.no_rating.items())}"
            raise BadInput(f"the queue '{name}' holds no rating that counts{said}.", mend=self._more())
        if len(raters) < fewest:
            alone = self.known[self.raters.names[raters[0]]].told
            raise BadInput(f"{alone} alone has rated '{name}', and agreement takes two.", mend=self._more())

    def _more(self) -> str:
        """What would bring more ratings."""
        others = [kind for kind in KINDS if self.dropped[OF_KIND[kind]]]
        if NOT_CHOSEN in self.dropped:
            return "Choose other raters by --rater, or leave it out."
        if others:
            return f"`--raters all` counts those of {' and '.join(f'{kind}s' for kind in others)}, too."
        return f"`reviewer rate {self.queue.name} --rater NAME` adds some."

    def rubric(self, identifier: str) -> Rubric:
        """A rubric that labels were given under, or that is in force."""
        if identifier not in self.rubrics:
            found = self.documents.get(identifier) or queues.rubric_document(self.driver, identifier)
            self.rubrics[identifier] = stored_rubric(found or {"name": ""})
        return self.rubrics[identifier]


def _of_samples(said: Sequence[str], question: Question) -> str | None:
    """The mean of numbers, else the value given most often; nothing where two are."""
    if question.averaged:
        return canonical(repr(round(fsum(map(float, said)) / len(said), DIGITS)))
    (value, most), *others = Counter(said).most_common()
    return None if others and others[0][1] == most else value


def is_mirrored(queue: QueueRecord) -> bool:
    """Whether comparisons are read the other way round: drawn while the queue is sealed, so that no share of theirs
    tells which system was preferred."""
    return queue.sealed and bool(order_key(queue.seed, "agreement")[0] % 2)


def _orientation(name: str, *, sealed: bool) -> str:
    if sealed:
        return "Which of two outputs a value favours is not told while the queue is sealed."
    side = "The first of two outputs" if name.endswith(OF_PAIRS) else "What a negative value favours"
    return f"{side} is the one that the import has first, on whatever side it was shown."


def _counted(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{reason} {number:,}" for reason, number in reasons.items())
