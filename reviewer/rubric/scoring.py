"""One figure of a label's values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.rubric.answers import split_key
from reviewer.rubric.model import Criterion, Rubric
from reviewer.rubric.values import value_fault


def composite(rubric: Rubric, values: Mapping[str, Any], output: int | None = None) -> float | None:
    """The rubric's composite of these values, from 0 to 1, or None where it is undefined.

    - `weighted_mean`: Σ w·x / Σ w over the criteria answered, x from `rescaled`. `min`: the smallest x of all.
      `points`: as HealthBench scores (Arora et al. 2025, arXiv:2505.08775): Σ points met / Σ positive points,
      here clipped to 0–1 a label. A criterion's several units (turns, steps) count by their mean; for `min`
      by the worst.
    - Left out: what is not answered, not applicable, out of range or of a wrong type; text; direction `none`; a
      choice or multi without scores; a number without both bounds. What is left out is left out of the
      denominator too. Nothing left, or no positive points left: None.
    - In a comparison, `output` picks the answers about one output as shown; without it, the keys of single outputs
      are not read.
    """
    if rubric.composite is None:
        return None
    given = _by_criterion(rubric, values, output)
    if rubric.composite == "points":
        return _points(given)
    counted = [(criterion, _counted(criterion, raw)) for criterion, raw in given]
    parts = [(criterion, xs) for criterion, xs in counted if xs]
    if not parts:
        return None
    if rubric.composite == "min":
        return min(min(xs) for _, xs in parts)
    total = math.fsum(criterion.weight for criterion, _ in parts)
    mean = math.fsum(criterion.weight * _mean(xs) for criterion, xs in parts) / total
    return min(1.0, max(0.0, mean))


def rescaled(criterion: Criterion, value: object) -> float | None:
    """The value from 0 (worst) to 1 (best), by the criterion's range and direction; None where it does not count.

    A choice goes from its lowest to its highest score; a multi from the sum of its negative scores to that of
    its positive ones.
    """
    if value is None or criterion.direction == "none" or value_fault(criterion, value):
        return None
    match criterion.type:
        case "scale" | "number":
            x = _between(value, criterion.min, criterion.max)
        case "boolean":
            x = float(value is True)
        case "choice":
            option = criterion.option(value)
            scores = _scores(criterion)
            x = _between(option.score, min(scores), max(scores)) if option and scores else None
        case "multi":
            x = _multi(criterion, value)
        case "text":
            return None
    if x is None:
        return None
    return 1.0 - x if criterion.direction == "lower" else x


def _counted(criterion: Criterion, raw: Sequence[object]) -> list[float]:
    return [x for value in raw if (x := rescaled(criterion, value)) is not None]


def _by_criterion(rubric: Rubric, values: Mapping[str, Any], output: int | None) -> list[tuple[Criterion, list[Any]]]:
    found: dict[str, list[Any]] = {}
    for key, value in values.items():
        parts = split_key(key)
        if parts is None:
            continue
        if (parts.unit == "output") == (output is not None) and output in (None, parts.number):
            found.setdefault(parts.criterion, []).append(value)
    return [(criterion, found[criterion.id]) for criterion in rubric.criteria if criterion.id in found]


def _points(given: Sequence[tuple[Criterion, list[Any]]]) -> float | None:
    met: list[float] = []
    positive: list[float] = []
    for criterion, raw in given:
        said = [float(value) for value in raw if isinstance(value, bool)]
        if criterion.points is None or criterion.direction == "none" or not said:
            continue
        met.append(criterion.points * _mean(said))
        positive.append(max(0.0, float(criterion.points)))
    possible = math.fsum(positive)
    return min(1.0, max(0.0, math.fsum(met) / possible)) if possible else None


def _multi(criterion: Criterion, value: object) -> float | None:
    scores = _scores(criterion)
    if not scores or not isinstance(value, list):
        return None
    chosen = [option.score or 0 for option in criterion.options if option.value in value]
    low = math.fsum(score for score in scores if score < 0)
    high = math.fsum(score for score in scores if score > 0)
    return _between(math.fsum(chosen), low, high)


def _scores(criterion: Criterion) -> list[float]:
    return [float(option.score) for option in criterion.options if option.score is not None]


def _between(value: object, low: float | None, high: float | None) -> float | None:
    if low is None or high is None or not isinstance(value, int | float) or high <= low:
        return None
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _mean(xs: Sequence[float]) -> float:
    return math.fsum(xs) / len(xs)
