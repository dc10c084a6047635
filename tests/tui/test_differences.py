"""The words that differ, marked in both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Region

from reviewer.session.view import TaskView
from reviewer.tui.panes.reading import ReadingPane
from reviewer.tui.screens.comparison import ComparisonScreen
from tests.tui.comparisons import FIRST, pairs
from tests.tui.play import Player, playing

OVERALL: dict[str, Any] = {"name": "overall", "preference": {"scale": 5}}


def marked(player: Player, pane: ReadingPane) -> list[str]:
    """What stands out in the rows in sight of a pane."""
    assert player.app.colours.style("differ").underline
    strips = pane.render_lines(Region(0, 1, pane.size.width, pane.size.height - 1))
    return [segment.text for strip in strips for segment in strip if segment.style and segment.style.underline]


def screen(player: Player) -> ComparisonScreen:
    assert isinstance(player.rating, ComparisonScreen)
    return player.rating


@pytest.mark.parametrize("theme", ["dark", "plain"])
async def test_the_words_that_differ_are_marked_until_the_key_is_pressed_again(tmp_path: Path, theme: str) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs", theme=theme) as player:
        left, right = screen(player).outputs
        assert marked(player, left) == []
        await player.press("w")
        assert "4 differences marked" in player.notice
        assert marked(player, left) == ["Left", "March", "Two", "and no"]
        assert marked(player, right) == ["Right", "May", "Three", "though a"]
        await player.press("4", "enter")
        assert player.sitting.standing.number == 2
        assert "May" in marked(player, right), "it stays on from item to item"
        await player.press("w")
        assert marked(player, right) == []
        await player.press("]")
        assert marked(player, right) == []


async def test_texts_that_say_the_same_differ_in_nothing(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, said={0: (FIRST, f"{FIRST}\n")}), "pairs") as player:
        await player.press("w")
        assert player.notice == "No word differs."
        assert marked(player, screen(player).outputs[0]) == []


async def test_raw_texts_have_their_marks_where_they_are_written(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs", (80, 24)) as player:
        await player.press("w", "r")
        left, right = screen(player).outputs
        assert "March" in marked(player, left)
        await player.press("v")
        assert "May" in marked(player, right)
        assert "April" not in marked(player, right)


async def test_what_is_found_is_marked_over_the_differences(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs") as player:
        await player.press("w", "/")
        await player.type("March")
        await player.press("enter")
        assert "1 found" in player.notice
        left = screen(player).outputs[0]
        assert "March" in marked(player, left), "a hit is underlined too"
        await player.press("]", "[")
        assert "March" in marked(player, left)


async def test_differences_are_known_before_they_are_asked_for(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs") as player:
        ahead = screen(player)._look_ahead()
        for _ in ahead:
            pass
        view = player.sitting.view
        assert view is not None
        known = set(screen(player)._compared)
        assert view.task in known
        following = {one.task for one in player.sitting.ahead()}
        assert following
        assert following <= known


LONG = " ".join(f"word{number % 991} and" for number in range(4_000))


async def test_long_texts_are_compared_while_nobody_waits(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL, said={0: (f"March. {LONG}", f"May. {LONG}")})
    async with playing(store, "pairs") as player:
        await player.press("w")
        await player.app.workers.wait_for_complete()
        await player.drawn()
        assert "1 difference marked" in player.notice
        assert marked(player, screen(player).outputs[0]) == ["March"]
        assert marked(player, screen(player).outputs[1]) == ["May"]


async def test_an_item_that_is_left_before_it_is_compared_marks_nothing_elsewhere(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL, said={0: (f"March. {LONG}", f"May. {LONG}")})
    async with playing(store, "pairs") as player:
        view: TaskView | None = player.sitting.view
        await player.press("w", "]")
        await player.app.workers.wait_for_complete()
        await player.drawn()
        assert player.sitting.view is not view
        assert "Two" in marked(player, screen(player).outputs[0])
        await player.press("[")
        assert marked(player, screen(player).outputs[0]) == ["March"]
