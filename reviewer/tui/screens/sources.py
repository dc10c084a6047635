"""What the panes show of a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.session.view import TaskView, Turn
from reviewer.text.layout import Part
from reviewer.tui.panes.drawn import Source

SIDES = ("Left", "Right")


@dataclass(frozen=True, slots=True)
class ShownSource:
    """One output's text and title."""

    text: Source
    title: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The texts and titles of one task's panes, the outputs as they are shown, first shown first."""

    prompt: Source
    about: str
    context: Source
    context_title: str
    context_count: str
    outputs: tuple[ShownSource, ...]


def sources(view: TaskView, document: int) -> Sources:
    """What the panes show, with the context document number `document` (from 0)."""
    count = len(view.context)
    context: Source = ""
    title, of = "Context", ""
    if count:
        shown = view.context[document]
        context = [Part(shown.text, source=shown.source)] if shown.source else shown.text
        title = f"Context · {shown.title}" if shown.title else "Context"
        of = f"{document + 1}/{count}" if count > 1 else ""
    return Sources(
        prompt=_thread(view.prompt),
        about=" · ".join(f"{name} {value}" for name, value in view.shown),
        context=context,
        context_title=title,
        context_count=of,
        outputs=tuple(
            ShownSource(_thread(output.turns), titled(view, number)) for number, output in enumerate(view.outputs)
        ),
    )


def place_called(view: TaskView, number: int) -> str:
    """What the output shown at place `number` (from 0) is called, whatever system it is from."""
    if view.kind == "pairwise":
        return SIDES[number]
    return str(number + 1) if view.kind == "ranking" else "Output"


def titled(view: TaskView, number: int, standing: str = "") -> str:
    """The title of an output's pane: its place, where it stands, and the system's name once that is told."""
    return " · ".join(word for word in (place_called(view, number), standing, view.outputs[number].name) if word)


def _thread(turns: Sequence[Turn]) -> Source:
    if len(turns) == 1 and not turns[0].name:
        return turns[0].text
    numbers: dict[str, int] = {}
    parts = []
    for turn in turns:
        numbers[turn.role] = numbers.get(turn.role, 0) + 1
        words = [turn.role, str(numbers[turn.role]), turn.kind, turn.name]
        parts.append(Part(turn.text, title=" ".join(word for word in words if word)))
    return parts
