"""The adjudication screen at the keys: deciding, the panel that comes when it may, and sending back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from reviewer.tui.screens.adjudication import DecidedComparison, DecidedRanking
from reviewer.tui.screens.beside import PEERS
from reviewer.tui.screens.home import HomeScreen
from reviewer.tui.screens.opening import open_disputed
from tests.homes import QUEUE
from tests.session.test_deciding import golden
from tests.store.comparing import faults
from tests.tui.adjudicated import LEAD, RATERS, deciding, disputed, disputed_pairs, screen_of, sitting_of
from tests.tui.hostile import HOSTILE
from tests.tui.play import Player, playing

SIZES = ((80, 24), (200, 60))


async def decide(player: Player, score: str = "4", why: str = "the note has it") -> None:
    await player.press(score, "1", "1", "R")
    await player.type(why)
    await player.press("ctrl+n")


def values(player: Player) -> list[Any]:
    panel = sitting_of(player).panel
    return [label.values["grounded"] for label in panel.labels] if panel else []


@pytest.mark.parametrize("size", SIZES)
async def test_the_most_disputed_item_opens_with_nothing_filled_in(tmp_path: Path, size: tuple[int, int]) -> None:
    async with deciding(disputed(tmp_path), size=size) as player:
        text = player.text()
        assert "Question 1:" in text
        assert "0 decided · 3 left" in text
        assert player.work.values == {}
        beside = size[0] > 100
        assert ("rater A" in text) == beside
        await player.press("P")
        text = player.text()
        assert ("Question 1:" in text) == beside
        for letter, score in zip("ABC", (1, 5, 4), strict=True):
            assert any(f"rater {letter}" in row and str(score) in row for row in text.split("\n"))
        assert not any(name in text for name in RATERS), "the raters are unnamed"
        await player.press("P")
        assert "Question 1:" in player.text()


async def test_a_decision_without_a_reason_is_named_and_goes_with_one(tmp_path: Path) -> None:
    store = disputed(tmp_path)
    async with deciding(store) as player:
        await player.press("4", "1", "1", "enter")
        assert player.notice == "A decision needs a reason. R writes it overall, e for the criterion."
        assert "Question 1:" in player.text()
        await player.press("R")
        await player.type("the note has it")
        await player.press("ctrl+n")
        await player.saved()
        assert "Question 2:" in player.text()
        assert "1 decided · 2 left" in player.text()
        assert player.work.values == {}
        assert "✓ saved 1" in player.text()
        await player.press("u")
        assert player.work.values == {"grounded": 4, "safe": True, "risk": "as_file"}
    assert [value for value, _, _ in golden(store)] == ["4", "true", '"as_file"']
    assert faults(store) == []


@pytest.mark.parametrize("size", SIZES)
async def test_who_decides_first_sees_nothing_of_the_panel_before(tmp_path: Path, size: tuple[int, int]) -> None:
    store = disputed(tmp_path)
    async with deciding(store, size=size, rule="on,decide_first") as player:
        assert "you decide first" in player.text()
        assert "rater A" not in player.text()
        await player.press("P")
        assert player.notice == "Decide first; then you see what the raters said."
        await player.press("l", "l", "l", "l")
        assert screen_of(player).active_pane != PEERS
        await player.press("o")
        await player.drawn()
        assert "1–5" not in player.text()
        await player.press("q")
        await decide(player, "3")
        assert "Now you see the panel" in player.notice
        assert values(player) == [1, 5, 4]
        await player.press("P")
        assert "rater A" in player.text()
        await player.press("4", "enter")
        await player.saved()
        text = player.text()
        assert "Question 2:" in text
        assert "rater A" not in text, "the next one is hidden again, and the item is in sight"
        assert sitting_of(player).panel is None
    with store.reading() as connection:
        said = connection.execute("SELECT exposure, revision FROM label WHERE phase = 'adjudication' ORDER BY id")
        assert said.fetchall() == [("none", 1), ("peers", 2)]


async def test_enter_again_goes_on_where_nothing_is_changed(tmp_path: Path) -> None:
    async with deciding(disputed(tmp_path), rule="on,decide_first") as player:
        await decide(player)
        await player.press("enter")
        assert "Question 2:" in player.text()


async def test_an_item_goes_back_with_a_reason_and_comes_first_to_its_rater(tmp_path: Path) -> None:
    store = disputed(tmp_path)
    async with deciding(store) as player:
        await player.press("S", "4")
        await player.type("Look at the date.")
        await player.press("enter")
        await player.saved()
        assert "Question 2:" in player.text()
        assert "0 decided · 2 left" in player.text()
        await player.press("o", "tab", "tab", "tab", "tab", "tab")
        assert "sent back" in player.text()
        await player.press("q")
    async with playing(store, size=(80, 24)) as player:
        text = player.text()
        assert "Sent back: Look at the date." in text
        assert "↩ sent back" in text
        assert "3 done · 1 left" in text
        assert player.work.values["grounded"] == 1
        await player.press("o", "tab", "tab", "tab", "tab", "tab")
        assert "↩ sent back" in player.text()
        await player.press("q")
        await player.focus("grounded")
        await player.press("4", "enter")
        await player.saved()
    assert faults(store) == []


async def test_what_all_agree_on_is_taken_over_where_nothing_is_answered(tmp_path: Path) -> None:
    async with deciding(disputed(tmp_path)) as player:
        await player.press("A")
        assert player.work.values == {"risk": "as_file"}
        assert player.notice == "Taken over from all three – Risk, as compared with the file: As the file has it."
        await player.press("A")
        assert player.notice == "The raters agree on nothing that is not answered yet."
        await player.press("u", "]")
        await player.press("]", *"jj", "2", "A")
        assert player.work.values["risk"] == "under"
        await player.press("[")
    async with deciding(disputed(tmp_path / "first"), rule="on,decide_first") as player:
        await player.press("A")
        assert player.work.values == {}
        assert player.notice.startswith("Decide first")
        await decide(player, "3")
        assert values(player) == [1, 5, 4]
        await player.press("A")
        assert player.notice == "The raters agree on nothing that is not answered yet."


async def test_preferences_that_agree_are_taken_over_as_this_viewer_sees_the_sides(tmp_path: Path) -> None:
    async with deciding(disputed_pairs(tmp_path), "pairs") as player:
        await player.press("A")
        assert player.work.values == {}
        assert player.notice == "The raters agree on nothing that is not answered yet."


WHY = "Is 'no later than Monday' too late here? See the leaflet on crushing tablets and say " + "what to do; " * 30


@pytest.mark.parametrize("size", SIZES)
async def test_why_an_item_came_back_stays_in_sight_and_is_read_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    store = disputed(tmp_path)
    async with deciding(store, size=size) as player:
        await player.press("S", "4")
        await player.type(WHY.strip() + " THE END")
        await player.press("enter")
        await player.saved()
    async with playing(store, size=size) as player:
        for keys in ((), ("3",), ("e",), ("escape",)):
            await player.press(*keys)
            assert "Sent back: Is 'no later" in player.text()
        assert ("i shows all" in player.text()) == (size[0] < 100)
        await player.press("i")
        assert "Sent back: Is 'no later" in player.text()
        assert "THE END" in player.text()
        await player.press("q", "]")
        assert "Sent back: Is" not in player.text()


async def test_a_skip_leaves_the_item_to_another(tmp_path: Path) -> None:
    store = disputed(tmp_path)
    async with deciding(store) as player:
        await player.press("s", "3")
        await player.saved()
        assert "Question 2:" in player.text()
    async with deciding(store, rater="dora") as player:
        assert "Question 1:" in player.text()
    assert faults(store) == []


async def test_when_all_is_decided_it_is_said(tmp_path: Path) -> None:
    async with deciding(disputed(tmp_path), rule="range>=4") as player:
        await decide(player)
        await player.saved()
        assert "Nothing is left for you to decide" in player.text()
        await player.press("u")
        assert "Question 1:" in player.text()
        await player.press("P")
        assert "rater A" in player.text()


async def test_a_draft_comes_back_in_another_sitting(tmp_path: Path) -> None:
    store = disputed(tmp_path)
    async with deciding(store) as player:
        await player.press("]", "2")
        await player.press("Q")
    async with deciding(store) as player:
        assert "Question 2:" in player.text()
        assert player.work.values == {"grounded": 2}


async def test_what_others_wrote_is_shown_and_obeyed_by_nobody(tmp_path: Path) -> None:
    async with deciding(disputed(tmp_path, said="\n".join(HOSTILE.values())), size=(200, 60)) as player:
        for _ in range(3):
            player.grid()
            assert "\x1b" not in player.text()
            await player.press("P", "pagedown")


async def test_preferences_are_told_in_the_order_in_which_the_adjudicator_sees_the_sides(tmp_path: Path) -> None:
    store = disputed_pairs(tmp_path)
    async with deciding(store, "pairs", size=(200, 60)) as player:
        assert isinstance(player.rating, DecidedComparison)
        panel = sitting_of(player).panel
        assert panel is not None
        assert [label.values["preference"] for label in panel.labels] == [-2, 1]
        await player.press("a", "R")
        await player.type("closer")
        await player.press("ctrl+n")
        await player.saved()
        assert "1 decided · 1 left" in player.text()
        assert "system-" not in player.text()
    assert faults(store) == []


async def test_rankings_are_decided_too(tmp_path: Path) -> None:
    store = disputed_pairs(tmp_path, kind="ranking")
    async with deciding(store, "pairs") as player:
        assert isinstance(player.rating, DecidedRanking)
        await player.press("2", "1", "3", "4", "R")
        await player.type("closer")
        await player.press("ctrl+n")
        await player.saved()
        assert "1 decided · 1 left" in player.text()
    assert faults(store) == []


async def test_the_disputed_items_open_over_the_list_of_queues(tmp_path: Path) -> None:
    store = disputed(tmp_path)
    async with playing(store, None, rater=LEAD, size=(80, 24)) as player:
        home = player.app.screen
        assert isinstance(home, HomeScreen)
        assert open_disputed(home, QUEUE) == ""
        await player.drawn()
        assert "0 decided · 3 left" in player.text()
        await player.press("q")
        assert player.app.screen is home
    async with playing(store, None, rater="ana", size=(80, 24)) as player:
        assert isinstance(player.app.screen, HomeScreen)
        assert "Nothing in answers is disputed that you can decide" in open_disputed(player.app.screen, QUEUE)
        await player.drawn()
        assert isinstance(player.app.screen, HomeScreen)


async def test_a_rater_of_the_queue_sees_nothing_of_others_in_rating(tmp_path: Path) -> None:
    store: Store = disputed(tmp_path)
    sitting = Sitting.open(store, QUEUE, "dora")
    assert sitting.exposure == "none"
    assert sitting.close()
    async with playing(store, rater="dora", size=(200, 60)) as player:
        assert "rater A" not in player.text()
        assert not any(name in player.text() for name in RATERS)
