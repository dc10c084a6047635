"""Adding a server, keeping its token where nobody else reads it, and coming to no other server with it."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend

from reviewer import vault
from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import new_id
from reviewer.store import remotes as kept
from reviewer.store.connection import Store
from reviewer.sync import tokens
from reviewer.sync.remotes import add, alone, connect, find, remove
from reviewer.sync.trouble import RemoteTrouble
from tests.sync.scripted import Said, Scripted, serving

TOKEN = "rvw_0123456789ab_a-secret-of-many-characters-indeed"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with serving() as scripted:
        yield scripted


class Memory(KeyringBackend):
    """A keyring that works."""

    priority = -1  # one that is viable would be taken by every other test from here on

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(Memory):
    """A keyring that asks somebody who is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        del service, username, password
        self.asked.wait(60)


def test_a_server_that_was_added_is_come_to_again(store: Store, server: Scripted) -> None:
    made = add(store, "team", server.url, TOKEN)
    assert (made.rater, made.rater_name, made.server) == (server.rater, "ana", server.server)
    assert made.stream.startswith(f"{store.device}/")
    again = find(store, "team")
    with connect(store, again) as client:
        assert client.me().name == "ana"
    assert server.asked[-1].headers["authorization"] == f"Bearer {TOKEN}"


def test_without_a_keyring_the_token_lies_in_a_file_of_its_owners_alone(store: Store, server: Scripted) -> None:
    add(store, "team", server.url, TOKEN)
    (file,) = tokens.folder_of(store).glob("*.token")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.read_text().strip() == TOKEN
    everything = [path for path in store.path.parent.rglob("*") if path.is_file() and path != file]
    assert not [path for path in everything if TOKEN.encode() in path.read_bytes()]
    remove(store, "team")
    assert not file.exists()
    with pytest.raises(BadInput, match="no remote"):
        find(store, "team")


def test_with_a_keyring_the_token_lies_there_alone(store: Store, server: Scripted) -> None:
    memory = Memory()
    keyring.set_keyring(memory)
    made = add(store, "team", server.url, TOKEN)
    assert made.document["token"] == "keyring"
    assert list(memory.kept.values()) == [TOKEN]
    everything = [path for path in store.path.parent.rglob("*") if path.is_file()]
    assert not [path for path in everything if TOKEN.encode() in path.read_bytes()]
    assert tokens.read(store, "team", "keyring") == TOKEN
    remove(store, "team")
    assert memory.kept == {}


def test_a_keyring_that_waits_for_nobody_is_passed_by(
    store: Store, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in vault._SCREENS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(vault, "_PATIENCE", 0.05)
    locked = Locked()
    keyring.set_keyring(locked)
    try:
        assert add(store, "team", server.url, TOKEN).document["token"] == "file"
    finally:
        locked.asked.set()
    assert tokens.read(store, "team", "file") == TOKEN


def test_a_token_that_is_gone_is_said_to_be(store: Store, server: Scripted) -> None:
    made = add(store, "team", server.url, TOKEN)
    tokens.forget(store, "team")
    with pytest.raises(RemoteTrouble, match="token for 'team' is gone") as raised:
        connect(store, made)
    assert raised.value.shut_out


def test_another_server_at_the_same_address_never_sees_the_token(store: Store, server: Scripted) -> None:
    made = add(store, "team", server.url, TOKEN)
    server.asked.clear()
    server.server = new_id()
    with pytest.raises(RemoteTrouble, match="another server answers") as raised:
        connect(store, made)
    assert raised.value.shut_out
    assert not [asked for asked in server.asked if "authorization" in asked.headers]
    with pytest.raises(BadInput, match="is another server"):
        add(store, "team", server.url, TOKEN)


def test_another_key_of_the_same_server_is_another_server(store: Store, server: Scripted) -> None:
    hello = {"server": server.server, "name": "lab", "program": "1"}
    made = add(store, "team", server.url, TOKEN)
    server.answers["/v1"] = hello | {"key": "aa"}
    connect(store, made).close()
    pinned = find(store, "team")
    assert pinned.server_key == "aa"
    server.answers["/v1"] = hello | {"key": "bb"}
    with pytest.raises(RemoteTrouble, match="another server"):
        connect(store, pinned)


def test_a_token_that_is_no_good_is_not_kept(store: Store, server: Scripted) -> None:
    server.answers["/v1/me"] = Said(b"", 401)
    with pytest.raises(RemoteTrouble, match="does not take this token"):
        add(store, "team", server.url, TOKEN)
    assert not list(tokens.folder_of(store).glob("*.token"))
    with store.reading() as connection:
        assert kept.every(connection) == []


def test_a_remote_that_is_added_again_gets_a_new_token_and_keeps_its_stream(store: Store, server: Scripted) -> None:
    made = add(store, "team", server.url, TOKEN)
    again = add(store, "team", server.url, TOKEN[::-1])
    assert (again.stream, again.added_at) == (made.stream, made.added_at)
    assert tokens.read(store, "team", "file") == TOKEN[::-1]
    server.rater = new_id()
    with pytest.raises(BadInput, match="somebody else"):
        add(store, "team", server.url, TOKEN)


def test_one_server_has_one_name(store: Store, server: Scripted) -> None:
    add(store, "team", server.url, TOKEN)
    with pytest.raises(BadInput, match="is the remote 'team' already"):
        add(store, "lab", server.url, TOKEN)


def test_the_server_of_this_very_store_is_none(store: Store, server: Scripted) -> None:
    server.server = store.identity
    with pytest.raises(BadInput, match="this very store"):
        add(store, "team", server.url, TOKEN)


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "x" * 41, "é"])
def test_a_name_that_is_no_name_is_refused(store: Store, server: Scripted, name: str) -> None:
    with pytest.raises(WrongUsage):
        add(store, name, server.url, TOKEN)


@pytest.mark.parametrize("token", ["", "two words", "é", "a\nb", "x" * 501])
def test_a_token_that_is_none_is_not_repeated(store: Store, server: Scripted, token: str) -> None:
    with pytest.raises(WrongUsage) as raised:
        add(store, "team", server.url, token)
    assert not token or token not in str(raised.value)
    assert server.asked == []


def test_a_rater_of_that_name_who_worked_here_alone_is_another(store: Store, server: Scripted) -> None:
    from reviewer.store import queues

    with store.writing() as connection:
        own = queues.ensure_rater(connection, "ana")
    made = add(store, "team", server.url, TOKEN)
    with store.reading() as connection:
        assert queues.rater_called(connection, "ana") == own != made.rater


def test_two_programs_do_not_sync_at_once(store: Store) -> None:
    with alone(store, "team"), pytest.raises(RemoteTrouble, match="another program") as raised:
        alone(store, "team", wait=0.0).__enter__()
    assert raised.value.code == "busy"
    with alone(store, "team", wait=0.0):
        pass
