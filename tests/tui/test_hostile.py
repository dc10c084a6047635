"""Any text in any place draws without breaking the grid, and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual import events

from reviewer.store.connection import Store
from reviewer.text.cells import width
from reviewer.tui.palette import palette
from reviewer.tui.panes.lines import Lines, fitted, folded, length, spread
from tests.homes import QUEUE, add_queue, filled, item
from tests.store.filling import fresh
from tests.tui.hostile import HOSTILE, quiet
from tests.tui.play import Player, playing

CONTROLS = {chr(code) for code in (*range(32), *range(127, 160))}


def hostile_store(folder: Path, text: str) -> Store:
    """A queue in whose every place the text stands."""
    short = quiet(text)[:300].strip() or "x"
    option = {"value": "one", "label": short}
    rubric: dict[str, Any] = {
        "name": "hostile " + " ".join(short.split())[:60],
        "instructions": quiet(text),
        "criteria": [
            {
                "id": "score",
                "label": short,
                "help": short,
                "type": "scale",
                "min": 1,
                "max": 3,
                "reasons": [short[:80]],
                "levels": {
                    1: {
                        "label": short,
                        "examples": [
                            {"prompt": short, "output": short, "why": short},
                            {"output": short, "why": "w"},
                        ],
                    }
                },
            },
            {"id": "kind", "label": short, "type": "choice", "options": [option, {"value": "two", "label": "b"}]},
        ],
    }
    store = fresh(folder)
    said = quiet(text)
    thread = [{"role": "user", "text": said}, {"role": "assistant", "text": said, "name": said[:50]}]
    items = [
        item(0, prompt=said, output=said, context=[{"title": said, "text": said, "source": said[:200]}], key=short),
        item(1, prompt=thread, parts=thread, context=[], system=short),
    ]
    add_queue(store, items, queue=QUEUE, rubric=rubric, blind=False, reference=True, show=["risk", "tags"])
    return store


def clean(player: Player) -> None:
    """No row is wider or narrower than the terminal, and nothing in it is a control."""
    for row in player.grid():
        assert CONTROLS.isdisjoint(row), repr(row)


async def tour(player: Player) -> None:
    """Through every place that shows a text of the queue."""
    clean(player)
    on_the_item = ("r", "r z h", "z x 1", "escape e 1", "escape 1 1", "]", "o")
    for keys in (*on_the_item, "q i", "escape ?", "escape s", "escape [", "q", "i", "escape"):
        await player.press(*keys.split())
        clean(player)
    assert player.app.return_code is None


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_text_stays_in_its_place(tmp_path: Path, name: str) -> None:
    async with playing(hostile_store(tmp_path, HOSTILE[name]), size=(80, 24)) as player:
        await tour(player)


async def test_a_line_of_a_megabyte_is_drawn(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0, output="ab " * 350_000), item(1, output="y" * 1_000_000)])) as player:
        clean(player)
        await player.press("G", "]", "space", "z", "z")
        clean(player)
        assert "yyyy" in player.text()


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("line", "spaces", "nested")])
async def test_what_is_typed_and_pasted_stays_text(tmp_path: Path, name: str) -> None:
    said = HOSTILE[name]
    async with playing(filled(tmp_path), size=(80, 24)) as player:
        await player.press("4", "1", "R")
        player.rating.entry.post_message(events.Paste(said))
        await player.drawn()
        clean(player)
        await player.press("escape", "/")
        player.rating.entry.post_message(events.Paste(said[:40]))
        await player.drawn()
        await player.press("enter")
        clean(player)
        await player.press("s", "5")
        focused = player.app.focused
        assert focused is not None
        focused.post_message(events.Paste(said))
        await player.drawn()
        clean(player)
        await player.press("escape", "enter", "[")
        clean(player)
        assert player.app.return_code is None
        assert CONTROLS.isdisjoint(player.work.rationale["label"]["text"].replace("\n", "").replace("\t", ""))


class Rows(Lines):
    """Draws what it is given."""

    given: list[tuple[str, str]] = []  # noqa: RUF012  # set on the instance

    def rows(self, width: int, height: int) -> list[list[tuple[str, str]]]:
        """The one row."""
        del width, height
        return [self.given]


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(ANY, st.sampled_from(["text", "strong", ""])), max_size=4), st.integers(1, 50))
def test_a_row_is_exactly_as_wide_as_its_pane(row: list[tuple[str, str]], columns: int) -> None:
    strip = Rows().strip(row, columns)
    assert width(strip.text) == columns
    assert CONTROLS.isdisjoint(strip.text)


@settings(max_examples=200, deadline=None)
@given(ANY, ANY, st.integers(1, 60))
def test_ends_are_spread_fitted_and_folded_to_their_columns(left: str, right: str, columns: int) -> None:
    assert length(fitted([(left, "text")], columns)) == columns
    assert length(spread([(left, "text")], [(right, "text")], columns)) <= max(columns, 0)
    for line in folded(left, columns):
        assert width(line) <= max(8, columns)
    assert palette("dark").style("no such name at all") == palette("dark").style()


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200), min_size=20, max_size=30)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS)
async def test_any_text_is_drawn_in_every_pane(tmp_path: Path, texts: list[str]) -> None:
    home = tmp_path / "home"
    store = Store.open(home / "reviewer.db") if home.exists() else filled(home, [item(0)])
    async with playing(store, size=(80, 24)) as player:
        for said in texts:
            for pane in player.rating.panes.values():
                pane.show(said, title=said, subtitle=said)
            player.rating.notice.say(said)
            player.rating.status.queue = said
            player.rating.status.redraw()
            await player.drawn()
            clean(player)
        assert player.app.return_code is None
