"""Leases as one rater after the other asks for them: what is given, what comes again, and why there is no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput
from reviewer.ids import canonical_json, new_id, now
from reviewer.session.view import shown_order
from reviewer.store import labels, leases, openings, queues, reading
from reviewer.store.connection import Store
from reviewer.store.drawing import NewRound, open_round
from reviewer.store.queues import QueueRecord
from tests.store.comparing import add_pairs, faults, pairs_queue, set_up, views
from tests.store.filling import add_items, ask, fill, new_item, record
from tests.store.leasing import HOUR, WEEK, Team, filling, moment
from tests.store.test_commit import consistent
from tests.store.test_dealing import Panel, label_columns
from tests.store.test_weaving import source

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    leases.forget()


@pytest.fixture
def team(store: Store) -> Team:
    return Team(store, fill(store, items=4, overlap=2))


def tasks(found: list[leases.LeaseRecord]) -> list[str]:
    return [lease.task for lease in found]


def test_a_lease_tells_all_that_its_task_needs(team: Team) -> None:
    first, second = team.get("ana", 2)
    assert [first.number, second.number] == [1, 2]
    assert (first.rater, first.queue, first.device, first.state) == (team.rater("ana"), team.queue.id, "ana", "open")
    assert first.until is not None
    with team.store.reading() as connection:
        for lease in (first, second):
            assert leases.known(connection, lease.id) == lease
            task = reading.read_task(connection, team.queue.id, team.queue.dataset, lease.position)
            assert task is not None
            assert task.task == lease.task
            assert lease.shown_order == shown_order(team.queue, task, lease.rater, [])
        assert leases.known(connection, "nothing") is None
    assert len(first.id) >= 32
    assert consistent(team.store) == []


def test_what_a_device_holds_is_not_given_again_and_counts_nowhere(team: Team) -> None:
    first = team.get("ana", 2)
    more = team.get("ana", 9, after=2)
    assert sorted(tasks(first + more)) == sorted({*tasks(first), *tasks(more)})
    assert len(first + more) == 4
    assert [lease.number for lease in more] == [3, 4]
    assert team.why("ana", after=4) == "done"


def test_a_label_that_counts_nowhere_leaves_its_task_to_be_leased(store: Store) -> None:
    team = Team(store, fill(store, items=1, overlap=1))
    (first,) = team.get("ana")
    team.label(first, exposure="peers")
    (second,) = team.get("bob")
    assert (second.task, team.label(second)) == (first.task, False)
    assert team.why("cem") == "done"


def test_an_answer_that_was_cut_off_comes_again(team: Team) -> None:
    lost = team.get("ana", 2)
    again = team.get("ana", 3)
    assert again[:2] == lost
    assert len(again) == 3
    assert again[2].number == 3
    (one,) = team.get("ana", 1, after=1)
    assert one == again[1]
    team.label(again[1])
    assert tasks(team.get("ana", 3, after=0)) == [again[0].task, again[2].task, *tasks(team.get("ana", 3, after=3))]


def test_a_task_goes_to_as_many_as_its_overlap_asks_for(team: Team) -> None:
    for name in ("ana", "bob"):
        assert len(team.get(name, 9)) == 4
    granted = team.ask("cem")
    assert granted.leases == []
    assert granted.why is not None
    assert granted.why.code == "leased"
    assert granted.why.until == team.ask("ana", 0).until
    for lease in team.get("ana", 9):
        assert not team.label(lease)
    assert team.why("cem") == "leased"
    for lease in team.get("bob", 9):
        assert not team.label(lease)
    assert team.why("cem") == "done"
    assert consistent(team.store) == []


def test_without_an_overlap_everybody_gets_everything(store: Store) -> None:
    team = Team(store, fill(store, items=3))
    for name in ("ana", "bob", "cem"):
        assert len(team.get(name, 9)) == 3
        assert team.why(name, after=3) == "done"


def test_a_skip_opens_the_task_to_others_and_not_to_the_same_rater(team: Team) -> None:
    mine = team.get("ana", 9)
    team.get("bob", 9)
    assert team.why("cem") == "leased"
    team.label(mine[0], "skipped")
    assert tasks(team.get("cem", 9)) == [mine[0].task]
    assert team.why("ana", after=9) == "done"


def test_a_label_that_becomes_a_skip_opens_a_task_that_was_filled(team: Team) -> None:
    mine = team.get("ana", 9)
    for lease in (*mine, *team.get("bob", 9)):
        team.label(lease)
    assert team.why("cem") == "done"
    team.label(mine[1], "abstained")
    assert tasks(team.get("cem", 9)) == [mine[1].task]


def test_a_lease_that_ran_out_is_given_to_others_and_a_late_label_finds_it(store: Store) -> None:
    team = Team(store, fill(store, items=1, overlap=1))
    (old,) = team.get("ana", seconds=HOUR)
    assert team.why("bob") == "leased"
    (new,) = team.get("bob", at=moment(2))
    assert (new.task, new.rater) == (old.task, team.rater("bob"))
    assert team.why("ana", after=1, at=moment(2)) == "leased"
    with store.reading() as connection:
        assert leases.known(connection, old.id) == old
    assert not team.label(old)
    assert team.label(new)
    assert consistent(store) == []


def test_who_asks_again_gets_the_same_lease_with_a_new_number_and_end(store: Store) -> None:
    team = Team(store, fill(store, items=2, overlap=1))
    old = team.get("ana", 2, seconds=HOUR)
    later = moment(2)
    again = team.get("ana", 2, after=2, at=later, seconds=HOUR)
    assert [(lease.id, lease.seq, lease.shown_order) for lease in again] == [
        (lease.id, lease.seq, lease.shown_order) for lease in sorted(old, key=lambda lease: lease.seq)
    ]
    assert [lease.number for lease in again] == [3, 4]
    assert all(lease.until is not None and lease.until > later for lease in again)


def test_what_others_filled_meanwhile_does_not_come_again_until_it_is_free(store: Store) -> None:
    team = Team(store, fill(store, items=2, overlap=1))
    team.get("ana", 2, seconds=HOUR)
    bobs = team.get("bob", 2, at=moment(2))
    for lease in bobs:
        team.label(lease)
    assert team.why("ana", after=2, at=moment(3)) == "done"
    team.label(bobs[0], "skipped")
    for _ in range(2):
        (again,) = team.get("ana", 2, after=2, at=moment(4))
        assert again.task == bobs[0].task


def test_leases_are_renewed_before_anything_is_counted(store: Store) -> None:
    team = Team(store, fill(store, items=1, overlap=1))
    team.get("ana", seconds=HOUR)
    first = team.ask("ana", 0, seconds=HOUR).until
    renewed = team.ask("ana", 0, at=moment(0.5), seconds=HOUR).until
    assert first is not None
    assert renewed is not None
    assert renewed > first
    assert team.why("bob", at=moment(1.2)) == "leased"
    assert team.get("bob", at=moment(1.6))


def test_a_lease_on_another_device_stands_in_the_way_until_it_is_taken_over(store: Store) -> None:
    team = Team(store, fill(store, items=3, overlap=1))
    old = team.get("ana", 2, device="laptop")
    (third,) = team.get("ana", 2, device="desk")
    assert (third.number, third.task in tasks(old)) == (1, False)
    assert team.why("ana", device="desk", after=1) == "leased"
    taken = team.get("ana", 9, device="desk", after=1, take_over=True)
    assert sorted(lease.id for lease in taken) == sorted(lease.id for lease in old)
    assert [lease.number for lease in taken] == [2, 3]
    assert {(what, lease) for lease, what, _ in team.changes("ana", device="laptop")} >= {
        ("taken_over", lease.id) for lease in old
    }
    assert team.changes("ana", device="desk") == set()
    assert team.why("ana", device="laptop", after=2) == "leased"
    team.label(taken[0])
    assert team.give_back("ana", device="desk") == 2
    back = team.get("ana", 9, device="laptop", after=2)
    assert sorted(lease.id for lease in back) == sorted(lease.id for lease in (taken[1], third))
    assert [lease.number for lease in back] == [3, 4]


def test_what_ran_out_on_another_device_needs_no_taking_over(store: Store) -> None:
    team = Team(store, fill(store, items=1, overlap=1))
    (old,) = team.get("ana", device="laptop", seconds=HOUR)
    (new,) = team.get("ana", device="desk", at=moment(2))
    assert (new.id, new.device, new.number) == (old.id, "desk", 1)


def test_what_is_given_back_goes_to_others(team: Team) -> None:
    mine = team.get("ana", 9)
    team.get("bob", 9)
    assert team.why("cem") == "leased"
    assert team.give_back("ana", mine[2], device="elsewhere") == 0
    assert team.give_back("ana", mine[2]) == 1
    assert team.give_back("ana", mine[2]) == 0
    assert tasks(team.get("cem", 9)) == [mine[2].task]
    assert team.why("dan") == "leased"
    team.label(mine[0])
    assert team.give_back("ana") == 2
    assert sorted(tasks(team.get("dan", 9))) == sorted([mine[1].task, mine[3].task])
    assert team.why("ana", after=4) == "leased"


def test_what_one_process_knows_another_need_not(team: Team) -> None:
    """As if every call were answered by a process of its own, and by one that has known the queue for long."""
    known = None
    for name in ("ana", "bob", "cem", "dan"):
        for step in range(3):
            if step == 1:
                known = openings._known.copy()
                leases.forget()
            found = team.get(name, 2, after=9)
            if found and step == 1:
                team.label(found[0], "skipped")
            if step == 1 and known is not None:
                openings._known.update(known)
    with team.store.reading() as connection:
        assert all(len(who) <= 2 for who in filling(connection, team.queue.id, now()).values())
    for name in ("eve", "fay", "gil", "hal"):
        for lease in team.get(name, 9):
            team.label(lease)
    for name in ("ana", "bob", "cem", "dan"):
        for lease in team.get(name, 9):
            team.label(lease)
    assert {len(who) for who in team.primary().values()} == {2}
    assert len(team.primary()) == 4


def test_sent_back_tasks_come_first_however_many_have_done_them(team: Team) -> None:
    mine = team.get("ana", 2)
    for lease in (*mine, *team.get("bob", 4)):
        team.label(lease)
    send_back(team, mine[1].task, "Look at the second page.")
    first, second = team.get("ana", 2, after=9)
    assert (first.id, first.state, first.shown_order) == (mine[1].id, "sent_back", mine[1].shown_order)
    assert second.state == "open"
    assert team.changes("ana") == {(mine[1].id, "sent_back", "Look at the second page.")}
    team.label(first, phase="rework")
    assert team.changes("ana") == set()
    assert [lease.task for lease in team.get("bob", 9)] == [mine[1].task]


def send_back(team: Team, task: str, reason: str) -> None:
    rater = team.rater("judge")

    def job(driver: Any) -> None:
        (rubric, _), *_ = queues.rubrics_of(driver, team.queue.id)
        columns = label_columns(team.queue.id, task, rubric, "sent_back", []) | {
            "rater": rater,
            "phase": "adjudication",
            "rationale": orjson.dumps({"label": {"text": reason}}).decode(),
        }
        labels.commit(driver, labels.NewLabel(columns, 0, "s", flagged=False), stream=team.store.device)

    team.store.transact(job)


def test_recalled_tasks_are_never_leased(team: Team) -> None:
    mine = team.get("ana", 2)
    changed = [replace(new_item(number), content_hash=new_id()) for number in range(4)]
    add_items(team.store, team.queue, changed, revise=True)
    with team.store.reading() as connection:
        recalled = {task for (task,) in ask(connection, "SELECT id FROM task WHERE state = 'recalled'")}
    assert len(recalled) == 4
    assert not set(tasks(team.get("ana", 9))) & recalled
    assert not set(tasks(team.get("bob", 9))) & recalled
    assert team.changes("ana") == {(lease.id, "recalled", "") for lease in mine}
    team.give_back("ana")
    assert not set(tasks(team.get("ana", 9))) & recalled
    assert team.why("ana", after=99) == "done"


def test_a_conflict_is_told_to_both_devices(team: Team) -> None:
    (lease,) = team.get("ana")
    team.label(lease)
    with team.store.writing() as connection:
        ask(connection, "UPDATE label_head SET conflict = ?", canonical_json(["another"]).decode())
    for device in ("laptop", "desk"):
        assert team.changes("ana", device=device) == {(lease.id, "conflict", "")}


def test_a_closed_queue_gives_nothing_out_and_a_reopened_one_does(team: Team) -> None:
    (lease,) = team.get("ana")
    to_state(team.store, team.queue, "closed")
    granted = team.ask("ana")
    assert (granted.leases, granted.until) == ([], lease.until)
    assert granted.why is not None
    assert granted.why.code == "closed"
    to_state(team.store, team.queue, "open")
    assert team.get("ana") == [lease]


def to_state(store: Store, queue: QueueRecord, state: str) -> None:
    with store.writing() as connection:
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.changed", state=state)


def test_an_overlap_that_is_raised_opens_what_was_filled(team: Team) -> None:
    for name in ("ana", "bob"):
        for lease in team.get(name, 9):
            team.label(lease)
    assert team.why("cem") == "done"
    team.queue = set_up(team.store, team.queue, overlap=3)
    assert len(team.get("cem", 9)) == 4
    team.queue = set_up(team.store, team.queue, overlap=0)
    assert len(team.get("dan", 9)) == 4


def test_what_is_imported_later_is_leased_too(team: Team) -> None:
    assert len(team.get("ana", 9)) == 4
    assert team.why("ana", after=4) == "done"
    add_items(team.store, team.queue, [new_item(number) for number in range(10, 13)])
    assert len(team.get("ana", 9, after=4)) == 3


def test_an_empty_queue_says_so(store: Store) -> None:
    team = Team(store, fill(store, items=0))
    assert team.why("ana") == "done"


def test_who_has_no_certificate_is_told(store: Store) -> None:
    team = Team(store, fill(store, items=1, certificate=True))
    asked: list[str] = []

    def certificate(_driver: Any, _queue: QueueRecord, name: str) -> None:
        asked.append(name)
        if name == "ana":
            raise BadInput("ana has none.", mend="Take part in a round.")

    granted = team.ask("ana", certificate=certificate)
    assert granted.why is not None
    assert (granted.why.code, granted.why.what) == ("certificate", "ana has none. Take part in a round.")
    assert team.get("bob", certificate=certificate)
    assert asked == ["ana", "bob"]


def test_a_round_is_for_its_members_until_it_is_locked(team: Team) -> None:
    with team.store.writing() as connection:
        for name in ("ana", "bob"):
            team.raters[name] = queues.ensure_rater(connection, name)
        drawn = [task for (task,) in ask(connection, "SELECT id FROM task ORDER BY id LIMIT 2")]
        said = NewRound("kyc-round-1", ("ana", "bob"), {})
        open_round(connection, team.queue, said, drawn, stream=team.store.device, actor=team.raters["ana"])
    batch = Team(team.store, record(team.store, "kyc-round-1"), team.raters)
    assert batch.why("cem") == "closed"
    for name in ("ana", "bob"):
        assert len(batch.get(name, 9)) == 2
    to_state(team.store, batch.queue, "locked")
    assert batch.why("ana") == "locked"
    to_state(team.store, batch.queue, "revealed")
    assert batch.why("ana") == "closed"


# -- queues that are dealt or planned --------------------------------------------------------------------


def test_the_second_view_of_a_comparison_mirrors_the_first(store: Store) -> None:
    team = Team(store, pairs_queue(store, items=4, overlap=2))
    anas = {lease.task: lease.shown_order for lease in team.get("ana", 99)}
    bobs = {lease.task: lease.shown_order for lease in team.get("bob", 99)}
    assert len(anas) == 12
    assert {task: shown[::-1] for task, shown in anas.items()} == bobs
    assert team.why("cem") == "leased"
    assert faults(store) == []


@pytest.mark.parametrize("overlap", [1, 2, 3])
def test_comparisons_are_filled_by_whoever_comes(store: Store, overlap: int) -> None:
    team = Team(store, pairs_queue(store, items=4, overlap=overlap))
    names = ["ana", "bob", "cem", "dan"]
    kept = team.get("ana", 2)
    team.get("bob", 2, seconds=HOUR)
    at = moment(2)
    for _ in range(40):
        for name in names[1:]:
            for lease in team.get(name, 1, at=at):
                team.label(lease)
    assert team.why("cem", at=at) in ("leased", "done" if overlap == 3 else "leased")
    for lease in kept:
        team.label(lease)
    for _ in range(40):
        for name in names:
            for lease in team.get(name, 1, at=at):
                team.label(lease)
    assert Counter(map(len, team.primary().values())) == {overlap: 12}
    assert consistent(store) == []


def test_a_comparison_that_was_given_back_is_offered_to_others(store: Store) -> None:
    team = Team(store, pairs_queue(store, items=2, systems=("alpha", "beta"), overlap=1))
    mine = team.get("ana", 9)
    assert team.why("bob") == "leased"
    team.give_back("ana", mine[0])
    (bobs,) = team.get("bob", 9)
    assert bobs.task == mine[0].task
    assert team.why("ana", after=2) == "leased"
    team.give_back("bob")
    (back,) = team.get("ana", 9, after=2)
    assert (back.id, back.seq, back.shown_order) == (mine[0].id, mine[0].seq, mine[0].shown_order)


def test_hidden_repeats_are_leased_like_any_other_task(store: Store) -> None:
    team = Team(store, fill(store, items=40, overlap=1, repeats=0.2))
    done = []
    while found := team.get("ana"):
        team.label(found[0])
        done.append(found[0])
    repeats = [view for view in views(store, team.queue, "ana") if view.repeat_of]
    assert len(done) == 40 + len(repeats)
    assert 4 <= len(repeats) <= 8
    assert [lease.number for lease in done] == list(range(1, len(done) + 1))
    assert len({len(lease.id) for lease in done}) == 1
    assert team.why("bob") == "done"
    assert consistent(store) == []


def test_gold_is_leased_to_every_rater_and_looks_like_the_others(store: Store) -> None:
    source(store, range(1000, 1010))
    team = Team(store, fill(store, items=40, overlap=1, gold=0.1))
    mine, theirs = team.get("ana", 22), team.get("bob", 22)
    given: list[int] = []
    for name, found in (("ana", mine), ("bob", theirs)):
        assert [lease.number for lease in found] == list(range(1, 23))
        given.append(sum(view.repeat_of is not None for view in views(store, team.queue, name)))
    shared = {lease.task for lease in mine} & {lease.task for lease in theirs}
    for lease in (*mine, *theirs):
        assert not team.label(lease)
    with store.reading() as connection:
        (golds,) = ask(connection, "SELECT count(*) FROM task WHERE gold = 1").fetchone()
    assert set(given) <= {2, 3}
    assert len(shared) == sum(given) - golds
    assert consistent(store) == []


def test_a_planned_queue_gives_out_what_is_planned(store: Store) -> None:
    queue = pairs_queue(store, items=4, overlap=2, settings={"order": "planned", "raters": ["ana", "bob", "cem"]})
    team = Team(store, queue)
    for name in ("ana", "bob", "cem"):
        planned = views(store, queue, name)
        found = team.get(name, 3) + team.get(name, 99, after=3)
        assert [(lease.seq, lease.task, tuple(lease.shown_order)) for lease in found] == [
            (view.seq, view.task, view.shown) for view in planned
        ]
        assert team.why(name, after=99) == "done"
        for lease in found:
            assert not team.label(lease)
    assert team.why("dan") == "closed"
    assert set(map(len, team.primary().values())) == {2}
    add_pairs(store, record(store, "pairs"), range(10, 12), ("alpha", "beta"))
    again = sum(len(team.get(name, 99, after=99)) for name in ("ana", "bob", "cem"))
    assert again == 2 * 2


def test_a_sitting_on_the_server_and_devices_share_a_queue(store: Store) -> None:
    """What a rater was dealt at a terminal of the server, and has not labelled, their device may have."""
    panel = Panel(store, pairs_queue(store, items=2, overlap=2))
    panel.deal("ana")
    panel.deal("ana")
    team = Team(store, panel.queue)
    found = team.get("ana", 99)
    assert [lease.seq for lease in found] == list(range(6))
    bobs = {lease.task for lease in team.get("bob", 99)}
    assert bobs == {lease.task for lease in found}
    assert panel.deal("cem") == "nothing"
    team.give_back("bob")
    assert panel.deal("cem") == "dealt"
    assert faults(store) == []


# -- what a lead sees ------------------------------------------------------------------------------------


def test_a_lead_sees_who_holds_how_much(team: Team) -> None:
    mine = team.get("ana", 3)
    team.get("ana", 1, device="desk")
    team.get("bob", 2, seconds=HOUR)
    team.label(mine[0])
    with team.store.reading() as connection:
        counted = leases.counts(connection, team.queue.id)
        later = leases.counts(connection, team.queue.id, moment=moment(2))
        assert leases.live_count(connection, team.queue.id, team.rater("ana")) == 3
        assert leases.live_count(connection, team.queue.id, team.rater("bob"), moment=moment(2)) == 0
    assert {one.rater: one.count for one in counted} == {team.rater("ana"): 3, team.rater("bob"): 2}
    assert [one.rater for one in later] == [team.rater("ana")]


def test_a_large_pull_comes_in_pages(store: Store) -> None:
    team = Team(store, fill(store, items=700, overlap=2))
    found: list[leases.LeaseRecord] = []
    while page := team.get("ana", 200, after=len(found)):
        found += page
    assert len({lease.task for lease in found}) == 700
    assert [lease.number for lease in found] == list(range(1, 701))
    with store.reading() as connection:
        seqs = [seq for (seq,) in ask(connection, "SELECT seq FROM assignment ORDER BY seq")]
    assert seqs == list(range(700))
    leases.forget()
    assert len(team.get("bob", 500)) == 500
    assert team.ask("ana", 0).until == team.ask("ana", 0, seconds=WEEK - HOUR).until
