"""Everything that leaves a server for a rater of a blind queue, byte by byte: on the wire, on the device, in logs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import orjson
import pytest
from keyring.backends import null

from reviewer.store.connection import Store
from reviewer.sync.remotes import add
from tests.server.proxy import Passed, Proxy, proxied
from tests.server.serving import ROOT, RUN, served
from tests.store.filling import add_items, ask, fill, fresh, new_item, rate, record, sit
from tests.store.test_weaving import source

ITEMS = 30
SYSTEM, GOLDEN = "zebracanary", "quaggacanary"
_KEYS = {"item-", SYSTEM, "model-0", "off the list", "judy", GOLDEN}
_HIDDEN = (
    "SELECT content_hash FROM output UNION SELECT content_hash FROM item UNION SELECT id FROM task "
    "UNION SELECT id FROM output UNION SELECT id FROM item UNION SELECT id FROM dataset UNION SELECT id FROM system "
    "UNION SELECT id FROM golden UNION SELECT name FROM system"
)


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]  # keyring's own
    yield
    keyring.set_keyring(before)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A sealed queue with gold, repeats, and outputs of a system whose name would be known again."""
    store = fresh(tmp_path / "server")
    source(store, range(1000, 1010), queue=GOLDEN)
    queue = fill(store, items=0, show=["risk"], reference=True, gold=0.1, repeats=0.2, overlap=2)
    items = [new_item(number) for number in range(ITEMS)]
    for item in items:
        item.outputs[:] = [replace(output, system=SYSTEM) for output in item.outputs]
    add_items(store, queue, items)
    return store


def reviewer(home: Path, *arguments: str) -> bytes:
    """All that the program says, on a machine without a keyring."""
    environment = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    ended = subprocess.run(
        [sys.executable, "-c", RUN, "--home", str(home), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def play(proxy: Proxy, home: Path, token: str) -> bytes:
    """A rater's days: fetch, label, send, until nothing is left; returns what the program said."""
    device = Store.open(home / "reviewer.db")
    add(device, "team", proxy.url, token)
    said = [reviewer(home, "pull", "team/kyc", "-n", "12")]
    while left := waiting(device):
        sitting = sit(device, "ana", "team/kyc")
        try:
            rate(sitting, *[3] * left)
        finally:
            sitting.close()
        said.append(reviewer(home, "sync", "team"))
    return b"".join(said)


def waiting(device: Store) -> int:
    """How many tasks on the device have no label yet."""
    with device.reading() as connection:
        (left,) = ask(connection, "SELECT count(*) FROM assignment WHERE state = 'open'").fetchone()
    return int(left)


def bytes_under(folder: Path, *, but: str = "") -> bytes:
    """All bytes of all files, the write-ahead log among them."""
    files = [path for path in folder.rglob("*") if path.is_file() and (not but or but not in path.parts)]
    return b"\n".join(path.read_bytes() for path in files)


def tasks_in(passed: list[Passed]) -> list[dict[str, object]]:
    """The tasks that went over the wire."""
    answers = [orjson.loads(one.got) for one in passed if b"/leases" in one.request.splitlines()[0]]
    return [task for answer in answers for task in answer["tasks"]]


def test_nothing_off_the_allow_list_leaves_the_server(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "laptop"
    home.mkdir(mode=0o700)
    with served(store, tmp_path / "logs") as server, proxied(server.url) as proxy:
        token = server.token("ana", queues=[record(store).id])  # the queue of the gold is open too
        said = play(proxy, home, token)
    with store.reading() as connection:
        hidden = {name for (name,) in ask(connection, _HIDDEN)} | _KEYS | {record(store).seed}
        woven = ask(connection, "SELECT count(*) FROM task WHERE gold = 1").fetchone()[0]
        repeated = ask(connection, "SELECT count(*) FROM task WHERE repeat_of IS NOT NULL AND gold = 0").fetchone()[0]
        labels = ask(connection, "SELECT count(*) FROM label WHERE rater != (SELECT id FROM rater WHERE name = 'judy')")
        assert labels.fetchone()[0] >= ITEMS
    assert woven
    assert repeated
    wire = b"\n".join(part for one in proxy.passed for part in (one.request, one.sent, one.answer, one.got))
    places = {
        "the device": bytes_under(home),
        "the wire": wire,
        "the program's words": said,
        "the server's log": bytes_under(tmp_path / "logs"),
    }
    assert b"What does note 3 say?" in places["the wire"]
    assert b"What does note 3 say?" in places["the device"]
    assert b"What does note" not in places["the program's words"] + places["the server's log"]
    assert [(where, secret) for where, all_ in places.items() for secret in hidden if secret.encode() in all_] == []
    assert b"gold" not in wire
    assert b"repeat" not in wire
    tasks = tasks_in(proxy.passed)
    assert len({task["id"] for task in tasks}) > ITEMS
    # Gold and repeats among them look like all the others.
    assert {tuple(sorted(task)) for task in tasks} == {tuple(sorted(tasks[0]))}
    assert {(task["key"], str(task["shown"]), task["sent_back"]) for task in tasks} == {
        ("", "[['risk', 'severe']]", None)
    }

    secret = token.split("_", 2)[2].encode()
    headers = b"authorization: bearer " + token.encode()
    for one in proxy.passed:
        assert one.request.lower().count(headers.lower()) == one.request.count(secret) <= 1
        assert secret not in one.sent + one.answer + one.got
    elsewhere = (
        bytes_under(home, but="tokens"),
        places["the program's words"],
        places["the server's log"],
        bytes_under(tmp_path / "server"),
    )
    assert [place for place in elsewhere if secret in place] == []
    kept = list((home / "tokens").iterdir())
    assert [secret in path.read_bytes() for path in kept].count(True) == 1
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
