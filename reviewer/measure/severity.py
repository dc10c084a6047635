"""The severity of raters, and item scores with it taken out: an additive mixed model, by REML.

y = mean + item + rater + rest, items and raters drawn from normal distributions, so that a rater of few items is drawn
towards the panel (best linear unbiased prediction; Robinson 1991 Statistical Science 6). Beside it stand the contrasts
of least squares, which are drawn nowhere. Raters whom no chain of shared items joins are not compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import Final

import numpy as np

from reviewer.measure.agreement.ratings import Panel
from reviewer.measure.arrays import Flags, Floats, Ints
from reviewer.measure.crossed import Crossed, Effects, Mixed
from reviewer.measure.figure import Figure, undefined
from reviewer.measure.proportions import normal_quantile
from reviewer.measure.range_use import FEWEST_ITEMS, Use, uses
from reviewer.measure.severity_report import Rater, Score, Severity, by_t, t_quantile
from reviewer.measure.variances import best_ratios, icc_limits
from reviewer.measure.verdicts import NO_RATING, check_codes

MOST_RATERS: Final = 500
ALONE: Final = "the rater shares no item with another"
_SURE_OF_RATERS = 5
_UNSHARED = "no two raters share an item"
_NO_REST = "items and raters give every rating as good as exactly, so that nothing is left to judge an error by"
_TOO_FEW = "too few items have several ratings to part the raters from the items"


def severity_of(panel: Panel, *, scores: bool = False, alpha: float = 0.05) -> Severity:
    """The severity of a panel's raters by the numbers of its scale, or on an ordinal one by the places of its points.

    Raises ValueError for nominal points.
    """
    if not panel.scale.ordered:
        raise ValueError("nominal points have no level")
    numbers = panel.scale.spots if panel.scale.numbers is None else panel.scale.numbers
    value = numbers[panel.point]
    return severity(panel.item, panel.rater, value, items=panel.items, raters=panel.raters, scores=scores, alpha=alpha)


def severity(
    item: Ints,
    rater: Ints,
    value: Floats,
    *,
    items: Sequence[str],
    raters: Sequence[str],
    scores: bool = False,
    alpha: float = 0.05,
) -> Severity:
    """The severity of each rater, with adjusted scores of the items where `scores` asks for them.

    `item` and `rater` are places in `items` and `raters`. Raises ValueError for columns that do not fit, a value that
    is no number, and a rater who rated an item twice.
    """
    _check(item, rater, value, items, raters)
    component = _components(item, rater, len(items), len(raters))
    kept: Flags = component[rater] >= 0
    if not kept.any() or len(raters) > MOST_RATERS:
        most = f"there are {len(raters):,} raters, and {MOST_RATERS:,} are the most"
        why = most if len(raters) > MOST_RATERS else _UNSHARED
        fit = None
    else:
        fit = _Fit(item[kept], rater[kept], value[kept], component, alpha)
        why = fit.why
    by_rater, by_item = np.bincount(rater, minlength=len(raters)), np.bincount(item, minlength=len(items))
    alone = len(kept) - int(kept.sum())
    report = Severity(
        ratings=len(kept) - alone,
        items=len(np.unique(item[kept])),
        raters=tuple(
            _rater(name, at, many, int(part), fit, why)
            for at, (name, many, part) in enumerate(zip(raters, by_rater.tolist(), component.tolist(), strict=True))
        ),
        components=tuple(
            tuple(raters[at] for at in np.flatnonzero(component == part).tolist())
            for part in range(int(component.max(initial=-1)) + 1)
        ),
        scores=_scores(items, by_item.tolist(), fit, why) if scores else (),
        icc=undefined(why),
        dropped={ALONE: alone} if alone else {},
        why=why,
        alpha=alpha,
    )
    if fit is None:
        return report
    contrasts = np.zeros((len(raters), len(raters)))
    contrasts[np.ix_(fit.raters, fit.raters)] = fit.crossed.fixed.covariance
    report = replace(report, free=fit.crossed.free, contrasts=contrasts)
    if (mixed := fit.mixed) is None:
        return replace(report, icc=undefined(why, n=report.items))
    return replace(
        report,
        means=tuple(mixed.means.tolist()),
        variances=(mixed.rest * mixed.of_item, mixed.rest * mixed.of_rater, mixed.rest),
        icc=_icc(mixed, alpha),
        notes=tuple(_notes(mixed, by_rater.tolist(), raters)),
    )


class _Fit:
    """The model on those who share items; `why` says what keeps it from being fitted, and `place` who is in it."""

    def __init__(self, item: Ints, rater: Ints, value: Floats, component: Ints, alpha: float) -> None:
        self.items, item = np.unique(item, return_inverse=True)
        self.raters, rater = np.unique(rater, return_inverse=True)
        self.alpha = alpha
        self.crossed = Crossed(item.reshape(-1), rater.reshape(-1), value, component[self.raters])
        self.place = {at: to for to, at in enumerate(self.raters.tolist())}
        self.why = _unfit(self.crossed)
        self.mixed = None if self.why else self.crossed.mixed(*best_ratios(self.crossed))
        self.uses = [] if self.mixed is None else uses(self.mixed, alpha)


def _rater(name: str, at: int, n: int, part: int, fit: _Fit | None, why: str) -> Rater:
    """What the fit says of the rater at a place, or why it says nothing."""
    few, component = n < FEWEST_ITEMS, None if part < 0 else part
    if fit is None or (to := fit.place.get(at)) is None:
        none = undefined((why if part >= 0 else ALONE) if n else "the rater rated nothing", n=n)
        return Rater(name, n, component, none, None, none, None, Use(none, none, none), few)
    effect, mixed = float(fit.crossed.fixed.rater[to]), fit.mixed
    if mixed is None:
        none, bare = undefined(why, n=n), Figure(effect, n=n, why=f"no interval: {why}")
        return Rater(name, n, component, none, None, bare, None, Use(none, none, none), few)
    fixed_error = sqrt(max(float(fit.crossed.fixed.covariance[to, to]), 0.0))
    fixed = by_t(effect, fixed_error, n, fit.crossed.free, fit.alpha)
    if not mixed.of_rater:
        level = Figure(0.0, n=n, why="no interval: no variance between raters was seen")
        return Rater(name, n, component, level, None, fixed, fixed_error, fit.uses[to], few)
    value, error = float(mixed.rater[to]), sqrt(float(mixed.effects.covariance[to, to]))
    reach = normal_quantile(1 - fit.alpha / 2) * error
    level = Figure(value, value - reach, value + reach, n)
    return Rater(name, n, component, level, error, fixed, fixed_error, fit.uses[to], few)


def _scores(items: Sequence[str], n: Sequence[int], fit: _Fit | None, why: str) -> tuple[Score, ...]:
    """The adjusted score of each item, undefined where nobody rated it or only a rater without company did."""
    found: dict[int, tuple[Figure, Figure]] = {}
    if fit is not None:
        counts = fit.crossed.n.tolist()
        if fit.mixed is None:
            adjusted = [undefined(why, n=many) for many in counts]
            fixed = [
                Figure(one, n=n, why=f"no interval: {why}")
                for one, n in zip(fit.crossed.fixed.score.tolist(), counts, strict=True)
            ]
        else:
            adjusted = _figures(fit.mixed.effects, counts, normal_quantile(1 - fit.alpha / 2))
            fixed = _figures(fit.crossed.fixed, counts, t_quantile(fit.crossed.free, fit.alpha))
        found = dict(zip(fit.items.tolist(), zip(adjusted, fixed, strict=True), strict=True))
    scores = []
    for at, (name, many) in enumerate(zip(items, n, strict=True)):
        none = undefined((why if fit is None else ALONE) if many else NO_RATING, n=many)
        scores.append(Score(name, many, *found.get(at, (none, none))))
    return tuple(scores)


def _figures(effects: Effects, counts: Sequence[int], reach: float) -> list[Figure]:
    columns = zip(effects.score.tolist(), (reach * effects.score_error).tolist(), counts, strict=True)
    return [Figure(value, value - wide, value + wide, n) for value, wide, n in columns]


def _check(item: Ints, rater: Ints, value: Floats, items: Sequence[str], raters: Sequence[str]) -> None:
    if not len(item) == len(rater) == len(value):
        raise ValueError("the columns differ in length")
    check_codes(item, items)
    check_codes(rater, raters)
    if not np.isfinite(value).all():
        raise ValueError("a rating is no number")
    keys = np.sort(item.astype(np.int64) * len(raters) + rater)
    if (keys[1:] == keys[:-1]).any():
        raise ValueError("a rater rated an item twice")


def _components(item: Ints, rater: Ints, items: int, raters: int) -> Ints:
    """The place of each rater's component, the one of most raters first; -1 for a rater without company."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    whole = items + raters
    graph = csr_array((np.ones(len(item), dtype=np.int8), (item, rater + items)), shape=(whole, whole))
    _, label = connected_components(graph, directed=False)
    label = label[items:]
    size = np.bincount(label, minlength=whole)
    first = np.full(whole, raters)
    np.minimum.at(first, label, np.arange(raters))
    order = sorted(np.flatnonzero(size > 1).tolist(), key=lambda part: (-int(size[part]), int(first[part])))
    place = np.full(whole, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    component: Ints = place[label]
    return component


def _unfit(crossed: Crossed) -> str:
    """Why the variances cannot be told, empty where they can."""
    if crossed.squares <= 1e-24 * max(crossed.grand**2, 1e-300) * len(crossed):
        return f"all {len(crossed):,} ratings are {crossed.grand:g}"
    if crossed.free <= 0:
        return _TOO_FEW
    return _NO_REST if crossed.is_exact else ""


def _icc(mixed: Mixed, alpha: float) -> Figure:
    value = mixed.of_item / (1 + mixed.of_item + mixed.of_rater)
    low, high = icc_limits(mixed.crossed, (mixed.of_item, mixed.of_rater), alpha)
    return Figure(value, low, high, mixed.crossed.items)


def _notes(mixed: Mixed, n: Sequence[int], raters: Sequence[str]) -> list[str]:
    crossed = mixed.crossed
    said = []
    if crossed.parts > 1:
        said.append(f"the raters fall into {crossed.parts} groups without a shared item: compare within one alone")
    if not mixed.of_rater:
        said.append("no variance between raters was seen: every severity is 0")
    if not mixed.of_item:
        said.append("no variance between items was seen: every adjusted score is the mean")
    if crossed.raters < _SURE_OF_RATERS:
        said.append(f"the variance of raters rests on {crossed.raters} raters")
    if few := [raters[at][:40] for at, many in enumerate(n) if 0 < many < FEWEST_ITEMS]:
        said.append(f"fewer than {FEWEST_ITEMS} items: {', '.join(few[:20])}")
    said.append("the intervals take the variances for known")
    return said
