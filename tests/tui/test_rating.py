"""What the keys of the rating screen do, read from the label in hand, the store and the grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.session.work import LABEL
from tests.homes import QUEUE, SHORT, add_queue, filled, item, own_rubric
from tests.store.filling import fresh
from tests.tui.play import playing


async def test_digits_mean_what_the_criterion_asks(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("9")
        assert "9 means nothing here" in player.notice
        assert player.work.values == {}
        await player.press("4", "0", "3", "1", "3")
        assert player.work.values == {"grounded": 4, "safe": False, "risk": "over", "faults": ["accuses", "vague"]}
        assert player.work.focus == "faults", "a multi toggles and stays"
        await player.press("1")
        assert player.work.values["faults"] == ["vague"]
        assert "[0 no]" in player.text()


async def test_ten_is_nought_on_a_scale_that_begins_with_one(tmp_path: Path) -> None:
    rubric = {"name": "ten", "criteria": [{"id": "score", "label": "Score", "type": "scale", "min": 1, "max": 10}]}
    async with playing(filled(tmp_path, rubric=rubric)) as player:
        await player.press("0")
        assert player.work.values == {"score": 10}


async def test_a_wide_scale_and_a_number_open_an_entry(tmp_path: Path) -> None:
    rubric = {
        "name": "wide",
        "criteria": [
            {"id": "percent", "label": "Percent", "type": "scale", "min": 0, "max": 100},
            {"id": "shift", "label": "Shift", "type": "number", "min": -30, "max": 30},
        ],
    }
    async with playing(filled(tmp_path, rubric=rubric)) as player:
        await player.press("8")
        assert player.rating.asked is not None
        await player.press("5", "enter")
        assert player.work.values == {"percent": 85}
        assert player.work.focus == "shift"
        await player.press("-", "1", "2", ".", "5", "enter")
        assert player.work.values == {"percent": 85, "shift": -12.5}
        await player.press("k", "9", "9", "9", "enter")
        assert player.work.values["percent"] == 85
        assert "999" in player.notice or "100" in player.notice
        await player.press("_", "4", "escape")
        assert player.work.values["percent"] == 85, "a value off the scale changes nothing"
        await player.press("j", "7", "backspace", "enter")
        assert "shift" not in player.work.values, "an emptied entry takes the value back"


async def test_not_applicable_is_given_taken_back_and_refused(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("-")
        assert "grounded" not in player.work.values
        assert "asks for an answer" in player.notice
        await player.press("j", "-")
        assert player.work.values == {"safe": None}
        assert "[n/a]" in player.text()
        await player.focus("safe")
        await player.press("-")
        assert player.work.values == {}


async def test_the_focus_goes_round_and_skips_what_is_scored(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        seen = []
        for _ in range(7):
            seen.append(player.work.focus)
            await player.press("tab")
        assert seen == ["grounded", "safe", "risk", "faults", "minutes", "words", "grounded"]
        assert player.work.focus == "safe"
        await player.press("shift+tab", "3")
        assert player.work.focus == "safe"
        await player.press("1")
        assert player.work.focus == "risk"
        await player.focus("words")
        await player.press("j", "5")
        assert (player.work.values["grounded"], player.work.focus) == (5, "risk"), "scored ones are passed over"


async def test_what_is_missing_is_focused_and_named(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("4", "enter")
        assert player.sitting.standing.number == 1
        assert player.work.focus == "safe"
        assert "Safe to send" in player.notice
        assert "Safe to send" in player.grid()[-2]
        await player.press("1")
        assert "Safe to send" not in player.grid()[-2]


async def test_a_rationale_that_the_answer_needs_is_asked_for(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("2", "1", "enter")
        assert player.work.focus == "grounded"
        assert "rationale" in player.notice
        assert "why needed" in player.text()
        await player.press("e", "3", "enter", "enter")
        assert player.sitting.standing.number == 2
        assert player.sitting.standing.done == 1


async def test_quick_reasons_toggle_until_something_is_typed(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("e", "1", "3", "1")
        assert player.work.rationale["grounded"] == {"text": "", "reasons": ["drops a negation"]}
        assert "[3 drops a negation]" in player.text()
        await player.press("space", "2", "3", "ctrl+j", "x", "enter")
        assert player.work.rationale["grounded"] == {"text": " 23\nx", "reasons": ["drops a negation"]}
        assert "✎ why ×1" in player.text()


async def test_a_quick_reason_is_said_as_it_is_chosen(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), size=(80, 24)) as player:
        await player.press("e", "3")
        assert player.notice == "Reason 3 added: “drops a negation”. A space first writes a figure."
        await player.press("3")
        assert player.notice.startswith("Reason 3 taken out")
        await player.press("1", *"the date", "enter")
        assert player.work.rationale["grounded"] == {"text": "the date", "reasons": ["adds a fact"]}


@pytest.mark.parametrize(
    "text", ["2.2 as discussed", "21 hours in all", "13h later", "2h", "3%", "10 mg", "7 days", "29 May"]
)
async def test_a_why_that_begins_with_a_figure_keeps_it_and_gains_no_reason(tmp_path: Path, text: str) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("e", *["space" if letter == " " else letter for letter in text], "enter")
        assert player.work.rationale["grounded"] == {"text": text, "reasons": []}


async def test_a_figure_leaves_reasons_that_stood_before(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("e", "1", "enter", "e", "1", "2", "space", "h")
        assert "is written as a figure" in player.notice
        assert player.work.rationale["grounded"] == {"text": "12 h", "reasons": ["adds a fact"]}


async def test_why_is_asked_where_it_is_needed_though_others_were_scored_since(tmp_path: Path) -> None:
    rubric = {
        "name": "two",
        "criteria": [
            {"id": "grounded", "type": "scale", "min": 1, "max": 5, "rationale": {"required_below": 3}},
            {"id": "safe", "type": "boolean"},
            {"id": "clear", "type": "scale", "min": 1, "max": 5},
        ],
    }
    async with playing(filled(tmp_path, rubric=rubric)) as player:
        await player.press("1", "1", "e", *"wrong", "enter")
        assert player.work.rationale == {"grounded": {"text": "wrong", "reasons": []}}
        await player.press("4", "e", *"brief", "enter")
        assert player.work.rationale["clear"] == {"text": "brief", "reasons": []}


LONG = {
    "name": "long",
    "criteria": [
        {
            "id": "urgency",
            "label": "Urgency",
            "type": "choice",
            "options": [
                {"value": f"v{number}", "label": f"The {word} of four answers, none of which is short"}
                for number, word in enumerate(("first", "second", "third", "fourth"))
            ],
        },
        {"id": "safe", "label": "Safe", "type": "boolean"},
    ],
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_chosen_option_is_always_seen_in_its_row(tmp_path: Path, size: tuple[int, int]) -> None:
    async with playing(filled(tmp_path, rubric=LONG), size=size) as player:
        await player.press("4")
        assert player.work.focus == "safe"
        assert "[4 The fourth of four" in player.text()
        await player.press("k", "x")
        text = player.text()
        for number, word in enumerate(("first", "second", "third", "fourth"), start=1):
            assert f"• {number} · The {word} of four answers" in text
        await player.press("2", "enter")
        assert player.work.values["urgency"] == "v1"


async def test_a_mark_several_question_says_so_and_an_emptied_one_is_not_answered(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.focus("faults")
        assert player.notice.startswith("Several may apply: a digit marks or unmarks, 0 says none; j goes on")
        assert "any of" in player.text()
        await player.press("2", "3", "2", "3")
        assert "faults" not in player.work.values
        await player.press("0")
        assert player.work.values["faults"] == []
        assert "[0 none]" in player.text()


async def test_every_kind_of_text_reaches_its_place(tmp_path: Path) -> None:
    store = filled(tmp_path)
    async with playing(store) as player:
        await player.press("4", "1", "R")
        await player.type("all in all")
        await player.press("enter", "c", "!", "escape", "m")
        await player.type("for the lead")
        await player.press("escape", "f")
        await player.focus("words")
        await player.press("e")
        await player.type("one sentence")
        await player.press("enter")
        assert player.work.rationale[LABEL]["text"] == "all in all"
        assert player.work.correction == {"@output:1": "Answer 0: it says **0**, and no more than that.!"}
        assert player.work.notes == "for the lead"
        assert player.work.flags == ["flagged"]
        assert player.work.values["words"] == "one sentence"
        for mark in ("✎ why, overall", "✎ corrected", "✎ note", "⚑ flagged"):
            assert mark in player.text()
        await player.press("enter")
        await player.saved()
        assert "✓ saved 1" in player.grid()[0]
        await player.press("[")
        assert player.work.notes == "for the lead"
        await player.press("c", "ctrl+e", "backspace", "enter")
        assert player.work.correction == {}, "a correction that corrects nothing is none"


async def test_ctrl_n_submits_from_an_entry(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("2", "1")
        await player.focus("grounded")
        await player.press("e")
        await player.type("so")
        await player.press("ctrl+n")
        assert player.sitting.standing.number == 2
        assert player.rating.asked is None


async def test_when_complete_submits_by_itself(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT, submit="when_complete")) as player:
        await player.press("4")
        assert player.sitting.standing.number == 1
        await player.press("1")
        assert player.sitting.standing.number == 2
        await player.saved()
        assert player.sitting.standing.done == 1


async def test_a_skip_needs_a_reason_and_an_abstention_is_one(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("s", "escape")
        assert player.sitting.standing.number == 1
        await player.press("s", "down", "enter")
        await player.press("s", "3")
        await player.saved()
        await player.press("s", "5", "enter")
        assert player.sitting.standing.number == 3, "no words are no reason"
        await player.type("torn page")
        await player.press("enter")
        await player.saved()
        counters = player.sitting.standing.counters
        assert (counters.skipped, counters.abstained) == (2, 1)
        await player.press("[")
        assert player.work.rationale[LABEL]["text"] == "torn page"


async def test_undo_goes_back_over_saved_items_and_forward_again(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT)) as player:
        for score in "345":
            await player.press(score, "1", "enter")
        await player.saved()
        for number, given in ((3, 5), (2, 4), (1, 3)):
            await player.press("u")
            assert (player.sitting.standing.number, player.work.values["score"]) == (number, given)
        await player.press("u")
        assert "nothing further back" in player.notice
        await player.press("1", "enter")
        await player.saved()
        assert player.sitting.standing.done == 3
        await player.press("[", "[", "[", "[")
        assert player.work.values["score"] == 1
        assert "✓ submitted" in player.grid()[0]


async def test_items_are_looked_at_without_submitting(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("[")
        assert "first item" in player.notice
        await player.press("3", "]", "right", "f9")
        assert player.sitting.standing.number == 4
        await player.press("left", "f8", "[")
        assert player.work.values == {"grounded": 3}, "the draft is where it was left"
        assert player.sitting.standing.done == 0


async def test_levels_are_shown_by_digit_and_given_by_enter(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("x")
        assert "Contradicts the source" in player.text()
        await player.press("5")
        assert "5: enter gives it" in player.text()
        assert player.work.values == {}
        await player.press("down", "up", "pagedown", "pageup", "enter")
        assert player.work.values == {"grounded": 5}
        assert "Levels ·" not in player.text()
        await player.press("x", "escape")
        assert player.work.values == {"grounded": 5}


async def test_a_form_with_more_criteria_than_rows_scrolls_to_the_focus(tmp_path: Path) -> None:
    criteria = [{"id": f"c{n}", "label": f"Criterion {n}", "type": "boolean"} for n in range(30)]
    async with playing(filled(tmp_path, rubric={"name": "long", "criteria": criteria}), size=(80, 24)) as player:
        await player.press("k")
        assert "▸ Criterion 29" in player.text()
        assert "Criterion 0 " not in player.text()
        await player.press("1", *"1" * 10)
        assert len(player.work.values) == 11


async def test_criteria_per_turn_are_asked_for_each_turn(tmp_path: Path) -> None:
    rubric = {"name": "turns", "criteria": [{"id": "polite", "label": "Polite", "type": "boolean", "per": "turn"}]}
    parts = [
        {"role": "assistant", "text": "Hello."},
        {"role": "user", "text": "And now?"},
        {"role": "assistant", "text": "Goodbye."},
    ]
    async with playing(filled(tmp_path, [item(0, parts=parts)], rubric=rubric)) as player:
        assert "Polite · turn 2" in player.text()
        await player.press("1", "0")
        assert player.work.values == {"polite@turn:1": True, "polite@turn:2": False}


async def test_a_finished_queue_says_so_and_undo_opens_the_last(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, [item(0)], rubric=SHORT)) as player:
        await player.press("3", "1", "enter")
        await player.saved()
        assert "Nothing is left for you" in player.text()
        await player.press("1", "enter", "e", "c", "s", "f", "-", "x", "escape", "u")
        assert player.work.values == {"score": 3, "safe": True}
        assert player.sitting.standing.number == 1


async def test_a_task_may_have_a_rubric_of_its_own(tmp_path: Path) -> None:
    own = {"name": "of-its-own", "criteria": [{"id": "met", "label": "Names the fee", "type": "boolean", "points": 5}]}
    store = fresh(tmp_path)
    add_queue(store, [item(0, rubric=own_rubric(store, own)), item(1)], queue=QUEUE)
    async with playing(store) as player:
        assert "Names the fee" in player.text()
        await player.press("1", "enter")
        assert "Names the fee" not in player.text()
        assert "Grounded in the source" in player.text()


async def test_a_reference_metadata_and_a_system_are_shown_where_the_queue_says_so(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, reference=True, show=["risk", "tags"], blind=False)) as player:
        text = player.text()
        assert "Reference 0: 0." in text
        assert "risk high · tags kyc, cash" in text
        assert "s3cret" not in text
        assert "case-000" in text
        assert "model-a" in text


async def test_a_sealed_queue_shows_neither_key_nor_system(tmp_path: Path) -> None:
    async with playing(filled(tmp_path), size=(200, 60)) as player:
        for keys in ((), ("o",), ("/", "m", "o", "d", "e", "l", "enter"), ("escape", "q", "?"), ("escape", "i")):
            await player.press(*keys)
            for secret in ("model-a", "case-0", "Reference 0", "s3cret", "2026-05"):
                assert secret not in player.text(), (keys, secret)


async def test_the_goal_is_shown_quietly(tmp_path: Path) -> None:
    async with playing(filled(tmp_path, rubric=SHORT, goal=5)) as player:
        await player.press("3", "1", "enter")
        assert "goal 1/5" in player.grid()[0]


async def test_a_pause_ends_with_the_next_key(tmp_path: Path) -> None:
    async with playing(filled(tmp_path)) as player:
        await player.press("p")
        assert player.sitting.clock.paused
        assert "paused" in player.grid()[0]
        await player.press("j")
        assert not player.sitting.clock.paused
        assert "paused" not in player.grid()[0]


@pytest.mark.parametrize("keymap", ["vim", "numpad", "azerty", "left-hand"])
async def test_another_keymap_rates_too_and_the_footer_tells_its_keys(tmp_path: Path, keymap: str) -> None:
    async with playing(filled(tmp_path), keymap=keymap) as player:
        keys = player.app.keymap
        digit = keys.keys("rate.digit_4")[0]
        await player.press(digit)
        assert player.work.values == {"grounded": 4}
        assert f"{keys.hint('rate.submit')} submit" in player.text()
