"""Many at once lease and label: every task goes to as many as its overlap asks for, and to nobody beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reviewer.store import leases
from reviewer.store.connection import Store
from reviewer.store.troubles import StoreTrouble
from tests.store.child import run
from tests.store.comparing import pairs_queue
from tests.store.filling import ask, fill
from tests.store.leasing import Team
from tests.store.test_commit import consistent

pytestmark = pytest.mark.both_databases

AT_ONCE = 16


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    leases.forget()


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """What the jobs return, each run on a thread of its own; the first error of any comes out."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [done.result(120) for done in [pool.submit(job) for job in jobs]]


def patiently(job: Callable[[], Any]) -> Any:
    """What the job returns, tried again as a device does where the store was busy for too long: all share one log, and
    sixteen threads two processors."""
    for _ in range(20):
        try:
            return job()
        except StoreTrouble as error:
            if "holds the store" not in error.what:
                raise
    return job()


def work(team: Team, name: str, *, most: int = 3) -> int:
    """Leases and labels until nothing is left for the rater; returns how many labels were theirs.

    Now and then an answer is cut off, something is given back, or skipped.
    """
    chance = Random(name)
    done = after = 0
    patiently(partial(team.rater, name))
    while True:
        granted = patiently(partial(team.ask, name, chance.randint(1, most), after=after))
        if not granted.leases:
            assert granted.why is not None
            if granted.why.code in ("done", "leased"):
                return done
            continue
        if chance.random() < 0.1:
            continue  # the answer never arrived
        after = max(lease.number for lease in granted.leases)
        for lease in granted.leases:
            fate = chance.random()
            if fate < 0.05:
                patiently(partial(team.give_back, name, lease))
            elif fate < 0.08:
                patiently(partial(team.label, lease, "skipped"))
            else:
                assert not patiently(partial(team.label, lease)), "what was leased in time is never surplus"
                done += 1


def finish(team: Team, names: list[str]) -> int:
    """What one after the other is left to do, of what was given back last."""
    return sum(work(team, name) for name in names for _ in range(2))


def check(team: Team, overlap: int, tasks: int, done: int) -> None:
    found = team.primary()
    with team.store.reading() as connection:
        repeats = {task for (task,) in ask(connection, "SELECT id FROM task WHERE repeat_of IS NOT NULL")}
        assert Counter(len(who) for task, who in found.items() if task not in repeats) == {overlap: tasks}
        # One whom a repeat was made for may have skipped it.
        assert all(len(who) == 1 for task, who in found.items() if task in repeats)
        assert done == overlap * tasks + len(found.keys() & repeats)
        assert ask(connection, "SELECT count(*) FROM label WHERE surplus = 1").fetchone() == (0,)
        assert leases.counts(connection, team.queue.id) == []
        numbers = ask(connection, "SELECT device, number FROM lease").fetchall()
    assert len(set(numbers)) == len(numbers)
    assert consistent(team.store) == []


@pytest.mark.parametrize("kind", ["drawn", "turn", "pairs"])
def test_threads_fill_every_task_as_often_as_it_asks_for(store: Store, kind: str) -> None:
    tasks = 120 if kind == "drawn" else 60
    woven: dict[str, Any] = {"repeats": 0.2} if kind == "turn" else {}
    queue = pairs_queue(store, items=20, overlap=2) if kind == "pairs" else fill(store, items=tasks, overlap=2, **woven)
    team = Team(store, queue)
    names = [f"rater {number}" for number in range(AT_ONCE)]
    done = sum(together([partial(work, team, name) for name in names]))
    check(team, 2, tasks, done + finish(team, names))


def test_a_rater_who_asks_from_many_threads_gets_nothing_twice(store: Store) -> None:
    team = Team(store, fill(store, items=60, overlap=1))
    team.rater("ana")
    found = together([partial(pull, team, f"device {device}") for device in range(8)])
    given = [lease for part in found for lease in part]
    assert len({lease.task for lease in given}) == len(given) == 60
    assert len({(lease.device, lease.number) for lease in given}) == 60


def pull(team: Team, device: str) -> list[leases.LeaseRecord]:
    found: list[leases.LeaseRecord] = []
    while page := team.get("ana", 4, device=device, after=len(found)):
        found += page
    assert [lease.number for lease in found] == list(range(1, len(found) + 1))
    return found


CHILD = """
import sys
from functools import partial
from pathlib import Path
from tests.store.filling import record
from tests.store.leasing import Team
from tests.store.test_leases_together import opened, together, work
store = opened(sys.argv[1])
team = Team(store, record(store))
names = sys.argv[2].split(",")
for name in names:
    team.rater(name)
print(sum(together([lambda name=name: work(team, name) for name in names])))
store.close()
"""


def opened(where: str) -> Store:
    """The store at a path or an address."""
    if "://" not in where:
        return Store.open(Path(where))
    from reviewer.store.postgres import open_database

    return open_database(where)


def test_processes_fill_every_task_as_often_as_it_asks_for(store: Store) -> None:
    """Each process remembers what it has seen of the queue, and none knows what another does."""
    tasks = 100
    team = Team(store, fill(store, items=tasks, overlap=2))
    groups = [[f"rater {process} {number}" for number in range(AT_ONCE // 4)] for process in range(4)]
    where = str(getattr(store, "url", "") or store.path)
    said = together([partial(run, CHILD, where, ",".join(group)) for group in groups])
    done = sum(int(one) for one in said)
    check(team, 2, tasks, done + finish(team, [name for group in groups for name in group]))


def test_who_is_told_that_others_hold_the_rest_gets_it_when_it_is_given_back(store: Store) -> None:
    team = Team(store, fill(store, items=4, overlap=1))
    names = ["ana", "bob", "cem", "dan"]
    for name in names:
        team.rater(name)
    found = together([partial(team.ask, name, 4) for name in names])
    assert sum(len(granted.leases) for granted in found) == 4
    for granted in found:
        if len(granted.leases) < 4:
            assert granted.why is not None
            assert granted.why.code in ("leased", "limit")
    for name in names:
        team.give_back(name)
    assert len(team.get("eve", 9)) == 4
