"""The workstation and the server: a quiet mark, news told once, more items if there are some, and no key that waits."""

from __future__ import annotations

import threading
from pathlib import Path

from reviewer.session.synchroniser import Plug
from reviewer.store import pulled
from reviewer.sync.background import Background
from reviewer.sync.worker import Heard, News
from tests.homes import SHORT, add_queue, filled, item
from tests.store.filling import fresh, put_rubric, record
from tests.sync.lines import Ready, Wire, black_hole, nobody_there
from tests.tui.play import Player, playing
from tests.tui.pulled import LAB, THEIRS, come_in, known_remote
from tests.tui.test_saving import until


def plugged(wire: Wire | Ready) -> Plug:
    """A synchroniser for the remote `lab` on that way."""
    return Plug(lambda: Background(["lab"], lambda _: wire))


async def score(player: Player) -> None:
    """Submits the open item."""
    await player.press("4", "1", "enter")


async def test_no_key_waits_for_a_server_that_never_answers(tmp_path: Path) -> None:
    store = filled(tmp_path, queue=LAB, rubric=SHORT)
    with black_hole() as address:
        wire = Wire(address)
        async with playing(store, LAB, (80, 24), syncing=plugged(wire)) as player:
            await until(player, lambda: wire.begun == 1)
            for number in (1, 2, 3):
                await score(player)
                assert player.sitting.standing.number == number + 1
                assert f"Question {number}" in player.text() or number < 3
            await player.saved()
            await until(player, lambda: "↑ 3 to send  ✓ saved 3" in player.grid()[0])
            await player.press("U")
            assert player.notice == "Syncing…"
            await player.press("u")
            assert player.sitting.standing.number == 3
            await player.press("q")
            assert LAB in player.text()
            assert "↑ 3 to send" in player.text()
            assert wire.begun == 1  # the one that hangs still


async def test_offline_is_told_by_the_mark_and_at_the_end(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0), item(1)], queue=LAB, rubric=SHORT)
    async with playing(store, LAB, (80, 24), syncing=plugged(Wire(nobody_there()))) as player:
        await until(player, lambda: "offline  ✓ saved" in player.grid()[0])
        await score(player)
        await player.saved()
        await until(player, lambda: "offline, 1 to send  ✓ saved 1" in player.grid()[0])
        await score(player)
        await player.saved()
        await until(player, lambda: "offline, 2 to send  ✓ saved 2" in player.grid()[0])
        told = " ".join(player.text().replace("│", " ").split())
        assert "All pulled items are done. The server cannot be reached: more come once it answers." in told
        assert "2 labels are saved here and not sent yet." in told
        await player.press("u")
        assert player.sitting.view is not None


async def test_a_queue_of_this_device_alone_has_no_mark(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0)], rubric=SHORT)
    add_queue(store, [item(90)], queue=LAB, rubric=SHORT)
    wire = Wire(nobody_there())
    async with playing(store, size=(80, 24), syncing=plugged(wire)) as player:
        await until(player, lambda: wire.begun > 0)
        await score(player)
        await player.saved()
        assert "offline" not in player.grid()[0]
        assert "Nothing is left for you in this queue" in player.text()
        await player.press("q")
        await until(player, lambda: "offline" in player.text())
        (lab,) = [row for row in player.grid() if LAB in row]
        assert lab.rstrip().endswith("offline")
        (here,) = [row for row in player.grid() if "answers" in row and LAB not in row]
        assert "offline" not in here


async def test_asking_for_items_says_how_many(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0)], queue=LAB, rubric=SHORT)
    add_queue(store, [item(90)], queue="here", rubric=SHORT)
    with black_hole() as address:
        wire = Wire(address)
        async with playing(store, None, (80, 24), syncing=plugged(wire)) as player:
            await until(player, lambda: "L fetches items, U syncs now." in player.text())
            await player.press("L")
            assert f"how many items of {LAB}" in player.text()
            await player.press("5", *"many", "enter")
            assert "How many is said by a number" in player.text()
            await player.press("L", "5", *"12", "enter")
            await until(player, lambda: "fetching…" in player.text())
            await player.press("G", "L")
            assert "on this device alone" in player.text()


async def test_without_a_server_the_key_says_so(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), None, (80, 24)) as player:
        await player.press("U")
        assert "reviewer remote add" in player.text()
        await player.press("L")
        assert "on this device alone" in player.text()


async def test_more_items_come_in_while_the_sitting_is_open(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    remote = known_remote(store)
    come_in(store, remote, 1, 2)
    way = Ready(answers=(0, 0))

    def more() -> Heard:
        come_in(store, remote, 3, 2)
        way.answers["pull"] = Heard(why="You have done all there is.")
        return Heard(news=(News(LAB, "2 items of lab/answers came in."),))

    way.answers["pull"] = more
    async with playing(store, LAB, (80, 24), syncing=plugged(way)) as player:
        await until(player, lambda: "synced" in player.grid()[0])
        await score(player)
        await score(player)
        await player.saved()
        await until(player, lambda: "3/4" in player.grid()[0])
        assert "Question 3?" in player.text()
        assert player.notice == "2 items of lab/answers came in."
        await score(player)
        assert player.notice == "2 items of lab/answers came in."
        await score(player)
        await player.saved()
        await until(player, lambda: "You have done all there is." in player.text())
        assert player.notice != "2 items of lab/answers came in."
        assert [task.what for task in way.tasks].count("pull") == 2


async def test_the_open_item_stays_when_it_is_recalled(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    remote = known_remote(store)
    come_in(store, remote, 1, 3)
    way = Ready(answers=(0, 0))

    def recalled() -> Heard:
        for lease in ("lease-00001", "lease-00002"):
            store.transact(lambda driver, lease=lease: pulled.recall(driver, THEIRS, remote.rater, lease))  # type: ignore[misc]
        return Heard(news=(News(LAB, "'lab/answers': 2 items were recalled."),))

    async with playing(store, LAB, (200, 50), syncing=plugged(way)) as player:
        await until(player, lambda: "synced" in player.grid()[0])
        await player.press("4")
        way.answers["sync"] = recalled
        await player.press("U")
        await until(player, lambda: "recalled" in player.notice)
        assert "2 items were recalled. The open item was recalled: finish it" in player.notice
        assert player.work.values == {"score": 4}
        await player.press("1", "enter")
        await player.saved()
        assert "Question 3?" in player.text()
        with store.reading() as connection:
            assert connection.execute("SELECT task FROM label").fetchall() == [("lease-00001",)]


async def test_a_new_rubric_is_told_and_the_open_label_stays_under_its_own(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    remote = known_remote(store)
    come_in(store, remote, 1, 2)
    way = Ready(answers=(0, 0))

    def changed() -> Heard:
        put_rubric(store, record(store, LAB), {**SHORT, "name": "shorter", "criteria": SHORT["criteria"][:1]})
        return Heard(news=(News(LAB, "'lab/answers' has a new rubric, 'shorter': labels from now on go by it."),))

    async with playing(store, LAB, (120, 40), syncing=plugged(way)) as player:
        await until(player, lambda: "synced" in player.grid()[0])
        await player.press("4", "1")
        way.answers["sync"] = changed
        await player.press("U")
        await until(player, lambda: "has a new rubric" in player.notice)
        assert player.sitting.rubric_outdated
        assert player.work.values == {"score": 4, "safe": True}
        await player.press("enter")
        assert not player.sitting.rubric_outdated


async def test_a_label_that_is_saved_is_sent_soon(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    come_in(store, known_remote(store), 1, 2)
    way = Ready(answers=(0, 0))
    async with playing(store, LAB, (80, 24), syncing=plugged(way)) as player:
        await until(player, lambda: "synced" in player.grid()[0])
        await score(player)
        await player.saved()
        await until(player, lambda: way.tasks[-1].what == "push")
        await until(player, lambda: "synced  ✓ saved 1" in player.grid()[0])


async def test_a_sync_that_is_asked_for_before_there_is_a_synchroniser_is_done_once_there_is(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0)], queue=LAB, rubric=SHORT)
    wire, gate = Ready(), threading.Event()

    def build() -> Background:
        gate.wait(10)
        return Background(["lab"], lambda _: wire)

    async with playing(store, LAB, (80, 24), syncing=Plug(build)) as player:
        await player.press("U")
        assert player.notice == "Syncing…"
        gate.set()
        await until(player, lambda: player.notice.startswith("Synced"))
    plug = Plug()
    assert not plug.sync_now()
