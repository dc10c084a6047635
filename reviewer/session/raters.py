"""Raters over time for a screen: the lead's overview of a queue, and a rater's own page.

The figures take statistics, which are loaded when somebody asks for them; they are to be read on a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.errors import BadInput, ReviewerError
from reviewer.store import queues, remotes
from reviewer.store.connection import Store
from reviewer.store.prepared import Driver
from reviewer.store.queues import QueueRecord

if TYPE_CHECKING:
    from reviewer.exchange.raters_report import RaterOverTime, RatersReport

Tell = Callable[[str], None]

IN_TENS = "The figures grow by full tens of labels, so that none tells which tasks were gold or asked again."
BLIND = "The round is blind yet: counts alone are shown."


@dataclass(frozen=True, slots=True)
class RaterLine:
    """A rater in one row; a figure that is not known is a dash. The level has limits where it has an interval.

    `page` holds everything that is told of the rater, a line a thing.
    """

    name: str
    done: int
    pace: str = "-"
    gold: str = "-"
    level: float | None = None
    low: float | None = None
    high: float | None = None
    drift: str = "-"
    flags: tuple[str, ...] = ()
    page: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The raters of a queue by name, and what their figures speak of; `counts` says that there are but counts."""

    queue: str
    heading: tuple[str, ...]
    raters: tuple[RaterLine, ...]
    counts: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """Between which values all levels lie with their limits."""
        levels = [each for one in self.raters for each in (one.level, one.low, one.high) if each is not None]
        return min(levels, default=0.0), max(levels, default=0.0)


def read_overview(store: Store, queue: str, tell: Tell) -> Overview:
    """How the raters of the queue of that name do; `tell` is told how far the reading is.

    Raises BadInput where there is no such queue, or nobody has rated in it.
    """
    with store.reading() as connection:
        found = _found(connection, queue)
        if found.is_blind_round:
            return _counts(connection, found)
        from reviewer.exchange.queue_raters import read_queue_raters
        from reviewer.exchange.raters_words import heading

        report = read_queue_raters(connection, found, tell=tell)
    raters = tuple(_line(report, one) for one in report.raters)
    return Overview(queue, tuple(heading(report)), raters)


def read_own_page(store: Store, queue: str, rater: str, tell: Tell) -> list[str]:
    """What the person of that name may know of their own work in a queue, a line a thing.

    Nothing in it, looked at as often as one likes, says which tasks were gold or asked again. Raises BadInput as
    `read_overview` does.
    """
    with store.reading() as connection:
        found = _found(connection, queue)
        theirs = remotes.rater_of(connection, found.id)
        rater = theirs[1] if theirs else rater
        done = {one.name: one for one in _counts(connection, found).raters}
        if rater not in done:
            raise BadInput(f"you have rated nothing in '{queue}' yet.", mend="Begin with enter.")
        if found.is_blind_round:
            return [f"{done[rater].done:,} done.", BLIND]
        from reviewer.exchange.queue_raters import Wanted, read_queue_raters
        from reviewer.exchange.raters_words import lines_of

        try:
            report = read_queue_raters(connection, found, Wanted(rater=rater, in_tens=True), tell)
        except ReviewerError:  # no full ten yet, and perhaps nobody else
            return [f"{done[rater].done:,} done.", IN_TENS]
    (own,) = report.raters
    said = [f"Severity and drift are those of {report.watched}."] if report.watched else []
    return [*report.notes(own, own=True), *said, *lines_of(own, charts=False), IN_TENS]


def _found(connection: Driver, name: str) -> QueueRecord:
    found = queues.find(connection, name)
    if found is None:
        raise BadInput(f"there is no queue '{name}'.", mend="Look at the list again.")
    return found


def _counts(connection: Driver, queue: QueueRecord) -> Overview:
    """What is known of the raters without reading a label."""
    raters = []
    for row in queues.progress_of_team(connection, queue.id):
        done = row["submitted"] + row["skipped"] + row["abstained"]
        raters.append(RaterLine(row["rater"], done, page=(f"{done:,} done.", BLIND)))
    return Overview(queue.name, (BLIND,), tuple(raters), counts=True)


def _line(report: RatersReport, one: RaterOverTime) -> RaterLine:
    from reviewer.exchange.raters_words import lines_of, mark_of, share_of

    level = one.level(report.watched)
    found = None if level is None else level.severity
    return RaterLine(
        name=one.rater,
        done=one.labels,
        pace="-" if one.pace.median is None else f"{one.pace.median:.0f} s",
        gold=share_of(one.accuracy),
        level=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        drift=mark_of(one.drift),
        flags=tuple(report.flags(one)),
        page=(*report.notes(one), *lines_of(one)),
    )
