"""A calibration round over the wire: blind until its reveal, then all of it on every member's device."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reviewer.cli.rate import rate
from reviewer.cli.round import round_
from reviewer.errors import BadInput
from reviewer.session import promoting, rounds
from reviewer.session.revealing import ELSEWHERE, Revealing, open_sitting
from reviewer.session.starting import Plan, start
from reviewer.store import accounts, events, health, pulled_panel
from reviewer.store.connection import Store
from reviewer.store.queues import QueueRecord
from reviewer.sync.client import Client
from reviewer.sync.remotes import connect
from tests.session.rounds_played import give
from tests.store.comparing import pairs_queue
from tests.store.filling import fill, fresh, record
from tests.sync.served import Team, Worker, device, team_on
from tests.tui.revealed import revealing as revealing_at
from tests.tui.revealed import screen_of

WORDS = {"ana": "ZEBRA", "ben": "OKAPI"}
SCORES = {"ana": 2, "ben": 5}


@dataclass
class Played:
    """A round of two members over the wire, each with a device."""

    team: Team
    round: str
    ana: Worker
    ben: Worker

    @property
    def here(self) -> str:
        """The round's name on a device."""
        return f"team/{self.round}"


def begin(team: Team, folder: Path, queue: str = "kyc") -> Played:
    """Starts a round and pulls it to both devices."""
    name = start(team.store, queue, Plan(("ana", "ben"), 3, seed=1), "lead").card.name
    workers = [Worker.of(team, device(folder / who), who) for who in WORDS]
    for worker in workers:
        worker.pull(queue=name)
    return Played(team, name, *workers)


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    """A round that waits for its members' labels."""
    store = fresh(tmp_path / "server")
    fill(store, items=6)
    with team_on(store) as team:
        yield begin(team, tmp_path)


def vote(played: Played, who: str) -> None:
    """Rates all items of the round and syncs."""
    worker: Worker = getattr(played, who)
    sitting = open_sitting(worker.store, played.here, who)
    for _ in range(3):
        give(sitting, {"values": {"score": SCORES[who]}, "notes": WORDS[who], "flags": ["unsure"]})
    assert sitting.close()
    worker.sync()


def both_vote(played: Played) -> None:
    """Both members rate the whole round."""
    for who in WORDS:
        vote(played, who)


def reveal(played: Played) -> None:
    """The lead reveals the round at the server, and both devices sync."""
    rounds.reveal(played.team.store, played.round, "lead")
    played.ana.sync()
    played.ben.sync()


def revealing(worker: Worker, played: Played, who: str) -> Revealing:
    """The panel as the member opens it."""
    sitting = open_sitting(worker.store, played.here, who)
    assert isinstance(sitting, Revealing)
    return sitting


def said(sitting: Revealing) -> list[dict[str, tuple[Any, str]]]:
    """By item, what each member said first, and noted."""
    return [{label.rater: (label.values["score"], label.notes) for label in panel.labels} for panel in sitting.panels]


def everything(store: Store) -> str:
    """All that a device holds, as text, and what its file holds as it lies there."""
    with sqlite3.connect(f"file:{store.path}?mode=ro", uri=True) as connection:
        text = "\n".join(connection.iterdump())
    folder = Path(str(store.path)).parent
    return text + "".join(one.read_bytes().decode("latin-1") for one in sorted(folder.rglob("*")) if one.is_file())


def answers(worker: Worker, played: Played) -> str:
    """Everything that the server answers to a member."""
    with connect(worker.store, worker.now(), attempts=1) as client:
        (queue,) = (one for one in client.queues() if one.name == played.round)
        told = [queue, client.changes(queue.id, worker.store.device), client.panel(queue.id)]
        return "\n".join(one.model_dump_json() for one in told)


def test_before_the_reveal_nothing_of_another_is_on_a_device_or_in_an_answer(played: Played) -> None:
    both_vote(played)
    for state in ("open", "locked"):
        if state == "locked":
            rounds.lock(played.team.store, played.round, "lead")
        for worker, foreign in ((played.ana, "OKAPI"), (played.ben, "ZEBRA")):
            worker.sync()
            assert foreign not in everything(worker.store)
            assert foreign not in answers(worker, played)
            assert worker.rows("SELECT count(*) FROM label") == [(3,)]
            assert worker.rows("SELECT count(*) FROM rater") == [(1,)]
    with pytest.raises(BadInput, match="locked on the server"):
        open_sitting(played.ana.store, played.here, "ana")


def test_a_revealed_round_is_read_without_the_server(played: Played) -> None:
    both_vote(played)
    reveal(played)
    played.team.stop()
    for who, worker in (("ana", played.ana), ("ben", played.ben)):
        sitting = revealing(worker, played, who)
        try:
            assert said(sitting) == [{name: (SCORES[name], WORDS[name]) for name in WORDS}] * 3
            assert [label.mine for label in sitting.panels[0].labels] == [who == "ana", who == "ben"]
            assert {label.flags for panel in sitting.panels for label in panel.labels} == {("unsure",)}
            assert sitting.panels[0].missing == ()
            assert sitting.panels[0].dispute == 0.75
            assert sitting.view is not None
            assert sitting.phase == "revote"
        finally:
            sitting.close()
        sound(worker)


def sound(worker: Worker) -> None:
    """The device's log vouches for everything on it, and its store is whole."""
    with worker.store.reading() as connection:
        assert not events.verify(connection).faults
    assert [found for found in health.examine(worker.store) if found.status != "ok"] == []
    assert worker.rows("SELECT count(*) FROM outbox WHERE state <> 'sent'") == [(0,)]


def test_second_votes_go_back_and_reach_the_colleague(played: Played) -> None:
    both_vote(played)
    reveal(played)
    sitting = revealing(played.ana, played, "ana")
    give(sitting, {"values": {"score": 4}, "notes": "AGREED"})
    sitting.drain(10)
    assert sitting.settle().moved is False
    assert sitting.voted_again == 1
    sitting.close()
    assert played.ana.sync().pushed.sent == 1
    assert played.team.rows("SELECT phase, exposure FROM label WHERE notes = 'AGREED'") == [("revote", "peers")]
    assert played.team.is_sound()
    played.ben.sync()
    sitting = revealing(played.ben, played, "ben")
    after = [label.after.values for panel in sitting.panels for label in panel.labels if label.after]
    assert after == [{"score": 4}]
    # One changes one's mind again: the second vote before is no vote any more.
    give(sitting, {"values": {"score": 3}, "notes": "FIRST"})
    sitting.close()
    played.ben.sync()
    sitting = revealing(played.ben, played, "ben")
    sitting.go_to(0)
    give(sitting, {"values": {"score": 4}, "notes": "SECOND"})
    sitting.close()
    played.ben.sync()
    played.ana.sync()
    sitting = revealing(played.ana, played, "ana")
    latest = {label.rater: label.latest.values["score"] for label in sitting.panels[0].labels}
    assert latest == {"ana": 4, "ben": 4}
    sitting.close()
    assert played.ana.rows("SELECT conflict FROM label_head WHERE conflict <> '[]'") == []
    for worker in (played.ana, played.ben):
        sound(worker)
    assert played.team.is_sound()


def test_syncing_again_adds_nothing_and_notes_come_once(played: Played) -> None:
    both_vote(played)
    reveal(played)
    rounds.add_note(played.team.store, played.round, "lead", "Rounded is right.")
    (task,) = played.team.rows("SELECT id FROM task WHERE queue <> (SELECT id FROM queue WHERE name = 'kyc') LIMIT 1")
    rounds.add_note(played.team.store, played.round, "ben", "We read it as fees.", task=task[0])
    counts = "SELECT (SELECT count(*) FROM label), (SELECT count(*) FROM note), (SELECT count(*) FROM event)"
    played.ana.sync()
    before = played.ana.rows(counts)
    assert before[0][:2] == (6, 2)
    with played.ana.store.reading() as connection:
        version = pulled_panel.version(connection, played.ana.rows("SELECT id FROM queue")[0][0])
    assert version
    played.ana.sync()
    assert played.ana.rows(counts) == before
    sitting = revealing(played.ana, played, "ana")
    assert sorted(note.text for note in sitting.walk.notes) == ["Rounded is right.", "We read it as fees."]
    assert {note.author for note in sitting.walk.notes} == {"lead", "ben"}
    assert "server" in sitting.queue.settings
    assert "whoever leads it adds them there" in sitting.no_discussion
    with pytest.raises(BadInput, match="belongs to the server 'team'"):
        sitting.add_note("Lost?")
    with pytest.raises(BadInput, match="belongs to the server 'team'"):
        sitting.propose_example("score", 3, "because")
    sitting.close()
    for act in (rounds.lock, rounds.reveal, rounds.cancel, rounds.finish):
        with pytest.raises(BadInput, match="belongs to the server 'team'"):
            act(played.ana.store, played.here, "ana")
    with pytest.raises(BadInput):
        promoting.propose_example(played.ana.store, played.here, sitting.panels[0].task, "score", 3, "because")
    sound(played.ana)


def test_a_finished_round_stays_to_be_read(played: Played) -> None:
    both_vote(played)
    reveal(played)
    rounds.finish(played.team.store, played.round, "lead")
    (queue,) = played.ana.sync().queues
    assert any("is finished" in sentence for sentence in queue.heard.news())
    sitting = revealing(played.ana, played, "ana")
    assert sitting.finished
    assert len(said(sitting)) == 3
    sitting.close()


def test_who_rated_late_or_not_at_all_sees_it_too(played: Played) -> None:
    vote(played, "ana")
    rounds.reveal(played.team.store, played.round, "lead", incomplete=True)
    # Ben rates on, knowing nothing of it: the server refuses these as blind votes, and keeps nothing of them.
    sitting = open_sitting(played.ben.store, played.here, "ben")
    give(sitting, {"values": {"score": 1}, "notes": "LATE"})
    sitting.close()
    synced = played.ben.sync()
    assert len(synced.pushed.refused) == 1
    sitting = revealing(played.ben, played, "ben")
    assert sum(len(panel.labels) for panel in sitting.panels) == 4
    sitting.close()
    # What he says there is what counts: the late one is asked for no more, and stays on the device.
    late = next(panel.position for panel in sitting.panels if len(panel.labels) == 2)
    sitting = revealing(played.ben, played, "ben")
    sitting.go_to(sitting.order.seq(late))
    give(sitting, {"values": {"score": 2}, "notes": "SECOND"})
    sitting.close()
    synced = played.ben.sync()
    assert (synced.pushed.sent, synced.refused) == (1, 0)
    assert played.ben.rows("SELECT count(*) FROM label WHERE notes = 'LATE'") == [(1,)]
    played.ana.sync()
    sitting = revealing(played.ana, played, "ana")
    voices = sorted(label.rater for panel in sitting.panels for label in panel.labels)
    assert voices == ["ana", "ana", "ana", "ben"]
    assert [panel.missing for panel in sitting.panels].count(("ben",)) == 2
    sitting.close()


def test_who_is_no_member_or_has_another_queues_token_is_told_nothing(played: Played) -> None:
    both_vote(played)
    rounds.reveal(played.team.store, played.round, "lead")
    store = played.team.store
    (queue,) = played.ana.rows("SELECT id FROM queue")[0]
    other = fill(store, queue="other").id
    scoped = store.transact(
        lambda driver: accounts.add(
            driver, "ana", "rater", queues=[other], expires_at=None, stream=store.device, actor="admin"
        )
    )
    for token in (played.team.token("eve"), scoped.text):
        with Client(played.team.url, token, attempts=1) as client:
            assert client.panel(queue).panel is None
            assert "OKAPI" not in client.panel(queue).model_dump_json()


def test_a_comparison_is_told_in_the_order_that_each_saw(tmp_path: Path) -> None:
    store = fresh(tmp_path / "server")
    pairs_queue(store, items=12, systems=("a", "b"))
    with team_on(store) as team:
        name = start(store, "pairs", Plan(("ana", "ben"), 8, seed=1), "lead").card.name
        workers = {who: Worker.of(team, device(tmp_path / who), who) for who in WORDS}
        chosen: dict[str, set[str]] = {}
        for who, worker in workers.items():
            worker.pull(queue=name)
            sitting = open_sitting(worker.store, f"team/{name}", who)
            for _ in range(8):
                assert sitting.view is not None
                # Whatever stands where, the same output is said to be better.
                first, second = (output.public_id for output in sitting.view.outputs)
                better = min(first, second)
                chosen.setdefault(better, set()).add(who)
                give(sitting, {"preference": -1 if better == first else 1})
                sitting.drain(10)
            assert sitting.close()
            worker.sync()
        assert len(chosen) == 8
        rounds.reveal(store, name, "lead")
        for who, worker in workers.items():
            worker.sync()
            sitting = open_sitting(worker.store, f"team/{name}", who)
            assert isinstance(sitting, Revealing)
            assert [panel.dispute for panel in sitting.panels] == [0.0] * 8
            sitting.close()


def store_panel(worker: Worker, queue: QueueRecord, panel: dict[str, Any]) -> None:
    """As a sync does with what the server answers."""
    remote, stream = worker.now(), worker.store.device
    worker.store.transact(lambda driver: pulled_panel.put_panel(driver, remote, queue, panel, "another", stream=stream))


def test_names_that_are_here_already_and_a_server_that_contradicts_itself(played: Played) -> None:
    """Somebody of a colleague's name rates on this device for themselves: their own queues stay theirs."""
    fill(played.ana.store, queue="private", items=2)
    sitting = open_sitting(played.ana.store, "private", "ben")
    give(sitting, {"values": {"score": 1}})
    sitting.close()
    both_vote(played)
    reveal(played)
    sitting = revealing(played.ana, played, "ana")
    assert said(sitting) == [{name: (SCORES[name], WORDS[name]) for name in WORDS}] * 3
    sitting.close()
    sound(played.ana)
    found = record(played.ana.store, played.here)
    with connect(played.ben.store, played.ben.now(), attempts=1) as client:
        panel = client.panel(found.id).panel
    assert panel is not None
    good = panel.model_dump()
    broken: list[dict[str, Any]] = [
        {"people": []},
        {"round": "another"},
        {"members": ["nobody"]},
    ]
    for wrong in broken:
        with pytest.raises(BadInput, match="server"):
            store_panel(played.ana, found, good | wrong)
    assert len(said(revealing(played.ana, played, "ana"))) == 3


def test_the_commands_of_a_round_know_one_of_a_server(played: Played) -> None:
    both_vote(played)
    reveal(played)
    home = str(Path(str(played.ana.store.path)).parent)
    runner = CliRunner()
    shown = runner.invoke(round_, ["show", played.here, "--json", "--home", home])
    assert shown.exit_code == 0, shown.output
    disputes = json.loads(shown.output)["disputes"]
    assert len(disputes) == 3
    refused = runner.invoke(round_, ["finish", played.here, "--home", home])
    assert isinstance(refused.exception, BadInput)
    assert "belongs to the server 'team'" in refused.exception.what
    found = runner.invoke(round_, ["status", "--json", "--home", home])
    assert [one["name"] for one in json.loads(found.output)["rounds"]] == [played.here]


async def test_the_reveal_screen_of_a_device_says_what_is_done_elsewhere(played: Played) -> None:
    both_vote(played)
    reveal(played)
    async with revealing_at(played.ana.store, played.here, (80, 24), rater="ana") as player:
        seen = screen_of(player)
        assert seen.status.told == "Score: 2–5"
        for key in ("C", "X"):
            await player.press(key)
            assert seen.notice.text == ELSEWHERE
            assert seen.asked is None
        await player.press("4", "enter")
        await player.saved()
    assert played.ana.sync().pushed.sent == 1


def test_a_second_device_that_had_no_item_sees_it_all_and_so_does_a_later_pull(played: Played, tmp_path: Path) -> None:
    both_vote(played)
    desktop = Worker.of(played.team, device(tmp_path / "desktop"))
    reveal(played)
    rounds.finish(played.team.store, played.round, "lead")
    got = desktop.pull(queue=played.round)
    assert got.why == "The round is revealed: open it to see what everybody said."
    sitting = revealing(desktop, played, "ana")
    assert said(sitting) == [{name: (SCORES[name], WORDS[name]) for name in WORDS}] * 3
    assert [label.mine for label in sitting.panels[0].labels] == [True, False]
    assert sitting.view is not None
    assert sitting.view.prompt[0].text.startswith("What does note")
    sitting.close()
    sound(desktop)
    before = desktop.rows("SELECT count(*) FROM label")
    desktop.sync()
    assert desktop.rows("SELECT count(*) FROM label") == before == [(6,)]


def test_ones_own_certificate_comes_and_no_others(played: Played) -> None:
    both_vote(played)
    reveal(played)
    rounds.finish(played.team.store, played.round, "lead")
    played.ana.sync()
    played.ana.sync()
    home = str(Path(str(played.ana.store.path)).parent)
    shown = CliRunner().invoke(round_, ["certificates", played.here, "--json", "--home", home])
    assert [one["rater"] for one in json.loads(shown.output)["certificates"]] == ["ana"]
    status = CliRunner().invoke(round_, ["status", played.here, "--home", home]).output
    assert "round 1 on the server, finished" in status
    assert "round finish" not in status
    sound(played.ana)


def test_the_plain_mode_says_where_the_panel_is(played: Played) -> None:
    both_vote(played)
    reveal(played)
    home = str(Path(str(played.ana.store.path)).parent)
    ended = CliRunner().invoke(rate, [played.here, "--plain", "--home", home], input=":quit\n", catch_exceptions=False)
    assert "`reviewer round show team/kyc-round-1` tells what everybody said" in ended.output
