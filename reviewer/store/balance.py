"""How evenly a comparison queue was shown: in numbers alone, so that it can be told while the queue is sealed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, true

from reviewer.store.dialects import json_length, json_places
from reviewer.store.prepared import Driver, Prepared
from reviewer.store.tables import Assignment, Output, Rater, System, Task, TaskOutput, core
from reviewer.store.waiting import is_uneven

_A, _O, _R, _S, _T, _TO = (core(table).c for table in (Assignment, Output, Rater, System, Task, TaskOutput))
_given = core(Assignment).join(core(Task), _A.task == _T.id)
# Hidden repeats stand outside the balance.
_counted: list[ColumnElement[bool]] = [_A.queue == bindparam("queue"), _T.repeat_of.is_(None)]
_place = json_places(_A.shown_order, "place")
_size = json_length(_A.shown_order)
_places = (
    select(_R.name, _S.id, _size, _place.c.key, func.count())
    .select_from(_given.join(_place, true()))
    .join(core(TaskOutput), (_TO.task == _A.task) & (_TO.public_id == _place.c.value))
    .join(core(Output), _TO.output == _O.id)
    .join(core(System), _O.system == _S.id)
    .join(core(Rater), _A.rater == _R.id)
    .where(*_counted)
    .group_by(_R.name, _S.id, _size, _place.c.key)
)
_orders = select(_A.task, _A.shown_order).select_from(_given).where(*_counted).order_by(_A.task)
_labelled = _A.state == "submitted"
_statements = {
    "shown": (Prepared(_places), Prepared(_orders)),
    "labelled": (Prepared(_places.where(_labelled)), Prepared(_orders.where(_labelled))),
}


@dataclass(frozen=True, slots=True)
class Balance:
    """`views` of tasks; `uneven` tasks with one order more often than its mirror; and by rater, how much more often at
    most a system stood at one place than at another."""

    views: int
    uneven: int
    raters: dict[str, int]

    @property
    def greatest(self) -> int:
        """The greatest difference of any rater."""
        return max(self.raters.values(), default=0)

    def to_json(self) -> dict[str, Any]:
        """As `queue show --json` prints it."""
        return {"views": self.views, "uneven_tasks": self.uneven, "greatest": self.greatest, "raters": self.raters}


def balances(driver: Driver, queue: str) -> dict[str, Balance]:
    """The balance of the orders `shown` in a queue, and of those `labelled`."""
    return {name: _balance(driver, queue, *found) for name, found in _statements.items()}


def _balance(driver: Driver, queue: str, places: Prepared, orders: Prepared) -> Balance:
    views = uneven = 0
    for _, group in groupby(orders.rows(driver, queue=queue), key=itemgetter(0)):
        shown = [order for _, order in group]
        views += len(shown)
        uneven += is_uneven(shown)
    raters: dict[str, int] = {}
    for rater, difference in _differences(places.rows(driver, queue=queue)):
        raters[rater] = max(raters.get(rater, 0), difference)
    return Balance(views, uneven, raters)


def _differences(rows: Iterator[Any]) -> Iterator[tuple[str, int]]:
    """Each rater's differences, of each system among tasks of one size."""
    counts: dict[tuple[str, str, int], Counter[int]] = defaultdict(Counter)
    for rater, system, size, place, times in rows:
        counts[rater, system, size][place] += times
    for (rater, _system, size), at in counts.items():
        yield rater, max(at[place] for place in range(size)) - min(at[place] for place in range(size))
