"""What a server leases is stored once, in order, and no more of it than the rater may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.errors import BadInput
from reviewer.ids import new_id
from reviewer.session.sitting import Sitting
from reviewer.store import events, queues, remotes
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.sync import wire
from reviewer.sync.pulling import check, store_page
from reviewer.sync.syncing import take
from reviewer.sync.trouble import RemoteTrouble
from tests.store.filling import SCORE, ask, put_rubric, rate, sit
from tests.sync.wired import LATER, QUEUE_ID, RUBRIC_ID, join, leased, pulled, queue, rubric, task

pytestmark = pytest.mark.both_databases


def rows(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in ask(connection, sql, *values)]


def change(store: Store, remote: remotes.RemoteRecord, *changes: wire.Change, of: wire.Queue | None = None) -> Any:
    told = wire.Changes(queue=of or queue(), changes=list(changes), until=LATER)

    def job(driver: Any) -> Any:
        kept = remotes.queue_of(driver, QUEUE_ID)
        assert kept is not None
        return take(driver, remote, kept, told, stream=store.device)

    return store.transact(job)


def mine(**changed: Any) -> wire.Mine:
    said: dict[str, Any] = {
        "id": new_id(),
        "phase": "independent",
        "outcome": "submitted",
        "revision": 1,
        "rubric": RUBRIC_ID,
        "values": {"score": 4},
        "rationale": {},
        "correction": {},
        "device": "elsewhere",
        "committed_at": "2026-11-20T10:00:00.000000Z",
    }
    return wire.Mine.model_validate(said | changed)


def test_a_pulled_queue_is_rated_like_any_other(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2, 3)
    sitting = sit(store, "whoever", "team/kyc")
    try:
        assert sitting.view is not None
        assert sitting.rater == remote.rater
        assert sitting.view.prompt[0].text == "What does note 1 say?"
        assert sitting.view.context[0].title == "Note 1"
        assert sitting.view.reference == "Reference 1."
        assert sitting.view.shown == (("risk", "high"), ("tags", "a, b"))
        assert sitting.view.outputs[0].text == "Answer 1."
        assert sitting.view.name == ""
        assert sitting.view.outputs[0].name == ""
        rate(sitting, 4, 5)
    finally:
        sitting.close()
    assert rows(store, "SELECT remote, state FROM outbox") == [("team", "waiting")] * 2
    stream = rows(store, "SELECT stream, seq FROM event WHERE action = 'label.submitted' ORDER BY seq")
    assert stream == [(remote.stream, 1), (remote.stream, 2)]
    with store.reading() as connection:
        assert remotes.left(connection, QUEUE_ID, remote.rater) == 1
        assert remotes.counts(connection, "team") == {"team/kyc": (2, 0)}
        assert not events.verify(connection).faults


def test_a_page_that_comes_twice_is_stored_once(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    before = rows(store, "SELECT * FROM task ORDER BY position")
    stored, cursor = store_page(store, remote, leased(task(1), task(2), task(3)), 3)
    assert (stored.new, stored.again, stored.more, cursor) == (1, 2, 1, 3)
    assert rows(store, "SELECT * FROM task ORDER BY position")[:2] == before
    assert rows(store, "SELECT size FROM queue") == [(3,)]


def test_a_lease_that_comes_again_under_another_number_keeps_its_place(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    again = task(7, id="lease-00001")
    store_page(store, remote, leased(again, task(8)), 4)
    assert rows(store, "SELECT id, position FROM task ORDER BY position") == [
        ("lease-00001", 0),
        ("lease-00002", 1),
        ("lease-00008", 2),
    ]
    assert rows(store, "SELECT cursor FROM remote_queue") == [(8,)]
    assert rows(store, "SELECT seq FROM assignment ORDER BY seq") == [(0,), (1,), (2,)]


def test_a_walk_sees_what_is_pulled_meanwhile(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        pulled(store, remote, 2, 3)
        assert sitting.walk.refresh()
        assert sitting.walk.size == 3
        rate(sitting, 1, 2, 3)
    finally:
        sitting.close()


@pytest.mark.only_a_file
def test_nothing_off_the_allow_list_is_in_the_stores_bytes(store: Store) -> None:
    remote = join(store)
    secret = {"seed": "TELLTALE-1", "overlap": 77, "system": "TELLTALE-2", "gold": "TELLTALE-3"}
    said = orjson.loads(leased(task(1), task(2)).model_dump_json())
    said["queue"] |= secret
    said["queue"]["settings"] |= secret
    for each in said["tasks"]:
        each.update(secret, content_hash="TELLTALE-4", repeat_of="TELLTALE-5")
        each["outputs"][0].update(secret, content_hash="TELLTALE-6")
    answer = wire.Leased.model_validate_json(orjson.dumps(said))
    store_page(store, remote, answer, 2)
    with store.writing() as connection:
        connection.execute("SELECT 1")
    whole = b"".join(path.read_bytes() for path in store.path.parent.glob("reviewer.db*"))
    assert b"What does note 1 say?" in whole
    assert b"TELLTALE" not in whole


def test_comparisons_keep_the_order_in_which_they_are_to_be_shown(store: Store) -> None:
    remote = join(store)
    outputs = [{"public_id": f"p{n}", "turns": [{"role": "assistant", "text": f"Side {n}"}]} for n in (2, 1)]
    page = leased(task(1, outputs=outputs), of=queue(kind="pairwise", rubrics=[rubric()]))
    store_page(store, remote, page, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        assert [output.public_id for output in sitting.view.outputs] == ["p2", "p1"]
    finally:
        sitting.close()


def test_parts_tool_calls_and_what_a_database_cannot_keep_arrive(store: Store) -> None:
    remote = join(store)
    turns = [
        {"role": "assistant", "kind": "tool_call", "name": "find", "text": "{}"},
        {"role": "tool", "text": "found\x00it"},
        {"role": "assistant", "text": "Done."},
    ]
    outputs = [{"public_id": "aaa", "turns": turns}]
    store_page(store, remote, leased(task(1, outputs=outputs, reference="no\x00thing")), 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        shown = sitting.view.outputs[0].turns
        assert [(turn.role, turn.kind, turn.name) for turn in shown] == [
            ("assistant", "tool_call", "find"),
            ("tool", "", ""),
            ("assistant", "", ""),
        ]
        assert sitting.view.reference == "no\\u0000thing"
    finally:
        sitting.close()


def test_a_revealed_queue_shows_systems_and_keys_of_what_comes_then(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1)
    named = [{"public_id": "zzz", "turns": [{"role": "assistant", "text": "A"}], "name": "model-a 1"}]
    opened = queue(sealed=False)
    store_page(store, remote, leased(task(2, key="case-2", outputs=named), of=opened), 2)
    with store.reading() as connection:
        found = queues.find(connection, "team/kyc")
    assert found is not None
    assert not found.sealed
    sitting = sit(store, "ana", "team/kyc")
    try:
        sitting.go_to(1)
        assert sitting.view is not None
        assert (sitting.view.name, sitting.view.outputs[0].name) == ("case-2", "model-a 1")
    finally:
        sitting.close()


def test_two_items_of_one_key_stand_beside_each_other(store: Store) -> None:
    remote = join(store)
    page = leased(task(1, key="same"), task(2, key="same"), of=queue(sealed=False))
    store_page(store, remote, page, 2)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 1, 2)
    finally:
        sitting.close()


def test_a_rubric_of_the_same_text_that_was_here_before_is_another(store: Store) -> None:
    with store.writing() as connection:
        made = queues.create(connection, "own", stream=store.device, actor="lead")
    own = put_rubric(store, made, SCORE)
    remote = join(store)
    pulled(store, remote, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 3)
    finally:
        sitting.close()
    assert own != RUBRIC_ID
    assert rows(store, "SELECT rubric FROM label") == [(RUBRIC_ID,)]
    pulled(store, remote, 1)


def test_a_new_rubric_and_a_closed_queue_are_heard_of(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    other = {**SCORE, "instructions": "Read it twice."}
    second = rubric(other, new_id())
    heard = change(store, remote, of=queue(state="closed", rubrics=[rubric(), second]))
    assert heard.new_rubric == "score"
    assert [sentence for sentence in heard.news() if "closed" in sentence]
    assert change(store, remote, of=queue(state="closed", rubrics=[rubric(), second])).news() == []
    with pytest.raises(BadInput, match="closed on the server"):
        sit(store, "ana", "team/kyc")
    assert change(store, remote, of=queue(rubrics=[rubric(), second])).news() == ["'team/kyc' is open again."]
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        assert sitting.view.rubric_id == second.id
    finally:
        sitting.close()


def test_a_recalled_task_leaves_the_order_and_comes_back(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    recalled = wire.Change(task="lease-00001", what="recalled", reason="its source is wrong")
    heard = change(store, remote, recalled)
    assert heard.news() == [
        "'team/kyc': item 1 was recalled: its source is wrong. Nothing more is asked of you there; what you labelled "
        "of it is kept."
    ]
    assert change(store, remote, recalled).news() == []
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        assert sitting.view.task == "lease-00002"
    finally:
        sitting.close()
    assert change(store, remote).news() == ["'team/kyc': item 1 is to be labelled again."]
    with store.reading() as connection:
        assert remotes.left(connection, QUEUE_ID, remote.rater) == 2
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 1, 2)
    finally:
        sitting.close()


def test_a_task_that_was_given_back_and_leased_again_is_asked_again(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 1)
    finally:
        sitting.close()
    change(store, remote, wire.Change(task="lease-00002", what="taken_over"))
    # Somebody comes by, and is led past it.
    sit(store, "ana", "team/kyc").close()
    stored, _ = store_page(store, remote, leased(task(3, id="lease-00002")), 1)
    assert (stored.new, stored.again, stored.more) == (0, 1, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        assert sitting.view.task == "lease-00002"
        assert sitting.state == "open"
    finally:
        sitting.close()


def test_a_task_that_is_sent_back_is_asked_again_with_the_reason(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 1, 2)
    finally:
        sitting.close()
    back = wire.Change(task="lease-00001", what="sent_back", reason="look at the date")
    # What waits to be sent is newer than what the server speaks of.
    assert change(store, remote, back).news() == []
    sent(store)
    assert change(store, remote, back).news() == ["'team/kyc': item 1 was sent back: look at the date"]
    assert change(store, remote, back).news() == []
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.view is not None
        assert sitting.view.task == "lease-00001"
        assert sitting.phase == "rework"
        assert "look at the date" in sitting.notice
    finally:
        sitting.close()
    change(store, remote)
    assert rows(store, "SELECT state FROM assignment") == [("submitted",)] * 2


@pytest.fixture(autouse=True)
def everything_is_sound_after(store: Store) -> Iterator[None]:
    """Whatever came from the server, `doctor` finds nothing to complain of."""
    yield
    assert [finding for finding in examine(store) if finding.status == "fail"] == []


def sent(store: Store) -> None:
    with store.writing() as connection:
        ask(connection, "UPDATE outbox SET state = 'sent'")


def test_a_label_of_another_device_stands_beside_ours_until_it_is_settled(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 2)
    finally:
        sitting.close()
    sent(store)
    ((ours,),) = rows(store, "SELECT id FROM label")
    other = mine()
    ours_as_told = mine(id=ours, device=store.device, values={"score": 2})
    conflict = wire.Change(task="lease-00001", what="conflict", labels=[ours_as_told, other])
    assert change(store, remote, conflict).news() == [
        "'team/kyc': item 1 was labelled on two devices. Both labels are kept; the one that the server received first "
        "counts, until you submit it again: that settles it."
    ]
    assert change(store, remote, conflict).news() == []
    with store.reading() as connection:
        (found,) = remotes.conflicts(connection, QUEUE_ID, remote.rater)
        assert sorted(found.labels) == sorted([ours, other.id])
        assert not events.verify(connection).faults
    sitting = sit(store, "ana", "team/kyc")
    try:
        sitting.go_to(0)
        sitting.work.values["score"] = 3
        sitting.touch()
        sitting.submit()
        sitting.drain(10)
    finally:
        sitting.close()
    ((supersedes,),) = rows(store, "SELECT supersedes FROM label WHERE id NOT IN (?, ?)", ours, other.id)
    assert sorted(orjson.loads(supersedes)) == sorted([ours, other.id])
    with store.reading() as connection:
        assert remotes.conflicts(connection, QUEUE_ID, remote.rater) == []


def test_a_conflict_that_was_settled_elsewhere_is_none(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 2)
    finally:
        sitting.close()
    sent(store)
    change(store, remote, wire.Change(task="lease-00001", what="conflict", labels=[mine()]))
    change(store, remote)
    with store.reading() as connection:
        assert remotes.conflicts(connection, QUEUE_ID, remote.rater) == []


def test_an_earlier_label_of_ours_comes_with_its_task(store: Store) -> None:
    remote = join(store)
    back = task(1, mine=[mine().model_dump()], sent_back="too kind")
    store_page(store, remote, leased(back), 1)
    sitting = sit(store, "ana", "team/kyc")
    try:
        assert sitting.phase == "rework"
        assert sitting.work.values == {"score": 4}
        assert "too kind" in sitting.notice
        rate(sitting, 2)
    finally:
        sitting.close()
    assert rows(store, "SELECT count(*) FROM outbox") == [(1,)]
    with store.reading() as connection:
        assert not events.verify(connection).faults


def test_what_contradicts_itself_is_refused_whole(store: Store) -> None:
    remote = join(store)
    twice = [{"public_id": "a", "turns": [{"role": "assistant", "text": "x"}]}] * 2
    with pytest.raises(RemoteTrouble, match="contradicts itself"):
        check(leased(task(1, outputs=twice), of=queue(kind="pairwise")), QUEUE_ID)
    with pytest.raises(RemoteTrouble, match="another queue"):
        check(leased(), new_id())
    with pytest.raises(BadInput, match="rubric that it did not send"):
        store_page(store, remote, leased(task(1), task(2, rubric=new_id())), 2)
    broken = rubric().model_copy(update={"id": new_id(), "document": {"name": "x", "criteria": [{"type": "odd"}]}})
    with pytest.raises(RemoteTrouble, match="can read"):
        store_page(store, remote, leased(task(1), of=queue(rubrics=[broken])), 1)
    assert rows(store, "SELECT count(*) FROM task") == [(0,)]


def test_no_server_gets_at_a_queue_of_this_device(store: Store) -> None:
    with store.writing() as connection:
        own = queues.create(connection, "own", stream=store.device, actor="lead")
    remote = join(store)
    with pytest.raises(BadInput, match="none of the server"):
        store_page(store, remote, leased(task(1), of=queue(id=own.id)), 1)
    pulled(store, remote, 1)
    second = join(store, "rival", rater=new_id())
    with pytest.raises(BadInput, match="none of the server"):
        store_page(store, second, leased(task(2)), 1)
    with pytest.raises(BadInput, match="another one here"):
        store_page(store, second, leased(task(1), of=queue(id=new_id())), 1)


def test_a_remote_that_is_removed_and_added_again_goes_on(store: Store) -> None:
    remote = join(store)
    pulled(store, remote, 1, 2)
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, 5)
    finally:
        sitting.close()
    with store.writing() as connection:
        remotes.remove(connection, "team", stream=store.device)
    with pytest.raises(BadInput, match="works for no more"):
        Sitting.open(store, "team/kyc", "ana")
    store.transact(lambda driver: remotes.put(driver, remote, stream=store.device))
    pulled(store, remote, 3)
    with store.reading() as connection:
        assert remotes.counts(connection, "team") == {"team/kyc": (1, 0)}
        assert remotes.left(connection, QUEUE_ID, remote.rater) == 2


def test_a_queue_of_a_server_is_changed_by_nobody_here(store: Store, tmp_path: Path) -> None:
    del tmp_path
    remote = join(store)
    pulled(store, remote, 1)
    with store.reading() as connection:
        found = queues.find(connection, "team/kyc")
        assert found is not None
        with pytest.raises(BadInput, match="belongs to the server 'team'"):
            remotes.refuse_remote(connection, found)
