"""How far the answers of a panel lie apart, criterion by criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from reviewer.ids import canonical_json
from reviewer.rubric import Criterion, format_value
from reviewer.rubric.questions import PreferenceQuestion, RankingQuestion

Given = tuple[str, Any]
"""Who said it, and what."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the answers to one criterion lie apart.

    `reach` goes from 0, where all say the same, to 1: of numbers, the range as a share of the scale; of booleans and
    choices, 1 minus the share of the commonest answer; of rankings, the largest share of pairs of outputs that two
    raters order differently, a tie against an order counting half. An answer that is off the scale (not applicable,
    both bad) beside one that is on it counts as a choice between the two. `low` and `high` are None where the answers
    are no numbers; `told` says it in words.
    """

    key: str
    title: str
    values: tuple[Given, ...]
    low: float | None
    high: float | None
    reach: float
    differ: bool
    told: str


def spread_of(key: str, question: Criterion, values: Sequence[Given]) -> Spread:
    """The spread of what several people answered to `question` under `key`, read in one order of the outputs."""
    answers = [value for _, value in values]
    numbers = [value for value in answers if _is_number(value)]
    apart = _of_categories(answers)
    low = high = None
    if isinstance(question, RankingQuestion):
        reach = max((_apart(one, other) for one, other in combinations(answers, 2)), default=0.0)
    elif numbers and (span := _span(question)):
        low, high = min(numbers), max(numbers)
        off = _of_categories([_is_number(value) for value in answers])
        reach = max((high - low) / span, off)
    else:
        low, high = (min(numbers), max(numbers)) if numbers else (None, None)
        reach = apart
    return Spread(
        key=key,
        title=titled(key, question),
        values=tuple(values),
        low=low,
        high=high,
        reach=min(1.0, reach),
        differ=apart > 0,
        told=_told(question, answers, low, high),
    )


def titled(key: str, question: Criterion) -> str:
    """What a criterion is called, with the turn, document or step that `key` speaks of."""
    unit = key.partition("@")[2]
    return f"{question.title} · {unit.replace(':', ' ')}" if unit else question.title


def value_told(question: Criterion, value: Any) -> str:
    """An answer in words: the option's, the preference's, yes or no; figures as they are."""
    if value is None:
        return "n/a"
    if isinstance(question, PreferenceQuestion):
        return question.word(value) or str(value)
    if isinstance(question, RankingQuestion):
        return " > ".join(" = ".join(map(str, tier)) for tier in value) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if question.type in ("choice", "multi"):
        chosen = value if isinstance(value, list) else [value]
        options = ((question.option(one), one) for one in chosen)
        return ", ".join(option.text if option else str(one) for option, one in options) or "none"
    return format_value(question, value)


def is_spread(question: Criterion) -> bool:
    """Whether answers can lie apart: texts are read, not measured."""
    return question.type != "text"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _span(question: Criterion) -> float:
    """The width of the scale; 0 where it has none."""
    if isinstance(question, PreferenceQuestion):
        return float(question.asked.steps[-1] - question.asked.steps[0])
    if question.min is None or question.max is None:
        return 0.0
    return float(question.max - question.min)


def _of_categories(answers: Sequence[object]) -> float:
    counts = Counter(canonical_json(value) for value in answers)
    return 1 - max(counts.values()) / len(answers) if counts else 0.0


def _apart(one: Any, other: Any) -> float:
    """The share of pairs of outputs that two rankings order differently, a tie against an order counting half."""
    if not (isinstance(one, list) and isinstance(other, list)):
        return float(one != other)
    places = [{output: place for place, tier in enumerate(ranking) for output in tier} for ranking in (one, other)]
    pairs = list(combinations(sorted(places[0].keys() & places[1].keys()), 2))
    signs = [[_sign(place[left] - place[right]) for left, right in pairs] for place in places]
    return sum(abs(here - there) for here, there in zip(*signs, strict=True)) / (2 * len(pairs)) if pairs else 0.0


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _told(question: Criterion, answers: Sequence[Any], low: float | None, high: float | None) -> str:
    counts = Counter(canonical_json(value) for value in answers)
    words = {canonical_json(value): value_told(question, value) for value in answers}
    if len(counts) < 2:
        word = next(iter(words.values()), "")
        return f"all {word}" if len(answers) > 1 else word
    if isinstance(question, RankingQuestion):
        return f"{len(counts)} orders"
    if low is not None and high is not None and not isinstance(question, PreferenceQuestion):
        beside = [_times(words[word], count) for word, count in counts.items() if words[word] == "n/a"]
        return " · ".join([f"{_figure(low)}–{_figure(high)}" if low != high else f"{_figure(low)}", *beside])
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return " · ".join(_times(words[word], count) for word, count in ordered)


def _times(word: str, count: int) -> str:
    """An answer with how often it was given, which no digit before it may seem to number."""
    return f"{word} ×{count}"


def _figure(number: float) -> str:
    return f"{number:g}"
