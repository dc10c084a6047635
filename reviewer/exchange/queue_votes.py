"""A comparison queue's labels as votes: what was shown first is left, and a ranking is read as its pairs."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np
import orjson

from reviewer.errors import BadInput, WrongUsage
from reviewer.exchange.queue_labels import GOLD, OTHER_OUTPUTS, slots_of, why_left_out
from reviewer.exchange.queue_systems import SystemNames
from reviewer.exchange.votes import SAME_SYSTEM
from reviewer.measure.arrays import Codes, Flags
from reviewer.measure.balance import Balance, Orders, balance
from reviewer.measure.pace import Pace, paces
from reviewer.measure.votes import BOTH_BAD, LEFT, RIGHT, TIE, Coding, Column, Tags, Votes
from reviewer.rubric.comparison import BOTH_BAD as BOTH_BAD_VALUE
from reviewer.rubric.comparison import ranking_fault
from reviewer.store import judged, queues
from reviewer.store.judged import JudgedLabel, JudgedTask
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

UNSAID: Final = "no preference given"
LONE_REPEAT: Final = "repeat without its original"

_KINDS = ("pairwise", "ranking")
_MOST_REMEMBERED = 10_000
_SAID = ("task", "item", "rater", "criterion", "repeat", "unordered", "label")

# First, second and what was said of them, by their places as they were shown.
_Pair = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class QueueVotes:
    """The votes of a queue, and what its labels tell beside them.

    `labels` are those that the votes were read from, `repeats` those that tell consistency alone, `unordered` those of
    which nobody knows what was shown first.
    """

    queue: str
    kind: str
    sealed: bool
    votes: Votes
    labels: int
    repeats: int
    unordered: int
    shown: Balance
    labelled: Balance
    pace: list[Pace]

    def to_json(self) -> dict[str, Any]:
        """All but the votes, for a program."""
        note = (
            {"note": f'Systems get their names after `reviewer queue reveal {self.queue} --reason "…"`.'}
            if self.sealed
            else {}
        )
        return {
            "queue": self.queue,
            "kind": self.kind,
            "sealed": self.sealed,
            **note,
            "labels": self.labels,
            "repeats": self.repeats,
            "unordered": self.unordered,
            "balance": {"shown": self.shown.to_json(), "labelled": self.labelled.to_json()},
            "pace": [one.to_json() for one in self.pace],
        }


def read_queue_votes(
    driver: Driver, queue: QueueRecord, *, surplus: bool = False, slices: Sequence[str] = ()
) -> QueueVotes:
    """Read the votes of `queue`; `slices` names metadata of the items, or `tags`, to slice by.

    A preference of two steps counts as one of one. While the queue is sealed, systems go by aliases. Raises
    WrongUsage for a rating queue or a slice that is not there or would name a system, BadInput where no label counts.
    """
    if queue.kind not in _KINDS:
        raise WrongUsage(
            f"the queue '{queue.name}' holds ratings, and systems are ranked by comparisons.",
            mend="Name a pairwise or a ranking queue: `reviewer queue list` says of which kind each is.",
        )
    with judged.at_one_moment(driver):
        return _Reading(driver, queue, surplus=surplus).votes(slices)


@dataclass(slots=True)
class _Known:
    """A task as the votes speak of it: its number, the number of what it judges, and its outputs by slot."""

    number: int
    judges: int
    repeat: bool
    recalled: bool
    item: int
    public_ids: tuple[str, ...]
    systems: tuple[int, ...]
    lengths: tuple[int, ...]


class _Reading:
    def __init__(self, driver: Driver, queue: QueueRecord, *, surplus: bool) -> None:
        self.driver, self.queue, self.surplus = driver, queue, surplus
        self.names = judged.raters(driver)
        self.items, self.tasks = Coding(), Coding()
        self.raters, self.criteria = Coding(), Coding()
        self.criteria.codes(_asked(driver, queue))
        coming = Coding()
        self.gold: set[str] = set()
        self.known: dict[str, _Known] = {}
        for task in judged.tasks(driver, queue.id):
            if task.gold:
                self.gold.add(task.id)
            else:
                self.known[task.id] = self._task(task, coming)
        self.systems = SystemNames.of(driver, queue, coming.names)
        alike: dict[tuple[int, ...], tuple[int, ...]] = {}
        for known in self.known.values():
            told = tuple(self.systems.codes[coming.names[one]] for one in known.systems)
            known.systems = alike.setdefault(told, told)
        self.codes = {name: array("i") for name in (*_SAID, "left", "right", "winner")}
        self.lengths = array("d"), array("d")
        self.dropped: Counter[str] = Counter()
        self.remembered: dict[tuple[str, int], list[tuple[int, list[_Pair]]]] = {}
        self.orders = Orders()
        self.labels = 0

    def votes(self, slices: Sequence[str]) -> QueueVotes:
        for label in judged.labels(self.driver, self.queue.id):
            if reason := self._take(label):
                self.dropped[reason] += 1
        columns = {name: np.frombuffer(cells, dtype=np.int32) for name, cells in self.codes.items()}
        repeat = columns["repeat"] != 0
        whole = self._kept_whole(columns, repeat)
        columns = {name: cells[whole] for name, cells in columns.items()}
        repeat = repeat[whole]
        if repeat.all():
            raise BadInput(
                f"the queue '{self.queue.name}' holds no vote to rank by yet{self._reasons()}.",
                mend=f"`reviewer rate {self.queue.name}` adds some.",
            )
        raters = tuple(self.names[one] for one in self.raters.names)
        votes = Votes(
            systems=self.systems.names,
            left=columns["left"],
            right=columns["right"],
            winner=columns["winner"].astype(np.int8),
            right_first=np.zeros(len(repeat), dtype=np.bool_),
            item=Column(tuple(self.items.names), columns["item"]),
            rater=Column(raters, columns["rater"]),
            criterion=Column(tuple(self.criteria.names), columns["criterion"]),
            others=self._slices(slices, columns["task"]),
            lengths=(np.array(self.lengths[0])[whole], np.array(self.lengths[1])[whole]),
            task=columns["task"],
            repeat=repeat,
            unordered=columns["unordered"] != 0,
            ballot=columns["label"] if self.queue.kind == "ranking" else None,
        )
        # Systems, items and raters of labels that do not count took part in no vote.
        votes = votes.chosen(np.ones(len(votes), dtype=np.bool_))
        counted = ~repeat
        shown, labelled, pace = self._shown(), self._balance(self.orders), self._pace()
        return QueueVotes(
            queue=self.queue.name,
            kind=self.queue.kind,
            sealed=self.queue.sealed,
            votes=replace(votes, dropped=dict(self.dropped)),
            labels=len(np.unique(columns["label"][counted])),
            repeats=len(np.unique(columns["label"][repeat])),
            unordered=len(np.unique(columns["label"][counted & (columns["unordered"] != 0)])),
            shown=shown,
            labelled=labelled,
            pace=pace,
        )

    def _task(self, task: JudgedTask, systems: Coding) -> _Known:
        number = self.tasks[task.id]
        return _Known(
            number=number,
            judges=self.tasks[task.repeat_of] if task.repeat_of else number,
            repeat=task.repeat_of is not None,
            recalled=task.recalled,
            item=self.items[task.item],
            public_ids=tuple(output.public_id for output in task.outputs),
            systems=tuple(systems[output.system] for output in task.outputs),
            lengths=tuple(output.length for output in task.outputs),
        )

    def _take(self, label: JudgedLabel) -> str:
        """Takes the votes of a label; returns why it has none, or nothing."""
        if label.task in self.gold:
            return GOLD
        task = self.known.get(label.task)
        reason = why_left_out(label, recalled=task is None or task.recalled, surplus=self.surplus)
        if task is None or reason:
            return reason
        told = orjson.loads(label.shown_order)
        order = slots_of(told or task.public_ids, task.public_ids)
        if not order:
            return OTHER_OUTPUTS
        answers = self._answers(label.values, len(order))
        if not answers:
            return UNSAID
        repeat = task.repeat or label.sample > 0
        self.labels += 1
        rater = self.raters[label.rater]
        if not repeat:
            if same := sum(a == b for a, b in combinations(task.systems, 2)):
                self.dropped[SAME_SYSTEM] += same
            if told:
                self.orders.add(rater, [task.systems[slot] for slot in order])
            else:
                self.orders.unknown += 1
        for criterion, pairs in answers:
            for first, second, winner in pairs:
                self._vote(task, rater, criterion, (order[first], order[second], winner), repeat, not told)
        return ""

    def _vote(self, task: _Known, rater: int, criterion: int, said: _Pair, repeat: bool, unordered: bool) -> None:
        left, right, winner = said
        if task.systems[left] == task.systems[right]:
            return
        codes = self.codes
        codes["left"].append(task.systems[left])
        codes["right"].append(task.systems[right])
        codes["winner"].append(winner)
        said_by = (task.judges, task.item, rater, criterion, repeat, unordered, self.labels)
        for name, code in zip(_SAID, said_by, strict=True):
            codes[name].append(code)
        self.lengths[0].append(task.lengths[left])
        self.lengths[1].append(task.lengths[right])

    def _answers(self, values: str, outputs: int) -> list[tuple[int, list[_Pair]]]:
        """Criterion by criterion the pairs that the label's values say; few distinct texts are said again and again."""
        asked = (values, outputs)
        found = self.remembered.get(asked)
        if found is None:
            # What is said of one output, turn or step by itself is no comparison.
            whole = ((name, value) for name, value in orjson.loads(values).items() if "@" not in name)
            read = ((name, _pairs(value, outputs)) for name, value in whole)
            found = [(self.criteria[name], pairs) for name, pairs in read if pairs]
            if len(self.remembered) < _MOST_REMEMBERED:
                self.remembered[asked] = found
        return found

    def _kept_whole(self, columns: dict[str, Codes], repeat: Flags) -> Flags:
        """All votes but the repeats of what the same rater's counting labels do not say."""
        if not repeat.any():
            return ~repeat
        key = np.zeros(len(repeat), dtype=np.int64)
        lower, upper = np.minimum(columns["left"], columns["right"]), np.maximum(columns["left"], columns["right"])
        for cells in (columns["task"], columns["rater"], columns["criterion"], lower, upper):
            key = np.unique(key * (int(cells.max(initial=0)) + 1) + cells, return_inverse=True)[1].reshape(-1)
        whole: Flags = ~repeat | np.isin(key, key[~repeat])
        lone = set(columns["label"][~whole].tolist()) - set(columns["label"][whole].tolist())
        if lone:
            self.dropped[LONE_REPEAT] += len(lone)
        return whole

    def _reasons(self) -> str:
        if not self.dropped:
            return ""
        told = "; ".join(f"{reason} in {number:,}" for reason, number in self.dropped.items())
        return f": labels were left out ({told})"

    def _shown(self) -> Balance:
        orders = Orders()
        for dealt in judged.orders(self.driver, self.queue.id):
            task = self.known.get(dealt.task)
            if task is None or task.repeat:
                continue
            if slots := slots_of(orjson.loads(dealt.shown_order), task.public_ids):
                orders.add(self.raters[dealt.rater], [task.systems[slot] for slot in slots])
            else:
                orders.unknown += 1
        return self._balance(orders)

    def _balance(self, orders: Orders) -> Balance:
        return balance(orders, self.systems.names, [self.names[one] for one in self.raters.names])

    def _pace(self) -> list[Pace]:
        rater, taken = array("i"), array("q")
        for identifier, milliseconds in judged.times(self.driver, self.queue.id):
            rater.append(self.raters[identifier])
            taken.append(milliseconds)
        codes, times = np.array(rater, dtype=np.int32), np.array(taken, dtype=np.int64)
        names = {code: self.names[self.raters.names[code]] for code in np.unique(codes).tolist()}
        return sorted(paces(names, codes, times), key=lambda one: one.rater)

    def _slices(self, slices: Sequence[str], task: Codes) -> dict[str, Column | Tags]:
        wanted = [name for name in dict.fromkeys(slices) if name != "rater"]
        if not wanted:
            return {}
        names: dict[str, None] = {}
        cells: dict[str, dict[int, Any]] = {name: {} for name in wanted}
        for identifier, meta in judged.metadata(self.driver, self.queue):
            known = self.known.get(identifier)
            if known is None:
                continue
            said = {"tags": meta.get("tags") or [], **meta.get("metadata", {})}
            names.update(dict.fromkeys(said))
            for name in wanted:
                cells[name][known.number] = said.get(name)
        for name in wanted:
            self._check_slice(name, names, cells[name])
        return {name: _column(cells[name], task) for name in wanted}

    def _check_slice(self, name: str, names: dict[str, None], cells: dict[int, Any]) -> None:
        sealed = self.queue.sealed
        there = [one for one in names if not (sealed and self.systems.are_named_in(one))]
        words = {word for cell in cells.values() for word in (cell if isinstance(cell, list) else [_word(cell)])}
        if name in there and not (sealed and any(self.systems.are_named_in(str(word)) for word in words)):
            return
        if name in names:
            raise WrongUsage(
                "a column asked for names systems, and the queue is sealed.",
                mend=f'Slice by it after `reviewer queue reveal {self.queue.name} --reason "…"`.',
            )
        raise WrongUsage(
            f"the items have no {'such metadata' if sealed else f'metadata {name!r}'} to slice by.",
            mend=f"Name one of: {', '.join(sorted([*there, 'rater']))}.",
        )


def _pairs(value: object, outputs: int) -> list[_Pair]:
    """What an answer says of each pair, by the places shown; nothing where it is no comparison."""
    if isinstance(value, list):
        if ranking_fault(value, outputs):
            return []
        group = {one - 1: at for at, members in enumerate(value) for one in members}
        return [(a, b, _winner(group[a] - group[b])) for a, b in combinations(range(outputs), 2)]
    if outputs != 2 or isinstance(value, bool):
        return []
    if value == BOTH_BAD_VALUE:
        return [(0, 1, BOTH_BAD)]
    return [(0, 1, _winner(value))] if isinstance(value, int) and -2 <= value <= 2 else []


def _winner(difference: int) -> int:
    return TIE if not difference else LEFT if difference < 0 else RIGHT


def _column(cells: dict[int, Any], task: Codes) -> Column | Tags:
    """The column of each vote's item, from what the tasks' items say."""
    distinct: dict[Any, int] = {}
    codes = np.zeros(max(int(task.max(initial=0)), max(cells, default=0)) + 1, dtype=np.int32)
    tags = any(isinstance(cell, list) for cell in cells.values())
    for number in range(len(codes)):
        cell = cells.get(number)
        said = tuple(map(str, cell)) if tags and isinstance(cell, list) else (_word(cell),) if tags else _word(cell)
        codes[number] = distinct.setdefault(said, len(distinct))
    return Tags(tuple(distinct), codes[task]) if tags else Column(tuple(distinct), codes[task])


def _word(cell: Any) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return orjson.dumps(cell, option=orjson.OPT_SORT_KEYS).decode()


def _asked(driver: Driver, queue: QueueRecord) -> list[str]:
    """What the queue asks, the overall answer first."""
    documents = [document for _, document in queues.rubrics_of(driver, queue.id)]
    return ["preference", "ranking", *(one["id"] for document in documents for one in document.get("criteria", []))]
