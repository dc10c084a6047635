"""Packs as people carry them: from a server's store to a machine without a network, and back."""

from __future__ import annotations

import gzip
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.cli import run
from reviewer.store import events, leases, queues, remotes
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.store.labels import NewLabel, commit
from reviewer.store.postgres import PostgresStore
from reviewer.sync import signing
from tests.cli.running import Ran
from tests.store.filling import QUEUE, ask, fill, fresh, rate, record, sit
from tests.store.test_dealing import label_columns

pytestmark = pytest.mark.both_databases

_SAID = (
    'id, rater, phase, outcome, revision, supersedes, rubric, "values", rationale, correction, notes, flags, exposure, '
    "shown_order, evidence, confidence, active_ms, idle_ms, device, client_version, committed_at, source"
)


@dataclass
class Place:
    """A store somewhere, and `reviewer` on it."""

    store: Store
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Ran:
        where = (
            ["--database", self.store.url]
            if isinstance(self.store, PostgresStore)
            else ["--home", str(self.store.path.parent)]
        )
        self.capsys.readouterr()
        code = run([*where, *map(str, arguments)])
        said = self.capsys.readouterr()
        return Ran(code, said.out, said.err)

    def told(self, *arguments: object) -> Any:
        """What a command that goes well prints for programs."""
        ran = self(*arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.json

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.reading() as connection:
            return [tuple(row) for row in ask(connection, sql, *values)]

    def rate(self, *scores: int, queue: str = "team/kyc") -> None:
        with closing(sit(self.store, "ana", queue)) as sitting:
            rate(sitting, *scores)

    def assert_sound(self) -> None:
        with self.store.reading() as connection:
            assert events.verify(connection).faults == []
        assert [finding for finding in examine(self.store) if finding.status == "fail"] == []


@pytest.fixture
def server(store: Store, capsys: pytest.CaptureFixture[str]) -> Place:
    """The server's store, with a queue and two users."""
    place = Place(store, capsys)
    fill(store, items=12, show=["risk"], reference=True)
    for name in ("ana", "ben"):
        assert place("user", "add", name).code == 0
    return place


@pytest.fixture
def laptop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A machine without a network."""
    return Place(Store.open(tmp_path / "laptop" / "reviewer.db"), capsys)


@pytest.fixture
def other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    """A machine that has nothing to do with it."""
    return Place(Store.open(tmp_path / "other" / "reviewer.db"), capsys)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh(tmp_path / "server")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Where packs are written."""
    return tmp_path / "a.pack"


def lent(server: Place, pack: Path, *more: object, rater: str = "ana") -> Any:
    """A pack in the place of one that was carried away."""
    pack.unlink(missing_ok=True)
    return server.told("pack", "export", QUEUE, "--rater", rater, "-o", pack, *more)


# -- the whole way -----------------------------------------------------------------------------------------


def test_labels_come_back_as_they_were_given(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    told = lent(server, pack, "-n", 5)
    assert (told["tasks"], told["why"]) == (5, None)
    taken = laptop.told("pack", "import", pack, "--key", told["key"])
    assert (taken["queue"], taken["new"], taken["left"], taken["pinned"]) == ("team/kyc", 5, 5, told["key"])
    laptop.rate(1, 2, 3)

    labels, answers = tmp_path / "labels.pack", tmp_path / "answers.pack"
    assert laptop.told("pack", "export", "team/kyc", "-o", labels)["labels"] == 3
    arrived = server.told("pack", "import", labels, "--answers", answers)
    assert (arrived["accepted"], arrived["known"], arrived["refused"], arrived["fault"]) == (3, 0, [], None)
    said = f"SELECT {_SAID} FROM label ORDER BY id"
    assert server.rows(said) == laptop.rows(said)
    assert len(server.rows(said)) == 3

    assert laptop.rows("SELECT state FROM outbox") == [("waiting",)] * 3
    answered = laptop.told("pack", "import", answers)
    assert (answered["sent"], answered["refused"], answered["waiting"]) == (3, [], 0)
    assert laptop.rows("SELECT state FROM outbox") == [("sent",)] * 3
    assert laptop.told("pack", "export", "team", "-o", labels)["written"] is None
    server.assert_sound()
    laptop.assert_sound()


def test_each_pack_is_taken_once(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    lent(server, pack, "-n", 3)
    labels, answers = tmp_path / "labels.pack", tmp_path / "answers.pack"
    laptop.told("pack", "import", pack, "--trust-key")
    again = laptop("pack", "import", pack)
    assert (again.code, "nothing new" in again.out) == (0, True)
    laptop.rate(4, 5)
    laptop.told("pack", "export", "team", "-o", labels)
    server.told("pack", "import", labels, "--answers", answers)
    again = server("pack", "import", labels)
    assert (again.code, "Nothing new" in again.out) == (0, True)
    laptop.told("pack", "import", answers)
    again = laptop("pack", "import", answers)
    assert (again.code, "nothing new" in again.out) == (0, True)
    assert len(server.rows("SELECT id FROM label")) == 2
    server.assert_sound()
    laptop.assert_sound()


def test_labels_wait_until_an_answer_comes_and_are_known_then(
    server: Place, laptop: Place, pack: Path, tmp_path: Path
) -> None:
    lent(server, pack, "-n", 4)
    laptop.told("pack", "import", pack, "--trust-key")
    first, second, answers = (tmp_path / name for name in ("1.pack", "2.pack", "answers.pack"))
    laptop.rate(1, 2)
    laptop.told("pack", "export", "team", "-o", first)
    server.told("pack", "import", first)
    laptop.rate(3)
    assert laptop.told("pack", "export", "team", "-o", second)["labels"] == 3
    arrived = server.told("pack", "import", second, "--answers", answers)
    assert (arrived["accepted"], arrived["known"], arrived["fault"]) == (1, 2, None)
    assert laptop.told("pack", "import", answers)["sent"] == 3
    server.assert_sound()


def test_the_next_pack_says_what_has_arrived(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    lent(server, pack, "-n", 3)
    laptop.told("pack", "import", pack, "--trust-key")
    laptop.rate(1, 2)
    labels = tmp_path / "labels.pack"
    laptop.told("pack", "export", "team", "-o", labels)
    server.told("pack", "import", labels)
    lent(server, pack, "-n", 3)
    taken = laptop.told("pack", "import", pack)
    assert (taken["new"], taken["answered"], taken["left"]) == (3, 2, 4)
    assert laptop.rows("SELECT count(*) FROM outbox WHERE state = 'waiting'") == [(0,)]


def test_a_change_of_mind_follows_its_label(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    lent(server, pack, "-n", 2)
    laptop.told("pack", "import", pack, "--trust-key")
    labels = tmp_path / "labels.pack"
    with closing(sit(laptop.store, "ana", "team/kyc")) as sitting:
        rate(sitting, 1)
        sitting.undo()
        rate(sitting, 5)
    laptop.told("pack", "export", "team", "-o", labels)
    assert server.told("pack", "import", labels)["accepted"] == 2
    counting = server.rows('SELECT l."values" FROM label_head h JOIN label l ON l.id = h.label')
    assert [orjson.loads(values)["score"] for (values,) in counting] == [5]
    server.assert_sound()


def test_what_happened_meanwhile_comes_with_the_next_pack(
    server: Place, laptop: Place, pack: Path, tmp_path: Path
) -> None:
    lent(server, pack, "-n", 4)
    laptop.told("pack", "import", pack, "--trust-key")
    laptop.rate(1, 2)
    labels = tmp_path / "labels.pack"
    laptop.told("pack", "export", "team", "-o", labels)
    server.told("pack", "import", labels)
    given = server.rows("SELECT id, task FROM lease ORDER BY number")
    ask_again(server, given[1][1], "Read the second page.")
    with server.store.writing() as connection:
        ask(connection, "UPDATE task SET state = 'recalled' WHERE id = ?", given[3][1])
    assert lent(server, pack, "-n", 2)["tasks"] == 2
    taken = laptop.told("pack", "import", pack)
    assert (taken["new"], taken["again"], taken["left"]) == (1, 1, 3)
    assert [sentence.partition(": ")[2] for sentence in taken["news"]] == [
        "item 4 was recalled. Nothing more is asked of you there; what you labelled of it is kept.",
        "item 2 was sent back: Read the second page.",
    ]
    with closing(sit(laptop.store, "ana", "team/kyc")) as sitting:
        sitting.go_to(1)
        assert (sitting.phase, sitting.state) == ("rework", "sent_back")
        rate(sitting, 5)
    laptop.told("pack", "export", "team", "-o", labels)
    assert server.told("pack", "import", labels)["accepted"] == 1
    assert server.rows("SELECT phase FROM label WHERE phase = 'rework'") == [("rework",)]
    assert laptop.told("pack", "import", pack)["news"] == []
    server.assert_sound()
    laptop.assert_sound()


def ask_again(server: Place, task: str, reason: str) -> None:
    """An adjudicator sends a task back."""
    queue = record(server.store)

    def job(driver: Any) -> None:
        (rubric, _), *_ = queues.rubrics_of(driver, queue.id)
        columns = label_columns(queue.id, task, rubric, "sent_back", []) | {
            "rater": queues.ensure_rater(driver, "judge"),
            "phase": "adjudication",
            "rationale": orjson.dumps({"label": {"text": reason}}).decode(),
        }
        commit(driver, NewLabel(columns, 0, "s", flagged=False), stream=server.store.device)

    server.store.transact(job)


def test_what_a_pack_holds_is_taken_from_no_machine(server: Place, pack: Path) -> None:
    lent(server, pack, "-n", 4)
    with server.store.reading() as connection:
        queue = queues.find(connection, QUEUE)
        assert queue is not None
        assert leases.changes(connection, queue.id, _rater(server, "ana"), "another") == []


def test_two_people_take_two_packs_of_one_queue(server: Place, pack: Path, tmp_path: Path) -> None:
    with server.store.writing() as connection:
        queue = queues.find(connection, QUEUE)
        assert queue is not None
        queues.change(connection, queue, stream=server.store.device, actor="lead", action="queue.changed", overlap=1)
    assert lent(server, pack, "-n", 8)["tasks"] == 8
    other = lent(server, tmp_path / "b.pack", rater="ben")
    assert (other["tasks"], bool(other["why"])) == (4, True)
    given = server.rows("SELECT task FROM lease")
    assert len(given) == len(set(given)) == 12
    third = server("pack", "export", QUEUE, "--rater", "ben", "-o", tmp_path / "c.pack")
    assert third.code == 1
    assert "no pack was written for ben" in third.err
    assert not (tmp_path / "c.pack").exists()


def test_a_pack_that_was_lost_is_made_again(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    lent(server, pack)
    assert server("pack", "export", QUEUE, "--rater", "ana", "-o", tmp_path / "b.pack").code == 1
    assert lent(server, tmp_path / "b.pack", "--take-over")["tasks"] == 12
    laptop.told("pack", "import", tmp_path / "b.pack", "--trust-key")
    assert laptop.told("pack", "import", pack)["new"] == 0


def test_late_labels_count(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    lent(server, pack, "-n", 2, "--days", 1)
    laptop.told("pack", "import", pack, "--trust-key")
    laptop.rate(2, 3)
    with server.store.writing() as connection:
        ask(connection, "UPDATE lease SET until = '2026-01-01T00:00:00.000000Z'")
    labels = tmp_path / "labels.pack"
    laptop.told("pack", "export", "team", "-o", labels)
    assert server.told("pack", "import", labels)["accepted"] == 2


def test_what_a_person_is_told(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> None:
    said = server("pack", "export", QUEUE, "--rater", "ana", "-n", "3", "-o", pack)
    key = signing.server_key(server.store)
    assert "3 tasks of 'kyc' for ana" in said.out
    assert f"--key {key}" in said.out
    said = laptop("pack", "import", pack, "--key", key)
    assert "team/kyc: 3 new items, 3 to label" in said.out
    said = laptop("pack", "export", "team/kyc", "-o", tmp_path / "labels.pack")
    assert "no label waits, and nothing was written" in said.out
    laptop.rate(3)
    labels, answers = tmp_path / "labels.pack", tmp_path / "answers.pack"
    assert "1 label of ana for 'team/kyc'" in laptop("pack", "export", "team/kyc", "-o", labels).out
    said = server("pack", "import", labels, "--answers", answers)
    assert "1 new label of ana." in said.out
    assert "known by its key from now on" in said.out
    assert "1 label arrived at the server" in laptop("pack", "import", answers).out


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.fixture
def labels(server: Place, laptop: Place, pack: Path, tmp_path: Path) -> Path:
    """A pack of labels that the server has not seen."""
    lent(server, pack, "-n", 3)
    laptop.told("pack", "import", pack, "--trust-key")
    laptop.rate(1, 2)
    path = tmp_path / "labels.pack"
    laptop.told("pack", "export", "team", "-o", path)
    return path


def refused(place: Place, path: Path, *more: object, code: int = 3) -> str:
    before = place.rows("SELECT count(*) FROM label"), place.rows("SELECT count(*) FROM event")
    ran = place("pack", "import", path, *more)
    assert (ran.code, ran.out) == (code, "")
    assert (place.rows("SELECT count(*) FROM label"), place.rows("SELECT count(*) FROM event")) == before
    assert len(ran.err.strip().splitlines()) == 1
    return ran.err


def test_labels_that_were_changed_on_the_way_are_refused(server: Place, labels: Path) -> None:
    whole = labels.read_bytes()
    labels.write_bytes(whole[:-30])
    assert "is cut off" in refused(server, labels)
    labels.write_bytes(whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:])
    assert "was changed or damaged" in refused(server, labels)


def test_labels_for_another_server_are_refused(
    labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Place(Store.open(tmp_path / "other" / "reviewer.db"), capsys)
    assert "for another server" in refused(other, labels)


def test_a_device_is_known_by_its_key_from_its_first_labels_on(
    server: Place, laptop: Place, labels: Path, tmp_path: Path
) -> None:
    key = signing.public(signing.key_of(laptop.store, "device"))
    assert server.told("pack", "import", labels)["pinned"] == key
    assert server.rows("SELECT device, public_key FROM device") == [(laptop.store.device, key)]
    (laptop.store.path.parent / "device.key").unlink()
    laptop.rate(5)
    again = tmp_path / "again.pack"
    laptop.told("pack", "export", "team", "-o", again)
    assert "signed by another key" in refused(server, again)
    told = server.told("pack", "import", again, "--trust-key")
    assert told["accepted"] == 1
    assert told["pinned"] == signing.public(signing.key_of(laptop.store, "device"))


def test_nobody_gets_in_with_leases_that_are_not_theirs(server: Place, laptop: Place, labels: Path) -> None:
    with laptop.store.writing() as connection:
        as_ben = "INSERT INTO rater SELECT ?, 'ben', kind, family, spec_hash, spec FROM rater"
        ask(connection, as_ben, _rater(server, "ben"))
        ask(connection, "UPDATE remote SET rater = ?", _rater(server, "ben"))
        ask(connection, "UPDATE label SET rater = ?", _rater(server, "ben"))
    laptop.told("pack", "export", "team", "-o", labels)
    told = server.told("pack", "import", labels)
    assert (told["accepted"], len(told["refused"]), told["pinned"]) == (0, 2, None)
    assert server.rows("SELECT count(*) FROM label") == [(0,)]
    assert server.rows("SELECT count(*) FROM device WHERE public_key IS NOT NULL") == [(0,)]


def _rater(server: Place, name: str) -> str:
    ((rater,),) = server.rows("SELECT id FROM rater WHERE name = ?", name)
    return str(rater)


def test_a_label_that_is_refused_says_why_and_can_be_sent_again(
    server: Place, laptop: Place, labels: Path, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.pack"
    with laptop.store.writing() as connection:
        ask(connection, """UPDATE label SET "values" = '{"score":99}' WHERE id = (SELECT min(id) FROM label)""")
    laptop.told("pack", "export", "team", "-o", labels)
    told = server.told("pack", "import", labels, "--answers", answers)
    assert (told["accepted"], len(told["refused"])) == (1, 1)
    said = laptop("pack", "import", answers)
    assert "1 label was not taken" in said.out
    with laptop.store.reading() as connection:
        assert remotes.refused(connection, "team") == 1
    assert laptop.told("pack", "export", "team", "--refused", "-o", labels)["labels"] == 1


def test_answers_for_others_are_refused(server: Place, other: Place, labels: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.pack"
    server.told("pack", "import", labels, "--answers", answers)
    assert "does not work for" in refused(other, answers)
    lent(server, tmp_path / "b.pack", rater="ben")
    other.told("pack", "import", tmp_path / "b.pack", "--trust-key")
    assert "for another machine or rater (ana)" in refused(other, answers)


def test_tasks_are_not_for_the_store_that_made_them(server: Place, pack: Path) -> None:
    lent(server, pack)
    assert "of this very store" in refused(server, pack)


def test_options_that_make_no_sense_are_said_to_make_none(
    server: Place, laptop: Place, labels: Path, pack: Path, tmp_path: Path
) -> None:
    assert "--answers is for labels" in refused(laptop, pack, "--answers", tmp_path / "x", code=2)
    assert "--key and --remote are for tasks" in refused(server, labels, "--remote", "x", code=2)
    for place, arguments in (
        (server, [QUEUE]),
        (server, [QUEUE, "--rater", "ana", "--refused"]),
        (laptop, ["team", "-n", "5"]),
    ):
        ran = place("pack", "export", *arguments, "-o", tmp_path / "x")
        assert ran.code == 2, ran.err
    for place, arguments, word in (
        (server, [QUEUE, "--rater", "nobody"], "there is no user 'nobody'"),
        (server, ["nothing", "--rater", "ana"], "there is no queue 'nothing'"),
        (laptop, ["lab/kyc"], "there is no remote 'lab'"),
        (laptop, ["team/other"], "nothing of the queue 'team/other'"),
        (laptop, ["team/kyc", "--rater", "ana"], "there is no user 'ana'"),
    ):
        ran = place("pack", "export", *arguments, "-o", tmp_path / "x")
        assert ran.code == 3, ran.err
        assert word in ran.err
    assert not (tmp_path / "x").exists()


def test_what_cannot_be_written_leaves_nothing_leased(server: Place, tmp_path: Path) -> None:
    ran = server("pack", "export", QUEUE, "--rater", "ana", "-o", tmp_path / "no" / "a.pack")
    assert ran.code == 3
    assert server.rows("SELECT count(*) FROM lease WHERE until > '2026'") == [(0,)]


def test_a_pack_is_refused_where_it_is_larger_than_one_says(server: Place, laptop: Place, pack: Path) -> None:
    fill(server.store, queue="large", items=40, shuffle=False)
    with server.store.writing() as connection:
        ask(connection, "UPDATE item SET reference = ?", "x" * 60_000)
        queue = queues.find(connection, "large")
        assert queue is not None
        queues.change(
            connection,
            queue,
            stream=server.store.device,
            actor="lead",
            action="queue.changed",
            settings={**queue.settings, "reference": True},
        )
    server.told("pack", "export", "large", "--rater", "ana", "-o", pack)
    assert "unpacks to 2 MB, and 1 MB are taken" in refused(laptop, pack, "--trust-key", "--most", 1)
    assert laptop.told("pack", "import", pack, "--trust-key", "--most", 3)["new"] == 40


# -- what goes out -----------------------------------------------------------------------------------------


def test_nothing_off_the_allow_list_is_in_a_pack(server: Place, laptop: Place, pack: Path) -> None:
    fill(server.store, queue="blind", items=20, outputs=2, repeats=0.2, blind=True)
    with server.store.writing() as connection:
        ask(connection, "UPDATE system SET name = 'canary-' || name")
        ask(connection, "UPDATE task SET selection = 'canary-reason'")
    server.told("pack", "export", "blind", "--rater", "ana", "-o", pack)
    content = pack.read_bytes()
    body = gzip.decompress(content.split(b"\n", 2)[2])
    plain = content.split(b"\n", 2)[0] + body
    assert b"canary" not in plain
    seed = record(server.store, "blind").seed
    hashes = [row[0] for row in server.rows("SELECT content_hash FROM output UNION SELECT content_hash FROM item")]
    tasks = [row[0] for row in server.rows("SELECT id FROM task UNION SELECT id FROM output UNION SELECT id FROM item")]
    keys = [row[0] for row in server.rows("SELECT key FROM dataset_item")]
    for secret in (seed, *hashes, *tasks, *keys, "model-", "severe", "gold", "repeat", "priority", "probability"):
        assert str(secret).encode() not in plain, secret
    laptop.told("pack", "import", pack, "--trust-key")
    kept = b"".join(found.read_bytes() for found in laptop.store.path.parent.glob("reviewer.db*"))
    for secret in ("canary", seed, *hashes, *tasks, *keys):
        assert str(secret).encode() not in kept, secret


def test_a_pack_that_was_not_carried_away_is_not_written_over(server: Place, pack: Path) -> None:
    lent(server, pack, "-n", 2)
    before = pack.read_bytes()
    ran = server("pack", "export", QUEUE, "--rater", "ana", "-n", 2, "-o", pack)
    assert (ran.code, "it is there already" in ran.err, "-o" in ran.err) == (3, True, True)
    assert pack.read_bytes() == before
    # All that is left is in that pack: how to have it again is said.
    again = server("pack", "export", QUEUE, "--rater", "ana", "-o", pack.with_name("b.pack"))
    more = server("pack", "export", QUEUE, "--rater", "ana", "-o", pack.with_name("c.pack"))
    assert again.code == 0
    assert more.code == 1
    assert "Another device or pack of ana holds" in more.err
    assert "--take-over" in more.err
