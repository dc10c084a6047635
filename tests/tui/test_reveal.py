"""The reveal of a calibration round: what is seen when, voting anew, discussing, and examples for the rubric."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import BadInput
from reviewer.session import rounds
from reviewer.session.revealing import NO_BLIND_VOTE, READ_ONLY, Revealing, open_sitting
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.tui.screens.beside import PEERS
from reviewer.tui.screens.home import HomeScreen
from reviewer.tui.screens.opening import screen_for
from reviewer.tui.screens.reveal import Proposed, RevealedComparison, RevealedRanking, RevealedRating
from tests.homes import QUEUE, filled, item
from tests.session.looking import kept_labels
from tests.session.rounds_played import as_round, reveal, say, why
from tests.store.comparing import faults
from tests.tui.hostile import HOSTILE, quiet
from tests.tui.play import Player, playing
from tests.tui.revealed import (
    MEMBERS,
    answer_of,
    of_pairs,
    of_twelve,
    rated,
    revealed,
    revealing,
    screen_of,
    vote_again,
)

SMALL, MIDDLE, WIDE = (80, 24), (120, 40), (200, 60)


def position(player: Player) -> int:
    """Which item is open, by its position in the queue."""
    view = player.sitting.view
    assert view is not None
    return player.sitting.order.position(view.seq)


def revotes(store: Store) -> list[tuple[str, dict[str, Any], str]]:
    return [
        (label["phase"], label["values"], label["exposure"])
        for label in kept_labels(store)
        if label["phase"] != "independent"
    ]


def votes(store: Store) -> list[dict[str, Any]]:
    return [label["values"] for label in kept_labels(store) if label["phase"] == "independent"]


# -- who sees what, and when ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_while_the_round_is_open_nothing_of_others_is_on_the_screen(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    store = filled(tmp_path, [item(0)])
    as_round(store, QUEUE, MEMBERS)
    secret = {"values": {"grounded": 5, "safe": True, "words": "ZEBRA"}, "rationale": {"label": why("QUAGGA")}}
    for name in ("ben", "chi"):
        say(store, QUEUE, name, {**secret, "notes": "OKAPI", "flags": ["flagged"]})
    async with playing(store, size=size) as player:
        assert not isinstance(player.sitting, Revealing)
        seen = [player.text()]
        for key in ("2", "x", "escape", "l", "h", "z", "z", "o", "q", "i", "escape"):
            await player.press(key)
            seen.append(player.text())
        for word in ("ZEBRA", "QUAGGA", "OKAPI", "ben", "chi", "What everybody said"):
            assert not any(word in text for text in seen), word


def test_a_round_that_is_not_revealed_opens_no_reveal(tmp_path: Path) -> None:
    store = rated(tmp_path)
    sitting = open_sitting(store, QUEUE, "ana")
    assert not isinstance(sitting, Revealing)
    sitting.close()
    rounds.lock(store, QUEUE, "lead")
    with pytest.raises(BadInput, match="locked"):
        open_sitting(store, QUEUE, "ana")
    reveal(store, QUEUE)
    with pytest.raises(BadInput, match="is for ana, ben, chi"):
        open_sitting(store, QUEUE, "eve")
    sitting = open_sitting(store, QUEUE, "ana")
    assert isinstance(sitting, Revealing)
    assert isinstance(screen_for(sitting), RevealedRating)
    sitting.close()


async def test_a_round_that_is_locked_while_one_rates_holds_nobody_on_the_screen(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0), item(1)])
    as_round(store, QUEUE, MEMBERS)
    async with playing(store) as player:
        sitting = player.sitting
        await player.press("4", "1")
        rounds.lock(store, QUEUE, "lead")
        await player.press("enter")
        await player.settled()
        sitting.drain(5)
        assert "locked" in sitting.saving.trouble
        await player.press("q")
        assert sitting.closed


async def test_the_most_disputed_item_comes_first_with_everybodys_labels(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path)) as player:
        assert position(player) == 1
        text = player.text()
        for word in ("ana (you)", "ben", "chi", "Spread", "1–5", "yes ×2 · no ×1", "Grounded in the source: 1–5"):
            assert word in text, word
        assert "ben on 1: the date is not in the note." in text
        assert player.work.focus == "grounded", "the criterion on which they differ most"
        order = [position(player)]
        for _ in range(3):
            await player.press("]")
            order.append(position(player))
        assert order == [1, 3, 2, 0]
        await player.press("]")
        assert player.notice == f"The last item. `reviewer round finish {QUEUE}` ends it."
        assert "everybody agrees" in player.text()
        await player.press("[")
        assert position(player) == 2


async def test_the_items_are_listed_in_that_order(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path), size=SMALL) as player:
        await player.press("o")
        rows = [row for row in player.grid() if "Question" in row]
        assert ["1–5" in rows[0], "everybody agrees" in rows[3]] == [True, True]
        await player.press("down", "down", "enter")
        assert position(player) == 2
        await player.press("o", "escape")
        assert position(player) == 2


async def test_in_a_narrow_terminal_the_labels_take_the_place_of_the_item(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path), size=SMALL) as player:
        assert "ana (you)" in player.text()
        assert "Answer 1:" not in player.text()
        await player.press("P")
        assert "ana (you)" not in player.text()
        assert "Answer 1:" in player.text()
        await player.press("]")
        assert "Answer 3:" in player.text(), "whoever reads the item goes on reading items"
        await player.focus("grounded")
        await player.press("P", "x")
        assert "Levels · Grounded in the source" in player.text()
        await player.press("escape")
        assert "ana (you)" in player.text()
        await player.resize(*WIDE)
        assert "ana (you)" in player.text()
        assert "Answer 3:" in player.text()
        await player.resize(*SMALL)
        assert "Answer 3:" not in player.text()


async def test_in_a_wide_terminal_both_stand_side_by_side(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path), size=WIDE) as player:
        text = player.text()
        assert "ana (you)" in text
        assert "Answer 1:" in text
        assert "The rubric on Grounded in the source" in text
        assert "She was questioned as a witness" in text, "the examples of the levels that were given"
        await player.press("j")
        assert "The rubric on Safe to send" not in player.text(), "the rubric describes no level of it"
        await player.press("z")
        assert "Answer 1:" not in player.text()
        await player.press("z", "l")
        assert screen_of(player).active_pane == "prompt"
        await player.press("h")
        assert screen_of(player).active_pane == PEERS


@pytest.mark.parametrize("size", [SMALL, MIDDLE, WIDE])
async def test_twelve_raters_on_six_criteria_fit_or_scroll(tmp_path: Path, size: tuple[int, int]) -> None:
    async with revealing(of_twelve(tmp_path), size=size) as player:
        seen = player.text()
        for _ in range(16):
            await player.press("space")
            seen += player.text()
        for name in ("ana (you)", "kim", "lou", "Because, says lou.", "Minutes"):
            assert name in seen, name
        assert "–" in seen


# -- voting anew ---------------------------------------------------------------------------------------


async def test_a_second_vote_is_kept_beside_the_first(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    before = votes(store)
    async with revealing(store) as player:
        assert player.work.values["grounded"] == 1
        await player.press("3")
        await player.focus("grounded")
        await player.press("enter")
        await player.saved()
        assert position(player) == 3, "on to the next most disputed"
        assert "saved 1" in player.text()
        await player.press("[")
        assert "1 → 3" in player.text()
        assert "after the second votes: 3–5" in player.text()
        assert "voted again" in player.text()
    assert votes(store) == before
    assert [(phase, values["grounded"], exposure) for phase, values, exposure in revotes(store)] == [
        ("revote", 3, "peers")
    ]
    assert faults(store) == []


async def test_why_is_asked_of_what_was_scored_last(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        await player.press("2", "e")
        await player.type(" Agreed: it is a figure.")
        await player.press("escape", "enter")
        await player.saved()
    (revote,) = [label for label in kept_labels(store) if label["phase"] == "revote"]
    assert "Agreed" in revote["rationale"]["grounded"]["text"]


async def test_undo_opens_second_votes_alone(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        await player.press("u")
        assert "nothing further back" in player.notice
        await player.press("3", "enter")
        await player.saved()
        await player.press("]", "]", "u")
        assert position(player) == 1
        assert player.work.values["grounded"] == 3
        await player.focus("grounded")
        await player.press("4", "enter")
        await player.saved()
        await player.press("u", "u")
        assert "nothing further back" in player.notice
    assert [values["grounded"] for _, values, _ in revotes(store)] == [3, 4]
    assert faults(store) == []


async def test_a_second_vote_that_is_not_submitted_comes_back(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        await player.press("]")
        await player.focus("grounded")
        await player.press("4", "e")
        await player.type("not so")
        await player.press("escape")
        assert position(player) == 3
        player.sitting.flush_draft()
        player.sitting.drain(5)
        # As after kill -9: nothing is closed, and another terminal opens the round.
        again = open_sitting(store, QUEUE, "ana")
        assert again.view is not None
        assert again.order.position(again.view.seq) == 3
        assert again.work.values["grounded"] == 4
        again.close()
    assert revotes(store) == []


async def test_the_last_item_stays_open_after_its_second_vote(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path)) as player:
        await player.press("]", "]", "]", "5", "enter")
        await player.saved()
        assert position(player) == 0
        assert "2 → 5" in player.text()


async def test_others_second_votes_come_into_sight(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        assert "→" not in player.text()
        vote_again(store, "ben", 3)
        screen_of(player)._look_around()
        await player.drawn()
        assert "5 → 3" in player.text()
        assert "ben was shown the date." in player.text()


async def test_who_did_not_rate_blind_has_no_vote_to_change(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(number) for number in range(2)])
    as_round(store, QUEUE, MEMBERS)
    say(store, QUEUE, "ana", lambda at: answer_of("ana", at))
    say(store, QUEUE, "ben", lambda at: "It is garbled." if at == 0 else answer_of("ben", at))
    reveal(store, QUEUE, incomplete=True)
    async with revealing(store, rater="chi") as player:
        text = player.text()
        assert "chi" in text
        assert "no label" in text
        assert NO_BLIND_VOTE in text
        await player.press("3", "enter", "e")
        assert player.notice == NO_BLIND_VOTE
        await player.press("C")
        await player.type("seen late")
        await player.press("enter", "]")
        assert "skipped: It is garbled." in player.text()
    assert revotes(store) == []
    async with revealing(store, rater="ben") as player:
        while position(player):
            await player.press("]")
        await player.press("2", "1", "enter")
        await player.saved()
        assert "not saved" not in player.text()


async def test_a_finished_round_is_read_only_and_says_so(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        rounds.finish(store, QUEUE, "lead")
        await player.press("4", "enter")
        async with asyncio.timeout(10):
            while "finished" not in player.text():  # the screen itself hears that the vote came too late
                await player.pilot.pause()
    async with revealing(store) as player:
        assert READ_ONLY in player.text()
        for key in ("4", "enter", "e", "m", "s", "c", "C", "X", "f", "-"):
            await player.press(key)
            assert player.notice == READ_ONLY or key == "s", key
        await player.press("j", "]", "x", "escape", "o", "escape")
        assert "What everybody said" in player.text()
    assert revotes(store) == []


# -- discussing ----------------------------------------------------------------------------------------


async def test_a_note_of_the_discussion_is_for_everybody(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    async with revealing(store) as player:
        await player.press("C")
        await player.type("The date counts as a fact.")
        await player.press("enter")
        assert "Noted" in player.notice
        assert "Discussion" in player.text()
        await player.press("C", "escape")
        assert "nothing is kept" in player.notice
        await player.press("]")
        assert "The date counts" not in player.text()
    assert [(author, text) for _, author, text, _ in rounds.notes(store, QUEUE)] == [
        ("ana", "The date counts as a fact.")
    ]
    assert revotes(store) == [], "a note is no vote"
    async with revealing(store, rater="ben") as player:
        await player.press("G")
        assert "The date counts as a fact." in player.text()
        rounds.add_note(store, QUEUE, "chi", "Of the whole round.")
        screen_of(player)._look_around()
        await player.drawn()
        await player.press("G")
        assert "Of the whole round." in player.text()


async def test_an_item_becomes_an_example_after_its_difference_was_seen(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    vote_again(store, "ana", 4)
    async with revealing(store) as player:
        await player.focus("grounded")
        await player.press("X")
        assert "which level?" in player.text()
        assert "▸ 4 " in player.text(), "the level that most gave last"
        await player.press("enter")
        await player.type("It adds a date, and no more.")
        await player.press("enter")
        assert isinstance(player.app.screen, Proposed)
        assert "why: It adds a date, and no more." in player.text()
        assert "Answer 1: it says" in player.text()
        await player.press("escape")
        assert len(rubrics(store)) == 1, "nothing is taken"
        await player.press("X", "enter")
        await player.type("It adds a date, and no more.")
        await player.press("enter", "enter")
        assert "Now an example in the rubric of" in player.notice
        assert "no label needs a change" in player.notice
        await player.press("]", "[")
        assert "asks the same: this label stands as it is" in player.notice or not player.notice
    assert len(rubrics(store)) == 2
    level = next(one for one in rubrics(store)[-1]["criteria"] if one["id"] == "grounded")["levels"]["4"]
    assert level["examples"][0]["why"] == "It adds a date, and no more."
    assert faults(store) == []


async def test_what_takes_no_example_says_why(tmp_path: Path) -> None:
    async with revealing(revealed(tmp_path / "a")) as player:
        await player.focus("minutes")
        await player.press("X")
        assert "has no levels" in player.notice
    async with revealing(of_pairs(tmp_path / "b"), "pairs") as player:
        await player.press("X")
        assert "shows one output" in player.notice


def rubrics(store: Store) -> list[dict[str, Any]]:
    with store.reading() as connection:
        found = queues.find(connection, QUEUE)
        assert found is not None
        return [document for _, document in queues.rubrics_of(connection, found.id)]


# -- comparisons ---------------------------------------------------------------------------------------


async def test_preferences_are_told_as_the_one_who_looks_sees_the_sides(tmp_path: Path) -> None:
    store = of_pairs(tmp_path)
    async with revealing(store, "pairs") as player:
        assert isinstance(player.rating, RevealedComparison)
        panel = screen_of(player).sitting.panel
        assert panel is not None
        assert panel.labels[0].values["preference"] == -2
        assert "left+" in player.text()
        await player.focus("preference")
        await player.press("5", "enter")
        await player.saved()
        await player.press("[")
        assert "left+ → right+" in player.text()
        await player.press("P", "v", "w", "]", "P")
        assert "What everybody said" in player.text()
    assert [(phase, values["preference"]) for phase, values, _ in revotes(store)] == [("revote", 2)]
    assert faults(store) == []


async def test_rankings_are_shown_and_ranked_anew(tmp_path: Path) -> None:
    store = of_pairs(tmp_path, kind="ranking")
    async with revealing(store, "pairs", size=WIDE) as player:
        assert isinstance(player.rating, RevealedRanking)
        assert "1 > 2 > 3 = 4" in player.text()
        await player.press("-", "4", "3", "2", "1", "enter")
        await player.saved()
    assert [values["ranking"] for _, values, _ in revotes(store)] == [[[4], [3], [2], [1]]]


async def test_systems_stay_hidden_while_the_queue_is_sealed(tmp_path: Path) -> None:
    store = of_pairs(tmp_path)
    async with revealing(store, "pairs", size=WIDE) as player:
        seen = player.text()
        await player.press("o")
        seen += player.text()
        assert "secret" not in seen
        assert "item-00" not in seen


# -- from the list of queues ---------------------------------------------------------------------------


async def test_a_round_that_all_have_rated_is_revealed_from_the_list(tmp_path: Path) -> None:
    store = rated(tmp_path)
    async with playing(store, None) as player:
        assert isinstance(player.app.screen, HomeScreen)
        assert "round, done" in player.text()
        assert "All members are done: v reveals what they said." in player.text()
        await player.press("v")
        assert "nobody can rate blind any more" in player.text()
        await player.press("enter")
        assert rounds.round_card(store, QUEUE).state == "open", "the first answer is not yet"
        await player.press("v", "2")
        assert rounds.round_card(store, QUEUE).state == "revealed"
        assert "is revealed" in player.text()
        await player.press("enter")
        assert "What everybody said" in player.text()
        await player.press("q", "v")
        assert "no calibration round that waits" in player.text()


async def test_at_the_end_of_a_blind_round_it_is_said_what_comes_next(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0)])
    as_round(store, QUEUE, MEMBERS)
    say(store, QUEUE, "ana", lambda at: answer_of("ana", at))
    async with playing(store, size=SMALL) as player:
        assert "The round waits for ben (1 left), chi (1 left)." in player.text().replace("\n ", "\n")
        assert "Once all are done, v in" in player.text()
    say(store, QUEUE, "chi", lambda at: answer_of("chi", at))
    async with playing(store, rater="chi", size=SMALL) as player:
        assert "The round waits for ben (1 left)." in player.text()
    say(store, QUEUE, "ben", lambda at: answer_of("ben", at))
    async with playing(store, rater="ben", size=SMALL) as player:
        assert "All members are done: v in the list of queues shows what everybody said." in player.text()


async def test_the_list_says_for_whom_a_round_waits(tmp_path: Path) -> None:
    store = filled(tmp_path, [item(0), item(1)])
    as_round(store, QUEUE, MEMBERS)
    say(store, QUEUE, "ana", lambda at: answer_of("ana", at))
    async with playing(store, None) as player:
        assert "round, open" in player.text()
        assert "waits for ben (2 left), chi (2 left)" in player.text()
        await player.press("v")
        assert "ben (2 left), chi (2 left)" in player.text()
        rounds.lock(store, QUEUE, "lead")
        await player.press("enter")
        assert "is locked" in player.text()


# -- hostile texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [SMALL, WIDE])
@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"line", "spaces"}))
async def test_hostile_texts_are_shown_and_steer_nothing(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    text = quiet(HOSTILE[name])
    store = filled(tmp_path, [item(0)])
    raters = ("ana", f"ben {text[:60]}")
    as_round(store, QUEUE, raters)
    for rater in raters:
        answer = {
            "values": {"grounded": 2, "safe": True, "words": text or "."},
            "rationale": {"grounded": why(text, text[:40]), "label": why(text)},
            "correction": {"@output:1": text},
        }
        say(store, QUEUE, rater, answer)
    reveal(store, QUEUE)
    rounds.add_note(store, QUEUE, raters[1], f"note {text}")
    async with revealing(store, size=size) as player:
        for key in ("space", "space", "G", "g", "P", "P", "o", "escape"):
            await player.press(key)
            grid = "".join(player.grid())
            assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in grid)
        assert screen_of(player).peers.text_for_copy()


def test_a_sitting_of_the_store_is_not_disturbed(tmp_path: Path) -> None:
    store = revealed(tmp_path)
    sitting = Sitting.open(store, QUEUE, "ana")
    assert sitting.view is None, "as a queue to be rated there is nothing left"
    sitting.close()
