from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.session.clock import ActivityClock


class Hands:
    """A clock's hands, moved by the test."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def clock(idle_after: float = 60) -> tuple[ActivityClock, Hands]:
    hands = Hands()
    return ActivityClock(idle_after, hands), hands


def times(clock: ActivityClock) -> tuple[int, int]:
    return clock.active_ms, clock.idle_ms


def test_time_between_keys_is_active() -> None:
    timed, hands = clock()
    for _ in range(3):
        hands.at += 20
        timed.key()
    assert times(timed) == (60_000, 0)


def test_what_goes_on_without_a_key_becomes_idle() -> None:
    timed, hands = clock()
    hands.at += 100
    assert times(timed) == (60_000, 40_000)
    timed.key()
    hands.at += 10
    assert times(timed) == (70_000, 40_000)


def test_time_may_be_asked_for_at_any_moment() -> None:
    timed, hands = clock()
    for _ in range(100):
        hands.at += 1
        assert sum(times(timed)) == round((hands.at - 1000) * 1000)
    assert times(timed) == (60_000, 40_000)


def test_away_from_the_terminal_all_is_idle() -> None:
    timed, hands = clock()
    hands.at += 5
    timed.focus(False)
    hands.at += 30
    timed.focus(True)
    hands.at += 5
    assert times(timed) == (10_000, 30_000)


def test_a_key_shows_that_the_focus_is_back() -> None:
    timed, hands = clock()
    timed.focus(False)
    hands.at += 30
    timed.key()
    hands.at += 5
    assert times(timed) == (5_000, 30_000)


def test_a_pause_counts_as_neither_and_the_next_key_ends_it() -> None:
    timed, hands = clock()
    hands.at += 5
    timed.pause()
    assert timed.paused
    hands.at += 3600
    assert times(timed) == (5_000, 0)
    timed.key()
    assert not timed.paused
    hands.at += 5
    assert times(timed) == (10_000, 0)


def test_an_item_goes_on_where_its_draft_had_left_it() -> None:
    timed, hands = clock()
    hands.at += 5
    timed.restart(7_000, 2_000)
    hands.at += 1
    assert times(timed) == (8_000, 2_000)
    timed.restart()
    assert times(timed) == (0, 0)


events = st.lists(st.tuples(st.floats(0, 200), st.sampled_from(["key", "away", "back", "pause", "ask"])), max_size=30)


@given(events, st.integers(1, 100))
def test_no_time_is_lost_or_counted_twice(happened: list[tuple[float, str]], idle_after: int) -> None:
    timed, hands = clock(idle_after)
    counted, keys = 0.0, 1
    for seconds, what in happened:
        counted += 0 if timed.paused else seconds
        hands.at += seconds
        before = times(timed)
        if what == "key":
            timed.key()
        elif what in ("away", "back"):
            timed.focus(what == "back")
        elif what == "pause":
            timed.pause()
        keys += what in ("key", "back")
        assert times(timed) == before
        assert abs(sum(before) - counted * 1000) <= 2
    assert timed.active_ms <= keys * idle_after * 1000 + 1
