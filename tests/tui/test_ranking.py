"""What the keys of the ranking screen do, read from the label in hand, the store and the grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.tui.comparisons import rankings
from tests.tui.play import playing

OVERALL: dict[str, Any] = {"name": "overall", "preference": {"scale": 5}}


async def test_outputs_are_taken_from_the_best_to_the_last_with_ties(tmp_path: Path) -> None:
    store = rankings(tmp_path, rubric=OVERALL)
    async with playing(store, "pairs", (200, 60)) as player:
        assert "best first: 1 2 3 4" in player.text()
        await player.press("2")
        assert player.work.values == {"ranking": [[2]]}
        assert "2 > …   left: 1 3 4" in player.text()
        await player.press("1", "=", "3")
        assert player.work.values == {"ranking": [[2], [1, 3]]}
        assert "2 > 1 = 3 > …   left: 4" in player.text()
        for title in ("2 · 1st", "1 · 2nd=", "3 · 2nd="):
            assert title in player.text()
        assert player.sitting.view is not None
        shown = [output.public_id for output in player.sitting.view.outputs]
        await player.press("enter")
        await player.saved()
        assert player.sitting.standing.number == 2
        assert "2nd" not in player.text()
    with store.reading() as connection:
        values, order = connection.execute('SELECT "values", shown_order FROM label').fetchone()
    assert orjson.loads(values) == {"ranking": [[2], [1, 3], [4]]}
    assert orjson.loads(order) == shown


async def test_steps_are_taken_back(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path, rubric=OVERALL), "pairs") as player:
        await player.press("backspace")
        assert "Nothing is ranked" in player.notice
        await player.press("3", "=", "4", "1", "backspace")
        assert player.work.values == {"ranking": [[3, 4]]}
        await player.press("=", "backspace")
        assert player.work.values == {"ranking": [[3, 4]]}, "the tie that was begun, and nothing else"
        await player.press("2")
        assert player.work.values == {"ranking": [[3, 4], [2]]}
        await player.press("backspace", "backspace", "backspace")
        assert player.work.values == {}
        await player.press("4", "-")
        assert player.work.values == {}


async def test_what_means_nothing_is_refused(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path, rubric=OVERALL), "pairs") as player:
        await player.press("=")
        assert "Nothing is ranked yet" in player.notice
        await player.press("7")
        assert "There are 4 outputs: there is no 7." in player.notice
        await player.press("0")
        assert "there is no 10" in player.notice
        await player.press("2", "2")
        assert "Output 2 is ranked already." in player.notice
        await player.press("enter")
        assert "1, 3, 4 have no place yet" in player.notice
        assert player.sitting.standing.number == 1
        await player.press("1", "3", "4", "=")
        assert "every output has its place" in player.notice
        await player.press("backspace", "backspace", "backspace", "backspace", "enter")
        assert "not ranked yet" in player.notice


async def test_each_criterion_has_a_ranking_of_its_own(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path), "pairs", (240, 50)) as player:
        await player.press("1", "2", "3", "4")
        assert player.work.focus == "faithful", "a whole ranking moves the focus on"
        assert "1 · 1st" not in player.text(), "the titles are the focused question's"
        await player.press("4", "=", "shift+tab")
        assert "1 · 1st" in player.text()
        await player.press("tab")
        assert "4 · 1st" in player.text()
        await player.press("3", "enter")
        assert player.work.values["faithful"] == [[4], [3]], "a tie is forgotten with the focus"
        assert "Faithful to the file: 1, 2 have no place yet." in player.notice
        assert player.work.focus == "faithful"
        await player.press("1", "x")
        assert "Contradicts the file" in player.text()
        await player.press("escape", "e", "1", "escape", "enter")
        assert player.sitting.standing.number == 2
        await player.saved()
        await player.press("u")
        assert player.work.values == {"ranking": [[1], [2], [3], [4]], "faithful": [[4], [3], [1], [2]]}
        assert player.work.rationale["faithful"]["reasons"] == ["adds a fact"]


@pytest.mark.parametrize(("size", "seen"), [((80, 24), 1), ((120, 40), 3), ((200, 60), 3), ((200, 40), 5)])
async def test_the_window_follows_the_output_that_is_read(tmp_path: Path, size: tuple[int, int], seen: int) -> None:
    async with playing(rankings(tmp_path, outputs=6, rubric=OVERALL), "pairs", size) as player:

        def outputs() -> list[int]:
            text = player.text()
            return [number for number in range(1, 7) if f"Output {number} of place" in text]

        assert outputs() == list(range(1, seen + 1))
        for number in range(2, 7):
            await player.press("l")
            assert number in outputs()
            assert len(outputs()) == seen
        await player.press("c")
        assert "corrected output · 6" in player.text()
        await player.press("escape", "h", "h")
        assert 4 in outputs()
        await player.press("z")
        assert outputs() == [4]
        await player.press("z", "]")
        assert 1 in outputs(), "the next item begins with the first"


async def test_items_may_have_more_or_fewer_outputs(tmp_path: Path) -> None:
    store = rankings(tmp_path, items=2, outputs=5, rubric=OVERALL)
    with store.writing() as connection:
        connection.execute("DELETE FROM task_output WHERE slot > 2 AND task = (SELECT min(id) FROM task)")
        connection.execute("DELETE FROM assignment")
    async with playing(store, "pairs", (240, 50)) as player:
        counts = set()
        for _ in range(2):
            assert player.sitting.view is not None
            count = len(player.sitting.view.outputs)
            counts.add(count)
            await player.press("l", "l", "l", "z", "z")
            assert f"best first: {' '.join(map(str, range(1, count + 1)))}" in player.text()
            player.grid()
            await player.press("]")
        assert counts == {3, 5}


async def test_a_queue_that_wants_no_enter_goes_on_when_all_is_ranked(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path, rubric=OVERALL, submit="when_complete"), "pairs") as player:
        await player.press("1", "2", "=", "3")
        assert player.sitting.standing.number == 1
        await player.press("4")
        assert player.sitting.standing.number == 2


async def test_the_end_is_told_also_to_who_read_the_last_output(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path, items=1, rubric=OVERALL), "pairs", (80, 24)) as player:
        await player.press("l", "l", "1", "2", "3", "enter")
        await player.saved()
        assert "Nothing is left for you" in player.text()
        await player.press("1", "=", "backspace", "x", "escape", "l", "z", "z", "enter", "u")
        assert player.work.values == {"ranking": [[1], [2], [3], [4]]}


async def test_the_last_step_is_taken_back_though_the_focus_has_gone_on(tmp_path: Path) -> None:
    async with playing(rankings(tmp_path), "pairs") as player:
        await player.press("1", "2", "3", "4", "backspace")
        assert player.work.values == {"ranking": [[1], [2], [3]]}
        assert player.work.focus == "ranking"
