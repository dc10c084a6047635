from __future__ import annotations

import string

import pytest

from reviewer.keys import contexts
from reviewer.keys.actions import ACTIONS
from reviewer.keys.contexts import Context, Stack, reasons_over, writing_over
from reviewer.keys.files import Source, available, find
from reviewer.keys.keymap import Keymap, load
from reviewer.keys.names import TRAPS, is_chord, unsendable
from reviewer.keys.validate import check, unreachable

SHIPPED = available()
NAMES = [source.name for source in SHIPPED]
ITEM_STACKS = (contexts.RATING, contexts.COMPARISON, contexts.RANKING)
EVERY_ITEM = (
    "read.up",
    "read.down",
    "read.page_up",
    "read.page_down",
    "read.pane_left",
    "read.pane_right",
    "rate.next_criterion",
    "rate.submit",
    "rate.rationale",
    "rate.levels",
    "rate.not_applicable",
    "rate.correction",
    "move.undo",
)
SCORES = {
    contexts.RATING: tuple(f"rate.digit_{digit}" for digit in range(10)),
    contexts.COMPARISON: (
        *(f"compare.digit_{digit}" for digit in range(1, 6)),
        "compare.left",
        "compare.tie",
        "compare.right",
        "compare.both_bad",
    ),
    contexts.RANKING: (*(f"rank.digit_{digit}" for digit in range(10)), "rank.tie", "rank.take_back"),
}


def test_the_five_are_there() -> None:
    assert NAMES == ["azerty", "default", "left-hand", "numpad", "vim"]


@pytest.mark.parametrize("source", SHIPPED, ids=NAMES)
def test_a_shipped_keymap_has_no_error_and_no_trap(source: Source) -> None:
    found = check(source)
    assert [problem for problem in found if problem.severity == "error"] == []
    keymap = load(source.name)
    used = {key for name in ACTIONS for key in keymap.keys(name)}
    assert used.isdisjoint(TRAPS)
    assert [key for key in used if unsendable(key)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_action_is_unreachable(name: str) -> None:
    keymap = load(name)
    assert unreachable(keymap) == []
    for stack in contexts.STACKS:
        for context in stack.answering:
            for action in ACTIONS.values():
                if action.context is context and action.name not in stack.absent:
                    assert keymap.reaching(stack, action.name), (stack.name, action.name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stack", ITEM_STACKS, ids=lambda stack: stack.name)
def test_nothing_done_on_every_item_needs_a_chord(name: str, stack: Stack) -> None:
    keymap = load(name)
    for action in (*EVERY_ITEM, *SCORES[stack]):
        assert any(not is_chord(key) for key in keymap.reaching(stack, action)), action
    for action in ("text.done",):
        assert any(not is_chord(key) for key in keymap.reaching(writing_over(stack), action))


@pytest.mark.parametrize("name", NAMES)
def test_writing_is_never_hindered(name: str) -> None:
    keymap = load(name)
    for stack in (writing_over(contexts.RATING), writing_over(contexts.LIST), contexts.PROMPT):
        for character in (*string.printable.strip(), "space", "é", "backspace", "left", "home"):
            assert keymap.action(stack, character) is None


@pytest.mark.parametrize("name", NAMES)
def test_quick_reasons_leave_letters_alone(name: str) -> None:
    keymap = load(name)
    stack = reasons_over(contexts.RATING)
    for letter in (*string.ascii_letters, *"éèçàùœß"):
        assert keymap.action(stack, letter) is None


def test_the_default_is_the_handbooks() -> None:
    """The table of keys in the design, row by row, typed here a second time."""
    table = {
        Context.GLOBAL: "? app.help|: app.palette|ctrl+p app.palette|q app.back|Q app.quit|p app.pause"
        "|i app.instructions|o app.items",
        Context.MOVING: "[ move.previous|left move.previous|f8 move.previous|] move.next|right move.next"
        "|f9 move.next|u move.undo",
        Context.READING: "up read.up|down read.down|pageup read.page_up|pagedown read.page_down"
        "|space read.page_down|b read.page_up|g read.home|G read.end|h read.pane_left|l read.pane_right"
        "|z read.zoom|, read.previous_document|. read.next_document|r read.raw|/ read.find|n read.find_next"
        "|N read.find_previous|y read.copy",
        Context.LIST: "up list.up|down list.down|j list.down|k list.up|g list.home|G list.end|enter list.open"
        "|/ list.search|tab list.filter",
        Context.RATING: "0 rate.digit_0|1 rate.digit_1|9 rate.digit_9|- rate.not_applicable|j rate.next_criterion"
        "|k rate.previous_criterion|tab rate.next_criterion|enter rate.submit|x rate.levels|e rate.rationale"
        "|R rate.label_rationale|E rate.editor|c rate.correction|s rate.skip|f rate.flag|m rate.note",
        Context.TEXT: "esc text.done|enter text.done|ctrl+j text.new_line|ctrl+n text.submit|f4 text.editor",
        Context.COMPARISON: "1 compare.digit_1|5 compare.digit_5|a compare.left|t compare.tie|d compare.right"
        "|0 compare.both_bad|w compare.differences|v compare.flip|Y compare.lock_scroll",
        Context.RANKING: "1 rank.digit_1|9 rank.digit_9|= rank.tie|backspace rank.take_back",
        Context.DIALOG: "up dialog.up|down dialog.down|3 dialog.digit_3|enter dialog.take|esc dialog.close",
    }
    keymap = load("default")
    for context, cells in table.items():
        bound = keymap.in_context(context)
        for cell in cells.split("|"):
            key, action = cell.split(" ")
            assert bound[key] == action


def test_no_key_of_the_default_is_shadowed() -> None:
    assert check(find("default")) == []


@pytest.mark.parametrize("stack", ITEM_STACKS, ids=lambda stack: stack.name)
def test_the_left_hand_finds_all_of_an_item_under_it(stack: Stack) -> None:
    under = {*"12345qwertasdfgzxcvb", "tab", "space"}
    keymap = load("left-hand")
    scores = [name for name in SCORES[stack] if name[-1] not in "67890" and not name.endswith("both_bad")]
    wanted = {*EVERY_ITEM, *scores, "rate.previous_criterion", "rate.flag"}
    if stack is not contexts.RATING:
        # The sides' own keys lie where these do otherwise.
        wanted -= {"rate.not_applicable", "rate.previous_criterion"}
    for action in wanted:
        assert under & {*keymap.reaching(stack, action)}, action
    for action in ("dialog.up", "dialog.down", "dialog.take", "dialog.close"):
        assert under & {*keymap.keys(action)}


@pytest.mark.parametrize(
    ("stack", "actions"),
    [
        (
            contexts.RATING,
            (
                *SCORES[contexts.RATING],
                "rate.submit",
                "rate.next_criterion",
                "rate.not_applicable",
                "read.page_up",
                "read.page_down",
                "read.pane_right",
            ),
        ),
        (contexts.COMPARISON, (*SCORES[contexts.COMPARISON][:5], "compare.both_bad", "rate.submit", "read.page_down")),
        (contexts.RANKING, (*SCORES[contexts.RANKING], "rate.submit", "read.page_up")),
        (contexts.LIST, ("list.up", "list.down", "list.open", "list.filter")),
        (contexts.DIALOG, ("dialog.up", "dialog.down", "dialog.take", "dialog.close")),
    ],
    ids=lambda value: value.name if isinstance(value, Stack) else "",
)
def test_the_keypad_alone_rates(stack: Stack, actions: tuple[str, ...]) -> None:
    keypad = {*"0123456789/*-+.", "enter"}
    keymap = load("numpad")
    for action in actions:
        assert keypad & {*keymap.reaching(stack, action)}, action


def test_the_french_row_scores_with_and_without_shift() -> None:
    keymap = load("azerty")
    for digit, unshifted in zip("1234567890", "&é\"'(-è_çà", strict=True):
        for key in (digit, unshifted):
            assert keymap.action(contexts.RATING, key) == f"rate.digit_{digit}"
            assert keymap.action(contexts.RANKING, key) == f"rank.digit_{digit}"
            assert keymap.action(contexts.DIALOG, key) == f"dialog.digit_{digit}"
    assert needs_altgr(keymap) == set()


def needs_altgr(keymap: Keymap) -> set[str]:
    """The actions that can be had only by a character that the French keyboard gives with AltGr."""
    return {name for name in ACTIONS if all(key in "~#{[|`\\^@]}" for key in keymap.keys(name)) and keymap.keys(name)}


def test_vim_moves_by_hjkl() -> None:
    keymap = load("vim")
    moves = {"h": "pane_left", "j": "down", "k": "up", "l": "pane_right", "ctrl+d": "half_page_down"}
    for stack in ITEM_STACKS:
        for key, move in {**moves, "ctrl+u": "half_page_up", "g": "home", "G": "end"}.items():
            assert keymap.action(stack, key) == f"read.{move}"
