from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Offset, Region
from textual.layout import Layout as Arrangement
from textual.pilot import Pilot
from textual.selection import Selection

from reviewer.text.layout import Anchor, Layout, LayoutCache, Part
from reviewer.tui.palette import palette
from reviewer.tui.panes.reading import ReadingPane
from tests.text.texts import AWKWARD

LONG = "\n\n".join(f"Para {n} with **strong {n}** in it." for n in range(200))


class Row(Horizontal):
    passes = 0

    def pre_layout(self, layout: Arrangement) -> None:
        del layout
        self.passes += 1


class Panes(App[None]):
    CSS = "Row { height: 1fr; }"

    def __init__(self, name: str = "dark", *, ansi_color: bool = False) -> None:
        super().__init__(ansi_color=ansi_color)
        cache = LayoutCache()
        self.left = ReadingPane(palette(name), cache, title="Prompt")
        self.right = ReadingPane(palette(name), cache, title="Output")
        self.row = Row(self.left, self.right)

    def compose(self) -> ComposeResult:
        yield self.row


@asynccontextmanager
async def running(
    name: str = "dark", size: tuple[int, int] = (80, 24), *, ansi_color: bool = False
) -> AsyncIterator[tuple[Panes, Pilot[None]]]:
    app = Panes(name, ansi_color=ansi_color)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def drawn(pane: ReadingPane) -> list[str]:
    return [strip.text for strip in pane.render_lines(Region(0, 0, *pane.size))]


def body(pane: ReadingPane) -> list[str]:
    return [row[1:-1].rstrip() for row in drawn(pane)[1:]]


def styles_of(pane: ReadingPane, text: str) -> list[object]:
    strips = pane.render_lines(Region(0, 0, *pane.size))
    return [segment.style for strip in strips for segment in strip if segment.text == text]


async def test_a_text_is_shown_without_a_layout_pass() -> None:
    async with running() as (app, pilot):
        before = app.row.passes
        app.left.show("# Head\n\nbody **text**", title="Prompt", subtitle="1/2")
        app.right.show("other")
        await pilot.pause()
        assert app.row.passes == before > 0
        assert body(app.left)[:3] == ["Head", "", "body text"]
        screen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "body text" in screen
        assert "Prompt" in drawn(app.left)[0]
        assert "1/2" in drawn(app.left)[0]


@pytest.mark.parametrize("text", AWKWARD)
async def test_awkward_texts_and_titles_keep_to_their_cells(text: str) -> None:
    async with running(size=(31, 8)) as (app, pilot):
        for mode in ("markdown", "raw"):
            app.left.set_mode("raw" if mode == "raw" else "markdown")
            app.left.show(text * 20, title=text, subtitle=text)
            app.left.find(text[:2])
            await pilot.pause()
            for strip in app.left.render_lines(Region(0, 0, *app.left.size)):
                assert strip.cell_length == app.left.size.width
                assert sum(cell_len(segment.text) for segment in strip) == app.left.size.width
                assert strip.text.isprintable() or "\u200d" in strip.text or "\u200c" in strip.text
                assert all(not (segment.style and segment.style.meta) for segment in strip)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 1), (4, 3), (7, 2)])
async def test_no_size_is_too_small(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot):
        app.left.show(LONG, title="A long title", subtitle="9/9")
        app.left.active = True
        await pilot.pause()
        app.left.scroll_rows(3)
        app.left.end()
        strips = app.left.render_lines(Region(0, 0, *app.left.size))
        assert all(strip.cell_length == app.left.size.width for strip in strips)


async def test_scrolling_stops_at_both_ends() -> None:
    async with running() as (app, _):
        pane = app.left
        pane.show(LONG)
        assert not pane.scroll_rows(-1)
        assert pane.scroll_rows(2)
        assert body(pane)[0].startswith("Para 1 ")
        assert pane.page(1)
        assert pane.top == 2 + 22
        assert pane.page(-1)
        assert pane.half_page(1)
        assert pane.top == 2 + 11
        assert pane.end()
        assert not pane.scroll_rows(1)
        assert "strong 199" in " ".join(body(pane))
        assert pane.home()
        assert pane.top == 0
        pane.scroll_rows(5)
        pane.show("short")
        assert pane.top == 0
        assert not pane.scroll_rows(1)


async def test_the_scroll_bar_says_where_one_is() -> None:
    async with running() as (app, _):
        pane = app.left
        pane.show("short")
        assert {row[-1] for row in drawn(pane)[1:]} == {"│"}
        pane.show(LONG)
        assert drawn(pane)[1][-1] == "┃"
        pane.end()
        assert drawn(pane)[1][-1] == "│"
        assert drawn(pane)[-1][-1] == "┃"


async def test_the_wheel_moves_the_pane_under_it() -> None:
    async with running() as (app, pilot):
        app.left.show(LONG)
        kinds = (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp)
        for kind in kinds:
            app.left.post_message(
                kind(app.left, x=3, y=3, delta_x=0, delta_y=1, button=0, shift=False, meta=False, ctrl=False)
            )
        await pilot.pause()
        assert app.left.top == 3
        assert app.right.top == 0


async def test_the_place_is_kept_at_a_resize_and_between_rendered_and_raw() -> None:
    async with running(size=(160, 24)) as (app, pilot):
        pane = app.left
        pane.show(LONG)
        pane.scroll_rows(101)
        pane.scroll_rows(-1)
        assert body(pane)[0].startswith("Para 50 ")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert body(pane)[0].startswith("Para 50 ")
        pane.set_mode("raw")
        assert body(pane)[0].startswith("Para 50 with")
        assert "**strong" in " ".join(body(pane))
        assert "raw" in drawn(pane)[0]
        assert pane.place() == Anchor(0, LONG.index("Para 50 "))
        pane.go_to(Anchor(0, LONG.index("Para 70 ")))
        assert body(pane)[0].startswith("Para 70 ")


async def test_matches_are_marked_and_visited_in_turn() -> None:
    async with running() as (app, _):
        pane = app.left
        pane.show(LONG)
        assert pane.find("STRONG 1") == 0
        assert pane.find("strong 19") == 11
        assert "strong 19" in " ".join(body(pane))
        assert "1 of 11" in drawn(pane)[0]
        colours = palette("dark")
        assert styles_of(pane, "strong 19") == [colours.style("strong hit.current")]
        first = pane.top
        assert pane.next_hit()
        assert pane.top > first
        assert colours.style("strong hit") in styles_of(pane, "strong 19")
        assert pane.previous_hit()
        assert pane.previous_hit()
        assert "11 of 11" in drawn(pane)[0]
        pane.show("strong 19")
        assert not pane.next_hit()
        assert "of" not in drawn(pane)[0]


async def test_a_layout_made_ahead_is_shown_as_it_was_drawn() -> None:
    async with running() as (app, _):
        pane = app.left
        while not pane.prepare(LONG, 0.001):
            pass
        pane.show(LONG)
        shown = pane.render_lines(Region(0, 0, *pane.size))
        assert pane.prepare(LONG)
        again = pane.render_lines(Region(0, 0, *pane.size))
        assert all(a is b for a, b in zip(shown[1:], again[1:], strict=True))
        ready = Layout(LONG, pane.size.width - 2)
        pane.show(ready)
        assert pane.document is ready
        pane.show(Layout("another width", 7))
        assert pane.document.width == pane.size.width - 2


async def test_a_long_text_is_laid_out_when_there_is_time() -> None:
    async with running() as (app, _):
        pane = app.left
        pane.show(LONG)
        drawn(pane)
        assert not pane.document.complete
        while not pane.idle(0.0005):
            pass
        assert pane.document.complete
        assert pane.idle(0)


async def test_a_thread_shows_its_roles() -> None:
    async with running() as (app, _):
        app.left.show([Part("hello", "user"), Part("hi", "assistant 2"), Part("{}", "lookup", "tool")])
        assert body(app.left)[:9] == ["user", "hello", "", "assistant 2", "hi", "", "lookup", "tool", "{}"]
        assert styles_of(app.left, "assistant 2") == [palette("dark").style("role")]
        assert app.left.text_for_copy() == "hello\n\nhi\n\n{}"


async def test_the_active_pane_has_a_glyph() -> None:
    async with running() as (app, _):
        assert "▶" not in drawn(app.left)[0]
        app.left.active = True
        assert drawn(app.left)[0].startswith("▶ Prompt")
        assert "▶" not in drawn(app.right)[0]


async def test_text_can_be_selected_with_the_mouse() -> None:
    async with running() as (app, pilot):
        pane = app.left
        pane.show("one two three\n\nfour five six")
        await pilot.pause()
        await pilot.mouse_down(pane, offset=(5, 1))
        await pilot.hover(pane, offset=(5, 3))
        await pilot.mouse_up(pane, offset=(5, 3))
        await pilot.pause()
        assert pane.text_for_copy() == "two three\n\nfour "
        assert palette("dark").style("selection") in styles_of(pane, "two three")
        assert pane.get_selection(Selection(None, None)) == ("one two three\n\nfour five six", "\n")
        assert pane.get_selection(Selection(Offset(4, 2), None)) == (" five six", "\n")


async def test_without_colour_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running("plain", ansi_color=True) as (app, pilot):
        app.left.show("# Head\n\n`code` **strong** *it* [l](http://x)\n\n```python\nif x: 'y'\n```")
        app.left.find("strong")
        app.left.active = True
        await pilot.pause()
        for strip in app.left.render_lines(Region(0, 0, *app.left.size)):
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert colour is None or colour.is_default


async def test_a_change_of_palette_redraws() -> None:
    async with running() as (app, _):
        app.left.show("**strong**")
        drawn(app.left)
        app.left.set_palette(palette("light"))
        assert styles_of(app.left, "strong") == [palette("light").style("strong")]
