"""Every action that a key, the palette, a keymap file, the help or a test script can name, in one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewer.keys.contexts import Context


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be asked for by its dotted name.

    `label` is for footers and `description` for the help. `repeat` says that a held key may run it again and
    again; `shown` is its place in the footer (1 first, 0 never); `palette` that the command palette offers it;
    `family` that it is one of a row of digits that the help shows as one.
    """

    name: str
    context: Context
    label: str
    description: str
    repeat: bool = False
    shown: int = 0
    palette: bool = True
    family: str = ""


def _global() -> Iterator[Action]:
    at = Context.GLOBAL
    yield Action("app.help", at, "keys", "Shows the keys that work here.", shown=4)
    yield Action("app.palette", at, "commands", "Opens the command palette.", shown=70, palette=False)
    yield Action("app.back", at, "back", "Goes back one screen.", shown=60)
    yield Action("app.quit", at, "quit", "Saves what is open and leaves the program.", shown=85)
    yield Action("app.pause", at, "pause", "Stops the clock until the next key.", shown=80)
    yield Action("app.instructions", at, "instructions", "Shows the instructions of the queue.", shown=75)
    yield Action("app.colours", at, "colours", "Changes between dark, light, high contrast and no colour.")
    yield Action("app.items", at, "items", "Lists the items of the queue.", shown=65)
    yield Action("app.sync", at, "sync", "Sends labels to the server and hears its news, now.")


def _moving() -> Iterator[Action]:
    at = Context.MOVING
    yield Action("move.previous", at, "previous", "Goes to the previous item, submitting nothing.", True, 51)
    yield Action("move.next", at, "next", "Goes to the next item, submitting nothing.", True, 52)
    yield Action(
        "move.undo",
        at,
        "undo",
        "Opens the label submitted last for change; again, the one before it.",
        repeat=True,
        shown=20,
    )


def _reading() -> Iterator[Action]:
    at = Context.READING
    yield Action("read.up", at, "up", "Scrolls up one row.", True)
    yield Action("read.down", at, "down", "Scrolls down one row.", True)
    yield Action("read.page_up", at, "page up", "Scrolls up one page.", True)
    yield Action("read.page_down", at, "page", "Scrolls down one page.", True, 40)
    yield Action("read.half_page_up", at, "half up", "Scrolls up half a page.", True)
    yield Action("read.half_page_down", at, "half down", "Scrolls down half a page.", True)
    yield Action("read.home", at, "top", "Goes to the top of the text.")
    yield Action("read.end", at, "bottom", "Goes to the bottom of the text.")
    yield Action("read.pane_left", at, "pane left", "Goes to the pane on the left.", True, 42)
    yield Action("read.pane_right", at, "pane right", "Goes to the pane on the right.", True, 43)
    yield Action("read.zoom", at, "zoom", "Shows this pane alone, or all of them again.", shown=48)
    yield Action("read.previous_document", at, "document back", "Shows the previous context document.", True)
    yield Action("read.next_document", at, "document", "Shows the next context document.", True, 54)
    yield Action("read.raw", at, "raw", "Shows the text as it was written, or rendered again.", shown=58)
    yield Action("read.find", at, "find", "Finds words in this pane.", shown=46)
    yield Action("read.find_next", at, "next hit", "Goes to the next place found.", True)
    yield Action("read.find_previous", at, "last hit", "Goes to the previous place found.", True)
    yield Action("read.copy", at, "copy", "Copies the text of this pane, or what is selected.", shown=72)


def _list() -> Iterator[Action]:
    at = Context.LIST
    yield Action("list.up", at, "up", "Goes up one row.", True, palette=False)
    yield Action("list.down", at, "down", "Goes down one row.", True, palette=False)
    yield Action("list.page_up", at, "page up", "Goes up one page.", True, palette=False)
    yield Action("list.page_down", at, "page down", "Goes down one page.", True, palette=False)
    yield Action("list.home", at, "top", "Goes to the first row.", palette=False)
    yield Action("list.end", at, "bottom", "Goes to the last row.", palette=False)
    yield Action("list.open", at, "open", "Opens the row.", shown=1, palette=False)
    yield Action("list.back", at, "back", "Goes back one screen.", palette=False)
    yield Action("list.search", at, "search", "Searches the list.", shown=10, palette=False)
    yield Action("list.filter", at, "filter", "Shows the next state only.", shown=12, palette=False)
    yield Action("list.raters", at, "raters", "Shows how the raters of the queue do.", shown=16)
    yield Action("list.my_page", at, "my page", "Shows how you do in the queue.", shown=18)
    yield Action("list.progress", at, "progress", "Shows how far the team is in the queue.", shown=19)
    yield Action("list.decide", at, "disputes", "Decides what the raters of the queue disagree on.", palette=False)
    yield Action("list.fetch", at, "fetch", "Fetches items of a server's queue.", palette=False)
    yield Action("list.reveal", at, "reveal", "Reveals a calibration round that all have rated.", palette=False)


def _rating() -> Iterator[Action]:
    at = Context.RATING
    yield from _digits(
        at,
        "rate.digit",
        range(10),
        "score",
        "Scores the focused criterion: a scale its value (0 is 10 on 1–10), yes 1 and no 0, else the nth"
        " option; any other number opens an entry.",
        shown=2,
    )
    yield Action("rate.minus", at, "minus", "Opens the entry of a number with a minus sign in it.")
    yield Action(
        "rate.not_applicable",
        at,
        "n/a",
        "Marks the criterion as not applicable.",
        shown=32,
    )
    yield Action("rate.next_criterion", at, "criterion", "Focuses the next criterion.", True, 30)
    yield Action("rate.previous_criterion", at, "criterion back", "Focuses the previous criterion.", True)
    yield Action(
        "rate.submit", at, "submit", "Submits the label and shows the next item, or names what is missing.", shown=1
    )
    yield Action("rate.levels", at, "levels", "Shows the levels of the criterion with examples.", shown=18)
    yield Action("rate.rationale", at, "why", "Writes why the focused criterion has its value.", shown=14)
    yield Action("rate.label_rationale", at, "why, overall", "Writes the rationale of the label.", shown=34)
    yield Action("rate.editor", at, "editor", "Writes the rationale of the criterion in $EDITOR.", shown=56)
    yield Action(
        "rate.correction", at, "correct", "Writes a corrected output; of the focused pane, if several.", shown=26
    )
    yield Action("rate.skip", at, "skip", "Skips the item and asks for the reason.", shown=22)
    yield Action("rate.flag", at, "flag", "Flags the item, or takes the flag away.", shown=24)
    yield Action("rate.new_rubric", at, "new rubric", "Moves the open label under the rubric now in force.")
    yield Action("rate.note", at, "note", "Writes a note to the lead.", shown=50)


def _comparison() -> Iterator[Action]:
    at = Context.COMPARISON
    yield from _digits(
        at,
        "compare.digit",
        range(1, 6),
        "prefer",
        "Takes the nth step of the preference scale, from left better (1) to right better.",
        shown=2,
    )
    yield Action("compare.left", at, "left", "The left output is better; slightly, on five steps.", shown=27)
    yield Action("compare.tie", at, "tie", "Both are equally good.", shown=28)
    yield Action("compare.right", at, "right", "The right output is better; slightly, on five steps.", shown=29)
    yield Action("compare.both_bad", at, "both bad", "Neither output will do.", shown=8)
    yield Action("compare.differences", at, "differences", "Marks the words that differ.", shown=9)
    yield Action("compare.flip", at, "flip", "Shows the other side where only one has room.", shown=10)
    yield Action("compare.lock_scroll", at, "lock", "Scrolls the sides together, or apart again.", shown=38)


def _ranking() -> Iterator[Action]:
    at = Context.RANKING
    yield from _digits(
        at, "rank.digit", range(10), "take", "Takes the output of that number as the next best (0 is 10).", shown=2
    )
    yield Action("rank.tie", at, "tie", "Ties the next output with the one taken last.", shown=5)
    yield Action("rank.take_back", at, "take back", "Takes the last step back.", True, 6)


def _reveal() -> Iterator[Action]:
    at = Context.REVEAL
    yield Action("reveal.panel", at, "panel", "Shows what everybody said, or the item again.", shown=3)
    yield Action("reveal.note", at, "discuss", "Writes what the group noted of the item.", shown=6)
    yield Action(
        "reveal.example", at, "example", "Takes the item into the rubric, to show a level of the criterion.", shown=7
    )


def _adjudication() -> Iterator[Action]:
    at = Context.ADJUDICATION
    yield Action("decide.panel", at, "panel", "Shows what the raters said, or the item again.", shown=3)
    yield Action(
        "decide.agreed", at, "agreed", "Takes over what all raters agree on, where nothing is answered yet.", shown=5
    )
    yield Action("decide.send_back", at, "send back", "Sends the item back to its raters, with a reason.", shown=7)


def _text() -> Iterator[Action]:
    at = Context.TEXT
    yield Action("text.done", at, "done", "Ends the entry and keeps it.", shown=1, palette=False)
    yield Action("text.new_line", at, "new line", "Begins a new line.", shown=5, palette=False)
    yield Action(
        "text.submit", at, "submit", "Ends the entry, submits the label, shows the next item.", shown=3, palette=False
    )
    yield Action("text.editor", at, "editor", "Goes on writing in $EDITOR.", shown=6, palette=False)
    yield from _digits(
        Context.REASONS,
        "reason.digit",
        range(1, 10),
        "reason",
        "Puts the nth quick reason in, or takes it out. Digits that go on as a figure (5.2, 10, 24h, 24 hours) are"
        " written instead; a space first always writes.",
        2,
    )


def _dialog() -> Iterator[Action]:
    at = Context.DIALOG
    yield Action("dialog.up", at, "up", "Goes up one row.", True, palette=False)
    yield Action("dialog.down", at, "down", "Goes down one row.", True, palette=False)
    yield Action("dialog.page_up", at, "page up", "Goes up one page.", True, palette=False)
    yield Action("dialog.page_down", at, "page down", "Goes down one page.", True, palette=False)
    yield Action("dialog.take", at, "take", "Takes what is chosen.", shown=1, palette=False)
    yield Action("dialog.close", at, "close", "Closes the dialog and changes nothing.", shown=3, palette=False)
    yield from _digits(at, "dialog.digit", range(10), "choose", "Chooses the nth.", shown=2)


def _digits(
    context: Context, family: str, digits: range, label: str, description: str, shown: int = 0
) -> Iterator[Action]:
    for digit in digits:
        yield Action(f"{family}_{digit}", context, label, description, shown=shown, palette=False, family=family)


def _table() -> dict[str, Action]:
    rooms = (_dialog, _text, _reveal, _adjudication, _ranking, _comparison, _rating, _list, _reading, _moving, _global)
    return {action.name: action for room in rooms for action in room()}


ACTIONS: Mapping[str, Action] = _table()
"""Every action by its name."""

BY_CONTEXT: Mapping[Context, tuple[Action, ...]] = {
    context: tuple(action for action in ACTIONS.values() if action.context is context) for context in Context
}
"""The actions of each context, in the order in which the help lists them."""
