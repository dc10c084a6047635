"""Where a key is heard: the contexts, and the stacks of them that screens are made of, innermost first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Context(StrEnum):
    """A place that gives keys their meaning; its value is the name of its table in a keymap file."""

    DIALOG = "dialog"
    REASONS = "reasons"
    TEXT = "text"
    REVEAL = "reveal"
    ADJUDICATION = "adjudication"
    RANKING = "ranking"
    COMPARISON = "comparison"
    RATING = "rating"
    LIST = "list"
    READING = "reading"
    MOVING = "moving"
    GLOBAL = "global"

    @property
    def heading(self) -> str:
        """The heading under which the help screen lists its keys."""
        return _TITLES[self]


_TITLES = {
    Context.DIALOG: "In a dialog",
    Context.REASONS: "In a rationale that holds only quick reasons (a space first writes a figure)",
    Context.TEXT: "While writing",
    Context.REVEAL: "In a revealed round",
    Context.ADJUDICATION: "Deciding what is disputed",
    Context.RANKING: "Ranking outputs",
    Context.COMPARISON: "Comparing outputs",
    Context.RATING: "Rating",
    Context.LIST: "In a list",
    Context.READING: "Reading",
    Context.MOVING: "Moving between items",
    Context.GLOBAL: "Everywhere",
}


@dataclass(frozen=True, slots=True)
class Stack:
    """The contexts that hear a key on one screen, innermost first.

    `absent` names the actions of these contexts that mean nothing on that screen, so that their keys pass on.
    `entry` says that a line is typed on it all the while, as in the palette: what types or edits is no action.
    """

    name: str
    contexts: tuple[Context, ...]
    absent: frozenset[str] = frozenset()
    entry: bool = False

    @property
    def answering(self) -> tuple[Context, ...]:
        """The contexts whose every action must have a key here: a dialog or an entry hides what is under it."""
        for hiding in (Context.DIALOG, Context.TEXT):
            if hiding in self.contexts:
                return self.contexts[: self.contexts.index(hiding) + 1]
        return self.contexts


_SCORING = frozenset({*(f"rate.digit_{digit}" for digit in range(10)), "rate.minus"})
_PANES = frozenset(
    {
        "read.pane_left",
        "read.pane_right",
        "read.previous_document",
        "read.next_document",
        "read.zoom",
        "read.raw",
    }
)
_LABELS = frozenset({"text.new_line", "text.submit", "text.editor"})
_CHOICES = frozenset(f"dialog.digit_{digit}" for digit in range(10))
_FIRST_VOTE = frozenset({"rate.skip"})
_ITEM = (Context.RATING, Context.READING, Context.MOVING, Context.GLOBAL)

RATING = Stack("rating", _ITEM)
COMPARISON = Stack("comparison", (Context.COMPARISON, *_ITEM), _SCORING)
RANKING = Stack("ranking", (Context.RANKING, *_ITEM), _SCORING)
REVEAL = Stack("reveal", (Context.REVEAL, *RATING.contexts), _FIRST_VOTE)
REVEAL_COMPARISON = Stack(
    "reveal of a comparison", (Context.REVEAL, *COMPARISON.contexts), COMPARISON.absent | _FIRST_VOTE
)
REVEAL_RANKING = Stack("reveal of a ranking", (Context.REVEAL, *RANKING.contexts), RANKING.absent | _FIRST_VOTE)
ADJUDICATION = Stack("adjudication", (Context.ADJUDICATION, *RATING.contexts))
ADJUDICATION_COMPARISON = Stack(
    "adjudication of a comparison", (Context.ADJUDICATION, *COMPARISON.contexts), COMPARISON.absent
)
ADJUDICATION_RANKING = Stack("adjudication of a ranking", (Context.ADJUDICATION, *RANKING.contexts), RANKING.absent)
LIST = Stack("list", (Context.LIST, Context.GLOBAL))
PAGE = Stack("page", (Context.READING, Context.GLOBAL), _PANES)
DIALOG = Stack("dialog", (Context.DIALOG,))
PROMPT = Stack("prompt", (Context.DIALOG,), _CHOICES, entry=True)


@cache
def writing_over(stack: Stack) -> Stack:
    """The stack while an entry is open on the screen of `stack`; what belongs to a label is absent without one."""
    absent = stack.absent if Context.RATING in stack.contexts else stack.absent | _LABELS
    return Stack(f"writing over {stack.name}", (Context.TEXT, *stack.contexts), absent)


@cache
def reasons_over(stack: Stack) -> Stack:
    """The stack while a rationale is open on the screen of `stack` and holds nothing but quick reasons."""
    contexts = (Context.REASONS, Context.TEXT, *stack.contexts)
    return Stack(f"quick reasons over {stack.name}", contexts, stack.absent)


_JUDGING = (
    RATING,
    COMPARISON,
    RANKING,
    REVEAL,
    REVEAL_COMPARISON,
    REVEAL_RANKING,
    ADJUDICATION,
    ADJUDICATION_COMPARISON,
    ADJUDICATION_RANKING,
)
STACKS: tuple[Stack, ...] = (
    *_JUDGING,
    LIST,
    PAGE,
    DIALOG,
    PROMPT,
    *(writing_over(stack) for stack in (*_JUDGING, LIST, PAGE)),
    *(reasons_over(stack) for stack in _JUDGING),
)
