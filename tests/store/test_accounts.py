"""Who holds a token is known by it, and by nothing that is like it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import digest, now
from reviewer.store import accounts, events, queues
from reviewer.store.accounts import Caller, NewToken, Revoked
from reviewer.store.connection import Store
from reviewer.store.prepared import Connection
from tests.store.filling import ask, fill, fresh

pytestmark = pytest.mark.both_databases

ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


def add(store: Store, name: str, role: str | None = None, **options: Any) -> NewToken:
    given = {"queues": None, "expires_at": None, "stream": store.device, "actor": "lead"} | options

    def job(connection: Connection) -> NewToken:
        return accounts.add(connection, name, role, **given)

    return store.transact(job)


def revoke(store: Store, named: str) -> Revoked:
    def job(connection: Connection) -> Revoked:
        return accounts.revoke(connection, named, stream=store.device, actor="lead")

    return store.transact(job)


def who(store: Store, text: str, moment: str = "") -> Caller | None:
    with store.reading() as connection:
        return accounts.who(connection, text, moment or now())


def told(store: Store) -> list[dict[str, Any]]:
    with store.reading() as connection:
        found = list(events.events(connection))
    return [event for event in found if event["action"].startswith(("user.", "token."))]


def test_a_token_tells_who_holds_it(store: Store) -> None:
    queue = fill(store)
    made = add(store, "ana", "lead", queues=[queue.id], expires_at="2126-11-23T00:00:00.000000Z")
    caller = who(store, made.text)
    assert caller == Caller(made.rater, "ana", "lead", frozenset([queue.id]), made.id, "2126-11-23T00:00:00.000000Z")
    with store.reading() as connection:
        assert queues.rater_called(connection, "ana") == made.rater
    assert (made.known, add(store, "ana").known) == (False, True)


def test_the_store_holds_no_secret(store: Store) -> None:
    made = add(store, "ana")
    secret = made.text.split("_", 2)[2]
    assert secret not in repr(made)
    with store.reading() as connection:
        kept = [ask(connection, f"SELECT * FROM {table}").fetchall() for table in ("token", "account", "event")]
        listed = accounts.every(connection)
    assert made.id in str(kept)
    assert secret not in str(kept)
    (row,) = kept[0]
    assert row[2] not in str(listed)


def test_whoever_is_there_gets_a_further_token_and_keeps_the_role(store: Store) -> None:
    first, second = add(store, "ana", "adjudicator"), add(store, "ana")
    assert first.rater == second.rater
    assert first.text != second.text
    for made in (first, second):
        caller = who(store, made.text)
        assert caller is not None
        assert caller.role == "adjudicator"
    assert add(store, "bob").role == "rater"


def test_a_changed_role_holds_for_all_tokens_and_is_an_event(store: Store) -> None:
    first = add(store, "ana", "rater")
    add(store, "ana", "lead")
    caller = who(store, first.text)
    assert caller is not None
    assert caller.role == "lead"
    assert [event["action"] for event in told(store)] == ["user.added", "token.made", "user.role", "token.made"]
    changed = told(store)[2]
    assert events.event_data(changed) == {"from": "rater", "role": "lead"}
    assert {event["attested"] for event in told(store)} == {"server"}
    with store.reading() as connection:
        assert not events.verify(connection).faults


def test_what_is_revoked_or_expired_is_good_no_more(store: Store) -> None:
    kept, gone = add(store, "ana"), add(store, "ana", expires_at="2026-12-01T00:00:00.000000Z")
    assert who(store, gone.text, "2026-11-30T23:59:59.999999Z") is not None
    assert who(store, gone.text, "2026-12-01T00:00:00.000000Z") is None
    assert revoke(store, gone.id) == Revoked(gone.rater, "ana", (gone.id,))
    assert who(store, gone.text, "2026-11-30T00:00:00.000000Z") is None
    assert who(store, kept.text) is not None
    with store.reading() as connection:
        (ana,) = accounts.every(connection)
    states = {token.id: token.state("2026-11-30T00:00:00.000000Z") for token in ana.tokens}
    assert states == {kept.id: "good", gone.id: "revoked"}


def test_a_user_loses_all_tokens_and_comes_back_by_a_new_one(store: Store) -> None:
    tokens = [add(store, "ana", "lead") for _ in range(3)]
    other = add(store, "bob")
    assert sorted(revoke(store, "ana").tokens) == sorted(token.id for token in tokens)
    assert [who(store, token.text) for token in tokens] == [None] * 3
    assert who(store, other.text) is not None
    assert revoke(store, "ana").tokens == ()
    ended = [event["subject"] for event in told(store) if event["action"] == "token.revoked"]
    assert sorted(ended) == sorted(token.id for token in tokens)
    caller = who(store, add(store, "ana").text)
    assert caller is not None
    assert caller.role == "lead"


def test_many_add_the_same_user_at_the_same_time(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: add(store, "ana", "lead"), range(24)))
    assert len({token.rater for token in made}) == 1
    assert all(who(store, token.text) for token in made)
    actions = [event["action"] for event in told(store)]
    assert (actions.count("user.added"), actions.count("token.made"), len(actions)) == (1, 24, 25)
    with store.reading() as connection:
        assert not events.verify(connection).faults


def test_a_token_can_be_revoked_by_itself(store: Store) -> None:
    made = add(store, "ana")
    assert revoke(store, made.text).tokens == (made.id,)


@pytest.mark.parametrize("named", ["bob", "0123456789ab", "rvw_0123456789ab_x", "rvw_", "", "\ud800", "a\x00b"])
def test_what_is_not_there_cannot_be_revoked(store: Store, named: str) -> None:
    add(store, "ana")
    with pytest.raises(BadInput, match="user list"):
        revoke(store, named)


def test_a_token_is_not_told_by_what_complains_of_it(store: Store) -> None:
    made = add(store, "ana")
    secret = made.text.split("_", 2)[2]
    for mistyped in (f"rvw_{made.id[:-1]}_{secret}", f"rvw_{'0' * 12}_{secret}", f"rvw_{secret}"):
        with pytest.raises(BadInput) as caught:
            revoke(store, mistyped)
        assert secret[:6] not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", " ", "ana ", " ana", "a\nb", "a\x1b[1m", "a,b", "x" * 101, "0123456789ab", "rvw_x", "\ud800"]
)
def test_a_name_that_others_cannot_write_is_refused(store: Store, name: str) -> None:
    with pytest.raises(WrongUsage, match="name") as caught:
        add(store, name)
    assert str(caught.value).isprintable()
    with store.reading() as connection:
        assert accounts.every(connection) == []


def test_a_role_or_a_queue_that_is_not_there_makes_nothing(store: Store) -> None:
    with pytest.raises(WrongUsage, match="rater, adjudicator, lead, admin"):
        add(store, "ana", "root")
    with pytest.raises(BadInput, match="no queue"):
        add(store, "ana", queues=["none"])
    with store.reading() as connection:
        assert accounts.every(connection) == []
        assert queues.rater_called(connection, "ana") is None


def test_the_log_vouches_for_the_whole_token(store: Store) -> None:
    add(store, "ana")
    with store.reading() as connection:
        names = ("id", "rater", "hash", "queues", "created_at", "expires_at", "revoked_at")
        row = ask(connection, f"SELECT {', '.join(names)} FROM token").fetchone()
    made = next(event for event in told(store) if event["action"] == "token.made")
    assert made["digest"] == digest(dict(zip(names, row, strict=True)))


def test_one_place_of_a_token_changed_is_another_token(store: Store) -> None:
    made = add(store, "ana")
    for place, letter in enumerate(made.text):
        other = "a" if letter != "a" else "b"
        assert who(store, f"{made.text[:place]}{other}{made.text[place + 1 :]}") is None
    for near in (made.text[:-1], made.text + "a", made.text + "\n", " " + made.text, made.text.upper(), ""):
        assert who(store, near) is None


_pieces = st.one_of(st.text(max_size=60), st.sampled_from(["rvw_", "_", "0123456789ab", "a" * 43, "\x00", "'", "%s"]))


@ANY
@given(st.lists(_pieces, max_size=6).map("".join))
def test_nothing_malformed_is_a_token_or_a_trouble(store: Store, text: str) -> None:
    assert who(store, text) is None


@ANY
@given(
    st.from_regex(r"\Arvw_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\Z"),
    st.from_regex(r"\A[A-Za-z0-9_-]{43}\Z"),
)
def test_nothing_well_formed_that_was_not_made_is_a_token(store: Store, text: str, secret: str) -> None:
    with store.reading() as connection:
        known = accounts.every(connection)
    made = known[0].tokens[0].id if known else add(store, "ana").id
    assert who(store, text) is None
    assert who(store, f"rvw_{made}_{secret}") is None


@pytest.mark.only_a_file
def test_a_token_is_looked_up_by_indices_alone(tmp_path: Path) -> None:
    from reviewer.store.statements import statements

    store = fresh(tmp_path / "home")
    sql, _ = statements("accounts").bearer.text()
    with store.reading() as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", {"token": "x"})]
    assert len(plan) == 3
    assert all(step.startswith("SEARCH") for step in plan)


def _faults(store: Store) -> list[str]:
    with store.reading() as connection:
        return [fault.what for fault in events.verify(connection).faults]


def test_who_gains_a_right_behind_the_logs_back_is_found(store: Store) -> None:
    made = add(store, "ana", "rater")
    add(store, "ben", "lead")
    add(store, "ben", "admin")
    revoke(store, add(store, "ana").id)
    assert _faults(store) == []

    def change(sql: str, *values: str) -> list[str]:
        store.transact(lambda driver: ask(driver, sql, *values))
        return _faults(store)

    assert change("UPDATE account SET role = 'admin' WHERE rater = ?", made.rater) == [
        "the user ana is admin, and the events say rater"
    ]
    assert change("UPDATE account SET role = 'rater' WHERE rater = ?", made.rater) == []
    (known,) = change("UPDATE token SET expires_at = '2999' WHERE id = ?", made.id)
    assert known == f"the token {made.id} is not what was made"
    assert change("UPDATE token SET expires_at = NULL WHERE id = ?", made.id) == []
    (revived,) = change("UPDATE token SET revoked_at = NULL WHERE revoked_at IS NOT NULL")
    assert revived.endswith("is not revoked, and the events say otherwise")
    found = change("DELETE FROM token WHERE id = ?", made.id)
    assert f"the token {made.id} is gone" in found
