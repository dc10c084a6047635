"""How the reveal of a calibration round looks, in a small terminal and in a wide one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from reviewer.session import rounds
from reviewer.store.connection import Store
from tests.homes import QUEUE
from tests.tui.play import Player, close
from tests.tui.play import app_on as rating_on
from tests.tui.revealed import app_on, of_pairs, of_twelve, rated, revealed, vote_again
from tests.tui.test_looks import NAMES, SIZES, SMALL, Look

WIDE = SIZES[-1]
BOTH = (SMALL, WIDE)
LOOKS = (
    Look("reveal", sizes=SIZES),
    Look("reveal-item", ("P",), sizes=(SMALL,)),
    Look("reveal-levels", ("x",), sizes=BOTH),
    Look("reveal-second-vote", ("2", "e"), sizes=BOTH),
    Look("reveal-list", ("o",), sizes=BOTH),
    Look("reveal-note", ("C", *"agreed"), sizes=(SMALL,)),
    Look("reveal-example-level", ("X",), sizes=(SMALL,)),
    Look("reveal-example", ("X", "enter", *"one date", "enter"), sizes=(SMALL,)),
    Look("reveal-help", ("?",), sizes=(SMALL,)),
    Look("reveal-agreed", ("[", "]", "]", "]"), sizes=(SMALL,)),
    Look("reveal-twelve", sizes=BOTH),
    Look("reveal-pair", queue="pairs", sizes=BOTH),
    Look("reveal-ranking", queue="pairs", sizes=BOTH),
    Look("reveal-light", settings={"theme": "light"}, sizes=(SMALL,)),
    Look("reveal-contrast", settings={"theme": "contrast"}, sizes=(SMALL,)),
    Look("reveal-no-colour", settings={"theme": "plain"}, sizes=(SMALL,)),
    Look("reveal-home", queue=None, sizes=(SMALL,)),
    Look("reveal-question", ("v",), queue=None, sizes=(SMALL,)),
)
CASES = [pytest.param(look, size, id=f"{look.name}-{NAMES[size]}") for look in LOOKS for size in look.sizes]


def made(folder: Path, look: Look) -> Store:
    if look.queue == "pairs":
        return of_pairs(folder, kind="ranking" if "ranking" in look.name else "pairwise")
    if look.queue is None:
        return rated(folder)
    if look.name == "reveal-twelve":
        return of_twelve(folder)
    store = revealed(folder, show=["risk"])
    vote_again(store, "ben", 4)
    rounds.add_note(store, QUEUE, "chi", "The date counts as a fact.\nSo it is a 2.")
    with store.writing() as connection:
        connection.execute("UPDATE note SET at = '2026-11-22T10:30:00.000000Z'")  # the day is on the screen
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
    app = rating_on(store, None) if look.queue is None else app_on(store, look.queue, **look.settings)

    async def reach(pilot: Pilot[int]) -> None:
        player = Player(app, pilot)
        await player.drawn()
        await player.press(*look.keys)
        await player.settled()
        close(app)

    assert snap_compare(app, terminal_size=size, run_before=reach)
