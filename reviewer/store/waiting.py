"""Comparisons of an open queue that were shown in one order more often than in its mirror."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

import orjson

from reviewer.ids import now
from reviewer.store.order import way_of
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("waiting")


def is_uneven(orders: Iterable[str]) -> bool:
    """Whether one order, as the JSON of public ids, was shown more often than its mirror."""
    shown = Counter(tuple(orjson.loads(order)) for order in orders)
    return any(times > shown[order[::-1]] for order, times in shown.items())


def note(driver: Driver, queue: str, task: str, rater: str = "") -> None:
    """Puts a task among those that wait, or takes it out, by the orders in which it was shown.

    `rater` saw it last; where that is not known, whoever comes first of those who did. Hidden repeats, and what is
    asked of one rater alone, never wait. To be called in a transaction, after the view was written.
    """
    if not _is_open(driver, queue):
        return
    views = list(_sql.orders.rows(driver, task=task))
    if is_uneven(order for order, _ in views):
        _sql.put.run(driver, queue=queue, task=task, rater=rater or views[0][1], since=now())
    else:
        forget(driver, queue, task)


def forget(driver: Driver, queue: str, task: str) -> None:
    """Takes a task out: it needs no further view."""
    _sql.forget.run(driver, queue=queue, task=task)


def forget_all(driver: Driver, queue: str) -> None:
    """Takes all tasks of a queue out: it asks for a single rater a task now, and no view evens another."""
    _sql.forget_all.run(driver, queue=queue)


def find_anew(driver: Driver, queue: str) -> None:
    """Finds what waits in the whole queue by the orders shown, as when it begins to ask for more raters a task."""
    _sql.forget_all.run(driver, queue=queue)
    if not _is_open(driver, queue):
        return
    at = now()
    rows: list[dict[str, str]] = []
    for task, views in groupby(_sql.all_orders.rows(driver, queue=queue), key=itemgetter(0)):
        seen = list(views)
        if is_uneven(order for _, order, _ in seen):
            # Numbered, so that no two are alike and whoever looks through them gets on.
            rows.append({"queue": queue, "task": task, "rater": seen[0][2], "since": f"{at}{len(rows):09d}"})
    _sql.put.run_all(driver, rows)


def _is_open(driver: Driver, queue: str) -> bool:
    found = _sql.queue.first(driver, queue=queue)
    if found is None:
        return False
    kind, settings, overlap = found
    return way_of(kind, orjson.loads(settings)) == "open" and overlap != 1
