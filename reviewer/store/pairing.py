"""Making the tasks of a comparison queue from the outputs that an import brought, slice by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import bindparam, exists, func, select

from reviewer.errors import BadInput
from reviewer.store.dialects import json_member, json_values
from reviewer.store.pairs import Answer, Edge, Pairs, balanced, comparable, edge, groups, parse_pairs
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.queues import QueueRecord
from reviewer.store.tables import (
    Assignment,
    DatasetItem,
    DatasetOutput,
    Output,
    System,
    Task,
    TaskOutput,
    core,
)
from reviewer.store.taking import Taking, json_list

LEAST_RANKED, MOST_RANKED = 3, 8
_PAGE = 500
_TASKS_AT_ONCE = 2000
_NO_BOUND = 1 << 62
_NAMED = 20

_T, _TO, _K, _KO, _O, _S, _A = (
    core(table).c for table in (Task, TaskOutput, DatasetItem, DatasetOutput, Output, System, Assignment)
)
# What is wanted comes as a JSON list; the outer joins hold SQLite to that order, and give nulls for what is not there.
_wanted = json_values(bindparam("wanted"), "wanted")
_gained = Prepared(
    select(_KO.key)
    .where(_KO.dataset == bindparam("dataset"), _KO.seq >= bindparam("first"), _KO.seq < bindparam("below"))
    .order_by(_KO.seq)
)
_answers = Prepared(
    select(_KO.key, _KO.seq, _KO.output, _O.system, _O.item).select_from(
        _wanted.outerjoin(
            core(DatasetOutput),
            (_KO.dataset == bindparam("dataset")) & (_KO.key == _wanted.c.value),
        ).outerjoin(core(Output), _O.id == _KO.output)
    )
)
_own_rubrics = Prepared(
    select(_K.key, json_member(_K.meta, "rubric")).select_from(
        _wanted.outerjoin(core(DatasetItem), (_K.dataset == bindparam("dataset")) & (_K.key == _wanted.c.value))
    )
)
_tasks = Prepared(
    select(_T.key, _T.id, _T.position, _TO.output)
    .select_from(
        _wanted.outerjoin(
            core(Task),
            (_T.queue == bindparam("queue"))
            & (_T.key == _wanted.c.value)
            & (_T.state == "open")
            & _T.repeat_of.is_(None),
        ).outerjoin(core(TaskOutput), _TO.task == _T.id)
    )
    .order_by(_T.position, _TO.slot)
)
_given = Prepared(select(exists(select(_A.task).where(_A.task == bindparam("task")))))
_first_side, _other_side = core(TaskOutput).alias("first_side"), core(TaskOutput).alias("other_side")
_first_output, _other_output = core(Output).alias("first_output"), core(Output).alias("other_output")
_made = Prepared(
    select(_first_output.c.system, _other_output.c.system, func.count())
    .select_from(
        core(Task)
        .join(_first_side, (_first_side.c.task == _T.id) & (_first_side.c.slot == 0))
        .join(_first_output, _first_output.c.id == _first_side.c.output)
        .join(_other_side, (_other_side.c.task == _T.id) & (_other_side.c.slot > 0))
        .join(_other_output, _other_output.c.id == _other_side.c.output)
    )
    .where(_T.queue == bindparam("queue"), _T.state == "open", _T.repeat_of.is_(None), _T.position < bindparam("below"))
    .group_by(_first_output.c.system, _other_output.c.system)
)
_compared_systems = Prepared(
    select(_O.system)
    .distinct()
    .select_from(core(DatasetOutput).join(core(Output), _O.id == _KO.output))
    .where(_KO.dataset == bindparam("dataset"), _KO.seq < bindparam("below"))
)
_rated_systems = Prepared(
    select(_O.system)
    .distinct()
    .select_from(core(Task).join(core(TaskOutput), _TO.task == _T.id).join(core(Output), _O.id == _TO.output))
    .where(_T.queue == bindparam("queue"))
)
_names = Prepared(
    select(_S.id, _S.name, _S.version).select_from(_wanted.outerjoin(core(System), _S.id == _wanted.c.value))
)


@dataclass(slots=True)
class Paired:
    """What came of the outputs: how the queue's comparisons hang together, and which items made no task, and why.

    `groups` holds the names of the systems, a list for each group that no comparison joins to the others. `single`
    counts items with outputs of one system only, `few` and `many` those with too few or too many to rank,
    `further` the outputs that a ranking leaves out because their system is in it already.
    """

    groups: list[list[str]] = field(default_factory=list)
    single: int = 0
    without_baseline: int = 0
    few: int = 0
    many: int = 0
    further: int = 0

    @property
    def systems(self) -> list[str]:
        """The names of all systems."""
        return sorted(name for group in self.groups for name in group)


def pair(taking: Taking, pairs: Pairs | None) -> Paired:
    """Makes the tasks of what `taking` took in; to be called once, when all is read and before it is published.

    `pairs` is what was asked for, else what the queue keeps from before, else all. Raises BadInput for a baseline that
    is none of the queue's systems.
    """
    kept = taking.queue.settings.get("pairs")
    return _Pairing(taking, pairs or (parse_pairs(kept) if isinstance(kept, str) else Pairs())).run()


def systems_of(driver: Driver, queue: QueueRecord) -> dict[str, tuple[str, str]]:
    """Name and version of the systems whose outputs the queue holds, by their identifiers."""
    if queue.kind == "rating":
        found = [row[0] for row in _rated_systems.rows(driver, queue=queue.id)]
    else:
        found = [row[0] for row in _compared_systems.rows(driver, dataset=queue.dataset, below=_NO_BOUND)]
    return _named([driver], found)


def _named(sources: Sequence[Driver], systems: Sequence[str]) -> dict[str, tuple[str, str]]:
    wanted = json_list(systems)
    return {
        system: (name, version)
        for source in sources
        for system, name, version in _names.rows(source, wanted=wanted)
        if system is not None
    }


def label(name: str, version: str) -> str:
    """How a system is named to whoever imports."""
    return " ".join(part for part in (name, version) if part) or "(no system)"


@dataclass(slots=True)
class _Item:
    """What is known of the item under one key: its outputs by their coming, and the outputs of its open tasks."""

    item: str = ""
    rubric: str | None = None
    earlier: bool = False
    answers: list[tuple[int, Answer]] = field(default_factory=list)
    tasks: dict[str, list[str]] = field(default_factory=dict)

    @property
    def offered(self) -> list[Answer]:
        return [answer for _, answer in sorted(self.answers, key=lambda entry: entry[0])]


class _Pairing:
    """One pass over the keys that gained outputs."""

    def __init__(self, taking: Taking, pairs: Pairs) -> None:
        self._taking = taking
        self._queue = taking.queue
        self._pairs = pairs
        self._done = Paired()
        # All but the last source were there before; what stands there beyond the published sizes is not this import's.
        self._sources = [(source, taking.first_output, taking.first_task) for source in taking.sources[:-1]]
        self._sources.append((taking.sources[-1], _NO_BOUND, _NO_BOUND))
        self._made: Counter[Edge] = Counter()
        self._systems: set[str] = set()
        self._system_of: dict[str, str] = {}
        self._baseline: set[str] = set()
        self._new: list[tuple[str, str, str | None, Sequence[str]]] = []

    def run(self) -> Paired:
        """Makes the tasks; the result says what there is to say."""
        for source, outputs, tasks in self._sources:
            of = self._queue
            self._systems |= {row[0] for row in _compared_systems.rows(source, dataset=of.dataset, below=outputs)}
            for one, other, count in _made.rows(source, queue=of.id, below=tasks):
                self._made[edge(one, other)] += count
        self._systems.update(*self._made)
        names = _named([source for source, *_ in self._sources], list(self._systems))
        if self._pairs.mode == "baseline":
            self._baseline = self._find_baseline(names)
        for page, keys in self._pages():
            self._take(page, keys)
        self._flush()
        found = [sorted(label(*names[system]) for system in group) for group in groups(self._systems, self._made)]
        self._done.groups = sorted(found, key=lambda group: (-len(group), group))
        return self._done

    def _find_baseline(self, names: dict[str, tuple[str, str]]) -> set[str]:
        wanted = self._pairs.baseline
        found = {system for system, named in names.items() if label(*named) == wanted}
        found = found or {system for system, (name, _) in names.items() if name == wanted}
        if not found and names:
            known = sorted(label(*named) for named in names.values())
            more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
            raise BadInput(
                f"the baseline '{wanted}' is none of the systems.", mend=f"There are {', '.join(known[:_NAMED])}{more}."
            )
        return found

    def _pages(self) -> Iterator[tuple[int, list[str]]]:
        """The keys that gained outputs, in the order of these, so many at a time, each with where its page begins.

        Keys whose texts changed and that gained nothing come last.
        """
        taking = self._taking
        for first in range(taking.first_output, taking.next_output, _PAGE):
            below = min(first + _PAGE, taking.next_output)
            found = _gained.rows(taking.sources[-1], dataset=self._queue.dataset, first=first, below=below)
            yield first, list(dict.fromkeys(key for (key,) in found))
        moved = list(taking.moved)
        for start in range(0, len(moved), _PAGE):
            yield taking.next_output, moved[start : start + _PAGE]

    def _take(self, page: int, keys: list[str]) -> None:
        items = self._look_up(page, keys)
        for key in keys:
            item = items[key]
            if not item.earlier:
                self._recall(item)
                self._make(key, item)

    def _look_up(self, page: int, keys: list[str]) -> dict[str, _Item]:
        items = {key: _Item() for key in keys}
        wanted = json_list(keys)
        taking, dataset, queue = self._taking, self._queue.dataset, self._queue.id
        self._system_of.clear()
        for source, below_output, below_task in self._sources:
            for key, seq, output, system, of_item in _answers.rows(source, dataset=dataset, wanted=wanted):
                if key is None or seq >= below_output:
                    continue
                self._system_of[output] = system
                entry = items[key]
                if taking.first_output <= seq < page:
                    entry.earlier = True
                if (key, output) not in taking.replaced:
                    entry.item = of_item
                    entry.answers.append((seq, Answer(output, system)))
            for key, rubric in _own_rubrics.rows(source, dataset=dataset, wanted=wanted):
                if key is not None:
                    items[key].rubric = rubric
            for key, task, position, output in _tasks.rows(source, queue=queue, wanted=wanted):
                if key is not None and position < below_task:
                    items[key].tasks.setdefault(task, []).append(output)
        for key in keys:
            if moved := taking.moved.get(key):
                items[key].rubric = orjson.loads(moved["to_meta"]).get("rubric")
        return items

    def _recall(self, item: _Item) -> None:
        """Recalls the tasks that hold an output which is compared no more."""
        live = {answer.output for _, answer in item.answers}
        for task, outputs in list(item.tasks.items()):
            if not live.issuperset(outputs):
                self._taking.recalled.append(task)
                self._count(outputs, -1)
                del item.tasks[task]

    def _make(self, key: str, item: _Item) -> None:
        offered = item.offered
        systems = {answer.system for answer in offered}
        if len(systems) < 2:
            self._done.single += bool(systems)
        elif self._queue.kind == "ranking":
            self._rank(key, item, offered)
        else:
            for one, other in self._chosen(key, item, offered):
                self._add(key, item, [one.output, other.output])

    def _chosen(self, key: str, item: _Item, offered: list[Answer]) -> list[tuple[Answer, Answer]]:
        paired = {edge(outputs[0], outputs[1]) for outputs in item.tasks.values() if len(outputs) == 2}
        choice = comparable(offered, paired)
        if self._pairs.mode == "baseline":
            if not any(answer.system in self._baseline for answer in offered):
                self._done.without_baseline += 1
            return [
                (one, other)
                for one, other in choice
                if (one.system in self._baseline) != (other.system in self._baseline)
            ]
        if self._pairs.mode == "balanced":
            wanted = self._pairs.number - len(item.tasks)
            return balanced(choice, wanted, self._made, seed=self._queue.seed, key=key)
        return choice

    def _rank(self, key: str, item: _Item, offered: list[Answer]) -> None:
        first: dict[str, str] = {}
        for answer in offered:
            first.setdefault(answer.system, answer.output)
        self._done.further += len(offered) - len(first)
        if not LEAST_RANKED <= len(first) <= MOST_RANKED:
            self._done.few += len(first) < LEAST_RANKED
            self._done.many += len(first) > MOST_RANKED
            return
        outputs = list(first.values())
        if any(set(known) == set(outputs) for known in item.tasks.values()):
            return
        for task, known in item.tasks.items():
            if not self._is_given(task):
                self._taking.superseded.append(task)
                self._count(known, -1)
        self._add(key, item, outputs)

    def _is_given(self, task: str) -> bool:
        return any(_given.first(source, task=task)[0] for source, *_ in self._sources)

    def _add(self, key: str, item: _Item, outputs: list[str]) -> None:
        self._count(outputs, 1)
        self._new.append((key, item.item, item.rubric, outputs))
        if len(self._new) >= _TASKS_AT_ONCE:
            self._flush()

    def _count(self, outputs: Sequence[str], by: int) -> None:
        """Counts the comparisons of a task: with its first output alone, which is enough to see what hangs together."""
        first, *others = [self._system_of[output] for output in outputs]
        for other in others:
            self._made[edge(first, other)] += by

    def _flush(self) -> None:
        if self._new:
            self._taking.add_tasks(self._new)
            self._new = []
