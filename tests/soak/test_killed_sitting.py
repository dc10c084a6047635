"""kill -9 at random moments of a sitting at a real terminal: nothing whose saved mark was shown is ever lost."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from reviewer.store import queues, reading
from reviewer.store.connection import Store
from reviewer.store.order import RaterOrder
from tests.soak.amount import dice, share
from tests.soak.playing import Person, is_open, open_queue, shows
from tests.soak.recount import Said, check_store, label_count, said_on
from tests.store.filling import fill, fresh

RATER, QUEUE = "ana", "kyc"
ROUNDS = 200
_ROUNDS_A_STORE = 50
_ITEMS = 400
_DRAFT_WITHIN = 0.25
_INSIDE_A_COMMIT = 0.008
_RUBRIC: dict[str, Any] = {
    "name": "score",
    "criteria": [{"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 9}],
}


class Killed:
    """One store, and the sittings at it that were killed one after the other."""

    def __init__(self, home: Path) -> None:
        self.store = fresh(home)
        self.home = home
        fill(self.store, queue=QUEUE, items=_ITEMS, rubric=_RUBRIC)
        with open_queue(home, QUEUE, RATER) as terminal:
            terminal.wait_for(is_open, 30)
            terminal.send("Q")
            assert terminal.wait_exit() == 0
        self.tasks = tasks_in_order(self.store)

    def play(self, chance: random.Random, name: str) -> None:
        """One sitting, killed, and all that must hold after it."""
        before, labels = said_on(self.store.path, RATER, QUEUE), label_count(self.store.path)

        def known(place: int) -> Said:
            return before.get(self.tasks[place], Said())

        with open_queue(self.home, QUEUE, RATER) as terminal:
            rows = terminal.wait_for(is_open, 30)
            person = Person(terminal, chance, known, name)
            assert shows(rows, known(person.place)), terminal.text()
            play_somehow(person, chance)
            after = said_on(self.store.path, RATER, QUEUE)
            check_store(self.store.path)
            for place in person.diary.said:
                allowed = person.diary.due(place, _DRAFT_WITHIN)
                assert after.get(self.tasks[place], Said()) in allowed, f"place {place + 1}\n{terminal.text()}"
            assert label_count(self.store.path) - labels >= person.most_saved


def play_somehow(person: Person, chance: random.Random) -> None:
    """A third of the kills comes into a commit, a few into a rush, the others at any time."""
    kind = chance.choices(["any", "commit", "rush"], [5, 3, 1])[0]
    now = time.monotonic()
    if kind == "any":
        person.play_until(now + chance.uniform(0.05, 1.2))
    elif kind == "commit":
        person.play_into_submit(chance.randint(1, 2), chance.uniform(0, _INSIDE_A_COMMIT))
    else:
        person.rush(now + chance.uniform(0.0, 0.4))


def tasks_in_order(store: Store) -> list[str]:
    """The tasks of the queue by their places in the rater's order."""
    with store.reading() as connection:
        queue = queues.find(connection, QUEUE)
        rater = queues.rater_called(connection, RATER)
        assert queue is not None
        assert rater is not None
        order = RaterOrder.load(connection, queue.id, queue.seed, rater, shuffle=True)
        found = [
            reading.read_task(connection, queue.id, queue.dataset, order.position(place)) for place in range(order.size)
        ]
    return [record.task for record in found if record is not None]


def test_kill_at_random_moments_of_a_sitting(tmp_path: Path) -> None:
    killed: Killed | None = None
    for number in range(share(ROUNDS)):
        if killed is None or number % _ROUNDS_A_STORE == 0:
            killed = Killed(tmp_path / f"home-{number}")
        killed.play(dice("sitting", number), f"r{number}")
