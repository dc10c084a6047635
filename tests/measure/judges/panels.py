"""Judges beside people to test with: simulated ones, and PandaLM's test set where it is at hand."""

from __future__ import annotations

import json

import numpy as np

from reviewer.measure.agreement.ratings import Panel, Ratings
from reviewer.measure.agreement.scale import scale_of
from reviewer.measure.arrays import Ints
from reviewer.measure.judges.beside import Beside
from tests.measure.material import shared

PEOPLE = ("annotator1", "annotator2", "annotator3")


def pandalm(judge: str, garbage: str | None = None) -> Beside:
    """A judge of PandaLM's test set beside the three annotators; `garbage` stands for an answer that is none."""
    items, raters, values = [], [], []
    for line in shared("pandalm", "testset.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        said: str | None = {"Tie": "0"}.get(str(row[judge]), str(row[judge]))
        answers = {**{one: str(row[one]) for one in PEOPLE}, "judge": garbage if said == "garbage" else said}
        for rater, value in answers.items():
            if value is not None:
                items.append(str(row["idx"]))
                raters.append(rater)
                values.append(value)
    return Beside.of(Panel.of(Ratings.of(items, raters, values), "nominal", ("0", "1", "2")), "judge")


def beside_of(judge: Ints, people: Ints, points: int, *, level: str = "ordinal", gold: Ints | None = None) -> Beside:
    """A judge (items) beside people (items, people), on a scale from 1 up; places on it, −1 for nothing."""
    scale = scale_of([], level, [str(one + 1) for one in range(points)])
    items = [f"i{at}" for at in range(len(judge))]
    return Beside(items, scale, judge, people, tuple(f"p{at}" for at in range(people.shape[1])), gold)


def answers(rng: np.random.Generator, truth: Ints, right: float, points: int) -> Ints:
    """Answers of somebody who is right so often, and else gives another point, each as readily."""
    other = (truth + rng.integers(1, points, len(truth))) % points
    return np.where(rng.random(len(truth)) < right, truth, other).astype(np.int64)
