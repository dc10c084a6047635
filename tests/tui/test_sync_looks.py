"""How the server's marks look, with colour and without, on a small terminal and on a large one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reviewer.session.synchroniser import Plug, mark_words
from reviewer.store.connection import Store
from reviewer.sync.background import Background
from reviewer.sync.worker import Heard, News, Offer, Unreachable
from reviewer.tui.app import ReviewerApp
from tests.homes import SHORT, add_queue, filled, item
from tests.sync.lines import Ready, until
from tests.tui.play import Player, app_on, close

LAB = "lab/answers"
OFFERS = (Offer("lab/summaries-of-complaints", "rating", "open", here=False),)
SMALL, LARGE = (80, 24), (200, 50)


@dataclass(frozen=True)
class Look:
    """A look at the program: what the server says, what waits, and where one looks."""

    name: str
    queue: str | None
    waiting: tuple[int, int] = (0, 0)
    offline: bool = False
    keys: tuple[str, ...] = ()
    theme: str = "dark"
    news: str = ""
    why: str = ""


LOOKS = (
    Look("item-synced", LAB),
    Look("item-offline", LAB, (3, 0), offline=True),
    Look("item-refused", LAB, (0, 2), theme="contrast"),
    Look("item-news", LAB, news="2 items of lab/answers were recalled: they need nothing more."),
    Look("item-plain", LAB, (3, 0), offline=True, theme="plain"),
    Look("end-offline", LAB, (12, 0), offline=True, keys=("4", "1", "enter", "4", "1", "enter")),
    Look("end-why", LAB, why="Others hold what is left until Monday.", keys=("4", "1", "enter", "4", "1", "enter")),
    Look("home", None),
    Look("home-offline", None, (3, 0), offline=True, theme="light"),
    Look("home-fetch", None, keys=("L",)),
)


class Counting(Ready):
    """A way that reaches nobody, so that every label in the store waits, beside those that waited before."""

    store: Store | None = None

    def counts(self) -> dict[str, tuple[int, int]]:
        """What waits and was refused."""
        waiting, refused = self.waiting[LAB]
        if self.store is not None:
            with self.store.reading() as connection:
                waiting += connection.execute("SELECT count(*) FROM label").fetchone()[0]
        return {LAB: (waiting, refused)}


def way_of(look: Look, store: Store | None = None) -> Ready:
    """What the server says, for a look."""
    way = Counting(answers=look.waiting)
    if look.offline:
        trouble = Unreachable("the server 'lab' cannot be reached.", mend="It is tried again by itself.")
        way.store = store
        way.answers = dict.fromkeys(("sync", "push", "pull"), trouble)
        return way
    news = (News(LAB, look.news),) if look.news else ()
    way.answers = {"sync": Heard(news=news, offers=OFFERS), "pull": Heard(why=look.why)}
    return way


def made(folder: Path, look: Look) -> tuple[ReviewerApp, Plug]:
    store = filled(folder, [item(0), item(1)], queue=LAB, rubric=SHORT)
    add_queue(store, [item(90)], queue="of-this-device", rubric=SHORT)
    way = way_of(look, store)
    plug = Plug(lambda: Background(["lab"], lambda _: way))
    return app_on(store, look.queue, syncing=plug, theme=look.theme), plug


async def settled(player: Player, look: Look, plug: Plug) -> None:
    """Waits until the server has said all that it says."""
    for _ in range(2000):
        at_work = plug.at_work
        state = at_work.state_of(LAB) if at_work else None
        ready = state is not None and state.mark in ("offline", "synced", "refused") and state.fetch != "under way"
        if ready and (not look.keys or look.queue is None or state.fetch in ("offline", "ended")):  # type: ignore[union-attr]
            break
        await asyncio.sleep(0.005)
    await player.drawn()


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_screen_looks_as_it_did(
    tmp_path: Path,
    snap_compare: Callable[..., bool],
    look: Look,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app, plug = made(tmp_path, look)

    async def reach(pilot: Pilot[int]) -> None:
        player = Player(app, pilot)
        if look.queue is not None:
            await player.settled()
        await settled(player, Look(look.name, None), plug)
        await player.press(*look.keys)
        if look.queue is not None:
            await player.settled()
        await settled(player, look, plug)
        close(app)
        if plug.at_work is not None:
            plug.at_work.close(0)

    assert snap_compare(app, terminal_size=size, run_before=reach)


def test_every_mark_is_said_in_words() -> None:
    said = []
    for look in LOOKS[:3]:
        way = way_of(look)
        background = Background(["lab"], {"lab": way}.__getitem__)
        until(lambda mark=background: mark.state.mark in ("offline", "synced", "refused"))  # type: ignore[misc]
        said.append(mark_words(background.state))
        background.close(0)
    assert said == ["synced", "offline, 3 to send", "✗ 2 refused"]
