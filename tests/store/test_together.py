"""Many at once on one PostgreSQL: what SQLite holds by letting one write at a time, held by rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from reviewer.ids import new_id, now
from reviewer.store import events, holding, labels, passing, queues
from reviewer.store.dealing import Dealer
from reviewer.store.label_intake import GivenLabel, GivenRater, LabelIntake
from reviewer.store.order import RaterOrder
from reviewer.store.postgres import PostgresStore
from reviewer.store.prepared import Connection
from reviewer.store.queues import QueueRecord
from reviewer.store.troubles import StoreTrouble
from tests.databases import Databases
from tests.store.comparing import pairs_queue, views
from tests.store.filling import add_items, fill, new_item, record
from tests.store.test_commit import consistent, label, rater_of

AT_ONCE = 6


@pytest.fixture
def store(databases: Databases) -> Iterator[PostgresStore]:
    with databases.in_use():
        yield databases.fresh()


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """What the jobs return, each run on a thread of its own; the first error of any comes out."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [done.result(60) for done in [pool.submit(job) for job in jobs]]


def committing(store: PostgresStore, queue: QueueRecord, rater: str, seqs: Sequence[int], **said: Any) -> list[bool]:
    """Labels these places one after the other, as a server does; returns which labels were surplus."""

    def one(seq: int) -> labels.Committed:
        new = label(store, queue, rater, seq, **said)
        place = RaterOrder([(0, queue.size)], queue.seed, rater, shuffle=False).seq(seq)
        assert place == seq
        return store.transact(lambda driver: labels.commit(driver, new, stream=store.device))

    return [one(seq).surplus for seq in seqs]


def test_no_task_has_more_primary_labels_than_its_overlap(store: PostgresStore) -> None:
    queue = fill(store, items=20, overlap=2, shuffle=False)
    raters = [rater_of(store, f"rater {number}") for number in range(AT_ONCE)]

    def work(rater: str) -> list[bool]:
        return committing(store, queue, rater, Random(rater).sample(range(20), 20))

    surplus = together(*(lambda rater=rater: work(rater) for rater in raters))
    with store.reading() as connection:
        rows = connection.execute("SELECT task, count(*) FROM label WHERE surplus = 0 GROUP BY task").fetchall()
        seen = events.verify(connection)
    assert Counter(count for _, count in rows) == {2: 20}
    assert sum(map(sum, surplus)) == 20 * (AT_ONCE - 2)
    assert (seen.labels, seen.faults) == (20 * AT_ONCE, [])
    assert consistent(store) == []


def test_two_devices_of_one_rater_leave_one_line_of_revisions(store: PostgresStore) -> None:
    queue = fill(store, items=4, shuffle=False)
    ana = rater_of(store, "ana")
    together(*(lambda: committing(store, queue, ana, [0, 1, 2, 3] * 3) for _ in range(4)))
    with store.reading() as connection:
        rows = connection.execute("SELECT task, revision, supersedes, id FROM label ORDER BY task, revision").fetchall()
        (counted,) = connection.execute("SELECT submitted FROM progress").fetchone()
    assert list(Counter(task for task, *_ in rows).values()) == [12] * 4
    for before, after in pairwise(rows):
        assert after[1] == 1 if before[0] != after[0] else (after[1], after[2]) == (before[1] + 1, f'["{before[3]}"]')
    assert counted == 4
    assert consistent(store) == []


def test_who_gives_back_and_who_passes_over_agree(store: PostgresStore) -> None:
    queue = fill(store, items=12, overlap=1, shuffle=False)
    raters = [rater_of(store, f"rater {number}") for number in range(4)]

    def work(rater: str) -> None:
        for seq in range(12):
            if Random(f"{rater} {seq}").random() < 0.6:
                for outcome in ("submitted", "skipped", "submitted"):
                    committing(store, queue, rater, [seq], outcome=outcome)
            else:
                store.transact(lambda driver, seq=seq: pass_over(driver, queue, rater, seq))  # type: ignore[misc]

    together(*(lambda rater=rater: work(rater) for rater in raters))
    assert consistent(store) == []


def pass_over(driver: Connection, queue: QueueRecord, rater: str, seq: int) -> None:
    labels.ensure_progress(driver, queue.id, rater, now())
    task = driver.execute("SELECT id FROM task WHERE queue = %s AND position = %s", (queue.id, seq)).fetchone()[0]
    passing.pass_over(driver, queue.id, rater, [(seq, task)])


@pytest.mark.parametrize("repeats", [0, 0.3])
def test_places_are_dealt_once_and_without_a_gap(store: PostgresStore, repeats: float) -> None:
    queue = pairs_queue(store, items=8, overlap=2, settings={"repeats": repeats} if repeats else None)
    names = ["ana", "ana", "bob", "bob", "cleo"]  # two of them at two terminals
    raters = {name: rater_of(store, name) for name in names}
    with store.writing() as connection:
        for rater in raters.values():
            labels.ensure_progress(connection, queue.id, rater, now())

    def deal(name: str) -> None:
        dealer = Dealer(record(store, "pairs"), raters[name])
        for _ in range(12):
            store.transact(dealer.deal)

    together(*(lambda name=name: deal(name) for name in names))
    dealt = views(store, queue)
    for name in raters:
        mine = [view for view in dealt if view.rater == name]
        assert [view.seq for view in mine] == list(range(len(mine)))
        assert len({view.task for view in mine}) == len(mine)
    assert consistent(store) == []


def test_raters_label_while_an_import_adds_items(store: PostgresStore) -> None:
    queue = fill(store, items=10, overlap=1, shuffle=False)
    raters = [rater_of(store, f"rater {number}") for number in range(3)]

    def add() -> None:
        for start in (100, 200, 300):
            add_items(store, record(store), [new_item(number) for number in range(start, start + 40)])

    work = [lambda rater=rater: committing(store, queue, rater, range(10)) for rater in raters]
    together(add, *work)
    assert record(store).size == 130
    assert consistent(store) == []


def test_batches_of_labels_from_several_devices(store: PostgresStore) -> None:
    queue = fill(store, items=15, overlap=2, shuffle=False)
    rubric = label(store, queue, "", 0).columns["rubric"]

    def push(name: str) -> int:
        intake = LabelIntake(queue, stream=store.device, actor="server")
        taken = 0
        for start in (0, 5, 10):
            given = [one(store, queue, name, seq, rubric) for seq in Random(name + str(start)).sample(range(15), 5)]
            taken += len(store.transact(lambda driver, given=given: intake.take(driver, given)).labels)  # type: ignore[misc]
        return taken

    counts = together(*(lambda n=n: push(f"rater {n}") for n in range(AT_ONCE)))
    with store.reading() as connection:
        seen = events.verify(connection)
        most = connection.execute("SELECT count(DISTINCT rater) FROM label WHERE surplus = 0 GROUP BY task").fetchall()
    assert (seen.labels, seen.faults) == (sum(counts), [])
    assert max(count for (count,) in most) <= 2
    assert consistent(store) == []


def one(store: PostgresStore, queue: QueueRecord, name: str, seq: int, rubric: str) -> GivenLabel:
    columns = label(store, queue, "", seq).columns
    del columns["rater"]
    columns |= {"id": new_id(), "revision": None, "supersedes": None, "surplus": None, "rubric": rubric}
    return GivenLabel(columns, GivenRater(name), seq)


def test_what_two_add_at_once_is_there_once(store: PostgresStore) -> None:
    def add() -> tuple[str, str]:
        return store.transact(
            lambda driver: (
                queues.ensure_rater(driver, "ana"),
                queues.keep_rubric(driver, {"name": "r"}, content_hash="c", scale_hash="s"),
            )
        )

    assert len(set(together(*([add] * AT_ONCE)))) == 1


def test_two_who_write_are_one_after_the_other(store: PostgresStore) -> None:
    fill(store, items=2)

    def lengthen() -> None:
        for _ in range(5):
            with store.writing() as connection:
                found = record_in(connection)
                longer = found.settings | {"goal": found.settings.get("goal", 0) + 1}
                said = {"stream": store.device, "actor": "lead", "action": "queue.changed"}
                queues.change(connection, found, **said, settings=longer)

    together(*([lengthen] * 4))
    assert record(store).settings["goal"] == 20
    assert consistent(store) == []


def record_in(driver: Connection) -> QueueRecord:
    found = queues.find(driver, "kyc")
    assert found is not None
    return found


def test_who_waits_for_each_other_is_begun_again(store: PostgresStore) -> None:
    queue = fill(store, items=2, shuffle=False)
    raters = [rater_of(store, name) for name in ("ana", "bob")]
    with store.writing() as connection:
        for rater in raters:
            labels.ensure_progress(connection, queue.id, rater, now())
    begun = Counter[str]()

    def cross(name: str, first: str, second: str) -> None:
        def job(driver: Connection) -> None:
            begun[name] += 1
            holding.place(driver, queue.id, first)
            driver.execute("SELECT pg_sleep(0.3)")
            holding.place(driver, queue.id, second)

        store.transact(job)

    together(lambda: cross("one", *raters), lambda: cross("other", *reversed(raters)))
    assert sum(begun.values()) > 2


def test_a_round_that_is_being_locked_takes_no_label_that_is_under_way(store: PostgresStore) -> None:
    queue = fill(store, items=6, shuffle=False)
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration'")
    ana = rater_of(store, "ana")
    committing(store, queue, ana, [0])
    with ThreadPoolExecutor(1) as pool:
        with store.writing() as connection:
            said = {"stream": store.device, "actor": "lead", "action": "round.locked"}
            queues.change(connection, record_in(connection), **said, state="locked")
            under_way = pool.submit(committing, store, queue, ana, [1])
            while not under_way.done() and not somebody_waits(store):
                pass
        with pytest.raises(StoreTrouble, match="the calibration round is locked"):
            under_way.result(60)
    assert consistent(store) == []


def somebody_waits(store: PostgresStore) -> bool:
    with store.reading() as connection:
        return bool(connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0])
