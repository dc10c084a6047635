"""What a rater is not asked for because others have done it or it was recalled, and what is given back to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson

from reviewer.store import holding, stretches, waiting
from reviewer.store.order import RaterOrder, way_of
from reviewer.store.prepared import Driver
from reviewer.store.statements import statements

_sql = statements("passing")


def pass_over(driver: Driver, queue: str, rater: str, places: Sequence[tuple[int, str]]) -> None:
    """Marks places, given with their tasks, as needing nothing from this rater: recalled, or filled by others.

    What was given back since it was looked at stays open. To be called in a transaction; the rater's counters exist.
    """
    holding.place(driver, queue, rater)
    passed = sum(
        stretches.cover(driver, queue, rater, seq) for seq, task in places if not is_wanted(driver, task, rater)
    )
    _sql.add_passed.run(driver, of_queue=queue, of_rater=rater, more=passed)


def is_wanted(driver: Driver, task: str, rater: str) -> bool:
    """Whether the task is open and not filled by others than this rater."""
    found = _sql.where.first(driver, task=task)
    return found is not None and not is_filled(driver, task, rater, found[1])


def is_filled(driver: Driver, task: str, rater: str, overlap: int) -> bool:
    """Whether primary labels of others than this rater fill the task's overlap; gold is for all raters."""
    return overlap > 0 and _sql.primary_of_others.first(driver, task=task, rater=rater)[0] >= overlap


def is_taken(driver: Driver, task: str, rater: str, overlap: int, moment: str) -> bool:
    """Whether primary labels of others than this rater and tasks that devices of theirs hold at `moment` fill the
    task's overlap; gold is for all raters."""
    return overlap > 0 and _sql.taken_by_others.first(driver, task=task, rater=rater, moment=moment)[0] >= overlap


def give_back(driver: Driver, queue: str, task: str) -> None:
    """Opens a task again for all who were led past it: a label that filled it became a skip or an abstention."""
    row = _sql.where.first(driver, task=task)
    if row is None or not row[1]:
        return
    position, _, seed, stored, kind = row
    settings = orjson.loads(stored)
    if way_of(kind, settings) == "drawn":
        _give_back_drawn(driver, queue, task, position, seed, shuffle=settings.get("shuffle", True))
        return
    for rater, seq in sorted(_sql.open_places.rows(driver, task=task)):
        holding.place(driver, queue, rater)
        if stretches.uncover(driver, queue, rater, seq):
            _sql.add_passed.run(driver, of_queue=queue, of_rater=rater, more=-1)
    waiting.note(driver, queue, task)


def _give_back_drawn(driver: Driver, queue: str, task: str, position: int, seed: str, *, shuffle: bool) -> None:
    for (rater,) in sorted(_sql.who_passed.rows(driver, queue=queue)):
        if _sql.has_assignment.first(driver, task=task, rater=rater):
            continue
        holding.place(driver, queue, rater)
        seq = RaterOrder.load(driver, queue, seed, rater, shuffle=shuffle).seq(position)
        if stretches.uncover(driver, queue, rater, seq):
            _sql.add_passed.run(driver, of_queue=queue, of_rater=rater, more=-1)


def give_all_back(driver: Driver, queue: str) -> None:
    """Opens again whatever raters of the queue were led past: it asks for more raters a task now.

    What is still filled, or was recalled, they are led past again when they come to it.
    """
    for (rater,) in sorted(_sql.who_passed.rows(driver, queue=queue)):
        holding.place(driver, queue, rater)
        _sql.forget.run(driver, queue=queue, rater=rater)
        done = (seq for (seq,) in _sql.done.rows(driver, queue=queue, rater=rater))
        rows = ({"queue": queue, "rater": rater, "first": first, "last": last} for first, last in runs(done))
        _sql.insert_stretch.run_all(driver, list(rows))
        _sql.reset_passed.run(driver, of_queue=queue, of_rater=rater)
    waiting.find_anew(driver, queue)


def runs(places: Iterator[int]) -> Iterator[tuple[int, int]]:
    """The unbroken runs of rising `places`, as first and last."""
    first = last = -2
    for place in places:
        if place != last + 1:
            if first >= 0:
                yield first, last
            first = place
        last = place
    if first >= 0:
        yield first, last
