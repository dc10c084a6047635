"""Whether a judge may stand in for an annotator: the alternative annotator test (Calderon, Reichart & Dror 2025, ACL).

Each annotator is left out in turn, and the judge and that annotator are compared by how well they meet the others. The
judge passes where it does at least as well, less an allowance for its lower price, as half of the annotators or more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from reviewer.measure.arrays import Flags, Floats
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.judges.resampling import How, OfSums, figures_of

Likeness = Callable[[Floats, Floats], Floats]

# What the paper advises: experts cost more than a crowd, and so more is allowed for.
ALLOWANCE: Final = {"experts": 0.2, "skilled": 0.15, "crowd": 0.1}
FEWEST_ITEMS: Final = 30
ABSTAINED: Final = "the judge gave no answer"
ALONE: Final = "fewer than two annotators"
_NEAR = 1e-12


@dataclass(frozen=True, slots=True)
class Against:
    """The judge against one annotator, before the others: `judge` and `annotator` are how often each did as well.

    `p_value` is of one side, None with the reason in `why`; `test` is t, signed-rank, or constant.
    """

    annotator: str
    slice: str
    items: int
    judge: float | None
    person: float | None
    p_value: float | None
    p_adjusted: float | None = None
    wins: bool = False
    test: str = ""
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """The row for a program."""
        told: dict[str, Any] = {
            "annotator": self.annotator,
            "slice": self.slice,
            "items": self.items,
            "judge_as_good": self.judge,
            "annotator_as_good": self.person,
            "p_value": self.p_value,
            "p_adjusted": self.p_adjusted,
            "wins": self.wins,
            "test": self.test,
        }
        return told | {"why": self.why} if self.why else told


@dataclass(frozen=True, slots=True)
class AlternativeAnnotator:
    """The test as a whole: `winning_rate` (omega) is the share of annotators that the judge may stand in for.

    `advantage` (rho) is for comparing judges, and no test. Both and `passes` are undefined where nobody could be
    compared. `skipped` names those of too few items with their number. `abstentions_lost` is the other reading of the
    answers that the judge did not give, where there are such.
    """

    winning_rate: Figure
    advantage: Figure
    passes: bool | None
    epsilon: float
    rows: tuple[Against, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    abstentions_lost: AlternativeAnnotator | None = None

    def to_json(self) -> dict[str, Any]:
        """The test for a program."""
        told: dict[str, Any] = {
            "winning_rate": self.winning_rate.to_json(),
            "average_advantage_probability": self.advantage.to_json(),
            "passes": self.passes,
            "epsilon": self.epsilon,
            "annotators": [one.to_json() for one in self.rows],
            "skipped": dict(self.skipped),
            "notes": list(self.notes),
        }
        if self.abstentions_lost is not None:
            told["if_abstentions_lose"] = self.abstentions_lost.to_json()
        return told


@dataclass(frozen=True, slots=True)
class Asked:
    """How to test; raises ValueError for an epsilon below 0 or from 1, or a q outside 0 … 1.

    `fewest` items an annotator must have; below 30 the t-test gives way to the signed-rank test. `abstention_loses`
    counts an item that the judge left out as lost, where it is dropped else: abstention is not disagreement.
    """

    epsilon: float = ALLOWANCE["experts"]
    q: float = 0.05
    fewest: int = FEWEST_ITEMS
    abstention_loses: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon < 1:
            raise ValueError("epsilon lies from 0 to below 1")
        if not 0 < self.q < 1:
            raise ValueError("q lies between 0 and 1")
        if self.fewest < 2:
            raise ValueError("two items are the least")


def same(one: Floats, other: Floats) -> Floats:
    """Likeness of categories: 1 for the same one."""
    alike: Floats = (one == other).astype(np.float64)
    return alike


def negative_squares(one: Floats, other: Floats) -> Floats:
    """Likeness of numbers; its mean orders answers as the negative root mean square error does."""
    lost: Floats = -np.square(one - other)
    return lost


def alternative_annotator(
    judge: ArrayLike,
    people: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    likeness: Likeness = same,
    slices: Mapping[str, Flags] | None = None,
    asked: Asked | None = None,
    how: How | None = None,
) -> AlternativeAnnotator:
    """The test of a judge (items) beside people (items, people), NaN where nothing was answered.

    `slices` choose items; annotators times slices are then one family of tests (Benjamini & Yekutieli 2001).
    Raises ValueError where the shapes do not fit.
    """
    asked, how = asked or Asked(), how or How()
    said, table = np.asarray(judge, dtype=np.float64), np.asarray(people, dtype=np.float64)
    if table.ndim != 2 or said.shape != table.shape[:1]:
        raise ValueError("there must be a row of people for each item of the judge")
    names = tuple(names) if names is not None else tuple(f"h{at}" for at in range(table.shape[1]))
    if len(names) != table.shape[1]:
        raise ValueError("there must be a name for each of the people")
    shared = (~np.isnan(table)).sum(axis=1) > 1
    answered = ~np.isnan(said)
    abstained = int((shared & ~answered).sum())
    lost = None
    if abstained and not asked.abstention_loses:
        strict = replace(asked, abstention_loses=True)
        lost = alternative_annotator(said, table, names=names, likeness=likeness, slices=slices, asked=strict, how=how)
    dropped = {ALONE: int((~shared).sum()), ABSTAINED: 0 if asked.abstention_loses else abstained}
    dropped = {why: number for why, number in dropped.items() if number}
    judged, person = _as_good(said, table, likeness)
    counted = ~np.isnan(person) & (answered | asked.abstention_loses)[:, None]
    chosen = slices or {"": np.ones(len(said), dtype=np.bool_)}
    rows: list[Against] = []
    skipped: dict[str, int] = {}
    used: list[tuple[int, Flags]] = []
    for name, mask in chosen.items():
        for at, who in enumerate(names):
            mine = counted[:, at] & mask
            if (number := int(mine.sum())) < asked.fewest:
                skipped[f"{who} in {name}" if name else who] = number
                continue
            used.append((at, mine))
            rows.append(_row(who, name, judged[mine, at], person[mine, at], asked))
    rows = _corrected(rows, asked.q)
    notes = _notes(names, rows, skipped, asked, abstained)
    items = int((shared & (answered | asked.abstention_loses)).sum())
    if not rows:
        why = _nobody(names, items, asked)
        none = undefined(why, n=items, dropped=dropped)
        return AlternativeAnnotator(none, none, None, asked.epsilon, (), skipped, notes, lost)
    won = sum(one.wins for one in rows)
    # Each annotator is a test and not a draw: the share of those passed has no interval of its own.
    rate = Figure(won / len(rows), n=len(rows), dropped=dropped, why="no interval: it counts tests that were passed")
    advantage = _advantage(judged, used, items, dropped, how)
    passes = 2 * won >= len(rows)
    return AlternativeAnnotator(rate, advantage, passes, asked.epsilon, tuple(rows), skipped, notes, lost)


def _as_good(said: Floats, table: Floats, likeness: Likeness) -> tuple[Floats, Floats]:
    """For each item and person, whether the judge and whether the person met the others as well as the other did.

    NaN for a person who rated not, or alone; an item that the judge left out is lost by it.
    """
    items, people = table.shape
    judged, person = np.full((items, people), np.nan), np.full((items, people), np.nan)
    given = ~np.isnan(table)
    for at in range(people):
        rows = np.flatnonzero(given[:, at] & (given.sum(axis=1) > 1))
        others = np.delete(table[rows], at, axis=1)
        here = ~np.isnan(others)
        number = here.sum(axis=1)

        def met(answer: Floats, others: Floats = others, here: Flags = here, number: Any = number) -> Floats:
            filled = np.where(here, others, 0.0)
            likes = likeness(np.broadcast_to(answer[:, None], others.shape), filled)
            mean: Floats = np.where(here, likes, 0.0).sum(axis=1) / number
            return mean

        own = met(table[rows, at])
        answered = ~np.isnan(said[rows])
        its = np.where(answered, met(np.where(answered, said[rows], 0.0)), -np.inf)
        near = _NEAR * np.maximum(1.0, np.abs(own))
        judged[rows, at] = its >= own - near
        person[rows, at] = own >= its - near
    return judged, person


def _row(who: str, name: str, judged: Floats, person: Floats, asked: Asked) -> Against:
    n = len(judged)
    p_value, test, why = one_sided(person - judged, asked.epsilon)
    return Against(who, name, n, float(judged.mean()), float(person.mean()), p_value, test=test, why=why)


def one_sided(gaps: Floats, epsilon: float) -> tuple[float | None, str, str]:
    """The p-value that the mean of gaps is epsilon or more, the test, and why there is none.

    Student's t from 30 gaps on, below that the signed-rank test of Wilcoxon (1945); gaps that are all one need neither.
    """
    n = len(gaps)
    mean = float(gaps.mean())
    if np.ptp(gaps) < _NEAR and n >= FEWEST_ITEMS:
        if abs(mean - epsilon) < _NEAR:
            return None, "constant", "both always did as well, and nothing is allowed for: 0/0, not counted as won"
        return (0.0 if mean < epsilon else 1.0), "constant", ""
    if n >= FEWEST_ITEMS:
        from scipy.special import stdtr

        t = (mean - epsilon) / (float(gaps.std(ddof=1)) / sqrt(n))
        return float(stdtr(n - 1, t)), "t", ""
    off = gaps - epsilon
    off = off[np.abs(off) > _NEAR]
    if not len(off):
        return None, "signed-rank", "no gap differs from epsilon: 0/0, not counted as won"
    return signed_rank_p(off), "signed-rank", ""


def signed_rank_p(off: Floats) -> float:
    """The exact chance of a sum of positive ranks as low as this or lower, ties sharing their middle rank."""
    from scipy.stats import rankdata

    # Twice the middle ranks are whole numbers, so that sums of them can be counted.
    ranks = np.rint(2 * rankdata(np.round(np.abs(off), 12))).astype(np.int64)
    chances = np.ones(1)
    for rank in ranks.tolist():
        added = np.zeros(len(chances) + rank)
        added[: len(chances)] += chances / 2
        added[rank:] += chances / 2
        chances = added
    return min(1.0, float(chances[: int(ranks[off > 0].sum()) + 1].sum()))


def benjamini_yekutieli(p_values: ArrayLike) -> Floats:
    """P-values adjusted for the false discovery rate under any dependence (2001 Ann. Stat. 29): monotone, cut at 1."""
    p = np.asarray(p_values, dtype=np.float64)
    number = len(p)
    order = np.argsort(p, kind="stable")
    places = np.arange(1, number + 1)
    raised = p[order] * number * float((1 / places).sum()) / places
    adjusted = np.empty(number)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted


def _corrected(rows: list[Against], q: float) -> list[Against]:
    # One that has no p-value is a member of the family all the same, and never won.
    family = [1.0 if one.p_value is None else one.p_value for one in rows]
    adjusted = benjamini_yekutieli(family).tolist() if rows else []
    return [
        replace(one, p_adjusted=None if one.p_value is None else p, wins=one.p_value is not None and p <= q)
        for one, p in zip(rows, adjusted, strict=True)
    ]


def _advantage(
    judged: Floats, used: Sequence[tuple[int, Flags]], items: int, dropped: Mapping[str, int], how: How
) -> Figure:
    """The mean over annotators of how often the judge did as well, its interval over the items."""
    columns = [np.where(mine, np.nan_to_num(judged[:, at]), 0.0) for at, mine in used]
    features = np.column_stack([*columns, *(mine.astype(np.float64) for _, mine in used)])
    features = features[features[:, len(used) :].any(axis=1)]

    def mean(sums: Floats) -> Floats:
        won, of = sums[:, : len(used)], sums[:, len(used) :]
        shares = np.divide(won, of, out=np.full(won.shape, np.nan), where=of > 0)
        rho: Floats = shares.mean(axis=1, keepdims=True)
        return rho

    return figures_of(OfSums(features, ["rho"], mean), how, items, dropped=dropped)["rho"]


def _nobody(names: Sequence[str], items: int, asked: Asked) -> str:
    if len(names) < 2:
        return "with one annotator there is nobody to leave out: ask how the judge meets the single expert instead"
    if not items:
        return "no item has an answer of the judge and of two annotators"
    return f"every annotator has fewer than {asked.fewest} items"


def _notes(
    names: Sequence[str], rows: Sequence[Against], skipped: Mapping[str, int], asked: Asked, abstained: int
) -> tuple[str, ...]:
    notes = []
    if len(names) == 2:
        notes.append("with two annotators each is measured by the other alone; three or more are advised")
    if skipped:
        said = ", ".join(f"{who[:40]} ({number})" for who, number in list(skipped.items())[:20])
        notes.append(f"skipped for fewer than {asked.fewest} items: {said}")
    if any(one.test == "signed-rank" for one in rows):
        notes.append(f"annotators of fewer than {FEWEST_ITEMS} items are tested by signed ranks")
    if abstained:
        reading = "count as lost" if asked.abstention_loses else "are dropped"
        notes.append(f"{abstained:,} items without an answer of the judge {reading}")
    return tuple(notes)
