"""How deciding disputed items looks, in a small terminal and in a wide one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reviewer.store.connection import Store
from tests.homes import QUEUE
from tests.session.test_deciding import decide
from tests.tui.adjudicated import app_on, disputed, disputed_pairs
from tests.tui.play import Player, close
from tests.tui.play import app_on as rating_on
from tests.tui.test_looks import NAMES, SIZES, SMALL, Look

BOTH = (SMALL, SIZES[-1])
LOOKS = (
    Look("decide", sizes=SIZES),
    Look("decide-panel", ("P",), sizes=(SMALL,)),
    Look("decide-no-reason", ("4", "1", "1", "enter"), sizes=(SMALL,)),
    Look("decide-first", ("2",), sizes=BOTH),
    Look("decide-first-decided", ("3", "1", "1", "R", *"so", "ctrl+n"), sizes=BOTH),
    Look("decide-send-back", ("S",), sizes=(SMALL,)),
    Look("decide-list", ("S", "1", "o"), sizes=(SMALL,)),
    Look("decide-help", ("?",), sizes=(SMALL,)),
    Look("decide-pair", ("a",), queue="pairs", sizes=BOTH),
    Look("decide-ranking", ("2", "1"), queue="pairs", sizes=BOTH),
    Look("decide-light", ("P",), settings={"theme": "light"}, sizes=(SMALL,)),
    Look("decide-no-colour", ("P",), settings={"theme": "plain"}, sizes=(SMALL,)),
    Look("rework", sizes=(SMALL,)),
)
CASES = [pytest.param(look, size, id=f"{look.name}-{NAMES[size]}") for look in LOOKS for size in look.sizes]


def made(folder: Path, look: Look) -> Store:
    if look.queue == "pairs":
        return disputed_pairs(folder, kind="ranking" if "ranking" in look.name else "pairwise")
    store = disputed(folder)
    if look.name == "rework":
        sitting = decide(store, queue=QUEUE)
        assert sitting.send_back("Look at the date once more.").moved
        assert sitting.close()
    return store


@pytest.mark.parametrize(("look", "size"), CASES)
def test_the_screen_looks_as_it_did(
    tmp_path: Path,
    snap_compare: Callable[..., bool],
    look: Look,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    store = made(tmp_path, look)
    if look.name == "rework":
        app = rating_on(store, **look.settings)
    else:
        rule = "on,decide_first" if look.name.startswith("decide-first") else None
        app = app_on(store, look.queue or QUEUE, rule=rule, **look.settings)

    async def reach(pilot: Pilot[int]) -> None:
        player = Player(app, pilot)
        await player.drawn()
        await player.press(*look.keys)
        await player.settled()
        close(app)

    assert snap_compare(app, terminal_size=size, run_before=reach)
