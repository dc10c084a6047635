"""What the screen says and does while the disk fails, a lock lasts, or another terminal has the item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from reviewer.session.sitting import MOST_UNSAVED
from reviewer.store.connection import Store
from reviewer.tui.screens.dialogs import Choice
from tests.homes import QUEUE, SHORT, filled
from tests.session.test_trouble import SmallDisk, locked
from tests.store.filling import put_rubric, record
from tests.tui.play import Player, playing


async def until(player: Player, holds: Callable[[], bool]) -> None:
    """Waits for what another thread brings about."""
    for _ in range(1000):
        if holds():
            await player.drawn()
            return
        await asyncio.sleep(0.01)
    raise AssertionError(player.text())


def drafts(store: Store) -> str:
    """What the drafts on the disk say."""
    with store.reading() as connection:
        rows = connection.execute("SELECT document FROM draft").fetchall()
    return "".join(row[0] if isinstance(row[0], str) else row[0].decode() for row in rows)


async def test_the_saved_mark_follows_the_disk(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT)) as player:
        for number in (1, 2):
            await player.press("4", "1", "enter")
            await until(player, lambda number=number: f"✓ saved {number}" in player.grid()[0])  # type: ignore[misc]


async def test_a_lock_is_waited_for_and_the_fourth_label_holds(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as player:
        with locked(store):
            for _ in range(MOST_UNSAVED):
                await player.press("4", "1", "enter")
            assert f"saving {MOST_UNSAVED}" in player.grid()[0]
            await player.press("5", "0", "enter")
            assert player.sitting.standing.number == MOST_UNSAVED + 1
            assert "not saved yet" in player.notice
            assert player.work.values == {"score": 5, "safe": False}
        await until(player, lambda: "✓ saved 3" in player.grid()[0])
        await player.press("enter")
        await until(player, lambda: "✓ saved 4" in player.grid()[0])


async def test_a_failed_commit_brings_its_item_back_with_all_that_was_typed(tmp_path: Path) -> None:
    disk = SmallDisk(filled(tmp_path, rubric=SHORT))
    async with playing(disk) as player:
        await player.press("e")
        await player.type("because")
        await player.press("enter")
        player.work.notes = "a note " * 5_000  # more than the pages that lie free in the file
        disk.fills()
        await player.press("2", "1", "enter")
        await until(player, lambda: player.sitting.standing.number == 1)
        assert "✗ not saved" in player.grid()[0]
        assert "Not saved:" in player.notice
        assert player.work.values == {"score": 2, "safe": True}
        assert player.work.rationale["score"]["text"] == "because"
        await player.press("q")
        assert "Not everything is saved" in player.notice
        assert not player.sitting.closed
        disk.fills(False)
        await player.press("enter")
        await until(player, lambda: "✓ saved 1" in player.grid()[0])
        assert player.sitting.standing.number == 2


async def test_a_failure_while_something_is_typed_elsewhere_closes_the_entry_and_keeps_it(tmp_path: Path) -> None:
    disk = SmallDisk(filled(tmp_path, rubric=SHORT))
    async with playing(disk) as player:
        await player.press("2", "1")
        player.work.notes = "a note " * 5_000
        with locked(disk):
            await player.press("enter", "3", "e")
            await player.type("half")
            disk.fills()
        await until(player, lambda: "Not saved:" in player.notice)
        assert player.sitting.standing.number == 1
        assert player.rating.asked is None
        disk.fills(False)
        await player.press("enter")
        await until(player, lambda: "saved 1" in player.grid()[0])
        assert player.work.rationale == {"safe": {"text": "half", "reasons": []}}
        assert player.work.values == {"score": 3}


async def test_the_newer_terminal_takes_the_draft_and_both_say_so(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as older:
        await older.press("4")
        await until(older, lambda: '"score":4' in drafts(store))
        async with playing(store) as newer:
            assert newer.work.values == {"score": 4}
            assert "open in another terminal" in newer.notice
            await newer.press("1")
            await until(newer, lambda: '"safe":true' in drafts(store))
            await older.press("0")
            await until(older, lambda: isinstance(older.app.screen, Choice))
            assert "newer terminal" in older.text()
            await older.press("2")
            assert older.sitting.standing.number == 2
            assert newer.work.values == {"score": 4, "safe": True}


async def test_the_older_terminal_can_take_the_item_back(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as older:
        await older.press("4")
        await until(older, lambda: '"score":4' in drafts(store))
        async with playing(store) as newer:
            await newer.press("1")
            await until(newer, lambda: '"safe":true' in drafts(store))
            await older.press("0")
            await until(older, lambda: isinstance(older.app.screen, Choice))
            await older.press("1")
            assert "The item is here now" in older.notice
            await older.press("enter")
            await until(older, lambda: "saved 1" in older.grid()[0])


async def test_a_changed_rubric_keeps_the_open_draft_until_it_is_moved(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as player:
        await player.press("M")
        assert "in force is the one shown" in player.notice
        await player.press("4", "1")
        player.rating._look_around()
        changed = {**SHORT, "name": "shorter"}
        changed["criteria"] = [
            SHORT["criteria"][0],
            {"id": "safe", "label": "Safe now", "type": "boolean", "allow_na": True},
            {"id": "tone", "label": "Tone", "type": "boolean"},
        ]
        put_rubric(store, record(store, QUEUE), changed)
        player.rating._look_around()
        await player.press("]", "[")
        assert "Tone" not in player.text()
        assert "newer rubric is in force: M moves" in player.notice
        await player.press("M")
        assert "Tone" in player.text()
        assert player.work.values["score"] == 4
        await player.focus("tone")
        await player.press("1", "1", "enter")
        assert player.sitting.standing.number == 2
        assert "Tone" in player.text()


async def test_a_label_that_stands_keeps_its_rubric(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as player:
        await player.press("4", "1", "enter")
        await player.saved()
        player.rating._look_around()
        put_rubric(
            store,
            record(store, QUEUE),
            {"name": "other", "criteria": [{"id": "tone", "label": "Tone", "type": "boolean"}]},
        )
        player.rating._look_around()
        await player.press("u")
        assert "Score" in player.text()
        assert player.work.values == {"score": 4, "safe": True}
        await player.press("enter", "]")
        assert "Tone" in player.text()


async def test_drafts_reach_the_disk_by_themselves(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    async with playing(store) as player:
        await player.press("e")
        await player.type("kept")
        await until(player, lambda: "kept" in drafts(store))
