"""Comparison queues whose texts are known by the place at which they are shown, whatever order was drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from reviewer.session.sitting import Sitting
from reviewer.session.view import TaskView
from reviewer.store.connection import Store
from tests.store.comparing import pairs_queue
from tests.store.filling import fresh
from tests.tui.play import Player

SYSTEMS = ("alpha-secret", "beta-secret", "gamma-secret", "delta-secret", "epsilon-secret")

PAIRS: dict[str, Any] = {
    "name": "memo-check",
    "instructions": "Say which memo you would sign.",
    "preference": {"scale": 5},
    "criteria": [
        {
            "id": "faithful",
            "label": "Faithful to the file",
            "help": "Which of the two adds less that the file does not say?",
            "type": "scale",
            "min": 1,
            "max": 5,
            "required": False,
            "reasons": ["adds a fact", "wrong figure"],
            "levels": {
                1: {
                    "label": "Contradicts the file",
                    "examples": [
                        {"output": "Paid in May.", "why": "It was paid in June."},
                        {"output": "Paid twice.", "why": "Once."},
                    ],
                },
                5: {
                    "label": "Carried by the file",
                    "examples": [
                        {"output": "Paid in June.", "why": "So says the file."},
                        {"output": "Once.", "why": "Yes."},
                    ],
                },
            },
        },
        {"id": "style", "label": "Style", "type": "boolean", "required": False},
    ],
}
"""An overall preference of five steps, and two questions beside it."""

RANKED: dict[str, Any] = {**PAIRS, "name": "memo-order"}

FIRST = (
    "The account was opened in **March 2019** by the branch, and closed in June.\n\n"
    "- Two transfers of 400 were returned.\n- The director signed both.\n\n"
    "Nothing else stands in the file, and no finding was made by the review of that year."
)
SECOND = (
    "The account was opened in **May 2019** by the branch, and closed in June.\n\n"
    "- Three transfers of 400 were returned.\n- The director signed both.\n\n"
    "Nothing else stands in the file, though a finding was made by the review of that year."
)


def pair(seq: int) -> tuple[str, str]:
    """The texts of the sides at a place of the queue, left and right."""
    return f"Left {seq}. {FIRST}", f"Right {seq}. {SECOND}"


def order(seq: int, outputs: int = 4) -> tuple[str, ...]:
    """The texts of a ranking's outputs at a place of the queue, as they are shown."""
    return tuple(f"Output {number} of place {seq}.\n\n{SECOND}" for number in range(1, outputs + 1))


def pairs(
    folder: Path,
    items: int = 6,
    *,
    rubric: Mapping[str, Any] = PAIRS,
    said: Mapping[int, Sequence[str]] | None = None,
    rater: str = "ana",
    **settings: Any,
) -> Store:
    """A store with a pairwise queue named `pairs`; `said` replaces the two texts at some places."""
    store = fresh(folder)
    pairs_queue(store, items=items, systems=SYSTEMS[:2], rubric=rubric, settings=settings)
    tell(store, "pairs", rater, {seq: (said or {}).get(seq, pair(seq)) for seq in range(items)})
    return store


def rankings(
    folder: Path,
    items: int = 3,
    outputs: int = 4,
    *,
    rubric: Mapping[str, Any] = RANKED,
    rater: str = "ana",
    **settings: Any,
) -> Store:
    """A store with a ranking queue named `pairs`."""
    store = fresh(folder)
    systems = [f"system-{number}" for number in range(outputs)]
    pairs_queue(store, items=items, systems=systems, kind="ranking", rubric=rubric, settings=settings)
    tell(store, "pairs", rater, {seq: order(seq, outputs) for seq in range(items)})
    return store


def tell(store: Store, queue: str, rater: str, texts: Mapping[int, Sequence[str]]) -> None:
    """Gives the outputs, as this rater sees them place by place, their texts."""
    sitting = Sitting.open(store, queue, rater)
    views: list[TaskView] = []
    for _ in texts:
        assert sitting.view is not None
        views.append(sitting.view)
        sitting.move(1)
    while sitting.move(-1).moved:
        pass
    sitting.close()
    with store.writing() as connection:
        for view in views:
            for shown, text in zip(view.outputs, texts[view.seq], strict=True):
                connection.execute(
                    "UPDATE output SET text = ? WHERE id = (SELECT output FROM task_output WHERE public_id = ?)",
                    (text, shown.public_id),
                )
            prompt = [{"role": "user", "text": f"Question {view.seq}: what does the file say?"}]
            connection.execute(
                "UPDATE item SET prompt = ? WHERE id = (SELECT item FROM task WHERE id = ?)",
                (orjson.dumps(prompt).decode(), view.task),
            )
            document = [{"title": f"File {view.seq}", "text": f"The file of place {view.seq} says what it says."}]
            connection.execute(
                "UPDATE item SET context = ? WHERE id = (SELECT item FROM task WHERE id = ?)",
                (orjson.dumps(document).decode(), view.task),
            )


def sides(player: Player) -> list[str]:
    """The first words of the outputs as they are shown."""
    assert player.sitting.view is not None
    return [output.text.split(".")[0] for output in player.sitting.view.outputs]
