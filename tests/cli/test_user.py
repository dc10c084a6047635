"""`reviewer user`: tokens are told once, listed without their secret, and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reviewer.cli.user import _moment_of
from reviewer.errors import WrongUsage
from reviewer.ids import now
from reviewer.store import accounts, queues
from reviewer.store.accounts import Caller
from reviewer.store.connection import Store
from tests.cli.running import Command, commands
from tests.store.filling import fill, fresh, rate, sit

TODAY = datetime.now(UTC).date()


@pytest.fixture
def reviewer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return commands(tmp_path / "home", capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh(tmp_path / "home")
    fill(store)
    return store


def caller(store: Store, token: str) -> Caller:
    with store.reading() as connection:
        found = accounts.who(connection, token, now())
    assert found is not None
    return found


def test_standard_output_is_the_token_and_the_rest_is_told_beside_it(reviewer: Command, store: Store) -> None:
    ran = reviewer("user", "add", "ana", "--role", "lead")
    token = ran.out.strip()
    assert ran.out == f"{token}\n"
    assert token not in ran.err
    assert "This is the token of ana, lead on the server. It is told this once:" in ran.err
    assert "`reviewer remote add NAME URL`, which asks for it" in ran.err
    known = caller(store, token)
    assert (known.name, known.role, known.queues, known.expires_at) == ("ana", "lead", None, None)
    assert f"reviewer user revoke {known.token}" in ran.err


def test_a_token_is_limited_to_queues_and_to_a_time(reviewer: Command, store: Store) -> None:
    fill(store, queue="other")
    last = str(TODAY + timedelta(days=9))
    made = reviewer("user", "add", "ben", "--queue", "kyc", "--queue", "other", "--expires", last, "--json").json
    known = caller(store, made["token"])
    with store.reading() as connection:
        ids = frozenset(queue.id for queue in queues.all_queues(connection))
    assert known.queues == ids
    assert made["queues"] == ["kyc", "other"]
    assert made["expires_at"] == f"{TODAY + timedelta(days=10)}T00:00:00.000000Z"
    assert (made["role"], made["id"], made["rater"]) == ("rater", known.token, known.rater)
    told = reviewer("user", "add", "ben", "--queue", "kyc", "--expires", "30").err
    assert "a further token of ben, rater on the server in kyc only, until " in told


def test_whoever_rated_here_before_is_the_same_rater(reviewer: Command, store: Store) -> None:
    sitting = sit(store, "ana")
    rate(sitting, 1)
    assert sitting.close()
    token = reviewer("user", "add", "ana").out.strip()
    assert caller(store, token).rater == sitting.rater


@pytest.mark.usefixtures("store")
def test_the_list_tells_how_tokens_stand_and_never_what_they_are(reviewer: Command) -> None:
    assert "no user yet" in reviewer("user", "list").out
    tokens = [reviewer("user", "add", name, "--queue", "kyc").out.strip() for name in ("ben", "ana", "ana")]
    ids = [token.split("_")[1] for token in tokens]
    assert reviewer("user", "revoke", ids[1]).out == f"Revoked 1 token of ana: {ids[1]}.\n"
    listed = reviewer("user", "list")
    shown = reviewer("user", "list", "--json")
    for token in tokens:
        assert token.split("_", 2)[2] not in listed.out + shown.out
    users = shown.json["users"]
    assert [user["name"] for user in users] == ["ana", "ben"]
    assert [(one["id"], one["state"]) for one in users[0]["tokens"]] == [(ids[1], "revoked"), (ids[2], "good")]
    assert users[1]["tokens"][0]["queues"] == ["kyc"]
    assert [line.split()[:2] for line in listed.out.splitlines() if line.startswith("  ")] == [
        [ids[1], "revoked"],
        [ids[2], "good"],
        [ids[0], "good"],
    ]


def test_a_user_is_revoked_with_all_tokens(reviewer: Command, store: Store) -> None:
    for _ in range(2):
        reviewer("user", "add", "ana")
    done = reviewer("user", "revoke", "ana", "--json").json
    assert (done["name"], len(done["revoked"])) == ("ana", 2)
    assert reviewer("user", "revoke", "ana").out == "Nothing was left to revoke of ana.\n"
    missing = reviewer("user", "revoke", "nobody")
    assert missing.code == 3
    assert "there is no user 'nobody'. `reviewer user list`" in missing.err
    assert reviewer("audit", "verify").code == 0
    assert store.device in reviewer("audit", "verify").out
    assert "token.revoked" in reviewer("audit", "show").out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("ana", "--role", "root"), 2, "rater, adjudicator, lead, admin"),
        (("ana", "--queue", "none"), 3, "`reviewer queue list`"),
        (("ana", "--queue", "a\udcff"), 2, "is no UTF-8 text"),
        (("ana", "--expires", "soon"), 2, "neither a number of days nor a day to come"),
        (("ana\n",), 2, "cannot be a user's name"),
        (("a\udcff",), 2, "is no UTF-8 text"),
        (("ana,ben",), 2, "no comma"),
    ],
)
def test_what_cannot_be_is_told_with_its_mend(
    reviewer: Command, store: Store, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = reviewer("user", "add", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    with store.reading() as connection:
        assert accounts.every(connection) == []


@pytest.mark.parametrize(
    "given", ["0", "-1", "3651", "9" * 30, "², 3", "", "2020-01-01", "9999-12-31", "2027-02-30", str(TODAY)[:7], "٣"]
)
def test_a_time_that_is_none_or_over_is_refused(given: str) -> None:
    with pytest.raises(WrongUsage, match="such as"):
        _moment_of(given)


def test_a_time_is_days_from_now_or_the_end_of_a_day() -> None:
    before = datetime.now(UTC) + timedelta(days=7)
    in_days = datetime.fromisoformat(_moment_of("7"))
    assert before <= in_days <= before + timedelta(minutes=5)
    assert _moment_of(str(TODAY)) == f"{TODAY + timedelta(days=1)}T00:00:00.000000Z"
    for given in ("7", str(TODAY)):
        assert len(_moment_of(given)) == len(now())  # compared as text


def test_every_command_that_is_here_explains_itself(reviewer: Command) -> None:
    for command in (["user"], ["user", "add"], ["user", "list"], ["user", "revoke"]):
        ran = reviewer(*command, "--help")
        assert ran.code == 0
        assert "Examples:" in ran.out
