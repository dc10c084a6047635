"""Labels that come back in a pack, when it goes wrong on the way."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli.pack import Telling
from reviewer.errors import BadInput
from reviewer.store import accounts, events, remotes
from reviewer.store.connection import Store
from reviewer.sync.packing import hand_in, lend
from reviewer.sync.packs import opened
from reviewer.sync.remotes import find
from reviewer.sync.returned import Arrived, take_answers, take_labels
from reviewer.sync.unpacking import take_tasks
from tests.store.filling import ask, fill, fresh, rate, record, sit
from tests.sync.packed import forge

_MANY = 230


@pytest.fixture
def server(tmp_path: Path) -> Store:
    """The server's store."""
    store = fresh(tmp_path / "server")
    fill(store, items=_MANY)
    store.transact(
        lambda driver: accounts.add(
            driver, "ana", "rater", queues=None, expires_at=None, stream=store.device, actor="admin"
        )
    )
    return store


@pytest.fixture
def laptop(server: Store, tmp_path: Path) -> Store:
    """A machine with all of its tasks."""
    with server.reading() as connection:
        (ana,) = accounts.every(connection)
    queue, path = record(server), tmp_path / "tasks.pack"
    lend(server, queue, (ana.rater, "ana"), path, Telling(queue, ana.rater), wanted=_MANY, actor="admin")
    store = Store.open(tmp_path / "laptop" / "reviewer.db")
    with opened(path) as pack:
        take_tasks(store, pack, trust=True)
    return store


def handed_in(laptop: Store, path: Path) -> Path:
    hand_in(laptop, find(laptop, "team"), path)
    return path


def take(server: Store, path: Path, **options: Any) -> Arrived:
    with opened(path) as pack:
        return take_labels(server, pack, actor="admin", **options)


def labels(store: Store) -> int:
    with store.reading() as connection:
        assert events.verify(connection).faults == []
        return int(ask(connection, "SELECT count(*) FROM label").fetchone()[0])


def test_an_import_of_labels_that_is_broken_off_goes_on_where_it_was(
    server: Store, laptop: Store, tmp_path: Path
) -> None:
    with closing(sit(laptop, "ana", "team/kyc")) as sitting:
        rate(sitting, *[1 + number % 5 for number in range(_MANY)])
    path, answers = handed_in(laptop, tmp_path / "labels.pack"), tmp_path / "answers.pack"

    def interrupted(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(server, path, answers=answers, progress=interrupted)
    assert labels(server) == 200
    assert not answers.exists()
    arrived = take(server, path, answers=answers)
    assert (arrived.accepted, arrived.known, arrived.fault) == (30, 200, "")
    assert labels(server) == _MANY
    with opened(answers) as pack:
        answered = take_answers(laptop, pack)
    assert (answered.sent, answered.refused, answered.before) == (_MANY, 0, 0)
    # What the server has followed is not told again.
    with laptop.reading() as connection:
        remote = remotes.find(connection, "team")
        assert remote is not None
        assert remote.stream_sent == remotes.last_event(connection, remote.stream) == _MANY


def test_a_stream_that_does_not_hold_is_followed_by_another(server: Store, laptop: Store, tmp_path: Path) -> None:
    answers = tmp_path / "answers.pack"
    with closing(sit(laptop, "ana", "team/kyc")) as sitting:
        rate(sitting, 1, 2)
    with laptop.writing() as connection:
        ask(connection, "DELETE FROM event WHERE seq = 1 AND stream = ?", find(laptop, "team").stream)
    arrived = take(server, handed_in(laptop, tmp_path / "labels.pack"), answers=answers)
    assert arrived.accepted == 2
    assert arrived.fault
    before = find(laptop, "team").stream
    with opened(answers) as pack:
        assert take_answers(laptop, pack).fault
    assert find(laptop, "team").stream != before
    with closing(sit(laptop, "ana", "team/kyc")) as sitting:
        rate(sitting, 3)
    arrived = take(server, handed_in(laptop, tmp_path / "labels.pack"))
    assert (arrived.accepted, arrived.fault) == (1, "")


def test_old_answers_change_nothing_that_was_answered_since(server: Store, laptop: Store, tmp_path: Path) -> None:
    old, new = tmp_path / "old.pack", tmp_path / "new.pack"
    with closing(sit(laptop, "ana", "team/kyc")) as sitting:
        rate(sitting, 1, 2)
    with laptop.writing() as connection:
        was = ask(connection, 'SELECT id, "values" FROM label ORDER BY id').fetchone()
        ask(connection, """UPDATE label SET "values" = '{"score":99}' WHERE id = ?""", was[0])
    assert len(take(server, handed_in(laptop, tmp_path / "labels.pack"), answers=old).refused) == 1
    with laptop.writing() as connection:
        ask(connection, 'UPDATE label SET "values" = ? WHERE id = ?', was[1], was[0])
    assert take(server, handed_in(laptop, tmp_path / "labels.pack"), answers=new).accepted == 1
    for path, sent in ((new, 2), (old, 0), (new, 0)):
        with opened(path) as pack:
            answered = take_answers(laptop, pack)
        assert (answered.sent, answered.refused) == (sent, 0)
    with laptop.reading() as connection:
        assert (remotes.waiting(connection, "team"), remotes.refused(connection, "team")) == (0, 0)


def test_labels_of_one_queue_leave_those_of_others_waiting(server: Store, laptop: Store, tmp_path: Path) -> None:
    fill(server, queue="risk", items=3)
    with server.reading() as connection:
        (ana,) = accounts.every(connection)
    queue, path = record(server, "risk"), tmp_path / "risk.pack"
    lend(server, queue, (ana.rater, "ana"), path, Telling(queue, ana.rater), wanted=3, actor="admin")
    with opened(path) as pack:
        take_tasks(laptop, pack)
    for name in ("team/kyc", "team/risk", "team/kyc"):
        with closing(sit(laptop, "ana", name)) as sitting:
            rate(sitting, 1)
    with laptop.reading() as connection:
        here = {one.name: one for one in remotes.queues_of(connection, "team")}
    done = hand_in(laptop, find(laptop, "team"), path, queue=here["team/risk"])
    assert done is not None
    assert done.labels == 1
    assert take(server, path).accepted == 1
    arrived = take(server, handed_in(laptop, path))
    assert (arrived.accepted, arrived.known, arrived.fault) == (2, 1, "")
    assert labels(server) == 3


def test_labels_of_nobody_are_refused(server: Store, tmp_path: Path) -> None:
    path = forge(tmp_path / "a.pack", b"", kind="labels", server=server.identity, device="d", stream="d/1")
    with pytest.raises(BadInput, match="nobody here is ana"):
        take(server, path)
    for device, stream in (("d", "e/1"), ("d/e", "d/e/1"), (server.device, f"{server.device}/1"), ("d", "d/\n")):
        forge(path, b"", kind="labels", server=server.identity, device=device, stream=stream)
        with pytest.raises(BadInput, match="of which device"):
            take(server, path)
