"""The list of queues, a queue's page, the instructions, and the list of items."""

from __future__ import annotations

import asyncio
from pathlib import Path

from reviewer.store import queues
from reviewer.tui.screens.rating import RatingScreen
from tests.homes import QUEUE, SHORT, add_queue, filled, item
from tests.store.filling import add_items, fresh, record
from tests.tui.play import Player, playing


async def test_with_nothing_there_the_home_screen_says_how_to_begin(tmp_path: Path) -> None:
    async with playing(fresh(tmp_path), None, (80, 24)) as player:
        assert "reviewer demo" in player.text()
        assert "reviewer import" in player.text()
        await player.press("enter", "i", "down", "up", "g", "G", "/", "tab")
        await player.press("q")
        assert player.app.return_code == 0


async def test_queues_are_listed_with_their_progress_and_open(tmp_path: Path) -> None:
    store = filled(tmp_path, rubric=SHORT)
    add_queue(store, [item(90)], queue="another", rubric=SHORT)
    async with playing(store, None, (80, 24)) as player:
        for name in (QUEUE, "another"):
            assert name in player.text()
        await player.press("G", "g", "down", "up", "pagedown", "pageup", "i")
        assert "Judge it." in player.text()
        await player.press("escape", "enter", "4", "1", "enter")
        await player.saved()
        await player.press("q")
        rows = [row for row in player.grid() if QUEUE in row or "another" in row]
        assert sorted(row.split("%")[1].split()[0] for row in rows) in (["0", "8"], ["1", "7"])


async def test_a_queue_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    store = filled(tmp_path)
    with store.writing() as connection:
        queue = queues.find(connection, QUEUE)
        assert queue is not None
        queues.change(connection, queue, stream=store.device, actor="lead", action="queue.closed", state="closed")
    async with playing(store, None, (80, 24)) as player:
        await player.press("enter")
        assert "is closed" in player.text()
        assert not isinstance(player.app.screen, RatingScreen)


async def test_the_state_of_a_queue_is_told_whole_at_eighty_columns(tmp_path: Path) -> None:
    store = filled(tmp_path, queue="a-queue-with-quite-a-long-name")
    add_queue(store, [item(90)], queue="another")
    long = "a-queue-with-quite-a-long-name"
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration', state = 'locked' WHERE name = ?", (long,))
        connection.execute("UPDATE queue SET state = 'closed' WHERE name = 'another'")
    async with playing(store, None, (80, 24)) as player:
        rows = [row.rstrip() for row in player.grid()]
        assert sum(row.endswith(("round, locked", "round, done")) for row in rows) == 1
        assert sum(row.endswith("closed") for row in rows) == 1


async def test_the_instructions_are_told_at_the_width_of_the_terminal(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), size=(80, 24)) as player:
        await player.press("i")
        told = " ".join(" ".join(row.strip("│ ") for row in player.grid()).split())
        assert "absent from the context is an added fact, however well it sounds there." in told
        await player.resize(60, 16)
        assert "however well it sounds" in player.text()
        await player.press("pagedown", "pagedown")
        assert "In one sentence" in player.text()
        await player.press("enter")
        assert player.app.screen is player.rating


async def test_the_item_list_filters_and_opens(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT), size=(100, 24)) as player:
        await player.press("4", "1", "enter", "s", "1", "s", "3")
        await player.saved()
        await player.press("f", "2", "0", "enter")
        await player.saved()
        await player.press("o")
        text = player.text()
        for state in ("✓ submitted", "→ skipped", "∅ abstained", "· open", "⚑"):
            assert state in text, state
        states = []
        for _ in range(8):
            states.append(player.grid()[0].partition("·")[2].strip())
            await player.press("tab")
        assert states == ["all", "open", "submitted", "skipped", "abstained", "sent back", "flagged", "draft"]
        await player.press("tab", "tab")
        assert "Question 0" in player.text()
        assert "Question 4" not in player.text()
        await player.press("enter")
        assert player.sitting.standing.number == 1
        assert player.work.values == {"score": 4, "safe": True}


async def searched(player: Player, words: str) -> str:
    await player.press("/", *["backspace"] * 40)
    await player.type(words)
    await player.press("enter")
    for _ in range(200):
        if "found" in player.items.notice.text:
            break
        await asyncio.sleep(0.01)
    await player.drawn()
    said = player.items.notice.text
    player.items.notice.say("")
    return said


async def test_the_item_list_searches_prompt_context_and_output(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), size=(80, 24)) as player:
        await player.press("o")
        assert await searched(player, "question 6") == "1 found."
        assert await searched(player, "annex") == "6 found."
        assert await searched(player, "paid in cash") == "1 found."
        assert await searched(player, "[bold]") == "0 found."
        assert "nothing here" in player.text()
        await player.press("enter")
        assert await searched(player, "no longer be cancelled") == "1 found."
        await player.press("enter")
        assert player.sitting.standing.number == 2


async def test_a_long_list_is_gone_through_from_end_to_end(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(n) for n in range(100)]), size=(80, 16)) as player:
        await player.press("o", "G")
        assert "Question 99" in player.text()
        await player.press("down", "pageup", "k", "up")
        assert "▸" in player.text()
        await player.press("g", "pagedown", "j")
        await player.press("enter")
        number = player.sitting.standing.number
        assert 10 < number < 30
        await player.press("o", "q")
        assert player.sitting.standing.number == number


async def test_a_queue_that_grows_is_taken_up_where_it_was_finished(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0)], rubric=SHORT)
    async with playing(store) as player:
        await player.press("4", "1", "enter")
        await player.saved()
        assert "All done" in player.text()
        player.rating._look_around()
        add_items(store, record(store, QUEUE), [item(7), item(8)])
        player.rating._look_around()
        await player.drawn()
        assert "The queue has grown" in player.text()
        assert "Question 7" in player.text()
        assert "2/3" in player.grid()[0]
