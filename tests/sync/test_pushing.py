"""Labels arrive each once with what vouches for them, and what becomes of them is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reviewer.store import events, remotes
from reviewer.store.connection import Store
from reviewer.store.remotes import RemoteRecord
from reviewer.sync.client import Client
from reviewer.sync.pushing import push
from reviewer.sync.trouble import RemoteTrouble
from tests.store.filling import ask, rate, sit
from tests.sync.scripted import Asked, Said, Scripted, serving
from tests.sync.wired import join, pulled

PATH = "/v1/labels"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        scripted.answers[PATH] = taking
        yield scripted


def taking(asked: Asked, **head: Any) -> Any:
    """What a server answers that takes all."""
    said = asked.json
    last = said["events"][-1] if said["events"] else {"seq": 0, "hash": ""}
    answers = [{"id": label["id"], "answer": "accepted"} for label in said["labels"]]
    return {"answers": answers, "head": {"stream": said["stream"], "seq": last["seq"], "hash": last["hash"], **head}}


def rated(store: Store, *scores: int) -> RemoteRecord:
    """A remote, and so many labels that wait for it."""
    remote = join(store)
    pulled(store, remote, *range(1, len(scores) + 1))
    sitting = sit(store, "ana", "team/kyc")
    try:
        rate(sitting, *scores)
    finally:
        sitting.close()
    return remote


def pushed(store: Store, server: Scripted, remote: RemoteRecord, **options: Any) -> Any:
    with Client(server.url, "t", attempts=1) as client:
        return push(store, client, remote, **options)


def states(store: Store) -> list[str]:
    with store.reading() as connection:
        return [row[0] for row in ask(connection, "SELECT state FROM outbox ORDER BY label")]


def now_of(store: Store) -> RemoteRecord:
    with store.reading() as connection:
        found = remotes.find(connection, "team")
    assert found is not None
    return found


def test_labels_go_with_the_events_that_vouch_for_them(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2, 3)
    assert pushed(store, server, remote).sent == 3
    (asked,) = server.asked
    said = asked.json
    assert (said["device"], said["stream"]) == (store.device, remote.stream)
    assert [event["seq"] for event in said["events"]] == [1, 2, 3]
    assert [event["subject"] for event in said["events"]] == [label["id"] for label in said["labels"]]
    for event, label in zip(said["events"], said["labels"], strict=True):
        assert events.label_digest(label | {"received_at": "", "surplus": 0}) == event["digest"]
        assert label["task"].startswith("lease-")
    assert states(store) == ["sent"] * 3
    assert now_of(store).stream_sent == 3
    assert pushed(store, server, remote).sent == 0
    assert len(server.asked) == 1


def test_labels_go_in_batches_in_the_order_of_their_events(store: Store, server: Scripted, monkeypatch: Any) -> None:
    monkeypatch.setattr("reviewer.sync.pushing.BATCH", 2)
    remote = rated(store, 1, 2, 3, 4, 5)
    assert pushed(store, server, remote).sent == 5
    assert [[event["seq"] for event in asked.json["events"]] for asked in server.asked] == [[1, 2], [3, 4], [5]]
    assert [len(asked.json["labels"]) for asked in server.asked] == [2, 2, 1]


def test_an_answer_that_was_lost_is_asked_for_again(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2)
    server.answers[PATH] = Said(b"{", length=900)
    with pytest.raises(RemoteTrouble):
        pushed(store, server, remote)
    assert states(store) == ["waiting"] * 2

    def knowing(asked: Asked) -> Any:
        said = taking(asked)
        return said | {"answers": [each | {"answer": "known"} for each in said["answers"]]}

    server.answers[PATH] = knowing
    done = pushed(store, server, remote)
    assert (done.sent, done.known) == (2, 2)
    assert server.asked[0].json == server.asked[1].json


def test_a_refused_label_is_kept_with_the_reason_and_sent_again_on_request(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2)

    def picky(asked: Asked) -> Any:
        said = taking(asked)
        said["answers"][0] |= {"answer": "refused", "reason": "it is \x1b[31mred.", "mend": "Ask."}
        return said

    server.answers[PATH] = picky
    done = pushed(store, server, remote)
    assert (done.sent, len(done.refused)) == (1, 1)
    with store.reading() as connection:
        (refusal,) = remotes.refusals(connection, "team")
        assert remotes.counts(connection, "team") == {"team/kyc": (0, 1)}
    assert refusal.reason.endswith("Ask.")
    assert "\x1b" not in refusal.reason
    assert pushed(store, server, remote).sent == 0
    server.answers[PATH] = taking
    assert pushed(store, server, remote, refused_too=True).sent == 1
    assert states(store) == ["sent", "sent"]


def test_a_refused_label_that_was_changed_since_is_forgotten_about(store: Store, server: Scripted) -> None:
    remote = rated(store, 1)

    def refusing(asked: Asked) -> Any:
        said = taking(asked)
        return said | {"answers": [each | {"answer": "refused", "reason": "no."} for each in said["answers"]]}

    server.answers[PATH] = refusing
    pushed(store, server, remote)
    server.answers[PATH] = taking
    sitting = sit(store, "ana", "team/kyc")
    try:
        sitting.go_to(0)
        sitting.work.values["score"] = 3
        sitting.touch()
        sitting.submit()
        sitting.drain(10)
    finally:
        sitting.close()
    assert pushed(store, server, remote).sent == 1
    assert states(store) == ["superseded", "sent"]


def test_what_came_beyond_the_overlap_is_surplus_here_too(store: Store, server: Scripted) -> None:
    remote = rated(store, 1)

    def late(asked: Asked) -> Any:
        said = taking(asked)
        return said | {"answers": [each | {"surplus": True} for each in said["answers"]]}

    server.answers[PATH] = late
    assert pushed(store, server, remote).surplus == 1
    with store.reading() as connection:
        assert [row[0] for row in ask(connection, "SELECT surplus FROM label")] == [1]
        assert not events.verify(connection).faults


def test_a_stream_that_the_server_follows_no_more_is_followed_by_another(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2)

    def faulty(asked: Asked) -> Any:
        return taking(asked, fault="the chain forks", seq=0)

    server.answers[PATH] = faulty
    done = pushed(store, server, remote)
    assert (done.sent, done.faults) == (2, ["the chain forks"])
    after = now_of(store)
    assert after.stream != remote.stream
    assert after.stream_sent == 0
    # A stream of which nothing is told yet is not given up for what others before it left behind.
    server.answers[PATH] = taking
    with store.writing() as connection:
        ask(connection, "UPDATE outbox SET state = 'waiting'")
    server.answers[PATH] = faulty
    assert pushed(store, server, after).sent == 2
    assert now_of(store).stream == after.stream


def test_a_server_that_lost_what_it_had_is_told_again(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2)
    pushed(store, server, remote)
    sitting = sit(store, "ana", "team/kyc")
    try:
        sitting.go_to(0)
        sitting.work.values["score"] = 5
        sitting.touch()
        sitting.submit()
        sitting.drain(10)
    finally:
        sitting.close()
    heads = [{"fault": "there is a gap", "seq": 1}]

    def older(asked: Asked) -> Any:
        return taking(asked, **(heads.pop() if heads else {}))

    server.answers[PATH] = older
    # The change, then the label whose event the server has no more.
    assert pushed(store, server, remote).sent == 2
    assert states(store) == ["sent"] * 3


def test_a_store_that_is_an_older_copy_begins_another_stream(store: Store, server: Scripted) -> None:
    remote = rated(store, 1)
    server.answers[PATH] = lambda asked: taking(asked, seq=9)
    pushed(store, server, remote)
    assert now_of(store).stream != remote.stream


def test_a_batch_that_is_too_large_goes_in_parts(store: Store, server: Scripted) -> None:
    remote = rated(store, 1, 2, 3)

    def small(asked: Asked) -> Any:
        return taking(asked) if len(asked.json["labels"]) <= 1 else Said(b"", 413)

    server.answers[PATH] = small
    assert pushed(store, server, remote).sent == 3
    server.answers[PATH] = Said(b"", 413)
    with store.writing() as connection:
        ask(connection, "UPDATE outbox SET state = 'waiting'")
    assert len(pushed(store, server, remote).refused) == 3


def test_a_server_that_answers_to_other_labels_is_not_believed(store: Store, server: Scripted) -> None:
    remote = rated(store, 1)
    server.answers[PATH] = {"answers": [], "head": {"stream": remote.stream, "seq": 1, "hash": ""}}
    with pytest.raises(RemoteTrouble, match="did not answer to 1 of 1"):
        pushed(store, server, remote)
    assert states(store) == ["waiting"]


def test_a_server_that_goes_no_further_with_events_ends_the_push(store: Store, server: Scripted) -> None:
    remote = rated(store, 1)
    server.answers[PATH] = lambda asked: taking(asked, seq=0)
    assert pushed(store, server, remote).sent == 1
    assert now_of(store).stream_sent == 0
    assert len(server.asked) == 2
