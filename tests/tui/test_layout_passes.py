"""What happens on every item lays nothing out: a layout pass costs more than the whole of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.homes import RUBRIC, filled, item
from tests.tui.play import Player, playing
from tests.tui.revealed import revealed, revealing

LONG = "word " * 400


class Passes:
    """Counts how often the body of the screen is arranged."""

    def __init__(self, player: Player) -> None:
        self.count = 0
        player.rating.query_one("#body").pre_layout = self._one_more  # type: ignore[method-assign] # Textual's own hook

    def _one_more(self, layout: Any) -> None:
        del layout
        self.count += 1


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_what_is_done_on_every_item_causes_no_layout_pass(tmp_path: Path, size: tuple[int, int]) -> None:
    items = [item(number, output=LONG * (1 + number % 3)) for number in range(12)]
    rubric = {**RUBRIC, "criteria": [{**one, "required": False} for one in RUBRIC["criteria"]]}
    async with playing(filled(tmp_path, items, rubric=rubric), size=size) as player:
        passes = Passes(player)
        for keys in (
            ("4", "1", "2", "1"),
            ("enter", "enter", "enter"),
            ("]", "[", "]"),
            ("space", "down", "G", "g"),
            ("j", "k", "f", "f"),
            (".", ",", "r", "r"),
            ("u", "enter"),
            ("p", "y", "T", "T", "T", "T"),
        ):
            await player.press(*keys)
            await player.saved()
            assert passes.count == 0, keys
        await player.press("z")
        assert passes.count > 0, "the counter counts"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_stepping_through_a_reveal_causes_no_layout_pass(tmp_path: Path, size: tuple[int, int]) -> None:
    async with revealing(revealed(tmp_path), size=size) as player:
        passes = Passes(player)
        for keys in (("]", "]", "["), ("space", "G", "g"), ("j", "k"), ("3", "enter", "u")):
            await player.press(*keys)
            await player.saved()
            assert passes.count == 0, keys
        await player.press("z")
        assert passes.count > 0, "the counter counts"


async def test_typing_a_letter_causes_no_layout_pass(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("e")
        await player.type("a")
        await player.drawn()
        passes = Passes(player)
        await player.type(" a letter at a time")
        assert passes.count == 0
