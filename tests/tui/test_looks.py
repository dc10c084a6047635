"""How every screen looks at three sizes. `pytest tests/tui/test_looks.py --snapshot-update` takes a change over, once
somebody has looked at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from reviewer.tui.app import ReviewerApp
from tests.homes import QUEUE, SHORT, add_queue, filled, item
from tests.store.filling import fresh
from tests.tui.play import Player, app_on, close

SIZES = ((80, 24), (120, 40), (200, 60))
SMALL, MIDDLE = SIZES[:2]
NAMES = {size: f"{size[0]}x{size[1]}" for size in SIZES}


@dataclass(frozen=True)
class Look:
    """A screen, reached by keys. `queue` None is the list of queues, `empty` a home with nothing in it."""

    name: str
    keys: tuple[str, ...] = ()
    queue: str | None = QUEUE
    empty: bool = False
    one: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    sizes: tuple[tuple[int, int], ...] = SIZES


SEARCH = ("o", "/", *"note 3", "enter")
LOOKS = (
    Look("home", queue=None),
    Look("home-empty", queue=None, empty=True, sizes=(SMALL,)),
    Look("queue-page", ("i",), queue=None, sizes=(SMALL, MIDDLE)),
    Look("rating", ("4", "1")),
    Look("thread", ("]",)),
    Look("table-zoomed", ("]", "]", "z"), sizes=(SMALL, MIDDLE)),
    Look("levels", ("x", "3")),
    Look("rationale", ("2", "k", "e", "2")),
    Look("missing", ("2", "1", "enter"), sizes=(SMALL, MIDDLE)),
    Look("correction", ("c",), sizes=(SMALL,)),
    Look("skip", ("s",), sizes=(SMALL, MIDDLE)),
    Look("items", ("s", "1", "3", "]", "o")),
    Look("items-filtered", ("s", "3", "o", "tab", "tab", "tab", "tab"), sizes=(SMALL,)),
    Look("items-searched", SEARCH, sizes=(SMALL,)),
    Look("help", ("?",), sizes=(SMALL, MIDDLE)),
    Look("instructions", ("i",), sizes=(SMALL,)),
    Look("palette", (":", *"find"), sizes=(SMALL, MIDDLE)),
    Look("finished", ("4", "1", "enter"), one=True, sizes=(SMALL, MIDDLE)),
    Look("light", ("2", "1", "e", "2"), settings={"theme": "light"}, sizes=(SMALL,)),
    Look("contrast", ("2", "1", "e", "2"), settings={"theme": "contrast"}, sizes=(SMALL,)),
    Look("no-colour", ("2", "1", "e", "2"), settings={"theme": "plain"}, sizes=(SMALL,)),
)
CASES = [pytest.param(look, size, id=f"{look.name}-{NAMES[size]}") for look in LOOKS for size in look.sizes]


def made(folder: Path, look: Look) -> ReviewerApp:
    if look.empty:
        return app_on(fresh(folder), None)
    if look.one:
        return app_on(filled(folder, [item(0)], rubric=SHORT))
    store = filled(folder, show=["risk", "tags"], goal=40)
    add_queue(store, [item(90)], queue="a-second-queue", rubric=SHORT)
    return app_on(store, look.queue, **look.settings)


@pytest.mark.parametrize(("look", "size"), CASES)
def test_the_screen_looks_as_it_did(
    tmp_path: Path,
    snap_compare: Callable[..., bool],
    look: Look,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = made(tmp_path, look)

    async def reach(pilot: Pilot[int]) -> None:
        player = Player(app, pilot)
        await player.drawn()
        await player.press(*look.keys)
        await player.settled()
        close(app)

    assert snap_compare(app, terminal_size=size, run_before=reach)
