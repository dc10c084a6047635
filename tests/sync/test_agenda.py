"""When the background does what: it sends soon, asks now and then, and waits ever longer for a server that is gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer.sync.agenda import APART, EVERY, FIRST_PAUSE, GATHER, LONGEST_PAUSE, Agenda, Task

SYNC, PUSH = Task("sync"), Task("push")


def begun() -> Agenda:
    """An agenda whose first sync was at moment 0."""
    agenda = Agenda()
    assert agenda.take(0.0) == (SYNC, 0.0)
    agenda.done()
    return agenda


def test_labels_are_gathered_and_sent_once() -> None:
    agenda = begun()
    assert agenda.take(1.0) == (None, EVERY - 1.0)
    agenda.wake(10.0)
    agenda.wake(10.5)
    assert agenda.take(10.5) == (None, GATHER - 0.5)
    assert agenda.take(10.0 + GATHER) == (PUSH, 0.0)
    agenda.done()
    assert agenda.take(20.0)[0] is None


def test_a_label_that_is_saved_while_others_are_sent_is_sent_after_them() -> None:
    agenda = begun()
    agenda.wake(10.0)
    assert agenda.take(12.0)[0] == PUSH
    agenda.wake(12.1)
    agenda.done()
    assert agenda.take(12.2)[0] is None
    assert agenda.take(12.1 + GATHER)[0] == PUSH


def test_news_are_asked_for_now_and_then() -> None:
    agenda = begun()
    assert agenda.take(EVERY - 0.1)[0] is None
    assert agenda.take(EVERY)[0] == SYNC
    agenda.done()
    assert agenda.take(EVERY + 1)[0] is None


def test_items_are_fetched_by_the_number_that_was_asked_for_last() -> None:
    agenda = begun()
    agenda.pull("lab/a", 50)
    agenda.pull("lab/b", 0)
    agenda.pull("lab/a", 20)
    agenda.pull("lab/a", 0)
    assert agenda.take(1.0)[0] == Task("pull", "lab/a", 20)
    assert agenda.take(1.0)[0] == Task("pull", "lab/b")
    assert agenda.take(1.0)[0] is None


def test_out_of_reach_all_waits_until_somebody_asks() -> None:
    agenda = begun()
    agenda.pull("lab/a", 50)
    task, _ = agenda.take(1.0)
    assert task is not None
    agenda.failed(task, 1.0, 1.0)
    agenda.wake(1.5)
    assert agenda.take(1.0 + FIRST_PAUSE - 0.1)[0] is None
    agenda.at_once(1.6)
    assert agenda.take(1.6)[0] == Task("sync", asked=True)
    agenda.done()
    assert agenda.take(1.7)[0] == Task("pull", "lab/a", 50)


def test_what_is_asked_for_while_a_request_hangs_is_done_as_soon_as_it_fails() -> None:
    agenda = begun()
    agenda.wake(1.0)
    task, _ = agenda.take(3.0)
    assert task == PUSH
    agenda.at_once(10.0)
    agenda.failed(task, 30.0, 1.0)
    assert agenda.take(30.0)[0] == Task("sync", asked=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_pauses_grow_up_to_a_limit_and_never_vanish(lucks: list[float]) -> None:
    agenda, moment = Agenda(), 0.0
    for number, luck in enumerate(lucks):
        task, pause = agenda.take(moment)
        assert task is not None
        assert pause == 0.0
        agenda.failed(task, moment, luck)
        nothing, pause = agenda.take(moment)
        assert nothing is None
        full = min(LONGEST_PAUSE, FIRST_PAUSE * 2**number)
        assert full / 2 <= pause * 1.000001
        assert pause <= full * 1.000001
        moment = agenda.again_at
    task, _ = agenda.take(moment)
    assert task == SYNC
    agenda.done()
    assert agenda.take(moment)[0] is None


def test_what_the_server_tells_is_asked_for_at_once_but_not_again_and_again() -> None:
    agenda = begun()
    agenda.heard(10.0)
    assert agenda.take(10.0)[0] == SYNC
    agenda.done()
    agenda.heard(10.1)
    agenda.heard(10.2)
    assert agenda.take(10.3)[0] is None
    assert agenda.take(10.0 + APART)[0] == SYNC
    agenda.failed(SYNC, 12.0, 1.0)
    assert agenda.take(12.5)[0] is None
    agenda.heard(12.6)  # it is there again
    assert agenda.take(12.6)[0] == SYNC
