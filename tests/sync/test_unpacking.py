"""A pack of tasks on a rater's machine: stored as a pull stores them, from the server alone, and once."""

from __future__ import annotations

import multiprocessing
import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import BadInput, WrongUsage
from reviewer.ids import canonical_json, new_id
from reviewer.store import events, remotes
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.packs import PACK_URL
from reviewer.store.remotes import RemoteRecord
from reviewer.sync import signing, unpacking, wire
from reviewer.sync.packs import opened
from reviewer.sync.remotes import connect
from reviewer.sync.trouble import RemoteTrouble
from reviewer.sync.unpacking import Taken, take_tasks
from tests.store.filling import SCORE, ask, rate, sit
from tests.sync.packed import RATER_ID, SERVER, SERVER_ID, STRANGER, forge, numbered, write
from tests.sync.wired import QUEUE_ID, join, queue, rubric, task

KEY = signing.public(SERVER)
YESTERDAY = "2026-01-01T00:00:00.000000Z"


def take(store: Store, path: Path, *, trust: bool = True, **options: Any) -> Taken:
    with opened(path) as pack:
        return take_tasks(store, pack, trust=trust, **options)


def refused(store: Store, path: Path, **options: Any) -> str:
    """Why a pack is refused, with nothing of it stored."""
    before = everything(store)
    with pytest.raises(BadInput) as trouble:
        take(store, path, **options)
    assert everything(store) == before
    assert trouble.value.where == str(path)
    return str(trouble.value)


def everything(store: Store) -> list[Any]:
    with store.reading() as connection:
        tables = ("remote", "remote_queue", "queue", "task", "item", "rater", "rubric", "outbox")
        return [[tuple(row) for row in ask(connection, f"SELECT * FROM {name} ORDER BY 1, 2")] for name in tables]


def assert_sound(store: Store) -> None:
    assert [finding for finding in examine(store) if finding.status == "fail"] == []


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(ask(connection, f"SELECT count(*) FROM {table}").fetchone()[0])


def remote(store: Store, name: str = "team") -> RemoteRecord:
    with store.reading() as connection:
        found = remotes.find(connection, name)
    assert found is not None
    return found


@pytest.mark.both_databases
def test_a_pack_is_imported_and_rated_like_any_queue(store: Store, tmp_path: Path) -> None:
    taken = take(store, numbered(tmp_path / "a.pack", 1, 2, 3))
    assert (taken.remote, taken.queue, taken.new, taken.again, taken.left) == ("team", "team/kyc", 3, 0, 3)
    assert taken.pinned == KEY
    made = remote(store)
    assert (made.url, made.server, made.server_key, made.rater) == (PACK_URL, SERVER_ID, KEY, RATER_ID)
    with closing(sit(store, "whoever", "team/kyc")) as sitting:
        rate(sitting, 4, 2)
    with store.reading() as connection:
        assert remotes.waiting(connection, "team") == 2
        assert remotes.left(connection, QUEUE_ID, RATER_ID) == 1
        assert events.verify(connection).faults == []
    assert_sound(store)


@pytest.mark.both_databases
def test_a_second_import_adds_nothing(store: Store, tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", 1, 2)
    take(store, path)
    before = everything(store)[2:]
    taken = take(store, path, trust=False)
    assert (taken.new, taken.again, taken.left, taken.pinned) == (0, 2, 2, "")
    assert everything(store)[2:] == before


def test_a_later_pack_adds_to_the_queue(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1, 2))
    taken = take(store, numbered(tmp_path / "b.pack", 2, 3, 4), trust=False)
    assert (taken.new, taken.again, taken.left) == (2, 1, 4)


def test_a_pack_of_a_queue_of_another_name_goes_beside(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1))
    other = queue(id=new_id(), name="risk")
    taken = take(store, write(tmp_path / "b.pack", task(7), of=other, queue=other.id), trust=False)
    assert (taken.queue, taken.new) == ("team/risk", 1)


def test_many_pages_are_one_queue_in_order(store: Store, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    path = numbered(tmp_path / "a.pack", *range(450))
    taken = take(store, path, progress=lambda done, of: heard.append((done, of)))
    assert (taken.new, taken.left) == (450, 450)
    assert heard == [(200, 450), (400, 450), (450, 450)]
    with store.reading() as connection:
        order = [row[0] for row in ask(connection, "SELECT task FROM assignment ORDER BY seq")]
    assert order == [f"lease-{number:05d}" for number in range(450)]


def test_rubrics_of_single_tasks_come_along(store: Store, tmp_path: Path) -> None:
    own = rubric({**SCORE, "name": "own"}, new_id())
    path = write(tmp_path / "a.pack", task(1, rubric=own.id), task(2), more=[("rubric", own)])
    assert take(store, path).new == 2
    with closing(sit(store, "ana", "team/kyc")) as sitting:
        assert sitting.view is not None
        assert sitting.view.rubric.name == "own"


def test_what_is_off_the_models_is_not_kept(store: Store, tmp_path: Path) -> None:
    told = task(1).model_dump() | {"system": "canary-model", "gold": True}
    lines = [canonical_json({"queue": queue().model_dump()}), canonical_json({"task": told}), b""]
    take(store, forge(tmp_path / "a.pack", b"\n".join(lines), counts={"queue": 1, "task": 1}))
    assert b"canary" not in b"".join(found.read_bytes() for found in store.path.parent.glob("reviewer.db*"))


# -- who may have signed -----------------------------------------------------------------------------------


def test_an_unknown_key_is_refused_and_named(store: Store, tmp_path: Path) -> None:
    told = refused(store, numbered(tmp_path / "a.pack", 1), trust=False)
    assert KEY in told
    assert "--trust-key" in told


def test_the_key_can_be_given(store: Store, tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", 1)
    assert "signed by another key" in refused(store, path, key=signing.public(STRANGER), trust=False)
    with pytest.raises(WrongUsage, match="64 hexadecimal digits"):
        take(store, path, key="abc")
    assert take(store, path, key=KEY, trust=False).pinned == KEY


def test_a_later_pack_signed_by_another_key_is_refused_whatever_is_trusted(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1))
    path = numbered(tmp_path / "b.pack", 2, key=STRANGER)
    for trust in (False, True):
        assert "signed by another key" in refused(store, path, trust=trust)
    taken = take(store, path, key=signing.public(STRANGER), trust=False)
    assert (taken.new, taken.pinned) == (1, signing.public(STRANGER))


def test_the_key_of_a_server_that_was_added_is_known(store: Store, tmp_path: Path) -> None:
    join(store, "lab", server=SERVER_ID, server_key=KEY, rater=RATER_ID)
    taken = take(store, numbered(tmp_path / "a.pack", 1), trust=False)
    assert (taken.remote, taken.pinned, taken.new) == ("lab", "", 1)
    assert remote(store, "lab").url != PACK_URL
    with store.reading() as connection:
        kept = remotes.queue_of(connection, QUEUE_ID)
    assert kept is not None
    assert kept.cursor == 0, "a pack moves no place in what is leased over the network"


def test_a_server_that_was_added_without_a_key_is_asked_for_it(store: Store, tmp_path: Path) -> None:
    join(store, "lab", server=SERVER_ID, rater=RATER_ID)
    path = numbered(tmp_path / "a.pack", 1)
    assert "not known here" in refused(store, path, trust=False)
    assert take(store, path).pinned == KEY


# -- for whom, and until when ------------------------------------------------------------------------------


def test_a_pack_of_somebody_else_is_refused(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1))
    told = refused(store, numbered(tmp_path / "b.pack", 2, rater=new_id(), rater_name="ben"))
    assert "is for ben" in told
    assert "by ana" in told


def test_a_pack_of_another_server_needs_another_name(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1))
    other = queue(id=new_id())
    path = write(tmp_path / "b.pack", task(9), of=other, queue=other.id, server=new_id(), rater=new_id(), key=STRANGER)
    assert "another server than the remote 'team'" in refused(store, path)
    assert "another server than the remote 'team'" in refused(store, path, name="team")
    assert take(store, path, name="lab").queue == "lab/kyc"
    assert "is the remote 'team' already" in refused(store, tmp_path / "a.pack", name="lab")


def test_a_name_that_cannot_be_one_is_refused(store: Store, tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", 1)
    with pytest.raises(WrongUsage, match="cannot name a remote"):
        take(store, path, name="a/b")
    assert count(store, "remote") == 0


def test_a_pack_made_here_is_not_for_here(store: Store, tmp_path: Path) -> None:
    assert "of this very store" in refused(store, numbered(tmp_path / "a.pack", 1, server=store.identity))


def test_a_pack_that_is_over_is_refused(store: Store, tmp_path: Path) -> None:
    assert "the pack is over" in refused(store, numbered(tmp_path / "a.pack", 1, until=YESTERDAY))


# -- what does not hold is found before anything is stored -------------------------------------------------


def test_lines_that_are_not_as_they_should_be_are_refused_whole(store: Store, tmp_path: Path) -> None:
    twice = {"public_id": "a", "turns": [{"role": "assistant", "text": "x"}]}
    wrong = {
        "no rubric": write(tmp_path / "1", task(1), of=queue(rubrics=[])),
        "that is not there": write(tmp_path / "2", task(1), task(2, rubric=new_id())),
        "cannot be told apart": write(tmp_path / "3", task(1), task(2, outputs=[twice, twice])),
        "two queues": write(tmp_path / "4", task(1), more=[("queue", queue())]),
        "begin with its queue": write(tmp_path / "5", task(1), of=queue(id=new_id())),
        "can read": write(tmp_path / "6", of=queue(rubrics=[rubric().model_copy(update={"document": {}})])),
    }
    for word, path in wrong.items():
        assert word in refused(store, path)
    for lines in (b'{"task":{}}\n', b'{"queue":{}}\n', b'{"queue":7}\n'):
        name = lines.split(b'"')[1].decode()
        assert "cannot read" in refused(store, forge(tmp_path / "7", lines, counts={name: 1}))


def test_a_line_of_a_newer_program_is_passed_over(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.pack", task(1), more=[("weather", wire.Trouble(code="sun", what="shines"))])
    assert take(store, path).new == 1


def test_a_name_that_cannot_be_shown_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be shown"):
        take(store, write(tmp_path / "a.pack", task(1), of=queue(name="a\x1b[2J")))
    assert count(store, "queue") == 0


# -- older and newer packs ---------------------------------------------------------------------------------


def test_an_older_pack_brings_its_tasks_and_nothing_back(store: Store, tmp_path: Path) -> None:
    later = rubric({**SCORE, "name": "later"}, new_id())
    older = write(tmp_path / "a.pack", task(1), task(2), made_at="2026-11-01T00:00:00.000000Z")
    newer = write(
        tmp_path / "b.pack",
        task(2),
        task(3),
        of=queue(rubrics=[rubric(), later], state="closed"),
        made_at="2026-11-02T00:00:00.000000Z",
    )
    take(store, newer)
    with store.writing() as connection:
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id = ?", task(2).id)
    assert take(store, older, trust=False).new == 1
    with store.reading() as connection:
        kept = remotes.queue_of(connection, QUEUE_ID)
        in_force = [row[0] for row in ask(connection, "SELECT rubric FROM queue_rubric ORDER BY from_seq")]
        states = dict(ask(connection, "SELECT id, state FROM task").fetchall())
    assert kept is not None
    assert kept.state == "closed"
    assert in_force[-1] == later.id
    assert states == {task(1).id: "open", task(2).id: "recalled", task(3).id: "open"}


def test_what_the_server_has_is_known_by_the_next_pack(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1, 2))
    with closing(sit(store, "ana", "team/kyc")) as sitting:
        rate(sitting, 4, 2)
    with store.reading() as connection:
        first = ask(connection, "SELECT id FROM label ORDER BY id").fetchone()[0]
    known = [("answer", wire.Answer(id=one, answer="known")) for one in (first, new_id())]
    taken = take(store, numbered(tmp_path / "b.pack", 3, more=known), trust=False)
    assert taken.answered == 1
    with store.reading() as connection:
        assert remotes.waiting(connection, "team") == 1


# -- a server without a network ----------------------------------------------------------------------------


def test_a_server_without_an_address_is_not_called(store: Store, tmp_path: Path) -> None:
    take(store, numbered(tmp_path / "a.pack", 1))
    with pytest.raises(RemoteTrouble, match="by packs alone"):
        connect(store, remote(store))


# -- killed half-way ---------------------------------------------------------------------------------------


def _take_and_die(home: Path, path: Path, pages: int) -> None:
    """Imports a pack in a process that ends without a word after so many pages."""
    store = Store.open(home / "reviewer.db")

    def dying(done: int, _of: int) -> None:
        if done >= pages * unpacking.PAGE:
            os._exit(9)

    take(store, path, progress=dying)


def test_an_import_that_was_killed_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    path = numbered(tmp_path / "a.pack", *range(500))
    for pages in (1, 2):
        process = multiprocessing.get_context("spawn").Process(
            target=_take_and_die, args=(store.path.parent, path, pages)
        )
        process.start()
        process.join()
        assert process.exitcode == 9
        assert count(store, "task") % unpacking.PAGE == 0
    taken = take(store, path, trust=False)
    assert taken.new + taken.again == 500
    assert taken.left == count(store, "task") == count(store, "assignment") == 500
    assert_sound(store)
