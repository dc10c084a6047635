"""The lead's progress screen: of a queue here and of one at a server, told anew as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewer.cli.watched import source_of
from reviewer.session.progress_source import ProgressSource
from reviewer.session.starting import Plan, start
from reviewer.store.connection import Store
from reviewer.sync.remotes import add
from reviewer.tui.screens.progress import ProgressScreen
from tests.store.filling import fill, fresh, rate, sit
from tests.sync.served import device, team_on
from tests.tui.play import Player, playing

SMALL, LARGE = (80, 24), (200, 60)


def screen_of(player: Player) -> ProgressScreen:
    assert isinstance(player.app.screen, ProgressScreen)
    return player.app.screen


async def shown(player: Player, is_so: Callable[[str], bool]) -> str:
    """The screen, once it says so."""
    for _ in range(200):
        if is_so(player.text()):
            return player.text()
        await asyncio.sleep(0.05)
        await player.drawn()
    raise AssertionError(player.text())


def rated(store: Store, rater: str, *scores: int, queue: str = "kyc") -> None:
    sitting = sit(store, rater, queue)
    rate(sitting, *scores)
    sitting.close()


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_labels_of_a_queue_here_are_counted_as_they_come(tmp_path: Path, size: tuple[int, int]) -> None:
    store = fresh(tmp_path)
    fill(store, items=5, overlap=2)
    rated(store, "ana", 1, 2, 3)
    async with playing(store, None, size) as player:
        await player.press("P")
        text = await shown(player, lambda text: "3 of 10 labels" in text)
        assert "open · 5 tasks, 2 raters each" in text
        assert "30%" in text
        rated(store, "[b]ben[/b]", 4)
        text = await shown(player, lambda text: "4 of 10 labels" in text)
        assert "[b]ben[/b]" in text
        await player.press("esc")
        assert not isinstance(player.app.screen, ProgressScreen)


async def test_of_a_round_it_tells_who_has_how_much_left(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    fill(store, items=5)
    name = start(store, "kyc", Plan(("ana", "ben"), 3, seed=1), "lead").card.name
    rated(store, "ana", 1, 2, queue=name)
    async with playing(store, None, SMALL) as player:
        await player.press("down", "P")
        text = await shown(player, lambda text: "last label" in text)
        rows = [row.split()[:3] for row in text.splitlines() if row.split()[:1] in (["ana"], ["ben"])]
        assert rows == [["ana", "2", "1"], ["ben", "0", "3"]]


async def test_many_raters_are_scrolled_through(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    fill(store, items=60)
    for number in range(40):
        rated(store, f"rater-{number:02}", 1)
    async with playing(store, None, SMALL) as player:
        await player.press("P")
        await shown(player, lambda text: "rater-00" in text)
        await player.press("end")
        assert "rater-39" in player.text()
        await player.press("up", "pageup", "home")
        assert "rater-00" in player.text()


async def test_a_lead_watches_a_server_and_it_goes_on_after_it_was_gone(tmp_path: Path) -> None:
    store = fresh(tmp_path / "server")
    fill(store, items=4, overlap=1)
    laptop = device(tmp_path / "laptop")
    with team_on(store) as team:
        add(laptop, "team", team.url, team.token("lee", "lead"))
        source = source_of(laptop, "team/kyc")
        async with playing(laptop, None, SMALL) as player:
            await player.app.push_screen(ProgressScreen("team/kyc", source))
            await player.drawn()
            await shown(player, lambda text: "0 of 4 labels" in text)
            rated(store, "ana", 5)
            text = await shown(player, lambda text: "1 of 4 labels" in text)
            assert "ana" in text
            port = team.stop(kill=True)
            text = await shown(player, lambda text: "nothing answers at" in text)
            # What was told last stays to be seen.
            assert "1 of 4 labels" in text
            rated(store, "ana", 5)
            team.start(port)
            text = await shown(player, lambda text: "2 of 4 labels" in text)
            assert "nothing answers" not in text
            await player.press("q")


async def test_who_leads_nothing_is_told_so(tmp_path: Path) -> None:
    store = fresh(tmp_path / "server")
    fill(store, items=4)
    laptop = device(tmp_path / "laptop")
    with team_on(store) as team:
        add(laptop, "team", team.url, team.token("ana"))
        async with playing(laptop, None, SMALL) as player:
            await player.app.push_screen(ProgressScreen("team/kyc", source_of(laptop, "team/kyc")))
            await player.drawn()
            await shown(player, lambda text: "your role on the server is rater" in text)
            player.app.pop_screen()
            await player.drawn()
            await player.app.push_screen(ProgressScreen("team/nope", source_of(laptop, "team/nope")))
            await player.drawn()
            await shown(player, lambda text: "nope" in text and "Asking" not in text)


async def test_the_key_of_the_list_watches_where_the_queue_lies(tmp_path: Path) -> None:
    """Of a server's queue the server is asked, also where nothing of it is here."""
    store = fresh(tmp_path)
    fill(store, items=2)
    asked: list[str] = []

    def watched(name: str) -> ProgressSource:
        asked.append(name)
        return source_of(store, name)

    async with playing(store, None, SMALL) as player:
        player.app.watch_progress = watched
        await player.press("P")
        assert asked == ["kyc"]
        screen_of(player)


async def test_a_long_warning_is_read_whole_on_a_small_terminal(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    fill(store, items=2)
    async with playing(store, None, SMALL) as player:
        await player.press("P")
        screen = screen_of(player)
        screen._asking.cancel()
        sentence = "the server cannot be reached just now, and nothing is lost by that: " + "try again later. " * 5
        screen.notice.say(sentence.strip(), "notice.warning")
        await player.drawn()
        assert " ".join(player.text().split()).count("try again later.") == 5
        await player.resize(200, 50)
        await player.drawn()
        assert " ".join(player.text().split()).count("try again later.") == 5
        screen.notice.say("short")
        await player.drawn()
        assert screen.notice.size.height == 1
