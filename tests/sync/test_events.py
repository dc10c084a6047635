"""Server-sent events as they come in: by the standard, in pieces of any size, and within bounds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.sync.events import MOST, Event, events_in

STREAM = (
    ": hello\n\n"
    "event: queue\ndata: {}\nid: 7\n\n"
    "data:one\ndata: two\r\n\r\n"
    "event: none\n\n"
    "id: 8\0\nretry: 10\nunknown\ndata\n\n"
    "event: queue\rdata:  ü\r\r"
    "data: never ended"
).encode()
EVENTS = [
    None,
    Event("queue", "{}", "7"),
    Event("message", "one\ntwo", "7"),
    Event("message", "", "7"),
    Event("queue", " ü", "7"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_are_the_same_in_whatever_pieces_they_come(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert list(events_in(pieces)) == EVENTS


@given(st.binary(max_size=300))
def test_nothing_that_comes_is_a_defect(noise: bytes) -> None:
    for event in events_in([noise[:100], noise[100:]]):
        assert event is None or event.name


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 4096, b"x" * 4096, b"data: x\n" * 500, b"\r" * 4096])
def test_an_event_without_end_is_let_go_of(piece: bytes) -> None:
    endless = (piece for _ in range(2 * MOST // 4096))
    if piece.startswith(b"\r"):
        assert list(events_in(endless)) == []
        return
    with pytest.raises(ValueError, match=r"too (large|long)"):
        list(events_in(endless))
