"""kill -9 at random moments of two raters who compare: no place is lost or given twice, and every view is mirrored."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from tests.pty.terminal import Rows, Terminal
from tests.session.test_balance import choose, uneven
from tests.soak.amount import dice, share
from tests.soak.playing import open_queue, place_on, saved_on
from tests.soak.recount import check_store
from tests.store.comparing import pairs_queue, views
from tests.store.filling import fresh, sit

RATERS, QUEUE = ("ana", "ben"), "pairs"
ROUNDS = 60
_ROUNDS_A_STORE = 6
_ITEMS = 24
_TASKS = 3 * _ITEMS
_REPEATS = 0.25
_LONGEST = 1.0
_KEYS = {"answer": 9, "draft": 2, "skip": 1, "undo": 1, "on": 2, "back": 1, "read": 2}


class Hand:
    """One rater at one terminal, whose keys are drawn, until the program is killed at a drawn moment."""

    def __init__(self, terminal: Terminal, chance: random.Random) -> None:
        self.terminal = terminal
        self.moment = time.monotonic() + chance.uniform(0.02, _LONGEST)
        self._chance = chance

    def goes_on(self) -> bool:
        """Presses what comes next, or kills the program and returns False."""
        if time.monotonic() >= self.moment:
            self.terminal.kill()
            return False
        for key in self._keys():
            self.terminal.send(key)
        return True

    def most_saved(self) -> int:
        """The highest count that the saved mark showed, up to the last byte before the kill."""
        self.terminal.wait_exit()
        return max((saved_on(rows) for _, rows in self.terminal.replay() if rows), default=0)

    def _keys(self) -> str:
        act = self._chance.choices(list(_KEYS), list(_KEYS.values()))[0]
        if act in ("answer", "draft"):
            return self._chance.choice("012345") + "\r" * (act == "answer")
        if act == "skip":
            return "s" + self._chance.choice("1234")
        return {"undo": "u", "on": "]", "back": "[", "read": ""}[act]


def is_up(rows: Rows) -> bool:
    """Whether the program stands at an item, or has none left."""
    return place_on(rows) is not None or any("Nothing is left" in row for row in rows)


def play(home: Path, chance: random.Random) -> dict[str, int]:
    """Lets both work at once and kills them, each at a moment of their own; returns what was shown as saved."""
    with ExitStack() as stack:
        terminals = [stack.enter_context(open_queue(home, QUEUE, rater)) for rater in RATERS]
        for terminal in terminals:
            terminal.wait_for(is_up, 30)
        hands = [Hand(terminal, chance) for terminal in terminals]
        at_work = list(hands)
        while at_work:
            at_work = [hand for hand in at_work if hand.goes_on()]
            time.sleep(chance.uniform(0, 0.03))
        return {rater: hand.most_saved() for rater, hand in zip(RATERS, hands, strict=True)}


def labels_of(store: Store) -> Counter[str]:
    """How many labels each rater has, revisions included."""
    with closing(store.connect()) as connection:
        rows = connection.execute("SELECT rater.name FROM label JOIN rater ON rater.id = label.rater").fetchall()
    return Counter(name for (name,) in rows)


def check_places(store: Store, queue: QueueRecord) -> None:
    """Each rater's places follow each other, hold no task twice, and every second view mirrors the first."""
    dealt = views(store, queue)
    for rater in RATERS:
        mine = [view for view in dealt if view.rater == rater]
        assert [view.seq for view in mine] == list(range(len(mine)))
        assert len({view.task for view in mine}) == len(mine)
        repeated = [view.repeat_of for view in mine if view.repeat_of]
        assert len(set(repeated)) == len(repeated)
        assert {view.task for view in mine} >= set(repeated)
    assert max(uneven(store, queue).values(), default=0) <= 1


def finish(store: Store, queue: QueueRecord) -> None:
    """Both go on to their end: each task was shown to each, in both orders, and the repeats have come."""
    for rater in RATERS:
        sitting = sit(store, rater, QUEUE)
        while sitting.view is not None:
            choose(sitting)
        assert sitting.close()
    check_store(store.path)
    check_places(store, queue)
    assert set(uneven(store, queue).values()) == {0}
    for rater in RATERS:
        mine = views(store, queue, rater)
        assert len([view for view in mine if view.repeat_of is None]) == _TASKS
        assert len(mine) <= _TASKS * (1 + _REPEATS)
        assert len(mine) > _TASKS


def test_kill_at_random_moments_of_two_who_compare(tmp_path: Path) -> None:
    for first in range(0, share(ROUNDS), _ROUNDS_A_STORE):
        home = tmp_path / f"home-{first}"
        store = fresh(home)
        queue = pairs_queue(store, items=_ITEMS, settings={"repeats": _REPEATS}, name=QUEUE)
        before: Counter[str] = Counter()
        for number in range(first, min(first + _ROUNDS_A_STORE, share(ROUNDS))):
            saved = play(home, dice("comparing", number))
            check_store(store.path)
            check_places(store, queue)
            after = labels_of(store)
            assert all(after[rater] - before[rater] >= saved[rater] for rater in RATERS), (number, saved)
            before = after
        assert before.total()
        finish(store, queue)
