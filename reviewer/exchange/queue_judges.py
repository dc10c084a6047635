"""What the judges of a queue said beside what its people said, criterion by criterion, unit by unit."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_gold import gold_of
from reviewer.exchange.queue_labels import slots_of
from reviewer.exchange.queue_ratings import QueueReading, Wanted, is_mirrored
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.scale import canonical
from reviewer.measure.arrays import Floats
from reviewer.measure.votes import BOTH_BAD, LEFT, RIGHT, TIE
from reviewer.rubric import BOTH_BAD as BOTH_BAD_VALUE
from reviewer.store import judged, machines, queues
from reviewer.store.judged import JudgedLabel
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord
from reviewer.store.rounds import refuse_while_blind
from reviewer.store.selected import Draw

_MARKS: Final = re.compile(r"^[ \t]*(?:#{1,6} |[-*+] |\d+[.)] |\||```|> )|\*\*|__|`", re.MULTILINE)
_PAGE: Final = 500
Kind = Literal["rating", "pairwise", "ranking"]


class JudgeFacts(NamedTuple):
    """A judge: as reports tell it, its name, the digest of its version, and the family of its model."""

    told: str
    name: str
    version: str
    family: str


class Traits(NamedTuple):
    """The outputs that a unit is about, first and second: characters, marks of formatting, families of their systems.

    A unit about one output has it first.
    """

    task: str
    part: str
    lengths: tuple[int, ...]
    marks: tuple[int, ...]
    families: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Swapped:
    """A judge's verdicts on pairs that it was asked in both orders: `as_is` and `swapped` as in votes, by the outputs,
    the left one shown first in `as_is`; −1 for no answer. `item` numbers the tasks."""

    as_is: Any
    swapped: Any
    item: Any


@dataclass(slots=True)
class QueueJudges:
    """What judges and people said. `panels` and `gold` go by criterion, and by the units' names; `asked` and
    `confidence` by the judge as it is told. A sealed queue tells no family, and `mirrored` says that its comparisons
    are read the other way round."""

    queue: str
    kind: Kind
    sealed: bool
    mirrored: bool
    judges: dict[str, JudgeFacts]
    people: tuple[str, ...]
    panels: dict[str, Panel]
    gold: dict[str, dict[str, str]]
    traits: dict[str, Traits]
    asked: dict[str, frozenset[str]]
    confidence: dict[str, dict[str, float]]
    swapped: dict[str, dict[str, Swapped]]
    unmeasured: dict[str, str] = field(default_factory=dict)
    slices: dict[str, frozenset[str]] = field(default_factory=dict)
    drawn_from: str = ""

    def judge(self, wanted: str | None) -> JudgeFacts:
        """The judge of that name, of that name and version (NAME@VERSION's beginning), or the only one there is.

        Raises WrongUsage where none or several are meant.
        """
        name, _, version = (wanted or "").partition("@")
        found = [
            one
            for one in self.judges.values()
            if wanted is None or wanted == one.told or (name == one.name and one.version.startswith(version))
        ]
        if len(found) == 1:
            return found[0]
        known = ", ".join(f"{one.name}@{one.version[:8]}" for one in self.judges.values())
        if not self.judges:
            raise WrongUsage(
                f"no judge has said anything in '{self.queue}'.",
                mend=f"`reviewer judge run {self.queue} --judge FILE` asks one.",
            )
        what = (
            "several judges were at work" if wanted is None else f"{len(found) or 'no'} judge is called {wanted[:60]!r}"
        )
        raise WrongUsage(f"{what} in '{self.queue}'.", mend=f"Name one by --judge: {known}.")


def read_queue_judges(driver: Driver, queue: QueueRecord, *, by: str | None = None) -> QueueJudges:
    """Reads judges and people; `by` slices units by a field of the items' metadata, or by `tags`.

    Raises BadInput for a calibration round that is blind yet and where there is nothing to compare.
    """
    refuse_while_blind(queue)
    with judged.at_one_moment(driver):
        return _Judges(driver, queue).read(by)


class _Judges:
    def __init__(self, driver: Driver, queue: QueueRecord) -> None:
        self.driver, self.queue = driver, queue
        self.reading = QueueReading(driver, queue, Wanted(kinds=("human", "judge")))
        self.known = self.reading.known
        self.mirrored = is_mirrored(queue)

    def read(self, by: str | None) -> QueueJudges:
        read = self.reading.ratings(fewest=0)
        names = dict(zip(self.reading.units, self.reading.unit_names(), strict=True))
        facts = judged.machines(self.driver, "judge")
        told = {
            identifier: JudgeFacts(one.told, one.name, facts[identifier].version, facts[identifier].family or "")
            for identifier, one in self.known.items()
            if one.kind == "judge" and identifier in self.reading.came
        }
        panels = {}
        for name, ratings in read.ratings.by_criterion().items():
            asked = read.ratings.asked[name]
            panels[name] = Panel.of(ratings, asked.level, asked.points)
        people = {self.known[one].told for one in self.reading.came if self.known[one].kind == "human"}
        found = QueueJudges(
            queue=self.queue.name,
            kind=self.queue.kind,  # type: ignore[arg-type]  # checked where it was made
            sealed=self.queue.sealed,
            mirrored=self.mirrored,
            judges={one.told: one for one in told.values()},
            people=tuple(sorted(people)),
            panels=panels,
            gold=self._gold(names),
            traits=self._traits(names),
            asked={},
            confidence={},
            swapped={},
            unmeasured=dict(read.unmeasured),
            slices=self._slices(names, by),
            drawn_from=self._drawn_from(),
        )
        self._answers(found, {identifier: one.told for identifier, one in told.items()}, names)
        return found

    def _drawn_from(self) -> str:
        draw = Draw.of(self.queue)
        if draw is None:
            return ""
        return next((one.name for one in queues.all_queues(self.driver) if one.id == draw.queue), "another queue")

    def _gold(self, names: Mapping[tuple[int, str, tuple[int, ...]], str]) -> dict[str, dict[str, str]]:
        reading = self.reading
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        gold = gold_of(
            self.driver, self.queue, reading.tasks, reading.answers, reading.rubric, reading.in_force, own=True
        )
        for task, said in gold.items():
            for asks, value in said.items():
                unit = names.get((reading.places[task], asks.part, asks.outputs))
                if unit is not None:
                    found[asks.question][unit] = canonical(value)
        return dict(found)

    def _traits(self, names: Mapping[tuple[int, str, tuple[int, ...]], str]) -> dict[str, Traits]:
        tasks = list(self.reading.tasks.values())
        marks = self._marks()
        families = {one.id: one.family or "" for one in judged.systems(self.driver)}
        found = {}
        for (place, part, outputs), name in names.items():
            task = tasks[place]
            chosen = [task.outputs[slot] for slot in outputs] or list(task.outputs[:1])
            if self.mirrored and len(chosen) == 2:
                chosen.reverse()
            found[name] = Traits(
                task.id,
                part,
                tuple(one.length for one in chosen),
                tuple(marks.get((task.id, one.public_id), 0) for one in chosen),
                () if self.queue.sealed else tuple(families.get(one.system, "") for one in chosen),
            )
        return found

    def _marks(self) -> dict[tuple[str, str], int]:
        found = {}
        after = -1
        while page := machines.tasks(self.driver, self.queue, after=after, most=_PAGE):
            after = page[-1].position
            for task in page:
                for output in task.outputs:
                    found[task.id, output.public_id] = len(_MARKS.findall(output.text))
        return found

    def _slices(
        self, names: Mapping[tuple[int, str, tuple[int, ...]], str], by: str | None
    ) -> dict[str, frozenset[str]]:
        if by is None:
            return {}
        tasks = list(self.reading.tasks)
        meta = dict(judged.metadata(self.driver, self.queue))
        found: defaultdict[str, set[str]] = defaultdict(set)
        for (place, _, _), name in names.items():
            told = meta.get(tasks[place], {})
            value = told.get("tags") if by == "tags" else told.get("metadata", {}).get(by)
            for one in value if isinstance(value, list) else [value]:
                if one is not None:
                    found[str(one)].add(name)
        if not found:
            raise BadInput(
                f"no item has {by[:60]!r} to slice by.", mend="Name a field of the items' metadata, or tags."
            )
        return {value: frozenset(members) for value, members in sorted(found.items())}

    def _answers(
        self,
        found: QueueJudges,
        told: Mapping[str, str],
        names: Mapping[tuple[int, str, tuple[int, ...]], str],
    ) -> None:
        """What is known of each judge beside its ratings: what it was asked, how sure it was, and its swapped pairs."""
        units: defaultdict[int, list[str]] = defaultdict(list)
        for (place, _, _), name in names.items():
            units[place].append(name)
        asked: defaultdict[str, set[str]] = defaultdict(set)
        sure: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        pairs: defaultdict[str, defaultdict[str, dict[tuple[int, int], tuple[int, int]]]] = defaultdict(
            lambda: defaultdict(dict)
        )
        for label in self.reading.first_labels():
            if label.rater not in told or label.task not in self.reading.places:
                continue
            judge, place = told[label.rater], self.reading.places[label.task]
            asked[judge].update(units[place])
            if label.confidence is not None:
                for unit in units[place]:
                    sure[judge][unit].append(label.confidence)
            if self.queue.kind == "pairwise":
                self._pair(label, place, pairs[judge])
        found.asked = {judge: frozenset(members) for judge, members in asked.items()}
        found.confidence = {
            judge: {unit: sum(all_of) / len(all_of) for unit, all_of in of.items()} for judge, of in sure.items()
        }
        found.swapped = {
            judge: {name: _swapped(verdicts) for name, verdicts in of.items()} for judge, of in pairs.items()
        }

    def _pair(
        self, label: JudgedLabel, place: int, pairs: defaultdict[str, dict[tuple[int, int], tuple[int, int]]]
    ) -> None:
        task = self.reading.tasks[label.task]
        public_ids = [output.public_id for output in task.outputs]
        if len(slots_of(orjson.loads(label.shown_order) or public_ids, public_ids)) != 2:
            return
        for name, value in orjson.loads(label.values).items():
            if "@" in name:
                continue
            first = _first(value)
            as_is, swapped = pairs[name].get((place, label.sample // 2), (-1, -1))
            if label.sample % 2:
                swapped = {LEFT: RIGHT, RIGHT: LEFT}.get(first, first)
            else:
                as_is = first
            pairs[name][place, label.sample // 2] = (as_is, swapped)


def _first(value: object) -> int:
    """The verdict as in votes, what was shown first being the left one; −1 for no answer."""
    if value == BOTH_BAD_VALUE:
        return BOTH_BAD
    if isinstance(value, bool) or not isinstance(value, int):
        return -1
    return TIE if not value else LEFT if value < 0 else RIGHT


def _swapped(verdicts: Mapping[tuple[int, int], tuple[int, int]]) -> Swapped:
    places = np.array([place for place, _ in verdicts], dtype=np.int64)
    both = np.array(list(verdicts.values()), dtype=np.int64).reshape(-1, 2)
    return Swapped(both[:, 0], both[:, 1], np.unique(places, return_inverse=True)[1].reshape(-1))


def log_ratio(pairs: list[tuple[int, ...]], more: int = 0) -> Floats:
    """The logarithm of first over second, `more` being added to both; NaN where there are no two above 0."""
    found = np.full(len(pairs), np.nan)
    for at, sizes in enumerate(pairs):
        if len(sizes) == 2 and min(sizes) + more > 0:
            found[at] = np.log((sizes[0] + more) / (sizes[1] + more))
    return found
