"""A week without a network while everything changes at the server: nothing is lost, and what happened is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.store.health import examine
from reviewer.sync.agenda import Task
from reviewer.sync.line import RemoteLine
from tests.server.serving import ROOT, RUN
from tests.store.filling import SCORE, fill, fresh, put_rubric, record
from tests.sync.served import Team, Worker, device, team_on

LONG_AGO = "2026-01-01T00:00:00.000000Z"
OFFLINE = (1, 2, 3, 4, 5)
CONFLICT, RECALLED, UNLABELLED = 0, 1, 6


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    store = fresh(tmp_path / "server")
    fill(store, items=12, overlap=1)
    with team_on(store) as team:
        yield team
    assert team.is_sound()


@pytest.fixture
def laptop(team: Team, tmp_path: Path) -> Worker:
    """A device that comes back after a week in which the server, and another device of its rater, went on."""
    laptop = Worker.of(team, device(tmp_path / "laptop"))
    laptop.pull(8)
    tasks = [task for (task,) in laptop.rows("SELECT task FROM assignment ORDER BY seq")]
    laptop.rate(*OFFLINE)
    # The lease of every item runs out while the device is away.
    with team.store.writing() as connection:
        connection.execute("UPDATE lease SET until = ? WHERE until IS NOT NULL", (LONG_AGO,))
    _other_device(team, tmp_path, tasks)
    put_rubric(team.store, record(team.store), {**SCORE, "instructions": "Read it twice."})
    with team.store.writing() as connection:
        for place in (RECALLED, UNLABELLED):
            (task,) = connection.execute("SELECT task FROM lease WHERE id = ?", (tasks[place],)).fetchone()
            connection.execute("UPDATE task SET state = 'recalled' WHERE id = ?", (task,))
        queues.change(
            connection,
            record(team.store),
            stream=team.store.device,
            actor="lead",
            action="queue.closed",
            state="closed",
        )
    return laptop


def _other_device(team: Team, folder: Path, tasks: list[str]) -> None:
    desktop = Worker.of(team, device(folder / "desktop"))
    desktop.pull(12, take_over=True)
    ((place,),) = desktop.rows("SELECT seq FROM assignment WHERE task = ?", tasks[CONFLICT])
    desktop.change(place, 5)
    assert desktop.push().sent == 1


def _reviewer(store: Store, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "--home", str(store.path.parent), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SAID = [
    "'team/kyc' was closed: what you have labelled still counts, and no more is asked.",
    "'team/kyc' has a new rubric, 'score': labels that you gave keep the one that they were given by.",
    "'team/kyc': 2 items were recalled (item 2, item 7). Nothing more is asked of you there; what you labelled of it "
    "is kept.",
    "'team/kyc': 2 items were taken over by another device of yours (item 6, item 8).",
    "'team/kyc': item 1 was labelled on two devices. Both labels are kept; the one that the server received first "
    "counts.",
]


def _scores(team: Team) -> list[int]:
    found = team.rows('SELECT "values" FROM label ORDER BY committed_at')
    return [orjson.loads(values)["score"] for (values,) in found]


def test_a_sync_after_a_week_loses_nothing_and_says_what_happened(team: Team, laptop: Worker) -> None:
    before = team.rows("SELECT rubric FROM label")
    told = _reviewer(laptop.store, "sync").splitlines()
    assert told[:2] == ["team: 5 labels sent.", "team/kyc: closed, 0 to label here."]
    assert [line.strip() for line in told[2:7]] == SAID
    assert told[7:] == ["1 item was labelled on two devices: `reviewer sync --conflicts` lists them."]
    # All that either device saw as saved is at the server, once, and by the rubric that stood then.
    assert _scores(team) == [*OFFLINE, 5]
    assert set(team.rows("SELECT rubric FROM label")) == set(before)
    heads = team.rows('SELECT l."values", h.conflict FROM label_head h JOIN label l ON l.id = h.label')
    first, ((_, beside),) = heads, [head for head in heads if head[1] != "[]"]
    assert len(first) == len(OFFLINE)
    assert len(orjson.loads(beside)) == 1
    conflicts = _reviewer(laptop.store, "sync", "--conflicts")
    assert "on another device" in conflicts
    assert "here, " in conflicts
    assert [finding for finding in examine(laptop.store) if finding.status == "fail"] == []
    # It is told once.
    again = _reviewer(laptop.store, "sync").splitlines()
    assert again[:2] == ["team: no label waits to be sent.", "team/kyc: closed, 0 to label here."]
    assert not set(SAID) & {line.strip() for line in again}
    assert _scores(team) == [*OFFLINE, 5]


def test_the_workstation_says_as_much_as_the_command(team: Team, laptop: Worker) -> None:
    line = RemoteLine(laptop.store, "team")
    heard = line.work(Task("sync"))
    assert heard.sent == len(OFFLINE)
    assert [news.sentence for news in heard.news if news.queue] == SAID
    assert line.counts() == {"team/kyc": (0, 0)}
    line.close()
    assert _scores(team) == [*OFFLINE, 5]


def test_what_stands_beside_each_other_is_settled_once_the_queue_is_open_again(team: Team, laptop: Worker) -> None:
    laptop.sync()
    with team.store.writing() as connection:
        queues.change(
            connection,
            record(team.store),
            stream=team.store.device,
            actor="lead",
            action="queue.reopened",
            state="open",
        )
    (queue,) = laptop.sync().queues
    assert queue.heard.news() == ["'team/kyc' is open again."]
    laptop.change(CONFLICT, 3)
    assert laptop.push().sent == 1
    assert not laptop.sync().queues[0].conflicts
    assert [conflict for (conflict,) in team.rows("SELECT conflict FROM label_head WHERE conflict <> '[]'")] == []
