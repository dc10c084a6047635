"""Reading: panes, documents, finding, raw, zoom, copying, and what a change of size leaves where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.homes import SHORT, TABLE, filled, item
from tests.tui.play import playing

LONG = "\n\n".join(f"Paragraph {n} of the answer, with the word needle{n} in it." for n in range(200))
DOCUMENTS = [{"title": f"Document {n}", "text": f"Text of document {n}.", "source": ""} for n in range(3)]


async def test_the_active_pane_scrolls_and_goes_to_its_ends(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0, output=LONG)])) as player:
        pane = player.rating.output
        await player.press("down", "down", "up")
        assert pane.top == 1
        await player.press("pagedown", "b", "space", "J", "K")
        assert pane.top > 1
        await player.press("G")
        assert "Paragraph 199" in player.text()
        await player.press("g")
        assert pane.top == 0
        await player.press("end", "home")
        assert pane.top == 0


async def test_panes_are_stepped_through_and_one_stands_alone(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, reference=True)) as player:
        seen = []
        for _ in range(5):
            await player.press("l")
            seen.append(player.rating.active_pane)
        assert seen == ["reference", "prompt", "context", "output", "reference"]
        await player.press("z")
        text = player.text()
        assert "Reference 0: 0." in text
        assert "Question 0" not in text
        await player.press("h")
        assert "Answer 0" in player.text()
        assert "Reference 0" not in player.text()
        await player.press("z")
        assert "Question 0" in player.text()


async def test_context_documents_are_turned_over(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0, context=DOCUMENTS), item(1, context=[])])) as player:
        for key, number in ((".", 1), (".", 2), (".", 0), (",", 2)):
            await player.press(key)
            assert f"Text of document {number}." in player.text()
            assert f"{number + 1}/3" in player.text()
        await player.press("]", ".", ",")
        assert "Text of document" not in player.text()


async def test_raw_shows_the_marks_that_rendering_hides(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        assert "**0**" not in player.text()
        await player.press("r")
        assert "**0**" in player.text()
        await player.press("]", "[")
        assert "**0**" in player.text(), "the mode is the pane's"
        await player.press("r")
        assert "**0**" not in player.text()


async def test_words_are_found_and_stepped_through(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0, output=LONG)])) as player:
        await player.press("/")
        await player.type("needle19")
        await player.press("enter")
        assert "11 found" in player.notice
        assert "Paragraph 19 " in player.text()
        await player.press("n")
        assert "Paragraph 190 " in player.text()
        await player.press("N", "N")
        assert "Paragraph 199 " in player.text(), "from the first back to the last"
        await player.press("/")
        await player.type("[red]absent")
        await player.press("enter")
        assert "“[red]absent” is not in this pane" in player.notice
        await player.press("/", "enter")
        assert player.work.content() == {}


async def test_a_copy_goes_to_the_terminals_clipboard_as_it_is_stored(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("y")
        assert player.app.clipboard == "Answer 0: it says **0**, and no more than that."
        assert "47 characters" in player.notice


@pytest.mark.parametrize("sizes", [((120, 40), (80, 24), (200, 60), (120, 40))])
async def test_a_change_of_size_keeps_the_place_and_what_is_typed(
    tmp_path: Path, sizes: tuple[tuple[int, int], ...]
) -> None:
    async with playing(filled(tmp_path, [item(0, output=LONG)]), size=sizes[0]) as player:
        await player.press("3", "space", "space", "e")
        await player.type("half a sen")
        place = player.rating.output.place()
        for size in sizes[1:]:
            await player.resize(*size)
            player.grid()
            assert player.rating.entry.text == "half a sen"
            assert player.rating.output.place() == place
        await player.type("tence")
        await player.press("enter")
        assert player.work.rationale["safe"]["text"] == "half a sentence"


async def test_a_terminal_that_is_too_small_says_so_and_the_keys_work(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT), size=(40, 10)) as player:
        assert "make it 60×16" in " ".join(player.text().split())
        await player.press("4", "1", "s", "escape", "?", "escape", "e", "x", "enter", "x", "escape", "enter")
        assert player.sitting.standing.number == 2
        await player.resize(80, 24)
        assert "60×16" not in player.text()
        assert "You are the service desk" in player.text()
        await player.resize(59, 24)
        assert "This terminal has 59×24 cells" in player.text()
        await player.resize(20, 3)
        player.grid()
        await player.resize(1, 1)
        player.grid()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (99, 30), (100, 24), (120, 40), (180, 45), (240, 67)])
async def test_every_size_shows_item_form_and_keys(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(filled(tmp_path, reference=True), size=size) as player:
        for wanted in ("answers", "1/8", "Prompt", "Context", "Answer 0", "Grounded in", "submit", "saved"):
            assert wanted in player.text(), wanted
        await player.press("e")
        assert "adds a fact" in player.text()
        assert "Answer 0" in player.text(), "what is written about stays in sight"
        await player.press("escape", "x")
        assert "Levels" in player.text()


async def test_a_table_stays_readable_at_80_columns(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0, output=TABLE)]), size=(80, 24)) as player:
        rows = [row for row in player.grid() if "Cars counted" in row or "Paid in cash" in row]
        assert len(rows) == 2
        assert [row.index("│") for row in rows] == [rows[0].index("│")] * 2
        assert all(figure in row for figure, row in zip(("68", "56"), rows, strict=True))


async def test_options_that_their_row_cuts_stand_in_full_below(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), size=(80, 24)) as player:
        assert "Vague where the source is clear" not in player.text()
        await player.focus("faults")
        for option in ("Accuses or reproaches", "Reassures beyond the evidence", "Vague where the source is clear"):
            assert option in player.text()
