"""Rounds to look at: three members who differ, twelve who rate six criteria, and comparisons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from reviewer.config import Home, Settings
from reviewer.keys.keymap import load
from reviewer.session.clock import ActivityClock
from reviewer.session.revealing import open_sitting
from reviewer.session.sitting import Sitting
from reviewer.store.connection import Store
from reviewer.tui.app import ReviewerApp
from reviewer.tui.screens.reveal import Revealed
from tests.homes import QUEUE, filled, item
from tests.session.rounds_played import as_round, give, reveal, say, why
from tests.tui.comparisons import pairs, rankings
from tests.tui.play import Player, close

MEMBERS = ("ana", "ben", "chi")
TWELVE = ("ana", "ben", "chi", "dov", "eli", "fay", "gus", "hal", "ida", "jon", "kim", "lou")
SCORES = {"ana": (2, 1, 4, 3), "ben": (2, 5, 4, 2), "chi": (2, 4, 5, 3)}
"""What each says of the four items: the second is the most disputed, the first not at all."""


def answer_of(name: str, position: int) -> dict[str, Any]:
    """What a member says of an item."""
    score = SCORES[name][position]
    return {
        "values": {
            "grounded": score,
            "safe": score > 2,
            "risk": "as_file",
            "faults": ["vague"],
            "words": f"So {name}.",
        },
        "rationale": {"grounded": why(f"{name} on {position}: the date is not in the note.", "adds a fact")},
    }


def rated(folder: Path, **settings: Any) -> Store:
    """Four items that three members have rated, the round still open."""
    store = filled(folder, [item(number) for number in range(4)], **settings)
    as_round(store, QUEUE, MEMBERS)
    for name in MEMBERS:
        say(store, QUEUE, name, lambda at, name=name: answer_of(name, at))  # type: ignore[misc]
    return store


def revealed(folder: Path, **settings: Any) -> Store:
    """The same round, revealed."""
    store = rated(folder, **settings)
    reveal(store, QUEUE)
    return store


def of_twelve(folder: Path, items: int = 2) -> Store:
    """Twelve members on all criteria but the text."""
    store = filled(folder, [item(number) for number in range(items)])
    as_round(store, QUEUE, TWELVE)
    for number, name in enumerate(TWELVE):
        values = {
            "grounded": 1 + number % 5,
            "safe": number % 3 > 0,
            "risk": ("as_file", "under", "over")[number % 3],
            "faults": ["accuses", "vague"] if number % 4 else [],
            "minutes": number * 10 - 20,
        }
        say(store, QUEUE, name, {"values": values, "rationale": {"grounded": why(f"Because, says {name}.")}})
    reveal(store, QUEUE)
    return store


def of_pairs(folder: Path, *, kind: str = "pairwise") -> Store:
    """Two members who judge three pairs, or two rankings, unlike each other; ben may see the outputs in another order
    than ana."""
    store = pairs(folder, 3) if kind == "pairwise" else rankings(folder, 2, rater="ana")
    as_round(store, "pairs", MEMBERS[:2])
    for name in MEMBERS[:2]:
        sitting = Sitting.open(store, "pairs", name)
        while sitting.view is not None:
            own = [_place(output.text) for output in sitting.view.outputs]
            number = int(sitting.view.prompt[0].text.split()[1].rstrip(":"))
            said = (_of_pair if kind == "pairwise" else _of_ranking)(name, number, own)
            give(sitting, {"values": said, "rationale": {"label": why(f"{name} reads it so.")}})
            sitting.drain(10)
        assert sitting.close()
    reveal(store, "pairs")
    return store


def _place(text: str) -> int:
    """At which place ana is shown an output, from 1: its text tells."""
    first, second = text.split(maxsplit=2)[:2]
    return {"Left": 1, "Right": 2}[first] if first != "Output" else int(second)


def _of_pair(name: str, number: int, own: list[int]) -> dict[str, Any]:
    turned = 1 if own == [1, 2] else -1
    return {"preference": turned * (-2 if name == "ana" else 1 - number), "faithful": -turned}


def _of_ranking(name: str, number: int, own: list[int]) -> dict[str, Any]:
    tiers = [[1], [2], [3, 4]] if number or name == "ana" else [[4], [3], [2], [1]]
    return {"ranking": [sorted(own.index(place) + 1 for place in tier) for tier in tiers]}


def app_on(store: Store, queue: str = QUEUE, *, rater: str = "ana", **settings: Any) -> ReviewerApp:
    """The workstation on a round that is revealed; its clock stands still."""
    sitting = open_sitting(store, queue, rater)
    sitting.clock = ActivityClock(60, now=lambda: 0.0)
    return ReviewerApp(Home(store.path.parent, Settings(**settings)), store, load("default"), rater, sitting=sitting)


@asynccontextmanager
async def revealing(
    store: Store, queue: str = QUEUE, size: tuple[int, int] = (120, 40), **options: Any
) -> AsyncIterator[Player]:
    """Somebody at the keys of the reveal screen."""
    app = app_on(store, queue, **options)
    async with app.run_test(size=size) as pilot:
        player = Player(app, pilot)
        await pilot.pause()
        yield player
        close(app)


def screen_of(player: Player) -> Revealed:
    """The reveal screen."""
    assert isinstance(player.rating, Revealed)
    return player.rating


def vote_again(store: Store, rater: str, score: int, queue: str = QUEUE) -> None:
    """Lets a member vote again on the most disputed item."""
    sitting = open_sitting(store, queue, rater)
    values = sitting.work.values | {"grounded": score}
    give(sitting, {"values": values, "rationale": {"grounded": why(f"{rater} was shown the date.")}})
    assert sitting.close()
