"""Disputed queues to look at: three raters who differ, and comparisons that the adjudicator sees in a known order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import orjson

from reviewer.blinding import drawn_order, order_key
from reviewer.config import Home, Settings
from reviewer.ids import digest
from reviewer.keys.keymap import load
from reviewer.session.clock import ActivityClock
from reviewer.session.deciding import Deciding
from reviewer.session.sitting import Sitting
from reviewer.store import queues
from reviewer.store.connection import Store
from reviewer.tui.app import ReviewerApp
from reviewer.tui.screens.adjudication import Adjudicating
from tests.homes import QUEUE, RUBRIC, filled, item
from tests.session.rounds_played import give, why
from tests.store.comparing import pairs_queue
from tests.store.filling import fresh, record
from tests.tui.comparisons import PAIRS, order, pair
from tests.tui.play import Player, close

LEAD = "lead"
RATERS = ("ana", "ben", "chi")
SCORES = {"ana": (2, 1, 4, 3), "ben": (2, 5, 4, 2), "chi": (2, 4, 1, 3)}
"""By item: nobody disputes the first; then come the second, the third and the fourth."""


def disputed(folder: Path, *, said: str = "", **settings: Any) -> Store:
    """Four items that three have rated, three of them disputed; `said` stands in every rationale."""
    store = filled(folder, [item(number) for number in range(4)], rubric=RUBRIC, **settings)
    lettered(store, QUEUE, RATERS)
    for name in RATERS:
        sitting = Sitting.open(store, QUEUE, name)
        for number, score in enumerate(SCORES[name]):
            text = said or f"One reads {score} from item {number}: the date is not in the note."
            give(
                sitting,
                {
                    "values": {"grounded": score, "safe": score > 2, "risk": "as_file"},
                    "rationale": {"grounded": why(text, "adds a fact")},
                    "notes": said,
                    "flags": ["flagged"] if score == 5 else [],
                },
            )
            sitting.drain(10)
        assert sitting.close()
    return store


def disputed_pairs(folder: Path, *, kind: str = "pairwise", items: int = 2) -> Store:
    """Comparisons on which ana and ben differ; the texts say at which place the adjudicator is shown them."""
    store = fresh(folder)
    outputs = 2 if kind == "pairwise" else 4
    systems = [f"system-{number}" for number in range(outputs)]
    pairs_queue(store, items=items, systems=systems, kind=kind, rubric=PAIRS)
    lettered(store, "pairs", RATERS[:2])
    told = _tell(store, outputs)
    for name in RATERS[:2]:
        sitting = Sitting.open(store, "pairs", name)
        while sitting.view is not None:
            own = [told[output.public_id] for output in sitting.view.outputs]
            values: dict[str, Any]
            if kind == "pairwise":
                turned = 1 if own == [1, 2] else -1
                values = {"preference": turned * (-2 if name == "ana" else 1)}
            else:
                tiers = [[1], [2], [3, 4]] if name == "ana" else [[4], [3], [2], [1]]
                values = {"ranking": [sorted(own.index(place) + 1 for place in tier) for tier in tiers]}
            give(sitting, {"values": values, "rationale": {"label": why("So the file has it.")}})
            sitting.drain(10)
        assert sitting.close()
    return store


def _tell(store: Store, outputs: int) -> dict[str, int]:
    """Gives the outputs their texts; returns at which place the adjudicator is shown each, from 1."""
    queue = record(store, "pairs")
    told: dict[str, int] = {}
    with store.writing() as connection:
        lead = queues.ensure_rater(connection, LEAD)
        tasks = connection.execute("SELECT id, item FROM task ORDER BY position").fetchall()
        for number, (task, of_item) in enumerate(tasks):
            rows = connection.execute("SELECT public_id FROM task_output WHERE task = ? ORDER BY slot", (task,))
            shown = drawn_order(order_key(queue.seed, lead, task), [public_id for (public_id,) in rows])
            texts = pair(number) if outputs == 2 else order(number, outputs)
            for place, (public_id, text) in enumerate(zip(shown, texts, strict=True), 1):
                told[public_id] = place
                connection.execute(
                    "UPDATE output SET text = ? WHERE id = (SELECT output FROM task_output WHERE public_id = ?)",
                    (text, public_id),
                )
            prompt = [{"role": "user", "text": f"Question {number}: what does the file say?"}]
            connection.execute("UPDATE item SET prompt = ? WHERE id = ?", (orjson.dumps(prompt).decode(), of_item))
    return told


def lettered(store: Store, queue: str, raters: Sequence[str]) -> None:
    """Gives the queue a seed under which the raters have the letters A, B … in this order on every task."""
    found = record(store, queue)
    with store.writing() as connection:
        known = [queues.ensure_rater(connection, name) for name in raters]
        tasks = [task for (task,) in connection.execute("SELECT id FROM task WHERE queue = ?", (found.id,))]
        for number in count():
            seed = f"{number:032x}"
            if all(sorted(known, key=lambda rater: digest([seed, task, rater])) == known for task in tasks):
                break
        connection.execute("UPDATE queue SET seed = ? WHERE id = ?", (seed, found.id))


def app_on(
    store: Store, queue: str = QUEUE, *, rater: str = LEAD, rule: str | None = None, **settings: Any
) -> ReviewerApp:
    """The workstation on the disputed tasks; its clock stands still."""
    sitting = Deciding.decide(store, queue, rater, rule=rule)
    sitting.clock = ActivityClock(60, now=lambda: 0.0)
    return ReviewerApp(Home(store.path.parent, Settings(**settings)), store, load("default"), rater, sitting=sitting)


@asynccontextmanager
async def deciding(
    store: Store, queue: str = QUEUE, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Player]:
    """An adjudicator at the keys."""
    app = app_on(store, queue, **options)
    async with app.run_test(size=size) as pilot:
        player = Player(app, pilot)
        await pilot.pause()
        yield player
        close(app)


def screen_of(player: Player) -> Adjudicating:
    """The adjudication screen."""
    assert isinstance(player.rating, Adjudicating)
    return player.rating


def sitting_of(player: Player) -> Deciding:
    """What is being decided."""
    assert isinstance(player.sitting, Deciding)
    return player.sitting
