"""The item list: a rater's order by state, and the search through its texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.session.sitting import Sitting
from reviewer.store import reading, search, stretches
from reviewer.store.order import RaterOrder, next_place

FILTERS = ("all", "open", "submitted", "skipped", "abstained", "sent_back", "flagged", "draft")
_SEARCHED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """An item in the list. `name` is its key, and empty while the queue is sealed."""

    seq: int
    state: str
    flagged: bool
    name: str
    opening: str


def places(sitting: Sitting, state: str, start: int, most: int) -> list[int]:
    """Up to `most` places from `start` on whose item is in `state` (one of FILTERS)."""
    reader, queue, rater = sitting.reader, sitting.queue.id, sitting.rater
    size = sitting.reach
    if state == "all":
        return list(range(start, min(start + most, size)))
    if (listed := sitting.walk.in_state(state)) is not None:
        return [seq for seq in listed if seq >= start][:most]
    if state == "open":
        found: list[int] = []
        for seq in stretches.uncovered(reader, queue, rater, start, size):
            found.append(seq)
            if len(found) == most:
                break
        return found
    if state == "draft":
        drafted = sorted(sitting.order.seq(place) for place in reading.drafted_positions(reader, queue, rater))
        return [seq for seq in drafted if seq >= start][:most]
    return reading.seqs_in_state(reader, queue, rater, state, start, most)


def rows(sitting: Sitting, seqs: list[int]) -> list[Row]:
    """The rows of the list at these places."""
    found = []
    for seq in seqs:
        brief = reading.read_brief(sitting.reader, sitting.queue.id, sitting.order.position(seq))
        if brief is not None:
            state, flagged = sitting.walk.state_at(seq, brief.task)
            name = "" if sitting.queue.sealed else brief.key
            told = sitting.walk.told_at(seq)
            found.append(Row(seq, state, flagged, name, f"{told} · {brief.opening}" if told else brief.opening))
    return found


def search_places(sitting: Sitting, needle: str) -> Iterator[list[int]]:
    """The places whose prompt, context or output holds `needle`, a slice of the queue at a time.

    To be run on a thread of its own: it opens a connection for itself. Each slice comes out, also where it holds
    nothing, so that the caller can show progress and stop.
    """
    order, queue, keys = sitting.order, sitting.queue, not sitting.queue.sealed
    with sitting.store.reading() as connection:
        if not sitting.walk.keeps_place:
            places_of = {order.position(seq): seq for seq in range(sitting.reach)}
            for first in range(0, queue.size, _SEARCHED_AT_ONCE):
                end = first + _SEARCHED_AT_ONCE
                found = search.positions_with(connection, queue.id, first, end, needle, keys=keys)
                yield sorted(places_of[position] for position in found if position in places_of)
            return
        if not isinstance(order, RaterOrder):
            reach = next_place(connection, queue.id, sitting.rater)
            for first in range(0, reach, _SEARCHED_AT_ONCE):
                end = first + _SEARCHED_AT_ONCE
                yield search.places_with(connection, queue.id, sitting.rater, first, end, needle, keys=keys)
            return
        for first in range(0, order.size, _SEARCHED_AT_ONCE):
            hits = search.positions_with(connection, queue.id, first, first + _SEARCHED_AT_ONCE, needle, keys=keys)
            yield [order.seq(position) for position in hits]
