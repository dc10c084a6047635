"""The lead's overview of the raters and a rater's own page."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.session import raters as reading
from reviewer.session.raters import BLIND, IN_TENS, read_overview, read_own_page
from reviewer.store.connection import Store
from reviewer.tui.screens.home import HomeScreen
from reviewer.tui.screens.raters import RatersScreen
from tests.exchange.rating import Given, decide, give, scored, tasks_of
from tests.exchange.test_queue_raters import ONE_SCALE, noisy
from tests.store.filling import fill, fresh, record
from tests.tui.hostile import HOSTILE
from tests.tui.play import Player, playing

SIZES = ((80, 24), (200, 60))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three raters on 130 items, of whom chi grows more lenient; a few items were decided elsewhere."""
    store = fresh(tmp_path / "home")
    queue = fill(store, items=130, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    given = [noisy(tasks, rater, seed) for seed, rater in enumerate(("ana", "ben"))]
    given.append(noisy(tasks, "chi", 9, level=1.5, from_label=70))
    give(store, queue, [one for rows in given for one in rows])
    return store


async def opened(player: Player, *keys: str) -> None:
    await player.press("R", *keys)
    await player.settled()


@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_has_a_row_a_rater(store: Store, size: tuple[int, int]) -> None:
    async with playing(store, None, size) as player:
        assert "raters" in player.grid()[-1]
        await opened(player)
        text = player.text()
        assert "kyc: 390 labels of 3 raters." in text
        rows = {row[2:5]: row for row in player.grid() if row[2:5] in ("ana", "ben", "chi")}
        assert set(rows) == {"ana", "ben", "chi"}
        assert all("●" in row and "├" in row for row in rows.values())
        assert "since" in rows["chi"]
        assert "drift" in rows["chi"]
        await player.press("j", "j", "enter")
        assert "chi · kyc" in player.text()
        assert "Drift alarm at label" in player.text()
        await player.press("pagedown", "pagedown")
        assert any(step in player.text() for step in "▁▂▃▅▆▇")
        await player.press("escape", "g", "G", "k", "q")
        assert not isinstance(player.app.screen, RatersScreen)


async def test_keys_are_heard_while_it_computes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    held, going = Event(), Event()

    def slowly(*arguments: object) -> object:
        going.set()
        assert held.wait(20)
        return read_overview(*arguments)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("reviewer.tui.screens.raters.read_overview", slowly)
    async with playing(store, None, (80, 24)) as player:
        await player.press("R")
        assert going.wait(10)
        assert "Computing" in player.text()
        await player.press("?")
        assert "keys ·" in player.text()
        await player.press("escape", "j", "enter")
        held.set()
        await player.settled()
        assert "390 labels" in player.text()


async def test_leaving_while_it_computes_ends_the_reading(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    held, ended = Event(), Event()

    def slowly(_store: Store, _queue: str, tell: reading.Tell) -> object:
        assert held.wait(20)
        try:
            tell("Reading labels …")
        finally:
            ended.set()
        raise AssertionError("nobody waits for it")

    monkeypatch.setattr("reviewer.tui.screens.raters.read_overview", slowly)
    async with playing(store, None, (80, 24)) as player:
        await player.press("R", "q")
        held.set()
        assert ended.wait(10)
        await player.drawn()
        assert "kyc" in player.text()


async def test_my_page_shows_my_own_figures_alone(store: Store) -> None:
    async with playing(store, None, (120, 40), rater="chi") as player:
        await player.press("m")
        await player.settled()
        text = player.text()
        assert "my page · kyc" in text
        assert "Labels: 130 submitted" in text
        assert not any(name in text for name in ("ana", "ben"))
        await player.press("escape", ":", *"my page", "enter")
        await player.settled()
        assert "Labels: 130 submitted" in player.text()


@pytest.mark.parametrize("opening", ["R", "m"])
@pytest.mark.parametrize("leaving", ["escape", "q"])
async def test_escape_and_q_both_leave_both_pages(store: Store, opening: str, leaving: str) -> None:
    async with playing(store, None, (80, 24)) as player:
        await player.press(opening)
        await player.settled()
        assert not isinstance(player.app.screen, HomeScreen)
        await player.press(leaving)
        assert isinstance(player.app.screen, HomeScreen)


async def test_who_rated_nothing_is_told_so(store: Store) -> None:
    async with playing(store, None, (80, 24), rater="dan") as player:
        await player.press("m")
        await player.settled()
        assert "you have rated nothing in 'kyc' yet" in player.text()
        assert "PgDn" not in player.text(), "there is no more than is seen"


async def test_a_queue_without_a_label_says_so(tmp_path: Path) -> None:
    store = fresh(tmp_path / "empty")
    fill(store)
    async with playing(store, None, (80, 24)) as player:
        await opened(player)
        assert "nobody has rated in 'kyc' yet" in player.text()
        await player.press("enter", "j", "G", "q")
    async with playing(fresh(tmp_path / "none"), None, (80, 24)) as player:
        await player.press("R", "m")
        assert "There is no queue yet" in player.text()


async def test_a_blind_round_shows_counts_alone(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("UPDATE queue SET purpose = 'calibration'")
    async with playing(store, None, (80, 24), rater="ana") as player:
        await opened(player)
        assert BLIND in player.text()
        assert "●" not in player.text()
        assert "since" not in player.text()
        await player.press("enter")
        assert "130 done." in player.text()
        await player.press("escape", "q", "m")
        await player.settled()
        assert BLIND in player.text()
        assert "Severity" not in player.text()


def test_no_own_page_tells_which_tasks_were_gold(tmp_path: Path) -> None:
    store = fresh(tmp_path / "home")
    fill(store, items=6, queue="source", rubric=ONE_SCALE)
    decided = tasks_of(store, record(store, "source"))
    give(store, record(store, "source"), [decide(task, {"score": 3}) for task in decided])
    queue = fill(store, items=30, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    give(store, queue, noisy(tasks, "ben", 1))
    pages = []
    for number, one in enumerate(scored("ana", tasks, [3] * 30)):
        give(store, queue, [one], after=40 + number)
        pages.append("\n".join(read_own_page(store, "kyc", "ana", lambda _: None)))
    assert all(IN_TENS in page for page in pages)
    for begin in (9, 19):
        assert len(set(pages[begin : begin + 10])) == 1
    assert "Gold over time" not in pages[-1]
    assert "n 6" in pages[-1]


@pytest.mark.parametrize("name", ["markup", "sequences", "bidi", "wide", "line"])
async def test_hostile_names_keep_their_place(tmp_path: Path, name: str) -> None:
    store = fresh(tmp_path / "home")
    queue = fill(store, items=3, rubric=ONE_SCALE)
    tasks = tasks_of(store, queue)
    given = [Given(HOSTILE[name][:4000], task, {"score": 2}) for task in tasks]
    give(store, queue, [*given, *scored("ana", tasks, (1, 2, 3))])
    async with playing(store, None, (80, 24)) as player:
        await opened(player)
        assert len(player.grid()) == 24
        await player.press("G", "enter")
        assert len(player.grid()) == 24
        await player.press("escape", "g", "enter")
        player.grid()
