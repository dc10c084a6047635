"""What a rater is not asked for because others have done it or it was recalled, and what is given back to them."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
from sqlalchemy import bindparam, delete, select, update

from reviewer.store import stretches
from reviewer.store.order import RaterOrder
from reviewer.store.prepared import Driver, Prepared, insert_into
from reviewer.store.tables import Assignment, Progress, Queue, Stretch, Task, core

_A, _P, _Q, _S, _T = (core(table).c for table in (Assignment, Progress, Queue, Stretch, Task))
_mine = (_P.queue == bindparam("of_queue")) & (_P.rater == bindparam("of_rater"))
_add_passed = Prepared(update(core(Progress)).where(_mine).values(passed=_P.passed + bindparam("more")))
_reset_passed = Prepared(update(core(Progress)).where(_mine).values(passed=0))
_where = Prepared(
    select(_T.position, _Q.overlap, _Q.seed, _Q.settings)
    .select_from(core(Task).join(core(Queue), _T.queue == _Q.id))
    .where(_T.id == bindparam("task"), _T.state == "open")
)
_who_passed = Prepared(select(_P.rater).where(_P.queue == bindparam("queue"), _P.passed > 0))
_has_assignment = Prepared(
    select(_A.state).where(_A.task == bindparam("task"), _A.rater == bindparam("rater"), _A.state != "open")
)
_done = Prepared(
    select(_A.seq)
    .where(_A.queue == bindparam("queue"), _A.rater == bindparam("rater"), _A.state != "open")
    .order_by(_A.seq)
)
_forget = Prepared(delete(core(Stretch)).where(_S.queue == bindparam("queue"), _S.rater == bindparam("rater")))


def pass_over(driver: Driver, queue: str, rater: str, seqs: list[int]) -> None:
    """Marks places as needing nothing from this rater: recalled, or filled by others.

    To be called in a transaction; the rater's counters exist.
    """
    passed = sum(stretches.cover(driver, queue, rater, seq) for seq in seqs)
    _add_passed.run(driver, of_queue=queue, of_rater=rater, more=passed)


def give_back(driver: Driver, queue: str, task: str) -> None:
    """Opens a task again for all who were led past it: a label that filled it became a skip or an abstention."""
    row = _where.first(driver, task=task)
    if row is None or not row[1]:
        return
    position, _, seed, settings = row
    shuffle = orjson.loads(settings).get("shuffle", True)
    for (rater,) in list(_who_passed.rows(driver, queue=queue)):
        if _has_assignment.first(driver, task=task, rater=rater):
            continue
        seq = RaterOrder.load(driver, queue, seed, rater, shuffle=shuffle).seq(position)
        if stretches.uncover(driver, queue, rater, seq):
            _add_passed.run(driver, of_queue=queue, of_rater=rater, more=-1)


def give_all_back(driver: Driver, queue: str) -> None:
    """Opens again whatever raters of the queue were led past: it asks for more raters a task now.

    What is still filled, or was recalled, they are led past again when they come to it.
    """
    for (rater,) in list(_who_passed.rows(driver, queue=queue)):
        _forget.run(driver, queue=queue, rater=rater)
        done = (seq for (seq,) in _done.rows(driver, queue=queue, rater=rater))
        rows = ({"queue": queue, "rater": rater, "first": first, "last": last} for first, last in runs(done))
        insert_into(Stretch).run_all(driver, list(rows))
        _reset_passed.run(driver, of_queue=queue, of_rater=rater)


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
