"""What is behind a figure of agreement: pairs of raters, each rater left out, the items that cost most, prevalence."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Final

import numpy as np

from reviewer.measure.agreement.alpha import Alpha, ScatteredAlpha
from reviewer.measure.agreement.kinds import Kinds
from reviewer.measure.agreement.pairs import CORRELATIONS, Met
from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.agreement.report import Contingency, CostlyItem, PairRow, Plan, Prevalence, WithoutRater
from reviewer.measure.agreement.scale import Scale
from reviewer.measure.figure import Figure

MOST_ITEMS: Final = 10
_MOST_POINTS_SHOWN = 30
_FEWEST_SHARED = 10
_MOST_RATINGS = 20


def pair_rows(met: Met, scale: Scale, weighting: str, raters: tuple[str, ...]) -> list[PairRow]:
    """Each pair of raters that share items, with all figures of two raters."""
    names, figures = met.figures(scale, weighting)
    rows = []
    for (one, other), often, row in zip(met.raters, met.often, figures.tolist(), strict=True):
        told = {name: None if np.isnan(value) else value for name, value in zip(names, row, strict=True)}
        items = int(often.sum())
        why = {name: _why_not(name, items) for name, value in told.items() if value is None}
        rows.append(PairRow((raters[one], raters[other]), items, told, why))
    return rows


def _why_not(name: str, items: int) -> str:
    if name in CORRELATIONS:
        return "they share one item" if items == 1 else "one of them gave one value throughout"
    return "all their ratings are the same"


def contingency(met: Met, scale: Scale, raters: tuple[str, ...]) -> Contingency | None:
    """The table of the two raters who agree least often, of those who share ten items at least where any do."""
    if not met.raters or len(scale) > _MOST_POINTS_SHOWN:
        return None
    items = met.often.sum(axis=1)
    share = met.often[:, met.first == met.second].sum(axis=1) / items
    enough = items >= min(_FEWEST_SHARED, items.max())
    at = int(np.where(enough, share, 2.0).argmin())
    counts = np.zeros((len(scale), len(scale)), dtype=np.int64)
    counts[met.first, met.second] = met.often[at].astype(np.int64)
    one, other = met.raters[at]
    return Contingency((raters[one], raters[other]), scale.points, counts.tolist())


def costly_items(panel: Panel, kinds: Kinds, alpha: Alpha | ScatteredAlpha) -> list[CostlyItem]:
    """The items with most of the disagreement that alpha observes; none where all agree."""
    lost = alpha.disagreement()
    whole = float(kinds.repeats @ lost)
    if not whole > 0:
        return []
    order = np.argsort(-lost, kind="stable")
    reach = int(np.searchsorted(np.cumsum(kinds.repeats[order]), MOST_ITEMS)) + 1
    worst = [kind for kind in order[:reach].tolist() if lost[kind] > 0]
    items = [item for kind in worst for item in np.flatnonzero(kinds.place == kind)[:MOST_ITEMS].tolist()]
    found = []
    for item in items[:MOST_ITEMS]:
        kind = int(kinds.place[item])
        begin, end = np.searchsorted(panel.item, [item, item + 1]).tolist()
        said = {
            panel.raters[rater]: panel.scale.points[point]
            for rater, point in zip(
                panel.rater[begin : min(end, begin + _MOST_RATINGS)].tolist(),
                panel.point[begin : min(end, begin + _MOST_RATINGS)].tolist(),
                strict=True,
            )
        }
        weights = kinds.repeats.copy()
        weights[kind] -= 1
        without = float(alpha.of(weights[None])[0, 0])
        share = float(lost[kind]) / whole
        found.append(CostlyItem(panel.items[item], said, share, None if np.isnan(without) else without))
    return found


def costly_rater(without: Sequence[WithoutRater], alpha: float) -> str | None:
    """The rater without whom alpha is highest, if it then exceeds that of all."""
    gains = {one.rater: one.figures.get("krippendorff_alpha") for one in without}
    better = {name: gain for name, gain in gains.items() if gain is not None and gain > alpha}
    return max(better, key=lambda name: better[name], default=None)


def prevalence(kinds: Kinds, scale: Scale) -> Prevalence:
    """The share of each point, every rated item counting as one."""
    weights = (kinds.repeats / kinds.sizes)[kinds.unit]
    shares = np.bincount(kinds.point, weights, minlength=len(scale)) / kinds.items
    named = dict(zip(scale.points, shares.tolist(), strict=True))
    differ = np.maximum.reduceat(kinds.point, kinds.starts) > np.minimum.reduceat(kinds.point, kinds.starts)
    unused = tuple(point for point, share in named.items() if not share)
    return Prevalence(named, unused, int(kinds.repeats[differ].sum()))


def plans(measures: dict[str, Figure], width: float) -> dict[str, Plan]:
    """For each measure with an interval, the fixed number of items that would make it `width` wide.

    The width falls with the root of the number of items.
    """
    found = {}
    for name, figure in measures.items():
        if figure.low is not None and figure.high is not None and figure.n:
            now = figure.high - figure.low
            found[name] = Plan(width, now, figure.n, ceil(figure.n * (now / width) ** 2))
    return found
