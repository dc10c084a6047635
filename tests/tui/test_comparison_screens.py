"""The comparison screens as screens: what their contexts promise, hostile texts, every size, and no layout pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reviewer.keys.actions import ACTIONS, BY_CONTEXT
from reviewer.keys.contexts import COMPARISON, RANKING, Context, Stack
from reviewer.keys.keymap import load
from reviewer.store.connection import Store
from reviewer.tui.screens.opening import screen_for
from tests.tui.comparisons import PAIRS, pairs, rankings
from tests.tui.hostile import HOSTILE, quiet
from tests.tui.play import Player, playing
from tests.tui.test_hostile import clean
from tests.tui.test_layout_passes import Passes

LEAVING = {"app.back", "app.quit"}
KINDS = ("pairwise", "ranking")
STACKS = {"pairwise": COMPARISON, "ranking": RANKING}
SIZES = [(60, 16), (80, 24), (99, 30), (100, 24), (120, 40), (180, 45), (200, 40), (240, 67)]
KEYS = {"space": "space", "enter": "enter", "esc": "escape"}


def made(folder: Path, kind: str, **more: Any) -> Store:
    return pairs(folder, **more) if kind == "pairwise" else rankings(folder, items=6, **more)


def promised(stack: Stack) -> list[str]:
    return [
        action.name
        for action in ACTIONS.values()
        if action.context in stack.contexts and action.name not in stack.absent
    ]


async def at_rest(player: Player) -> None:
    """Back on the item, with nothing open."""
    for _ in range(4):
        if player.app.screen is player.rating and not player.rating.asked and not player.rating.levels_open:
            return
        await player.press("q" if player.app.screen.stack.name == "list" else "escape")  # type: ignore[attr-defined] # all Keyed
    raise AssertionError(player.text())


@pytest.mark.parametrize("kind", KINDS)
async def test_the_screen_can_do_all_that_its_contexts_promise(tmp_path: Path, kind: str) -> None:
    async with playing(made(tmp_path, kind), "pairs") as player:
        assert type(player.rating) is type(screen_for(player.sitting))
        assert player.rating.stack is STACKS[kind]
        contexts = (*STACKS[kind].contexts, Context.TEXT, Context.REASONS, Context.DIALOG)
        names = [action.name for context in contexts for action in BY_CONTEXT[context]]
        cannot = [name for name in names if not player.rating.can_run(name)]
        assert set(cannot) <= STACKS[kind].absent
        assert not [name for name in STACKS[kind].absent if player.rating.can_run(name)]


@pytest.mark.parametrize("keymap", ["default", "vim", "numpad", "azerty", "left-hand"])
@pytest.mark.parametrize("kind", KINDS)
async def test_every_key_of_every_action_works_in_every_keymap(tmp_path: Path, kind: str, keymap: str) -> None:
    keys, stack = load(keymap), STACKS[kind]
    async with playing(made(tmp_path, kind), "pairs", keymap=keymap) as player:
        for name in promised(stack):
            reaching = keys.reaching(stack, name)
            assert reaching, name
            if name in LEAVING:
                continue
            await player.press(KEYS.get(reaching[0], reaching[0]))
            player.grid()
            await at_rest(player)
        assert player.app.return_code is None


@pytest.mark.parametrize("kind", KINDS)
async def test_every_action_works_on_a_finished_queue(tmp_path: Path, kind: str) -> None:
    store = pairs(tmp_path, 1) if kind == "pairwise" else rankings(tmp_path, 1)
    answers = ("4",) if kind == "pairwise" else ("1", "2", "3")
    async with playing(store, "pairs") as player:
        await player.press(*answers, "enter")
        await player.saved()
        assert player.sitting.view is None
        for name in promised(STACKS[kind]):
            if name in LEAVING:
                continue
            player.rating.run_named(name)
            await player.drawn()
            player.grid()
            await at_rest(player)
            if player.sitting.view is not None:
                await player.press("enter")
                await player.saved()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_hostile_text_stays_in_its_place(tmp_path: Path, kind: str, name: str) -> None:
    said = quiet(HOSTILE[name])
    short = said[:300].strip() or "x"
    rubric = {
        "name": "hostile",
        "instructions": said,
        "preference": {"scale": 5},
        "criteria": [{**PAIRS["criteria"][0], "label": short, "help": short}],
    }
    store = made(tmp_path, kind, rubric=rubric)
    with store.writing() as connection:
        connection.execute("UPDATE output SET text = ? || substr(text, 1, 20)", (said,))
    async with playing(store, "pairs", (80, 24)) as player:
        clean(player)
        for keys in (
            "v l r",
            "w",
            "r z w",
            "z x",
            "escape e 1",
            "escape 1 2",
            "] w",
            "o",
            "q i",
            "escape c",
            "escape /",
        ):
            await player.press(*keys.split())
            clean(player)
        assert player.app.return_code is None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_size_shows_outputs_form_and_keys(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    async with playing(made(tmp_path, kind), "pairs", size) as player:
        first = "Left 0." if kind == "pairwise" else "Output 1 of"
        for wanted in ("pairs", "1/6", "Prompt", "Context", first, "Overall", "submit", "saved"):
            assert wanted in player.text(), wanted
        await player.press("l", "e")
        assert "Right 0." in player.text() if kind == "pairwise" else "Output 2 of" in player.text()
        await player.press("escape", "x")
        assert "Levels" in player.text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("kind", KINDS)
async def test_from_item_to_item_there_is_no_layout_pass(tmp_path: Path, kind: str, size: tuple[int, int]) -> None:
    async with playing(made(tmp_path, kind), "pairs", size) as player:
        passes = Passes(player)
        answers = (("4", "2", "0", "a", "t", "w", "Y"), ("2", "1", "=", "3", "backspace", "3"))[kind == "ranking"]
        for keys in (
            answers,
            ("enter",),
            ("]", "[", "]"),
            ("w",),
            ("space", "down", "G", "g"),
            ("j", "k", "f"),
            ("u",),
        ):
            await player.press(*keys)
            await player.saved()
            assert passes.count == 0, keys
        assert player.sitting.standing.done == 1
        await player.press("z")
        assert passes.count > 0, "the counter counts"
