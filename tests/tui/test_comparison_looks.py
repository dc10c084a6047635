"""How the comparison screen and the ranking screen look at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tui.comparisons import pairs, rankings
from tests.tui.play import Player, app_on, close
from tests.tui.test_looks import MIDDLE, NAMES, SMALL, Look

LOOKS = (
    Look("pair", ("4",)),
    Look("pair-differences", ("w",)),
    Look("pair-flipped", ("v", "2", "0"), sizes=(SMALL,)),
    Look("pair-levels", ("j", "x"), sizes=(SMALL, MIDDLE)),
    Look("pair-rationale", ("4", "e", "2"), sizes=(SMALL, MIDDLE)),
    Look("pair-correction", ("v", "c"), sizes=(SMALL,)),
    Look("pair-prompt-read", ("h",), sizes=(SMALL,)),
    Look("pair-zoomed", ("l", "z"), sizes=(SMALL, MIDDLE)),
    Look("pair-help", ("?",), sizes=(SMALL, MIDDLE)),
    Look("pair-items", ("4", "enter", "o"), sizes=(SMALL,)),
    Look("pair-light", ("w", "5"), settings={"theme": "light"}, sizes=(MIDDLE,)),
    Look("pair-contrast", ("w", "5"), settings={"theme": "contrast"}, sizes=(MIDDLE,)),
    Look("pair-no-colour", ("w", "5"), settings={"theme": "plain"}, sizes=(MIDDLE,)),
)
RANKED = (
    Look("ranking", ("2", "1", "=", "3")),
    Look("ranking-read-on", ("l", "l", "l", "4"), sizes=(SMALL, MIDDLE)),
    Look("ranking-explained", ("x",), sizes=(SMALL, MIDDLE)),
)
CASES = [pytest.param(look, size, id=f"{look.name}-{NAMES[size]}") for look in (*LOOKS, *RANKED) for size in look.sizes]


@pytest.mark.parametrize(("look", "size"), CASES)
def test_the_screen_looks_as_it_did(
    tmp_path: Path,
    snap_compare: Callable[..., bool],
    look: Look,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    store = rankings(tmp_path, rater="ana") if look in RANKED else pairs(tmp_path)
    app = app_on(store, "pairs", **look.settings)

    async def reach(pilot: Pilot[int]) -> None:
        player = Player(app, pilot)
        await player.drawn()
        await player.press(*look.keys)
        await player.settled()
        close(app)

    assert snap_compare(app, terminal_size=size, run_before=reach)
