"""Many at once on one PostgreSQL in what panels do: decisions, consensus, gold, and rounds that move on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from reviewer.ids import new_id, now
from reviewer.session import rounds
from reviewer.session.approving import find_consensus
from reviewer.session.starting import Plan, start
from reviewer.store import events, labels
from reviewer.store.dealing import Dealer
from reviewer.store.golden import GoldenValue
from reviewer.store.label_intake import GivenLabel, GivenRater, LabelIntake
from reviewer.store.postgres import PostgresStore
from reviewer.store.queues import QueueRecord
from reviewer.store.troubles import StoreTrouble
from tests.databases import Databases
from tests.store.filling import fill, record
from tests.store.test_commit import consistent, label, rater_of
from tests.store.test_together import committing, together
from tests.store.test_weaving import source

SCALE = "a scale"
OUTCOMES = ("submitted", "sent_back", "submitted", "skipped")


@pytest.fixture
def store(databases: Databases) -> Iterator[PostgresStore]:
    with databases.in_use():
        yield databases.fresh()


def test_decisions_of_one_item_stand_in_one_line(store: PostgresStore) -> None:
    queue = fill(store, items=3, shuffle=False)
    raters = [rater_of(store, name) for name in ("ana", "bob")]
    for rater in raters:
        committing(store, queue, rater, [0, 1, 2])
    other = fill(store, queue="other", items=3, shuffle=False)
    judges = [(rater_of(store, f"judge {number}"), (queue, other)[number % 2]) for number in range(4)]

    def decide(judge: str, queue: QueueRecord) -> None:
        for number in range(12):
            outcome = OUTCOMES[number % len(OUTCOMES)]
            new = label(store, queue, judge, number % 3, phase="adjudication", exposure="peers", outcome=outcome)
            decided = (GoldenValue("score", SCALE, 3),) if outcome == "submitted" else ()
            new = labels.NewLabel(new.columns, 0, new.sitting, False, decided)
            store.transact(lambda driver, new=new: labels.commit(driver, new, stream=store.device))  # type: ignore[misc]

    def bring() -> None:
        for seq in (0, 1, 2):
            given = decision(label(store, queue, "", seq, phase="adjudication").columns, seq)
            intake = LabelIntake(queue, stream=store.device, actor="server")
            store.transact(lambda driver, intake=intake, given=given: intake.take(driver, [given]))  # type: ignore[misc]

    def rate(rater: str) -> None:
        committing(store, queue, rater, Random(rater).sample(range(3), 3) * 2)

    together(
        *(lambda judge=judge: decide(*judge) for judge in judges), bring, *(lambda one=one: rate(one) for one in raters)
    )
    with store.reading() as connection:
        came_over = connection.execute("SELECT supersedes FROM golden WHERE supersedes IS NOT NULL").fetchall()
        heads = connection.execute(
            "SELECT item, count(*) FROM golden g WHERE NOT EXISTS (SELECT 1 FROM golden l WHERE l.supersedes = g.id)"
            " GROUP BY item"
        ).fetchall()
        assert events.verify(connection).faults == []
    assert max(Counter(came_over).values()) == 1
    assert [count for _, count in heads] == [1, 1, 1]
    assert consistent(store) == []


def decision(columns: dict[str, Any], position: int) -> GivenLabel:
    del columns["rater"]
    columns |= {"id": new_id(), "revision": None, "supersedes": None, "surplus": None}
    return GivenLabel(columns, GivenRater("elsewhere"), position, (GoldenValue("score", SCALE, 4),))


def test_consensus_is_approved_while_others_decide(store: PostgresStore) -> None:
    queue = fill(store, items=6, shuffle=False)
    for name in ("ana", "bob", "cleo"):
        committing(store, queue, rater_of(store, name), range(6))
    judge = rater_of(store, "judge")

    def decide() -> None:
        for seq in (5, 4, 3, 2, 1, 0):
            new = label(store, queue, judge, seq, phase="adjudication", exposure="peers")
            new = labels.NewLabel(new.columns, 0, new.sitting, False, (GoldenValue("score", SCALE, 3),))
            store.transact(lambda driver, new=new: labels.commit(driver, new, stream=store.device))  # type: ignore[misc]

    def approve() -> int:
        return find_consensus(store, "kyc", "majority", actor="lead", approve="lead").golden

    *approved, _ = together(approve, approve, decide)
    with store.reading() as connection:
        assert events.verify(connection).faults == []
        many = connection.execute("SELECT count(*) FROM golden WHERE scale_hash != %s", (SCALE,)).fetchone()
    assert (sum(approved), many) == (6, (6,))


def test_a_round_is_locked_by_one_and_no_label_comes_after(store: PostgresStore) -> None:
    fill(store, items=20, shuffle=False)
    name = start(store, "kyc", Plan(members=("ana", "ben"), items=20), "lead").card.name
    batch = record(store, name)
    members = [rater_of(store, name) for name in ("ana", "ben")]

    def work(rater: str) -> int:
        done = 0
        for seq in range(20):
            new = label(store, batch, rater, seq, committed_at=now())
            try:
                store.transact(lambda driver, new=new: labels.commit(driver, new, stream=store.device))  # type: ignore[misc]
            except StoreTrouble:
                break
            done += 1
        return done

    def reveal() -> int:
        rounds.reveal(store, name, "lead", incomplete=True)
        return 0

    done = sum(together(*(lambda one=one: work(one) for one in members), reveal))
    with store.reading() as connection:
        order = [event["action"] for event in events.events(connection)]
        assert events.verify(connection).faults == []
        shown = connection.execute("SELECT count(*) FROM exposure").fetchone()
    assert "label.submitted" not in order[order.index("round.locked") :]
    assert order.count("label.submitted") == done
    assert shown == (40,)


def test_gold_is_woven_once_and_given_to_a_rater_once(store: PostgresStore) -> None:
    source(store, range(1000, 1012))
    queues_ = [fill(store, queue=name, items=30, gold=0.3) for name in ("one", "two")]
    names = ["ana", "ana", "bob"]
    raters = {name: rater_of(store, name) for name in names}
    with store.writing() as connection:
        for queue in queues_:
            for rater in raters.values():
                labels.ensure_progress(connection, queue.id, rater, now())

    def deal(queue: str, name: str) -> None:
        dealer = Dealer(record(store, queue), raters[name])
        for _ in range(18):
            store.transact(dealer.deal)

    together(*(lambda queue=queue, name=name: deal(queue.name, name) for queue in queues_ for name in names))
    with store.reading() as connection:
        woven = connection.execute(
            "SELECT queue, item, count(*) FROM task WHERE gold = 1 GROUP BY queue, item"
        ).fetchall()
        given = connection.execute(
            "SELECT rater, item, count(*) FROM assignment JOIN task ON task = task.id WHERE gold = 1"
            " GROUP BY rater, item"
        ).fetchall()
    assert woven
    assert {count for *_, count in woven} == {1}
    assert {count for *_, count in given} == {1}
    assert consistent(store) == []
