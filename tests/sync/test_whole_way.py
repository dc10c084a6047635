"""From a queue on a server to labels there, through stores on devices that know no more than they may."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from reviewer.cli.labels import labels
from reviewer.cli.queue import queue as queue_
from reviewer.cli.rate import rate as rate_
from reviewer.cli.sync import sync as listed
from reviewer.errors import BadInput
from reviewer.session.deciding import Deciding
from reviewer.session.desk import cards
from reviewer.store import events, queues, remotes
from reviewer.store.backup import back_up
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.sync.agenda import Task
from reviewer.sync.line import RemoteLine
from reviewer.sync.pulling import give_back
from reviewer.sync.remotes import connect
from reviewer.sync.trouble import RemoteTrouble
from tests.server.serving import ROOT
from tests.store.filling import SCORE, fill, fresh, put_rubric, rate, record, sit
from tests.sync.served import Team, Worker, device, team_on

_SAID = (
    'id, rater, phase, outcome, revision, supersedes, rubric, "values", rationale, correction, notes, flags, exposure, '
    "shown_order, evidence, confidence, active_ms, idle_ms, device, client_version, committed_at, source"
)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    store = fresh(tmp_path / "server")
    fill(store, items=12, show=["risk"], reference=True)
    with team_on(store) as team:
        yield team
    assert team.is_sound()


@pytest.fixture
def ana(team: Team, tmp_path: Path) -> Iterator[Worker]:
    worker = Worker.of(team, device(tmp_path / "laptop"))
    yield worker
    assert [finding for finding in examine(worker.store) if finding.status == "fail"] == []


@pytest.mark.both_databases
def test_labels_on_the_server_are_those_that_were_given(team: Team, ana: Worker) -> None:
    got = ana.pull(5)
    assert (got.new, got.left) == (5, 5)
    ana.rate(1, 2, 3)
    ana.change(0, 5)
    assert ana.push().sent == 4
    said = f"SELECT {_SAID} FROM label ORDER BY id"
    assert team.rows(said) == ana.rows(said)
    assert [state for (state,) in ana.rows("SELECT state FROM outbox")] == ["sent"] * 4
    # What the server keeps of the stream is what was written here.
    stream = "SELECT * FROM event WHERE stream = ? ORDER BY seq"
    assert team.rows(stream, ana.remote.stream) == ana.rows(stream, ana.remote.stream)
    synced = ana.sync()
    assert (synced.pushed.sent, synced.queues[0].pulled.new if synced.queues[0].pulled else 0) == (0, 3)


def test_everything_is_pulled_and_rated_and_then_it_says_so(team: Team, ana: Worker) -> None:
    got = ana.pull(50)
    assert (got.new, got.why_code) == (12, "done")
    ana.rate(*[3] * 12)
    assert ana.push().sent == 12
    again = ana.pull(50)
    assert (again.new, again.left, again.why_code) == (0, 0, "done")
    assert again.why
    assert team.rows("SELECT submitted FROM progress WHERE rater = ?", ana.remote.rater) == [(12,)]


def test_a_devices_bytes_hold_nothing_off_the_allow_list(team: Team, ana: Worker, tmp_path: Path) -> None:
    ana.pull(12)
    ana.rate(1, 2)
    ana.sync()
    whole = b"".join(path.read_bytes() for path in tmp_path.glob("laptop/**/*") if path.is_file())
    assert b"What does note 3 say?" in whole
    assert b"severe" in whole
    hidden = {"model-0", "item-0003", "off the list", record(team.store).seed}
    hidden |= {key for (key,) in team.rows("SELECT content_hash FROM output UNION SELECT content_hash FROM item")}
    hidden |= {key for (key,) in team.rows("SELECT id FROM task UNION SELECT id FROM output UNION SELECT id FROM item")}
    assert [secret for secret in hidden if secret.encode() in whole] == []


def test_what_is_sent_twice_is_there_once(team: Team, ana: Worker) -> None:
    ana.pull(3)
    ana.rate(1, 2, 3)
    assert ana.push().sent == 3
    with ana.store.writing() as connection:
        connection.execute("UPDATE outbox SET state = 'waiting'")
        connection.execute("UPDATE remote SET stream_sent = 0")
    again = ana.push()
    assert (again.sent, again.known, again.faults) == (3, 3, [])
    assert team.rows("SELECT count(*) FROM label") == [(3,)]


KILLED = """
import os, sys
from pathlib import Path
import keyring
from keyring.backends import null
keyring.set_keyring(null.Keyring())
from reviewer.store.connection import Store
from reviewer.sync import pushing
from reviewer.sync.remotes import connect, find
store = Store.open(Path(sys.argv[1]))
def killed(*_args, **_more):
    os.kill(os.getpid(), 9)
pushing._record = killed
remote = find(store, "team")
pushing.push(store, connect(store, remote), remote)
"""


def test_a_push_that_is_killed_before_the_answer_is_kept_is_known_the_next_time(team: Team, ana: Worker) -> None:
    ana.pull(3)
    ana.rate(1, 2, 3)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(ana.store.path)], cwd=ROOT, check=False)
    assert ended.returncode == -9
    assert team.rows("SELECT count(*) FROM label") == [(3,)]
    assert [state for (state,) in ana.rows("SELECT state FROM outbox")] == ["waiting"] * 3
    again = ana.push()
    assert (again.sent, again.known, again.faults) == (3, 3, [])


def test_a_server_that_is_gone_for_a_while_loses_nothing(team: Team, ana: Worker) -> None:
    ana.pull(6)
    port = team.stop(kill=True)
    ana.rate(1, 2)
    with pytest.raises(RemoteTrouble, match="nothing answers at") as raised:
        ana.push()
    assert raised.value.offline
    ana.rate(3)
    team.start(port)
    assert ana.push().sent == 3
    assert team.rows("SELECT count(*) FROM label") == [(3,)]


def test_two_devices_of_one_rater(team: Team, ana: Worker, tmp_path: Path) -> None:
    ana.pull(4)
    other = Worker.of(team, device(tmp_path / "desktop"))
    assert other.pull(12).new == 8
    taken = other.pull(12, take_over=True)
    assert taken.new == 4
    # Both label one item before either of them hears of the other.
    ((task,),) = ana.rows("SELECT task FROM assignment WHERE seq = 0")
    ((seq,),) = other.rows("SELECT seq FROM assignment WHERE task = ?", task)
    ana.rate(1)
    other.change(seq, 5)
    assert other.push().sent == 1
    assert ana.push().conflicts == 1
    synced = ana.sync()
    (queue,) = synced.queues
    assert [conflict.task for conflict in queue.conflicts] == [task]
    assert len(queue.heard.of("taken_over")) == 3
    assert other.sync().queues[0].conflicts
    ana.change(0, 3)
    assert ana.push().sent == 1
    assert not ana.sync().queues[0].conflicts
    assert not other.sync().queues[0].conflicts
    heads = team.rows('SELECT l."values", h.conflict FROM label_head h JOIN label l ON l.id = h.label')
    assert [(orjson.loads(values), conflict) for values, conflict in heads] == [({"score": 3}, "[]")]
    assert [finding for finding in examine(other.store) if finding.status == "fail"] == []


def test_a_conflict_is_settled_by_submitting_what_stands_there(team: Team, ana: Worker, tmp_path: Path) -> None:
    ana.pull(1)
    other = Worker.of(team, device(tmp_path / "desktop"))
    other.pull(1, take_over=True)
    ana.rate(2)
    other.rate(5)
    assert other.push().sent == 1
    line = RemoteLine(ana.store, "team")
    heard = line.work(Task("push"))
    line.close()
    # The workstation is told what the command lists, in the same breath.
    assert sum("labelled on two devices" in news.sentence for news in heard.news) == 1
    told = CliRunner().invoke(listed, ["--conflicts", "--home", str(ana.store.path.parent)]).output.splitlines()
    assert told[0].startswith("team/kyc, item 1: What does note ")
    assert sorted(one.split(",")[0].strip() for one in told[1:3]) == ["here", "on another device"]
    assert [one for one in told[1:3] if one.endswith("score 5  (counts)")]
    exported = CliRunner().invoke(labels, ["export", "kyc", "--home", str(team.store.path.parent)]).output
    assert [orjson.loads(row)["disputed"] for row in exported.splitlines()] == [True, True]
    shown = CliRunner().invoke(queue_, ["show", "kyc", "--home", str(team.store.path.parent)]).output
    assert "2 labels stand beside another of the same rater" in shown
    sitting = sit(ana.store, "ana", "team/kyc")
    sitting.go_to(0)
    said = dict(sitting.work.values)
    assert sitting.submit().moved
    sitting.drain(10)
    sitting.go_to(0)
    # Once it is settled, the same again is nothing new.
    assert sitting.submit().moved
    sitting.close()
    assert ana.push().sent == 1
    assert not ana.sync().queues[0].conflicts
    assert not other.sync().queues[0].conflicts
    heads = team.rows('SELECT l."values", h.conflict FROM label_head h JOIN label l ON l.id = h.label')
    assert [(orjson.loads(values), conflict) for values, conflict in heads] == [(said, "[]")]
    assert "disputed" not in CliRunner().invoke(labels, ["export", "kyc", "--home", str(team.store.path.parent)]).output


def test_whoever_leaves_the_plain_mode_has_sent_what_was_saved(team: Team, ana: Worker) -> None:
    ana.pull(3)
    home = str(ana.store.path.parent)
    ended = CliRunner().invoke(
        rate_, ["team/kyc", "--plain", "--home", home], input="4\nyes\n\n3\nno\n\n:quit\n", catch_exceptions=False
    )
    assert ended.exit_code == 0, ended.output
    assert ended.stderr == ""
    assert team.rows("SELECT count(*) FROM label") == [(2,)]


def test_what_another_device_has_done_is_asked_of_none_again(team: Team, ana: Worker, tmp_path: Path) -> None:
    ana.pull(4)
    other = Worker.of(team, device(tmp_path / "desktop"))
    assert other.pull(4, take_over=True).new == 4
    other.rate(1, 2)
    assert other.push().sent == 2
    (heard,) = ana.sync().queues
    assert len(heard.heard.of("taken_over")) == 4
    ana.rate(
        *[4] * len(ana.rows("SELECT a.task FROM assignment a JOIN task t ON t.id = a.task WHERE a.state = t.state"))
    )
    assert ana.push().conflicts == 0
    assert not ana.sync().queues[0].conflicts
    (card,) = cards(ana.store, "ana")
    open_ = "SELECT count(*) FROM assignment a JOIN task t ON t.id = a.task WHERE a.state = 'open' AND t.state = 'open'"
    assert [(card.left,)] == ana.rows(open_)
    assert team.rows("SELECT count(*) - count(DISTINCT task) FROM label") == [(0,)]


def test_what_was_labelled_here_is_not_asked_of_the_device_that_took_it_over(
    team: Team, ana: Worker, tmp_path: Path
) -> None:
    ana.pull(3)
    other = Worker.of(team, device(tmp_path / "desktop"))
    assert other.pull(3, take_over=True).new == 3
    ana.rate(4)
    assert ana.push().sent == 1
    (heard,) = other.sync().queues
    assert len(heard.heard.of("taken_over")) == 1
    other.rate(
        *[2] * len(other.rows("SELECT a.task FROM assignment a JOIN task t ON t.id = a.task WHERE a.state = t.state"))
    )
    assert other.push().conflicts == 0
    assert team.rows("SELECT count(*) - count(DISTINCT task) FROM label") == [(0,)]


def test_a_rubric_that_changed_and_a_queue_that_closed_meanwhile(team: Team, ana: Worker) -> None:
    ana.pull(4)
    ana.rate(1, 2)
    found = record(team.store)
    second = put_rubric(team.store, found, {**SCORE, "instructions": "Read it twice."})
    with team.store.writing() as connection:
        queues.change(connection, found, stream=team.store.device, actor="lead", action="queue.closed", state="closed")
    (queue,) = ana.sync().queues
    assert (queue.heard.state, queue.heard.new_rubric, queue.pulled) == ("closed", "score", None)
    with pytest.raises(BadInput, match="closed on the server"):
        ana.rate(3)
    assert team.rows("SELECT count(*) FROM label") == [(2,)]
    found = record(team.store)
    with team.store.writing() as connection:
        queues.change(connection, found, stream=team.store.device, actor="lead", action="queue.reopened", state="open")
    assert any("open again" in sentence for sentence in ana.sync().queues[0].heard.news())
    ana.rate(3)
    ana.push()
    rubrics = [rubric for (rubric,) in team.rows("SELECT rubric FROM label ORDER BY id")]
    assert rubrics[:2] != [second, second]
    assert rubrics[2] == second


def test_a_task_that_an_adjudicator_sends_back(team: Team, ana: Worker) -> None:
    ana.pull(3)
    ana.rate(5, 2, 5)
    ana.push()
    ben = sit(team.store, "ben")
    rate(ben, *[5] * 12)
    assert ben.close()
    ((task,),) = team.rows("SELECT task FROM lease WHERE number = 2")
    judge = Deciding.decide(team.store, "kyc", "lead")
    assert judge.send_back("Look at the date.").moved
    assert judge.close()
    (queue,) = ana.sync().queues
    assert [each.reason for each in queue.heard.of("sent_back")] == ["Look at the date."]
    sitting = sit(ana.store, "ana", "team/kyc")
    try:
        assert (sitting.phase, sitting.work.values) == ("rework", {"score": 2})
        assert "Look at the date." in sitting.notice
        rate(sitting, 5)
    finally:
        sitting.close()
    assert ana.push().sent == 1
    assert ana.sync().queues[0].heard.news() == []
    said = 'SELECT phase, "values" FROM label WHERE task = ? AND rater = ? ORDER BY id'
    assert [(phase, orjson.loads(values)) for phase, values in team.rows(said, task, ana.remote.rater)] == [
        ("independent", {"score": 2}),
        ("rework", {"score": 5}),
    ]


def test_a_task_that_was_recalled_meanwhile(team: Team, ana: Worker) -> None:
    ana.pull(3)
    ((task,),) = team.rows("SELECT task FROM lease WHERE number = 1")
    with team.store.writing() as connection:
        connection.execute("UPDATE task SET state = 'recalled' WHERE id = ?", (task,))
    (queue,) = ana.sync().queues
    assert len(queue.heard.of("recalled")) == 1
    assert queue.left == 3  # another one came in its place
    with team.store.writing() as connection:
        connection.execute("UPDATE task SET state = 'open' WHERE id = ?", (task,))
    assert len(ana.sync().queues[0].heard.of("reopened")) == 1


def test_what_is_given_back_goes_to_others(team: Team, ana: Worker, tmp_path: Path) -> None:
    with team.store.writing() as connection:
        queues.change(
            connection, record(team.store), stream=team.store.device, actor="lead", action="queue.changed", overlap=1
        )
    ana.pull(12)
    ben = Worker.of(team, device(tmp_path / "bens"), "ben")
    assert (ben.pull(5).new, ben.pull(5).why_code) == (0, "leased")
    ana.rate(1)
    ana.push()
    with ana.store.reading() as connection:
        (kept,) = remotes.queues_of(connection, "team")
    with connect(ana.store, ana.now()) as client:
        assert give_back(ana.store, client, ana.remote, kept) == 11
    assert ana.sync().queues[0].left == 0
    assert ben.pull(12).new == 11
    late = ana.pull(12)
    assert (late.new, late.left) == (0, 0)


def test_a_week_offline_in_batches(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewer.sync.pushing.BATCH", 3)
    ana = Worker.of(team, device(tmp_path / "laptop"))
    ana.pull(12)
    ana.rate(*[4] * 10)
    done = ana.push()
    assert (done.sent, done.requests, done.faults) == (10, 4, [])
    with team.store.reading() as connection:
        assert not events.verify(connection).faults


def test_a_store_that_was_put_back_from_a_copy_goes_on(team: Team, ana: Worker) -> None:
    ana.pull(6)
    ana.rate(1)
    ana.push()
    copy = ana.store.path.with_name("copy.db")
    back_up(ana.store.path, copy)
    ana.rate(2)
    ana.push()
    for file in ana.store.path.parent.glob("reviewer.db*"):
        file.unlink()
    copy.rename(ana.store.path)
    ana.store = Store.open(ana.store.path)
    ana.rate(5, 4)
    assert ana.push().sent == 2
    ana.sync()
    ana.rate(3)
    assert ana.push().faults == []
    assert team.rows("SELECT count(DISTINCT task) FROM label") == [(4,)]
