"""No action without a method where it is promised, and none that fails where it is pressed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.keys.actions import ACTIONS, BY_CONTEXT
from reviewer.keys.contexts import LIST, RATING, Context, Stack, reasons_over, writing_over
from reviewer.tui.screens.home import HomeScreen
from reviewer.tui.screens.items import ItemsScreen
from reviewer.tui.screens.rating import RatingScreen
from tests.homes import filled, item
from tests.tui.play import Player, app_on, playing

ON_AN_ITEM = (
    Context.RATING,
    Context.READING,
    Context.MOVING,
    Context.GLOBAL,
    Context.TEXT,
    Context.REASONS,
    Context.DIALOG,
)
LEAVING = {"app.back", "app.quit"}


@pytest.mark.parametrize("context", ON_AN_ITEM)
async def test_the_rating_screen_can_do_all_that_its_contexts_promise(tmp_path: Path, context: Context) -> None:
    async with playing(filled(tmp_path)) as player:
        assert [action.name for action in BY_CONTEXT[context] if not player.rating.can_run(action.name)] == []


async def test_the_lists_promise_only_what_they_can_do(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), None, (200, 24)) as player:
        home = player.app.screen
        assert isinstance(home, HomeScreen)
        assert {"list.search", "list.filter", "app.items"} <= home.hearing.absent
        assert "search" not in player.grid()[-1]
        await player.press("enter", "o")
        assert isinstance(player.app.screen, ItemsScreen)
        of_queues = {action.name for action in BY_CONTEXT[Context.LIST] if not player.items.can_run(action.name)}
        assert all(home.can_run(name) for name in of_queues)
        assert of_queues <= player.items.hearing.absent
        assert "search" in player.grid()[-1]
        await player.press("?")
        assert "Searches the list." in player.text()


def heard(stack: Stack) -> list[str]:
    return [action.name for action in ACTIONS.values() if action.context in stack.contexts]


async def at_rest(player: Player) -> None:
    """Back on the rating screen, with nothing open."""
    for _ in range(4):
        if isinstance(player.app.screen, RatingScreen) and not player.rating.asked and not player.rating.levels_open:
            return
        await player.press("q" if player.app.screen.stack is LIST else "escape")  # type: ignore[attr-defined] # all Keyed
    raise AssertionError(player.text())


async def test_every_key_of_every_action_works_on_an_item(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        for name in heard(RATING):
            if name in LEAVING:
                continue
            assert player.rating.run_named(name), name
            await player.drawn()
            player.grid()
            await at_rest(player)


async def test_every_key_of_every_action_works_on_a_finished_queue(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0)])) as player:
        await player.press("4", "1", "enter")
        await player.saved()
        assert player.sitting.view is None
        for name in heard(RATING):
            if name in LEAVING:
                continue
            assert player.rating.run_named(name), name
            await player.drawn()
            player.grid()
            await at_rest(player)
            if player.sitting.view is not None:
                await player.press("enter")
                await player.saved()


@pytest.mark.parametrize("over", [writing_over(RATING), reasons_over(RATING)], ids=lambda stack: stack.name)
async def test_every_action_of_an_entry_works(tmp_path: Path, over: Stack) -> None:
    async with playing(filled(tmp_path)) as player:
        for name in [each for each in heard(over) if ACTIONS[each].context in (Context.TEXT, Context.REASONS)]:
            await player.focus("grounded")
            await player.press("e")
            if over is writing_over(RATING):
                await player.type("so")
            assert player.rating.stack in (over, reasons_over(RATING))
            assert player.rating.run_named(name), name
            await player.drawn()
            await at_rest(player)
            player.work.rationale.clear()


async def test_every_action_of_a_list_works(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        for name in heard(LIST):
            if name in LEAVING:
                continue
            await player.press("o")
            screen = player.items
            assert screen.run_named(name) is screen.can_run(name), name
            await player.drawn()
            player.grid()
            await at_rest(player)


@pytest.mark.parametrize("opening", ["?", "s", "x", ":"])
async def test_every_key_of_a_dialog_works(tmp_path: Path, opening: str) -> None:
    async with playing(filled(tmp_path)) as player:
        keys = player.app.keymap
        for action in BY_CONTEXT[Context.DIALOG]:
            if action.family and action.name[-1] not in "019":
                continue
            await player.press(opening)
            stack = player.app.screen.stack  # type: ignore[attr-defined] # all are Keyed
            await at_rest(player)
            for key in keys.reaching(stack, action.name):
                await player.press(opening)
                await player.press({"esc": "escape"}.get(key, key))
                player.grid()
                await at_rest(player)


async def test_keys_that_mean_nothing_do_nothing(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        before = player.text()
        await player.press("ctrl+x", "f12", "é", "ß", "漢", "~", "ctrl+z", "insert")
        assert player.text() == before
        assert player.work.content() == {}


async def test_back_leads_to_the_queues_and_quit_out(tmp_path: Path) -> None:
    store = filled(tmp_path)
    async with playing(store) as player:
        await player.press("4", "q")
        assert isinstance(player.app.screen, HomeScreen)
        assert " 1 " in player.text(), "the draft is listed"
        await player.press("enter")
        assert player.work.values == {"grounded": 4}
        await player.press("Q")
        assert player.app.return_code == 0
        assert player.sitting.closed


async def test_ctrl_c_leaves_at_once_with_130_also_from_a_dialog(tmp_path: Path) -> None:
    store = filled(tmp_path)
    for keys in (("3",), ("e", "x"), ("s",), ("o",), ("x",), (":",)):
        app = app_on(store)
        async with app.run_test(size=(80, 24)) as pilot:
            player = Player(app, pilot)
            await player.press(*keys, "ctrl+c")
            assert app.return_code == 130
            assert player.sitting.closed
    async with playing(store) as player:
        assert player.work.values == {"grounded": 3}
        assert player.work.rationale["safe"]["text"] == "x"


async def test_the_palette_runs_what_it_lists(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press(":")
        await player.type("flag")
        await player.press("enter")
        assert player.work.flags == ["flagged"]
        await player.press("ctrl+p")
        await player.type("no such thing at all")
        await player.press("enter")
        assert player.work.flags == ["flagged"]
        await player.press("escape", "T")
        assert player.app.colours.name == "light"
