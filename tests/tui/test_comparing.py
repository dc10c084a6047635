"""What the keys of the comparison screen do, read from the label in hand, the store and the grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from reviewer.store.connection import Store
from reviewer.tui.screens.comparison import ComparisonScreen
from reviewer.tui.screens.home import HomeScreen
from reviewer.tui.screens.items import ItemsScreen
from tests.tui.comparisons import SYSTEMS, pairs, sides
from tests.tui.play import Player, playing

OVERALL: dict[str, Any] = {"name": "overall", "preference": {"scale": 5}}
LONG = "\n\n".join(f"Paragraph {number}." for number in range(60))
LONGER = "\n\n".join(f"Paragraph {number}." for number in range(90))


def scaled(scale: int, **more: Any) -> dict[str, Any]:
    return {"name": "scaled", "preference": {"scale": scale, **more}}


def labels(store: Store) -> list[dict[str, Any]]:
    """What stands in the store, in the order in which it was submitted."""
    with store.reading() as connection:
        found = connection.execute('SELECT task, "values", shown_order, correction FROM label ORDER BY committed_at')
        return [
            {"task": row[0], **dict(zip(("values", "order", "correction"), map(orjson.loads, row[1:]), strict=True))}
            for row in found
        ]


def screen(player: Player) -> ComparisonScreen:
    assert isinstance(player.rating, ComparisonScreen)
    return player.rating


async def test_six_pairs_are_compared_and_the_label_says_what_was_shown(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL)
    shown: list[list[str]] = []
    async with playing(store, "pairs") as player:
        for key in "124503":
            assert player.sitting.view is not None
            assert sides(player) == [f"Left {len(shown)}", f"Right {len(shown)}"]
            shown.append([output.public_id for output in player.sitting.view.outputs])
            await player.press(key, "enter")
        await player.saved()
        assert "Nothing is left for you" in player.text()
    kept = labels(store)
    assert [label["values"]["preference"] for label in kept] == [-2, -1, 1, 2, "both_bad", 0]
    assert [label["order"] for label in kept] == shown


async def test_undo_shows_the_sides_as_they_were_shown(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL)
    async with playing(store, "pairs", (80, 24)) as player:
        for key in "1524":
            await player.press(key, "enter")
        await player.saved()
        for seq, step in ((3, 1), (2, -1), (1, 2), (0, -2)):
            await player.press("u")
            assert sides(player) == [f"Left {seq}", f"Right {seq}"]
            assert player.work.values == {"preference": step}
        await player.press("5", "enter")
        await player.saved()
    last = labels(store)[-1]
    assert last["values"] == {"preference": 2}
    assert last["order"] == labels(store)[0]["order"]


async def test_left_tie_right_and_both_bad_have_keys_of_their_own(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs") as player:
        for key, step in (("a", -1), ("t", 0), ("d", 1), ("0", "both_bad"), ("1", -2)):
            await player.press(key)
            assert player.work.values == {"preference": step}
        assert "[1 left much]" in player.text()
        await player.press("-")
        assert player.work.values == {}
        await player.press("-")
        assert "Overall preference needs an answer" in player.notice


@pytest.mark.parametrize(
    ("rubric", "refused", "taken"),
    [
        (scaled(3), {"4": "4 is not on this scale of 3", "5": "5 is not"}, {"1": -1, "2": 0, "3": 1, "a": -1, "d": 1}),
        (scaled(2), {"3": "3 is not on this scale of 2", "t": "tie"}, {"1": -1, "2": 1, "a": -1, "d": 1}),
        (scaled(3, allow_tie=False), {"t": "a tie is not allowed", "2": "a tie is not allowed"}, {"1": -1, "3": 1}),
        (scaled(5, allow_both_bad=False), {"0": "both bad is not allowed"}, {"5": 2}),
    ],
    ids=["three", "two", "no-tie", "no-both-bad"],
)
async def test_what_the_rubric_forbids_is_refused_by_name(
    tmp_path: Path, rubric: dict[str, Any], refused: dict[str, str], taken: dict[str, Any]
) -> None:
    async with playing(pairs(tmp_path, rubric=rubric), "pairs") as player:
        for key, why in refused.items():
            await player.press(key)
            assert why in player.notice
            assert player.notice.startswith("Overall preference: ")
            assert player.work.values == {}
        for key, step in taken.items():
            await player.press(key)
            assert player.work.values == {"preference": step}
            assert player.notice == ""


async def test_criteria_are_answered_beside_the_overall_preference(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        await player.press("4", "2", "3")
        assert player.work.values == {"preference": 1, "faithful": -1, "style": 0}
        await player.focus("faithful")
        await player.press("-")
        assert player.work.values == {"preference": 1, "style": 0}
        await player.press("-")
        assert "needs none" in player.notice
        await player.press("e", "2", "escape", "R", "y", "escape", "enter")
        assert sides(player)[0] == "Left 1"


async def test_the_overall_answer_is_required(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        await player.focus("faithful")
        await player.press("4", "enter")
        assert "preference" in player.notice
        assert player.work.focus == "preference"
        assert player.sitting.standing.number == 1
        await player.press("t", "enter")
        assert player.sitting.standing.number == 2


async def test_a_queue_that_wants_no_enter_goes_on_when_every_question_is_answered(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, submit="when_complete"), "pairs") as player:
        await player.press("4", "2")
        assert player.sitting.standing.number == 1
        await player.press("5")
        assert player.sitting.standing.number == 2


async def test_without_criteria_the_one_key_is_enough(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL, submit="when_complete"), "pairs") as player:
        for number, key in enumerate("1a05", start=2):
            await player.press(key)
            assert player.sitting.standing.number == number


async def test_a_correction_is_of_the_side_that_is_read(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL)
    async with playing(store, "pairs", (80, 24)) as player:
        await player.press("c")
        assert "corrected output · Left" in player.text()
        await player.press("!", "escape", "v", "c")
        assert "corrected output · Right" in player.text()
        await player.press("?", "escape")
        assert {key: text[-1] for key, text in player.work.correction.items()} == {"@output:1": "!", "@output:2": "?"}
        await player.press("c", "backspace", "escape")
        assert set(player.work.correction) == {"@output:1"}, "what is as it was is no correction"
        await player.press("4", "enter")
        await player.saved()
    assert set(labels(store)[0]["correction"]) == {"@output:1"}


async def test_a_narrow_screen_shows_one_side_and_flips_it(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs", (80, 24)) as player:
        assert "Left 0." in player.text()
        assert "Right 0." not in player.text()
        assert any("Right" in row and "v shows it" in row for row in player.grid())
        await player.press("v")
        assert "Left 0." not in player.text()
        assert "Right 0." in player.text()
        await player.press("l", "v")
        assert player.rating.active_pane == "output-2", "from another pane back to the side"
        await player.press("v")
        assert "Left 0." in player.text()
        await player.resize(120, 40)
        assert "Left 0." in player.text()
        assert "Right 0." in player.text()
        assert "shows it" not in player.text()


async def test_the_sides_scroll_together_until_they_are_let_go(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL, said={0: (LONG, LONGER)})
    async with playing(store, "pairs") as player:
        left, right = screen(player).outputs
        await player.press("down", "down", "space")
        assert left.top == right.top > 2
        await player.press("G")
        ends = left.top, right.top
        assert ends[0] < ends[1]
        await player.press("up")
        assert (left.top, right.top) == (ends[0], ends[1] - 1), "the shorter one waits"
        await player.press("g", "down")
        assert (left.top, right.top) == (1, 1)
        await player.press("Y")
        assert "apart" in player.notice
        await player.press("down", "down")
        assert (left.top, right.top) == (3, 1)
        await player.press("Y", "down")
        assert "together" in player.notice or player.notice == ""
        assert (left.top, right.top) == (4, 2), "what was moved apart stays apart"
        await player.press("up", "up", "up", "up", "up")
        assert (left.top, right.top) == (0, 0)
        await player.press("h", "down")
        assert (left.top, right.top) == (0, 0), "another pane scrolls alone"


async def test_what_is_not_seen_has_scrolled_along(tmp_path: Path) -> None:
    store = pairs(tmp_path, rubric=OVERALL, said={0: (LONG, LONGER)})
    async with playing(store, "pairs", (80, 24)) as player:
        left, right = screen(player).outputs
        await player.press("space", "v")
        assert left.top == right.top > 0
        await player.press("space", "v")
        assert left.top == right.top


async def test_levels_are_those_of_the_criterion_and_give_nothing(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        await player.press("x")
        assert "Levels · Overall preference" in player.text()
        assert "right slightly better" in player.text()
        await player.press("escape")
        await player.focus("faithful")
        await player.press("x", "5")
        assert "Carried by the file" in player.text()
        assert "gives it" not in player.text()
        await player.press("enter")
        assert player.work.values == {}


async def test_the_queue_opens_from_home_and_lists_its_items(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), None, (100, 30)) as player:
        assert isinstance(player.app.screen, HomeScreen)
        await player.press("i")
        assert "pairwise" in player.text()
        assert "Say which memo you would sign." in player.text()
        await player.press("escape", "enter")
        assert sides(player) == ["Left 0", "Right 0"]
        await player.press("i")
        assert "Faithful to the file" in player.text()
        await player.press("escape", "4", "enter", "o")
        assert isinstance(player.app.screen, ItemsScreen)
        assert "Question 0" in player.text()
        await player.press("g", "enter")
        assert sides(player)[0] == "Left 0"
        assert player.work.values == {"preference": 1}


async def test_a_skip_a_flag_and_a_note_go_with_the_label(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        await player.press("f", "m", "x", "escape", "s", "1")
        assert player.sitting.standing.number == 2
        await player.saved()
        await player.press("u")
        assert player.work.flags == ["flagged"]
        assert player.work.notes == "x"


async def test_nothing_of_a_sealed_queue_names_a_system(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs", (200, 60)) as player:
        for keys in ("", "w", "z", "z x", "escape ?", "escape :", "escape o", "q i", "escape c", "escape 4 enter", "u"):
            await player.press(*keys.split())
            assert not [system for system in SYSTEMS if system in player.text()], keys


async def test_the_end_is_told_where_it_is_read(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, 1, rubric=OVERALL), "pairs", (80, 24)) as player:
        await player.press("v", "4", "enter")
        await player.saved()
        assert "Nothing is left for you" in player.text()
        await player.press("w", "v", "4", "Y", "c", "t", "x", "-", "enter")
        assert player.app.return_code is None
        await player.press("u")
        assert sides(player) == ["Left 0", "Right 0"]


async def test_once_the_systems_may_be_named_the_titles_name_them(tmp_path: Path) -> None:
    store = pairs(tmp_path)
    with store.writing() as connection:
        connection.execute("UPDATE queue SET blind = 0")
    async with playing(store, "pairs", (200, 60)) as player:
        assert player.sitting.view is not None
        left, right = (output.name for output in player.sitting.view.outputs)
        assert {left, right} == set(SYSTEMS[:2])
        assert f"Left · {left}" in player.text()
        assert f"Right · {right}" in player.text()


async def test_why_is_asked_of_what_was_said_last(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        first, second = (key for key, _ in screen(player).form.asked[:2])
        await player.press("4", "e", "c", "l", "e", "a", "r", "enter")
        assert player.work.rationale[first]["text"] == "clear"
        await player.press("j", "e", "o", "k", "enter")
        assert player.work.rationale[second]["text"] == "ok"


async def test_an_undone_label_has_its_overall_answer_in_hand(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path), "pairs") as player:
        await player.press("4", "enter")
        await player.saved()
        await player.press("u", "2")
        assert player.work.values == {"preference": -1}


async def test_a_narrow_screen_begins_every_pair_on_the_left(tmp_path: Path) -> None:
    async with playing(pairs(tmp_path, rubric=OVERALL), "pairs", (80, 24)) as player:
        await player.press("v", "4", "enter")
        assert sides(player)[0] == "Left 1"
        assert screen(player).side == 0
